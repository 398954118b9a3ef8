"""Rules for the administrator of a new scale set: name, SSH key, password.

Source: `osProfile` of the Compute API (`adminUsername`, `adminPassword`: lengths, complexity, disallowed values) and
learn.microsoft.com on SSH key formats (RSA from 2048 bits, Ed25519).
"""

import base64
import re
from collections.abc import Iterator

from domain._rules_names import violation
from domain.images import ManagedImage
from domain.models import Violation
from domain.profiles import Profile, ScaleSetSpec

PASSWORD_LENGTHS = {"windows": (8, 123), "linux": (6, 72)}
_REFUSED_PASSWORDS = frozenset(
    {
        "abc@123",
        "p@$$w0rd",
        "p@ssw0rd",
        "p@ssword123",
        "pa$$word",
        "pass@word1",
        "password!",
        "password1",
        "password22",
        "iloveyou!",
    }
)
_NUMBERED_NAMES = frozenset(f"{stem}{digit}" for stem in ("user", "test") for digit in ("", *"123"))
_REFUSED_NAMES = _NUMBERED_NAMES | frozenset(
    {"1", "123", "a", "actuser", "adm", "admin", "admin1", "admin2", "administrator", "aspnet", "backup", "console"}
    | {"david", "guest", "john", "owner", "root", "server", "sql", "support", "support_388945a0", "sys"}
    | {"user4", "user5"}
)
_NOT_IN_WINDOWS_NAMES = set('"/\\[]:|<>+=;,?*@&')
_LINUX_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_CLASSES = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"), re.compile(r"[\W_]"))
_KEY_TYPES = ("ssh-rsa", "ssh-ed25519")
_SMALLEST_RSA_BITS = 2048


def check_password(text: str, os_type: str = "Windows") -> str | None:
    """What is wrong with an administrator's password, in words that never contain it; None where nothing is.

    Windows: 8 to 123 characters, Linux: 6 to 72; three of lower case, upper case, digit and special character; not
    one of the passwords that Azure refuses by name.
    """
    shortest, longest = PASSWORD_LENGTHS[os_type.lower()]
    if not shortest <= len(text) <= longest:
        return f"The password must have {shortest} to {longest} characters."
    if sum(1 for kind in _CLASSES if kind.search(text)) < 3:
        return (
            "The password must have three of: a lower-case letter, an upper-case letter, a digit, a special character."
        )
    if text.lower() in _REFUSED_PASSWORDS:
        return "The password is one of those that Azure refuses because everybody knows them."
    return None


def administrator(profile: Profile, image: ManagedImage) -> Iterator[Violation]:
    """R24 and the credential, for a generalized image; a specialized one brings its own accounts."""
    if image.os_state.lower() == "specialized":
        return
    spec = profile.scale_set
    if image.os_type.lower() == "windows":
        yield from _windows(spec)
    elif image.os_type.lower() == "linux":
        yield from _linux(spec)


def _windows(spec: ScaleSetSpec) -> Iterator[Violation]:
    name = spec.admin_username
    if not 1 <= len(name) <= 20 or name.endswith(".") or set(name) & _NOT_IN_WINDOWS_NAMES or not name.strip():
        yield violation(
            "R24",
            "scaleSet.adminUsername",
            name,
            "On Windows an administrator's name has 1 to 20 characters, none of "
            '"/\\[]:|<>+=;,?*@&, the last not a dot.',
            "Choose another name.",
        )
    yield from _common_name(name)
    if spec.admin_password_setting is None:
        yield violation(
            "credential",
            "scaleSet.adminPasswordSetting",
            None,
            "A Windows scale set needs an administrator's password.",
            "Put the password into an app setting (a Key Vault reference, say) and name that setting here.",
        )
    if spec.ssh_public_key is not None:
        yield violation(
            "credential",
            "scaleSet.sshPublicKey",
            "a key",
            "Windows takes no SSH public key.",
            "Remove it from the profile.",
        )


def _linux(spec: ScaleSetSpec) -> Iterator[Violation]:
    name = spec.admin_username
    if len(name) > 64 or not _LINUX_NAME.fullmatch(name):
        yield violation(
            "R24",
            "scaleSet.adminUsername",
            name,
            "On Linux an administrator's name has 1 to 64 letters, digits, underscores and dashes, and starts with a "
            "letter or underscore.",
            "Choose another name.",
        )
    yield from _common_name(name)
    if spec.ssh_public_key is None and spec.admin_password_setting is None:
        yield violation(
            "credential",
            "scaleSet",
            None,
            "A Linux scale set needs an SSH public key or an administrator's password.",
            "Give scaleSet.sshPublicKey, or name an app setting in scaleSet.adminPasswordSetting.",
        )
    wrong = _wrong_with_key(spec.ssh_public_key) if spec.ssh_public_key is not None else None
    if wrong:
        # The value is not shown: what is no public key may be a private one.
        yield violation(
            "credential",
            "scaleSet.sshPublicKey",
            "(not shown)",
            wrong,
            "Give the line of a .pub file: ssh-ed25519, or ssh-rsa with at least 2048 bits.",
        )


def _common_name(name: str) -> Iterator[Violation]:
    if name.lower() in _REFUSED_NAMES:
        yield violation(
            "R24", "scaleSet.adminUsername", name, "Azure refuses this name by name.", "Choose another name."
        )


def _wrong_with_key(line: str) -> str | None:
    if "PRIVATE KEY" in line:
        return "This is a private key."
    kind, _, rest = line.strip().partition(" ")
    if len(line.strip().splitlines()) != 1 or kind not in _KEY_TYPES or not rest.strip():
        return f"This is no SSH public key of a type that Azure takes ({', '.join(_KEY_TYPES)})."
    try:
        fields = _ssh_fields(base64.b64decode(rest.split()[0], validate=True))
    except ValueError:  # binascii.Error is one
        fields = []
    shape = [len(field) for field in fields[1:]]
    if not fields or fields[0] != kind.encode() or (shape != [32] if kind == "ssh-ed25519" else len(shape) != 2):
        return "The key's text is damaged."
    bits = int.from_bytes(fields[-1]).bit_length()
    if kind == "ssh-rsa" and bits < _SMALLEST_RSA_BITS:
        return f"The RSA key has {bits} bits; Azure takes it from {_SMALLEST_RSA_BITS}."
    return None


def _ssh_fields(blob: bytes) -> list[bytes]:
    """The strings of an SSH key blob (RFC 4253, 6.6): each its length in four bytes, then the bytes."""
    fields = []
    while blob:
        length = int.from_bytes(blob[:4])
        field, rest = blob[4 : 4 + length], blob[4 + length :]
        if len(field) != length or len(blob) < 4:
            raise ValueError("ends within a field")
        fields.append(field)
        blob = rest
    return fields
