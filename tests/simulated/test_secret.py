"""The admin password is read inside one activity and appears nowhere else, whatever goes wrong."""

import logging
from pathlib import Path

import pytest

from local.armsim import Fault
from tests.world import PASSWORD, world


@pytest.mark.parametrize("goes_wrong", [False, True], ids=["completed", "echoed in an error"])
async def test_the_password_appears_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture, goes_wrong: bool) -> None:
    """Not in histories, statuses, answers or logs; not even when Azure echoes it."""
    caplog.set_level(logging.DEBUG)
    async with world(tmp_path) as w:
        if goes_wrong:
            w.sim.faults.add(
                Fault(
                    kind="status",
                    method="PUT",
                    resource_type="Microsoft.Compute/virtualMachineScaleSets",
                    status=400,
                    code="InvalidParameter",
                    message=f"adminPassword {PASSWORD} is weak.",
                )
            )
        shown = await w.roll_out()
        assert shown["status"] == ("Failed" if goes_wrong else "Completed")
        history = (await w.http.get(f"/api/rollouts/{shown['id']}/history")).text
        recorded = [str(event) for name in w.host.engine.instance_ids() for event in w.host.engine.history(name)]
        assert len(recorded) > 100

        for text in [str(shown), history, caplog.text, *recorded, *(str(one.__dict__) for one in caplog.records)]:
            assert PASSWORD not in text
        if goes_wrong:
            assert "***" in shown["error"]["message"]
