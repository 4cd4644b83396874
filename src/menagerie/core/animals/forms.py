"""Entries of the files as rows, and rows as entries."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Row

from menagerie.core import rights
from menagerie.core.animals import files
from menagerie.data import animals
from menagerie.data.animals import (
    BanType,
    BreedEntry,
    CategoryEntry,
    CatTraits,
    FactEntry,
    Group,
    LawBreed,
    LawEntry,
    TipEntry,
)
from menagerie.errors import Invalid
from menagerie.search.words import normalise_tag_name
from menagerie.storage.schema import AnimalTextKind, Species

Values = dict[str, Any]
TextEntry = FactEntry | TipEntry
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODE_LENGTH = 10
_RANGES = {"weight_kg": "weight_{}_kg", "height_cm": "height_{}_cm", "life_years": "life_{}_years"}
_LISTS = ("temperament", "country_codes", "alt_names")
_PLAIN = ("origin", "bred_for", "perfect_for", "description", "history", "wikipedia")


def require_fit(entry: msgspec.Struct) -> None:
    """Let pass unless a text holds what no database can or a link leads nowhere.

    Raises Invalid by field.
    """
    texts = {name: msgspec.json.encode(getattr(entry, name)) for name in entry.__struct_fields__}
    bad = [n for n, text in texts.items() if b"\\u0000" in text or rights.is_unfit(text.decode())]
    if bad:
        raise Invalid({name: ["may not contain control characters"] for name in bad})
    addresses = {"sources": getattr(entry, "sources", ()), "source_url": _source_of(entry)}
    bad = [name for name, given in addresses.items() if not all(map(_is_link, given))]
    if bad:
        raise Invalid({name: ["must be addresses with https:// or http://"] for name in bad})


def _source_of(entry: msgspec.Struct) -> tuple[str, ...]:
    return (entry.source_url,) if isinstance(entry, LawEntry) else ()


def _is_link(text: str) -> bool:
    """Tell whether a page may lead there."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not set(text) & set(" \n")


# Breeds.


def breed_values(entry: BreedEntry) -> Values:
    """Return the columns of a breed but its species and its tag."""
    values: Values = {
        "code": entry.id,
        "name": entry.name,
        "breed_group": entry.group,
        "is_extinct": entry.extinct,
        "traits": msgspec.json.encode(entry.traits).decode() if entry.traits else "",
    }
    for field, column in _RANGES.items():
        low, high = getattr(entry, field) or (None, None)
        values |= {column.format("min"): low, column.format("max"): high}
    values |= {name: ", ".join(getattr(entry, name)) for name in _LISTS}
    return values | {name: getattr(entry, name) or "" for name in _PLAIN}


def breed_entry(row: Row[*tuple[Any, ...]]) -> BreedEntry:
    """Return a row of the table of breeds as the files have it."""
    of = row._mapping  # noqa: SLF001  # the documented way to columns by name
    classes = {code: index for index, code in files.imagenet_codes().items()}
    lists: Values = {name: of[name].split(", ") if of[name] else [] for name in _LISTS}
    ranges: Values = {field: _range(of, column) for field, column in _RANGES.items()}
    texts: Values = {name: of[name] or None for name in _PLAIN}
    return BreedEntry(
        id=row.code,
        name=row.name,
        tag=files.breed_words().get(row.code),
        imagenet=classes.get(row.code),
        group=Group(row.breed_group) if row.breed_group else None,
        extinct=row.is_extinct,
        traits=msgspec.json.decode(row.traits, type=CatTraits) if row.traits else None,
        **lists,
        **ranges,
        **texts,
    )


def _range(of: Mapping[Any, Any], column: str) -> tuple[float, float] | None:
    low = of[column.format("min")]
    high = of[column.format("max")]
    if low is None or high is None:
        return None
    return _whole(low), _whole(high)


def _whole(figure: float) -> float:
    """Return a whole figure as such, so that it is written without a fraction."""
    return int(figure) if figure.is_integer() else figure


