"""Scale sets: what a model needs, what it may not become, etags, defaults, secrets, capacity."""

import json

import pytest

from tests.armsim.arm import (
    AWAY,
    HOME,
    VMSS,
    Arm,
    definition,
    images_of,
    instances,
    make_definition,
    make_network,
    make_scale_set,
    make_version,
    managed_image,
    scale_set,
    version_of,
)
from tests.armsim.sets import prepared, profile


async def test_a_new_scale_set_is_creating_with_defaults_and_without_its_password(arm: Arm) -> None:
    version = await prepared(arm)
    answer = await arm.send("PUT", VMSS, scale_set(arm, version))
    assert answer.status_code == 201
    assert (answer.headers["Retry-After"], answer.headers["Azure-AsyncNotification"]) == ("10", "Enabled")
    assert answer.headers["ETag"] == answer.json()["etag"] == '"1"'
    assert "Correct-Horse" not in answer.text
    body = answer.json()
    assert body["sku"] == {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 2}
    assert body["properties"]["provisioningState"] == "Creating"
    assert profile(body)["osProfile"]["secrets"] == []
    assert profile(body)["storageProfile"]["osDisk"]["osType"] == "Linux"
    interface = profile(body)["networkProfile"]["networkInterfaceConfigurations"][0]["properties"]
    assert interface["enableIPForwarding"] is False
    assert interface["dnsSettings"] == {"dnsServers": []}
    polls = [await arm.poll(answer) for _ in range(3)]
    assert [one.headers["Retry-After"] for one in polls] == ["61", "30", "30"]
    assert [one["properties"]["provisioningState"] for one in await instances(arm)] == ["Creating", "Creating"]
    await arm.finish(answer)
    listed = await instances(arm)
    assert [one["name"] for one in listed] == ["vmss_0", "vmss_1"]
    assert [one["properties"]["provisioningState"] for one in listed] == ["Succeeded", "Succeeded"]
    assert images_of(listed) == ["1.0.0", "1.0.0"]
    assert "Correct-Horse" not in json.dumps(arm.sim.resources())


async def test_an_image_without_a_completed_replica_here_is_not_found(arm: Arm) -> None:
    await make_definition(arm)
    await make_network(arm)
    path = "Microsoft.Compute/galleries/g/images/d/versions/1.0.0"
    making = await arm.send("PUT", path, version_of(arm))
    arm.clock.advance(440)
    refused = await arm.refused("PUT", VMSS, scale_set(arm, arm.id(path)))
    assert (refused["status"], refused["code"]) == (404, "GalleryImageNotFound")
    assert f"is not available in {AWAY} region" in refused["message"]
    await arm.finish(making)
    await arm.put(VMSS, scale_set(arm, arm.id(path)))


async def test_a_definition_stands_for_its_newest_version_by_number(arm: Arm) -> None:
    await make_definition(arm)
    await make_network(arm)
    for name in ("1.0.9", "1.0.10"):
        await make_version(arm, name)
    excluded = version_of(arm)
    excluded["properties"]["publishingProfile"]["excludeFromLatest"] = True
    await arm.done("Microsoft.Compute/galleries/g/images/d/versions/2.0.0", excluded)
    await arm.done(VMSS, scale_set(arm, arm.id("Microsoft.Compute/galleries/g/images/d")))
    references = [one["properties"]["storageProfile"]["imageReference"] for one in await instances(arm)]
    assert {one["exactVersion"] for one in references} == {"1.0.10"}


async def test_a_definition_without_versions_has_no_latest(arm: Arm) -> None:
    await make_definition(arm)
    await make_network(arm)
    refused = await arm.refused("PUT", VMSS, scale_set(arm, arm.id("Microsoft.Compute/galleries/g/images/d")))
    assert "There is no latest image version exists for" in refused["message"]


