"""Votes of programs: any number, on any reference, every one kept.

A vote with a key, on nobody's behalf, about an image that is there is the account's own opinion:
it also sets the account's vote of `core.votes`, by the sign of the newest, nought being down. One
on behalf of somebody never does, since a program could invent a million of them.
"""

import math
from collections.abc import Iterable

import msgspec
from sqlalchemy import delete, func, insert, select

from menagerie.core import rights
from menagerie.core import votes as core_votes
from menagerie.core.apps import opinions
from menagerie.core.apps.opinions import Choice, Opinion
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema


class AppVote(msgspec.Struct, frozen=True):
    """A vote; `value` is any finite number, `created_at` whole seconds in microseconds UTC."""

    id: int
    account_id: int | None
    on_behalf_of: str | None
    image_ref: str
    image_id: int | None
    value: float
    country_code: str | None
    created_at: int


_row = schema.app_votes.c
_SELECT = select(*(_row[name] for name in AppVote.__struct_fields__))


def add(tx: Tx, opinion: Opinion, value: float) -> AppVote:
    """Keep a vote. Raises Banned, and Invalid (`value` and as `opinions.check`)."""
    rights.require_unbanned(tx)
    if not math.isfinite(value):
        raise Invalid({"value": ["must be a finite number"]})
    opinions.check(opinion)
    result = tx.execute(
        insert(schema.app_votes).returning(_row.id),
        {
            **msgspec.structs.asdict(opinion),
            "value": float(value),
            "account_id": tx.actor.account_id,
            "created_at": tx.now_s,
        },
    )
    made = get(tx, int(result.scalar_one()))
    _follow(tx, made)
    return made


def get(tx: Tx, vote_id: int) -> AppVote:
    """Return a vote of the actor's account; raises NotFound."""
    own = opinions.is_own(tx, schema.app_votes)
    return AppVote(*opinions.only(tx, _SELECT.where(_row.id == vote_id, own)))


def find(tx: Tx, choice: Choice) -> tuple[list[AppVote], int]:
    """Return a page of the votes of the actor's account, and how many there are."""
    ids, total = opinions.page(tx, schema.app_votes, choice)
    found = [AppVote(*row) for row in tx.all(_SELECT.where(_row.id.in_(ids)))]
    return opinions.in_order(found, ids), total


def remove(tx: Tx, vote_id: int) -> None:
    """Take a vote back, and what it did with it. Raises NotFound."""
    gone = get(tx, vote_id)
    tx.execute(delete(schema.app_votes).where(_row.id == vote_id))
    _follow(tx, gone)


def newest_of(tx: Tx, image_ids: Iterable[int], on_behalf_of: str | None) -> dict[int, AppVote]:
    """Return the newest vote of the actor's account for each image, on behalf of somebody."""
    newest = (
        select(func.max(_row.id))
        .where(
            opinions.is_own(tx, schema.app_votes),
            _row.image_id.in_(list(image_ids)),
            _row.on_behalf_of.is_not_distinct_from(on_behalf_of),
        )
        .group_by(_row.image_id)
    )
    votes = (AppVote(*row) for row in tx.all(_SELECT.where(_row.id.in_(newest))))
    return {vote.image_id: vote for vote in votes if vote.image_id is not None}


def _follow(tx: Tx, vote: AppVote) -> None:
    """Let the account's own vote be what the newest that counts says, or none."""
    if vote.account_id is None or vote.on_behalf_of is not None or vote.image_id is None:
        return
    left = newest_of(tx, [vote.image_id], None).get(vote.image_id)
    try:
        if left is None:
            core_votes.unvote(tx, vote.image_id)
        else:
            core_votes.vote(tx, vote.image_id, 1 if left.value > 0 else -1)
    except NotFound:
        return  # the image has gone out of sight since, and its counters with it
