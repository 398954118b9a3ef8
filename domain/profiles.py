"""Profiles: the named entries of `rollouts.yaml`. Which images one matches, and what to do with them.

Every model is closed (an unknown key is an error) and frozen. Rules of Azure that need more than one field,
or the image, live in `domain.rules`; here is only what the file itself must look like.
"""

import fnmatch
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from domain import regions, versions
from domain.resource_ids import ResourceId, resource_id


class Model(BaseModel):
    """Closed, frozen, camelCase on the outside."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, alias_generator=to_camel, populate_by_name=True
    )


ProfileName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Subscription = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Port = Annotated[int, Field(ge=1, le=65535)]
SettingName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]


class ImageMatch(Model):
    """Which images a profile is for. `*` and `?` are wildcards; case does not count."""

    resource_group: str = Field(default="*", description="Resource group of the image.")
    name: str = Field(default="*", description="Name of the image.")
    subscription: str = Field(default="*", description="Subscription id of the image.")
    location: str = Field(default="*", description="Region of the image.")

    def covers(self, image: ResourceId) -> bool:
        """Whether the id matches; the location is looked at once the image was read."""
        return all(
            fnmatch.fnmatchcase(value.lower(), pattern.lower())
            for value, pattern in (
                (image.subscription, self.subscription),
                (image.group, self.resource_group),
                (image.name, self.name),
            )
        )

    def covers_location(self, location: str) -> bool:
        """Whether a region matches, in either way of writing it."""
        return fnmatch.fnmatchcase(regions.normalized(location), regions.normalized(self.location))


class GallerySpec(Model):
    """The Azure Compute Gallery."""

    name: str
    resource_group: str
    location: str
    subscription: Subscription | None = Field(default=None, description="Default: the image's own subscription.")
    description: str | None = None


class Plan(Model):
    """A Marketplace purchase plan that the image carries."""

    name: str
    publisher: str
    product: str


class Range(Model):
    """A recommendation: at least, at most."""

    min: int | None = Field(default=None, ge=1)
    max: int | None = Field(default=None, ge=1)


class DefinitionSpec(Model):
    """The image definition. OS type, state and generation are read from the image."""

    name: str
    publisher: str
    offer: str
    sku: str
    description: str | None = None
    eula: str | None = Field(default=None, description="URI of the licence agreement.")
    privacy_statement_uri: str | None = None
    release_note_uri: str | None = None
    end_of_life: str | None = Field(default=None, description="ISO 8601 date after which the image should not be used.")
    recommended_vcpus: Range | None = Field(default=None, alias="recommendedVCPUs")
    recommended_memory_mb: Range | None = Field(
        default=None, alias="recommendedMemoryMB", description="Megabytes, as Azure counts it."
    )
    plan: Plan | None = None


StorageType = Literal["Standard_LRS", "Standard_ZRS", "Premium_LRS", "PremiumV2_LRS"]


class TargetRegion(Model):
    """A region that a version is replicated to."""

    name: str
    replica_count: int = 1
    storage_account_type: StorageType | None = Field(default=None, description="Default: the version's.")
    exclude_from_latest: bool = False


class VersionSpec(Model):
    """The image version and its replication."""

    number: str = Field("next", description="`next`, `tag:<name>` (read from the image's tag), or a fixed number.")
    floor: str | None = Field(default=None, description="`next` never gives a number below this one.")
    target_regions: tuple[TargetRegion, ...]
    storage_account_type: StorageType = "Standard_LRS"
    replication_mode: Literal["Full", "Shallow"] = "Full"
    exclude_from_latest: bool = False
    block_deletion_before_end_of_life: bool = False
    end_of_life_after: timedelta | None = Field(default=None, description="ISO 8601 duration, counted from publishing.")

    @model_validator(mode="after")
    def _number_has_a_form(self) -> "VersionSpec":
        if self.number != "next" and not self.number.startswith("tag:"):
            versions.parse(self.number)
        if self.number == "tag:":
            raise ValueError("'tag:' is followed by the name of the image's tag")
        if self.floor is not None:
            versions.parse(self.floor)
        return self

    def missing_regions(self, targets: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
        """The wanted regions, normalized, that a version's `publishingProfile.targetRegions` lack."""
        have = {regions.normalized(target["name"]) for target in targets}
        wanted = (regions.normalized(region.name) for region in self.target_regions)
        return tuple(name for name in wanted if name not in have)


class UpgradeMode(StrEnum):
    """How instances follow a changed model (Azure's upgradePolicy.mode)."""

    AUTOMATIC = "Automatic"
    ROLLING = "Rolling"
    MANUAL = "Manual"


