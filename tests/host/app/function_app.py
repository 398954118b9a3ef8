"""A small app of durable functions, one a behaviour that the tests look at."""

import asyncio
import threading
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from durabletask.entities import EntityContext, EntityInstanceId
from durabletask.task import OrchestrationContext, RetryPolicy, Task, TaskFailedError, when_all, when_any

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)

type Steps = Generator[Task[Any], Any, Any]

# The synchronous activity `block` waits for this: a test sets it.
gate = threading.Event()


@app.route(route="greetings/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    instance_id = await client.schedule_new_orchestration(
        "greet", input=req.route_params["name"], instance_id=req.params.get("id")
    )
    return func.HttpResponse(instance_id, status_code=202, headers={"Location": "/here"})


@app.route(route="waits/{id}", methods=["GET"])
@app.durable_client_input(client_name="client")
def wait_synchronously(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> str:
    state = client.wait_for_orchestration_completion(req.route_params["id"], timeout=10)
    return "missing" if state is None else state.runtime_status.name


@app.queue_trigger(arg_name="message", queue_name="%NAMES_QUEUE%", connection="Storage")
@app.durable_client_input(client_name="client")
async def from_queue(message: func.QueueMessage, client: df.DurableFunctionsClient) -> None:
    await client.schedule_new_orchestration("greet", input=message.get_body().decode(), instance_id=message.id)


@app.activity_trigger(input_name="name")
async def hello(name: str) -> str:
    return f"Hello {name}"


@app.activity_trigger(input_name="name")
def block(name: str) -> str:
    gate.wait(timeout=20)
    return name


@app.activity_trigger(input_name="name")
async def hang(name: str) -> None:
    await asyncio.Event().wait()


@app.activity_trigger(input_name="message")
async def fail(message: str) -> None:
    if message == "chained":
        try:
            raise KeyError("inner secret")
        except KeyError as error:
            raise LookupError("outer") from error
    raise ValueError(message)


@app.activity_trigger(input_name="turns")
async def yield_to_others(turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


@app.activity_trigger(input_name="seconds")
def sleep_in_a_thread(seconds: float) -> None:
    threading.Event().wait(seconds)


@app.durable_client_input(client_name="client")
@app.activity_trigger(input_name="instance_id")
async def ask(instance_id: str, client: df.DurableFunctionsClient) -> bool:
    return await client.get_orchestration_state(instance_id) is not None


@app.orchestration_trigger(context_name="context")
def walk(context: OrchestrationContext, steps: list[int]) -> Steps:
    """Waits so many seconds a step, calls whatever takes no time, and tells how much time was lost."""
    began = context.current_utc_datetime
    for step in steps:
        yield context.create_timer(timedelta(seconds=step))
        yield context.call_activity("yield_to_others", input=step)
        yield context.call_activity("sleep_in_a_thread", input=0.001)
        yield context.call_activity("ask", input=context.instance_id)
        yield context.call_entity(EntityInstanceId("counter", "walks"), "add", 1)
    waited = timedelta(seconds=sum(steps))
    if len(steps) > 1:
        child = context.instance_id + "-child"
        yield context.call_sub_orchestrator("walk", input=steps[:1], instance_id=child)
        waited += timedelta(seconds=steps[0])
    return (context.current_utc_datetime - began - waited).total_seconds()


@app.orchestration_trigger(context_name="context")
def greet(context: OrchestrationContext, name: str) -> Steps:
    first = yield context.call_activity("hello", input=name)
    yield context.create_timer(timedelta(hours=1))
    second = yield context.call_activity("hello", input=first)
    return second


@app.orchestration_trigger(context_name="context")
def call_one(context: OrchestrationContext, call: dict[str, Any]) -> Steps:
    result = yield context.call_activity(call["activity"], input=call["input"])
    return result


@app.orchestration_trigger(context_name="context")
def describe_failure(context: OrchestrationContext, call: dict[str, Any]) -> Steps:
    try:
        yield context.call_activity(call["activity"], input=call["input"])
    except TaskFailedError as error:
        details = error.details
        return {
            "type": details.error_type,
            "message": details.message,
            "stack": details.stack_trace,
            "inner": details.inner_failure is not None,
        }
    return "no failure"


@app.orchestration_trigger(context_name="context")
def retry(context: OrchestrationContext, message: str) -> Steps:
    policy = RetryPolicy(first_retry_interval=timedelta(minutes=1), max_number_of_attempts=3)
    yield context.call_activity("fail", input=message, retry_policy=policy)


@app.orchestration_trigger(context_name="context")
def fan_out(context: OrchestrationContext, names: list[str]) -> Steps:
    results = yield when_all([context.call_activity("hello", input=name) for name in names])
    return results


@app.orchestration_trigger(context_name="context")
def race(context: OrchestrationContext, hours: int) -> Steps:
    event = context.wait_for_external_event("go")
    timer = context.create_timer(timedelta(hours=hours))
    winner = yield when_any([event, timer])
    return event.get_result() if winner is event else "too late"


@app.orchestration_trigger(context_name="context")
def late_wait(context: OrchestrationContext, hours: int) -> Steps:
    yield context.create_timer(timedelta(hours=hours))
    result = yield context.wait_for_external_event("go")
    return [result, context.current_utc_datetime.isoformat()]


@app.orchestration_trigger(context_name="context")
def poll(context: OrchestrationContext, rounds: dict[str, int]) -> Steps:
    """Continues as new each round and keeps the events that came meanwhile."""
    context.set_custom_status({"round": rounds["now"]})
    yield context.create_timer(timedelta(minutes=10))
    if rounds["now"] < rounds["last"]:
        context.continue_as_new({**rounds, "now": rounds["now"] + 1}, save_events=True)
        return None
    event = yield context.wait_for_external_event("go")
    return {"event": event, "parent": context.parent_instance_id}


@app.orchestration_trigger(context_name="context")
def parent(context: OrchestrationContext, child_id: str) -> Steps:
    child: Task[Any] = context.call_sub_orchestrator("poll", input={"now": 1, "last": 40}, instance_id=child_id)
    yield context.create_timer(timedelta(hours=1))
    context.send_event(child_id, "go", data="from the parent")
    result = yield child
    return result


@app.orchestration_trigger(context_name="context")
def failing_parent(context: OrchestrationContext, message: str) -> Steps:
    try:
        yield context.call_sub_orchestrator("failing_child", input=message, instance_id="the-child")
    except TaskFailedError as error:
        return [error.details.error_type, error.details.message]
    return "no failure"


@app.orchestration_trigger(context_name="context")
def failing_child(context: OrchestrationContext, message: str) -> Steps:
    yield context.create_timer(timedelta(minutes=1))
    raise ValueError(message)


@app.orchestration_trigger(context_name="context")
def with_status(context: OrchestrationContext, size: int) -> Steps:
    context.set_custom_status("x" * size)
    yield context.wait_for_external_event("go")


@app.orchestration_trigger(context_name="context")
def count(context: OrchestrationContext, key: str) -> Steps:
    entity = EntityInstanceId("counter", key)
    number = yield context.call_entity(entity, "add", 1)
    context.signal_entity(entity, "add", 100)
    return number


@app.orchestration_trigger(context_name="context")
def break_entity(context: OrchestrationContext, key: str) -> Steps:
    try:
        yield context.call_entity(EntityInstanceId("counter", key), "explode", None)
    except TaskFailedError as error:
        return error.details.message
    return "no failure"


@app.entity_trigger(context_name="context")
def counter(context: EntityContext, amount: int | None) -> int:
    if context.operation == "explode":
        raise ArithmeticError("boom")
    value: int = context.get_state(int, 0) + (amount or 0)
    context.set_state(value)
    return value
