"""The roles are exactly enough: every kind of rollout completes under them, and none of their actions can be missed."""

import copy
import re
from pathlib import Path

import pytest

from tests.infra import roles
from tests.infra.roles import Row
from tests.simulated.under_roles import MAKES_GROUPS, SCENARIOS, Stopped, run

ROWS = roles.rows()
_EVERYDAY = [row for row in ROWS if row["scope"] not in ("eventQueue", "resourceGroupCreation")]
_NEVER_NEEDED = {"Microsoft.Network/locations/operationResults/read": "for an answer of Network with a Location alone"}
"""What no run here needs, since the simulator never does that, and why a role has it all the same."""
_GRANTED = [(row["name"], action) for row in _EVERYDAY for action in row["actions"]]
_ACTIONS = [(name, action) for name, action in _GRANTED if action not in _NEVER_NEEDED]
_GROUP_WRITE = "Microsoft.Resources/subscriptions/resourceGroups/write"


def without(name: str, action: str) -> list[Row]:
    """The table with one action less."""
    table = copy.deepcopy(ROWS)
    [row] = [row for row in table if row["name"] == name]
    row["actions"].remove(action)
    return table


async def everything(tmp_path: Path, table: list[Row]) -> None:
    """Run scenarios that need every action between them; Stopped where one is missed."""
    for telling in ("moves, Rolling", "adopts"):
        await run(tmp_path, SCENARIOS[telling], table, patient=False)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_rollout_completes_under_exactly_these_roles(tmp_path: Path, name: str) -> None:
    """Nothing was asked for that no row names."""
    needed = await run(tmp_path, SCENARIOS[name], ROWS)
    assert needed <= {action for _, action in _ACTIONS}


@pytest.mark.parametrize(("name", "action"), _ACTIONS)
async def test_without_any_one_action_a_rollout_stands_still(tmp_path: Path, name: str, action: str) -> None:
    """It waits with Azure's own code, and this action is all that it was refused."""
    with pytest.raises(Stopped) as stopped:
        await everything(tmp_path, without(name, action))
    assert "AuthorizationFailed" in str(stopped.value)
    assert set(re.findall(r"'(Microsoft\.[^']+/(?:read|write|action))'", str(stopped.value))) == {action}


@pytest.mark.parametrize(
    ("name", "action", "code"),
    [
        ("gallery publisher", "Microsoft.Compute/galleries/write", "AuthorizationFailed"),
        ("operation reader", "Microsoft.Compute/locations/capsOperations/read", "AuthorizationFailed"),
        ("network maker", "Microsoft.Network/publicIPAddresses/join/action", "LinkedAuthorizationFailed"),
    ],
)
async def test_what_is_missing_for_half_an_hour_fails_the_rollout_by_name(
    tmp_path: Path, name: str, action: str, code: str
) -> None:
    """Until then a role may be on its way."""
    with pytest.raises(Stopped, match=f"{code}.*'{action}'"):
        await run(tmp_path, SCENARIOS["creates everything"], without(name, action))


async def test_a_profile_may_make_its_groups_where_that_was_allowed(tmp_path: Path) -> None:
    needed = await run(tmp_path, MAKES_GROUPS, ROWS, group_creation=True)
    assert _GROUP_WRITE in needed


@pytest.mark.parametrize("action", _NEVER_NEEDED)
async def test_only_a_row_that_says_so_has_an_action_that_no_run_needs(tmp_path: Path, action: str) -> None:
    """It can be missed here, so that the row tells of it; were it needed one day, it would be no exception."""
    [row] = [row for row in ROWS if action in row["actions"]]
    assert action.split("/")[-2] in row["verified"]
    await everything(tmp_path, without(row["name"], action))


@pytest.mark.parametrize("name", ["group reader", "group maker"])
async def test_a_profile_makes_no_groups_without_the_roles_for_it(tmp_path: Path, name: str) -> None:
    [action] = next(row["actions"] for row in ROWS if row["name"] == name)
    with pytest.raises(Stopped, match=f"AuthorizationFailed.*'{action}'"):
        await run(tmp_path, MAKES_GROUPS, without(name, action), group_creation=True, patient=False)


async def test_a_profile_makes_no_groups_where_that_was_not_allowed(tmp_path: Path) -> None:
    """Only the row for it gives the right to."""
    table = [{**row, "scope": "subscription"} for row in ROWS if row["scope"] not in ("eventQueue", "imageGroup")]
    table = [row for row in table if row["name"] != "group maker"] + [
        row for row in ROWS if row["scope"] == "imageGroup"
    ]
    with pytest.raises(Stopped, match=f"AuthorizationFailed.*'{_GROUP_WRITE}'"):
        await run(tmp_path, MAKES_GROUPS, table, group_creation=True)
