"""Health tips for one pet: what holds for its breed, and what its age and analyses call for."""

from collections.abc import Iterable, Mapping

import msgspec

from menagerie.core.animals import book, texts
from menagerie.core.animals.book import Breed
from menagerie.core.animals.texts import AnimalText
from menagerie.core.pets import analyses, pets
from menagerie.core.pets.analyses import Analysis, BodyCondition, Kind, Muscle
from menagerie.core.pets.pets import Pet
from menagerie.library import Tx
from menagerie.storage.schema import AnimalTextKind, Species

MOST = 12
_MOST_OF_BREED = 6
_EACH_REASON = 2
_ALL = 1000
_IDEAL = (4, 5)


class Tip(msgspec.Struct, frozen=True):
    """A health tip, and why this pet gets it; without a reason it holds for the breed."""

    text: AnimalText
    reason: str = ""


def of_pet(tx: Tx, code: str) -> list[Tip]:
    """Return tips for a pet of the actor's: for its breed, then for it. Raises as `pets.get`.

    Its breed is what its keeper says, else what it looks like.
    """
    pet = pets.get(tx, code)
    analysed = analyses.of_pets(tx, [pet.id])[pet.id]
    breed = _breed(tx, pet, analysed)
    species = pet.species or (breed.species if breed is not None else None)
    found: dict[int, Tip] = {}
    if breed is not None:
        of_breed = texts.find(
            tx, AnimalTextKind.HEALTH_TIP, breed_id=breed.id, limit=_MOST_OF_BREED
        )
        found |= {text.id: Tip(text) for text in of_breed.items}
    if species is None:
        return list(found.values())
    general = texts.find(tx, AnimalTextKind.HEALTH_TIP, species=species, limit=_ALL).items
    rest = [text for text in general if text.breed_id is None]
    for category, reason in _reasons(tx, pet, species, analysed):
        fitting = [text for text in rest if text.category == category and text.id not in found]
        found |= {text.id: Tip(text, reason) for text in fitting[:_EACH_REASON]}
    for text in rest:
        if len(found) >= MOST:
            break
        found.setdefault(text.id, Tip(text))
    # What is said of the breed comes first.
    return sorted(found.values(), key=lambda tip: bool(tip.reason))[:MOST]


def _breed(tx: Tx, pet: Pet, analysed: Mapping[Kind, Analysis]) -> Breed | None:
    animals = book.book(tx)
    if pet.breed_id is not None:
        return animals.by_id(pet.breed_id)
    descent = analyses.descent_of(analysed)
    return animals.by_code(descent.genealogy.primary_breed.id) if descent is not None else None


def _reasons(
    tx: Tx, pet: Pet, species: Species, analysed: Mapping[Kind, Analysis]
) -> Iterable[tuple[str, str]]:
    """Yield the categories of tips that the pet needs, each with why."""
    name = pet.name or "This pet"
    months = pets.age_months(pet.date_of_birth, pets.today_of(tx.now))
    if months is None and (age := analysed.get(Kind.AGE)) is not None:
        months = getattr(age.result, "age_months", None)
    if months is not None:
        stage = analyses.life_stage(species, months)
        if stage in {"puppy", "kitten"}:
            yield (
                "Disease Prevention",
                f"{name} is a {stage}, and its protection is being built up.",
            )
            yield "Behavioral Health", f"{name} is a {stage}, and learns for life now."
        elif stage in {"mature", "senior"}:
            yield "Health Monitoring", f"{name} is {stage}, and changes should be seen early."
    condition = analysed.get(Kind.BODY_CONDITION)
    if condition is not None and isinstance(condition.result, BodyCondition):
        yield from _by_condition(name, condition.result.score)
    muscle = analysed.get(Kind.MUSCLE)
    if muscle is not None and isinstance(muscle.result, Muscle) and muscle.result.wasting_risk_flag:
        yield "Health Monitoring", f"{name} may be losing muscle; a vet should look at it."


def _by_condition(name: str, score: int) -> Iterable[tuple[str, str]]:
    low, high = _IDEAL
    if score > high:
        why = f"{name} scored {score} of 9 for body condition, above the ideal of {low} to {high}."
        yield "Nutrition", why
        yield "Exercise", why
    elif score < low:
        why = f"{name} scored {score} of 9 for body condition, below the ideal of {low} to {high}."
        yield "Nutrition", why
        yield "Health Monitoring", why
