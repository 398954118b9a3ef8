"""A small app that uses every binding of the host; the tests run it."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from durabletask.task import OrchestrationContext, Task

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)

type Steps = Generator[Task[Any], Any, Any]


@app.route(route="greetings/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    instance_id = await client.schedule_new_orchestration(
        "greet", input=req.route_params["name"], instance_id=req.params.get("id")
    )
    return func.HttpResponse(instance_id, status_code=202, headers={"Location": "/here"})


@app.orchestration_trigger(context_name="context")
def greet(context: OrchestrationContext, name: str) -> Steps:
    first = yield context.call_activity("hello", input=name)
    yield context.create_timer(timedelta(hours=1))
    second = yield context.call_activity("hello", input=first)
    return second


@app.activity_trigger(input_name="name")
async def hello(name: str) -> str:
    return f"Hello {name}"


@app.queue_trigger(arg_name="message", queue_name="%NAMES_QUEUE%", connection="Storage")
@app.durable_client_input(client_name="client")
async def from_queue(message: func.QueueMessage, client: df.DurableFunctionsClient) -> None:
    await client.schedule_new_orchestration("greet", input=message.get_body().decode(), instance_id=message.id)
