"""What the fuzz tests throw at the simulator, and at what: a world with one of everything that the table names.

The world is made once and loaded anew for each example. Bodies are what the world itself shows, with junk somewhere.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import strategies as st

from local.armsim import Simulator, snapshot
from local.armsim.table import TABLE
from local.clock import ManualClock
from tests.armsim.arm import HOME, NETWORK, VMSS, Arm, Json, make_scale_set, scale_set

SLOWEST = 5.0
"""Seconds that the answer to any request may take."""

_EXPRESSIONS = st.sampled_from(
    ["[parameters('x')]", "[concat(", "[resourceId()]", "[reference('x').y]", "[copyIndex()]", "[[x]", "[1]"]
)
_NUMBERS = st.integers(-5, 2**40) | st.just(10**400) | st.floats(allow_nan=False, allow_infinity=False)
_TEXTS = st.text(max_size=8) | _EXPRESSIONS | st.sampled_from(["", "/", "%", "\ud800", "\x00", "ı", "٣", "1e9", "*"])
_SCALARS = st.none() | st.booleans() | _NUMBERS | _TEXTS
JUNK: st.SearchStrategy[Any] = st.recursive(
    _SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(_TEXTS, one, max_size=3)
)
METHODS = st.sampled_from(["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"])
VERSIONS = st.sampled_from(["2024-07-01", "2026-03-01", "2018-06-01", "2025-04-01", "", "x", "2025-01-01-preview"])

_WORDS = (
    "subscriptions resourceGroups rg providers locations westcentralus operations capsOperations operationresults "
    "g d i vmss 0 1.0.0 net sub lb nsg rollingUpgrades latest register skus usages vmSizes publishers Canonical "
    "artifacttypes vmimage offers versions resources tenants metadata endpoints .well-known openid-configuration "
    "oauth2 v2.0 token common discovery instance keys _sim faults world import reset snapshot requests %2A %zz .. ü"
)
_SEGMENTS = st.sampled_from(sorted({*_WORDS.split(), "", *(part for name in TABLE for part in name.split("/"))}))
ROOTS = ("/subscriptions/{subscription}", "", "/providers", "/metadata", "/tenants", "/_sim", "/common", "/{tenant}")
HEADERS = st.dictionaries(
    st.sampled_from(["if-match", "if-none-match", "content-type", "host", "x-ms-correlation-request-id", "accept"]),
    st.binary(max_size=12) | st.sampled_from([b'W/"1"', b"*", b"text/html", b"application/json; charset=x"]),
    max_size=3,
)
QUERIES = st.dictionaries(
    st.sampled_from(["$filter", "$expand", "$top", "$skiptoken", "monitor", "api-version", "domainNameLabel", "t"]),
    _TEXTS | st.sampled_from(["name eq 'g'", "tagName eq 't' and", "instanceView", "-1", "location eq 'x' or ("]),
    max_size=3,
)


@st.composite
def paths(draw: st.DrawFn) -> str:
    """A path of words that ARM knows, below one of its roots."""
    return "/".join([draw(st.sampled_from(ROOTS)), *draw(st.lists(_SEGMENTS, max_size=11))])


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """A request's body: JSON, nearly JSON, deep, large, doubled, or no text at all."""
    body: bytes = draw(
        st.one_of(
            JUNK.map(dumped),
            st.binary(max_size=40),
            st.integers(1, 30_000).map(lambda depth: b'{"properties":' * depth + b"1" + b"}" * depth),
            st.integers(1, 30_000).map(lambda depth: b"[" * depth),
            st.sampled_from([b'{"location":"a","location":{}}', b'{"a":1e999}', b'{"a":NaN}', b"\xef\xbb\xbf{}", b"{"]),
            st.just(b'{"tags":{"a":"' + b"x" * 5_000_000 + b'"}}'),
        )
    )
    return body


