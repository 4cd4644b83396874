"""Filters and galleries: looking at them, making them, changing them."""

from collections.abc import Sequence

import msgspec

from menagerie.core import filters, find, galleries, images, tags
from menagerie.errors import Invalid, NotFound, Unauthenticated
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
from menagerie.search import nodes
from menagerie.web import grid, shapes
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import PER_PAGE, Form, Visit, find_tags, own_address

_FILTER_FIELDS = (
    "name",
    "description",
    "hidden_tags",
    "spoilered_tags",
    "hidden_query",
    "spoilered_query",
)
_GALLERY_FIELDS = ("title", "description", "spoiler_warning", "thumbnail")


# Filters.


def filter_list(visit: Visit) -> Answer:
    """Show the filters to choose from."""
    with visit.reading() as tx:
        own = filters.own(tx) if visit.actor.is_signed_in else []
        shared = find.filters(tx, "public:true", page=1, per_page=PER_PAGE)
        system = filters.system(tx)
        known = {f.id for f in (*own, *system)}
        others = [f for f in filters.find_many(tx, shared.ids) if f.id not in known]
        current = filters.effective(tx)
    groups = (
        (marked("The library's"), system),
        (marked("Yours"), own),
        (marked("Of other people"), others),
    )
    then = own_address(visit.call.text("then", "/filters"))
    return visit.page("filters.html", groups=groups, current=current, then=then)


def filter_page(visit: Visit) -> Answer:
    """Show what a filter hides and blurs."""
    with visit.reading() as tx:
        found = filters.get(tx, visit.call.path_id())
        effects = (
            (marked("Hides"), find_tags(tx, found.hidden_tag_ids), found.hidden_query),
            (marked("Blurs"), find_tags(tx, found.spoilered_tag_ids), found.spoilered_query),
        )
        current = filters.effective(tx)
    actor = visit.actor
    may_edit = found.account_id is not None and found.account_id == actor.account_id
    return visit.page(
        "filter.html",
        filter=found,
        effects=effects,
        current=current,
        may_edit=may_edit or (found.is_system and actor.is_admin),
    )


def new_filter(visit: Visit) -> Answer:
    """Show the form for a filter, filled from another one if one is named."""
    if not visit.actor.is_signed_in:
        raise Unauthenticated
    model = leading_integer(visit.call.text("from"))
    with visit.reading() as tx:
        values = _filter_values(tx, filters.get(tx, model)) if model is not None else {}
    values.pop("name", None)
    return _filter_form(visit, Form(values), 200)


def _filter_values(tx: Tx, found: filters.Filter) -> dict[str, object]:
    return {
        "name": found.name,
        "description": found.description,
        "hidden_tags": ", ".join(t.name for t in find_tags(tx, found.hidden_tag_ids)),
        "spoilered_tags": ", ".join(t.name for t in find_tags(tx, found.spoilered_tag_ids)),
        "hidden_query": found.hidden_query,
        "spoilered_query": found.spoilered_query,
        "is_public": "1" if found.is_public else "",
    }


def _filter_form(visit: Visit, form: Form, status: int, filter_id: int | None = None) -> Answer:
    return visit.page(
        "filter_form.html",
        status,
        form=form,
        filter_id=filter_id,
        heading=marked("Edit the filter") if filter_id else marked("Make a filter"),
        action=f"/filters/{filter_id}/edit" if filter_id else "/filters",
    )


def edit_filter_page(visit: Visit) -> Answer:
    """Show the form that changes a filter."""
    with visit.reading() as tx:
        found = filters.get(tx, visit.call.path_id())
        values = _filter_values(tx, found)
    return _filter_form(visit, Form(values), 200, found.id)


def create_filter(visit: Visit) -> Answer:
    """Make a filter."""
    return _save_filter(visit, None)


def edit_filter(visit: Visit) -> Answer:
    """Change a filter."""
    return _save_filter(visit, visit.call.path_id())


def _save_filter(visit: Visit, filter_id: int | None) -> Answer:
    hidden, spoilered = (
        tags.parse_list(visit.form(name).replace("\n", ","))
        for name in ("hidden_tags", "spoilered_tags")
    )
    texts_ = {n: visit.form(n) for n in _FILTER_FIELDS if not n.endswith("_tags")}
    is_public = visit.form("is_public") == "1"
    try:
        with visit.writing() as tx:
            if filter_id is None:
                saved = filters.create(
                    tx, hidden_tags=hidden, spoilered_tags=spoilered, is_public=is_public, **texts_
                )
            else:
                saved = filters.edit(
                    tx,
                    filter_id,
                    hidden_tags=hidden,
                    spoilered_tags=spoilered,
                    is_public=is_public,
                    **texts_,
                )
    except Invalid as error:
        return _filter_form(visit, visit.sent(shown=_FILTER_FIELDS, error=error), 422, filter_id)
    return visit.go(f"/filters/{saved.id}", "saved")


