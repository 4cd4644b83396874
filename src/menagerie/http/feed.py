"""The live feed of one process: one reader of the log of events, and everybody who listens.

What happens is read and encoded once for all, and kept in a ring of bounded size. A listener is
only a place in that ring, so a slow one costs no memory: once the ring has gone past it, it is told
that it missed something, and may come back to the log for that. While nobody listens nothing is
read.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog

from menagerie.core import happenings, voters
from menagerie.core.happenings import Happening
from menagerie.errors import Invalid, RateLimited, Unavailable
from menagerie.http.call import Call
from menagerie.library import ANONYMOUS, Library, Tx
from menagerie.storage.schema import EventKind

log = structlog.get_logger("menagerie.feed")

POLL_S = 0.1
AFTER_ERROR_S = 2.0
# What is kept for those who listen, and how much of the log is read in one step.
MOST_KEPT, MOST_KEPT_BYTES, MOST_READ = 512, 16 * 1024 * 1024, 200
_MOST_FRAMED = 8
MISSED = "missed"
"""The kind of message that says: what happened next could not be told."""

F = TypeVar("F", bytes, str)
Render = Callable[[Tx, Happening], bytes | None]
"""Encodes a happening as JSON; None when it is not for everybody to see."""


class Message:
    """One thing to tell: its place in the log, its kind, and its JSON with gaps for our address."""

    __slots__ = ("_framed", "_mark", "_template", "kind", "seq")

    def __init__(self, seq: int, kind: str, template: bytes, mark: bytes = b"") -> None:
        self.seq = seq
        self.kind = kind
        self._template = template
        self._mark = mark
        self._framed: dict[object, Any] = {}

    @property
    def size_bytes(self) -> int:
        """How long the JSON is, about."""
        return len(self._template)

    def data(self, base: str) -> bytes:
        """Return the JSON for those who reach us at `base`."""
        return self._template.replace(self._mark, base.encode()) if self._mark else self._template

    def framed(self, frame: "Callable[[Message, bytes], F]", base: str) -> F:
        """Return what `frame` makes of the message and its JSON, made once for many listeners."""
        key = frame, base
        found: F | None = self._framed.get(key)
        if found is None:
            found = frame(self, self.data(base))
            if len(self._framed) < _MOST_FRAMED:
                self._framed[key] = found
        return found


class Missed(Exception):  # noqa: N818
    """A listener was too slow; it can ask the log for what came after `seq`."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


class Hub:
    """Reads the log while somebody listens; to be used on one event loop.

    `render` words what happened, with `mark` in the place of our own address.
    """

    def __init__(self, library: Library, render: Render, *, mark: bytes = b"") -> None:
        self._library = library
        self._render = render
        self._mark = mark
        self._ring: deque[Message] = deque()
        self._ring_bytes = 0
        self._listeners: set[Listener] = set()
        self._counts: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._starting: asyncio.Lock | None = None
        # Threads are made when they are needed, and one reads for all.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="feed")
        # Messages after `floor` are in the ring, as far as there are any up to `seq`.
        self.floor = self.seq = 0
        self.is_stopped = False

    @property
    def listener_count(self) -> int:
        """How many listen now."""
        return self._counts.total()

    def require_room(self, call: Call) -> None:
        """Raise Unavailable when too many listen, RateLimited when too many do from one network."""
        settings = self._library.settings
        if self.is_stopped or self.listener_count >= settings.live_listeners:
            raise Unavailable("Too many programs listen to the live feed; try again later.")
        most = settings.live_listeners_per_address
        if most and self._counts[voters.network(call.address)] >= most:
            raise RateLimited(60)

    @contextlib.asynccontextmanager
    async def listening(
        self, call: Call, *, since: int | None = None, kinds: Collection[str] = ()
    ) -> "AsyncIterator[Listener]":
        """Listen to all kinds or some, from now on or from what came after `since`.

        Yields a Listener. Raises as `require_room` does.
        """
        self.require_room(call)
        network = voters.network(call.address)
        self._counts[network] += 1
        listener = Listener(self, kinds)
        try:
            await self._begin(listener)
            listener.begin(self.seq if since is None else min(since, self.seq))
            yield listener
        finally:
            self._listeners.discard(listener)
            self._counts[network] -= 1
            if not self._counts[network]:
                del self._counts[network]

    async def _begin(self, listener: "Listener") -> None:
        """Let the reader run; it ends by itself when nobody listens."""
        if self._starting is None:
            self._starting = asyncio.Lock()
        async with self._starting:
            if self._task is None or self._task.done():
                self._ring.clear()
                self._ring_bytes = 0
                self.floor = self.seq = await self._in_thread(self._newest)
                self._listeners.add(listener)
                self._task = asyncio.create_task(self._follow())
            self._listeners.add(listener)

    async def _follow(self) -> None:
        marker: object = None
        while self._listeners and not self.is_stopped:
            await asyncio.sleep(POLL_S)
            # On SQLite any commit changes the number; PostgreSQL has to be asked for what is new.
            now = self._library.database.version()
            if now is not None and now == marker:
                continue
            try:
                messages, last = await self._in_thread(self._read, self.seq, MOST_READ)
            except Exception:  # the feed goes on when the database is back
                log.exception("the log of events could not be read")
                await asyncio.sleep(AFTER_ERROR_S)
                continue
            if last == self.seq:
                marker = now  # read to its end; else there may be more
            self._publish(messages, last)

    def _publish(self, messages: list[Message], last: int) -> None:
        for message in messages:
            self._ring.append(message)
            self._ring_bytes += message.size_bytes
        while len(self._ring) > MOST_KEPT or self._ring_bytes > MOST_KEPT_BYTES:
            gone = self._ring.popleft()
            self._ring_bytes -= gone.size_bytes
            self.floor = gone.seq
        self.seq = last
        if messages:
            for listener in self._listeners:
                listener.wake()

    def after(self, seq: int) -> list[Message]:
        """Return what the ring has after `seq`, oldest first."""
        found = []
        for message in reversed(self._ring):
            if message.seq <= seq:
                break
            found.append(message)
        return found[::-1]

    async def from_log(self, seq: int) -> tuple[list[Message], int]:
        """Return what the log has next after `seq`, and the `seq` up to which that is all."""
        floor = self.floor
        messages, last = await self._in_thread(self._read_old, seq, MOST_READ)
        # At the end of the log, all that the ring has let go was seen.
        return messages, max(last, floor) if last == seq else last

    def stop(self) -> None:
        """Let everybody go and read no more."""
        self.is_stopped = True
        for listener in self._listeners:
            listener.leave()
        if self._task is not None:
            self._task.cancel()
        self._reader.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, run: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._reader, run, *arguments)

    def _newest(self) -> int:
        with self._library.reading(ANONYMOUS) as tx:
            return happenings.newest(tx)

    def _read(self, seq: int, limit: int) -> tuple[list[Message], int]:
        with self._library.reading(ANONYMOUS) as tx:
            found, last = happenings.since(tx, seq, limit=limit)
            rendered = ((one, self._rendered(tx, one)) for one in found)
            return [
                Message(one.seq, one.kind.value, data, self._mark)
                for one, data in rendered
                if data is not None
            ], last

    def _read_old(self, seq: int, limit: int) -> tuple[list[Message], int]:
        """Read what came after `seq`, beginning with a word about what is not known any more."""
        with self._library.reading(ANONYMOUS) as tx:
            oldest = happenings.oldest(tx)
        messages, last = self._read(seq, limit)
        if 0 < seq < oldest - 1:
            messages.insert(0, missed(seq))
        return messages, last

    def _rendered(self, tx: Tx, happening: Happening) -> bytes | None:
        try:
            return self._render(tx, happening)
        except Exception:  # one that cannot be worded must not keep the others back
            log.exception("an event could not be told", kind=happening.kind, seq=happening.seq)
            return None


