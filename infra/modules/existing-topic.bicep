// A system topic that somebody made before. It is only looked at: what is wrong with it is said, not changed.

@description('Name of the topic.')
@minLength(3)
@maxLength(50)
param name string

@description('Resource id of what it is expected to tell about.')
@minLength(51)
param source string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: name
}

@description('Principal of the topic\'s identity.')
output principalId string = toLower(topic.properties.source) != toLower(source)
  ? fail('System topic ${name} tells about ${topic.properties.source}, not about ${source}. Correct existingSystemTopics.')
  : topic.?identity.?principalId ?? fail('System topic ${name} has no system-assigned identity, which delivery needs: az eventgrid system-topic update --name ${name} --resource-group ${resourceGroup().name} --identity systemassigned')
