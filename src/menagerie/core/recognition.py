"""Recognition: what the models see in images, and what follows from it.

A job looks at new images: at their subjects and breeds, which become suggested labels, at what
makes them alike, and at how safe they are if nobody asked before. Until it has run, an image is
`clean`; then it is `labelled`, also when nothing was found.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
import structlog
from pyroaring import BitMap
from sqlalchemy import insert, or_, select

from menagerie import jobs
from menagerie.core import image_files, images, labels, screening, similar, tags, visibility
from menagerie.core.animals import book
from menagerie.errors import MenagerieError, Unsupported
from menagerie.library import SYSTEM, Library, Tx
from menagerie.media import render, sight
from menagerie.media.limits import Limits
from menagerie.settings import ReviewMode
from menagerie.storage import blobs, schema, sql
from menagerie.storage.schema import Review
from menagerie.vision import breeds, efficientnet
from menagerie.vision.models import Sight

CLASSIFY = "recognition.classify"
BATCH = 16
"""How many images are looked at together, which takes one write for all of them."""
MOST_SUGGESTIONS = 8
_LEAST_SUGGESTION = 0.15
_SEEN_AS = "large"
_log = structlog.get_logger(__name__)


class Status(StrEnum):
    """How far an image is, from its upload to being labelled."""

    TO_BE_REVIEWED = "to_be_reviewed"
    CLEAN = "clean"
    UNSAFE = "unsafe"
    LABELLED = "labelled"


class Recognised(msgspec.Struct, frozen=True):
    """What is known of what an image shows, by the models alone.

    Probabilities are 0 to 1, the likeliest first; `breeds` are classes of ImageNet that are breeds
    of dogs and cats. `unsafe_reasons` is empty unless the status is unsafe. Times are in
    microseconds UTC; `classified_at` is None before the models have looked.
    """

    status: Status
    updated_at: int
    unsafe_reasons: tuple[str, ...] = ()
    unsafe_probability: float | None = None
    subjects: tuple[tuple[str, float], ...] = ()
    breeds: tuple[tuple[int, float], ...] = ()
    classified_at: int | None = None


class _Waiting(msgspec.Struct, frozen=True):
    """An image to be looked at, and what the safety model said of it already."""

    id: int
    sha512: str
    full_sha512: str
    format: str
    width: int
    height: int
    is_animated: bool
    has_representations: bool
    unsafe_probability: float | None

    @property
    def file(self) -> str:
        """The name of the file to look at: a smaller one of a still, if it is made already."""
        if (
            self.has_representations
            and self.format in _STILL_FORMATS
            and not self.is_animated
            and not render.fits(self.width, self.height, _SEEN_AS)
        ):
            return blobs.representation_name(self.sha512, f"{_SEEN_AS}.{self.format}")
        return image_files.full_name(self.sha512, self.full_sha512, self.format)


class _Seen(msgspec.Struct, frozen=True):
    """What the models saw in an image; no sight if there was nothing to be seen."""

    image_id: int
    sight: Sight | None
    unsafe_probability: float | None


_STILL_FORMATS = frozenset({"jpg", "png", "webp", "avif"})
_row = schema.recognitions.c
_image = schema.images.c
_READ = select(
    _row.image_id,
    _row.unsafe_probability,
    _row.unsafe_reasons,
    _row.subjects,
    _row.breeds,
    _row.classified_at,
    _row.updated_at,
)


# Reading.


def of(tx: Tx, image: images.Image) -> Recognised:
    """Return what is known of what an image shows; the caller decides whether it may be seen."""
    return of_many(tx, [image])[image.id]


def of_many(tx: Tx, found: Iterable[images.Image]) -> dict[int, Recognised]:
    """Return what is known of what images show, by id, in one statement.

    How an image was judged is told only to its owner and staff; for others, one that was found
    unsafe is still to be reviewed.
    """
    wanted = {image.id: image for image in found}
    rows: dict[int, Any] = {}
    if wanted:
        rows = {r.image_id: r for r in tx.all(_READ.where(_row.image_id.in_(list(wanted))))}
    is_on = tx.library.settings.recognition
    known = {
        image_id: _recognised(image, rows.get(image_id), is_on=is_on)
        for image_id, image in wanted.items()
    }
    if tx.actor.is_moderator:
        return known
    return {
        image_id: one if visibility.is_own(tx.actor, wanted[image_id]) else _for_others(one)
        for image_id, one in known.items()
    }


def _for_others(one: Recognised) -> Recognised:
    """Return what strangers may know."""
    status = Status.TO_BE_REVIEWED if one.status is Status.UNSAFE else one.status
    return msgspec.structs.replace(one, status=status, unsafe_reasons=(), unsafe_probability=None)


def _recognised(image: images.Image, row: Any, *, is_on: bool) -> Recognised:
    if row is None:
        status = _status(image.review, is_judged_unsafe=False, is_done=not is_on)
        return Recognised(status, image.updated_at)
    reasons = tuple(filter(None, row.unsafe_reasons.split(",")))
    status = _status(
        image.review,
        is_judged_unsafe=bool(reasons),
        is_done=row.classified_at is not None or not is_on,
    )
    return Recognised(
        status=status,
        updated_at=max(image.updated_at, row.updated_at),
        unsafe_reasons=reasons if status is Status.UNSAFE else (),
        unsafe_probability=row.unsafe_probability,
        subjects=_decoded(row.subjects, _SUBJECTS),
        breeds=_decoded(row.breeds, _BREEDS),
        classified_at=row.classified_at,
    )


def _status(review: str, *, is_judged_unsafe: bool, is_done: bool) -> Status:
    if review == Review.APPROVED:
        return Status.LABELLED if is_done else Status.CLEAN
    if review == Review.PENDING and not is_judged_unsafe:
        return Status.TO_BE_REVIEWED
    return Status.UNSAFE


_SUBJECTS: Any = msgspec.json.Decoder(tuple[tuple[str, float], ...])
_BREEDS: Any = msgspec.json.Decoder(tuple[tuple[int, float], ...])


def _decoded(text: str, decoder: Any) -> Any:
    return decoder.decode(text) if text else ()


# What intake begins.


def begin(tx: Tx, image_id: int, unsafe_probability: float | None, reasons: Sequence[str]) -> None:
    """Note what the safety model said of a new image, and let it be looked at soon."""
    if unsafe_probability is not None:
        values = {
            "image_id": image_id,
            "unsafe_probability": unsafe_probability,
            "unsafe_reasons": ",".join(reasons),
            "created_at": tx.now,
            "updated_at": tx.now,
        }
        tx.execute(insert(schema.recognitions), values)
    look_soon(tx, image_id)


def look_soon(tx: Tx, image_id: int) -> None:
    """Let an image be looked at once this is committed, unless these models have seen it."""
    if tx.library.settings.recognition:
        jobs.enqueue(tx, CLASSIFY, {"image_id": image_id})


# Looking.


@functools.cache
def model() -> str:
    """Return which models look at images now; images seen by others are looked at anew."""
    return efficientnet.name().removesuffix(".onnx")


def classify(library: Library, *, image_id: int) -> None:
    """Look at an image with the models, and at others that wait with it; a job.

    Raises Unavailable when a model cannot be loaded, NotFound when the image's file is gone.
    """
    with library.reading(SYSTEM) as tx:
        if not _is_waiting(tx, image_id):
            return
    with library.writing(SYSTEM) as tx:
        taken = jobs.take_along(tx, CLASSIFY, BATCH - 1)
    try:
        failed = look_at(library, [image_id, *_ids(taken)], finished=taken)
    except BaseException:
        with library.writing(SYSTEM) as tx:
            jobs.release(tx, taken)
        raise
    if image_id in failed:
        raise failed[image_id]


def _ids(claims: Sequence[jobs.Claim]) -> list[int]:
    return [int(claim.payload["image_id"]) for claim in claims]


def _is_waiting(tx: Tx, image_id: int) -> bool:
    return bool(_waiting(tx, [image_id]))


def look_at(
    library: Library,
    image_ids: Sequence[int],
    *,
    again: bool = False,
    finished: Sequence[jobs.Claim] = (),
) -> Mapping[int, MenagerieError]:
    """Look at images with the models and write down what they saw.

    Images that these models have seen are left out, unless `again`, and always those that were
    removed or merged. Of images that cannot be decoded only that much is kept. Jobs in `finished`
    are done in the same transaction, or given back for images whose files cannot be had; why is
    returned by image. Raises Unavailable when a model cannot be loaded.
    """
    with library.reading(SYSTEM) as tx:
        waiting = _waiting(tx, image_ids, again=again)
    views, failed = _views(library, waiting)
    seen = _seen(library, [image for image in waiting if image.id not in failed], views)
    with library.writing(SYSTEM) as tx:
        _write(tx, seen)
        done = [c for c in finished if int(c.payload["image_id"]) not in failed]
        jobs.finish(tx, done)
        jobs.release(tx, [claim for claim in finished if claim not in done])
    return failed


def waiting_ids(tx: Tx, *, again: bool = False) -> list[int]:
    """Return the images that the models have not seen yet, or all that they could see."""
    statement = _WAITING.with_only_columns(_image.id).order_by(_image.id)
    return list(tx.execute(statement if again else statement.where(_is_unseen())).scalars())


_WAITING = (
    select(
        *(_image[name] for name in _Waiting.__struct_fields__ if name != "unsafe_probability"),
        _row.unsafe_probability,
    )
    .outerjoin(schema.recognitions, _row.image_id == _image.id)
    .where(_image.removed_at.is_(None), _image.merged_into_id.is_(None))
)


def _is_unseen() -> Any:
    return or_(_row.classified_at.is_(None), _row.model != model())


def _waiting(tx: Tx, image_ids: Sequence[int], *, again: bool = False) -> list[_Waiting]:
    statement = _WAITING.where(_image.id.in_(image_ids)).order_by(_image.id)
    rows = tx.all(statement if again else statement.where(_is_unseen()))
    return [_Waiting(*row) for row in rows]


def _views(
    library: Library, waiting: Sequence[_Waiting]
) -> tuple[dict[int, sight.Views], dict[int, MenagerieError]]:
    """Decode images, each in a child; return what models look at, and why files are missing."""
    found: dict[int, sight.Views] = {}
    failed: dict[int, MenagerieError] = {}

    def decode(image: _Waiting) -> None:
        try:
            found[image.id] = _view(library, image)
        except Unsupported as error:
            _log.warning("an image cannot be looked at", image=image.id, error=str(error))
        except MenagerieError as error:
            failed[image.id] = error

    with ThreadPoolExecutor(library.pool.workers, thread_name_prefix="views") as threads:
        list(threads.map(decode, waiting))
    return found, failed


def _view(library: Library, image: _Waiting) -> sight.Views:
    # Whatever came in was within the limits of its day.
    limits = Limits(max_bytes=1 << 62, max_px=1 << 62, max_frames=1 << 30)
    with library.blobs.as_file(image.file) as path:
        return library.pool.run(sight.views, str(path), limits=limits)


def _seen(
    library: Library, waiting: Sequence[_Waiting], views: Mapping[int, sight.Views]
) -> list[_Seen]:
    """Ask the models about all images at once."""
    shown = [image for image in waiting if image.id in views]
    sights = library.models.classify([views[image.id].subject for image in shown])
    by_id = dict(zip((image.id for image in shown), sights, strict=True))
    unsafe = _unsafe(library, [image for image in shown if image.unsafe_probability is None], views)
    return [
        _Seen(image.id, by_id.get(image.id), unsafe.get(image.id, image.unsafe_probability))
        for image in waiting
    ]


def _unsafe(
    library: Library, shown: Sequence[_Waiting], views: Mapping[int, sight.Views]
) -> dict[int, float]:
    """Return the probabilities of images; of an animation that of its worst frame."""
    frames = [(image.id, frame) for image in shown for frame in views[image.id].whole]
    found: dict[int, float] = {}
    probabilities = library.models.unsafe([frame for _, frame in frames])
    for (image_id, _), probability in zip(frames, probabilities, strict=True):
        found[image_id] = max(found.get(image_id, 0.0), probability)
    return found


# Writing down.


def _write(tx: Tx, seen: Sequence[_Seen]) -> None:
    """Keep what was seen of images that are still there."""
    there = {row.id for row in _waiting(tx, [one.image_id for one in seen], again=True)}
    kept = [one for one in seen if one.image_id in there]
    if not kept:
        return
    _keep_recognitions(tx, kept)
    shown = [(one.image_id, one.sight.vector) for one in kept if one.sight is not None]
    if shown:
        ids, found = zip(*shown, strict=True)
        similar.keep(tx, ids, np.stack(found), model=model())
    for one in kept:
        if one.sight is not None:
            labels.suggest(tx, one.image_id, _suggestions(tx, one.sight))
    if tx.library.settings.review == ReviewMode.MODEL:
        _rate(tx, kept)


def _keep_recognitions(tx: Tx, seen: Sequence[_Seen]) -> None:
    statement = sql.insert(tx.connection, schema.recognitions)
    names = ("unsafe_probability", "subjects", "breeds", "classified_at", "model", "updated_at")
    upsert = statement.on_conflict_do_update(
        index_elements=["image_id"], set_={name: statement.excluded[name] for name in names}
    )
    tx.execute(
        upsert,
        [
            {
                "image_id": one.image_id,
                "unsafe_probability": one.unsafe_probability,
                "subjects": _encoded(_subjects(one)),
                "breeds": _encoded(breeds.animal_classes(one.sight) if one.sight else []),
                "classified_at": tx.now,
                "model": model(),
                "created_at": tx.now,
                "updated_at": tx.now,
            }
            for one in seen
        ],
    )


def _subjects(one: _Seen) -> list[tuple[str, float]]:
    found = breeds.subjects_of(one.sight) if one.sight is not None else []
    return [(guess.word, guess.probability) for guess in found]


def _encoded(found: Sequence[tuple[object, float]]) -> str:
    rounded = [(what, round(probability, 4)) for what, probability in found]
    return msgspec.json.encode(rounded).decode()


def _suggestions(tx: Tx, seen: Sight) -> list[tuple[int, float]]:
    """Return the tags of what is in a picture; words that have no tag are left out."""
    found: dict[int, float] = {}
    for guess in breeds.subjects_of(seen, least=_LEAST_SUGGESTION)[:MOST_SUGGESTIONS]:
        tag_id = _tag_of(tx, guess)
        if tag_id is not None:
            found[tag_id] = max(found.get(tag_id, 0.0), round(guess.probability, 4))
    return list(found.items())


def _tag_of(tx: Tx, guess: breeds.Guess) -> int | None:
    """Return the tag of a breed, or of a word; the target of an alias."""
    breed = book.book(tx).by_imagenet(guess.index) if guess.index is not None else None
    if breed is None or breed.tag_id is None:
        return tx.version.tag_id(guess.word)
    return tx.version.vocabulary.target(breed.tag_id)


def _rate(tx: Tx, seen: Sequence[_Seen]) -> None:
    """Rate images that nobody rated."""
    ratings = [tx.version.posting(i) for i in map(tx.version.tag_id, tags.RATINGS) if i is not None]
    rated = BitMap.union(BitMap(), *ratings)
    for one in seen:
        if one.image_id not in rated and one.unsafe_probability is not None:
            rating = screening.judge(tx.library.settings, one.unsafe_probability).rating
            labels.rate(tx, one.image_id, rating)
