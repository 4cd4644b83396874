"""Read and check what the program ships about dogs and cats: breeds, facts, tips, laws, words.

Every reader takes the folder of the files, so that an operator's own copy can be read and checked
with the same code. The form of the files is the fields of the structs here and nothing else: an
unknown field, a missing one or a value out of a closed set is refused at once, by file. `problems`
finds what a form cannot say.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from menagerie.data import vocabulary

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
    """The groups of dog breeds, as kennel clubs have them; cats and extinct dogs may have none."""

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
    breed: dict[str, dict[str, Text]] = {}
    """Fields of breeds, such as name or description, by the breed's id."""


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


class Shipped(_Entry, frozen=True):
    """Everything that is shipped."""

    breeds: dict[Species, list[BreedEntry]]
    facts: dict[Species, list[FactEntry]]
    health_tips: dict[Species, list[TipEntry]]
    laws: list[CountryLaws]
    categories: list[CategoryEntry]
    translations: dict[str, Translations]

    def breed_names(self, species: Species) -> set[str]:
        """Return the names of all breeds of a species."""
        return {breed.name for breed in self.breeds[species]}


def read_all(folder: Path = FOLDER) -> Shipped:
    """Return everything that is shipped."""
    return Shipped(
        breeds(folder),
        facts(folder),
        health_tips(folder),
        laws(folder),
        categories(folder),
        translations(folder),
    )


# ISO 3166-1 alpha-2, all officially assigned codes (249 of them).
ISO_CODES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905  (one code a line is no easier to read)
)

# Wide enough for every breed that lives, narrow enough for a figure in pounds, inches or months.
_PLAUSIBLE: dict[Species, dict[str, Range]] = {
    Species.DOG: {"weight_kg": (0.5, 115), "height_cm": (10, 100), "life_years": (5, 20)},
    Species.CAT: {"weight_kg": (1.5, 14), "height_cm": (13, 50), "life_years": (7, 25)},
}
_WIDEST_RATIO = {"weight_kg": 12, "height_cm": 4, "life_years": 2.5}
_IDS = {Species.DOG: re.compile(r"[1-9]\d{0,3}"), Species.CAT: re.compile(r"[a-z]{4}")}
_CLASSES = {Species.DOG: range(151, 269), Species.CAT: range(281, 286)}
"""Of the ImageNet challenge."""
_LANGUAGE = re.compile(r"[a-z]{2}")
_OLDEST_LAW = date(1900, 1, 1)


def problems(folder: Path = FOLDER) -> list[str]:
    """Return what is wrong with the files, a sentence each; nothing if all is well.

    When one file is not of the form, only that is said: the rest cannot be judged without it.
    """
    try:
        shipped = read_all(folder)
    except (ValueError, OSError) as error:
        return [str(error)]
    return [
        *_breed_problems(shipped),
        *_tag_problems(shipped),
        *_text_problems("facts", shipped, shipped.facts),
        *_text_problems("health_tips", shipped, shipped.health_tips),
        *_law_problems(folder, shipped),
        *_category_problems(shipped),
        *_translation_problems(shipped),
    ]


