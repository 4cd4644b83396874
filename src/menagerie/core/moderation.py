"""Moderation: what is taken out of sight and put back, merged, featured and approved, and bans.

Everything here is for moderators and the library itself (else Unauthenticated or Forbidden), and
leaves a row in the log, in the same transaction.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec
from sqlalchemy import ColumnElement, Select, delete, func, insert, literal, select, update

from menagerie.core import (
    image_texts,
    images,
    labels,
    recognition,
    redrawing,
    rights,
    staff_log,
    validations,
    visibility,
    votes,
)
from menagerie.errors import Forbidden, Invalid, NotFound
from menagerie.library import Tx
from menagerie.search import texts
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ChangeKind, EventKind, Review, Role

MAX_REASON_CHARACTERS = 1000
DEFAULT_REASON = "Removed by a moderator"
# Their fields in the index of words.
REMOVAL_REASON = "image.deletion_reason"
SCRATCHPAD = "image.scratchpad"

note = staff_log.note
"""Write an act of moderation into the log; apart, as modules to the left of this one do so too."""


class LogEntry(msgspec.Struct, frozen=True):
    """One act of moderation: who did what to which thing, and why.

    `subject_kind` is `image`, `account`, `ban`, `tag` or `suggestion`; `details` is a JSON object
    or empty.
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


class Ban(msgspec.Struct, frozen=True):
    """Somebody shut out: an account, a range of addresses or a fingerprint."""

    id: int
    account_id: int | None
    account_name: str | None
    network: str | None
    fingerprint: str | None
    reason: str
    created_at: int
    until_at: int | None


