"""Uploads: private pictures of an account, as files, as base64, whole or within a size."""

import base64
import binascii
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from menagerie.core import images, intake, recognition, scaling, tags
from menagerie.core.animals import book
from menagerie.core.apps import quotas
from menagerie.core.intake import Upload
from menagerie.dialects.dogapi import rendering, shapes_images, site
from menagerie.errors import Invalid, TooLarge
from menagerie.http import answers, limits
from menagerie.http.answers import Answer, Waiting
from menagerie.http.call import Call
from menagerie.http.limits import Body, Spooled
from menagerie.http.parameters import as_text, whole_number
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Actor, Library, Tx
from menagerie.storage.schema import Audience

FORMATS = frozenset({"jpg", "png", "gif", "webp", "avif"})
LONGEST_WAIT_S = 60
POLL_S = 0.5
MOST_TEXT_BYTES = 16 * limits.MIB
"""How much base64 is taken, which is kept in memory; larger pictures come as files."""
_MOST_PX = 100_000
_DATA_URL = re.compile(r"data:[\w.+-]*/?[\w.+-]*(?:;[\w.+=-]+)*,")
_NO_FILE = (
    "Invalid file data. `file` is missing; send the picture as the part `file`, or as base64 in"
    " `image`"
)


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations that take pictures."""
    return (
        _operation(library, "/images/upload", _upload, "Upload an image"),
        _operation(
            library,
            "/images/upload-sync",
            _upload_and_wait,
            "Upload an image and wait for analysis to complete",
        ),
    )


def _operation(
    library: Library, tail: str, handler: Callable[[Call], Answer | Waiting], summary: str
) -> Operation:
    return Operation(
        "POST",
        site.paths(library, tail),
        handler,
        Runs.EXECUTOR,
        takes_files=True,
        most_text_bytes=MOST_TEXT_BYTES,
        summary=summary,
        parameters=(
            Parameter("file", "The picture; its declared type and name do not matter.", "file"),
            Parameter("image", "The picture as base64 or as a data URL.", "form"),
            Parameter("type", "FILE or base64; found out without it.", "form"),
            Parameter(
                "width", "Most width in px; the picture is made smaller.", "form", kind="number"
            ),
            Parameter("height", "Most height in px, likewise.", "form", kind="number"),
            Parameter("sub_id", "The caller's own label for whom it acts.", "form"),
            Parameter("breed_ids", "Ids of breeds on it, with commas.", "form"),
        ),
        outcomes=(
            Outcome(201, "The image.", shapes_images.ImageShape),
            *site.UNSUPPORTED,
            *site.WRITES,
        ),
        needs_key=True,
    )


def _upload(call: Call) -> Answer:
    """POST /images/upload."""
    return _answer(call, _take(call))


def _upload_and_wait(call: Call) -> Waiting:
    """POST /images/upload-sync."""
    image_id = _take(call)

    def poll(is_last: bool) -> Answer | None:  # noqa: FBT001  # what `Waiting` calls
        with call.reading() as tx:
            status = recognition.of(tx, images.get(tx, image_id)).status
        if status in _FINAL or is_last:
            return _answer(call, image_id)
        return None

    return Waiting(poll, timeout_s=LONGEST_WAIT_S, every_s=POLL_S)


_FINAL = frozenset({recognition.Status.LABELLED, recognition.Status.UNSAFE})


def _answer(call: Call, image_id: int) -> Answer:
    with call.reading() as tx:
        shape = rendering.image(call, tx, images.get(tx, image_id))
    root = call.base_url + site.prefix_of(call.library.settings) + site.API
    shape.links = shapes_images.LinksShape(f"{root}/images/{shape.id}/status")
    return answers.json(shape, 201)


# Taking a picture in.


def _take(call: Call) -> int:
    """Make an image of what was sent and return its number."""
    try:
        site.body(call)  # whatever it claims to be: what follows are parameters
    except Invalid as error:  # such as a picture that is the whole body
        raise Invalid({"file": [_NO_FILE]}) from error
    person = site.behalf(call)
    actor = msgspec.structs.replace(site.require_key(call), on_behalf_of=person)
    box = _box(call)
    with call.reading(actor) as tx:
        quotas.require_upload(tx)
        breed_tags = _breed_tags(call, tx)
    file = _within(call, _sent_file(call), box)
    upload = Upload(
        path=file.path,
        name=file.name,
        tags=breed_tags,
        audience=Audience.PRIVATE,
        accepts=FORMATS,
    )
    return _admit(call, actor, upload)


def _admit(call: Call, actor: Actor, upload: Upload) -> int:
    try:
        prepared = intake.prepare(call.library, actor, upload)
        with call.writing(actor) as tx:
            quotas.count_upload(tx)
            return intake.admit(tx, prepared)
    except Invalid as error:
        limit = call.library.settings.upload_limit
        is_too_large = upload.path is not None and upload.path.stat().st_size > limit
        if "size" in error.fields and is_too_large:
            raise TooLarge(limit) from error
        raise


def _breed_tags(call: Call, tx: Tx) -> list[str]:
    """Return the names of the tags of the breeds that are named; raises Invalid (`breed_ids`)."""
    there = book.book(tx)
    codes = site.list_of(call, "breed_ids")
    unknown = [code for code in codes if there.by_code(code) is None]
    if unknown:
        raise Invalid({"breed_ids": [f"names breeds that are not here: {', '.join(unknown)}"]})
    found = (there.by_code(code) for code in codes)
    return [tags.get(tx, b.tag_id).name for b in found if b is not None and b.tag_id is not None]


def _sent_file(call: Call) -> Spooled:
    """Return the file that was sent, of base64 one that is written now; raises Invalid."""
    wanted = site.text_of(call, "type").lower()
    if wanted not in {"", "file", "base64"}:
        raise Invalid({"type": ["must be FILE or base64"]})
    file = call.file("file", "image", "images")
    if file is not None and file.size_bytes:
        return file
    text = as_text(site.body(call).get("image")) or as_text(call.form.get("image"))
    text = text or as_text(call.form.get("file"))
    if not text.strip() or call.body is None:
        raise Invalid({"file": [_NO_FILE]})
    return _spooled(call, call.body, _decoded(text))


def _decoded(text: str) -> bytes:
    """Return the bytes of base64, plain or in a data URL, of either alphabet."""
    head = _DATA_URL.match(text[:200])
    text = "".join(text[head.end() if head else 0 :].split()).rstrip("=")
    text = text.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid({"image": ["Invalid file data. `image` is not base64"]}) from error


def _spooled(call: Call, body: Body, data: bytes, name: str = "") -> Spooled:
    """Write bytes to a file that goes when the request ends."""
    folder = limits.spool_folder(call.library.settings.data_path)
    handle, path = tempfile.mkstemp(dir=folder, prefix="upload-")
    file = Spooled(Path(path), name, "", len(data))
    body.files.append(("written", file))
    with os.fdopen(handle, "wb") as opened:
        opened.write(data)
    return file


# Making it smaller.


def _box(call: Call) -> tuple[int, int] | None:
    """Return the width and height in px that the picture is to fit in; raises Invalid."""
    found = {}
    for name in ("width", "height"):
        text = site.text_of(call, name)
        value = whole_number(text.removesuffix(".0")) if text else _MOST_PX
        if not value:
            raise Invalid({name: ["must be a whole number of px, from 1"]})
        found[name] = min(value, _MOST_PX)
    box = found["width"], found["height"]
    return None if box == (_MOST_PX, _MOST_PX) else box


def _within(call: Call, file: Spooled, box: tuple[int, int] | None) -> Spooled:
    """Return the file, or a smaller one of the picture that fits; what moves is left alone."""
    if box is None or call.body is None:
        return file
    data = scaling.fitted(call.library, file.path, box)
    return file if data is None else _spooled(call, call.body, data, file.name)