def breed_tag(name: str) -> str:
    """Return the name of the tag on pictures of a breed of this name.

    >>> breed_tag("Bichon Frise")
    'breed:bichon frise'
    """
    return "breed:" + normalise_tag_name(name.replace(",", " "))


def category_tag(name: str) -> str:
    """Return the name of the tag on pictures of a category of this name."""
    return "category:" + normalise_tag_name(name.replace(",", " "))


def category_entry(row: Row[*tuple[Any, ...]]) -> CategoryEntry:
    """Return a row of the table of categories as the files have it."""
    return CategoryEntry(row.id, row.name, animals.Species(row.species))


# Facts and health tips.


def slug_of(title: str) -> str:
    """Return a title as it stands in addresses.

    >>> slug_of("Why do dogs' noses stay wet?")
    'why-do-dogs-noses-stay-wet'
    """
    plain = unicodedata.normalize("NFKD", title.lower())
    kept = "".join(c for c in plain if c.isascii() or c.isalnum())
    return "-".join(re.findall(r"\w+", re.sub(r"['’]", "", kept))) or "untitled"


def code_of(kind: AnimalTextKind, species: Species, slug: str) -> str:
    """Return the public id of a shipped text, which is the same in every library."""
    number = int.from_bytes(hashlib.sha256(f"{kind}/{species}/{slug}".encode()).digest())
    return number_code(number)


def number_code(number: int) -> str:
    """Return ten letters and digits that come of a large number."""
    text = ""
    for _ in range(_CODE_LENGTH):
        number, place = divmod(number, len(_LETTERS))
        text += _LETTERS[place]
    return text


def slugs(entries: Iterable[TextEntry]) -> dict[str, str]:
    """Return a slug for each title; of several that come out alike the later ones get a number."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for entry in entries:
        slug = wanted = slug_of(entry.title)
        count = 1
        while slug in taken:
            count += 1
            slug = f"{wanted}-{count}"
        taken.add(slug)
        found[entry.title] = slug
    return found


def text_values(entry: TextEntry) -> Values:
    """Return the columns of a fact or health tip but its kind, code, slug, species and breed."""
    common = {"title": entry.title, "sources": "\n".join(entry.sources)}
    if isinstance(entry, FactEntry):
        return common | {"category": "", "text": entry.fact}
    return common | {"category": entry.category.value, "text": entry.description}


def text_entry(row: Row[*tuple[Any, ...]], breed: str | None) -> TextEntry:
    """Return a row of the table of texts as the files have it; `breed` is a name."""
    said = {"title": row.title, "breed": breed, "sources": row.sources.splitlines()}
    if row.kind == AnimalTextKind.FACT:
        return msgspec.convert(said | {"fact": row.text}, FactEntry)
    return msgspec.convert(said | {"description": row.text, "category": row.category}, TipEntry)


# Laws.


def law_values(entry: LawEntry) -> Values:
    """Return the columns of a law but its country."""
    values: Values = msgspec.structs.asdict(entry)
    del values["breeds"]
    date = entry.effective_date
    return values | {
        "kind": entry.kind.value,
        "approach": entry.approach.value,
        "status": entry.status.value,
        "level": entry.level.value,
        "species": Species(entry.species.value),
        "characteristics": entry.characteristics or "",
        "effective_date": date.isoformat() if date else None,
        "checked_on": entry.checked_on.isoformat(),
    }


def law_entry(
    row: Row[*tuple[Any, ...]], named: Iterable[Row[*tuple[Any, ...]]], names: Mapping[int, str]
) -> LawEntry:
    """Return a law as the files have it, with its rows of breeds and the names of breeds."""
    of = row._mapping  # noqa: SLF001
    said = {name: of[name] for name in LawEntry.__struct_fields__ if name != "breeds"}
    entry = msgspec.convert(
        said | {"characteristics": row.characteristics or None, "breeds": []}, LawEntry
    )
    breeds = [
        LawBreed(names.get(each.breed_id), each.name, BanType(each.ban_type), each.includes_mixes)
        for each in named
    ]
    return msgspec.structs.replace(entry, breeds=breeds)
