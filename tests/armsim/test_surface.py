"""What ARM answers outside resource groups: subscriptions, providers, what a region offers, the Marketplace."""

from typing import Any

import httpx
import pytest

from local.armsim import Simulator
from local.clock import ManualClock
from tests.armsim.arm import AWAY, HOME, Arm, make_network, make_scale_set, managed_image

ANY = "2022-12-01"
COMPUTE = "{sub}/providers/Microsoft.Compute"
UBUNTU = (
    COMPUTE + "/locations/westus/publishers/Canonical/artifacttypes/vmimage/offers/0001-com-ubuntu-server-jammy/skus"
)


async def ask(arm: Arm, path: str, method: str = "GET") -> httpx.Response:
    return await arm.send(method, path.format(sub=arm.subscription), version=ANY)


async def found(arm: Arm, path: str, method: str = "GET") -> Any:
    answer = await ask(arm, path, method)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_every_subscription_is_listed_and_shown(clock: ManualClock) -> None:
    both = ["00000000-0000-0000-0000-00000000000A", "00000000-0000-0000-0000-00000000000B"]
    sim = Simulator(clock=clock, subscriptions=both)
    headers = {"Authorization": f"Bearer {sim.token()}"}
    transport = httpx.ASGITransport(app=sim.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://arm.test", headers=headers) as http:
        arm = Arm(sim, http, clock)
        listed = (await found(arm, "/subscriptions"))["value"]
        assert [one["subscriptionId"] for one in listed] == [one.lower() for one in both]
        for name in both:
            assert (await found(arm, f"/subscriptions/{name}"))["tenantId"] == sim.tenant_id
        await arm.put(f"/subscriptions/{both[1]}/resourceGroups/second", {"location": HOME})
        groups = await arm.get(f"/subscriptions/{both[0]}/resourceGroups")
        assert groups["value"] == []


async def test_the_tenant_is_the_tokens(arm: Arm) -> None:
    (tenant,) = (await found(arm, "/tenants"))["value"]
    assert tenant["tenantId"] == arm.sim.tenant_id


async def test_locations_have_both_names_and_zones_where_there_are_any(arm: Arm) -> None:
    listed = {one["name"]: one for one in (await found(arm, "{sub}/locations"))["value"]}
    assert listed["westus2"]["displayName"] == "West US 2"
    assert listed["westus2"]["regionalDisplayName"] == "(US) West US 2"
    assert len(listed["westus2"]["availabilityZoneMappings"]) == 3
    assert "availabilityZoneMappings" not in listed[HOME]
    assert listed["japaneast"]["metadata"]["geographyGroup"] == "Asia Pacific"


async def test_the_providers_are_the_table_of_types(arm: Arm) -> None:
    listed = (await found(arm, "{sub}/providers"))["value"]
    assert {one["namespace"] for one in listed} >= {"Microsoft.Compute", "Microsoft.Network", "Microsoft.Resources"}
    one = await found(arm, "{sub}/providers/microsoft.compute")
    types = {kind["resourceType"]: kind for kind in one["resourceTypes"]}
    for name, kind in arm.sim.world.kinds.items():
        if name.startswith("Microsoft.Compute/"):
            assert types[name.partition("/")[2]]["apiVersions"] == [*reversed(kind.versions)]
    assert "West US" in types["galleries"]["locations"]
    assert one["registrationState"] == "Registered"
    assert "registrationState" not in await found(arm, "/providers/Microsoft.Compute")
    unknown = await arm.refused("GET", f"{arm.subscription}/providers/Microsoft.Nothing", version=ANY)
    assert (unknown["status"], unknown["code"]) == (404, "InvalidResourceNamespace")


async def test_a_namespace_is_registered_in_time_and_stays_as_it_was_asked_to_be(arm: Arm) -> None:
    own = "{sub}/providers/Microsoft.Compute"
    assert (await found(arm, f"{own}/unregister", "POST"))["registrationState"] == "Unregistering"
    arm.clock.advance(60)
    assert (await found(arm, own))["registrationState"] == "Unregistered"
    refused = await arm.refused("PUT", "Microsoft.Compute/images/i", managed_image(arm))
    assert (refused["status"], refused["code"]) == (409, "MissingSubscriptionRegistration")
    assert (await found(arm, "{sub}/providers/Microsoft.Network"))["registrationState"] == "Registered"
    assert (await found(arm, f"{own}/register", "POST"))["registrationState"] == "Registering"
    arm.clock.advance(60)
    assert (await found(arm, f"{own}/register", "POST"))["registrationState"] == "Registered"
    assert (await ask(arm, f"{own}/register")).status_code == 405


async def test_the_operations_of_a_namespace_are_named_as_roles_name_them(arm: Arm) -> None:
    names = {one["name"] for one in (await found(arm, "/providers/Microsoft.Compute/operations"))["value"]}
    assert {"Microsoft.Compute/galleries/images/versions/write", "Microsoft.Compute/images/read"} <= names


async def test_skus_are_those_of_the_location_asked_for(arm: Arm) -> None:
    listed = (await found(arm, COMPUTE + "/skus?$filter=location%20eq%20'westus2'"))["value"]
    assert {place for one in listed for place in one["locations"]} == {"westus2"}
    (size,) = [one for one in listed if one["name"] == "Standard_D2s_v3"]
    shown = {one["name"]: one["value"] for one in size["capabilities"]}
    assert (shown["vCPUs"], shown["MemoryGB"], shown["PremiumIO"]) == ("2", "8", "True")
    assert size["locationInfo"][0]["zones"] == ["1", "2", "3"]
    everywhere = (await found(arm, COMPUTE + "/skus"))["value"]
    assert len(everywhere) > 10 * len(listed)


async def test_sizes_are_listed_by_location_and_an_unknown_location_is_refused(arm: Arm) -> None:
    sizes = {one["name"]: one for one in (await found(arm, COMPUTE + "/locations/West US/vmSizes"))["value"]}
    assert sizes["Standard_DS1_v2"]["memoryInMB"] == 3584
    assert (await ask(arm, COMPUTE + "/locations/atlantis/vmSizes")).status_code == 400


async def usage(arm: Arm, namespace: str, location: str = AWAY) -> dict[str, int]:
    listed = await found(arm, f"{{sub}}/providers/{namespace}/locations/{location}/usages")
    return {one["name"]["value"]: one["currentValue"] for one in listed["value"]}


async def test_usages_are_counted_from_the_world(arm: Arm) -> None:
    before = await usage(arm, "Microsoft.Compute")
    assert (before["cores"], before["virtualMachineScaleSets"]) == (0, 0)
    await make_scale_set(arm, capacity=3)
    after = await usage(arm, "Microsoft.Compute")
    assert (after["cores"], after["standardDSv5Family"], after["virtualMachines"]) == (6, 6, 3)
    assert (await usage(arm, "Microsoft.Compute", "westus"))["cores"] == 0
    network = await usage(arm, "Microsoft.Network")
    assert (network["VirtualNetworks"], network["PublicIPAddresses"]) == (1, 1)


async def test_the_newest_version_of_a_marketplace_image_is_found_as_the_cli_finds_it(arm: Arm) -> None:
    skus = await found(arm, UBUNTU)
    assert {one["name"] for one in skus} == {"22_04-lts", "22_04-lts-gen2"}
    (newest,) = await found(arm, UBUNTU + "/22_04-lts-gen2/versions?$top=1&$orderby=name%20desc")
    assert newest["id"].startswith(f"/Subscriptions/{arm.sim.subscription_id}/Providers/Microsoft.Compute/Locations/")
    every = [one["name"] for one in await found(arm, UBUNTU + "/22_04-lts-gen2/versions")]
    assert newest["name"] == every[-1] == "22.04.202408010"
    image = await found(arm, f"{UBUNTU}/22_04-lts-gen2/versions/{newest['name']}")
    assert image["properties"]["hyperVGeneration"] == "V2"
    assert image["properties"]["osDiskImage"] == {"operatingSystem": "Linux", "sizeInGb": 30}


@pytest.mark.parametrize(
    ("tail", "missing"),
    [
        ("publishers/Nobody/artifacttypes/vmimage/offers", "Publisher: Nobody"),
        ("publishers/Canonical/artifacttypes/vmimage/offers/None/skus", "Offer: None"),
        ("publishers/Canonical/artifacttypes/vmimage/offers/UbuntuServer/skus/1/versions", "Sku: 1"),
        ("publishers/Debian/artifacttypes/vmimage/offers/debian-10/skus/10/versions/1", "Version: 1"),
        ("publishers/Nobody/artifacttypes/vmextension/types", "Publisher: Nobody"),
        ("publishers/Microsoft.Compute/artifacttypes/vmextension/types/x/versions", "Type: x"),
        ("publishers/Nobody/artifacttypes/vmextension/types/x/versions/0", "Publisher: Nobody"),
    ],
)
async def test_what_the_catalogue_lacks_is_404_and_named(arm: Arm, tail: str, missing: str) -> None:
    refused = await arm.refused("GET", f"{arm.subscription}/providers/Microsoft.Compute/locations/westus/{tail}")
    assert (refused["status"], refused["message"]) == (404, f"{missing} was not found.")


async def test_extensions_are_listed_with_their_versions(arm: Arm) -> None:
    types = COMPUTE + "/locations/westus/publishers/Microsoft.ManagedServices/artifacttypes/vmextension/types"
    assert {one["name"] for one in await found(arm, types)} >= {"ApplicationHealthLinux"}
    (newest,) = await found(arm, types + "/applicationhealthlinux/versions?$top=1&$orderby=name%20desc")
    assert newest["name"].startswith("2.")
    one = await found(arm, f"{types}/applicationhealthlinux/versions/{newest['name']}")
    assert one["properties"]["operatingSystem"] == "Linux"


async def test_a_dns_label_is_free_until_a_public_ip_of_the_region_has_it(arm: Arm) -> None:
    check = "{sub}/providers/Microsoft.Network/locations/%s/CheckDnsNameAvailability?domainNameLabel=Mine"
    assert (await found(arm, check % AWAY))["available"] is True
    body = {"location": AWAY, "properties": {"dnsSettings": {"domainNameLabel": "mine"}}}
    await arm.done("Microsoft.Network/publicIPAddresses/ip", body)
    assert (await found(arm, check % AWAY))["available"] is False
    assert (await found(arm, check % HOME))["available"] is True


async def test_assignments_and_locks_are_empty_lists_at_every_scope(arm: Arm) -> None:
    for scope in ("{sub}", "{sub}/resourceGroups/rg"):
        for kind in ("roleAssignments", "locks", "policyAssignments"):
            assert (await found(arm, f"{scope}/providers/Microsoft.Authorization/{kind}"))["value"] == []


async def test_these_paths_need_a_token_a_version_and_their_own_verb(arm: Arm) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=arm.sim.app), base_url="https://arm.test") as http:
        assert (await http.get("/subscriptions?api-version=2022-12-01")).status_code == 401
    missing = await arm.http.get("/subscriptions")
    assert missing.json()["error"]["code"] == "MissingApiVersionParameter"
    assert (await arm.refused("GET", "/tenants", version="latest"))["code"] == "InvalidApiVersionParameter"
    network = f"{arm.subscription}/providers/Microsoft.Network"
    assert (await arm.send("POST", f"{network}/unregister", version="latest")).status_code == 400
    assert (await found(arm, network))["registrationState"] == "Registered"
    assert (await ask(arm, "{sub}/locations", "PUT")).status_code == 405
    assert (await ask(arm, "{sub}/providers/Microsoft.Compute/nothing")).status_code == 404


