"""After `azd provision`: make Event Grid's event subscriptions, which only works once roles have propagated.

Event Grid tries the topic's identity on the queue while it creates a subscription that delivers with an identity
(aka.ms/egmsivalidation). A role assignment takes minutes to be seen everywhere, now and then far longer, so creation is
repeated for as long as that is the only complaint; any other error stops at once.
"""

import sys
import time

from infra.hooks.shell import HookError, az, complaint, exit_code, number, say, value

PROPAGATING = (
    "Managed Identity Authorization Error",  # code of Event Grid's refusal
    "egmsivalidation",  # the same refusal, by the page that its message points to
    "PrincipalNotFound",  # the topic's new identity is not known everywhere yet
)
AGAIN = "azd hooks run postprovision"
UNDELIVERED = "An environment that had no event subscription delivers no event yet; one that had goes on with it."

LONGEST_NAME = 64  # characters of a deployment's name
ENDING = "-events"


def main() -> None:
    """Deploy infra/events.bicep until it holds; by default 20 attempts over half an hour."""
    attempts = number("EVENT_SUBSCRIPTION_ATTEMPTS", 20, least=1, most=1000)
    wait = number("EVENT_SUBSCRIPTION_WAIT_SECONDS", 100, least=0, most=86400)
    try:
        subscribe(attempts, wait)
    except KeyboardInterrupt:
        raise HookError(f"Stopped. {UNDELIVERED} To go on: {AGAIN}") from None


def subscribe(attempts: int, wait: int) -> None:
    """Deploy until it holds; a refusal at the first error that is another than roles on their way, or at the last."""
    error = ""
    for attempt in range(1, attempts + 1):
        error = deploy() or ""
        if not error:
            say("Event Grid delivers: every image that is written from now on is looked at.")
            return
        if not propagating(error):
            raise HookError(f"Event subscriptions were not created:\n{error}\nOnce that is mended: {AGAIN}")
        if attempt < attempts:
            say(f"Attempt {attempt} of {attempts}: roles are still propagating. The next one is in {wait} seconds.")
            time.sleep(wait)
    raise HookError(
        f"Roles have not propagated after {attempts} attempts. {UNDELIVERED} Nothing else is missing: later, up to "
        f"some hours, run\n  {AGAIN}\nWhere no event is delivered, images written until then start no rollout; start "
        f"theirs with 'rollout start IMAGE_ID'. What Event Grid said last:\n{error}"
    )


def deploy() -> str | None:
    """One deployment of the event subscriptions; what az said where it failed."""
    done = az(
        "deployment",
        "sub",
        "create",
        "--name",
        value("AZURE_ENV_NAME")[: LONGEST_NAME - len(ENDING)] + ENDING,
        "--subscription",
        value("AZURE_SUBSCRIPTION_ID"),
        "--location",
        value("AZURE_LOCATION"),
        "--parameters",
        "infra/events.bicepparam",
        "--only-show-errors",
        "--output",
        "none",
    )
    return complaint(done) if done.returncode else None


def propagating(error: str) -> bool:
    """Whether this is Event Grid's word for an identity whose role is not there yet, or not there for it to see."""
    return any(mark in error for mark in PROPAGATING)


if __name__ == "__main__":
    sys.exit(exit_code(main))
