using '../../../infra/main.bicep'

// Somebody has a system topic for the group of images already; it is in another group.

param environmentName = 'rollout'
param location = 'westeurope'
param existingSystemTopics = [
  {
    source: '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/myResourceGroup'
    name: 'images'
    resourceGroup: 'shared-events'
  }
]
