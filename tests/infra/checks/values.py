"""What people set arrives: each parameter's value stands where it belongs, in every shape, defaults included."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.infra.snapshot import DEFINITION, Snapshot
from tests.infra.tree import SITE, Tree

WITHOUT_TAGS = ("Microsoft.Authorization/", "Microsoft.Insights/diagnosticSettings")
LOG_ALERT, METRIC_ALERT = "Microsoft.Insights/scheduledQueryRules", "Microsoft.Insights/metricAlerts"


def _scale(name: str) -> Callable[[Snapshot], list[Any]]:
    return lambda one: [site.properties["functionAppConfig"]["scaleAndConcurrency"][name] for site in one.of(SITE)]


def _setting(name: str) -> Callable[[Snapshot], list[Any]]:
    return lambda one: [_settings(one).get(name, "false") == "true"]


def _tags(snapshot: Snapshot) -> list[Any]:
    """The tags of each resource that takes some: those of the first level do."""
    return [
        {
            name: value
            for name, value in one.body.get("tags", {}).items()
            if name not in ("azd-env-name", "azd-service-name")
        }
        for one in snapshot.resources
        if one.type.count("/") == 1 and not one.type.startswith(WITHOUT_TAGS)
    ]


def _environments(snapshot: Snapshot) -> list[Any]:
    return [one.body["tags"].get("azd-env-name") for one in snapshot.resources if "tags" in one.body]


def _locations(snapshot: Snapshot) -> list[Any]:
    found = [one.body["location"] for one in snapshot.resources if "location" in one.body]
    return [location for location in found if location != "global"]


def _retention(snapshot: Snapshot) -> list[Any]:
    policies = snapshot.of("Microsoft.DurableTask/schedulers/retentionPolicies")
    return [rule["retentionPeriodInDays"] for one in policies for rule in one.properties["retentionPolicies"]]


def _called(snapshot: Snapshot) -> list[Any]:
    """The action group of each alert, empty where it calls nobody."""
    logs = [one.properties["actions"]["actionGroups"] for one in snapshot.of(LOG_ALERT)]
    metrics = [[group["actionGroupId"] for group in one.properties["actions"]] for one in snapshot.of(METRIC_ALERT)]
    return [",".join(groups) for groups in [*logs, *metrics]]


def _client(snapshot: Snapshot) -> list[Any]:
    """The client whose tokens the platform takes; empty where it asks for none."""
    providers = [one.properties["identityProviders"] for one in snapshot.of("Microsoft.Web/sites/config")]
    return [one["azureActiveDirectory"]["registration"]["clientId"] for one in providers] or [""]


def _secrets(snapshot: Snapshot) -> list[Any]:
    found = {
        name: re.fullmatch(r"@Microsoft\.KeyVault\(SecretUri=(.*)\)", text)
        for name, text in _settings(snapshot).items()
    }
    return [{name: reference[1] for name, reference in found.items() if reference}]


def _may_make_groups(snapshot: Snapshot) -> list[Any]:
    """What the app is told, and what it is allowed."""
    makes = "Microsoft.Resources/subscriptions/resourceGroups/write"
    allowed = any(makes in one.properties["permissions"][0]["actions"] for one in snapshot.of(DEFINITION))
    return [*_setting("ALLOW_RESOURCE_GROUP_CREATION")(snapshot), allowed]


def _properties(kind: str, name: str) -> Callable[[Snapshot], list[Any]]:
    return lambda one: [found.properties[name] for found in one.of(kind)]


ARRIVES: dict[str, Callable[[Snapshot], list[Any]]] = {
    "actionGroupId": _called,
    "allowResourceGroupCreation": _may_make_groups,
    "deployEventSubscriptions": lambda one: [bool(one.of("Microsoft.EventGrid/systemTopics/eventSubscriptions"))],
    "durableProvider": lambda one: [
        "durableTaskScheduler" if one.of("Microsoft.DurableTask/schedulers") else "azureStorage"
    ],
    "entraClientId": _client,
    "environmentName": _environments,
    "instanceMemoryMB": _scale("instanceMemoryMB"),
    "location": _locations,
    "logRetentionDays": _properties("Microsoft.OperationalInsights/workspaces", "retentionInDays"),
    "maximumInstanceCount": _scale("maximumInstanceCount"),
    "networkIsolation": lambda one: [bool(one.of("Microsoft.Network/privateEndpoints"))],
    "paused": _setting("AzureWebJobs.image_event.Disabled"),
    "resourceGroupName": lambda one: [group.name for group in one.of("Microsoft.Resources/resourceGroups")],
    "retentionDays": _retention,
    "secrets": _secrets,
    "tags": _tags,
    "virtualNetworkPrefix": lambda one: [
        prefix
        for network in one.of("Microsoft.Network/virtualNetworks")
        for prefix in network.properties["addressSpace"]["addressPrefixes"]
    ],
}
"""Where each parameter shows in a snapshot: a list of values, each of which must be the parameter's."""

ELSEWHERE = {
    "eventScope": "topics_are_of_their_sources_type and the golden lists",
    "existingSystemTopics": "an_existing_topic_is_never_written and the golden lists",
    "roleScopes": "the golden lists",
}
"""Parameters that say which resources there are; what looks at those."""


def each_value_arrives_where_it_belongs(tree: Tree) -> Iterator[str]:
    """The value that the shape's file gives, else the template's default."""
    for shape, snapshot in tree.snapshots.items():
        for name, places in ARRIVES.items():
            wanted, found = _wanted(tree, shape, name), places(snapshot)
            yield from (f"{shape}: {name} is {wanted!r}, but somewhere {one!r}" for one in found if one != wanted)


def every_parameter_has_another_value_in_some_shape(tree: Tree) -> Iterator[str]:
    """Of a default alone nobody could tell a value that arrives from one that is written out."""
    for name in tree.template.content["parameters"]:
        if name not in ARRIVES and name not in ELSEWHERE:
            yield f"{name}: nothing says where it arrives"
        if not any(name in tree.given(shape) for shape in tree.shapes):
            yield f"{name}: no shape sets it"
    for name, places in ARRIVES.items():
        seen = {json.dumps(one) for snapshot in tree.snapshots.values() for one in places(snapshot)}
        if len(seen) < 2:
            yield f"{name}: it is {seen} in every shape"


def _wanted(tree: Tree, shape: str, name: str) -> Any:
    """The parameter's value in the shape: written out in its file, or the default."""
    text = tree.given(shape).get(name)
    if name in ("secrets", "tags"):
        inner = r"(\w+): \{\s+uri: '([^']*)'" if name == "secrets" else r"'?([\w-]+)'?: '([^']*)'"
        return dict(re.findall(inner, text or ""))
    if text is None:
        default = tree.template.content["parameters"][name]["defaultValue"]
        return "rg-" + _wanted(tree, shape, "environmentName") if name == "resourceGroupName" else default
    return text.strip("'") if text.startswith("'") else json.loads(text)


def _settings(snapshot: Snapshot) -> dict[str, str]:
    (site,) = snapshot.of(SITE)
    return {one["name"]: one["value"] for one in site.properties["siteConfig"]["appSettings"]}


CHECKS = (each_value_arrives_where_it_belongs, every_parameter_has_another_value_in_some_shape)
