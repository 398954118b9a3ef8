"""Tokens: sent to the app itself and nobody else, got once, and told apart from keys where something is wrong."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import azure.identity
import pytest

from cli.connection import find_connection
from cli.errors import UsageError
from cli.tokens import Tokens
from tests.cli.fake_app import KEY, FakeApp, served
from tests.cli.running import RunCli
from tests.cli.samples import ID, rollout

AUDIENCE = "api://0b1f6471-1bf0-4dda-aec3-cb9272f09590"


ATTEMPTS = (
    "DefaultAzureCredential failed to retrieve a token from the included credentials.\nAttempted credentials:",
    "EnvironmentCredential: Environment variables are not fully configured.",
    "ManagedIdentityCredential: No response from the IMDS endpoint.",
)
LATER = ("AzurePowerShellCredential: PowerShell is not installed", "To mitigate this issue, please refer to the guide.")
"""What azure-identity says before and after the az CLI's turn."""


@dataclass
class Entra:
    """Stands in for azure-identity's credential, for there is no Entra here to sign in to."""

    scopes: list[str] = field(default_factory=list)
    error: Exception | None = None
    lifetime: float = 3600.0
    now: float = 0.0

    def get_token(self, scope: str) -> Any:
        """As the credential does; each token is another."""
        self.scopes.append(scope)
        if self.error:
            raise self.error
        return SimpleNamespace(token=f"token-{len(self.scopes)}", expires_on=int(self.now + self.lifetime))


@pytest.fixture
def entra(monkeypatch: pytest.MonkeyPatch) -> Entra:
    """Whoever is signed in."""
    signed_in = Entra(lifetime=4e9)
    monkeypatch.setattr(azure.identity, "DefaultAzureCredential", lambda: signed_in)
    return signed_in


@pytest.fixture
def other() -> Iterator[FakeApp]:
    """Another app, to which nobody may send anything."""
    with served() as app:
        yield app


def test_a_token_goes_beside_the_key(run_cli: RunCli, fake: FakeApp, entra: Entra) -> None:
    fake.on("GET", f"/api/rollouts/{ID}", rollout())
    assert run_cli("show", ID, "--audience", AUDIENCE).code == 0
    assert entra.scopes == [f"{AUDIENCE}/.default"]
    [heard] = fake.heard
    assert (heard["authorization"], heard["x-functions-key"]) == ("Bearer token-1", KEY)


