import { systemTopic, tagMap } from 'types.bicep'

targetScope = 'subscription'

// The system topics, and the right of each to deliver. Event subscriptions come later: Event Grid tries the role when
// one is created, and drops or dead-letters what it may not deliver.

@description('All topics; those that exist are only looked at.')
param topics systemTopic[]

@description('Resource group of the app.')
@minLength(1)
@maxLength(90)
param appResourceGroup string

@description('Name of the storage account of the events, in that group.')
@minLength(3)
@maxLength(24)
param storageAccountName string

@description('Tags.')
param tags tagMap

var created = filter(topics, topic => !topic.exists)
var found = filter(topics, topic => topic.exists)

module newTopics 'system-topic.bicep' = [
  for topic in created: {
    scope: resourceGroup(topic.subscription, topic.resourceGroup)
    params: { name: topic.name, source: topic.source, tags: tags }
  }
]

module existingTopics 'existing-topic.bicep' = [
  for topic in found: {
    scope: resourceGroup(topic.subscription, topic.resourceGroup)
    params: { name: topic.name, source: topic.source }
  }
]

module newDeliveries 'event-delivery.bicep' = [
  for (topic, index) in created: {
    scope: resourceGroup(appResourceGroup)
    params: { storageAccountName: storageAccountName, principalId: newTopics[index].outputs.principalId }
  }
]

module existingDeliveries 'event-delivery.bicep' = [
  for (topic, index) in found: {
    scope: resourceGroup(appResourceGroup)
    params: { storageAccountName: storageAccountName, principalId: existingTopics[index].outputs.principalId }
  }
]
