"""The engine: makes the resources of a deployment, each once all that it waits for is there.

Called at every alarm of a deployment (`DEPLOYMENT.tick`). It looks at the operations under way, starts what has
become possible, and rings again when the earliest of them is due. All that it remembers is in `Progress`.
"""

import json
from datetime import datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any

from local.armsim.body import Body, part
from local.armsim.deployments.expressions import TemplateError, passes, resolve
from local.armsim.deployments.parameters import display
from local.armsim.deployments.plan import Planned, referred
from local.armsim.deployments.progress import ACTIVE, Progress, Step, plan_of, scope_of
from local.armsim.deployments.scopes import Scope
from local.armsim.deployments.secrets import kind_of, secure
from local.armsim.errors import ArmError
from local.armsim.kinds import Resource
from local.armsim.world import World

_MOST_TRIES = 5
_PAUSE = 10.0  # seconds before a request is tried again that met a throttle or a server's error
_A_MOMENT = timedelta(milliseconds=10)
_FAILED = "At least one resource deployment operation failed. Please list deployment operations for details. "
_QUOTES_UNTIL = "2022"
"""Errors of resources are quoted as JSON text in recordings up to 2019, and are plain details in public reports since
2023. That an older api-version gets the older form is *inferred*."""


def tick(world: World, resource: Resource, when: datetime) -> None:
    """Move a deployment on."""
    if resource.live.status in ACTIVE and resource.state != "Deleting":
        _Run(world, resource, when).go()


