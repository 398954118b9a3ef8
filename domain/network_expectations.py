"""What an existing part of the network must match before a new scale set uses it. See `domain.expectations`."""

from domain import network_names as names
from domain import prefixes, security_rules
from domain.comparison import Body, Check, Comparison, properties_of, shown
from domain.models import StepRequest
from domain.resource_ids import parse, same


def virtual_network(body: Body, request: StepRequest) -> Comparison:
    """A virtual network: its location, and room for the subnet where that is still to be made in it."""
    wanted = request.profile.scale_set.network
    space = list((properties_of(body).get("addressSpace") or {}).get("addressPrefixes") or [])
    check = Check("Correct scaleSet.network in the profile, or name another virtual network.")
    check.location(body, request.profile.scale_set.location)
    if subnet(body, request) is None:
        room = any(prefixes.within(wanted.subnet_prefix, prefix) for prefix in space)
        check.must(room, "addressSpace.addressPrefixes", space, f"one that holds {wanted.subnet_prefix}")
        taken = [name for name, prefix in _subnet_prefixes(body) if prefixes.overlap(prefix, wanted.subnet_prefix)]
        check.must(not taken, "subnets", taken, f"none that overlaps {wanted.subnet_prefix}")
    if wanted.address_prefix not in space:
        check.note("addressSpace.addressPrefixes", shown(space), wanted.address_prefix)
    return check.result()


def subnet(virtual_network_body: Body, request: StepRequest) -> Body | None:
    """The profile's subnet as the virtual network's body shows it; None where it is not there (yet)."""
    wanted = parse(request.targets.subnet).name.lower()
    subnets = properties_of(virtual_network_body).get("subnets") or []
    return next((body for body in subnets if str(body.get("name", "")).lower() == wanted), None)


def subnet_prefixes(subnet_body: Body) -> list[str]:
    """A subnet's address prefixes; ARM shows one as `addressPrefix` and several as `addressPrefixes`."""
    properties = properties_of(subnet_body)
    one, several = properties.get("addressPrefix"), properties.get("addressPrefixes")
    return [str(prefix) for prefix in (several or ([one] if one else []))]


def public_ip_address(body: Body, request: StepRequest) -> Comparison:
    """A public IP address: Standard, static, IPv4, and used by nothing but our load balancer."""
    properties, sku = properties_of(body), body.get("sku") or {}
    check = Check("Name another public IP address in scaleSet.network.publicIpAddress.")
    check.location(body, request.profile.scale_set.location)
    check.equal("sku.name", sku.get("name") or "Basic", "Standard")
    check.equal("sku.tier", sku.get("tier") or "Regional", "Regional")
    check.equal("publicIPAllocationMethod", properties.get("publicIPAllocationMethod"), "Static")
    check.equal("publicIPAddressVersion", properties.get("publicIPAddressVersion") or "IPv4", "IPv4")
    holder = str((properties.get("ipConfiguration") or properties.get("natGateway") or {}).get("id") or "")
    ours = f"{request.targets.load_balancer}/".lower()
    check.must(
        not holder or holder.lower().startswith(ours),
        "ipConfiguration",
        holder,
        f"free or {request.targets.load_balancer}",
    )
    label = request.profile.scale_set.network.dns_label
    if label:
        check.note("dnsSettings.domainNameLabel", (properties.get("dnsSettings") or {}).get("domainNameLabel"), label)
    return check.result()


