"""Pets: keeping them and their photographs, analyses, portraits and tips."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from menagerie.core.animals import book, translations
from menagerie.core.orders import Order
from menagerie.core.pets import analyses, pets, photos, portraits, tips
from menagerie.core.pets.analyses import Descent, Kind
from menagerie.core.pets.pets import Details, Pet, Wanted
from menagerie.core.pets.photos import NewPhoto, Photo, Pose
from menagerie.dialects.dogapi import shapes_pets, site
from menagerie.dialects.dogapi.site import Unknown
from menagerie.errors import Invalid, Unsupported
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.limits import Spooled
from menagerie.http.parameters import Malformed, Tree, as_text, refuse_nul
from menagerie.http.routing import Handler, Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx
from menagerie.storage.schema import Species

# Quirk: the reference says `images`, an old page of the docs `file`, and forms of PHP `images[]`.
_FILE_FIELDS = frozenset({"images", "image", "file", "files"})
_MOST_MONTHS = 11
_PLAIN: Mapping[str, str] = {
    "name": "name",
    "breed_id": "breed",
    "description": "description",
    "microchip_id": "microchip",
    "sub_id": "on_behalf_of",
    "date_of_birth": "date_of_birth",
    "country": "country",
    "sex": "sex",
    "neuter_status": "neuter_status",
    "external_owner_id": "external_owner",
}
"""Fields of a body that are texts, with the core's names of them."""
_NAMES = {core: sent for sent, core in _PLAIN.items()} | {"species": "species_id"}

