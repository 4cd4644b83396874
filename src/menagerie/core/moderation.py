"""Moderation of images: taken out of sight and put back, merged, featured, approved and locked.

Everything here is for moderators and the library itself (else Unauthenticated or Forbidden), and
leaves a row in the log, in the same transaction; `staff.undo` takes such an act back.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, delete, func, insert, literal, select, update

from menagerie import jobs
from menagerie.core import (
    image_texts,
    images,
    labels,
    recognition,
    redrawing,
    rendering,
    rights,
    staff_log,
    sweeping,
    validations,
    visibility,
    votes,
)
from menagerie.core.people import following, news
from menagerie.core.people.following import Followed
from menagerie.core.talk import comments
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.search import texts
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ChangeKind, EventKind, NewsKind, Review

MAX_REASON_CHARACTERS = 1000
DEFAULT_REASON = "Removed by a moderator"
# Their fields in the index of words.
REMOVAL_REASON = "image.deletion_reason"
SCRATCHPAD = "image.scratchpad"
FIELD_OF_COLUMN = {"removal_reason": REMOVAL_REASON, "scratchpad": SCRATCHPAD}
"""The fields of columns of images that moderators write."""

note = staff_log.note
"""Write an act of moderation into the log; apart, as modules to the left of this one do so too."""


class LogEntry(msgspec.Struct, frozen=True):
    """One act of moderation: who did what to which thing, and why.

    `subject_kind` is `image`, `account`, `ban`, `tag` and so on; `details` is a JSON object or
    empty. `changes_rows` if it says what became of rows, `is_too_large` if that were too many.
    """

    id: int
    account_id: int | None
    account_name: str | None
    action: str
    subject_kind: str
    subject_id: int
    reason: str
    details: str
    created_at: int
    undone_at: int | None
    undone_by_name: str | None
    changes_rows: bool
    is_too_large: bool


_log = schema.moderation_log.c
_undoer = schema.accounts.alias("undoer")
_ELSEWHERE: dict[str, ColumnElement[Any]] = {
    "account_name": schema.accounts.c.name,
    "undone_by_name": _undoer.c.name,
    "changes_rows": _log.journal.not_in(["", staff_log.TOO_LARGE]),
    "is_too_large": _log.journal == staff_log.TOO_LARGE,
}
_SELECT_LOG = (
    select(*(_ELSEWHERE[n] if n in _ELSEWHERE else _log[n] for n in LogEntry.__struct_fields__))
    .outerjoin(schema.accounts, schema.accounts.c.id == _log.account_id)
    .outerjoin(_undoer, _undoer.c.id == _log.undone_by_id)
)


def log(
    tx: Tx,
    *,
    subject_kind: str | None = None,
    subject_id: int | None = None,
    account_id: int | None = None,
    action: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[LogEntry]:
    """Return acts of moderation, the newest first.

    If asked, only those of one kind of thing, about one thing, by one account, of one action.
    """
    rights.require_moderator(tx)
    given = {
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "account_id": account_id,
        "action": action,
    }
    wanted = [_log[name] == value for name, value in given.items() if value is not None]
    found = _SELECT_LOG.where(*wanted).order_by(_log.id.desc()).limit(limit).offset(offset)
    return [LogEntry(*row) for row in tx.all(found)]


def log_about(tx: Tx, account_id: int, *, limit: int = 5) -> list[LogEntry]:
    """Return the newest acts about an account and about the images, comments and posts it made."""
    rights.require_moderator(tx)
    made = {"image": schema.images, "comment": schema.comments, "post": schema.posts}
    own = [select(_log.id).where(_log.subject_kind == "account", _log.subject_id == account_id)]
    own += [
        select(_log.id)
        .join(table, table.c.id == _log.subject_id)
        .where(_log.subject_kind == kind, table.c.account_id == account_id)
        for kind, table in made.items()
    ]
    # Some of each kind are enough, as the newest of all are among them.
    newest = [id_ for one in own for id_ in _ids(tx, one.order_by(_log.id.desc()).limit(limit))]
    rows = tx.all(_SELECT_LOG.where(_log.id.in_(newest)).order_by(_log.id.desc()).limit(limit))
    return [LogEntry(*row) for row in rows]


def log_entry(tx: Tx, entry_id: int) -> LogEntry:
    """Return one act of moderation; raises NotFound."""
    rights.require_moderator(tx)
    if not 0 < entry_id < 2**63:
        raise NotFound
    row = tx.one(_SELECT_LOG.where(_log.id == entry_id))
    if row is None:
        raise NotFound
    return LogEntry(*row)


# Images.


def _get_public(tx: Tx, image_id: int) -> visibility.Facts:
    """Let moderators at an image that is theirs to judge; private ones are not, as nobody's else.

    Raises Unauthenticated, Forbidden and NotFound, also for what its owner deleted.
    """
    rights.require_moderator(tx)
    facts = visibility.find_facts(tx, image_id)
    if facts is None or facts.audience != Audience.PUBLIC or facts.is_deleted_by_owner:
        raise NotFound
    return facts


def require_reason(reason: str) -> str:
    """Return what staff give as a reason, stripped; raises Invalid (`reason`) if it is too long."""
    text = reason.strip()
    problems = images.check_text(text, max_bytes=4 * MAX_REASON_CHARACTERS)
    if len(text) > MAX_REASON_CHARACTERS:
        problems = [f"should be at most {MAX_REASON_CHARACTERS} character(s)"]
    if problems:
        raise Invalid({"reason": problems})
    return text


_FACTS = (
    "removed_at",
    "removal_reason",
    "removed_by_id",
    "merged_into_id",
    "review",
    "first_seen_at",
)


def _watch_facts(tx: Tx, image_id: int) -> staff_log.Watch:
    return staff_log.watch_row(tx, schema.images, image_id, *_FACTS)


def _change(tx: Tx, before: visibility.Facts, **values: object) -> None:
    """Write facts of an image and count it in or out of its tags when that follows."""
    images.change(tx, before.id, **values)
    after = visibility.find_facts(tx, before.id) or before
    is_searchable = visibility.is_searchable(after)
    if is_searchable != visibility.is_searchable(before):
        labels.searchability_changed(tx, before.id, is_searchable=is_searchable)


def remove(tx: Tx, image_id: int, reason: str) -> None:
    """Take an image out of sight; others then see a stub with the reason. Its file stays taken.

    Raises NotFound, and Invalid (`reason`) for a text that is too long.
    """
    facts = _get_public(tx, image_id)
    text = require_reason(reason) or DEFAULT_REASON
    before = _watch_facts(tx, image_id)
    _change(
        tx,
        facts,
        removed_at=tx.now_s,
        removal_reason=text,
        removed_by_id=tx.actor.account_id,
    )
    texts.index(tx.connection, REMOVAL_REASON, image_id, text)
    note(tx, "remove", "image", image_id, reason=text, before=before)


def restore(tx: Tx, image_id: int) -> None:
    """Put a removed or merged image back; what a merge gave to the target stays there too.

    Raises NotFound, also for what its owner deleted.
    """
    facts = _get_public(tx, image_id)
    if facts.removed_at is None and facts.merged_into_id is None:
        return
    before = _watch_facts(tx, image_id)
    _change(
        tx,
        facts,
        removed_at=None,
        removal_reason=None,
        removed_by_id=None,
        merged_into_id=None,
    )
    texts.index(tx.connection, REMOVAL_REASON, image_id, "")
    recognition.look_soon(tx, image_id)
    note(tx, "restore", "image", image_id, before=before)


def scratchpad(tx: Tx, image_id: int) -> str:
    """Return the moderators' own notes on an image. Raises NotFound."""
    _get_public(tx, image_id)
    row = schema.images.c
    return str(tx.scalar(select(row.scratchpad).where(row.id == image_id)) or "")


