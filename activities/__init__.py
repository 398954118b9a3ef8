"""The activities: one ARM operation each, in a file of the same name. `ACTIVITIES` maps each step to its function.

An activity takes one frozen model and returns one, raises nothing but `domain.errors`, may run more than once, and
never waits for a long operation: it returns the `Operation` to watch.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from activities.create_gallery import create_gallery
from activities.create_load_balancer import create_load_balancer
from activities.create_public_ip_address import create_public_ip_address
from activities.create_resource_group import create_resource_group
from activities.create_scale_set import create_scale_set
from activities.create_security_group import create_security_group
from activities.create_subnet import create_subnet
from activities.create_virtual_network import create_virtual_network
from activities.define_image import define_image
from activities.find_version import find_version
from activities.move_scale_set import move_scale_set
from activities.plan_rollout import plan_rollout
from activities.poll_operation import poll_operation
from activities.publish_version import publish_version
from activities.read_image import read_image
from activities.read_replication import read_replication
from activities.read_upgrade import read_upgrade
from domain import steps
from domain.steps import Step

Activity = Callable[..., Awaitable[Any]]

ACTIVITIES: dict[Step[Any, Any], Activity] = {
    steps.READ_IMAGE: read_image,
    steps.PLAN_ROLLOUT: plan_rollout,
    steps.CREATE_RESOURCE_GROUP: create_resource_group,
    steps.CREATE_GALLERY: create_gallery,
    steps.DEFINE_IMAGE: define_image,
    steps.FIND_VERSION: find_version,
    steps.PUBLISH_VERSION: publish_version,
    steps.READ_REPLICATION: read_replication,
    steps.CREATE_VIRTUAL_NETWORK: create_virtual_network,
    steps.CREATE_SUBNET: create_subnet,
    steps.CREATE_PUBLIC_IP_ADDRESS: create_public_ip_address,
    steps.CREATE_SECURITY_GROUP: create_security_group,
    steps.CREATE_LOAD_BALANCER: create_load_balancer,
    steps.CREATE_SCALE_SET: create_scale_set,
    steps.MOVE_SCALE_SET: move_scale_set,
    steps.READ_UPGRADE: read_upgrade,
    steps.POLL_OPERATION: poll_operation,
}
