"""Doors, and what is behind them: each dialect, and the web, registers one table of operations.

A door says which paths are its own, how it recognises callers and how it words errors. Litestar
finds the operation; unmatched paths and wrong methods, which it answers outside any route, are
answered by the door with the longest matching prefix. A path that several doors have is answered
by the one that claims the request, else by the one whose prefix it is.
"""

import asyncio
import contextvars
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, cast

import structlog
from litestar import HttpMethod, Request
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import Receive, Scope, Send

from menagerie.errors import MenagerieError, NotFound, Unavailable
from menagerie.http import limits
from menagerie.http.answers import Answer, Waiting
from menagerie.http.call import Call, WrongMethod, anonymous
from menagerie.http.limits import FIELD_LIMIT_BYTES, MIB
from menagerie.http.live import Socket, Talk
from menagerie.http.parameters import Malformed
from menagerie.library import Actor, Library
from menagerie.storage.database import is_disk_full

log = structlog.get_logger("menagerie.http")

Handler = Callable[[Call], Answer | Waiting]
Identify = Callable[[Call], Actor]
ErrorAnswer = Callable[[Any, Call], Answer]
Finish = Callable[[Call, Answer], Answer]
# An operation at one of its paths.
_Sharer = tuple["Door", "Operation", str]
_Endpoint = Callable[[Scope, Receive], Awaitable[Answer]]
# What has no body.
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
# Room for the fields and the frame of a form around a file of the largest size.
FORM_ROOM_BYTES = 5 * MIB


class Runs(Enum):
    """Where an operation runs."""

    INLINE = "inline"  # on the event loop: answered from the catalogue and caches in a few ms
    EXECUTOR = "executor"  # in a thread: writes, decodes, or may take long
    LONG = "long"  # in a thread of those that may wait for many seconds, apart from files


class Parameter(NamedTuple):
    """A parameter in the documentation; all are read leniently, hence texts."""

    name: str
    help: str
    where: str = "query"  # or "path", "form" (a field of the body)
    example: str | None = None
    kind: str = "string"  # of its value in JSON Schema; only fields of a body have another


class Outcome(NamedTuple):
    """A documented answer: its status, what it means, and the type of its JSON or a media type."""

    status: int
    help: str
    shape: Any = None  # a msgspec type, or a tuple of alternatives; None: there is no JSON
    media_type: str = "application/json; charset=utf-8"


