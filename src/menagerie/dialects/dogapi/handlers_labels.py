"""What models and people say an image shows: its analysis, its breeds, and how far that is."""

from menagerie.core import labels, recognition, tags
from menagerie.core.animals import book, pictures, translations
from menagerie.core.animals.book import Breed
from menagerie.core.apps import quotas
from menagerie.core.images import Image
from menagerie.core.recognition import Recognised
from menagerie.dialects.dogapi import (
    encoded_breeds,
    handlers_images,
    shapes,
    shapes_animals,
    shapes_images,
    site,
)
from menagerie.dialects.dogapi.shapes_images import AnalysisShape, BreedLabelShape, LabelsShape
from menagerie.errors import Invalid, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx
from menagerie.storage.schema import Species

VENDOR = "Menagerie"
MOST_LABELS = 10
# The classifier spreads a little over all breeds, whatever it sees.
_LEAST = 0.01
FEATURE = "image_analysis"


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations on what images show."""
    breeds = Outcome(200, "Breeds on the image.", list[shapes_animals.BreedShape])
    return (
        Operation(
            "GET",
            site.paths(library, "/images/{id:str}/status"),
            _status,
            Runs.EXECUTOR,
            summary="Get the processing status of an uploaded image",
            parameters=(site.IMAGE_ID,),
            outcomes=(Outcome(200, "How far.", shapes_images.StatusShape), *site.READS),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/images/{id:str}/labels"),
            _labels,
            Runs.EXECUTOR,
            summary="Get the latest breed identification labels for an image",
            parameters=(site.IMAGE_ID, site.LANG),
            outcomes=(Outcome(200, "The likeliest breeds.", LabelsShape), *site.READS),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/images/{id:str}/analysis"),
            _analysis,
            Runs.EXECUTOR,
            summary="Say what models saw.",
            parameters=(site.IMAGE_ID,),
            outcomes=(Outcome(200, "The newest first.", list[AnalysisShape]), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/images/{id:str}/breeds"),
            _breeds,
            Runs.EXECUTOR,
            summary="List the breeds on an image.",
            parameters=(site.IMAGE_ID, site.LANG),
            outcomes=(breeds, *site.READS),
        ),
        Operation(
            "POST",
            site.paths(library, "/images/{id:str}/breeds"),
            _add_breed,
            Runs.EXECUTOR,
            summary="Say that a breed is on your image.",
            parameters=(
                site.IMAGE_ID,
                Parameter("breed_id", "Id of the breed.", "form", "1"),
            ),
            outcomes=(
                Outcome(201, "Breeds on the image.", list[shapes_animals.BreedShape]),
                *site.WRITES,
            ),
            needs_key=True,
        ),
        Operation(
            "DELETE",
            site.paths(library, "/images/{id:str}/breeds/{breed_id:str}"),
            _remove_breed,
            Runs.EXECUTOR,
            summary="Say that a breed is not on your image.",
            parameters=(site.IMAGE_ID, Parameter("breed_id", "Id of the breed.", "path", "1")),
            outcomes=(Outcome(200, "It is gone.", shapes.MessageShape), *site.WRITES),
            needs_key=True,
        ),
    )


# What models saw.


def _status(call: Call) -> Answer:
    """GET /images/{id}/status."""
    site.require_key(call)
    with call.reading() as tx:
        image = handlers_images.own_of_path(call, tx)
        found = recognition.of(tx, image)
    code = site.image_code(call.library, image.id)
    return answers.json(shapes_images.StatusShape(code, found.status, site.time(found.updated_at)))


def _labels(call: Call) -> Answer:
    """GET /images/{id}/labels."""
    site.require_key(call)
    with call.reading() as tx:
        quotas.require_feature(tx, FEATURE)
        image = handlers_images.of_path(call, tx)
        found = recognition.of(tx, image)
        if found.classified_at is None:
            raise NotFound("NOT_FOUND This image has not been labelled yet.")
        shown = _breed_labels(tx, found, site.language_of(call))
    code = site.image_code(call.library, image.id)
    return answers.json(LabelsShape(code, shown, site.time(found.classified_at)))


def _breed_labels(tx: Tx, found: Recognised, language: str) -> list[BreedLabelShape]:
    there, translator = book.book(tx), translations.translated(tx, language)
    shown = []
    for index, probability in found.breeds[:MOST_LABELS]:
        breed = there.by_imagenet(index)
        if breed is not None and probability >= _LEAST:
            name = translator.text(f"breed:{breed.code}", "name", breed.name)
            shown.append(BreedLabelShape(breed.code, name, name, round(probability, 4)))
    return shown


def _analysis(call: Call) -> Answer:
    """GET /images/{id}/analysis."""
    site.allow_all(call)
    with call.reading() as tx:
        image = handlers_images.of_path(call, tx)
        found = recognition.of(tx, image)
        shown = [_seen(call, tx, image, found)] if found.classified_at is not None else []
    return answers.json(shown)


def _seen(call: Call, tx: Tx, image: Image, found: Recognised) -> AnalysisShape:
    things = [
        shapes_images.thing(word.title(), probability, _kinds(tx, word))
        for word, probability in found.subjects
    ]
    unsafe = found.unsafe_probability or 0.0
    is_safe = found.status in shapes_images.CLEAN
    return AnalysisShape(
        labels=things,
        moderation_labels=[
            shapes_images.thing(reason.title(), unsafe) for reason in found.unsafe_reasons
        ],
        vendor=VENDOR,
        image_id=site.image_code(call.library, image.id),
        created_at=site.time(found.classified_at or found.updated_at),
        approved=int(is_safe),
        rejected=int(found.status == "unsafe"),
    )


def _kinds(tx: Tx, word: str) -> list[str]:
    """Return what a word is a kind of, if it is a breed."""
    there = book.book(tx)
    return [species.title() for species in Species if there.by_name(species, word)]


# Breeds.


def _breeds(call: Call) -> Answer:
    """GET /images/{id}/breeds."""
    site.allow_all(call)
    with call.reading() as tx:
        return _breeds_on(call, tx, handlers_images.of_path(call, tx))


def _breeds_on(call: Call, tx: Tx, image: Image, status: int = 200) -> Answer:
    translator = translations.translated(tx, site.language_of(call))
    found = pictures.breeds_of(tx, image)
    shown = [encoded_breeds.nested(tx, breed, translator) for breed in found]
    return answers.json(shown, status)


def _add_breed(call: Call) -> Answer:
    """POST /images/{id}/breeds."""
    site.require_key(call)
    code = as_text(site.body(call).get("breed_id")).strip()
    with call.writing() as tx:
        image = handlers_images.own_of_path(call, tx)
        if not code:
            raise Invalid({"breed_id": ['INVALID_DATA "breed_id" is required']})
        labels.edit(tx, image.id, add=[_tag_name(tx, _breed(tx, code))], enforce_board_rules=False)
    with call.reading() as tx:
        return _breeds_on(call, tx, handlers_images.own_of_path(call, tx), 201)


def _remove_breed(call: Call) -> Answer:
    """DELETE /images/{id}/breeds/{breed_id}."""
    site.require_key(call)
    with call.writing() as tx:
        image = handlers_images.own_of_path(call, tx)
        breed = _breed(tx, call.text("breed_id"))
        if breed not in pictures.breeds_of(tx, image):
            raise NotFound("NOT_FOUND This breed is not on the image.")
        labels.edit(tx, image.id, remove=[_tag_name(tx, breed)], enforce_board_rules=False)
        if breed.tag_id is not None:
            labels.decline(tx, image.id, breed.tag_id)
    return site.done()


def _breed(tx: Tx, code: str) -> Breed:
    found = book.book(tx).by_code(code)
    if found is None:
        raise NotFound(f"NOT_FOUND There is no breed {code}.")
    return found


def _tag_name(tx: Tx, breed: Breed) -> str:
    if breed.tag_id is None:
        raise NotFound(f"NOT_FOUND The breed {breed.code} has no tag.")
    return tags.get(tx, breed.tag_id).name
