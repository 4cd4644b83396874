"""Read and check what the program ships about dogs and cats: breeds, facts, tips, laws, words.

Every reader takes the folder of the files, so that an operator's own copy can be read and checked
with the same code. The form of the files is the fields of the structs here and nothing else: an
unknown field, a missing one or a value out of a closed set is refused at once, by file. `problems`
finds what a form cannot say.
"""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

FOLDER = Path(__file__).parent
"""Of the shipped files."""

T = TypeVar("T")

Range = tuple[float, float]
"""Least and most; equal for a single figure."""
Text = Annotated[str, Meta(min_length=1)]
Flag = Annotated[int, Meta(ge=0, le=1)]
Grade = Annotated[int, Meta(ge=1, le=5)]


class Species(StrEnum):
    """What kind of animal is meant; a file of a species is named by its plural."""

    DOG = "dog"
    CAT = "cat"


class Group(StrEnum):
    """The groups of dog breeds, in the manner of kennel clubs; cats have none."""

    HERDING = "Herding"
    HOUND = "Hound"
    NON_SPORTING = "Non-Sporting"
    SPORTING = "Sporting"
    TERRIER = "Terrier"
    TOY = "Toy"
    WORKING = "Working"
    MISCELLANEOUS = "Miscellaneous"
    FOUNDATION_STOCK = "Foundation Stock"
    MIXED = "Mixed"


class TipCategory(StrEnum):
    """What a health tip is about."""

    EXERCISE = "Exercise"
    NUTRITION = "Nutrition"
    HEALTH_MONITORING = "Health Monitoring"
    DISEASE_PREVENTION = "Disease Prevention"
    BEHAVIORAL_HEALTH = "Behavioral Health"


class LawKind(StrEnum):
    """What makes a law apply to an animal: its breed, its looks, what it did, or several."""

    BREED_SPECIFIC = "breed_specific"
    CHARACTERISTIC_BASED = "characteristic_based"
    BEHAVIOR_BASED = "behavior_based"
    HYBRID = "hybrid"


class Approach(StrEnum):
    """What a law mainly does."""

    BAN = "ban"
    RESTRICTION = "restriction"
    PERMIT = "permit"
    APPROVED_LIST = "approved_list"


class LawStatus(StrEnum):
    """Whether a law held on the day it was checked."""

    ACTIVE = "active"
    REPEALED = "repealed"


class Level(StrEnum):
    """Who made a law."""

    NATIONAL = "national"
    STATE = "state"
    CITY = "city"
    CANTON = "canton"
    REGIONAL = "regional"


