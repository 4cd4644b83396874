"""DerPyBooruPhi, unmodified, searches, reads and uploads at a real server."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.pictures import png
from tests.e2e.serving import Server

from menagerie import settings
from menagerie.core import moderation
from menagerie.library import SYSTEM, Library

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
COUNT = 12


@pytest.fixture
def pictures_url() -> Iterator[str]:
    """Another web site of the loopback, that has `N.png` for every number N."""

    class Pictures(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = png(int(self.path.strip("/").removesuffix(".png")))
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    site = ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{site.server_port}"
    site.shutdown()
    thread.join()
    site.server_close()


@pytest.fixture
def seen(server: Server, client_python: Callable[..., Path], pictures_url: str) -> dict[str, Any]:
    """What the client saw of a library with a dozen pictures."""
    with httpx.Client(
        base_url=f"{server.url}/api/v1/json", params={"key": server.key}, timeout=60
    ) as api:
        for number in range(COUNT):
            answer = api.post(
                "/images",
                json={
                    "image": {"tag_input": f"safe, generated, nth {number}, a"},
                    "url": f"{pictures_url}/{number}.png",
                },
            )
            assert answer.status_code == 200, answer.text
        assert api.post("/images/3/fave").status_code == 200
        made = api.post("/filters", json={"filter": {"name": "mine", "hidden_tags": ["nothing"]}})
        assert made.status_code < 300, made.text
        say(api)
    feature(server, 5)
    python = client_python("DerPyBooruPhi==0.10.6")
    script = Path(__file__).with_name("derpibooru_client.py")
    urls = [f"{pictures_url}/{number}.png" for number in (4, COUNT + 1)]
    run = subprocess.run(
        [python, script, server.url, server.key, *urls],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def say(api: httpx.Client) -> None:
    """Comment, collect and discuss; an administrator need not wait between texts."""

    def send(method: str, path: str, **fields: Any) -> Any:
        answer = api.request(method, path, json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    for image_id, body in ((1, "Hello you"), (2, "Hello again"), (1, "Bye")):
        send("POST", f"/images/{image_id}/comments", comment={"body": body})
    gallery = send("POST", "/galleries", gallery={"title": "Best of"})["gallery"]["id"]
    for image_id in (2, 4, 1):
        send("POST", f"/galleries/{gallery}/images/{image_id}")
    topic = send("POST", "/forums/general/topics", topic={"title": "A topic", "body": "First"})
    posts = f"/forums/general/topics/{topic['topic']['slug']}/posts"
    for body in ("The second one", "And a third"):
        send("POST", posts, post={"body": body})


def feature(server: Server, image_id: int) -> None:
    """Feature an image from a second process, as a moderator's script would."""
    library = Library(settings.load({"data": str(server.data)}, {}))
    with library.writing(SYSTEM) as tx:
        moderation.feature(tx, image_id)
    library.close()


def test_the_client_sees_what_is_there(server: Server, seen: dict[str, Any]) -> None:
    assert seen["search"] == list(range(COUNT, 0, -1))
    assert seen["sorted"] == [1, 0, 0, 0, 0]
    assert seen["mine"] == [3]
    assert seen["fans"] == ["keeper"]
    image_id, tags, full = seen["image"]
    assert image_id == 1
    assert sorted(tags) == ["a", "generated", "nth 0", "safe"]
    assert httpx.get(full).content == png(0)
    assert seen["featured"] == 5
    assert seen["tag"] == COUNT + 1
    assert len(seen["tags"]) == COUNT
    assert seen["filters"] == [[1, "Default"], [2, "Everything"]]
    assert seen["own_filters"] == ["mine"]
    assert seen["filter"] == "Everything"
    assert seen["profile"] == "keeper"
    assert seen["reverse"] == [5]
    assert seen["posted"] == [COUNT + 1, ["by a client", "posted", "safe"]]
    assert seen["comments"] == [[2, "keeper", "Hello again"], [1, "keeper", "Hello you"]]
    assert seen["comments_by"] == [3, 2, 1]
    assert seen["comments_of"] == [3, 1]
    assert seen["galleries"] == seen["with_image"] == ["Best of"]
    assert seen["gallery"] == ["Best of", "keeper", 2]
    assert seen["gallery_images"] == [2, 4, 1]
    assert seen["forums"] == ["general", "meta"]
    assert seen["topics"] == ["A topic"]
    assert seen["posts"] == ["First", "The second one", "And a third"]
    assert seen["found_posts"] == ["The second one"]
    assert seen["by_name"] == [1, 3, 1]
    assert len(seen["related"]) == 1
