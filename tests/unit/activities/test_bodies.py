"""What the activities send: every field that the documentation asks for, and none that Azure no longer takes."""

from datetime import timedelta
from typing import Any

import pytest

from activities.create_load_balancer import create_load_balancer
from activities.create_public_ip_address import create_public_ip_address
from activities.create_scale_set import create_scale_set
from activities.create_security_group import create_security_group
from activities.create_virtual_network import create_virtual_network
from activities.define_image import define_image
from activities.publish_version import publish_version
from domain import naming
from domain.errors import TerminalError
from domain.models import StepRequest
from tests.fakes import FakeArm
from tests.unit import samples
from tests.unit.samples import Body

PASSWORD = "Planted-Secret-9f3c"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample someone"
PLAN = {"name": "gold", "publisher": "contoso", "product": "web"}


def numbered(asked: StepRequest, **more: Any) -> StepRequest:
    return asked.model_copy(update={"number": "1.0.0", **more})


def linux(**changes: Any) -> Any:
    return samples.image(properties__storageProfile__osDisk__osType="Linux", **changes)


async def scale_set(asked: StepRequest, secret: str | None = PASSWORD) -> Body:
    """The scale set as it is sent."""
    arm = FakeArm()
    await create_scale_set(numbered(asked), arm=arm, secret=lambda _: secret)
    return arm.resources[asked.targets.scale_set.lower()]


async def version(asked: StepRequest, *existing: Body) -> Body:
    """The version as it is sent."""
    arm = FakeArm(*existing)
    await publish_version(asked, arm=arm)
    return arm.resources[asked.version_id.lower()]


async def test_a_definition_says_what_the_image_is_and_all_that_the_profile_tells() -> None:
    asked = samples.request(
        samples.profile(
            definition__description="Web",
            definition__eula="https://example.com/eula",
            definition__privacyStatementUri="https://example.com/privacy",
            definition__releaseNoteUri="https://example.com/notes",
            definition__endOfLife="2030-12-31",
            definition__recommendedVCPUs={"min": 1, "max": 8},
            definition__recommendedMemoryMB={"min": 4096},
            definition__plan=PLAN,
        ),
        linux(properties__hyperVGeneration="V2"),
    )
    arm = FakeArm()
    await define_image(asked, arm=arm)
    sent = arm.resources[asked.targets.definition.lower()]
    sent["properties"].pop("provisioningState")
    assert sent["location"] == "westcentralus"
    assert sent["properties"] == {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V2",
        "architecture": "x64",
        "features": [{"name": "SecurityType", "value": "Standard"}],
        "identifier": {"publisher": "myPublisher", "offer": "myOffer", "sku": "mySKU"},
        "description": "Web",
        "eula": "https://example.com/eula",
        "privacyStatementUri": "https://example.com/privacy",
        "releaseNoteUri": "https://example.com/notes",
        "endOfLifeDate": "2030-12-31",
        "recommended": {"vCPUs": {"min": 1, "max": 8}, "memory": {"min": 4096}},
        "purchasePlan": PLAN,
    }


async def test_a_definition_without_options_sends_none_of_them() -> None:
    asked = samples.request()
    arm = FakeArm()
    await define_image(asked, arm=arm)
    sent = arm.resources[asked.targets.definition.lower()]["properties"]
    assert set(sent) == {
        "osType",
        "osState",
        "hyperVGeneration",
        "architecture",
        "features",
        "identifier",
        "provisioningState",
    }


