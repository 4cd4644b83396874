"""Who may know of an image, and in which state it is: the only door to one.

Three facts that do not depend on each other decide: the audience it was meant for, what the review
has said, and whether it was removed or merged. Private beats all: to anybody but its owner, a
private image does not exist, whatever the role and whatever the way there.
"""

from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, bindparam, select

from menagerie.errors import NotFound
from menagerie.library import Actor, Tx
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review


class State(StrEnum):
    """What may be shown of an image to somebody who may know of it."""

    VISIBLE = "visible"
    PENDING = "pending"  # not approved: shown in full to whoever may know, and not searched
    REMOVED = "removed"  # a stub with the reason
    MERGED = "merged"  # a stub that names the image it was merged into


class Facts(msgspec.Struct, frozen=True):
    """What decides about visibility, and the times and reason that a stub shows."""

    id: int
    account_id: int | None
    audience: str
    review: str
    removed_at: int | None
    removal_reason: str | None
    is_deleted_by_owner: bool
    merged_into_id: int | None
    created_at: int
    updated_at: int
    first_seen_at: int


_i = schema.images.c
FACT_COLUMNS: tuple[ColumnElement[Any], ...] = tuple(_i[name] for name in Facts.__struct_fields__)
"""The columns of `Facts`, in its order."""

# Made once: building a statement costs more than running it.
_FACTS_OF = select(*FACT_COLUMNS).where(_i.id == bindparam("image_id"))

SEARCHABLE: ColumnElement[bool] = and_(
    _i.audience == Audience.PUBLIC,
    _i.review == Review.APPROVED,
    _i.removed_at.is_(None),
    _i.merged_into_id.is_(None),
)
"""The condition for images that everybody finds; what an owner deleted counts as removed."""


def is_searchable(facts: Facts) -> bool:
    """Tell whether everybody finds the image; the same rule as `SEARCHABLE`."""
    return (
        facts.audience == Audience.PUBLIC
        and facts.review == Review.APPROVED
        and facts.removed_at is None
        and facts.merged_into_id is None
    )


def state(facts: Facts) -> State:
    """Return what may be shown of an image; merged comes first, then removed, then pending."""
    if facts.merged_into_id is not None:
        return State.MERGED
    if facts.removed_at is not None:
        return State.REMOVED
    if facts.review != Review.APPROVED:
        return State.PENDING
    return State.VISIBLE


def is_own(actor: Actor, facts: Facts) -> bool:
    """Tell whether the actor's account put the image in."""
    return actor.account_id is not None and actor.account_id == facts.account_id


def may_know(actor: Actor, facts: Facts) -> bool:
    """Tell whether the actor may know that the image exists.

    A private image is its owner's alone, and gone for the owner too once deleted. A public one
    that is pending may be read by id by everybody; one that was rejected only by its owner and by
    moderators, and one in quarantine by moderators alone.
    """
    if facts.audience == Audience.PUBLIC and facts.review == Review.APPROVED:
        return True  # nearly all, and asked for each image of a page
    own = is_own(actor, facts)
    if facts.audience == Audience.PRIVATE:
        return own and not facts.is_deleted_by_owner and facts.review != Review.QUARANTINED
    if facts.review == Review.REJECTED:
        return own or actor.is_moderator
    return facts.review != Review.QUARANTINED or actor.is_moderator


def may_see(actor: Actor, facts: Facts) -> bool:
    """Tell whether the actor may see the picture and its facts rather than a stub or nothing.

    Moderators see what was removed, since they decide about it.
    """
    if not may_know(actor, facts):
        return False
    return state(facts) in {State.VISIBLE, State.PENDING} or actor.is_moderator


def may_work_on(actor: Actor, facts: Facts) -> bool:
    """Tell whether the actor may judge, name and outline what an image shows.

    Everybody may once it is approved; before that its owner and moderators may. Nobody may once
    it is removed or merged.
    """
    if state(facts) is State.PENDING and not (is_own(actor, facts) or actor.is_moderator):
        return False
    return state(facts) in {State.VISIBLE, State.PENDING} and may_know(actor, facts)


def facts_of(row: Row[*tuple[Any, ...]]) -> Facts:
    """Return the facts of a row that begins with `FACT_COLUMNS`."""
    return Facts(*row[: len(FACT_COLUMNS)])


def find_facts(tx: Tx, image_id: int) -> Facts | None:
    """Return an image's facts whoever asks, or None; for rules, not for showing."""
    if not 0 < image_id < 2**63:
        return None
    return tx.remembered(("facts", image_id), lambda: _read_facts(tx, image_id))


def _read_facts(tx: Tx, image_id: int) -> Facts | None:
    row = tx.execute(_FACTS_OF, {"image_id": image_id}).first()
    return facts_of(row) if row is not None else None


def get_facts(tx: Tx, image_id: int) -> Facts:
    """Return the facts of an image the actor may know; raises NotFound."""
    facts = find_facts(tx, image_id)
    if facts is None or not may_know(tx.actor, facts):
        raise NotFound
    return facts


def require_visible(tx: Tx, image_id: int) -> Facts:
    """Return the facts of an image the actor may see and act on; raises NotFound.

    Removed and merged images pass for moderators only.
    """
    facts = get_facts(tx, image_id)
    if not may_see(tx.actor, facts):
        raise NotFound
    return facts


def require_workable(tx: Tx, image_id: int) -> Facts:
    """Return the facts of an image that the actor may judge, name and outline; raises NotFound."""
    facts = find_facts(tx, image_id)
    if facts is None or not may_work_on(tx.actor, facts):
        raise NotFound
    return facts