class Operation(NamedTuple):
    """One thing a door does: `method` on any of `paths` (Litestar's syntax) runs `handler`.

    `most_text_bytes` is how much of a body is kept in memory: its fields, JSON; files are not.
    Where several doors have the path, `claims` says which requests are this one's whosever it is.
    """

    method: str
    paths: tuple[str, ...]
    handler: Handler
    runs: "Runs | Callable[[Call], Runs]"
    takes_files: bool = False
    most_text_bytes: int = FIELD_LIMIT_BYTES
    summary: str = ""
    parameters: tuple[Parameter, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    needs_key: bool = False
    is_documented: bool = True
    claims: Callable[[Scope], bool] | None = None


class Door(NamedTuple):
    """A set of paths with manners of its own.

    In a prefix, `*` stands for anything within one segment. `errors` maps exceptions to answers,
    the nearest base class wins, and must have `Exception`. `headers` go with every answer under
    its prefixes, unless the answer has its own; `finish` adds those that depend on the call.
    `sockets` has what is done with WebSockets, by path; `stop` is called when the server stops.
    """

    name: str
    prefixes: tuple[str, ...]
    operations: Sequence[Operation]
    errors: Mapping[type[Exception], ErrorAnswer]
    identify: Identify = anonymous
    headers: tuple[tuple[str, str], ...] = ()
    finish: Finish | None = None
    allows_origins: bool = False
    allowed_headers: str = "*"  # what pages elsewhere may send; `*` leaves out Authorization
    exposed_headers: str = "X-Request-Id"  # what they may read of an answer
    title: str = ""
    description: str = ""
    takes_json: bool = False  # the documentation says that bodies may be JSON as well as forms
    shapes: tuple[Any, ...] = ()  # further types that the documentation refers to
    # How callers may say who they are, as OpenAPI's security schemes, by a short name.
    credentials: Mapping[str, Mapping[str, str]] = {}
    sockets: Mapping[str, Talk] = {}
    stop: Callable[[], None] | None = None


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


def _finished(door: Door, call: Call, answer: Answer) -> Answer:
    return answer if door.finish is None else door.finish(call, answer)


def of_framework(error: Exception) -> Exception:
    """Translate what Litestar raises outside routes into what our tables know."""
    if isinstance(error, NotFoundException):
        return NotFound()
    if isinstance(error, MethodNotAllowedException):
        allowed = (error.headers or {}).get("allow", "").split(", ")  # in no order
        return WrongMethod(", ".join(sorted(allowed, key=lambda each: (each == "OPTIONS", each))))
    if isinstance(error, HTTPException) and error.status_code < 500:
        return Malformed(error.detail)
    return error


def _telling(methods: Sequence[str]) -> _Endpoint:
    """Return what says which methods a path has, to pages of no other place."""
    allow = [("allow", ", ".join(sorted([*methods, "OPTIONS"])))]

    async def endpoint(_scope: Scope, _receive: Receive) -> Answer:
        return Answer(204, headers=allow)

    return endpoint


async def _nothing() -> Any:
    """Receive the body of a request whose body nobody reads."""
    raise AssertionError("a request without a body is read")


class Mounting:
    """Turns the doors of `library` into route handlers; owns the threads that operations run in."""

    def __init__(self, library: Library, doors: Sequence[Door]) -> None:
        self.library = library
        self.doors = tuple(doors)
        # Of two doors with the same prefix the later one has it.
        stems = {prefix.rstrip("/") + "/": door for door in doors for prefix in door.prefixes}
        by_length = sorted(stems.items(), key=lambda pair: (-pair[0].count("/"), "*" in pair[0]))
        self._stems = [(stem, _pattern(stem), door) for stem, door in by_length]
        threads = library.settings.worker_threads
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix="request")
        # Decoding and downloading wait for minutes on what a stranger sends; all the others must
        # not wait behind them.
        self.uploads = ThreadPoolExecutor(threads, thread_name_prefix="upload")
        # Nor must uploads wait behind what is painted here or asked of another machine.
        self.long = ThreadPoolExecutor(threads, thread_name_prefix="long")
        self.spool: Path = limits.spool_folder(library.settings.data_path)
        self._talks = {
            path: (door, talk) for door in self.doors for path, talk in door.sockets.items()
        }
        # By the path as the framework writes it and the method.
        self._runs: dict[str, dict[str, _Endpoint]] = {}

    def door(self, path: str) -> Door:
        """Return the door whose longest prefix `path` begins with; one must have the prefix `/`."""
        below = path + "/"
        for stem, pattern, door in self._stems:
            if below.startswith(stem) if pattern is None else pattern.match(below):
                return door
        raise LookupError(path)

    def handlers(self) -> list[HTTPRouteHandler]:
        """Return Litestar's handlers for every method and path of every door.

        To register a handler takes the framework a millisecond, to register one more path of it a
        tenth of that: so all paths with the same methods have one, which looks up what to run.
        """
        places: dict[str, dict[str, list[_Sharer]]] = {}
        for door in self.doors:
            for operation in door.operations:
                for path in operation.paths:
                    methods = places.setdefault(_PATH_PARAMETER.sub("{}", path), {})
                    methods.setdefault(operation.method, []).append((door, operation, path))
        alike: dict[tuple[str, ...], list[str]] = {}
        for methods in places.values():
            runs = {method: self._endpoint(sharers) for method, sharers in methods.items()}
            if "GET" in runs:
                runs["HEAD"] = runs["GET"]
            allowed = tuple(sorted(runs))
            runs["OPTIONS"] = _telling(allowed)
            path = next(iter(methods.values()))[0][2]
            self._runs[_PATH_PARAMETER.sub(r"{\1}", path)] = runs
            alike.setdefault((*allowed, "OPTIONS"), []).append(path)
        return [self._handler(methods, paths) for methods, paths in alike.items()]

    def on_framework_error(self, request: Request[Any, Any, Any], error: Exception) -> Answer:
        """Answer what was raised outside operations, by the path's door; Litestar calls this."""
        door = self.door(request.scope["path"])
        call = Call(self.library, request.scope, identify=door.identify)
        return _finished(door, call, answer_error(door, of_framework(error), call))

    async def converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Talk over a WebSocket, or refuse it where there is nothing to talk about."""
        door, talk = self._talks.get(scope["path"], (self.door(scope["path"]), None))
        scope["path_params"] = {}
        socket = Socket(Call(self.library, scope, identify=door.identify), receive, send)
        try:
            if talk is not None:
                await talk(socket)
        except (MenagerieError, Malformed) as error:
            log.debug("a socket was refused", path=scope["path"], reason=str(error))
        except Exception:
            log.exception("a conversation failed", path=scope["path"])
        finally:
            await socket.close()

    def hang_up(self) -> None:
        """End what would go on for as long as somebody listens."""
        for door in self.doors:
            if door.stop is not None:
                door.stop()

    def close(self) -> None:
        """Let running operations end and take no more."""
        self.hang_up()
        self.executor.shutdown()
        self.uploads.shutdown()
        self.long.shutdown()

    def _handler(self, methods: tuple[str, ...], paths: list[str]) -> HTTPRouteHandler:
        runs = self._runs

        async def read(scope: Scope) -> Answer:
            return await runs[scope["path_template"]][str(scope.get("method"))](scope, _nothing)

        async def take(request: Request[Any, Any, Any]) -> Answer:
            scope = request.scope
            return await runs[scope["path_template"]][scope["method"]](scope, request.receive)

        return HTTPRouteHandler(
            paths,
            http_method=[HttpMethod(method) for method in methods],
            status_code=200,
            include_in_schema=False,
        )(read if _BODILESS.issuperset(methods) else take)

    def _endpoint(self, sharers: Sequence[_Sharer]) -> _Endpoint:
        """Run the operation of a path; where several doors have it, each request asks whose it is.

        The framework keeps one name for a path parameter, so each gets it under its own.
        """
        run = {
            door.name: (self._running(door, operation), _PATH_PARAMETER.findall(path))
            for door, operation, path in reversed(sharers)
        }
        if len(run) < len(sharers):
            raise ValueError(f"{sharers[0][2]} is twice in one door")
        first = sharers[0][0].name
        if len(run) == 1 and not run[first][1]:
            return run[first][0]
        claims = [(op.claims, door.name) for door, op, _ in sharers if op.claims is not None]

        async def endpoint(scope: Scope, receive: Receive) -> Answer:
            owner = first
            if len(run) > 1:
                claimed = (name for claim, name in claims if claim(scope))
                owner = next(claimed, None) or self.door(scope["path"]).name
            answer, names = run.get(owner) or run[first]
            scope["path_params"] = dict(zip(names, scope["path_params"].values(), strict=True))
            return await answer(scope, receive)

        return endpoint

    def _running(self, door: Door, operation: Operation) -> _Endpoint:
        if operation.method != "GET":
            return self._taking(door, operation)
        library, identify, handler = self.library, door.identify, operation.handler
        is_inline = operation.runs is Runs.INLINE

        async def endpoint(scope: Scope, _receive: Receive) -> Answer:
            call = Call(library, scope, identify=identify)
            try:
                answer = handler(call) if is_inline else await self._run(operation, call)
            except Exception as error:  # noqa: BLE001  # the door words every error
                answer = answer_error(door, error, call)
            return _finished(door, call, cast("Answer", answer))

        return endpoint

    def _taking(self, door: Door, operation: Operation) -> _Endpoint:
        """Run what may have a body."""
        limit = operation.most_text_bytes
        if operation.takes_files:
            limit = self.library.settings.upload_limit + FORM_ROOM_BYTES

        async def endpoint(scope: Scope, receive: Receive) -> Answer:
            call = Call(self.library, scope, identify=door.identify)
            try:
                call.body = await limits.spool(
                    receive,
                    call.headers,
                    limit_bytes=limit,
                    text_limit_bytes=operation.most_text_bytes,
                    folder=self.spool,
                )
                answer = await self._run(operation, call)
            except Exception as error:  # noqa: BLE001  # the door words every error
                answer = answer_error(door, error, call)
            finally:
                if call.body is not None:
                    call.body.close()
            return _finished(door, call, answer)

        return endpoint

    async def _run(self, operation: Operation, call: Call) -> Answer:
        runs = operation.runs(call) if callable(operation.runs) else operation.runs
        if runs is Runs.INLINE:
            return cast("Answer", operation.handler(call))
        executor = self.long if runs is Runs.LONG else self.executor
        if operation.takes_files:
            executor = self.uploads
        answer: Answer | Waiting = await self._in_thread(executor, operation.handler, call)
        return await self._waited(answer) if isinstance(answer, Waiting) else answer

    async def _in_thread(
        self, executor: ThreadPoolExecutor, run: Callable[..., Any], *arguments: object
    ) -> Any:
        context = contextvars.copy_context()  # the request id follows into the thread's log lines
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(executor, context.run, run, *arguments)

    async def _waited(self, waiting: Waiting) -> Answer:
        """Ask for an answer now and then until there is one, or the time is up."""
        end = time.monotonic() + waiting.timeout_s
        while True:
            left_s = end - time.monotonic()
            answer = await self._in_thread(self.executor, waiting.poll, left_s <= 0)
            if answer is not None:
                return cast("Answer", answer)
            await asyncio.sleep(max(0.0, min(waiting.every_s, left_s)))


def _pattern(stem: str) -> re.Pattern[str] | None:
    """Return what paths below a prefix with `*` match; None for one without."""
    if "*" not in stem:
        return None
    return re.compile("[^/]*".join(re.escape(part) for part in stem.split("*")))


_PATH_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_DOUBLED = re.compile(r"/{2,}")


def plain_path(path: str) -> str:
    """Return `path` with single slashes and none at its end, as the APIs we speak tolerate.

    >>> plain_path("//api/v1//json/images/1/")
    '/api/v1/json/images/1'
    """
    # `OPTIONS *` names no path at all.
    return _DOUBLED.sub("/", path if path.startswith("/") else f"/{path}").rstrip("/") or "/"
