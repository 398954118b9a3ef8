"""azure-cli as one process for many commands; runs on the Python of azure-cli's own environment.

A line in: `{"arguments": […], "interval": 0.3}`; a line out: `{"code": 0, "out": "…", "err": "…"}`. Starting the
CLI anew takes a second a command, calling it again a tenth of that. `interval` is how many seconds its pollers
wait where the server sends no Retry-After; they are told nothing else.
"""

import io
import json
import os
import sys

from azure.cli.core import get_default_cli
from azure.core.polling import base_polling


class Interval:
    """Stands in for the pollers' own `_timeout`, which each would set to 30 seconds."""

    seconds = 30.0

    def __get__(self, poller: object, kind: type) -> float:
        return Interval.seconds

    def __set__(self, poller: object, value: float) -> None:
        pass


def invoke(arguments: list[str]) -> int:
    """Run one command; its exit code as the shell would see it."""
    try:
        return int(get_default_cli().invoke(arguments, out_file=sys.stdout) or 0)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except Exception as crash:  # noqa: BLE001 — `az` would show a traceback and exit with 1
        sys.stderr.write(f"{type(crash).__name__}: {crash}\n")
        return 1


def main() -> None:
    """Serve until standard input ends."""
    base_polling._SansIOLROBasePolling._timeout = Interval()  # type: ignore[assignment]
    requests, answers = sys.stdin, sys.stdout
    sys.stdin = open(os.devnull)  # noqa: SIM115 — a prompt finds nobody, as in CI
    sys.stderr = heard = io.StringIO()  # for good: the CLI's log handlers keep the first one they see
    for line in requests:
        asked = json.loads(line)
        Interval.seconds = asked["interval"]
        sys.stdout = shown = io.StringIO()
        code = invoke(asked["arguments"])
        answers.write(json.dumps({"code": code, "out": shown.getvalue(), "err": heard.getvalue()}) + "\n")
        answers.flush()
        heard.seek(0)
        heard.truncate()


if __name__ == "__main__":
    main()
