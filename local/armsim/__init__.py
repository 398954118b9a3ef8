"""A simulator of Azure Resource Manager, for development, demonstrations and tests.

`Simulator` is the world; `serve` puts it on the wire, where real Azure clients use it unchanged; `Fault` spoils
a request of choice. What it has and lacks stands in README.md beside this file.
"""

from local.armsim.faults import Fault
from local.armsim.server import Endpoints, serve
from local.armsim.simulator import Simulator

__all__ = ["Endpoints", "Fault", "Simulator", "serve"]
