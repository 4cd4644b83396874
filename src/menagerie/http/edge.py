"""Around every request: its id, its log line, its numbers, and the headers of its door."""

import asyncio
import itertools
import logging
import re
import secrets
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

import structlog
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from menagerie.http.live import IS_LIVE
from menagerie.http.metrics import Metrics
from menagerie.http.routing import Door, Mounting, plain_path
from menagerie.library import Library

log = structlog.get_logger("menagerie.access")
_access = logging.getLogger("menagerie.access")
# Clients match answers to requests by it, so whatever can be sent back is: `{uuid}` for one.
_REQUEST_ID = re.compile(rb"[\t\x20-\x7e\x80-\xff]{1,4096}")
ALLOWED_METHODS = "GET, OPTIONS, HEAD, POST, PUT, PATCH, DELETE"
# Ids need to differ, not to be secret: chance from the system for each took as long as the routing.
_PROCESS, _numbers = secrets.token_hex(4), itertools.count(1)
_RawHeaders = list[tuple[bytes, bytes]]
# Every answer: nobody guesses types, nobody learns where a person came from.
_ALWAYS: _RawHeaders = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]


def application(library: Library, doors: Sequence[Door], metrics: Metrics | None) -> Litestar:
    """Return the application that has these doors; it closes `library` when it stops."""
    mounting = Mounting(library, doors)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        # The first request must not wait for the catalogue.
        await asyncio.to_thread(library.catalogue.current)
        try:
            with _at_stop_signals(mounting.hang_up):
                yield
        finally:
            mounting.close()
            library.close()

    app = Litestar(
        route_handlers=mounting.handlers(),
        exception_handlers={Exception: mounting.on_framework_error},  # type: ignore[dict-item]
        lifespan=[lifespan],
        openapi_config=None,  # ours are made from the same tables as the routes
        logging_config=None,
    )
    # Litestar's middleware runs only for paths it knows; every answer passes here.
    app.asgi_handler = Edge(app.asgi_handler, mounting, metrics)
    return app


@contextmanager
def _at_stop_signals(hang_up: Callable[[], None]) -> Iterator[None]:
    """Call `hang_up` when the process is asked to stop.

    Servers wait for the answers they are giving before they say that all is over, and those to
    listeners would not end before that.
    """
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may ask for signals
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(hang_up)
        previous = before[signal.Signals(number)]
        if callable(previous):
            previous(number, frame)

    for number in before:
        signal.signal(number, note)
        # As the event loop has it: a call of the system goes on after a signal.
        signal.siginterrupt(number, False)
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


class Edge:
    """The outermost application; `app` is the router."""

    def __init__(self, app: ASGIApp, mounting: Mounting, metrics: Metrics | None) -> None:
        self._app = app
        self._door = mounting.door
        self._converse = mounting.converse
        self._metrics = metrics
        self._headers = {door.name: _door_headers(door) for door in mounting.doors}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP:
            scope["path"] = plain_path(scope["path"])
            await self._converse(scope, receive, send)
            return
        started = time.perf_counter()
        sent_id = _request_id(scope)
        request_id = _shown(sent_id)
        scope["path"] = plain_path(scope["path"])
        scope["state"]["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        door = self._door(scope["path"])
        own = [*self._headers[door.name], (b"x-request-id", sent_id)]
        status = 0

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _merged(list(message["headers"]), own)
            await send(message)

        try:
            if scope.get("method") == "OPTIONS" and door.allows_origins:
                await _answer_preflight(tagged, door)
            else:
                await self._app(scope, receive, tagged)
        finally:
            self._note(scope, door, status, time.perf_counter() - started)

    def _note(self, scope: Scope, door: Door, status: int, seconds: float) -> None:
        method = str(scope.get("method"))
        if self._metrics is not None and IS_LIVE not in scope["state"]:
            route = scope.get("path_template") or f"{door.name} unmatched"
            self._metrics.observe(str(route), method, status, seconds)
        # A gallery page makes fifty reads: they would bury what matters.
        quiet = method in {"GET", "HEAD", "OPTIONS"} and 0 < status < 500
        if quiet and not _access.isEnabledFor(logging.DEBUG):
            return  # structlog finds the same out, but for a tenth of a small answer's time
        note = log.debug if quiet else log.info
        took_ms = round(seconds * 1000, 2)
        note("request", method=method, path=scope["path"], status=status, took_ms=took_ms)


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value
    return f"{_PROCESS}{next(_numbers) & 0xFFFF_FFFF:08x}".encode()


def _shown(request_id: bytes) -> str:
    """Return an id as logs and answers may hold it, where bytes could steer a terminal."""
    text = request_id.decode(errors="replace")
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def _merged(headers: _RawHeaders, more: _RawHeaders) -> _RawHeaders:
    """Add those of `more` whose names are not there yet."""
    present = {name for name, _ in headers}
    return headers + [pair for pair in more if pair[0] not in present]


def _door_headers(door: Door) -> _RawHeaders:
    headers = [(n.lower().encode(), v.encode("latin-1")) for n, v in door.headers]
    if door.allows_origins:
        headers += [
            (b"access-control-allow-origin", b"*"),
            (b"access-control-allow-methods", ALLOWED_METHODS.encode()),
            (b"access-control-expose-headers", door.exposed_headers.encode()),
        ]
    return headers + _ALWAYS


async def _answer_preflight(send: Send, door: Door) -> None:
    headers = [
        (b"access-control-allow-headers", door.allowed_headers.encode()),
        (b"access-control-max-age", b"86400"),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
