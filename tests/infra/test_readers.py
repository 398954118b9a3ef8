"""The readers of templates and snapshots, on small ones whose answers are known."""

from typing import Any

from tests.infra.snapshot import Snapshot, owner, scope_of, short
from tests.infra.template import Template

ONE = "/subscriptions/00000000-0000-0000-0000-000000000001"
IDENTITY = f"{ONE}/resourceGroups/app/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"


def module(template: dict[str, Any], *after: str) -> dict[str, Any]:
    """A nested deployment."""
    return {
        "type": "Microsoft.Resources/deployments",
        "name": "nested",
        "properties": {"template": template},
        "dependsOn": list(after),
    }


LISTED = {
    "resources": [
        {"type": "T/roles", "name": "role"},
        {"type": "T/topics", "name": "topic", "dependsOn": ["[resourceId('T/roles', 'role')]"]},
    ]
}


def template(*after: str) -> Template:
    """Two modules; the second waits for what is given."""
    return Template({"resources": {"first": module(LISTED), "second": module(LISTED, *after)}})


def test_a_resource_waits_for_those_of_a_module_that_its_own_module_waits_for() -> None:
    ordered = template("first")
    (role, later_role), (topic, later_topic) = ordered.of("T/roles"), ordered.of("T/topics")
    assert ordered.waits_for(later_topic, role)
    assert ordered.waits_for(later_role, topic)
    assert not ordered.waits_for(role, later_topic)


def test_without_dependson_nothing_waits() -> None:
    unordered = template()
    assert not unordered.waits_for(unordered.of("T/topics")[1], unordered.of("T/roles")[0])


def test_dependson_by_id_is_understood_where_resources_are_a_list() -> None:
    listed = Template(
        {
            "resources": [
                {"type": "Microsoft.X/roles", "name": "one"},
                {"type": "Microsoft.X/roles", "name": "other"},
                {
                    "type": "Microsoft.X/topics",
                    "name": "topic",
                    "dependsOn": ["[resourceId('Microsoft.X/roles', 'other')]"],
                },
            ]
        }
    )
    one, other = listed.of("Microsoft.X/roles")
    (topic,) = listed.of("Microsoft.X/topics")
    assert listed.waits_for(topic, other)
    assert not listed.waits_for(topic, one)


def test_dependson_of_one_that_a_loop_makes_is_understood() -> None:
    zone = {"type": "T/zones", "name": "zone", "copy": {"name": "zones", "count": 2}}
    link = {"type": "T/links", "name": "link", "dependsOn": ["[format('zones[{0}]', copyIndex())]"]}
    looped = Template({"resources": {"zones": zone, "links": link}})
    assert looped.waits_for(looped.of("T/links")[0], looped.of("T/zones")[0])


def test_a_cycle_is_found_and_a_chain_is_none() -> None:
    body = {"type": "T/x", "name": "x"}
    chain = {"a": body | {"dependsOn": ["b"]}, "b": body | {"dependsOn": ["c"]}, "c": body}
    circle = chain | {"c": body | {"dependsOn": ["a"]}}
    assert Template({"resources": chain}).cycles() == []
    assert len(Template({"resources": circle}).cycles()) == 3


def test_what_is_only_referred_to_is_not_made() -> None:
    known = Template({"resources": {"a": {"type": "T/x", "name": "x", "existing": True}}})
    assert known.of("T/x") == []


def test_a_role_assignment_says_who_what_and_where() -> None:
    role = f"{ONE}/resourceGroups/images/providers/Microsoft.Authorization/roleDefinitions/0f"
    principal = f"[reference('{IDENTITY}', '2024-11-30').principalId]"
    (grant,) = Snapshot(
        {
            "predictedResources": [
                {
                    "id": role,
                    "type": "Microsoft.Authorization/roleDefinitions",
                    "name": "0f",
                    "properties": {"roleName": "reader"},
                },
                {
                    "id": f"[resourceId('{ONE[15:]}', 'images', 'Microsoft.Authorization/roleAssignments', guid('x'))]",
                    "type": "Microsoft.Authorization/roleAssignments",
                    "name": "[guid('x')]",
                    "properties": {"principalId": principal, "roleDefinitionId": role, "principalType": "User"},
                },
            ]
        }
    ).grants
    assert (grant.principal, grant.role, grant.scope) == (IDENTITY, "reader", f"{ONE}/resourceGroups/images")
    assert str(grant) == "/sub1/app/userAssignedIdentities/id | reader | /sub1/images"


def test_scopes_are_read_from_every_form_of_an_assignments_id() -> None:
    kind = "Microsoft.Authorization/roleAssignments"
    account = f"{ONE}/resourceGroups/app/providers/Microsoft.Storage/storageAccounts/one"
    assert scope_of(f"[extensionResourceId('{account}', '{kind}', guid('x'))]") == account
    assert scope_of(f"[subscriptionResourceId('{ONE[15:]}', '{kind}', guid('x'))]") == ONE
    assert scope_of(f"{account}/providers/{kind}/0f") == account


def test_an_owner_is_found_behind_whole_references_too() -> None:
    topic = f"{ONE}/resourceGroups/app/providers/Microsoft.EventGrid/systemTopics/one"
    assert owner(f"[reference('{topic}', '2025-02-15', 'full').identity.principalId]") == topic
    assert (
        owner(f"[if(equals(reference('{topic}').source, 'x'), reference('{topic}').principalId, fail('no'))]") == topic
    )
    two = f"[concat(reference('{topic}').principalId, reference('{IDENTITY}').principalId)]"
    assert owner(two) == two
    assert owner("00000000-0000-0000-0000-000000000009") == "00000000-0000-0000-0000-000000000009"
    assert short("somebody") == "somebody"
