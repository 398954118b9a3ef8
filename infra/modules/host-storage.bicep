import { builtInRoles, packageContainer } from 'names.bicep'
import { durableProviderName, storageEndpoints, tagMap } from 'types.bicep'

// The Functions host's own storage: locks, keys, the deployed package and, with that provider, Durable's state. No
// event comes near it, so that Event Grid needs no right on it.

@description('Name of the storage account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
@minLength(1)
param location string

@description('Tags.')
param tags tagMap

@description('Durable Functions\' provider. The Azure Storage provider keeps its state in this account.')
param provider durableProviderName

@description('Principal of the app.')
@minLength(36)
param principalId string

@description('Whether the account is reached through private endpoints only.')
param isolated bool

// Contributor is enough: Owner adds access control lists of hierarchical namespaces, which this account has not.
var roles = concat(
  [builtInRoles.storageBlobDataContributor],
  provider == 'azureStorage' ? [builtInRoles.storageQueueDataContributor, builtInRoles.storageTableDataContributor] : []
)

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
    publicNetworkAccess: isolated ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: isolated ? 'Deny' : 'Allow'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource package 'containers' = {
      name: packageContainer
      properties: { publicAccess: 'None' }
    }
  }
}

resource grants 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    scope: account
    name: guid(account.id, principalId, role)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

@description('Resource id.')
output id string = account.id

@description('Addresses of its services.')
output endpoints storageEndpoints = {
  blob: account.properties.primaryEndpoints.blob
  queue: account.properties.primaryEndpoints.queue
  table: account.properties.primaryEndpoints.table
}