async def test_a_version_is_made_in_the_images_region_with_its_lineage() -> None:
    wanted = samples.profile(
        version__targetRegions=[
            {"name": "West Central US", "replicaCount": 2},
            {
                "name": "southcentralus",
                "replicaCount": 3,
                "storageAccountType": "Premium_LRS",
                "excludeFromLatest": True,
            },
        ],
        version__storageAccountType="Standard_ZRS",
        version__excludeFromLatest=True,
        version__endOfLifeAfter="P30D",
    )
    assert wanted.version.end_of_life_after == timedelta(days=30)
    asked = numbered(samples.request(wanted, again="2026-11-24T08:00:00Z"), end_of_life="2026-12-24T08:00:00Z")
    sent = await version(asked)
    assert sent["location"] == "westcentralus"
    assert sent["tags"] == {
        naming.TAG_PROFILE: "web",
        naming.TAG_ROLLOUT: "web-0123456789-1",
        naming.TAG_FINGERPRINT: asked.image.fingerprint,
        naming.TAG_AGAIN: "2026-11-24T08:00:00Z",
    }
    properties = sent["properties"]
    assert properties["storageProfile"] == {"source": {"id": asked.image.id}}
    assert properties["safetyProfile"]["blockDeletionBeforeEndOfLife"] is False
    assert properties["publishingProfile"] == {
        "targetRegions": [
            {
                "name": "West Central US",
                "regionalReplicaCount": 2,
                "storageAccountType": "Standard_ZRS",
                "excludeFromLatest": False,
            },
            {
                "name": "southcentralus",
                "regionalReplicaCount": 3,
                "storageAccountType": "Premium_LRS",
                "excludeFromLatest": True,
            },
        ],
        "storageAccountType": "Standard_ZRS",
        "replicationMode": "Full",
        "excludeFromLatest": True,
        "endOfLifeDate": "2026-12-24T08:00:00Z",
    }


async def test_added_regions_join_a_fresh_read_and_all_else_stays() -> None:
    """Tags, dates, flags, another rollout's region and a count that its owner raised."""
    asked = numbered(samples.request(), end_of_life="2031-01-01T00:00:00Z")
    body = samples.version_body(asked, "1.0.0", owner="web team")
    body["properties"]["publishingProfile"] |= {
        "targetRegions": [
            {"name": "West Central US", "regionalReplicaCount": 9, "storageAccountType": "Standard_LRS"},
            {"name": "Japan East", "regionalReplicaCount": 1},
        ],
        "endOfLifeDate": "2030-06-01T00:00:00Z",
        "publishedDate": "2026-01-01T00:00:00Z",
        "excludeFromLatest": True,
    }
    body["properties"]["safetyProfile"] = {
        "reportedForPolicyViolation": False,
        "allowDeletionOfReplicatedLocations": True,
    }
    sent = await version(asked, body)
    profile = sent["properties"]["publishingProfile"]
    assert [(one["name"], one["regionalReplicaCount"]) for one in profile["targetRegions"]] == [
        ("West Central US", 9),
        ("Japan East", 1),
        ("South Central US", 1),
    ]
    assert profile["endOfLifeDate"] == "2030-06-01T00:00:00Z"
    assert profile["excludeFromLatest"] is True
    assert "publishedDate" not in profile
    assert sent["tags"]["owner"] == "web team"
    assert sent["properties"]["safetyProfile"] == {
        "allowDeletionOfReplicatedLocations": True,
        "blockDeletionBeforeEndOfLife": False,
    }


async def test_a_failed_version_is_put_again_as_it_is() -> None:
    """The same PUT retries the failed regions; neither tags nor regions of others get lost."""
    asked = numbered(samples.request(), rollout_id="web-0123456789-2")
    body = samples.version_body(asked, "1.0.0", **{naming.TAG_ROLLOUT: "web-0123456789-1", "owner": "web team"})
    body["properties"]["provisioningState"] = "Failed"
    body["properties"]["publishingProfile"]["targetRegions"].append({"name": "Japan East", "regionalReplicaCount": 1})
    sent = await version(asked, body)
    assert sent["tags"] == body["tags"]
    assert (
        sent["properties"]["publishingProfile"]["targetRegions"]
        == body["properties"]["publishingProfile"]["targetRegions"]
    )


