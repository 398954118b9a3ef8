using '../../../infra/main.bicep'

// As much as goes together, each with another value than its default, and as azd deploys it: event subscriptions come
// later. retentionDays is the scheduler's, which this shape has not; network-isolation sets it.

param environmentName = 'everything'
param location = 'northeurope'
param resourceGroupName = 'gallery-rollout'
param tags = {
  team: 'platform'
  'cost-centre': '4711'
}
param durableProvider = 'azureStorage'
param allowResourceGroupCreation = true
param eventScope = 'subscription'
param deployEventSubscriptions = false
param networkIsolation = true
param virtualNetworkPrefix = '10.99.0.0/23'
param entraClientId = '00000000-0000-0000-0000-0000000000c1'
param secrets = {
  SCALE_SET_ADMIN_PASSWORD: {
    uri: 'https://rollout-secrets.vault.azure.net/secrets/scale-set-admin'
    resourceGroup: 'secrets'
  }
  BATCH_ADMIN_PASSWORD: {
    uri: 'https://rollout-secrets.vault.azure.net/secrets/batch-admin'
    resourceGroup: 'secrets'
  }
}
param actionGroupId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/on-call/providers/Microsoft.Insights/actionGroups/platform'
param logRetentionDays = 90
param instanceMemoryMB = 4096
param maximumInstanceCount = 7
param paused = true
