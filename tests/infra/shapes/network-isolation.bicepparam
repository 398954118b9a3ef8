using '../../../infra/main.bicep'

// Reached through a virtual network only, with alerts that call somebody and a short history.

param environmentName = 'rollout'
param location = 'westeurope'
param networkIsolation = true
param retentionDays = 7
param actionGroupId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/on-call/providers/Microsoft.Insights/actionGroups/platform'
