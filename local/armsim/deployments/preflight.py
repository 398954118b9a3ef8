"""What stands against a deployment before anything is made: in the request, in the template, in the resources.

`prepared` is called by PUT and by `validate`. All that the template would make is held against the rules of its
type; what only another resource of the same template can satisfy is left to the engine.
"""

import json
import re
from hashlib import blake2b

from local.armsim.body import Body
from local.armsim.deployments import parameters
from local.armsim.deployments.expressions import TemplateError
from local.armsim.deployments.plan import Planned, expand
from local.armsim.deployments.progress import Progress, Step, place_of
from local.armsim.deployments.scopes import NotYetError, Scope
from local.armsim.deployments.secrets import scrubbed
from local.armsim.errors import ArmError
from local.armsim.ids import Route
from local.armsim.reading import record, text
from local.armsim.rules import checked_name
from local.armsim.world import World


def refusal(code: str, message: str, details: list[Body] | None = None) -> ArmError:
    """ARM's 400."""
    return ArmError(400, code, message, details=details, gateway=True)


def purpose(resource_id: str) -> str:
    """What the deployments of one name are counted under."""
    return f"{resource_id.lower()} deployed"


def target(one: Planned | Step) -> Body:
    """A resource as lists of dependencies and operations name it."""
    return {"id": one.id, "resourceType": one.type_name, "resourceName": one.name}


def prepared(world: World, route: Route, sent: Body) -> tuple[Progress, Body]:
    """What a deployment is to keep, and its body, if nothing stands against it."""
    resource_id, name = route.id, route.names[-1]
    template, given, mode = _read(sent, name)
    turn, now = world.counts.get(purpose(resource_id), 0) + 1, world.now()
    place = place_of(world, resource_id, turn, now)
    try:
        values = parameters.given(template, given)
        scope = Scope(template, values, place, withholds=False)
        parameters.check(template, scope)
        planned = expand(template, scope)
        problems = _problems(world, [one for one in planned if one.made])
        live = Progress(scrubbed(template), parameters.kept(template, values), turn, now)
        kept = expand(live.template, Scope(live.template, live.parameters, place))
        _keep_needs(planned, kept)
        plan = [one for one in kept if one.made]
    except (TemplateError, NotYetError) as error:
        raise refusal("InvalidTemplate", f"Deployment template validation failed: '{error}'.") from None
    if problems:
        raise refusal(
            "InvalidTemplateDeployment",
            f"The template deployment '{name}' is not valid according to the validation procedure. The tracking id is "
            f"'{world.draws.guid('tracking', resource_id, turn)}'. See inner errors for details.",
            problems,
        )
    for one in plan:
        needs = [need.key for need in one.needs if need.made]
        live.steps.append(Step(one.id, one.type_name, one.name, needs=needs))
    digest = blake2b(json.dumps(live.template, sort_keys=True).encode(), digest_size=8).digest()
    properties: Body = {
        "templateHash": str(int.from_bytes(digest)),
        **({"parameters": parameters.shown(template, scope)} if "parameters" in template else {}),
        "mode": mode,
        "correlationId": world.draws.guid("correlation", resource_id.lower(), turn),
        "providers": _providers(plan),
        "dependencies": _dependencies(plan),
    }
    tags = record(sent, "tags")
    return live, {"properties": properties, **({"tags": tags} if tags else {})}


def _read(sent: Body, name: str) -> tuple[Body, Body, str]:
    """Template, parameters and mode of a request, or ArmError (codes partly *inferred*)."""
    properties = record(sent, "properties")
    mode = (text(properties, "mode") or "").capitalize()
    link = next((one for one in ("templateLink", "parametersLink") if properties.get(one)), "")
    if not checked_name(r"[\w.()-]{1,64}", name):
        raise refusal("InvalidDeploymentName", f"The name '{name}' is invalid, or longer than 64 characters.")
    if sent.get("location"):
        message = f"The 'location' property is not allowed for '{name}' at resource group scope."
        raise refusal("InvalidDeployment", message)
    if link:
        message = f"Unable to download deployment content from '{link}': send the template in the request."
        raise refusal("InvalidContentLink", message)
    if not isinstance(properties.get("template"), dict):
        raise refusal("InvalidRequestContent", "The request content is not valid: 'properties.template' is missing.")
    if mode not in ("Incremental", "Complete"):
        raise refusal("InvalidDeployment", f"The deployment mode '{mode}' is not one of 'Incremental', 'Complete'.")
    template = record(properties, "template")
    for member in ("parameters", "variables", "outputs"):
        record(template, member)
    if not all(isinstance(output, dict) for output in record(template, "outputs").values()):
        raise refusal("InvalidRequestContent", "The request content is not valid: every output must be an object.")
    return template, record(properties, "parameters"), mode


def _keep_needs(planned: list[Planned], kept: list[Planned]) -> None:
    """What waits for another because of an expression that is withheld, still does."""
    if len(planned) == len(kept):
        places = {id(one): at for at, one in enumerate(planned)}
        for one, whole in zip(kept, planned, strict=True):
            one.needs = [kept[places[id(need)]] for need in whole.needs]


def _problems(world: World, plan: list[Planned]) -> list[Body]:
    """What the rules say against resources, apart from what this template makes first."""
    made = {one.key for one in plan}
    found: list[Body] = []
    for one in plan:
        there = world.store.get(one.id)
        try:
            if there is None or not there.busy:
                world.validate("PUT", one.id, one.api_version, one.body())
        except NotYetError:
            continue
        except ArmError as error:
            if error.status != 429 and not _names(error, made - {one.key}, one.key):
                found.append(error.body()["error"])
    return found


def _names(error: ArmError, made: set[str], own: str) -> bool:
    """Whether an error is about something that the same template makes."""
    said = json.dumps(error.body()).lower().replace(own, "")
    return any(re.search(rf"{re.escape(one)}(?![\w.-])", said) for one in made if one in said)


def _providers(plan: list[Planned]) -> list[Body]:
    found: dict[str, dict[str, dict[str | None, None]]] = {}
    for one in plan:
        namespace, _, kind = one.type_name.partition("/")
        found.setdefault(namespace, {}).setdefault(kind, {})[one.location] = None
    return [
        {
            "namespace": namespace,
            "resourceTypes": [{"resourceType": kind, "locations": list(where)} for kind, where in kinds.items()],
        }
        for namespace, kinds in found.items()
    ]


def _dependencies(plan: list[Planned]) -> list[Body]:
    waiting = [(one, [target(need) for need in one.needs if need.made]) for one in plan]
    return [{"dependsOn": needs, **target(one)} for one, needs in waiting if needs]
