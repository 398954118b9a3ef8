"""`python -m tests.contract.covered`: which of Azure's operations the simulator answers, as docs/simulator-coverage.md.

Microsoft's clients say which operations there are: each has a function that builds its request. Every one is sent to a
simulator; InvalidResourceType, or 405, says that it is not there. `make docs` writes the page, a test compares it.
"""

import asyncio
import importlib.util
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

import httpx

from local.armsim import Simulator
from local.armsim.table import TABLE
from local.clock import ManualClock
from tests.armsim.arm import AWAY, Arm, Json, make_scale_set

_CLIENTS = {
    "azure.mgmt.compute": "azure-mgmt-compute",
    "azure.mgmt.network": "azure-mgmt-network",
    "azure.mgmt.resource.resources": "azure-mgmt-resource",
    "azure.mgmt.resource.deployments": "azure-mgmt-resource-deployments",
}
_VERSION = re.compile(r'"api[-_]version", "([\d-]+)"')
_URL = re.compile(r'_url = \(?\s*((?:"[^"]*"\s*)+)')
_METHOD = re.compile(r'HttpRequest\(method="(\w+)"')
_ABSENT = {"InvalidResourceType", "InvalidResourceNamespace", "HttpMethodNotAllowed"}
_ABOVE_GROUPS = re.compile(r"^/subscriptions/\{\w+\}/providers/Microsoft.Resources/deployments", re.IGNORECASE)
_LAST = re.compile(r"/\{[^/]*\}$")

_EMPTY_DISK = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}
_EMPTY_TEMPLATE = {
    "mode": "Incremental",
    "template": {"$schema": "", "contentVersion": "1.0.0.0", "resources": []},
}
_RESOURCES = "2024-11-01"
_NAMES = {
    "resourcegroups": "rg",
    "providers": "Microsoft.Compute",
    "locations": AWAY,
    "galleries": "g",
    "images": "d",
    "versions": "1.0.0",
    "disks": "disk",
    "deployments": "dep",
    "virtualmachinescalesets": "vmss",
    "virtualmachines": "0",
    "virtualnetworks": "net",
    "subnets": "sub",
    "publicipaddresses": "ip",
    "networksecuritygroups": "nsg",
    "loadbalancers": "lb",
    "backendaddresspools": "pool",
    "probes": "probe",
    "loadbalancingrules": "rule",
}
"""What to fill into a path after each type: things that are there, so that only the operation can be unknown."""

type Operation = tuple[str, str, str]
"""Method, path with `{names}`, api-version."""


def operations() -> Iterator[Operation]:
    """Each operation of the clients at the scope of a subscription or below."""
    for client in _CLIENTS:
        found = importlib.util.find_spec(f"{client}.operations._operations")
        if found is None or found.origin is None:
            raise RuntimeError(f"{client} is not installed")
        source = Path(found.origin).read_text(encoding="utf-8")
        for builder in re.split(r"(?m)^(?=def build_)", source)[1:]:
            version, url, method = _VERSION.search(builder), _URL.search(builder), _METHOD.search(builder)
            if version is None or url is None or method is None:
                continue
            path = "".join(re.findall(r'"([^"]*)"', url[1])).partition("?")[0]
            path = path.replace("/providers/microsoft.", "/providers/Microsoft.")
            if path.startswith("/subscriptions/{subscriptionId}") and not _ABOVE_GROUPS.search(path):
                yield method[1], path, version[1]


def named(method: str, path: str) -> tuple[str, str]:
    """The type that an operation is about, and what it asks: `Microsoft.Compute/galleries`, `PUT`."""
    below = path.removeprefix("/subscriptions/{subscriptionId}")
    if "/providers/Microsoft." not in below:
        joined = "/".join(part for part in below.split("/") if part and not part.startswith("{"))
        return f"Microsoft.Resources/{joined or 'subscriptions'}", method if _LAST.search(below) else f"{method} (list)"
    namespace, *parts = below.partition("/providers/")[2].split("/")
    types = [part for part in parts if not part.startswith("{")]
    if _LAST.search(path):
        return "/".join([namespace, *types]), method
    if len(parts) % 2 and method == "GET":
        return "/".join([namespace, *types]), "list"
    return "/".join([namespace, *types[:-1]]), parts[-1]


