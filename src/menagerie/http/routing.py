"""Doors, and what is behind them: each dialect, and the web, registers one table of operations.

A door says which paths are its own, how it recognises callers and how it words errors. Litestar
finds the operation; unmatched paths and wrong methods, which it answers outside any route, are
answered by the door with the longest matching prefix.
"""

import asyncio
import contextvars
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, cast

import structlog
from litestar import HttpMethod, Request
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Scope

from menagerie.errors import NotFound, Unavailable
from menagerie.http import limits
from menagerie.http.answers import Answer
from menagerie.http.call import Call, WrongMethod, anonymous
from menagerie.http.limits import FIELD_LIMIT_BYTES, MIB
from menagerie.http.parameters import Malformed
from menagerie.library import Actor, Library
from menagerie.storage.database import is_disk_full

log = structlog.get_logger("menagerie.http")

Handler = Callable[[Call], Answer]
Identify = Callable[[Call], Actor]
ErrorAnswer = Callable[[Any, Call], Answer]
# Room for the fields and the frame of a form around a file of the largest size.
FORM_ROOM_BYTES = 5 * MIB


class Runs(Enum):
    """Where an operation runs."""

    INLINE = "inline"  # on the event loop: answered from the catalogue and caches in a few ms
    EXECUTOR = "executor"  # in a thread: writes, decodes, or may take long


class Parameter(NamedTuple):
    """A parameter in the documentation; all are read leniently, hence texts."""

    name: str
    help: str
    where: str = "query"  # or "path", "form" (a field of the body)
    example: str | None = None


class Outcome(NamedTuple):
    """A documented answer: its status, what it means, and the type of its JSON or a media type."""

    status: int
    help: str
    shape: Any = None  # a msgspec type, or a tuple of alternatives; None: there is no JSON
    media_type: str = "application/json; charset=utf-8"


