"""Facts and health tips."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection, select

from menagerie.core.animals import forms
from menagerie.core.animals.keeping import kept
from menagerie.core.orders import Order
from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import AnimalTextKind, Species

_CACHE = "animals: texts"


class AnimalText(msgspec.Struct, frozen=True):
    """A fact or a health tip, in English; `breed_id` is None if it is about the species."""

    id: int
    code: str
    """The public id, ten letters and digits."""
    kind: AnimalTextKind
    species: Species
    breed_id: int | None
    category: str
    """Of a health tip, else empty."""
    title: str
    slug: str
    text: str
    sources: list[str]


class Page(msgspec.Struct, frozen=True):
    """Some of the texts asked for, and how many there are in all."""

    items: Sequence[AnimalText]
    total: int


class _Texts:
    """Every text, in the order they were put in."""

    def __init__(self, texts: Sequence[AnimalText]) -> None:
        self._sets: dict[object, list[AnimalText]] = {}
        self._by_name: dict[tuple[AnimalTextKind, str], AnimalText] = {}
        for text in texts:
            for key in (
                (text.kind, None, None),
                (text.kind, text.species, None),
                (text.kind, None, text.breed_id),
                (text.kind, text.species, text.breed_id),
            ):
                # A text about no breed has the key of its kind, or of its species, twice.
                found = self._sets.setdefault(key, [])
                if not found or found[-1] is not text:
                    found.append(text)
            self._by_name.setdefault((text.kind, text.slug), text)
        self._by_name |= {(text.kind, text.code): text for text in texts}

    def of(
        self, kind: AnimalTextKind, species: Species | None, breed_id: int | None
    ) -> Sequence[AnimalText]:
        return self._sets.get((kind, species, breed_id), ())

    def named(self, kind: AnimalTextKind, name: str) -> AnimalText | None:
        return self._by_name.get((kind, name))


def find(
    tx: Tx,
    kind: AnimalTextKind,
    *,
    species: Species | None = None,
    breed_id: int | None = None,
    order: Order = Order.ASC,
    limit: int,
    offset: int = 0,
) -> Page:
    """Return texts of a species, a breed, or all; RANDOM draws anew, and knows no offset."""
    found = _texts(tx).of(kind, species, breed_id)
    if order is Order.RANDOM:
        return Page(tx.library.random.sample(found, min(limit, len(found))), len(found))
    ordered = found if order is Order.ASC else found[::-1]
    return Page(ordered[offset : offset + limit], len(found))


def pick(
    tx: Tx,
    kind: AnimalTextKind,
    *,
    species: Species | None = None,
    breed_id: int | None = None,
) -> AnimalText:
    """Return any text of a species, a breed, or all; raises NotFound if there is none."""
    found = _texts(tx).of(kind, species, breed_id)
    if not found:
        raise NotFound
    return tx.library.random.choice(found)


def get(tx: Tx, kind: AnimalTextKind, code_or_slug: str) -> AnimalText:
    """Return the text of a public id, or else of a slug; raises NotFound."""
    found = _texts(tx).named(kind, code_or_slug)
    if found is None:
        raise NotFound
    return found


def _texts(tx: Tx) -> _Texts:
    return kept(tx, _CACHE, _read)


def _read(connection: Connection) -> _Texts:
    row = schema.animal_texts.c
    columns = (row[name] for name in AnimalText.__struct_fields__)
    statement = select(*columns).where(row.removed_at.is_(None)).order_by(row.id)
    return _Texts([_text(row._mapping) for row in connection.execute(statement)])  # noqa: SLF001


def _text(row: Mapping[Any, Any]) -> AnimalText:
    """Return the text of a row by its columns' names."""
    return AnimalText(
        **{
            **row,
            "kind": AnimalTextKind(row["kind"]),
            "species": Species(row["species"]),
            "sources": row["sources"].splitlines(),
        }
    )


class Source(msgspec.Struct, frozen=True):
    """An address that texts name; `breed_id` is the first of the breeds they are about."""

    code: str
    name: str
    url: str
    breed_id: int | None


def sources(tx: Tx) -> list[Source]:
    """Return each address that facts and tips come from, in the order of addresses."""
    found: dict[str, int | None] = {}
    for kind in AnimalTextKind:
        for text in _texts(tx).of(kind, None, None):
            for url in text.sources:
                found.setdefault(url, text.breed_id)
    return [
        Source(
            forms.number_code(int.from_bytes(hashlib.sha256(url.encode()).digest())),
            urlsplit(url).hostname or url,
            url,
            breed_id,
        )
        for url, breed_id in sorted(found.items())
    ]
