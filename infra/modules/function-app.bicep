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

@description('Connection to the Durable Task Scheduler; empty with the Azure Storage provider.')
param schedulerConnection string

@description('Connection to Application Insights.')
@minLength(1)
param telemetryConnection string

@description('Whether callers need the roles Rollout.Read and Rollout.Operate of the app registration.')
param requireAppRoles bool

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
var settings = {
  ARM_ENDPOINT: resourceManager
  ARM_SCOPE: '${resourceManager}/.default'
  AZURE_CLIENT_ID: clientId
  ROLLOUTS_FILE: 'rollouts.yaml'
  REQUIRE_APP_ROLES: requireAppRoles ? 'true' : 'false'
  IMAGE_EVENTS_QUEUE: imageEventsQueue
  ImageEvents__queueServiceUri: eventQueueEndpoint
  ImageEvents__credential: 'managedidentity'
  ImageEvents__clientId: clientId
  AzureWebJobsStorage__blobServiceUri: hostStorage.blob
  AzureWebJobsStorage__queueServiceUri: hostStorage.queue
  AzureWebJobsStorage__tableServiceUri: hostStorage.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: clientId
  TASKHUB_NAME: taskHub
  APPLICATIONINSIGHTS_CONNECTION_STRING: telemetryConnection
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
  AZURE_FUNCTIONS_DURABLE_STRICT_TYPING: '1'
  PYDANTIC_DISABLE_PLUGINS: '__all__'
  PYTHON_THREADPOOL_THREAD_COUNT: '32'
}
var schedulerSettings = empty(schedulerConnection)
  ? {}
  : { DURABLE_TASK_SCHEDULER_CONNECTION_STRING: schedulerConnection }
var secretSettings = mapValues(secrets, secret => '@Microsoft.KeyVault(SecretUri=${secret.uri})')

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
      appSettings: [
        for setting in items({ ...settings, ...schedulerSettings, ...secretSettings }): {
          name: setting.key
          value: setting.value
        }
      ]
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
