"""What scripts on a board's pages call, with the page's session and token."""

import http.server
import re
import threading
from collections.abc import Iterator

import pytest

from booru_world import World
from menagerie.core import sessions

COUNTS = {"score", "faves", "upvotes", "downvotes"}
PAGES = {
    "/named": b"<meta property=og:image content=/a.png><meta name=author content='Ann &amp; co'>"
    b"<meta property=og:description content='A dog'><meta property=og:image content='/b.png'>",
    "/large": b"<img src=small.png width=20 height=20><img src=x.png width=900px height=700>"
    b"<img src='javascript:x' width=900 height=900>",
    "/none": b"<p>words",
}


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path, b"\x89PNG")
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("content-type", "text/html" if self.path in PAGES else "image/png")
        self.send_header("content-length", str(len(body)))
        self.send_header("location", "/named")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_buttons_and_scraping(board: World, site: str):
    alice = board.actors["user"]
    with board.library.writing(alice) as tx:
        token, _ = sessions.start(tx, alice.account_id)
    cookie = {"cookie": f"menagerie_session={token}"}
    page = board.client.get(f"/images/{board.images['large']}", headers=cookie).text
    found = re.search(r'<meta name="csrf-token" content="(\w+)">', page)
    headers = cookie | {"x-csrf-token": found[1], "content-type": "application/json; charset=utf-8"}
    path = f"/images/{board.images['large']}"

    def send(method: str, tail: str, body: str = "", **more: str) -> tuple[int, object]:
        answer = board.client.request(method, path + tail, headers=headers | more, content=body)
        is_json = answer.headers["content-type"].startswith("application/json")
        return answer.status_code, answer.json() if is_json else answer.text

    status, counts = send("POST", "/vote", '{"up":true,"_method":"POST"}')
    assert (status, counts.keys(), counts["upvotes"]) == (200, COUNTS, 1)
    assert send("POST", "/vote", '{"up":false}')[1]["downvotes"] == 2
    assert send("DELETE", "/vote")[1]["downvotes"] == 1
    assert send("POST", "/fave")[1]["faves"] == 1
    assert send("DELETE", "/fave")[1]["faves"] == 0
    assert send("POST", "/hide")[0] == send("DELETE", "/hide")[0] == 200
    for bad in ("", "{}", '{"up":"maybe"}', '{"up":[true]}'):
        assert send("POST", "/vote", bad) == (400, {})
    # Neither a foreign page nor a visitor; and what a form sends is the web's.
    assert send("POST", "/vote", '{"up":true}', **{"x-csrf-token": "00"}) == (403, "")
    assert send("DELETE", "/vote", cookie="") == (401, "")
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert send("POST", "/vote", "value=up", **form)[0] == 303
    assert send("POST", "/vote", "value=up", **form, **{"x-csrf-token": "00"})[0] == 403

    def scrape(url: str) -> object:
        answer = board.client.post("/images/scrape", params={"url": url}, headers=headers)
        return answer.json()

    assert scrape(site + "/moved") == {
        "source_url": site + "/moved",
        "description": "A dog",
        "author_name": "Ann & co",
        "images": [
            {"url": f"{site}/{name}.png", "camo_url": f"{site}/{name}.png"} for name in "ab"
        ],
    }
    assert [one["url"] for one in scrape(site + "/large")["images"]] == [site + "/x.png"]
    assert [one["url"] for one in scrape(site + "/x.png")["images"]] == [site + "/x.png"]
    assert scrape("") == {"errors": ["A URL must be provided."]}
    assert scrape("ftp://x") == {"errors": ["The URL is invalid."]}
    assert scrape("http://nowhere.invalid/") == {"errors": ["No images found at that URL."]}
    assert scrape(site + "/none") == {"errors": ["No images found at that URL."]}
