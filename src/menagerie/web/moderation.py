"""The queue of moderation: what waits, one thing at a time, with what one needs to decide it."""

from collections.abc import Mapping, Sequence

import msgspec

from menagerie.core import dnp, reports, staff_log
from menagerie.core.apps import requests
from menagerie.core.people import links
from menagerie.core.reports import Action, SubjectReport
from menagerie.core.staff import deciding, duplicates, queue
from menagerie.core.staff.queue import Item
from menagerie.errors import Invalid, NotFound
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
from menagerie.storage.schema import QueueKind, SubjectKind
from menagerie.web import acts, subjects, talk
from menagerie.web.acts import Act
from menagerie.web.duplicates import Pair, pair_of
from menagerie.web.render import url
from menagerie.web.subjects import Subject
from menagerie.web.talk import Said
from menagerie.web.texts import DNP_TYPES, marked
from menagerie.web.visit import Visit

KINDS = {
    QueueKind.REPORT: marked("Reports"),
    QueueKind.UPLOAD: marked("Uploads"),
    QueueKind.DONATION: marked("Donations"),
    QueueKind.PUBLIC_REQUEST: marked("Public requests"),
    QueueKind.DUPLICATE: marked("Duplicates"),
    QueueKind.COMMENT: marked("Comments"),
    QueueKind.POST: marked("Posts"),
    QueueKind.LINK: marked("Links"),
    QueueKind.DNP: marked("Artists' wishes"),
}
ONE = {
    QueueKind.REPORT: marked("Reported"),
    QueueKind.UPLOAD: marked("New upload"),
    QueueKind.DONATION: marked("Donation"),
    QueueKind.PUBLIC_REQUEST: marked("Public request"),
    QueueKind.DUPLICATE: marked("Duplicate"),
    QueueKind.COMMENT: marked("Comment"),
    QueueKind.POST: marked("Forum post"),
    QueueKind.LINK: marked("Link"),
    QueueKind.DNP: marked("Artist's wish"),
}


class Button(msgspec.Struct, frozen=True):
    """One decision: what the form sends, the key that presses it, what it says, and its look."""

    decision: str
    key: str
    label: str
    look: str = ""