def log(
    tx: Tx,
    *,
    subject_kind: str | None = None,
    subject_id: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[LogEntry]:
    """Return acts of moderation, the newest first; of one kind of thing or one thing if asked."""
    rights.require_moderator(tx)
    row = schema.moderation_log.c
    wanted: list[ColumnElement[bool]] = []
    if subject_kind is not None:
        wanted.append(row.subject_kind == subject_kind)
    if subject_id is not None:
        wanted.append(row.subject_id == subject_id)
    rows = tx.all(
        select(
            row.id,
            row.account_id,
            schema.accounts.c.name,
            *(row[name] for name in LogEntry.__struct_fields__[3:]),
        )
        .outerjoin(schema.accounts, schema.accounts.c.id == row.account_id)
        .where(*wanted)
        .order_by(row.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [LogEntry(*entry) for entry in rows]


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


def _require_reason(reason: str) -> str:
    text = reason.strip()
    problems = images.check_text(text, max_bytes=4 * MAX_REASON_CHARACTERS)
    if len(text) > MAX_REASON_CHARACTERS:
        problems = [f"should be at most {MAX_REASON_CHARACTERS} character(s)"]
    if problems:
        raise Invalid({"reason": problems})
    return text


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
    text = _require_reason(reason) or DEFAULT_REASON
    _change(
        tx,
        facts,
        removed_at=tx.now_s,
        removal_reason=text,
        removed_by_id=tx.actor.account_id,
    )
    texts.index(tx.connection, REMOVAL_REASON, image_id, text)
    note(tx, "remove", "image", image_id, reason=text)


def restore(tx: Tx, image_id: int) -> None:
    """Put a removed or merged image back; what a merge gave to the target stays there too.

    Raises NotFound, also for what its owner deleted.
    """
    facts = _get_public(tx, image_id)
    if facts.removed_at is None and facts.merged_into_id is None:
        return
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
    note(tx, "restore", "image", image_id)


def annotate(tx: Tx, image_id: int, text: str) -> None:
    """Replace the moderators' own notes on an image, which nobody else sees.

    Raises NotFound, and Invalid (`scratchpad`) for a text that is too long.
    """
    _get_public(tx, image_id)
    if problems := images.check_text(text, max_bytes=images.MAX_DESCRIPTION_BYTES):
        raise Invalid({"scratchpad": problems})
    images.change(tx, image_id, scratchpad=text)
    texts.index(tx.connection, SCRATCHPAD, image_id, text)
    note(tx, "annotate", "image", image_id)


def merge(tx: Tx, image_id: int, target_id: int) -> int:
    """Replace an image by another that shows the same, and return the id of that.

    The target gets its tags with the verdicts on them, outlines, descriptions, sources, faves,
    votes, hides, subscriptions and places in galleries, and the earlier of both `first_seen_at`. A
    target that was merged itself stands for its own; images merged into this one follow it. Raises
    NotFound; Invalid (`target`) for the same image and for one that is removed.
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
    note(tx, "merge", "image", image_id, details={"target_id": target.id})
    return target.id


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
    tx.execute(
        insert(schema.features).values(
            image_id=image_id, account_id=tx.actor.account_id, created_at=tx.now_s
        )
    )
    note(tx, "feature", "image", image_id)


def approve(tx: Tx, image_id: int) -> None:
    """Let everybody find an image; it counts as first seen now. Raises NotFound.

    Source: Philomena sets `first_seen_at` to the time of approval.
    """
    facts = _get_public(tx, image_id)
    if facts.review == Review.APPROVED:
        return
    _change(tx, facts, review=Review.APPROVED, first_seen_at=tx.now_s)
    note(tx, "approve", "image", image_id)


def reject(tx: Tx, image_id: int, reason: str = "") -> None:
    """Refuse an image: only its uploader and moderators know of it. Raises NotFound and Invalid."""
    facts = _get_public(tx, image_id)
    text = _require_reason(reason)
    if facts.review == Review.REJECTED:
        return
    _change(tx, facts, review=Review.REJECTED)
    note(tx, "reject", "image", image_id, reason=text)


def quarantine(tx: Tx, image_id: int, reason: str = "") -> None:
    """Put an image out of everybody's sight but moderators', its uploader's too.

    Raises NotFound and Invalid.
    """
    facts = _get_public(tx, image_id)
    text = _require_reason(reason)
    if facts.review == Review.QUARANTINED:
        return
    _change(tx, facts, review=Review.QUARANTINED)
    note(tx, "quarantine", "image", image_id, reason=text)


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
        every = [image_id for (image_id,) in tx.all(select(schema.images.c.id).where(*_WAITS))]
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
_WAITS = (
    # As a text, or the partial index for images in review is not used.
    _row.review != literal(Review.APPROVED.value, literal_execute=True),
    _row.review == Review.PENDING,
    _row.audience == Audience.PUBLIC,
    _row.removed_at.is_(None),
    _row.merged_into_id.is_(None),
)


def pending(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[images.Image], int]:
    """Return the images that wait for a review, the oldest first, and how many there are."""
    rights.require_moderator(tx)
    total = tx.scalar(select(func.count()).select_from(schema.images).where(*_WAITS))
    ids = tx.all(select(_row.id).where(*_WAITS).order_by(_row.id).limit(limit).offset(offset))
    return images.find_many(tx, [image_id for (image_id,) in ids]), int(total)


# People.


def ban(
    tx: Tx,
    *,
    account_id: int | None = None,
    network: str | None = None,
    fingerprint: str | None = None,
    reason: str = "",
    until_at: int | None = None,
) -> int:
    """Shut out an account, a range of addresses (CIDR) or a fingerprint, and return the ban's id.

    `until_at` is in microseconds UTC, None meaning for good. Raises NotFound for an unknown
    account, Forbidden for staff, and Invalid (`ban`, `network`, `until_at`, `reason`).
    """
    rights.require_moderator(tx)
    text = _require_reason(reason)
    if [account_id, network, fingerprint].count(None) != 2:
        raise Invalid({"ban": ["must name one of an account, a network and a fingerprint"]})
    if until_at is not None and until_at <= tx.now:
        raise Invalid({"until_at": ["is in the past"]})
    if account_id is not None:
        _require_bannable(tx, account_id)
    result = tx.execute(
        insert(schema.bans)
        .values(
            account_id=account_id,
            network=_checked_network(network),
            fingerprint=fingerprint,
            reason=text,
            created_by_id=tx.actor.account_id,
            created_at=tx.now_s,
            until_at=until_at,
        )
        .returning(schema.bans.c.id)
    )
    ban_id = int(result.scalar_one())
    kind, subject = ("account", account_id) if account_id is not None else ("ban", ban_id)
    note(tx, "ban", kind, subject, reason=text, details={"ban_id": ban_id})
    return ban_id


def _require_bannable(tx: Tx, account_id: int) -> None:
    role = tx.scalar(select(schema.accounts.c.role).where(schema.accounts.c.id == account_id))
    if role is None:
        raise NotFound
    if role in {Role.MODERATOR, Role.ADMIN}:
        raise Forbidden("Moderators cannot be banned; take the role away first.")


def _checked_network(network: str | None) -> str | None:
    if network is None:
        return None
    try:
        return str(ipaddress.ip_network(network.strip(), strict=False))
    except ValueError:
        raise Invalid({"network": ["must be an address or a range such as 192.0.2.0/24"]}) from None


def unban(tx: Tx, ban_id: int) -> None:
    """Lift a ban; raises NotFound."""
    rights.require_moderator(tx)
    row = tx.one(select(schema.bans.c.account_id).where(schema.bans.c.id == ban_id))
    if row is None:
        raise NotFound
    tx.execute(delete(schema.bans).where(schema.bans.c.id == ban_id))
    kind, subject = ("account", row.account_id) if row.account_id is not None else ("ban", ban_id)
    note(tx, "unban", kind, subject, details={"ban_id": ban_id})


def bans(tx: Tx, *, limit: int = 50, offset: int = 0) -> Sequence[Ban]:
    """Return the bans in force, the newest first."""
    rights.require_moderator(tx)
    row = schema.bans.c
    rows = tx.all(
        select(
            row.id,
            row.account_id,
            schema.accounts.c.name,
            *(row[name] for name in Ban.__struct_fields__[3:]),
        )
        .outerjoin(schema.accounts, schema.accounts.c.id == row.account_id)
        .where(row.until_at.is_(None) | (row.until_at > tx.now))
        .order_by(row.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [Ban(*found) for found in rows]
