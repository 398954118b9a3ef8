"""Small lists and exports: tags, shared galleries, delegations of subnets, a group as a template."""

from typing import Any

import pytest

from tests.armsim.arm import AWAY, HOME, Arm, make_network
from tests.armsim.deploying import deploy
from tests.armsim.test_sharing import GALLERY, share

NETWORK = "Microsoft.Network"


async def ask(arm: Arm, path: str) -> list[dict[str, Any]]:
    answer = await arm.send("GET", f"{arm.subscription}/{path}", version="2023-07-03")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


async def test_tags_are_counted_by_name_and_value(arm: Arm) -> None:
    assert await ask(arm, "tagNames") == []
    await arm.put(f"{arm.subscription}/resourceGroups/rg", {"location": HOME, "tags": {"env": "prod"}})
    await arm.done(f"{NETWORK}/networkSecurityGroups/a", {"location": HOME, "tags": {"Env": "test", "team": "web"}})
    await arm.done(f"{NETWORK}/networkSecurityGroups/b", {"location": HOME, "tags": {"env": "test"}})
    env, team = await ask(arm, "tagNames")
    assert (env["tagName"], env["count"], team["tagName"]) == ("env", {"type": "Total", "value": 3}, "team")
    assert {one["tagValue"]: one["count"]["value"] for one in env["values"]} == {"prod": 1, "test": 2}
    assert env["values"][0]["id"] == f"{arm.subscription}/tagNames/env/tagValues/prod"


async def test_a_subnet_can_be_delegated_to_what_is_listed(arm: Arm) -> None:
    path = f"providers/{NETWORK}/locations/{AWAY}/availableDelegations"
    found = await ask(arm, path)
    assert "Microsoft.Web/serverFarms" in [one["serviceName"] for one in found]
    assert [one["name"] for one in await ask(arm, f"resourceGroups/rg/{path}")] == [one["name"] for one in found]


async def test_a_gallery_is_listed_where_it_is_shared(arm: Arm) -> None:
    path = f"providers/Microsoft.Compute/locations/{HOME}/sharedGalleries"
    made = await arm.done(GALLERY, {"location": HOME, "properties": {"sharingProfile": {"permissions": "Groups"}}})
    assert await ask(arm, path) == []
    await share(arm, "Add", arm.sim.subscription_id)
    name = made["properties"]["identifier"]["uniqueName"]
    assert [(one["name"], one["identifier"]) for one in await ask(arm, path)] == [
        (name, {"uniqueId": f"/SharedGalleries/{name}"})
    ]
    one = await arm.send("GET", f"{arm.subscription}/{path}/{name}", version="2023-07-03")
    assert one.json()["location"] == HOME
    assert await ask(arm, f"{path}?sharedTo=tenant") == []
    assert await ask(arm, path.replace(HOME, AWAY)) == []
    gone = await arm.send("GET", f"{arm.subscription}/{path}/none", version="2023-07-03")
    assert gone.json()["error"]["code"] == "ResourceNotFound"


async def export(arm: Arm, options: str = "", *resources: str) -> dict[str, Any]:
    body = {"resources": list(resources) or ["*"], "options": options}
    answer = await arm.send("POST", f"{arm.subscription}/resourceGroups/rg/exportTemplate", body)
    assert answer.status_code == 200, answer.text
    template: dict[str, Any] = answer.json()["template"]
    return template


@pytest.mark.parametrize("options", ["", "SkipAllParameterization"])
async def test_an_exported_group_is_deployed_again_elsewhere(arm: Arm, options: str) -> None:
    await make_network(arm)
    template = await export(arm, options)
    assert arm.subscription not in str(template)
    assert len(template["resources"]) == 4
    await arm.put(f"{arm.subscription}/resourceGroups/other", {"location": HOME})
    sent = {name: {"value": name.split("_")[1]} for name in template["parameters"]}
    assert bool(sent) is not bool(options)
    path = arm.id("Microsoft.Resources/deployments/again", "other")
    done = await deploy(arm, {"properties": {"template": template, "parameters": sent, "mode": "Incremental"}}, path)
    assert done["provisioningState"] == "Succeeded", done
    balancer = await arm.get(arm.id(f"{NETWORK}/loadBalancers/lb", "other"))
    own = await arm.get(f"{NETWORK}/loadBalancers/lb")
    assert str(balancer["properties"]["frontendIPConfigurations"]).count("/resourceGroups/other/") > 3
    assert "/resourceGroups/rg/" not in str(balancer)
    assert balancer["properties"].keys() == own["properties"].keys()


async def test_an_export_takes_what_is_named_and_knows_its_names(arm: Arm) -> None:
    await make_network(arm)
    template = await export(arm, "IncludeParameterDefaultValue", arm.id(f"{NETWORK}/publicIPAddresses/ip"))
    assert [one["type"] for one in template["resources"]] == [f"{NETWORK}/publicIPAddresses"]
    assert template["parameters"] == {"publicIPAddresses_ip_name": {"type": "String", "defaultValue": "ip"}}
    refused = await arm.refused("POST", f"{arm.subscription}/resourceGroups/none/exportTemplate", {"resources": ["*"]})
    assert refused["code"] == "ResourceGroupNotFound"