async def test_generalized_images_need_credentials_and_specialized_ones_refuse_them(arm: Arm) -> None:
    version = await prepared(arm)
    body = scale_set(arm, version)
    del profile(body)["osProfile"]
    assert "Required parameter 'osProfile' is missing (null)" in (await arm.refused("PUT", VMSS, body))["message"]
    weak = scale_set(arm, version)
    profile(weak)["osProfile"]["adminPassword"] = "password"
    refused = await arm.refused("PUT", VMSS, weak)
    assert "password complexity" in refused["message"]
    special = definition(sku="special")
    special["properties"]["osState"] = "Specialized"
    await arm.done("Microsoft.Compute/galleries/g/images/s", special)
    image = managed_image(arm)
    image["properties"]["storageProfile"]["osDisk"]["osState"] = "Specialized"
    await arm.done("Microsoft.Compute/images/special", image)
    made = await arm.done("Microsoft.Compute/galleries/g/images/s/versions/1.0.0", version_of(arm, "special"))
    assert (
        "Parameter 'osProfile' is not allowed"
        in (await arm.refused("PUT", VMSS, scale_set(arm, made["id"])))["message"]
    )


@pytest.mark.parametrize("name", ["admin", "Administrator", "root", "ends.", "u" * 65])
async def test_admin_names_that_azure_keeps_are_refused(arm: Arm, name: str) -> None:
    version = await prepared(arm)
    body = scale_set(arm, version)
    profile(body)["osProfile"]["adminUsername"] = name
    assert "Admin Username specified is not allowed" in (await arm.refused("PUT", VMSS, body))["message"]


async def test_capacity_is_bounded_by_placement_group_and_subnet(arm: Arm) -> None:
    version = await prepared(arm)
    refused = await arm.refused("PUT", VMSS, scale_set(arm, version, capacity=101))
    assert "single placement group" in refused["message"]
    spread = scale_set(arm, version, capacity=252)
    spread["properties"]["singlePlacementGroup"] = False
    assert (await arm.refused("PUT", VMSS, spread))["code"] == "SubnetIsFull"
    spread["sku"]["capacity"] = 251
    await arm.put(VMSS, spread)
    spread["sku"]["capacity"] = 1001
    assert "between '0' and '1000'" in (await arm.refused("PUT", VMSS.replace("vmss", "other"), spread))["message"]
    assert (await arm.refused("PUT", VMSS.replace("vmss", "v" * 65), spread))["status"] == 400


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("virtualNetworks/net/subnets/sub", "InvalidResourceReference"),
        ("networkSecurityGroups/nsg", "InvalidResourceReference"),
        ("backendAddressPools/pool", "InvalidResourceReference"),
    ],
)
async def test_what_a_scale_set_stands_on_must_exist(arm: Arm, missing: str, code: str) -> None:
    version = await prepared(arm)
    text = json.dumps(scale_set(arm, version)).replace(missing, missing + "-gone")
    assert (await arm.refused("PUT", VMSS, json.loads(text)))["code"] == code


async def test_rolling_needs_a_health_probe_that_a_rule_uses(arm: Arm) -> None:
    version = await prepared(arm)
    body = scale_set(arm, version, mode="Rolling")
    del profile(body)["networkProfile"]["healthProbe"]
    refused = await arm.refused("PUT", VMSS, body)
    assert "health probe or health extension was not provided" in refused["message"]
    balancer = await arm.get("Microsoft.Network/loadBalancers/lb")
    balancer["properties"]["probes"].append({"name": "idle", "properties": {"protocol": "Tcp", "port": 81}})
    await arm.done("Microsoft.Network/loadBalancers/lb", balancer)
    idle = f"{arm.id('Microsoft.Network/loadBalancers/lb')}/probes/idle"
    profile(body)["networkProfile"]["healthProbe"] = {"id": idle}
    assert (await arm.refused("PUT", VMSS, body))["code"] == "CannotUseInactiveHealthProbe"
    made = await arm.done(VMSS, scale_set(arm, version, mode="Rolling"))
    policy = made["properties"]["upgradePolicy"]["rollingUpgradePolicy"]
    assert policy["maxBatchInstancePercent"] == 20
    assert policy["pauseTimeBetweenBatches"] == "PT0S"


