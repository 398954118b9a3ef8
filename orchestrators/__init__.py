"""The orchestrators and the entity: pure, deterministic, driven by plain data. `wiring.app` registers them."""

from collections.abc import Callable
from typing import Any

from domain import steps
from orchestrators.deploy import deploy
from orchestrators.network import network
from orchestrators.numbers import version_numbers
from orchestrators.replicate import replicate
from orchestrators.rollout import rollout

ORCHESTRATORS: dict[str, Callable[..., Any]] = {
    steps.ROLLOUT: rollout,
    steps.REPLICATE: replicate,
    steps.NETWORK: network,
    steps.DEPLOY: deploy,
}
ENTITIES: dict[str, Callable[..., Any]] = {steps.VERSION_NUMBERS: version_numbers}
