"""What is found out about a pet by its photographs; kept until new ones come.

Genealogy comes from the library's own classifier. Body condition, age, muscles and weight are asked
of the vision-language model that the operator names, outside any transaction.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from sqlalchemy import select, update

from menagerie.core import image_files
from menagerie.core.animals import book
from menagerie.core.pets import descriptions, genealogy, pets, photos
from menagerie.core.pets.genealogy import Genealogy
from menagerie.core.pets.pets import Pet
from menagerie.core.pets.photos import Photo
from menagerie.errors import Invalid, RateLimited, Unavailable
from menagerie.library import SECOND, Actor, Library, Tx
from menagerie.media import portraits
from menagerie.storage import schema, sql
from menagerie.storage.schema import Species
from menagerie.vision import analyst
from menagerie.vision.analyst import Analyst, Descriptions, Question

T = TypeVar("T")
_FLIGHTS = "questions about pets"
# Upper bounds in kg of what counts as small and as medium.
_SIZES = {Species.DOG: (10.0, 25.0), Species.CAT: (3.5, 6.0)}
# Upper bounds in months of the stages of life; beyond them an animal is a senior.
_STAGES: Mapping[Species, Sequence[tuple[str, int]]] = {
    Species.DOG: (("puppy", 6), ("adolescent", 18), ("adult", 84), ("mature", 120)),
    Species.CAT: (("kitten", 6), ("adolescent", 18), ("adult", 84), ("mature", 132)),
}


class Kind(StrEnum):
    """What can be found out."""

    BODY_CONDITION = "body_condition"
    AGE = "age"
    MUSCLE = "muscle"
    WEIGHT = "weight"
    GENEALOGY = "genealogy"


class BodyCondition(msgspec.Struct, frozen=True):
    """A body condition score, 1 (emaciated) to 9 (obese)."""

    score: int
    reasons: str


class Range(msgspec.Struct, frozen=True):
    """Bounds of an age in months."""

    min_months: int
    max_months: int


class Age(msgspec.Struct, frozen=True):
    """An age in whole months at the time of the newest photograph."""

    age_months: int
    plausible_range: Range
    life_stage: str
    reasons: str


class Muscle(msgspec.Struct, frozen=True):
    """Whether there are signs of lost muscle."""

    wasting_risk_flag: bool
    reasons: str


class Weight(msgspec.Struct, frozen=True):
    """A weight, and whether that is `small`, `medium` or `large` for the species."""

    weight_kg: float
    size_classification: str
    reasons: str


class Descent(msgspec.Struct, frozen=True):
    """The breeds a pet looks like, and friendly texts about it."""

    genealogy: Genealogy
    creative_descriptions: Descriptions


Result = BodyCondition | Age | Muscle | Weight | Descent


class Analysis(msgspec.Struct, frozen=True):
    """One result, and when it was found, in microseconds UTC."""

    result: Result
    created_at: int


_FORMS: Mapping[Kind, type[Any]] = {
    Kind.BODY_CONDITION: BodyCondition,
    Kind.AGE: Age,
    Kind.MUSCLE: Muscle,
    Kind.WEIGHT: Weight,
    Kind.GENEALOGY: Descent,
}
_row = schema.pet_analyses.c


class _Case(msgspec.Struct, frozen=True):
    """A pet and its photographs, of which there is one at least, the oldest first."""

    pet: Pet
    photos: list[Photo]

    @property
    def key(self) -> tuple[int, int]:
        return self.photos[-1].id, len(self.photos)


# Reading.


def of_pets(tx: Tx, pet_ids: Sequence[int]) -> dict[int, dict[Kind, Analysis]]:
    """Return what was found out about pets so far, by pet and kind."""
    found: dict[int, dict[Kind, Analysis]] = {pet_id: {} for pet_id in pet_ids}
    columns = (_row.pet_id, _row.kind, _row.result, _row.created_at)
    for pet_id, kind, result, created_at in tx.all(
        select(*columns).where(_row.pet_id.in_(pet_ids))
    ):
        found[pet_id][Kind(kind)] = _analysis(Kind(kind), result, created_at)
    return found


def _analysis(kind: Kind, result: str, created_at: int) -> Analysis:
    return Analysis(msgspec.json.decode(result, type=_FORMS[kind]), created_at)


def descent_of(analysed: Mapping[Kind, Analysis]) -> Descent | None:
    """Return the genealogy among what was found out about a pet."""
    found = analysed.get(Kind.GENEALOGY)
    return found.result if found is not None and isinstance(found.result, Descent) else None


# Asking.


def analyse(library: Library, actor: Actor, code: str, kind: Kind) -> Analysis | None:
    """Return what photographs of the actor's pet show, found out now unless nothing is new.

    None when no photograph shows a dog or cat (of a genealogy). The same question, asked twice at
    once in this process, is answered once.

    Raises as `pets.get` does; Invalid (`images`) for a pet without photographs; Unavailable when
    what is needed is not configured, off or down; RateLimited when the account has asked too much
    this month; Unsupported when a photograph cannot be decoded.
    """
    with library.reading(actor) as tx:
        pet = pets.get(tx, code)
        case = _Case(pet, photos.of_pet(tx, pet.id))
        if not case.photos:
            raise Invalid({"images": ["are needed: this pet has no photographs to look at"]})
        if (kept := _kept(tx, case, kind)) is not None:
            return kept
    flights: _Flights = library.caches.setdefault(_FLIGHTS, _Flights())
    return flights.join((pet.id, kind, *case.key), lambda: _found_out(library, actor, case, kind))


def _kept(tx: Tx, case: _Case, kind: Kind) -> Analysis | None:
    row = tx.one(
        select(_row.result, _row.created_at, _row.photo_id, _row.photo_count).where(
            _row.pet_id == case.pet.id, _row.kind == kind
        )
    )
    if row is None or (row.photo_id, row.photo_count) != case.key:
        return None
    return _analysis(kind, row.result, row.created_at)


class _Flights:
    """What is being found out right now, so that whoever asks the same waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[object, Future[Any]] = {}

    def join(self, key: object, find_out: Callable[[], T]) -> T:
        with self._lock:
            running = self._running.get(key)
            if running is None:
                mine = self._running[key] = Future()
        if running is not None:
            return running.result()  # type: ignore[no-any-return]
        try:
            result = find_out()
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(result)
            return result
        finally:
            with self._lock:
                del self._running[key]


