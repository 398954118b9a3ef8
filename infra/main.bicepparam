using 'main.bicep'

// Parameters from the azd environment (`azd env set NAME VALUE`). What is not set has the default of main.bicep, said here
// again because a variable has to have one. Lists and objects are JSON; an empty text (`azd env set NAME ''`) is none.

var tagsText = readEnvironmentVariable('ROLLOUT_TAGS', '')
var roleScopesText = readEnvironmentVariable('ROLE_SCOPES_OVERRIDE', '')
var existingSystemTopicsText = readEnvironmentVariable('EXISTING_SYSTEM_TOPICS', '')
var secretsText = readEnvironmentVariable('ROLLOUT_SECRETS', '')

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'rollout')
param location = readEnvironmentVariable('AZURE_LOCATION', 'southcentralus')
param resourceGroupName = readEnvironmentVariable(
  'AZURE_RESOURCE_GROUP',
  'rg-${readEnvironmentVariable('AZURE_ENV_NAME', 'rollout')}'
)
param tags = json(empty(tagsText) ? '{}' : tagsText)

param durableProvider = readEnvironmentVariable('DURABLE_PROVIDER', 'durableTaskScheduler')
param retentionDays = int(readEnvironmentVariable('RETENTION_DAYS', '30'))

// null: the groups of rollouts.yaml.
param roleScopes = json(empty(roleScopesText) ? 'null' : roleScopesText)
param allowResourceGroupCreation = bool(readEnvironmentVariable('ALLOW_RESOURCE_GROUP_CREATION', 'false'))

param eventScope = readEnvironmentVariable('EVENT_SCOPE', 'resourceGroups')
param existingSystemTopics = json(empty(existingSystemTopicsText) ? '[]' : existingSystemTopicsText)
// A hook deploys them afterwards (events.bicep), as often as it takes until roles have propagated.
param deployEventSubscriptions = false

param networkIsolation = bool(readEnvironmentVariable('NETWORK_ISOLATION', 'false'))
param virtualNetworkPrefix = readEnvironmentVariable('VIRTUAL_NETWORK_PREFIX', '10.60.0.0/24')
param entraClientId = readEnvironmentVariable('ENTRA_CLIENT_ID', '')
// Addresses: { "SCALE_SET_ADMIN_PASSWORD": { "uri": "https://…", "resourceGroup": "…" } }
param secrets = json(empty(secretsText) ? '{}' : secretsText)

param actionGroupId = readEnvironmentVariable('ACTION_GROUP_ID', '')
param logRetentionDays = int(readEnvironmentVariable('LOG_RETENTION_DAYS', '30'))
param instanceMemoryMB = json(readEnvironmentVariable('INSTANCE_MEMORY_MB', '2048'))
param maximumInstanceCount = int(readEnvironmentVariable('MAXIMUM_INSTANCE_COUNT', '40'))
param paused = bool(readEnvironmentVariable('PAUSED', 'false'))
