"""Who may do what: role definitions, the 403 of what lies outside them, and a record of all that was needed.

Without roles everything is allowed, and recorded all the same. There is one caller, to whom every role that is
loaded is assigned, at each of the role's scopes; and an owner (`Simulator.owner_token`), who may do everything and
of whom nothing is recorded.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from local.armsim.actions import action_of
from local.armsim.body import Body, merge
from local.armsim.errors import ArmError
from local.armsim.ids import key
from local.armsim.kinds import Call
from local.armsim.linked import linked
from local.armsim.world import World

_MOST = 50_000  # verdicts that are remembered


@dataclass(frozen=True, slots=True)
class Role:
    """One set of permissions at one scope: patterns of actions, and of those that are taken out again."""

    scope: str
    actions: tuple[re.Pattern[str], ...]
    without: tuple[re.Pattern[str], ...] = ()

    def grants(self, action: str, scope: str) -> bool:
        """Whether it allows an action at a scope, which lies at or below its own."""
        below = self.scope in ("", scope) or scope.startswith(f"{self.scope}/")
        return below and self._names(action)

    def reaches(self, action: str, scope: str) -> bool:
        """Whether it allows an action anywhere below a scope."""
        return self.scope.startswith(f"{scope}/") and self._names(action)

    def _names(self, action: str) -> bool:
        return _any(self.actions, action) and not _any(self.without, action)


def _any(patterns: Iterable[re.Pattern[str]], action: str) -> bool:
    return any(one.fullmatch(action) for one in patterns)


def _patterns(texts: Any) -> tuple[re.Pattern[str], ...]:
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise ValueError("actions and notActions are lists of text")
    return tuple(re.compile(re.escape(one).replace(r"\*", ".*"), re.IGNORECASE) for one in texts)


def roles_of(document: Any) -> list[Role]:
    """The roles of a JSON document: one or a list, in the form of Azure, of the az CLI, or `{"scope", "actions"}`."""
    definitions = document if isinstance(document, list) else [document]
    return [role for one in definitions for role in _roles_of(one)]


def _roles_of(definition: Any) -> list[Role]:
    """One definition: a role for each of its scopes and sets of actions."""
    if not isinstance(definition, dict):
        raise ValueError("a role definition is an object")
    role = {name.lower(): value for name, value in definition.items()}
    if isinstance(role.get("properties"), dict):
        role = {name.lower(): value for name, value in role["properties"].items()}
    scopes = role.get("assignablescopes") or [role.get("scope", "/")]
    if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes):
        raise ValueError("scope is text, assignableScopes a list of it")
    if names := [one for one in scopes if not one.startswith("/")]:
        raise ValueError(f"scope {names[0]!r} is no path, as /subscriptions/ID/resourceGroups/NAME is, or / for all")
    sets = role.get("permissions", [role])
    if not isinstance(sets, list) or not all(isinstance(one, dict) for one in sets):
        raise ValueError("permissions is a list of objects")
    lower = [{name.lower(): value for name, value in one.items()} for one in sets]
    if any("actions" not in one for one in lower):
        raise ValueError("a role definition holds actions, or permissions that do")
    return [
        Role(key(scope), _patterns(one["actions"]), _patterns(one.get("notactions", [])))
        for scope in scopes
        for one in lower
    ]


class Permissions:
    """The roles in force in one world, and what requests needed: `used`, action → scopes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._roles: list[Role] | None = None
        self._verdicts: dict[tuple[str, str], bool] = {}
        self.owner = world.draws.guid("owner")
        """Object id of whoever is never limited."""
        self.used: dict[str, set[str]] = {}
        self.refused: dict[str, set[str]] = {}
        """What was asked for in vain, action → scopes."""

    def allow(self, roles: Iterable[Role] | None) -> None:
        """Put roles in force instead of those before; None allows everything."""
        self._roles = None if roles is None else list(roles)
        self._verdicts.clear()

    def check(self, method: str, path: str) -> None:
        """Refuse a request that no role allows."""
        needed = action_of(method, path)
        if needed is not None and not self._may(*needed):
            action, scope = needed
            raise ArmError(
                403,
                "AuthorizationFailed",
                f"{self._client()} does not have authorization to perform action '{action}' over scope '{scope}' or "
                "the scope is invalid. If access was recently granted, please refresh your credentials.",
                gateway=True,
            )

    def within(self, method: str, path: str) -> Callable[[str], bool] | None:
        """Which resources a list of a whole subscription holds; None where the caller may read all of them.

        AuthorizationFailed where no role allows to read any of them. Azure shows what lies within the caller's
        scopes [inferred from what `az vm list` prints to a reader of one group].
        """
        needed = action_of(method, path)
        if needed is None or self._allowed(*needed):
            self.check(method, path)
            return None
        action, subscription = needed[0], key(path).split("/subscriptions/")[1].split("/")[0]
        if not any(role.reaches(action, f"/subscriptions/{subscription}") for role in self._roles or ()):
            self.check(method, path)
        self.used.setdefault(action, set()).add(needed[1])
        return lambda resource: self._allowed(action, resource)

    def check_linked(self, call: Call) -> None:
        """Refuse a write that refers to what no role allows to join or to read. PATCH checks what is kept, too."""
        if call.method not in ("PUT", "PATCH"):
            return
        body: Body = call.sent
        kept = self._world.store.get(call.route.id) if call.method == "PATCH" else None
        if kept is not None:
            body = merge(kept.body, body)
        missing = {
            scope: action for scope, action in linked(call.kind.name, body).items() if not self._may(action, scope)
        }
        if missing:
            raise ArmError(
                403,
                "LinkedAuthorizationFailed",
                f"{self._client()} has permission to perform action '{call.kind.name}/write' on scope "
                f"'{call.route.id}'; however, it does not have permission to perform action(s) "
                f"'{','.join(dict.fromkeys(missing.values()))}' on the linked scope(s) '{','.join(missing)}' "
                "(respectively) or the linked scope(s) are invalid.",
                gateway=True,
            )

    def _may(self, action: str, scope: str) -> bool:
        self.used.setdefault(action, set()).add(scope)
        if self._allowed(action, scope):
            return True
        self.refused.setdefault(action, set()).add(scope)
        return False

    def _allowed(self, action: str, scope: str) -> bool:
        if self._roles is None:
            return True
        asked = (action, key(scope))
        if len(self._verdicts) > _MOST:
            self._verdicts.clear()
        if asked not in self._verdicts:
            self._verdicts[asked] = any(role.grants(*asked) for role in self._roles)
        return self._verdicts[asked]

    def _client(self) -> str:
        client = self._world.draws.guid("caller")
        return f"The client '{client}' with object id '{client}'"
