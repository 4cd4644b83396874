"""Paths for operators and programmers: health, metrics, OpenAPI documents and their page."""

from collections.abc import Callable, Sequence
from html import escape

from menagerie.errors import MenagerieError, Unavailable
from menagerie.http import answers, openapi
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.metrics import CONTENT_TYPE, Metrics
from menagerie.http.routing import Door, Operation, Runs
from menagerie.library import SYSTEM, Library


def door(library: Library, metrics: Metrics | None, dialects: Sequence[Door]) -> Door:
    """Return the door of these paths; `dialects` are the ones whose documents it serves."""
    operations = [
        _read("/healthz", _health, runs=Runs.EXECUTOR),
        _read("/readyz", _ready, runs=Runs.EXECUTOR),
    ]
    if metrics is not None:
        operations.append(_read("/metrics", _metrics(metrics), runs=Runs.EXECUTOR))
    site = library.settings.site_name
    titles = list(dict.fromkeys(dialect.title for dialect in dialects if dialect.title))
    whole = openapi.Made(site, "Every API of this library.", dialects)
    operations.append(_read("/openapi.json", whole.answer))
    for title in titles:
        members = [dialect for dialect in dialects if dialect.title == title]
        part = openapi.Made(f"{site}: {title}", members[0].description, members)
        operations.append(_read(f"/openapi/{title.lower()}.json", part.answer))
    operations.append(_read("/openapi", _page(site, whole)))
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


def _page(site: str, whole: openapi.Made) -> Callable[[Call], Answer]:
    def handler(_call: Call) -> Answer:
        rows = [
            f"<tr><td>{method.upper()}</td><td><code>{escape(path)}</code></td>"
            f"<td>{escape(entry['summary'])}</td></tr>"
            for path, entries in whole.document["paths"].items()
            for method, entry in entries.items()
        ]
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>API of {escape(site)}</title><h1>API of {escape(site)}</h1>"
            '<p>As an <a href="/openapi.json">OpenAPI document</a>.</p>'
            f"<table>{''.join(rows)}</table></html>"
        )
        return answers.html(page, headers=[("content-security-policy", "default-src 'none'")])

    return handler


def _plain_error(error: Exception, call: Call) -> Answer:
    if isinstance(error, Unavailable):
        return answers.text(error.message, 503)
    if isinstance(error, MenagerieError):
        return answers.text("Not found", 404)
    return answers.text(f"Something went wrong; request {call.request_id}", 500)
