using '../../../infra/main.bicep'

// Images in two groups, a topic each; scale sets in two groups, one of them written in two ways.

param environmentName = 'rollout'
param location = 'westeurope'
param roleScopes = {
  images: [
    { subscription: '00000000-0000-0000-0000-000000000001', resourceGroup: 'images-linux' }
    { subscription: '00000000-0000-0000-0000-000000000001', resourceGroup: 'images-windows' }
  ]
  galleries: [{ subscription: '00000000-0000-0000-0000-000000000001', resourceGroup: 'gallery' }]
  scaleSets: [
    { subscription: '00000000-0000-0000-0000-000000000001', resourceGroup: 'web' }
    { subscription: '00000000-0000-0000-0000-000000000001', resourceGroup: 'Web' }
    { subscription: '00000000-0000-0000-0000-000000000001', resourceGroup: 'batch' }
  ]
}
