using '../../../infra/main.bicep'

// Entra ID guards the HTTP API, and the admin password comes from a key vault.

param environmentName = 'rollout'
param location = 'westeurope'
param entraClientId = '00000000-0000-0000-0000-0000000000c1'
param secrets = {
  SCALE_SET_ADMIN_PASSWORD: {
    uri: 'https://rollout-secrets.vault.azure.net/secrets/scale-set-admin'
    resourceGroup: 'secrets'
  }
}
