"""Whole rollouts, one that completes and one that fails, are shown as the app's own description says."""

from pathlib import Path
from typing import Any

from tests.unit.json_schema import broken
from tests.world import World, rollouts_file, world


async def test_a_rollout_is_shown_as_described_from_start_to_end(tmp_path: Path) -> None:
    async with world(tmp_path, hold_events=lambda _: True, auto_advance=False) as w:
        image = await w.publish()
        await w.settle()
        rollout = (await w.post(image)).json()["id"]
        looks = 0
        while (shown := await w.rollout(rollout))["status"] in ("Pending", "Running"):
            await _as_described(w, rollout)
            w.clock.advance(60)
            await w.host.idle()
            looks += 1
        assert (shown["status"], looks > 5) == ("Completed", True)
        assert shown["steps"]
        assert shown["regions"]
        await _as_described(w, rollout)


async def test_a_rollout_that_breaks_rules_is_shown_as_described(tmp_path: Path) -> None:
    wrong = rollouts_file(gallery={"name": "my-gallery"})
    async with world(tmp_path, wrong) as w:
        await w.publish()
        await w.settle()
        [shown] = await w.rollouts()
        assert (shown["status"], bool(shown["error"]["violations"])) == ("Failed", True)
        await _as_described(w, shown["id"])


async def _as_described(w: World, rollout: str) -> None:
    api: dict[str, Any] = (await w.http.get("/api/openapi.json")).json()
    for path, asked in (
        ("/api/rollouts", "/api/rollouts"),
        ("/api/rollouts/{id}", f"/api/rollouts/{rollout}"),
        ("/api/rollouts/{id}/history", f"/api/rollouts/{rollout}/history"),
    ):
        answer = await w.http.get(asked)
        assert answer.status_code == 200
        schema = api["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert list(broken(answer.json(), schema, api)) == []
