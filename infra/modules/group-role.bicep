import { role as roleRow } from 'types.bicep'

// A custom role of roles.json at the resource group of this deployment, given to the app.

@description('What the role allows.')
param role roleRow

@description('Principal of the app.')
@minLength(36)
param principalId string

@description('Distinguishes this environment\'s roles from others\'.')
@minLength(1)
param token string

// Letter case may differ from one deployment to the next; names made of it must not.
var scopeId = toLower(resourceGroup().id)

// A name may exist once in a tenant, so the role's carries a hash of its scope (azure-docs#60446).
resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(scopeId, role.name, token)
  properties: {
    roleName: 'Gallery Rollout: ${role.name} (${uniqueString(scopeId, token)})'
    description: role.description
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [{ actions: role.actions, dataActions: role.?dataActions ?? [] }]
  }
}

// The principal is part of the name: an assignment cannot be moved to another principal, as an identity that was
// made anew would want (RoleAssignmentUpdateNotPermitted).
resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scopeId, principalId, definition.id)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definition.id
  }
}
