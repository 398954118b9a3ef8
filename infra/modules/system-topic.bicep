import { tagMap } from 'types.bicep'

// A system topic: Event Grid's stream of what happens in a resource group or a subscription.

@description('Name of the topic.')
@minLength(3)
@maxLength(50)
param name string

@description('Tags.')
param tags tagMap

@description('Resource id of the resource group or the subscription.')
@minLength(51)
param source string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  // Topics of groups and subscriptions have no region.
  location: 'global'
  tags: tags
  // System-assigned: only this kind may deliver to storage behind a firewall ("Storage queue as an event handler").
  identity: { type: 'SystemAssigned' }
  properties: {
    source: source
    topicType: contains(toLower(source), '/resourcegroups/')
      ? 'Microsoft.Resources.ResourceGroups'
      : 'Microsoft.Resources.Subscriptions'
  }
}

@description('Principal of the topic\'s identity.')
output principalId string = topic.identity.principalId
