import { resourceNameSet } from 'types.bicep'

// Names and ids that more than one file uses, each said once.

@export()
@description('The queue that Event Grid fills and the app reads.')
var imageEventsQueue = 'image-events'

@export()
@description('Where the Functions host puts a message that it has given up. The ending is the host\'s own rule.')
var poisonQueue = '${imageEventsQueue}-poison'

@export()
@description('Container of the events that Event Grid could not deliver.')
var deadLetterContainer = 'dead-letters'

@export()
@description('Container of the deployed package.')
var packageContainer = 'app-package'

@export()
@description('Task hub of Durable Functions. Letters and digits only: with the Azure Storage provider it begins names of tables.')
var taskHub = 'GalleryRollout'

@export()
@description('Name of the event subscription, and in upper case of the folder of its dead letters. A topic may serve several environments, so the name tells them apart by where the events go.')
func eventSubscriptionName(storageAccountId string) string =>
  'gallery-rollout-${uniqueString(toLower(storageAccountId))}'

@export()
@description('Names of the resources of one environment. `token`: its hash of 13 characters.')
func resourceNames(token string) resourceNameSet => {
  app: 'func-${token}'
  component: 'appi-${token}'
  eventStorage: 'stevents${token}'
  hostStorage: 'sthost${token}'
  identity: 'id-${token}'
  network: 'vnet-${token}'
  plan: 'plan-${token}'
  scheduler: 'dts-${token}'
  workspace: 'log-${token}'
}

@export()
@description('Azure\'s built-in roles by their ids (Azure built-in roles, learn.microsoft.com).')
var builtInRoles = {
  durableTaskDataContributor: '0ad04412-c4d5-4796-b79c-f76d14c8d402'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageQueueDataMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}
