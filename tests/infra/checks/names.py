"""Names that Azure would refuse: too long, too short, or of other characters. As the snapshots work them out."""

import re
from collections.abc import Iterator

from tests.infra.tree import Tree

NAMES = {
    "Microsoft.DurableTask/schedulers": r"[a-zA-Z0-9-]{3,64}",
    "Microsoft.DurableTask/schedulers/taskHubs": r"[a-zA-Z0-9-]{3,64}",
    "Microsoft.EventGrid/systemTopics": r"[a-zA-Z0-9-]{3,128}",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": r"[a-zA-Z0-9-]{3,64}",
    "Microsoft.Insights/components": r"[^%&\\?/]{1,255}",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}",
    "Microsoft.Network/privateEndpoints": r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}[a-zA-Z0-9_]",
    "Microsoft.Network/virtualNetworks": r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}[a-zA-Z0-9_]",
    "Microsoft.OperationalInsights/workspaces": r"[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]",
    "Microsoft.Resources/resourceGroups": r"[\w.()-]{0,89}[\w()-]",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Storage/storageAccounts/blobServices/containers": r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "Microsoft.Storage/storageAccounts/queueServices/queues": r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "Microsoft.Web/serverfarms": r"[a-zA-Z0-9-]{1,60}",
    "Microsoft.Web/sites": r"[a-zA-Z0-9][a-zA-Z0-9-]{0,58}[a-zA-Z0-9]",
}
"""learn.microsoft.com, "Naming rules and restrictions for Azure resources"."""

HUB_TABLES = r"[A-Za-z][A-Za-z0-9]{2,44}"
"""With the Azure Storage provider, the hub's name begins those of tables, queues and containers."""

LONGEST_HOST_ID = 32
"""The Functions host takes the first 32 characters of the site's name as its id in its storage."""


def names_are_such_as_azure_takes(tree: Tree) -> Iterator[str]:
    """Each name by the rule of its type."""
    for shape, snapshot in tree.snapshots.items():
        for one in snapshot.resources:
            rule = NAMES.get(one.type)
            if rule and not one.name.startswith("[") and not re.fullmatch(rule, one.name):
                yield f"{shape}: {one}: not a name that Azure takes"


def no_resource_is_made_twice(tree: Tree) -> Iterator[str]:
    """Two resources of one id would overwrite each other, whoever comes last."""
    for shape, snapshot in tree.snapshots.items():
        ids = [one.id.lower() for one in snapshot.resources]
        yield from (f"{shape}: {one} is made {ids.count(one)} times" for one in sorted(set(ids)) if ids.count(one) > 1)


def role_names_are_of_their_scope(tree: Tree) -> Iterator[str]:
    """A role's name may exist once in a tenant, and has at most 128 characters."""
    for shape, snapshot in tree.snapshots.items():
        names = [one.properties["roleName"] for one in snapshot.of("Microsoft.Authorization/roleDefinitions")]
        yield from (f"{shape}: two roles are called {name}" for name in sorted(set(names)) if names.count(name) > 1)
        yield from (f"{shape}: the role's name {name} is too long" for name in names if len(name) > 128)
        for name in names:
            if not re.search(r"[a-z0-9]{13}\)?$", name):
                yield f"{shape}: the role {name} carries no hash of its scope"


def assignment_names_carry_the_principal(tree: Tree) -> Iterator[str]:
    """An assignment cannot be moved to another principal: an identity that is made anew must get a new name."""
    for shape, one in tree.each("Microsoft.Authorization/roleAssignments"):
        principal = str(one.properties["principalId"]).strip("[]")
        if principal not in str(one.body["name"]):
            yield f"{shape}: {one} does not carry {principal}"


def the_site_is_told_from_others_by_its_first_characters(tree: Tree) -> Iterator[str]:
    """Two apps on one host storage whose names begin alike would take each other's locks; ours has its own."""
    for shape, site in tree.each("Microsoft.Web/sites"):
        if len(site.name) > LONGEST_HOST_ID:
            yield f"{shape}: {site} has more than {LONGEST_HOST_ID} characters"


def the_task_hub_fits_both_providers(tree: Tree) -> Iterator[str]:
    """Letters and digits only."""
    for shape in tree.shapes:
        hub = tree.settings(shape).get("TASKHUB_NAME", "")
        if not re.fullmatch(HUB_TABLES, hub):
            yield f"{shape}: TASKHUB_NAME is {hub!r}"


CHECKS = (
    names_are_such_as_azure_takes,
    no_resource_is_made_twice,
    role_names_are_of_their_scope,
    assignment_names_carry_the_principal,
    the_site_is_told_from_others_by_its_first_characters,
    the_task_hub_fits_both_providers,
)
