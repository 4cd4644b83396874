"""The book of breeds and categories: everything about them by whatever it is asked for."""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from menagerie.core.animals import files
from menagerie.core.animals.keeping import kept
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import Species

_CACHE = "animals: book"
# More than the names of all breeds; it never holds what somebody searches for.
_MOST_PLAIN = 4096


class Breed(msgspec.Struct, frozen=True):
    """One breed. A measure is None, and a text empty, where we know nothing."""

    id: int
    code: str
    """The public id: a number for dogs, four letters for cats."""
    species: Species
    name: str
    group: str | None
    weight_min_kg: float | None
    weight_max_kg: float | None
    height_min_cm: float | None
    height_max_cm: float | None
    life_min_years: float | None
    life_max_years: float | None
    temperament: str
    """Words separated by comma and space, like origin, country_codes and alt_names."""
    origin: str
    country_codes: str
    bred_for: str
    perfect_for: str
    alt_names: str
    description: str
    history: str
    wikipedia: str
    is_extinct: bool
    traits: dict[str, int]
    tag_id: int | None
    reference_image_id: int | None
    created_at: int
    updated_at: int


class Category(msgspec.Struct, frozen=True):
    """One category of pictures of a species."""

    id: int
    species: Species
    name: str
    tag_id: int


class Book:
    """Every breed and category as of one moment; it never changes."""

    def __init__(self, breeds: Iterable[Breed], categories: Iterable[Category]) -> None:
        self.breeds = tuple(sorted(breeds, key=in_order_of_names))
        """In the order of names, like everything that is a sequence here."""
        self.categories = tuple(sorted(categories, key=in_order_of_names))
        self._of_species = {
            species: tuple(b for b in self.breeds if b.species == species) for species in Species
        }
        self._alive = {
            (species, is_extinct): tuple(b for b in breeds if b.is_extinct is is_extinct)
            for species, breeds in self._of_species.items()
            for is_extinct in (False, True)
        }
        self._tags_of = {
            species: tuple(b.tag_id for b in breeds if b.tag_id is not None)
            for species, breeds in self._of_species.items()
        }
        self._by_id = {breed.id: breed for breed in self.breeds}
        self._by_code = {breed.code: breed for breed in self.breeds}
        self._by_tag = {b.tag_id: b for b in self.breeds if b.tag_id is not None}
        # A name wins over another breed's alternative one.
        self._by_name = {
            (b.species, name.strip().casefold()): b
            for b in reversed(self.breeds)
            for name in b.alt_names.split(",")
        } | {(b.species, b.name.casefold()): b for b in self.breeds}
        self._categories = {category.id: category for category in self.categories}
        self._categories_by_tag: dict[int, tuple[Category, ...]] = {}
        for each in self.categories:
            there = self._categories_by_tag.get(each.tag_id, ())
            self._categories_by_tag[each.tag_id] = (*there, each)

    def of_species(self, species: Species) -> tuple[Breed, ...]:
        """Return the breeds of one species."""
        return self._of_species[species]

    def living(self, species: Species, *, is_extinct: bool = False) -> tuple[Breed, ...]:
        """Return the breeds of one species that live, or those that do not any more."""
        return self._alive[species, is_extinct]

    def keeps(self, breeds: Sequence[Breed]) -> bool:
        """Tell whether this very sequence is one that the book gives out again and again."""
        whole = (*self._of_species.values(), *self._alive.values())
        return any(breeds is kept for kept in whole)

    def tags_of(self, species: Species) -> tuple[int, ...]:
        """Return the tags of the breeds of one species."""
        return self._tags_of[species]

    def by_id(self, breed_id: int) -> Breed | None:
        """Return the breed of a row, or None."""
        return self._by_id.get(breed_id)

    def by_code(self, code: str) -> Breed | None:
        """Return the breed of a public id, in any case; or None."""
        return self._by_code.get(code) or self._by_code.get(code.strip().lower())

    def by_tag(self, tag_id: int) -> Breed | None:
        """Return the breed that a tag means, or None."""
        return self._by_tag.get(tag_id)

    def by_imagenet(self, index: int) -> Breed | None:
        """Return the breed of a class of the ImageNet challenge, from 0; or None."""
        code = files.imagenet_codes().get(index)
        return self._by_code.get(code) if code is not None else None

    def by_name(self, species: Species, name: str) -> Breed | None:
        """Return the breed called so, by its own name or else by another, in any case; or None."""
        return self._by_name.get((species, " ".join(name.split()).casefold()))

    def groups(self, species: Species | None = None) -> list[str]:
        """Return the groups that breeds are in, sorted."""
        breeds = self.breeds if species is None else self.of_species(species)
        return sorted({breed.group for breed in breeds if breed.group})

    def category(self, category_id: int) -> Category | None:
        """Return the category of an id, or None."""
        return self._categories.get(category_id)

    def categories_of(self, species: Species) -> tuple[Category, ...]:
        """Return the categories of one species."""
        return tuple(each for each in self.categories if each.species == species)

    def categories_by_tag(self, tag_id: int) -> tuple[Category, ...]:
        """Return the categories that a tag means; a name may be one of both species."""
        return self._categories_by_tag.get(tag_id, ())

    def category_by_tag(self, tag_id: int, species: Species | None = None) -> Category | None:
        """Return the category that a tag means, of this species if there is one; or None."""
        found = self.categories_by_tag(tag_id)
        of_it = [each for each in found if each.species == species]
        return next(iter((*of_it, *found)), None)

    @property
    def category_tags(self) -> Iterable[int]:
        """The tags that mean categories."""
        return self._categories_by_tag.keys()