def annotate(tx: Tx, image_id: int, text: str) -> None:
    """Replace the moderators' own notes on an image, which nobody else sees.

    Raises NotFound, and Invalid (`scratchpad`) for a text that is too long.
    """
    _get_public(tx, image_id)
    if problems := images.check_text(text, max_bytes=images.MAX_DESCRIPTION_BYTES):
        raise Invalid({"scratchpad": problems})
    before = staff_log.watch_row(tx, schema.images, image_id, "scratchpad")
    images.change(tx, image_id, scratchpad=text)
    texts.index(tx.connection, SCRATCHPAD, image_id, text)
    note(tx, "annotate", "image", image_id, before=before)


def merge(tx: Tx, image_id: int, target_id: int) -> int:
    """Replace an image by another that shows the same, and return the id of that.

    The target gets its tags with the verdicts on them, outlines, descriptions, sources, faves,
    votes, hides, subscriptions, comments and places in galleries, and the earlier of both
    `first_seen_at`; who follows the image is told. A target that was merged itself stands for its
    own; images merged into this one follow it. Raises NotFound; Invalid (`target`) for the same
    image and for one that is removed.
    """
    facts = _get_public(tx, image_id)
    target = _get_public(tx, target_id)
    if target.merged_into_id is not None:
        target = _get_public(tx, target.merged_into_id)
    if target.id == image_id:
        raise Invalid({"target": ["is the same image"]})
    if target.removed_at is not None:
        raise Invalid({"target": ["is removed; restore it first"]})
    if facts.merged_into_id is not None:
        raise Invalid({"image": [f"is already merged into image {facts.merged_into_id}"]})
    before = _watch_merge(tx, image_id, target.id)
    followers = following.followers(tx, Followed.IMAGE, image_id)
    comments.move_all(tx, image_id, target.id)
    labels.move_all(tx, image_id, target.id)
    redrawing.to_image(tx, image_id, target.id)
    votes.move_all(tx, image_id, target.id)
    image_texts.move_all(tx, image_id, target.id)
    _move_sources(tx, image_id, target.id)
    _move_gallery_places(tx, image_id, target.id)
    _change(tx, facts, merged_into_id=target.id)
    _flatten(tx, image_id, target.id)
    earlier = min(facts.first_seen_at, target.first_seen_at)
    images.change(tx, target.id, first_seen_at=earlier)
    tx.happened(EventKind.IMAGE_MERGE, image_id, target.id)
    tx.happened(EventKind.IMAGE_UPDATE, target.id)
    news.tell(tx, followers, NewsKind.MERGE, image_id, target.id)
    details: dict[str, object] = {"target_id": target.id}
    note(tx, "merge", "image", image_id, details=details, before=before)
    return target.id


