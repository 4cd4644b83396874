"""Server processes to measure: the library's own, and the bare handler under the same Granian."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
_START_S = 120
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = resource.getpagesize()


class Server(NamedTuple):
    """A running server: where it answers, its first process, how long it took to be ready."""

    url: str
    pid: int
    start_s: float

    def workers(self) -> list[int]:
        """Return the processes that answer requests: the Python children of the first one."""
        return [pid for pid in _children(self.pid) if "spawn_main" in _command(pid)]

    def cpu_s(self) -> float:
        """Return the processor time that the workers have used, in seconds."""
        return sum(_cpu_s(pid) for pid in self.workers())


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def menagerie(data: Path, *, first: str = "/readyz", **options: object) -> Iterator[Server]:
    """Serve the library in `data` with these settings; ready when `first` is answered."""
    port = free_port()
    settings = {
        "data": data,
        "port": port,
        "host": "127.0.0.1",
        "log_level": "warning",
        "workers": 1,
        **options,
    }
    variables = {f"MENAGERIE_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "menagerie", "serve"]
    with _process(command, variables, f"http://127.0.0.1:{port}", first, data) as server:
        yield server


@contextmanager
def bare(log: Path) -> Iterator[Server]:
    """Serve the bare handler with the same number of workers, loop and protocol settings."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare", str(port)]
    with _process(command, {}, f"http://127.0.0.1:{port}", "/ready/2", log) as server:
        yield server


@contextmanager
def _process(
    command: list[str], variables: Mapping[str, str], url: str, first: str, folder: Path
) -> Iterator[Server]:
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("MENAGERIE_")}  # noqa: TID251
    with (folder / "server.log").open("ab") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**inherited, **variables}, stdout=log, stderr=log
        )
        try:
            _wait(process, url + first, folder / "server.log")
            yield Server(url, process.pid, time.perf_counter() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.perf_counter() + _START_S
    while time.perf_counter() < until and process.poll() is None:
        try:
            get(url)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
        else:
            return
    raise RuntimeError(f"the server does not answer {url}:\n{log.read_text()[-3000:]}")


def get(url: str, headers: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return the body of the answer to one GET."""
    asked = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - our own server
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body


def make_account(data: Path, name: str) -> str:
    """Make an account in the library in `data` and return its API key."""
    command = [sys.executable, "-m", "menagerie", "account", "create", name]
    command += ["--role", "user", "--json", "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    key: str = json.loads(done.stdout)["key"]
    return key


def rss_bytes(pid: int) -> int:
    """Return the memory of a process that is in RAM."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(word) for word in listed.read_text().split()]
    # Threads start children too.
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(word) for word in (task / "children").read_text().split()]
    return sorted(set(found))


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
