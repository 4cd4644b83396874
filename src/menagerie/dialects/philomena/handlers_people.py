"""Accounts: profiles; and beyond the API, what one follows and is told of, and letters."""

from collections.abc import Callable

from menagerie.core import accounts
from menagerie.core.people import badges, following, links, messages, news
from menagerie.core.people.following import Followed
from menagerie.core.talk import forums
from menagerie.dialects.philomena import shapes_people as shapes
from menagerie.dialects.philomena import site, tables
from menagerie.dialects.philomena.handlers_forums import FORUM, TOPIC
from menagerie.dialects.philomena.handlers_topics import topic_of
from menagerie.dialects.philomena.tables import Table
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text, identifier
from menagerie.http.routing import Handler, Operation, Parameter
from menagerie.library import Library, Tx
from menagerie.storage.schema import NewsKind

_PAGED = site.PAGE, site.PER_PAGE
_BODY = tables.field("message[body]", "The words, in Markdown.")
_FOLLOWED: dict[str, tuple[Followed, Callable[[Tx, Call], int]]] = {
    "/images/{id:str}": (Followed.IMAGE, lambda _tx, call: call.path_id()),
    "/galleries/{id:str}": (Followed.GALLERY, lambda _tx, call: call.path_id()),
    FORUM: (Followed.FORUM, lambda tx, call: forums.get(tx, call.text("short_name")).id),
    TOPIC: (Followed.TOPIC, lambda tx, call: topic_of(tx, call).id),
}


def operations(library: Library) -> list[Operation]:
    """Return the operations about accounts and what is theirs alone."""
    table = Table(library)
    table.read(
        "/profiles/{id:str}", profile, "One account.", shapes.ProfileEnvelope, site.NOT_FOUND
    )
    for path, (what, find_id) in _FOLLOWED.items():
        for method, act in (("POST", following.follow), ("DELETE", following.unfollow)):
            about = f"{'Follow' if method == 'POST' else 'No longer follow'} this {what}."
            handler = _follow(act, what, find_id)
            table.write(method, path + "/subscription", handler, about, shapes.SubscriptionShape)
    _add_news(table)
    _add_letters(table)
    return table.operations


def _add_news(table: Table) -> None:
    table.read(
        "/notifications",
        list_news,
        "What the caller is told of, the newest first.",
        shapes.NewsEnvelope,
        Parameter("unread", "1: only what was not read."),
        *_PAGED,
        needs_key=True,
    )
    table.write(
        "POST",
        "/notifications/read",
        read_news,
        "Note that the caller has read about one thing, or about all.",
        shapes.UnreadShape,
        tables.field("kind", "Kind of what was read; all when missing."),
        tables.field("subject_id", "Id of what it is about."),
    )
    table.write(
        "DELETE",
        "/notifications/{id:str}",
        forget_news,
        "Take a notification away.",
        shapes.UnreadShape,
    )


def _add_letters(table: Table) -> None:
    one = "/conversations/{slug:str}"
    shape = shapes.ConversationEnvelope
    table.read(
        "/conversations",
        list_conversations,
        "The caller's conversations, the last written to first.",
        shapes.ConversationsEnvelope,
        Parameter("hidden", "1: those that were put away."),
        *_PAGED,
        needs_key=True,
    )
    table.read(
        one,
        show_conversation,
        "One conversation of the caller's, with its letters.",
        shape,
        *_PAGED,
        site.NOT_FOUND,
        needs_key=True,
    )
    table.write(
        "POST",
        "/conversations",
        start,
        "Write to an account.",
        shape,
        tables.field("conversation[to]", "Name of the account."),
        tables.field("conversation[title]", "What it is about."),
        tables.field("conversation[body]", "The words, in Markdown."),
    )
    table.write(
        "POST", one + "/messages", answer, "Write a further letter.", shapes.MessageEnvelope, _BODY
    )
    acts = {
        ("POST", "/read"): (messages.read, "Note that it was read."),
        ("DELETE", "/read"): (messages.unread, "Take it for unread again."),
        ("POST", "/hide"): (messages.put_away, "Put it away."),
        ("DELETE", "/hide"): (messages.take_back, "Take it back."),
    }
    for (method, tail), (act, about) in acts.items():
        table.write(method, one + tail, _act(act), about, shape)


