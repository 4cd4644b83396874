"""Pets themselves: making, finding, changing and removing them."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, update

from menagerie.core import images, rights
from menagerie.core.animals import book
from menagerie.core.orders import Order
from menagerie.core.pets import photos
from menagerie.core.pets.photos import Photo, PreparedPhoto
from menagerie.errors import Forbidden, Invalid, NotFound
from menagerie.library import SECOND, Tx
from menagerie.storage import schema
from menagerie.storage.schema import Species

_MOST_BYTES = {"description": 10_000}
_MOST_TEXT_BYTES = 255
_OLDEST = date(1900, 1, 1)

Text = str | UnsetType | None


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says about a pet; what is UNSET was not said, None takes it back.

    `breed` is the public id of one. `age_months` is said instead of `date_of_birth`, and counts
    only without one.
    """

    name: Text = UNSET
    on_behalf_of: Text = UNSET
    species: Species | UnsetType | None = UNSET
    breed: Text = UNSET
    description: Text = UNSET
    microchip: Text = UNSET
    date_of_birth: Text = UNSET
    age_months: int | UnsetType | None = UNSET
    country: Text = UNSET
    sex: Text = UNSET
    neuter_status: Text = UNSET
    external_owner: Text = UNSET


class Pet(msgspec.Struct, frozen=True):
    """One pet; times are microseconds UTC, cut to whole seconds."""

    id: int
    code: str
    """The public id."""
    account_id: int
    on_behalf_of: str | None
    name: str | None
    species: Species | None
    breed_id: int | None
    description: str | None
    microchip: str | None
    date_of_birth: str | None
    """YYYY-MM-DD."""
    country: str | None
    sex: str | None
    neuter_status: str | None
    external_owner: str | None
    created_at: int
    updated_at: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which pets a list is to hold; None and nothing mean all."""

    species: Species | None = None
    breed: str | None = None
    groups: tuple[str, ...] = ()
    excluded_groups: tuple[str, ...] = ()
    on_behalf_of: str | None = None
    external_owner: str | None = None


class Page(msgspec.Struct, frozen=True):
    """Some of the pets asked for, and how many there are in all."""

    items: list[Pet]
    total: int


_row = schema.pets.c
_PETS = select(*(_row[name] for name in Pet.__struct_fields__))
_TEXTS = ("name", "on_behalf_of", "description", "microchip", "country", "sex", "neuter_status",
          "external_owner")  # fmt: skip


# Reading.


def get(tx: Tx, code: str) -> Pet:
    """Return a pet of the actor's; raises Unauthenticated, Forbidden (another's) and NotFound."""
    account_id = rights.require_account(tx)
    row = tx.one(_PETS.where(_row.code == code, _row.removed_at.is_(None)))
    if row is None:
        raise NotFound("There is no pet with this id.")
    pet = _pet(row)
    if pet.account_id != account_id:
        raise Forbidden("This pet belongs to another account.")
    return pet


def find(tx: Tx, wanted: Wanted, *, order: Order = Order.ASC, limit: int, offset: int = 0) -> Page:
    """Return pets of the actor's account in an order, ASC being as they were made.

    Raises Unauthenticated.
    """
    conditions = [
        _row.account_id == rights.require_account(tx),
        _row.removed_at.is_(None),
        *_conditions(tx, wanted),
    ]
    total = tx.scalar(select(func.count()).select_from(schema.pets).where(*conditions))
    by: dict[Order, Any] = {
        Order.ASC: _row.id,
        Order.DESC: _row.id.desc(),
        Order.RANDOM: func.random(),
    }
    rows = tx.all(_PETS.where(*conditions).order_by(by[order]).limit(limit).offset(offset))
    return Page([_pet(row) for row in rows], int(total))


def _conditions(tx: Tx, wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    for name in ("species", "on_behalf_of", "external_owner"):
        if (value := getattr(wanted, name)) is not None:
            yield _row[name] == value
    if wanted.breed is not None:
        breed = book.book(tx).by_code(wanted.breed)
        yield _row.breed_id == (breed.id if breed is not None else -1)
    if wanted.groups:
        yield _row.breed_id.in_(_of_groups(tx, wanted.groups))
    if wanted.excluded_groups:
        # A pet of no breed is in no group that could be excluded.
        among = _row.breed_id.in_(_of_groups(tx, wanted.excluded_groups))
        yield or_(_row.breed_id.is_(None), ~among)


def _of_groups(tx: Tx, groups: tuple[str, ...]) -> list[int]:
    return [breed.id for breed in book.in_groups(book.book(tx).breeds, groups)]


def _pet(row: Row[*tuple[Any, ...]]) -> Pet:
    values = dict(zip(Pet.__struct_fields__, row, strict=True))
    if values["species"] is not None:
        values["species"] = Species(values["species"])
    return Pet(**values)


# Changing.


def create(tx: Tx, details: Details) -> Pet:
    """Make a pet of the actor's and return it.

    Raises Unauthenticated, Banned, and Invalid as `columns` does.
    """
    rights.require_contributor(tx)
    values = {
        "code": photos.new_code(tx.library),
        "account_id": rights.require_account(tx),
        "created_at": tx.now_s,
        "updated_at": tx.now_s,
        **columns(tx, details),
    }
    tx.execute(insert(schema.pets), values)
    return get(tx, str(values["code"]))


def change(tx: Tx, code: str, details: Details) -> Pet:
    """Change what is said about a pet and return it; saying nothing changes nothing.

    Raises as `get` and `columns` do, and Banned.
    """
    pet = get(tx, code)
    rights.require_contributor(tx)
    values = columns(tx, details)
    if not values:
        return pet
    touch(tx, pet.id, **values)
    return get(tx, code)


def add_photos(tx: Tx, pet: Pet, prepared: Sequence[PreparedPhoto]) -> list[Photo]:
    """Add prepared photographs to a pet of the actor's, and return them in their order.

    Those of which no age is said are of today. Raises what `intake.admit` raises.
    """
    rights.require_contributor(tx)
    today = age_months(pet.date_of_birth, today_of(tx.now))
    made = photos.add(tx, pet.id, [photos.aged(one, today) for one in prepared])
    if made:
        touch(tx, pet.id)
    return made


def remove(tx: Tx, code: str) -> None:
    """Remove a pet with its photographs and portraits and all that was said of it, for good.

    Raises as `get` does.
    """
    pet = get(tx, code)
    for kept in photos.of_pet(tx, pet.id, includes_portraits=True):
        images.delete_own(tx, kept.image_id)
    tx.execute(delete(schema.pet_analyses).where(schema.pet_analyses.c.pet_id == pet.id))
    said = dict.fromkeys((*_TEXTS, "species", "breed_id", "date_of_birth"))
    touch(tx, pet.id, removed_at=tx.now_s, **said)


def touch(tx: Tx, pet_id: int, **values: object) -> None:
    """Write columns of a pet, and when."""
    tx.execute(update(schema.pets).where(_row.id == pet_id).values(updated_at=tx.now_s, **values))


def columns(tx: Tx, details: Details) -> dict[str, object]:
    """Return what to write of a pet's details.

    Raises Invalid with all wrong fields together (the names of `Details`).
    """
    said = {
        name: value for name, value in msgspec.structs.asdict(details).items() if value is not UNSET
    }
    problems = _text_problems(said)
    values: dict[str, object] = {name: said[name] for name in (*_TEXTS, "species") if name in said}
    if "breed" in said:
        values["breed_id"] = _breed_id(tx, said["breed"], problems)
    values |= _birth(tx, said, problems)
    if problems:
        raise Invalid(problems)
    return values


def _text_problems(said: Mapping[str, Any]) -> dict[str, list[str]]:
    found = {
        name: images.check_text(said[name] or "", max_bytes=_MOST_BYTES.get(name, _MOST_TEXT_BYTES))
        for name in _TEXTS
        if name in said
    }
    return {name: texts for name, texts in found.items() if texts}


def _breed_id(tx: Tx, code: str | None, problems: dict[str, list[str]]) -> int | None:
    if code is None:
        return None
    breed = book.book(tx).by_code(code)
    if breed is None:
        problems["breed"] = ["names no breed"]
        return None
    return breed.id


def _birth(tx: Tx, said: Mapping[str, Any], problems: dict[str, list[str]]) -> dict[str, object]:
    """Return the date of birth to write, by date or by age."""
    today = today_of(tx.now)
    if said.get("date_of_birth") is not None:
        try:
            day = date.fromisoformat(str(said["date_of_birth"])[:10])
        except ValueError:
            problems["date_of_birth"] = ["must be a date such as 2020-01-31"]
            return {}
        if not _OLDEST <= day <= today:
            problems["date_of_birth"] = ["must not be in the future, nor before 1900"]
        return {"date_of_birth": day.isoformat()}
    if said.get("age_months") is not None:
        return {"date_of_birth": months_before(today, said["age_months"]).isoformat()}
    return {"date_of_birth": None} if "date_of_birth" in said else {}


# Ages.


def today_of(now: int) -> date:
    """Return the day of a time in microseconds, UTC."""
    return datetime.fromtimestamp(now // SECOND, UTC).date()


def months_before(day: date, months: int) -> date:
    """Return the day so many months before another, or the last of that month.

    >>> months_before(date(2026, 3, 31), 13)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def age_months(date_of_birth: str | None, day: date) -> int | None:
    """Return the age on a day in whole months; None when it is unknown or not born yet.

    >>> age_months("2024-05-20", date(2026, 1, 1))
    19
    """
    if date_of_birth is None:
        return None
    born = date.fromisoformat(date_of_birth)
    months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    return months if months >= 0 else None
