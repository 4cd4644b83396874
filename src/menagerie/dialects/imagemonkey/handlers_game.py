"""The image hunt: what to find, how far a player has come, and what was found."""

import re

from menagerie.core import image_hunt, images, words
from menagerie.dialects.imagemonkey import drawings, handlers_donate, site
from menagerie.dialects.imagemonkey import shapes_crowd as shapes
from menagerie.dialects.imagemonkey.shapes import DonationShape
from menagerie.errors import Forbidden, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import Malformed
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library

_BADGES = "/v1/games/imagehunt/badges/"
_OFFSET = re.compile(r"utc_offset=?([+-]?\d{1,6})")


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations of the game."""
    own = (site.UNAUTHENTICATED, site.NOT_ALLOWED, *site.READS)
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/user/{username:str}/games/imagehunt/tasks"),
            _tasks,
            Runs.EXECUTOR,
            summary="Every label to find; those found have the image.",
            parameters=(site.USERNAME,),
            outcomes=(Outcome(200, "The tasks.", list[shapes.TaskShape]), *own),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/user/{username:str}/games/imagehunt/stats"),
            _stats,
            Runs.EXECUTOR,
            summary="Stars and achievements.",
            parameters=(
                site.USERNAME,
                Parameter("utc_offset", "Seconds ahead of UTC.", example="3600"),
            ),
            outcomes=(Outcome(200, "The standing.", shapes.HuntShape), *own),
            needs_key=True,
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/games/imagehunt/donate"),
            _donate,
            Runs.EXECUTOR,
            takes_files=True,
            summary="Donate a picture of a label that was to be found.",
            parameters=handlers_donate.PARAMETERS,
            outcomes=(
                Outcome(200, "The picture.", DonationShape),
                site.CONFLICT,
                *site.WRITES,
            ),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, _BADGES + "{name:str}"),
            _badge,
            Runs.INLINE,
            summary="The picture of an achievement.",
            parameters=(Parameter("name", "Name of the badge.", "path", "early-bird"),),
            outcomes=(Outcome(200, "The drawing.", media_type=drawings.SVG), *site.READS),
        ),
    )


def _tasks(call: Call) -> Answer:
    """GET /v1/user/:username/games/imagehunt/tasks."""
    site.own_name(call)
    with call.reading() as tx:
        tasks = image_hunt.tasks(tx)
        ids = [task.image_id for task in tasks if task.image_id is not None]
        shown = {image.id: site.picture(call, image) for image in images.find_many(tx, ids)}
    told = []
    for task in tasks:
        shape = shapes.TaskShape(shapes.TaskLabelShape(task.word.accessor, task.word.name))
        if task.image_id in shown:
            shape.image = shapes.sample(shown[task.image_id])
        told.append(shape)
    return answers.json(told)


def _stats(call: Call) -> Answer:
    """GET /v1/user/:username/games/imagehunt/stats.

    Quirk: the game's own client writes `?utc_offset3600`, without the `=` (spec 16).
    """
    site.own_name(call)
    match = _OFFSET.search(call.scope["query_string"].decode("latin-1"))
    with call.reading() as tx:
        standing = image_hunt.standing(tx, utc_offset_s=int(match[1]) if match else 0)
    badges = call.base_url + site.paths(call.library, _BADGES)[0]
    return answers.json(shapes.hunt(standing, badges))


def _donate(call: Call) -> Answer:
    """POST /v1/games/imagehunt/donate."""
    site.require_known(call)
    if not call.actor.is_signed_in:
        raise Forbidden("Log in to play.")
    label = call.text("label").strip()
    with call.reading() as tx:
        word = words.vocabulary(tx).by_name(label) if label else None
    if word is None:
        # Quirk: 400 where a plain donation is answered 422 (spec 14.9).
        raise Malformed("the label is missing or not in the vocabulary")
    return handlers_donate.donate(call)


def _badge(call: Call) -> Answer:
    """GET /v1/games/imagehunt/badges/:name."""
    name = call.text("name")
    if name not in image_hunt.BADGES:
        raise NotFound
    return drawings.badge("".join(part[0] for part in name.split("-")).upper(), name)
