"""Filters: looking at them, making them, changing them."""

from menagerie.core import filters, find, tags
from menagerie.errors import Invalid, Unauthenticated
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
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
