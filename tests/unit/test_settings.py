"""The app's settings and its rollouts.yaml: every problem at once, secrets never shown."""

from pathlib import Path
from typing import Any

import pytest

from triggers.problems import of_error
from wiring.credentials import credential_factory
from wiring.rollouts_file import RolloutsFileError, load_rollouts, main, parse_rollouts
from wiring.schema import schema
from wiring.settings import APP_DIR, LIBRARY_SETTINGS, Settings, SettingsError

CLIENT = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
SECRET = "correct-horse-battery"


def test_without_any_setting_it_is_public_azure_and_the_file_beside_the_app() -> None:
    settings = Settings.from_env({})
    assert settings.arm_endpoint == "https://management.azure.com"
    assert settings.arm_scope == "https://management.azure.com/.default"
    assert settings.rollouts_file == APP_DIR / "rollouts.yaml"
    assert settings.client_id is None
    assert (settings.require_app_roles, settings.platform_auth) == (False, False)


def test_every_setting_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text("profiles: {}")
    settings = Settings.from_env(
        {
            "ARM_ENDPOINT": "https://management.usgovcloudapi.net/",
            "ROLLOUTS_FILE": str(file),
            "AZURE_CLIENT_ID": CLIENT,
            "IMAGE_EVENTS_QUEUE": "image-events",
        }
    )
    assert settings.arm_endpoint == "https://management.usgovcloudapi.net"
    assert settings.arm_scope == "https://management.usgovcloudapi.net/.default"
    assert settings.rollouts_file == file
    assert settings.client_id == CLIENT
    scoped = Settings.from_env({"ARM_SCOPE": "https://management.core.windows.net//.default"})
    assert scoped.arm_scope == "https://management.core.windows.net//.default"


@pytest.mark.parametrize(("given", "taken"), [("true", True), ("false", False)])
def test_app_roles_are_required_or_not(given: str, taken: bool) -> None:
    assert Settings.from_env({"REQUIRE_APP_ROLES": given}).require_app_roles is taken


@pytest.mark.parametrize("given", ["", "True", "1", "yes", "on", " true"])
def test_whether_app_roles_are_required_is_never_guessed(given: str) -> None:
    with pytest.raises(SettingsError, match="REQUIRE_APP_ROLES"):
        Settings.from_env({"REQUIRE_APP_ROLES": given})


@pytest.mark.parametrize(
    ("given", "taken"), [("True", True), ("true", True), ("False", False), ("", False), ("1", False)]
)
def test_the_platform_says_whether_it_checks_tokens(given: str, taken: bool) -> None:
    assert Settings.from_env({"WEBSITE_AUTH_ENABLED": given}).platform_auth is taken


def test_every_problem_is_reported_at_once() -> None:
    wrong = {
        "ARM_ENDPOINT": "http://management.azure.com",
        "ARM_SCOPE": "management",
        "ROLLOUTS_FILE": "missing.yaml",
        "AZURE_CLIENT_ID": "me",
        "IMAGE_EVENTS_QUEUE": "Image_Events",
        "REQUIRE_APP_ROLES": "yes",
        "ALLOW_RESOURCE_GROUP_CREATION": "no",
    }
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(wrong)
    assert len(refused.value.problems) == len(wrong)
    for name in wrong:
        assert name in str(refused.value)


@pytest.mark.parametrize(
    "endpoint", ["https://", "https://host/path", "https://user@host", "https://host?x=1", "ftp://host", "host"]
)
def test_an_arm_endpoint_is_an_https_origin(endpoint: str) -> None:
    with pytest.raises(SettingsError, match="ARM_ENDPOINT"):
        Settings.from_env({"ARM_ENDPOINT": endpoint})


def test_a_queue_name_leaves_room_for_its_poison_queue() -> None:
    assert Settings.from_env({"IMAGE_EVENTS_QUEUE": "q" * 56})
    for name in ("q" * 57, "ab", "a--b", "-ab", "ab-"):
        with pytest.raises(SettingsError, match="IMAGE_EVENTS_QUEUE"):
            Settings.from_env({"IMAGE_EVENTS_QUEUE": name})


def test_a_secret_is_read_when_it_is_asked_for_and_never_shown() -> None:
    environ = {"SCALE_SET_ADMIN_PASSWORD": SECRET}
    settings = Settings.from_env(environ)
    assert settings.secret("SCALE_SET_ADMIN_PASSWORD") == SECRET
    assert SECRET not in f"{settings!r} {settings}"
    environ["SCALE_SET_ADMIN_PASSWORD"] = "another"
    assert settings.secret("SCALE_SET_ADMIN_PASSWORD") == "another"


@pytest.mark.parametrize("value", [None, "", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)"])
def test_a_secret_that_is_not_there_is_none(value: str | None) -> None:
    assert Settings.from_env({} if value is None else {"NAME": value}).secret("NAME") is None


def test_libraries_are_prepared_unless_the_app_settings_say_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from wiring.settings import prepare

    for name in LIBRARY_SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "mine")
    prepare()
    assert os.environ["AZURE_FUNCTIONS_DURABLE_STRICT_TYPING"] == "1"
    assert os.environ["PYDANTIC_DISABLE_PLUGINS"] == "mine"