def _found_out(library: Library, actor: Actor, case: _Case, kind: Kind) -> Analysis | None:
    result, model = _FOUND_BY[kind](library, actor, case)
    if result is None:
        return None
    with library.writing(actor) as tx:
        pets.get(tx, case.pet.code)  # it may have been removed meanwhile
        values = {
            "pet_id": case.pet.id,
            "kind": kind,
            "result": msgspec.json.encode(result).decode(),
            "photo_id": case.photos[-1].id,
            "photo_count": len(case.photos),
            "model": model,
            "created_at": tx.now_s,
        }
        sql.upsert(tx.connection, schema.pet_analyses, [values])
        pets.touch(tx, case.pet.id)
        return Analysis(result, tx.now_s)


# What the library's own classifier says.


def _descent(library: Library, actor: Actor, case: _Case) -> tuple[Descent | None, str]:
    seen = genealogy.classes_of(library, actor, case.photos)
    with library.reading(actor) as tx:
        animals = book.book(tx)
        own = animals.by_id(case.pet.breed_id) if case.pet.breed_id is not None else None
        found = genealogy.of_classes(animals, seen, kept_as=own.name if own else None)
        if found is None:
            return None, ""
        breed = animals.by_code(found.primary_breed.id)
        species = breed.species if breed is not None else case.pet.species or Species.DOG
        described = descriptions.describe(
            tx, seed=case.pet.code, name=case.pet.name, species=species, breed=breed
        )
    if library.settings.analyst_url:
        facts = _facts(library, actor, case) | {"looks_like": msgspec.to_builtins(found)}
        try:
            described = _ask(library, actor, case, analyst.DESCRIPTIONS, facts)
        except (Unavailable, RateLimited):
            return Descent(found, described), genealogy.MODEL  # our own texts will do
    return Descent(found, described), genealogy.MODEL


# What the analyst says.


def _body_condition(library: Library, actor: Actor, case: _Case) -> tuple[Result, str]:
    said = _ask(library, actor, case, analyst.BODY_CONDITION)
    return BodyCondition(said.score, said.reasons), _model(library)


def _age(library: Library, actor: Actor, case: _Case) -> tuple[Result, str]:
    said = _ask(library, actor, case, analyst.AGE)
    bounds = sorted((said.youngest_months, said.age_months, said.oldest_months))
    stage = life_stage(case.pet.species or Species.DOG, said.age_months)
    plausible = Range(bounds[0], bounds[-1])
    return Age(said.age_months, plausible, stage, said.reasons), _model(library)


def _muscle(library: Library, actor: Actor, case: _Case) -> tuple[Result, str]:
    said = _ask(library, actor, case, analyst.MUSCLE)
    return Muscle(said.wasting_risk_flag, said.reasons), _model(library)


def _weight(library: Library, actor: Actor, case: _Case) -> tuple[Result, str]:
    said = _ask(library, actor, case, analyst.WEIGHT)
    small, medium = _SIZES[case.pet.species or Species.DOG]
    size = "small" if said.weight_kg < small else "medium" if said.weight_kg < medium else "large"
    return Weight(round(said.weight_kg, 1), size, said.reasons), _model(library)


