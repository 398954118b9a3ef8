"""What exists is adopted where it matches, and what differs in a way that counts is named."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import expectations, naming
from domain.comparison import Comparison, standing
from domain.errors import MismatchError
from domain.models import StepRequest
from tests.unit import samples

Compare = Callable[[samples.Body, StepRequest], Comparison]


def version_body(asked: StepRequest) -> samples.Body:
    return samples.version_body(asked, "1.0.0")


def scale_set_body(asked: StepRequest) -> samples.Body:
    return samples.scale_set_body(asked, "1.0.0")


MATCHING: dict[str, tuple[Compare, Callable[[StepRequest], samples.Body]]] = {
    "gallery": (expectations.gallery, samples.gallery_body),
    "definition": (expectations.definition, samples.definition_body),
    "version": (expectations.version, version_body),
    "scale set": (expectations.scale_set, scale_set_body),
    "virtual network": (expectations.virtual_network, samples.virtual_network_body),
    "public IP address": (expectations.public_ip_address, samples.public_ip_body),
    "load balancer": (expectations.load_balancer, samples.load_balancer_body),
    "security group": (expectations.security_group, samples.security_group_body),
}


@pytest.mark.parametrize("kind", MATCHING)
def test_what_the_pipeline_made_is_adopted_without_a_word(kind: str) -> None:
    asked = samples.request()
    compare, body = MATCHING[kind]
    assert compare(body(asked), asked) == Comparison()


@pytest.mark.parametrize("kind", MATCHING)
def test_another_region_is_always_a_mismatch(kind: str) -> None:
    asked = samples.request()
    compare, body = MATCHING[kind]
    elsewhere = {**body(asked), "location": "westeurope"}
    found = compare(elsewhere, asked).mismatches
    assert [(m.property, m.found) for m in found] == [("location", "westeurope")]


FIXED: list[tuple[str, str, Any, str]] = [
    ("definition", "properties.osType", "Linux", "osType"),
    ("definition", "properties.osState", "Specialized", "osState"),
    ("definition", "properties.hyperVGeneration", "V2", "hyperVGeneration"),
    ("definition", "properties.architecture", "Arm64", "architecture"),
    ("definition", "properties.identifier.publisher", "other", "identifier.publisher"),
    ("definition", "properties.identifier.offer", "other", "identifier.offer"),
    ("definition", "properties.identifier.sku", "other", "identifier.sku"),
    ("definition", "properties.features.0.value", "TrustedLaunchSupported", "features.SecurityType"),
    ("definition", "properties.purchasePlan", {"name": "p"}, "purchasePlan.name"),
    ("version", "properties.storageProfile.source.id", "/other", "storageProfile.source.id"),
    ("version", f"tags.{naming.TAG_FINGERPRINT}", "0" * 32, f"tags.{naming.TAG_FINGERPRINT}"),
    (
        "version",
        "properties.publishingProfile.storageAccountType",
        "Premium_LRS",
        "publishingProfile.storageAccountType",
    ),
    ("version", "properties.publishingProfile.replicationMode", "Shallow", "publishingProfile.replicationMode"),
    ("scale set", "properties.orchestrationMode", "Flexible", "orchestrationMode"),
    (
        "scale set",
        "properties.virtualMachineProfile.storageProfile.osDisk.osType",
        "Linux",
        "virtualMachineProfile.storageProfile.osDisk.osType",
    ),
    (
        "scale set",
        "properties.upgradePolicy.automaticOSUpgradePolicy",
        {"enableAutomaticOSUpgrade": True},
        "upgradePolicy.automaticOSUpgradePolicy.enableAutomaticOSUpgrade",
    ),
    ("public IP address", "sku.name", "Basic", "sku.name"),
    ("public IP address", "sku.tier", "Global", "sku.tier"),
    ("public IP address", "properties.publicIPAllocationMethod", "Dynamic", "publicIPAllocationMethod"),
    ("public IP address", "properties.publicIPAddressVersion", "IPv6", "publicIPAddressVersion"),
    ("public IP address", "properties.ipConfiguration", {"id": "/some/nic"}, "ipConfiguration"),
    ("public IP address", "properties.natGateway", {"id": "/some/gateway"}, "ipConfiguration"),
    ("load balancer", "sku.name", "Basic", "sku.name"),
    ("load balancer", "properties.backendAddressPools.0.name", "other", "backendAddressPools"),
    ("load balancer", "properties.probes.0.properties.port", 8080, "probes"),
    ("load balancer", "properties.loadBalancingRules.0.properties.backendPort", 8080, "loadBalancingRules"),
    ("load balancer", "properties.loadBalancingRules.0.properties.protocol", "Udp", "loadBalancingRules"),
    ("load balancer", "properties.loadBalancingRules.0.properties.probe", None, "loadBalancingRules"),
]


@pytest.mark.parametrize(("kind", "path", "value", "named"), FIXED, ids=[f"{row[0]} {row[3]}" for row in FIXED])
def test_a_property_that_cannot_be_changed_is_named(kind: str, path: str, value: Any, named: str) -> None:
    asked = samples.request()
    compare, body = MATCHING[kind]
    mismatches = compare(samples.changed(body(asked), path, value), asked).mismatches
    assert [mismatch.property for mismatch in mismatches] == [named]
    assert mismatches[0].remedy


def test_case_does_not_make_a_mismatch() -> None:
    asked = samples.request()
    body = samples.definition_body(asked)
    samples.changed(body, "properties.identifier", {"publisher": "MYPUBLISHER", "offer": "myoffer", "sku": "MYsku"})
    samples.changed(body, "properties.osType", "windows")
    assert expectations.definition(body, asked).matches


def test_a_definition_from_before_generations_and_architectures_is_v1_x64_standard() -> None:
    asked = samples.request()
    body = samples.definition_body(asked)
    for name in ("hyperVGeneration", "architecture", "features"):
        del body["properties"][name]
    assert expectations.definition(body, asked) == Comparison()


def test_descriptions_tags_and_sizes_are_left_as_they_are_and_told() -> None:
    asked = samples.request(samples.profile(gallery__description="Ours", tags={"team": "web"}, scaleSet__capacity=5))
    gallery = expectations.gallery(samples.gallery_body(asked), asked)
    assert gallery.matches
    assert gallery.notes == (
        "description stays missing; the profile says Ours.",
        "tags stay as they are; the profile has others: team.",
    )
    assert "sku.capacity stays 2; the profile says 5." in expectations.scale_set(scale_set_body(asked), asked).notes


def test_adopting_a_mismatch_raises_with_property_found_and_wanted() -> None:
    asked = samples.request()
    body = samples.changed(samples.definition_body(asked), "properties.osType", "Linux")
    with pytest.raises(MismatchError) as caught:
        expectations.definition(body, asked).adopt(asked.targets.definition)
    assert caught.value.facts == {"property": "osType", "found": "Linux", "wanted": "Windows"}
    assert caught.value.resource == asked.targets.definition
    assert caught.value.remedy


@pytest.mark.parametrize(
    "reference",
    [
        {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022", "version": "latest"},
        {"id": samples.IMAGE},
        {"id": "{definition}"},
        {"id": "{definition}/versions/latest"},
        {"id": "{definition}Other/versions/1.0.0"},
        {},
    ],
    ids=["Marketplace", "managed image", "bare definition", "latest", "another definition", "nothing"],
)
def test_a_model_that_names_no_version_of_the_definition_is_refused(reference: samples.Body) -> None:
    asked = samples.request()
    named = {key: value.replace("{definition}", asked.targets.definition) for key, value in reference.items()}
    path = "properties.virtualMachineProfile.storageProfile.imageReference"
    body = samples.changed(scale_set_body(asked), path, named)
    assert [m.property for m in expectations.scale_set(body, asked).mismatches] == [path.removeprefix("properties.")]
    assert expectations.model_version(body, asked) is None


def test_the_carrier_is_the_highest_number_by_number_and_not_by_text() -> None:
    asked = samples.request()
    bodies = [samples.version_body(asked, number) for number in ("1.0.9", "1.0.10", "1.0.2")]
    bodies.append(samples.version_body(asked, "1.0.11", fingerprint="f" * 32))
    found = expectations.carrier(bodies, asked)
    assert found is not None
    assert found["name"] == "1.0.10"


def test_a_version_under_deletion_or_of_another_image_carries_nothing() -> None:
    asked = samples.request()
    leaving = samples.changed(samples.version_body(asked, "1.0.0"), "properties.provisioningState", "Deleting")
    twin = samples.changed(samples.version_body(asked, "1.0.1"), "properties.storageProfile.source.id", "/other")
    assert expectations.carrier([leaving, twin], asked) is None


def test_a_repetition_adopts_only_its_own_version() -> None:
    again = samples.request(again="b")
    bodies = [
        samples.version_body(again, "1.0.0"),
        samples.version_body(again, "1.0.1", **{naming.TAG_AGAIN: "a"}),
    ]
    assert expectations.carrier(bodies, again) is None
    bodies.append(samples.version_body(again, "1.0.2", **{naming.TAG_AGAIN: "b"}))
    found = expectations.carrier(bodies, again)
    assert found is not None
    assert found["name"] == "1.0.2"


def test_tag_names_are_compared_without_case() -> None:
    asked = samples.request()
    body = samples.version_body(asked, "1.0.0")
    body["tags"] = {name.upper(): value for name, value in body["tags"].items()}
    assert expectations.carrier([body], asked) is body
    assert expectations.is_ours(body, "web")
    assert not expectations.is_ours(body, "api")


@pytest.mark.parametrize(
    ("state", "stands"),
    [
        ("Succeeded", "ready"),
        ("Creating", "busy"),
        ("Updating", "busy"),
        ("Deleting", "leaving"),
        ("Failed", "broken"),
        ("Canceled", "broken"),
    ],
)
def test_the_provisioning_state_says_what_to_do(state: str, stands: str) -> None:
    assert standing({"properties": {"provisioningState": state}}) == stands
