"""Filters: reading and searching them; and, beyond the API, making, changing and choosing."""

from collections.abc import Mapping
from typing import Any

from menagerie.core import filters, find
from menagerie.core.filters import Filter
from menagerie.dialects.philomena import shapes, site
from menagerie.errors import Forbidden
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text, as_texts, identifier
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library

_TRUE = {"true", "1", "on", "yes"}
_ID = Parameter("id", "Id of the filter.", "path", "1")
_FIELDS = (
    Parameter("filter[name]", "Name, one of its kind among the caller's.", "form"),
    Parameter("filter[description]", "Description.", "form"),
    Parameter("filter[hidden_tags]", "Names of tags to hide, with commas.", "form"),
    Parameter("filter[spoilered_tags]", "Names of tags to spoiler, with commas.", "form"),
    Parameter("filter[hidden_complex]", "Queries to hide, one a line.", "form"),
    Parameter("filter[spoilered_complex]", "Queries to spoiler, one a line.", "form"),
    Parameter("filter[public]", "true: everybody may use it.", "form"),
)


def operations(library: Library) -> list[Operation]:
    """Return the operations about filters."""
    one = Outcome(200, "The filter.", shapes.FilterEnvelope)
    page = Outcome(200, "The page.", shapes.FiltersEnvelope)
    one_path = site.paths(library, "/filters/{id:str}")
    paged = (site.KEY, site.PAGE, site.PER_PAGE)
    # Long because it is a table: what is mounted and documented stands here and nowhere else.
    return [
        Operation(
            "GET",
            one_path,
            show,
            Runs.EXECUTOR,
            summary="One filter.",
            parameters=(_ID, site.KEY),
            outcomes=(one, site.NOT_FOUND, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/filters/system"),
            list_system,
            Runs.EXECUTOR,
            summary="The filters that come with the library.",
            parameters=paged,
            outcomes=(page, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/filters/user"),
            list_own,
            Runs.EXECUTOR,
            summary="The caller's own filters.",
            parameters=paged,
            outcomes=(page, site.NOT_ALLOWED, *site.READS),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/search/filters"),
            search,
            Runs.EXECUTOR,
            summary="Search filters that the caller may see, by name.",
            parameters=(site.Q, *paged),
            outcomes=(page, site.WRONG_QUERY, *site.READS),
        ),
        Operation(
            "POST",
            site.paths(library, "/filters"),
            create,
            Runs.EXECUTOR,
            summary="Make a filter.",
            parameters=(site.KEY, *_FIELDS),
            outcomes=(one, *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "PATCH",
            one_path,
            edit,
            Runs.EXECUTOR,
            summary="Change an own filter; what is not sent stays.",
            parameters=(_ID, site.KEY, *_FIELDS),
            outcomes=(one, *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "DELETE",
            one_path,
            delete,
            Runs.EXECUTOR,
            summary="Delete an own filter and answer what it was.",
            parameters=(_ID, site.KEY),
            outcomes=(one, *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/filters/current"),
            show_current,
            Runs.EXECUTOR,
            summary="The filter in force for the caller.",
            parameters=(site.KEY, site.FILTER),
            outcomes=(one, *site.READS),
        ),
        Operation(
            "PUT",
            site.paths(library, "/filters/current"),
            choose,
            Runs.EXECUTOR,
            summary="Put a filter in force for the caller's account.",
            parameters=(site.KEY, Parameter("id", "Id of the filter.", example="2")),
            outcomes=(one, *site.WRITES),
            needs_key=True,
        ),
    ]


def _one(found: Filter) -> Answer:
    return answers.json({"filter": shapes.filter_shape(found)})


def _page(call: Call, found: list[Filter]) -> Answer:
    size = site.per_page_of(call)
    start = (site.page_of(call) - 1) * size
    shown = [shapes.filter_shape(one) for one in found[start : start + size]]
    return answers.json({"filters": shown, "total": len(found)})


def show(call: Call) -> Answer:
    """GET /filters/:id."""
    filter_id = call.path_id()
    with call.reading() as tx:
        return _one(filters.get(tx, filter_id))


def list_system(call: Call) -> Answer:
    """GET /filters/system."""
    with call.reading() as tx:
        return _page(call, filters.system(tx))


def list_own(call: Call) -> Answer:
    """GET /filters/user; here a missing key is 403 and not 401. Source: Philomena."""
    if not call.actor.is_signed_in:
        raise Forbidden
    with call.reading() as tx:
        return _page(call, filters.own(tx))


def search(call: Call) -> Answer:
    """GET /search/filters."""
    query = site.query_of(call)
    if not query:
        return site.empty_page("filters")
    with call.reading() as tx:
        found = find.filters(tx, query, page=site.page_of(call), per_page=site.per_page_of(call))
        shown = [shapes.filter_shape(one) for one in filters.find_many(tx, found.ids)]
    return answers.json({"filters": shown, "total": found.total})


def create(call: Call) -> Answer:
    """POST /filters."""
    fields = _fields(site.signed_in(call))
    with call.writing() as tx:
        return _one(filters.create(tx, **{"name": "", **fields}))


def edit(call: Call) -> Answer:
    """PATCH /filters/:id."""
    filter_id, fields = site.signed_in(call).path_id(), _fields(call)
    with call.writing() as tx:
        return _one(filters.edit(tx, filter_id, **fields))


def delete(call: Call) -> Answer:
    """DELETE /filters/:id."""
    filter_id = site.signed_in(call).path_id()
    with call.writing() as tx:
        found = filters.get(tx, filter_id)
        filters.delete(tx, filter_id)
        return _one(found)


def show_current(call: Call) -> Answer:
    """GET /filters/current."""
    with call.reading() as tx:
        return _one(site.filter_of(tx, call))


def choose(call: Call) -> Answer:
    """PUT /filters/current."""
    filter_id = identifier(site.signed_in(call).text("id"))
    with call.writing() as tx:
        return _one(filters.choose(tx, filter_id))


def _fields(call: Call) -> dict[str, Any]:
    """Return what was sent of a filter, under the core's names."""
    sent = call.mapping("filter")
    texts = {
        "name": "name",
        "description": "description",
        "hidden_complex": "hidden_query",
        "spoilered_complex": "spoilered_query",
    }
    found: dict[str, Any] = {ours: as_text(sent[t]) for t, ours in texts.items() if t in sent}
    for effect in ("hidden", "spoilered"):
        tags = _tags(sent, effect)
        if tags is not None:
            found[f"{effect}_tags"] = tags
    if "public" in sent:
        found["is_public"] = as_text(sent["public"]).lower() in _TRUE
    return found


def _tags(sent: Mapping[str, Any], effect: str) -> list[str | int] | None:
    """Return the tags as names (text with commas, or list) and ids; None when none were sent."""
    names = [sent[key] for key in (f"{effect}_tags", f"{effect}_tag_list") if key in sent]
    numbers = sent.get(f"{effect}_tag_ids")
    if not names and numbers is None:
        return None
    found: list[str | int] = [name for value in names for name in as_texts(value)]
    found += [int(n) for n in as_texts(numbers) if n.isascii() and n.isdigit() and len(n) < 19]
    return found
