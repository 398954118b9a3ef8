"""Writes docs/cli.md, the reference of every command, from the commands' own --help.

`make docs` runs it; a test holds the file and the commands together.
"""

from typer.testing import CliRunner

from cli.main import app

WIDTH = 100
HEAD = """# Command line

`rollout` talks to a running app over its HTTP API. `make setup` puts it into `.venv/bin`.

Against Azure, name the app with `--url` and a function key with `--key`, or set `ROLLOUT_URL` and
`ROLLOUT_KEY`. Without either, the commands talk to the local stack that `rollout serve` keeps running.
Where Microsoft Entra guards the app, add `--audience` (or `ROLLOUT_AUDIENCE`) and sign in with `az login`: a
token goes beside the key. Neither is sent but over https, or to this machine itself.

Every exit code is one of four: 0 success, 1 the rollout failed (or would be refused, or was cancelled),
2 wrong usage, 3 cannot reach the app.

This page is made by `make docs` from the commands' help; do not edit it.
"""


def reference() -> str:
    """The page as Markdown. Plain help text, without the boxes that a terminal gets."""
    return "\n".join([HEAD, *(f"## rollout {name}\n\n```text\n{help_of(name)}\n```\n" for name in names())])


def names() -> list[str]:
    """Every command, in the order of `rollout --help`."""
    return [command.name for command in app.registered_commands if command.name]


def help_of(name: str) -> str:
    """What `rollout NAME --help` prints, without boxes."""
    boxes, app.rich_markup_mode = app.rich_markup_mode, None
    try:
        asked = CliRunner().invoke(app, [name, "--help"], prog_name="rollout", terminal_width=WIDTH)
    finally:
        app.rich_markup_mode = boxes
    return "\n".join(line.rstrip() for line in asked.stdout.strip().splitlines())


if __name__ == "__main__":
    print(reference(), end="")
