import { group, roleScopeSet } from 'types.bicep'

// Turns a rollouts file into the resource groups that the app works in. The rules are those by which the app itself
// finds an image's gallery and scale set: what names no subscription is in the image's.

@description('What is read of a rollouts file. domain/rollouts_file.py is its whole shape, and the app checks it.')
type rolloutsFile = {
  allowedImageGroups: groupEntry[]?
  profiles: { *: profileEntry }
}

type groupEntry = { resourceGroup: string, subscription: string? }

type matchEntry = { resourceGroup: string?, subscription: string? }

type profileEntry = { match: matchEntry, gallery: groupEntry, scaleSet: groupEntry }

func groupKey(one group) string => toLower('${one.subscription}/${one.resourceGroup}')

@export()
@description('The groups without repetition. Letter case does not count, as Azure has it.')
func eachOnce(groups group[]) group[] =>
  reduce(
    groups,
    [],
    (found, one) => contains(map(found, other => groupKey(other)), groupKey(one)) ? found : concat(found, [one])
  )

@export()
@description('The subscriptions of the groups without repetition, in lower case.')
func subscriptionsOf(groups group[]) string[] => union([], map(groups, one => toLower(one.subscription)))

func hasWildcard(text string) bool => contains(text, '*') || contains(text, '?') || contains(text, '[')

func characters(text string) string[] => map(range(0, length(text)), index => substring(text, index, 1))

// Where in `value` the pattern may have come to once its next character was `next`.
func advance(places int[], next string, value string) int[] =>
  next == '*'
    ? (empty(places) ? [] : range(min(places), length(value) - min(places) + 1))
    : map(
        filter(places, at => at < length(value) && (next == '?' || startsWith(substring(value, at), next))),
        at => at + 1
      )

// `*` stands for any characters, `?` for one. Brackets, which the app understands as well, occur in no name of a group.
func matches(pattern string, value string) bool =>
  contains(
    reduce(characters(toLower(pattern)), [0], (places, next) => advance(places, next, toLower(value))),
    length(value)
  )

// A star, which the app takes for any subscription, is the same as no word about it.
func withoutStar(subscription string, home string) string => subscription == '*' ? home : subscription

// The one group that a profile takes images from, where the file has no list of allowed groups.
func matchedGroup(profile string, subscription string, resourceGroup string) group =>
  hasWildcard('${subscription}/${resourceGroup}')
    ? fail('Profile ${profile} of rollouts.yaml takes images from ${resourceGroup} in ${subscription}, and a pattern is no place for a role. List the groups in allowedImageGroups, or set the parameter roleScopes.')
    : { subscription: subscription, resourceGroup: resourceGroup }

func allowedGroups(file rolloutsFile, home string) group[] =>
  map(file.?allowedImageGroups ?? [], one => {
    subscription: one.?subscription ?? home
    resourceGroup: one.resourceGroup
  })

func someOf(groups group[], profile string) group[] =>
  empty(groups)
    ? fail('Profile ${profile} of rollouts.yaml takes images from none of allowedImageGroups, as this deployment reads them: an entry that names no subscription means the subscription of the deployment. Name it in the entry, or set the parameter roleScopes.')
    : groups

// The groups whose images a profile may roll out.
func profileImages(file rolloutsFile, name string, match matchEntry, home string) group[] =>
  empty(file.?allowedImageGroups ?? [])
    ? [matchedGroup(name, withoutStar(match.?subscription ?? home, home), match.?resourceGroup ?? '*')]
    : someOf(
        filter(
          allowedGroups(file, home),
          one =>
            matches(match.?resourceGroup ?? '*', one.resourceGroup) && matches(
              match.?subscription ?? '*',
              one.subscription
            )
        ),
        name
      )

// Where a profile's gallery or scale set may be: one group in each subscription that its images come from.
func targetGroups(target groupEntry, images group[]) group[] =>
  map(images, image => {
    subscription: target.?subscription ?? image.subscription
    resourceGroup: target.resourceGroup
  })

@export()
@description('All groups of a rollouts file. `home`: the subscription of what names none.')
func scopesOf(file rolloutsFile, home string) roleScopeSet => {
  images: eachOnce(concat(
    allowedGroups(file, home),
    flatten(map(items(file.profiles), one => profileImages(file, one.key, one.value.match, home)))
  ))
  galleries: eachOnce(flatten(map(
    items(file.profiles),
    one => targetGroups(one.value.gallery, profileImages(file, one.key, one.value.match, home))
  )))
  scaleSets: eachOnce(flatten(map(
    items(file.profiles),
    one => targetGroups(one.value.scaleSet, profileImages(file, one.key, one.value.match, home))
  )))
}
