"""Requests to make a private image public, and what staff decide about them."""

import uuid
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, insert, or_, select, update

from menagerie.core import galleries, images, labels, moderation, rights, visibility
from menagerie.core.staff_log import note
from menagerie.core.talk import comments
from menagerie.core.visibility import State
from menagerie.errors import Forbidden, Invalid, NotFound, Taken
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import Audience, RequestState, Review

MOST_CHARACTERS = 500


class PublicRequest(msgspec.Struct, frozen=True):
    """A request; `decided_by` is the e-mail address of whoever did, else the name."""

    id: int
    key: str
    image_id: int
    account_id: int
    account_name: str
    state: str
    request_message: str
    admin_message: str
    decided_by: str | None
    decided_at: int | None
    created_at: int
    updated_at: int


_row = schema.public_requests.c
_asker, _decider = schema.accounts.alias("asker"), schema.accounts.alias("decider")
_ELSEWHERE: dict[str, ColumnElement[Any]] = {
    "account_name": _asker.c.name,
    "decided_by": func.coalesce(_decider.c.email, _decider.c.name),
}
_NAMES = PublicRequest.__struct_fields__
_SELECT = (
    select(*(_ELSEWHERE[n] if n in _ELSEWHERE else _row[n] for n in _NAMES))
    .join(_asker, _asker.c.id == _row.account_id)
    .outerjoin(_decider, _decider.c.id == _row.decided_by_id)
)


def create(tx: Tx, image_id: int, message: str = "") -> PublicRequest:
    """Ask for an own private image to be public.

    Raises NotFound, Unauthenticated, Banned; Forbidden for an image of somebody else; Invalid
    (`image` unless it is private and found safe, `request_message`); Taken while one is pending.
    """
    rights.require_contributor(tx)
    facts = _own(tx, image_id)
    if facts.audience != Audience.PRIVATE:
        raise Invalid({"image": ["is public already"]})
    if facts.review != Review.APPROVED:
        raise Invalid({"image": ["has not been found safe"]})
    text = _checked("request_message", message)
    if _pending(tx, image_id) is not None:
        raise Taken({"image": ["has a request that is pending already"]})
    key = str(uuid.UUID(int=tx.library.random.getrandbits(128), version=4))
    tx.execute(
        insert(schema.public_requests).values(
            key=key,
            image_id=image_id,
            account_id=tx.actor.account_id,
            state=RequestState.PENDING,
            request_message=text,
            created_at=tx.now,
            updated_at=tx.now,
        )
    )
    return get(tx, key)


def cancel(tx: Tx, image_id: int) -> PublicRequest:
    """Take back the pending request for an own image. Raises NotFound and Forbidden."""
    _own(tx, image_id)
    pending = _pending(tx, image_id)
    if pending is None:
        raise NotFound
    _settle(tx, pending, state=RequestState.CANCELLED)
    return get(tx, pending.key)


def latest(tx: Tx, image_id: int) -> PublicRequest | None:
    """Return the newest request for an own image, if any, merged by now or not.

    Raises NotFound and Forbidden.
    """
    _own(tx, image_id, gone=frozenset({State.REMOVED}))
    row = tx.one(_SELECT.where(_row.image_id == image_id).order_by(_row.id.desc()).limit(1))
    return PublicRequest(*row) if row is not None else None


def find_unseen(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[int], int]:
    """Return own images that others do not find, the newest first, and how many there are.

    They are private, or wait for review; pictures of pets are apart, as those stay private.
    Raises Unauthenticated.
    """
    image = schema.images.c
    conditions = (
        image.account_id == rights.require_account(tx),
        image.removed_at.is_(None),
        image.merged_into_id.is_(None),
        or_(image.audience == Audience.PRIVATE, image.review != Review.APPROVED),
        image.id.not_in(select(schema.pet_images.c.image_id)),
    )
    total = tx.scalar(select(func.count()).select_from(schema.images).where(*conditions))
    some = select(image.id).where(*conditions).order_by(image.id.desc())
    return [row.id for row in tx.all(some.limit(limit).offset(offset))], int(total)


def get(tx: Tx, key: str) -> PublicRequest:
    """Return a request; staff see all, others their own. Raises NotFound."""
    row = tx.one(_SELECT.where(_row.key == key))
    found = PublicRequest(*row) if row is not None else None
    if found is None or not (tx.actor.is_moderator or found.account_id == tx.actor.account_id):
        raise NotFound
    return found


def waiting_for(tx: Tx, image_id: int) -> PublicRequest:
    """Return the request for an image that staff have yet to decide, of which there is one.

    Raises Unauthenticated, Forbidden and NotFound.
    """
    rights.require_moderator(tx)
    found = _pending(tx, image_id)
    if found is None:
        raise NotFound
    return found


