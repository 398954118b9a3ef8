import { secretMap } from 'types.bicep'

targetScope = 'subscription'

// The app's rights to read its secrets: one role for a secret, whatever the number of settings and versions that name it.

@description('Secrets by the name of the app setting that holds each.')
// Addresses of secrets, not the secrets.
#disable-next-line secure-secrets-in-params
param secrets secretMap

@description('Principal of the app.')
@minLength(36)
param principalId string

// By the address without its version. Letter case does not count.
var once = toObject(items(secrets), one => toLower(join(take(split(one.value.uri, '/'), 5), '/')), one => one.value)

module access 'secret-access.bicep' = [
  for secret in items(once): {
    scope: resourceGroup(secret.value.?subscription ?? subscription().subscriptionId, secret.value.resourceGroup)
    params: { secretUri: secret.value.uri, principalId: principalId }
  }
]
