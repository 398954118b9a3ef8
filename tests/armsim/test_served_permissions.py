"""Roles over HTTP: what lies outside them is 403, what was needed is recorded, and lists hold what may be read."""

from local.armsim.permissions import roles_of
from tests.armsim.arm import VMSS as SET
from tests.armsim.arm import Arm, image_patch, make_scale_set, managed_image, scale_set

JOINING = {"scope": "/", "actions": ["Microsoft.Network/*/join/action"]}


async def test_a_request_outside_the_roles_is_403_and_changes_nothing(arm: Arm) -> None:
    version = await make_scale_set(arm)
    reading = {"scope": arm.subscription, "actions": ["*/read"]}
    arm.sim.permissions.allow(roles_of(reading))
    assert (await arm.send("GET", SET)).status_code == 200
    error = await arm.refused("DELETE", SET)
    assert (error["status"], error["code"]) == (403, "AuthorizationFailed")
    arm.sim.permissions.allow(roles_of([reading, {"scope": arm.id(SET), "actions": ["*"]}]))
    for method, body in (("PATCH", image_patch(version)), ("PUT", scale_set(arm, version))):
        error = await arm.refused(method, SET, body)
        assert (error["status"], error["code"]) == (403, "LinkedAuthorizationFailed"), method
        assert "Microsoft.Network/virtualNetworks/subnets/join/action" in error["message"]
    arm.sim.permissions.allow(roles_of([reading, {"scope": arm.id(SET), "actions": ["*"]}, JOINING]))
    assert (await arm.send("PATCH", SET, image_patch(version))).status_code == 200


async def test_a_poll_needs_the_action_of_its_provider(arm: Arm) -> None:
    answer = await arm.send("PUT", "Microsoft.Compute/images/i", managed_image(arm))
    arm.sim.permissions.allow(roles_of({"scope": arm.id("x"), "actions": ["*"]}))
    refused = (await arm.poll(answer)).json()["error"]
    assert "'Microsoft.Compute/locations/operations/read'" in refused["message"]
    own = {"scope": arm.subscription, "actions": ["Microsoft.Compute/locations/operations/read"]}
    arm.sim.permissions.allow(roles_of(own))
    assert (await arm.poll(answer)).status_code == 200
    assert "Microsoft.Compute/images/write" in arm.sim.permissions.used


async def test_the_owner_is_never_refused_and_nothing_of_it_is_recorded(arm: Arm) -> None:
    arm.sim.permissions.allow([])
    before = dict(arm.sim.permissions.used)
    arm.http.headers["Authorization"] = f"Bearer {arm.sim.owner_token()}"
    assert (await arm.send("GET", f"{arm.subscription}/resourceGroups/rg")).status_code == 200
    assert (await arm.send("PUT", "Microsoft.Compute/images/i", managed_image(arm))).status_code == 201
    assert arm.sim.permissions.used == before
    assert arm.sim.permissions.refused == {}


async def test_what_was_asked_for_in_vain_is_recorded(arm: Arm) -> None:
    arm.sim.permissions.allow([])
    await arm.refused("GET", SET)
    assert arm.sim.permissions.refused == {"Microsoft.Compute/virtualMachineScaleSets/read": {arm.id(SET)}}


async def test_a_list_of_a_subscription_holds_what_the_roles_let_one_see(arm: Arm) -> None:
    for group in ("mine", "theirs"):
        await arm.put(f"{arm.subscription}/resourceGroups/{group}", {"location": "westcentralus"})
        path = arm.id(f"Microsoft.Compute/galleries/{group}", group)
        await arm.done(path, {"location": "westcentralus"})
    galleries, groups = (
        f"{arm.subscription}/providers/Microsoft.Compute/galleries",
        f"{arm.subscription}/resourceGroups",
    )

    async def listed(path: str) -> list[str]:
        return [one["name"] for one in (await arm.get(path))["value"]]

    both = ["Microsoft.Compute/galleries/read", "Microsoft.Resources/subscriptions/resourceGroups/read"]
    arm.sim.permissions.allow(roles_of({"scope": f"{arm.subscription}/resourceGroups/MINE", "actions": both}))
    assert await listed(galleries) == ["mine"]
    assert await listed(groups) == ["mine"]
    assert arm.sim.permissions.refused == {}

    arm.sim.permissions.allow(roles_of({"scope": arm.subscription, "actions": both}))
    assert sorted(await listed(galleries)) == ["mine", "theirs"]
    assert sorted(await listed(groups)) == ["mine", "rg", "theirs"]

    elsewhere = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mine"
    for scope in (f"{arm.subscription}/resourceGroups/mine", elsewhere):
        arm.sim.permissions.allow(roles_of({"scope": scope, "actions": both if scope == elsewhere else both[1:]}))
        error = await arm.refused("GET", galleries)
        assert (error["status"], error["code"]) == (403, "AuthorizationFailed")
