import { privateEndpoint, storageService, tagMap } from 'types.bicep'

// Private endpoints of the isolated app, and the private DNS zones that lead to them. Each endpoint is charged by the
// hour, each zone by the month.

@description('Region.')
@minLength(1)
param location string

@description('Tags.')
param tags tagMap

@description('Resource id of the virtual network.')
@minLength(1)
param networkId string

@description('Resource id of the subnet of the endpoints.')
@minLength(1)
param subnetId string

@description('Name of the function app.')
@minLength(2)
@maxLength(60)
param appName string

@description('Name of the host\'s storage account.')
@minLength(3)
@maxLength(24)
param hostStorageName string

@description('Name of the storage account of the events.')
@minLength(3)
@maxLength(24)
param eventStorageName string

@description('Name of the scheduler; empty with the Azure Storage provider, which needs queues and tables instead.')
@maxLength(64)
param schedulerName string

func storageEndpoint(account string, service storageService) privateEndpoint => {
  name: 'pe-${account}-${service}'
  resourceType: 'Microsoft.Storage/storageAccounts'
  resourceName: account
  groupId: service
}

// The dead letters need none: only Event Grid writes there, and it takes no private endpoint.
var endpoints privateEndpoint[] = [
  storageEndpoint(hostStorageName, 'blob')
  storageEndpoint(eventStorageName, 'queue')
  {
    name: 'pe-${appName}'
    resourceType: 'Microsoft.Web/sites'
    resourceName: appName
    groupId: 'sites'
  }
  ...(empty(schedulerName)
    ? [storageEndpoint(hostStorageName, 'queue'), storageEndpoint(hostStorageName, 'table')]
    : [
        {
          name: 'pe-${schedulerName}'
          resourceType: 'Microsoft.DurableTask/schedulers'
          resourceName: schedulerName
          groupId: 'scheduler'
        }
      ])
]

// By group id, as Azure documents them ("Azure Private Endpoint private DNS zone values"). The zone of a site is that of
// the public cloud.
var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  scheduler: 'privatelink.durabletask.io'
  sites: 'privatelink.azurewebsites.net'
}
var groupIds = union([], map(endpoints, endpoint => endpoint.groupId))

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for groupId in groupIds: {
    name: zoneNames[groupId]
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (groupId, index) in groupIds: {
    parent: zones[index]
    name: 'app'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for endpoint in endpoints: {
    name: endpoint.name
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: endpoint.name
          properties: {
            privateLinkServiceId: resourceId(endpoint.resourceType, endpoint.resourceName)
            groupIds: [endpoint.groupId]
          }
        }
      ]
    }
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (endpoint, index) in endpoints: {
    parent: privateEndpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: endpoint.groupId
          properties: { privateDnsZoneId: zones[indexOf(groupIds, endpoint.groupId)].id }
        }
      ]
    }
  }
]
