"""Collections: the galleries of an account, under names that fit into addresses."""

import re

from menagerie.core import galleries, images
from menagerie.core.galleries import Gallery
from menagerie.core.images import Image
from menagerie.dialects.imagemonkey import shapes_crowd as shapes
from menagerie.dialects.imagemonkey import site
from menagerie.errors import NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx

DONATIONS = "my donations"
OPEN_TASKS = "my open tasks"
BUILT_IN = {
    DONATIONS: "The pictures that you donated.",
    OPEN_TASKS: "The pictures that you labelled.",
}
"""The collections that every account has.

They are listed from the beginning, empty; the gallery behind one is made when the first image goes
into it.
"""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about collections."""
    name = Parameter("name", "Letters, digits, _ and -.", "form")
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/user/{username:str}/imagecollections"),
            _list,
            Runs.EXECUTOR,
            summary="The caller's own collections.",
            parameters=(site.USERNAME,),
            outcomes=(
                Outcome(200, "The collections.", list[shapes.CollectionShape]),
                site.UNAUTHENTICATED,
                site.NOT_ALLOWED,
                *site.READS,
            ),
            needs_key=True,
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/user/{username:str}/imagecollection"),
            _create,
            Runs.EXECUTOR,
            summary="Make a collection.",
            parameters=(site.USERNAME, name, Parameter("description", "What is in it.", "form")),
            outcomes=(_MADE, site.CONFLICT, *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "POST",
            site.paths(
                library, "/v1/user/{username:str}/imagecollection/{name:str}/image/{uuid:str}"
            ),
            _add,
            Runs.EXECUTOR,
            summary="Put an image into an own collection.",
            parameters=(
                site.USERNAME,
                Parameter("name", "Name of the collection.", "path", "pets"),
                site.UUID,
            ),
            outcomes=(_MADE, site.CONFLICT, *site.WRITES),
            needs_key=True,
        ),
    )


_MADE = Outcome(201, "Done; null.", type(None))


def collect(tx: Tx, title: str, image_id: int) -> None:
    """Put an image into a built-in collection of the caller's, made with its first image."""
    gallery = galleries.own_by_title(tx, title, description=BUILT_IN[title])
    galleries.add(tx, gallery.id, image_id)


def _list(call: Call) -> Answer:
    """GET /v1/user/:username/imagecollections."""
    site.own_name(call)
    with call.reading() as tx:
        own = {gallery.title: gallery for gallery in reversed(galleries.own(tx))}
        sampled = [g.thumbnail_id for g in own.values() if g.thumbnail_id is not None]
        shown = {image.id: image for image in images.find_many(tx, sampled)}
    built_in = [_shape(call, title, own.pop(title, None), shown) for title in BUILT_IN]
    others = [_shape(call, gallery.title, gallery, shown) for gallery in own.values()]
    return answers.json([*built_in, *others])


def _shape(
    call: Call, name: str, gallery: Gallery | None, shown: dict[int, Image]
) -> shapes.CollectionShape:
    image = shown.get(gallery.thumbnail_id or 0) if gallery is not None else None
    return shapes.CollectionShape(
        name=name,
        description=(gallery.description if gallery else "") or BUILT_IN.get(name, ""),
        # Quirk: a text (datastructures.go, ImageCollection).
        count=str(gallery.image_count if gallery is not None else 0),
        sample_image=shapes.sample(site.picture(call, image)) if image else shapes.NO_SAMPLE,
    )


def _create(call: Call) -> Answer:
    """POST /v1/user/:username/imagecollection."""
    site.own_name(call)
    sent = site.sent_fields(call, "name")
    name, description = as_text(sent.get("name")), as_text(sent.get("description"))
    if not _NAME.fullmatch(name):
        return site.error(call, 400, "invalid", "name must be letters, digits, _ and - only")
    with call.writing() as tx:
        if galleries.find_by_title(tx, call.actor.account_id or 0, name) is not None:
            return site.error(call, 409, "conflict", f"You have a collection {name} already.")
        galleries.create(tx, title=name, description=description)
    return site.null(201)


def _add(call: Call) -> Answer:
    """POST /v1/user/:username/imagecollection/:name/image/:uuid."""
    site.own_name(call)
    name = call.text("name")
    with call.writing() as tx:
        try:
            image_id = site.image_of(tx, call.text("uuid"))
            found = _named(tx, name)
        except NotFound:
            # Quirk: 400 where other routes answer 404 (spec 14.7).
            text = "There is no such image, or you have no such collection."
            return site.error(call, 400, "not_found", text)
        if galleries.add(tx, found.id, image_id).image_count == found.image_count:
            return site.error(call, 409, "conflict", f"The image is in {name} already.")
    return site.null(201)


def _named(tx: Tx, name: str) -> Gallery:
    """Return a collection of the caller's, a built-in one made if need be; raises NotFound."""
    if name in BUILT_IN:
        return galleries.own_by_title(tx, name, description=BUILT_IN[name])
    found = galleries.find_by_title(tx, tx.actor.account_id or 0, name)
    if found is None:
        raise NotFound
    return found