_OF_TEXT = (
    Button("approve", "a", marked("Approve"), "main"),
    Button("hide", "h", marked("Hide"), "danger"),
)
_OF_IMAGE = (
    Button("approve", "a", marked("Approve"), "main"),
    Button("reject", "r", marked("Reject"), "danger"),
    Button("quarantine", "q", marked("Quarantine"), "danger"),
)
_OF_REPORT = (
    Button("approve", "a", marked("Nothing is wrong"), "main"),
    Button("stays", "s", marked("Right, and dealt with")),
)
_OF_REPORTED = {
    SubjectKind.IMAGE: (
        Button("reject", "r", marked("Remove the picture"), "danger"),
        Button("quarantine", "q", marked("Quarantine it"), "danger"),
    ),
    SubjectKind.COMMENT: (Button("hide", "h", marked("Hide it"), "danger"),),
    SubjectKind.POST: (Button("hide", "h", marked("Hide it"), "danger"),),
}
_BUTTONS = {
    QueueKind.UPLOAD: _OF_IMAGE,
    QueueKind.DONATION: _OF_IMAGE,
    QueueKind.PUBLIC_REQUEST: (
        Button("approve", "a", marked("Make it public"), "main"),
        Button("reject", "r", marked("Leave it private"), "danger"),
    ),
    QueueKind.DUPLICATE: (
        Button("approve", "a", marked("The same: merge"), "main"),
        Button("reject", "r", marked("Two pictures"), "danger"),
    ),
    QueueKind.COMMENT: _OF_TEXT,
    QueueKind.POST: _OF_TEXT,
    QueueKind.LINK: (
        Button("approve", "a", marked("It is theirs"), "main"),
        Button("reject", "r", marked("Reject"), "danger"),
    ),
    QueueKind.DNP: (
        Button("approve", "a", marked("List it"), "main"),
        Button("reject", "r", marked("Close it"), "danger"),
    ),
}


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits, with all around it.

    `src` is where staff see a picture; `person` is the name of whoever made the thing, `earlier`
    the newest acts about them and theirs.
    """

    item: Item
    label: str
    subject: Subject | None
    src: str
    said: Said | None
    reports: Sequence[SubjectReport]
    pair: Pair | None
    link: links.Link | None
    wish: dnp.Entry | None
    person: Subject | None
    earlier: Sequence[Act]
    buttons: Sequence[Button]


def page(visit: Visit) -> Answer:
    """Show what has waited longest, of one kind if asked, after a place if asked."""
    kind, after = visit.call.text("kind"), visit.call.text("after")
    kinds = [QueueKind(kind)] if kind in set(QueueKind) else None
    with visit.reading() as tx:
        counts = queue.counts(tx)
        found, total = queue.find(tx, kinds=kinds, limit=1, after=after or None)
        if not found and after:
            after = ""
            found, total = queue.find(tx, kinds=kinds, limit=1)
        waiting = _waiting(tx, found[0], swapped=bool(visit.call.text("swap"))) if found else None
        done = _done(visit, tx)
    tab = kind if kinds else ""
    return visit.page(
        "moderation.html",
        tabs=_tabs(counts, tab),
        waiting=waiting,
        wish_types=DNP_TYPES,
        total=total,
        tab=tab,
        after=after,
        place=url("/moderation", kind=tab, after=after),
        next=url("/moderation", kind=tab, after=found[0].place if found else None),
        swap=url("/moderation", kind=tab, after=after, swap=None if visit.call.text("swap") else 1),
        done=done,
    )


def _tabs(counts: Mapping[QueueKind, int], tab: str) -> list[tuple[str, str, bool, int]]:
    """Return addresses, texts, which one is shown, and how much waits; kinds without any not."""
    every = ("/moderation", marked("All"), not tab, sum(counts.values()))
    return [every] + [
        (url("/moderation", kind=kind), label, kind == tab, counts[kind])
        for kind, label in KINDS.items()
        if counts[kind] or kind == tab
    ]


def _done(visit: Visit, tx: Tx) -> Act | None:
    """Return what was decided last, if the address says so and the visitor did it."""
    entry_id = leading_integer(visit.call.text("done"))
    if entry_id is None:
        return None
    try:
        entry = staff_log.get(tx, entry_id)
    except NotFound:
        return None
    return acts.shown(tx, [entry])[0] if entry.account_id == visit.actor.account_id else None


def _waiting(tx: Tx, item: Item, *, swapped: bool) -> Waiting:
    src, subject = _subject(tx, item)
    person = _person(tx, subject)
    of_report = (*_OF_REPORT[:1], *_OF_REPORTED.get(item.subject_kind, ()), *_OF_REPORT[1:])
    said = subject.said if subject is not None else None
    return Waiting(
        item=item,
        label=ONE[item.kind],
        subject=subject,
        src=src,
        said=talk.said(tx, [said])[0] if said is not None else None,
        reports=reports.find_of(tx, item.subject_kind, item.subject_id)
        if item.kind == QueueKind.REPORT
        else [],
        pair=pair_of(duplicates.get(tx, item.id), swapped=swapped)
        if item.kind == QueueKind.DUPLICATE
        else None,
        link=links.get(tx, item.id) if item.kind == QueueKind.LINK else None,
        wish=dnp.get(tx, item.id) if item.kind == QueueKind.DNP else None,
        person=person,
        earlier=acts.shown(tx, staff_log.find_about(tx, person.id)) if person else [],
        buttons=_BUTTONS.get(item.kind, of_report),
    )


def _subject(tx: Tx, item: Item) -> tuple[str, Subject | None]:
    """Return where staff see the picture, if it is one, and what the item is about, if it is."""
    try:
        if item.kind == QueueKind.PUBLIC_REQUEST:
            key = requests.waiting_for(tx, item.subject_id).key
            subject = subjects.of_image(requests.picture(tx, key))
            return f"/moderation/requests/{key}/picture", subject
        subject = subjects.get(tx, item.subject_kind, item.subject_id)
    except NotFound:
        return "", None
    return (subject.picture.medium if subject.picture is not None else ""), subject


def _person(tx: Tx, subject: Subject | None) -> Subject | None:
    if subject is None or subject.account_id is None:
        return None
    try:
        return subjects.get(tx, SubjectKind.ACCOUNT, subject.account_id)
    except NotFound:
        return None


# Deciding.


def decide(visit: Visit) -> Answer:
    """Take something on, let it go, or decide it, and go on to what waits next."""
    decision = visit.form("decision")
    with visit.writing() as tx:
        try:
            item = queue.get(tx, visit.call.text("kind"), visit.call.path_id())
        except NotFound:
            return _onward(visit, "decided")
        if decision == "claim":
            queue.claim(tx, item.kind, item.id)
            return _onward(visit, "claimed")
        if decision == "release":
            queue.release(tx, item.kind, item.id)
            return _onward(visit, "let-go")
        mark = staff_log.newest(tx)
        deciding.decide(tx, item, _verdict(item, decision, visit))
        # What belongs to an act stands before it in the log.
        written = staff_log.since(tx, mark)
    return _onward(visit, "" if written else "saved", done=written[-1] if written else None)


def _onward(visit: Visit, notice: str, done: int | None = None) -> Answer:
    """Go where the item was: if it was decided, the next one stands there now."""
    tab, after = visit.form("tab"), visit.form("after")
    return visit.go(url("/moderation", kind=tab, after=after, done=done), notice)


# What a report says is right unless the thing stays as it is, which is what approving means there.
_OF_REPORTS = {
    "approve": Action.NONE,
    "stays": Action.NONE,
    "reject": Action.REMOVE,
    "hide": Action.REMOVE,
    "quarantine": Action.QUARANTINE,
}


def _verdict(item: Item, decision: str, visit: Visit) -> deciding.Decision:
    """Return what a button means; raises Invalid for none of those there are."""
    is_report = item.kind == QueueKind.REPORT
    allowed = _OF_REPORTS if is_report else {button.decision for button in _BUTTONS[item.kind]}
    if decision not in allowed:
        raise Invalid({"decision": [marked("is not one of the decisions")]})
    action = _OF_REPORTS[decision] if is_report else None
    return deciding.Decision(
        is_accepted=decision != "approve" if is_report else decision == "approve",
        reason=visit.form("reason"),
        action=Action.QUARANTINE if decision == "quarantine" else action,
        keep_id=leading_integer(visit.form("keep")),
    )