def _watch_merge(tx: Tx, image_id: int, target_id: int) -> staff_log.Watch:
    """Watch what a merge moves or copies; outlines are only copied, and stay with the target."""
    image, both = schema.images.c, [image_id, target_id]
    followers = _ids(tx, select(image.id).where(image.merged_into_id == image_id))
    place, gallery = schema.gallery_images.c, schema.galleries.c
    galleries = _ids(tx, select(place.gallery_id).where(place.image_id == image_id))
    shown = _ids(tx, select(gallery.id).where(gallery.thumbnail_id == image_id))
    of_target = (
        schema.validations,
        schema.unfit_marks,
        schema.votes,
        schema.faves,
        schema.hides,
        schema.image_subscriptions,
        schema.image_sources,
    )
    asserted = ("origin", "state", "confidence", "account_id", "created_at")
    watched = staff_log.Watched
    return staff_log.watch(
        tx,
        watched(schema.labels, schema.labels.c.image_id == target_id, asserted),
        *(watched(table, table.c.image_id == target_id) for table in of_target),
        watched(schema.image_texts, schema.image_texts.c.image_id.in_(both), ("image_id",)),
        watched(schema.comments, schema.comments.c.image_id.in_(both), ("image_id", "pseudonym")),
        watched(schema.gallery_images, place.gallery_id.in_(galleries)),
        watched(schema.galleries, gallery.id.in_(shown), ("thumbnail_id",)),
        watched(
            schema.images,
            image.id.in_([*both, *followers]),
            ("merged_into_id", "first_seen_at"),
        ),
    )


