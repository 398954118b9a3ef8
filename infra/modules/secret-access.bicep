import { builtInRoles } from 'names.bicep'

// The app's right to read one secret of a key vault, and no other secret of that vault.

@description('Address of the secret, with or without a version.')
@minLength(30)
param secretUri string

@description('Principal of the app.')
@minLength(36)
param principalId string

// https:, nothing, host, secrets, name
var parts = split(secretUri, '/')

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: split(parts[2], '.')[0]

  resource secret 'secrets' existing = { name: parts[4] }
}

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault::secret
  name: guid(vault::secret.id, principalId, builtInRoles.keyVaultSecretsUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtInRoles.keyVaultSecretsUser
    )
  }
}

@description('The vault. With access policies instead of Azure RBAC the role would do nothing, and the setting stay empty.')
output vaultId string = vault.properties.?enableRbacAuthorization ?? false
  ? vault.id
  : fail('Key vault ${vault.name} uses access policies. Switch it to Azure RBAC: az keyvault update --name ${vault.name} --enable-rbac-authorization true')
