"""A client of an application in this process: no socket, no server, the same bytes."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
from litestar import Litestar

from menagerie.http import edge
from menagerie.http.routing import Door
from menagerie.library import Library


class Client:
    """Sends requests to `app` and returns the answers; close it at the end."""

    def __init__(self, app: Litestar, *, base_url: str = "http://test", address: str = "10.0.0.9"):
        self.app = app
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, client=(address, 4000), raise_app_exceptions=True)
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url)

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, url, **options))

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    def post_together(self, *urls: str) -> list[httpx.Response]:
        """Send these requests at once."""

        async def gather() -> list[httpx.Response]:
            return await asyncio.gather(*(self._client.post(url) for url in urls))

        return self._runner.run(gather())

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


def client_of(library: Library, doors: Sequence[Door]) -> Client:
    """Return a client of these doors alone; the first also words what is nobody's.

    Registering the routes of every dialect takes half a second, and most tests need one dialect's.
    """
    rest = doors[0]._replace(name="rest", prefixes=("/",), operations=())
    return Client(edge.application(library, [*doors, rest], None))
