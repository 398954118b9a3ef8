"""After azd provisions: event subscriptions are created, however long roles take to propagate."""

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
    assert "egmsivalidation" in ran.stderr


def test_a_failure_without_a_word_is_a_failure(stage: Stage) -> None:
    stage.answers({"error": ""})
    assert stage.run("postprovision", **AT_ONCE).returncode == 1


def test_without_the_azd_environment_it_says_who_runs_it(stage: Stage) -> None:
    ran = stage.run("postprovision", AZURE_LOCATION="")
    assert ran.returncode == 1
    assert "AZURE_LOCATION is not set" in ran.stderr
