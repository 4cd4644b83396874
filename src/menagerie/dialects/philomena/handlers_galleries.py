"""Galleries: searching; and beyond the API, making, filling and ordering them."""

from collections.abc import Sequence
from typing import Any

from menagerie.core import find, galleries
from menagerie.core.galleries import Gallery
from menagerie.core.talk import pseudonyms
from menagerie.dialects.philomena import shapes_gallery as shapes
from menagerie.dialects.philomena import site, tables
from menagerie.dialects.philomena.shapes_gallery import GalleryShape
from menagerie.dialects.philomena.tables import Table
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text, whole_number
from menagerie.http.routing import Operation
from menagerie.library import Library, Tx

_FIELDS = (
    tables.field("gallery[title]", "Title."),
    tables.field("gallery[description]", "Description."),
    tables.field("gallery[spoiler_warning]", "What to warn of."),
    tables.field("gallery[thumbnail_id]", "Id of the image that stands for it."),
    tables.field("gallery[anonymous]", "true: do not show whose it is."),
)


def operations(library: Library) -> list[Operation]:
    """Return the operations about galleries."""
    table = Table(library)
    one, path = shapes.GalleryEnvelope, "/galleries/{id:str}"
    table.read(
        "/search/galleries",
        search,
        "Search galleries, the newest first.",
        shapes.GalleriesEnvelope,
        site.Q,
        site.PAGE,
        site.PER_PAGE,
        site.WRONG_QUERY,
    )
    table.read(path, show, "One gallery.", one, site.NOT_FOUND)
    table.write("POST", "/galleries", create, "Make a gallery.", one, *_FIELDS)
    table.write(
        "PATCH", path, edit, "Change an own gallery; what is not sent stays.", one, *_FIELDS
    )
    table.write("DELETE", path, delete, "Delete an own gallery and answer what it was.", one)
    image = path + "/images/{image_id:str}"
    table.write("POST", image, add, "Put an image at the end of an own gallery.", one)
    table.write("DELETE", image, remove, "Take an image out of an own gallery.", one)
    table.write(
        "PUT",
        path + "/order",
        reorder,
        "Put images of an own gallery into an order, at the places they hold together.",
        one,
        tables.field("image_ids[]", "Id of an image; in their new order."),
    )
    return table.operations


def shown(tx: Tx, call: Call, found: Sequence[Gallery]) -> list[GalleryShape]:
    """Return galleries as they are answered."""
    at = site.site_of(call)
    return [shapes.gallery(one, _number(tx, one), at) for one in found]


def _number(tx: Tx, of: Gallery) -> str:
    """Return what an anonymous gallery's owner goes by; a gallery is a thread of its own."""
    if not of.is_anonymous:
        return ""
    return pseudonyms.pseudonym(tx, of.id, of.account_id, None, None)


def _one(tx: Tx, call: Call, found: Gallery) -> Answer:
    return answers.json({"gallery": shown(tx, call, [found])[0]})


def search(call: Call) -> Answer:
    """GET /search/galleries."""
    query = site.query_of(call)
    if not query:
        return site.empty_page("galleries")
    with call.reading() as tx:
        found = find.galleries(tx, query, page=site.page_of(call), per_page=site.per_page_of(call))
        listed = shown(tx, call, galleries.find_many(tx, found.ids))
    return answers.json({"galleries": listed, "total": found.total})


def show(call: Call) -> Answer:
    """GET /galleries/:id."""
    gallery_id = call.path_id()
    with call.reading() as tx:
        return _one(tx, call, galleries.get(tx, gallery_id))


def create(call: Call) -> Answer:
    """POST /galleries."""
    fields = _fields(site.signed_in(call))
    with call.writing() as tx:
        return _one(tx, call, galleries.create(tx, **{"title": "", **fields}))


def edit(call: Call) -> Answer:
    """PATCH /galleries/:id."""
    gallery_id, fields = site.signed_in(call).path_id(), _fields(call)
    with call.writing() as tx:
        return _one(tx, call, galleries.edit(tx, gallery_id, **fields))


def delete(call: Call) -> Answer:
    """DELETE /galleries/:id."""
    gallery_id = site.signed_in(call).path_id()
    with call.writing() as tx:
        found = galleries.get(tx, gallery_id)
        galleries.delete(tx, gallery_id)
        return _one(tx, call, found)


def add(call: Call) -> Answer:
    """POST /galleries/:id/images/:image_id."""
    gallery_id, image_id = site.signed_in(call).path_id(), call.path_id("image_id")
    with call.writing() as tx:
        return _one(tx, call, galleries.add(tx, gallery_id, image_id))


def remove(call: Call) -> Answer:
    """DELETE /galleries/:id/images/:image_id."""
    gallery_id, image_id = site.signed_in(call).path_id(), call.path_id("image_id")
    with call.writing() as tx:
        return _one(tx, call, galleries.remove(tx, gallery_id, image_id))


def reorder(call: Call) -> Answer:
    """PUT /galleries/:id/order."""
    gallery_id = site.signed_in(call).path_id()
    ids = site.ids_of(call, "image_ids")
    with call.writing() as tx:
        galleries.reorder(tx, gallery_id, ids)
        return _one(tx, call, galleries.get(tx, gallery_id))


def _fields(call: Call) -> dict[str, Any]:
    """Return what was sent of a gallery, under the core's names. Raises Invalid (`thumbnail`)."""
    sent = call.mapping("gallery")
    texts = ("title", "description", "spoiler_warning")
    found: dict[str, Any] = {name: as_text(sent[name]) for name in texts if name in sent}
    if "anonymous" in sent:
        found["is_anonymous"] = site.is_true(sent["anonymous"])
    if sent.get("thumbnail_id") not in {None, ""}:
        found["thumbnail_id"] = whole_number(as_text(sent["thumbnail_id"]))
        if found["thumbnail_id"] is None:
            raise Invalid({"thumbnail": ["must be a public image"]})
    return found