def _ids(tx: Tx, statement: Select[int]) -> list[int]:
    return list(tx.execute(statement).scalars())


def _flatten(tx: Tx, image_id: int, target_id: int) -> None:
    """Let what was merged into an image follow it, so that a stub always names a living image."""
    row = schema.images.c
    for (earlier_id,) in tx.all(select(row.id).where(row.merged_into_id == image_id)):
        images.change(tx, earlier_id, merged_into_id=target_id)


def _move_sources(tx: Tx, image_id: int, target_id: int) -> None:
    theirs, ours = images.find_any(tx, image_id), images.find_any(tx, target_id)
    if theirs is not None and ours is not None:
        union = dict.fromkeys((*ours.sources, *theirs.sources))
        images.set_sources(tx, target_id, list(union)[: images.MAX_SOURCES])


def _move_gallery_places(tx: Tx, image_id: int, target_id: int) -> None:
    """Put the target in the image's place of each gallery, or close the gap if it is in already."""
    place, gallery = schema.gallery_images.c, schema.galleries.c
    there = {row.gallery_id for row in tx.all(_places(target_id))}
    for gallery_id, position in tx.all(_places(image_id)):
        mine = (place.gallery_id == gallery_id, place.image_id == image_id)
        if gallery_id in there:
            tx.execute(delete(schema.gallery_images).where(*mine))
            tx.execute(
                update(schema.gallery_images)
                .where(place.gallery_id == gallery_id, place.position > position)
                .values(position=place.position - 1)
            )
            tx.execute(
                update(schema.galleries)
                .where(gallery.id == gallery_id)
                .values(image_count=gallery.image_count - 1)
            )
        else:
            tx.execute(update(schema.gallery_images).where(*mine).values(image_id=target_id))
        tx.changed(ChangeKind.GALLERY, gallery_id)
    tx.execute(
        update(schema.galleries)
        .where(gallery.thumbnail_id == image_id)
        .values(thumbnail_id=target_id)
    )


def _places(image_id: int) -> Select[int, int]:
    place = schema.gallery_images.c
    return select(place.gallery_id, place.position).where(place.image_id == image_id)


def feature(tx: Tx, image_id: int) -> None:
    """Make an image the featured one; raises NotFound, and Invalid (`image`) if nobody sees it."""
    facts = _get_public(tx, image_id)
    if not visibility.is_searchable(facts):
        raise Invalid({"image": ["is not visible to everybody"]})
    before = _watch_features(tx, image_id)
    tx.execute(
        insert(schema.features).values(
            image_id=image_id, account_id=tx.actor.account_id, created_at=tx.now_s
        )
    )
    note(tx, "feature", "image", image_id, before=before)


def unfeature(tx: Tx, image_id: int) -> None:
    """Let an image be featured no more, nor have been; raises NotFound.

    The one featured before it, if any, is so again.
    """
    _get_public(tx, image_id)
    before = _watch_features(tx, image_id)
    row = schema.features.c
    if tx.execute(delete(schema.features).where(row.image_id == image_id)).rowcount:
        note(tx, "unfeature", "image", image_id, before=before)


def _watch_features(tx: Tx, image_id: int) -> staff_log.Watch:
    rows = schema.features.c.image_id == image_id
    return staff_log.watch(tx, staff_log.Watched(schema.features, rows))


class Lock(StrEnum):
    """What of an image may be closed to everybody but moderators."""

    COMMENTS = "comments"
    TAGS = "tags"
    DESCRIPTION = "description"


def lock(tx: Tx, image_id: int, what: Lock | str, *, reason: str = "") -> None:
    """Let nobody but moderators comment on an image, edit its tags or its description.

    Raises NotFound and Invalid (`lock`, `reason`).
    """
    _set_lock(tx, image_id, what, is_locked=True, reason=reason)


def unlock(tx: Tx, image_id: int, what: Lock | str, *, reason: str = "") -> None:
    """Undo a lock. Raises NotFound and Invalid (`lock`, `reason`)."""
    _set_lock(tx, image_id, what, is_locked=False, reason=reason)