def in_order_of_names(named: Breed | Category) -> tuple[str, int]:
    """Return by what breeds and categories are sorted."""
    return _plain_name(named.name), named.id


def plain(text: str) -> str:
    """Return a text as names are compared: in lower case, without accents.

    >>> plain("Épagneul de Pont-Audemer")
    'epagneul de pont-audemer'
    """
    if text.isascii():
        return text.casefold()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


_plain_name = lru_cache(_MOST_PLAIN)(plain)


def in_groups(
    breeds: Sequence[Breed], groups: Sequence[str] = (), excluded: Sequence[str] = ()
) -> Sequence[Breed]:
    """Return the breeds of any of the groups and of none of the excluded, in any case.

    No group asked for means all breeds, in the very same sequence.
    """
    if not groups and not excluded:
        return breeds
    wanted = {name.casefold() for name in groups}
    refused = {name.casefold() for name in excluded}
    return [
        breed
        for breed in breeds
        if (not wanted or (breed.group or "").casefold() in wanted)
        and (breed.group or "").casefold() not in refused
    ]


def called(breeds: Iterable[Breed], text: str) -> list[Breed]:
    """Return the breeds whose name, or an alternative one, holds a text; see `plain`."""
    part = plain(text)
    return [b for b in breeds if part in _plain_name(b.name) or part in _plain_name(b.alt_names)]


def book(tx: Tx) -> Book:
    """Return every breed and category; kept between transactions while none changes."""
    return kept(tx, _CACHE, read)


_COLUMNS = tuple(
    schema.breeds.c["breed_group" if name == "group" else name] for name in Breed.__struct_fields__
)
_TRAITS = Breed.__struct_fields__.index("traits")
_SPECIES = Breed.__struct_fields__.index("species")


def read(connection: Connection) -> Book:
    """Return every breed that was not removed, and every category."""
    statement = select(*_COLUMNS).where(schema.breeds.c.removed_at.is_(None))
    columns = (schema.categories.c[name] for name in Category.__struct_fields__)
    categories = [
        Category(row.id, Species(row.species), row.name, row.tag_id)
        for row in connection.execute(select(*columns))
    ]
    return Book([_breed(row) for row in connection.execute(statement)], categories)


def _breed(row: Sequence[Any]) -> Breed:
    values = list(row)
    values[_SPECIES] = Species(values[_SPECIES])
    values[_TRAITS] = msgspec.json.decode(values[_TRAITS]) if values[_TRAITS] else {}
    return Breed(*values)
