"""A table of what exists in the (simulated) subscription, asked from ARM. The demo ends with it."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from domain.regions import normalized
from local.arm_client import COMPUTE, NETWORK, RESOURCES, ArmClient

type Row = tuple[str, str, str, str]
"""Kind, name, region, what is worth knowing."""


async def inventory(arm: ArmClient) -> Table:
    """Everything in the subscription, in the order in which a rollout makes it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("what", "name", "region", "as ARM shows it"):
        table.add_column(column, overflow="fold", no_wrap=column != "as ARM shows it")
    for row in [*await _groups(arm), *await _images(arm), *await _network(arm), *await _scale_sets(arm)]:
        table.add_row(*row)
    return table


async def _groups(arm: ArmClient) -> list[Row]:
    found = await arm.list(f"{arm.subscription}/resourcegroups", RESOURCES)
    return [("resource group", group["name"], group["location"], "") for group in found]


async def _images(arm: ArmClient) -> list[Row]:
    rows: list[Row] = []
    for image in await arm.list(f"{arm.subscription}/providers/Microsoft.Compute/images", COMPUTE):
        disk = image["properties"]["storageProfile"]["osDisk"]
        rows.append(("managed image", image["name"], image["location"], f"{disk['osType']}, {disk['osState']}"))
    for gallery in await arm.list(f"{arm.subscription}/providers/Microsoft.Compute/galleries", COMPUTE):
        rows.append(("gallery", gallery["name"], gallery["location"], gallery["properties"].get("description", "")))
        for definition in await arm.list(f"{gallery['id']}/images", COMPUTE):
            rows.append(_definition(definition))
            for version in await arm.list(f"{definition['id']}/versions", COMPUTE):
                whole = await arm.get(version["id"], COMPUTE, **{"$expand": "ReplicationStatus"})
                rows += _version(whole)
    return rows


def _definition(definition: dict[str, Any]) -> Row:
    properties = definition["properties"]
    identifier = properties["identifier"]
    triplet = "/".join(identifier[part] for part in ("publisher", "offer", "sku"))
    kind = f"{properties['osType']}, {properties['osState']}, {properties['hyperVGeneration']}"
    return ("image definition", definition["name"], definition["location"], f"{triplet}: {kind}")


def _version(version: dict[str, Any]) -> Iterator[Row]:
    properties = version["properties"]
    replicas = {normalized(target["name"]): target["regionalReplicaCount"] for target in _targets(version)}
    yield ("image version", version["name"], version["location"], properties["provisioningState"])
    for region in properties["replicationStatus"]["summary"]:
        count = replicas.get(normalized(region["region"]), 0)
        said = f"{region['state']} {region['progress']} %, {count} replica{'' if count == 1 else 's'}"
        yield ("  replicated to", "", region["region"], said)


def _targets(version: dict[str, Any]) -> list[dict[str, Any]]:
    targets: list[dict[str, Any]] = version["properties"]["publishingProfile"]["targetRegions"]
    return targets


async def _network(arm: ArmClient) -> list[Row]:
    rows: list[Row] = []
    for kind, title, tell in (
        ("virtualNetworks", "virtual network", _subnets),
        ("publicIPAddresses", "public IP address", _address),
        ("networkSecurityGroups", "network security group", _security_rules),
        ("loadBalancers", "load balancer", _balancing_rules),
    ):
        for resource in await arm.list(f"{arm.subscription}/providers/Microsoft.Network/{kind}", NETWORK):
            rows.append((title, resource["name"], resource["location"], tell(resource["properties"])))
    return rows


def _subnets(properties: dict[str, Any]) -> str:
    subnets = ", ".join(f"{net['name']} {net['properties']['addressPrefix']}" for net in properties["subnets"])
    return f"{', '.join(properties['addressSpace']['addressPrefixes'])}; {subnets}"


def _address(properties: dict[str, Any]) -> str:
    return f"{properties.get('ipAddress', '')} {properties.get('dnsSettings', {}).get('fqdn', '')}".strip()


def _security_rules(properties: dict[str, Any]) -> str:
    rules = [rule["properties"] for rule in properties.get("securityRules", [])]
    return ", ".join(f"{rule['access']} {rule['direction']} {rule.get('destinationPortRange', '')}" for rule in rules)


def _balancing_rules(properties: dict[str, Any]) -> str:
    rules = [rule["properties"] for rule in properties.get("loadBalancingRules", [])]
    return ", ".join(f"port {rule['frontendPort']} → {rule['backendPort']}" for rule in rules)


async def _scale_sets(arm: ArmClient) -> list[Row]:
    rows: list[Row] = []
    for found in await arm.list(f"{arm.subscription}/providers/Microsoft.Compute/virtualMachineScaleSets", COMPUTE):
        properties, sku = found["properties"], found["sku"]
        mode = properties["upgradePolicy"]["mode"]
        state = f"{properties['provisioningState']}, {sku['capacity']} × {sku['name']}, upgrade policy {mode}"
        rows.append(("scale set", found["name"], found["location"], state))
        for instance in await arm.list(f"{found['id']}/virtualMachines", COMPUTE):
            rows.append(_instance(instance))
    return rows


def _instance(instance: dict[str, Any]) -> Row:
    properties = instance["properties"]
    image = properties["storageProfile"]["imageReference"]["id"]
    return ("  instance", instance["name"], instance["location"], f"{properties['provisioningState']}, {_tail(image)}")


def _tail(image: str) -> str:
    """The version that an image reference names, without the gallery's own place."""
    parts = image.split("/")
    return f"runs {parts[-3]} {parts[-1]}" if "versions" in parts else f"runs {parts[-1]}"
