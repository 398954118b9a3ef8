"""`rollout start`, `list`, `show` and `cancel`: one request, one answer on paper."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.details import full_view, list_table
from cli.errors import ExitCode
from cli.options import Audience, Json, Key, RolloutId, Url, connect
from cli.output import out, print_json
from cli.plan import is_refused, plan_view
from cli.shapes import RolloutPage


def start(
    image: Annotated[str, typer.Argument(metavar="IMAGE_ID", help="ARM resource id of the managed image.")],
    *,
    profile: Annotated[str | None, typer.Option(help="Profile to use where several match the image.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Roll an unchanged image out under a new number.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; print what would be done.")] = False,
    as_json: Json = False,
    url: Url = None,
    key: Key = None,
    audience: Audience = None,
) -> None:
    """Start a rollout of an image, or retry one that failed or was cancelled.

    An image that was rolled out already starts nothing: the command names the rollout that exists.

    A dry run that finds the rollout would be refused exits with 1.
    """
    with connect(url, key, audience) as api:
        if dry_run:
            plan = api.plan(image, profile=profile, again=again)
            if as_json:
                print_json(plan)
            else:
                out().print(*plan_view(plan), sep="\n")
            if is_refused(plan):
                raise typer.Exit(ExitCode.FAILED)
            return
        started = api.start(image, profile=profile, again=again)
    rollout_id = started.get("id", "")
    if as_json:
        print_json(started)
    elif started.get("existing"):
        status = f" ({started.get('status')})" if started.get("status") else ""
        out().print(f"{rollout_id}  exists already{status}; nothing was started.", soft_wrap=True)
        if started.get("reason"):
            out().print(started.get("reason"), style="dim", soft_wrap=True)
    else:
        out().print(f"{rollout_id}  started. Follow it with: rollout watch {rollout_id}", soft_wrap=True)


def list_rollouts(
    *,
    status: Annotated[str | None, typer.Option(help="Only this status, such as Running or Failed.")] = None,
    image: Annotated[str | None, typer.Option(help="Only rollouts of this image (its ARM id).")] = None,
    profile: Annotated[str | None, typer.Option(help="Only rollouts under this profile.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Only those started at or after this time (RFC 3339).")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Only those started before this time (RFC 3339).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many a page.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="Continue where the page before said.")] = None,
    as_json: Json = False,
    url: Url = None,
    key: Key = None,
    audience: Audience = None,
) -> None:
    """List rollouts, newest first."""
    filters: dict[str, str | int | None] = {
        "status": status,
        "image": image,
        "profile": profile,
        "from": since,
        "to": until,
        "limit": limit,
        "cursor": cursor,
    }
    with connect(url, key, audience) as api:
        page: RolloutPage = api.list(**filters)
    if as_json:
        print_json(page)
        return
    rollouts = page.get("rollouts", [])
    if not rollouts:
        out().print("No rollouts.")
        return
    out().print(list_table(rollouts, datetime.now(UTC)))
    if page.get("nextCursor"):
        out().print(f"More: rollout list --cursor {page.get('nextCursor')}", style="dim", soft_wrap=True)


def show(
    rollout_id: RolloutId, as_json: Json = False, url: Url = None, key: Key = None, audience: Audience = None
) -> None:
    """Show one rollout: status, regions, steps, resources and, if it failed, why and what to do."""
    with connect(url, key, audience) as api:
        rollout = api.show(rollout_id)
    if as_json:
        print_json(rollout)
        return
    out().print(*full_view(rollout, datetime.now(UTC)), sep="\n", crop=False)


def cancel(
    rollout_id: RolloutId, as_json: Json = False, url: Url = None, key: Key = None, audience: Audience = None
) -> None:
    """Ask a rollout to stop. Nothing is deleted, and what Azure has begun it finishes."""
    with connect(url, key, audience) as api:
        answer = api.cancel(rollout_id)
    if as_json:
        print_json(answer)
    else:
        out().print(f"{rollout_id}  asked to stop. See what it left: rollout show {rollout_id}", soft_wrap=True)
