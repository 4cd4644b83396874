"""The files about animals: those that are shipped, or an operator's own of the same form.

A folder need not hold all of them; of what it does not hold nothing is said.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec

from menagerie.data import animals
from menagerie.errors import Invalid
from menagerie.storage.schema import Species

T = TypeVar("T")

_FOLDERS = ("breeds", "facts", "health_tips", "legislation", "translations")
# Count it up when the same files make other rows than before.
_LOADER = 1


class Files(msgspec.Struct, frozen=True):
    """What a folder says, by species, country or language; a species without a file is missing."""

    breeds: dict[Species, list[animals.BreedEntry]]
    facts: dict[Species, list[animals.FactEntry]]
    health_tips: dict[Species, list[animals.TipEntry]]
    laws: list[animals.CountryLaws]
    categories: list[animals.CategoryEntry]
    translations: dict[str, animals.Translations]


def read(folder: Path = animals.FOLDER) -> Files:
    """Return what the files of a folder say; raises Invalid by the file that is not of the form."""
    categories = folder / "categories.json"
    laws = sorted((folder / "legislation").glob("*.json"))
    languages = sorted((folder / "translations").glob("*.json"))
    return Files(
        breeds=_of_species(folder / "breeds", list[animals.BreedEntry]),
        facts=_of_species(folder / "facts", list[animals.FactEntry]),
        health_tips=_of_species(folder / "health_tips", list[animals.TipEntry]),
        laws=[_file(path, animals.CountryLaws) for path in laws],
        categories=_file(categories, list[animals.CategoryEntry]) if categories.exists() else [],
        translations={path.stem: _file(path, animals.Translations) for path in languages},
    )


def _of_species(folder: Path, form: type[list[T]]) -> dict[Species, list[T]]:
    paths = {species: folder / f"{species}s.json" for species in Species}
    return {species: _file(path, form) for species, path in paths.items() if path.exists()}


def _file(path: Path, form: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=form)
    except msgspec.DecodeError as error:
        raise Invalid({f"{path.parent.name}/{path.name}": [str(error)]}) from error


def digest(folder: Path = animals.FOLDER) -> str:
    """Return a digest of every file, by which a library knows whether it has loaded them."""
    found = [path for name in _FOLDERS for path in sorted((folder / name).glob("*.json"))]
    whole = hashlib.sha256(str(_LOADER).encode())
    for path in (*found, folder / "categories.json"):
        if path.exists():
            whole.update(f"\n{path.parent.name}/{path.name}\n".encode())
            whole.update(path.read_bytes())
    return whole.hexdigest()


@lru_cache(1)
def imagenet_codes() -> dict[int, str]:
    """Return the public id of the breed that each class of the ImageNet challenge is."""
    breeds = _of_species(animals.FOLDER / "breeds", list[animals.BreedEntry])
    return {
        entry.imagenet: entry.id
        for entries in breeds.values()
        for entry in entries
        if entry.imagenet is not None
    }


@lru_cache(1)
def breed_words() -> dict[str, str]:
    """Return the word of the vocabulary that a breed has, by the breed's public id."""
    breeds = _of_species(animals.FOLDER / "breeds", list[animals.BreedEntry])
    return {e.id: e.tag for entries in breeds.values() for e in entries if e.tag is not None}
