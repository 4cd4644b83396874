"""Comments: one, searching; and beyond the API, writing them and what `wordings` does."""

from menagerie.core import find
from menagerie.core.talk import comments
from menagerie.core.talk.comments import Comment
from menagerie.dialects.philomena import shapes_talk as shapes
from menagerie.dialects.philomena import site, tables
from menagerie.dialects.philomena.tables import Table
from menagerie.dialects.philomena.wordings import Wordings
from menagerie.errors import Forbidden
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Operation
from menagerie.library import Library

_BODY = tables.field("comment[body]", "The words, in Markdown.")
_ANONYMOUS = tables.field("comment[anonymous]", "true: do not show who wrote it.")


def operations(library: Library) -> list[Operation]:
    """Return the operations about comments."""
    table = Table(library)
    one = "/comments/{id:str}"
    shape = shapes.CommentEnvelope
    table.read(one, show, "One comment; without words when it is hidden.", shape, site.NOT_FOUND)
    table.read(
        "/search/comments",
        search,
        "Search comments, the newest first.",
        shapes.CommentsEnvelope,
        site.Q,
        site.FILTER,
        site.PAGE,
        site.PER_PAGE,
        site.WRONG_QUERY,
    )
    table.write(
        "POST",
        "/images/{id:str}/comments",
        create,
        "Comment on an image.",
        shape,
        _BODY,
        _ANONYMOUS,
    )
    Wordings(comments, "comment", _one).add(table, one, shape)
    return table.operations


def _one(call: Call, found: Comment) -> Answer:
    return answers.json({"comment": shapes.comment(found, site.site_of(call))})


def show(call: Call) -> Answer:
    """GET /comments/:id; what is said of a hidden image only searches of staff show."""
    comment_id = call.path_id()
    with call.reading() as tx:
        found = comments.get(tx, comment_id)
    if found.is_image_hidden:
        raise Forbidden
    return _one(call, found)


def search(call: Call) -> Answer:
    """GET /search/comments."""
    query = site.query_of(call)
    if not query:
        return site.empty_page("comments")
    with call.reading() as tx:
        found = find.comments(
            tx,
            query,
            page=site.page_of(call),
            per_page=site.per_page_of(call),
            filter=site.filter_of(tx, call),
        )
        shown = comments.find_many(tx, found.ids)
    listed = shapes.comments(shown, site.site_of(call))
    return answers.json({"comments": listed, "total": found.total})


def create(call: Call) -> Answer:
    """POST /images/:id/comments."""
    image_id, sent = call.path_id(), call.mapping("comment")
    if call.library.settings.guest_comments:
        call.limit_crowd()
    with call.writing() as tx:
        made = comments.create(
            tx,
            image_id,
            as_text(sent.get("body")),
            is_anonymous=site.is_true(sent.get("anonymous")),
        )
        return _one(call, made)
