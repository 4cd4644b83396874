"""The bytes of donated pictures, whole or scaled, at the old address and the new one.

A locked picture is served to its owner and to moderators: by bearer token, `?token=` or the session
of the web face.
"""

import hashlib

from menagerie.core import highlighting, image_files, images, scaling, visibility
from menagerie.core.images import Image
from menagerie.dialects.imagemonkey import site
from menagerie.errors import Forbidden
from menagerie.http import answers, media
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import leading_integer
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library
from menagerie.storage.blobs import MEDIA_TYPES

CACHED = "public, s-maxage=5260000, max-age=604800"
_SIZES = (
    Parameter("width", "Width in px; alone, the height follows in proportion.", example="500"),
    Parameter("height", "Height in px; with both, exactly that size."),
)
_HIGHLIGHT = Parameter(
    "highlight", "A label, as queries name it: only what is outlined as it keeps its color."
)
_TOKEN = Parameter("token", "Access token, for a picture that is locked.")
_OUTCOMES = (
    *(Outcome(200, "The picture.", media_type=t) for t in MEDIA_TYPES.values()),
    *(Outcome(206, "A part of it.", media_type=t) for t in MEDIA_TYPES.values()),
    Outcome(302, "It is elsewhere.", media_type=answers.JSON),
    Outcome(304, "It has not changed."),
    *(Outcome(416, "No such part.", media_type=t) for t in MEDIA_TYPES.values()),
    *site.READS,
)


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations that serve pictures."""
    return (
        Operation(
            "GET",
            site.paths(library, "/donations/{uuid:str}", "/v1/donation/{uuid:str}"),
            _serve,
            Runs.EXECUTOR,
            summary="The picture, whole or scaled.",
            parameters=(site.UUID, *_SIZES, _HIGHLIGHT, _TOKEN),
            outcomes=_OUTCOMES,
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/unverified-donation/{uuid:str}"),
            _serve_locked,
            Runs.EXECUTOR,
            summary="A picture that may be locked, for its owner and for moderators.",
            parameters=(site.UUID, *_SIZES, _HIGHLIGHT, _TOKEN),
            outcomes=(*_OUTCOMES, site.NOT_ALLOWED),
        ),
    )


def _serve(call: Call) -> Answer:
    """GET /donations/:uuid."""
    with call.reading() as tx:
        image = images.get(tx, site.image_of(tx, call.text("uuid")))
    return serve(call, image)


def _serve_locked(call: Call) -> Answer:
    """GET /v1/unverified-donation/:uuid."""
    with call.reading() as tx:
        image_id = images.id_of_key(tx, call.text("uuid"))
        image = images.get(tx, image_id)
        site.require_there(image)
        if not visibility.may_work_on(tx.actor, image):
            raise Forbidden("Only its owner and moderators may see a locked picture.")
    return serve(call, image)


def serve(call: Call, image: Image) -> Answer:
    """Answer a picture that the caller may see, highlighted or scaled as the parameters say."""
    policy = CACHED if site.is_unlocked(image) else media.REVALIDATE
    label = call.text("highlight").strip()
    drawn = highlighting.highlight(call.library, call.actor, image, label) if label else None
    if drawn is not None:
        etag = f'"{hashlib.sha256(drawn).hexdigest()[:32]}"'
        # What is outlined changes; who may see a locked picture does not.
        policy = "no-cache" if site.is_unlocked(image) else media.REVALIDATE
        return media.serve_bytes(call, drawn, "image/jpeg", etag=etag, cache_control=policy)
    size = scaling.target(
        (image.width, image.height), width=_length(call, "width"), height=_length(call, "height")
    )
    if size == (image.width, image.height):
        return media.serve(call, media.File(name=image_files.full(image), cache_control=policy))
    data, media_type = scaling.scaled(call.library, image, size)
    etag = f'"{image.full_sha512[:24]}-{size[0]}x{size[1]}"'
    return media.serve_bytes(call, data, media_type, etag=etag, cache_control=policy)


def _length(call: Call, name: str) -> int | None:
    """Return a length in px; what is no number above 0 is passed over."""
    text = call.text(name).strip()
    value = leading_integer(text) if text.isascii() and text.isdigit() else None
    return value or None