def _set_lock(tx: Tx, image_id: int, what: str, *, is_locked: bool, reason: str) -> None:
    _get_public(tx, image_id)
    if what not in set(Lock):
        raise Invalid({"lock": [f"must be one of {', '.join(Lock)}"]})
    text = require_reason(reason)
    name = f"locks_{what}"
    column = schema.images.c[name]
    if tx.scalar(select(column).where(schema.images.c.id == image_id)) == is_locked:
        return
    before = staff_log.watch_row(tx, schema.images, image_id, name)
    images.change(tx, image_id, **{name: is_locked})
    action = "lock" if is_locked else "unlock"
    details: dict[str, object] = {"lock": what}
    note(tx, action, "image", image_id, reason=text, details=details, before=before)


def set_uploader(tx: Tx, image_id: int, account_id: int | None) -> None:
    """Say who put an image in; None for nobody known.

    Raises NotFound, also for an unknown account.
    """
    _get_public(tx, image_id)
    account = schema.accounts.c
    if (
        account_id is not None
        and tx.one(select(account.id).where(account.id == account_id)) is None
    ):
        raise NotFound("There is no such account.")
    _change_uploader(tx, "set uploader", image_id, account_id=account_id)


def anonymise(tx: Tx, image_id: int) -> None:
    """Show nobody who put an image in; moderators still know. Raises NotFound."""
    _get_public(tx, image_id)
    _change_uploader(tx, "anonymise", image_id, is_anonymous=True)


def hide_hash(tx: Tx, image_id: int) -> None:
    """Show nobody the hash of the file as it was uploaded. Raises NotFound."""
    _get_public(tx, image_id)
    before = staff_log.watch_row(tx, schema.images, image_id, "shows_hash")
    images.change(tx, image_id, shows_hash=False)
    note(tx, "hide hash", "image", image_id, before=before)


def _change_uploader(tx: Tx, action: str, image_id: int, **values: object) -> None:
    row = schema.images.c
    concerned = select(row.account_id).where(row.id == image_id)
    was = tx.scalar(concerned)
    before = staff_log.watch_row(tx, schema.images, image_id, "account_id", "is_anonymous")
    images.change(tx, image_id, **values)
    images.count_uploads(tx, [one for one in (was, tx.scalar(concerned)) if one is not None])
    note(tx, action, "image", image_id, before=before)


def repair(tx: Tx, image_id: int) -> None:
    """Render an image anew, in a job. Raises NotFound."""
    _get_public(tx, image_id)
    images.change_file(tx, image_id, has_representations=False)
    jobs.enqueue(tx, rendering.RENDER, {"image_id": image_id})
    note(tx, "repair", "image", image_id)


def destroy(tx: Tx, image_id: int, reason: str) -> None:
    """Delete the files of an image for good, which nothing undoes; a stub with the reason stays.

    Its file may not be uploaded again. Files that another image shares stay, for that one. Raises
    NotFound and Invalid (`reason`).
    """
    facts = _get_public(tx, image_id)
    text = require_reason(reason) or DEFAULT_REASON
    image = images.find_any(tx, image_id)
    if image is None:
        raise NotFound
    images.give_up(tx, facts, removal_reason=text, claims_hash=True)
    texts.index(tx.connection, REMOVAL_REASON, image_id, text)
    note(tx, "destroy", "image", image_id, reason=text)
    shared = select(schema.blobs.c.image_count).where(schema.blobs.c.sha512 == image.sha512)
    if not tx.scalar(shared):
        sweeping.note_deletion(tx)
        names = {images.original_file(image), images.full_file(image)}
        names.update(rendering.file_names(image))
        tx.after_commit(lambda: tx.library.blobs.delete(*sorted(names)))


