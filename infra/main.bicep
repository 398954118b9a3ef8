import { topicsOf } from 'modules/event-sources.bicep'
import { eventSubscriptionName, imageEventsQueue, resourceNames } from 'modules/names.bicep'
import { scopesOf } from 'modules/scopes.bicep'
import { durableProviderName, existingTopic, role, roleScopeSet, secretMap, systemTopic, tagMap } from 'modules/types.bicep'

targetScope = 'subscription'

metadata name = 'Gallery Rollout'
metadata description = 'The function app that rolls images out, everything it needs, and what it may do.'

@description('Name of this deployment of the app. Names of resources, of roles and of the resource group come from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of everything that has one.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('The resource group that is made for the app. It holds nothing of your images, galleries and scale sets.')
@minLength(1)
@maxLength(90)
param resourceGroupName string = 'rg-${environmentName}'

@description('Tags on everything that takes some.')
param tags tagMap = {}

@description('Where Durable Functions keeps its state: Durable Task Scheduler (Consumption; charged by action), or tables and queues of the host\'s storage account (charged by transaction, and polled all day). The package must be built for the same one.')
param durableProvider durableProviderName = 'durableTaskScheduler'

@description('The groups that the app works in. Default: those of the rollouts.yaml that this template was compiled with. Each exists already.')
param roleScopes roleScopeSet?

@description('Whether the app may create resource groups of galleries and scale sets; a profile with createResourceGroups needs it. Since a group to come is no place for a role, the roles on galleries, scale sets and networks then hold in their whole subscriptions.')
param allowResourceGroupCreation bool = false

@description('What system topics tell about: each resource group of images, or the subscriptions of these groups.')
@allowed(['resourceGroups', 'subscription'])
param eventScope string = 'resourceGroups'

@description('System topics that exist already for these groups or their subscriptions. Azure allows one for each.')
@maxLength(50)
param existingSystemTopics existingTopic[] = []

@description('Whether the event subscriptions are part of this deployment. azd deploys them afterwards (infra/events.bicep), as often as it takes until roles have propagated.')
param deployEventSubscriptions bool = true

@description('Whether the app, its storage and its scheduler are reached through a virtual network only. Private endpoints are charged by the hour. Code is then deployed from inside that network.')
param networkIsolation bool = false

@description('Address space of that network, at least a /24.')
@minLength(9)
@maxLength(18)
param virtualNetworkPrefix string = '10.60.0.0/24'

@description('Application (client) id of the app registration by which Entra ID guards the HTTP API. Empty: function keys only.')
@maxLength(36)
param entraClientId string = ''

@description('Secrets of key vaults, by the app setting that holds each: { SCALE_SET_ADMIN_PASSWORD: { uri: \'https://…\', resourceGroup: \'…\' } }. References, no values.')
// Addresses of secrets, not the secrets.
#disable-next-line secure-secrets-in-params
param secrets secretMap = {}

@description('Resource id of the action group that alerts call. Empty: alerts are shown in the portal and call nobody.')
@maxLength(1024)
param actionGroupId string = ''

@description('Days after which an ended rollout leaves the scheduler\'s history. 30 is the most that its Consumption plan keeps.')
@minValue(1)
@maxValue(30)
param retentionDays int = 30

@description('Days that logs are kept. Above 31 days the workspace charges for keeping them.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Memory of an instance in megabytes. One instance is always ready and is charged by its memory.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances at a time: what a flood of events may cost.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Whether events wait in the queue instead of starting rollouts. What runs goes on, and the HTTP API still starts some.')
param paused bool = false

var allTags = { ...tags, 'azd-env-name': environmentName }
var token = toLower(uniqueString(subscription().id, environmentName, location))
var home = { subscription: subscription().subscriptionId, resourceGroup: resourceGroupName }
var scopes = roleScopes ?? scopesOf(loadYamlContent('../rollouts.yaml'), home.subscription)
var roles role[] = loadJsonContent('roles.json')
var topics = topicsOf(scopes.images, eventScope == 'subscription', existingSystemTopics, home, token)
var usesScheduler = durableProvider == 'durableTaskScheduler'
var names = resourceNames(token)
var eventStorageId = resourceId(
  home.subscription,
  home.resourceGroup,
  'Microsoft.Storage/storageAccounts',
  names.eventStorage
)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: names.identity, location: location, tags: allTags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    componentName: names.component
    location: location
    tags: allTags
    retentionInDays: logRetentionDays
    principalId: identity.outputs.principalId
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  scope: group
  params: {
    name: names.hostStorage
    location: location
    tags: allTags
    provider: durableProvider
    principalId: identity.outputs.principalId
    isolated: networkIsolation
  }
}

