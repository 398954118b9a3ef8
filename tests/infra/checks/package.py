"""What is deployed, before it is built: which files, which dependencies, which host.json, which profiles."""

import re
from collections.abc import Iterator
from datetime import timedelta

from scripts.funcignore import UnknownPattern, deployed
from scripts.package import strays
from tests.infra.tree import Tree
from wiring.rollouts_file import RolloutsFileError, parse_rollouts

PINNED = re.compile(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+( ; .*)? \\$", re.IGNORECASE)
SCALER_READS = {
    "durableTaskScheduler": ("azureManaged", "DURABLE_TASK_SCHEDULER_CONNECTION_STRING"),
    "azureStorage": ("AzureStorage", "AzureWebJobsStorage"),
}
"""Type and connection of each provider's block: learn.microsoft.com, "Durable Functions settings in host.json"."""


def the_app_and_nothing_else_is_deployed(tree: Tree) -> Iterator[str]:
    """.funcignore lets the app's folders and files through: no tests, no simulator, no local settings."""
    wanted = {*tree.constant("scripts/package.py", "FOLDERS"), *tree.constant("scripts/package.py", "FILES")}
    try:
        files = list(deployed(tree.root))
    except UnknownPattern as error:
        yield str(error)
        return
    yield from (f"{stray} would be deployed with the app" for stray in strays(tree.root, files))
    found = {file.relative_to(tree.root).parts[0] for file in files}
    if found != wanted:
        yield f".funcignore: too much {sorted(found - wanted)}, too little {sorted(wanted - found)}"


def dependencies_are_locked_by_hash(tree: Tree) -> Iterator[str]:
    """Each package of requirements.txt has one version and its hashes, and no index address is written down."""
    text = tree.text("requirements.txt")
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    for entry in entries:
        first = entry.splitlines()[0]
        if not PINNED.fullmatch(first):
            yield f"requirements.txt: {first!r} is not pinned with hashes"
        elif not re.search(r"--hash=sha256:[0-9a-f]{64}", entry):
            yield f"requirements.txt: {first!r} has no hash"
    locked = {entry.partition("==")[0].partition("[")[0].lower() for entry in entries}
    for line in tree.text("requirements.in").splitlines():
        name = re.match(r"[A-Za-z0-9_-]+", line)
        if name and name[0].lower().replace("_", "-") not in locked:
            yield f"requirements.txt: {name[0]} of requirements.in is not locked"


def the_package_has_the_block_that_the_scaler_reads(tree: Tree) -> Iterator[str]:
    """The platform scales by host.json of the package; settings that override it are not seen."""
    for provider, block in tree.constant("scripts/package.py", "STORAGE_PROVIDERS").items():
        found = (block["type"], block.get("connectionStringName") or block.get("connectionName"))
        if found != SCALER_READS.get(provider):
            yield f"{provider}: the block says {found}"


def host_json_loses_no_event(tree: Tree) -> Iterator[str]:
    """Half an hour of outage costs no message, and every message reaches our parser as it was sent."""
    queues = tree.json("host.json")["extensions"]["queues"]
    hours, minutes, seconds = map(int, queues["visibilityTimeout"].split(":"))
    if queues["maxDequeueCount"] * timedelta(hours=hours, minutes=minutes, seconds=seconds) < timedelta(minutes=30):
        yield "host.json: a message is poison after less than half an hour"
    if queues["messageEncoding"] != "none":
        yield "host.json: the host decodes messages; what is not base64 never reaches the app"


def host_json_keeps_inputs_out_of_traces(tree: Tree) -> Iterator[str]:
    """And asks for no storage provider of its own: a checkout runs on the emulator."""
    durable = tree.json("host.json")["extensions"]["durableTask"]
    if durable["tracing"].get("traceInputsAndOutputs") is not False:
        yield "host.json: inputs and outputs are traced"
    if "storageProvider" in durable:
        yield "host.json: names a storage provider, which is the package's to name"


def the_profiles_can_be_used(tree: Tree) -> Iterator[str]:
    """rollouts.yaml as the app would read it."""
    try:
        parse_rollouts(tree.text("rollouts.yaml"))
    except RolloutsFileError as error:
        yield from error.problems


CHECKS = (
    the_app_and_nothing_else_is_deployed,
    dependencies_are_locked_by_hash,
    the_package_has_the_block_that_the_scaler_reads,
    host_json_loses_no_event,
    host_json_keeps_inputs_out_of_traces,
    the_profiles_can_be_used,
)
