"""What a deployment must not keep: values of secure parameters, and what goes by the name of a secret.

A deployment is kept until it ends, and longer; passwords are not. Its resources are made with placeholders in
their place, which changes nothing, because no resource keeps a password either.
"""

from typing import Any

PLACEHOLDER = "Withheld0Secret0"
"""Satisfies Azure's rules for passwords, user names and base64 (custom data)."""

_NAMES = frozenset({"adminpassword", "password", "customdata", "userdata", "protectedsettings", "secrets"})
_PUBLIC = ("ssh-", "ecdsa-")


def secure(type_name: object) -> bool:
    """Whether a parameter's type is one of the secure ones."""
    return str(type_name).lower() in ("securestring", "secureobject")


def secret_name(name: str) -> bool:
    """Whether a member or a parameter of this name holds a secret, whatever its type says."""
    return name.lower() in _NAMES or name.lower().endswith("password")


def withheld(value: Any) -> Any:
    """`value` with placeholders for its strings; the public half of a key pair is no secret."""
    if isinstance(value, str):
        return value if value.startswith(_PUBLIC) or not value else PLACEHOLDER
    if isinstance(value, dict):
        return {name: withheld(inner) for name, inner in value.items()}
    return [withheld(one) for one in value] if isinstance(value, list) else value


def scrubbed(value: Any) -> Any:
    """A template without the secrets that are written into it; expressions stay."""
    if isinstance(value, dict):
        return {
            name: withheld(inner) if secret_name(name) and _written_out(inner) else scrubbed(inner)
            for name, inner in value.items()
        }
    return [scrubbed(one) for one in value] if isinstance(value, list) else value


def _written_out(value: Any) -> bool:
    """Whether a member holds the secret itself: no expression, and no declaration of a parameter."""
    if isinstance(value, str):
        return not value.startswith("[")
    return isinstance(value, dict | list) and not (isinstance(value, dict) and "type" in value)