async def names(arm: Arm, query: str = "", scope: str = "{sub}") -> list[str]:
    listed = await found(arm, f"{scope}/resources?{query}")
    return [one["name"] for one in listed["value"]]


async def test_the_generic_list_shows_everything_with_a_location(arm: Arm) -> None:
    await make_scale_set(arm)
    everything = await names(arm)
    assert set(everything) >= {"i", "g", "g/d", "g/d/1.0.0", "vmss", "net", "ip", "lb", "nsg"}
    assert not any(one in everything for one in ("rg", "vmss/0", "net/sub"))
    assert await names(arm, scope="{sub}/resourceGroups/RG") == everything
    assert (await ask(arm, "{sub}/resourceGroups/none/resources")).status_code == 404
    (shown,) = (await found(arm, "{sub}/resources?$filter=name eq 'vmss'&$expand=createdTime,provisioningState"))[
        "value"
    ]
    assert set(shown) == {"id", "name", "type", "location", "sku", "createdTime", "provisioningState"}
    assert shown["sku"]["name"] == "Standard_D2s_v5"


async def test_filters_choose_by_name_type_place_and_tag(arm: Arm) -> None:
    await make_network(arm)
    tagged = {**managed_image(arm), "tags": {"env": "test", "team": "a"}}
    await arm.done("Microsoft.Compute/images/i", tagged)
    for query, wanted in {
        "resourceType eq 'microsoft.compute/IMAGES'": ["i"],
        "name eq 'lb' or name eq 'ip'": ["ip", "lb"],
        "resourceGroup eq 'rg' and name eq 'net' and resourceType eq 'Microsoft.Network/virtualNetworks'": ["net"],
        "(name eq 'net' or name eq 'nsg') and location eq 'southcentralus'": ["net", "nsg"],
        "substringof('n', name)": ["net", "nsg"],
        "startswith(tagName, 'en')": ["i"],
        "tagName eq 'env' and tagValue eq 'test'": ["i"],
        "tagName eq 'env' and tagValue eq 'a'": [],
        "location ne 'southcentralus'": ["i"],
        "name eq 'it''s'": [],
    }.items():
        assert sorted(await names(arm, f"$filter={query}")) == wanted, query


