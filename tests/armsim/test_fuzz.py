"""Whatever comes in, an answer of ARM's goes out: never a 500, never an exception."""

import json
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.armsim import Simulator
from local.clock import ManualClock
from tests.armsim.arm import Arm, definition, load_balancer, make_scale_set, managed_image, scale_set, version_of

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers(-5, 2**40) | FLOATS | st.text(max_size=8)
JUNK = st.recursive(
    SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=5), one, max_size=3)
)
METHODS = st.sampled_from(["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE"])
SEGMENTS = st.sampled_from(
    [
        "resourceGroups",
        "rg",
        "providers",
        "Microsoft.Compute",
        "Microsoft.Network",
        "galleries",
        "g",
        "images",
        "versions",
        "1.0.0",
        "virtualMachineScaleSets",
        "vmss",
        "virtualMachines",
        "0",
        "rollingUpgrades",
        "latest",
        "locations",
        "operations",
        "%2A",
        "",
        "ü",
    ]
)
VERSIONS = st.sampled_from(["2024-07-01", "2026-03-01", "2018-06-01", "", "x", "2025-01-01-preview"])

relaxed = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body."""
    found = [here] if here else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in pairs:
        found += paths(one, (*here, name))
    return found


def with_junk(body: Any, place: tuple[Any, ...], junk: Any) -> Any:
    """A copy of `body` with something else at `place`."""
    copy = json.loads(json.dumps(body))
    inner = copy
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = junk
    return copy


async def fresh() -> Arm:
    clock = ManualClock()
    sim = Simulator(clock=clock)
    headers = {"Authorization": f"Bearer {sim.token()}"}
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=sim.app), base_url="https://arm.test", headers=headers)
    arm = Arm(sim, http, clock)
    await make_scale_set(arm)
    return arm


@relaxed
@given(METHODS, st.lists(SEGMENTS, max_size=10), VERSIONS, JUNK)
async def test_any_path_method_and_body_gets_an_answer(
    method: str, segments: list[str], version: str, body: Any
) -> None:
    arm = await fresh()
    path = "/".join([arm.subscription, *segments])
    answer = await arm.http.request(method, path, params={"api-version": version}, json=body)
    assert answer.status_code < 500
    if answer.status_code >= 400 and method != "HEAD":
        assert set(answer.json()["error"]) >= {"code", "message"}


@relaxed
@given(st.data())
async def test_a_body_with_junk_anywhere_is_taken_or_refused(data: st.DataObject) -> None:
    arm = await fresh()
    gallery = "Microsoft.Compute/galleries/g"
    version = arm.id(f"{gallery}/images/d/versions/1.0.0")
    network = await arm.get("Microsoft.Network/virtualNetworks/net")
    group = await arm.get("Microsoft.Network/networkSecurityGroups/nsg")
    targets: dict[str, Any] = {
        "Microsoft.Compute/images/new": managed_image(arm),
        f"{gallery}/images/new": definition(sku="new"),
        f"{gallery}/images/d/versions/1.0.1": version_of(arm),
        version: version_of(arm),
        "Microsoft.Compute/virtualMachineScaleSets/new": scale_set(arm, version, mode="Rolling"),
        "Microsoft.Compute/virtualMachineScaleSets/vmss": scale_set(arm, version),
        "Microsoft.Network/loadBalancers/lb": load_balancer(arm),
        "Microsoft.Network/virtualNetworks/net": network,
        "Microsoft.Network/networkSecurityGroups/nsg": group,
        "Microsoft.Network/publicIPAddresses/ip": await arm.get("Microsoft.Network/publicIPAddresses/ip"),
    }
    path = data.draw(st.sampled_from(sorted(targets)))
    place = data.draw(st.sampled_from(paths(targets[path])))
    body = with_junk(targets[path], place, data.draw(JUNK))
    method = data.draw(st.sampled_from(["PUT", "PATCH"]))
    answer = await arm.send(method, path, body)
    assert answer.status_code < 500 or answer.status_code == 429, answer.text
    if answer.status_code < 400:
        arm.clock.advance(24 * 3600)
        assert (await arm.send("GET", path)).status_code == 200
        assert arm.sim.resources()
