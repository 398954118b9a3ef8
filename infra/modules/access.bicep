import { role, roleScopeSet } from 'types.bicep'
import { eachOnce, subscriptionsOf } from 'scopes.bicep'

targetScope = 'subscription'

// What the app may do where images, galleries and scale sets live: each row of roles.json at each group of its kind.

@description('Rows of roles.json.')
param roles role[]

@description('The groups, by kind.')
param scopes roleScopeSet

@description('Whether the app may create resource groups, in any subscription of a gallery or a scale set.')
param allowResourceGroupCreation bool

@description('Principal of the app.')
@minLength(36)
param principalId string

@description('Distinguishes this environment\'s roles from others\'.')
@minLength(1)
param token string

var targets = eachOnce(concat(scopes.galleries, scopes.scaleSets))
var groupsByKind = {
  imageGroup: eachOnce(scopes.images)
  galleryGroup: eachOnce(scopes.galleries)
  scaleSetGroup: eachOnce(scopes.scaleSets)
  networkGroup: eachOnce(scopes.scaleSets)
  everyGroup: eachOnce(concat(scopes.images, targets))
}
var groupRoles = flatten(map(
  filter(roles, row => contains(groupsByKind, row.scope)),
  row => map(groupsByKind[row.scope], place => { role: row, group: place })
))
var subscriptionKinds = concat(['subscription'], allowResourceGroupCreation ? ['resourceGroupCreation'] : [])
var subscriptionRoles = flatten(map(
  filter(roles, row => contains(subscriptionKinds, row.scope)),
  row => map(subscriptionsOf(targets), id => { role: row, subscription: id })
))

module atGroups 'group-role.bicep' = [
  for pair in groupRoles: {
    scope: resourceGroup(pair.group.subscription, pair.group.resourceGroup)
    params: { role: pair.role, principalId: principalId, token: token }
  }
]

module atSubscriptions 'subscription-role.bicep' = [
  for pair in subscriptionRoles: {
    scope: subscription(pair.subscription)
    params: { role: pair.role, principalId: principalId, token: token }
  }
]
