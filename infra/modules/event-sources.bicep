import { existingTopic, group, systemTopic } from 'types.bicep'
import { eachOnce, subscriptionsOf } from 'scopes.bicep'

// Decides which system topics there are. Azure allows one for each source, and it lives in its source's subscription.

func subscriptionId(id string) string => '/subscriptions/${id}'

func groupId(place group) string => '${subscriptionId(place.subscription)}/resourceGroups/${place.resourceGroup}'

func newTopic(source string, place group, home group, token string) systemTopic => {
  name: 'evgt-${uniqueString(toLower(source), token)}'
  subscription: place.subscription
  resourceGroup: toLower(place.subscription) == toLower(home.subscription) ? home.resourceGroup : place.resourceGroup
  source: source
  exists: false
}

// One topic for each group, or for each subscription; then `place` is the first of its groups.
func wantedTopics(images group[], perSubscription bool, home group, token string) systemTopic[] =>
  perSubscription
    ? map(
        subscriptionsOf(images),
        id => newTopic(subscriptionId(id), filter(images, one => toLower(one.subscription) == id)[0], home, token)
      )
    : map(images, one => newTopic(groupId(one), one, home, token))

// Whether a topic that exists tells about the group, by itself or as part of the group's subscription.
func tellsAbout(one existingTopic, place group) bool =>
  contains([toLower(groupId(place)), toLower(subscriptionId(place.subscription))], toLower(one.source))

func existingSystemTopic(one existingTopic, images group[], home group) systemTopic =>
  empty(filter(images, image => tellsAbout(one, image)))
    ? fail('existingSystemTopics: ${one.source} is no group of images and no subscription of one. These are taken from roleScopes.images or rollouts.yaml.')
    : {
        name: one.name
        subscription: one.?subscription ?? home.subscription
        resourceGroup: one.resourceGroup
        source: one.source
        exists: true
      }

// The groups that no existing topic tells about.
func uncovered(images group[], existing existingTopic[]) group[] =>
  filter(images, image => empty(filter(existing, one => tellsAbout(one, image))))

@export()
@description('All topics of the images\' groups: first those that are made, then those that exist. `home`: the app\'s group.')
func topicsOf(images group[], perSubscription bool, existing existingTopic[], home group, token string) systemTopic[] =>
  concat(
    wantedTopics(uncovered(eachOnce(images), existing), perSubscription, home, token),
    map(existing, one => existingSystemTopic(one, images, home))
  )
