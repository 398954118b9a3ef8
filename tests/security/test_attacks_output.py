"""What others wrote, on the screens and in the files of those who look: shown as text, obeyed by nothing."""

import json
from typing import Any

import pytest

from tests.cli import samples
from tests.cli.conftest import fake, run_anywhere, run_cli  # noqa: F401 - fixtures
from tests.cli.fake_app import FakeApp
from tests.cli.running import RunCli
from tests.unit.functions import IMAGE, Triggers, json_of

ROLLOUT = f"/api/rollouts/{samples.ID}"

TEXTS: dict[str, str] = {
    "a colour": "\x1b[31mred\x1b[0m",
    "a title of the window": "\x1b]0;owned\x07",
    "a link": "\x1b]8;;https://attacker.example\x1b\\here\x1b]8;;\x1b\\",
    "the clipboard": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "an answer of the terminal": "\x1b[6n\x1b[c",
    "a cleared screen": "\x1b[2J\x1b[H",
    "C1 controls": "\x9b31mred\x9d0;owned\x9c",
    "backspaces": "good\x08\x08\x08\x08evil",
    "a carriage return": "evil\rgood",
    "a forged line": "fine\nrollout    Completed after 1 s",
    "a line that reads backwards": "\u202egnp.exe",
    "letters that nobody sees": "a\u200bb\u2060c\ufeff",
    "a NUL": "a\x00b",
}


def everywhere(text: str) -> dict[str, Any]:
    """A rollout with the text wherever an answer holds what somebody else wrote."""
    return {
        **samples.rollout(status="Failed", profile=text, version=text, note=text, outcome=text, earlier=text),
        "image": text,
        "startedBy": {"kind": text, "eventId": text, text: text},
        "waitingFor": {"what": text, "since": "2026-11-24T08:00:30Z", "next": None},
        "resources": {"gallery": text, text: [text]},
        "regions": [{"name": text, "state": text, "progress": 1, "replicas": 1, "details": text}],
        "steps": [{"name": text, "status": text, "startedAt": text, "detail": text, "resource": text}],
        "error": {"code": text, "message": text, "resource": text, "remedy": text, "violations": [{"rule": text}]},
    }


COMMANDS: dict[str, tuple[str, ...]] = {
    "list": ("list",),
    "list --json": ("list", "--json"),
    "show": ("show", samples.ID),
    "show --json": ("show", samples.ID, "--json"),
    "history": ("history", samples.ID),
    "watch": ("watch", samples.ID),
    "cancel": ("cancel", "no-such"),
    "start": ("start", IMAGE),
    "start --dry-run": ("start", IMAGE, "--dry-run"),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_no_command_prints_what_a_terminal_obeys(
    run_cli: RunCli,  # noqa: F811
    fake: FakeApp,  # noqa: F811
    text: str,
    arguments: tuple[str, ...],
) -> None:
    """Whatever the app answers, and whether or not it is an error: letters, signs and our own line breaks only."""
    shown = everywhere(text)
    fake.on("GET", "/api/rollouts", {"rollouts": [shown], "nextCursor": text})
    fake.on("GET", ROLLOUT, shown)
    event = {"at": "2026-11-24T08:00:00Z", "kind": text, "step": text, "region": text, "text": text}
    fake.on("GET", f"{ROLLOUT}/history", {"id": text, "events": [event]})
    problem = {"title": text, "detail": text, "field": text, "remedy": text, "code": text, "resource": text}
    fake.on("POST", "/api/rollouts/no-such/cancel", problem, 409)
    if "--dry-run" in arguments:
        violation = {"rule": text, "field": text, "value": text, "message": text, "remedy": text}
        step = {"step": text, "action": text, "resource": text, "detail": text}
        plan = {"image": text, "profile": text, "steps": [step], "violations": [violation], "warnings": [text]}
        fake.on("POST", "/api/rollouts", plan)
    else:
        fake.on("POST", "/api/rollouts", problem, 422)
    ran = run_cli(*arguments)
    for line in (ran.out + ran.err).split("\n"):
        assert line.isprintable(), line
        assert not line.startswith("rollout    Completed")
    assert len(ran.out + ran.err) > 10


MARKUP: dict[str, str] = {
    "a script": "<script>alert(1)</script>",
    "an image": "<img src=x onerror=alert(1)>",
    "an attribute": '" onmouseover="alert(1)',
    "a formula": '=HYPERLINK("https://attacker.example","x")',
    "a formula with a plus": "+1+cmd|'/c calc'!A1",
    "an at sign": "@SUM(1)",
    "Rich's own markup": "[bold red]x[/] :bomb: [link=https://attacker.example]x[/link]",
}


@pytest.mark.parametrize("text", MARKUP.values(), ids=MARKUP)
def test_markup_is_printed_as_it_is(run_cli: RunCli, fake: FakeApp, text: str) -> None:  # noqa: F811
    """The command line has no markup of its own that a name could use."""
    fake.on("GET", ROLLOUT, samples.rollout(note=text))
    assert text in run_cli("show", samples.ID).out
    assert json.loads(run_cli("show", samples.ID, "--json").out)["note"] == text


@pytest.mark.parametrize("text", [*MARKUP.values(), *TEXTS.values()], ids=[*MARKUP, *TEXTS])
async def test_what_the_api_answers_is_never_taken_for_a_page(text: str) -> None:
    """Names of others come back as JSON that no browser may take for anything else; control characters escaped."""
    app = Triggers()
    query: dict[str, Any] = {text: "1"}
    for answer in (
        await app.call("start_rollout", "POST", {text: 1}),
        await app.call("show_rollout", id=text),
        await app.call("list_rollouts", **query),
    ):
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert json_of(answer)["status"] in (400, 404)
        assert answer.get_body().isascii()
        assert answer.get_body().decode().isprintable()


@pytest.mark.parametrize("text", MARKUP.values(), ids=MARKUP)
async def test_no_image_bears_markup_or_a_formula_as_its_name(text: str) -> None:
    """So that no list, table or export of rollouts can hold one in that place."""
    app = Triggers()
    answer = await app.post(image=IMAGE.replace("myImage", text))
    assert (answer.status_code, app.engine.held) == (400, {})
