"""Galleries: finding and following them, making them, and putting their pictures in order."""

from collections.abc import Sequence

import msgspec

from menagerie.core import filters, find, galleries, rights
from menagerie.core.galleries import Gallery
from menagerie.core.people import following
from menagerie.core.people.following import Followed
from menagerie.errors import Forbidden, Invalid, NotFound, QueryError, Unauthenticated
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
from menagerie.search import nodes
from menagerie.storage.schema import NewsKind
from menagerie.web import grid, markup, news, shapes
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import MOST_PER_PAGE, PER_PAGE, Form, Visit

_FIELDS = ("title", "description", "spoiler_warning")


class Card(msgspec.Struct, frozen=True):
    """A gallery in a list, with its cover unless the visitor's filter or a warning hides that."""

    gallery: Gallery
    cover: shapes.Picture | None
    owner_name: str | None


# Looking.


def page(visit: Visit) -> Answer:
    """Show the galleries that a query finds, the newest first; without one, all of them."""
    number, text, wrong = visit.page_number(), visit.query.strip(), None
    with visit.reading() as tx:
        try:
            found = find.galleries(tx, _query(text), page=number, per_page=PER_PAGE)
        except QueryError as error:
            found, wrong = find.Found([], 0, 0), shapes.wrong(error, text)
        cards = _cards(visit, tx, galleries.find_many(tx, found.ids))
    return visit.page(
        "galleries.html",
        400 if wrong else 200,
        cards=cards,
        text=text,
        wrong=wrong,
        total=found.total,
        pages=shapes.pages(
            number,
            found.total,
            PER_PAGE,
            lambda n: url("/galleries", q=text, page=n if n > 1 else None),
        ),
    )


def _query(text: str) -> str:
    """Return the query for what somebody typed: bare words are part of a title."""
    is_bare = text and not set(text) & set('*?:,()"~^\\|&')
    return f"*{text}*" if is_bare else text or "*"


def _cards(visit: Visit, tx: Tx, found: Sequence[Gallery]) -> list[Card]:
    chosen = filters.effective(tx)
    shown = find.bitmap(tx, nodes.All(), filter=chosen)
    ids = [g.thumbnail_id for g in found if g.thumbnail_id is not None and not g.spoiler_warning]
    by_id = {p.id: p for p in grid.pictures(tx, [i for i in ids if i in shown], chosen)}
    return [Card(g, by_id.get(g.thumbnail_id or 0), _owner_name(visit, g)) for g in found]


def _owner_name(visit: Visit, gallery: Gallery) -> str | None:
    """Return whose gallery it is, as far as the visitor may know."""
    return gallery.owner_name if not gallery.is_anonymous or _may_edit(visit, gallery) else None


def _may_edit(visit: Visit, gallery: Gallery) -> bool:
    return visit.actor.is_moderator or (
        visit.actor.is_signed_in and gallery.account_id == visit.actor.account_id
    )


def show(visit: Visit) -> Answer:
    """Show the pictures of a gallery in its order, after its warning if it has one."""
    number, view = visit.page_number(), visit.view()
    agreed = "1" if visit.call.text("show") == "1" else None
    with visit.reading() as tx:
        gallery = galleries.get(tx, visit.call.path_id())
        chosen = filters.effective(tx)
        query = f"gallery_id:{gallery.id}"
        found = find.images(
            tx,
            find.parse(tx, query),
            sort=find.parse_sort(query, "asc", tx),
            page=number,
            per_page=PER_PAGE,
            filter=chosen,
        )
        is_covered = bool(gallery.spoiler_warning) and agreed is None
        memory = {"q": query, "sf": query, "sd": "asc"}
        ids = [] if is_covered else found.ids
        pictures = grid.pictures(tx, ids, chosen, view=view, context=memory)
        description = markup.render(tx, [gallery.description], chosen)[gallery.description]
        follows = following.follows(tx, Followed.GALLERY, gallery.id)
    news.seen(visit, gallery.id, NewsKind.GALLERY)
    path = f"/galleries/{gallery.id}"
    return visit.page(
        "gallery.html",
        gallery=gallery,
        owner_name=_owner_name(visit, gallery),
        may_edit=_may_edit(visit, gallery),
        description=description,
        follows=follows,
        is_covered=is_covered,
        pictures=pictures,
        view=view,
        view_link=lambda name: url(path, show=agreed, view=name),
        pages=shapes.pages(number, found.total, PER_PAGE, lambda n: url(path, show=agreed, page=n)),
    )


def follow(visit: Visit) -> Answer:
    """Be told of new pictures in a gallery, or no longer."""
    change = following.follow if visit.form("follow") == "1" else following.unfollow
    with visit.writing() as tx:
        change(tx, Followed.GALLERY, visit.call.path_id())
    return visit.go(f"/galleries/{visit.call.path_id()}")


# Making and changing.


def new(visit: Visit) -> Answer:
    """Show the form for a gallery."""
    if not visit.actor.is_signed_in:
        raise Unauthenticated
    return visit.page("gallery_new.html", form=Form(shown=_FIELDS))


def create(visit: Visit) -> Answer:
    """Make a gallery."""
    try:
        with visit.writing() as tx:
            gallery = galleries.create(
                tx,
                title=visit.form("title"),
                description=visit.form("description"),
                spoiler_warning=visit.form("spoiler_warning"),
                is_anonymous=visit.form("is_anonymous") == "1",
            )
    except Invalid as error:
        form = visit.sent(shown=_FIELDS, error=error)
        return visit.page("gallery_new.html", 422, form=form)
    return visit.go(f"/galleries/{gallery.id}", "saved")


