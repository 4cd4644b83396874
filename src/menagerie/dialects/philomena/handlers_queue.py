"""What waits for a decision of staff, beyond the API: looking, taking on, deciding."""

from collections.abc import Callable, Mapping

from menagerie.core import dnp, moderation, reports
from menagerie.core.apps import requests
from menagerie.core.people import links
from menagerie.core.reports import Action
from menagerie.core.staff import duplicates, queue
from menagerie.core.staff.queue import Item
from menagerie.core.talk import comments, posts
from menagerie.dialects.philomena import shapes_staff as shapes
from menagerie.dialects.philomena import site, tables
from menagerie.dialects.philomena.tables import Table
from menagerie.errors import Invalid, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import whole_number
from menagerie.http.routing import Operation, Parameter
from menagerie.library import Library, Tx
from menagerie.storage.schema import DnpState, LinkState, QueueKind, SubjectKind

_ACTIONS = ("claim", "release", "accept", "reject")
# More wishes than these wait nowhere.
_MOST_REQUESTS = 10_000


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
        tables.field("outcome", "Of reports: remove, quarantine or none."),
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
            _DECIDERS[item.kind](tx, item, call, action == "accept")
        else:
            raise Invalid({"action": [f"must be one of {', '.join(_ACTIONS)}"]})
        return answers.json(shapes.CountsEnvelope(_named(queue.counts(tx))))


Decider = Callable[[Tx, Item, Call, bool], object]


def _report(tx: Tx, item: Item, call: Call, accept: bool) -> None:  # noqa: FBT001
    can_be_removed = {SubjectKind.IMAGE, SubjectKind.COMMENT, SubjectKind.POST}
    usual = Action.REMOVE if accept and item.subject_kind in can_be_removed else Action.NONE
    outcome, reason = call.text("outcome") or usual, call.text("reason")
    reports.resolve_subject(tx, item.id, accept=accept, action=outcome, reason=reason)


def _image(tx: Tx, item: Item, call: Call, accept: bool) -> None:  # noqa: FBT001
    if accept:
        moderation.approve(tx, item.id)
    else:
        moderation.reject(tx, item.id, call.text("reason"))


def _wish(tx: Tx, item: Item, call: Call, accept: bool) -> None:  # noqa: FBT001
    waiting, _ = requests.find(tx, limit=_MOST_REQUESTS)
    # Of one image one waits at most.
    wish = next((one for one in waiting if one.image_id == item.image_id), None)
    if wish is None:
        raise NotFound
    requests.decide(tx, wish.key, approve=accept, message=call.text("reason"))


def _duplicate(tx: Tx, item: Item, call: Call, accept: bool) -> None:  # noqa: FBT001
    keep_id, reason = whole_number(call.text("keep_id")), call.text("reason")
    duplicates.decide(tx, item.id, accept=accept, keep_id=keep_id, reason=reason)


def _comment(tx: Tx, item: Item, call: Call, accept: bool) -> None:  # noqa: FBT001
    if accept:
        comments.approve(tx, item.id)
    else:
        comments.hide(tx, item.id, call.text("reason"))


def _post(tx: Tx, item: Item, call: Call, accept: bool) -> None:  # noqa: FBT001
    if accept:
        posts.approve(tx, item.id)
    else:
        posts.hide(tx, item.id, call.text("reason"))


def _link(tx: Tx, item: Item, _call: Call, accept: bool) -> None:  # noqa: FBT001
    links.decide(tx, item.id, LinkState.VERIFIED if accept else LinkState.REJECTED)


def _dnp(tx: Tx, item: Item, _call: Call, accept: bool) -> None:  # noqa: FBT001
    dnp.decide(tx, item.id, DnpState.LISTED if accept else DnpState.CLOSED)


_DECIDERS: Mapping[QueueKind, Decider] = {
    QueueKind.REPORT: _report,
    QueueKind.UPLOAD: _image,
    QueueKind.DONATION: _image,
    QueueKind.PUBLIC_REQUEST: _wish,
    QueueKind.DUPLICATE: _duplicate,
    QueueKind.COMMENT: _comment,
    QueueKind.POST: _post,
    QueueKind.LINK: _link,
    QueueKind.DNP: _dnp,
}
