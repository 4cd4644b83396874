"""Under a picture: what models suggest as its tags, and the pictures that look like it."""

from menagerie.core import filters, labels, rights, similar, tags
from menagerie.core.images import Image
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
from menagerie.web import grid, shapes, texts
from menagerie.web.render import url
from menagerie.web.visit import Visit

MOST_ALIKE = 8
_MOST = 8


def of(tx: Tx, image: Image) -> list[labels.Suggestion]:
    """Return what models suggest for an image, to those who may tag it; the surest first."""
    if not tx.actor.is_signed_in or rights.is_banned(tx):
        return []
    return labels.suggestions(tx, image.id)[:_MOST]


def alike(tx: Tx, image: Image, chosen: filters.Filter) -> list[shapes.Picture]:
    """Return the few pictures that look the most like one."""
    found = similar.similar(tx, image.id, MOST_ALIKE, filter=chosen)
    ids = [one.image_id for one in found]
    return grid.pictures(tx, ids, chosen, view="small") if ids else []


def answer(visit: Visit) -> Answer:
    """Accept what a model suggests, or refuse it."""
    image_id, tag_id = visit.call.path_id(), leading_integer(visit.form("tag")) or 0
    with visit.writing() as tx:
        match visit.form("value"):
            case "yes":
                labels.edit(tx, image_id, add=[tags.get(tx, tag_id).name])
            case "no":
                labels.decline(tx, image_id, tag_id)
            case _:
                raise Invalid({"value": [texts.marked("must be yes or no")]})
    memory = {name: visit.form(name) for name in ("q", "sf", "sd")}
    return visit.go(url(f"/images/{image_id}", **memory))