def edit_page(visit: Visit) -> Answer:
    """Show the form that changes a gallery, and its pictures to be put in order."""
    return _edit_page(visit, None, Form(shown=("image",)), 200)


def _edit_page(visit: Visit, form: Form | None, adding: Form, status: int) -> Answer:
    number = visit.page_number()
    start = (number - 1) * MOST_PER_PAGE
    with visit.reading() as tx:
        gallery = galleries.get(tx, visit.call.path_id())
        rights.require_account(tx)
        if not _may_edit(visit, gallery):
            raise Forbidden
        ids = galleries.image_ids(tx, gallery.id)
        part = ids[start : start + MOST_PER_PAGE]
        pictures = grid.pictures(tx, part, filters.effective(tx), view="small")
    places = {image_id: place for place, image_id in enumerate(ids, start=1)}
    path = f"/galleries/{gallery.id}/edit"
    return visit.page(
        "gallery_edit.html",
        status,
        gallery=gallery,
        form=form or _form_of(gallery),
        adding=adding,
        rows=[(places[picture.id], picture) for picture in pictures],
        total=len(ids),
        pages=shapes.pages(
            number, len(ids), MOST_PER_PAGE, lambda n: url(path, page=n if n > 1 else None)
        ),
    )


def _form_of(gallery: Gallery) -> Form:
    values: dict[str, object] = {name: getattr(gallery, name) for name in _FIELDS}
    values["is_anonymous"] = "1" if gallery.is_anonymous else ""
    return Form(values, {}, _FIELDS)


def edit(visit: Visit) -> Answer:
    """Change what a gallery says of itself."""
    try:
        with visit.writing() as tx:
            galleries.edit(
                tx,
                visit.call.path_id(),
                title=visit.form("title"),
                description=visit.form("description"),
                spoiler_warning=visit.form("spoiler_warning"),
                is_anonymous=visit.form("is_anonymous") == "1",
            )
    except Invalid as error:
        form = visit.sent(shown=_FIELDS, error=error)
        return _edit_page(visit, form, Form(shown=("image",)), 422)
    return visit.go(f"/galleries/{visit.call.path_id()}", "saved")


def delete(visit: Visit) -> Answer:
    """Delete a gallery, when the box that asks for it was ticked."""
    if visit.form("sure") != "1":
        return visit.go(f"/galleries/{visit.call.path_id()}/edit")
    with visit.writing() as tx:
        galleries.delete(tx, visit.call.path_id())
    return visit.go("/galleries", "deleted")


# Its pictures.


def _back(visit: Visit, notice: str = "") -> Answer:
    """Send the visitor back to the page of the order that the form stood on."""
    number = leading_integer(visit.form("page")) or 1
    path = f"/galleries/{visit.call.path_id()}/edit"
    return visit.go(url(path, page=number if number > 1 else None), notice)


def _image_of_form(visit: Visit) -> int:
    image_id = leading_integer(visit.form("image").strip().removeprefix("#"))
    if image_id is None:
        raise NotFound
    return image_id


def add(visit: Visit) -> Answer:
    """Put an image at the end of a gallery."""
    try:
        with visit.writing() as tx:
            galleries.add(tx, visit.call.path_id(), _image_of_form(visit))
    except NotFound:
        with visit.reading() as tx:
            galleries.get(tx, visit.call.path_id())
        wrong = Invalid({"image": [marked("There is no such picture.")]})
        return _edit_page(visit, None, visit.sent(shown=["image"], error=wrong), 422)
    return _back(visit, "added")


def remove(visit: Visit) -> Answer:
    """Take an image out of a gallery."""
    with visit.writing() as tx:
        galleries.remove(tx, visit.call.path_id(), _image_of_form(visit))
    return _back(visit, "saved")


def choose_cover(visit: Visit) -> Answer:
    """Let an image stand for its gallery in lists."""
    gallery_id, image_id = visit.call.path_id(), _image_of_form(visit)
    with visit.writing() as tx:
        if image_id not in galleries.image_ids(tx, gallery_id):
            raise NotFound
        galleries.edit(tx, gallery_id, thumbnail_id=image_id)
    return _back(visit, "saved")


def move(visit: Visit) -> Answer:
    """Move an image one place up or down in a gallery, or to a place by its number."""
    gallery_id, image_id = visit.call.path_id(), _image_of_form(visit)
    to = leading_integer(visit.form("to"))
    by = -1 if visit.form("by") == "-1" else 1
    with visit.writing() as tx:
        ids = galleries.image_ids(tx, gallery_id)
        at = ids.index(image_id) if image_id in ids else -1
        if at < 0:
            raise NotFound
        ids.insert(max(0, at + by if to is None else to - 1), ids.pop(at))
        galleries.reorder(tx, gallery_id, ids)
    return _back(visit)


def order(visit: Visit) -> Answer:
    """Put the images of one page of a gallery into the order that a script sends."""
    named = [leading_integer(text) for text in visit.form("images").split(",")]
    if None in named:
        raise Invalid({"images": [marked("must be numbers")]})
    with visit.writing() as tx:
        galleries.reorder(tx, visit.call.path_id(), [n for n in named if n is not None])
    return Answer(204, b"")
