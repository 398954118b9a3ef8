import { eventSubscriptionName } from 'names.bicep'
import { systemTopic, tagMap } from 'types.bicep'

// Alerts. Those on the log run the queries of ../queries over what the app writes; those on Event Grid watch metrics.
// What each means and what to do about it: docs/operations.md.

@description('Region of the log alerts.')
@minLength(1)
param location string

@description('Tags.')
param tags tagMap

@description('Resource id of the workspace that the queries run in.')
@minLength(1)
param workspaceId string

@description('The system topics that deliver the events. They exist before their alerts do.')
@maxLength(50)
param topics systemTopic[]

@description('Resource id of the storage account of the events, by which this environment\'s event subscriptions are told from others\'.')
@minLength(1)
param eventStorageAccountId string

@description('Resource id of the action group that the alerts call. Empty: they are shown in the portal and call nobody.')
param actionGroupId string = ''

@description('Whether the alerts are on.')
param enabled bool = true

@description('A query of the log. `every`: how often it runs. `window`: how far it looks back, two days at most. Each value of `dimensions`, columns of the query, is an alert of its own that names it.')
@sealed()
type logAlert = {
  name: string
  displayName: string
  description: string
  severity: 0 | 1 | 2 | 3 | 4
  query: string
  every: 'PT5M' | 'PT15M' | 'PT1H'
  window: 'PT1H' | 'P2D'
  dimensions: string[]
}

@description('A metric of a system topic that should be zero.')
@sealed()
type topicAlert = {
  name: string
  displayName: string
  description: string
  severity: 0 | 1 | 2 | 3 | 4
  metric: 'DeadLetteredCount' | 'DroppedEventCount' | 'DeliveryAttemptFailCount'
  above: int
}

var logAlerts logAlert[] = [
  {
    name: 'rollout-failed'
    displayName: 'A rollout failed'
    description: 'The result names the rollout, the error\'s code, the resource at fault and what to do. Then start the rollout again: it goes on from what exists.'
    severity: 1
    query: loadTextContent('../queries/rollout-failed.kql')
    every: 'PT5M'
    window: 'PT1H'
    dimensions: ['rollout', 'profile', 'code']
  }
  {
    name: 'rollout-overdue'
    displayName: 'A rollout is overdue'
    description: 'It neither ended in the time that its profile gives it nor gave a sign of life for half a day. See whether the function app runs and whether its scheduler or storage can be reached; then look at the rollout (rollout show), cancel it, and start it again.'
    severity: 1
    query: loadTextContent('../queries/rollout-overdue.kql')
    every: 'PT1H'
    window: 'P2D'
    dimensions: ['rollout', 'profile']
  }
  {
    name: 'poison-queue'
    displayName: 'A message went to the poison queue'
    description: 'An image event was given up or could not be understood, so an image may not have been rolled out. The message is kept for seven days: see what is wrong with it, mend the cause and put it back, or start the rollout by hand.'
    severity: 2
    query: loadTextContent('../queries/poison-queue.kql')
    every: 'PT15M'
    window: 'PT1H'
    dimensions: ['cause']
  }
  {
    name: 'message-undeliverable'
    displayName: 'A message cannot be handled'
    description: 'The message of an image keeps coming back. Where the cause names an action, the app\'s identity lacks that permission on the image\'s resource group: grant it before the deliveries run out, half an hour after the first.'
    severity: 2
    query: loadTextContent('../queries/message-undeliverable.kql')
    every: 'PT5M'
    window: 'PT1H'
    dimensions: ['image', 'cause']
  }
]

var topicAlerts topicAlert[] = [
  {
    name: 'dead-letters'
    displayName: 'Events were dead-lettered'
    description: 'Event Grid gave up events of images, mostly because a role had not arrived yet. They lie in the container dead-letters of the events\' storage account: mend the cause, then put them into the queue.'
    severity: 1
    metric: 'DeadLetteredCount'
    above: 0
  }
  {
    name: 'dropped-events'
    displayName: 'Events were lost'
    description: 'Event Grid could neither deliver events of images nor keep them. Check the roles of the topic\'s identity on the events\' storage account, then start the rollouts of the images that were written meanwhile by hand.'
    severity: 1
    metric: 'DroppedEventCount'
    above: 0
  }
  {
    name: 'failed-deliveries'
    displayName: 'Events cannot be delivered'
    description: 'Event Grid has failed to deliver events several times within an hour and tries again for a day. Check the roles of the topic\'s identity on the events\' storage account, and its firewall.'
    severity: 3
    metric: 'DeliveryAttemptFailCount'
    above: 5
  }
]

var watchedTopics = flatten(map(topics, topic => map(topicAlerts, alert => { topic: topic, alert: alert })))
var subscriptionName = eventSubscriptionName(eventStorageAccountId)
var actionGroups = empty(actionGroupId) ? [] : [actionGroupId]

resource logRules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in logAlerts: {
    name: 'alert-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.displayName
      description: alert.description
      severity: alert.severity
      enabled: enabled
      scopes: [workspaceId]
      evaluationFrequency: alert.every
      windowSize: alert.window
      // Each alert tells once and resolves itself when the window no longer holds its cause. Muting would hide the
      // second rollout that fails for the first one's sake, and cannot be combined with it.
      autoMitigate: true
      // A new workspace knows a table only once something was written to it. The queries are checked with their files.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
            dimensions: [for column in alert.dimensions: { name: column, operator: 'Include', values: ['*'] }]
          }
        ]
      }
      actions: { actionGroups: actionGroups }
    }
  }
]

resource topicRules 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for watched in watchedTopics: {
    name: 'alert-${watched.alert.name}-${watched.topic.name}-${uniqueString(watched.topic.source)}'
    location: 'global'
    tags: tags
    properties: {
      description: '${watched.alert.displayName}. ${watched.alert.description}'
      severity: watched.alert.severity
      enabled: enabled
      scopes: [
        resourceId(
          watched.topic.subscription,
          watched.topic.resourceGroup,
          'Microsoft.EventGrid/systemTopics',
          watched.topic.name
        )
      ]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT1H'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: watched.alert.metric
            metricNamespace: 'Microsoft.EventGrid/systemTopics'
            metricName: watched.alert.metric
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            threshold: watched.alert.above
            // A topic may be shared: others' subscriptions are their own business. Event Grid writes names in upper
            // case where it makes folders of them, so both are asked for.
            dimensions: [
              {
                name: 'EventSubscriptionName'
                operator: 'Include'
                values: [subscriptionName, toUpper(subscriptionName)]
              }
            ]
          }
        ]
      }
      actions: [for id in actionGroups: { actionGroupId: id }]
    }
  }
]
