"""`menagerie serve` as a process: its start, its end, and what the README promises about it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.slow

README = Path(__file__).parents[1] / "README.md"
PATIENCE_S = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A `menagerie` command that runs, and what it has printed."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = folder / f"output-{self.port}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MENAGERIE_")}  # noqa: TID251
        environment |= {"MENAGERIE_DATA": str(folder / "data"), "MENAGERIE_PORT": str(self.port)}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "menagerie", *words],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def is_up(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz").status_code == 200
        return False

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_up():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.1)

    def wait_until_down(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self.is_up():
            assert time.monotonic() < deadline, "still answers"
            time.sleep(0.1)


@contextmanager
def running(folder: Path, *words: str):
    process = Process(folder, *words)
    try:
        process.wait_until_up()
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.process.pid, signal.SIGKILL)
        process.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_start_introduces_the_admin_and_the_second_does_not(tmp_path, number):
    with running(tmp_path, "serve", "--workers", "2") as server:
        key = re.findall(r"API key +(\S{20})", server.text())[0]
        assert re.search(r"password +\S{12}", server.text())
        found = httpx.get(f"{server.url}/api/v1/json/search/images", params={"key": key, "q": "*"})
        assert found.json()["total"] == 0
        # Who listens to the live feed is let go, and holds nothing up.
        with httpx.stream("GET", f"{server.url}/api/v1/json/events", timeout=PATIENCE_S) as feed:
            pieces = feed.iter_text()
            assert next(pieces).startswith("retry: ")
            server.process.send_signal(number)
            assert list(pieces) == []
        assert server.process.wait(PATIENCE_S) == 0
        assert "Traceback" not in server.text()
        assert "refused to gracefully stop" not in server.text()
    assert (tmp_path / "data" / "catalogue.snapshot").exists()
    with running(tmp_path, "serve") as server:
        assert "password" not in server.text()


def test_what_the_readme_shows_works(tmp_path):
    addresses = re.findall(r"curl 'http://127\.0\.0\.1:8000(.*)'", README.read_text())
    assert len(addresses) == 5
    with running(tmp_path, "serve", "--demo") as server:
        for address in addresses:
            answer = httpx.get(server.url + address)
            assert answer.status_code == 200
            found = answer.json()
            assert found
            assert isinstance(found, list) or found.get("total") != 0
        assert httpx.get(server.url).status_code == 200
        deadline = time.monotonic() + PATIENCE_S
        waiting = f"{server.url}/api/v1/json/search/images?q=thumbnails_generated:false"
        while httpx.get(waiting).json()["total"]:
            assert time.monotonic() < deadline, server.text()
            time.sleep(0.1)


def test_nothing_is_left_when_the_parent_is_killed(tmp_path):
    with running(tmp_path, "serve") as server:
        server.process.kill()
        server.wait_until_down()
    # Nothing holds the data folder or the port: the next start takes both.
    with running(tmp_path, "serve"):
        pass


def test_a_taken_port_is_refused_before_anything_else_happens(tmp_path):
    with running(tmp_path, "serve") as server:
        second = subprocess.run(
            [sys.executable, "-m", "menagerie", "serve", "--port", str(server.port)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert second.returncode == 7
        assert "--port" in second.stderr


def test_accounts_made_beside_a_running_server_are_known_at_once(tmp_path):
    with running(tmp_path, "serve") as server:
        made = subprocess.run(
            [sys.executable, "-m", "menagerie", "account", "create", "Ada", "--json",
             "--data", str(tmp_path / "data")],
            capture_output=True, text=True, check=True, timeout=PATIENCE_S,
        )  # fmt: skip
        key = json.loads(made.stdout)["key"]
        query = {"key": key, "q": "my:faves"}
        answer = httpx.get(f"{server.url}/api/v1/json/search/images", params=query)
        assert answer.status_code == 200


def test_jobs_can_run_in_a_process_of_their_own(tmp_path):
    Process(tmp_path, "demo").process.wait(PATIENCE_S)
    worker = Process(tmp_path, "work")
    done = [
        sys.executable, "-m", "menagerie", "search", "thumbnails_generated:false",
        "--data", str(tmp_path / "data"),
    ]  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE_S
        while (
            "0 found"
            not in subprocess.run(
                done, capture_output=True, text=True, check=True
            ).stdout.splitlines()
        ):
            assert time.monotonic() < deadline, worker.text()
    finally:
        worker.process.terminate()
        assert worker.process.wait(PATIENCE_S) == 0
