"""Kill -9 again and again while clients write: whatever was answered is there, and nothing is half there."""

import asyncio
import random
from pathlib import Path

import httpx
import pytest

from tests.armsim.test_state import BODY, Program

WRITERS = 4


async def _write_until_killed(program: Program, names: list[str], kill_after: int) -> tuple[set[str], set[str]]:
    """Make images side by side and kill the process after so many answers: the names answered, and those tried."""
    base = f"/subscriptions/{program.ready['subscriptionId']}/resourceGroups/rg"
    answered, tried = set[str](), set[str]()
    waiting = iter(names)

    async def writer() -> None:
        for name in waiting:
            tried.add(name)
            try:
                answer = await program.http.put(
                    f"{base}/providers/Microsoft.Compute/images/{name}?api-version=2024-07-01", json=BODY
                )
            except httpx.TransportError:
                return
            assert answer.status_code == 201, answer.text
            answered.add(name)
            if len(answered) == kill_after:
                await program.kill()

    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    return answered, tried


async def _rounds(path: Path, count: int) -> None:
    chance = random.Random(count)
    there: set[str] = set()
    for turn in range(count):
        async with Program(path, "--speed", "1000") as program:
            base = f"/subscriptions/{program.ready['subscriptionId']}/resourceGroups/rg"
            await program.http.put(f"{base}?api-version=2024-11-01", json={"location": "westcentralus"})
            listed = await program.http.get(f"{base}/providers/Microsoft.Compute/images?api-version=2024-07-01")
            found = {one["name"] for one in listed.json()["value"]}
            assert there <= found, f"lost: {sorted(there - found)}"
            assert len(found) == len(listed.json()["value"])
            names = [f"i{turn}x{number}" for number in range(60)]
            answered, tried = await _write_until_killed(program, names, chance.randint(1, 50))
        there |= answered
        async with Program(path, "--speed", "1000") as program:
            listed = await program.http.get(f"{base}/providers/Microsoft.Compute/images?api-version=2024-07-01")
            found = {one["name"] for one in listed.json()["value"]}
            assert there <= found, f"lost: {sorted(there - found)}"
            made_up = {one for one in found if one.startswith(f"i{turn}x")} - tried
            assert not made_up
            for name in answered:
                image = f"{base}/providers/Microsoft.Compute/images/{name}?api-version=2024-07-01"
                shown = (await program.http.get(image)).json()
                assert shown["properties"]["provisioningState"] in ("Creating", "Succeeded")


async def test_what_was_answered_outlives_kill_9(tmp_path: Path) -> None:
    await _rounds(tmp_path / "world.db", 2)


@pytest.mark.campaign
async def test_what_was_answered_outlives_kill_9_again_and_again(tmp_path: Path) -> None:
    await _rounds(tmp_path / "world.db", 40)
