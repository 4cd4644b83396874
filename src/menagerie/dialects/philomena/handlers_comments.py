"""Comments: one, searching; and beyond the API, writing, changing and hiding them."""

from menagerie.core import find
from menagerie.core.talk import comments
from menagerie.core.talk.comments import Comment
from menagerie.dialects.philomena import shapes_talk as shapes
from menagerie.dialects.philomena import site, tables
from menagerie.dialects.philomena.tables import Table
from menagerie.errors import Forbidden
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Operation
from menagerie.library import Library

BODY = tables.field("comment[body]", "The words, in Markdown.")
REASON = tables.field("reason", "Why.")
_CHANGE_REASON = tables.field("comment[reason]", "Why it was changed.")
_DESTROY = tables.field("destroy", "true: for good; moderators only.")
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
        "POST", "/images/{id:str}/comments", create, "Comment on an image.", shape, BODY, _ANONYMOUS
    )
    table.write("PATCH", one, edit, "Change an own comment.", shape, BODY, _CHANGE_REASON)
    table.write(
        "DELETE", one, hide, "Hide a comment; for those who keep order.", shape, REASON, _DESTROY
    )
    table.write("POST", one + "/restore", restore, "Show a hidden comment again.", shape)
    table.read(
        one + "/history",
        history,
        "Earlier wordings of a comment, the newest first.",
        shapes.HistoryEnvelope,
        site.NOT_FOUND,
    )
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
    with call.writing() as tx:
        made = comments.create(
            tx,
            image_id,
            as_text(sent.get("body")),
            is_anonymous=site.is_true(sent.get("anonymous")),
        )
        return _one(call, made)


def edit(call: Call) -> Answer:
    """PATCH /comments/:id."""
    comment_id, sent = site.signed_in(call).path_id(), call.mapping("comment")
    with call.writing() as tx:
        body, reason = as_text(sent.get("body")), as_text(sent.get("reason"))
        return _one(call, comments.edit(tx, comment_id, body, reason=reason))


def hide(call: Call) -> Answer:
    """DELETE /comments/:id."""
    comment_id = site.signed_in(call).path_id()
    with call.writing() as tx:
        if site.is_true(call.params.get("destroy")):
            comments.destroy(tx, comment_id)
            return answers.json({"comment": None})
        return _one(call, comments.hide(tx, comment_id, call.text("reason")))


def restore(call: Call) -> Answer:
    """POST /comments/:id/restore."""
    comment_id = site.signed_in(call).path_id()
    with call.writing() as tx:
        return _one(call, comments.unhide(tx, comment_id))


def history(call: Call) -> Answer:
    """GET /comments/:id/history."""
    comment_id = call.path_id()
    with call.reading() as tx:
        found = comments.revisions(tx, comment_id)
    return answers.json({"history": [shapes.revision(one) for one in found], "total": len(found)})
