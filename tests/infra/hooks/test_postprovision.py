"""After azd provisions: event subscriptions are created, however long roles take to propagate."""

import pytest

from tests.infra.hooks.stage import SUBSCRIPTION, Stage

# what Event Grid answers before the topic's role is seen (Azure/bicep-registry-modules, issue 5205)
PROPAGATING = (
    '{"code": "Managed Identity Authorization Error", "message": "Managed Identity for … does not have permission to '
    "perform appropriate action on the destination resource. Managed identity for event subscription does not have "
    'authorization to deliver to the endpoint. Visit aka.ms/egmsivalidation for more details."}'
)
AT_ONCE = {"EVENT_SUBSCRIPTION_WAIT_SECONDS": "0"}


def test_the_event_subscriptions_are_deployed_into_the_subscription_of_the_environment(stage: Stage) -> None:
    ran = stage.run("postprovision", **AT_ONCE)
    assert ran.returncode == 0
    (call,) = stage.asked()
    assert call[:3] == ["deployment", "sub", "create"]
    assert call[call.index("--subscription") + 1] == SUBSCRIPTION
    assert call[call.index("--parameters") + 1] == "infra/events.bicepparam"


def test_creation_is_repeated_while_roles_propagate(stage: Stage) -> None:
    stage.answers({"error": PROPAGATING}, {"error": PROPAGATING}, {})
    ran = stage.run("postprovision", **AT_ONCE)
    assert ran.returncode == 0, ran.stderr
    assert len(stage.asked()) == 3
    assert "Attempt 2 of 20" in ran.stdout


def test_any_other_error_stops_at_once_and_is_shown(stage: Stage) -> None:
    stage.answers({"error": PROPAGATING}, {"error": "ERROR: (AuthorizationFailed) The client … has no authorization"})
    ran = stage.run("postprovision", **AT_ONCE)
    assert ran.returncode == 1
    assert len(stage.asked()) == 2
    assert "AuthorizationFailed" in ran.stderr
    assert "azd hooks run postprovision" in ran.stderr


def test_after_the_last_attempt_it_says_what_is_missing_and_how_to_go_on(stage: Stage) -> None:
    stage.answers({"error": PROPAGATING})
    ran = stage.run("postprovision", EVENT_SUBSCRIPTION_ATTEMPTS="3", **AT_ONCE)
    assert ran.returncode == 1
    assert len(stage.asked()) == 3
    assert "azd hooks run postprovision" in ran.stderr
    assert "rollout start" in ran.stderr
    assert "An environment that had no event subscription delivers no event yet" in ran.stderr
    assert "egmsivalidation" in ran.stderr


def test_a_failure_without_a_word_is_a_failure(stage: Stage) -> None:
    stage.answers({"error": ""})
    assert stage.run("postprovision", **AT_ONCE).returncode == 1


def test_without_the_azd_environment_it_says_who_runs_it(stage: Stage) -> None:
    ran = stage.run("postprovision", AZURE_LOCATION="")
    assert ran.returncode == 1
    assert "AZURE_LOCATION is not set" in ran.stderr


@pytest.mark.parametrize("name", ["test", "x" * 57, "x" * 64])
def test_the_deployments_name_is_one_that_azure_takes(stage: Stage, name: str) -> None:
    assert stage.run("postprovision", AZURE_ENV_NAME=name).returncode == 0
    (call,) = stage.asked()
    deployment = call[call.index("--name") + 1]
    assert len(deployment) <= 64
    assert deployment == f"{name[:57]}-events"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("EVENT_SUBSCRIPTION_ATTEMPTS", "0"),
        ("EVENT_SUBSCRIPTION_ATTEMPTS", "many"),
        ("EVENT_SUBSCRIPTION_ATTEMPTS", "2.7"),
        ("EVENT_SUBSCRIPTION_ATTEMPTS", "1001"),
        ("EVENT_SUBSCRIPTION_WAIT_SECONDS", "86401"),
        ("EVENT_SUBSCRIPTION_WAIT_SECONDS", "1e300"),
        ("EVENT_SUBSCRIPTION_WAIT_SECONDS", "9" * 5000),
        ("EVENT_SUBSCRIPTION_WAIT_SECONDS", "-3"),
        ("EVENT_SUBSCRIPTION_WAIT_SECONDS", "nan"),
    ],
)
def test_a_number_that_makes_no_sense_is_named_and_nothing_is_deployed(stage: Stage, name: str, text: str) -> None:
    ran = stage.run("postprovision", **{name: text})
    assert ran.returncode == 1
    assert f"{name} is '{text}'" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert stage.asked() == []


def test_who_stops_the_wait_is_told_how_to_go_on(stage: Stage) -> None:
    stage.answers({"stops": True})
    ran = stage.run("postprovision")
    assert ran.returncode == 1
    assert "To go on: azd hooks run postprovision" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_az_that_complains_on_its_standard_output_is_heard(stage: Stage) -> None:
    stage.answers({"error": "", "output": "the disk is full"})
    assert "the disk is full" in stage.run("postprovision", **AT_ONCE).stderr


def test_letters_that_are_none_do_not_bring_the_hook_down(stage: Stage) -> None:
    stage.answers({"error": "", "output": "\xff\xfe"})
    ran = stage.run("postprovision", **AT_ONCE)
    assert "Event subscriptions were not created" in ran.stderr
    assert "Traceback" not in ran.stderr
