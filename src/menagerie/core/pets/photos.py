"""The pictures of pets: photographs that people sent, and portraits that were made of them.

Each is a private image of the same account. They are not among the account's own uploads that
programs list, and do not count in its monthly quota.
"""

import string
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec
from sqlalchemy import ColumnElement, insert, select

from menagerie.core import images, intake, visibility
from menagerie.core.images import Image
from menagerie.core.intake import Prepared, Upload
from menagerie.errors import Invalid
from menagerie.library import Actor, Library, Tx
from menagerie.storage import schema
from menagerie.storage.schema import Audience

MOST_FILES = 20
MOST_MONTHS = 60 * 12
_MOST_DESCRIPTION_BYTES = 10_000
_CODE_LETTERS = string.ascii_letters + string.digits
_CODE_WIDTH = 10
_FORMATS = frozenset({"png", "jpg", "webp", "gif", "avif"})


class Pose(StrEnum):
    """From where a pet is seen, or what it does."""

    FRONT = "front"
    SIDE = "side"
    BACK = "back"
    TOP = "top"
    LEFT = "left"
    RIGHT = "right"
    SITTING = "sitting"
    FACE = "face"
    OTHER = "other"


class NewPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photograph that somebody sends; `age_months` is that of the pet in it."""

    path: Path
    name: str = ""
    pose: Pose | None = None
    age_months: int | None = None
    description: str | None = None


class PreparedPhoto(msgspec.Struct, frozen=True):
    """A photograph whose file is kept, with what is said of it."""

    photo: NewPhoto
    prepared: Prepared


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A photograph or, with a `style`, a portrait; `created_at` is microseconds UTC."""

    id: int
    code: str
    """The public id."""
    pet_id: int
    image_id: int
    pose: str | None
    age_months: int | None
    description: str | None
    style: str | None
    created_at: int
    image: Image


_row = schema.pet_images.c
_NAMES = tuple(name for name in Photo.__struct_fields__ if name != "image")


def of_pet(tx: Tx, pet_id: int, *, includes_portraits: bool = False) -> list[Photo]:
    """Return the photographs of one pet of the actor's, the oldest first."""
    found = of_pets(tx, [pet_id])[pet_id]
    return found + portraits_of(tx, pet_id) if includes_portraits else found


def of_pets(tx: Tx, pet_ids: Sequence[int]) -> dict[int, list[Photo]]:
    """Return the photographs of pets of the actor's, the oldest first."""
    found: dict[int, list[Photo]] = {pet_id: [] for pet_id in pet_ids}
    for photo in _read(tx, _row.pet_id.in_(pet_ids), _row.style.is_(None)):
        found[photo.pet_id].append(photo)
    return found


def portraits_of(tx: Tx, pet_id: int) -> list[Photo]:
    """Return the portraits of one pet of the actor's, the oldest first."""
    return _read(tx, _row.pet_id == pet_id, _row.style.is_not(None))


def _read(tx: Tx, *conditions: ColumnElement[bool]) -> list[Photo]:
    statement = select(*(_row[name] for name in _NAMES)).where(*conditions).order_by(_row.id)
    rows = tx.all(statement)
    shown = {
        image.id: image
        for image in images.find_many(tx, [row.image_id for row in rows])
        if visibility.may_see(tx.actor, image)
    }
    return [
        Photo(**dict(zip(_NAMES, row, strict=True)), image=shown[row.image_id])
        for row in rows
        if row.image_id in shown
    ]


def new_code(library: Library) -> str:
    """Return a public id, of a pet or a picture, that nobody can guess."""
    return "".join(library.random.choice(_CODE_LETTERS) for _ in range(_CODE_WIDTH))


def prepare(library: Library, actor: Actor, sent: Sequence[NewPhoto]) -> list[PreparedPhoto]:
    """Look at photographs and keep their files, outside any transaction.

    Raises Invalid (`images`, `description`) before anything is looked at, and what
    `intake.prepare` raises for the first that is no picture; then none becomes an image.
    """
    if len(sent) > MOST_FILES:
        raise Invalid({"images": [f"must be at most {MOST_FILES} files"]})
    for photo in sent:
        problems = images.check_text(photo.description or "", max_bytes=_MOST_DESCRIPTION_BYTES)
        if problems:
            raise Invalid({"description": problems})
    return [PreparedPhoto(photo, intake.prepare(library, actor, _upload(photo))) for photo in sent]


def aged(prepared: PreparedPhoto, months: int | None) -> PreparedPhoto:
    """Return a photograph of a pet of an age, unless another was said."""
    if prepared.photo.age_months is not None:
        return prepared
    photo = msgspec.structs.replace(prepared.photo, age_months=months)
    return PreparedPhoto(photo, prepared.prepared)


def _upload(photo: NewPhoto) -> Upload:
    kept = photo.name.replace("\0", "").encode(errors="replace")[-intake.MAX_NAME_BYTES :]
    name = kept.decode(errors="ignore")
    return Upload(path=photo.path, name=name, audience=Audience.PRIVATE, accepts=_FORMATS)


def add(
    tx: Tx,
    pet_id: int,
    prepared: Iterable[PreparedPhoto],
    *,
    style: str | None = None,
) -> list[Photo]:
    """Make images of prepared photographs of a pet of the actor's; return them in their order.

    With a `style` they are portraits. Raises what `intake.admit` raises.
    """
    made = []
    for each in prepared:
        image_id = intake.admit(tx, each.prepared)
        tx.execute(
            insert(schema.pet_images),
            {
                "code": new_code(tx.library),
                "pet_id": pet_id,
                "image_id": image_id,
                "pose": each.photo.pose,
                "age_months": each.photo.age_months,
                "description": each.photo.description,
                "style": style,
                "created_at": tx.now_s,
            },
        )
        made.append(image_id)
    return _read(tx, _row.image_id.in_(made)) if made else []
