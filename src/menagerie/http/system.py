"""Paths for operators and programmers: health, metrics, OpenAPI documents."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from menagerie.errors import MenagerieError, Unavailable
from menagerie.http import answers, openapi
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.metrics import CONTENT_TYPE, Metrics
from menagerie.http.routing import Door, Operation, Runs
from menagerie.library import SYSTEM, Library


def door(
    library: Library,
    metrics: Metrics | None,
    dialects: Sequence[Door],
    documents: Mapping[str, openapi.Made] = MappingProxyType({}),
) -> Door:
    """Return the door of these paths.

    It serves one document of all `dialects`, and `documents`, one for each API by its name.
    """
    operations = [
        _read("/healthz", _health, runs=Runs.EXECUTOR),
        _read("/readyz", _ready, runs=Runs.EXECUTOR),
    ]
    if metrics is not None:
        operations.append(_read("/metrics", _metrics(metrics), runs=Runs.EXECUTOR))
    site = library.settings.site_name
    whole = openapi.Made(site, "Every API of this library.", dialects)
    operations.append(_read("/openapi.json", whole.answer))
    for name, part in documents.items():
        operations.append(_read(f"/openapi/{name}.json", part.answer))
    operations.append(_read("/openapi", lambda _call: answers.redirect("/reference")))
    return Door(
        name="system",
        prefixes=("/healthz", "/readyz", "/metrics", "/openapi", "/openapi.json"),
        operations=operations,
        errors={MenagerieError: _plain_error, Exception: _plain_error},
        allows_origins=True,
    )


def _read(path: str, handler: Callable[[Call], Answer], runs: Runs = Runs.INLINE) -> Operation:
    return Operation("GET", (path,), handler, runs, is_documented=False)


def _health(call: Call) -> Answer:
    """Answer whether this process can read the library."""
    with call.library.reading(SYSTEM) as tx:
        if "id" not in tx.library.facts:
            raise Unavailable("the library is not set up; run `menagerie migrate`")
    return answers.text("ok\n", headers=[("cache-control", "no-store")])


def _ready(call: Call) -> Answer:
    """Answer whether requests will be served at once: the catalogue is loaded, files are there."""
    version = call.library.catalogue.current()
    next(iter(call.library.blobs.list("health")), None)
    body = {"status": "ok", "images": len(version.live), "seq": version.seq}
    return answers.json(body, headers=[("cache-control", "no-store")])


def _metrics(metrics: Metrics) -> Callable[[Call], Answer]:
    def handler(_call: Call) -> Answer:
        return Answer(200, metrics.exposition(), media_type=CONTENT_TYPE)

    return handler


def _plain_error(error: Exception, call: Call) -> Answer:
    if isinstance(error, Unavailable):
        return answers.text(error.message, 503)
    if isinstance(error, MenagerieError):
        return answers.text("Not found", 404)
    return answers.text(f"Something went wrong; request {call.request_id}", 500)
