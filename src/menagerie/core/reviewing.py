"""Reviews of images: what waits for staff, and what they decide about it.

Everything here is for moderators and the library itself (else Unauthenticated or Forbidden);
decisions leave a row in the log, in the same transaction.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec
from sqlalchemy import func, literal, select

from menagerie.core import images, moderation, rights, staff_log, validations
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review

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


def approve(tx: Tx, image_id: int) -> None:
    """Let everybody find an image; it counts as first seen now. Raises NotFound.

    Source: Philomena sets `first_seen_at` to the time of approval.
    """
    facts = moderation.get_public(tx, image_id)
    if facts.review == Review.APPROVED:
        return
    before = moderation.watch_facts(tx, image_id)
    moderation.change_facts(tx, facts, review=Review.APPROVED, first_seen_at=tx.now_s)
    staff_log.note(tx, "approve", "image", image_id, before=before)


def reject(tx: Tx, image_id: int, reason: str = "") -> None:
    """Refuse an image: only its uploader and moderators know of it. Raises NotFound and Invalid."""
    facts = moderation.get_public(tx, image_id)
    text = moderation.require_reason(reason)
    if facts.review == Review.REJECTED:
        return
    before = moderation.watch_facts(tx, image_id)
    moderation.change_facts(tx, facts, review=Review.REJECTED)
    staff_log.note(tx, "reject", "image", image_id, reason=text, before=before)


def quarantine(tx: Tx, image_id: int, reason: str = "") -> None:
    """Put an image out of everybody's sight but moderators', its uploader's too.

    Raises NotFound and Invalid.
    """
    facts = moderation.get_public(tx, image_id)
    text = moderation.require_reason(reason)
    if facts.review == Review.QUARANTINED:
        return
    before = moderation.watch_facts(tx, image_id)
    moderation.change_facts(tx, facts, review=Review.QUARANTINED)
    staff_log.note(tx, "quarantine", "image", image_id, reason=text, before=before)


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
            moderation.remove(tx, image_id, "")
        case Decision.NONE:
            moderation.get_public(tx, image_id)


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


def pending(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[images.Image], int]:
    """Return the images that wait for a review, the oldest first, and how many there are."""
    rights.require_moderator(tx)
    total = tx.scalar(select(func.count()).select_from(schema.images).where(*WAITS))
    ids = tx.all(select(_row.id).where(*WAITS).order_by(_row.id).limit(limit).offset(offset))
    return images.find_many(tx, [image_id for (image_id,) in ids]), int(total)
