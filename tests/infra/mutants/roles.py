"""Faults in the table of roles, in what is made of it, and in who gets it."""

from tests.infra.mutants import Mutant

TABLE = "infra/roles.json"
ACCESS = "infra/modules/access.bicep"
SCOPES = "infra/modules/scopes.bicep"
GROUP_ROLE = "infra/modules/group-role.bicep"

ASSIGNMENT = """  name: guid(scopeId, principalId, definition.id)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definition.id
"""

MUTANTS = (
    Mutant(
        "a misspelt action",
        TABLE,
        '"Microsoft.Compute/galleries/images/versions/write"',
        '"Microsoft.Compute/galleries/images/version/write"',
        "actions_are_named_one_by_one_and_exist",
    ),
    Mutant(
        "a wildcard",
        TABLE,
        '"Microsoft.Compute/images/read"',
        '"Microsoft.Compute/images/*"',
        "actions_are_named_one_by_one_and_exist",
    ),
    Mutant(
        "an action that hands out keys",
        TABLE,
        '"Microsoft.Compute/images/read"',
        '"Microsoft.Storage/storageAccounts/listKeys/action"',
        "actions_are_named_one_by_one_and_exist",
    ),
    Mutant(
        "a data action among the actions",
        TABLE,
        '"Microsoft.Compute/images/read"',
        '"Microsoft.Storage/storageAccounts/queueServices/queues/messages/read"',
        "actions_are_named_one_by_one_and_exist",
    ),
    Mutant(
        "a kind of place that does not exist",
        TABLE,
        '"scope": "imageGroup"',
        '"scope": "imagesGroup"',
        "actions_are_named_one_by_one_and_exist",
    ),
    Mutant(
        "a right less than the committed snapshots grant",
        TABLE,
        '"actions": ["Microsoft.Compute/images/read"]',
        '"actions": []',
        "roles_allow_what_the_table_says",
    ),
    Mutant(
        "a role that allows more than the table",
        GROUP_ROLE,
        "actions: role.actions,",
        "actions: union(role.actions, ['Microsoft.Compute/images/delete']),",
        "roles_allow_what_the_table_says",
    ),
    Mutant(
        "a wildcard put in by the template",
        GROUP_ROLE,
        "actions: role.actions,",
        "actions: ['*'],",
        "roles_allow_what_the_table_says",
    ),
    Mutant(
        "galleries get no role",
        ACCESS,
        "galleryGroup: eachOnce(scopes.galleries)",
        "galleryGroup: eachOnce(scopes.images)",
        "roles_are_where_the_profiles_need_them",
    ),
    Mutant(
        "scale sets are left out of the scopes",
        SCOPES,
        "one => targetGroups(one.value.scaleSet, ",
        "one => targetGroups(one.value.gallery, ",
        "roles_are_where_the_profiles_need_them",
    ),
    Mutant(
        "roles of one name in every group",
        GROUP_ROLE,
        "roleName: 'Gallery Rollout: ${role.name} (${uniqueString(scopeId, token)})'",
        "roleName: role.name",
        "role_names_are_of_their_scope",
    ),
    Mutant(
        "a role that is assignable in the whole subscription",
        GROUP_ROLE,
        "assignableScopes: [resourceGroup().id]",
        "assignableScopes: [resourceGroup().id, subscription().id]",
        "roles_allow_what_the_table_says",
    ),
    Mutant(
        "the assignment does not wait for its role",
        GROUP_ROLE,
        ASSIGNMENT,
        ASSIGNMENT.replace("definition.id", "subscriptionResourceId('x/y', guid(scopeId, role.name, token))"),
        "an_assignment_comes_after_its_role",
    ),
    Mutant(
        "every secret of the vault",
        "infra/modules/secret-access.bicep",
        "  scope: vault::secret\n",
        "  scope: vault\n",
        "the_app_reads_no_secret_but_those_it_is_given",
        ("entra",),
    ),
    Mutant(
        "a role for a profile that is gone",
        "rollouts.yaml",
        "resourceGroup: myVMSSRG",
        "resourceGroup: otherVMSSRG",
        "roles_are_where_the_profiles_need_them",
    ),
)
