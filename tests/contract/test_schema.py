"""The answers of recorded requests fit the SDK's models; and the checker that says so can say no."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.armsim import Simulator
from local.armsim.gateway import Outcome
from local.armsim.intake import Incoming
from tests.contract.replay.player import play
from tests.contract.replay.recordings import NO_RECORDINGS, folder, load
from tests.contract.schema import faults_of, model_of
from tests.contract.schema_models import RECORDED

GALLERY = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/g"
BALANCER = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/loadBalancers/lb"
FILES = sorted(folder().glob("*.jsonl"))

recorded = pytest.mark.skipif(not FILES, reason=NO_RECORDINGS)


def fault(body: Any, path: str = GALLERY) -> str:
    """The one fault of a body, without what it is said of."""
    (found,) = faults_of("GET", path, 200, body)
    return found.partition(": ")[2]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"locations": "westus"}, "locations: unknown key"),
        ({"location": None}, "location: str expected, NoneType found"),
        ({"properties": {"description": 1}}, "properties.description: str expected, int found"),
        ({"properties": []}, "properties: object expected, list found"),
        (
            {"properties": {"provisioningState": "Done"}},
            "properties.provisioningState: 'Done' is none of the known values",
        ),
        ({"tags": {"a": 1}}, "tags[]: str expected, int found"),
        ([], "the body is no object"),
    ],
)
def test_a_body_that_differs_is_told_of(body: Any, said: str) -> None:
    assert fault(body) == said


def test_lists_parts_times_and_flags_are_looked_into() -> None:
    assert fault({"value": [{}, {"sku": {}}]}, GALLERY.removesuffix("/g")) == "sku: unknown key"
    rules = {"loadBalancingRules": [{"properties": {"frontendPort": True}}]}
    assert fault({"properties": rules}, BALANCER).endswith("frontendPort: int expected, bool found")
    version = {"properties": {"publishingProfile": {"publishedDate": "yesterday"}}}
    assert fault(version, f"{GALLERY}/images/d/versions/1.0.0").endswith("publishedDate: datetime expected, str found")


def test_errors_and_operations_have_a_shape_too() -> None:
    assert faults_of("GET", GALLERY, 404, {"error": {"code": "NotFound", "message": "none", "why": "x"}})
    poll = "/subscriptions/s/providers/Microsoft.Compute/locations/westus/operations/1"
    assert not faults_of("GET", poll, 200, {"status": "InProgress", "name": "1", "startTime": "2026-01-01T00:00:00Z"})
    assert faults_of("GET", poll, 200, {"status": "InProgress", "state": "InProgress"})


def test_what_has_no_model_is_told_of() -> None:
    assert fault({}, "/subscriptions/s/providers/Microsoft.Compute/nothing/n").startswith("no model is named")


@recorded
def test_only_keys_that_a_recording_shows_are_excused() -> None:
    shown = {recording.name: recording for recording in load(FILES)}
    for excused, name in RECORDED.items():
        type_name, _, key = excused.partition(" ")
        bodies = [one.body for one in shown[name].exchanges if model_of(one.method, one.path) and one.status < 400]
        last = json.dumps(key.rpartition(".")[2])
        assert type_name
        assert any(last in json.dumps(body) for body in bodies), f"{name} shows no {excused}"


@recorded
async def test_answers_to_recorded_requests_fit_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    faults: set[str] = set()
    take = Simulator.take

    def watched(simulator: Simulator, request: Incoming) -> Outcome:
        outcome = take(simulator, request)
        if outcome.answer is not None and outcome.answer.body is not None:
            sent = json.loads(json.dumps(outcome.answer.body))
            faults.update(faults_of(request.method, urlsplit(request.path).path, outcome.answer.status, sent))
        return outcome

    monkeypatch.setattr(Simulator, "take", watched)
    for recording in load(FILES):
        await play(recording)
    assert not faults, "\n".join(sorted(faults))
