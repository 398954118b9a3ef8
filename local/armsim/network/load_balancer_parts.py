"""The parts of a load balancer: what each of them holds, in Azure's order."""

from collections.abc import Mapping

from local.armsim.network.members import NUMBER, SHOWN, TEXT, Member, parts_of, switch, to, to_many, word
from local.armsim.reading import integer, records

_TRANSPORT = word("Tcp", "Udp", "All")
_PORT = Member(integer, needed=True)
_FRONTEND = to(".frontendIPConfigurations", needed=True)
_IDLE = Member(integer, 4)
_LATER: Mapping[str, Member] = {
    "enableDestinationServiceEndpoint": switch(since="2018-01-01"),
    "enableTcpReset": switch(since="2018-07-01"),
    "allowBackendPortConflict": switch(since="2018-08-01"),
}
"""What rules of every kind have gained. `since` as recorded, or as the descriptions of the API have it."""

FRONTEND: Mapping[str, Member] = {
    "privateIPAddress": TEXT,
    "privateIPAllocationMethod": Member(word("Dynamic", "Static"), "Dynamic"),
    "publicIPAddress": to("publicIPAddresses"),
    "publicIPPrefix": to("publicIPPrefixes"),
    "subnet": to("virtualNetworks/subnets"),
    "privateIPAddressVersion": Member(word("IPv4", "IPv6"), since="2018-10-01"),
    "gatewayLoadBalancer": to("loadBalancers/frontendIPConfigurations"),
}
ADDRESS: Mapping[str, Member] = {
    "ipAddress": TEXT,
    "virtualNetwork": to("virtualNetworks"),
    "subnet": to("virtualNetworks/subnets"),
    "loadBalancerFrontendIPConfiguration": to("loadBalancers/frontendIPConfigurations"),
    "adminState": Member(word("None", "Up", "Down"), since="2022-07-01"),
    "networkInterfaceIPConfiguration": SHOWN,
    "inboundNatRulesPortMapping": SHOWN,
}
POOL: Mapping[str, Member] = {
    "location": TEXT,
    "tunnelInterfaces": Member(lambda given, name: records(given, name) or None),
    "virtualNetwork": to("virtualNetworks"),
    "syncMode": Member(word("Automatic", "Manual"), since="2022-07-01"),
    "drainPeriodInSeconds": NUMBER,
    "loadBalancerBackendAddresses": parts_of(ADDRESS, since="2020-05-01"),
}
RULE: Mapping[str, Member] = {
    "frontendIPConfiguration": _FRONTEND,
    "frontendPort": _PORT,
    "backendPort": _PORT,
    "enableFloatingIP": switch(),
    "idleTimeoutInMinutes": _IDLE,
    "protocol": Member(_TRANSPORT, needed=True),
    **_LATER,
    "loadDistribution": Member(word("Default", "SourceIP", "SourceIPProtocol"), "Default"),
    "disableOutboundSnat": switch(),
    "enableConnectionTracking": switch(None, since="2023-11-01"),
    "backendAddressPool": to(".backendAddressPools"),
    "backendAddressPools": to_many(".backendAddressPools", since="2021-02-01"),
    "probe": to(".probes"),
}
PROBE: Mapping[str, Member] = {
    "protocol": Member(word("Http", "Https", "Tcp"), needed=True),
    "port": _PORT,
    "requestPath": TEXT,
    "intervalInSeconds": Member(integer, 15),
    "numberOfProbes": Member(integer, 2),
    "probeThreshold": Member(integer, 1, since="2022-05-01"),
    "noHealthyBackendsBehavior": Member(word("AllProbedDown", "AllProbedUp"), "AllProbedDown", since="2024-05-01"),
}
NAT_RULE: Mapping[str, Member] = {
    "frontendIPConfiguration": _FRONTEND,
    "frontendPort": Member(integer, 0),
    "backendPort": _PORT,
    "enableFloatingIP": switch(),
    "idleTimeoutInMinutes": _IDLE,
    "protocol": Member(_TRANSPORT, "Tcp"),
    **_LATER,
    "frontendPortRangeStart": Member(integer, since="2021-02-01"),
    "frontendPortRangeEnd": Member(integer, since="2021-02-01"),
    "backendAddressPool": to(".backendAddressPools", since="2021-02-01"),
    "backendIPConfiguration": SHOWN,
}
OUTBOUND_RULE: Mapping[str, Member] = {
    "allocatedOutboundPorts": Member(integer, 0),
    "protocol": Member(_TRANSPORT, needed=True),
    "enableTcpReset": switch(),
    "idleTimeoutInMinutes": _IDLE,
    "backendAddressPool": to(".backendAddressPools", needed=True),
    "frontendIPConfigurations": to_many(".frontendIPConfigurations"),
}
NAT_POOL: Mapping[str, Member] = {
    "frontendPortRangeStart": _PORT,
    "frontendPortRangeEnd": _PORT,
    "backendPort": _PORT,
    "protocol": Member(_TRANSPORT, needed=True),
    "idleTimeoutInMinutes": Member(integer, 4, since="2018-04-01"),
    "enableFloatingIP": switch(since="2018-04-01"),
    **_LATER,
    "frontendIPConfiguration": _FRONTEND,
}
MEMBERS: Mapping[str, Member] = {
    "resourceGuid": SHOWN,
    "frontendIPConfigurations": parts_of(FRONTEND),
    "backendAddressPools": parts_of(POOL),
    "loadBalancingRules": parts_of(RULE),
    "probes": parts_of(PROBE),
    "inboundNatRules": parts_of(NAT_RULE),
    "outboundRules": parts_of(OUTBOUND_RULE, since="2018-07-01"),
    "inboundNatPools": parts_of(NAT_POOL),
}