def profile(call: Call) -> Answer:
    """GET /profiles/:id."""
    account_id = call.path_id()
    with call.reading() as tx:
        found = accounts.profile(tx, account_id)
        of_account = links.of_account(tx, account_id)
        awards = badges.of_account(tx, account_id)
    return answers.json({"user": shapes.profile(found, of_account, awards, site.site_of(call))})


# Following.


def _follow(
    act: Callable[[Tx, Followed, int], None], what: Followed, find_id: Callable[[Tx, Call], int]
) -> Handler:
    def handler(call: Call) -> Answer:
        site.signed_in(call)
        with call.writing() as tx:
            subject_id = find_id(tx, call)
            act(tx, what, subject_id)
            follows = following.follows(tx, what, subject_id)
        return answers.json(shapes.SubscriptionShape(follows))

    return handler


# News.


def list_news(call: Call) -> Answer:
    """GET /notifications."""
    site.signed_in(call)
    limit, offset = site.window_of(call)
    with call.reading() as tx:
        unread_only = call.text("unread") == "1"
        found, total = news.find(tx, unread_only=unread_only, limit=limit, offset=offset)
        unread = news.unread_count(tx)
    return answers.json(shapes.NewsEnvelope([shapes.news(one) for one in found], total, unread))


def read_news(call: Call) -> Answer:
    """POST /notifications/read."""
    kind = site.signed_in(call).text("kind")
    with call.writing() as tx:
        if not kind:
            news.read_all(tx)
        elif kind in set(NewsKind):
            news.read(tx, NewsKind(kind), identifier(call.text("subject_id")))
        else:
            raise Invalid({"kind": [f"must be one of {', '.join(NewsKind)}"]})
        return answers.json(shapes.UnreadShape(news.unread_count(tx)))


def forget_news(call: Call) -> Answer:
    """DELETE /notifications/:id."""
    news_id = site.signed_in(call).path_id()
    with call.writing() as tx:
        news.forget(tx, news_id)
        return answers.json(shapes.UnreadShape(news.unread_count(tx)))


# Letters.


def list_conversations(call: Call) -> Answer:
    """GET /conversations."""
    site.signed_in(call)
    limit, offset = site.window_of(call)
    with call.reading() as tx:
        put_away = call.text("hidden") == "1"
        found, total = messages.find(tx, put_away=put_away, limit=limit, offset=offset)
        unread = messages.unread_count(tx)
    shown = [shapes.conversation(one) for one in found]
    return answers.json(shapes.ConversationsEnvelope(shown, total, unread))


def show_conversation(call: Call) -> Answer:
    """GET /conversations/:slug."""
    key = site.signed_in(call).text("slug")
    with call.reading() as tx:
        return _conversation(tx, call, key)


def _conversation(tx: Tx, call: Call, key: str) -> Answer:
    limit, offset = site.window_of(call)
    found = messages.get(tx, key)
    listed, total = messages.of(tx, key, limit=limit, offset=offset)
    return answers.json(
        shapes.ConversationEnvelope(
            shapes.conversation(found), [shapes.message(one) for one in listed], total
        )
    )


def start(call: Call) -> Answer:
    """POST /conversations."""
    sent = site.signed_in(call).mapping("conversation")
    fields = [as_text(sent.get(name)) for name in ("to", "title", "body")]
    with call.writing() as tx:
        return _conversation(tx, call, messages.start(tx, *fields).key)


def answer(call: Call) -> Answer:
    """POST /conversations/:slug/messages."""
    body = as_text(site.signed_in(call).mapping("message").get("body"))
    with call.writing() as tx:
        written = messages.answer(tx, call.text("slug"), body)
    return answers.json({"message": shapes.message(written)})


def _act(act: Callable[[Tx, str], None]) -> Handler:
    """Return a handler that does something to a conversation and answers what it is then."""

    def handler(call: Call) -> Answer:
        key = site.signed_in(call).text("slug")
        with call.writing() as tx:
            act(tx, key)
            return _conversation(tx, call, key)

    return handler
