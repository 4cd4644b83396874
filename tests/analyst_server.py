"""A small server that speaks the chat and images protocol of OpenAI, well or badly as told."""

import base64
import contextlib
import gzip
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import files

ANSWERS: dict[str, dict[str, Any]] = {
    "body_condition": {"score": 6, "reasons": "The waist hardly shows."},
    "age": {"age_months": 40, "youngest_months": 24, "oldest_months": 60, "reasons": "Adult."},
    "muscle": {"wasting_risk_flag": False, "reasons": "The back is well covered."},
    "weight": {"weight_kg": 11.26, "reasons": "A small dog beside a chair."},
    "descriptions": {
        "fun_description": "A star.",
        "fun_caption": "Star",
        "happy_sentence": "Yes!",
        "breed_fact": "Dogs smell well.",
    },
}
KEY = "sk-very-secret-key"
LEAK = "internal-host-42 says: sk-very-secret-key"
_GOOD = json.dumps(
    {"choices": [{"message": {"role": "assistant", "content": json.dumps(ANSWERS["age"])}}]}
).encode()
_NOWHERE = "http://127.0.0.1:9/elsewhere"


class AnalystServer:
    """Answers each request by the next of `moods`, and well once there are none.

    Moods: `slow` (a byte now and then), `slow_headers`, `packed` (a good answer in gzip),
    `garbage`, `fenced`, `wrong_schema`, `huge`, `redirect`, `hang_up`, `no_edits`, or a status such
    as `429`.
    """

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        self.moods: list[str] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.pause_s = 0.0
        self.picture = files.still("png", size=(200, 160), seed=77)

    @property
    def questions(self) -> list[Any]:
        """What was asked, as JSON."""
        return [json.loads(body) for path, _, body in self.requests if path.endswith("completions")]


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def log_message(self, *_args: object) -> None:
        pass

    def do_POST(self) -> None:
        fake: AnalystServer = self.server.fake
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        fake.requests.append((self.path, headers, body))
        mood = fake.moods.pop(0) if fake.moods else ""
        time.sleep(fake.pause_s)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._answer(fake, body, mood)

    def _answer(self, fake: AnalystServer, body: bytes, mood: str) -> None:
        if mood.isdigit():
            self._send(int(mood), LEAK.encode(), {"retry-after": "0"} if mood == "429" else {})
        elif mood == "redirect":
            self._send(302, b"", {"location": _NOWHERE})
        elif mood == "hang_up":
            self.close_connection = True
        elif mood == "slow":
            self._drip()
        elif mood == "slow_headers":
            self._drip_headers()
        elif mood == "packed":
            self._send(200, gzip.compress(_GOOD), {"content-encoding": "gzip"})
        elif mood == "huge":
            self._send(200, b" " * (40 << 20))
        elif self.path.endswith("/images/edits") and mood == "no_edits":
            self._send(404, b"{}")
        elif "/images/" in self.path:
            encoded = base64.b64encode(fake.picture).decode()
            self._send(200, json.dumps({"data": [{"b64_json": encoded}]}).encode())
        else:
            self._complete(json.loads(body), mood)

    def _complete(self, asked: Any, mood: str) -> None:
        name = asked["response_format"]["json_schema"]["name"]
        said = json.dumps(ANSWERS[name])
        if mood == "garbage":
            said = "Well, let me think about " + said
        elif mood == "fenced":
            said = f"```json\n{said}\n```"
        elif mood == "wrong_schema":
            said = json.dumps({"score": 12, "reasons": ""})
        message = {"choices": [{"message": {"role": "assistant", "content": said}}]}
        self._send(200, json.dumps(message).encode())

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "100000")
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.1)

    def _drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
        for _ in range(100):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving() -> Iterator[AnalystServer]:
    """Run a server until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        fake = AnalystServer(server)
        server.fake = fake  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
