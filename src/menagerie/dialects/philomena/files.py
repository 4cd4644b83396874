"""Files of images, avatars, badges and tags, at the addresses that the API gives out.

An address does not say who may see the picture: a private one needs the key (`?key=`) or the
session of its owner, and a removed one those of a moderator. Other pictures are everybody's.
"""

import re
from collections.abc import Mapping

from menagerie.core import credentials, image_files, images, rendering, visibility
from menagerie.core.images import Image
from menagerie.dialects.philomena import site
from menagerie.errors import Forbidden, MenagerieError, NotFound, Unavailable
from menagerie.http import answers, media
from menagerie.http.answers import Answer
from menagerie.http.call import SESSION_COOKIE, Call, WrongMethod
from menagerie.http.parameters import Malformed, identifier
from menagerie.http.routing import ErrorAnswer, Operation, Outcome, Parameter, Runs
from menagerie.library import ANONYMOUS, Actor, Library
from menagerie.media import render
from menagerie.storage.blobs import MEDIA_TYPES
from menagerie.storage.schema import Audience

# How long a client waits for a form of the picture that is being made.
RETRY_AFTER_S = 2

_DATE = r"\d{4}/\d{1,2}/\d{1,2}"
_WHOLE = re.compile(rf"/(view|download)/{_DATE}/(\d{{1,19}})(?:[^0-9/][^/]*)?\.([a-z0-9]+)")
_NAMED = re.compile(rf"/{_DATE}/(\d{{1,19}})/([a-z_]+)\.([a-z0-9]+)")
_AVATAR = re.compile(r"/(avatars/([0-9a-f]{2})/(\2[0-9a-f]{126})\.webp)")
_NAMES = frozenset({*render.NAMES, "rendered"})


def operations(library: Library) -> list[Operation]:
    """Return the operation that serves every file."""
    return [
        Operation(
            "GET",
            (site.prefix_of(library.settings) + site.IMG + "/{rest:path}",),
            serve,
            Runs.EXECUTOR,
            summary="A file of an image, an avatar, a badge or a tag, as addressed in answers.",
            parameters=(
                Parameter("rest", "The rest of the address.", "path", "view/2024/1/2/1.png"),
                site.KEY,
            ),
            outcomes=(
                *(Outcome(200, "The file.", media_type=t) for t in MEDIA_TYPES.values()),
                *(Outcome(206, "A part of it.", media_type=t) for t in MEDIA_TYPES.values()),
                Outcome(302, "It is elsewhere.", media_type=answers.JSON),
                Outcome(304, "It has not changed."),
                *(Outcome(416, "No such part.", media_type=t) for t in MEDIA_TYPES.values()),
                Outcome(400, "The request cannot be read.", media_type=answers.TEXT),
                Outcome(403, "The key's account is closed.", media_type=answers.TEXT),
                Outcome(404, "There is none.", media_type=answers.TEXT),
                Outcome(503, "It is being made.", media_type=answers.TEXT),
            ),
        )
    ]


def identify(call: Call) -> Actor:
    """Return who shows a key, or has logged in on the web."""
    key, session = call.text("key"), call.cookies.get(SESSION_COOKIE, "")
    if not key and not session:
        return ANONYMOUS
    with call.library.reading(ANONYMOUS) as tx:
        found = credentials.actor_for_key(tx, key) if key else None
        return found or credentials.actor_for_session(tx, session) or ANONYMOUS


def serve(call: Call) -> Answer:
    """GET /img/…."""
    rest = str(call.scope["path_params"]["rest"])
    if avatar := _AVATAR.fullmatch(rest):
        return media.serve(call, media.File(name=avatar[1], digest=avatar[3]))
    image_id, name, ending, saves = parse(rest)
    with call.reading() as tx:
        image = images.get(tx, image_id)
        if not visibility.may_see(call.actor, image):
            raise NotFound
    is_public = image.audience == Audience.PUBLIC and image.removed_at is None
    blob, is_final = _blob(call.library, image, name, ending)
    file = media.File(
        name=blob,
        is_final=is_final,
        is_public=is_public and image.merged_into_id is None,
        download_as=rest.rpartition("/")[2] if saves else None,
    )
    return media.serve(call, file)


def parse(rest: str) -> tuple[int, str, str, bool]:
    """Return the image's id, the rendition's name, the extension, and whether to save it.

    Raises NotFound for an address of another form.

    >>> parse("/download/2024/1/2/7__safe.png"), parse("/2024/1/2/7/thumb.jpg")
    ((7, 'full', 'png', True), (7, 'thumb', 'jpg', False))
    """
    if whole := _WHOLE.fullmatch(rest):
        kind, image_id, ending = whole.groups()
        name = "full"
    elif named := _NAMED.fullmatch(rest):
        image_id, name, ending = named.groups()
        kind = ""
    else:
        raise NotFound
    ending = "jpg" if ending == "jpeg" else ending
    if name not in _NAMES or ending not in MEDIA_TYPES:
        raise NotFound
    return identifier(image_id), name, ending, kind == "download"


def _blob(library: Library, image: Image, name: str, ending: str) -> tuple[str, bool]:
    """Return the kept file that answers, and whether it stays the same for ever."""
    if name == "full" and ending == image.format:
        return image_files.full(image), image.is_optimised
    if name == "full" and image.format == "svg" and ending == "png":
        name = "rendered"
    if not image.has_representations:
        if image.format == "svg":
            # An SVG is small and its addresses all mean PNG: nothing else could stand in.
            rendering.render_image(library, image_id=image.id)
        elif ending == image.format and name in render.NAMES:
            return image_files.full(image), False
        else:
            raise Unavailable("This form of the picture is being made; try again in a moment.")
    return image_files.representation(image, f"{name}.{ending}"), True


def _not_found(_error: Exception, _call: Call) -> Answer:
    return answers.text("Not found", 404, headers=[("cache-control", "no-store")])


def _unavailable(error: Unavailable, _call: Call) -> Answer:
    retry = ("retry-after", str(RETRY_AFTER_S))
    return answers.text(error.message, 503, headers=[retry, ("cache-control", "no-store")])


ERRORS: Mapping[type[Exception], ErrorAnswer] = {
    MenagerieError: _not_found,
    WrongMethod: _not_found,
    Forbidden: lambda _error, _call: answers.text("", 403),
    Unavailable: _unavailable,
    Malformed: lambda _error, _call: answers.text("Bad request", 400),
    Exception: lambda _error, _call: answers.text("Internal error", 500),
}
