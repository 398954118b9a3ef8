import { tagMap } from 'types.bicep'

// The virtual network of the isolated app: one subnet that it sends through, one for private endpoints.

@description('Name of the network.')
@minLength(2)
@maxLength(64)
param name string

@description('Region.')
@minLength(1)
param location string

@description('Tags.')
param tags tagMap

@description('Address space, at least a /24.')
@minLength(9)
@maxLength(18)
param addressPrefix string

// No rules beyond Azure's own: nothing comes in from the internet.
resource security 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: '${name}-nsg'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          networkSecurityGroup: { id: security.id }
          // Flex Consumption takes this delegation, not that of other plans. Its way out to the internet is the
          // platform's business: private subnets do not apply to delegated ones ("Default outbound access").
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'private-endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          networkSecurityGroup: { id: security.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }

  resource appSubnet 'subnets' existing = { name: 'app' }

  resource endpointSubnet 'subnets' existing = { name: 'private-endpoints' }
}

@description('Resource id.')
output id string = network.id

@description('Resource id of the subnet that the app sends through.')
output appSubnetId string = network::appSubnet.id

@description('Resource id of the subnet of the private endpoints.')
output endpointSubnetId string = network::endpointSubnet.id
