import { deadLetterContainer, eventSubscriptionName, imageEventsQueue } from 'names.bicep'

// The event subscription: every image that was written becomes a message in the queue.

@description('Name of the system topic.')
@minLength(3)
@maxLength(50)
param topicName string

@description('Resource id of the storage account of the events.')
@minLength(1)
param storageAccountId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: eventSubscriptionName(storageAccountId)
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    deliveryWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      destination: {
        endpointType: 'StorageQueue'
        properties: {
          resourceId: storageAccountId
          queueName: imageEventsQueue
          // Seven days, the queue's own default: how long the app may be down without losing an event.
          queueMessageTimeToLiveInSeconds: 604800
        }
      }
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storageAccountId, blobContainerName: deadLetterContainer }
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Resources.ResourceWriteSuccess']
      advancedFilters: [
        { operatorType: 'StringIn', key: 'data.operationName', values: ['Microsoft.Compute/images/write'] }
      ]
    }
    // Azure's own limits, said here so that they are not a surprise: 30 attempts within a day, then the dead letters.
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
  }
}
