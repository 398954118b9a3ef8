using '../../../infra/main.bicep'

// Durable Functions keeps its state in the storage of the host.

param environmentName = 'rollout'
param location = 'westeurope'
param durableProvider = 'azureStorage'
