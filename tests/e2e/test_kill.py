"""Killed at random moments of 200 uploads, the library is whole afterwards."""

import hashlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.e2e.pictures import png
from tests.e2e.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
UPLOADS, ROUNDS = 200, 4


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.key = server.account("keeper", "admin")["key"]
    answered: dict[int, bytes] = {}
    chance = random.Random(7)
    waiting = list(range(UPLOADS))
    for last in [False] * ROUNDS + [True]:
        server.start()
        if last:
            upload_all(server, waiting, answered)
        else:
            killer = threading.Timer(chance.uniform(0.3, 1.5), server.kill)
            killer.start()
            upload_all(server, waiting, answered)
            killer.join()
        waiting = [n for n in waiting if png(n) not in answered.values()]
    assert not waiting
    assert len(answered) == UPLOADS
    wait_until_rendered(server)
    with httpx.Client(base_url=server.url) as client:
        for image_id, data in answered.items():
            image = client.get(f"/api/v1/json/images/{image_id}").json()["image"]
            assert image["orig_sha512_hash"] == hashlib.sha512(data).hexdigest()
            assert client.get(image["representations"]["full"]).content == data
            for url in image["representations"].values():
                assert client.get(url).status_code == 200, url
    assert server.stop() == 0
    checked = server.command("check", "--deep")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def upload_all(server: Server, numbers: list[int], answered: dict[int, bytes]) -> None:
    """Upload in four threads until done or the server is gone."""
    client = httpx.Client(base_url=server.url, params={"key": server.key}, timeout=60)

    def upload(number: int) -> None:
        data = png(number)
        try:
            answer = client.post(
                "/api/v1/json/images",
                data={"image[tag_input]": f"safe, kill test, number {number}"},
                files={"image[image]": (f"{number}.png", data, "image/png")},
            )
        except httpx.TransportError:
            return
        if answer.status_code == 200:
            answered[answer.json()["image"]["id"]] = data
        else:
            # Stored whole in a round whose answer was lost on the way.
            text = answer.json()["errors"]["image"][0]
            assert "already been uploaded" in text, text
            image_id = int(text.rsplit(" ", 1)[1])
            answered[image_id] = data

    with client, ThreadPoolExecutor(4) as pool:
        list(pool.map(upload, numbers))


def wait_until_rendered(server: Server) -> None:
    until = time.monotonic() + 60
    query = {"q": "thumbnails_generated:false"}
    while time.monotonic() < until:
        answer = httpx.get(f"{server.url}/api/v1/json/search/images", params=query).json()
        if answer["total"] == 0:
            return
        time.sleep(0.3)
    pytest.fail("representations are still missing")
