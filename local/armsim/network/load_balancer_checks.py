"""What the parts of a load balancer may refer to: its own parts, and public IPs that are free and alike."""

from local.armsim.body import Body, dig
from local.armsim.errors import ArmError, invalid_reference, network_error
from local.armsim.ids import key
from local.armsim.kinds import Write
from local.armsim.reading import records, text

_NEEDED = {
    "loadBalancingRules": ("frontendIPConfiguration",),
    "inboundNatRules": ("frontendIPConfiguration",),
    "inboundNatPools": ("frontendIPConfiguration",),
}
_SINGLE = ("frontendIPConfiguration", "backendAddressPool", "probe")
_MANY = ("frontendIPConfigurations", "backendAddressPools")


def references_of(part: Body) -> list[str]:
    """Ids of the parts that one part refers to, as sent."""
    properties = part["properties"]
    found = [text(properties, one, "id") for one in _SINGLE]
    found += [text(one, "id") for many in _MANY for one in records(properties, many)]
    return [one for one in found if one]


def check_own_references(load_balancer_id: str, kept: Body) -> None:
    """Every reference must be to a part that this very body has."""
    own = {key(f"{load_balancer_id}/{many}/{one['name']}") for many in kept for one in kept[many]}
    for collection, parts in kept.items():
        if collection in ("frontendIPConfigurations", "backendAddressPools", "probes"):
            continue
        for part in parts:
            source = f"{load_balancer_id}/{collection}/{part['name']}"
            for needed in _NEEDED.get(collection, ()):
                if text(part["properties"], needed, "id") is None:
                    raise network_error(
                        "InvalidRequestFormat", f"Cannot parse the request: {needed} is required for {source}."
                    )
            for target in references_of(part):
                if key(target) not in own:
                    raise invalid_reference(target, source)


def check_snat(load_balancer_id: str, kept: Body) -> None:
    """A rule beside an outbound rule of the same frontend must leave outbound traffic to it."""
    outbound = {key(target) for one in kept["outboundRules"] for target in references_of(one) if "/frontend" in target}
    for rule in kept["loadBalancingRules"]:
        frontend = dig(rule, "properties", "frontendIPConfiguration", "id")
        if isinstance(frontend, str) and key(frontend) in outbound and not rule["properties"]["disableOutboundSnat"]:
            raise network_error(
                "LoadBalancingRuleMustDisableSNATSinceSameFrontendIPConfigurationIsReferencedByOutboundRule",
                f"Load balancing rule {load_balancer_id}/loadBalancingRules/{rule['name']} must disable outbound SNAT "
                f"since the same frontend IP configuration {frontend} is referenced by an outbound rule.",
            )


def check_public_ips(write: Write, kept: Body, sku: str) -> None:
    """A frontend's public IP exists, is ready, of the same SKU, and nobody else's."""
    for frontend in kept["frontendIPConfigurations"]:
        source = f"{write.id}/frontendIPConfigurations/{frontend['name']}"
        wanted = text(frontend, "properties", "publicIPAddress", "id")
        if wanted is None:
            _check_subnet(write, frontend, source)
            continue
        found = write.world.store.get(wanted)
        if found is None or found.location != write.wanted["location"]:
            raise invalid_reference(wanted, source)
        if found.busy:
            raise ArmError(
                429,
                "RetryableError",
                "A retryable error occurred.",
                details=[
                    {
                        "code": "ReferencedResourceNotProvisioned",
                        "message": f"Cannot proceed with operation because resource {found.id} used by resource "
                        f"{write.id} is not in Succeeded state. Resource is in Updating state and the last operation "
                        "that updated/is updating the resource is PutPublicIpAddressOperation.",
                    }
                ],
            )
        if found.body["sku"]["name"] != sku:
            raise network_error(
                "PublicIPAndLBSkuDoNotMatch",
                f"{sku} sku load balancer {write.id} cannot reference {found.body['sku']['name']} sku publicIP "
                f"{found.id}.",
            )
        for user in write.world.store.users(found.id):
            if not user.lower().startswith(write.id.lower() + "/"):
                raise network_error(
                    "PublicIPAddressInUse",
                    f"Resource {source} is referencing public IP address {found.id} that is already allocated to "
                    f"resource {user}.",
                )


def _check_subnet(write: Write, frontend: Body, source: str) -> None:
    subnet = text(frontend, "properties", "subnet", "id")
    if subnet is None:
        raise network_error(
            "LoadBalancerFrontendMustReferenceSubnetOrPublicIPAddress",
            f"Frontend IP configuration {source} must reference either a subnet or a public IP address.",
        )
    owner, _, _ = subnet.partition("/subnets/")
    if write.world.store.get(owner) is None:
        raise invalid_reference(subnet, source)
