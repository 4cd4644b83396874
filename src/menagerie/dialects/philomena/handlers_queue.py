"""What waits for a decision of staff, beyond the API: looking, taking on, deciding."""

from collections.abc import Mapping

from menagerie.core.staff import deciding, queue
from menagerie.core.staff.deciding import Decision
from menagerie.dialects.philomena import shapes_staff as shapes
from menagerie.dialects.philomena import site, tables
from menagerie.dialects.philomena.tables import Table
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import whole_number
from menagerie.http.routing import Operation, Parameter
from menagerie.library import Library
from menagerie.storage.schema import QueueKind

_ACTIONS = ("claim", "release", "accept", "reject")


def operations(library: Library) -> list[Operation]:
    """Return the operations on what waits."""
    table = Table(library)
    table.read(
        "/moderation/queue",
        find,
        "What waits for a decision, the oldest first.",
        shapes.QueueEnvelope,
        Parameter("kinds", "Only these kinds, with commas.", example="report"),
        Parameter("after", "The place of the last one seen, to go on after it."),
        site.PER_PAGE,
        site.WRONG_FIELDS,
        needs_key=True,
    )
    table.write(
        "POST",
        "/moderation/queue/{kind:str}/{id:str}",
        decide,
        "Take something on, let it go, or decide it.",
        shapes.CountsEnvelope,
        tables.field("action", "claim, release, accept or reject."),
        tables.field("reason", "Why."),
        tables.field("outcome", "Of reports: remove, quarantine or none; uploads: the first two."),
        tables.field("keep_id", "Of duplicates: id of the image that stays."),
    )
    return table.operations


def find(call: Call) -> Answer:
    """GET /moderation/queue."""
    sent = site.signed_in(call).text("kinds")
    named = {word.strip() for word in sent.split(",")} if sent else set(QueueKind)
    kinds = [kind for kind in QueueKind if kind in named]
    with call.reading() as tx:
        after = call.text("after") or None
        found, total = queue.find(tx, kinds=kinds, limit=site.per_page_of(call), after=after)
        counts = queue.counts(tx)
    shown = [shapes.item(one) for one in found]
    return answers.json(shapes.QueueEnvelope(shown, total, _named(counts)))


def _named(counts: Mapping[QueueKind, int]) -> dict[str, int]:
    return {kind.value: counts.get(kind, 0) for kind in QueueKind}


def decide(call: Call) -> Answer:
    """POST /moderation/queue/:kind/:id."""
    kind, action = site.signed_in(call).text("kind"), call.text("action")
    with call.writing() as tx:
        item = queue.get(tx, kind, call.path_id())
        if action == "claim":
            queue.claim(tx, item.kind, item.id)
        elif action == "release":
            queue.release(tx, item.kind, item.id)
        elif action in _ACTIONS:
            deciding.decide(tx, item, _decision(call, is_accepted=action == "accept"))
        else:
            raise Invalid({"action": [f"must be one of {', '.join(_ACTIONS)}"]})
        return answers.json(shapes.CountsEnvelope(_named(queue.counts(tx))))


def _decision(call: Call, *, is_accepted: bool) -> Decision:
    return Decision(
        is_accepted=is_accepted,
        reason=call.text("reason"),
        action=call.text("outcome") or None,
        keep_id=whole_number(call.text("keep_id")),
    )