class Listener:
    """Somebody's place in the feed."""

    __slots__ = ("_hub", "_is_live", "_kinds", "_woken", "cursor", "is_over")

    def __init__(self, hub: Hub, kinds: Collection[str]) -> None:
        self._hub = hub
        self._kinds = frozenset(kinds)
        self._woken = asyncio.Event()
        self._is_live = False
        self.cursor = 0
        self.is_over = False

    def begin(self, cursor: int) -> None:
        """Begin with what comes after `cursor`."""
        self.cursor = cursor

    @property
    def newest(self) -> int:
        """The place of what happened last."""
        return self._hub.seq

    def wake(self) -> None:
        """Look for what is new."""
        self._woken.set()

    def leave(self) -> None:
        """Listen no more; `more` returns at once."""
        self.is_over = True
        self._woken.set()

    async def more(self, wait_s: float) -> list[Message]:
        """Return what came next as soon as there is something; nothing once `wait_s` is over.

        Raises Missed when the listener was away for so long that it is not at hand any more.
        """
        end = asyncio.get_running_loop().time() + wait_s
        while not self.is_over:
            found = await self._next()
            if found:
                return found
            if self.cursor < self._hub.seq:
                continue
            try:
                async with asyncio.timeout_at(end):
                    await self._woken.wait()
            except TimeoutError:
                break
        return []

    async def _next(self) -> list[Message]:
        hub = self._hub
        self._woken.clear()
        if self.cursor < hub.floor:
            if self._is_live:
                raise Missed(self.cursor)
            messages, self.cursor = await hub.from_log(self.cursor)
        else:
            self._is_live = True
            messages = hub.after(self.cursor)
            self.cursor = max(self.cursor, hub.seq)
        wanted = self._kinds
        return [m for m in messages if not wanted or m.kind in wanted or m.kind == MISSED]


def missed(seq: int) -> Message:
    """Return the message that says that some of what came after `seq` was not told."""
    return Message(seq, MISSED, b'{"since":%d}' % seq)


def kinds_of(call: Call) -> frozenset[str]:
    """Return the kinds that the parameter `kinds` asks for, none for all. Raises Invalid."""
    words = {word.strip() for text in call.texts("kinds") for word in text.split(",")}
    wanted = frozenset(words - {""})
    known = {kind.value for kind in EventKind}
    if unknown := sorted(wanted - known):
        choices = ", ".join(sorted(known))
        raise Invalid({"kinds": [f"{unknown[0]} is not known; it may be {choices}"]})
    return wanted