def filled(path: str, subscription: str, *, absent: bool) -> str:
    """A path with the names of what `make_scale_set` makes; absent: its last name is nobody's."""
    parts = path.replace("{subscriptionId}", subscription).split("/")
    for at, part in enumerate(parts):
        if part.startswith("{"):
            parts[at] = _NAMES.get(parts[at - 1].lower(), "none")
    if absent and parts[-1] in _NAMES.values():
        parts[-1] = "none"
    return "/".join(parts)


async def answered(wanted: list[Operation]) -> list[bool]:
    """Whether the simulator knows each operation."""
    clock = ManualClock()
    sim = Simulator(clock=clock)
    headers = {"Authorization": f"Bearer {sim.token()}"}
    transport = httpx.ASGITransport(app=sim.app)
    known = []
    async with httpx.AsyncClient(transport=transport, base_url="https://localhost", headers=headers) as http:
        arm = Arm(sim, http, clock)
        await make_scale_set(arm)
        await arm.send("PUT", "Microsoft.Compute/disks/disk", {"location": AWAY, "properties": _EMPTY_DISK})
        await arm.send(
            "PUT", "Microsoft.Resources/deployments/dep", {"properties": _EMPTY_TEMPLATE}, version=_RESOURCES
        )
        for method, path, version in wanted:
            address = filled(path, sim.subscription_id, absent=method in ("PUT", "PATCH", "DELETE"))
            body: Json | None = {} if method in ("PUT", "PATCH", "POST") else None
            answer = await http.request(method, address, params={"api-version": version}, json=body)
            code = "" if answer.status_code < 400 or not answer.content else answer.json()["error"]["code"]
            known.append(answer.status_code != 405 and code not in _ABSENT)
    return known


def page(wanted: list[Operation], known: list[bool]) -> str:
    """The page."""
    rows: dict[str, dict[bool, list[str]]] = defaultdict(lambda: {True: [], False: []})
    for (method, path, _), there in zip(wanted, known, strict=True):
        kind, what = named(method, path)
        if what not in rows[kind][there]:
            rows[kind][there].append(what)
    covered = {kind: row for kind, row in sorted(rows.items(), key=lambda one: one[0].lower()) if row[True]}
    absent = [kind for kind in rows if kind not in covered]
    missing = {_shortest(kind, covered) for kind in absent if kind.startswith("Microsoft.Compute/")}
    spelt = {name.lower(): kind.versions for name, kind in TABLE.items()}
    lines = [
        "# What the simulator covers",
        "",
        f"Written by `make docs`: every operation of {', '.join(_CLIENTS.values())}",
        "was sent to a simulator. How its answers differ from Azure's, and what is a reading, is told in",
        "[local/armsim/README.md](../local/armsim/README.md).",
        "",
        f"{sum(known)} operations of {len(covered)} types are answered.",
        "",
        "| type | api-versions | answered | left out |",
        "|---|---|---|---|",
    ]
    for kind, row in covered.items():
        oldest, newest = spelt.get(kind.lower(), ("", ""))
        versions = f"{oldest} to {newest}" if oldest else ""
        lines.append(f"| {kind} | {versions} | {_list(row[True])} | {_list(row[False])} |")
    lines += [
        "",
        f"Of Microsoft.Compute these types are not there: {_list(sorted(missing))}. Of "
        "Microsoft.Network there is what scale sets stand on, and nothing else; of Microsoft.Resources neither "
        "management groups nor deployments outside resource groups.",
        "",
    ]
    return "\n".join(lines)


def _shortest(kind: str, covered: Collection[str]) -> str:
    """What is not there of a type: the type itself, or the first parent that is not there either."""
    parts = kind.split("/")
    known = {one.lower() for one in covered}
    whole = range(3 if parts[1] == "locations" else 2, len(parts) + 1)
    return next("/".join(parts[1:at]) for at in whole if "/".join(parts[:at]).lower() not in known)


def _list(words: Collection[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


async def made() -> str:
    """The page as it should be."""
    wanted = list(operations())
    return page(wanted, await answered(wanted))


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(made()))
