using 'events.bicep'

// What `azd provision` has put into the environment: the outputs of main.bicep. An empty list is refused.

param topics = json(readEnvironmentVariable('EVENT_TOPICS', '[]'))
param eventStorageAccountId = readEnvironmentVariable('EVENT_STORAGE_ACCOUNT_ID', 'not in the environment')
