"""Options that several commands share, and the connection they describe."""

from typing import Annotated

import typer

from cli.api import RolloutApi
from cli.connection import find_connection
from cli.output import err

Url = Annotated[
    str | None,
    typer.Option("--url", envvar="ROLLOUT_URL", help="Address of the app. Default: the local stack, if running."),
]
Key = Annotated[
    str | None, typer.Option("--key", envvar="ROLLOUT_KEY", help="Function key of the app.", show_default=False)
]
Audience = Annotated[
    str | None,
    typer.Option(
        "--audience",
        envvar="ROLLOUT_AUDIENCE",
        help="Where Entra guards the app: its registration's id (api://… or client id). Sends a token beside the key.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
RolloutId = Annotated[str, typer.Argument(metavar="ID", help="The rollout's id, as `rollout list` shows it.")]


def connect(url: str | None, key: str | None, audience: str | None) -> RolloutApi:
    """The API to talk to; says so where the choice was not the caller's own."""
    connection = find_connection(url, key, audience)
    if connection.source != "given":
        err().print(f"{connection.source} at {connection.url}", style="dim")
    return RolloutApi(connection)
