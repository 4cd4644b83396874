"""`menagerie serve`, `work` and `migrate`.

The parent process prepares the database, runs the jobs and the upkeep, and watches the server's
processes, which answer the requests. It starts those afresh (never by fork): it has threads and
open databases, and neither survives a fork.
"""

import ctypes
import functools
import gc
import http.client
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from cyclopts import Parameter
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from menagerie import jobs, logs
from menagerie import work as work_of
from menagerie.cli import showing, terminal
from menagerie.core import accounts, upkeep
from menagerie.errors import Unavailable
from menagerie.library import SYSTEM, Library
from menagerie.settings import Settings, hand_down
from menagerie.storage import migrate as migrations

STOP_S = 30
_PR_SET_PDEATHSIG = 1
_log = structlog.get_logger(__name__)


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    data: terminal.DataFolder = None,
    workers: int | None = None,
    demo: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Serve the library: web pages, APIs, jobs and upkeep.

    An empty data folder is prepared first: tables, and an administrator whose password and API key
    are printed once.

    Parameters
    ----------
    host
        Address to listen on; 0.0.0.0 for every one.
    port
        Port to listen on.
    workers
        Server processes; one per core is plenty.
    demo
        Put the demo collection into the library if it is empty.
    """
    with (
        ExitStack() as stack,
        terminal.open_library(data, host=host, port=port, workers=workers) as library,
    ):
        settings = library.settings
        _refuse_taken_port(settings)
        _introduce_admin(library)
        if demo:
            showing.load_if_empty(library)
        worker = jobs.Worker(
            library, work_of.JOBS, threads=settings.job_threads, periodic=upkeep.periodic(settings)
        )
        server = _server(settings)
        worker.start()
        threading.Thread(target=_announce, args=(settings,), name="announce", daemon=True).start()
        numbers = stack.enter_context(tempfile.TemporaryDirectory(prefix="menagerie-metrics-"))
        if settings.workers > 1:
            # Each process counts for itself; what they keep here, any of them can sum up.
            hand_down("PROMETHEUS_MULTIPROC_DIR", numbers)
        try:
            server.serve(
                target_loader=functools.partial(_application, settings, os.getpid()),
                wrap_loader=False,
            )
        finally:
            # Requests first, then what they left to do, then the files both used.
            _log.info("stopping")
            if not worker.stop(STOP_S):
                _log.warning("jobs were still running; they run again after the next start")
            upkeep.write_snapshot(library)
    return 0


def _announce(settings: Settings) -> None:
    """Say where the library is once it answers there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # compared
    while not _answers(host, settings.port):
        time.sleep(0.1)
    address = (
        f"http://[{host}]:{settings.port}/" if ":" in host else f"http://{host}:{settings.port}/"
    )
    shown = settings.public_url or address
    terminal.out.print(f"Menagerie is at [bold]{shown}[/]  (Ctrl+C stops it)")


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def work(
    *,
    data: terminal.DataFolder = None,
    threads: int = 2,
    once: Annotated[bool, Parameter(negative="")] = False,
    retry_failed: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run jobs here, beside or without a server.

    Parameters
    ----------
    threads
        Jobs run at a time.
    once
        Run what is due and stop.
    retry_failed
        First give the jobs that were given up another series of attempts.
    """
    with terminal.open_library(data) as library:
        if retry_failed:
            with library.writing(SYSTEM) as tx:
                terminal.out.print(f"{jobs.retry_failed(tx)} jobs will be tried again")
        worker = jobs.Worker(library, work_of.JOBS, threads=threads)
        if once:
            terminal.out.print(f"{worker.run_pending()} jobs ran")
            return
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        worker.start()
        stopping.wait()
        worker.stop(STOP_S)


def migrate(*, data: terminal.DataFolder = None) -> None:
    """Bring the database up to date; `serve` does the same when it starts."""
    library = Library(terminal.load_settings(data))
    try:
        applied = upkeep.prepare(library)
    finally:
        library.close()
    for revision in applied:
        terminal.out.print(f"applied {revision}")
    terminal.out.print(f"the database is at {migrations.head()}")


def _server(settings: Settings) -> Any:
    # Not by fork; and not by the forkserver of newer Pythons, which cannot hand a socket on.
    multiprocessing.set_start_method("spawn", force=True)
    return Granian(
        "menagerie.app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        websockets=True,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
        log_level=LogLevels.debug if settings.log_level == "debug" else LogLevels.warning,
        log_dictconfig=logs.config(settings),
    )


def _application(settings: Settings, parent: int) -> Callable[..., Any]:
    """Open the library and build the application, in a server process."""
    # The parent gets by without the web framework, and the first answer comes sooner for it.
    from menagerie import app  # noqa: PLC0415

    _end_with(parent)
    logs.configure(settings)
    library = Library(settings)
    jobs.Worker(library, {}, threads=0, periodic=upkeep.periodic_everywhere()).start()
    application = app.create_app(library)
    # What is there now stays: without this each full collection walks through all of it again.
    gc.collect()
    gc.freeze()
    return application


def _end_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies, or it would keep the port.

    Not to end it by SIGTERM: Granian's handler of that has been seen to wait for ever, and it is
    the parent that kills such a process.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)


def _refuse_taken_port(settings: Settings) -> None:
    """Say so when another program has the port; the server itself would share it silently."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Unavailable(
                f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; "
                "choose another with --port or --host"
            ) from error


def _introduce_admin(library: Library) -> None:
    with library.writing(SYSTEM) as tx:
        made = accounts.ensure_admin(tx)
    if made is None:
        return
    out = terminal.out
    out.print("This library is new. Its administrator, shown only now:")
    out.print(f"  name      [bold]{made.account.name}[/]")
    out.print(f"  password  [bold]{made.password}[/]", markup=True)
    out.print(f"  API key   [bold]{made.key}[/]")
