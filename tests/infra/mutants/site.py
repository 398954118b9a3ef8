"""Faults in the function app, its storage, scheduler and telemetry."""

from tests.infra.mutants import Mutant

APP = "infra/modules/function-app.bicep"
EVENTS = "infra/modules/event-storage.bicep"
HOST = "infra/modules/host-storage.bicep"
SCHEDULER = "infra/modules/scheduler.bicep"
MONITORING = "infra/modules/monitoring.bicep"
NAMES = "infra/modules/names.bicep"

MUTANTS = (
    Mutant(
        "another version of Python",
        APP,
        "runtime: { name: 'python', version: '3.13' }",
        "runtime: { name: 'python', version: '3.99' }",
        "python_is_one_version_everywhere",
    ),
    Mutant(
        "an unknown scaling group is kept ready",
        APP,
        "name: 'durable', instanceCount: 1",
        "name: 'function:rollout', instanceCount: 1",
        "durable_has_one_instance_always_ready",
    ),
    Mutant(
        "nothing is kept ready",
        APP,
        "alwaysReady: [{ name: 'durable', instanceCount: 1 }]",
        "alwaysReady: []",
        "durable_has_one_instance_always_ready",
    ),
    Mutant(
        "a setting that Flex Consumption refuses",
        APP,
        "{ name: 'TASKHUB_NAME', value: taskHub }",
        "{ name: 'TASKHUB_NAME', value: taskHub }\n  { name: 'FUNCTIONS_WORKER_RUNTIME', value: 'python' }",
        "no_setting_is_refused_by_flex",
    ),
    Mutant(
        "a property that Flex Consumption refuses",
        APP,
        "http20Enabled: true",
        "http20Enabled: true\n      alwaysOn: true",
        "no_setting_is_refused_by_flex",
    ),
    Mutant(
        "an Elastic Premium plan",
        APP,
        "sku: { name: 'FC1', tier: 'FlexConsumption' }",
        "sku: { name: 'EP1', tier: 'ElasticPremium' }",
        "the_plan_is_flex_consumption",
    ),
    Mutant("http is allowed", APP, "httpsOnly: true", "httpsOnly: false", "the_site_takes_tokens_over_https_only"),
    Mutant(
        "FTPS is on",
        APP,
        "ftpsState: 'Disabled'",
        "ftpsState: 'FtpsOnly'",
        "the_site_takes_tokens_over_https_only",
    ),
    Mutant(
        "passwords for uploads",
        APP,
        "name: 'scm'\n    properties: { allow: false }",
        "name: 'scm'\n    properties: { allow: true }",
        "the_site_takes_tokens_over_https_only",
    ),
    Mutant(
        "the package is fetched with a key",
        APP,
        "authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }",
        "authentication: { type: 'StorageAccountConnectionString' }",
        "the_app_has_one_identity_for_everything",
    ),
    Mutant(
        "secrets are read by nobody",
        APP,
        "    keyVaultReferenceIdentity: identityId\n",
        "",
        "the_app_has_one_identity_for_everything",
    ),
    Mutant(
        "the package's container is another",
        APP,
        "value: '${hostStorage.blob}${packageContainer}'",
        "value: '${hostStorage.blob}packages'",
        "the_package_has_its_container",
    ),
    Mutant(
        "a shared key opens the events",
        EVENTS,
        "allowSharedKeyAccess: false",
        "allowSharedKeyAccess: true",
        "storage_is_locked",
    ),
    Mutant("old TLS", HOST, "minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1_0'", "storage_is_locked"),
    Mutant("public blobs", EVENTS, "allowBlobPublicAccess: false", "allowBlobPublicAccess: true", "storage_is_locked"),
    Mutant(
        "dead letters for everybody",
        EVENTS,
        "properties: { publicAccess: 'None' }",
        "properties: { publicAccess: 'Blob' }",
        "storage_is_locked",
    ),
    Mutant(
        "keys may write telemetry",
        MONITORING,
        "    DisableLocalAuth: true\n",
        "    DisableLocalAuth: false\n",
        "telemetry_takes_tokens_only",
    ),
    Mutant(
        "the scheduler lacks its list of addresses",
        SCHEDULER,
        "    ipAllowlist: ['0.0.0.0/0']\n",
        "",
        "sources_compile_without_a_diagnostic",
    ),
    Mutant(
        "the hub is called otherwise than the setting says",
        SCHEDULER,
        "resource hub 'taskHubs' = { name: taskHub }",
        "resource hub 'taskHubs' = { name: '${taskHub}2' }",
        "the_hub_and_its_provider_are_the_packages",
    ),
    Mutant(
        "the hub's name has a dash",
        NAMES,
        "var taskHub = 'GalleryRollout'",
        "var taskHub = 'gallery-rollout'",
        "the_task_hub_fits_both_providers",
    ),
    Mutant(
        "a queue is called otherwise on one side",
        EVENTS,
        "resource events 'queues' = { name: imageEventsQueue }",
        "resource events 'queues' = { name: 'events' }",
        "the_queue_has_one_name",
    ),
    Mutant(
        "the poison queue breaks the host's rule",
        NAMES,
        "var poisonQueue = '${imageEventsQueue}-poison'",
        "var poisonQueue = '${imageEventsQueue}-failed'",
        "the_queue_has_one_name",
    ),
    Mutant(
        "a queue's name in upper case",
        NAMES,
        "var imageEventsQueue = 'image-events'",
        "var imageEventsQueue = 'Image-Events'",
        "names_are_such_as_azure_takes",
    ),
)
