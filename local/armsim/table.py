"""The table of resource types: one row each. Everything that is simulated is named here."""

from local.armsim.compute.definitions import DEFINITION
from local.armsim.compute.disks import DISK, SNAPSHOT
from local.armsim.compute.extensions import EXTENSIONS
from local.armsim.compute.galleries import GALLERY
from local.armsim.compute.images import IMAGE
from local.armsim.compute.instances import INSTANCE
from local.armsim.compute.scale_sets import SCALE_SET
from local.armsim.compute.soft_deletes import ARTIFACTS
from local.armsim.compute.versions import VERSION
from local.armsim.compute.virtual_machines import MACHINE
from local.armsim.deployments.deployments import DEPLOYMENT
from local.armsim.kinds import ResourceType
from local.armsim.network.load_balancers import LOAD_BALANCER, PARTS
from local.armsim.network.network_interfaces import INTERFACE_PARTS, NETWORK_INTERFACE
from local.armsim.network.public_ips import PUBLIC_IP
from local.armsim.network.security_groups import SECURITY_GROUP, SECURITY_RULES
from local.armsim.network.virtual_networks import SUBNETS, VIRTUAL_NETWORK
from local.armsim.resources.groups import GROUP

TABLE: dict[str, ResourceType] = {
    kind.name: kind
    for kind in (
        GROUP,
        DEPLOYMENT,
        DISK,
        SNAPSHOT,
        IMAGE,
        GALLERY,
        DEFINITION,
        VERSION,
        *ARTIFACTS,
        SCALE_SET,
        INSTANCE,
        MACHINE,
        *EXTENSIONS,
        VIRTUAL_NETWORK,
        *SUBNETS,
        PUBLIC_IP,
        LOAD_BALANCER,
        *PARTS,
        NETWORK_INTERFACE,
        *INTERFACE_PARTS,
        SECURITY_GROUP,
        *SECURITY_RULES,
    )
}
