"""Security groups are judged by what they let through, and what our own steps make is what they later adopt."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.create_load_balancer import create_load_balancer
from activities.create_public_ip_address import create_public_ip_address
from activities.create_security_group import create_security_group
from activities.create_virtual_network import create_virtual_network
from arm.port import Arm
from domain import expectations, network_names, security_rules
from domain.comparison import Comparison
from domain.models import Outcome, StepRequest
from domain.profiles import Profile
from tests.fakes import FakeArm
from tests.unit import samples
from tests.unit.samples import security_rule as rule

OFFICE = "203.0.113.0/24"


def judged(*rules: samples.Body, wanted: Profile | None = None) -> list[str]:
    """What is wrong with a security group of these rules."""
    asked = samples.request(wanted)
    body = samples.security_group_body(asked)
    body["properties"]["securityRules"] = list(rules)
    return [mismatch.found for mismatch in expectations.security_group(body, asked).mismatches]


OPEN = {
    "from anywhere": [rule("web", 1000, "80")],
    "from the Internet": [rule("web", 1000, "80", source="Internet")],
    "in a range": [rule("web", 1000, "79-81")],
    "closed to one address first": [rule("one", 100, "80", "Deny", "198.51.100.7/32"), rule("web", 1000, "80")],
    "closed later": [rule("web", 1000, "80"), rule("rest", 4000, "*", "Deny")],
    "listed after the rule that loses": [rule("rest", 4000, "*", "Deny"), rule("web", 1000, "80")],
    "another port closed first": [rule("no", 100, "443", "Deny"), rule("web", 1000, "80")],
}


@pytest.mark.parametrize("rules", OPEN.values(), ids=OPEN)
def test_a_group_that_admits_the_port_is_adopted(rules: list[samples.Body]) -> None:
    assert judged(*rules) == []


CLOSED = {
    "no rule": ([], "port 80 closed to anyone by DenyAllInBound"),
    "another port": ([rule("web", 1000, "81-90")], "port 80 closed to anyone by DenyAllInBound"),
    "one source only": ([rule("web", 1000, "80", source=OFFICE)], "port 80 closed to anyone by DenyAllInBound"),
    "denied before": ([rule("no", 100, "*", "Deny"), rule("web", 1000, "80")], "port 80 closed to anyone by no"),
    "denied to the Internet": (
        [rule("no", 100, "80", "Deny", "Internet"), rule("web", 1000, "80")],
        "port 80 closed to anyone by no",
    ),
    "probes denied": (
        [rule("web", 1000, "80", source="Internet"), rule("no", 1001, "*", "Deny")],
        "port 80 closed to the load balancer's health probes by no",
    ),
}


@pytest.mark.parametrize(("rules", "said"), CLOSED.values(), ids=CLOSED)
def test_a_group_that_closes_the_port_is_refused_with_the_rule_that_does(rules: list[samples.Body], said: str) -> None:
    assert said in judged(*rules)


CHANGES = {
    "UDP": ("protocol", "Udp"),
    "outbound": ("direction", "Outbound"),
    "from one source port": ("sourcePortRange", "1024-2048"),
    "to another subnet": ("destinationAddressPrefix", "10.0.0.0/8"),
    "to an application security group": ("destinationApplicationSecurityGroups", [{"id": "/asg"}]),
}


@pytest.mark.parametrize(("name", "value"), CHANGES.values(), ids=CHANGES)
def test_a_rule_that_covers_only_part_of_the_traffic_opens_nothing(name: str, value: object) -> None:
    narrow = rule("web", 1000, "80")
    narrow["properties"][name] = value
    assert judged(narrow) == [
        "port 80 closed to anyone by DenyAllInBound",
    ]


@pytest.mark.parametrize("destination", ["*", "VirtualNetwork", "192.168.0.0/16", "0.0.0.0/0"])
def test_a_rule_to_the_whole_subnet_opens_the_port(destination: str) -> None:
    wide = rule("web", 1000, "80")
    wide["properties"]["destinationAddressPrefix"] = destination
    assert judged(wide) == []


def test_prefixes_and_ports_may_come_as_lists() -> None:
    listed = rule("web", 1000, "80")
    for one, many, values in (
        ("sourceAddressPrefix", "sourceAddressPrefixes", ["10.0.0.0/8", "0.0.0.0/0"]),
        ("destinationPortRange", "destinationPortRanges", ["22", "80-81"]),
    ):
        listed["properties"].update({one: "", many: values})
    assert judged(listed) == []


def test_a_management_port_that_is_open_to_anyone_is_refused() -> None:
    assert judged(rule("web", 1000, "80"), rule("rdp", 1001, "3389")) == ["port 3389 open to anyone"]


def test_management_sources_of_the_profile_must_be_admitted() -> None:
    wanted = samples.profile(scaleSet__network__managementSources=[OFFICE])
    web = rule("web", 1000, "80")
    assert judged(web, wanted=wanted) == [f"port 3389 closed to {OFFICE} by DenyAllInBound"]
    assert judged(web, rule("rdp", 1001, "3389", source="203.0.112.0/23"), wanted=wanted) == []
    assert judged(web, rule("rdp", 1001, "3389", source="203.0.113.0/25"), wanted=wanted) != []


def test_the_tag_internet_takes_in_public_addresses_only() -> None:
    body = {"properties": {"securityRules": [rule("web", 1000, "80", source="Internet")]}}
    rules = security_rules.inbound(body, "192.168.1.0/24")
    assert security_rules.deciding(rules, 80, "20.1.2.0/24").allow
    assert not security_rules.deciding(rules, 80, "10.0.0.0/8").allow
    assert security_rules.deciding(rules, 80, security_rules.PROBES).name == "AllowAzureLoadBalancerInBound"


def test_probes_come_from_an_address_that_a_rule_may_close() -> None:
    closed = [rule("no", 100, "80", "Deny", "168.63.129.16/32"), rule("web", 1000, "80")]
    assert judged(*closed) == ["port 80 closed to the load balancer's health probes by no"]


PRIORITIES = st.permutations(range(100, 112))
KINDS = st.lists(st.tuples(st.sampled_from(["80", "443", "*"]), st.booleans()), max_size=12)


@given(KINDS, PRIORITIES)
def test_the_rule_of_the_lowest_priority_that_covers_the_port_decides(
    kinds: list[tuple[str, bool]], priorities: list[int]
) -> None:
    bodies = [
        rule(f"r{priority}", priority, port, "Allow" if allow else "Deny")
        for (port, allow), priority in zip(kinds, priorities, strict=False)
    ]
    decided = security_rules.deciding(
        security_rules.inbound({"properties": {"securityRules": bodies}}, "192.168.1.0/24"), 80, security_rules.ANYONE
    )
    covering = [body for body in bodies if body["properties"]["destinationPortRange"] in ("80", "*")]
    first = min(covering, key=lambda body: body["properties"]["priority"], default=None)
    assert decided.name == (first["name"] if first else "DenyAllInBound")


def vnet_with(asked: StepRequest, space: list[str], **subnets: str) -> samples.Body:
    body = samples.virtual_network_body(asked)
    body["properties"]["addressSpace"] = {"addressPrefixes": space}
    body["properties"]["subnets"] = [
        {"name": name, "properties": {"addressPrefix": prefix}} for name, prefix in subnets.items()
    ]
    return body


@pytest.mark.parametrize(
    ("space", "subnets", "named"),
    [
        (["192.168.0.0/16"], {"mySubnet": "192.168.7.0/24"}, []),
        (["10.0.0.0/8"], {"MYSUBNET": "10.1.0.0/24"}, []),
        (["10.0.0.0/8", "192.168.1.0/24"], {"other": "10.1.0.0/24"}, []),
        (["10.0.0.0/8"], {"other": "10.1.0.0/24"}, ["addressSpace.addressPrefixes"]),
        (["192.168.0.0/16"], {"other": "192.168.0.0/23"}, ["subnets"]),
    ],
    ids=["present", "present in another case", "room for it", "no room for it", "overlapped"],
)
def test_a_subnet_that_is_missing_needs_room(space: list[str], subnets: dict[str, str], named: list[str]) -> None:
    asked = samples.request()
    compared = expectations.virtual_network(vnet_with(asked, space, **subnets), asked)
    assert [mismatch.property for mismatch in compared.mismatches] == named


def test_a_public_ip_address_of_our_own_load_balancer_is_adopted() -> None:
    asked = samples.request()
    body = samples.public_ip_body(asked)
    body["properties"]["ipConfiguration"] = {"id": network_names.frontend_id(asked.targets).upper()}
    assert expectations.public_ip_address(body, asked).matches
    body["properties"]["ipConfiguration"] = {"id": f"{asked.targets.load_balancer}2/frontendIPConfigurations/f"}
    assert not expectations.public_ip_address(body, asked).matches


def test_a_frontend_without_our_public_ip_address_is_refused_with_its_rules() -> None:
    asked = samples.request()
    body = samples.load_balancer_body(asked)
    other = {"id": f"{asked.targets.public_ip_address}2"}
    body["properties"]["frontendIPConfigurations"][0]["properties"]["publicIPAddress"] = other
    named = [mismatch.property for mismatch in expectations.load_balancer(body, asked).mismatches]
    assert named == ["frontendIPConfigurations", "loadBalancingRules"]


def test_each_backend_port_needs_its_probe_and_its_rule() -> None:
    asked = samples.request(samples.profile(scaleSet__network__backendPorts=[80, 443]))
    mismatches = expectations.load_balancer(samples.load_balancer_body(asked), asked).mismatches
    assert [mismatch.property for mismatch in mismatches] == ["probes", "loadBalancingRules"]
    assert "443" in mismatches[0].wanted


def test_management_needs_a_nat_rule_of_the_pool() -> None:
    asked = samples.request(samples.profile(scaleSet__network__managementSources=[OFFICE]))
    body = samples.load_balancer_body(asked)
    assert [m.property for m in expectations.load_balancer(body, asked).mismatches] == ["inboundNatRules"]
    pool = {"id": network_names.pool_id(asked.targets)}
    body["properties"]["inboundNatRules"] = [{"properties": {"backendPort": 3389, "backendAddressPool": pool}}]
    assert expectations.load_balancer(body, asked).matches


Make = Callable[..., Awaitable[Outcome]]
OURS: dict[str, tuple[Make, str, expectations.Compare]] = {
    "virtual network": (create_virtual_network, "virtual_network", expectations.virtual_network),
    "public IP address": (create_public_ip_address, "public_ip_address", expectations.public_ip_address),
    "security group": (create_security_group, "security_group", expectations.security_group),
    "load balancer": (create_load_balancer, "load_balancer", expectations.load_balancer),
}
PROFILES = {
    "plain": samples.profile(),
    "two ports and management": samples.profile(
        scaleSet__network__backendPorts=[80, 443], scaleSet__network__managementSources=[OFFICE, "198.51.100.7"]
    ),
    "names of its own": samples.profile(scaleSet__network={}),
    "no ports": samples.profile(scaleSet__network__backendPorts=[]),
}


@pytest.mark.parametrize("wanted", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("kind", OURS)
async def test_what_a_step_makes_it_later_adopts(kind: str, wanted: Profile) -> None:
    asked = samples.request(wanted)
    make, target, compare = OURS[kind]
    arm = FakeArm()
    port: Arm = arm
    assert (await make(asked, arm=port)).action == "created"
    made = arm.resources[getattr(asked.targets, target).lower()]
    for kind_of_part in ("frontendIPConfigurations", "backendAddressPools"):  # ARM gives parts their ids
        for part in made["properties"].get(kind_of_part, []):
            part["id"] = f"{made['id']}/{kind_of_part}/{part['name']}"
    assert compare(made, asked) == Comparison()
    assert (await make(asked, arm=port)).action == "adopted"
    assert len(arm.writes) == 1


@given(st.integers(0, 1000))
def test_nat_ports_have_room_for_every_instance(capacity: int) -> None:
    first, last = network_names.nat_ports(capacity)
    assert capacity <= last - first + 1 <= 1000
    assert last - first + 1 >= min(2 * capacity, 1000)