def approve(tx: Tx, image_id: int) -> None:
    """Let everybody find an image; it counts as first seen now. Raises NotFound.

    Source: Philomena sets `first_seen_at` to the time of approval.
    """
    facts = _get_public(tx, image_id)
    if facts.review == Review.APPROVED:
        return
    before = _watch_facts(tx, image_id)
    _change(tx, facts, review=Review.APPROVED, first_seen_at=tx.now_s)
    note(tx, "approve", "image", image_id, before=before)


def reject(tx: Tx, image_id: int, reason: str = "") -> None:
    """Refuse an image: only its uploader and moderators know of it. Raises NotFound and Invalid."""
    facts = _get_public(tx, image_id)
    text = require_reason(reason)
    if facts.review == Review.REJECTED:
        return
    before = _watch_facts(tx, image_id)
    _change(tx, facts, review=Review.REJECTED)
    note(tx, "reject", "image", image_id, reason=text, before=before)


def quarantine(tx: Tx, image_id: int, reason: str = "") -> None:
    """Put an image out of everybody's sight but moderators', its uploader's too.

    Raises NotFound and Invalid.
    """
    facts = _get_public(tx, image_id)
    text = require_reason(reason)
    if facts.review == Review.QUARANTINED:
        return
    before = _watch_facts(tx, image_id)
    _change(tx, facts, review=Review.QUARANTINED)
    note(tx, "quarantine", "image", image_id, reason=text, before=before)


class Decision(StrEnum):
    """What a review may come to."""

    APPROVE = "approve"
    REJECT = "reject"
    QUARANTINE = "quarantine"
    REMOVE = "remove"
    NONE = "none"


def decide(tx: Tx, image_id: int, decision: Decision) -> None:
    """Do what a review came to; NONE leaves the image as it is. Raises NotFound.

    Every decision may be made about every image, approved ones too.
    """
    match decision:
        case Decision.APPROVE:
            approve(tx, image_id)
        case Decision.REJECT:
            reject(tx, image_id)
        case Decision.QUARANTINE:
            quarantine(tx, image_id)
        case Decision.REMOVE:
            remove(tx, image_id, "")
        case Decision.NONE:
            _get_public(tx, image_id)


def decide_many(tx: Tx, decisions: Iterable[tuple[int, Decision]]) -> None:
    """Do what the reviews of many images came to, all or none; raises NotFound."""
    for image_id, decision in decisions:
        decide(tx, image_id, decision)


class Unverified(msgspec.Struct, frozen=True):
    """An image that waits for a review, with its labels in words of the vocabulary."""

    image: images.Image
    labels: tuple[str, ...]


def unverified(
    tx: Tx, *, limit: int = 20, offset: int = 0, shuffle: bool = False
) -> tuple[list[Unverified], int]:
    """Return images that wait for a review with their labels, and how many wait in all.

    The oldest come first, or any of them if shuffled (without `offset`).
    """
    rights.require_moderator(tx)
    if shuffle:
        every = [image_id for (image_id,) in tx.all(select(schema.images.c.id).where(*WAITS))]
        total = len(every)
        chosen = tx.library.random.sample(every, min(limit, total))
        waiting = images.find_many(tx, chosen)
    else:
        waiting, total = pending(tx, limit=limit, offset=offset)
    judged = validations.of_images(tx, [image.id for image in waiting])
    found = [
        Unverified(image, tuple(one.name for one in judged.get(image.id, ()))) for image in waiting
    ]
    return found, total


_row = schema.images.c
WAITS = (
    # As a text, or the partial index for images in review is not used.
    _row.review != literal(Review.APPROVED.value, literal_execute=True),
    _row.review == Review.PENDING,
    _row.audience == Audience.PUBLIC,
    _row.removed_at.is_(None),
    _row.merged_into_id.is_(None),
)
"""The conditions for images that wait for a review."""


def pending(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[images.Image], int]:
    """Return the images that wait for a review, the oldest first, and how many there are."""
    rights.require_moderator(tx)
    total = tx.scalar(select(func.count()).select_from(schema.images).where(*WAITS))
    ids = tx.all(select(_row.id).where(*WAITS).order_by(_row.id).limit(limit).offset(offset))
    return images.find_many(tx, [image_id for (image_id,) in ids]), int(total)