@pytest.mark.parametrize(
    "query",
    ["name", "name eq", "colour eq 'x'", "name eq 'a' and", "(name eq 'a'", "name like 'a'", "name eq 'a", "((((" * 99],
)
async def test_a_filter_that_is_none_is_refused(arm: Arm, query: str) -> None:
    refused = await arm.refused("GET", f"{arm.subscription}/resources?$filter={query}", version=ANY)
    assert (refused["status"], refused["code"]) == (400, "InvalidFilterInQueryString")


async def test_pages_come_one_after_the_other_and_only_where_they_were_asked_for(arm: Arm) -> None:
    await make_network(arm)
    arm.sim.world.page_size = 3
    first = await found(arm, "{sub}/resources?$filter=location eq 'southcentralus'")
    assert len(first["value"]) == 3
    second = (await arm.http.get(first["nextLink"])).json()
    assert "nextLink" not in second
    listed = [one["name"] for one in first["value"] + second["value"]]
    assert listed == ["lb", "nsg", "ip", "net"], "pages are in the order of ids"
    arm.sim.world.page_size = None
    assert len((await found(arm, "{sub}/resources?$top=2"))["value"]) == 2
    assert "nextLink" not in await found(arm, "{sub}/resources")
    for broken in (first["nextLink"][:-8], first["nextLink"].replace("southcentralus", "westus")):
        answer = await arm.http.get(broken)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidSkipToken")
    assert (await ask(arm, "{sub}/resources?$top=0")).status_code == 400


async def test_groups_are_filtered_by_tag_and_asked_for_with_head(arm: Arm) -> None:
    await arm.put(f"{arm.subscription}/resourceGroups/other", {"location": HOME, "tags": {"env": "test"}})
    listed = await found(arm, "{sub}/resourcegroups?$filter=tagName eq 'env' and tagValue eq 'test'")
    assert [one["name"] for one in listed["value"]] == ["other"]
    assert (await ask(arm, "{sub}/resourceGroups/other", "HEAD")).status_code == 204
    missing = await ask(arm, "{sub}/resourceGroups/none", "HEAD")
    assert (missing.status_code, missing.content) == (404, b"")


async def test_the_lists_of_a_type_have_pages_too(arm: Arm) -> None:
    await make_network(arm)
    arm.sim.world.page_size = 1
    await arm.done("Microsoft.Compute/images/i", managed_image(arm))
    await arm.done("Microsoft.Compute/images/i2", managed_image(arm))
    first = await arm.get("Microsoft.Compute/images")
    second = (await arm.http.get(first["nextLink"])).json()
    assert [one["name"] for one in (*first["value"], *second["value"])] == ["i", "i2"]
