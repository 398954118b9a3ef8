"""Who may administer a scale set: names, SSH keys and passwords that Azure takes, and none that is ever repeated."""

import base64
import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import rules
from tests.unit import samples

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
LINUX = samples.image(properties__storageProfile__osDisk__osType="Linux")
SPECIALIZED = samples.image(properties__storageProfile__osDisk__osState="Specialized")


def key(kind: str, *fields: bytes) -> str:
    """An SSH public key line with these fields."""
    blob = b"".join(len(field).to_bytes(4) + field for field in (kind.encode(), *fields))
    return f"{kind} {base64.b64encode(blob).decode()} me@example"


def rsa(bits: int) -> str:
    return key("ssh-rsa", b"\x01\x00\x01", b"\x00" + (1 << (bits - 1)).to_bytes(bits // 8))


ED25519 = key("ssh-ed25519", bytes(range(32)))


def found(**changes: Any) -> list[tuple[str, str]]:
    """What a Linux scale set breaks with these changes; without them it has neither key nor password."""
    wanted = {"scaleSet.adminPasswordSetting": None, **changes}
    violations = rules.check(samples.profile(**wanted), LINUX, now=NOW)
    return [(violation.rule, violation.field) for violation in violations]


def test_linux_takes_a_key_or_a_password_or_both_but_needs_one() -> None:
    assert found() == [("credential", "scaleSet")]
    assert found(scaleSet__sshPublicKey=ED25519) == []
    assert found(scaleSet__adminPasswordSetting="WEB_PASSWORD") == []
    assert found(scaleSet__sshPublicKey=ED25519, scaleSet__adminPasswordSetting="WEB_PASSWORD") == []


def test_a_specialized_image_brings_its_own_accounts() -> None:
    wanted = samples.profile(scaleSet__adminPasswordSetting=None, scaleSet__adminUsername="root")
    assert rules.check(wanted, SPECIALIZED, now=NOW) == []


@pytest.mark.parametrize("line", [ED25519, rsa(2048), rsa(4096), f"  {ED25519}\n", ED25519.rpartition(" ")[0]])
def test_keys_that_azure_takes(line: str) -> None:
    assert found(scaleSet__sshPublicKey=line) == []


BAD_KEYS = {
    "empty": "",
    "no key": "hello",
    "type alone": "ssh-rsa",
    "no base64": "ssh-rsa ???",
    "cut short": ED25519.split()[0] + " " + ED25519.split()[1][:20],
    "another type inside": "ssh-rsa " + ED25519.split()[1],
    "elliptic curve": key("ecdsa-sha2-nistp256", b"nistp256", b"\x04" + bytes(64)),
    "RSA too small": rsa(1024),
    "Ed25519 too short": key("ssh-ed25519", bytes(16)),
    "two lines": f"{ED25519}\n{ED25519}",
    "private": "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----",
}


@pytest.mark.parametrize("line", BAD_KEYS.values(), ids=BAD_KEYS)
def test_what_is_no_such_key_is_refused_and_not_repeated(line: str) -> None:
    wanted = samples.profile(scaleSet__adminPasswordSetting=None, scaleSet__sshPublicKey=line)
    violations = rules.check(wanted, LINUX, now=NOW)
    assert [(violation.rule, violation.field) for violation in violations] == [("credential", "scaleSet.sshPublicKey")]
    assert violations[0].value == "(not shown)"
    assert "c2VjcmV0" not in violations[0].model_dump_json()


@pytest.mark.parametrize("name", ["root", "Admin", "user1", "test3", "1web", "we.b", "w" * 65, "", "-web"])
def test_names_that_linux_refuses(name: str) -> None:
    named = found(scaleSet__sshPublicKey=ED25519, scaleSet__adminUsername=name)
    assert set(named) == {("R24", "scaleSet.adminUsername")}


@pytest.mark.parametrize("name", ["azureuser", "_web", "w" * 64, "Web-1", "user6"])
def test_names_that_linux_takes(name: str) -> None:
    assert found(scaleSet__sshPublicKey=ED25519, scaleSet__adminUsername=name) == []


def test_the_management_port_of_the_other_system_is_an_ordinary_port() -> None:
    assert found(scaleSet__sshPublicKey=ED25519, scaleSet__network__backendPorts=[3389]) == []
    assert found(scaleSet__sshPublicKey=ED25519, scaleSet__network__backendPorts=[22]) == [
        ("backendPorts", "scaleSet.network.backendPorts")
    ]


@pytest.mark.parametrize(
    ("text", "os_type", "fault"),
    [
        ("Abcdef1", "Windows", "8 to 123"),
        ("Ab1" * 42, "Windows", "8 to 123"),
        ("Ab1" * 25, "Linux", "6 to 72"),
        ("abcdefgh", "Windows", "three of"),
        ("abcdefg1", "Windows", "three of"),
        ("Pa$$word", "Windows", "refuses"),
        ("p@ssw0rd", "Windows", "refuses"),
    ],
)
def test_passwords_that_azure_refuses(text: str, os_type: str, fault: str) -> None:
    said = rules.check_password(text, os_type)
    assert said is not None
    assert fault in said


@pytest.mark.parametrize(
    ("text", "os_type"),
    [("Correct horse 1", "Windows"), ("Ab1" * 41, "Windows"), ("Abc_d1", "Linux"), ("äbcdefG1", "Windows")],
)
def test_passwords_that_azure_takes(text: str, os_type: str) -> None:
    assert rules.check_password(text, os_type) is None


SAID = {
    rules.check_password("Ab1"),
    rules.check_password("abcdefgh"),
    rules.check_password("Password1"),
    None,
}


@given(st.one_of(st.text(max_size=130), st.text(alphabet=string.ascii_letters + string.digits + "_!$", min_size=8)))
def test_what_is_said_of_a_password_never_depends_on_its_text(text: str) -> None:
    assert rules.check_password(text) in SAID
