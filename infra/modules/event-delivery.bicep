import { builtInRoles } from 'names.bicep'

// What a system topic's identity may do in the events' storage: put messages, and keep what it cannot deliver.

@description('Name of the storage account of the events.')
@minLength(3)
@maxLength(24)
param storageAccountName string

@description('Principal of the topic.')
@minLength(36)
param principalId string

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: storageAccountName
}

// Both at the account, which holds the queues and the dead letters and nothing else: Event Grid is given the account's id
// and tries the roles there when an event subscription is made. With the role at the queue alone that has been seen to
// fail, and Microsoft's own tests of dead letters have theirs at the account.
resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, principalId, builtInRoles.storageQueueDataMessageSender)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtInRoles.storageQueueDataMessageSender
    )
  }
}

resource keep 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, principalId, builtInRoles.storageBlobDataContributor)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtInRoles.storageBlobDataContributor
    )
  }
}
