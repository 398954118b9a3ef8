"""A small app of queue and HTTP functions, one a behaviour that the tests look at."""

import asyncio
import json
from typing import List  # noqa: UP035 - the worker library takes `list[str]` for no type at all

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

# What the queue function saw, and what it waits for.
seen: list[func.QueueMessage] = []
gate = asyncio.Event()
most_at_once = running = 0


@app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%", connection="Storage")
async def work(message: func.QueueMessage) -> None:
    global most_at_once, running  # noqa: PLW0603 - a test reads them
    seen.append(message)
    running += 1
    most_at_once = max(most_at_once, running)
    try:
        if message.get_body().startswith(b"wait"):
            await gate.wait()
        if message.get_body().startswith(b"fail"):
            raise ValueError("a secret that no log may hold")
    finally:
        running -= 1


@app.queue_trigger(arg_name="message", queue_name="orders", connection="Storage")
@app.queue_output(arg_name="copies", queue_name="copies", connection="Storage")
@app.queue_output(arg_name="$return", queue_name="%RETURNS_QUEUE%", connection="Storage")
def copy(message: func.QueueMessage, copies: func.Out[str]) -> str:
    copies.set(message.get_body().decode())
    return "returned"


@app.route(route="outputs", methods=["POST"])
@app.queue_output(arg_name="messages", queue_name="copies", connection="Storage")
def outputs(req: func.HttpRequest, messages: func.Out[List[str]]) -> str:  # noqa: UP006
    messages.set(json.loads(req.get_body()))
    return "sent"


@app.route(route="whole-message", methods=["POST"])
@app.queue_output(arg_name="message", queue_name="copies", connection="Storage")
def whole_message(req: func.HttpRequest, message: func.Out[func.QueueMessage]) -> str:
    message.set(func.QueueMessage(body=req.get_body()))
    return "sent"


@app.route(route="bytes", methods=["POST"])
@app.queue_output(arg_name="message", queue_name="copies", connection="Storage")
def send_bytes(req: func.HttpRequest, message: func.Out[bytes]) -> str:
    message.set(req.get_body())
    return "sent"


@app.route(route="echo/{name}/{number:int?}", methods=["GET", "POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    body = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "header": req.headers.get("X-Given"),
        "body": req.get_body().decode(),
    }
    headers = {"X-Answer": "42", "Set-Cookie": "crumb=1; Path=/; Secure"}
    return func.HttpResponse(json.dumps(body), status_code=201, headers=headers, mimetype="application/json")


@app.route(route="echo/literal/1")
def literal(req: func.HttpRequest) -> str:
    return "literal"


@app.route(route="open", auth_level=func.AuthLevel.ANONYMOUS)
def anonymous(req: func.HttpRequest) -> str:
    return "open to all"


@app.route(route="closed", auth_level=func.AuthLevel.ADMIN)
def administrators(req: func.HttpRequest) -> str:
    return "for the master key"


@app.route(route="files/{*path}")
def files(req: func.HttpRequest) -> str:
    return str(req.route_params["path"])


@app.route(route="breaks")
def breaks(req: func.HttpRequest) -> str:
    raise RuntimeError("a secret that no answer may hold")


@app.route(route="held")
async def held(req: func.HttpRequest) -> str:
    global running  # noqa: PLW0603
    running += 1
    await gate.wait()
    running -= 1
    return "let go"
