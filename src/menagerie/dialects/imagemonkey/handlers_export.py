"""Exports: labels as flat rows or images as grouped ones, streamed; and counts for trainers."""

import threading
from collections.abc import Generator, Mapping

from menagerie.core import find, images, labelling, rows, words
from menagerie.core.rows import Bounds
from menagerie.dialects.imagemonkey import exporting, shapes, site
from menagerie.errors import Invalid, NotFound, RateLimited
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import ANONYMOUS, Library, Tx

SAMPLE = "dog & ~cat"
# Each streaming export may hold a connection for as long as its reader takes.
MOST_AT_ONCE = 8
_RETRY_AFTER_S = 5

_BOUNDS = (
    Parameter("min_probability", "0 to 1: only labels with at least this probability."),
    Parameter("min_votes", "Only labels with at least so many verdicts."),
    Parameter("limit", "Most rows.", example="10"),
    Parameter("cursor", "The uuid of the last row seen, or uuid:label; what follows it."),
    Parameter("format", "json (the default), jsonl or csv."),
)
_ROWS = (
    Outcome(200, "The rows.", (list[shapes.FlatShape], list[shapes.GroupedShape])),
    Outcome(200, "A row in each line.", media_type=exporting.FORMATS["jsonl"]),
    Outcome(200, "A table.", media_type=exporting.FORMATS["csv"]),
    site.LIMITED,
    *site.READS,
)


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations that export."""
    bounds = (
        Parameter("min_probability", "0 to 1; 0 when missing: verdicts do not matter."),
        Parameter("min_count", "Only labels with at least so many images."),
    )
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/export"),
            _export,
            Runs.EXECUTOR,
            summary="Labels by name as flat rows (`tags`), or images by query (`query`).",
            parameters=(
                Parameter("tags", "Labels, with commas; one row each.", example="banana, egg"),
                site.QUERY,
                Parameter("annotations_only", "true: only images with labels and outlines."),
                *_BOUNDS,
            ),
            outcomes=_ROWS,
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/export/{parameter:path}"),
            _export_by_path,
            Runs.EXECUTOR,
            summary="The same with the parameter in the path, as the first page printed it.",
            parameters=(
                Parameter("parameter", "tags=a,b or query=a.", "path", "tags=dog"),
                *_BOUNDS,
            ),
            outcomes=_ROWS,
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/export/sample"),
            lambda _call: answers.json(SAMPLE),
            Runs.INLINE,
            summary="A query to begin with.",
            outcomes=(Outcome(200, "The query.", str),),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/statistics/validations/count"),
            _count_validations,
            Runs.EXECUTOR,
            summary="On how many images each label is likely enough.",
            parameters=bounds,
            outcomes=(Outcome(200, "By label.", list[shapes.LabelCountShape]), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/statistics/annotations/count"),
            _count_annotations,
            Runs.EXECUTOR,
            summary="On how many images each label is outlined well enough.",
            parameters=bounds,
            outcomes=(Outcome(200, "By label.", list[shapes.LabelCountShape]), *site.READS),
        ),
    )


# Parameters.


def _export(call: Call) -> Answer:
    """GET /v1/export."""
    return _answer(call, call.params.get("tags"), call.params.get("query"))


def _export_by_path(call: Call) -> Answer:
    """GET /v1/export/tags=….

    Quirk: the example of the first page has the parameter in the path (spec 2).
    """
    name, equals, value = str(call.scope["path_params"]["parameter"]).strip("/").partition("=")
    if not equals or name not in {"tags", "query"}:
        raise NotFound
    return _answer(call, *((value, None) if name == "tags" else (None, value)))


def _answer(call: Call, tags: object, query: object) -> Answer:
    if (tags is None) == (query is None):
        wanted = "Give one of the two: tags=a,b or query=a & b."
        raise Invalid({"tags": [wanted], "query": [wanted]})
    name, text = ("query", query) if tags is None else ("tags", tags)
    if not isinstance(text, str):
        raise Invalid({name: ["must be a text"]})
    kind = call.text("format").strip().lower() or "json"
    if kind not in exporting.FORMATS:
        raise Invalid({"format": [f"must be one of {', '.join(exporting.FORMATS)}"]})
    with call.reading() as tx:
        bounds = _bounds(tx, call)
    make = _flat if name == "tags" else _grouped
    pieces = _at_most(call.library, make(call, text, bounds, kind))
    return answers.stream(pieces, media_type=exporting.FORMATS[kind])


def _bounds(tx: Tx, call: Call) -> Bounds:
    return Bounds(
        min_probability=_ratio(call, "min_probability"),
        min_votes=site.number(call, "min_votes", 0),
        after=_after(tx, call.text("cursor").strip()),
        limit=site.number(call, "limit", 0, least=1) or None,
    )


def _ratio(call: Call, name: str) -> float:
    text = call.text(name).strip() or "0"
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise Invalid({name: ["must be a number from 0 to 1"]})
    return value


def _after(tx: Tx, cursor: str) -> tuple[int, int]:
    """Return the image and tag after which to go on; tag 0 is the whole image."""
    if not cursor:
        return 0, 0
    key, _, label = cursor.partition(":")
    try:
        image_id = images.id_of_key(tx, key)
    except NotFound:
        raise Invalid({"cursor": ["must be uuid or uuid:label of a row"]}) from None
    word = labelling.find_word(tx, label) if label else None
    if label and (word is None or word.tag_id is None):
        raise Invalid({"cursor": [f"has an unknown label {label}"]})
    return image_id, (word.tag_id or 0) if word is not None else 0


# Rows.


def _flat(call: Call, text: str, bounds: Bounds, kind: str) -> Generator[bytes]:
    """Yield the labels named in `text`, encoded; unknown names have none."""
    asked = [name for part in text.split(",") if (name := part.strip())]
    with call.reading() as tx:
        found = [labelling.find_word(tx, name) for name in asked]
    names = {w.tag_id: w.display for w in found if w is not None and w.tag_id is not None}
    chunks = rows.tag_rows(call.library, list(names), bounds) if names else ()
    return exporting.flat(chunks, names, site.relative_url(call, ""), kind)


def _grouped(call: Call, text: str, bounds: Bounds, kind: str) -> Generator[bytes]:
    """Yield the images that a query finds, encoded. Raises QueryError with the first piece."""
    needs_both = site.flag(call, "annotations_only")
    with call.reading() as tx:
        node = find.parse_expression(tx, text)
    # The reader outlives the handler, and exports hold what everybody sees: nobody known reads.
    with call.library.reading(ANONYMOUS) as tx:
        names = tx.version.words.name
        chunks = rows.image_rows(tx, node, bounds, needs_both=needs_both)
        yield from exporting.grouped(chunks, names, kind)


def _at_most(library: Library, pieces: Generator[bytes]) -> Generator[bytes]:
    """Go through `pieces` while few others do. Raises RateLimited when they are too many."""
    slots = library.caches.setdefault("export slots", threading.BoundedSemaphore(MOST_AT_ONCE))
    if not slots.acquire(blocking=False):
        raise RateLimited(_RETRY_AFTER_S)
    try:
        yield from pieces
    finally:
        slots.release()


# Counts.


def _count_validations(call: Call) -> Answer:
    """GET /v1/statistics/validations/count."""
    bounds = Bounds(min_probability=_ratio(call, "min_probability"))
    with call.reading() as tx:
        return _counted(tx, call, rows.count_labels(tx, bounds))


def _count_annotations(call: Call) -> Answer:
    """GET /v1/statistics/annotations/count."""
    with call.reading() as tx:
        return _counted(tx, call, rows.count_outlines(tx, _ratio(call, "min_probability")))


def _counted(tx: Tx, call: Call, counts: Mapping[int, int]) -> Answer:
    least = max(1, site.number(call, "min_count", 1))
    vocabulary = words.vocabulary(tx)
    counted = [
        shapes.LabelCountShape(word.accessor, count)
        for tag_id, count in counts.items()
        if count >= least and (word := vocabulary.by_tag(tag_id)) is not None
    ]
    counted.sort(key=lambda one: (-one.count, one.label))
    return answers.json(counted)