class UpgradePolicy(Model):
    """The upgrade policy that a new scale set is made with; an existing one keeps its own."""

    mode: UpgradeMode = UpgradeMode.AUTOMATIC
    max_batch_instance_percent: int = Field(default=20, ge=5, le=100)
    max_unhealthy_instance_percent: int = Field(default=20, ge=5, le=100)
    max_unhealthy_upgraded_instance_percent: int = Field(default=20, ge=0, le=100)
    pause_between_batches: timedelta = Field(default=timedelta(0), description="ISO 8601 duration.")


class NetworkSpec(Model):
    """The network of a new scale set; names default to the scale set's, as New-AzVmss has it."""

    virtual_network: str | None = None
    address_prefix: str = "192.168.0.0/16"
    subnet: str | None = None
    subnet_prefix: str = "192.168.1.0/24"
    public_ip_address: str | None = None
    dns_label: str | None = Field(default=None, description="Default: the scale set's name and a hash of its id.")
    load_balancer: str | None = None
    security_group: str | None = None
    backend_ports: tuple[Port, ...] = (80,)
    management_sources: tuple[str, ...] = Field(
        default=(),
        description="CIDR prefixes that may reach the management port (3389 or 22). None: it stays closed.",
    )


class ScaleSetSpec(Model):
    """The virtual machine scale set (Uniform)."""

    name: str
    resource_group: str
    location: str
    subscription: Subscription | None = Field(default=None, description="Default: the image's own subscription.")
    size: str = "Standard_D2s_v5"
    capacity: int = 2
    upgrade_policy: UpgradePolicy = Field(default_factory=UpgradePolicy)
    accelerated_networking: bool = Field(default=True, description="Small sizes refuse it; the default size needs it.")
    admin_username: str
    ssh_public_key: str | None = None
    admin_password_setting: SettingName | None = Field(
        default=None, description="Name of the app setting that holds the password (a Key Vault reference in Azure)."
    )
    network: NetworkSpec = Field(default_factory=NetworkSpec)


class Deadlines(Model):
    """How long the rollout waits before it fails and says what runs on in Azure. ISO 8601 durations."""

    resource: timedelta = Field(
        default=timedelta(minutes=30), description="One gallery, definition or network operation."
    )
    replication: timedelta = timedelta(hours=12)
    scale_set: timedelta = timedelta(hours=1)
    upgrade: timedelta = timedelta(hours=6)


class Profile(Model):
    """One entry of `rollouts.yaml`."""

    match: ImageMatch
    create_resource_groups: bool = True
    tags: dict[str, str] = Field(default_factory=dict, description="Put on everything that is created.")
    gallery: GallerySpec
    definition: DefinitionSpec
    version: VersionSpec
    scale_set: ScaleSetSpec
    deadlines: Deadlines = Field(default_factory=Deadlines)


class Targets(Model):
    """The ARM ids that a profile means, once the image (and so the default subscription) is known."""

    gallery_group: str
    gallery: str
    definition: str
    scale_set_group: str
    scale_set: str
    virtual_network: str
    subnet: str
    public_ip_address: str
    load_balancer: str
    security_group: str

    @classmethod
    def of(cls, profile: Profile, image: ResourceId) -> "Targets":
        """Compute every id; nothing is read."""
        gallery_home = (profile.gallery.subscription or image.subscription, profile.gallery.resource_group)
        gallery = resource_id(*gallery_home, "Microsoft.Compute/galleries", profile.gallery.name)
        scale_set = profile.scale_set
        network = scale_set.network
        home = (scale_set.subscription or image.subscription, scale_set.resource_group)
        vnet = resource_id(*home, "Microsoft.Network/virtualNetworks", network.virtual_network or scale_set.name)
        return cls(
            gallery_group=str(resource_id(*gallery_home, "Microsoft.Resources/resourceGroups")),
            gallery=str(gallery),
            definition=str(gallery.child("images", profile.definition.name)),
            scale_set_group=str(resource_id(*home, "Microsoft.Resources/resourceGroups")),
            scale_set=str(resource_id(*home, "Microsoft.Compute/virtualMachineScaleSets", scale_set.name)),
            virtual_network=str(vnet),
            subnet=str(vnet.child("subnets", network.subnet or scale_set.name)),
            public_ip_address=str(
                resource_id(*home, "Microsoft.Network/publicIPAddresses", network.public_ip_address or scale_set.name)
            ),
            load_balancer=str(
                resource_id(
                    *home,
                    "Microsoft.Network/loadBalancers",
                    network.load_balancer or f"{scale_set.name}LoadBalancer",
                )
            ),
            security_group=str(
                resource_id(*home, "Microsoft.Network/networkSecurityGroups", network.security_group or scale_set.name)
            ),
        )
