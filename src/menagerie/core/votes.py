"""Votes, faves, hides and subscriptions: what one account says of one image, and its counters.

A fave votes up as well, in place of any other vote; voting down takes the fave away. Doing the
same twice changes nothing. Who is not among those that see an image can do none of it.

Source: Philomena (2021 to 2026) for these rules.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Table,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)

from menagerie.core import rights, visibility
from menagerie.errors import Banned, Invalid, NotFound
from menagerie.library import Tx
from menagerie.search.personal import Relation
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind


class Counts(msgspec.Struct, frozen=True):
    """The counters of an image after what was done."""

    score: int
    upvotes: int
    downvotes: int
    faves: int
    hides: int


class Interaction(msgspec.Struct, frozen=True):
    """What the actor has done to an image.

    `type` is `voted`, `faved` or `hidden`; `value` is `up` or `down` for a vote, else empty.
    """

    image_id: int
    type: str
    value: str


class Fan(msgspec.Struct, frozen=True):
    """An account that keeps an image as a fave."""

    account_id: int
    name: str


_image = schema.images.c
_COUNTERS: tuple[ColumnElement[Any], ...] = tuple(_image[n] for n in Counts.__struct_fields__)
_TABLES = (schema.votes, schema.faves, schema.hides, schema.image_subscriptions)


def vote(tx: Tx, image_id: int, value: int) -> Counts:
    """Vote an image up (1) or down (-1), in place of the vote before; down also takes the fave.

    Raises Unauthenticated, Banned, NotFound, or Invalid (`value`).
    """
    if value not in {1, -1}:
        raise Invalid({"value": ["must be 1 or -1"]})
    account_id = _enter(tx, image_id, is_public=True)
    changes = _set_vote(tx, account_id, image_id, value)
    if value == -1:
        changes["faves"] = -_delete(tx, schema.faves, account_id, image_id)
    return _count(tx, account_id, image_id, changes)


def unvote(tx: Tx, image_id: int) -> Counts:
    """Take the vote back; a fave stays. Raises Unauthenticated, Banned or NotFound."""
    account_id = _enter(tx, image_id, is_public=True)
    return _count(tx, account_id, image_id, _set_vote(tx, account_id, image_id, 0))


def fave(tx: Tx, image_id: int, *, votes_up: bool = True) -> Counts:
    """Keep an image as a fave and vote it up. Raises Unauthenticated, Banned or NotFound."""
    account_id = _enter(tx, image_id, is_public=True)
    changes = _set_vote(tx, account_id, image_id, 1) if votes_up else {}
    changes["faves"] = _insert(tx, schema.faves, account_id, image_id)
    return _count(tx, account_id, image_id, changes)


def unfave(tx: Tx, image_id: int) -> Counts:
    """Keep an image no longer; the vote stays. Raises Unauthenticated, Banned or NotFound."""
    account_id = _enter(tx, image_id, is_public=True)
    gone = _delete(tx, schema.faves, account_id, image_id)
    return _count(tx, account_id, image_id, {"faves": -gone})


def hide(tx: Tx, image_id: int) -> Counts:
    """Put an image out of the actor's own sight. Raises Unauthenticated or NotFound."""
    account_id = _enter(tx, image_id)
    new = _insert(tx, schema.hides, account_id, image_id)
    return _count(tx, account_id, image_id, {"hides": new})


def unhide(tx: Tx, image_id: int) -> Counts:
    """Let the actor see an image again. Raises Unauthenticated or NotFound."""
    account_id = _enter(tx, image_id)
    gone = _delete(tx, schema.hides, account_id, image_id)
    return _count(tx, account_id, image_id, {"hides": -gone})


def subscribe(tx: Tx, image_id: int) -> Counts:
    """Let the actor be told what happens to an image. Raises Unauthenticated or NotFound."""
    account_id = _enter(tx, image_id)
    if _insert(tx, schema.image_subscriptions, account_id, image_id):
        tx.changed(ChangeKind.INTERACTION, account_id, image_id)
    return _counts(tx, image_id)


def unsubscribe(tx: Tx, image_id: int) -> Counts:
    """Tell the actor no longer what happens to an image. Raises Unauthenticated or NotFound."""
    account_id = _enter(tx, image_id)
    if _delete(tx, schema.image_subscriptions, account_id, image_id):
        tx.changed(ChangeKind.INTERACTION, account_id, image_id)
    return _counts(tx, image_id)


