"""The composition root: one library, the doors in front of it, the jobs behind it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from litestar import Litestar

from menagerie import logs, settings, web
from menagerie.core import rendering
from menagerie.dialects import philomena
from menagerie.http import system
from menagerie.http.edge import Edge
from menagerie.http.metrics import Metrics
from menagerie.http.routing import Door, Mounting
from menagerie.library import Library

JOBS: Mapping[str, Callable[..., None]] = {
    rendering.RENDER: rendering.render_image,
    rendering.OPTIMISE: rendering.optimise,
}
"""What `jobs.Worker` runs, by kind."""


def dialects(library: Library) -> list[Door]:
    """Return the doors of every dialect; dropping a dialect is dropping its line."""
    return [
        *philomena.doors(library),
    ]


def create_app(library: Library) -> Litestar:
    """Put doors in front of an open `library`, which the application closes when it stops."""
    metrics = Metrics(library) if library.settings.metrics else None
    spoken = dialects(library)
    doors: Sequence[Door] = [*spoken, web.routes(library), system.door(library, metrics, spoken)]
    mounting = Mounting(library, doors)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        try:
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


def from_environment() -> Litestar:
    """Open the library that the environment describes, for a server that wants a factory."""
    loaded = settings.load()
    logs.configure(loaded)
    return create_app(Library(loaded))
