"""What is sent back: a status, headers and bytes, or bytes that come in pieces."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from typing import Any, Self

import msgspec
from litestar.types import Receive, Scope, Send

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"

Headers = Iterable[tuple[str, str]]
_WITHOUT_BODY = frozenset({204, 304})
encode_json = msgspec.json.Encoder().encode


def is_head(scope: Scope) -> bool:
    """Tell whether only the head of the answer is wanted."""
    return scope.get("method") == "HEAD"


class Answer:
    """One whole answer; an ASGI application, which is what the framework sends."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, status: int, body: bytes = b"", *, media_type: str = JSON, headers: Headers = ()
    ) -> None:
        self.status = status
        self.body = body
        self.headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        if status not in _WITHOUT_BODY:
            self.headers.append((b"content-type", media_type.encode("latin-1")))

    def add(self, name: str, value: str) -> Self:
        """Add one more header and return the answer itself."""
        self.headers.append((name.lower().encode(), value.encode("latin-1")))
        return self

    def header(self, name: str) -> str | None:
        """Return the first header called `name`, if there is one."""
        wanted = name.lower().encode()
        return next((v.decode("latin-1") for n, v in self.headers if n == wanted), None)

    def to_asgi_response(self, **_kwargs: Any) -> Self:
        """Be an ASGI application: the framework asks this of what an exception handler returns."""
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the answer; only its head for HEAD."""
        headers = self.headers
        if self.status not in _WITHOUT_BODY:
            headers = [*headers, (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        body = b"" if is_head(scope) or self.status in _WITHOUT_BODY else self.body
        await send({"type": "http.response.body", "body": body, "more_body": False})


class StreamAnswer(Answer):
    """An answer of `length` bytes that `pieces` yields when it is called."""

    __slots__ = ("length", "pieces")

    def __init__(
        self,
        status: int,
        pieces: Callable[[], AsyncIterator[bytes]],
        *,
        length: int | None,
        media_type: str,
        headers: Headers = (),
    ) -> None:
        super().__init__(status, media_type=media_type, headers=headers)
        self.pieces = pieces
        self.length = length

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the pieces as they come."""
        headers = self.headers
        if self.length is not None:
            headers = [*headers, (b"content-length", str(self.length).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if not is_head(scope):
            async for piece in self.pieces():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Waiting:
    """An answer that is not there yet: `poll` is asked for it in threads, none held meanwhile.

    It is called every `every_s` seconds with whether the time is up (after `timeout_s` seconds);
    then it must answer, before that it may give None.
    """

    __slots__ = ("every_s", "poll", "timeout_s")

    def __init__(
        self, poll: Callable[[bool], Answer | None], *, timeout_s: float, every_s: float
    ) -> None:
        self.poll = poll
        self.timeout_s = timeout_s
        self.every_s = every_s


def json(value: object, status: int = 200, *, headers: Headers = ()) -> Answer:
    """Answer `value` as JSON in UTF-8, unescaped."""
    return Answer(status, encode_json(value), headers=headers)


def text(words: str = "", status: int = 200, *, headers: Headers = ()) -> Answer:
    """Answer plain text."""
    return Answer(status, words.encode(), media_type=TEXT, headers=headers)


def html(page: str, status: int = 200, *, headers: Headers = ()) -> Answer:
    """Answer an HTML page."""
    return Answer(status, page.encode(), media_type=HTML, headers=headers)


def redirect(location: str, status: int = 303) -> Answer:
    """Send the client to `location`; 303 makes it GET."""
    return Answer(status, media_type=TEXT, headers=[("location", location)])


def stream(pieces: Generator[bytes], *, media_type: str = JSON, headers: Headers = ()) -> Answer:
    """Answer what a generator yields, none of it empty, in bounded memory; it runs in threads.

    The first pieces are made at once, so that errors before them are answered as errors; when there
    is only one, the answer is a plain one with its length.
    """
    first = next(pieces, b"")
    second = next(pieces, None)
    if second is None:
        return Answer(200, first, media_type=media_type, headers=headers)
    steps = _Steps((first, second), pieces)
    return StreamAnswer(200, steps.run, length=None, media_type=media_type, headers=headers)


class _Steps:
    """A generator that has begun, gone through in threads; ended when nobody reads any more."""

    def __init__(self, begun: Iterable[bytes], rest: Generator[bytes]) -> None:
        self._begun = begun
        self._rest = rest
        self._lock = threading.Lock()

    async def run(self) -> AsyncIterator[bytes]:
        try:
            for piece in self._begun:
                yield piece
            while piece := await asyncio.to_thread(self._next):
                yield piece
        finally:
            # Not waited for: a step that was cancelled may still be running in its thread.
            asyncio.get_running_loop().run_in_executor(None, self._close)

    def _next(self) -> bytes:
        with self._lock:
            return next(self._rest, b"")

    def _close(self) -> None:
        with self._lock:
            self._rest.close()
