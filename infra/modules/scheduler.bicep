import { builtInRoles, taskHub } from 'names.bicep'
import { tagMap } from 'types.bicep'

// Durable Task Scheduler: where Durable Functions keeps its state, unless the Azure Storage provider is chosen.

@description('Name of the scheduler.')
@minLength(3)
@maxLength(64)
param name string

@description('Region. Not every region has the service.')
@minLength(1)
param location string

@description('Tags.')
param tags tagMap

@description('Principal of the app, which works in the hub.')
@minLength(36)
param principalId string

@description('Client id of the app\'s identity.')
@minLength(36)
param clientId string

@description('Days after which an ended rollout leaves the history. The gallery keeps what matters longer.')
@minValue(1)
@maxValue(30)
param retentionInDays int

@description('Whether the scheduler is reached through a private endpoint only. The dashboard then needs the network too.')
param isolated bool

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: { name: 'Consumption' }
    // Who comes in is decided by Entra tokens; addresses of Flex Consumption instances are not known in advance.
    ipAllowlist: ['0.0.0.0/0']
    publicNetworkAccess: isolated ? 'Disabled' : 'Enabled'
  }

  resource hub 'taskHubs' = { name: taskHub }

  resource retention 'retentionPolicies' = {
    name: 'default'
    properties: {
      retentionPolicies: [{ retentionPeriodInDays: retentionInDays }]
    }
  }
}

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: scheduler::hub
  name: guid(scheduler::hub.id, principalId, builtInRoles.durableTaskDataContributor)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtInRoles.durableTaskDataContributor
    )
  }
}

@description('Resource id.')
output id string = scheduler.id

@description('How the app reaches the scheduler. It names an identity and holds no secret.')
output connection string = 'Endpoint=${scheduler.properties.endpoint};Authentication=ManagedIdentity;ClientID=${clientId}'
