"""The dialect's JSON of breeds, categories, facts, tips and laws, as pure functions."""

from collections.abc import Iterable
from urllib.parse import quote

import msgspec
from msgspec import UNSET, UnsetType

from menagerie.core.animals.book import Breed, Category
from menagerie.core.animals.laws import Country, CountryLaws, Jurisdiction, Law, LawBreed
from menagerie.core.animals.texts import AnimalText, Source
from menagerie.core.animals.translations import PLAIN, Translator
from menagerie.dialects.dogapi import site
from menagerie.storage.schema import Species

_POUNDS_PER_KG = 2.204_622_6
_CM_PER_INCH = 2.54
_VARIES = "Varies"


class MeasureShape(msgspec.Struct):
    """A measure as text, such as `6 - 13`; empty if it is not known."""

    imperial: str
    metric: str


class BreedImageShape(msgspec.Struct):
    """The picture that stands for a breed."""

    id: str
    width: int
    height: int
    url: str


class BreedShape(msgspec.Struct, kw_only=True):
    """A breed; dogs have a height and what they were bred for, cats have their traits."""

    id: int | str
    name: str
    weight: MeasureShape
    height: MeasureShape | UnsetType = UNSET
    life_span: str
    breed_group: str | None
    bred_for: str | UnsetType = UNSET
    perfect_for: str | UnsetType | None = UNSET
    temperament: str
    origin: str
    country_code: str
    country_codes: str
    alt_names: str
    description: str
    history: str | UnsetType = UNSET
    wikipedia_url: str | UnsetType = UNSET
    species_id: int
    extinct: bool
    indoor: int | UnsetType = UNSET
    lap: int | UnsetType = UNSET
    adaptability: int | UnsetType = UNSET
    affection_level: int | UnsetType = UNSET
    child_friendly: int | UnsetType = UNSET
    dog_friendly: int | UnsetType = UNSET
    energy_level: int | UnsetType = UNSET
    grooming: int | UnsetType = UNSET
    health_issues: int | UnsetType = UNSET
    intelligence: int | UnsetType = UNSET
    shedding_level: int | UnsetType = UNSET
    social_needs: int | UnsetType = UNSET
    stranger_friendly: int | UnsetType = UNSET
    vocalisation: int | UnsetType = UNSET
    experimental: int | UnsetType = UNSET
    hairless: int | UnsetType = UNSET
    natural: int | UnsetType = UNSET
    rare: int | UnsetType = UNSET
    rex: int | UnsetType = UNSET
    suppressed_tail: int | UnsetType = UNSET
    short_legs: int | UnsetType = UNSET
    hypoallergenic: int | UnsetType = UNSET
    reference_image_id: str | None
    image: BreedImageShape | UnsetType = UNSET


_TRAITS = BreedShape.__struct_fields__[
    BreedShape.__struct_fields__.index("indoor") : BreedShape.__struct_fields__.index(
        "reference_image_id"
    )
]


def breed(
    of: Breed,
    translator: Translator = PLAIN,
    *,
    reference_id: str | None = None,
    image: BreedImageShape | None = None,
    full: bool = False,
) -> BreedShape:
    """Return a breed; `full` adds its history, `image` its picture."""
    is_dog = of.species is Species.DOG

    def said(field: str, default: str) -> str:
        return translator.text(f"breed:{of.code}", field, default)

    shape = BreedShape(
        # Quirk: the ids of dogs are numbers here, and texts everywhere else (spec 1.3).
        id=int(of.code) if is_dog and of.code.isdecimal() else of.code,
        name=said("name", of.name),
        weight=_weight(of),
        life_span=_life_span(of),
        breed_group=translator.text(f"group:{of.group}", "name", of.group) if of.group else None,
        temperament=said("temperament", of.temperament),
        origin=said("origin", of.origin),
        country_code=of.country_codes.partition(",")[0],
        country_codes=of.country_codes,
        alt_names=of.alt_names,
        description=said("description", of.description),
        species_id=site.species_number(of.species),
        extinct=of.is_extinct,
        reference_image_id=reference_id,
    )
    if is_dog:
        shape.height = _height(of)
        shape.bred_for = said("bred_for", of.bred_for)
        shape.perfect_for = said("perfect_for", of.perfect_for) or None
    for name in _TRAITS:
        if name in of.traits:
            setattr(shape, name, of.traits[name])
    if of.wikipedia:
        shape.wikipedia_url = "https://en.wikipedia.org/wiki/" + quote(
            of.wikipedia.replace(" ", "_")
        )
    if full:
        shape.history = said("history", of.history)
    if image is not None:
        shape.image = image
    return shape


