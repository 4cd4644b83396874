"""Deciding what waits in the queue: what each kind of thing becomes when it is let through or not.

Reports are accepted when they are right; everything else when it may stay, be seen or be done.
"""

from collections.abc import Callable, Mapping

import msgspec

from menagerie.core import dnp, reports, reviewing
from menagerie.core.apps import requests
from menagerie.core.people import links
from menagerie.core.reports import Action
from menagerie.core.staff import duplicates
from menagerie.core.staff.queue import Item
from menagerie.core.talk import comments, posts
from menagerie.errors import Invalid
from menagerie.library import Tx
from menagerie.storage.schema import DnpState, LinkState, QueueKind, SubjectKind


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What staff say about something that waits, and why.

    `action` is what becomes of the subject of a report; without one, whatever can be removed is
    removed when the report is right. An upload that is not accepted goes into quarantine if that
    says so. `keep_id` is the image that stays of two that are the same.
    """

    is_accepted: bool
    reason: str = ""
    action: Action | str | None = None
    keep_id: int | None = None


def decide(tx: Tx, item: Item, decision: Decision) -> None:
    """Decide one thing that waits; for moderators.

    Raises Unauthenticated, Forbidden, NotFound for what is gone, and Invalid as the function for
    its kind says (`action`, `reason`, `keep_id`, `report`, ...).
    """
    _DECIDERS[item.kind](tx, item, decision)


def _report(tx: Tx, item: Item, decision: Decision) -> None:
    can_be_removed = item.subject_kind in {
        SubjectKind.IMAGE,
        SubjectKind.COMMENT,
        SubjectKind.POST,
    }
    usual = Action.REMOVE if decision.is_accepted and can_be_removed else Action.NONE
    action = usual if decision.action is None else decision.action
    reports.resolve_subject(
        tx, item.id, accept=decision.is_accepted, action=action, reason=decision.reason
    )


def _image(tx: Tx, item: Item, decision: Decision) -> None:
    if decision.is_accepted:
        reviewing.approve(tx, item.id)
    elif decision.action == Action.QUARANTINE:
        reviewing.quarantine(tx, item.id, decision.reason)
    elif decision.action in {None, Action.REMOVE}:
        reviewing.reject(tx, item.id, decision.reason)
    else:
        raise Invalid({"action": [f"must be one of {Action.REMOVE}, {Action.QUARANTINE}"]})


def _request(tx: Tx, item: Item, decision: Decision) -> None:
    key = requests.waiting_for(tx, item.subject_id).key
    requests.decide(tx, key, approve=decision.is_accepted, message=decision.reason)


def _duplicate(tx: Tx, item: Item, decision: Decision) -> None:
    duplicates.decide(
        tx,
        item.id,
        accept=decision.is_accepted,
        keep_id=decision.keep_id,
        reason=decision.reason,
    )


def _text(tx: Tx, item: Item, decision: Decision) -> None:
    of = comments if item.kind == QueueKind.COMMENT else posts
    if decision.is_accepted:
        of.approve(tx, item.id)
    else:
        of.hide(tx, item.id, decision.reason)


def _link(tx: Tx, item: Item, decision: Decision) -> None:
    state = LinkState.VERIFIED if decision.is_accepted else LinkState.REJECTED
    links.decide(tx, item.id, state)


def _dnp(tx: Tx, item: Item, decision: Decision) -> None:
    dnp.decide(tx, item.id, DnpState.LISTED if decision.is_accepted else DnpState.CLOSED)


_DECIDERS: Mapping[QueueKind, Callable[[Tx, Item, Decision], None]] = {
    QueueKind.REPORT: _report,
    QueueKind.UPLOAD: _image,
    QueueKind.DONATION: _image,
    QueueKind.PUBLIC_REQUEST: _request,
    QueueKind.DUPLICATE: _duplicate,
    QueueKind.COMMENT: _text,
    QueueKind.POST: _text,
    QueueKind.LINK: _link,
    QueueKind.DNP: _dnp,
}
