using '../../../infra/main.bicep'

// The app may create groups, so that its roles hold in whole subscriptions.

param environmentName = 'rollout'
param location = 'westeurope'
param allowResourceGroupCreation = true
