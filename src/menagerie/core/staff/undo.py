"""Undo: acts of staff are taken back, as far as the log knows what they changed.

Taking back is an act itself, with an entry of its own; undoing that does the first act again.
What others have changed since stays as they left it.
"""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from menagerie.core import rights, staff_log
from menagerie.core.staff import reversing, settling
from menagerie.core.staff_log import Journal, LogEntry
from menagerie.core.talk import comments, posts, topics
from menagerie.errors import Invalid
from menagerie.library import Tx
from menagerie.storage import schema

UNDO = "undo"


class _Details(msgspec.Struct):
    """What the details of an entry say about undoing it."""

    with_ids: list[int] = msgspec.field(name="with", default_factory=list)


def is_undoable(entry: LogEntry) -> bool:
    """Tell whether an entry can be undone, as far as itself says."""
    is_known = entry.changes_rows or (entry.subject_kind, entry.action) in _CALLS
    return entry.undone_at is None and (is_known or bool(_parts(entry)))


def undo(tx: Tx, entry_id: int) -> LogEntry:
    """Take an act back and return the entry of that; for moderators.

    Entries that belong to it are taken back with it. What others have changed since stays, and
    `skipped` in the details counts it. Raises Unauthenticated, Forbidden, NotFound, and Invalid
    (`entry`) for what was undone already, for what cannot be undone and for what has changed since.
    """
    rights.require_moderator(tx)
    entry = staff_log.get(tx, entry_id)
    _require_undoable(entry)
    mark = staff_log.newest(tx)
    for part_id in reversed(_parts(entry)):
        part = staff_log.get(tx, part_id)
        if is_undoable(part):
            undo(tx, part_id)
    call = _CALLS.get((entry.subject_kind, entry.action))
    if call is not None and not entry.changes_rows:
        call(tx, entry.subject_id)
    done, skipped = _reverse(tx, staff_log.read_journal(tx, entry_id))
    if skipped and not any(one.rows for one in done):
        raise Invalid({"entry": ["cannot be undone: it has been changed since"]})
    details: dict[str, object] = {"undoes": entry_id, "action": entry.action}
    new_id = staff_log.note(
        tx,
        UNDO,
        entry.subject_kind,
        entry.subject_id,
        details=details | ({"skipped": skipped} if skipped else {}),
        journal=done,
        with_ids=_own(tx, mark),
    )
    row = schema.moderation_log.c
    undone = {"undone_at": tx.now_s, "undone_by_id": tx.actor.account_id}
    tx.execute(update(schema.moderation_log).where(row.id == entry_id).values(undone))
    return staff_log.get(tx, new_id)


def _require_undoable(entry: LogEntry) -> None:
    if entry.undone_at is not None:
        who = entry.undone_by_name or "the library"
        raise Invalid({"entry": [f"was undone by {who} already"]})
    if entry.is_too_large:
        raise Invalid({"entry": ["changed too much to be undone"]})
    if not is_undoable(entry):
        raise Invalid({"entry": ["cannot be undone"]})


def _parts(entry: LogEntry) -> list[int]:
    return msgspec.json.decode(entry.details, type=_Details).with_ids if entry.details else []


def _own(tx: Tx, mark: int) -> list[int]:
    """Return the entries written since, but for those that belong to another of them."""
    ids = staff_log.since(tx, mark)
    entries = [staff_log.get(tx, one) for one in ids]
    inner = {part for entry in entries for part in _parts(entry)}
    return [one for one in ids if one not in inner]


def _reverse(tx: Tx, journals: Sequence[Journal]) -> tuple[list[Journal], int]:
    """Put rows back, the last table first; return the journal of that and what was left alone."""
    counted = settling.counted_by_tag(tx, journals)
    done, skipped = [], 0
    try:
        for journal in reversed(journals):
            turned, left = reversing.reverse(tx, journal)
            done.append(turned)
            skipped += left
    except IntegrityError:
        raise Invalid({"entry": ["cannot be undone: something new is in its place"]}) from None
    done = [one for one in done if one.rows]
    settling.settle(tx, done)
    settling.shift_tags(tx, counted, settling.counted_by_tag(tx, journals))
    return done, skipped


# Acts that are undone by their opposites.


def _again(
    kind: str, action: str, act: Callable[[Tx, int, str], object]
) -> Callable[[Tx, int], None]:
    """Return what does something to a subject once more, for the reason of the last time."""
    row = schema.moderation_log.c

    def call(tx: Tx, subject_id: int) -> None:
        same = (row.subject_kind == kind, row.subject_id == subject_id, row.action == action)
        last = select(row.reason).where(*same).order_by(row.id.desc()).limit(1)
        act(tx, subject_id, str(tx.scalar(last) or ""))

    return call


_CALLS: dict[tuple[str, str], Callable[[Tx, int], object]] = {
    ("comment", "hide"): comments.unhide,
    ("comment", "unhide"): _again("comment", "hide", comments.hide),
    ("post", "hide"): posts.unhide,
    ("post", "unhide"): _again("post", "hide", posts.hide),
    ("topic", "hide"): topics.unhide,
    ("topic", "unhide"): _again("topic", "hide", topics.hide),
    ("topic", "lock"): topics.unlock,
    ("topic", "unlock"): _again("topic", "lock", topics.lock),
    ("topic", "stick"): topics.unstick,
    ("topic", "unstick"): topics.stick,
}
