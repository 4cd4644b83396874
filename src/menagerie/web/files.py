"""Static files, and the files of images under addresses of the web's own."""

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

import msgspec

from menagerie.core import image_files, images, visibility
from menagerie.core.people import avatars
from menagerie.errors import NotFound
from menagerie.http import media
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.media import IMMUTABLE
from menagerie.media import render as representations
from menagerie.web import packing
from menagerie.web.render import static_paths, static_version

_ENDINGS = {"png", "jpg", "gif", "svg", "webp", "avif", "webm", "mp4"}
_LONGEST_NAME = 200
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Static(msgspec.Struct, frozen=True):
    """A static file as it is sent; `packed` is None where packing gains nothing."""

    data: bytes
    packed: bytes | None
    kind: str
    etag: str


@lru_cache
def static_files() -> dict[str, Static]:
    """Return every static file by its name, wherever below `static` it is."""
    return {path.name: _read(path) for path in static_paths()}


def _read(path: Path) -> Static:
    data = path.read_bytes()
    packed = packing.pack(data)
    return Static(
        data=data,
        packed=packed if len(packed) < 0.9 * len(data) else None,
        kind=_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain",
        etag=hashlib.sha256(data).hexdigest()[:20],
    )


def static_file(call: Call) -> Answer:
    """Answer a static file; for ever under the address of its version."""
    name, version = call.text("file"), call.text("version")
    found = static_files().get(name)
    if found is None:
        raise NotFound
    is_packed = found.packed is not None and packing.takes_gzip(call)
    etag = f'"{found.etag}{"-gz" if is_packed else ""}"'
    kept = IMMUTABLE if version == static_version() else "no-cache"
    headers = [("etag", etag), ("cache-control", kept), ("vary", "accept-encoding")]
    if call.headers.get("if-none-match") == etag:
        return Answer(304, headers=headers)
    if is_packed and found.packed is not None:
        headers.append(("content-encoding", "gzip"))
        return Answer(200, found.packed, media_type=found.kind, headers=headers)
    return Answer(200, found.data, media_type=found.kind, headers=headers)


def image_file(call: Call) -> Answer:
    """Answer one rendered size of an image that the visitor may see."""
    stem, _, ending = call.text("file").partition(".")
    if ending not in _ENDINGS or stem not in {*representations.NAMES, "rendered"}:
        raise NotFound
    image = _seen(call)
    if stem == "full" and ending == image.format:
        name = image_files.full(image)
    else:
        name = image_files.representation(image, f"{stem}.{ending}")
    return media.serve(call, _file(image, name))


def download(call: Call) -> Answer:
    """Answer the published file for keeping, named after the image's number."""
    image = _seen(call)
    save_as = f"{image.id}.{image.format}"
    return media.serve(call, _file(image, image_files.full(image), save_as))


def _seen(call: Call) -> images.Image:
    with call.reading() as tx:
        image = images.get(tx, call.path_id())
        if not visibility.may_see(tx.actor, image):
            raise NotFound
        return image


def _file(image: images.Image, name: str, save_as: str | None = None) -> media.File:
    return media.File(
        name=name,
        is_final=image.has_representations,
        is_public=visibility.is_searchable(image),
        download_as=save_as,
    )


def avatar(call: Call) -> Answer:
    """Answer the picture that somebody chose to stand beside their name, or of a badge."""
    name = f"{avatars.FOLDER}/{call.text('folder')}/{call.text('file')}"
    if not avatars.is_name(name):
        raise NotFound
    return media.serve(call, media.File(name=name, digest=name.rpartition("/")[2][:20]))


def face(call: Call) -> Answer:
    """Answer the picture that is drawn after a name."""
    name, _, ending = call.text("file").rpartition(".")
    if ending != "svg" or not name or len(name) > _LONGEST_NAME:
        raise NotFound
    headers = [
        ("cache-control", "public, max-age=604800"),
        ("content-security-policy", "default-src 'none'"),
    ]
    return Answer(
        200, avatars.generated(name).encode(), media_type="image/svg+xml", headers=headers
    )
