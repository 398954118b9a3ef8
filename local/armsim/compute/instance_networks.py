"""Interfaces and public IP addresses of a Uniform scale set's instances: views of its model, no resources.

They are read below `Microsoft.Compute`, in Network's words and api-versions. What Network's own interfaces show is
recorded, paths and references are documented; that these look the same beyond that is *inferred*.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from local.armsim.body import Body, dig
from local.armsim.compute.fleets import Fleet, Instance, configurations, flexible
from local.armsim.errors import network_child_not_found
from local.armsim.ids import key
from local.armsim.kinds import Action, Done, Resource
from local.armsim.network import network_interfaces, public_ips
from local.armsim.network.members import Members, Showing
from local.armsim.reading import flag, record, records
from local.armsim.world import World

_BELOW = ["networkinterfaces", "ipconfigurations", "publicipaddresses"]
_IDLE: Body = {"hostedWorkloads": [], "tapConfigurations": [], "nicType": "Standard", "allowPort25Out": True}


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at the networks of one instance."""

    world: World
    scale_set: Resource
    instance: Instance
    api_version: str

    @property
    def id(self) -> str:
        return f"{self.scale_set.id}/virtualMachines/{self.instance.id}"

    @property
    def profile(self) -> Body:
        """The virtual machine profile that the instance follows."""
        fleet: Fleet = self.scale_set.live
        found: Body = fleet.model_of(self.instance).get("profile", {})
        return found

    def interfaces(self) -> Iterator[Body]:
        """The interfaces, each with its IP configurations."""
        models = records(self.profile, "networkProfile", "networkInterfaceConfigurations")
        for model in models:
            where, sent = f"{self.id}/networkInterfaces/{model['name']}", record(model, "properties")
            found = [self._configuration(where, one) for one in records(sent, "ipConfigurations")]
            if not any(one["properties"].get("primary") for one in found):
                found[0]["properties"]["primary"] = True
            settings = {
                "dnsServers": [],
                **record(sent, "dnsSettings"),
                "appliedDnsServers": [],
                "internalDomainNameSuffix": network_interfaces.domain_of(
                    self.world, str(dig(found[0], "properties", "subnet", "id"))
                ),
            }
            own = network_interfaces.of_machine(self.world, key(where), self.id)
            primary = flag(sent, "primary") or len(models) == 1
            body = {**_IDLE, **sent, **own, "primary": primary, "ipConfigurations": found, "dnsSettings": settings}
            yield self._shown(network_interfaces.MEMBERS, where, body)

    def _configuration(self, interface_id: str, model: Body) -> Body:
        """An IP configuration: its address, a NAT rule for each NAT pool, its public IP address by id."""
        sent, name = record(model, "properties"), model["name"]
        kept = {"primary": False, **sent, "privateIPAllocationMethod": "Dynamic"}
        address = self.instance.addresses.get(f"{interface_id.rpartition('/')[2]}/{name}")
        if address:
            kept["privateIPAddress"] = address
        pools = [str(one.get("id")) for one in records(sent, "loadBalancerInboundNatPools")]
        rules = [one.replace("/inboundNatPools/", "/inboundNatRules/") for one in pools]
        if rules:
            kept["loadBalancerInboundNatRules"] = [{"id": f"{one}.{self.instance.id}"} for one in rules]
        public = record(sent, "publicIPAddressConfiguration")
        if public:
            path = f"ipConfigurations/{name}/publicIPAddresses/{public['name']}"
            kept["publicIPAddress"] = {"id": f"{interface_id}/{path}"}
        return {"name": name, "properties": kept}

    def addresses(self) -> Iterator[Body]:
        """The public IP addresses; `vm<instance>` precedes a DNS label, as documented."""
        for interface, one in configurations(self.profile):
            public = record(one, "properties", "publicIPAddressConfiguration")
            if not public:
                continue
            holder = f"{self.id}/networkInterfaces/{interface['name']}/ipConfigurations/{one['name']}"
            where, sent = f"{holder}/publicIPAddresses/{public['name']}", record(public, "properties")
            sku = {"name": "Basic", "tier": "Regional", **record(public, "sku")}
            form = str(sent.get("publicIPAddressVersion") or "IPv4")
            body = {
                "publicIPAddressVersion": form,
                "publicIPAllocationMethod": "Dynamic" if sku["name"] == "Basic" else "Static",
                "idleTimeoutInMinutes": 4,
                "ipTags": [],
                **sent,
                "ipAddress": public_ips.public_address(self.world, key(where), form),
            }
            label = dig(sent, "dnsSettings", "domainNameLabel")
            if label:
                named = f"vm{self.instance.id}.{label}"
                fqdn = f"{named}.{self.scale_set.location}.cloudapp.azure.com"
                body["dnsSettings"] = {"domainNameLabel": named, "fqdn": fqdn}
            shown = self._shown(public_ips.MEMBERS, where, body)
            shown["properties"]["ipConfiguration"] = {"id": holder}
            yield {**shown, "sku": sku}

    def _shown(self, members: Members, where: str, body: Body) -> Body:
        """What Network shows of its own at this api-version: an etag, a GUID, the instance's state."""
        kept = {"resourceGuid": self.world.draws.guid("resource", key(where), self.instance.created), **body}
        etag = self.world.etag(key(where), self.scale_set.writes)
        above, made = self.scale_set, self.instance.created
        stand_in = Resource(above.kind, above.route, where, key(where), {}, made, self.instance.state, etag)
        properties = Showing(stand_in, self.api_version, {}, typed=False).properties(members, kept, where, "")
        return {"name": where.rpartition("/")[2], "id": where, "etag": etag, "properties": properties}

    def below(self, tail: str) -> Body | None:
        """What the instance is asked for, in lower case: `networkinterfaces/nic/…`; None for another path."""
        parts = tail.split("/")
        if parts[::2] != _BELOW[: len(parts[::2])]:
            return None
        shown: Body = {}
        for at in range(0, len(parts), 2):
            if at == 0:
                found = list(self.interfaces())
            elif at == 2:
                found = records(shown, "properties", "ipConfigurations")
            else:
                holder = shown["id"]
                found = [one for one in self.addresses() if one["properties"]["ipConfiguration"]["id"] == holder]
            shown = {"value": found}
            if at + 1 < len(parts):
                named = next((one for one in found if one["name"].lower() == parts[at + 1]), None)
                if named is None:
                    raise network_child_not_found(f"{self.id}/{tail}")
                shown = named
        return shown


def _all(action: Action) -> Iterator[Sight]:
    """A look at every instance. A Flexible scale set's would have resources of their own: none here."""
    fleet: Fleet = action.resource.live
    if not flexible(action.resource):
        for one in sorted(fleet.instances.values(), key=lambda one: one.number):
            yield Sight(action.world, action.resource, one, action.api_version)


ACTIONS = {
    ("GET", "networkinterfaces"): lambda action: Done(
        body={"value": [body for one in _all(action) for body in one.interfaces()]}
    ),
    ("GET", "publicipaddresses"): lambda action: Done(
        body={"value": [body for one in _all(action) for body in one.addresses()]}
    ),
}
"""What a scale set is asked for."""
