"""What can be said of the sources and of the compiled template as they are: no keys, no registry, all described."""

import re
from collections.abc import Iterator
from typing import Any

from tests.infra.template import DEPLOYMENT
from tests.infra.tree import Tree

KEYS = re.compile(r"\blist(Keys|Secrets|ConnectionStrings|AccountSas|ServiceSas|\w*Keys)?\s*\(", re.IGNORECASE)
SECRET_NAMES = re.compile(r"key|secret|password|connectionstring|sas|token|credential", re.IGNORECASE)
STOPS = {
    ("topicsAndDelivery/existingTopics", "principalId"): {
        ".source), toLower(parameters('source'))",
        "'identity'), 'principalId'), fail(",
    },
    ("secretAccess/access", "vaultId"): {"'enableRbacAuthorization'), false())"},
}
"""Module and output, and how what exists already is looked at there: one reason to fail each."""
OUTPUT_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


def nothing_asks_azure_for_a_key(tree: Tree) -> Iterator[str]:
    """No list function at all, in the sources and in what they compile to."""
    for path, text in [*tree.sources.items(), ("infra/main.json", tree.text("infra/main.json"))]:
        code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
        yield from (f"{path} calls {found.group(0)}…)" for found in KEYS.finditer(code))


def no_module_comes_from_a_registry(tree: Tree) -> Iterator[str]:
    """They need the network to compile, and hide what they make from a reader."""
    for path, text in tree.sources.items():
        yield from (f"{path}: {found}" for found in re.findall(r"'(?:br|ts)[:/][^']*'", text))


def outputs_hold_no_secret(tree: Tree) -> Iterator[str]:
    """Outputs stay readable in the deployment's history."""
    outputs = tree.template.content.get("outputs", {})
    for name, output in outputs.items():
        if not OUTPUT_NAME.fullmatch(name):
            yield f"the output {name} is not in upper case, as azd wants it"
        if SECRET_NAMES.search(name) or "secure" in str(output.get("type")).lower():
            yield f"the output {name} looks like a secret"
    for shape, snapshot in tree.snapshots.items():
        for name, value in snapshot.content.get("outputs", {}).items():
            if KEYS.search(str(value)) or "onnectionString" in str(value):
                yield f"{shape}: the output {name} is {value}"


def every_parameter_is_described(tree: Tree) -> Iterator[str]:
    """Of the template and of each of its modules."""
    for where, template in _templates(tree):
        for name, parameter in template.get("parameters", {}).items():
            if not parameter.get("metadata", {}).get("description", "").strip():
                yield f"{where}: the parameter {name} has no description"


def parameters_have_limits(tree: Tree) -> Iterator[str]:
    """A number has bounds everywhere; a text that people give has a length or a list of values."""
    for where, template in _templates(tree):
        for name, parameter in template.get("parameters", {}).items():
            limits = {*parameter} & {"allowedValues", "minValue", "minLength", "maxLength", "$ref"}
            by_people = parameter.get("type") == "string" and where == "main"
            if not limits and (parameter.get("type") == "int" or by_people):
                yield f"{where}: the parameter {name} has no limits"


def the_template_names_no_path_of_a_machine(tree: Tree) -> Iterator[str]:
    """Nothing of where it was compiled."""
    for path, text in [*tree.sources.items(), ("infra/main.json", tree.text("infra/main.json"))]:
        yield from (f"{path}: {found}" for found in re.findall(r"(?:file://|/home/|/Users/|C:\\\\)\S*", text))


def what_would_not_work_stops_the_deployment(tree: Tree) -> Iterator[str]:
    """What is only looked at, topics and vaults of others, is looked at: an output that fails says what is wrong."""
    for (module, output), looked_at in STOPS.items():
        found = [template for where, template in _templates(tree) if where == module]
        if len(found) != 1:
            yield f"{len(found)} modules are called {module}"
        for template in found:
            value = str(template["outputs"][output]["value"])
            if value.count("fail(") != len(looked_at):
                yield f"{module}: {output} fails for {value.count('fail(')} reasons, not for {sorted(looked_at)}"
            yield from (f"{module}: {output} holds no {part}" for part in looked_at if part not in value)


def _templates(tree: Tree) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "main", tree.template.content
    for node in tree.template.of(DEPLOYMENT):
        yield "/".join(node.path), node.body["properties"]["template"]


CHECKS = (
    nothing_asks_azure_for_a_key,
    no_module_comes_from_a_registry,
    outputs_hold_no_secret,
    every_parameter_is_described,
    parameters_have_limits,
    the_template_names_no_path_of_a_machine,
    what_would_not_work_stops_the_deployment,
)
