import { role, roleScopeSet } from 'types.bicep'
import { eachOnce, subscriptionsOf } from 'scopes.bicep'

targetScope = 'subscription'

// What the app may do where images, galleries and scale sets live: each row of roles.json at each group of its kind.

@description('Rows of roles.json.')
param roles role[]

@description('The groups, by kind.')
param scopes roleScopeSet

@description('Whether the app may create resource groups, in any subscription of a gallery or a scale set. Its roles then hold in the whole of these subscriptions.')
param allowResourceGroupCreation bool

@description('Principal of the app.')
@minLength(36)
param principalId string

@description('Distinguishes this environment\'s roles from others\'.')
@minLength(1)
param token string

var targets = eachOnce(concat(scopes.galleries, scopes.scaleSets))
var every = eachOnce(concat(scopes.images, targets))

// A group that the app has yet to make is no place for a role, so that with this option what the app does to galleries,
// scale sets and networks it may do in their whole subscriptions.
var groupsByKind = {
  imageGroup: eachOnce(scopes.images)
  ...(allowResourceGroupCreation
    ? {}
    : {
        galleryGroup: eachOnce(scopes.galleries)
        scaleSetGroup: eachOnce(scopes.scaleSets)
        networkGroup: eachOnce(scopes.scaleSets)
        everyGroup: every
      })
}
var subscriptionsByKind = {
  subscription: subscriptionsOf(targets)
  ...(allowResourceGroupCreation
    ? {
        galleryGroup: subscriptionsOf(scopes.galleries)
        scaleSetGroup: subscriptionsOf(scopes.scaleSets)
        networkGroup: subscriptionsOf(scopes.scaleSets)
        everyGroup: subscriptionsOf(every)
        resourceGroupCreation: subscriptionsOf(targets)
      }
    : {})
}
var groupRoles = flatten(map(
  filter(roles, row => contains(groupsByKind, row.scope)),
  row => map(groupsByKind[row.scope], place => { role: row, group: place })
))
var subscriptionRoles = flatten(map(
  filter(roles, row => contains(subscriptionsByKind, row.scope)),
  row => map(subscriptionsByKind[row.scope], id => { role: row, subscription: id })
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
