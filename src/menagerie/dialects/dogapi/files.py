"""The bytes of pictures: whole as `<id>.<ext>`, or within a box as `<id>_<W>x<H>.<ext>`.

Any extension of a picture gives the same bytes, with the type that they have: clients put
addresses together themselves and always write `.jpg`. A private picture is served to its owner, by
key or by session of the web face, and to whoever has its address with the proof in it.
"""

import re
from typing import NamedTuple

import msgspec

from menagerie.core import credentials, image_files, images, scaling, short_ids, visibility
from menagerie.core.images import Image
from menagerie.dialects.dogapi import site
from menagerie.errors import Forbidden, NotFound
from menagerie.http import answers, media
from menagerie.http.answers import Answer
from menagerie.http.call import SESSION_COOKIE, Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import ANONYMOUS, Actor, Library
from menagerie.media import render
from menagerie.storage.blobs import MEDIA_TYPES
from menagerie.storage.schema import Audience

_NAME = re.compile(
    r"([A-Za-z0-9_-]{9})"
    r"(?:_([1-9][0-9]{0,4})x([1-9][0-9]{0,4}))?"
    r"(?:\.([A-Za-z0-9_-]{22}))?"
    r"\.(?:jpe?g|png|gif|webp|svg|avif|webm|mp4)"
)
_BOXES = {box: name for name, box in render.BOXES.items()}
# Formats whose representations have the ending that addresses say.
_RENDERED = {"jpg": "jpg", "png": "png", "gif": "gif", "webp": "webp", "svg": "png"}
# Shorter than for what can never change: a picture may be taken away.
CACHED = "public, max-age=604800"


class _Asked(NamedTuple):
    image_id: int
    box: tuple[int, int] | None
    proof: str


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operation that serves pictures."""
    types = tuple(Outcome(200, "The picture.", media_type=t) for t in MEDIA_TYPES.values())
    parts = tuple(Outcome(206, "A part of it.", media_type=t) for t in MEDIA_TYPES.values())
    wrong = tuple(Outcome(416, "No such part.", media_type=t) for t in MEDIA_TYPES.values())
    return (
        Operation(
            "GET",
            (site.prefix_of(library.settings) + "/images/{file:str}",),
            _serve,
            Runs.EXECUTOR,
            summary="A picture, whole or within a box.",
            parameters=(
                Parameter(
                    "file",
                    "Id and extension; with _WxH behind the id, no larger than that in px.",
                    "path",
                    "aB3dE6gH9_320x240.jpg",
                ),
            ),
            outcomes=(
                *types,
                *parts,
                Outcome(302, "It is elsewhere.", media_type=answers.JSON),
                Outcome(304, "It has not changed."),
                *wrong,
                *site.READS,
                # Below the same path, names without a dot are the web face's.
                Outcome(200, "The page of an image.", media_type=answers.HTML),
                Outcome(404, "There is none.", media_type=answers.HTML),
            ),
        ),
    )


def identify(call: Call) -> Actor:
    """Return who wants a file: by key, or by the session of the web face."""
    key = call.headers.get("x-api-key", "").strip() or as_text(call.query.get("api_key")).strip()
    session = call.cookies.get(SESSION_COOKIE, "")
    found = None
    if key or session:
        try:
            with call.library.reading(ANONYMOUS) as tx:
                found = credentials.actor_for_key(tx, key)
                found = found or credentials.actor_for_session(tx, session)
        except Forbidden:
            return ANONYMOUS
    return found or ANONYMOUS


def _serve(call: Call) -> Answer:
    """GET /images/:file."""
    asked = _asked(call)
    image = _seen(call, asked)
    policy = CACHED if visibility.is_searchable(image) else media.REVALIDATE
    if asked.box is None:
        return _whole(call, image, policy)
    is_larger = image.width > asked.box[0] or image.height > asked.box[1]
    if not is_larger:
        return _whole(call, image, policy)
    ready = _representation(image, asked.box)
    if ready is not None:
        return media.serve(call, media.File(name=ready, cache_control=policy))
    size = scaling.within((image.width, image.height), asked.box)
    data, media_type = scaling.scaled(call.library, image, size)
    etag = f'"{image.full_sha512[:24]}-{size[0]}x{size[1]}"'
    return media.serve_bytes(call, data, media_type, etag=etag, cache_control=policy)


def _asked(call: Call) -> _Asked:
    """Return what the name of a file asks for; raises NotFound."""
    match = _NAME.fullmatch(call.text("file"))
    image_id = short_ids.decode(call.library, match[1]) if match else None
    if match is None or image_id is None:
        raise NotFound
    if match[2] is None:
        return _Asked(image_id, None, match[4] or "")
    # More than the largest side that is made is that side.
    width, height = (min(int(match[group]), scaling.MOST_PX) for group in (2, 3))
    return _Asked(image_id, (width, height), match[4] or "")


def _seen(call: Call, asked: _Asked) -> Image:
    """Return the image if the caller, or whoever has the proof, may see it; raises NotFound."""
    with call.reading() as tx:
        image = images.find_any(tx, asked.image_id)
        if image and image.merged_into_id is not None and not call.actor.is_moderator:
            image = images.find_any(tx, image.merged_into_id)
    if image is None:
        raise NotFound
    actor = call.actor
    is_private = image.audience == Audience.PRIVATE  # what is public needs no proof
    if is_private and asked.proof and short_ids.is_proof(call.library, image.id, asked.proof):
        actor = msgspec.structs.replace(ANONYMOUS, account_id=image.account_id)
    if not visibility.may_see(actor, image):
        raise NotFound
    return image


def _whole(call: Call, image: Image, policy: str) -> Answer:
    return media.serve(call, media.File(name=image_files.full(image), cache_control=policy))


def _representation(image: Image, box: tuple[int, int]) -> str | None:
    """Return the file that was rendered for a box, if there is one."""
    name, ending = _BOXES.get(box), _RENDERED.get(image.format)
    if name is None or ending is None or not image.has_representations:
        return None
    return image_files.representation(image, f"{name}.{ending}")
