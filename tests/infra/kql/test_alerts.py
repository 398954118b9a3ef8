"""The alerts, as the default shape deploys them: each query has one, within Azure Monitor's limits and of use."""

import json
from datetime import timedelta
from typing import Any

from domain.profiles import Deadlines
from orchestrators._delays import longest
from tests.infra.kql.workspace import GUIDE, QUERIES, ROOT, WINDOW, Workspace, all_queries

SNAPSHOT = ROOT / "tests" / "infra" / "shapes" / "default.snapshot.json"
LOG, METRIC, TOPIC = (
    "Microsoft.Insights/scheduledQueryRules",
    "Microsoft.Insights/metricAlerts",
    "Microsoft.EventGrid/systemTopics",
)
SPANS = {
    "PT5M": timedelta(minutes=5),
    "PT15M": timedelta(minutes=15),
    "PT1H": timedelta(hours=1),
    "P2D": timedelta(days=2),
}
MOST_DIMENSIONS = 6


def test_every_query_is_the_query_of_one_alert() -> None:
    """Word for word as the file has it, which is what the other tests run."""
    queries = [_criterion(rule)["query"] for rule in _deployed(LOG)]
    assert sorted(queries) == sorted(file.read_text() for file in QUERIES.values())


def test_the_queries_that_the_operators_guide_shows_can_be_run() -> None:
    """Beside those that it takes from the files of the alerts."""
    shown = {name: text for name, text in all_queries().items() if name not in QUERIES}
    assert len(shown) >= 2
    for text in shown.values():
        assert Workspace().columns(text)


def test_an_alert_names_what_its_query_found() -> None:
    """Its dimensions are columns of the result, each value an alert of its own; what it counts has a time."""
    workspace = Workspace()
    for rule in _deployed(LOG):
        columns = workspace.columns(_criterion(rule)["query"])
        dimensions = _criterion(rule)["dimensions"]
        assert dimensions
        assert len(dimensions) <= MOST_DIMENSIONS
        assert {one["name"] for one in dimensions} <= set(columns), rule["name"]
        assert {value for one in dimensions for value in one["values"]} == {"*"}
        assert "TimeGenerated" in columns


def test_no_alert_looks_further_back_than_azure_lets_it_or_less_far_than_it_must() -> None:
    """Two days at most; never less than the time between two looks; an overdue rollout needs its whole span."""
    for rule in _deployed(LOG):
        window, every = SPANS[rule["properties"]["windowSize"]], SPANS[rule["properties"]["evaluationFrequency"]]
        assert every <= window <= WINDOW
        if rule["name"] == "alert-rollout-overdue":
            assert window > longest(Deadlines()) + every


def test_each_topic_is_watched() -> None:
    """Dead letters and lost events at the first, failed deliveries when they repeat."""
    watched = {(rule["properties"]["scopes"][0], _metric(rule)) for rule in _deployed(METRIC)}
    metrics = {"DeadLetteredCount": 0, "DroppedEventCount": 0, "DeliveryAttemptFailCount": 5}
    topics = _deployed(TOPIC)
    assert topics
    assert watched == {(topic["id"], metric) for topic in topics for metric in metrics.items()}


def test_each_alert_resolves_itself_and_says_what_to_do() -> None:
    """In its description, and at length under a heading of its own in docs/operations.md."""
    guide = GUIDE.read_text()
    for rule in [*_deployed(LOG), *_deployed(METRIC)]:
        properties = rule["properties"]
        assert properties["autoMitigate"] is True
        assert properties["enabled"] is True
        assert len(properties["description"]) > 100
        title = properties.get("displayName") or properties["description"].partition(".")[0]
        assert f"\n### {title}\n" in guide, title


def _deployed(kind: str) -> list[dict[str, Any]]:
    """The resources of a type."""
    resources = json.loads(SNAPSHOT.read_text())["predictedResources"]
    found = [one for one in resources if one["type"] == kind]
    assert found, kind
    return found


def _criterion(rule: dict[str, Any]) -> dict[str, Any]:
    [criterion] = rule["properties"]["criteria"]["allOf"]
    assert criterion["operator"] == "GreaterThan"
    assert isinstance(criterion, dict)
    return criterion


def _metric(rule: dict[str, Any]) -> tuple[str, int]:
    criterion = _criterion(rule)
    return criterion["metricName"], criterion["threshold"]
