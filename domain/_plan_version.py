"""The part of a plan that is about the image version: which number, adopted or published. Used by `domain.planning`."""

from collections.abc import Sequence

from domain import expectations, rules, steps, versions
from domain.comparison import Body, properties_of, standing
from domain.models import StepRequest, Violation
from domain.plan_draft import LEAVING, Draft
from domain.resource_ids import same

_STEP = steps.PUBLISH_VERSION.name


def draw(draft: Draft, held: Sequence[Body]) -> str | None:
    """The number that the rollout would publish or adopt; None where there is none to say. held: the definition's
    versions in any state."""
    carrier = expectations.carrier(held, draft.request)
    if carrier is not None:
        _adopt(draft, carrier)
        return str(carrier["name"])
    number = _number(draft, held)
    if number is None:
        draft.step(_STEP, f"{draft.request.targets.definition}/versions", "refuse", "It has no number.")
    else:
        _publish(draft, held, number)
    return number


def _publish(draft: Draft, held: Sequence[Body], number: str) -> None:
    request = draft.request
    resource = f"{request.targets.definition}/versions/{number}"
    holder = next((body for body in held if body.get("name") == number), None)
    if holder is not None and standing(holder) == "leaving":
        draft.step(_STEP, resource, "wait", LEAVING)
    elif holder is not None:
        draft.refuse(_STEP, resource, _number_held(request, number))
    elif _source_busy(request, held):
        draft.step(_STEP, resource, "wait", "Azure captures one version at a time of an image that is finished.")
    else:
        wanted = request.profile.version
        names = ", ".join(f"{region.name} × {region.replica_count}" for region in wanted.target_regions)
        later = "; a higher number, if this one was given out and deleted" if wanted.number == "next" else ""
        draft.step(_STEP, resource, "create", f"To {names}{later}.")


def _adopt(draft: Draft, body: Body) -> None:
    request, resource = draft.request, str(body["id"])
    draft.settle(_STEP, "version", resource, body, expectations.version)
    fixed = _fixed(request)
    if fixed is not None and fixed != body["name"]:
        draft.warnings.append(
            f"The profile says {fixed}, but version {body['name']} holds this very image and is adopted."
        )
    publishing = properties_of(body).get("publishingProfile") or {}
    missing = request.profile.version.missing_regions(publishing.get("targetRegions") or ())
    if not missing or draft.steps[-1].action != "adopt":
        return
    if draft.ours(body):
        draft.step(_STEP, resource, "adopt", f"Target regions are added: {', '.join(missing)}.")
        return
    foreign = rules.violation(
        "match",
        "version.targetRegions",
        missing,
        f"Version {body['name']} lacks these regions and was not made for this profile.",
        "Add the regions to the version by hand, or remove them from the profile.",
    )
    draft.refuse(_STEP, resource, foreign)


def _fixed(request: StepRequest) -> str | None:
    """The number that the profile or the image's tag names; None for `next`, and for what is no number."""
    form = request.profile.version.number
    text = rules.tagged_number(request.profile, request.image) if form.startswith("tag:") else form
    return text if text is not None and versions.is_number(text) else None


def _number(draft: Draft, held: Sequence[Body]) -> str | None:
    """None where the tag holds none, which `rules.check` has said, or where numbers are used up."""
    wanted = draft.request.profile.version
    if wanted.number != "next":
        return _fixed(draft.request)
    try:
        return str(versions.next_after([str(body.get("name", "")) for body in held], wanted.floor))
    except ValueError:
        used_up = "The gallery holds the largest version number there is."
        draft.violations.append(
            rules.violation("R4", "version.number", "next", used_up, "Name another image definition.")
        )
        return None


def _number_held(request: StepRequest, number: str) -> Violation:
    form = request.profile.version.number
    again = " A repetition needs a new number." if request.rollout.again else ""
    return rules.violation(
        "R4",
        f"image.tags.{form.removeprefix('tag:')}" if form.startswith("tag:") else "version.number",
        number,
        f"Version {number} exists and is not this rollout's: it was made of another image or content, or at another "
        f"request.{again}",
        "Choose another number, or let the pipeline choose (version.number: next).",
    )


def _source_busy(request: StepRequest, held: Sequence[Body]) -> bool:
    return request.image.provisioning_state.lower() in ("creating", "updating") or any(
        standing(body) == "busy" and same(expectations.source_of(body), request.image.id) for body in held
    )