class BanType(StrEnum):
    """What a law does to one breed."""

    COMPLETE_BAN = "complete_ban"
    IMPORT_BAN = "import_ban"
    BREEDING_BAN = "breeding_ban"
    RESTRICTED = "restricted"
    PERMIT_REQUIRED = "permit_required"


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of everything that is read."""


class CatTraits(_Entry, frozen=True):
    """What a breed of cats is like: grades 1 (little) to 5 (much), and flags 0 or 1."""

    indoor: Flag
    lap: Flag
    adaptability: Grade
    affection_level: Grade
    child_friendly: Grade
    dog_friendly: Grade
    energy_level: Grade
    grooming: Grade
    health_issues: Grade
    intelligence: Grade
    shedding_level: Grade
    social_needs: Grade
    stranger_friendly: Grade
    vocalisation: Grade
    experimental: Flag
    hairless: Flag
    natural: Flag
    rare: Flag
    rex: Flag
    suppressed_tail: Flag
    short_legs: Flag
    hypoallergenic: Flag


class BreedEntry(_Entry, frozen=True):
    """One breed. `None` and `[]` mean that we are not sure, not that there is nothing."""

    id: Text
    """Never changes: a number for dogs, four letters for cats."""
    name: Text
    tag: Text | None
    """The word of `vocabulary/breeds.json` that means this breed, for the ones of ImageNet."""
    imagenet: int | None
    """Class of the ImageNet challenge, from 0."""
    group: Group | None
    weight_kg: Range | None
    height_cm: Range | None
    """At the shoulder."""
    life_years: Range | None
    temperament: list[Text]
    origin: str | None
    country_codes: list[Text]
    """ISO 3166-1 alpha-2."""
    bred_for: Text | None
    perfect_for: Text | None
    alt_names: list[Text]
    description: Text | None
    history: Text | None
    wikipedia: Text | None
    """Title of the English article."""
    extinct: bool
    traits: CatTraits | None


class FactEntry(_Entry, frozen=True):
    """One fact; `breed` is the name of a breed of the same species."""

    title: Text
    fact: Text
    breed: Text | None
    sources: list[Text]


class TipEntry(_Entry, frozen=True):
    """One health tip; `breed` is the name of a breed of the same species."""

    title: Text
    description: Text
    category: TipCategory
    breed: Text | None
    sources: list[Text]


class LawBreed(_Entry, frozen=True):
    """A breed or type that a law names; `breed` is ours, `None` where we have none."""

    breed: Text | None
    name: Text
    ban_type: BanType
    includes_mixes: bool


class LawEntry(_Entry, frozen=True):
    """One law, in our words; `code` never changes. Information, not legal advice."""

    code: Text
    name: Text
    kind: LawKind
    approach: Approach
    status: LawStatus
    species: Species
    level: Level
    jurisdiction: Text | None
    """Where it holds if not in the whole country."""
    summary: Text
    characteristics: Text | None
    """Which looks or which past make an animal fall under it, beside its breed."""
    effective_date: date | None
    source_url: Text
    checked_on: date
    breeds: list[LawBreed]


class CountryLaws(_Entry, frozen=True):
    """The laws of one country; `iso_code` is ISO 3166-1 alpha-2."""

    iso_code: Text
    name: Text
    laws: list[LawEntry]


class CategoryEntry(_Entry, frozen=True):
    """One category of pictures."""

    id: int
    name: Text
    species: Species


class FactWords(_Entry, frozen=True):
    """A fact in another language."""

    title: Text
    fact: Text


class TipWords(_Entry, frozen=True):
    """A health tip in another language."""

    title: Text
    description: Text


class Translations(_Entry, frozen=True):
    """What is said in one language. Facts and tips are named `dog/` or `cat/` + English title."""

    breed_group: dict[str, Text] = {}
    fact: dict[str, FactWords] = {}
    health_tip: dict[str, TipWords] = {}
    category: dict[str, Text] = {}
    """Of health tips."""


def _read(path: Path, form: type[T]) -> T:
    """Return what a file holds; raise `ValueError` with its name when it is not of the form."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=form)
    except msgspec.DecodeError as error:
        message = f"{path.parent.name}/{path.name}: {error}"
        raise ValueError(message) from error


def _read_species(folder: Path, form: type[list[T]]) -> dict[Species, list[T]]:
    return {species: _read(folder / f"{species}s.json", form) for species in Species}


def breeds(folder: Path = FOLDER) -> dict[Species, list[BreedEntry]]:
    """Return all breeds by species, in the order of the files.

    Raises `ValueError` naming the file when one is not of the form; so do all readers here.
    """
    return _read_species(folder / "breeds", list[BreedEntry])


def facts(folder: Path = FOLDER) -> dict[Species, list[FactEntry]]:
    """Return all facts by species."""
    return _read_species(folder / "facts", list[FactEntry])


def health_tips(folder: Path = FOLDER) -> dict[Species, list[TipEntry]]:
    """Return all health tips by species."""
    return _read_species(folder / "health_tips", list[TipEntry])


def laws(folder: Path = FOLDER) -> list[CountryLaws]:
    """Return all laws by country, in the order of the ISO codes."""
    return [_read(path, CountryLaws) for path in sorted((folder / "legislation").glob("*.json"))]


def categories(folder: Path = FOLDER) -> list[CategoryEntry]:
    """Return all categories of pictures."""
    return _read(folder / "categories.json", list[CategoryEntry])


def translations(folder: Path = FOLDER) -> dict[str, Translations]:
    """Return what is translated, by language (ISO 639-1)."""
    paths = sorted((folder / "translations").glob("*.json"))
    return {path.stem: _read(path, Translations) for path in paths}
