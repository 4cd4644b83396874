"""What votes and favourites of programs have in common: whose they are, and pages of them."""

from typing import Any

import msgspec
from pyroaring import BitMap
from sqlalchemy import ColumnElement, Select, Table, func, select

from menagerie.core.orders import Order
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx

MOST_CHARACTERS = 255


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What a vote to send, or a favourite, says; `image_id` is None unless they may see one.

    Texts have at most 255 characters.
    """

    image_ref: str
    image_id: int | None = None
    on_behalf_of: str | None = None
    country_code: str | None = None
    address: str | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are wanted.

    `within` keeps the rows about these images, so none without an image; `without` leaves those
    about these out. None is no condition. `account_id` are another account's, for administrators
    only: for others it is no condition either.
    """

    account_id: int | None = None
    on_behalf_of: str | None = None
    image_ref: str | None = None
    within: BitMap | None = None
    without: BitMap | None = None
    order: Order = Order.ASC
    limit: int = 10
    offset: int = 0


def check(opinion: Opinion) -> None:
    """Return if every text may be kept; raises Invalid with all that may not."""
    problems = {
        name: [f"should be at most {MOST_CHARACTERS} character(s)"]
        for name, text in msgspec.structs.asdict(opinion).items()
        if isinstance(text, str) and len(text) > MOST_CHARACTERS
    }
    if not opinion.image_ref:
        problems["image_ref"] = ["is required"]
    if problems:
        raise Invalid(problems)


def is_own(tx: Tx, table: Table, account_id: int | None = None) -> ColumnElement[bool]:
    """Return the condition for rows of the actor's account, or of those who have none.

    An administrator may name another account.
    """
    if account_id is None or not tx.actor.is_admin:
        account_id = tx.actor.account_id
    return table.c.account_id.is_not_distinct_from(account_id)


def page(
    tx: Tx, table: Table, choice: Choice, *conditions: ColumnElement[bool]
) -> tuple[list[int], int]:
    """Return the ids of a page of the actor's rows, in order, and how many there are in all."""
    row = table.c
    wanted = [is_own(tx, table, choice.account_id), *conditions]
    if choice.on_behalf_of is not None:
        wanted.append(row.on_behalf_of == choice.on_behalf_of)
    if choice.image_ref is not None:
        wanted.append(row.image_ref == choice.image_ref)
    first, last = choice.offset, choice.offset + choice.limit
    is_plain = choice.within is None and choice.without is None
    if is_plain and choice.order is not Order.RANDOM:
        total = tx.scalar(select(func.count()).select_from(table).where(*wanted))
        by = row.id.desc() if choice.order is Order.DESC else row.id
        some = select(row.id).where(*wanted).order_by(by).limit(choice.limit).offset(first)
        return [row_id for (row_id,) in tx.all(some)], int(total)
    # Images are in sets of the catalogue, and chance is the library's, so both are decided here.
    every = tx.all(select(row.id, row.image_id).where(*wanted).order_by(row.id))
    ids = [row_id for row_id, image_id in every if _is_wanted(choice, image_id)]
    if choice.order is Order.RANDOM:
        return tx.library.random.sample(ids, min(choice.limit, len(ids))), len(ids)
    return (ids[::-1] if choice.order is Order.DESC else ids)[first:last], len(ids)


def _is_wanted(choice: Choice, image_id: int | None) -> bool:
    if choice.within is not None and (image_id is None or image_id not in choice.within):
        return False
    return choice.without is None or image_id is None or image_id not in choice.without


def in_order(rows: list[Any], ids: list[int]) -> list[Any]:
    """Return the rows, each with an `id`, in the order of `ids`."""
    by_id = {row.id: row for row in rows}
    return [by_id[row_id] for row_id in ids if row_id in by_id]


def only(tx: Tx, statement: Select[Any]) -> Any:
    """Return the one row; raises NotFound."""
    row = tx.one(statement)
    if row is None:
        raise NotFound
    return row