async def test_automatic_os_upgrade_refuses_a_pinned_version(arm: Arm) -> None:
    version = await prepared(arm)
    body = scale_set(arm, version)
    body["properties"]["upgradePolicy"]["automaticOSUpgradePolicy"] = {"enableAutomaticOSUpgrade": True}
    refused = await arm.refused("PUT", VMSS, body)
    assert 'must use version "latest"' in refused["message"]
    profile(body)["storageProfile"]["imageReference"]["id"] = version.rpartition("/versions/")[0]
    await arm.put(VMSS, body)


async def test_a_plan_of_the_definition_is_the_scale_sets_too(arm: Arm) -> None:
    await make_definition(arm)
    await make_network(arm)
    plan = {"name": "plan", "publisher": "publisher", "product": "product"}
    await arm.done("Microsoft.Compute/galleries/g/images/p", definition(sku="p", purchasePlan=plan))
    made = await arm.done("Microsoft.Compute/galleries/g/images/p/versions/1.0.0", version_of(arm))
    body = scale_set(arm, made["id"])
    assert "different plan" in (await arm.refused("PUT", VMSS, body))["message"]
    await arm.put(VMSS, {**body, "plan": plan})


async def test_a_flexible_scale_set_is_kept_and_stays_flexible(arm: Arm) -> None:
    version = await prepared(arm)
    body = {"location": AWAY, "sku": {"name": "Standard_D2s_v5", "capacity": 1}}
    flexible = await arm.done(VMSS, {**body, "properties": {"orchestrationMode": "Flexible"}})
    assert flexible["properties"]["orchestrationMode"] == "Flexible"
    refused = await arm.refused("PUT", VMSS, scale_set(arm, version))
    assert "orchestrationMode" in refused["message"]


async def test_a_scale_set_lives_where_its_image_version_has_a_replica(arm: Arm) -> None:
    version = await prepared(arm)
    refused = await arm.refused("PUT", VMSS, scale_set(arm, version, location="westeurope"))
    assert refused["code"] == "GalleryImageNotFound"
    network_elsewhere = await arm.refused("PUT", VMSS, scale_set(arm, version, location=HOME))
    assert network_elsewhere["code"] == "InvalidResourceReference"


async def test_deleting_a_scale_set_frees_its_network(arm: Arm) -> None:
    await make_scale_set(arm)
    assert (await arm.refused("DELETE", "Microsoft.Network/networkSecurityGroups/nsg"))["status"] == 400
    await arm.finish(await arm.send("DELETE", VMSS))
    assert (await arm.send("DELETE", "Microsoft.Network/networkSecurityGroups/nsg")).status_code == 202
    assert (await arm.send("GET", f"{VMSS}/virtualMachines")).status_code == 404


async def test_an_image_of_the_marketplace_stays_where_an_update_leaves_it_out_and_moves_by_the_part_it_names(
    arm: Arm,
) -> None:
    await make_network(arm)
    body = scale_set(arm, "")
    storage = body["properties"]["virtualMachineProfile"]["storageProfile"]
    jammy = {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}
    storage["imageReference"] = {**jammy, "version": "latest"}
    await arm.done(VMSS, body)
    del storage["imageReference"]
    changed = await arm.put(VMSS, {**body, "tags": {"a": "b"}})
    kept = changed["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"]
    assert (changed["tags"], kept["sku"]) == ({"a": "b"}, "22_04-lts-gen2")
    storage["imageReference"] = {"sku": "22_04-lts-arm64"}
    changed = await arm.put(VMSS, body)
    moved = changed["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"]
    assert (moved["offer"], moved["sku"], moved["version"]) == (jammy["offer"], "22_04-lts-arm64", "latest")