def _weight(of: Breed) -> MeasureShape:
    low, high = of.weight_min_kg, of.weight_max_kg
    if low is None or high is None:
        # Quirk: clients need the object and its texts; mixed breeds are of any weight (spec 3.1).
        unknown = _VARIES if of.group == "Mixed" else ""
        return MeasureShape(unknown, unknown)
    pounds = [_rounded(kg * _POUNDS_PER_KG, 1) for kg in (low, high)]
    return MeasureShape(span(*pounds), span(low, high))


def _height(of: Breed) -> MeasureShape:
    low, high = of.height_min_cm, of.height_max_cm
    if low is None or high is None:
        unknown = _VARIES if of.group == "Mixed" else ""
        return MeasureShape(unknown, unknown)
    inches = [_rounded(cm / _CM_PER_INCH, 0.5) for cm in (low, high)]
    return MeasureShape(span(*inches), span(low, high))


def _rounded(value: float, step: float) -> float:
    """Return the nearest multiple of a step, at least one step."""
    return max(step, round(value / step) * step)


def span(low: float, high: float) -> str:
    """Return two figures as the API writes a range, or one that they both are.

    >>> span(6.0, 13.0), span(3.5, 3.5)
    ('6 - 13', '3.5')
    """
    return f"{low:g} - {high:g}" if low != high else f"{low:g}"


def _life_span(of: Breed) -> str:
    if of.life_min_years is None or of.life_max_years is None:
        return ""
    text = span(of.life_min_years, of.life_max_years)
    # Quirk: the ages of cats have no unit (spec 3.2).
    return f"{text} years" if of.species is Species.DOG else text


class CategoryShape(msgspec.Struct):
    """A category of pictures; its ids are texts, or numbers where cats are at home."""

    id: str | int
    name: str
    species_id: str | int


def category(of: Category, *, home: Species) -> CategoryShape:
    """Return a category as the dialect of a home species writes it."""
    number = site.species_number(of.species)
    # Quirk: TheCatAPI writes numbers (spec 3.6).
    if home is Species.CAT:
        return CategoryShape(of.id, of.name, number)
    return CategoryShape(str(of.id), of.name, str(number))


class FactShape(msgspec.Struct):
    """A fact; `sources` only when asked for."""

    id: str
    title: str
    fact: str
    slug: str
    species_id: int
    breed_id: str | None
    sources: list[str] | UnsetType = UNSET


class TipShape(msgspec.Struct):
    """A health tip; `sources` only when asked for."""

    id: str
    title: str
    description: str
    category: str
    species_id: int
    breed_id: str | None
    sources: list[str] | UnsetType = UNSET


def fact(
    of: AnimalText, breed_code: str | None, translator: Translator, *, with_sources: bool
) -> FactShape:
    """Return a fact in the translator's language; its slug stays."""
    return FactShape(
        id=of.code,
        title=translator.text(f"text:{of.code}", "title", of.title),
        fact=translator.text(f"text:{of.code}", "text", of.text),
        slug=of.slug,
        species_id=site.species_number(of.species),
        breed_id=breed_code,
        sources=of.sources if with_sources else UNSET,
    )


def tip(
    of: AnimalText, breed_code: str | None, translator: Translator, *, with_sources: bool
) -> TipShape:
    """Return a health tip in the translator's language."""
    return TipShape(
        id=of.code,
        title=translator.text(f"text:{of.code}", "title", of.title),
        description=translator.text(f"text:{of.code}", "text", of.text),
        category=translator.text(f"tip_category:{of.category}", "name", of.category),
        species_id=site.species_number(of.species),
        breed_id=breed_code,
        sources=of.sources if with_sources else UNSET,
    )


