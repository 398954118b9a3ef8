import { tagMap } from 'types.bicep'

// The app's one identity. It is user-assigned, so that its roles can be there before the app starts.

@description('Name of the identity.')
@minLength(3)
@maxLength(128)
param name string

@description('Region.')
@minLength(1)
param location string

@description('Tags.')
param tags tagMap

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id.')
output id string = identity.id

@description('Id of the service principal that roles are assigned to.')
output principalId string = identity.properties.principalId

@description('Id by which code asks for its tokens.')
output clientId string = identity.properties.clientId