class Operation(NamedTuple):
    """One thing a door does: `method` on any of `paths` (Litestar's syntax) runs `handler`."""

    method: str
    paths: tuple[str, ...]
    handler: Handler
    runs: "Runs | Callable[[Call], Runs]"
    takes_files: bool = False
    summary: str = ""
    parameters: tuple[Parameter, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    needs_key: bool = False
    is_documented: bool = True


class Door(NamedTuple):
    """A set of paths with manners of its own.

    `errors` maps exceptions to answers, the nearest base class wins, and must have `Exception`.
    `headers` go with every answer under its prefixes, unless the answer has its own.
    """

    name: str
    prefixes: tuple[str, ...]
    operations: Sequence[Operation]
    errors: Mapping[type[Exception], ErrorAnswer]
    identify: Identify = anonymous
    headers: tuple[tuple[str, str], ...] = ()
    allows_origins: bool = False
    allowed_headers: str = "*"  # what pages elsewhere may send; `*` leaves out Authorization
    exposed_headers: str = "X-Request-Id"  # what they may read of an answer
    title: str = ""
    description: str = ""
    shapes: tuple[Any, ...] = ()  # further types that the documentation refers to
    # How callers may say who they are, as OpenAPI's security schemes, by a short name.
    credentials: Mapping[str, Mapping[str, str]] = {}


def answer_error(door: Door, error: Exception, call: Call) -> Answer:
    """Word `error` as `door` does; what no table names is logged with its trace and answered 500.

    Nothing of an unexpected error reaches the client but the request id.
    """
    if is_disk_full(error):
        log.error("no room to write", path=call.path, method=call.method, exc_info=error)
        error = Unavailable("There is no room left to write; nothing new can be taken for now.")
    for cls in type(error).__mro__:
        if cls in door.errors and cls is not Exception:
            return door.errors[cls](error, call)
    log.error("request failed", path=call.path, method=call.method, exc_info=error)
    return door.errors[Exception](error, call)


def of_framework(error: Exception) -> Exception:
    """Translate what Litestar raises outside routes into what our tables know."""
    if isinstance(error, NotFoundException):
        return NotFound()
    if isinstance(error, MethodNotAllowedException):
        return WrongMethod((error.headers or {}).get("allow", ""))
    if isinstance(error, HTTPException) and error.status_code < 500:
        return Malformed(error.detail)
    return error


class Mounting:
    """Turns the doors of `library` into route handlers; owns the threads that operations run in."""

    def __init__(self, library: Library, doors: Sequence[Door]) -> None:
        self.library = library
        self.doors = tuple(doors)
        stems = ((prefix.rstrip("/") + "/", door) for door in doors for prefix in door.prefixes)
        self._stems = sorted(stems, key=lambda pair: -len(pair[0]))
        threads = library.settings.worker_threads
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix="request")
        # Decoding and downloading wait for minutes on what a stranger sends; all the others must
        # not wait behind them.
        self.uploads = ThreadPoolExecutor(threads, thread_name_prefix="upload")
        self.spool: Path = limits.spool_folder(library.settings.data_path)

    def door(self, path: str) -> Door:
        """Return the door whose longest prefix `path` begins with; one must have the prefix `/`."""
        below = path + "/"
        for stem, door in self._stems:
            if below.startswith(stem):
                return door
        raise LookupError(path)

    def handlers(self) -> list[HTTPRouteHandler]:
        """Return one Litestar handler for every operation and path of every door."""
        return [
            self._handler(door, operation, path)
            for door in self.doors
            for operation in door.operations
            for path in operation.paths
        ]

    def on_framework_error(self, request: Request[Any, Any, Any], error: Exception) -> Answer:
        """Answer what was raised outside operations, by the path's door; Litestar calls this."""
        door = self.door(request.scope["path"])
        call = Call(self.library, request.scope, identify=door.identify)
        return answer_error(door, of_framework(error), call)

    def close(self) -> None:
        """Let running operations end and take no more."""
        self.executor.shutdown()
        self.uploads.shutdown()

    def _handler(self, door: Door, operation: Operation, path: str) -> HTTPRouteHandler:
        methods = [HttpMethod(operation.method)]
        if operation.method == "GET":
            methods.append(HttpMethod.HEAD)
        has_body = operation.method != "GET"
        if operation.runs is Runs.INLINE and not has_body:
            function: Any = self._inline(door, operation)
        else:
            function = self._threaded(door, operation, has_body=has_body)
        return HTTPRouteHandler(
            path,
            http_method=methods,
            status_code=200,
            include_in_schema=False,
            sync_to_thread=False if operation.runs is Runs.INLINE and not has_body else None,
        )(function)

    def _inline(self, door: Door, operation: Operation) -> Callable[..., ASGIApp]:
        library, identify, run = self.library, door.identify, operation.handler

        def endpoint(scope: Scope) -> ASGIApp:
            call = Call(library, scope, identify=identify)
            try:
                return cast("ASGIApp", run(call))
            except Exception as error:  # noqa: BLE001  # the door words every error
                return cast("ASGIApp", answer_error(door, error, call))

        return endpoint

    def _threaded(self, door: Door, operation: Operation, *, has_body: bool) -> Callable[..., Any]:
        limit = FIELD_LIMIT_BYTES
        if operation.takes_files:
            limit = self.library.settings.upload_limit + FORM_ROOM_BYTES

        async def endpoint(request: Request[Any, Any, Any]) -> ASGIApp:
            call = Call(self.library, request.scope, identify=door.identify)
            try:
                if has_body:
                    call.body = await limits.spool(
                        request.receive, call.headers, limit_bytes=limit, folder=self.spool
                    )
                return cast("ASGIApp", await self._run(operation, call))
            except Exception as error:  # noqa: BLE001  # the door words every error
                return cast("ASGIApp", answer_error(door, error, call))
            finally:
                if call.body is not None:
                    call.body.close()

        return endpoint

    async def _run(self, operation: Operation, call: Call) -> Answer:
        runs = operation.runs(call) if callable(operation.runs) else operation.runs
        if runs is Runs.INLINE:
            return operation.handler(call)
        context = contextvars.copy_context()  # the request id follows into the thread's log lines
        loop = asyncio.get_running_loop()
        executor = self.uploads if operation.takes_files else self.executor
        return await loop.run_in_executor(executor, context.run, operation.handler, call)


_DOUBLED = re.compile(r"/{2,}")


def plain_path(path: str) -> str:
    """Return `path` with single slashes and none at its end, as the APIs we speak tolerate.

    >>> plain_path("//api/v1//json/images/1/")
    '/api/v1/json/images/1'
    """
    # `OPTIONS *` names no path at all.
    return _DOUBLED.sub("/", path if path.startswith("/") else f"/{path}").rstrip("/") or "/"
