"""What comparing an existing resource with the profile tells, and what its provisioning state allows.

`domain.expectations` makes comparisons; the plan reports them; activities that adopt a resource call `adopt`.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from domain import naming, regions
from domain.errors import MismatchError

Body = dict[str, Any]
"""A resource as ARM sends it."""

Standing = Literal["ready", "busy", "leaving", "broken"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A property that must match and does not. `property`: its path in ARM's body, without `properties.`."""

    property: str
    found: str
    wanted: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.property} is {self.found}, but the profile wants {self.wanted}."


@dataclass(frozen=True, slots=True)
class Comparison:
    """`mismatches` forbid adoption; `notes` tell of differences that are left as they are, a sentence each."""

    mismatches: tuple[Mismatch, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def matches(self) -> bool:
        """Whether the resource can be adopted."""
        return not self.mismatches

    def adopt(self, resource: str) -> tuple[str, ...]:
        """The notes; MismatchError, which names every mismatch, where the resource cannot be adopted."""
        if not self.mismatches:
            return self.notes
        first = self.mismatches[0]
        raise MismatchError(
            "ResourceMismatch",
            " ".join(str(mismatch) for mismatch in self.mismatches),
            resource=resource,
            remedy=first.remedy,
            facts={"property": first.property, "found": first.found, "wanted": first.wanted},
        )


@dataclass(slots=True)
class Check:
    """Collects mismatches and notes while one resource is compared."""

    remedy: str
    mismatches: list[Mismatch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def must(self, matches: bool, prop: str, found: Any, wanted: Any, remedy: str = "") -> None:
        """Record a mismatch of `prop` unless `matches`."""
        if not matches:
            self.mismatches.append(Mismatch(prop, shown(found), shown(wanted), remedy or self.remedy))

    def equal(self, prop: str, found: Any, wanted: Any, remedy: str = "") -> None:
        """Record a mismatch unless both are equal, text without regard to case."""
        self.must(folded(found) == folded(wanted), prop, found, wanted, remedy)

    def location(self, body: Body, wanted: str) -> None:
        """Record a mismatch unless the resource is in the region `wanted`."""
        self.equal("location", regions.normalized(body.get("location") or ""), regions.normalized(wanted))

    def note(self, prop: str, found: Any, wanted: Any) -> None:
        """Record a difference that is left as it is."""
        if folded(found) != folded(wanted):
            self.notes.append(f"{prop} stays {shown(found)}; the profile says {shown(wanted)}.")

    def note_tags(self, body: Body, wanted: dict[str, str]) -> None:
        """Record tags of the profile that the resource does not carry; they are not added."""
        other = sorted(name for name, value in wanted.items() if tag_of(body, name) != value)
        if other:
            self.notes.append(f"tags stay as they are; the profile has others: {shown(other)}.")

    def result(self) -> Comparison:
        """What was collected."""
        return Comparison(tuple(self.mismatches), tuple(self.notes))


def folded(value: Any) -> Any:
    """`value` in the form in which two are compared: text in lower case, nothing for an empty one."""
    return value.lower() or None if isinstance(value, str) else value


def shown(value: Any) -> str:
    """`value` as a person reads it."""
    if value is None or value == "":
        return "missing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value)) or "missing"
    return str(value)


def tag_of(body: Body, name: str) -> str | None:
    """The value of a tag; ARM compares tag names without case."""
    tags: dict[str, str] = body.get("tags") or {}
    return next((value for key, value in tags.items() if key.lower() == name.lower()), None)


def is_ours(body: Body, profile_name: str) -> bool:
    """Whether the pipeline made the resource for this profile: it carries the profile's tag from birth."""
    return tag_of(body, naming.TAG_PROFILE) == profile_name


def properties_of(body: Body) -> Body:
    """The body's `properties`, never None."""
    return body.get("properties") or {}


def standing(body: Body) -> Standing:
    """What the provisioning state allows: `busy` (Creating, Updating: wait), `leaving` (Deleting: wait, then create),
    `broken` (Failed or Canceled: repaired if it is ours, else refused), `ready` otherwise."""
    state = str(properties_of(body).get("provisioningState") or "Succeeded").lower()
    if state in ("creating", "updating", "migrating", "inprogress"):
        return "busy"
    if state == "deleting":
        return "leaving"
    if state in ("failed", "canceled"):
        return "broken"
    return "ready"
