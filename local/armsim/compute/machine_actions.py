"""What can be asked of a virtual machine beside GET and PUT: power, generalizing, commands, eviction."""

from collections.abc import Callable, Mapping

from local.armsim import timing
from local.armsim.compute import fleets, power
from local.armsim.compute.fleets import Course, Instance
from local.armsim.compute.machine_bodies import instance_of, seen, view
from local.armsim.errors import ArmError, missing_parameter
from local.armsim.kinds import Action, Doing, Done, Look, Resource
from local.armsim.reading import text


def _instance_view(action: Action) -> Done:
    shown = view(action.resource, Look(action.world, action.api_version))
    return Done(body=seen(action.world, action.resource, shown["properties"]))


def _power(work: power.Work, action: Action) -> Done:
    owner, instance = instance_of(action.world, action.resource)
    seconds = power.begin(action.world, owner, work, [instance], action.fault)
    _ring(action, owner, instance)
    return Done(seconds=seconds)


def _ring(action: Action, owner: Resource, instance: Instance) -> None:
    if owner is not action.resource:
        fleets.ring(action.world, owner)
        action.world.store.put(owner)
    elif instance.until is not None:
        action.world.ring(owner, instance.until)


def _generalize(action: Action) -> Done:
    """Mark a stopped machine as generalized, for good (recorded: at once, and without a body)."""
    instance: Instance | None = action.resource.live
    if instance is None or instance.power == "running":
        # Inferred.
        raise ArmError(
            409,
            "OperationNotAllowed",
            f"Operation 'generalize' is not allowed on VM '{action.resource.name}' since the VM is not stopped or "
            "deallocated.",
        )
    instance.generalized = True
    return Done()


def _run_command(action: Action) -> Done:
    """The command is not run; its output is empty."""
    if text(action.sent, "commandId") is None:
        raise missing_parameter("commandId")
    message = "Enable succeeded: \n[stdout]\n\n[stderr]\n"
    value = {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded"}
    return Done(seconds=action.takes(timing.RUN_COMMAND), output={"value": [{**value, "message": message}]})


def _maintenance(action: Action) -> Done:
    raise power.refuse_maintenance(action.resource.name)


def _evict(action: Action) -> Done:
    owner, instance = instance_of(action.world, action.resource)
    if view(action.resource, Look(action.world, action.api_version))["properties"].get("priority") != "Spot":
        raise power.refuse_eviction()
    course = Course(timing.MACHINE_DEALLOCATE.median)
    instance.start("Updating", action.now + action.world.lasts(course.seconds), course, power="deallocated")
    _ring(action, owner, instance)
    return Done()


def _start_of(work: power.Work) -> Doing:
    return Doing(lambda action: _power(work, action))


ACTIONS: Mapping[tuple[str, str], Callable[[Action], Done] | Doing] = {
    **{("POST", name): _start_of(work) for name, work in power.WORKS.items()},
    ("POST", "generalize"): _generalize,
    ("POST", "runcommand"): _run_command,
    ("POST", "performmaintenance"): _maintenance,
    ("POST", "simulateeviction"): _evict,
    ("GET", "instanceview"): _instance_view,
}
