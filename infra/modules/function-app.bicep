import { imageEventsQueue, packageContainer, taskHub } from 'names.bicep'
import { secretMap, storageEndpoints, tagMap } from 'types.bicep'

// The function app on Flex Consumption, and the plan that belongs to it alone.

@description('Name of the app, and of its host name.')
@minLength(2)
@maxLength(60)
param name string

@description('Name of the plan.')
@minLength(1)
@maxLength(40)
param planName string

@description('Region.')
@minLength(1)
param location string

@description('Tags.')
param tags tagMap

@description('Resource id of the app\'s identity.')
@minLength(1)
param identityId string

@description('Client id of the app\'s identity.')
@minLength(36)
param clientId string

@description('Addresses of the host\'s storage.')
param hostStorage storageEndpoints

@description('Address of the queues of the events\' storage, with a slash at the end.')
@minLength(1)
param eventQueueEndpoint string

@description('Whether Durable Functions keeps its state in the scheduler.')
param usesScheduler bool

@description('Connection to the scheduler, where it is used.')
param schedulerConnection string

@description('Connection to Application Insights.')
@minLength(1)
param telemetryConnection string

@description('Whether callers need the roles Rollout.Read and Rollout.Operate of the app registration.')
param requireAppRoles bool

@description('Whether the app may create resource groups, where a profile asks for it.')
param allowResourceGroupCreation bool

@description('Whether the function that reads the queue of the events is disabled.')
param paused bool

@description('Secrets by the name of the app setting that holds each.')
// Addresses of secrets, not the secrets.
#disable-next-line secure-secrets-in-params
param secrets secretMap

@description('Memory of an instance in megabytes.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Most instances at a time.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

@description('Subnet that the app sends through; empty: none.')
param subnetId string

@description('Whether the app is reached through a private endpoint only.')
param isolated bool

// environment() ends it with a slash; the app wants none.
var resourceManager = 'https://${split(environment().resourceManager, '/')[2]}'
// Durable Functions cannot name an identity by its resource id, so that every connection names the client id.
var settings = [
  { name: 'ARM_ENDPOINT', value: resourceManager }
  { name: 'ARM_SCOPE', value: '${resourceManager}/.default' }
  { name: 'AZURE_CLIENT_ID', value: clientId }
  { name: 'ROLLOUTS_FILE', value: 'rollouts.yaml' }
  { name: 'REQUIRE_APP_ROLES', value: requireAppRoles ? 'true' : 'false' }
  { name: 'ALLOW_RESOURCE_GROUP_CREATION', value: allowResourceGroupCreation ? 'true' : 'false' }
  { name: 'IMAGE_EVENTS_QUEUE', value: imageEventsQueue }
  { name: 'ImageEvents__queueServiceUri', value: eventQueueEndpoint }
  { name: 'ImageEvents__credential', value: 'managedidentity' }
  { name: 'ImageEvents__clientId', value: clientId }
  { name: 'AzureWebJobsStorage__blobServiceUri', value: hostStorage.blob }
  { name: 'AzureWebJobsStorage__queueServiceUri', value: hostStorage.queue }
  { name: 'AzureWebJobsStorage__tableServiceUri', value: hostStorage.table }
  { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
  { name: 'AzureWebJobsStorage__clientId', value: clientId }
  { name: 'TASKHUB_NAME', value: taskHub }
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: telemetryConnection }
  { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${clientId};Authorization=AAD' }
  { name: 'AZURE_FUNCTIONS_DURABLE_STRICT_TYPING', value: '1' }
  { name: 'PYDANTIC_DISABLE_PLUGINS', value: '__all__' }
  { name: 'PYTHON_THREADPOOL_THREAD_COUNT', value: '32' }
]
var schedulerSettings = usesScheduler
  ? [{ name: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING', value: schedulerConnection }]
  : []
var pausedSettings = paused ? [{ name: 'AzureWebJobs.image_event.Disabled', value: 'true' }] : []
var secretSettings = map(items(secrets), secret => {
  name: secret.key
  value: '@Microsoft.KeyVault(SecretUri=${secret.value.uri})'
})

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // azd finds by this tag where the service `app` of azure.yaml goes.
  tags: { ...tags, 'azd-service-name': 'app' }
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: isolated ? 'Disabled' : 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.blob}${packageContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        // One instance for everything of Durable Functions, always: timers and long waits then need no cold start.
        alwaysReady: [{ name: 'durable', instanceCount: 1 }]
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      appSettings: concat(settings, schedulerSettings, pausedSettings, secretSettings)
    }
  }

  // No user name and password for uploads: only Entra tokens.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

@description('Resource id.')
output id string = app.id

@description('Name.')
output name string = app.name

@description('Address.')
output url string = 'https://${app.properties.defaultHostName}'
