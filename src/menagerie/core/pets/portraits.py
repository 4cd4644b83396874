"""Portraits of pets: painted by the endpoint that the operator names, or by the library itself."""

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from menagerie.core import image_files
from menagerie.core.animals import book
from menagerie.core.pets import analyses, pets, photos
from menagerie.core.pets.photos import NewPhoto, Photo, Pose
from menagerie.errors import Invalid, RateLimited, Unavailable, Unsupported
from menagerie.library import Actor, Library, Tx
from menagerie.media import ornaments
from menagerie.media import portraits as painting
from menagerie.media.portraits import Style
from menagerie.storage import blobs
from menagerie.vision.analyst import Analyst

log = structlog.get_logger("menagerie.pets")

_EASEL = "portraits: places to paint"
_BEST_POSES = (Pose.FACE, Pose.FRONT, Pose.SITTING)


class StyleFacts(msgspec.Struct, frozen=True):
    """A style as people choose it; `popularity` is 0 to 100."""

    style: Style
    name: str
    description: str
    category: str
    popularity: int


STYLES: tuple[StyleFacts, ...] = (
    StyleFacts(
        Style.STUDIO,
        "Studio",
        "A dark painted backdrop and one soft light, in a slim dark frame.",
        "photography",
        95,
    ),
    StyleFacts(
        Style.OIL_PAINTING,
        "Oil painting",
        "Thick strokes that follow the fur, on canvas, in a gilded frame.",
        "painting",
        92,
    ),
    StyleFacts(
        Style.WATERCOLOUR,
        "Watercolour",
        "Light washes with darker rims on rough paper.",
        "painting",
        88,
    ),
    StyleFacts(
        Style.PENCIL_SKETCH,
        "Pencil sketch",
        "Graphite lines and hatching on cream paper, with unfinished edges.",
        "drawing",
        84,
    ),
    StyleFacts(
        Style.PACK_LEADER,
        "Pack leader",
        "A golden medallion with laurels and a crown, before beams of light.",
        "fantasy",
        80,
    ),
    StyleFacts(
        Style.BIRTHDAY_PARTY,
        "Birthday party",
        "A snapshot among balloons, bunting and confetti.",
        "celebration",
        77,
    ),
    StyleFacts(
        Style.PROFESSIONAL,
        "Professional",
        "Ink and ivory in a wide white mount, fit for the company's page.",
        "photography",
        71,
    ),
    StyleFacts(
        Style.JULY_4TH,
        "Fourth of July",
        "Under fireworks, in a ring of stars, above pleated bunting.",
        "celebration",
        63,
    ),
)
"""The styles, the most popular first."""


def find(tx: Tx, code: str) -> list[Photo]:
    """Return the portraits of a pet of the actor's, the oldest first. Raises as `pets.get`."""
    return photos.portraits_of(tx, pets.get(tx, code).id)


def make(library: Library, actor: Actor, code: str, style: str) -> Photo:
    """Make a portrait of a pet of the actor's and keep it with its pictures.

    Raises as `pets.get` does; Invalid (`style`) for an unknown one, (`images`) without
    photographs; Unsupported when the photograph cannot be decoded; what `intake` raises.
    """
    if style not in list(Style):
        raise Invalid({"style": [f"must be one of {', '.join(Style)}"]})
    with library.reading(actor) as tx:
        pet = pets.get(tx, code)
        found = photos.of_pet(tx, pet.id)
        breed = book.book(tx).by_id(pet.breed_id) if pet.breed_id is not None else None
    if not found:
        raise Invalid({"images": ["are needed: this pet has no photographs to paint"]})
    photo = _best(found)
    facts = f"It is a {breed.name}." if breed is not None else f"It is a {pet.species or 'pet'}."
    with tempfile.TemporaryDirectory(dir=blobs.work_folder(library.settings)) as folder:
        path = Path(folder) / "portrait"
        sent = NewPhoto(path=path, name=f"{style}.jpg", age_months=photo.age_months)
        path.write_bytes(_painted(library, actor, photo, Style(style), facts))
        prepared = photos.prepare(library, actor, [sent])
    with library.writing(actor) as tx:
        pet = pets.get(tx, code)  # it may have been removed meanwhile
        (made,) = photos.add(tx, pet.id, prepared, style=style)
        return made


def _best(found: Sequence[Photo]) -> Photo:
    """Return the photograph to paint from: the newest that shows the face, else the newest."""
    for pose in _BEST_POSES:
        for photo in reversed(found):
            if photo.pose == pose:
                return photo
    return found[-1]


def _painted(library: Library, actor: Actor, photo: Photo, style: Style, facts: str) -> bytes:
    settings = library.settings
    if settings.analyst_url and settings.analyst_images_model:
        try:
            return _asked(library, actor, photo, style, facts)
        except (Unavailable, Unsupported, RateLimited) as error:
            log.warning(
                "portrait is painted here", reason=error.message, cause=str(error.__cause__)
            )
    with _easel(library), library.blobs.as_file(image_files.full(photo.image)) as path:
        return library.pool.run(painting.draw, str(path), style, photo.id)


def _easel(library: Library) -> threading.Semaphore:
    """Return what lets so many paint at once that a child is left to decode what comes in."""
    places = max(1, library.pool.workers - 1)
    easel: threading.Semaphore = library.caches.setdefault(_EASEL, threading.Semaphore(places))
    return easel


def _asked(library: Library, actor: Actor, photo: Photo, style: Style, facts: str) -> bytes:
    """Let the endpoint paint, and see to it that what came is a picture."""
    endpoint = Analyst(library.settings)
    with library.writing(actor) as tx:
        analyses.take(tx)
    try:
        data = endpoint.portray(style, analyses.picture(library, photo), facts)
    except Unavailable:
        with library.writing(actor) as tx:
            analyses.give_back(tx)
        raise
    with tempfile.TemporaryDirectory(dir=blobs.work_folder(library.settings)) as folder:
        path = Path(folder) / "painted"
        path.write_bytes(data)
        return library.pool.run(painting.shrink, str(path), ornaments.SIZE)