class _Run:
    def __init__(self, world: World, resource: Resource, when: datetime) -> None:
        self._world, self._resource, self._when = world, resource, when
        self._live: Progress = resource.live
        self._dues: list[datetime] = []

    @cached_property
    def _plan(self) -> list[Planned]:
        """The template's resources: made out only where one of them is to be started or referred to."""
        return plan_of(self._world, self._resource, self._refer)

    def go(self) -> None:
        self._say("Running")
        for step in self._in_state("Running"):
            self._look(step, self._when + _A_MOMENT)
        while self._start_ready():
            pass
        if self._dues:
            self._world.ring(self._resource, min(self._dues))
        elif not self._in_state("Running"):
            self._finish()
        self._world.store.put(self._resource)

    def _in_state(self, state: str) -> list[Step]:
        return [step for step in self._live.steps if step.state == state]

    def _start_ready(self) -> bool:
        """Start everything that can be started; whether anything was, which may have made more possible."""
        done = {one.id.lower() for one in self._in_state("Succeeded")}
        ready = [step for step in self._in_state("Waiting") if done.issuperset(step.needs)]
        started = [self._start(step) for step in ready]
        if not self._in_state("Running") and not self._in_state("Waiting") and not self._in_state("Failed"):
            return self._sweep()
        return any(started)

    def _start(self, step: Step) -> bool:
        step.started = step.started or self._when
        step.tries += 1
        try:
            answer, operation = self._submit(step)
        except ArmError as error:
            return self._refused(step, error)
        except TemplateError as error:
            self._fail(step, "BadRequest", {"error": {"code": "InvalidTemplate", "message": error.message}})
            return True
        step.code = _words(answer.status)
        step.operation = operation.name if operation is not None else ""
        step.state = "Running"
        self._look(step, self._when)
        return True

    def _submit(self, step: Step) -> Any:
        if step.method == "DELETE":
            found = self._world.store.get(step.id)
            version = found.kind.versions[1] if found is not None else self._resource.kind.versions[1]
            return self._world.submit("DELETE", step.id, version, {})
        planned = next((one for one in self._plan if one.made and one.id == step.id), None)
        if planned is None:
            raise TemplateError(f"The resource '{step.id}' is no longer what the template makes.")
        return self._world.submit("PUT", planned.id, planned.api_version, planned.body())

    def _refused(self, step: Step, error: ArmError) -> bool:
        if (error.status == 429 or error.status >= 500) and step.tries < _MOST_TRIES:
            self._dues.append(self._when + self._world.lasts(_PAUSE) + _A_MOMENT)
            return False
        if step.method == "DELETE" and self._in_state("Running"):
            return False  # something that still goes may be what uses it
        self._fail(step, _words(error.status), error.body())
        return True

    def _look(self, step: Step, earliest: datetime) -> None:
        """See how a running step is doing; `earliest` is when to look again at the soonest."""
        operation = self._world.operations.get(step.operation)
        target = self._world.store.get(step.id)
        if operation is not None and operation.status in (*ACTIVE, "InProgress"):
            nested = target.alarm if target is not None and target.kind is self._resource.kind else None
            due = operation.due or nested
            if due is not None:
                self._dues.append(max(due, earliest))
            return
        if operation is None or operation.status == "Succeeded":
            step.state, step.ended = "Succeeded", self._when
            return
        inner: Body = {"code": "ResourceDeploymentFailure"}
        if self._quotes:
            inner["message"] = "The resource operation completed with terminal provisioning state 'Failed'."
        else:
            inner["target"] = step.id
            inner["message"] = (
                "The resource write operation failed to complete successfully, because it reached terminal "
                "provisioning state 'Failed'."
            )
        inner["details"] = [operation.error or {}]
        self._fail(step, "Conflict", {"status": "Failed", "error": inner})

    def _fail(self, step: Step, code: str, body: Body) -> None:
        step.state, step.ended, step.code, step.error = "Failed", self._when, code, body

    def _sweep(self) -> bool:
        """Once all is made, begin to delete what a template lacks, where the mode is Complete."""
        live, group = self._live, "/".join(self._resource.id.split("/")[:5])
        if live.sweeping or self._resource.properties["mode"] != "Complete":
            return False
        live.sweeping = True
        kept = {"/".join(step.id.lower().split("/")[:9]) for step in live.steps}
        for one in reversed(self._world.store.below(group)):
            if one.kind is not self._resource.kind and "/".join(one.key.split("/")[:9]) not in kept:
                live.steps.append(Step(one.id, one.kind.name, "/".join(one.route.names), "DELETE"))
        return bool(self._in_state("Waiting"))

    def _finish(self) -> None:
        live = self._live
        failed = [self._detail(one) for one in self._in_state("Failed")]
        if live.fails is not None:
            failed.append(live.fails)
        if failed and self._quotes:
            message = f"{_FAILED}Please see https://aka.ms/arm-debug for usage details."
            live.error = {"code": "DeploymentFailed", "message": message, "details": failed}
        elif failed:
            message = f"{_FAILED}Please see https://aka.ms/arm-deployment-operations for usage details."
            target = {"target": self._resource.id}
            live.error = {"code": "DeploymentFailed", **target, "message": message, "details": failed}
        else:
            live.error = self._outputs()
        live.ended = self._when
        self._resource.state = "Failed" if live.error else "Succeeded"
        self._say(self._resource.state)

    @property
    def _quotes(self) -> bool:
        """Whether the client knows errors in the older form."""
        operation = self._resource.operation
        return operation is not None and operation.api_version < _QUOTES_UNTIL

    def _detail(self, step: Step) -> Body:
        """A failed step as the error of the deployment tells it."""
        body = step.error or {}
        if not self._quotes:
            return {**body.get("error", {})}
        return {"code": step.code, "message": json.dumps(body, indent=2).replace("\n", "\r\n")}

    def _outputs(self) -> Body | None:
        """Evaluate the outputs; the error where that fails."""
        live, scope = self._live, scope_of(self._world, self._resource, self._refer)
        shown: Body = {}
        for name, output in part(live.template, "outputs").items():
            try:
                if resolve(output.get("condition", True), scope):
                    shown[_camel(name)] = _output(live.template, output, scope)
            except TemplateError as error:
                detail = {"code": "DeploymentOutputEvaluationFailed", "target": name, "message": error.message}
                message = f"Unable to evaluate template outputs: '{name}'. Please see the details."
                return {"code": "DeploymentOutputEvaluationFailed", "message": message, "details": [detail]}
        live.outputs = shown
        return None

    def _say(self, status: str) -> None:
        """Take a status on, and let polls say it."""
        self._live.status = status
        conclude(self._world, self._resource, self._when)

    def _refer(self, target: str, api_version: str, full: bool) -> Any:
        """The function `reference`, of what exists by now."""
        planned = referred(target, self._plan)
        resource_id = planned[-1].id if planned else target
        version = api_version or (planned[-1].api_version if planned else "")
        try:
            answer, _ = self._world.submit("GET", resource_id, version, {})
        except ArmError as error:
            raise TemplateError(f"The reference to '{resource_id}' failed with {error.code}: {error.message}") from None
        body = answer.body or {}
        if not full:
            return body.get("properties", {})
        parts = resource_id.split("/")
        mine = {"resourceId": resource_id, "subscriptionId": parts[2], "resourceGroupName": parts[4]}
        rest = {name: value for name, value in body.items() if name not in ("id", "name", "type")}
        return {"apiVersion": version, **rest, **mine, "referenceApiVersion": version}


def conclude(world: World, resource: Resource, when: datetime) -> None:
    """Let the operation of a deployment say what the deployment's status is."""
    live, operation = resource.live, resource.operation
    if operation is None or operation.status == live.status:
        return
    operation.status = live.status
    if live.status not in ACTIVE:
        operation.due = operation.ended = when
        operation.error = live.error
    world.operations.put(operation)


def _output(template: Body, output: Body, scope: Scope) -> Body:
    kind = kind_of(template, output)
    if secure(kind):
        return {"type": display(kind)}
    loop = output.get("copy")
    value = passes(loop, scope, "output") if isinstance(loop, dict) else resolve(output.get("value"), scope)
    return {"type": display(kind), "value": value}


def _camel(name: str) -> str:
    """`VMSS` → `vmss`, `VMName` → `vmName`: capitals before another capital, and the first, become small."""
    small = 0
    while small < len(name) and name[small].isupper() and (small == 0 or not name[small + 1 : small + 2].islower()):
        small += 1
    return name[:small].lower() + name[small:]


def _words(status: int) -> str:
    """`NotFound` for 404; a status without a name, as faults may give, is its number."""
    if status == HTTPStatus.OK or status not in set(HTTPStatus):
        return "OK" if status == HTTPStatus.OK else str(status)
    return HTTPStatus(status).phrase.title().replace(" ", "")