_PET = Parameter("petId", "Id of the pet.", "path", "a1B2c3D4e5")
_YEARS = Parameter(
    "age_years", "Age in whole years; parts of a year count too.", "form", kind="number"
)
_MONTHS = Parameter("age_months", "Months beyond the years, 0 to 11.", "form", kind="number")
_AGES = (_YEARS, _MONTHS)
_IMAGES = Parameter("images", "Photographs, at most 20.", "file")
_POSES = Parameter("poses", 'JSON: the pose of each file by its number, {"0": "front"}.', "form")
_FIELDS = (
    *(Parameter(name, "A text about the pet.", "form") for name in _PLAIN),
    Parameter("species_id", "1 or dog, 2 or cat.", "form"),
    *_AGES,
)
_SHOWN = Outcome(200, "The pet.", shapes_pets.PetShape)
_WRONG_FILE = site.UNSUPPORTED
_NO_ANIMAL = site.failed(422, "No photograph shows a dog or a cat.")


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations on pets."""
    return (*_keeping(library), *_pictures(library), *_findings(library))


def _keeping(library: Library) -> tuple[Operation, ...]:
    """Return the operations that make, show, change and remove pets."""
    all_, one = site.paths(library, "/pets"), site.paths(library, "/pets/{petId:str}")
    return (
        Operation(
            "POST",
            all_,
            _create,
            Runs.EXECUTOR,
            takes_files=True,
            summary="Create a pet with optional images",
            parameters=(_IMAGES, _POSES, *_FIELDS),
            outcomes=(Outcome(201, "The pet.", shapes_pets.PetShape), *site.WRITES, *_WRONG_FILE),
            needs_key=True,
        ),
        Operation(
            "GET",
            all_,
            _list,
            Runs.EXECUTOR,
            summary="List pets for the authenticated account",
            parameters=(
                *site.PAGES,
                *site.FILTERS,
                Parameter("breed_id", "Id of the breed."),
                Parameter("external_owner_id", "Whose pet it is, by your own id."),
                site.SUB_ID,
            ),
            outcomes=(Outcome(200, "Pets.", list[shapes_pets.PetShape]), *site.READS),
            needs_key=True,
        ),
        Operation(
            "GET",
            one,
            _show,
            Runs.EXECUTOR,
            summary="Retrieve a pet by id",
            parameters=(_PET,),
            outcomes=(_SHOWN, *site.READS),
            needs_key=True,
        ),
        Operation(
            "PATCH",
            one,
            _change,
            Runs.EXECUTOR,
            summary="Update pet metadata",
            parameters=(_PET, *_FIELDS),
            outcomes=(_SHOWN, *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "DELETE",
            one,
            _remove,
            Runs.EXECUTOR,
            summary="Delete a pet",
            parameters=(_PET,),
            outcomes=(Outcome(204, "It is gone."), *site.WRITES),
            needs_key=True,
        ),
    )


def _pictures(library: Library) -> tuple[Operation, ...]:
    """Return the operations on photographs and portraits."""
    of_pet = Outcome(200, "Portraits.", list[shapes_pets.PetImageShape])
    return (
        Operation(
            "POST",
            site.paths(library, "/pets/{petId:str}/images"),
            _add_images,
            Runs.EXECUTOR,
            takes_files=True,
            summary="Upload additional images for an existing pet",
            parameters=(
                _PET,
                _IMAGES,
                _POSES,
                *_AGES,
                Parameter("description", "What they show.", "form"),
            ),
            outcomes=(
                Outcome(201, "The new ones.", list[shapes_pets.PetImageShape]),
                *site.WRITES,
                *_WRONG_FILE,
            ),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/pets/portrait-styles"),
            _styles,
            Runs.INLINE,
            summary="List available portrait styles",
            outcomes=(Outcome(200, "Styles.", list[shapes_pets.StyleShape]), *site.READS),
            needs_key=True,
        ),
        Operation(
            "POST",
            site.paths(library, "/pets/{petId:str}/portrait"),
            _portray,
            Runs.LONG,
            summary="Generate an AI portrait for a pet",
            parameters=(
                _PET,
                Parameter("style", "Id of the style.", "form", "watercolour"),
            ),
            outcomes=(
                Outcome(201, "The portrait.", shapes_pets.PetImageShape),
                *site.WRITES,
                *_WRONG_FILE,
            ),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/pets/{petId:str}/portraits"),
            _portraits,
            Runs.EXECUTOR,
            summary="List the portraits of a pet.",
            parameters=(_PET,),
            outcomes=(of_pet, *site.READS),
            needs_key=True,
        ),
    )


def _findings(library: Library) -> tuple[Operation, ...]:
    """Return the operations that find things out about pets."""

    def ask(tail: str, kind: Kind, summary: str, shape: Any) -> Operation:
        return Operation(
            "POST",
            site.paths(library, "/pets/{petId:str}/" + tail),
            _analyse(kind),
            Runs.LONG,
            summary=summary,
            parameters=(_PET, site.LANG),
            outcomes=(
                Outcome(200, "What was found.", shape),
                *site.WRITES,
                *_WRONG_FILE,
                *_NO_ANIMAL,
            ),
            needs_key=True,
        )

    return (
        ask("body-condition-score", Kind.BODY_CONDITION,
            "Analyse the body condition score (BCS) for a pet based on their images",
            shapes_pets.BodyConditionShape),
        ask("estimated-age", Kind.AGE, "Estimate the age of a pet based on their images",
            shapes_pets.AgeShape),
        ask("genealogy", Kind.GENEALOGY, "Analyze genealogy/breed from all pet images", Descent),
        ask("muscle-condition-score", Kind.MUSCLE,
            "Evaluate Muscle Condition from all pet images as a wasting risk flag",
            shapes_pets.MuscleShape),
        ask("estimated-weight", Kind.WEIGHT, "Estimate the weight of a pet.",
            shapes_pets.WeightShape),
        Operation(
            "GET",
            site.paths(library, "/pets/{petId:str}/health-tips"),
            _tips,
            Runs.EXECUTOR,
            summary="Show health tips for a pet.",
            parameters=(
                _PET,
                Parameter("include_sources", "true: with the addresses that they come from."),
                site.LANG,
            ),
            outcomes=(Outcome(200, "Tips.", shapes_pets.PetTipsShape), *site.READS),
            needs_key=True,
        ),
    )  # fmt: skip


# Keeping pets.


def _create(call: Call) -> Answer:
    """POST /pets."""
    site.require_key(call)
    sent = _sent(call)
    details, new = _details(sent), _new_photos(call, sent)
    with call.reading() as tx, _ApiNames():
        pets.columns(tx, details)  # what is wrong is said before files are looked at
    return _refusing_files(call, lambda: _created(call, details, new))


def _created(call: Call, details: Details, new: Sequence[NewPhoto]) -> Answer:
    prepared = photos.prepare(call.library, call.actor, new)
    with call.writing() as tx, _ApiNames():
        pet = pets.create(tx, details)
        pets.add_photos(tx, pet, prepared)
    with call.reading() as tx:
        return answers.json(_shape(call, tx, pets.get(tx, pet.code)), 201)


def _list(call: Call) -> Answer:
    """GET /pets."""
    site.require_key(call)
    paging = site.page_of(call, limit_default=10, limit_max=100)
    order = site.order_of(call, Order.ASC)
    species = site.species_of(call, spans_all=True)
    if isinstance(species, Unknown):
        return site.paged([], 0, paging)
    wanted = Wanted(
        species=species,
        breed=site.text_of(call, "breed_id") or None,
        groups=tuple(site.list_of(call, "breed_groups")),
        excluded_groups=tuple(site.list_of(call, "exclude_breed_groups")),
        on_behalf_of=site.behalf(call),
        external_owner=site.text_of(call, "external_owner_id") or None,
    )
    with call.reading() as tx:
        found = pets.find(tx, wanted, order=order, limit=paging.limit, offset=paging.offset)
        return site.paged(_shapes(call, tx, found.items), found.total, paging)


def _show(call: Call) -> Answer:
    """GET /pets/{petId}."""
    site.require_key(call)
    with call.reading() as tx:
        return answers.json(_shape(call, tx, pets.get(tx, call.text("petId"))))


def _change(call: Call) -> Answer:
    """PATCH /pets/{petId}."""
    site.require_key(call)
    details = _details(_sent(call))
    with call.writing() as tx, _ApiNames():
        changed = pets.change(tx, call.text("petId"), details)
    with call.reading() as tx:
        return answers.json(_shape(call, tx, changed))


def _remove(call: Call) -> Answer:
    """DELETE /pets/{petId}."""
    site.require_key(call)
    with call.writing() as tx:
        pets.remove(tx, call.text("petId"))
    return site.gone()


# Pictures.


def _add_images(call: Call) -> Answer:
    """POST /pets/{petId}/images."""
    site.require_key(call)
    with call.reading() as tx:
        pet = pets.get(tx, call.text("petId"))
    sent = _sent(call)
    new = _new_photos(call, sent, description=_text(sent, "description"))
    if not new:
        raise Invalid({"images": ["are missing: send files in the field `images`"]})
    return _refusing_files(call, lambda: _added(call, pet, new))


def _added(call: Call, pet: Pet, new: Sequence[NewPhoto]) -> Answer:
    prepared = photos.prepare(call.library, call.actor, new)
    with call.writing() as tx:
        made = pets.add_photos(tx, pets.get(tx, pet.code), prepared)
    return answers.json([_picture(call, pet, photo) for photo in made], 201)


def _styles(call: Call) -> Answer:
    """GET /pets/portrait-styles."""
    site.require_key(call)
    return answers.json([shapes_pets.style(one) for one in portraits.STYLES])


def _portray(call: Call) -> Answer:
    """POST /pets/{petId}/portrait."""
    site.require_key(call)
    with call.reading() as tx:
        pet = pets.get(tx, call.text("petId"))
    wish = _text(_sent(call), "style") or ""
    made = portraits.make(call.library, call.actor, pet.code, wish)
    return answers.json(_picture(call, pet, made), 201)


def _portraits(call: Call) -> Answer:
    """GET /pets/{petId}/portraits."""
    site.require_key(call)
    with call.reading() as tx:
        pet = pets.get(tx, call.text("petId"))
        found = portraits.find(tx, pet.code)
    return answers.json([_picture(call, pet, photo) for photo in found])


# Finding things out.


def _analyse(kind: Kind) -> Handler:
    def handler(call: Call) -> Answer:
        site.require_key(call)
        found = analyses.analyse(call.library, call.actor, call.text("petId"), kind)
        if found is None:
            # Quirk: clients of older versions look for this very text (spec 1.8).
            text = "Classifcation failed: correct animal not found."
            return site.error(call, 422, "no_animal", f"{text} No photograph shows a dog or a cat.")
        return answers.json(shapes_pets.result(found))

    return handler


def _tips(call: Call) -> Answer:
    """GET /pets/{petId}/health-tips."""
    site.require_key(call)
    with_sources = site.flag(call, "include_sources", False)
    with call.reading() as tx:
        found = tips.of_pet(tx, call.text("petId"))
        language = site.language_of(call)
        translator = translations.translated(tx, language)
        items = [
            shapes_pets.tip(
                one, translator, with_sources=with_sources, with_reason=language == "en"
            )
            for one in found
        ]
        return answers.json(shapes_pets.PetTipsShape(items, site.time(tx.now)))


# What is sent.


def _sent(call: Call) -> Tree:
    """Return the body, to which the query may add whom the caller acts for."""
    sent = site.body(call)
    label = call.query.get("sub_id")
    return {"sub_id": label, **sent} if label else sent


def _text(sent: Tree, name: str) -> str | None:
    """Return a field as text, None when it is empty or null. Raises Invalid for a list or map."""
    value = sent.get(name)
    if isinstance(value, dict | list):
        raise Invalid({name: ["must be a text"]})
    return as_text(value).strip() or None


def _details(sent: Tree) -> Details:
    """Return what a body says about a pet. Raises Invalid."""
    values: dict[str, Any] = {
        core: _text(sent, name) for name, core in _PLAIN.items() if name in sent
    }
    if "species_id" in sent:
        text = _text(sent, "species_id")
        values["species"] = _species(text) if text is not None else None
    age = _age_months(sent)
    return Details(**values, age_months=UNSET if age is None else age)


def _species(text: str) -> Species:
    found = site.species_named(text)
    if isinstance(found, Unknown):
        raise Invalid({"species_id": ["must be 1 (dog) or 2 (cat)"]})
    return found


def _age_months(sent: Tree) -> int | None:
    """Return the age that years and months add up to; None when neither is said."""
    years = _number(sent, "age_years", most=photos.MOST_MONTHS / 12)
    months = _number(sent, "age_months", most=_MOST_MONTHS)
    if years is None and months is None:
        return None
    return round((years or 0) * 12 + (months or 0))


def _number(sent: Tree, name: str, *, most: float) -> float | None:
    text = _text(sent, name)
    if text is None:
        return None
    try:
        value = float(text) if len(text) < 40 and text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not 0 <= value <= most:
        raise Invalid({name: [f"must be a number from 0 to {most:g}"]})
    return value


def _new_photos(call: Call, sent: Tree, *, description: str | None = None) -> list[NewPhoto]:
    """Return the photographs that were sent, each with its pose. Raises Invalid."""
    files = _files(call)
    if len(files) > photos.MOST_FILES:
        raise Invalid({"images": [f"must be at most {photos.MOST_FILES} files"]})
    poses = _poses(sent.get("poses"))
    months = _age_months(sent)
    return [
        NewPhoto(
            path=file.path,
            name=file.name,
            pose=poses.get(str(index)),
            age_months=months,
            description=description,
        )
        for index, file in enumerate(files)
    ]


def _files(call: Call) -> list[Spooled]:
    sent = call.body.files if call.body is not None else []
    return [file for name, file in sent if name.partition("[")[0] in _FILE_FIELDS]


def _poses(value: object) -> dict[str, Pose]:
    """Return poses by the number of the file, as text. Raises Invalid (`poses`)."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value) if value.strip() else {}
            refuse_nul(value)
        except (msgspec.DecodeError, RecursionError, Malformed):
            value = None
    elif value is None:
        value = {}
    if not isinstance(value, dict):
        raise Invalid({"poses": ['must be a JSON object such as {"0": "front"}']})
    named = {str(index): str(pose).strip().lower() for index, pose in value.items() if pose}
    if any(pose not in list(Pose) for pose in named.values()):
        raise Invalid({"poses": [f"must be among {', '.join(Pose)}"]})
    return {index: Pose(pose) for index, pose in named.items()}


