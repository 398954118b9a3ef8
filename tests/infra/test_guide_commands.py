"""The commands of the guides are read by a shell without complaint, and those that move messages do as they say.

The latter are run as they stand, with an az that keeps a queue in a folder.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.infra.guides import BLOCK, GUIDES, NOTE, asked, command, environment, install, run

BLOCKS = [
    pytest.param(block[2], id=f"{name}:{guide[: block.start()].count(chr(10)) + 2}")
    for name, guide in GUIDES.items()
    for block in BLOCK.finditer(guide)
]
SHELLS = [shell for shell in ("bash", "zsh") if shutil.which(shell)]
JQ = pytest.mark.skipif(shutil.which("jq") is None, reason="these commands take jq, which is not on PATH")
IMAGE_EVENT = json.dumps({"subject": 'an "image" and its $(name) \\ with a percent %s'})
POISON = "### A message went to the poison queue"
AZ = """
if arguments[:3] == ["storage", "message", "get"]:
    queue = json.loads((place / "queue").read_text())
    print(json.dumps(queue[0]) if queue else (place / "nothing").read_text())
elif arguments[:3] == ["storage", "message", "put"]:
    sys.exit(int((place / "refuses").exists()))
elif arguments[:3] == ["storage", "message", "delete"]:
    queue = json.loads((place / "queue").read_text())
    assert (option("--id"), option("--pop-receipt")) == (queue[0]["id"], queue[0]["popReceipt"])
    (place / "queue").write_text(json.dumps(queue[1:]))
"""


def storage(place: Path, count: int, nothing: str = "") -> list[dict[str, str]]:
    """An az whose poison queue holds so many messages, which are returned, and says `nothing` where it is empty."""
    queue = [{"id": f"id-{one}", "popReceipt": f"receipt {one}", "content": IMAGE_EVENT} for one in range(count)]
    (place / "queue").write_text(json.dumps(queue))
    (place / "nothing").write_text(nothing)
    install(place, "az", NOTE + AZ)
    return queue


def put(place: Path) -> list[str]:
    """The contents that were put into the events' queue."""
    sent = [call for call in asked(place) if call[:3] == ["storage", "message", "put"]]
    assert all(call[call.index("--queue-name") + 1] == "image-events" for call in sent)
    return [call[call.index("--content") + 1] for call in sent]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("block", BLOCKS)
def test_a_shell_reads_the_commands(shell: str, block: str) -> None:
    ran = subprocess.run([shell, "-n"], input=block, text=True, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("block", BLOCKS)
def test_no_command_relies_on_a_variable_being_split_into_words(block: str) -> None:
    """zsh, the shell of macOS, passes an unquoted variable as one word."""
    assert re.findall(r'^\s*(\w+)="--?\w', block, re.MULTILINE) == []


@JQ
@pytest.mark.parametrize("count", [1, 3])
def test_messages_are_put_back_and_then_deleted(tmp_path: Path, count: int) -> None:
    storage(tmp_path, count)
    run(command("docs/operations.md", POISON, "put_one_back"), tmp_path, storage="events")
    assert put(tmp_path) == [IMAGE_EVENT] * count
    assert json.loads((tmp_path / "queue").read_text()) == []


@JQ
@pytest.mark.parametrize("nothing", ["", "null"])
def test_nothing_is_put_where_the_poison_queue_is_empty(tmp_path: Path, nothing: str) -> None:
    storage(tmp_path, 0, nothing)
    ran = run(command("docs/operations.md", POISON, "put_one_back"), tmp_path, storage="events")
    assert put(tmp_path) == []
    assert "None is left." in ran.stdout


@JQ
def test_a_message_that_cannot_be_put_is_not_deleted(tmp_path: Path) -> None:
    queue = storage(tmp_path, 1)
    (tmp_path / "refuses").touch()
    run(command("docs/operations.md", POISON, "put_one_back"), tmp_path, storage="events")
    assert put(tmp_path)
    assert json.loads((tmp_path / "queue").read_text()) == queue


def dead_letters(place: Path) -> Path:
    """A folder with two files of three events in all, as they are when they have been downloaded."""
    storage(place, 0)
    hour = place / "dead-letters" / "subscription" / "2026" / "11"
    hour.mkdir(parents=True)
    events = [{"id": str(number), "text": IMAGE_EVENT} for number in range(3)]
    (hour / "one.json").write_text(json.dumps(events[:2]))
    (hour / "two.json").write_text(json.dumps(events[2:]))
    return hour


def sent_again(place: Path) -> tuple[list[str], list[str]]:
    """The dead letters that the guide's commands send, and the blobs that they delete."""
    run(command("docs/operations.md", "### Events were dead-lettered", "download-batch"), place, storage="events")
    gone = [call[call.index("--name") + 1] for call in asked(place) if call[:3] == ["storage", "blob", "delete"]]
    return sorted(json.loads(sent)["id"] for sent in put(place)), sorted(gone)


@JQ
def test_dead_letters_are_sent_one_by_one_and_then_deleted(tmp_path: Path) -> None:
    hour = dead_letters(tmp_path)
    names = ["subscription/2026/11/one.json", "subscription/2026/11/two.json"]
    assert sent_again(tmp_path) == (["0", "1", "2"], names)
    assert list(hour.iterdir()) == []


@JQ
def test_a_file_of_dead_letters_is_kept_where_one_of_it_was_refused(tmp_path: Path) -> None:
    hour = dead_letters(tmp_path)
    (tmp_path / "refuses").touch()
    assert sent_again(tmp_path)[1] == []
    assert len(list(hour.iterdir())) == 2


@JQ
@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_file_of_dead_letters_that_was_cut_off_is_kept_and_the_others_go(tmp_path: Path, cut: int) -> None:
    hour = dead_letters(tmp_path)
    (hour / "one.json").write_text((hour / "one.json").read_text()[:cut])
    assert sent_again(tmp_path) == (["2"], ["subscription/2026/11/two.json"])
    assert [one.name for one in hour.iterdir()] == ["one.json"]


def test_the_bodies_for_microsoft_graph_are_json_and_name_the_same_scope(tmp_path: Path) -> None:
    install(tmp_path, "az", NOTE)
    environment(tmp_path, {})
    run(command("docs/deploy.md", "## Entra ID", "az ad app create"), tmp_path)
    scope, client, roles = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in ("scope", "client", "roles")
    )
    (exposed,) = scope["api"]["oauth2PermissionScopes"]
    (known,) = client["api"]["preAuthorizedApplications"]
    assert scope["api"]["requestedAccessTokenVersion"] == 2
    assert known["delegatedPermissionIds"] == [exposed["id"]]
    assert {role["value"] for role in roles} == {"Rollout.Read", "Rollout.Operate"}