def _repeated(values: Iterable[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def _untidy(text: str | None) -> bool:
    return text is not None and (text != text.strip() or "  " in text)


def _breed_problems(shipped: Shipped) -> Iterator[str]:
    for species, entries in shipped.breeds.items():
        for field in ("id", "name"):
            for value in _repeated(getattr(entry, field) for entry in entries):
                yield f"breeds/{species}s: two breeds have the {field} {value!r}"
        for entry in entries:
            for problem in (*_identity(species, entry), *_figures(species, entry)):
                yield f"breeds/{species}s: {entry.name}: {problem}"


def _identity(species: Species, entry: BreedEntry) -> Iterator[str]:
    if not _IDS[species].fullmatch(entry.id):
        yield f"the id {entry.id!r} is not of the kind of this species"
    for code in entry.country_codes:
        if code not in ISO_CODES:
            yield f"{code!r} is no country code of ISO 3166-1"
    if species is Species.CAT and entry.group is not None:
        yield "cats have no group"
    if species is Species.DOG and entry.group is None and not entry.extinct:
        yield "a dog that is not extinct has a group"
    if species is Species.DOG and entry.traits is not None:
        yield "only cats have traits"
    if entry.name in entry.alt_names or _repeated(entry.alt_names):
        yield "an alternative name is said twice"
    for field in ("name", "origin", "bred_for", "perfect_for", "description", "history"):
        if _untidy(getattr(entry, field)):
            yield f"{field} has blanks too many"
    if any("," in word for word in (*entry.temperament, *entry.alt_names)):
        yield "a word of a list has a comma in it, and clients split at commas"
    if entry.wikipedia and ("/" in entry.wikipedia or "_" in entry.wikipedia):
        yield "wikipedia is the title of an article, not its address"


def _figures(species: Species, entry: BreedEntry) -> Iterator[str]:
    for field, (least, most) in _PLAUSIBLE[species].items():
        figures: Range | None = getattr(entry, field)
        if figures is None:
            continue
        low, high = figures
        if low > high:
            yield f"{field} is upside down: {low:g} to {high:g}"
        elif low < least or high > most:
            yield f"{field} {low:g} to {high:g} is not plausible (from {least:g} to {most:g} is)"
        elif high > low * _WIDEST_RATIO[field]:
            yield f"{field} {low:g} to {high:g} is too wide to be one breed"


def _tag_problems(shipped: Shipped) -> Iterator[str]:
    """Every breed word of ImageNet is linked once, to a class of its species."""
    words = set(vocabulary.read("breeds")["labels"])
    linked = Counter[str]()
    classes = Counter[int]()
    for species, entries in shipped.breeds.items():
        for entry in entries:
            linked.update([entry.tag] if entry.tag else [])
            classes.update([] if entry.imagenet is None else [entry.imagenet])
            if (entry.tag is None) != (entry.imagenet is None):
                yield f"breeds/{species}s: {entry.name}: tag and imagenet come together"
            if entry.imagenet is not None and entry.imagenet not in _CLASSES[species]:
                yield f"breeds/{species}s: {entry.name}: class {entry.imagenet} is no {species}"
    yield from (f"breeds: no breed is linked to the word {word!r}" for word in words - set(linked))
    yield from (f"breeds: there is no word {word!r} to link" for word in set(linked) - words)
    for value in (*_repeated(linked.elements()), *_repeated(classes.elements())):
        yield f"breeds: {value!r} is linked twice"


def _text_problems(
    kind: str,
    shipped: Shipped,
    texts: Mapping[Species, Sequence[FactEntry | TipEntry]],
) -> Iterator[str]:
    for species, entries in texts.items():
        where = f"{kind}/{species}s"
        for title in _repeated(entry.title.casefold() for entry in entries):
            yield f"{where}: two entries have the title {title!r}"
        names = shipped.breed_names(species)
        for entry in entries:
            body = entry.fact if isinstance(entry, FactEntry) else entry.description
            if entry.breed is not None and entry.breed not in names:
                yield f"{where}: {entry.title}: there is no breed {entry.breed!r}"
            if not entry.sources:
                yield f"{where}: {entry.title}: has no source"
            for source in entry.sources:
                if not _is_address(source):
                    yield f"{where}: {entry.title}: {source!r} is no https address"
            if _untidy(entry.title) or _untidy(body) or body[-1] not in ".!?":
                yield f"{where}: {entry.title}: is not tidy text that ends with a full stop"


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme == "https" and "." in parts.netloc and " " not in text


def _law_problems(folder: Path, shipped: Shipped) -> Iterator[str]:
    files = {path.stem for path in (folder / "legislation").glob("*.json")}
    for country in shipped.laws:
        where = f"legislation/{country.iso_code}"
        if country.iso_code not in ISO_CODES:
            yield f"{where}: is no country code of ISO 3166-1"
        if country.iso_code.lower() not in files:
            yield f"{where}: the file is not named by its country"
        if not country.laws:
            yield f"{where}: has no laws"
        for law in country.laws:
            for problem in _judged(country, law, shipped.breed_names(law.species)):
                yield f"{where}: {law.code}: {problem}"
    for code in _repeated(law.code for country in shipped.laws for law in country.laws):
        yield f"legislation: two laws have the code {code!r}"


def _judged(country: CountryLaws, law: LawEntry, names: set[str]) -> Iterator[str]:
    if not law.code.startswith(f"{country.iso_code.lower()}-"):
        yield "the code does not begin with the country"
    if (law.level is Level.NATIONAL) != (law.jurisdiction is None):
        yield "a jurisdiction is said exactly where a law is not national"
    if law.effective_date and not _OLDEST_LAW <= law.effective_date <= law.checked_on:
        yield f"{law.effective_date} is not before the day of checking"
    if not _is_address(law.source_url):
        yield f"{law.source_url!r} is no https address"
    if _untidy(law.summary) or not law.summary.endswith("."):
        yield "the summary is not tidy text that ends with a full stop"
    # A list of what is allowed names no breed that anything is done to.
    if law.approach is not Approach.APPROVED_LIST and _is_about_breeds(law) != bool(law.breeds):
        yield "breeds are named exactly by laws about breeds"
    for name in _repeated(breed.name for breed in law.breeds):
        yield f"names {name!r} twice"
    for breed in law.breeds:
        if breed.breed is not None and breed.breed not in names:
            yield f"there is no breed {breed.breed!r}"


def _is_about_breeds(law: LawEntry) -> bool:
    return law.kind in {LawKind.BREED_SPECIFIC, LawKind.HYBRID}


def _category_problems(shipped: Shipped) -> Iterator[str]:
    for number in _repeated(category.id for category in shipped.categories):
        yield f"categories: two have the id {number}"
    for pair in _repeated((category.species, category.name) for category in shipped.categories):
        yield f"categories: {pair} is there twice"


def _translation_problems(shipped: Shipped) -> Iterator[str]:
    known: dict[str, set[str]] = {
        "breed_group": set(Group),
        "category": set(TipCategory),
        "fact": {f"{s}/{entry.title}" for s, entries in shipped.facts.items() for entry in entries},
        "health_tip": {
            f"{s}/{entry.title}" for s, entries in shipped.health_tips.items() for entry in entries
        },
    }
    for language, words in shipped.translations.items():
        if not _LANGUAGE.fullmatch(language):
            yield f"translations: {language!r} is no language of two letters"
        for kind, keys in known.items():
            for key in sorted(set(getattr(words, kind)) - keys):
                yield f"translations/{language}: there is no {kind} {key!r}"
