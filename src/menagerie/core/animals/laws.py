"""What the law says of breeds, by country. Information, not legal advice."""

from collections.abc import Callable, Iterable, Sequence

import msgspec
from sqlalchemy import Connection, select

from menagerie.core.animals.keeping import kept
from menagerie.data.animals import LawStatus, Level
from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import Species

_CACHE = "animals: laws"
NO_LEVEL = "none"
_LEVELS = (Level.NATIONAL, Level.STATE, Level.CANTON, Level.REGIONAL, Level.CITY)
"""From the widest to the narrowest."""


class LawBreed(msgspec.Struct, frozen=True):
    """A breed or type that a law names, as it calls it; `breed_id` is None where we have none."""

    breed_id: int | None
    name: str
    ban_type: str
    includes_mixes: bool


class Law(msgspec.Struct, frozen=True):
    """One law in our words; dates are `YYYY-MM-DD`."""

    id: int
    code: str
    country_code: str
    country_name: str
    level: str
    jurisdiction: str | None
    """Where it holds if not in the whole country."""
    name: str
    kind: str
    approach: str
    status: str
    species: Species
    summary: str
    characteristics: str
    effective_date: str | None
    source_url: str
    checked_on: str
    breeds: tuple[LawBreed, ...] = ()


class Country(msgspec.Struct, frozen=True):
    """A country with laws; `level` is the widest that any law in force has."""

    iso_code: str
    name: str
    has_national_law: bool
    level: str
    species: tuple[Species, ...]
    law_count: int


class Jurisdiction(msgspec.Struct, frozen=True):
    """A part of a country with the laws that hold there."""

    name: str
    level: str
    laws: tuple[Law, ...]


class CountryLaws(msgspec.Struct, frozen=True):
    """The laws of a country: those of the whole country, and those of its parts by name."""

    country: Country
    national: tuple[Law, ...]
    jurisdictions: tuple[Jurisdiction, ...]


def countries(tx: Tx, species: Species | None = None) -> list[Country]:
    """Return the countries with laws about a species, or any, in the order of names."""
    found: dict[str, list[Law]] = {}
    for law in _laws(tx):
        if species in {None, law.species}:
            found.setdefault(law.country_code, []).append(law)
    return sorted(map(_country, found.values()), key=lambda country: country.name)


def _country(laws: Sequence[Law]) -> Country:
    """Return the country that these laws, at least one, are of."""
    levels = {law.level for law in laws if law.status == LawStatus.ACTIVE}
    return Country(
        iso_code=laws[0].country_code,
        name=laws[0].country_name,
        has_national_law=Level.NATIONAL in levels,
        level=next((level.value for level in _LEVELS if level in levels), NO_LEVEL),
        species=tuple(s for s in Species if any(law.species == s for law in laws)),
        law_count=len(laws),
    )


def of_country(
    tx: Tx,
    code: str,
    *,
    kind: str | None = None,
    approach: str | None = None,
    jurisdiction: str | None = None,
    species: Species | None = None,
    takes_breed: Callable[[int | None], bool] | None = None,
) -> CountryLaws:
    """Return the laws of a country that fit; raises NotFound for one of which we know none.

    `takes_breed` leaves out breeds that laws name, by id; None is a type that is no breed of ours.
    """
    there = [law for law in _laws(tx) if law.country_code == code.strip().upper()]
    if not there:
        raise NotFound(f"No legislation is known for the country {code!r}.")
    place = jurisdiction.strip().casefold() if jurisdiction else None
    laws = [
        law if takes_breed is None else _cut(law, takes_breed)
        for law in there
        if kind in {None, law.kind}
        and approach in {None, law.approach}
        and species in {None, law.species}
        and place in {None, (law.jurisdiction or "").casefold()}
    ]
    return CountryLaws(
        country=_country(there),
        national=tuple(law for law in laws if law.jurisdiction is None),
        jurisdictions=_by_place(law for law in laws if law.jurisdiction is not None),
    )


def _cut(law: Law, takes_breed: Callable[[int | None], bool]) -> Law:
    left = tuple(each for each in law.breeds if takes_breed(each.breed_id))
    return msgspec.structs.replace(law, breeds=left)


def _by_place(laws: Iterable[Law]) -> tuple[Jurisdiction, ...]:
    found: dict[tuple[str, str], list[Law]] = {}
    for law in laws:
        found.setdefault((law.jurisdiction or "", law.level), []).append(law)
    return tuple(
        Jurisdiction(name, level, tuple(of_place))
        for (name, level), of_place in sorted(found.items(), key=lambda item: item[0])
    )


def of_breed(tx: Tx, breed_id: int, species: Species | None = None) -> list[tuple[Law, LawBreed]]:
    """Return the laws that name a breed, with what they say of it, in the order of countries."""
    found = [
        (law, each)
        for law in _laws(tx)
        if species in {None, law.species}
        for each in law.breeds
        if each.breed_id == breed_id
    ]
    return sorted(found, key=lambda pair: (pair[0].country_name, pair[0].jurisdiction or ""))


def find(tx: Tx, code: str) -> Law | None:
    """Return the law of our code such as `dk-dog-act`, or None."""
    return next((law for law in _laws(tx) if law.code == code), None)


def _laws(tx: Tx) -> tuple[Law, ...]:
    return kept(tx, _CACHE, read)


def read(connection: Connection) -> tuple[Law, ...]:
    """Return every law that was not removed, in the order they were put in."""
    row, named = schema.laws.c, schema.law_breeds.c
    breeds: dict[int, list[LawBreed]] = {}
    for law_id, *values in connection.execute(
        select(named.law_id, *(named[name] for name in LawBreed.__struct_fields__)).order_by(
            named.law_id, named.position
        )
    ):
        breeds.setdefault(law_id, []).append(LawBreed(*values))
    columns = [row[name] for name in Law.__struct_fields__ if name != "breeds"]
    statement = select(*columns).where(row.removed_at.is_(None)).order_by(row.id)
    return tuple(
        msgspec.structs.replace(
            Law(*values), species=Species(values.species), breeds=tuple(breeds.get(values.id, ()))
        )
        for values in connection.execute(statement)
    )
