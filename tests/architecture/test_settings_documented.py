"""Every setting is in the README's table and in the example that people copy."""

import ast
import json
import re

import pytest

from tests.architecture.source import ROOT, nodes, parsed
from wiring.settings import LIBRARY_SETTINGS, PLATFORM_SETTINGS

EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text(encoding="utf-8"))["Values"]


def read_by_the_app() -> set[str]:
    """The names that `Settings.from_env` asks for."""
    return {
        str(node.args[0].value)
        for where, node in nodes(ast.Call, "wiring")
        if where.startswith("wiring/settings.py:")
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and isinstance(node.args[0], ast.Constant)
    }


def read_by_the_host() -> set[str]:
    """What host.json and the bindings leave to settings."""
    text = (ROOT / "host.json").read_text(encoding="utf-8")
    text += "".join(ast.unparse(module) for module in parsed("triggers").values())
    return set(re.findall(r"%([A-Z_]{3,})%", text))


def test_the_example_holds_every_setting_that_is_read() -> None:
    assert read_by_the_app() >= {"ARM_ENDPOINT", "ARM_SCOPE", "AZURE_CLIENT_ID", "ROLLOUTS_FILE"}
    assert read_by_the_host() == {"IMAGE_EVENTS_QUEUE", "TASKHUB_NAME"}
    assert read_by_the_app() | read_by_the_host() <= {*EXAMPLE, *PLATFORM_SETTINGS}


def test_nobody_sets_what_the_platform_says_of_itself() -> None:
    """Whoever set it where the platform checks no tokens would let everybody say who they are."""
    assert set(PLATFORM_SETTINGS) <= read_by_the_app()
    assert set(PLATFORM_SETTINGS).isdisjoint(EXAMPLE)


def test_the_example_holds_no_secret_and_no_value_that_does_not_work() -> None:
    from wiring.settings import Settings

    assert EXAMPLE["SCALE_SET_ADMIN_PASSWORD"] == ""
    assert Settings.from_env(EXAMPLE).arm_endpoint == EXAMPLE["ARM_ENDPOINT"]


@pytest.mark.parametrize("name", sorted({*EXAMPLE, *LIBRARY_SETTINGS, *PLATFORM_SETTINGS}))
def test_the_readme_documents_every_setting(name: str) -> None:
    assert f"`{name}`" in (ROOT / "README.md").read_text(encoding="utf-8")