class SourceShape(msgspec.Struct):
    """Where facts and tips come from."""

    id: str
    name: str
    website_url: str
    breed_id: str | None


def source(of: Source, breed_code: str | None) -> SourceShape:
    """Return a source."""
    return SourceShape(of.code, of.name, of.url, breed_code)


# Laws.


class CountryShape(msgspec.Struct):
    """A country; the level is the widest at which it has a law in force."""

    iso_code: str
    name: str
    has_national_legislation: bool
    legislation_level: str


class ListedCountryShape(CountryShape):
    """A country in the list of those with legislation."""

    animal_types: list[str]
    legislation_count: int


class BannedBreedShape(msgspec.Struct):
    """A breed or type as a law calls it."""

    breed_id: str | None
    breed_name: str
    ban_type: str
    includes_mixes: bool


class LegislationShape(msgspec.Struct):
    """A law in our words, with the day it was checked and where."""

    id: int
    legislation_name: str
    legislation_type: str
    approach: str
    status: str
    animal_type: str
    summary: str
    jurisdiction: str | None
    effective_date: str | None
    characteristics: str | None
    source_url: str
    checked_on: str
    banned_breeds: list[BannedBreedShape]


class JurisdictionShape(msgspec.Struct):
    """A part of a country with its laws."""

    jurisdiction: str
    level: str
    legislation: list[LegislationShape]


class CountryLawsShape(msgspec.Struct):
    """What the law of a country says."""

    country: CountryShape
    legislation: list[LegislationShape]
    jurisdictions: list[JurisdictionShape]


class SmallCountryShape(msgspec.Struct):
    """A country by name."""

    iso_code: str
    name: str


class BreedBanShape(msgspec.Struct):
    """What one law says of one breed."""

    country: SmallCountryShape
    jurisdiction: str | None
    legislation_id: int
    legislation_name: str
    legislation_type: str
    approach: str
    status: str
    animal_type: str
    ban_type: str
    includes_mixes: bool


def listed_country(of: Country) -> ListedCountryShape:
    """Return a country of the list."""
    return ListedCountryShape(
        of.iso_code,
        of.name,
        of.has_national_law,
        of.level,
        animal_types=[species.value for species in of.species],
        legislation_count=of.law_count,
    )


def country_laws(
    of: CountryLaws,
    legislation: Iterable[Law],
    jurisdictions: Iterable[Jurisdiction],
    codes: dict[int, str],
) -> CountryLawsShape:
    """Return a page of a country's laws; `codes` are the public ids of breeds."""
    country = of.country
    return CountryLawsShape(
        CountryShape(country.iso_code, country.name, country.has_national_law, country.level),
        [_legislation(law, codes) for law in legislation],
        [
            JurisdictionShape(
                place.name, place.level, [_legislation(law, codes) for law in place.laws]
            )
            for place in jurisdictions
        ],
    )


def _legislation(of: Law, codes: dict[int, str]) -> LegislationShape:
    return LegislationShape(
        id=of.id,
        legislation_name=of.name,
        legislation_type=of.kind,
        approach=of.approach,
        status=of.status,
        animal_type=of.species.value,
        summary=of.summary,
        jurisdiction=of.jurisdiction,
        effective_date=of.effective_date,
        characteristics=of.characteristics or None,
        source_url=of.source_url,
        checked_on=of.checked_on,
        banned_breeds=[_banned(each, codes) for each in of.breeds],
    )


def _banned(of: LawBreed, codes: dict[int, str]) -> BannedBreedShape:
    code = codes.get(of.breed_id) if of.breed_id is not None else None
    return BannedBreedShape(code, of.name, of.ban_type, of.includes_mixes)


def breed_ban(law: Law, of: LawBreed) -> BreedBanShape:
    """Return what a law says of a breed."""
    return BreedBanShape(
        country=SmallCountryShape(law.country_code, law.country_name),
        jurisdiction=law.jurisdiction,
        legislation_id=law.id,
        legislation_name=law.name,
        legislation_type=law.kind,
        approach=law.approach,
        status=law.status,
        animal_type=law.species.value,
        ban_type=of.ban_type,
        includes_mixes=of.includes_mixes,
    )
