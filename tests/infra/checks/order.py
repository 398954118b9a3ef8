"""What Azure does after what, read from the compiled template, where alone it stands."""

import re
from collections.abc import Iterator

from tests.infra.template import DEPLOYMENT, Node
from tests.infra.tree import SITE, Tree

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
DEFINITION = "Microsoft.Authorization/roleDefinitions"
QUEUE = "Microsoft.Storage/storageAccounts/queueServices/queues"
GROUP = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
LONGEST_DEPLOYMENT = 64
HASH_LENGTH, NUMBER_LENGTH = 13, 3
_HASH = re.compile(r"uniqueString\((?:[^()]|\([^()]*\))*\)")


def exactly_one_resource_group_is_made(tree: Tree) -> Iterator[str]:
    """Older versions of azd delete every group that they find in a deployment when they take it down."""
    groups = tree.template.of(GROUP)
    if len(groups) != 1:
        yield f"{len(groups)} resource groups are made: {', '.join(map(str, groups))}"
    for shape, snapshot in tree.snapshots.items():
        if len(snapshot.of(GROUP)) != 1:
            yield f"{shape}: {len(snapshot.of(GROUP))} resource groups are made"


def nothing_waits_for_itself(tree: Tree) -> Iterator[str]:
    """No cycle."""
    yield from tree.template.cycles()


def everything_of_dependson_exists(tree: Tree) -> Iterator[str]:
    """Each entry names a sibling of the same template."""
    nodes = tree.template.nodes
    for node in nodes.values():
        yield from (f"{node} waits for {path[-1]}, which is not there" for path in node.after if path not in nodes)


def event_subscriptions_come_after_the_rights_to_deliver(tree: Tree) -> Iterator[str]:
    """Event Grid tries the destination when a subscription is made; both rights of its topic must be there."""
    rights = [node for node in tree.template.of(ASSIGNMENT) if any("eliver" in part for part in node.path)]
    if len(rights) < 4:
        yield f"{len(rights)} rights to deliver: queue and dead letters, of new topics and of existing ones, are four"
    yield from _all_wait(tree, tree.template.of(SUBSCRIPTION), rights)


def event_subscriptions_come_after_queue_and_container(tree: Tree) -> Iterator[str]:
    """What they deliver to."""
    made = [
        *tree.template.of(QUEUE),
        *tree.template.of("Microsoft.Storage/storageAccounts/blobServices/containers", "ventStorage"),
    ]
    if len(made) < 3:
        yield f"only {len(made)} of queue, poison queue and dead-letter container are made"
    yield from _all_wait(tree, tree.template.of(SUBSCRIPTION), made)


def the_app_comes_after_its_storage_and_its_rights(tree: Tree) -> Iterator[str]:
    """The site at once fetches its package, takes its locks and reads its queue and its secrets, as its identity."""
    template = tree.template
    needed = {
        "the package's container": template.of(
            "Microsoft.Storage/storageAccounts/blobServices/containers", "ostStorage"
        ),
        "rights on the host's storage": template.of(ASSIGNMENT, "ostStorage"),
        "rights on the task hub": template.of(ASSIGNMENT, "cheduler"),
        "the queues of the events": template.of(QUEUE, "ventStorage"),
        "rights on these queues": template.of(ASSIGNMENT, "ventStorage"),
        "rights to read secrets": template.of(ASSIGNMENT, "ecretAccess"),
    }
    yield from (f"{what}: none of them is made" for what, nodes in needed.items() if not nodes)
    yield from _all_wait(tree, template.of(SITE), [node for nodes in needed.values() for node in nodes])


def an_assignment_comes_after_its_role(tree: Tree) -> Iterator[str]:
    """Where role and assignment are one module's, the assignment waits."""
    for assignment in tree.template.of(ASSIGNMENT):
        roles = [one for one in tree.template.of(DEFINITION) if one.path[:-1] == assignment.path[:-1]]
        named = str(assignment.body["properties"]["roleDefinitionId"])
        for role in roles:
            if str(role.body["name"]).strip("[]") in named:
                yield from _all_wait(tree, [assignment], [role])


def deployments_have_names_that_fit(tree: Tree) -> Iterator[str]:
    """A deployment's name has at most 64 characters; fixed text and hashes of 13 are counted."""
    for node in tree.template.of(DEPLOYMENT):
        name = str(node.body["name"])
        hashed = _HASH.sub("hash", name)
        pattern = re.match(r"\[format\('([^']*)'", name)
        text = re.sub(r"\{\d+\}", "", pattern[1] if pattern else name)
        length = len(text) + HASH_LENGTH * len(_HASH.findall(name)) + NUMBER_LENGTH * name.count("copyIndex(")
        if not name.startswith("[take(") and (length > LONGEST_DEPLOYMENT or "parameters(" in hashed):
            yield f"{node}: the name {name} may be longer than {LONGEST_DEPLOYMENT} characters"


def _all_wait(tree: Tree, later: list[Node], earlier: list[Node]) -> Iterator[str]:
    if not later:
        yield "nothing is there that should wait"
    for one in later:
        for other in earlier:
            if not tree.template.waits_for(one, other):
                yield f"{one} does not wait for {other}"


CHECKS = (
    exactly_one_resource_group_is_made,
    nothing_waits_for_itself,
    everything_of_dependson_exists,
    event_subscriptions_come_after_the_rights_to_deliver,
    event_subscriptions_come_after_queue_and_container,
    the_app_comes_after_its_storage_and_its_rights,
    an_assignment_comes_after_its_role,
    deployments_have_names_that_fit,
)
