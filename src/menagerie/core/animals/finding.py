"""Finding pictures of animals: public ones of a species, and an account's own.

What everybody finds here passes the system's filter Default, so that nothing explicit reaches
programs for people who want to see a dog.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from pyroaring import BitMap
from sqlalchemy import select

from menagerie.core import filters, find, rights
from menagerie.core.animals import book, pictures
from menagerie.core.orders import Order
from menagerie.library import Tx
from menagerie.search import order as orders
from menagerie.search.order import Sort
from menagerie.storage import schema
from menagerie.storage.schema import Species

_CLIPS = frozenset({"video/webm", "video/mp4"})
_NOTHING = BitMap()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which pictures are asked for; every condition must hold, None and False being none.

    `breed_ids` and `category_ids` are rows of which one is needed, as is one of the `groups` (in
    any case); `without_groups` leaves out pictures of breeds in them. `media_types` are the types
    taken; without any, all but clips.
    """

    species: Species | None = None
    breed_ids: Sequence[int] | None = None
    category_ids: Sequence[int] | None = None
    groups: Sequence[str] = ()
    without_groups: Sequence[str] = ()
    has_breeds: bool = False
    media_types: frozenset[str] | None = None


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """Which of an account's own pictures are asked for, None being all of them."""

    on_behalf_of: str | None = None
    name: str | None = None


class Found(msgspec.Struct, frozen=True):
    """Ids of the images on a page, and how many there are on all pages."""

    ids: list[int]
    total: int


def public(tx: Tx, wanted: Wanted, order: Order, *, limit: int, offset: int = 0) -> Found:
    """Return public pictures that everybody finds under the filter Default.

    By chance they are drawn anew each time, none twice, and `offset` means nothing.
    """
    base = _shared(tx, wanted.species)
    return _page(tx, _among(tx, base, wanted), order, limit=limit, offset=offset)


def own(tx: Tx, own_: Own, wanted: Wanted, order: Order, *, limit: int, offset: int = 0) -> Found:
    """Return what the actor's account put in, of any state but gone; photos of pets are apart.

    Raises Unauthenticated.
    """
    row = schema.images.c
    statement = select(row.id).where(
        row.account_id == rights.require_account(tx),
        row.removed_at.is_(None),
        row.merged_into_id.is_(None),
        row.id.not_in(select(schema.pet_images.c.image_id)),
    )
    if own_.on_behalf_of is not None:
        statement = statement.where(row.on_behalf_of == own_.on_behalf_of)
    if own_.name is not None:
        statement = statement.where(row.name == own_.name)
    base = BitMap([found.id for found in tx.all(statement)])
    if wanted.species is not None:
        base &= pictures.of_species(tx, wanted.species)
    return _page(tx, _among(tx, base, wanted), order, limit=limit, offset=offset)


def _shared(tx: Tx, species: Species | None) -> BitMap:
    """Return what everybody finds of a species; not to be written to."""
    visible = find.within_filter(tx, filters.get(tx, filters.DEFAULT_ID))
    if species is None:
        return visible
    return _kept(tx, species, (visible, pictures.of_species(tx, species)), BitMap.__and__)


def _kept(tx: Tx, name: object, parts: tuple[Any, ...], work: Callable[..., BitMap]) -> BitMap:
    """Return what `work` makes of the parts, made anew only when one of them is another object.

    Most changes of the catalogue leave these as they are.
    """
    made: dict[object, tuple[tuple[Any, ...], BitMap]]
    made = tx.library.caches.setdefault("animals: kept sets", {})
    before = made.get(name)
    if before is None or not all(map(operator.is_, before[0], parts)):
        before = made[name] = (parts, work(*parts))
    return before[1]


def _among(tx: Tx, base: BitMap, wanted: Wanted) -> BitMap:
    """Return what of `base` is wanted; never the same object changed."""
    found = base
    if wanted.media_types is None:
        clips = _of_types(tx, _CLIPS)
        found = _kept(tx, ("no clips", wanted.species), (found, clips), BitMap.__sub__)
    else:
        found = found & _of_types(tx, wanted.media_types)
    if wanted.breed_ids is not None:
        found = found & pictures.of_breeds(tx, wanted.breed_ids)
    if wanted.category_ids is not None:
        found = found & pictures.of_categories(tx, wanted.category_ids)
    if wanted.has_breeds:
        found = found & pictures.of_breeds(tx, [breed.id for breed in book.book(tx).breeds])
    if wanted.groups:
        found = found & of_groups(tx, wanted.groups)
    if wanted.without_groups:
        found = found - of_groups(tx, wanted.without_groups)
    return found


def of_groups(tx: Tx, groups: Sequence[str]) -> BitMap:
    """Return the images of any breed that is in one of the groups, in any case."""
    if not groups:
        return BitMap()
    breeds = book.in_groups(book.book(tx).breeds, groups)
    return pictures.of_breeds(tx, [breed.id for breed in breeds])


def _of_types(tx: Tx, media_types: frozenset[str]) -> BitMap:
    version = tx.version
    codes = [
        place
        for place, media_type in enumerate(version.codes["mime_type"], 1)
        if media_type in media_types
    ]
    if not codes:
        return _NOTHING
    column = version.columns["mime_type"]
    return _kept(
        tx,
        ("media types", *codes),
        (column,),
        lambda column: column.where(lambda values: np.isin(values, codes)),
    )


def _page(tx: Tx, hits: BitMap, order: Order, *, limit: int, offset: int) -> Found:
    total = len(hits)
    if order is Order.RANDOM:
        places = tx.library.random.sample(range(total), min(limit, total))
        return Found([hits[place] for place in places], total)
    sort = Sort("first_seen_at", ascending=order is Order.ASC)
    stop = offset + limit
    return Found(orders.page(tx.version, hits, sort, start=offset, stop=stop), total)
