"""The dialect's JSON of pets, their pictures and what was found out about them, as functions."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from menagerie.core.animals.book import Breed
from menagerie.core.animals.translations import Translator
from menagerie.core.pets.analyses import (
    Age,
    Analysis,
    BodyCondition,
    Descent,
    Kind,
    Muscle,
    Weight,
)
from menagerie.core.pets.pets import Pet
from menagerie.core.pets.photos import Photo
from menagerie.core.pets.portraits import StyleFacts
from menagerie.core.pets.tips import Tip
from menagerie.dialects.dogapi import shapes_animals, site


class PetImageShape(msgspec.Struct, kw_only=True):
    """A photograph of a pet, or with a `style` a portrait.

    `pet_age_months` is the age of the pet in it; `age_years` and `age_months` are its parts.
    """

    id: str
    url: str
    pet_id: str
    width: int
    height: int
    pose: str | None
    pet_age_months: int | None
    age_years: int | None
    age_months: int | None
    description: str | None
    style: str | UnsetType = UNSET
    created_at: str


class PetShape(msgspec.Struct, kw_only=True):
    """A pet; what was not said or found out is null."""

    id: str
    name: str | None
    breed_id: str | None
    species_id: str | None
    description: str | None
    microchip_id: str | None
    sub_id: str | None
    date_of_birth: str | None
    country: str | UnsetType = UNSET
    sex: str | UnsetType = UNSET
    neuter_status: str | UnsetType = UNSET
    external_owner_id: str | UnsetType = UNSET
    body_condition_score: int | None = None
    body_condition_score_reasons: str | None = None
    body_condition_score_timestamp: str | None = None
    estimated_age_months: int | None = None
    estimated_age_reasons: str | None = None
    estimated_age_timestamp: str | None = None
    genealogy_result: Descent | None = None
    genealogy_timestamp: str | None = None
    muscle_wasting_risk: bool | None = None
    muscle_condition_reasons: str | None = None
    muscle_condition_timestamp: str | None = None
    images: list[PetImageShape]
    created_at: str
    updated_at: str


class BodyConditionShape(msgspec.Struct):
    """A body condition score, 1 (emaciated) to 9 (obese); 4 and 5 are ideal."""

    score: int
    reasons: str
    generated_at: str


class RangeShape(msgspec.Struct):
    """Bounds of an age in months."""

    min_months: int
    max_months: int


class AgeShape(msgspec.Struct):
    """An age in months, as the photographs look."""

    age_months: int
    reasons: str
    generated_at: str
    plausible_range: RangeShape
    life_stage: str


class MuscleShape(msgspec.Struct):
    """Whether there are signs of lost muscle."""

    wasting_risk_flag: bool
    reasons: str
    generated_at: str


class WeightShape(msgspec.Struct):
    """A weight, as the photographs look."""

    weight_kg: float
    size_classification: str
    reasons: str
    generated_at: str


class StyleShape(msgspec.Struct):
    """A style of portraits."""

    id: str
    name: str
    description: str
    category: str
    popularity_score: int


class PetTipShape(msgspec.Struct):
    """A health tip for a pet: of its breed or kind, or for what is known of the pet itself."""

    id: str
    category: str
    title: str
    description: str
    tip_type: str
    sources: list[str] | UnsetType = UNSET


class PetTipsShape(msgspec.Struct):
    """Health tips for a pet."""

    items: list[PetTipShape]
    generated_at: str


ResultShape = BodyConditionShape | AgeShape | MuscleShape | WeightShape | Descent


def picture(photo: Photo, *, pet_code: str, url: str) -> PetImageShape:
    """Return a photograph or portrait; `url` is where its file is."""
    years, months = (None, None) if photo.age_months is None else divmod(photo.age_months, 12)
    return PetImageShape(
        id=photo.code,
        url=url,
        pet_id=pet_code,
        width=photo.image.width,
        height=photo.image.height,
        pose=photo.pose,
        pet_age_months=photo.age_months,
        age_years=years,
        age_months=months,
        description=photo.description,
        style=photo.style or UNSET,
        created_at=site.time(photo.created_at),
    )


def pet(
    pet_: Pet,
    *,
    breed: Breed | None,
    images: list[PetImageShape],
    analysed: Mapping[Kind, Analysis],
) -> PetShape:
    """Return a pet with its photographs and what was found out about it."""
    shape = PetShape(
        id=pet_.code,
        name=pet_.name,
        breed_id=breed.code if breed is not None else None,
        species_id=str(site.species_number(pet_.species)) if pet_.species is not None else None,
        description=pet_.description,
        microchip_id=pet_.microchip,
        sub_id=pet_.on_behalf_of,
        date_of_birth=pet_.date_of_birth,
        country=pet_.country or UNSET,
        sex=pet_.sex or UNSET,
        neuter_status=pet_.neuter_status or UNSET,
        external_owner_id=pet_.external_owner or UNSET,
        images=images,
        created_at=site.time(pet_.created_at),
        updated_at=site.time(pet_.updated_at),
    )
    for one in analysed.values():
        _note(shape, one)
    return shape


def _note(shape: PetShape, analysis: Analysis) -> None:
    """Write what was found out into the fields of a pet."""
    at = site.time(analysis.created_at)
    match analysis.result:
        case BodyCondition(score=score, reasons=reasons):
            shape.body_condition_score = score
            shape.body_condition_score_reasons = reasons
            shape.body_condition_score_timestamp = at
        case Age(age_months=months, reasons=reasons):
            shape.estimated_age_months = months
            shape.estimated_age_reasons = reasons
            shape.estimated_age_timestamp = at
        case Muscle(wasting_risk_flag=flag, reasons=reasons):
            shape.muscle_wasting_risk = flag
            shape.muscle_condition_reasons = reasons
            shape.muscle_condition_timestamp = at
        case Descent() as descent:
            shape.genealogy_result = descent
            shape.genealogy_timestamp = at
        case Weight():
            pass  # the API has no field of a pet for it


def result(analysis: Analysis) -> ResultShape:
    """Return what was found out, by itself."""
    at = site.time(analysis.created_at)
    match analysis.result:
        case BodyCondition(score, reasons):
            return BodyConditionShape(score, reasons, at)
        case Age(months, plausible, stage, reasons):
            bounds = RangeShape(plausible.min_months, plausible.max_months)
            return AgeShape(months, reasons, at, bounds, stage)
        case Muscle(flag, reasons):
            return MuscleShape(flag, reasons, at)
        case Weight(weight_kg, size, reasons):
            return WeightShape(weight_kg, size, reasons, at)
        case Descent() as descent:
            return descent


def style(facts: StyleFacts) -> StyleShape:
    """Return a style of portraits."""
    return StyleShape(facts.style, facts.name, facts.description, facts.category, facts.popularity)


def tip(one: Tip, translator: Translator, *, with_sources: bool, with_reason: bool) -> PetTipShape:
    """Return a health tip for a pet in the translator's language; the reason is in English."""
    shape = shapes_animals.tip(one.text, None, translator, with_sources=with_sources)
    reason = f"{one.reason} " if one.reason and with_reason else ""
    return PetTipShape(
        id=shape.id,
        category=shape.category,
        title=shape.title,
        description=reason + shape.description,
        tip_type="personalised" if one.reason else "breed_standard",
        sources=shape.sources,
    )
