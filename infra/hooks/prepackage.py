"""Before azd packs the app: build build/package for the durable provider of the azd environment.

azd zips that folder. Left alone it leaves every __pycache__ out (azure-dev, cli/azd/pkg/project/project_utils.go): the
bytecode that spares each cold start from compiling. Its own rules give way to a .funcignore in the folder it packs, so
one is put there that ignores nothing but itself.
"""

import subprocess
import sys

from infra.hooks.shell import ROOT, HookError, exit_code, value

PACKAGE = ROOT / "build" / "package"
KEEP_ALL = "# With this file here, azd packs the bytecode too; see infra/hooks/prepackage.py.\n/.funcignore\n"


def main() -> None:
    """Build the package, then have azd keep all of it."""
    provider = value("DURABLE_PROVIDER", "durableTaskScheduler")
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "scripts/package.py", "--provider", provider], cwd=ROOT, check=False
    )
    if done.returncode:
        raise HookError("The package was not built; the reason is above.")
    (PACKAGE / ".funcignore").write_text(KEEP_ALL, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(exit_code(main))
