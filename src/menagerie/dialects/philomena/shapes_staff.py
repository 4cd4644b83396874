"""What staff work with, as JSON, beyond the API: the log, what waits, duplicates."""

from msgspec import Struct

from menagerie.core.staff.batch import Done
from menagerie.core.staff.duplicates import Suggestion
from menagerie.core.staff.queue import Item
from menagerie.core.staff_log import LogEntry
from menagerie.dialects.philomena.shapes import time


class ItemShape(Struct):
    """Something that waits for a decision, and who took it on."""

    kind: str
    id: int
    subject_kind: str
    subject_id: int
    image_id: int | None
    created_at: str
    user_id: int | None
    user: str | None
    text: str
    count: int
    claimed_by_id: int | None
    claimed_by: str | None
    place: str


class QueueEnvelope(Struct):
    """A page of what waits, the oldest first, and how much of each kind does."""

    items: list[ItemShape]
    total: int
    counts: dict[str, int]


class CountsEnvelope(Struct):
    """How much of each kind waits."""

    counts: dict[str, int]


class LogEntryShape(Struct):
    """One act of staff; `undoable` as far as can be told before trying."""

    id: int
    user_id: int | None
    user: str | None
    action: str
    subject_kind: str
    subject_id: int
    reason: str
    created_at: str
    undone_at: str | None
    undone_by: str | None
    undoable: bool


class LogEnvelope(Struct):
    """A page of acts of staff, the newest first."""

    log: list[LogEntryShape]


class EntryEnvelope(Struct):
    """One act of staff."""

    entry: LogEntryShape


class DuplicateShape(Struct):
    """The suggestion that an image is the same as another, which is to be kept."""

    id: int
    image_id: int
    duplicate_of: int
    user_id: int | None
    user: str | None
    reason: str
    likeness: float | None
    state: str
    created_at: str


class MadeShape(Struct):
    """The id of what was made."""

    id: int


class DuplicatesEnvelope(Struct):
    """A page of suggestions that nobody decided, the oldest first."""

    duplicates: list[DuplicateShape]
    total: int


class BatchShape(Struct):
    """How many images and tags on them were changed, and how many were left alone, by why."""

    images: int
    added: int
    removed: int
    skipped: dict[str, int]
    log_id: int | None


def item(of: Item) -> ItemShape:
    """Return something that waits."""
    return ItemShape(
        kind=of.kind,
        id=of.id,
        subject_kind=of.subject_kind,
        subject_id=of.subject_id,
        image_id=of.image_id,
        created_at=time(of.at),
        user_id=of.by_id,
        user=of.by_name,
        text=of.text,
        count=of.count,
        claimed_by_id=of.claimed_by_id,
        claimed_by=of.claimed_by_name,
        place=of.place,
    )


def entry(of: LogEntry, *, is_undoable: bool) -> LogEntryShape:
    """Return an act of staff."""
    return LogEntryShape(
        id=of.id,
        user_id=of.account_id,
        user=of.account_name,
        action=of.action,
        subject_kind=of.subject_kind,
        subject_id=of.subject_id,
        reason=of.reason,
        created_at=time(of.created_at),
        undone_at=time(of.undone_at) if of.undone_at is not None else None,
        undone_by=of.undone_by_name,
        undoable=is_undoable,
    )


def duplicate(of: Suggestion) -> DuplicateShape:
    """Return a suggestion."""
    return DuplicateShape(
        id=of.id,
        image_id=of.image.id,
        duplicate_of=of.of.id,
        user_id=of.account_id,
        user=of.account_name,
        reason=of.reason,
        likeness=of.likeness,
        state=of.state,
        created_at=time(of.created_at),
    )


def batch(of: Done) -> BatchShape:
    """Return what a batch did."""
    skipped = {str(why): number for why, number in of.skipped.items()}
    return BatchShape(of.images, of.added, of.removed, skipped, of.entry_id)