module eventStorage 'modules/event-storage.bicep' = {
  scope: group
  params: {
    name: names.eventStorage
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    queueRole: filter(roles, row => row.scope == 'eventQueue')[0]
    token: token
    workspaceId: monitoring.outputs.workspaceId
    isolated: networkIsolation
  }
}

module scheduler 'modules/scheduler.bicep' = if (usesScheduler) {
  scope: group
  params: {
    name: names.scheduler
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    clientId: identity.outputs.clientId
    retentionInDays: retentionDays
    isolated: networkIsolation
  }
}

module access 'modules/access.bicep' = {
  params: {
    roles: roles
    scopes: scopes
    allowResourceGroupCreation: allowResourceGroupCreation
    principalId: identity.outputs.principalId
    token: token
  }
}

module network 'modules/network.bicep' = if (networkIsolation) {
  scope: group
  params: { name: names.network, location: location, tags: allTags, addressPrefix: virtualNetworkPrefix }
}

module app 'modules/function-app.bicep' = {
  scope: group
  params: {
    name: names.app
    planName: names.plan
    location: location
    tags: allTags
    identityId: identity.outputs.id
    clientId: identity.outputs.clientId
    hostStorage: hostStorage.outputs.endpoints
    eventQueueEndpoint: eventStorage.outputs.queueEndpoint
    usesScheduler: usesScheduler
    schedulerConnection: scheduler.?outputs.connection ?? ''
    telemetryConnection: monitoring.outputs.connectionString
    requireAppRoles: !empty(entraClientId)
    allowResourceGroupCreation: allowResourceGroupCreation
    paused: paused
    secrets: secrets
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    subnetId: network.?outputs.appSubnetId ?? ''
    isolated: networkIsolation
  }
  // A reference to a secret that the app may not read yet stays unresolved for up to a day.
  dependsOn: [secretAccess]
}

module authentication 'modules/authentication.bicep' = if (!empty(entraClientId)) {
  scope: group
  params: { appName: names.app, clientId: entraClientId }
  dependsOn: [app]
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (networkIsolation) {
  scope: group
  params: {
    location: location
    tags: allTags
    networkId: network.?outputs.id ?? ''
    subnetId: network.?outputs.endpointSubnetId ?? ''
    appName: names.app
    hostStorageName: names.hostStorage
    eventStorageName: names.eventStorage
    schedulerName: usesScheduler ? names.scheduler : ''
  }
  dependsOn: [app, eventStorage, hostStorage, scheduler]
}

module secretAccess 'modules/secrets.bicep' = {
  params: { secrets: secrets, principalId: identity.outputs.principalId }
}

module topicsAndDelivery 'modules/topics.bicep' = {
  params: {
    topics: topics
    appResourceGroup: group.name
    storageAccountName: names.eventStorage
    tags: allTags
  }
  dependsOn: [eventStorage]
}

// Only when every topic may deliver: Event Grid does not repeat what was refused for a missing role.
module events 'events.bicep' = if (deployEventSubscriptions) {
  params: {
    topics: topics
    eventStorageAccountId: eventStorageId
  }
  dependsOn: [topicsAndDelivery]
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    topics: topics
    eventStorageAccountId: eventStorageId
    actionGroupId: actionGroupId
  }
  dependsOn: [topicsAndDelivery]
}

@description('The app\'s resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output FUNCTION_APP_NAME string = app.outputs.name

@description('Address of the function app.')
output FUNCTION_APP_URL string = app.outputs.url

@description('Principal id of the app\'s identity.')
output APP_PRINCIPAL_ID string = identity.outputs.principalId

@description('Client id of the app\'s identity.')
output APP_CLIENT_ID string = identity.outputs.clientId

@description('Name of the storage account of the events.')
output EVENT_STORAGE_ACCOUNT string = eventStorage.outputs.name

@description('Its resource id, for infra/events.bicep.')
output EVENT_STORAGE_ACCOUNT_ID string = eventStorageId

@description('The queue that the app reads.')
output IMAGE_EVENTS_QUEUE string = imageEventsQueue

@description('The system topics, for infra/events.bicep.')
output EVENT_TOPICS systemTopic[] = topics

@description('Name of the event subscription of each.')
output EVENT_SUBSCRIPTION string = eventSubscriptionName(eventStorageId)
