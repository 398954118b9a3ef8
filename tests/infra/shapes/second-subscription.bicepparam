using '../../../infra/main.bicep'

// Images and scale sets in a second subscription as well; one topic for each subscription.

param environmentName = 'rollout'
param location = 'westeurope'
param eventScope = 'subscription'
param roleScopes = {
  images: [
    { subscription: '00000000-0000-0000-0000-000000000001', resourceGroup: 'images' }
    { subscription: '00000000-0000-0000-0000-000000000002', resourceGroup: 'images' }
  ]
  galleries: [{ subscription: '00000000-0000-0000-0000-000000000001', resourceGroup: 'gallery' }]
  scaleSets: [
    { subscription: '00000000-0000-0000-0000-000000000001', resourceGroup: 'web' }
    { subscription: '00000000-0000-0000-0000-000000000002', resourceGroup: 'web' }
  ]
}
param secrets = {
  SCALE_SET_ADMIN_PASSWORD: {
    uri: 'https://rollout-secrets.vault.azure.net/secrets/scale-set-admin/0123456789abcdef0123456789abcdef'
    resourceGroup: 'secrets'
    subscription: '00000000-0000-0000-0000-000000000002'
  }
}
