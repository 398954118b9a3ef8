"""ARM's front door: tokens, subscriptions, types, api-versions, JSON, spelling of paths, operation URLs."""

import base64
from typing import Any

import pytest

from tests.armsim.arm import HOME, Arm, make_definition, make_network, make_scale_set, managed_image, version_of

IMAGE = "Microsoft.Compute/images/i"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "AuthenticationFailed"),
        ("Basic abc", "AuthenticationFailedInvalidHeader"),
        ("Bearer abc", "InvalidAuthenticationToken"),
        ("Bearer a.b.c", "InvalidAuthenticationToken"),
        ("Bearer e30.e30.e30", "InvalidAuthenticationToken"),
    ],
)
async def test_a_request_without_a_good_token_is_401_with_a_challenge(arm: Arm, header: str | None, code: str) -> None:
    headers = {"Authorization": header} if header else {}
    request = arm.http.build_request("GET", arm.id(IMAGE), params={"api-version": "2024-07-01"})
    del request.headers["Authorization"]
    request.headers.update(headers)
    answer = await arm.http.send(request)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_an_expired_or_foreign_token_is_401(arm: Arm) -> None:
    from local.armsim import Simulator

    expired = arm.sim.tokens.issue(lifetime=-1)[0]
    foreign = Simulator().token()
    for token, code in ((expired, "ExpiredAuthenticationToken"), (foreign, "InvalidAuthenticationToken")):
        refused = await arm.refused("GET", IMAGE, Authorization=f"Bearer {token}")
        assert (refused["status"], refused["code"]) == (401, code)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg", 404, "SubscriptionNotFound"),
        ("{sub}/resourceGroups/none", 404, "ResourceGroupNotFound"),
        ("{sub}/resourceGroups/none/providers/Microsoft.Compute/images/i", 404, "ResourceGroupNotFound"),
        ("{sub}/resourceGroups/rg/providers/Microsoft.Compute/images/i", 404, "ResourceNotFound"),
        ("{sub}/resourceGroups/rg/providers/Microsoft.Compute/unknown/i", 404, "InvalidResourceType"),
        ("{sub}/resourceGroups/rg/providers/Microsoft.Nothing/x/i", 404, "InvalidResourceNamespace"),
        ("{sub}/resourceGroups/rg/providers/Microsoft.Compute/images/i/x/y", 404, "InvalidResourceType"),
        ("/nothing", 404, "InvalidResourceType"),
    ],
)
async def test_what_is_not_there_is_404_in_its_own_words(arm: Arm, path: str, status: int, code: str) -> None:
    answer = await arm.http.get(path.format(sub=arm.subscription), params={"api-version": "2024-07-01"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (None, "MissingApiVersionParameter"),
        ("2010-01-01", "NoRegisteredProviderFound"),
        ("2030-01-01", "NoRegisteredProviderFound"),
        ("latest", "NoRegisteredProviderFound"),
    ],
)
async def test_an_api_version_that_is_missing_or_unknown_is_400(arm: Arm, version: str | None, code: str) -> None:
    answer = await arm.http.get(arm.id(IMAGE), params={"api-version": version} if version else {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_preview_versions_are_accepted(arm: Arm) -> None:
    assert (await arm.send("GET", IMAGE, version="2021-11-01-preview")).status_code == 404


@pytest.mark.parametrize("content", [b"{", b"[]", b'"text"', b"\xff", b'{"location": 7}', b'{"properties": []}'])
async def test_a_body_that_is_no_json_object_is_400(arm: Arm, content: bytes) -> None:
    answer = await arm.http.put(arm.id(IMAGE), params={"api-version": "2024-07-01"}, content=content)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in ("InvalidRequestContent", "LocationRequired")


async def test_a_location_is_required_and_must_exist(arm: Arm) -> None:
    body = managed_image(arm)
    assert (await arm.refused("PUT", IMAGE, {**body, "location": "Atlantis"}))["code"] == (
        "LocationNotAvailableForResourceType"
    )
    del body["location"]
    assert (await arm.refused("PUT", IMAGE, body))["code"] == "LocationRequired"


async def test_paths_may_be_spelt_in_any_way_and_ids_keep_the_case_of_creation(arm: Arm) -> None:
    await arm.done("Microsoft.Compute/images/MyImage", managed_image(arm))
    group = f"/SUBSCRIPTIONS/{arm.sim.subscription_id.upper()}//resourcegroups/RG"
    odd = f"{group}/Providers/microsoft.compute/IMAGES/myimage"
    body = await arm.get(odd, version="2024-07-01")
    assert body["id"] == arm.id("Microsoft.Compute/images/MyImage")
    assert body["type"] == "Microsoft.Compute/images"
    assert arm.sim.resource(odd.replace("//", "/")) is not None
    escaped = arm.id("Microsoft.Compute/images/%4DyImage")
    assert (await arm.get(escaped))["name"] == "MyImage"


async def test_resource_groups_are_made_listed_changed_and_deleted_with_what_is_in_them(arm: Arm) -> None:
    await make_definition(arm)
    group = f"{arm.subscription}/resourceGroups/rg"
    assert (await arm.send("HEAD", group)).status_code == 204
    assert (await arm.send("HEAD", f"{group}2")).status_code == 404
    assert (await arm.send("PUT", group, {"location": HOME, "tags": {"a": "b"}})).status_code == 200
    assert (await arm.get(group))["tags"] == {"a": "b"}
    assert (await arm.send("PATCH", group, {"tags": {"c": "d"}})).json()["tags"] == {"c": "d"}
    assert [one["name"] for one in (await arm.get(f"{arm.subscription}/resourceGroups"))["value"]] == ["rg"]
    refused = await arm.refused("PUT", group, {"location": "westeurope"})
    assert refused["code"] == "InvalidResourceGroupLocation"
    answer = await arm.send("DELETE", group)
    assert answer.status_code == 202
    assert "Azure-AsyncOperation" not in answer.headers
    assert answer.headers["Retry-After"] == "15"
    monitor = answer.headers["Location"]
    assert (await arm.get(group))["properties"]["provisioningState"] == "Deleting"
    assert (await arm.refused("PUT", arm.id(IMAGE), managed_image(arm)))["code"] == "ResourceGroupBeingDeleted"
    running = await arm.http.get(monitor)
    assert (running.status_code, running.headers["Retry-After"], running.content) == (202, "15", b"")
    arm.clock.advance(70)
    assert (await arm.http.get(monitor)).status_code == 200
    assert arm.sim.resources() == {}
    assert (await arm.send("DELETE", group)).status_code == 404


async def test_an_operation_url_must_come_back_as_it_was(arm: Arm) -> None:
    await make_definition(arm)
    answer = await arm.send("PUT", "Microsoft.Compute/galleries/g/images/d/versions/1.0.0", version_of(arm))
    url = answer.headers["Azure-AsyncOperation"]
    assert url.startswith("https://arm.test/")
    assert (await arm.http.get(url)).status_code == 200
    for broken in (url[:-1], url + "&x=y", url.replace("&s=", "&s=0"), url.partition("?")[0]):
        assert (await arm.http.get(broken)).status_code == 400
    head, _, tail = url.partition("?")
    assert (await arm.http.get(f"{head[:-1]}0?{tail}")).status_code in (400, 404)
    assert (await arm.http.post(url)).status_code == 405


async def test_every_answer_carries_the_headers_of_arm(arm: Arm) -> None:
    first, second = await arm.send("GET", IMAGE), await arm.send("GET", IMAGE)
    for name in (
        "x-ms-request-id",
        "x-ms-correlation-request-id",
        "x-ms-routing-request-id",
        "strict-transport-security",
    ):
        assert first.headers[name]
    assert first.headers["x-ms-request-id"] != second.headers["x-ms-request-id"]
    assert first.headers["x-ms-failure-cause"] == "gateway"
    assert first.headers["date"] == "Tue, 24 Nov 2026 08:00:00 GMT"
    asked = await arm.send("GET", IMAGE, x_ms_correlation_request_id="abc")
    assert asked.headers["x-ms-correlation-request-id"] == "abc"
    assert "x-ms-ratelimit-remaining-subscription-global-reads" not in first.headers, "recorded: no 404 of ARM's has it"
    listed = await arm.send("GET", "Microsoft.Compute/images")
    assert 16_000 < int(listed.headers["x-ms-ratelimit-remaining-subscription-global-reads"]) < 16_500
    made = await arm.send("PUT", IMAGE, managed_image(arm))
    assert "Microsoft.Compute/CreateImages" in made.headers["x-ms-ratelimit-remaining-resource"]


async def test_verbs_that_a_type_has_not_are_405(arm: Arm) -> None:
    await make_definition(arm)
    for method, path in (("POST", IMAGE), ("PUT", "Microsoft.Compute/images"), ("OPTIONS", IMAGE)):
        answer = await arm.send(method, path, {})
        assert answer.status_code == 405, (method, path)
    assert (await arm.send("POST", f"{IMAGE}/explode", {})).status_code == 404


async def test_the_subscription_shows_itself(arm: Arm) -> None:
    listed: dict[str, Any] = await arm.get("/subscriptions", version="2022-12-01")
    assert [one["id"] for one in listed["value"]] == [arm.subscription]
    assert (await arm.get(arm.subscription, version="2022-12-01"))["tenantId"] == arm.sim.tenant_id


async def test_requests_are_noted_with_what_they_were_about(arm: Arm) -> None:
    arm.sim.requests.clear()
    answer = await arm.send("PUT", IMAGE, managed_image(arm))
    await arm.poll(answer)
    write, poll = arm.sim.requests
    assert (write.method, write.status, write.is_write, write.is_poll) == ("PUT", 201, True, False)
    assert write.resource_id == arm.id(IMAGE).lower()
    assert (write.resource_type, write.api_version) == ("Microsoft.Compute/images", "2024-07-01")
    assert write.at == arm.clock.now()
    assert (poll.is_poll, poll.is_write, poll.resource_id) == (True, False, arm.id(IMAGE).lower())


async def test_operations_tell_how_long_the_service_takes(arm: Arm) -> None:
    await arm.put(IMAGE, managed_image(arm))
    (running,) = arm.sim.operations
    assert (running.kind, running.resource_id, running.status) == ("images PUT", arm.id(IMAGE), "InProgress")
    assert running.ends is not None
    assert 5 <= (running.ends - running.started).total_seconds() <= 45
    arm.clock.move_to(running.ends)
    assert arm.sim.operations[0].status == "Succeeded"


async def test_a_body_of_too_many_levels_is_400(arm: Arm) -> None:
    for levels in (150, 5000):
        content = b'{"a":' * levels + b"1" + b"}" * levels
        answer = await arm.http.put(arm.id(IMAGE), params={"api-version": "2024-07-01"}, content=content)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")


async def test_the_world_shows_parts_and_instances_by_their_ids(arm: Arm) -> None:
    await make_scale_set(arm)
    subnet = arm.sim.resource(arm.id("Microsoft.Network/virtualNetworks/net/subnets/SUB"))
    assert subnet is not None
    assert subnet["properties"]["addressPrefix"] == "192.168.1.0/24"
    instance = arm.sim.resource(arm.id("Microsoft.Compute/virtualMachineScaleSets/vmss/virtualMachines/1"))
    assert instance is not None
    assert instance["name"] == "vmss_1"
    for gone in ("virtualNetworks/net/subnets/none", "virtualNetworks/none/subnets/x", "nothing/x"):
        assert arm.sim.resource(arm.id(f"Microsoft.Network/{gone}")) is None
    shown = arm.sim.resources("microsoft.network/virtualnetworks")
    shown.popitem()[1]["properties"].clear()
    assert arm.sim.resource(arm.id("Microsoft.Network/virtualNetworks/net"))["properties"], "a copy"  # type: ignore[index]


async def test_the_result_of_a_network_deletion_is_204(arm: Arm) -> None:
    await make_network(arm)
    answer = await arm.send("DELETE", "Microsoft.Network/loadBalancers/lb")
    assert answer.headers["Retry-After"] == "10"
    assert "/operationResults/" in answer.headers["Location"]
    running = await arm.http.get(answer.headers["Location"])
    assert (running.status_code, running.headers["Location"]) == (202, answer.headers["Location"])
    await arm.finish(answer)
    assert (await arm.http.get(answer.headers["Location"])).status_code == 204


async def test_a_second_delete_joins_the_first(arm: Arm) -> None:
    await arm.done(IMAGE, managed_image(arm))
    first, second = await arm.send("DELETE", IMAGE), await arm.send("DELETE", IMAGE)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.headers["Azure-AsyncOperation"] == second.headers["Azure-AsyncOperation"]
    arm.clock.advance(60)
    assert (await arm.poll(first)).json()["status"] == "Succeeded"
    group = f"{arm.subscription}/resourceGroups/rg"
    one, two = await arm.send("DELETE", group), await arm.send("DELETE", group)
    arm.clock.advance(600)
    assert [(await arm.http.get(each.headers["Location"])).status_code for each in (one, two)] == [200, 200]


async def test_nothing_is_done_to_what_is_being_deleted(arm: Arm) -> None:
    await arm.done("Microsoft.Compute/galleries/g", {"location": HOME})
    await arm.send("DELETE", "Microsoft.Compute/galleries/g")
    refused = await arm.refused("POST", "Microsoft.Compute/galleries/g/share", {"operationType": "Reset"})
    assert refused["status"] == 409
    group = f"{arm.subscription}/resourceGroups/rg"
    await arm.send("DELETE", group)
    assert (await arm.refused("PUT", group, {"location": HOME}))["code"] == "ResourceGroupBeingDeleted"


async def test_what_is_deleted_between_two_pages_hides_nothing(arm: Arm) -> None:
    arm.sim.world.page_size = 2
    for name in ("g1", "g2", "g3", "g4", "g5"):
        await arm.done(f"Microsoft.Compute/galleries/{name}", {"location": HOME})
    page = await arm.get("Microsoft.Compute/galleries")
    await arm.send("DELETE", "Microsoft.Compute/galleries/g1")
    await arm.send("DELETE", "Microsoft.Compute/galleries/g2")
    arm.clock.advance(60)
    names = [one["name"] for one in page["value"]]
    while "nextLink" in page:
        page = (await arm.http.get(page["nextLink"])).json()
        names += [one["name"] for one in page["value"]]
    assert names == ["g1", "g2", "g3", "g4", "g5"]


async def test_a_token_of_ten_thousand_brackets_is_a_bad_token(arm: Arm) -> None:
    claims = base64.urlsafe_b64encode(b"[" * 10_000).decode().rstrip("=")
    answer = await arm.send("GET", IMAGE, Authorization=f"Bearer e30.{claims}.x")
    assert answer.status_code == 401


async def test_an_encoded_api_version_is_the_same_one(arm: Arm) -> None:
    url = f"{arm.subscription}/resourceGroups/rg?api-version=2024%2D11%2D01"
    assert (await arm.http.get(url)).status_code == 200


async def test_a_request_of_more_than_four_megabytes_is_too_large(arm: Arm) -> None:
    answer = await arm.send("PUT", IMAGE, {"tags": {"x": "y" * 5_000_000}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "RequestEntityTooLarge")


async def test_a_page_of_another_site_drives_no_control_route(arm: Arm) -> None:
    assert (await arm.http.get("/_sim/faults", headers={"Origin": "https://elsewhere.example"})).status_code == 403
    assert (await arm.http.get("/_sim/faults")).status_code == 200