def _enter(tx: Tx, image_id: int, *, is_public: bool = False) -> int:
    """Return the actor's account once it is clear that it may; bans bind what others see."""
    facts = visibility.get_facts(tx, image_id)
    if visibility.state(facts) in {visibility.State.REMOVED, visibility.State.MERGED}:
        raise NotFound
    account_id = rights.require_account(tx)
    if is_public and rights.is_banned(tx):
        raise Banned
    return account_id


def _set_vote(tx: Tx, account_id: int, image_id: int, value: int) -> dict[str, int]:
    """Make the vote what it should be (0: none) and return by how much the counters change."""
    row = schema.votes.c
    own = (row.account_id == account_id, row.image_id == image_id)
    before: int = tx.scalar(select(row.value).where(*own)) or 0
    if before == value:
        return {}
    if value == 0:
        tx.execute(delete(schema.votes).where(*own))
    elif before == 0:
        _insert(tx, schema.votes, account_id, image_id, value=value)
    else:
        tx.execute(update(schema.votes).where(*own).values(value=value, created_at=tx.now_s))
    return {
        "upvotes": (value == 1) - (before == 1),
        "downvotes": (value == -1) - (before == -1),
        "score": value - before,
    }


def _insert(tx: Tx, table: Table, account_id: int, image_id: int, **values: int) -> int:
    """Add a row unless it is there; return how many were added."""
    there = select(table.c.image_id).where(
        table.c.account_id == account_id, table.c.image_id == image_id
    )
    if tx.one(there) is not None:
        return 0
    if "created_at" in table.c:
        values["created_at"] = tx.now_s
    tx.execute(insert(table).values(account_id=account_id, image_id=image_id, **values))
    return 1


def _delete(tx: Tx, table: Table, account_id: int, image_id: int) -> int:
    gone = tx.execute(
        delete(table).where(table.c.account_id == account_id, table.c.image_id == image_id)
    )
    return gone.rowcount


def _count(tx: Tx, account_id: int, image_id: int, changes: dict[str, int]) -> Counts:
    """Apply the changes of the counters, log them, and return the counters."""
    real = {name: by for name, by in changes.items() if by}
    if not real:
        return _counts(tx, image_id)
    tx.changed(ChangeKind.IMAGE, image_id)
    tx.changed(ChangeKind.INTERACTION, account_id, image_id)
    after = tx.execute(
        update(schema.images)
        .where(_image.id == image_id)
        .values({name: _image[name] + by for name, by in real.items()})
        .returning(*_COUNTERS)
    )
    row: Sequence[int] = after.one()
    return Counts(*row)


def _counts(tx: Tx, image_id: int) -> Counts:
    row = tx.one(select(*_COUNTERS).where(_image.id == image_id))
    if row is None:
        raise NotFound
    return Counts(*row)


# Reading.


def interactions(tx: Tx, ids: Sequence[int]) -> list[Interaction]:
    """Return what the actor has done to these images: hides, faves, upvotes, then downvotes.

    Nothing for whoever has no account. Answered from the catalogue's sets, which cost a statement
    only when first asked for.
    """
    account_id = tx.actor.account_id
    if account_id is None or not ids:
        return []
    if tx.has_changed:
        return _interactions_stored(tx, account_id, ids)
    personal = tx.library.catalogue.current().personal
    sets = ((kind, personal.related(relation, account_id)) for relation, kind in _RELATIONS)
    return [
        Interaction(image_id, *kind)
        for kind, found in sets
        for image_id in ids
        if image_id in found
    ]


def _interactions_stored(tx: Tx, account_id: int, ids: Sequence[int]) -> list[Interaction]:
    """Return the same from the database, for a transaction that the catalogue knows nothing of."""
    hides, faves, votes = schema.hides.c, schema.faves.c, schema.votes.c
    kinds = (
        select(hides.image_id, literal(0)).where(
            hides.account_id == account_id, hides.image_id.in_(ids)
        ),
        select(faves.image_id, literal(1)).where(
            faves.account_id == account_id, faves.image_id.in_(ids)
        ),
        # 2 is up, 4 is down; one column keeps it one statement.
        select(votes.image_id, 3 - votes.value).where(
            votes.account_id == account_id, votes.image_id.in_(ids)
        ),
    )
    places = {image_id: place for place, image_id in enumerate(ids)}
    found = sorted(
        (kind, places[image_id], image_id) for image_id, kind in tx.all(union_all(*kinds))
    )
    return [Interaction(image_id, *_NAMES[kind]) for kind, _, image_id in found]


