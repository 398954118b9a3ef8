"""The steps of a rollout, each named once. Orchestrators call a `Step`; `activities` maps it to its function."""

from dataclasses import dataclass

from domain.models import (
    GroupRequest,
    ImageFound,
    ImageRequest,
    Operation,
    Outcome,
    Replication,
    RolloutPlan,
    StepRequest,
    Upgrade,
    UpgradeRequest,
    VersionsFound,
    Wire,
)

ROLLOUT = "rollout"
REPLICATE = "replicate"
NETWORK = "network"
DEPLOY = "deploy"
VERSION_NUMBERS = "version_numbers"
"""The entity that gives out numbers."""

CANCEL = "cancel"
"""The external event that ends a rollout's waits."""


@dataclass(frozen=True, slots=True)
class Step[Takes: Wire, Returns: Wire]:
    """One activity: `name` is the function's; `title` is what people read."""

    name: str
    title: str
    takes: type[Takes]
    returns: type[Returns]


READ_IMAGE = Step("read_image", "Read the image", ImageRequest, ImageFound)
PLAN_ROLLOUT = Step("plan_rollout", "Check the rules", StepRequest, RolloutPlan)
CREATE_RESOURCE_GROUP = Step("create_resource_group", "Resource group", GroupRequest, Outcome)
CREATE_GALLERY = Step("create_gallery", "Gallery", StepRequest, Outcome)
DEFINE_IMAGE = Step("define_image", "Image definition", StepRequest, Outcome)
FIND_VERSION = Step("find_version", "Find the version", StepRequest, VersionsFound)
PUBLISH_VERSION = Step("publish_version", "Publish the version", StepRequest, Outcome)
READ_REPLICATION = Step("read_replication", "Replicate the version", StepRequest, Replication)
CREATE_VIRTUAL_NETWORK = Step("create_virtual_network", "Virtual network", StepRequest, Outcome)
CREATE_SUBNET = Step("create_subnet", "Subnet", StepRequest, Outcome)
CREATE_PUBLIC_IP_ADDRESS = Step("create_public_ip_address", "Public IP address", StepRequest, Outcome)
CREATE_SECURITY_GROUP = Step("create_security_group", "Network security group", StepRequest, Outcome)
CREATE_LOAD_BALANCER = Step("create_load_balancer", "Load balancer", StepRequest, Outcome)
CREATE_SCALE_SET = Step("create_scale_set", "Scale set", StepRequest, Outcome)
MOVE_SCALE_SET = Step("move_scale_set", "Move the scale set", StepRequest, Outcome)
READ_UPGRADE = Step("read_upgrade", "Follow the instances", UpgradeRequest, Upgrade)
POLL_OPERATION = Step("poll_operation", "Look at the operation", Operation, Operation)

STEPS: tuple[Step[Wire, Wire], ...] = (
    READ_IMAGE,
    PLAN_ROLLOUT,
    CREATE_RESOURCE_GROUP,
    CREATE_GALLERY,
    DEFINE_IMAGE,
    FIND_VERSION,
    PUBLISH_VERSION,
    READ_REPLICATION,
    CREATE_VIRTUAL_NETWORK,
    CREATE_SUBNET,
    CREATE_PUBLIC_IP_ADDRESS,
    CREATE_SECURITY_GROUP,
    CREATE_LOAD_BALANCER,
    CREATE_SCALE_SET,
    MOVE_SCALE_SET,
    READ_UPGRADE,
    POLL_OPERATION,
)
