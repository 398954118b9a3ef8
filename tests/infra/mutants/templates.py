"""Faults in the order of things, in names, in what is committed, and in what the template gives away."""

from tests.infra.mutants import Mutant

MAIN = "infra/main.bicep"
NAMES = "infra/modules/names.bicep"
COMPILED = "infra/main.json"
SUBSCRIBE = "  dependsOn: [topicsAndDelivery]\n}\n\nmodule alerts"

MUTANTS = (
    Mutant(
        "a second resource group",
        MAIN,
        "module identity 'modules/identity.bicep'",
        "resource other 'Microsoft.Resources/resourceGroups@2025-04-01' = {\n  name: 'rg-other'\n"
        "  location: location\n}\n\nmodule identity 'modules/identity.bicep'",
        "exactly_one_resource_group_is_made",
    ),
    Mutant(
        "event subscriptions do not wait for roles",
        MAIN,
        SUBSCRIBE,
        "  dependsOn: [eventStorage]\n}\n\nmodule alerts",
        "event_subscriptions_come_after_the_rights_to_deliver",
    ),
    Mutant(
        "event subscriptions do not wait for the queue",
        MAIN,
        "  dependsOn: [eventStorage]\n",
        "  dependsOn: [group]\n",
        "event_subscriptions_come_after_queue_and_container",
    ),
    Mutant(
        "the app does not wait for its storage",
        MAIN,
        "hostStorage: hostStorage.outputs.endpoints",
        "hostStorage: { blob: 'https://blob/', queue: 'https://queue/', table: 'https://table/' }",
        "the_app_comes_after_its_storage_and_its_rights",
    ),
    Mutant(
        "the app does not wait for the queue of the events",
        MAIN,
        "eventQueueEndpoint: eventStorage.outputs.queueEndpoint",
        "eventQueueEndpoint: 'https://queue/'",
        "the_app_comes_after_its_storage_and_its_rights",
    ),
    Mutant(
        "the app does not wait for the right to read its secrets",
        MAIN,
        "  dependsOn: [secretAccess]\n",
        "",
        "the_app_comes_after_its_storage_and_its_rights",
    ),
    Mutant(
        "a circle",
        COMPILED,
        '"type": "Microsoft.Resources/resourceGroups",',
        '"type": "Microsoft.Resources/resourceGroups", "dependsOn": ["app"],',
        "nothing_waits_for_itself",
    ),
    Mutant(
        "waiting for what is not there",
        COMPILED,
        '"topicsAndDelivery": {\n',
        '"topicsAndDeliveries": {\n',
        "everything_of_dependson_exists",
    ),
    Mutant(
        "a deployment's name that is too long",
        MAIN,
        "module access 'modules/access.bicep' = {\n",
        "module access 'modules/access.bicep' = {\n  name: '${environmentName}-access-to-images-and-galleries'\n",
        "deployments_have_names_that_fit",
    ),
    Mutant(
        "one account for everything",
        NAMES,
        "eventStorage: 'stevents${token}'",
        "eventStorage: 'sthost${token}'",
        "no_resource_is_made_twice",
    ),
    Mutant(
        "a site's name that begins like another's",
        NAMES,
        "app: 'func-${token}'",
        "app: 'func-gallery-rollout-of-images-${token}'",
        "the_site_is_told_from_others_by_its_first_characters",
    ),
    Mutant(
        "a storage account's name with a dash",
        NAMES,
        "hostStorage: 'sthost${token}'",
        "hostStorage: 'st-host-${token}'",
        "names_are_such_as_azure_takes",
    ),
    Mutant(
        "an output that asks for a key",
        "infra/modules/scheduler.bicep",
        "output id string = scheduler.id",
        "output id string = scheduler.listKeys().key",
        "nothing_asks_azure_for_a_key",
    ),
    Mutant(
        "a module from a registry",
        MAIN,
        "'modules/identity.bicep'",
        "'br/public:avm/res/managed-identity/user-assigned-identity:0.4.1'",
        "no_module_comes_from_a_registry",
    ),
    Mutant(
        "an output that looks like a secret",
        MAIN,
        "output APP_CLIENT_ID string",
        "output APP_CLIENT_SECRET string",
        "outputs_hold_no_secret",
    ),
    Mutant(
        "a parameter that nobody describes",
        MAIN,
        "@description('Region of everything that has one.')\n",
        "",
        "every_parameter_is_described",
    ),
    Mutant(
        "a number without bounds",
        MAIN,
        "@minValue(1)\n@maxValue(1000)\nparam maximumInstanceCount",
        "param maximumInstanceCount",
        "parameters_have_limits",
    ),
    Mutant(
        "a path of somebody's machine",
        MAIN,
        "targetScope = 'subscription'",
        "targetScope = 'subscription'\n\n// from /home/somebody/infra",
        "the_template_names_no_path_of_a_machine",
    ),
    Mutant(
        "another format",
        MAIN,
        "targetScope = 'subscription'",
        "targetScope   =   'subscription'",
        "sources_are_formatted",
    ),
    Mutant(
        "a parameter that nobody uses",
        MAIN,
        "@description('Region of everything that has one.')\n",
        "@description('Nothing.')\n@minLength(1)\nparam unused string = 'x'\n\n"
        "@description('Region of everything that has one.')\n",
        "sources_compile_without_a_diagnostic",
    ),
    Mutant(
        "a misspelt property",
        "infra/modules/system-topic.bicep",
        "    source: source\n",
        "    sorce: source\n",
        "sources_compile_without_a_diagnostic",
    ),
    Mutant(
        "a compiled template of yesterday",
        COMPILED,
        '"Name of the function app."\n      },\n      "value"',
        '"Name of the app."\n      },\n      "value"',
        "the_compiled_template_is_that_of_the_sources",
    ),
    Mutant(
        "a snapshot of yesterday",
        "tests/infra/shapes/default.snapshot.json",
        '"maximumInstanceCount": 40',
        '"maximumInstanceCount": 20',
        "snapshots_are_those_of_the_sources",
    ),
    Mutant(
        "an existing topic may tell about anything",
        "infra/modules/existing-topic.bicep",
        "toLower(topic.properties.source) != toLower(source)",
        "empty(source)",
        "what_would_not_work_stops_the_deployment",
    ),
    Mutant(
        "an existing topic may have no identity",
        "infra/modules/existing-topic.bicep",
        "topic.?identity.?principalId ?? fail('",
        "topic.?identity.?principalId ?? string('",
        "what_would_not_work_stops_the_deployment",
    ),
    Mutant(
        "a vault may use access policies",
        "infra/modules/secret-access.bicep",
        "enableRbacAuthorization ?? false",
        "enableRbacAuthorization ?? true",
        "what_would_not_work_stops_the_deployment",
    ),
    Mutant(
        "a vault that is refused is taken",
        "infra/modules/secret-access.bicep",
        ": fail('Key vault",
        ": string('Key vault",
        "what_would_not_work_stops_the_deployment",
    ),
)