_FOUND_BY: Mapping[Kind, Callable[[Library, Actor, _Case], tuple[Result | None, str]]] = {
    Kind.GENEALOGY: _descent,
    Kind.BODY_CONDITION: _body_condition,
    Kind.AGE: _age,
    Kind.MUSCLE: _muscle,
    Kind.WEIGHT: _weight,
}


def life_stage(species: Species, months: int) -> str:
    """Return what an animal of an age is called.

    >>> life_stage(Species.CAT, 3), life_stage(Species.DOG, 130)
    ('kitten', 'senior')
    """
    return next((name for name, until in _STAGES[species] if months < until), "senior")


def _model(library: Library) -> str:
    return Analyst(library.settings).name


def _ask(
    library: Library,
    actor: Actor,
    case: _Case,
    question: Question[T],
    facts: dict[str, object] | None = None,
) -> T:
    """Ask the analyst about the photographs, at the account's expense."""
    asked = Analyst(library.settings)
    chosen = _chosen(case.photos)
    with library.writing(actor) as tx:
        take(tx)
    try:
        shown = [picture(library, photo) for photo in chosen]
        known = facts if facts is not None else _facts(library, actor, case)
        return asked.ask(question, shown, known | {"photographs": [_caption(p) for p in chosen]})
    except Unavailable:
        with library.writing(actor) as tx:
            give_back(tx)
        raise


def picture(library: Library, photo: Photo) -> bytes:
    """Return a small JPEG of a photograph, as it is shown to the analyst. Raises Unsupported."""
    with library.blobs.as_file(image_files.full(photo.image)) as path:
        return library.pool.run(portraits.shrink, str(path), analyst.PICTURE_PX)


def _chosen(found: Sequence[Photo]) -> list[Photo]:
    """Return the photographs that say most: the newest of each pose, then the newest others."""
    newest = list(reversed(found))
    poses = {photo.pose: photo.id for photo in found if photo.pose is not None}
    first = [photo for photo in newest if photo.id in poses.values()]
    others = [photo for photo in newest if photo.id not in poses.values()]
    return [*first, *others][: analyst.MOST_PICTURES]


def _caption(photo: Photo) -> dict[str, object]:
    return {
        "pose": photo.pose,
        "age_months": photo.age_months,
        "description": photo.description,
    }


def _facts(library: Library, actor: Actor, case: _Case) -> dict[str, object]:
    """Return what the analyst is told about a pet."""
    pet = case.pet
    with library.reading(actor) as tx:
        breed = book.book(tx).by_id(pet.breed_id) if pet.breed_id is not None else None
        descent = descent_of(of_pets(tx, [pet.id])[pet.id])
        today = pets.today_of(tx.now)
    facts: dict[str, object] = {
        "name": pet.name,
        "species": pet.species,
        "breed": breed.name if breed is not None else None,
        "usual_weight_kg": [breed.weight_min_kg, breed.weight_max_kg] if breed else None,
        "age_months": pets.age_months(pet.date_of_birth, today),
        "sex": pet.sex,
        "looks_like": descent.genealogy.primary_breed.label if descent else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


# What an account may still ask.


def take(tx: Tx) -> None:
    """Count one question of the actor's account this month; raises RateLimited at the limit."""
    limit = tx.library.settings.analyst_limit
    used = schema.analyst_usage.c
    key: dict[str, object] = {"account_id": tx.actor.account_id, "month": _month(tx.now)}
    # There may be others of the account at this very moment; counting locks the row.
    sql.insert_new(tx.connection, schema.analyst_usage, [key | {"requests": 0}])
    counted = update(schema.analyst_usage).where(
        used.account_id == key["account_id"], used.month == key["month"]
    )
    if limit:
        counted = counted.where(used.requests < limit)
    if tx.execute(counted.values(requests=used.requests + 1)).rowcount == 0:
        raise RateLimited(_left_of_month_s(tx.now))


def give_back(tx: Tx) -> None:
    """Take one question back, which was not answered."""
    used = schema.analyst_usage.c
    tx.execute(
        update(schema.analyst_usage)
        .where(
            used.account_id == tx.actor.account_id,
            used.month == _month(tx.now),
            used.requests > 0,
        )
        .values(requests=used.requests - 1)
    )


def _month(now: int) -> str:
    return datetime.fromtimestamp(now // SECOND, UTC).strftime("%Y-%m")


def _left_of_month_s(now: int) -> int:
    moment = datetime.fromtimestamp(now // SECOND, UTC)
    months = moment.year * 12 + moment.month
    following = datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
    return int((following - moment).total_seconds())
