import { systemTopic } from 'modules/types.bicep'

targetScope = 'subscription'

metadata name = 'Gallery Rollout: event subscriptions'
metadata description = 'Subscribes the queue to every system topic. A deployment of its own, so that it can be repeated while roles propagate.'

@description('The system topics, as the output EVENT_TOPICS of main.bicep lists them.')
@minLength(1)
param topics systemTopic[]

@description('Resource id of the storage account of the events.')
@minLength(1)
param eventStorageAccountId string

module subscriptions 'modules/event-subscription.bicep' = [
  for topic in topics: {
    scope: resourceGroup(topic.subscription, topic.resourceGroup)
    params: { topicName: topic.name, storageAccountId: eventStorageAccountId }
  }
]
