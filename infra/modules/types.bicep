// Shapes of parameters that more than one file uses. A mistake in one of them stops the deployment before it starts.

@export()
@description('Where Durable Functions keeps its state.')
type durableProviderName = 'durableTaskScheduler' | 'azureStorage'

@export()
@description('An id of a subscription, a tenant, an application or a principal.')
@minLength(36)
@maxLength(36)
type guidText = string

@export()
@description('Name of a resource group.')
@minLength(1)
@maxLength(90)
type resourceGroupNameText = string

@export()
@description('A resource group that exists already.')
@sealed()
type group = {
  @description('Id of its subscription.')
  subscription: guidText
  @description('Its name.')
  resourceGroup: resourceGroupNameText
}

@export()
@description('The groups that the app works in: where images come from, where galleries and where scale sets live.')
@sealed()
type roleScopeSet = {
  @description('Groups whose images may be rolled out.')
  @minLength(1)
  images: group[]
  @description('Groups of the galleries.')
  @minLength(1)
  galleries: group[]
  @description('Groups of the scale sets and of their network.')
  @minLength(1)
  scaleSets: group[]
}

@export()
@description('A row of roles.json: what the app may do, and in which kind of place.')
type role = {
  @description('What the role is for; part of its name in Azure.')
  @minLength(1)
  @maxLength(64)
  name: string
  @description('The kind of place.')
  scope:
    | 'imageGroup'
    | 'galleryGroup'
    | 'scaleSetGroup'
    | 'networkGroup'
    | 'everyGroup'
    | 'subscription'
    | 'resourceGroupCreation'
    | 'eventQueue'
  @description('What it allows, in a sentence.')
  @maxLength(1024)
  description: string
  @description('Operations of Azure Resource Manager.')
  actions: string[]
  @description('Operations on data.')
  dataActions: string[]?
  @description('Why no test without Azure can show that it is enough.')
  verified: string?
}

@export()
@description('A system topic that somebody made before. Azure allows one for each source, so this one has to be shared.')
@sealed()
type existingTopic = {
  @description('Resource id of what it tells about: a resource group of images, or their subscription.')
  @minLength(51)
  source: string
  @description('Its name.')
  @minLength(3)
  @maxLength(50)
  name: string
  @description('Its resource group.')
  resourceGroup: resourceGroupNameText
  @description('Id of its subscription; default: that of this deployment.')
  subscription: guidText?
}

@export()
@description('A system topic, made here or found: where it lives and what it tells about.')
@sealed()
type systemTopic = {
  @description('Its name.')
  @minLength(3)
  @maxLength(50)
  name: string
  @description('Its resource group.')
  resourceGroup: resourceGroupNameText
  @description('Id of its subscription.')
  subscription: guidText
  @description('Resource id of a group or a subscription.')
  @minLength(51)
  source: string
  @description('Whether it was there before; then it is never written to.')
  exists: bool
}

@export()
@description('A secret of a key vault that uses Azure RBAC.')
@sealed()
type secretReference = {
  @description('Its address, with or without a version: https://<vault>.vault.azure.net/secrets/<name>.')
  @minLength(30)
  uri: string
  @description('Resource group of the vault.')
  resourceGroup: resourceGroupNameText
  @description('Id of the subscription of the vault; default: that of this deployment.')
  subscription: guidText?
}

@export()
@description('Secrets by the name of the app setting that holds each.')
type secretMap = {
  *: secretReference
}

@export()
@description('Tags by name.')
type tagMap = {
  @maxLength(256)
  *: string
}

@export()
@description('Addresses of a storage account, each with a slash at the end.')
@sealed()
type storageEndpoints = {
  @description('Of its blobs.')
  blob: string
  @description('Of its queues.')
  queue: string
  @description('Of its tables.')
  table: string
}

@export()
@description('Names of the resources of one environment.')
@sealed()
type resourceNameSet = {
  @description('The function app, and the beginning of its host name.')
  app: string
  @description('Application Insights.')
  component: string
  @description('Storage account of the events.')
  eventStorage: string
  @description('Storage account of the Functions host.')
  hostStorage: string
  @description('The app\'s identity.')
  identity: string
  @description('The virtual network.')
  network: string
  @description('The Flex Consumption plan.')
  plan: string
  @description('Durable Task Scheduler.')
  scheduler: string
  @description('Log Analytics workspace.')
  workspace: string
}

@export()
@description('A service of a storage account.')
type storageService = 'blob' | 'queue' | 'table'

@export()
@description('A private endpoint: which resource, and which of its services.')
@sealed()
type privateEndpoint = {
  @description('Name of the endpoint.')
  @minLength(2)
  @maxLength(64)
  name: string
  @description('Type of what is reached.')
  resourceType: 'Microsoft.DurableTask/schedulers' | 'Microsoft.Storage/storageAccounts' | 'Microsoft.Web/sites'
  @description('Its name.')
  @minLength(1)
  resourceName: string
  @description('The service of that resource (Azure: group id, or sub-resource).')
  groupId: storageService | 'scheduler' | 'sites'
}
