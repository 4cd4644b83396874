"""Forums as they are written to, beyond the API: topics, posts, polls, and keeping order in them.

Here staff reach the forums and topics that are theirs, which the API itself never shows.
"""

from collections.abc import Callable

from menagerie.core.talk import polls, posts, topics
from menagerie.core.talk.topics import Topic
from menagerie.dialects.philomena import shapes_forums as shapes
from menagerie.dialects.philomena import site, tables
from menagerie.dialects.philomena.handlers_forums import FORUM, POST, TOPIC, one_post, one_topic
from menagerie.dialects.philomena.tables import Table
from menagerie.dialects.philomena.wordings import Wordings
from menagerie.errors import Invalid, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text, as_texts, whole_number
from menagerie.http.routing import Handler, Operation
from menagerie.library import SECOND, Library, Tx
from menagerie.storage.schema import PollMethod

_BODY = tables.field("post[body]", "The words, in Markdown.")
_ANONYMOUS = tables.field("post[anonymous]", "true: do not show who wrote it.")
_REASON = tables.field("reason", "Why.")
_DAY_S = 86_400
DEFAULT_POLL_DAYS = 7
MOST_POLL_DAYS = 36_500


def operations(library: Library) -> list[Operation]:
    """Return the operations that write in forums."""
    table = Table(library)
    _add_topics(table)
    _add_posts(table)
    table.read(TOPIC + "/poll", show_poll, "A topic's poll.", shapes.PollEnvelope, site.NOT_FOUND)
    table.write(
        "POST",
        TOPIC + "/poll/votes",
        vote,
        "Vote in a topic's poll, once.",
        shapes.PollEnvelope,
        tables.field("option_ids[]", "Id of an option; several where the poll says so."),
    )
    return table.operations


def _add_topics(table: Table) -> None:
    one = shapes.TopicEnvelope
    table.write(
        "POST",
        FORUM + "/topics",
        create,
        "Begin a topic with its first post.",
        one,
        tables.field("topic[title]", "Title."),
        tables.field("topic[body]", "The words of the first post, in Markdown."),
        tables.field("topic[anonymous]", "true: do not show who began it."),
        tables.field("topic[poll][title]", "What a poll asks."),
        tables.field("topic[poll][options][]", "An answer of the poll; 2 to 20 of them."),
        tables.field("topic[poll][method]", "single or multiple: how many one may choose."),
        tables.field("topic[poll][days]", "How many days it is open, 7 when missing."),
    )
    table.write(
        "PATCH",
        TOPIC,
        edit,
        "Change an own topic's title; staff also move it to another forum.",
        one,
        tables.field("topic[title]", "Title."),
        tables.field("topic[forum]", "Short name of the forum to move it to."),
    )
    table.write("DELETE", TOPIC, _act(_hide), "Hide a topic; for staff.", one, _REASON)
    acts: tuple[tuple[str, str, Callable[[Tx, Call, int], Topic], str], ...] = (
        ("POST", "/restore", lambda tx, _call, i: topics.unhide(tx, i), "Show a topic again."),
        ("POST", "/lock", _lock, "Let nobody but staff write in a topic."),
        ("DELETE", "/lock", lambda tx, _call, i: topics.unlock(tx, i), "Unlock a topic."),
        ("POST", "/stick", lambda tx, _call, i: topics.stick(tx, i), "Keep a topic on top."),
        ("DELETE", "/stick", lambda tx, _call, i: topics.unstick(tx, i), "Let a topic sink."),
    )
    for method, tail, act, about in acts:
        more = (_REASON,) if act is _lock else ()
        table.write(method, TOPIC + tail, _act(act), f"{about} For staff.", one, *more)


def _add_posts(table: Table) -> None:
    one = shapes.PostEnvelope
    table.write("POST", TOPIC + "/posts", reply, "Write a post.", one, _BODY, _ANONYMOUS)
    Wordings(posts, "post", one_post).add(table, POST, one)


# Topics.


def topic_of(tx: Tx, call: Call) -> Topic:
    """Return the topic in the path, as far as the caller may know of it; raises NotFound."""
    return topics.get(tx, call.text("short_name"), call.text("slug"))


def create(call: Call) -> Answer:
    """POST /forums/:short_name/topics."""
    sent = site.signed_in(call).mapping("topic")
    with call.writing() as tx:
        made = topics.create(
            tx,
            call.text("short_name"),
            title=as_text(sent.get("title")),
            body=as_text(sent.get("body")),
            is_anonymous=site.is_true(sent.get("anonymous")),
            poll=_draft(tx, sent.get("poll")),
        )
        return one_topic(call, made)


def _draft(tx: Tx, sent: object) -> polls.Draft | None:
    """Return the poll that was sent along; raises Invalid (`days`)."""
    if not isinstance(sent, dict) or not any(sent.values()):
        return None
    days = whole_number(as_text(sent.get("days"), str(DEFAULT_POLL_DAYS)))
    if days is None or not 1 <= days <= MOST_POLL_DAYS:
        raise Invalid({"days": [f"must be 1 to {MOST_POLL_DAYS}"]})
    return polls.Draft(
        title=as_text(sent.get("title")),
        options=tuple(as_texts(sent.get("options"))),
        method=as_text(sent.get("method"), PollMethod.SINGLE),
        until_at=tx.now_s + days * _DAY_S * SECOND,
    )


def edit(call: Call) -> Answer:
    """PATCH /forums/:short_name/topics/:slug."""
    sent = site.signed_in(call).mapping("topic")
    with call.writing() as tx:
        found = topic_of(tx, call)
        if "title" in sent:
            found = topics.edit_title(tx, found.id, as_text(sent["title"]))
        if "forum" in sent:
            found = topics.move(tx, found.id, as_text(sent["forum"]))
        return one_topic(call, found)


def _act(act: Callable[[Tx, Call, int], Topic]) -> Handler:
    """Return a handler that does something to a topic and answers what it is then."""

    def handler(call: Call) -> Answer:
        site.signed_in(call)
        with call.writing() as tx:
            return one_topic(call, act(tx, call, topic_of(tx, call).id))

    return handler


def _hide(tx: Tx, call: Call, topic_id: int) -> Topic:
    return topics.hide(tx, topic_id, call.text("reason"))


def _lock(tx: Tx, call: Call, topic_id: int) -> Topic:
    return topics.lock(tx, topic_id, call.text("reason"))


# Posts.


def reply(call: Call) -> Answer:
    """POST /forums/:short_name/topics/:slug/posts."""
    sent = site.signed_in(call).mapping("post")
    with call.writing() as tx:
        made = posts.create(
            tx,
            topic_of(tx, call).id,
            as_text(sent.get("body")),
            is_anonymous=site.is_true(sent.get("anonymous")),
        )
        return one_post(call, made)


# Polls.


def show_poll(call: Call) -> Answer:
    """GET /forums/:short_name/topics/:slug/poll."""
    with call.reading() as tx:
        return answers.json({"poll": shapes.poll(_poll_of(tx, call))})


def _poll_of(tx: Tx, call: Call) -> polls.Poll:
    found = polls.of_topic(tx, topic_of(tx, call).id)
    if found is None:
        raise NotFound
    return found


def vote(call: Call) -> Answer:
    """POST /forums/:short_name/topics/:slug/poll/votes."""
    chosen = [whole_number(text) for text in site.signed_in(call).texts("option_ids")]
    with call.writing() as tx:
        found = _poll_of(tx, call)
        ids = [number for number in chosen if number is not None]
        return answers.json({"poll": shapes.poll(polls.vote(tx, found.id, ids))})
