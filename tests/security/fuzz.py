"""`make fuzz` runs this: the whole app, served, and schemathesis against the description that it serves itself.

schemathesis lives in an environment of its own (scripts/fuzz.sh makes it); its exit code is this program's. What it
sends is drawn from a fixed seed, so that a failure comes back.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.world import ROOT, World, world

SCHEMATHESIS = ROOT / "build" / "fuzz-tools" / "bin" / "schemathesis"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "ignored_auth",
)
"""Not among them: what a REST API need not do. Ids of images that no profile is for are well-formed and refused."""


def command(url: str, key: str, description: Path, arguments: argparse.Namespace) -> list[str]:
    """How schemathesis is called."""
    return [
        str(SCHEMATHESIS),
        "run",
        str(description),
        f"--url={url}",
        f"--header=x-functions-key:{key}",
        f"--checks={','.join(CHECKS)}",
        f"--max-examples={arguments.examples}",
        f"--seed={arguments.seed}",
        "--phases=examples,coverage,fuzzing,stateful",
        "--mode=all",
        "--continue-on-failure",
        "--request-timeout=30",
        "--no-color",
    ]


async def described(w: World, rollout: str) -> dict[str, Any]:
    """What the app says of itself, with examples that lead to what exists in this world."""
    answer = await w.http.get("/api/openapi.json")
    answer.raise_for_status()
    description: dict[str, Any] = answer.json()
    image = w.image_id()
    bodies: list[dict[str, Any]] = [
        {"image": image},
        {"image": image, "dryRun": True},
        {"image": image, "profile": "web", "again": True},
    ]
    paths = description["paths"]
    body = paths["/api/rollouts"]["post"]["requestBody"]["content"]["application/json"]
    body["examples"] = {f"e{number}": {"value": value} for number, value in enumerate(bodies)}
    for method, path in (("get", "/api/rollouts/{id}"), ("get", "/api/rollouts/{id}/history")):
        paths[path][method]["parameters"][0]["example"] = rollout
    paths["/api/rollouts/{id}/cancel"]["post"]["parameters"][0]["example"] = rollout
    return description


async def attack(w: World, folder: Path, arguments: argparse.Namespace) -> int:
    """schemathesis's exit code; 1 where the app is no longer whole afterwards."""
    rollout = (await w.roll_out())["id"]
    description = folder / "openapi.json"
    description.write_text(json.dumps(await described(w, rollout)))
    fuzzer = await asyncio.create_subprocess_exec(*command(w.host.url, w.host.key, description, arguments), cwd=folder)
    code = await fuzzer.wait()
    await w.settle()
    if (await w.roll_out(source="vm-2"))["status"] != "Completed" or w.unfinished():
        sys.stderr.write("After the fuzzing the app no longer rolls an image out.\n")
        return 1
    return code


async def main(arguments: argparse.Namespace) -> int:
    """A world in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with world(Path(folder)) as w:
            return await attack(w, Path(folder), arguments)


if __name__ == "__main__":
    logging.getLogger().addHandler(logging.NullHandler())  # the app's records are not what is watched here
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--examples", type=int, default=100, help="requests an operation and phase, at most")
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(asyncio.run(main(parser.parse_args())))
