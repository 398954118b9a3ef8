"""Each rule of Azure is broken in one way at a time and is then named, with its field; a profile that keeps them is
left in peace."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import regions, rules
from domain.errors import WIRE_LIMIT, RulesBrokenError, from_wire
from domain.images import ManagedImage
from domain.models import RolloutPlan, Violation
from domain.profiles import Profile
from tests.unit import samples

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
MANY = "x" * 300
WIDE = {"subnetPrefix": "192.168.0.0/17"}
SCALE_SET = {**samples.profile_data()["scaleSet"], "network": WIDE}
HOMES = [{"name": "South Central US"}, {"name": "West Central US"}]


def found(profile: Profile, image: ManagedImage | None = None) -> list[tuple[str, str]]:
    violations = rules.check(profile, image or samples.image(), now=NOW)
    for violation in violations:
        assert violation.message
        assert violation.remedy
        assert len(violation.value) <= 100
    return [(violation.rule, violation.field) for violation in violations]


def test_the_example_breaks_no_rule() -> None:
    assert found(samples.profile()) == []


ONE_BROKEN: list[tuple[str, Any, str, str]] = [
    ("gallery.name", "my-gallery", "R1", "gallery.name"),
    ("gallery.name", "gallery.", "R1", "gallery.name"),
    ("gallery.name", "_gallery", "R1", "gallery.name"),
    ("gallery.name", "g" * 81, "R1", "gallery.name"),
    ("gallery.name", "", "R1", "gallery.name"),
    ("gallery.name", "gallery\n", "R1", "gallery.name"),
    ("gallery.name", "galerie\u00e9", "R1", "gallery.name"),
    ("gallery.resourceGroup", "group.", "resourceGroup", "gallery.resourceGroup"),
    ("gallery.location", "East/US", "location", "gallery.location"),
    ("definition.name", "my definition", "R2", "definition.name"),
    ("definition.name", "definition-", "R2", "definition.name"),
    ("definition.publisher", "p" * 129, "R3", "definition.publisher"),
    ("definition.offer", "o" * 65, "R3", "definition.offer"),
    ("definition.sku", "s" * 65, "R3", "definition.sku"),
    ("definition.sku", "sku.", "R3", "definition.sku"),
    ("definition.offer", "", "R3", "definition.offer"),
    ("definition.endOfLife", "2026-11-24", "R7", "definition.endOfLife"),
    ("definition.endOfLife", "2026-11-24T08:00:00Z", "R7", "definition.endOfLife"),
    ("definition.endOfLife", "soon", "R7", "definition.endOfLife"),
    ("definition.recommendedVCPUs", {"min": 4, "max": 2}, "R8", "definition.recommendedVCPUs"),
    ("definition.recommendedMemoryMB", {"min": 4, "max": 2}, "R8", "definition.recommendedMemoryMB"),
    ("version.endOfLifeAfter", "-P1D", "R7", "version.endOfLifeAfter"),
    ("version.number", "tag:release", "R4", "image.tags.release"),
    ("version.targetRegions.0.replicaCount", 0, "R6", "version.targetRegions[0].replicaCount"),
    ("version.targetRegions.1.replicaCount", 101, "R6", "version.targetRegions[1].replicaCount"),
    ("version.replicationMode", "Shallow", "R6", "version.targetRegions[1].replicaCount"),
    ("version.targetRegions", [*HOMES, {"name": "East/US"}], "location", "version.targetRegions[2].name"),
    ("version.targetRegions", [*HOMES, {"name": ""}], "location", "version.targetRegions[2].name"),
    ("scaleSet.name", "my_scale_set", "R22", "scaleSet.name"),
    ("scaleSet.name", "set-", "R22", "scaleSet.name"),
    ("scaleSet.name", "s" * 65, "R22", "scaleSet.name"),
    ("scaleSet.name", "123456789web", "R22", "scaleSet.name"),
    ("scaleSet.resourceGroup", "g" * 91, "resourceGroup", "scaleSet.resourceGroup"),
    ("scaleSet.location", "West Europe", "R26", "scaleSet.location"),
    ("scaleSet", {**SCALE_SET, "capacity": 1001}, "R21", "scaleSet.capacity"),
    ("scaleSet.capacity", -1, "R21", "scaleSet.capacity"),
    ("scaleSet.capacity", 252, "R25", "scaleSet.network.subnetPrefix"),
    (
        "scaleSet.upgradePolicy.pauseBetweenBatches",
        "-PT1S",
        "upgradePolicy",
        "scaleSet.upgradePolicy.pauseBetweenBatches",
    ),
    ("scaleSet.adminUsername", "Administrator", "R24", "scaleSet.adminUsername"),
    ("scaleSet.adminUsername", "web.", "R24", "scaleSet.adminUsername"),
    ("scaleSet.adminUsername", "a" * 21, "R24", "scaleSet.adminUsername"),
    ("scaleSet.adminUsername", "we/b", "R24", "scaleSet.adminUsername"),
    ("scaleSet.adminUsername", "", "R24", "scaleSet.adminUsername"),
    ("scaleSet.adminPasswordSetting", None, "credential", "scaleSet.adminPasswordSetting"),
    ("scaleSet.sshPublicKey", "ssh-ed25519 AAAA", "credential", "scaleSet.sshPublicKey"),
    ("scaleSet.network.virtualNetwork", "v", "R23", "scaleSet.network.virtualNetwork"),
    ("scaleSet.network.virtualNetwork", "v" * 65, "R23", "scaleSet.network.virtualNetwork"),
    ("scaleSet.network.subnet", "-subnet", "R23", "scaleSet.network.subnet"),
    ("scaleSet.network.publicIpAddress", "ip.", "R23", "scaleSet.network.publicIpAddress"),
    ("scaleSet.network.loadBalancer", "b" * 81, "R23", "scaleSet.network.loadBalancer"),
    ("scaleSet.network.securityGroup", "a b", "R23", "scaleSet.network.securityGroup"),
    ("scaleSet.network.addressPrefix", "192.168.0.0", "R25", "scaleSet.network.subnetPrefix"),
    ("scaleSet.network.addressPrefix", "192.168.0.1/16", "R25", "scaleSet.network.addressPrefix"),
    ("scaleSet.network.addressPrefix", "10.0.0.0/8", "R25", "scaleSet.network.subnetPrefix"),
    ("scaleSet.network.subnetPrefix", "fd00::/64", "R25", "scaleSet.network.subnetPrefix"),
    ("scaleSet.network.subnetPrefix", "192.168.1.0/30", "R25", "scaleSet.network.subnetPrefix"),
    ("scaleSet.network.dnsLabel", "Web", "dnsLabel", "scaleSet.network.dnsLabel"),
    ("scaleSet.network.dnsLabel", "we", "dnsLabel", "scaleSet.network.dnsLabel"),
    ("scaleSet.network.dnsLabel", "web-", "dnsLabel", "scaleSet.network.dnsLabel"),
    ("scaleSet.network.dnsLabel", "w" * 64, "dnsLabel", "scaleSet.network.dnsLabel"),
    ("scaleSet.network.backendPorts", [80, 443, 80], "backendPorts", "scaleSet.network.backendPorts"),
    ("scaleSet.network.backendPorts", [3389], "backendPorts", "scaleSet.network.backendPorts"),
    ("scaleSet.network.managementSources", ["*"], "managementSources", "scaleSet.network.managementSources[0]"),
    ("scaleSet.network.managementSources", ["internet"], "managementSources", "scaleSet.network.managementSources[0]"),
    ("scaleSet.network.managementSources", ["0.0.0.0/0"], "managementSources", "scaleSet.network.managementSources[0]"),
    ("scaleSet.network.managementSources", ["1.2.3.4/0"], "managementSources", "scaleSet.network.managementSources[0]"),
    ("scaleSet.network.managementSources", ["::/0"], "managementSources", "scaleSet.network.managementSources[0]"),
    (
        "scaleSet.network.managementSources",
        ["10.0.0.1/8"],
        "managementSources",
        "scaleSet.network.managementSources[0]",
    ),
    ("scaleSet.network.managementSources", ["office"], "managementSources", "scaleSet.network.managementSources[0]"),
    (
        "scaleSet.network.managementSources",
        ["0.0.0.0/1", "128.0.0.0/1"],
        "managementSources",
        "scaleSet.network.managementSources",
    ),
    ("tags", {"azure-team": "web"}, "tags", "tags.azure-team"),
    ("tags", {"gallery-rollout-profile": "x"}, "tags", "tags.gallery-rollout-profile"),
    ("tags", {"a/b": "x"}, "tags", "tags.a/b"),
    ("tags", {"team": MANY}, "tags", "tags.team"),
    ("tags", {f"t{i}": "" for i in range(47)}, "tags", "tags"),
    ("deadlines.replication", "PT0S", "deadlines", "deadlines.replication"),
]


@pytest.mark.parametrize(
    ("path", "value", "rule", "field"), ONE_BROKEN, ids=[f"{row[2]} {row[0]} {str(row[1])[:25]}" for row in ONE_BROKEN]
)
def test_one_broken_rule_is_named_alone(path: str, value: Any, rule: str, field: str) -> None:
    assert found(samples.profile(**{path: value})) == [(rule, field)]


KEPT: list[tuple[str, Any]] = [
    ("gallery.name", "g"),
    ("gallery.name", "my.Gallery_1"),
    ("definition.name", "my-definition"),
    ("definition.publisher", "p" * 128),
    ("definition.sku", ".sku-"),
    ("definition.endOfLife", "2030-12-31"),
    ("definition.endOfLife", "2026-11-24T09:00:00+00:30"),
    ("version.targetRegions.0.replicaCount", 100),
    ("version.endOfLifeAfter", "P180D"),
    ("scaleSet.capacity", 251),
    ("scaleSet.capacity", 0),
    ("scaleSet.network.subnetPrefix", "192.168.1.0/29"),
    ("scaleSet.network.dnsLabel", "web"),
    ("scaleSet.network.backendPorts", [80, 443, 22]),
    ("scaleSet.network.backendPorts", []),
    ("scaleSet.network.managementSources", ["203.0.113.0/24", "198.51.100.7/32", "203.0.113.9"]),
    ("tags", {"team": "web"}),
]


@pytest.mark.parametrize(("path", "value"), KEPT, ids=[f"{row[0]} {str(row[1])[:25]}" for row in KEPT])
def test_what_keeps_the_rules_is_left_in_peace(path: str, value: Any) -> None:
    assert found(samples.profile(**{path: value})) == []


IMAGE_BROKEN: list[tuple[str, Any, str, str]] = [
    ("properties.provisioningState", "Failed", "R13", "image.properties.provisioningState"),
    (
        "properties.storageProfile.osDisk.osState",
        "Sealed",
        "R10",
        "image.properties.storageProfile.osDisk.osState",
    ),
    ("properties.hyperVGeneration", "V3", "R10", "image.properties.hyperVGeneration"),
    (
        "properties.storageProfile.osDisk.diskSizeGB",
        2049,
        "R15",
        "image.properties.storageProfile.osDisk.diskSizeGB",
    ),
    (
        "properties.storageProfile.dataDisks",
        [{"lun": 0, "diskSizeGB": 10}, {"lun": 1, "diskSizeGB": 4096}],
        "R15",
        "image.properties.storageProfile.dataDisks[1].diskSizeGB",
    ),
    ("location", "westeurope", "R5", "version.targetRegions"),
]


@pytest.mark.parametrize(
    ("path", "value", "rule", "field"), IMAGE_BROKEN, ids=[f"{row[2]} {row[0]}" for row in IMAGE_BROKEN]
)
def test_one_rule_that_the_image_breaks_is_named_alone(path: str, value: Any, rule: str, field: str) -> None:
    assert found(samples.profile(), samples.image(**{path: value})) == [(rule, field)]


@pytest.mark.parametrize("state", ["Succeeded", "Creating", "Updating"])
def test_an_image_that_azure_is_still_changing_breaks_nothing(state: str) -> None:
    assert found(samples.profile(), samples.image(properties__provisioningState=state)) == []


def test_a_size_that_is_not_known_yet_breaks_nothing() -> None:
    assert found(samples.profile(), samples.image(properties__storageProfile__osDisk__diskSizeGB=None)) == []


def test_shallow_replication_takes_large_disks_and_one_replica() -> None:
    wanted = samples.profile(version__replicationMode="Shallow", version__targetRegions__1__replicaCount=1)
    assert found(wanted, samples.image(properties__storageProfile__osDisk__diskSizeGB=32768)) == []
    assert found(wanted, samples.image(properties__storageProfile__osDisk__diskSizeGB=32769)) == [
        ("R15", "image.properties.storageProfile.osDisk.diskSizeGB")
    ]


def test_the_remedy_for_a_missing_home_region_names_it() -> None:
    violations = rules.check(samples.profile(), samples.image(location="westeurope"), now=NOW)
    assert [violation.remedy for violation in violations] == ["Add westeurope to version.targetRegions."]


def test_no_target_region_at_all_is_one_violation() -> None:
    assert found(samples.profile(version__targetRegions=[])) == [("R5", "version.targetRegions")]


def test_one_region_written_in_two_ways_is_a_duplicate() -> None:
    twice = [{"name": "South Central US"}, {"name": "West Central US"}, {"name": "southcentralus"}]
    assert found(samples.profile(version__targetRegions=twice)) == [("R5", "version.targetRegions[2].name")]


@pytest.mark.parametrize(
    ("text", "broken"), [("1.2.3", False), ("1.2", True), ("01.2.3", True), (f"1.2.{2**31}", True)]
)
def test_the_images_tag_must_be_a_version_number(text: str, broken: bool) -> None:
    named = found(samples.profile(version__number="tag:Release"), samples.image(tags={"release": text}))
    assert named == ([("R4", "image.tags.Release")] if broken else [])


def test_rolling_needs_a_port_to_probe() -> None:
    changes = {"scaleSet.upgradePolicy.mode": "Rolling", "scaleSet.network.backendPorts": []}
    assert found(samples.profile(**changes)) == [("backendPorts", "scaleSet.network.backendPorts")]


def test_a_backend_port_may_not_lie_among_those_that_lead_to_management() -> None:
    changes: dict[str, Any] = {"scaleSet.network.backendPorts": [50001]}
    assert found(samples.profile(**changes)) == []
    changes["scaleSet.network.managementSources"] = ["203.0.113.0/24"]
    assert found(samples.profile(**changes)) == [("backendPorts", "scaleSet.network.backendPorts")]


def test_many_broken_rules_are_named_at_once() -> None:
    changes = {row[0]: row[1] for row in ONE_BROKEN if row[0] in ("gallery.name", "definition.name", "scaleSet.name")}
    changes["definition.offer"] = ""
    assert [rule for rule, _ in found(samples.profile(**changes))] == ["R1", "R2", "R3", "R22"]


REGIONS = ["South Central US", "West Central US", "West Europe", "East US 2", "Japan East"]


@given(st.lists(st.sampled_from(REGIONS), min_size=1, max_size=8), st.data())
def test_target_regions_break_r5_exactly_where_one_repeats_or_home_is_missing(
    names: list[str], data: st.DataObject
) -> None:
    written = [data.draw(st.sampled_from([name, regions.normalized(name), name.upper()])) for name in names]
    wanted = samples.profile(version__targetRegions=[{"name": name} for name in written])
    broken = [field for rule, field in found(wanted) if rule == "R5"]
    repeated = len(names) - len(set(names))
    assert len([field for field in broken if field.endswith(".name")]) == repeated
    assert ("version.targetRegions" in broken) == ("West Central US" not in names)


def plan_with(violations: list[Violation]) -> RolloutPlan:
    return RolloutPlan(profile="web", image=samples.IMAGE, fingerprint="f", violations=tuple(violations))


def test_a_broken_plan_becomes_an_error_that_says_what_and_lists_all() -> None:
    violations = rules.check(samples.profile(gallery__name="a-b", scaleSet__capacity=5000), samples.image(), now=NOW)
    error = rules.broken(plan_with(violations))
    assert error.code == "RulesBroken"
    assert error.resource == samples.IMAGE
    assert error.message.startswith("3 rules are broken. gallery.name (R1): ")
    assert [item["rule"] for item in error.facts["violations"]] == ["R1", "R21", "R25"]
    assert set(error.facts["violations"][0]) == {"rule", "field", "value", "message", "remedy"}


def long_violations(count: int) -> list[Violation]:
    return [
        Violation(
            rule="R6", field=f"version.targetRegions[{i}].replicaCount", value="0", message="m" * 90, remedy="r" * 90
        )
        for i in range(count)
    ]


@pytest.mark.parametrize(("count", "texts"), [(8, 5), (14, 4), (30, 3), (40, 2)])
def test_texts_are_left_out_before_violations_are(count: int, texts: int) -> None:
    arrived = from_wire(rules.broken(plan_with(long_violations(count))).to_wire())
    assert len(arrived.facts["violations"]) == count
    assert {len(item) for item in arrived.facts["violations"]} == {texts}


def test_what_does_not_fit_at_all_is_counted() -> None:
    arrived = from_wire(rules.broken(plan_with(long_violations(300))).to_wire())
    *listed, rest = arrived.facts["violations"]
    assert len(listed) > 20
    assert rest["field"] == f"and {300 - len(listed)} more"
    assert arrived.facts["count"] == 300


TEXTS = st.text(max_size=200)


@given(st.lists(st.builds(Violation, rule=TEXTS, field=TEXTS, value=TEXTS, message=TEXTS, remedy=TEXTS), max_size=60))
def test_however_many_rules_are_broken_the_error_keeps_its_facts_on_the_wire(violations: list[Violation]) -> None:
    error = rules.broken(plan_with(violations))
    wire = error.to_wire()
    assert len(wire) < WIRE_LIMIT
    arrived = from_wire(wire)
    assert isinstance(arrived, RulesBrokenError)
    assert arrived.facts["count"] == len(violations)
    assert len(arrived.facts["violations"]) <= len(violations) + 1
