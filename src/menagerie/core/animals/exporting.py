"""Everything about animals as files of the shipped form, which `loading` reads again."""

from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Row, select

from menagerie.core.animals import forms
from menagerie.core.animals.files import Files
from menagerie.data.animals import (
    CategoryEntry,
    CountryLaws,
    FactEntry,
    FactWords,
    LawEntry,
    TipEntry,
    TipWords,
    Translations,
)
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import AnimalTextKind, Species


def export(tx: Tx, folder: Path) -> list[Path]:
    """Write everything that was not removed into a folder, and return the files."""
    found = read(tx)
    contents: dict[str, object] = {"categories.json": found.categories}
    for name, by_species in (
        ("breeds", found.breeds),
        ("facts", found.facts),
        ("health_tips", found.health_tips),
    ):
        contents |= {f"{name}/{species}s.json": said for species, said in by_species.items()}
    contents |= {f"legislation/{c.iso_code.lower()}.json": c for c in found.laws}
    contents |= {f"translations/{name}.json": said for name, said in found.translations.items()}
    paths = []
    for name, said in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n")
        paths.append(path)
    return paths


def read(tx: Tx) -> Files:
    """Return everything as the files have it, each kind in the order it was put in."""
    row = schema.breeds.c
    # Removed ones too: what is left may still name them.
    names = {each.id: each.name for each in tx.all(select(row.id, row.name))}
    return Files(
        breeds=_breeds(tx),
        facts=_texts(tx, AnimalTextKind.FACT, names),
        health_tips=_texts(tx, AnimalTextKind.HEALTH_TIP, names),
        laws=_laws(tx, names),
        categories=_categories(tx),
        translations=_translations(tx),
    )


def _breeds(tx: Tx) -> dict[Species, Any]:
    row = schema.breeds.c
    found: dict[Species, Any] = {species: [] for species in Species}
    for each in tx.all(select(schema.breeds).where(row.removed_at.is_(None)).order_by(row.id)):
        found[Species(each.species)].append(forms.breed_entry(each))
    return found


def _texts(tx: Tx, kind: AnimalTextKind, names: dict[int, str]) -> dict[Species, Any]:
    row = schema.animal_texts.c
    found: dict[Species, Any] = {species: [] for species in Species}
    statement = select(schema.animal_texts).where(row.kind == kind, row.removed_at.is_(None))
    for each in tx.all(statement.order_by(row.id)):
        entry = forms.text_entry(each, names.get(each.breed_id))
        found[Species(each.species)].append(entry)
    return found


def _laws(tx: Tx, names: dict[int, str]) -> list[CountryLaws]:
    row = schema.laws.c
    found: dict[str, CountryLaws] = {}
    for each in tx.all(select(schema.laws).where(row.removed_at.is_(None)).order_by(row.id)):
        country = CountryLaws(each.country_code, each.country_name, [])
        found.setdefault(each.country_code, country).laws.append(law_entry(tx, each, names))
    return [found[code] for code in sorted(found)]


def law_entry(tx: Tx, law: Row[*tuple[Any, ...]], names: dict[int, str]) -> LawEntry:
    """Return a row of the table of laws as the files have it."""
    row = schema.law_breeds.c
    named = tx.all(select(schema.law_breeds).where(row.law_id == law.id).order_by(row.position))
    return forms.law_entry(law, named, names)


def _categories(tx: Tx) -> list[CategoryEntry]:
    row = schema.categories.c
    rows = tx.all(select(row.id, row.name, row.species).order_by(row.id))
    return [forms.category_entry(each) for each in rows]


def _translations(tx: Tx) -> dict[str, Translations]:
    row, text = schema.translations.c, schema.animal_texts.c
    titles = {
        f"text:{each.code}": (each.kind, f"{each.species}/{each.title}")
        for each in tx.all(select(text.code, text.kind, text.species, text.title))
    }
    said: dict[str, dict[str, dict[str, str]]] = {}
    for each in tx.all(select(schema.translations).where(row.text != "").order_by(row.subject)):
        of_language = said.setdefault(each.language, {})
        of_language.setdefault(each.subject, {})[each.field] = each.text
    return {language: _words(subjects, titles) for language, subjects in said.items()}


def _words(subjects: dict[str, dict[str, str]], titles: dict[str, tuple[str, str]]) -> Translations:
    """Return what is said in one language, by subject and field, as its file has it."""
    words = Translations({}, {}, {}, {}, {})
    for subject, fields in subjects.items():
        kind, _, name = subject.partition(":")
        if kind == "group" and "name" in fields:
            words.breed_group[name] = fields["name"]
        elif kind == "tip_category" and "name" in fields:
            words.category[name] = fields["name"]
        elif kind == "breed":
            words.breed[name] = fields
        elif subject in titles and {"title", "text"} <= fields.keys():
            of_kind, key = titles[subject]
            if of_kind == AnimalTextKind.FACT:
                words.fact[key] = FactWords(fields["title"], fields["text"])
            else:
                words.health_tip[key] = TipWords(fields["title"], fields["text"])
    return words


def text_of(tx: Tx, row: Row[*tuple[Any, ...]]) -> FactEntry | TipEntry:
    """Return a row of the table of texts as the files have it."""
    breed = schema.breeds.c
    name = tx.scalar(select(breed.name).where(breed.id == row.breed_id))
    return forms.text_entry(row, name)
