"""Removing everything, as the guide has it: what others use is found first, and nothing but the own is deleted."""

import json
import shutil
from pathlib import Path

import pytest

from tests.infra.guides import NOTE, asked, command, environment, install, run

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="these commands take jq, which is not on PATH")

TOPICS = [
    {"name": "made", "resourceGroup": "rg-app", "subscription": "s1", "source": "/x", "exists": False},
    {"name": "found", "resourceGroup": "shared", "subscription": "s2", "source": "/y", "exists": True},
]
VALUES = {
    "EVENT_TOPICS": json.dumps(TOPICS),
    "EVENT_SUBSCRIPTION": "ours",
    "APP_PRINCIPAL_ID": "me",
    "AZURE_ENV_NAME": "rollouts",
}
AZ = """
if arguments[:4] == ["eventgrid", "system-topic", "event-subscription", "list"]:
    assert option("--query") == "[?name!='ours'].[name]"
    if (place / "refuses").exists():
        sys.exit(1)
    if option("--system-topic-name") != "evgt-old":
        print("theirs")
if arguments[:3] == ["eventgrid", "system-topic", "list"]:
    assert "tags.\\"azd-env-name\\"=='rollouts'" in option("--query")
    if (place / "refuses").exists():
        sys.exit(1)
    print("false\\tevgt-old\\tImages\\ts1")
    print("false\\tmade\\tRG-app\\ts1")
if arguments[:3] == ["role", "assignment", "list"]:
    assert option("--assignee") == "me"
    print("Gallery Rollout: one (x)\\t/scope/of it" if "starts_with" in option("--query") else "/assignments/1")
"""
LOOK = command("docs/deploy.md", "## Removing everything", "event-subscription list").replace("SUBSCRIPTION ...", "s1")
DELETE = command("docs/deploy.md", "## Removing everything", "system-topic delete")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an environment of two topics, one of them there before, and somebody else subscribed to both."""
    environment(tmp_path, VALUES)
    install(tmp_path, "az", NOTE + AZ)
    return tmp_path


def deleted(place: Path) -> list[str]:
    """The calls of az that delete."""
    return [" ".join(call) for call in asked(place) if "delete" in call]


def test_whoever_else_is_subscribed_to_a_topic_is_found_before_it_is_deleted(place: Path) -> None:
    ran = run(LOOK, place)
    assert "topic made in rg-app (was there before: false): subscription theirs" in ran.stdout
    assert "topic evgt-old in images (was there before: false): subscription nobody else" in ran.stdout
    assert deleted(place) == []


def test_what_cannot_be_listed_is_said_and_not_taken_for_nobody(place: Path) -> None:
    (place / "refuses").touch()
    ran = run(LOOK, place)
    assert "the topics of s1 cannot be listed" in ran.stderr
    assert ran.stdout.count("STOP: CANNOT BE LISTED") == len(TOPICS)
    assert "nobody else" not in ran.stdout


def test_of_a_topic_that_was_there_before_only_the_own_subscription_goes(place: Path) -> None:
    run(LOOK + DELETE.replace("SUBSCRIPTION ...", "s1"), place)
    assert deleted(place) == [
        "eventgrid system-topic delete --yes --name evgt-old --resource-group images --subscription s1",
        "eventgrid system-topic delete --yes --name made --resource-group rg-app --subscription s1",
        "eventgrid system-topic event-subscription delete --yes --name ours --system-topic-name found "
        "--resource-group shared --subscription s2",
        "role assignment delete --ids /assignments/1",
        "role definition delete --name Gallery Rollout: one (x) --scope /scope/of it --subscription s1",
    ]
