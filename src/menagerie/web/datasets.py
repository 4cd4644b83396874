"""Datasets: a query, what it would give, the format to write it in, and snapshots to cite."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from menagerie.core import exports, snapshots
from menagerie.datasets import differences, licences
from menagerie.datasets.formats import FORMATS
from menagerie.datasets.records import Selection
from menagerie.datasets.tables import Lines
from menagerie.datasets.writing import Options
from menagerie.errors import Invalid, NotFound, QueryError, Unauthenticated
from menagerie.http import media
from menagerie.http.answers import Answer
from menagerie.storage.schema import ExportState
from menagerie.web import shapes
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

CSV = "text/csv; charset=utf-8"
_SHOWN = ("query", "min_probability", "min_votes", "max_side", "name")
_MOST_OWN = 10
_MOST_CLASSES = 60
_DEFAULTS: Mapping[str, object] = {
    "query": "*",
    "language": "tags",
    "min_probability": "0.8",
    "min_votes": "1",
    "max_side": "0",
    "format": "imagefolder",
}


def page(visit: Visit) -> Answer:
    """Show the form with a preview of what it would give."""
    asked = {name: visit.call.text(name) for name in visit.call.query}
    asked.pop("_csrf", None)
    # An unticked box sends nothing, so ticks are presumed for a form nobody has sent only.
    ticks = {} if "language" in asked else {"include_unlabelled": "1"}
    return _page(visit, Form({**_DEFAULTS, **ticks, **asked}, shown=_SHOWN), 200)


def _page(visit: Visit, form: Form, status: int) -> Answer:
    wrong, preview = None, None
    try:
        selection = _selection(form)
        with visit.reading() as tx:
            preview = exports.preview(tx, selection)
    except QueryError as error:
        wrong, status = shapes.wrong(error, form.value("query")), 400
    except Invalid as error:
        form, status = Form(form.values, {**form.errors, **error.fields}, _SHOWN), 422
    with visit.reading() as tx:
        listed = snapshots.find_listed(tx)
        own = exports.find_own(tx, limit=_MOST_OWN) if visit.actor.is_signed_in else []
    return visit.page(
        "export.html",
        status,
        form=form,
        wrong=wrong,
        preview=preview,
        formats=list(FORMATS.values()),
        snapshots=listed,
        own=own,
        titles={name: one.title for name, one in FORMATS.items()},
        most_classes=_MOST_CLASSES,
    )


def _number(form: Form, name: str, kind: type[float] | type[int]) -> Any:
    text = form.value(name).strip()
    try:
        return kind(text or str(_DEFAULTS[name]))
    except ValueError:
        raise Invalid({name: [marked("must be a number")]}) from None


def _selection(form: Form) -> Selection:
    """Read a selection from a form. Raises Invalid."""
    selection = Selection(
        query=form.value("query").strip() or "*",
        language=form.value("language") or "tags",
        min_probability=_number(form, "min_probability", float),
        min_votes=_number(form, "min_votes", int),
        include_undecided=form.value("include_undecided") == "1",
        include_unlabelled=form.value("include_unlabelled") == "1",
        trust_donor=form.value("trust_donor") == "1",
        dedupe=form.value("dedupe") == "1",
        licences=(licences.ANY,) if form.value("any_licence") == "1" else (),
    )
    snapshots.check(selection)
    return selection


def request(visit: Visit) -> Answer:
    """Begin an export, or keep a snapshot."""
    if not visit.actor.is_signed_in:
        raise Unauthenticated
    form = visit.sent(shown=_SHOWN)
    try:
        selection = _selection(form)
        if visit.form("action") == "snapshot":
            with visit.writing() as tx:
                made = snapshots.create(tx, visit.form("name").strip(), selection)
            return visit.go(f"/snapshots/{made.key}", "saved")
        with visit.writing() as tx:
            export = exports.request(tx, selection, visit.form("format"), _options(form))
    except QueryError:
        return _page(visit, form, 400)
    except Invalid as error:
        return _page(visit, visit.sent(shown=_SHOWN, error=error), 422)
    return visit.go(f"/exports/{export.key}")


def _options(form: Form) -> Options:
    return Options(max_side=_number(form, "max_side", int))


def progress(visit: Visit) -> Answer:
    """Show how far an export is, and its download once it is done."""
    with visit.reading() as tx:
        export = exports.get(tx, visit.call.text("key"))
        snapshot = snapshots.get(tx, export.snapshot_key)
    form = FORMATS[export.format]
    return visit.page(
        "progress.html",
        export=export,
        snapshot=snapshot,
        format=form,
        report=_report(export.report),
        is_going=export.state in {ExportState.WAITING, ExportState.RUNNING},
    )


def _report(text: str | None) -> dict[str, Any]:
    return msgspec.json.decode(text.encode(), type=dict[str, Any]) if text else {}


def download(visit: Visit) -> Answer:
    """Answer the archive of an export, unless it has to be written anew."""
    export = exports.fetch(visit.library, visit.call.text("key"))
    if export.file is None:
        raise NotFound
    file = media.File(
        name=export.file,
        is_public=False,
        download_as=export.download_name,
        digest=export.sha256 or "",
    )
    return media.serve(visit.call, file)


def snapshot_page(visit: Visit) -> Answer:
    """Show a snapshot: what it holds, and how to name it exactly."""
    with visit.reading() as tx:
        snapshot = snapshots.get(tx, visit.call.text("key"))
    return visit.page(
        "snapshot.html",
        snapshot=snapshot,
        formats=list(FORMATS.values()),
        is_going=snapshot.state in {ExportState.WAITING, ExportState.RUNNING},
    )


def withdrawn(visit: Visit) -> Answer:
    """Answer the images of a snapshot that were taken back since, as CSV."""
    with visit.reading() as tx:
        found = snapshots.withdrawn(tx, visit.call.text("key"))
    lines = Lines()
    header = lines.line(snapshots.Tombstone.__struct_fields__)
    return _csv([header, *(lines.line(msgspec.structs.astuple(stone)) for stone in found)])


def changes(visit: Visit) -> Answer:
    """Answer what changed since the version before, as CSV."""
    with visit.reading() as tx:
        snapshot = snapshots.get(tx, visit.call.text("key"))
    if snapshot.previous_key is None:
        raise NotFound
    found = snapshots.diff(visit.library, snapshot.previous_key, snapshot.key)
    return _csv(differences.table(found))


def _csv(lines: Iterable[str]) -> Answer:
    return Answer(200, "".join(lines).encode(), media_type=CSV)


def export_snapshot(visit: Visit) -> Answer:
    """Begin an export of a snapshot."""
    if not visit.actor.is_signed_in:
        raise Unauthenticated
    key = visit.call.text("key")
    with visit.writing() as tx:
        export = exports.request(tx, snapshots.get(tx, key), visit.form("format"), Options())
    return visit.go(url(f"/exports/{export.key}"))
