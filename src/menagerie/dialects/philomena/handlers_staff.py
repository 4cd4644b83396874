"""Keeping order, beyond the API: reports, what waits, the log, tags of many images, duplicates."""

from menagerie.core import reports, staff_log
from menagerie.core.staff import batch, duplicates, undo
from menagerie.core.staff_log import LogEntry
from menagerie.dialects.philomena import shapes_staff as shapes
from menagerie.dialects.philomena import site, tables
from menagerie.dialects.philomena.tables import Table
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text, identifier
from menagerie.http.routing import Handler, Operation
from menagerie.library import Library
from menagerie.storage.schema import SubjectKind

_REPORTED = {
    "images": SubjectKind.IMAGE,
    "comments": SubjectKind.COMMENT,
    "posts": SubjectKind.POST,
    "profiles": SubjectKind.ACCOUNT,
    "galleries": SubjectKind.GALLERY,
}


def operations(library: Library) -> list[Operation]:
    """Return the operations of those who keep order, and of those who call for them."""
    table = Table(library)
    for path, kind in _REPORTED.items():
        table.write(
            "POST",
            f"/{path}/{{id:str}}/reports",
            _report(kind),
            f"Report this {kind} to the moderators.",
            shapes.MadeShape,
            tables.field("report[reason]", "What is wrong with it."),
            tables.field("report[rule]", "Which rule it breaks."),
        )
    table.write(
        "POST",
        "/images/{id:str}/duplicates",
        suggest,
        "Say that an image is the same as another.",
        shapes.MadeShape,
        tables.field("duplicate[of_id]", "Id of the other, which is to be kept."),
        tables.field("duplicate[reason]", "Why."),
    )
    _add_staff(table)
    return table.operations


def _add_staff(table: Table) -> None:
    paged = site.PAGE, site.PER_PAGE
    table.read(
        "/duplicates",
        list_duplicates,
        "Suggested duplicates that nobody decided, the oldest first.",
        shapes.DuplicatesEnvelope,
        *paged,
        needs_key=True,
    )
    table.read(
        "/moderation/log",
        list_log,
        "What staff did, the newest first.",
        shapes.LogEnvelope,
        *paged,
        needs_key=True,
    )
    table.write(
        "POST", "/moderation/log/{id:str}/undo", take_back, "Undo an act.", shapes.EntryEnvelope
    )
    table.write(
        "PUT",
        "/moderation/tags",
        tag_many,
        "Add tags to many images and take others away.",
        shapes.BatchShape,
        tables.field("image_ids[]", "Id of an image."),
        tables.field("add", "Tags to add, with commas."),
        tables.field("remove", "Tags to take away, with commas."),
    )


# For everybody.


def _report(kind: SubjectKind) -> Handler:
    def handler(call: Call) -> Answer:
        subject_id, sent = call.path_id(), call.mapping("report")
        call.limit_crowd()
        with call.writing() as tx:
            reason, rule = as_text(sent.get("reason")), as_text(sent.get("rule"))
            report_id = reports.report_subject(tx, kind, subject_id, reason, rule=rule)
        return answers.json(shapes.MadeShape(report_id))

    return handler


def suggest(call: Call) -> Answer:
    """POST /images/:id/duplicates."""
    image_id, sent = site.signed_in(call).path_id(), call.mapping("duplicate")
    with call.writing() as tx:
        of_id = identifier(as_text(sent.get("of_id")))
        made = duplicates.suggest(tx, image_id, of_id, as_text(sent.get("reason")))
        return answers.json(shapes.MadeShape(made))


# For staff.


def list_duplicates(call: Call) -> Answer:
    """GET /duplicates."""
    limit, offset = site.window_of(site.signed_in(call))
    with call.reading() as tx:
        found, total = duplicates.find_open(tx, limit=limit, offset=offset)
    shown = [shapes.duplicate(one) for one in found]
    return answers.json({"duplicates": shown, "total": total})


def list_log(call: Call) -> Answer:
    """GET /moderation/log."""
    limit, offset = site.window_of(site.signed_in(call))
    with call.reading() as tx:
        found = staff_log.find(tx, limit=limit, offset=offset)
    return answers.json({"log": [_entry(one) for one in found]})


def _entry(of: LogEntry) -> shapes.LogEntryShape:
    return shapes.entry(of, is_undoable=undo.is_undoable(of))


def take_back(call: Call) -> Answer:
    """POST /moderation/log/:id/undo."""
    entry_id = site.signed_in(call).path_id()
    with call.writing() as tx:
        return answers.json({"entry": _entry(undo.undo(tx, entry_id))})


def tag_many(call: Call) -> Answer:
    """PUT /moderation/tags."""
    ids = site.ids_of(site.signed_in(call), "image_ids")
    done = batch.tag_images(
        call.library, call.actor, ids, add=call.texts("add"), remove=call.texts("remove")
    )
    return answers.json(shapes.batch(done))