async def test_the_credential_is_made_when_it_is_needed() -> None:
    from azure.identity.aio import DefaultAzureCredential

    credential = credential_factory(CLIENT)()
    assert isinstance(credential, DefaultAzureCredential)
    await credential.close()


def problems_of(text: str) -> list[str]:
    with pytest.raises(RolloutsFileError) as refused:
        parse_rollouts(text)
    return refused.value.problems


def test_the_shipped_file_is_the_articles_example() -> None:
    web = load_rollouts(APP_DIR / "rollouts.yaml").profiles["web"]
    assert (web.match.resource_group, web.match.name) == ("myResourceGroup", "myImage")
    assert (web.gallery.name, web.gallery.resource_group, web.gallery.location) == (
        "myGallery",
        "myGalleryRG",
        "West Central US",
    )
    assert web.gallery.description == "Shared Image Gallery for my organization"
    definition = web.definition
    assert (definition.name, definition.publisher, definition.offer, definition.sku) == (
        "myImageDefinition",
        "myPublisher",
        "myOffer",
        "mySKU",
    )
    assert [(region.name, region.replica_count) for region in web.version.target_regions] == [
        ("South Central US", 1),
        ("West Central US", 2),
    ]
    scale_set, network = web.scale_set, web.scale_set.network
    assert (scale_set.name, scale_set.resource_group, scale_set.location) == (
        "myScaleSet",
        "myVMSSRG",
        "South Central US",
    )
    assert (network.virtual_network, network.subnet, network.public_ip_address, network.load_balancer) == (
        "myVnet",
        "mySubnet",
        "myPublicIPAddress",
        "myLoadBalancer",
    )
    assert (web.version.number, scale_set.upgrade_policy.mode.value) == ("next", "Automatic")


def test_every_problem_of_the_file_is_reported_with_its_path() -> None:
    shipped = (APP_DIR / "rollouts.yaml").read_text()
    broken = (
        shipped.replace("replicaCount: 2", "replicaCount: two")
        .replace("mode: Automatic", "mode: Sometimes")
        .replace("adminUsername:", "adminUser:")
    )
    found = problems_of(broken)
    for path in (
        "profiles.web.version.targetRegions.1.replicaCount:",
        "profiles.web.scaleSet.upgradePolicy.mode:",
        "profiles.web.scaleSet.adminUsername:",
        "profiles.web.scaleSet.adminUser:",
    ):
        assert any(problem.startswith(path) for problem in found), found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profiles:\n  web: {}\n  web: {}\n", "line 3, column 3: the key 'web' occurs twice"),
        ("profiles: [", "line"),
        ("", "(file)"),
        ("- 1", "(file)"),
        ("profiles: {}", "profiles:"),
        ("profiles: !!python/object/apply:os.system [ls]", "line"),
        ("[" * 5_000, "is not YAML"),
    ],
)
def test_what_is_no_rollouts_file_is_refused(text: str, said: str) -> None:
    assert any(said in problem for problem in problems_of(text))


@pytest.mark.parametrize(
    ("more", "problems"),
    [
        (
            "allowedImageGroups: [myGroup, {}]\n",
            ["allowedImageGroups.0: Input should be a mapping", "allowedImageGroups.1.resourceGroup: Field required"],
        ),
        ("allowedImageGroups: []\n", ["allowedImageGroups: Tuple should have at least 1 item after validation, not 0"]),
        (
            "allowedImageGroups: [{resourceGroup: elsewhere}]\n",
            ["profiles.web.match: covers none of allowedImageGroups, so gets no image"],
        ),
    ],
)
def test_a_problem_is_told_once_and_in_words_of_the_file(more: str, problems: list[str]) -> None:
    assert problems_of(more + (APP_DIR / "rollouts.yaml").read_text()) == problems


def test_a_key_that_yaml_reads_as_a_date_is_told_as_it_was_written() -> None:
    found = problems_of("profiles:\n  2026-01-01: {}\n")
    assert "profiles.2026-01-01: Input should be a valid string" in found
    assert not [problem for problem in found if "datetime" in problem]


def test_a_broken_file_is_told_over_http_too() -> None:
    answer = of_error(
        RolloutsFileError("rollouts.yaml", ["profiles.web.x: is not known", "profiles.web.y: is missing"])
    )
    assert b"profiles.web.x: is not known" in answer.get_body()
    assert b"profiles.web.y: is missing" in answer.get_body()


def test_a_file_can_be_checked_before_it_is_deployed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(APP_DIR / "rollouts.yaml")]) == 0
    assert "web" in capsys.readouterr().out
    broken = tmp_path / "broken.yaml"
    broken.write_text("profiles: {web: {}}")
    assert main([str(broken)]) == 1
    assert "profiles.web.gallery" in capsys.readouterr().err
    assert main([str(tmp_path / "missing.yaml")]) == 1


def test_the_published_schema_is_current() -> None:
    assert (APP_DIR / "rollouts.schema.json").read_text(encoding="utf-8") == schema()


def test_the_schema_knows_every_key_of_the_shipped_file() -> None:
    import json

    import yaml

    definitions: dict[str, Any] = json.loads(schema())["$defs"]
    known = {key for one in definitions.values() for key in one.get("properties", {})}
    data = yaml.safe_load((APP_DIR / "rollouts.yaml").read_text())["profiles"]["web"]
    assert set(data) <= known
    assert set(data["scaleSet"]) | set(data["version"]) | set(data["match"]) <= known
