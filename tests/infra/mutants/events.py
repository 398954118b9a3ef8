"""Faults in what Event Grid delivers, and in who may."""

from tests.infra.mutants import Mutant

SUBSCRIPTION = "infra/modules/event-subscription.bicep"
TOPIC = "infra/modules/system-topic.bicep"
DELIVERY = "infra/modules/event-delivery.bicep"
NAMES = "infra/modules/names.bicep"
STORAGE = "infra/modules/event-storage.bicep"

MUTANTS = (
    Mutant(
        "a filter on another operation",
        SUBSCRIPTION,
        "values: ['Microsoft.Compute/images/write']",
        "values: ['Microsoft.Compute/images/delete']",
        "the_filter_lets_written_images_through_and_nothing_else",
    ),
    Mutant(
        "a filter that begins like ours",
        SUBSCRIPTION,
        "operatorType: 'StringIn', key: 'data.operationName', values: ['Microsoft.Compute/images/write']",
        "operatorType: 'StringBeginsWith', key: 'data.operationName', values: ['Microsoft.Compute/']",
        "the_filter_lets_written_images_through_and_nothing_else",
    ),
    Mutant(
        "a filter on a field that no event has",
        SUBSCRIPTION,
        "key: 'data.operationName'",
        "key: 'data.operation'",
        "the_filter_lets_written_images_through_and_nothing_else",
    ),
    Mutant(
        "an operator that does not exist",
        SUBSCRIPTION,
        "operatorType: 'StringIn'",
        "operatorType: 'StringEquals'",
        "sources_compile_without_a_diagnostic",
    ),
    Mutant(
        "another event type",
        SUBSCRIPTION,
        "includedEventTypes: ['Microsoft.Resources.ResourceWriteSuccess']",
        "includedEventTypes: ['Microsoft.Resources.ResourceActionSuccess']",
        "the_filter_and_the_parser_name_the_same_things",
    ),
    Mutant(
        "dead letters without an identity",
        SUBSCRIPTION,
        "identity: { type: 'SystemAssigned' }\n      deadLetterDestination",
        "deadLetterDestination",
        "deliveries_use_the_topics_identity",
    ),
    Mutant(
        "events to a queue that nobody makes",
        SUBSCRIPTION,
        "queueName: imageEventsQueue",
        "queueName: 'images'",
        "deliveries_reach_a_queue_and_a_container_that_are_made",
    ),
    Mutant(
        "dead letters to a container that nobody makes",
        SUBSCRIPTION,
        "blobContainerName: deadLetterContainer",
        "blobContainerName: 'letters'",
        "deliveries_reach_a_queue_and_a_container_that_are_made",
    ),
    Mutant(
        "a message that is gone after an hour",
        SUBSCRIPTION,
        "queueMessageTimeToLiveInSeconds: 604800",
        "queueMessageTimeToLiveInSeconds: 3600",
        "deliveries_say_how_long_they_try",
    ),
    Mutant(
        "a wrong type of topic",
        TOPIC,
        "? 'Microsoft.Resources.ResourceGroups'",
        "? 'Microsoft.Resources.Resourcegroup'",
        "topics_are_of_their_sources_type",
    ),
    Mutant(
        "a topic without an identity",
        TOPIC,
        "  identity: { type: 'SystemAssigned' }\n",
        "  identity: { type: 'None' }\n",
        "topics_have_an_identity_of_their_own",
    ),
    Mutant(
        "Message Sender at the queue alone",
        DELIVERY,
        "resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  scope: account\n",
        "resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-08-01' existing = {\n"
        "  name: '${storageAccountName}/default/image-events'\n}\n\n"
        "resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  scope: queue\n",
        "topics_may_deliver_and_nothing_else",
    ),
    Mutant(
        "a wrong digit in a role's id",
        NAMES,
        "storageQueueDataMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'",
        "storageQueueDataMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80b'",
        "roles_are_known_and_principals_are_ours",
    ),
    Mutant(
        "another role of the same family",
        NAMES,
        "storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'",
        "storageBlobDataContributor: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'",
        "assignments_are_those_of_the_golden_list",
    ),
    Mutant(
        "an assignment whose name forgets the principal",
        DELIVERY,
        "name: guid(account.id, principalId, builtInRoles.storageQueueDataMessageSender)",
        "name: guid(account.id, builtInRoles.storageQueueDataMessageSender)",
        "assignment_names_carry_the_principal",
    ),
    Mutant(
        "a principal whose kind Azure has to guess",
        STORAGE,
        "    principalType: 'ServicePrincipal'\n    roleDefinitionId: reader.id\n",
        "    roleDefinitionId: reader.id\n",
        "roles_are_known_and_principals_are_ours",
    ),
    Mutant(
        "an existing topic is written",
        "infra/modules/event-sources.bicep",
        "exists: true",
        "exists: false",
        "an_existing_topic_is_never_written",
        ("existing-topic",),
    ),
    Mutant(
        "one attempt at a delivery",
        "infra/modules/event-subscription.bicep",
        "maxDeliveryAttempts: 30",
        "maxDeliveryAttempts: 1",
        "deliveries_say_how_long_they_try",
    ),
    Mutant(
        "an hour of attempts",
        "infra/modules/event-subscription.bicep",
        "eventTimeToLiveInMinutes: 1440",
        "eventTimeToLiveInMinutes: 60",
        "deliveries_say_how_long_they_try",
    ),
)
