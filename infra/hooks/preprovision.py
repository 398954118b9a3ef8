"""Before `azd provision`: every resource group that roles are assigned at has to exist.

The deployment makes one group, its own; the ones that hold images, galleries and scale sets are yours, so that no
`azd down` can take them along. Names what is missing, with the command that makes it.
"""

import json
import subprocess
import sys
from typing import Any

from infra.hooks import packages
from infra.hooks.shell import ROOT, HookError, az, exit_code, say, value


def main() -> None:
    """Refuse where a group is missing; warn where a profile wants more than the identity will be allowed."""
    wanted = read_groups(value("AZURE_SUBSCRIPTION_ID"))
    missing = sorted({group_command(group) for group in wanted["groups"] if not exists(group)})
    if missing:
        raise HookError(
            "These resource groups of rollouts.yaml do not exist. Make them, then run the same azd command again:\n"
            + "\n".join(f"  {command}" for command in missing)
        )
    if wanted["makers"] and value("ALLOW_RESOURCE_GROUP_CREATION", "false").lower() != "true":
        say(
            f"Profile(s) {', '.join(wanted['makers'])}: createResourceGroups is on, and the app's identity will not be "
            "allowed to make resource groups. All of them exist, so nothing fails today; set createResourceGroups: "
            "false to have a missing one refused before the first write, or ALLOW_RESOURCE_GROUP_CREATION=true to "
            "allow making them."
        )


def read_groups(subscription: str) -> dict[str, Any]:
    """What infra.hooks.groups finds in rollouts.yaml; its complaint as a refusal."""
    done = subprocess.run(  # noqa: S603 - our own module
        [str(packages.python()), "-m", "infra.hooks.groups", subscription],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise HookError(done.stderr.strip())
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def exists(group: dict[str, str]) -> bool:
    """Whether Azure has the group; a refusal where it cannot be asked (not logged in, no such subscription)."""
    done = az("group", "exists", "--name", group["name"], "--subscription", group["subscription"])
    if done.returncode:
        raise HookError(f"Cannot look for resource group {group['name']}: {done.stderr.strip()}")
    return done.stdout.strip() == "true"


def group_command(group: dict[str, str]) -> str:
    """How to make one. A group's region is where Azure keeps its list of members; its resources may lie anywhere."""
    region = group["region"] or value("AZURE_LOCATION")
    return f"az group create --subscription {group['subscription']} --name {group['name']} --location {region}"


if __name__ == "__main__":
    sys.exit(exit_code(main))
