using '../../../infra/main.bicep'

param environmentName = 'rollout'
param location = 'southcentralus'
