"""Before `azd provision`: every resource group that roles are assigned at has to exist.

The deployment makes one group, its own; the ones that hold images, galleries and scale sets are yours, so that no
`azd down` can take them along. Names what is missing, with the command that makes it.
"""

import json
import subprocess
import sys
from typing import Any

from infra.hooks import packages
from infra.hooks.shell import ROOT, HookError, az, complaint, exit_code, say, value


def main() -> None:
    """Refuse where a group is missing; say where a profile wants more than this deployment lets the app do."""
    found = read_groups(value("AZURE_SUBSCRIPTION_ID"), value("ROLE_SCOPES_OVERRIDE", "null"))
    creation = value("ALLOW_RESOURCE_GROUP_CREATION", "false").lower() == "true"
    missing = sorted({group_command(group) for group in needed(found["groups"], creation) if not exists(group)})
    if missing:
        raise HookError(
            f"These resource groups of {found['source']} do not exist. Make them, then run the same azd command "
            "again:\n" + "\n".join(f"  {command}" for command in missing)
        )
    if found["makers"] and not creation:
        say(
            f"In rollouts.yaml, profile(s) {', '.join(found['makers'])} may create resource groups "
            "(createResourceGroups). This deployment does not let the app do so: a group that is missing is refused "
            "before the first write. ALLOW_RESOURCE_GROUP_CREATION=true allows it."
        )


def needed(groups: list[dict[str, str]], creation: bool) -> list[dict[str, str]]:
    """The groups that have to exist: where the app may make the others, its roles for those lie at subscriptions."""
    return [group for group in groups if not creation or group["purpose"] == "images"]


def read_groups(subscription: str, override: str) -> dict[str, Any]:
    """What infra.hooks.groups finds in rollouts.yaml and the override; its complaint as a refusal."""
    done = subprocess.run(  # noqa: S603 - our own module
        [str(packages.python()), "-m", "infra.hooks.groups", subscription, override],
        cwd=ROOT,
        text=True,
        errors="replace",
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise HookError(complaint(done))
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def exists(group: dict[str, str]) -> bool:
    """Whether Azure has the group; a refusal where it cannot be asked (not logged in, no such subscription)."""
    where = ("--name", group["name"], "--subscription", group["subscription"])
    # Said although it is the default: a person's own configuration of az may say otherwise.
    done = az("group", "exists", *where, "--output", "json", "--only-show-errors")
    answer = done.stdout.strip()
    if done.returncode or answer not in ("true", "false"):
        # What az prints before it fails is an answer, not the reason why it failed.
        why = done.stderr.strip() or f"az ended with {done.returncode}." if done.returncode else complaint(done)
        raise HookError(f"Cannot look for resource group {group['name']}: {why}")
    return answer == "true"


def group_command(group: dict[str, str]) -> str:
    """How to make one. A group's region is where Azure keeps its list of members; its resources may lie anywhere."""
    region = group["region"] or value("AZURE_LOCATION")
    return f"az group create --subscription {group['subscription']} --name {group['name']} --location {region}"


if __name__ == "__main__":
    sys.exit(exit_code(main))
