"""The reference page's own commands, and pyimagemonkey, unmodified, at a real server."""

import json
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.pictures import png
from tests.e2e.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
CURL = shutil.which("curl")


def curl(*words: str) -> tuple[int, Any]:
    """Run curl; return the status and the JSON of the answer."""
    assert CURL is not None, "curl is missing"
    run = subprocess.run(
        [CURL, "--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}",
         *words],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    body, _, status = run.stdout.rpartition("\n")
    return int(status), json.loads(body) if body else None


@pytest.mark.skipif(CURL is None, reason="the commands of the page need curl")
def test_the_commands_of_the_page(server: Server, tmp_path: Path) -> None:
    picture = tmp_path / "banana.jpg"
    picture.write_bytes(png(70))
    donate = ["-F", "label=banana", "-F", f"image=@{picture}", f"{server.url}/v1/donate"]
    status, donated = curl(*donate)
    assert status == 200
    key = donated["uuid"]
    status, again = curl(*donate)
    assert status == 409
    assert "already exists" in again["error"]

    status, offered = curl(f"{server.url}/v1/validate")
    assert status == 200
    assert offered["label"] == "banana"
    status, shown = curl(f"{server.url}/v1/validate/{key}")
    assert (status, shown["uuid"]) == (200, key)
    # As printed, the line lacks -X POST: reading must not vote.
    assert curl(f"{server.url}/v1/validate/{key}/yes")[0] == 405
    for word, count in (("yes", 12), ("no", 1)):
        for _ in range(count):
            assert curl("-X", "POST", f"{server.url}/v1/validate/{key}/{word}")[0] == 200
    for path in ("/v1/export/tags=banana", "/v1/export?tags=banana"):
        status, rows = curl(server.url + path)
        assert status == 200
        [row] = [row for row in rows if row["uuid"] == key]
        assert (row["num_yes"], row["num_no"], row["probability"]) == (12, 1, 0.9230769)
        assert httpx.get(server.url + row["url"]).status_code == 200
    status, _ = curl(
        "-H", "Content-Type: application/json", "-X", "POST",
        "-d", '{"reason":"picture contains nudity"}', f"{server.url}/v1/report/{key}",
    )  # fmt: skip
    assert status == 200


def test_pyimagemonkey_sees_what_is_there(
    server: Server, client_python: Callable[..., Path], tmp_path: Path
) -> None:
    keys = []
    for number, label in enumerate(("apple", "apple", "tree")):
        sent = {"image": (f"{number}.png", png(80 + number), "image/jpg")}
        answer = httpx.post(f"{server.url}/v1/donate", data={"label": label}, files=sent)
        assert answer.status_code == 200, answer.text
        keys.append(answer.json()["uuid"])
    for _ in range(2):
        assert httpx.post(f"{server.url}/v1/validate/{keys[0]}/yes").status_code == 200
    assert httpx.post(f"{server.url}/v1/validate/{keys[1]}/no").status_code == 200
    points = [{"x": 1, "y": 1}, {"x": 20, "y": 1}, {"x": 20, "y": 20}]
    outlined = httpx.post(
        f"{server.url}/v1/donation/{keys[0]}/annotate",
        json=[{"label": "apple", "sublabel": "",
               "annotations": [{"type": "polygon", "points": points}]}],
    )  # fmt: skip
    assert outlined.status_code == 201, outlined.text

    python = client_python(
        "--no-deps", "pyimagemonkey==0.1", "requests", "urllib3", "idna", "certifi",
        "charset-normalizer",
    )  # fmt: skip
    script = Path(__file__).with_name("imagemonkey_client.py")
    folder = tmp_path / "pictures"
    folder.mkdir()
    run = subprocess.run(
        [python, script, server.url, folder, "apple", "tree"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert {"apple", "banana", "TV", "tennis ball"} <= set(seen["labels"])
    assert [one["uuid"] for one in seen["every"]] == keys
    assert [one["labels"] for one in seen["every"]] == [["apple"], ["apple"], ["tree"]]
    assert [one["outlines"] for one in seen["every"]] == [1, 0, 0]
    # What is less likely than 0.8 has lost its label, and is still there.
    assert [one["labels"] for one in seen["export"]] == [["apple"], [], []]
    sizes = {key: len(httpx.get(f"{server.url}/donations/{key}").content) for key in keys}
    assert seen["files"] == sizes


def test_no_verdict_is_lost_between_many_clients(server: Server) -> None:
    sent = {"image": ("1.png", png(99))}
    made = httpx.post(f"{server.url}/v1/donate", data={"label": "spoon"}, files=sent).json()

    def vote(number: int) -> int:
        word = "no" if number % 4 == 0 else "yes"
        with httpx.Client(base_url=server.url, timeout=60) as client:
            for _ in range(10):
                answer = client.post(f"/v1/validate/{made['uuid']}/{word}")
                assert answer.status_code == 200, answer.text
        return 10

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(vote, range(16))) == 160
    [row] = httpx.get(f"{server.url}/v1/export?tags=spoon").json()
    assert (row["num_yes"], row["num_no"]) == (120, 40)
