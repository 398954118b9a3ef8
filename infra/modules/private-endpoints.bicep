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
  target: resourceId('Microsoft.Storage/storageAccounts', account)
  groupId: service
  zone: 'privatelink.${service}.${environment().suffixes.storage}'
}

// The dead letters need none: only Event Grid writes there, and it takes no private endpoint.
var endpoints privateEndpoint[] = [
  storageEndpoint(hostStorageName, 'blob')
  storageEndpoint(eventStorageName, 'queue')
  {
    name: 'pe-${appName}'
    target: resourceId('Microsoft.Web/sites', appName)
    groupId: 'sites'
    zone: 'privatelink.azurewebsites.net'
  }
  ...(empty(schedulerName)
    ? [storageEndpoint(hostStorageName, 'queue'), storageEndpoint(hostStorageName, 'table')]
    : [
        {
          name: 'pe-${schedulerName}'
          target: resourceId('Microsoft.DurableTask/schedulers', schedulerName)
          groupId: 'scheduler'
          zone: 'privatelink.durabletask.io'
        }
      ])
]
var zoneNames = union([], map(endpoints, endpoint => endpoint.zone))

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in zoneNames: {
    name: zone
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, index) in zoneNames: {
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
          properties: { privateLinkServiceId: endpoint.target, groupIds: [endpoint.groupId] }
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
          properties: { privateDnsZoneId: zones[indexOf(zoneNames, endpoint.zone)].id }
        }
      ]
    }
  }
]
