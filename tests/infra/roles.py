"""`infra/roles.json` read, and laid over the groups of a rollouts file: who may do what, and where.

Used by the tests of roles and of rollouts under them, and to hold the deployment's role assignments against.
"""

import json
from pathlib import Path
from typing import Any

from tests.infra.scopes import Group, Groups

FILE = Path(__file__).resolve().parents[2] / "infra" / "roles.json"

type Row = dict[str, Any]

SCOPES = (
    "imageGroup",
    "galleryGroup",
    "scaleSetGroup",
    "networkGroup",
    "everyGroup",
    "subscription",
    "resourceGroupCreation",
    "eventQueue",
)
"""Where a row may be assigned. `networkGroup` is the scale set's group; `eventQueue` is the app's own queue."""


def rows() -> list[Row]:
    """The table: `{"name", "scope", "description", "actions", "dataActions"?, "verified"?}`."""
    found: list[Row] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def expand(table: list[Row], groups: Groups, *, group_creation: bool = False) -> list[Row]:
    """`{"name", "scope", "actions"}` for each row and each place where it holds, scopes as ARM ids.

    group_creation: with the row that lets the app make resource groups. What it does in groups of its own making it may
    then do in the whole subscription: a role has no place in a group that does not exist. The queue's row is left
    out: its actions are no requests to Azure Resource Manager.
    """
    places = _places(groups, group_creation=group_creation)
    return [
        {"name": row["name"], "scope": scope, "actions": row["actions"]}
        for row in table
        for scope in places.get(row["scope"], ())
    ]


def _places(groups: Groups, *, group_creation: bool) -> dict[str, list[str]]:
    def of(places: tuple[Group, ...]) -> list[str]:
        if not group_creation:
            return [group.id for group in places]
        return list(dict.fromkeys(f"/subscriptions/{group.subscription.lower()}" for group in places))

    subscriptions = [f"/subscriptions/{one}" for one in groups.subscriptions]
    return {
        "imageGroup": [group.id for group in groups.images],
        "galleryGroup": of(groups.galleries),
        "scaleSetGroup": of(groups.scale_sets),
        "networkGroup": of(groups.scale_sets),
        "everyGroup": of(groups.every),
        "subscription": subscriptions,
        "resourceGroupCreation": subscriptions if group_creation else [],
    }