def find(
    tx: Tx, *, state: RequestState | None = RequestState.PENDING, limit: int = 25, offset: int = 0
) -> tuple[list[PublicRequest], int]:
    """Return requests, the oldest first, and how many there are; for staff.

    Those for images that are gone are left out. Raises Unauthenticated and Forbidden.
    """
    rights.require_moderator(tx)
    image = schema.images.c
    gone = select(image.id).where(image.id == _row.image_id, image.removed_at.is_not(None))
    conditions = [~gone.exists()]
    if state is not None:
        conditions.append(_row.state == state)
    total = tx.scalar(select(func.count()).select_from(schema.public_requests).where(*conditions))
    some = _SELECT.where(*conditions).order_by(_row.id).limit(limit).offset(offset)
    return [PublicRequest(*row) for row in tx.all(some)], int(total)


def picture(tx: Tx, key: str) -> images.Image:
    """Return the image of a request, for staff, whom its owner has shown it by asking.

    Raises Unauthenticated, Forbidden and NotFound, also once the owner has deleted it, taken the
    request back or been refused: from then on it is as private as before.
    """
    rights.require_moderator(tx)
    request = get(tx, key)
    image = images.find_any(tx, request.image_id)
    if image is None or image.is_deleted_by_owner:
        raise NotFound
    if request.state != RequestState.PENDING and not visibility.may_see(tx.actor, image):
        raise NotFound
    return image


def decide(tx: Tx, key: str, *, approve: bool, message: str = "") -> PublicRequest:
    """Make the image public, or not, and tell why; for staff.

    Raises Unauthenticated, Forbidden, NotFound; Invalid (`request` once it is decided,
    `admin_message`).
    """
    rights.require_moderator(tx)
    request = get(tx, key)
    if request.state != RequestState.PENDING:
        raise Invalid({"request": [f"is {request.state} already"]})
    text = _checked("admin_message", message)
    if approve:
        _publish(tx, request.image_id)
    state = RequestState.APPROVED if approve else RequestState.DENIED
    _settle(
        tx,
        request,
        state=state,
        admin_message=text,
        decided_by_id=tx.actor.account_id,
        decided_at=tx.now,
    )
    action = "publish" if approve else "deny publishing"
    note(tx, action, "image", request.image_id, reason=text)
    return get(tx, key)


def _own(
    tx: Tx, image_id: int, *, gone: frozenset[State] = frozenset({State.REMOVED, State.MERGED})
) -> visibility.Facts:
    facts = visibility.get_facts(tx, image_id)
    if not visibility.is_own(tx.actor, facts):
        raise Forbidden("Only its uploader may ask for that.")
    if visibility.state(facts) in gone:
        raise NotFound
    return facts


def _checked(field: str, message: str) -> str:
    text = message.strip()
    if len(text) > MOST_CHARACTERS:
        raise Invalid({field: [f"should be at most {MOST_CHARACTERS} character(s)"]})
    if rights.is_unfit(text):
        raise Invalid({field: ["may not contain control characters"]})
    return text


def _pending(tx: Tx, image_id: int) -> PublicRequest | None:
    is_pending = (_row.image_id == image_id, _row.state == RequestState.PENDING)
    row = tx.one(_SELECT.where(*is_pending))
    return PublicRequest(*row) if row is not None else None


def _settle(tx: Tx, request: PublicRequest, **values: object) -> None:
    tx.execute(
        update(schema.public_requests)
        .where(_row.id == request.id)
        .values(updated_at=tx.now, **values)
    )


def _publish(tx: Tx, image_id: int) -> None:
    """Let everybody find a private image; the same file, public already, takes it in instead.

    Raises NotFound when it was deleted meanwhile.
    """
    facts = visibility.find_facts(tx, image_id)
    if facts is None or visibility.state(facts) in {State.REMOVED, State.MERGED}:
        raise NotFound
    if facts.audience == Audience.PUBLIC:
        return
    image, account = schema.images.c, schema.accounts.c
    sha512 = select(image.sha512).where(image.id == image_id).scalar_subquery()
    twin_id = tx.scalar(select(image.id).where(image.sha512 == sha512, image.claims_hash))
    images.change(
        tx,
        image_id,
        audience=Audience.PUBLIC,
        review=Review.APPROVED,
        claims_hash=twin_id is None,
        first_seen_at=tx.now_s,
    )
    labels.searchability_changed(tx, image_id, is_searchable=True)
    tx.execute(
        update(schema.accounts)
        .where(
            account.id == facts.account_id,
            ~select(image.is_anonymous).where(image.id == image_id).scalar_subquery(),
        )
        .values(upload_count=account.upload_count + 1)
    )
    comments.count_published(tx, image_id)
    galleries.count_published(tx, image_id)
    if twin_id is not None:
        moderation.merge(tx, image_id, twin_id)
