"""Which members of a body are secret: passwords, custom and user data, protected settings, unattended answers.

The one place that says so, for requests and for templates. ARM reads names in any case, so they are compared in
small letters; `tags` and an extension's `settings` are public, whatever users call their parts.
"""

from typing import Any

_SECRET = frozenset({"adminpassword", "customdata", "userdata", "protectedsettings"})
_UNATTENDED = ("additionalunattendcontent", "content")
_PUBLIC = frozenset({"tags", "settings"})


def secret_name(name: str) -> bool:
    """Whether a member, a parameter or a variable of this name holds a secret, whatever its type says."""
    return name.lower() in _SECRET or name.lower().endswith("password")


def secret_member(inside: str, name: str) -> bool:
    """Whether the member `name` of the object (or of the list's objects) called `inside` is a secret."""
    return secret_name(name) or (inside.lower(), name.lower()) == _UNATTENDED


def public_member(name: str) -> bool:
    """Whether nothing in a member of this name is a secret."""
    return name.lower() in _PUBLIC


def without_secrets(value: Any, inside: str = "") -> Any:
    """`value` without its secret members; `inside`: the name of the member that it is."""
    if public_member(inside):
        return value
    if isinstance(value, dict):
        return {name: without_secrets(inner, name) for name, inner in value.items() if not secret_member(inside, name)}
    return [without_secrets(one, inside) for one in value] if isinstance(value, list) else value


def password_of(os_profile: dict[str, Any]) -> Any:
    """`adminPassword` of a request, however it is spelt."""
    return next((value for name, value in os_profile.items() if name.lower() == "adminpassword"), None)
