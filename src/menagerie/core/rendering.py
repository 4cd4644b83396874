"""The jobs that follow an upload: make its representations, and smaller files where they can be."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from menagerie import jobs
from menagerie.core import image_files, images, lookalikes
from menagerie.library import SYSTEM, Library, Tx
from menagerie.media import publish, render
from menagerie.media.probe import Probe
from menagerie.storage import blobs, schema
from menagerie.storage.schema import EventKind

RENDER = "images.render"
OPTIMISE = "images.optimise"
_CLIP_FACTOR = 20  # seconds allowed for one second of a clip, all its renditions together


def render_image(library: Library, *, image_id: int) -> None:
    """Make the representations of an image and say that they are there; a job.

    An image that shares its file with one that has them uses those. Raises Unsupported when the
    file cannot be rendered, NotFound when it is gone, Unavailable.
    """
    with library.reading(SYSTEM) as tx:
        image = _find(tx, image_id)
        if image is None or image.has_representations:
            return
        twin = _find_twin(tx, image)
    if twin is None:
        _make_representations(library, image)
    with library.writing(SYSTEM) as tx:
        _settle(tx, image, twin)


def optimise(library: Library, *, image_id: int) -> None:
    """Replace the published file of an image by a smaller one of the same pixels; a job.

    Does nothing for formats it knows no such way for. Raises as `render_image` does.
    """
    with library.reading(SYSTEM) as tx:
        image = _find(tx, image_id)
    if image is None or image.is_optimised:
        return
    values: dict[str, object] = {"is_optimised": True}
    if _can_be_optimised(image):
        data = library.blobs.get(image_files.full(image))
        smaller = library.pool.run(publish.optimise_png, data)
        if len(smaller) < len(data):
            sha512 = hashlib.sha512(smaller).hexdigest()
            name = image_files.full_name(image.sha512, sha512, image.format)
            library.blobs.ensure({name: smaller})
            values |= {"full_sha512": sha512, "size_bytes": len(smaller)}
    with library.writing(SYSTEM) as tx:
        images.change_file(tx, image_id, **values)


def file_names(image: images.Image) -> list[str]:
    """Return the names in the store of everything that rendering an image makes."""
    return [
        blobs.representation_name(image.sha512, file) for file in render.file_names(probe_of(image))
    ]


def _find(tx: Tx, image_id: int) -> images.Image | None:
    """Return an image whoever it belongs to, unless its owner deleted it."""
    image = images.find_any(tx, image_id)
    return None if image is None or image.is_deleted_by_owner else image


def _find_twin(tx: Tx, image: images.Image) -> images.Image | None:
    """Return an image with the same original that is rendered already."""
    row = schema.images.c
    found = tx.scalar(
        select(row.id)
        .where(
            row.sha512 == image.sha512,
            row.id != image.id,
            row.has_representations,
            ~row.is_deleted_by_owner,
        )
        .limit(1)
    )
    return images.find_any(tx, found) if found is not None else None


def probe_of(image: images.Image) -> Probe:
    """Return what looking at the published file of an image would find."""
    return Probe(
        format=image.format,
        media_type=image.media_type,
        size_bytes=image.size_bytes,
        width=image.width,
        height=image.height,
        frame_count=image.frame_count,
        duration_s=image.duration_s,
        has_alpha=image.has_alpha,
    )


def _patience_s(library: Library, image: images.Image) -> float:
    """Return how long the renditions of an image may take, in seconds.

    A clip is encoded a dozen times over; one core manages a second of it in some ten.
    """
    return library.settings.decode_timeout + _CLIP_FACTOR * image.duration_s


def _make_representations(library: Library, image: images.Image) -> None:
    # Whether a clip has sound is not kept with the image, so that is looked at again.
    probe = None if image.format == "webm" else probe_of(image)
    with (
        tempfile.TemporaryDirectory(dir=blobs.work_folder(library.settings)) as folder,
        library.blobs.as_file(image_files.full(image)) as path,
    ):
        written: Sequence[str] = library.pool.run(
            render.render_to, str(path), probe, folder, timeout_s=_patience_s(library, image)
        )
        library.blobs.put_all(
            {blobs.representation_name(image.sha512, n): Path(folder) / n for n in written}
        )


def _settle(tx: Tx, image: images.Image, twin: images.Image | None) -> None:
    values: dict[str, object] = {"has_representations": True}
    if twin is not None and twin.is_optimised:
        values |= {
            "is_optimised": True,
            "full_sha512": twin.full_sha512,
            "size_bytes": twin.size_bytes,
        }
    elif tx.library.settings.optimise and _can_be_optimised(image):
        jobs.enqueue(tx, OPTIMISE, {"image_id": image.id})
    else:
        values["is_optimised"] = True
    images.change_file(tx, image.id, **values)
    lookalikes.notice(tx, image.id)
    tx.happened(EventKind.IMAGE_PROCESS, image.id)
    tx.happened(EventKind.IMAGE_UPDATE, image.id)


def _can_be_optimised(image: images.Image) -> bool:
    return image.format == "png" and not image.is_animated
