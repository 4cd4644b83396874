"""A real server process on a free port of the loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

START_S = 90


class Server:
    """A running `menagerie serve` and an administrator's key to it."""

    def __init__(self, data: Path, **options: str) -> None:
        self.data = data
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **_foreign_environment(),
            "MENAGERIE_DATA": str(data),
            "MENAGERIE_PORT": str(self.port),
            "MENAGERIE_FETCH_PRIVATE": "true",
            "MENAGERIE_LOGIN_RATE": "0",
            **{f"MENAGERIE_{name.upper()}": value for name, value in options.items()},
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.key = ""

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command line on the same library."""
        return subprocess.run(
            [sys.executable, "-m", "menagerie", *words],
            env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def account(self, name: str, role: str = "user") -> dict[str, str]:
        """Create an account; returns its name, password and key."""
        made = self.command("account", "create", name, "--role", role, "--json")
        assert made.returncode == 0, made.stderr
        answer: dict[str, str] = json.loads(made.stdout)
        return answer

    def start(self) -> None:
        """Start serving and wait until it is ready."""
        self.log = (self.data.parent / f"{self.data.name}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "menagerie", "serve"],
            env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/healthz").status_code == 200:
                    return
            assert self.process.poll() is None, self.output()
            time.sleep(0.1)
        pytest.fail(f"not ready after {START_S} s:\n{self.output()}")

    def output(self) -> str:
        """Return what the server has printed."""
        return Path(self.log.name).read_text(encoding="utf-8", errors="replace")[-5000:]

    def kill(self) -> None:
        """Kill the server and all its children at once, as a power cut would."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)
        self.log.close()

    def stop(self) -> int:
        """Ask the server to stop; returns its exit code."""
        assert self.process is not None
        self.process.terminate()
        try:
            code = self.process.wait(timeout=40)
        finally:
            self.kill()
        return code


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(data: Path, **options: str) -> Iterator[Server]:
    """Serve the library in `data`, with the settings in `options`."""
    server = Server(data, **options)
    server.key = server.account("keeper", "admin")["key"]
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _foreign_environment() -> dict[str, str]:
    everything = os.environ  # noqa: TID251  # what a child inherits is not for settings.py to say
    return {k: v for k, v in everything.items() if not k.startswith("MENAGERIE_")}