class _ApiNames:
    """Lets what is wrong be said by the names that the API has for fields."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Invalid) and not isinstance(error, Unsupported):
            fields = {_NAMES.get(name, name): texts for name, texts in error.fields.items()}
            raise Invalid(fields) from error


def _refusing_files(call: Call, taken: Callable[[], Answer]) -> Answer:
    """Answer 415 when one of the files is no picture that is taken."""
    try:
        return taken()
    except Unsupported as error:
        return site.error(call, 415, error.code, f"Invalid file data. {error.message}")


# What is answered.


def _shape(call: Call, tx: Tx, pet: Pet) -> shapes_pets.PetShape:
    return _shapes(call, tx, [pet])[0]


def _shapes(call: Call, tx: Tx, found: Sequence[Pet]) -> list[shapes_pets.PetShape]:
    ids = [pet.id for pet in found]
    pictures, analysed, animals = (
        photos.of_pets(tx, ids),
        analyses.of_pets(tx, ids),
        book.book(tx),
    )
    return [
        shapes_pets.pet(
            pet,
            breed=animals.by_id(pet.breed_id) if pet.breed_id is not None else None,
            images=[_picture(call, pet, photo) for photo in pictures[pet.id]],
            analysed=analysed[pet.id],
        )
        for pet in found
    ]


def _picture(call: Call, pet: Pet, photo: Photo) -> shapes_pets.PetImageShape:
    url = site.image_url(call.library, call.base_url, photo.image)
    return shapes_pets.picture(photo, pet_code=pet.code, url=url)
