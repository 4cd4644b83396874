"""What administrators change: breeds, facts, health tips, laws, categories, translations.

Each is given as the shipped files have it. What was changed or removed here stays so when newer
files are shipped, and every change is in the log of the staff.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row, Table, func, select, update

from menagerie.core import images, rights, staff_log, visibility
from menagerie.core.animals import exporting, forms, translations
from menagerie.core.animals.files import Files
from menagerie.core.animals.loading import Loader
from menagerie.core.animals.merging import make_aliases, update_all
from menagerie.data.animals import (
    BreedEntry,
    CategoryEntry,
    CountryLaws,
    FactEntry,
    LawEntry,
    TipCategory,
    TipEntry,
)
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema, sql
from menagerie.storage.schema import AnimalTextKind, ChangeKind, Species

T = TypeVar("T", bound=msgspec.Struct)


class Kind(StrEnum):
    """What can be edited."""

    BREED = "breed"
    FACT = "fact"
    HEALTH_TIP = "health_tip"
    LAW = "law"
    CATEGORY = "category"


_FORMS: Mapping[Kind, type[msgspec.Struct]] = {
    Kind.BREED: BreedEntry,
    Kind.FACT: FactEntry,
    Kind.HEALTH_TIP: TipEntry,
    Kind.LAW: LawEntry,
    Kind.CATEGORY: CategoryEntry,
}
_TABLES = {
    Kind.BREED: schema.breeds,
    Kind.FACT: schema.animal_texts,
    Kind.HEALTH_TIP: schema.animal_texts,
    Kind.LAW: schema.laws,
}
# What need not be said of something new.
_BLANK: Mapping[Kind, Mapping[str, object]] = {
    Kind.BREED: dict.fromkeys(BreedEntry.__struct_fields__)
    | {"temperament": [], "country_codes": [], "alt_names": [], "extinct": False},
    Kind.FACT: {"breed": None, "sources": []},
    Kind.HEALTH_TIP: {"breed": None, "sources": []},
    Kind.LAW: {
        "status": "active",
        "level": "national",
        "jurisdiction": None,
        "characteristics": None,
        "effective_date": None,
        "breeds": [],
    },
    Kind.CATEGORY: {},
}
# Ids of an operator's own begin here, so that no shipped one ever meets them.
_OWN_FROM = 10_000
_FIXED = frozenset({"id", "code", "tag", "imagenet", "species"})
_FIELDS = {
    "breed": {
        "name", "temperament", "origin", "bred_for", "perfect_for", "description", "history",
    },
    "text": {"title", "text"},
    "group": {"name"},
    "tip_category": {"name"},
}  # fmt: skip


def entry_of(tx: Tx, kind: Kind, code: str) -> msgspec.Struct:
    """Return something as the files have it; a text by its public id or slug. Raises NotFound."""
    if kind is Kind.CATEGORY:
        row = schema.categories.c
        number = int(code) if code.isascii() and code.isdigit() else -1
        found = tx.one(select(row.id, row.name, row.species).where(row.id == number))
        if found is None:
            raise NotFound(f"there is no category {code!r}")
        return forms.category_entry(found)
    return _entry(tx, kind, _row(tx, kind, code))


def _row(tx: Tx, kind: Kind, code: str) -> Row[*tuple[Any, ...]]:
    table = _TABLES[kind]
    row = table.c
    wanted = row.code == code
    if table is schema.animal_texts:
        wanted = (row.kind == kind.value) & (wanted | (row.slug == code))
    found = tx.one(select(table).where(wanted, row.removed_at.is_(None)).order_by(row.id))
    if found is None:
        raise NotFound(f"there is no {kind.replace('_', ' ')} {code!r}")
    return found


def _entry(tx: Tx, kind: Kind, row: Row[*tuple[Any, ...]]) -> msgspec.Struct:
    if kind is Kind.BREED:
        return forms.breed_entry(row)
    if kind is Kind.LAW:
        names = {each.id: each.name for each in tx.all(select(schema.breeds))}
        return exporting.law_entry(tx, row, names)
    return exporting.text_of(tx, row)


def add(tx: Tx, kind: Kind, species: Species, said: Mapping[str, object]) -> str:
    """Add something and return its public id; of a dog's breed the id may be left out.

    A law needs `iso_code` and `country` beside its own fields. Raises Unauthenticated, Forbidden,
    and Invalid naming what is wrong, missing or there already.
    """
    rights.require_admin(tx)
    given = dict(said)
    country = [str(given.pop(name, "")) for name in ("iso_code", "country")]
    if kind in {Kind.LAW, Kind.CATEGORY}:
        given.setdefault("species", species.value)
    if kind is Kind.BREED and species is Species.DOG:
        given.setdefault("id", _own_id(tx))
    entry = _convert(_FORMS[kind], {**_BLANK[kind], **given})
    if kind is Kind.LAW and not all(country):
        raise Invalid({"country": ["a law needs iso_code and country"]})
    code = _code(kind, species, entry)
    if _is_there(tx, kind, species, entry, code):
        raise Invalid({kind.value: [f"{code!r} is there already"]})
    Loader(tx, is_own=True).load(_files(species, entry, (country[0].upper(), country[1])))
    _note(tx, "add", kind, code)
    return code


def _own_id(tx: Tx) -> str:
    row = schema.breeds.c
    codes = tx.execute(select(row.code).where(row.species == Species.DOG)).scalars()
    return str(max([_OWN_FROM, *(int(code) for code in codes if code.isdecimal())]) + 1)


def _code(kind: Kind, species: Species, entry: msgspec.Struct) -> str:
    if isinstance(entry, FactEntry | TipEntry):
        return forms.code_of(AnimalTextKind(kind.value), species, forms.slug_of(entry.title))
    return str(entry.code if isinstance(entry, LawEntry) else getattr(entry, "id", ""))


def _is_there(tx: Tx, kind: Kind, species: Species, entry: msgspec.Struct, code: str) -> bool:
    """Tell whether there is such a thing, removed or not: then it can be edited or loaded again."""
    if isinstance(entry, CategoryEntry):
        row = schema.categories.c
        same_name = (row.species == entry.species.value) & (row.name == entry.name)
        return tx.one(select(row.id).where((row.id == entry.id) | same_name)) is not None
    table = _TABLES[kind]
    same: Any = table.c.code == code
    if isinstance(entry, FactEntry | TipEntry):
        of_slug = table.c.slug == forms.slug_of(entry.title)
        same |= (table.c.kind == kind.value) & (table.c.species == species) & of_slug
    found = tx.one(select(table.c.removed_at).where(same))
    return found is not None and found.removed_at is None


def edit(tx: Tx, kind: Kind, code: str, changes: Mapping[str, object]) -> None:
    """Change fields of something; the others stay. A breed keeps its tag whatever its name.

    Raises Unauthenticated, Forbidden, NotFound, and Invalid by field.
    """
    rights.require_admin(tx)
    if fixed := sorted(_FIXED & changes.keys()):
        raise Invalid({name: ["cannot be changed"] for name in fixed})
    if kind is Kind.CATEGORY:
        raise Invalid({"kind": ["a category cannot be edited; add another one"]})
    row = _row(tx, kind, code)
    before = msgspec.to_builtins(_entry(tx, kind, row))
    entry = _convert(_FORMS[kind], {**before, **changes})
    species = Species(row.species)
    if isinstance(entry, FactEntry | TipEntry):
        _edit_text(tx, row, entry)
    else:
        country = (row.country_code, row.country_name) if kind is Kind.LAW else ("", "")
        Loader(tx, is_own=True).load(_files(species, entry, country))
    if isinstance(entry, BreedEntry) and row.tag_id is not None:
        make_aliases(tx, {forms.breed_tag(entry.name): row.tag_id})
    tx.changed(ChangeKind.BREED, 0)
    _note(tx, "edit", kind, row.code, fields=sorted(changes))


def _edit_text(tx: Tx, row: Row[*tuple[Any, ...]], entry: FactEntry | TipEntry) -> None:
    slug, table = forms.slug_of(entry.title), schema.animal_texts.c
    of_set = (table.kind == row.kind) & (table.species == row.species)
    other = select(table.id).where(of_set, table.slug == slug, table.id != row.id)
    if tx.one(other) is not None:
        raise Invalid({"title": ["is that of another one"]})
    values = forms.text_values(entry) | {
        "code": row.code,
        "slug": slug,
        "breed_id": Loader(tx, is_own=True).breed_id(Species(row.species), entry.breed),
        "is_edited": True,
        "updated_at": tx.now,
    }
    update_all(tx, schema.animal_texts, [values])


def remove(tx: Tx, kind: Kind, code: str) -> None:
    """Take something out; pictures and tags stay, and adding it again brings it back.

    Raises Unauthenticated, Forbidden, NotFound, and Invalid for a category.
    """
    rights.require_admin(tx)
    if kind is Kind.CATEGORY:
        raise Invalid({"kind": ["a category cannot be removed: it is a tag on pictures"]})
    row, table = _row(tx, kind, code), _TABLES[kind]
    tx.execute(update(table).where(table.c.id == row.id).values(removed_at=tx.now, is_edited=True))
    tx.changed(ChangeKind.BREED, 0)
    _note(tx, "remove", kind, row.code)


def set_reference_image(tx: Tx, code: str, image_id: int | None) -> None:
    """Let an image stand for a breed; None lets the library choose again.

    Raises Unauthenticated, Forbidden, NotFound, and Invalid for an image that not everybody sees.
    """
    rights.require_admin(tx)
    row = _row(tx, Kind.BREED, code)
    if image_id is not None and not visibility.is_searchable(images.get(tx, image_id)):
        raise Invalid({"image_id": ["must be an image that everybody finds"]})
    breeds = schema.breeds
    tx.execute(update(breeds).where(breeds.c.id == row.id).values(reference_image_id=image_id))
    tx.changed(ChangeKind.BREED, row.id)
    _note(tx, "edit", Kind.BREED, row.code, fields=["reference_image_id"])


def translate(tx: Tx, subject: str, field: str, language: str, text: str) -> None:
    """Say a field of a subject in a language; an empty text falls back to English.

    Subjects are `breed:1`, `text:<public id>`, `group:Toy` and `tip_category:Exercise`. Raises
    Unauthenticated, Forbidden, NotFound for an unknown subject, and Invalid.
    """
    rights.require_admin(tx)
    kind, _, name = subject.partition(":")
    code = translations.normalise(language)
    problems: dict[str, list[str]] = {}
    if field not in _FIELDS.get(kind, ()):
        fields = ", ".join(sorted(_FIELDS.get(kind, ()))) or "none: the subject is unknown"
        problems["field"] = [f"must be one of {fields}"]
    if len(code) != 2 or not code.isascii() or not code.isalpha() or code == translations.ENGLISH:
        problems["language"] = ["must be two letters, and not English"]
    if rights.is_unfit(text):
        problems["text"] = ["may not contain control characters"]
    if problems:
        raise Invalid(problems)
    _require_subject(tx, kind, name)
    values: dict[str, object] = {"subject": subject, "field": field, "language": code}
    marks = {"text": text.strip(), "is_edited": True, "updated_at": tx.now}
    sql.upsert(tx.connection, schema.translations, [values | marks])
    tx.changed(ChangeKind.BREED, 0)
    details: dict[str, object] = {"subject": subject, "field": field, "language": code}
    staff_log.note(tx, "translate", "animals", 0, details=details)


def _require_subject(tx: Tx, kind: str, name: str) -> None:
    tables: dict[str, Table] = {"breed": schema.breeds, "text": schema.animal_texts}
    if kind in tables:
        table = tables[kind]
        there = tx.scalar(select(func.count()).where(table.c.code == name))
    elif kind == "group":
        there = tx.scalar(select(func.count()).where(schema.breeds.c.breed_group == name))
    else:
        there = name in set(TipCategory)
    if not there:
        raise NotFound(f"there is no {kind} {name!r}")


# What is common to all kinds.


def _convert(form: type[T], said: Mapping[str, object]) -> T:
    """Return what was said as an entry; raises Invalid by field."""
    unknown = said.keys() - set(form.__struct_fields__)
    missing = set(form.__struct_fields__) - said.keys()
    problems = {name: ["is unknown"] for name in sorted(unknown)}
    problems |= {name: ["is missing"] for name in sorted(missing)}
    if problems:
        raise Invalid(problems)
    try:
        entry = msgspec.convert(dict(said), form, strict=False)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$.")
        raise Invalid({place.strip("`") or "entry": [text]}) from error
    forms.require_fit(entry)
    if isinstance(entry, BreedEntry):
        _require_ranges(entry)
    return entry


def _require_ranges(entry: BreedEntry) -> None:
    ranges = {name: getattr(entry, name) for name in ("weight_kg", "height_cm", "life_years")}
    problems = {
        name: ["must be two figures above 0, the smaller one first"]
        for name, figures in ranges.items()
        if figures is not None and not 0 < figures[0] <= figures[1] < math.inf
    }
    if problems:
        raise Invalid(problems)


def _files(species: Species, entry: msgspec.Struct, country: tuple[str, str]) -> Files:
    """Return files with one entry."""
    found = Files({}, {}, {}, [], [], {})
    match entry:
        case BreedEntry():
            found.breeds[species] = [entry]
        case FactEntry():
            found.facts[species] = [entry]
        case TipEntry():
            found.health_tips[species] = [entry]
        case LawEntry():
            found.laws.append(CountryLaws(*country, [entry]))
        case CategoryEntry():
            found.categories.append(entry)
    return found


def _note(tx: Tx, action: str, kind: Kind, code: str, *, fields: list[str] | None = None) -> None:
    table = _TABLES.get(kind)
    row_id = tx.scalar(select(table.c.id).where(table.c.code == code)) if table is not None else 0
    details: dict[str, object] = {"code": code} | ({"fields": fields} if fields else {})
    staff_log.note(tx, f"{action} {kind.replace('_', ' ')}", kind.value, row_id, details=details)
