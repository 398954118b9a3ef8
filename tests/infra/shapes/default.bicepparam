using '../../../infra/main.bicep'

// Every parameter at its default: the groups come from rollouts.yaml.

param environmentName = 'rollout'
param location = 'westeurope'
