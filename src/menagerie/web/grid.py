"""Rows of pictures: a search with its query bar, and the strips other pages show."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from menagerie.core import filters, find, images, tags
from menagerie.core.images import Image
from menagerie.errors import QueryError
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
from menagerie.search import fields, hints, nodes
from menagerie.web import builder, shapes, texts
from menagerie.web.render import url
from menagerie.web.visit import PER_PAGE, Visit

MOST_NEAR_TAGS = 8


class Asked(msgspec.Struct, frozen=True):
    """A search as its address states it; `query` is all of it, `path` where it is shown."""

    query: str
    sort_field: str
    direction: str
    path: str = "/search"
    shows_query: bool = True
    filter_id: int | None = None
    is_selecting: bool = False

    def link(self, **changed: object) -> str:
        """Return the address of this search, with some of its parameters changed."""
        parameters: dict[str, object] = {
            "q": self.query if self.shows_query else "",
            "sf": self.sort_field,
            "sd": self.direction,
            "filter": self.filter_id,
            "select": "1" if self.is_selecting else "",
        }
        return url(self.path, **{**parameters, **changed})

    @property
    def memory(self) -> dict[str, object]:
        """What the link of a picture remembers, so that its page knows the neighbours."""
        return {"q": self.query, "sf": self.sort_field, "sd": self.direction}


def asked(visit: Visit, query: str | None = None, path: str = "/search") -> Asked:
    """Read a search from the address; `query` stands for what the page itself asks."""
    return Asked(
        query=visit.query if query is None else query,
        sort_field=visit.call.text("sf"),
        direction=visit.call.text("sd"),
        path=path,
        shows_query=query is None,
        filter_id=leading_integer(visit.call.text("filter")),
        # Those who keep order may tick pictures, to change the tags of all of them.
        is_selecting=visit.actor.is_assistant and visit.call.text("select") == "1",
    )


def results(visit: Visit, tx: Tx, search: Asked) -> dict[str, Any]:
    """Return what `results.html` shows of a search. Raises QueryError."""
    node = find.parse(tx, search.query)
    sort = find.parse_sort(search.sort_field, search.direction, tx)
    number = visit.page_number()
    chosen = filters.effective(tx, search.filter_id)
    found = find.images(tx, node, sort=sort, page=number, per_page=PER_PAGE, filter=chosen)
    view = visit.view()
    kept: dict[str, object] = {"q": search.query} if search.shows_query else {}
    if search.filter_id is not None:
        kept["filter"] = search.filter_id
    return {
        "wrong": None,
        "found": found,
        "pictures": pictures(tx, found.ids, chosen, view=view, context=search.memory),
        "pages": shapes.pages(
            number, found.total, PER_PAGE, lambda n: search.link(page=n if n > 1 else None)
        ),
        "chips": shapes.chips(node, search.query, lambda q: search.link(q=q or "*"))
        if search.shows_query
        else [],
        "remarks": remarks(visit, node, search.query),
        "near": _near(tx, node) if not found.total else [],
        "view": view,
        "view_link": lambda name: search.link(view=name, page=number if number > 1 else None),
        "sorts": texts.SORTS,
        "sort_field": search.sort_field or "first_seen_at",
        "is_ascending": sort.ascending,
        "action": search.path,
        "kept": kept,
        "feed": url("/feed", q=search.query),
        "sort": ":".join(filter(None, (search.sort_field, search.direction))),
        "chosen": chosen,
        "is_selecting": search.is_selecting,
        "select_href": search.link(
            select="" if search.is_selecting else "1", page=number if number > 1 else None
        ),
        "is_trial": chosen.id != visit.filter.id,
        "filters": [*filters.system(tx), *(filters.own(tx) if visit.actor.is_signed_in else [])],
        "builder": builder.form(tx, node, search.query) if search.shows_query else None,
        "least": builder.LEAST,
        "ratings": texts.RATINGS,
    }


def pictures(
    tx: Tx,
    ids: Sequence[int],
    chosen: filters.Filter,
    *,
    view: str = "medium",
    context: Mapping[str, object] | None = None,
) -> list[shapes.Picture]:
    """Return images for a row, blurred where the filter `chosen` says so."""
    found = images.find_many(tx, ids)
    covered = find.spoilered(tx, chosen, [image.id for image in found])
    return [
        shapes.picture(
            image,
            view=view,
            spoiler=spoiler_reason(image, chosen) if image.id in covered else None,
            **(context or {}),
        )
        for image in found
    ]


def spoiler_reason(image: Image, chosen: filters.Filter) -> str:
    """Return the tags for which a filter blurs an image; the filter's name when a query does."""
    ids = set(chosen.spoilered_tag_ids)
    return ", ".join(tag.name for tag in image.tags if tag.id in ids) or chosen.name


def remarks(visit: Visit, node: nodes.Node, query: str) -> list[shapes.Wrong]:
    """Return what a query that can be understood probably meant instead."""
    return [
        shapes.wrong(QueryError(hint.text, start=hint.start, end=hint.end), query)
        for hint in hints.find(node, fields.IMAGES, moderator=visit.actor.is_moderator)
    ]


def _near(tx: Tx, node: nodes.Node) -> list[tags.Tag]:
    """Return well-used tags that begin like the tags of a query which found nothing."""
    names: dict[str, None] = {}
    for leaf in nodes.walk(node):
        if isinstance(leaf, nodes.Term) and leaf.field == fields.IMAGES.default.name:
            for length in (len(leaf.value), 5, 3):
                found = tags.autocomplete(tx, leaf.value[:length], limit=MOST_NEAR_TAGS)
                names.update(dict.fromkeys(suggestion.canonical for suggestion in found))
                if found:
                    break
    return list(tags.canonical(tx, list(names)[:MOST_NEAR_TAGS]).values())
