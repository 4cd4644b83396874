"""What a tag says of itself: words, its artist, and the picture that stands for its spoilers."""

from typing import Any

from menagerie.core import dnp, rights, tags, vocabulary
from menagerie.core.filters import Filter
from menagerie.core.people import avatars, links
from menagerie.core.tags import TagPage
from menagerie.errors import Invalid, TooLarge
from menagerie.http.answers import Answer
from menagerie.library import Tx
from menagerie.web import markup, texts
from menagerie.web.own_profile import picture_problem, sent_picture
from menagerie.web.render import segment
from menagerie.web.visit import Visit


def beside(tx: Tx, tag: TagPage, target_id: int, chosen: Filter) -> dict[str, Any]:
    """Return what the page of a tag shows above its pictures; an alias has those of its target."""
    entries = dnp.of_tag(tx, target_id)
    said = [tag.description, *(one.conditions for one in entries)]
    drawn = markup.render(tx, said, chosen)
    return {
        "description": drawn[tag.description],
        "links": links.of_tag(tx, target_id),
        "wishes": [(one, drawn[one.conditions]) for one in entries],
        "wish_types": texts.DNP_TYPES,
    }


def set_spoiler_image(visit: Visit) -> Answer:
    """Let a small picture stand for what the tag spoilers, or none; for moderators."""
    with visit.reading() as tx:
        rights.require_moderator(tx)
        tag = tags.get_by_slug(tx, visit.call.text("slug").replace(" ", "+"))
    name = "" if visit.form("action") == "remove" else _kept(visit)
    with visit.writing() as tx:
        vocabulary.describe(tx, tag.id, spoiler_image=name)
    return visit.go(f"/tags/{segment(tag.slug)}", "saved")


def _kept(visit: Visit) -> str:
    try:
        return avatars.keep(visit.library, sent_picture(visit, "image"))
    except (Invalid, TooLarge) as error:
        raise Invalid({"image": [picture_problem(error, "image")]}) from None
