"""Favourites of programs: one per account, reference and person, deleted softly.

One with a key, on nobody's behalf, of an image that is there is also a fave of the account's own.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import insert, select, update

from menagerie.core import rights
from menagerie.core import votes as core_votes
from menagerie.core.apps import opinions
from menagerie.core.apps.opinions import Choice, Opinion
from menagerie.errors import NotFound, Taken
from menagerie.library import Tx
from menagerie.storage import schema


class AppFavourite(msgspec.Struct, frozen=True):
    """A favourite; times are whole seconds in microseconds UTC."""

    id: int
    account_id: int | None
    on_behalf_of: str | None
    image_ref: str
    image_id: int | None
    created_at: int
    deleted_at: int | None


_row = schema.app_favourites.c
_SELECT = select(*(_row[name] for name in AppFavourite.__struct_fields__))


def add(tx: Tx, opinion: Opinion) -> AppFavourite:
    """Keep a favourite. Raises Banned, Taken (`image_ref`), and Invalid as `opinions.check`."""
    rights.require_unbanned(tx)
    opinions.check(opinion)
    claim = msgspec.json.encode(
        [tx.actor.account_id, opinion.image_ref, opinion.on_behalf_of]
    ).decode()
    if tx.scalar(select(_row.id).where(_row.claim == claim)) is not None:
        raise Taken({"image_ref": ["is a favourite already"]})
    result = tx.execute(
        insert(schema.app_favourites).returning(_row.id),
        {
            **msgspec.structs.asdict(opinion),
            "account_id": tx.actor.account_id,
            "created_at": tx.now_s,
            "claim": claim,
        },
    )
    made = get(tx, int(result.scalar_one()))
    _follow(tx, made)
    return made


def get(tx: Tx, favourite_id: int) -> AppFavourite:
    """Return a favourite of the actor's account that is not deleted; raises NotFound."""
    own = opinions.is_own(tx, schema.app_favourites)
    there = _SELECT.where(_row.id == favourite_id, own, _row.deleted_at.is_(None))
    return AppFavourite(*opinions.only(tx, there))


def find(tx: Tx, choice: Choice, *, with_deleted: bool = False) -> tuple[list[AppFavourite], int]:
    """Return a page of the favourites of the actor's account, and how many there are."""
    conditions = [] if with_deleted else [_row.deleted_at.is_(None)]
    ids, total = opinions.page(tx, schema.app_favourites, choice, *conditions)
    found = [AppFavourite(*row) for row in tx.all(_SELECT.where(_row.id.in_(ids)))]
    return opinions.in_order(found, ids), total


def remove(tx: Tx, favourite_id: int) -> None:
    """Delete a favourite, and the account's fave with it. Raises NotFound."""
    gone = get(tx, favourite_id)
    tx.execute(
        update(schema.app_favourites)
        .where(_row.id == favourite_id)
        .values(deleted_at=tx.now_s, claim=None)
    )
    _follow(tx, msgspec.structs.replace(gone, deleted_at=tx.now_s))


def of_images(
    tx: Tx, image_ids: Iterable[int], on_behalf_of: str | None
) -> dict[int, AppFavourite]:
    """Return the favourite of the actor's account for each image, on behalf of somebody."""
    rows = tx.all(
        _SELECT.where(
            opinions.is_own(tx, schema.app_favourites),
            _row.deleted_at.is_(None),
            _row.image_id.in_(list(image_ids)),
            _row.on_behalf_of.is_not_distinct_from(on_behalf_of),
        )
    )
    found = (AppFavourite(*row) for row in rows)
    return {one.image_id: one for one in found if one.image_id is not None}


def _follow(tx: Tx, favourite: AppFavourite) -> None:
    """Let the account's own fave be there or not as the favourite is."""
    is_own = favourite.account_id is not None and favourite.on_behalf_of is None
    if not is_own or favourite.image_id is None:
        return
    try:
        if favourite.deleted_at is None:
            core_votes.fave(tx, favourite.image_id, votes_up=False)
        else:
            core_votes.unfave(tx, favourite.image_id)
    except NotFound:
        return  # the image has gone out of sight since, and its counters with it
