"""The composition root: one library, and the doors in front of it."""

from litestar import Litestar

from menagerie import logs, settings, web
from menagerie.dialects import dogapi, imagemonkey, philomena
from menagerie.http import edge, openapi, system
from menagerie.http.metrics import Metrics
from menagerie.http.routing import Door
from menagerie.library import Library


def dialects(library: Library) -> list[Door]:
    """Return the doors of every dialect; dropping a dialect is dropping its line."""
    return [
        *philomena.doors(library),
        *imagemonkey.doors(library),
        *dogapi.doors(library),
    ]


def create_app(library: Library) -> Litestar:
    """Put doors in front of an open `library`, which the application closes when it stops."""
    metrics = Metrics(library) if library.settings.metrics else None
    spoken = dialects(library)
    documents = openapi.of_doors(library.settings.site_name, spoken)
    doors = [
        *spoken,
        web.routes(library, documents),
        system.door(library, metrics, spoken, documents),
    ]
    return edge.application(library, doors, metrics)


def from_environment() -> Litestar:
    """Open the library that the environment describes, for a server that wants a factory."""
    loaded = settings.load()
    logs.configure(loaded)
    return create_app(Library(loaded))
