"""`rollout`: the command line of Gallery Rollout. Talks to a running app over its HTTP API.

One file a group of commands; this one names them and turns errors into exit codes.
"""

import sys

import typer

from cli import rollouts, stack, watching
from cli.errors import CommandError
from cli.output import print_error

app = typer.Typer(
    name="rollout",
    help="Publish managed images to an Azure Compute Gallery and roll them onto scale sets.",
    epilog="Exit codes: 0 success, 1 the rollout failed, 2 wrong usage, 3 cannot reach the app.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, command in (
    ("demo", stack.demo),
    ("serve", stack.serve),
    ("simulate", stack.simulate),
    ("start", rollouts.start),
    ("list", rollouts.list_rollouts),
    ("show", rollouts.show),
    ("watch", watching.watch),
    ("history", watching.history),
    ("cancel", rollouts.cancel),
):
    app.command(name)(command)


def main() -> None:
    """Run the command line; the console script `rollout` calls this."""
    try:
        app()
    except CommandError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # `rollout list | head` is no error; without this, closing standard output would print one.
        sys.stderr.close()


if __name__ == "__main__":
    main()