@pytest.mark.parametrize(
    "command", [["start", "IMAGE"], ["list"], ["show", ID], ["watch", ID], ["history", ID], ["cancel", ID]]
)
def test_every_command_that_talks_to_an_app_sends_one(
    command: list[str], run_cli: RunCli, fake: FakeApp, entra: Entra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLOUT_AUDIENCE", AUDIENCE)
    run_cli(*command)
    assert [heard["authorization"] for heard in fake.heard] == ["Bearer token-1"]


def test_without_an_audience_only_the_key_is_sent(run_cli: RunCli, fake: FakeApp, entra: Entra) -> None:
    run_cli("list")
    assert "authorization" not in fake.heard[0]
    assert entra.scopes == []


def test_watching_gets_one_token_not_one_a_look(run_cli: RunCli, fake: FakeApp, entra: Entra) -> None:
    for status in ("Running", "Running", "Completed"):
        fake.on("GET", f"/api/rollouts/{ID}", rollout(status=status))
    assert run_cli("watch", ID, "--interval", "0.05", "--audience", AUDIENCE).code == 0
    assert len(fake.heard) == 3
    assert len(entra.scopes) == 1


def test_a_token_is_replaced_before_it_ends(entra: Entra) -> None:
    entra.lifetime = 3600.0
    tokens = Tokens(AUDIENCE, now=lambda: entra.now)
    said = []
    for moment in (0.0, 3000.0, 3400.0, 3500.0):
        entra.now = moment
        said.append(tokens.current())
    assert said == ["token-1", "token-1", "token-2", "token-2"]


@pytest.mark.parametrize(
    ("audience", "scope"),
    [
        ("0b1f6471-1bf0-4dda-aec3-cb9272f09590", "0b1f6471-1bf0-4dda-aec3-cb9272f09590/.default"),
        ("https://app.example/", "https://app.example/.default"),
        (f"{AUDIENCE}/.default", f"{AUDIENCE}/.default"),
    ],
)
def test_an_audience_is_taken_as_it_is_given(audience: str, scope: str, entra: Entra) -> None:
    Tokens(audience).current()
    assert entra.scopes == [scope]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_neither_key_nor_token_elsewhere(
    status: int, run_cli: RunCli, fake: FakeApp, other: FakeApp, entra: Entra
) -> None:
    fake.on("GET", "/api/rollouts", status=status, headers={"Location": f"{other.url}/api/rollouts"})
    ran = run_cli("list", "--audience", AUDIENCE)
    assert (ran.code, "another address" in ran.err) == (3, True)
    assert other.heard == []
    assert len(fake.heard) == 1


@pytest.mark.parametrize("secrets", [["--key", "k"], ["--audience", AUDIENCE], ["--key", "k", "--audience", AUDIENCE]])
def test_neither_key_nor_token_is_ever_sent_in_the_clear(
    secrets: list[str], run_anywhere: RunCli, entra: Entra
) -> None:
    ran = run_anywhere("list", "--url", "http://app.example", *secrets)
    assert (ran.code, "https only" in ran.err) == (2, True)
    assert entra.scopes == []


def test_nobody_signed_in_is_no_access_with_what_to_do(run_cli: RunCli, fake: FakeApp, entra: Entra) -> None:
    entra.error = RuntimeError("\n\t".join([*ATTEMPTS, "AzureCliCredential: Azure CLI not found on path", *LATER]))
    ran = run_cli("list", "--audience", AUDIENCE)
    assert ran.code == 3
    assert "az login" in ran.err
    assert "AzureCliCredential: Azure CLI not found on path" in " ".join(ran.err.split())
    assert "Attempted" not in ran.err
    assert "AzurePowerShell" not in ran.err
    assert fake.heard == []


def test_what_entra_answered_is_why_there_is_no_token(run_cli: RunCli, entra: Entra) -> None:
    said = f"AADSTS500011: The resource principal named {AUDIENCE} was not found in the tenant."
    az = f"AzureCliCredential: ERROR: {said} Trace ID: 1"
    entra.error = RuntimeError("\n\t".join([*ATTEMPTS, az, *LATER]))
    ran = run_cli("list", "--audience", AUDIENCE)
    assert said in " ".join(ran.err.split())
    assert "ManagedIdentity" not in ran.err


def test_an_error_of_one_line_is_told_as_it_is(run_cli: RunCli, entra: Entra) -> None:
    entra.error = RuntimeError("no network")
    assert "no network" in run_cli("list", "--audience", AUDIENCE).err


def test_a_missing_role_is_told_in_the_apps_words(run_cli: RunCli, fake: FakeApp, entra: Entra) -> None:
    said = {"detail": "The caller does not have the app role Rollout.Read.", "remedy": "Ask.", "code": "AppRoleMissing"}
    fake.on("GET", "/api/rollouts", said, status=403)
    ran = run_cli("list", "--audience", AUDIENCE)
    assert ran.code == 3
    assert all(word in ran.err for word in ("Rollout.Read", "Ask.", "AppRoleMissing"))
    assert "token-1" not in ran.err


def test_a_refusal_without_words_names_what_was_sent(run_cli: RunCli, entra: Entra) -> None:
    assert "the key and the token" in run_cli("list", "--key", "wrong", "--audience", AUDIENCE).err


@pytest.mark.parametrize("audience", ["two words", "api://ключ", "a\x00b"])
def test_an_audience_that_is_none_is_wrong_usage(audience: str) -> None:
    with pytest.raises(UsageError):
        find_connection("https://app", "k", audience)


def test_the_local_stack_wants_no_token(tmp_path: Any) -> None:
    """Although the environment may name an audience: that is another app's."""
    served = tmp_path / "serve.json"
    served.write_text(json.dumps({"pid": os.getpid(), "url": "http://127.0.0.1:7071", "key": "k"}))
    found = find_connection(None, None, AUDIENCE, serve_file=served)
    assert (found.url, found.key, found.audience) == ("http://127.0.0.1:7071", "k", None)


@pytest.mark.parametrize(
    "url", ["https://me:hush@app.example", "https://me:hu/sh@app.example:x", "me:hush@app.example"]
)
def test_an_address_with_a_password_is_refused_and_not_shown(url: str, run_anywhere: RunCli) -> None:
    ran = run_anywhere("list", "--url", url, "--key", "k")
    assert ran.code == 2
    assert "hu" not in ran.out + ran.err
    assert "--key" in ran.err