def load_balancer(body: Body, request: StepRequest) -> Comparison:
    """A load balancer: Standard, with our frontend, pool, and a probe and a rule for each backend port.

    Pool and probes are looked for by name, because the scale set's model names them; the rest by what it does.
    Outbound rules are its owner's business.
    """
    targets, properties = request.targets, properties_of(body)
    network = request.profile.scale_set.network
    check = Check("Add what is missing to the load balancer, or name another in scaleSet.network.loadBalancer.")
    check.location(body, request.profile.scale_set.location)
    check.equal("sku.name", (body.get("sku") or {}).get("name") or "Basic", "Standard")
    frontends = [
        part
        for part in _parts(properties, "frontendIPConfigurations")
        if same(_reference(part, "publicIPAddress"), targets.public_ip_address)
    ]
    check.must(
        bool(frontends),
        "frontendIPConfigurations",
        _names(properties, "frontendIPConfigurations"),
        f"one with the public IP address {targets.public_ip_address}",
    )
    pool = names.pool_name(targets)
    pools = _names(properties, "backendAddressPools")
    check.must(pool.lower() in map(str.lower, pools), "backendAddressPools", pools, f"one named {pool}")
    for port in network.backend_ports:
        probe = names.probe_name(targets, port)
        found = properties_of(_named(properties, "probes", probe)).get("port")
        check.must(found == port, "probes", found, f"one named {probe} on port {port}")
        check.must(
            any(_balances(rule, port, frontends, request) for rule in _parts(properties, "loadBalancingRules")),
            "loadBalancingRules",
            _names(properties, "loadBalancingRules"),
            f"a TCP rule from port {port} to port {port} of the pool {pool} with the probe {probe}",
        )
    if network.management_sources:
        port = names.management_port(request.image.os_type)
        check.must(
            any(_translates(rule, port, request) for rule in _parts(properties, "inboundNatRules")),
            "inboundNatRules",
            _names(properties, "inboundNatRules"),
            f"one of the pool {pool} to the management port {port}",
        )
    check.note_tags(body, request.profile.tags)
    return check.result()


def security_group(body: Body, request: StepRequest) -> Comparison:
    """A network security group: admits the backend ports from anywhere, and management as the profile says."""
    network = request.profile.scale_set.network
    rules = security_rules.inbound(body, destination=network.subnet_prefix)
    check = Check("Change the security group's rules, or name another in scaleSet.network.securityGroup.")
    check.location(body, request.profile.scale_set.location)
    for port in network.backend_ports:
        _must_admit(check, rules, port, security_rules.ANYONE, "anyone")
        _must_admit(check, rules, port, security_rules.PROBES, "the load balancer's health probes")
    management = names.management_port(request.image.os_type)
    for source in network.management_sources:
        _must_admit(check, rules, management, source, source)
    check.must(
        not security_rules.deciding(rules, management, security_rules.ANYONE).allow,
        "securityRules",
        f"port {management} open to anyone",
        f"port {management} open to scaleSet.network.managementSources only",
    )
    check.note_tags(body, request.profile.tags)
    return check.result()


def _must_admit(check: Check, rules: list[security_rules.Rule], port: int, source: str, who: str) -> None:
    rule = security_rules.deciding(rules, port, source)
    check.must(rule.allow, "securityRules", f"port {port} closed to {who} by {rule.name}", f"port {port} open to {who}")


def _parts(properties: Body, kind: str) -> list[Body]:
    return properties.get(kind) or []


def _names(properties: Body, kind: str) -> list[str]:
    return [str(part.get("name", "")) for part in _parts(properties, kind)]


def _named(properties: Body, kind: str, name: str) -> Body:
    parts = (part for part in _parts(properties, kind) if str(part.get("name", "")).lower() == name.lower())
    return next(parts, {})


def _reference(part: Body, name: str) -> str:
    return str((properties_of(part).get(name) or {}).get("id") or "")


def _balances(rule: Body, port: int, frontends: list[Body], request: StepRequest) -> bool:
    """Whether a load-balancing rule brings `port` from one of our frontends to our pool, guarded by our probe."""
    properties = properties_of(rule)
    pools = [_reference(rule, "backendAddressPool")]
    pools += [str(pool.get("id", "")) for pool in properties.get("backendAddressPools") or []]
    return (
        str(properties.get("protocol", "")).lower() in ("tcp", "all")
        and properties.get("frontendPort") == port
        and properties.get("backendPort") == port
        and any(same(_reference(rule, "frontendIPConfiguration"), str(part.get("id", ""))) for part in frontends)
        and any(same(pool, names.pool_id(request.targets)) for pool in pools)
        and same(_reference(rule, "probe"), names.probe_id(request.targets, port))
    )


def _translates(rule: Body, port: int, request: StepRequest) -> bool:
    """Whether an inbound NAT rule (V2) leads to the port `port` of our pool's instances."""
    pool = _reference(rule, "backendAddressPool")
    return properties_of(rule).get("backendPort") == port and same(pool, names.pool_id(request.targets))


def _subnet_prefixes(body: Body) -> list[tuple[str, str]]:
    subnets = properties_of(body).get("subnets") or []
    return [(str(item.get("name", "")), prefix) for item in subnets for prefix in subnet_prefixes(item)]
