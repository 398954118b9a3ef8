"""Who may do what: every role assignment of every shape, against the table of roles and a golden list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.infra import golden
from tests.infra.bicep import SUBSCRIPTION
from tests.infra.checks.runtime import IDENTITY
from tests.infra.roles import SCOPES, expand
from tests.infra.scopes import groups_of
from tests.infra.snapshot import DEFINITION, Grant, Snapshot
from tests.infra.tree import Tree

OPERATIONS = Path("tests/infra/operations")
STORAGE = "Microsoft.Storage/storageAccounts"
SEND, KEEP = "Storage Queue Data Message Sender", "Storage Blob Data Contributor"


def assignments_are_those_of_the_golden_list(tree: Tree) -> Iterator[str]:
    """Exactly: a right more is as much a change that somebody must want as a right less."""
    for shape, snapshot in tree.snapshots.items():
        file = golden.FOLDER / f"{shape}.txt"
        wanted = set(golden.read(tree.text(file))) if (tree.root / file).is_file() else set()
        found = set(golden.entries(snapshot))
        yield from (f"{shape}: not in {file}: {who} at {what}" for who, what in sorted(found - wanted))
        yield from (f"{shape}: only in {file}: {who} at {what}" for who, what in sorted(wanted - found))


def roles_are_known_and_principals_are_ours(tree: Tree) -> Iterator[str]:
    """A wrong digit in a role's id, a principal that nobody made, or one whose kind Azure has to guess."""
    for shape, snapshot in tree.snapshots.items():
        principals = {one.id.lower() for one in snapshot.of(IDENTITY)} | _topics(snapshot)
        for grant in snapshot.grants:
            if grant.role.startswith("unknown role"):
                yield f"{shape}: {grant}"
            if grant.principal.lower() not in principals:
                yield f"{shape}: {grant}: not a principal of this deployment"
            if grant.kind != "ServicePrincipal":
                yield f"{shape}: {grant}: principalType is {grant.kind}; a new identity is not found without it"


def roles_allow_what_the_table_says(tree: Tree) -> Iterator[str]:
    """Each custom role is a row of roles.json, assignable where it is assigned and nowhere else."""
    rows = [(row["actions"], row.get("dataActions", []), row["description"]) for row in tree.roles]
    for shape, one in tree.each(DEFINITION):
        (permission,) = one.properties["permissions"]
        found = (permission["actions"], permission.get("dataActions", []), one.properties["description"])
        if found not in rows or permission.get("notActions") or permission.get("notDataActions"):
            yield f"{shape}: {one.properties['roleName']} is no row of roles.json"
        if len(one.properties["assignableScopes"]) != 1:
            yield f"{shape}: {one.properties['roleName']} is assignable in several places"


def actions_are_named_one_by_one_and_exist(tree: Tree) -> Iterator[str]:
    """No wildcard, no reading of keys, and each name is an operation that its provider has."""
    known = {
        kind: {line.lower() for line in tree.text(OPERATIONS / f"{file}.txt").splitlines()}
        for kind, file in (("actions", "actions"), ("dataActions", "data-actions"))
    }
    for row in tree.roles:
        if row["scope"] not in SCOPES:
            yield f"{row['name']}: {row['scope']} is no scope"
        for kind, names in known.items():
            for action in row.get(kind, ()):
                if "*" in action or "listkeys" in action.lower():
                    yield f"{row['name']}: {action} is more than one operation, or one that hands out keys"
                elif action.lower() not in names:
                    yield f"{row['name']}: {action} is no operation"


def roles_are_where_the_profiles_need_them(tree: Tree) -> Iterator[str]:
    """Every row at every group of rollouts.yaml, by the app's own reading of the file, and nowhere else."""
    document = yaml.safe_load(tree.text("rollouts.yaml"))
    for shape, snapshot in tree.snapshots.items():
        if "roleScopes" not in tree.given(shape):
            makes_groups = tree.given(shape).get("allowResourceGroupCreation") == "true"
            problems = scope_problems(snapshot, document, tree.roles, group_creation=makes_groups)
            yield from (f"{shape}: {text}" for text in problems)