async def test_a_version_of_2018_keeps_its_source_when_it_is_updated() -> None:
    asked = numbered(samples.request())
    body = samples.version_body(asked, "1.0.0")
    body["properties"].pop("storageProfile")
    body["properties"].pop("safetyProfile")
    body["properties"]["publishingProfile"] |= {
        "source": {"managedImage": {"id": asked.image.id}},
        "targetRegions": [],
    }
    sent = await version(asked, body)
    assert sent["properties"]["storageProfile"] == {"source": {"id": asked.image.id}}


async def test_a_windows_scale_set_is_what_new_azvmss_makes_with_what_azure_still_takes() -> None:
    asked = samples.request()
    sent = await scale_set(asked)
    assert sent["sku"] == {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 2}
    assert sent["location"] == "southcentralus"
    assert "plan" not in sent
    properties = sent["properties"]
    assert properties["orchestrationMode"] == "Uniform"
    assert properties["singlePlacementGroup"] is False
    assert properties["upgradePolicy"] == {"mode": "Automatic"}
    profile = properties["virtualMachineProfile"]
    assert profile["osProfile"] == {
        "computerNamePrefix": "myScaleSe",
        "adminUsername": "azureuser",
        "adminPassword": PASSWORD,
        "windowsConfiguration": {"provisionVMAgent": True},
    }
    assert profile["storageProfile"]["imageReference"] == {"id": f"{asked.targets.definition}/versions/1.0.0"}
    assert "healthProbe" not in profile["networkProfile"]
    [interface] = profile["networkProfile"]["networkInterfaceConfigurations"]
    assert interface["properties"]["networkSecurityGroup"] == {"id": asked.targets.security_group}
    [address] = interface["properties"]["ipConfigurations"]
    assert "loadBalancerInboundNatPools" not in address["properties"]


async def test_a_linux_scale_set_takes_a_key_and_no_password() -> None:
    asked = samples.request(samples.profile(scaleSet__sshPublicKey=KEY, scaleSet__adminPasswordSetting=None), linux())
    assert (await scale_set(asked, secret=None))["properties"]["virtualMachineProfile"]["osProfile"] == {
        "computerNamePrefix": "myScaleSe",
        "adminUsername": "azureuser",
        "linuxConfiguration": {
            "disablePasswordAuthentication": True,
            "ssh": {"publicKeys": [{"path": "/home/azureuser/.ssh/authorized_keys", "keyData": KEY}]},
        },
    }


async def test_a_linux_scale_set_may_have_both() -> None:
    asked = samples.request(samples.profile(scaleSet__sshPublicKey=KEY), linux())
    profile = (await scale_set(asked))["properties"]["virtualMachineProfile"]["osProfile"]
    assert profile["adminPassword"] == PASSWORD
    assert profile["linuxConfiguration"]["disablePasswordAuthentication"] is False
    assert profile["linuxConfiguration"]["ssh"]


async def test_a_specialized_image_keeps_its_accounts() -> None:
    """R27: osProfile is refused; so is nothing asked for the password."""
    asked = samples.request(source=samples.image(properties__storageProfile__osDisk__osState="Specialized"))
    sent = await scale_set(asked, secret=None)
    assert "osProfile" not in sent["properties"]["virtualMachineProfile"]


async def test_the_definitions_plan_goes_with_the_scale_set() -> None:
    sent = await scale_set(samples.request(samples.profile(definition__plan=PLAN)))
    assert sent["plan"] == PLAN


