"""The page of one image and its small companions, and the forms that change it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from menagerie.core import (
    annotations,
    filters,
    find,
    galleries,
    geometry,
    images,
    labels,
    rights,
    similar,
    validations,
    visibility,
    votes,
)
from menagerie.core.images import Image
from menagerie.core.visibility import State
from menagerie.errors import Invalid, NotFound, QueryError
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
from menagerie.media.hashes import Intensities
from menagerie.storage.schema import Audience, NewsKind
from menagerie.web import (
    comments,
    grid,
    image_staff,
    markup,
    news,
    recognised,
    shapes,
    suggested,
    texts,
)
from menagerie.web.render import url
from menagerie.web.visit import Form, Visit, read_lines

RELATED_DISTANCE = 8.0  # in quadrant luma: near copies and pictures lit alike
_MOST_RELATED = 30
_MEMORY = ("q", "sf", "sd")
_NEWS = (NewsKind.COMMENT, NewsKind.COMMENT_MENTION, NewsKind.MERGE)


class Mine(msgspec.Struct, frozen=True):
    """What the visitor did to an image: `vote` is 1, -1 or 0."""

    vote: int = 0
    is_faved: bool = False
    is_hidden: bool = False


class Walk(msgspec.Struct, frozen=True):
    """The way through the search the visitor came from; `back` is its address."""

    previous: str | None = None
    next: str | None = None
    back: str | None = None
    text: str = ""


def show(visit: Visit) -> Answer:
    """Show an image, or the little that may be said of a removed or merged one."""
    news.seen(visit, visit.call.path_id(), *_NEWS)
    return _page(visit, {}, 200)


def _page(visit: Visit, forms: Mapping[str, Form], status: int) -> Answer:
    with visit.reading() as tx:
        image = images.get(tx, visit.call.path_id())
        if not visibility.may_see(visit.actor, image):
            return visit.page("stub.html", image=image, state=_state(image))
        context = _context(visit, tx, image)
    current = ", ".join(tag.name for tag in image.tags)
    context |= {
        "tag_form": Form({"tags": current, "old_tags": current}, {}, ("tags",)),
        "source_form": Form({"sources": "\n".join(image.sources)}, {}, ("sources", "source")),
        "own_form": Form({"description": image.description}, {}, ("description",)),
        **forms,
        "moderation_form": image_staff.form(context["staff"], forms.get("moderation_form")),
    }
    return visit.page("image.html", status, **context)


def _context(visit: Visit, tx: Tx, image: Image) -> dict[str, Any]:
    chosen = filters.effective(tx)
    covered = image.id in find.spoilered(tx, chosen, [image.id])
    reason = grid.spoiler_reason(image, chosen) if covered else None
    state = _state(image)
    may_act = visit.actor.is_signed_in
    mine = _mine(tx, image.id) if may_act else Mine()
    memory = {name: visit.call.text(name) for name in _MEMORY}
    return {
        "memory": memory,
        "image": image,
        "description": markup.render(tx, [image.description], chosen)[image.description],
        "picture": shapes.picture(image, spoiler=reason),
        "here": f"/images/{image.id}",
        "walk": _walk(tx, image, chosen, memory),
        "state": state,
        "is_public": visibility.is_searchable(image),
        "shows_file": True,
        "video": shapes.video(image),
        "opened": bool(visit.call.text("open")),
        "opened_href": url(f"/images/{image.id}", open=1, **memory),
        "representations": shapes.files(image),
        "groups": shapes.tag_groups(image.tags),
        "suggested": suggested.of(tx, image),
        "alike": suggested.alike(tx, image, chosen) if state == "visible" else [],
        "judged": validations.of_image(tx, image.id) if state == "visible" else [],
        "report": recognised.of(tx, image),
        "outlines": _outlines(tx, image) if state == "visible" else [],
        "mine": mine,
        "may_vote": may_act and state in {"visible", "pending", "private"},
        "may_edit": may_act and not rights.is_banned(tx),
        "may_own": visibility.is_own(visit.actor, image),
        "staff": image_staff.facts(tx, image),
        **comments.below(visit, tx, image),
        "galleries": galleries.of_image(tx, image.id),
        "my_galleries": galleries.own(tx) if may_act else [],
    }


class Outline(msgspec.Struct, frozen=True):
    """The shapes of one label as an SVG draws them, in pixels of the picture.

    `paths` are closed; the name stands at (`x`, `y`), a corner of the first.
    """

    name: str
    paths: list[str]
    x: float
    y: float


def _outlines(tx: Tx, image: Image) -> list[Outline]:
    if not image.annotation_count:
        return []
    found = []
    for one in annotations.of_image(tx, image.id):
        drawn = [geometry.corners(shape.data) for shape in one.shapes]
        if not drawn:
            continue
        paths = ["M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "z" for points in drawn]
        x, y = min(drawn[0], key=lambda point: (point[1], point[0]))
        found.append(Outline(one.name, paths, x, y))
    return found


def _state(image: Image) -> str:
    state = visibility.state(image)
    if state in {State.VISIBLE, State.PENDING} and image.audience == Audience.PRIVATE:
        return "private"
    return state.value


def _mine(tx: Tx, image_id: int) -> Mine:
    found = {(entry.type, entry.value) for entry in votes.interactions(tx, [image_id])}
    vote = 1 if ("voted", "up") in found else -1 if ("voted", "down") in found else 0
    kinds = {kind for kind, _ in found}
    return Mine(vote, "faved" in kinds, "hidden" in kinds)


def _walk(tx: Tx, image: Image, chosen: filters.Filter, memory: Mapping[str, str]) -> Walk:
    """Find the neighbours in the search of the address, or among the newest pictures."""
    query = memory["q"] or "*"
    try:
        node = find.parse(tx, query)
        sort = find.parse_sort(memory["sf"], memory["sd"], tx)
        before, after = find.neighbours(tx, node, sort=sort, filter=chosen, image_id=image.id)
    except QueryError:
        return Walk()

    def link(image_id: int | None) -> str | None:
        return url(f"/images/{image_id}", **memory) if image_id is not None else None

    text = memory["q"] if memory["q"] not in {"", "*"} else texts.marked("All pictures")
    return Walk(link(before), link(after), url("/search", **{**memory, "q": query}), text)


def favorites(visit: Visit) -> Answer:
    """Show who faved an image; to programs, just that.

    Source: DerPyBooruPhi 0.10.6 takes the answer apart by its `</h5>` and the links behind it.
    """
    with visit.reading() as tx:
        image_id = visibility.require_visible(tx, visit.call.path_id()).id
        names = [fan.name for fan in votes.fans(tx, image_id)]
    page = "favorites.html" if visit.reads_html else "favorites_bare.html"
    return visit.page(page, image_id=image_id, names=names)


def related(visit: Visit) -> Answer:
    """Show pictures that look alike, then such as have nearly the same light in the same places.

    To programs, just those.

    Source: DerPyBooruPhi 0.10.6 looks for `<div class="media-box" data-image-id="`.
    """
    with visit.reading() as tx:
        image_id = visibility.require_visible(tx, visit.call.path_id()).id
        image = images.get(tx, image_id)
        chosen = filters.effective(tx)
        alike = similar.similar(tx, image_id, _MOST_RELATED, filter=chosen)
        ids = [one.image_id for one in alike]
        light = _intensities(image)
        if light is not None:
            near = find.reverse(
                tx,
                light,
                image.aspect_ratio,
                distance=RELATED_DISTANCE,
                limit=_MOST_RELATED,
            )
            shown = find.bitmap(tx, find.parse(tx, "*"), filter=chosen)
            ids += [i for i in near.ids if i != image_id and i in shown and i not in ids]
        view = visit.view()
        pictures = grid.pictures(tx, ids, chosen, view=view)
    page = "related.html" if visit.reads_html else "related_bare.html"
    return visit.page(page, image_id=image_id, pictures=pictures, view=view)


def _intensities(image: Image) -> Intensities | None:
    if image.nw is None or image.ne is None or image.sw is None or image.se is None:
        return None
    return Intensities(image.nw, image.ne, image.sw, image.se)


def history(visit: Visit) -> Answer:
    """Show who changed the tags and sources of an image."""
    with visit.reading() as tx:
        image_id = visibility.require_visible(tx, visit.call.path_id()).id
        tag_changes = labels.history(tx, image_id)
        source_changes = images.source_history(tx, image_id)
    return visit.page(
        "history.html",
        image_id=image_id,
        tag_changes=tag_changes,
        source_changes=source_changes,
    )


# Forms.


def _back(visit: Visit, notice: str = "") -> Answer:
    """Go back to the image, in the search the visitor came from."""
    memory = {name: visit.form(name) for name in _MEMORY}
    return visit.go(url(f"/images/{visit.call.path_id()}", **memory), notice)


def vote(visit: Visit) -> Answer:
    """Vote up, down, or not at all."""
    value = {"up": 1, "down": -1, "none": 0}.get(visit.form("value"))
    with visit.writing() as tx:
        if value is None:
            raise Invalid({"value": [texts.marked("must be up, down or none")]})
        if value:
            votes.vote(tx, visit.call.path_id(), value)
        else:
            votes.unvote(tx, visit.call.path_id())
    return _back(visit)


def fave(visit: Visit) -> Answer:
    """Fave an image or take that back; a fave is also a vote up."""
    with visit.writing() as tx:
        (votes.fave if visit.form("value") == "1" else votes.unfave)(tx, visit.call.path_id())
    return _back(visit)


def hide(visit: Visit) -> Answer:
    """Keep an image out of one's own sight, or take that back."""
    with visit.writing() as tx:
        (votes.hide if visit.form("value") == "1" else votes.unhide)(tx, visit.call.path_id())
    return _back(visit)


