"""Duplicates: people and the library suggest that two images are one, and staff decide.

The library suggests when an image has been rendered, see `lookalikes.notice`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, func, insert, select, update

from menagerie.core import images, lookalikes, moderation, rights, staff_log, visibility
from menagerie.core.images import Image
from menagerie.errors import Invalid, NotFound, Taken
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import Audience, DuplicateState


class Suggestion(msgspec.Struct, frozen=True):
    """That `image` is the same as `of`, which is to be kept.

    `likeness`, 0 to 1, and no account when the library itself noticed; `reason` when a person did.
    """

    id: int
    image: Image
    of: Image
    account_id: int | None
    account_name: str | None
    reason: str
    likeness: float | None
    state: str
    decided_by_name: str | None
    decided_at: int | None
    created_at: int


_row = schema.duplicates.c
_decider = schema.accounts.alias("decider")
_one, _other = schema.images.alias("one"), schema.images.alias("other")
_SELECT = (
    select(
        _row.id,
        _row.image_id,
        _row.of_id,
        _row.account_id,
        schema.accounts.c.name,
        _row.reason,
        _row.likeness,
        _row.state,
        _decider.c.name,
        _row.decided_at,
        _row.created_at,
    )
    .outerjoin(schema.accounts, schema.accounts.c.id == _row.account_id)
    .outerjoin(_decider, _decider.c.id == _row.decided_by_id)
    .join(_one, _one.c.id == _row.image_id)
    .join(_other, _other.c.id == _row.of_id)
)
IS_OPEN: ColumnElement[bool] = and_(
    _row.state == DuplicateState.OPEN,
    *(one.c.removed_at.is_(None) for one in (_one, _other)),
    *(one.c.merged_into_id.is_(None) for one in (_one, _other)),
)
"""The condition for suggestions to decide; those of images that are gone meanwhile are not."""


def waiting() -> Any:
    """Return the suggestions to decide as a table joined with both images, to select from."""
    return schema.duplicates.join(_one, _one.c.id == _row.image_id).join(
        _other, _other.c.id == _row.of_id
    )


def suggest(tx: Tx, image_id: int, of_id: int, reason: str = "") -> int:
    """Suggest that an image is the same as another one, and return the suggestion's id.

    Raises NotFound, also for private images; Unauthenticated, Banned; Taken when the two were
    suggested before, in either direction; and Invalid (`of` for the same image, `reason`).
    """
    rights.require_contributor(tx)
    for one in (image_id, of_id):
        facts = visibility.require_visible(tx, one)
        gone = {visibility.State.REMOVED, visibility.State.MERGED}
        if facts.audience != Audience.PUBLIC or visibility.state(facts) in gone:
            raise NotFound
    text = moderation.require_reason(reason)
    if image_id == of_id:
        raise Invalid({"of": ["is the same image"]})
    there = lookalikes.find_suggestion(tx, image_id, of_id)
    if there is not None:
        state = tx.scalar(select(_row.state).where(_row.id == there))
        what = "waits already" if state == DuplicateState.OPEN else f"was {state} already"
        raise Taken({"duplicate": [what]})
    made = tx.execute(
        insert(schema.duplicates)
        .values(
            image_id=image_id,
            of_id=of_id,
            account_id=tx.actor.account_id,
            reason=text,
            state=DuplicateState.OPEN,
            created_at=tx.now_s,
        )
        .returning(_row.id)
    )
    return int(made.scalar_one())


def get(tx: Tx, suggestion_id: int) -> Suggestion:
    """Return a suggestion, for moderators; raises Unauthenticated, Forbidden and NotFound."""
    rights.require_moderator(tx)
    found = _found(tx, [_row.id == suggestion_id])
    if not found:
        raise NotFound
    return found[0]


def find_open(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[Suggestion], int]:
    """Return the suggestions to decide, the oldest first, and how many there are.

    For moderators: raises Unauthenticated and Forbidden.
    """
    rights.require_moderator(tx)
    total = tx.scalar(select(func.count()).select_from(waiting()).where(IS_OPEN))
    return _found(tx, [IS_OPEN], limit=limit, offset=offset), int(total)


def _found(
    tx: Tx, wanted: Sequence[ColumnElement[bool]], *, limit: int = 1, offset: int = 0
) -> list[Suggestion]:
    rows = tx.all(_SELECT.where(*wanted).order_by(_row.id).limit(limit).offset(offset))
    ids = sorted({image_id for row in rows for image_id in row[1:3]})
    shown = {image.id: image for image in images.read_all(tx, ids)}
    return [Suggestion(row[0], shown[row[1]], shown[row[2]], *row[3:]) for row in rows]


def decide(
    tx: Tx, suggestion_id: int, *, accept: bool, keep_id: int | None = None, reason: str = ""
) -> int | None:
    """Merge the two images, or say that they are two; return the id of the one that is kept.

    `keep_id` is which of them stays, else the one that the suggestion says. Raises
    Unauthenticated, Forbidden, NotFound, and Invalid (`duplicate` when somebody has decided
    already, `keep` for an image that is neither, `reason`, and as `moderation.merge`).
    """
    found = get(tx, suggestion_id)
    if found.state != DuplicateState.OPEN:
        who = found.decided_by_name or "the library"
        raise Invalid({"duplicate": [f"was {found.state} by {who} already"]})
    pair = [found.image.id, found.of.id]
    kept = found.of.id if keep_id is None else keep_id
    if kept not in pair:
        raise Invalid({"keep": ["must be one of the two images"]})
    text = moderation.require_reason(reason)
    mark = staff_log.newest(tx)
    decided = ("state", "decided_by_id", "decided_at")
    before = staff_log.watch_row(tx, schema.duplicates, suggestion_id, *decided)
    result = None
    if accept:
        pair.remove(kept)
        result = moderation.merge(tx, pair[0], kept)
    tx.execute(
        update(schema.duplicates)
        .where(_row.id == suggestion_id)
        .values(
            state=DuplicateState.ACCEPTED if accept else DuplicateState.REJECTED,
            decided_by_id=tx.actor.account_id,
            decided_at=tx.now_s,
        )
    )
    staff_log.note(
        tx,
        "accept duplicate" if accept else "reject duplicate",
        "duplicate",
        suggestion_id,
        reason=text,
        details={"image_id": found.image.id, "of_id": found.of.id, "kept_id": result},
        before=before,
        with_ids=staff_log.since(tx, mark),
    )
    return result