_NAMES = {0: ("hidden", ""), 1: ("faved", ""), 2: ("voted", "up"), 4: ("voted", "down")}
_RELATIONS = (
    (Relation.HIDES, _NAMES[0]),
    (Relation.FAVES, _NAMES[1]),
    (Relation.UPVOTES, _NAMES[2]),
    (Relation.DOWNVOTES, _NAMES[4]),
)


def is_subscribed(tx: Tx, image_id: int) -> bool:
    """Tell whether the actor subscribes to an image."""
    row = schema.image_subscriptions.c
    own = (row.account_id == tx.actor.account_id, row.image_id == image_id)
    return tx.one(select(row.image_id).where(*own)) is not None


def fans(tx: Tx, image_id: int) -> list[Fan]:
    """Return who keeps an image as a fave, in the order they began to; raises NotFound."""
    visibility.require_visible(tx, image_id)
    row, account = schema.faves.c, schema.accounts.c
    found = tx.all(
        select(account.id, account.name)
        .join(schema.faves, row.account_id == account.id)
        .where(row.image_id == image_id, account.deactivated_at.is_(None))
        .order_by(row.created_at, account.id)
    )
    return [Fan(*fan) for fan in found]


# Many at once.


def move_all(tx: Tx, from_id: int, to_id: int) -> None:
    """Give an image the votes, faves, hides and subscriptions of another merged into it.

    What an account has said of the target itself stands. The other image keeps its own, for the
    case that the merge is undone. The caller decides whether the actor may.
    """
    moved: set[int] = set()
    votes = schema.votes.alias("votes_there")
    faves = schema.faves.alias("faves_there")
    no_downvote_on_fave = (schema.votes.c.value == 1) | ~exists().where(
        faves.c.account_id == schema.votes.c.account_id, faves.c.image_id == to_id
    )
    moved |= _copy(tx, schema.votes, from_id, to_id, no_downvote_on_fave)
    no_fave_on_downvote = ~exists().where(
        votes.c.account_id == schema.faves.c.account_id,
        votes.c.image_id == to_id,
        votes.c.value == -1,
    )
    moved |= _copy(tx, schema.faves, from_id, to_id, no_fave_on_downvote)
    moved |= _copy(tx, schema.hides, from_id, to_id)
    moved |= _copy(tx, schema.image_subscriptions, from_id, to_id)
    if moved:
        count_again(tx, [to_id])
        for account_id in sorted(moved):
            tx.changed(ChangeKind.INTERACTION, account_id, to_id)


def _copy(
    tx: Tx, table: Table, from_id: int, to_id: int, *conditions: ColumnElement[bool]
) -> set[int]:
    """Copy the rows of accounts that have none for the target; return those accounts."""
    there = table.alias("there")
    fits = (
        table.c.image_id == from_id,
        ~exists().where(there.c.account_id == table.c.account_id, there.c.image_id == to_id),
        *conditions,
    )
    accounts = set(tx.execute(select(table.c.account_id).where(*fits)).scalars())
    if accounts:
        names = [column.name for column in table.c]
        columns = [
            literal(to_id).label(name) if name == "image_id" else table.c[name] for name in names
        ]
        tx.execute(insert(table).from_select(names, select(*columns).where(*fits)))
    return accounts


def forget_account(tx: Tx, account_id: int) -> None:
    """Undo everything an account has said of any image; the caller decides whether this may be."""
    touched: set[int] = set()
    for table in _TABLES:
        touched.update(
            tx.execute(select(table.c.image_id).where(table.c.account_id == account_id)).scalars()
        )
        tx.execute(delete(table).where(table.c.account_id == account_id))
    count_again(tx, sorted(touched))
    for image_id in sorted(touched):
        tx.changed(ChangeKind.INTERACTION, account_id, image_id)


def count_again(tx: Tx, image_ids: Iterable[int]) -> None:
    """Set the counters of images from the rows they count."""
    vote, fave, hide = schema.votes.c, schema.faves.c, schema.hides.c

    def number(*conditions: ColumnElement[bool]) -> Any:
        return select(func.count()).where(*conditions).correlate(schema.images).scalar_subquery()

    values = {
        "upvotes": number(vote.image_id == _image.id, vote.value == 1),
        "downvotes": number(vote.image_id == _image.id, vote.value == -1),
        "score": select(func.coalesce(func.sum(vote.value), 0))
        .where(vote.image_id == _image.id)
        .correlate(schema.images)
        .scalar_subquery(),
        "faves": number(fave.image_id == _image.id),
        "hides": number(hide.image_id == _image.id),
    }
    for image_id in image_ids:
        tx.execute(update(schema.images).where(_image.id == image_id).values(values))
        tx.changed(ChangeKind.IMAGE, image_id)