def delete_filter(visit: Visit) -> Answer:
    """Delete a filter, when the box that asks for it was ticked."""
    if visit.form("sure") != "1":
        return visit.go(f"/filters/{visit.call.path_id()}/edit")
    with visit.writing() as tx:
        filters.delete(tx, visit.call.path_id())
    return visit.go("/filters", "deleted")


def choose_filter(visit: Visit) -> Answer:
    """Put a filter in force."""
    with visit.writing() as tx:
        filters.choose(tx, visit.call.path_id())
    return visit.go(visit.form("then") or "/filters", "chosen")


def filter_tag(visit: Visit) -> Answer:
    """Hide or spoiler one tag in a filter, or stop that."""
    effect, name = visit.form("effect"), visit.form("tag")
    with visit.writing() as tx:
        found = filters.get(tx, visit.call.path_id())
        tag = tags.get_by_name(tx, name)
        hidden = [i for i in found.hidden_tag_ids if i != tag.id]
        spoilered = [i for i in found.spoilered_tag_ids if i != tag.id]
        if effect == "hide":
            hidden.append(tag.id)
        elif effect == "spoiler":
            spoilered.append(tag.id)
        filters.edit(tx, found.id, hidden_tags=hidden, spoilered_tags=spoilered)
    return visit.go(url(f"/tags/{tag.slug}"), "saved")


# Galleries.


