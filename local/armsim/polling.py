"""Polls of operations: state URLs, monitor URLs, and the deletion of a group, which has only the latter."""

from local.armsim.answers import Answer
from local.armsim.operations import Operation, poll_body
from local.armsim.world import World


def poll(world: World, name: str, path: str, query: str, base_url: str) -> Answer:
    """The answer to a GET of an operation's URL, which must be one that was handed out."""
    operation, monitor = world.operations.find(name, path, query)
    headers = _retry_after(world, operation)
    if not monitor and "/operationresults/" not in operation.path:
        return Answer(200, poll_body(operation), headers)
    if operation.status == "InProgress":
        headers["Location"] = f"{base_url}{path}?{query}"
        return Answer(202, None, headers)
    if operation.status != "Succeeded":
        return Answer(409, {"error": operation.error}, headers)
    if operation.wire.bare:  # Network says once more where to look, and of what kind the answer is that it has not
        headers["Azure-AsyncOperation"] = f"{base_url}{operation.path}?{operation.query}"
        headers |= {"Location": f"{base_url}{path}?{query}", "Azure-AsyncNotification": "Enabled"}
        headers["Content-Type"] = "application/json; charset=utf-8"
    if operation.output is not None:
        return Answer(200, operation.output, headers)
    return Answer(operation.wire.end_of_monitor, None, headers)


def _retry_after(world: World, operation: Operation) -> dict[str, str]:
    if operation.status != "InProgress":
        return {}
    delays = operation.retry_after
    delay = delays[min(operation.polls, len(delays) - 1)]
    operation.polls += 1
    return {} if delay is None else world.retry_after(delay)
