// Entra ID in front of the HTTP API: without a token of this tenant for this app nothing but the health route answers.
// Function keys stay on as the second layer; which caller may do what is said by roles of the app registration.

@description('Name of the function app.')
@minLength(2)
@maxLength(60)
param appName string

@description('Application (client) id of the app registration.')
@minLength(36)
@maxLength(36)
param clientId string

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      excludedPaths: ['/api/health']
    }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: { allowedAudiences: ['api://${clientId}', clientId] }
      }
    }
    // Callers bring a token each time; there is no browser session to keep one for.
    login: { tokenStore: { enabled: false } }
  }
}