def dumped(value: Any) -> bytes:
    """A body as it is sent."""
    return json.dumps(value).encode()


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body."""
    found = [here] if here else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in pairs:
        found += places(one, (*here, name))
    return found


@st.composite
def spoilt(draw: st.DrawFn, body: Any) -> Any:
    """A copy of `body` with junk, nothing, or the same again in one to three places."""
    copy = json.loads(json.dumps(body))
    for _ in range(draw(st.integers(1, 3))):
        found = places(copy)
        if not found:
            break
        *above, last = draw(st.sampled_from(found))
        inner = copy
        for name in above:
            inner = inner[name]
        match draw(st.sampled_from(["junk", "junk", "gone", "twice"])):
            case "junk":
                inner[last] = draw(JUNK)
            case "gone":
                del inner[last]
            case _ if isinstance(inner, list):
                inner.append(inner[last])
            case _:
                inner[f"{last}2"] = inner[last]
    return copy


@dataclass
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class World:
    """One of everything, and requests that need no client's leave."""

    def __init__(self, sim: Simulator, clock: ManualClock) -> None:
        self.sim, self.clock = sim, clock
        sim.app.exit = _exit
        self._token = sim.token().encode()

    def path(self, path: str) -> str:
        """A path with the world's subscription and tenant where it has gaps."""
        return path.replace("{subscription}", self.sim.subscription_id).replace("{tenant}", self.sim.tenant_id)

    async def send(
        self, method: str, path: str, query: Mapping[str, str], body: bytes, headers: Mapping[str, bytes] = {}
    ) -> Answer:
        """One request over ASGI, byte for byte; what takes too long fails here."""
        sent: list[dict[str, Any]] = []
        left = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return left.pop() if left else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        named = {"host": b"arm.test", "authorization": b"Bearer " + self._token, **headers}
        encoded = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in query.items())
        scope = {
            "type": "http",
            "method": method,
            "scheme": "https",
            "path": path,
            "raw_path": path.encode("utf-8", "surrogatepass"),
            "query_string": encoded.encode(),
            "headers": [(name.encode(), value) for name, value in named.items()],
            "client": ("127.0.0.1", 1),
        }
        began = time.perf_counter()
        await self.sim.app(scope, receive, send)
        assert time.perf_counter() - began < SLOWEST, f"{method} {path} took too long"
        assert sent, f"{method} {path} got no answer"
        return Answer(sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:]))

    def bodies(self) -> dict[str, Json]:
        """What can be written again, by id: each resource as it is shown, with its parts by themselves."""
        found = dict(self.sim.resources())
        for body in list(found.values()):
            for part in _parts(body.get("properties")):
                found[part["id"]] = part
        return found


def _parts(value: Any) -> list[Json]:
    if isinstance(value, list):
        return [part for one in value for part in _parts(one)]
    if not isinstance(value, dict):
        return []
    own = [value] if "etag" in value and "id" in value else []
    return own + [part for one in value.values() for part in _parts(one)]


def _exit(code: int) -> None:
    raise AssertionError(f"the simulator ended the process with {code}")


_KEPT: list[tuple[str, datetime]] = []
"""The world as rows, and its time, once it is made."""


async def world() -> World:
    """The world, as it was made."""
    clock = ManualClock()
    sim = Simulator(clock=clock)
    if not _KEPT:
        headers = {"Authorization": f"Bearer {sim.token()}"}
        transport = httpx.ASGITransport(app=sim.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://arm.test", headers=headers) as http:
            await _populate(Arm(sim, http, clock))
        _KEPT.append((snapshot.text(list(snapshot.rows(sim))), clock.now()))
        await sim.close()
        return await world()
    rows, moment = _KEPT[0]
    clock.move_to(moment)
    load(sim, rows)
    return World(sim, clock)


def load(sim: Simulator, rows: str) -> None:
    """Put a saved world into an empty simulator."""
    snapshot.load(sim, [(collection, name, value) for collection, name, value in json.loads(rows)])


async def _populate(arm: Arm) -> None:
    version = await make_scale_set(arm, mode="Rolling")
    flexible = scale_set(arm, version)
    flexible["properties"] |= {"orchestrationMode": "Flexible", "platformFaultDomainCount": 1}
    del flexible["properties"]["upgradePolicy"]
    empty = {"location": HOME, "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}}
    copy = {"creationData": {"createOption": "Copy", "sourceResourceId": arm.id("Microsoft.Compute/disks/data")}}
    network = {"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": NETWORK, "location": HOME, "name": "n2"}
    template = {"contentVersion": "1.0.0.0", "resources": [network], "outputs": {}, "parameters": {}, "variables": {}}
    extension = {"publisher": "p", "type": "t", "typeHandlerVersion": "1.0"}
    for path, body in {
        "Microsoft.Compute/disks/data": empty,
        "Microsoft.Compute/snapshots/snap": {"location": HOME, "properties": copy},
        "Microsoft.Compute/virtualMachineScaleSets/flex": flexible,
        f"{VMSS}/extensions/script": {"properties": extension},
        "Microsoft.Resources/deployments/dep": {"properties": {"mode": "Incremental", "template": template}},
    }.items():
        answer = await arm.send("PUT", path, body, version="2025-04-01" if "deployments" in path else "")
        assert answer.is_success, answer.text
        arm.clock.advance(3600)
