"""Somebody who listens to an application in this process: to a stream, or over a WebSocket."""

import asyncio
import json
from contextlib import asynccontextmanager
from typing import Any


class _Connection:
    """Runs `app` for one connection; what it sends waits in a queue."""

    def __init__(self, app: Any, scope: dict[str, Any], first: dict[str, Any]) -> None:
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._said.put_nowait(first)
        self.takes = asyncio.Event()  # cleared: what is sent has to wait
        self.takes.set()
        self.task = asyncio.create_task(app(scope, self._said.get, self._take))

    async def _take(self, message: dict[str, Any]) -> None:
        await self.takes.wait()
        self._sent.put_nowait(message)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            return await self._sent.get()

    def say(self, message: dict[str, Any]) -> None:
        self._said.put_nowait(message)


def _scope(kind: str, path: str, headers: dict[str, str], address: str) -> dict[str, Any]:
    plain, _, query = path.partition("?")
    return {
        "type": kind,
        "path": plain,
        "raw_path": plain.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [
            (n.lower().encode(), v.encode()) for n, v in {"host": "test", **headers}.items()
        ],
        "client": (address, 4000),
        "server": ("test", 80),
        "subprotocols": [],
        "extensions": {},
    }


class Stream(_Connection):
    """One GET whose answer is read while it comes."""

    def __init__(self, app: Any, path: str, *, address: str = "10.0.0.9", **headers: str) -> None:
        scope = _scope("http", path, headers, address) | {"method": "GET"}
        super().__init__(app, scope, {"type": "http.request", "body": b"", "more_body": False})

    async def status(self) -> int:
        return (await self.next())["status"]

    async def text(self) -> str:
        """Return the next piece, empty at the end."""
        return (await self.next())["body"].decode()

    async def events(self, count: int) -> list[tuple[int, str, Any]]:
        """Return the next events as (place, kind, data)."""
        found: list[tuple[int, str, Any]] = []
        while len(found) < count:
            for block in (await self.text()).split("\n\n"):
                fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
                if "data" in fields:
                    data = json.loads(fields["data"])
                    found.append((int(fields["id"]), fields["event"], data))
        return found

    async def leave(self) -> None:
        self.say({"type": "http.disconnect"})
        async with asyncio.timeout(10):
            await self.task


class Talk(_Connection):
    """One WebSocket."""

    def __init__(self, app: Any, path: str, *, address: str = "10.0.0.9") -> None:
        super().__init__(app, _scope("websocket", path, {}, address), {"type": "websocket.connect"})

    def send(self, value: object) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        self.say({"type": "websocket.receive", "text": text})

    async def hear(self) -> Any:
        """Return what is said next, or the code with which the talk is ended."""
        message = await self.next()
        if message["type"] == "websocket.send":
            return json.loads(message["text"])
        return message.get("code", message["type"])

    async def leave(self) -> None:
        self.say({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(10):
            await self.task


@asynccontextmanager
async def leaving(*connections: Stream | Talk):
    """End connections that are still open."""
    try:
        yield
    finally:
        for one in connections:
            if not one.task.done():
                await one.leave()