def gallery_list(visit: Visit) -> Answer:
    """Show the galleries, the newest first."""
    number = visit.page_number()
    with visit.reading() as tx:
        found, total = galleries.newest(tx, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        covers = _covers(tx, found)
    return visit.page(
        "galleries.html",
        galleries=covers,
        pages=shapes.pages(number, total, PER_PAGE, lambda n: url("/galleries", page=n)),
    )


def _covers(
    tx: Tx, found: Sequence[galleries.Gallery]
) -> list[tuple[galleries.Gallery, shapes.Picture | None]]:
    chosen = filters.effective(tx)
    shown = find.bitmap(tx, nodes.All(), filter=chosen)
    ids = [g.thumbnail_id for g in found if g.thumbnail_id is not None]
    by_id = {p.id: p for p in grid.pictures(tx, [i for i in ids if i in shown], chosen)}
    return [(g, by_id.get(g.thumbnail_id or 0)) for g in found]


def gallery_page(visit: Visit) -> Answer:
    """Show the pictures of a gallery in its order."""
    number, view = visit.page_number(), visit.view()
    with visit.reading() as tx:
        gallery = galleries.get(tx, visit.call.path_id())
        chosen = filters.effective(tx)
        query = f"gallery_id:{gallery.id}"
        sort = find.parse_sort(query, "asc", tx)
        found = find.images(
            tx, find.parse(tx, query), sort=sort, page=number, per_page=PER_PAGE, filter=chosen
        )
        memory = {"q": query, "sf": query, "sd": "asc"}
        pictures = grid.pictures(tx, found.ids, chosen, view=view, context=memory)
    path = f"/galleries/{gallery.id}"
    return visit.page(
        "gallery.html",
        gallery=gallery,
        owner_name=None if gallery.is_anonymous else gallery.owner_name,
        may_edit=gallery.account_id == visit.actor.account_id,
        pictures=pictures,
        view=view,
        pages=shapes.pages(number, found.total, PER_PAGE, lambda n: url(path, page=n)),
    )


def new_gallery(visit: Visit) -> Answer:
    """Show the form for a gallery."""
    if not visit.actor.is_signed_in:
        raise Unauthenticated
    return _gallery_form(visit, Form(), 200)


def _gallery_form(
    visit: Visit,
    form: Form,
    status: int,
    gallery_id: int | None = None,
    pictures: Sequence[shapes.Picture] = (),
) -> Answer:
    return visit.page(
        "gallery_form.html",
        status,
        form=form,
        gallery_id=gallery_id,
        pictures=pictures,
        heading=marked("Edit the gallery") if gallery_id else marked("Make a gallery"),
        action=f"/galleries/{gallery_id}/edit" if gallery_id else "/galleries",
    )


def edit_gallery_page(visit: Visit) -> Answer:
    """Show the form that changes a gallery and its order."""
    return _edit_gallery_page(visit, None, 200)


def _edit_gallery_page(visit: Visit, form: Form | None, status: int) -> Answer:
    with visit.reading() as tx:
        gallery = galleries.get(tx, visit.call.path_id())
        ids = galleries.image_ids(tx, gallery.id)
        pictures = [shapes.picture(image) for image in images.find_many(tx, ids)]
    values = {
        "title": gallery.title,
        "description": gallery.description,
        "spoiler_warning": gallery.spoiler_warning,
        "thumbnail": gallery.thumbnail_id or "",
        "is_anonymous": "1" if gallery.is_anonymous else "",
    }
    return _gallery_form(visit, form or Form(values), status, gallery.id, pictures)


def create_gallery(visit: Visit) -> Answer:
    """Make a gallery."""
    try:
        with visit.writing() as tx:
            about = _read_gallery(visit)
            gallery = galleries.create(
                tx,
                title=about.title,
                description=about.description,
                spoiler_warning=about.spoiler_warning,
                thumbnail_id=about.thumbnail_id,
                is_anonymous=about.is_anonymous,
            )
    except Invalid as error:
        return _gallery_form(visit, visit.sent(shown=_GALLERY_FIELDS, error=error), 422)
    return visit.go(f"/galleries/{gallery.id}", "saved")


def edit_gallery(visit: Visit) -> Answer:
    """Change what a gallery says of itself."""
    try:
        with visit.writing() as tx:
            about = _read_gallery(visit)
            galleries.edit(
                tx,
                visit.call.path_id(),
                title=about.title,
                description=about.description,
                spoiler_warning=about.spoiler_warning,
                thumbnail_id=about.thumbnail_id,
                is_anonymous=about.is_anonymous,
            )
    except Invalid as error:
        form = visit.sent(shown=_GALLERY_FIELDS, error=error)
        return _edit_gallery_page(visit, form, 422)
    return visit.go(f"/galleries/{visit.call.path_id()}", "saved")


class _About(msgspec.Struct, frozen=True):
    """What somebody says of a gallery."""

    title: str
    description: str
    spoiler_warning: str
    thumbnail_id: int | None
    is_anonymous: bool


def _read_gallery(visit: Visit) -> _About:
    return _About(
        title=visit.form("title"),
        description=visit.form("description"),
        spoiler_warning=visit.form("spoiler_warning"),
        thumbnail_id=leading_integer(visit.form("thumbnail").removeprefix("#")),
        is_anonymous=visit.form("is_anonymous") == "1",
    )


def delete_gallery(visit: Visit) -> Answer:
    """Delete a gallery, when the box that asks for it was ticked."""
    if visit.form("sure") != "1":
        return visit.go(f"/galleries/{visit.call.path_id()}/edit")
    with visit.writing() as tx:
        galleries.delete(tx, visit.call.path_id())
    return visit.go("/galleries", "deleted")


def _image_of_form(visit: Visit) -> int:
    image_id = leading_integer(visit.form("image").removeprefix("#"))
    if image_id is None:
        raise NotFound
    return image_id


def add_to_gallery(visit: Visit) -> Answer:
    """Put an image at the end of a gallery."""
    with visit.writing() as tx:
        galleries.add(tx, visit.call.path_id(), _image_of_form(visit))
    return visit.go(f"/galleries/{visit.call.path_id()}/edit", "added")


def remove_from_gallery(visit: Visit) -> Answer:
    """Take an image out of a gallery."""
    with visit.writing() as tx:
        galleries.remove(tx, visit.call.path_id(), _image_of_form(visit))
    return visit.go(f"/galleries/{visit.call.path_id()}/edit", "saved")


def move_in_gallery(visit: Visit) -> Answer:
    """Move an image one place up or down in a gallery."""
    gallery_id, image_id = visit.call.path_id(), _image_of_form(visit)
    by = -1 if visit.form("by") == "-1" else 1
    with visit.writing() as tx:
        ids = galleries.image_ids(tx, gallery_id)
        at = ids.index(image_id) if image_id in ids else -1
        if at < 0:
            raise NotFound
        ids.insert(max(0, at + by), ids.pop(at))
        galleries.reorder(tx, gallery_id, ids)
    return visit.go(f"/galleries/{gallery_id}/edit")
