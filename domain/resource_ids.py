"""ARM resource ids: built, taken apart, compared. ARM compares them case-insensitively, and so do we."""

import re
from dataclasses import dataclass

_ID = re.compile(
    r"^/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"(?:/providers/(?P<namespace>[^/]+)/(?P<rest>[^?#]+))?$",
    re.IGNORECASE,
)
_SUBSCRIPTION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
_NAME = re.compile(r"(?!\.{1,2}$)[\w().-]{1,80}")
"""Neither `.` nor `..`: on the way to the server they would lead to another resource."""


@dataclass(frozen=True, slots=True)
class ResourceId:
    """A resource below a resource group: `type` is like `Microsoft.Compute/galleries/images`."""

    subscription: str
    group: str
    type: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The last name: the resource's own."""
        return self.names[-1] if self.names else self.group

    def __str__(self) -> str:
        base = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        if not self.names:
            return base
        namespace, *types = self.type.split("/")
        pairs = "".join(f"/{kind}/{name}" for kind, name in zip(types, self.names, strict=True))
        return f"{base}/providers/{namespace}{pairs}"

    def child(self, kind: str, name: str) -> "ResourceId":
        """The id of a child resource, such as a version of a definition."""
        return ResourceId(self.subscription, self.group, f"{self.type}/{kind}", (*self.names, name))

    def parent(self) -> "ResourceId":
        """The id one level up; a top-level resource has none."""
        return ResourceId(self.subscription, self.group, self.type.rpartition("/")[0], self.names[:-1])


def parse(text: str) -> ResourceId:
    """Take an id apart. ValueError says what is wrong; nothing is guessed."""
    match = _ID.match(text.strip().rstrip("/"))
    if not match:
        raise ValueError("is not a resource id of the form /subscriptions/…/resourceGroups/…/providers/…")
    if not _SUBSCRIPTION.fullmatch(match["subscription"]):
        raise ValueError("names a subscription that is not a GUID")
    if not _GROUP.fullmatch(match["group"]):
        raise ValueError("names a resource group with characters that Azure does not allow")
    if any(map(_ambiguous, text)):
        raise ValueError("holds characters that become others in lower case, which Azure may tell apart")
    if match["namespace"] is None:
        return ResourceId(match["subscription"], match["group"], "Microsoft.Resources/resourceGroups", ())
    parts = match["rest"].split("/")
    if len(parts) % 2 or not all(map(_NAME.fullmatch, [match["namespace"], *parts])):
        raise ValueError("does not alternate types and names after its provider")
    kind = "/".join([match["namespace"], *parts[::2]])
    return ResourceId(match["subscription"], match["group"], kind, tuple(parts[1::2]))


def _ambiguous(character: str) -> bool:
    """Whether lower case makes another letter of it than the one it belongs to: the Kelvin sign becomes a `k`.

    To Azure a group spelt with it is another than the one spelt with a `k`; comparing in lower case would take the one
    for the other.
    """
    return not character.isascii() and character.lower().upper() != character.upper()


def same(left: str | None, right: str | None) -> bool:
    """Whether two ids name one resource."""
    return (left or "").rstrip("/").lower() == (right or "").rstrip("/").lower()


def group_id(subscription: str, group: str) -> ResourceId:
    """The id of a resource group."""
    return ResourceId(subscription, group, "Microsoft.Resources/resourceGroups", ())


def resource_id(subscription: str, group: str, kind: str, *names: str) -> ResourceId:
    """The id of a resource of type `kind`, such as `Microsoft.Compute/galleries`."""
    return ResourceId(subscription, group, kind, names)