@pytest.mark.parametrize(("capacity", "percent"), [(0, 100), (1, 100), (2, 50), (3, 34), (5, 20), (7, 20)])
async def test_rolling_names_the_probe_and_tolerates_one_instance(capacity: int, percent: int) -> None:
    wanted = samples.profile(
        scaleSet__capacity=capacity,
        scaleSet__upgradePolicy={"mode": "Rolling", "pauseBetweenBatches": "PT1M"},
        scaleSet__network__backendPorts=[8080, 443],
    )
    asked = samples.request(wanted)
    properties = (await scale_set(asked))["properties"]
    assert properties["upgradePolicy"]["rollingUpgradePolicy"] == {
        "maxBatchInstancePercent": 20,
        "maxUnhealthyInstancePercent": percent,
        "maxUnhealthyUpgradedInstancePercent": percent,
        "pauseTimeBetweenBatches": "PT60S",
    }
    probe = f"{asked.targets.load_balancer}/probes/myLoadBalancer8080"
    assert properties["virtualMachineProfile"]["networkProfile"]["healthProbe"] == {"id": probe}


@pytest.mark.parametrize("secret", [None, "", "short", "alllowercaseletters"])
async def test_an_unusable_password_is_refused_by_the_name_of_its_setting_before_any_write(secret: str | None) -> None:
    arm = FakeArm()
    with pytest.raises(TerminalError) as raised:
        await create_scale_set(numbered(samples.request()), arm=arm, secret=lambda _: secret)
    assert (raised.value.code, arm.writes) == ("AdminPasswordUnusable", [])
    assert "WEB_ADMIN_PASSWORD" in raised.value.remedy
    assert not secret or secret not in str(raised.value)


async def test_the_network_is_private_and_leaves_by_an_outbound_rule() -> None:
    asked = samples.request()
    arm = FakeArm()
    for make in (create_virtual_network, create_public_ip_address, create_load_balancer, create_security_group):
        await make(asked, arm=arm)
    sent = {resource.rpartition("/providers/")[2].split("/")[1]: body for resource, body in arm.resources.items()}
    [subnet] = sent["virtualnetworks"]["properties"]["subnets"]
    assert subnet == {
        "name": "mySubnet",
        "properties": {"addressPrefix": "192.168.1.0/24", "defaultOutboundAccess": False},
    }
    address = sent["publicipaddresses"]
    assert (address["sku"], address["properties"]["publicIPAllocationMethod"]) == ({"name": "Standard"}, "Static")
    assert address["properties"]["dnsSettings"]["domainNameLabel"].startswith("myscaleset-")
    balancer = sent["loadbalancers"]["properties"]
    [rule] = balancer["loadBalancingRules"]
    assert rule["properties"]["disableOutboundSnat"] is True
    assert rule["properties"]["probe"]["id"].endswith("/probes/myLoadBalancer80")
    assert len(balancer["outboundRules"]) == 1
    assert balancer["inboundNatRules"] == []
    [opening] = sent["networksecuritygroups"]["properties"]["securityRules"]
    assert opening["properties"]["destinationPortRange"] == "80"


@pytest.mark.parametrize(("os_type", "port"), [("Windows", 3389), ("Linux", 22)])
async def test_management_is_opened_to_the_named_prefixes_only(os_type: str, port: int) -> None:
    wanted = samples.profile(scaleSet__network__managementSources=["203.0.113.0/24"], scaleSet__sshPublicKey=KEY)
    asked = samples.request(wanted, samples.image(properties__storageProfile__osDisk__osType=os_type))
    arm = FakeArm()
    await create_load_balancer(asked, arm=arm)
    await create_security_group(asked, arm=arm)
    [rule] = arm.resources[asked.targets.load_balancer.lower()]["properties"]["inboundNatRules"]
    properties = rule["properties"]
    assert (properties["backendPort"], properties["frontendPortRangeStart"]) == (port, 50000)
    assert properties["backendAddressPool"]["id"].endswith("/backendAddressPools/myScaleSet")
    assert properties["frontendPortRangeEnd"] - properties["frontendPortRangeStart"] >= 100
    rules = arm.resources[asked.targets.security_group.lower()]["properties"]["securityRules"]
    opened = {
        one["properties"]["destinationPortRange"]: one["properties"].get("sourceAddressPrefixes") for one in rules
    }
    assert opened == {"80": None, str(port): ["203.0.113.0/24"]}
