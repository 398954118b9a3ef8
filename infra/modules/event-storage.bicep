import { builtInRoles, deadLetterContainer, imageEventsQueue, poisonQueue } from 'names.bicep'
import { role, tagMap } from 'types.bicep'

// Storage of the events: the queue between Event Grid and the app, its poison queue, and the dead letters.

@description('Name of the storage account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
@minLength(1)
param location string

@description('Tags.')
param tags tagMap

@description('Principal of the app, which reads the queue.')
@minLength(36)
param principalId string

@description('What the app may do on the queue (the row eventQueue of roles.json).')
param queueRole role

@description('Distinguishes this environment\'s roles from others\'.')
@minLength(1)
param token string

@description('Workspace that keeps the log of writes and deletes on the queues, for the alert on poison messages.')
@minLength(1)
param workspaceId string

@description('Whether all but private endpoints and Event Grid are kept out.')
param isolated bool

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Event Grid cannot deliver to a private endpoint. It comes in by the public one as a trusted service, with its
    // topic's system-assigned identity ("Storage queue as an event handler", learn.microsoft.com).
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isolated ? 'Deny' : 'Allow'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource deadLetters 'containers' = {
      name: deadLetterContainer
      properties: { publicAccess: 'None' }
    }
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource events 'queues' = { name: imageEventsQueue }

    // Made in advance: the host would make it only with a right that the app has no other use for.
    resource poison 'queues' = { name: poisonQueue }
  }
}

resource reader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(account::queues::events.id, queueRole.name, token)
  properties: {
    roleName: 'Gallery Rollout: ${queueRole.name} (${uniqueString(account::queues::events.id, token)})'
    description: queueRole.description
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [{ actions: queueRole.actions, dataActions: queueRole.?dataActions ?? [] }]
  }
}

resource readerGrant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::queues::events
  name: guid(account::queues::events.id, principalId, reader.id)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: reader.id
  }
}

resource poisonGrant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::queues::poison
  name: guid(account::queues::poison.id, principalId, builtInRoles.storageQueueDataMessageSender)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtInRoles.storageQueueDataMessageSender
    )
  }
}

// The only stable version, 2016-09-01, does not know the categories of storage services.
#disable-next-line use-recent-api-versions
resource queueLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account::queues
  name: 'queue-writes'
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

@description('Resource id.')
output id string = account.id

@description('Name.')
output name string = account.name

@description('Address of its queues, with a slash at the end.')
output queueEndpoint string = account.properties.primaryEndpoints.queue
