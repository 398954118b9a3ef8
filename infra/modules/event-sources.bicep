import { existingTopic, group, systemTopic } from 'types.bicep'
import { distinct, subscriptionsOf } from 'scopes.bicep'

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

// What a topic of the group itself or of its subscription tells about needs no second one.
func isCovered(topic systemTopic, existing existingTopic[]) bool =>
  !empty(filter(
    existing,
    one => contains([toLower(topic.source), toLower(subscriptionId(topic.subscription))], toLower(one.source))
  ))

@export()
@description('All topics of the images\' groups: first those that are made, then those that exist. `home`: the app\'s group.')
func topicsOf(images group[], perSubscription bool, existing existingTopic[], home group, token string) systemTopic[] =>
  concat(
    filter(wantedTopics(distinct(images), perSubscription, home, token), topic => !isCovered(topic, existing)),
    map(existing, one => {
      name: one.name
      subscription: one.?subscription ?? home.subscription
      resourceGroup: one.resourceGroup
      source: one.source
      exists: true
    })
  )
