import { group, roleScopeSet } from 'types.bicep'

// Turns a rollouts file into the resource groups that the app works in. The rules are those by which the app itself
// finds an image's gallery and scale set: what names no subscription is in the image's.

func hasWildcard(text string) bool => contains(text, '*') || contains(text, '?') || contains(text, '[')

func same(left string, right string) bool => toLower(left) == toLower(right)

@export()
@description('The groups without repetition. Letter case does not count, as Azure has it.')
func distinct(groups group[]) group[] =>
  map(items(toObject(groups, one => toLower('${one.subscription}/${one.resourceGroup}'))), entry => entry.value)

@export()
@description('The subscriptions of the groups without repetition.')
func subscriptionsOf(groups group[]) string[] => union([], map(groups, one => toLower(one.subscription)))

// The one group that a profile takes images from, where the file has no list of allowed groups.
func matchedGroup(profile string, match object, home string) group =>
  hasWildcard(match.?resourceGroup ?? '*') || hasWildcard(replace(match.?subscription ?? '*', '*', ''))
    ? fail('Profile "${profile}" of rollouts.yaml matches images by a wildcard, which is no place for a role. List the groups in allowedImageGroups, or give the parameter roleScopes.')
    : { subscription: match.?subscription ?? home, resourceGroup: match.resourceGroup }

func allowedGroups(file object, home string) group[] =>
  map(file.allowedImageGroups, one => { subscription: one.?subscription ?? home, resourceGroup: one.resourceGroup })

// The groups whose images a profile may roll out.
func imageGroups(file object, profile object, home string) group[] =>
  empty(file.?allowedImageGroups ?? [])
    ? [matchedGroup(profile.key, profile.value.match, home)]
    : filter(
        allowedGroups(file, home),
        one =>
          (hasWildcard(profile.value.match.?resourceGroup ?? '*') || same(
            profile.value.match.resourceGroup,
            one.resourceGroup
          )) && (hasWildcard(profile.value.match.?subscription ?? '*') || same(
            profile.value.match.subscription,
            one.subscription
          ))
      )

// Where a profile's gallery or scale set may be: one group, or one in each subscription that its images come from.
func targetGroups(target object, images group[]) group[] =>
  map(
    contains(target, 'subscription') ? [target.subscription] : subscriptionsOf(images),
    subscription => { subscription: subscription, resourceGroup: target.resourceGroup }
  )

@export()
@description('All groups of a rollouts file. `home`: the subscription of what names none.')
func scopesOf(file object, home string) roleScopeSet => {
  images: distinct(empty(file.?allowedImageGroups ?? [])
    ? flatten(map(items(file.profiles), profile => imageGroups(file, profile, home)))
    : allowedGroups(file, home))
  galleries: distinct(flatten(map(
    items(file.profiles),
    profile => targetGroups(profile.value.gallery, imageGroups(file, profile, home))
  )))
  scaleSets: distinct(flatten(map(
    items(file.profiles),
    profile => targetGroups(profile.value.scaleSet, imageGroups(file, profile, home))
  )))
}