def scope_problems(
    snapshot: Snapshot, document: dict[str, Any], rows: list[dict[str, Any]], *, group_creation: bool = False
) -> Iterator[str]:
    """What differs between a snapshot's custom roles and what a rollouts file asks for."""
    wanted = {
        (row["scope"].lower(), tuple(row["actions"]))
        for row in expand(rows, groups_of(document, SUBSCRIPTION), group_creation=group_creation)
    }
    actions = {
        one.properties["roleName"]: tuple(one.properties["permissions"][0]["actions"])
        for one in snapshot.of(DEFINITION)
        if not one.properties["permissions"][0].get("dataActions")
    }
    found = {(grant.scope.lower(), actions[grant.role]) for grant in snapshot.grants if grant.role in actions}
    yield from (f"nothing grants {list(names)} at {scope}" for scope, names in sorted(wanted - found))
    yield from (f"no profile needs {list(names)} at {scope}" for scope, names in sorted(found - wanted))


def topics_may_deliver_and_nothing_else(tree: Tree) -> Iterator[str]:
    """To the account of the events (at the queue alone it has been seen to fail) and into the dead letters."""
    for shape, snapshot in tree.snapshots.items():
        events = tree.settings(shape)["ImageEvents__queueServiceUri"]
        for topic in sorted(_topics(snapshot)):
            grants = [grant for grant in snapshot.grants if grant.principal.lower() == topic]
            if sorted(map(_kind, grants)) != sorted([(SEND, "storageAccounts"), (KEEP, "storageAccounts")]):
                yield f"{shape}: {topic}: {[str(grant) for grant in grants]}"
            for grant in grants:
                if grant.scope.split("/")[8] not in events:
                    yield f"{shape}: {grant}: not the storage of the events"


def the_app_reads_no_secret_but_those_it_is_given(tree: Tree) -> Iterator[str]:
    """A secret's role is at that one secret, and each setting that refers to a key vault has it."""
    for shape, snapshot in tree.snapshots.items():
        granted = {grant.scope.lower() for grant in snapshot.grants if grant.role == "Key Vault Secrets User"}
        yield from (f"{shape}: a role at {scope}" for scope in sorted(granted) if _kind_of(scope) != "secrets")
        references = [
            value.removeprefix("@Microsoft.KeyVault(SecretUri=").rstrip(")").lower()
            for value in tree.settings(shape).values()
            if value.startswith("@Microsoft.KeyVault(")
        ]
        secrets = {"/".join(reference.split("/")[2:5]) for reference in references}
        parts = [scope.split("/") for scope in granted if _kind_of(scope) == "secrets"]
        scopes = {f"{part[8]}.vault.azure.net/secrets/{part[10]}" for part in parts}
        if secrets != scopes:
            yield f"{shape}: settings refer to {sorted(secrets)}, the app may read {sorted(scopes)}"


def _topics(snapshot: Snapshot) -> set[str]:
    """The ids of the topics that are made, and of those that get an event subscription."""
    subscriptions = snapshot.of("Microsoft.EventGrid/systemTopics/eventSubscriptions")
    found = {one.id.lower().rpartition("/eventsubscriptions/")[0] for one in subscriptions}
    return found | {topic.id.lower() for topic in snapshot.of("Microsoft.EventGrid/systemTopics")}


def _kind(grant: Grant) -> tuple[str, str]:
    return grant.role, _kind_of(grant.scope)


def _kind_of(scope: str) -> str:
    return scope.split("/")[-2]


CHECKS = (
    assignments_are_those_of_the_golden_list,
    roles_are_known_and_principals_are_ours,
    roles_allow_what_the_table_says,
    actions_are_named_one_by_one_and_exist,
    roles_are_where_the_profiles_need_them,
    topics_may_deliver_and_nothing_else,
    the_app_reads_no_secret_but_those_it_is_given,
)
