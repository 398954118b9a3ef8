"""The rollout, as a runbook.

1. Read the image; if it is no longer what the event saw, the rollout is superseded.
2. Check the rules, before the first write.
3. Make sure of the resource groups, 4. the gallery, 5. the image definition.
6. Publish the version and replicate it (`replicate`); meanwhile, where there is no scale set yet, make its
   network (`network`).
7. Create the scale set, or move it to the version, and follow its instances (`deploy`).

Everything it does, it does by looking first: an interrupted rollout is continued by the next attempt. On failure
or `cancel` the children end before the rollout does; nothing in Azure is deleted or stopped.
"""

from typing import Any, Literal

from durabletask.task import OrchestrationContext

from domain import rules
from domain.errors import RolloutCancelled, RolloutError
from domain.images import ManagedImage
from domain.models import GroupRequest, ImageRequest, RegionState, RolloutInput, StepRequest
from domain.status import Outcomes
from domain.steps import (
    CREATE_GALLERY,
    CREATE_RESOURCE_GROUP,
    DEFINE_IMAGE,
    DEPLOY,
    NETWORK,
    PLAN_ROLLOUT,
    READ_IMAGE,
    REPLICATE,
)
from orchestrators import _records
from orchestrators._delays import longest
from orchestrators._journal import line
from orchestrators._steps import Run, Steps, Superseded


def rollout(ctx: OrchestrationContext, payload: dict[str, Any]) -> Steps[dict[str, Any]]:
    """One image under one profile, from publication to running instances. payload: `RolloutInput`."""
    run, asked = Run(ctx), RolloutInput.load(payload)
    _records.runs(ctx, asked, due=run.now + longest(asked.profile.deadlines))
    try:
        note = yield from _roll_out(run, asked)
        _end(run, asked, "Completed", note)
    except Superseded as reason:
        _end(run, asked, "Superseded", str(reason))
    except RolloutCancelled:
        _end(run, asked, "Cancelled", _what_exists(run))
    except RolloutError as error:
        _end(run, asked, "Failed", _what_exists(run), error)
        raise error from None
    except Exception:  # a fault of ours: it ends the rollout too, and must not do so in silence
        _records.ended(ctx, asked, run.status)
        raise
    return run.status.dump()


def _end(run: Run, asked: RolloutInput, outcome: Outcomes, note: str, error: RolloutError | None = None) -> None:
    run.finish(outcome, note, error)
    _records.ended(run.ctx, asked, run.status)


def _roll_out(run: Run, asked: RolloutInput) -> Steps[str]:
    image = yield from _image(run, asked)
    request = StepRequest(rollout=asked, image=image, rollout_id=run.ctx.instance_id)
    targets, within = request.targets, asked.profile.deadlines.resource

    plan = yield from run.step(PLAN_ROLLOUT, request, close=False)
    if plan.violations:
        raise rules.broken(plan)
    run.close(PLAN_ROLLOUT.name, "", "Completed", line(*plan.warnings))

    yield from _group(run, request, "gallery", targets.gallery_group)
    yield from _group(run, request, "scaleSet", targets.scale_set_group)
    yield from run.converge(CREATE_GALLERY, request, role="gallery", resource=targets.gallery, within=within)
    yield from run.converge(DEFINE_IMAGE, request, role="definition", resource=targets.definition, within=within)

    branches = {REPLICATE: {"request": request.dump()}}
    if not plan.scale_set_exists:
        branches[NETWORK] = {"request": request.dump()}
    run.waiting("the version's replication")
    made = yield from run.children(branches)
    number = str(made[REPLICATE]["number"])
    published = request.model_copy(update={"number": number})
    resources = {**run.status.resources, **made.get(NETWORK, {}).get("resources", {}), "version": published.version_id}
    run.update(version=number, regions=tuple(map(RegionState.load, made[REPLICATE]["regions"])), resources=resources)

    run.waiting("the scale set")
    deployed = yield from run.children({DEPLOY: {"request": published.dump(), "exists": plan.scale_set_exists}})
    result = deployed[DEPLOY]
    run.found("scaleSet", targets.scale_set)
    if result.get("superseded"):
        raise Superseded(str(result["superseded"]))
    return str(result.get("note") or "")


def _image(run: Run, asked: RolloutInput) -> Steps[ManagedImage]:
    try:
        found = yield from run.step(READ_IMAGE, ImageRequest(image=asked.image), resource=asked.image)
    except RolloutError as error:
        if error.code == "ImageNotFound":
            raise Superseded("The image was deleted before it was published.") from None
        raise
    if found.image.fingerprint != asked.fingerprint:
        raise Superseded("The image has new content since; its own event starts a rollout of that.")
    return found.image


def _group(run: Run, request: StepRequest, which: Literal["gallery", "scaleSet"], resource: str) -> Steps[None]:
    yield from run.converge(
        CREATE_RESOURCE_GROUP,
        GroupRequest(**dict(request), group=which),
        role=f"{which}ResourceGroup",
        resource=resource,
        within=request.profile.deadlines.resource,
    )


def _what_exists(run: Run) -> str:
    if not run.status.resources:
        return "Nothing was created. Nothing was deleted."
    names = ", ".join(
        f"{_words(role)} {resource.rpartition('/')[2]}" for role, resource in run.status.resources.items()
    )
    return f"These exist and stay: {names}. What Azure has under way runs on; nothing was deleted."


def _words(role: str) -> str:
    """`networkSecurityGroup` → `network security group`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in role)
