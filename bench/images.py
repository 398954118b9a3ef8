"""What a benchmark rolls out: images published as a build pipeline would, and the profiles that match them."""

import asyncio
import copy
from pathlib import Path
from typing import Any

import yaml

from bench.processes import ROOT, Simulator
from local.arm_client import RESOURCES, ArmClient
from local.publish import GROUP, LOCATION, publish_image

ARTICLE = ROOT / "rollouts.yaml"
"""The shipped profiles: the article's example."""


_GALLERIES_A_REGION = 100  # of one subscription: Azure's limit
_GALLERIES_IN = ("West Central US", "South Central US", "East US")


async def publish(sim: Simulator, names: list[str]) -> list[str]:
    """Publish managed images of the article's kind, and wait until ARM has finished with them; their ids."""
    async with ArmClient(sim.endpoints) as arm:
        await arm.put(f"{arm.subscription}/resourceGroups/{GROUP}", RESOURCES, {"location": LOCATION})
        images = await asyncio.gather(*(publish_image(arm, name) for name in names))
    return [image["id"] for image in images]


def many_profiles(folder: Path, count: int) -> tuple[Path, list[str]]:
    """A rollouts.yaml of `count` profiles that share nothing, and the name of the image that each matches."""
    article = yaml.safe_load(ARTICLE.read_text(encoding="utf-8"))["profiles"]["web"]
    profiles: dict[str, Any] = {}
    names = [f"image{number:03}" for number in range(count)]
    for number, name in enumerate(names):
        profile = copy.deepcopy(article)
        profile["match"]["name"] = name
        profile["gallery"] |= {
            "name": f"gallery{number:03}",
            "resourceGroup": f"gallery-{number:03}",
            "location": _GALLERIES_IN[number // _GALLERIES_A_REGION],
        }
        profile["scaleSet"] |= {"name": f"set{number:03}", "resourceGroup": f"set-{number:03}"}
        profiles[f"web{number:03}"] = profile
    file = folder / "rollouts.yaml"
    file.write_text(yaml.safe_dump({"profiles": profiles}, sort_keys=False), encoding="utf-8")
    return file, names
