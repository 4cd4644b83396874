"""Tags: one, searching, suggestions while typing."""

from collections.abc import Sequence

from menagerie.core import dnp, find, tags
from menagerie.core.tags import TagPage
from menagerie.dialects.philomena import shapes, site
from menagerie.http import answers
from menagerie.http.answers import Answer, encode_json
from menagerie.http.call import Call
from menagerie.http.parameters import INT64_MAX
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx

SHORTEST_TERM = 3
OLD_SUGGESTIONS = 5
MOST_SUGGESTIONS = 10
MOST_FETCHED = 50


def operations(library: Library) -> list[Operation]:
    """Return the operations about tags."""
    prefix = site.prefix_of(library.settings)
    return [
        Operation(
            "GET",
            site.paths(library, "/tags/{slug:str}"),
            show,
            Runs.EXECUTOR,
            summary="One tag by its slug; an alias is answered itself.",
            parameters=(Parameter("slug", "Slug of the tag.", "path", "safe"), site.KEY),
            outcomes=(Outcome(200, "The tag.", shapes.TagEnvelope), site.NOT_FOUND, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/search/tags"),
            search,
            Runs.EXECUTOR,
            summary="Search tags, the most used first.",
            parameters=(site.Q, site.KEY, site.PAGE, site.PER_PAGE),
            outcomes=(
                Outcome(200, "The page.", shapes.TagsEnvelope),
                site.WRONG_QUERY,
                *site.READS,
            ),
        ),
        Operation(
            "GET",
            (prefix + "/autocomplete/tags",),
            autocomplete,
            Runs.EXECUTOR,
            summary="Tags that begin with `term`.",
            parameters=(
                Parameter("term", "At least 3 characters.", example="saf"),
                Parameter("vsn", "2 for the newer answer."),
                Parameter("limit", "1 to 10, in the newer answer."),
            ),
            outcomes=(
                Outcome(
                    200,
                    "The tags.",
                    (shapes.SuggestionsEnvelope, list[shapes.OldSuggestionShape]),
                ),
                Outcome(422, "The term or the limit is wrong.", shapes.ErrorShape),
                *site.READS,
            ),
        ),
        Operation(
            "GET",
            (prefix + "/autocomplete/compiled",),
            compiled,
            Runs.INLINE,
            summary="Never there: the site's own page would load it.",
            outcomes=(Outcome(404, "There is none.", media_type=answers.TEXT), *site.READS),
        ),
        Operation(
            "GET",
            (prefix + "/fetch/tags",),
            fetch,
            Runs.EXECUTOR,
            summary="Up to 50 tags by their ids, in short.",
            parameters=(Parameter("ids[]", "Id; may be repeated.", example="1"),),
            outcomes=(Outcome(200, "The tags.", shapes.FetchedTagsEnvelope), *site.READS),
        ),
    ]


def show(call: Call) -> Answer:
    """GET /tags/:slug."""
    # No slug has a space, but clients decode `+` once too often.
    slug = call.text("slug").replace(" ", "+")
    with call.reading() as tx:
        tag = tags.get_by_slug(tx, slug)
        [shown] = _shown(call, tx, [tag])
    return answers.json({"tag": shown})


def _shown(call: Call, tx: Tx, found: Sequence[TagPage]) -> list[shapes.TagShape]:
    """Return tags with the do-not-post entries listed for them."""
    entries = dnp.of_tags(tx, [tag.id for tag in found])
    at = site.site_of(call)
    return [shapes.tag(tag, at, entries.get(tag.id, ())) for tag in found]


def search(call: Call) -> Answer:
    """GET /search/tags."""
    query = site.query_of(call)
    if not query:
        return site.empty_page("tags")
    with call.reading() as tx:
        found = find.tags(tx, query, page=site.page_of(call), per_page=site.per_page_of(call))
        shown = _shown(call, tx, tags.find_many(tx, found.ids))
    return answers.json({"tags": shown, "total": found.total})


def autocomplete(call: Call) -> Answer:
    """GET /autocomplete/tags."""
    term = call.text("term")
    if call.text("vsn") == "2":
        return _suggest(call, term)
    if len(term.encode()) < SHORTEST_TERM:
        return Answer(200, b"[]")
    with call.reading() as tx:
        found = tags.autocomplete(tx, term, OLD_SUGGESTIONS)
    shown = [
        shapes.OldSuggestionShape(f"{one.canonical} ({one.images})", one.canonical) for one in found
    ]
    return Answer(200, encode_json(shown))


def _suggest(call: Call, term: str) -> Answer:
    problem = _problem(call, term)
    if problem:
        return answers.json({"error": problem}, 422)
    limit = int(call.text("limit", str(MOST_SUGGESTIONS)))
    with call.reading() as tx:
        found = tags.autocomplete(tx, term, limit)
    shown = [shapes.SuggestionShape(one.alias, one.canonical, one.images) for one in found]
    return answers.json({"suggestions": shown})


def _problem(call: Call, term: str) -> str | None:
    if not term:
        return "Term is missing"
    if len(term) < SHORTEST_TERM:
        return "Term is too short, must be at least 3 characters"
    limit = call.text("limit", str(MOST_SUGGESTIONS))
    if limit not in {str(number) for number in range(1, MOST_SUGGESTIONS + 1)}:
        return "Limit must be an integer between 1 and 10"
    return None


def compiled(_call: Call) -> Answer:
    """GET /autocomplete/compiled."""
    return answers.text("", 404)


def fetch(call: Call) -> Answer:
    """GET /fetch/tags."""
    sent = call.texts("ids")[:MOST_FETCHED]
    ids = [int(text) for text in sent if text.isascii() and text.isdigit() and len(text) < 19]
    with call.reading() as tx:
        found = tags.find_many(tx, [tag_id for tag_id in ids if tag_id <= INT64_MAX])
    shown = [shapes.fetched_tag(tag, site.site_of(call)) for tag in found]
    return answers.json({"tags": shown})