def edit_tags(visit: Visit) -> Answer:
    """Change the tags from the list that was shown into the one that was sent."""
    try:
        with visit.writing() as tx:
            new, old = visit.form("tags").replace("\n", ","), visit.form("old_tags")
            labels.replace(tx, visit.call.path_id(), new, old)
    except Invalid as error:
        return _page(visit, {"tag_form": visit.sent(shown=["tags"], error=error)}, 422)
    return _back(visit, "saved")


def edit_sources(visit: Visit) -> Answer:
    """Replace the sources by the lines that were sent."""
    try:
        with visit.writing() as tx:
            images.edit_sources(tx, visit.call.path_id(), read_lines(visit.form("sources")))
    except Invalid as error:
        merged = [text for texts_ in error.fields.values() for text in texts_]
        form = visit.sent(shown=["sources"], error=Invalid({"sources": merged}))
        return _page(visit, {"source_form": form}, 422)
    return _back(visit, "saved")


def edit_description(visit: Visit) -> Answer:
    """Replace the description."""
    try:
        with visit.writing() as tx:
            images.edit_description(tx, visit.call.path_id(), visit.form("description"))
    except Invalid as error:
        return _page(visit, {"own_form": visit.sent(shown=["description"], error=error)}, 422)
    return _back(visit, "saved")


def delete(visit: Visit) -> Answer:
    """Delete one's own image, when the box that asks for it was ticked."""
    if visit.form("sure") != "1":
        return _back(visit)
    with visit.writing() as tx:
        images.delete_own(tx, visit.call.path_id())
    return visit.go("/", "deleted")


def add_to_gallery(visit: Visit) -> Answer:
    """Put the image at the end of a gallery of one's own."""
    gallery_id = leading_integer(visit.form("gallery"))
    if gallery_id is None:
        raise NotFound
    with visit.writing() as tx:
        galleries.add(tx, gallery_id, visit.call.path_id())
    return _back(visit, "added")


def moderate(visit: Visit) -> Answer:
    """Do what a moderator wants with an image, see `image_staff`."""
    action, image_id = visit.form("action"), visit.call.path_id()
    try:
        with visit.writing() as tx:
            rights.require_moderator(tx)
            notice = image_staff.act(tx, visit, action, image_id)
    except Invalid as error:
        form = visit.sent(shown=image_staff.SHOWN, error=error)
        return _page(visit, {"moderation_form": form}, 422)
    if notice == "merged":
        return visit.go(f"/images/{image_staff.target(visit)}", notice)
    return _back(visit, notice)
