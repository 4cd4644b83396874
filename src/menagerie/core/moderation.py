"""Moderation of images: taken out of sight and put back, merged, featured, locked, destroyed.

Everything here is for moderators and the library itself (else Unauthenticated or Forbidden), and
leaves a row in the log, in the same transaction; `staff.undo` takes such an act back. `reviewing`
decides about what waits for staff to look at it.
"""

from enum import StrEnum

from sqlalchemy import Select, delete, insert, select, update

from menagerie import jobs
from menagerie.core import (
    image_files,
    image_texts,
    images,
    labels,
    recognition,
    redrawing,
    rendering,
    rights,
    staff_log,
    sweeping,
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
from menagerie.storage.schema import Audience, ChangeKind, EventKind, NewsKind

MAX_REASON_CHARACTERS = 1000
DEFAULT_REASON = "Removed by a moderator"
# Their fields in the index of words.
REMOVAL_REASON = "image.deletion_reason"
SCRATCHPAD = "image.scratchpad"
FIELD_OF_COLUMN = {"removal_reason": REMOVAL_REASON, "scratchpad": SCRATCHPAD}
"""The fields of columns of images that moderators write."""


def get_public(tx: Tx, image_id: int) -> visibility.Facts:
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


def watch_facts(tx: Tx, image_id: int) -> staff_log.Watch:
    """Watch what `change_facts` may change of an image, for the log."""
    return staff_log.watch_row(tx, schema.images, image_id, *_FACTS)


def change_facts(tx: Tx, before: visibility.Facts, **values: object) -> None:
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
    facts = get_public(tx, image_id)
    text = require_reason(reason) or DEFAULT_REASON
    before = watch_facts(tx, image_id)
    change_facts(
        tx,
        facts,
        removed_at=tx.now_s,
        removal_reason=text,
        removed_by_id=tx.actor.account_id,
    )
    texts.index(tx.connection, REMOVAL_REASON, image_id, text)
    staff_log.note(tx, "remove", "image", image_id, reason=text, before=before)


def restore(tx: Tx, image_id: int) -> None:
    """Put a removed or merged image back; what a merge gave to the target stays there too.

    Raises NotFound, also for what its owner deleted.
    """
    facts = get_public(tx, image_id)
    if facts.removed_at is None and facts.merged_into_id is None:
        return
    before = watch_facts(tx, image_id)
    change_facts(
        tx,
        facts,
        removed_at=None,
        removal_reason=None,
        removed_by_id=None,
        merged_into_id=None,
    )
    texts.index(tx.connection, REMOVAL_REASON, image_id, "")
    recognition.look_soon(tx, image_id)
    staff_log.note(tx, "restore", "image", image_id, before=before)


def scratchpad(tx: Tx, image_id: int) -> str:
    """Return the moderators' own notes on an image. Raises NotFound."""
    get_public(tx, image_id)
    row = schema.images.c
    return str(tx.scalar(select(row.scratchpad).where(row.id == image_id)) or "")


def annotate(tx: Tx, image_id: int, text: str) -> None:
    """Replace the moderators' own notes on an image, which nobody else sees.

    Raises NotFound, and Invalid (`scratchpad`) for a text that is too long.
    """
    get_public(tx, image_id)
    if problems := images.check_text(text, max_bytes=images.MAX_DESCRIPTION_BYTES):
        raise Invalid({"scratchpad": problems})
    before = staff_log.watch_row(tx, schema.images, image_id, "scratchpad")
    images.change(tx, image_id, scratchpad=text)
    texts.index(tx.connection, SCRATCHPAD, image_id, text)
    staff_log.note(tx, "annotate", "image", image_id, before=before)


def merge(tx: Tx, image_id: int, target_id: int) -> int:
    """Replace an image by another that shows the same, and return the id of that.

    The target gets its tags with the verdicts on them, outlines, descriptions, sources, faves,
    votes, hides, subscriptions, comments and places in galleries, and the earlier of both
    `first_seen_at`; who follows the image is told. A target that was merged itself stands for its
    own; images merged into this one follow it. Raises NotFound; Invalid (`target`) for the same
    image and for one that is removed.
    """
    facts = get_public(tx, image_id)
    target = get_public(tx, target_id)
    if target.merged_into_id is not None:
        target = get_public(tx, target.merged_into_id)
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
    change_facts(tx, facts, merged_into_id=target.id)
    _flatten(tx, image_id, target.id)
    earlier = min(facts.first_seen_at, target.first_seen_at)
    images.change(tx, target.id, first_seen_at=earlier)
    tx.happened(EventKind.IMAGE_MERGE, image_id, target.id)
    tx.happened(EventKind.IMAGE_UPDATE, target.id)
    news.tell(tx, followers, NewsKind.MERGE, image_id, target.id)
    details: dict[str, object] = {"target_id": target.id}
    staff_log.note(tx, "merge", "image", image_id, details=details, before=before)
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
    facts = get_public(tx, image_id)
    if not visibility.is_searchable(facts):
        raise Invalid({"image": ["is not visible to everybody"]})
    before = _watch_features(tx, image_id)
    tx.execute(
        insert(schema.features).values(
            image_id=image_id, account_id=tx.actor.account_id, created_at=tx.now_s
        )
    )
    staff_log.note(tx, "feature", "image", image_id, before=before)


def unfeature(tx: Tx, image_id: int) -> None:
    """Let an image be featured no more, nor have been; raises NotFound.

    The one featured before it, if any, is so again.
    """
    get_public(tx, image_id)
    before = _watch_features(tx, image_id)
    row = schema.features.c
    if tx.execute(delete(schema.features).where(row.image_id == image_id)).rowcount:
        staff_log.note(tx, "unfeature", "image", image_id, before=before)


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
    get_public(tx, image_id)
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
    staff_log.note(tx, action, "image", image_id, reason=text, details=details, before=before)


def set_uploader(tx: Tx, image_id: int, account_id: int | None) -> None:
    """Say who put an image in; None for nobody known.

    Raises NotFound, also for an unknown account.
    """
    get_public(tx, image_id)
    account = schema.accounts.c
    if (
        account_id is not None
        and tx.one(select(account.id).where(account.id == account_id)) is None
    ):
        raise NotFound("There is no such account.")
    _change_uploader(tx, "set uploader", image_id, account_id=account_id)


def anonymise(tx: Tx, image_id: int) -> None:
    """Show nobody who put an image in; moderators still know. Raises NotFound."""
    get_public(tx, image_id)
    _change_uploader(tx, "anonymise", image_id, is_anonymous=True)


def hide_hash(tx: Tx, image_id: int) -> None:
    """Show nobody the hash of the file as it was uploaded. Raises NotFound."""
    get_public(tx, image_id)
    before = staff_log.watch_row(tx, schema.images, image_id, "shows_hash")
    images.change(tx, image_id, shows_hash=False)
    staff_log.note(tx, "hide hash", "image", image_id, before=before)


def _change_uploader(tx: Tx, action: str, image_id: int, **values: object) -> None:
    row = schema.images.c
    concerned = select(row.account_id).where(row.id == image_id)
    was = tx.scalar(concerned)
    before = staff_log.watch_row(tx, schema.images, image_id, "account_id", "is_anonymous")
    images.change(tx, image_id, **values)
    images.count_uploads(tx, [one for one in (was, tx.scalar(concerned)) if one is not None])
    staff_log.note(tx, action, "image", image_id, before=before)


def repair(tx: Tx, image_id: int) -> None:
    """Render an image anew, in a job. Raises NotFound."""
    get_public(tx, image_id)
    images.change_file(tx, image_id, has_representations=False)
    jobs.enqueue(tx, rendering.RENDER, {"image_id": image_id})
    staff_log.note(tx, "repair", "image", image_id)


def destroy(tx: Tx, image_id: int, reason: str) -> None:
    """Delete the files of an image for good, which nothing undoes; a stub with the reason stays.

    Its file may not be uploaded again. Files that another image shares stay, for that one. Raises
    NotFound and Invalid (`reason`).
    """
    facts = get_public(tx, image_id)
    text = require_reason(reason) or DEFAULT_REASON
    image = images.find_any(tx, image_id)
    if image is None:
        raise NotFound
    images.give_up(tx, facts, removal_reason=text, claims_hash=True)
    texts.index(tx.connection, REMOVAL_REASON, image_id, text)
    staff_log.note(tx, "destroy", "image", image_id, reason=text)
    shared = select(schema.blobs.c.image_count).where(schema.blobs.c.sha512 == image.sha512)
    if not tx.scalar(shared):
        sweeping.note_deletion(tx)
        names = {image_files.original(image), image_files.full(image)}
        names.update(rendering.file_names(image))
        tx.after_commit(lambda: tx.library.blobs.delete(*sorted(names)))
