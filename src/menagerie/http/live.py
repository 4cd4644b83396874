"""How the live feed reaches those who listen: as server-sent events, or over a WebSocket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import structlog
from litestar.types import Receive, Scope, Send

from menagerie.errors import MenagerieError
from menagerie.http.answers import Answer, is_head
from menagerie.http.call import Call
from menagerie.http.feed import Hub, Listener, Message, Missed, kinds_of, missed
from menagerie.http.parameters import whole_number

log = structlog.get_logger("menagerie.feed")

HEARTBEAT_S = 15.0
# Whoever takes nothing for so long is not there any more.
SEND_S = 30.0
RETRY_MS = 3000
MOST_TEXT_CHARACTERS = 65_536
EVENT_STREAM = "text/event-stream; charset=utf-8"
# Close codes of WebSockets (RFC 6455, and its registry for the last).
GOING_AWAY, NOT_UNDERSTOOD, TOO_BIG, TRY_LATER = 1001, 1007, 1009, 1013
IS_LIVE = "is_live"
"""Set in the state of a request that is answered for as long as somebody listens."""


def since_of(call: Call) -> int | None:
    """Return the place in the log that a client has got to; None to begin with what comes now.

    A browser that comes back says so in a header; others may in the parameter `since`.
    """
    place = whole_number(call.headers.get("last-event-id", ""))
    return whole_number(call.text("since")) if place is None else place


class EventStream(Answer):
    """Tells what happens as server-sent events, until one side has enough.

    With the parameter `follow` set to false it ends when it has told what the log has.
    """

    __slots__ = ("_call", "_follows", "_hub", "_kinds", "_since")

    def __init__(self, hub: Hub, call: Call) -> None:
        """Raises Invalid for kinds that there are not, Unavailable and RateLimited for no room."""
        # Proxies must neither keep what comes nor wait for more of it.
        headers = [("cache-control", "no-cache, no-transform"), ("x-accel-buffering", "no")]
        super().__init__(200, media_type=EVENT_STREAM, headers=headers)
        self._hub = hub
        self._call = call
        self._kinds = kinds_of(call)
        self._since = since_of(call)
        self._follows = call.text("follow").lower() not in {"false", "0", "no"}
        hub.require_room(call)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what happens."""
        if is_head(scope):
            await super().__call__(scope, receive, send)
            return
        scope["state"][IS_LIVE] = True
        hub = self._hub
        async with hub.listening(self._call, since=self._since, kinds=self._kinds) as listener:
            gone = asyncio.create_task(_gone(receive))
            gone.add_done_callback(lambda _: listener.leave())
            try:
                await send(
                    {"type": "http.response.start", "status": self.status, "headers": self.headers}
                )
                async for piece in _events(listener, self._call.base_url, follows=self._follows):
                    async with asyncio.timeout(SEND_S):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                async with asyncio.timeout(SEND_S):
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
            except (TimeoutError, OSError):
                log.debug("a listener takes nothing any more", path=self._call.path)
            finally:
                gone.cancel()


async def _gone(receive: Receive) -> None:
    """Return once the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _events(listener: Listener, base: str, *, follows: bool) -> AsyncIterator[bytes]:
    """Yield the text of the stream; each piece says how far it goes, so that one can come back."""
    yield b"retry: %d\nid: %d\n\n" % (RETRY_MS, listener.cursor)
    while not listener.is_over:
        try:
            messages = await listener.more(HEARTBEAT_S if follows else 0)
        except Missed as error:
            # The client comes back by itself, and gets the rest from the log.
            yield _event(missed(error.seq), missed(error.seq).data(base))
            return
        if messages:
            yield b"".join([message.framed(_event, base) for message in messages])
        elif not follows:
            return
        elif not listener.is_over:
            yield b"id: %d\n: nothing new\n\n" % listener.cursor


def _event(message: Message, data: bytes) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (message.seq, message.kind.encode(), data)


# WebSockets.


class Socket:
    """A WebSocket connection; texts go out one at a time, whichever task sends them."""

    def __init__(self, call: Call, receive: Receive, send: Send) -> None:
        self.call = call
        self._receive = receive
        self._send = send
        self._sending = asyncio.Lock()
        self.is_accepted = False
        self.is_closed = False

    async def accept(self) -> None:
        """Begin to talk; first of all."""
        await self._receive()
        self.is_accepted = True
        await self._send({"type": "websocket.accept", "subprotocol": None, "headers": []})

    async def text(self) -> str | None:
        """Return what comes next; None once the other side is gone."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            self.is_closed = True
            return None
        text = message.get("text")
        return text if text is not None else (message.get("bytes") or b"").decode(errors="replace")

    async def say(self, text: str) -> None:
        """Send a text. Raises TimeoutError when nobody takes it, OSError when nobody is there."""
        async with self._sending, asyncio.timeout(SEND_S):
            if not self.is_closed:
                await self._send({"type": "websocket.send", "text": text, "bytes": None})

    async def close(self, code: int = 1000) -> None:
        """End the talk; before it began this refuses it."""
        if not self.is_closed:
            self.is_closed = True
            await self._send({"type": "websocket.close", "code": code, "reason": None})


Talk = Callable[[Socket], Awaitable[None]]
"""What a path does with its WebSockets."""


async def together(listener: Listener, tell: Awaitable[None], hear: Awaitable[None]) -> None:
    """Tell and hear until either is done; what both raise besides a lost connection is raised."""
    telling, hearing = asyncio.ensure_future(tell), asyncio.ensure_future(hear)
    hearing.add_done_callback(lambda _: listener.leave())
    try:
        await asyncio.wait({telling, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (telling, hearing):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, TimeoutError, OSError):
                await task


def json_talk(hub: Hub) -> Talk:
    """Return the talk that tells what happens as JSON objects with `event`, `data` and `seq`."""

    async def talk(socket: Socket) -> None:
        call = socket.call
        kinds, since = kinds_of(call), since_of(call)
        await socket.accept()
        try:
            async with hub.listening(call, since=since, kinds=kinds) as listener:
                await together(listener, _tell(socket, listener), _hear(socket))
        except MenagerieError:
            await socket.close(TRY_LATER)

    return talk


async def _tell(socket: Socket, listener: Listener) -> None:
    base = socket.call.base_url
    while not listener.is_over:
        try:
            messages = await listener.more(HEARTBEAT_S)
        except Missed as error:
            await socket.say(missed(error.seq).framed(_object, base))
            await socket.close(TRY_LATER)
            return
        for message in messages:
            await socket.say(message.framed(_object, base))
        if not messages and not listener.is_over:
            await socket.say(f'{{"event":"heartbeat","data":{{}},"seq":{listener.cursor}}}')
    await socket.close(GOING_AWAY)


def _object(message: Message, data: bytes) -> str:
    frame = {"event": message.kind, "data": msgspec.Raw(data), "seq": message.seq}
    return msgspec.json.encode(frame).decode()


async def _hear(socket: Socket) -> None:
    """Take whatever is said, which means nothing here, until the other side is gone."""
    while (text := await socket.text()) is not None:
        if len(text) > MOST_TEXT_CHARACTERS:
            await socket.close(TOO_BIG)
            return
