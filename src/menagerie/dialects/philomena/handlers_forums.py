"""Forums as they are read: forums, topics, posts, and searching posts."""

from collections.abc import Sequence
from typing import Any

from menagerie.core import find
from menagerie.core.talk import forums, posts, topics
from menagerie.core.talk.forums import Forum
from menagerie.core.talk.posts import Post
from menagerie.core.talk.topics import Topic
from menagerie.dialects.philomena import shapes_forums as shapes
from menagerie.dialects.philomena import site
from menagerie.dialects.philomena.tables import Table
from menagerie.errors import NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.routing import Operation
from menagerie.library import Library, Tx
from menagerie.storage.schema import ForumAccess

FORUM = "/forums/{short_name:str}"
TOPIC = FORUM + "/topics/{slug:str}"
POST = "/posts/{id:str}"


def operations(library: Library) -> list[Operation]:
    """Return the operations that read forums."""
    table = Table(library)
    paged = site.PAGE, site.PER_PAGE
    gone = site.NOT_FOUND
    one_post = shapes.PostEnvelope
    table.read(POST, show_post, "One post; without words when it is hidden.", one_post, gone)
    table.read(
        "/search/posts",
        search,
        "Search posts that everybody may read, the newest first.",
        shapes.PostsEnvelope,
        site.Q,
        *paged,
        site.WRONG_QUERY,
    )
    table.read("/forums", list_forums, "The forums, by name.", shapes.ForumsEnvelope, *paged)
    table.read(FORUM, show_forum, "One forum.", shapes.ForumEnvelope, gone)
    table.read(
        FORUM + "/topics",
        list_topics,
        "A forum's topics: sticky ones first, then the last replied to.",
        shapes.TopicsEnvelope,
        *paged,
    )
    table.read(TOPIC, show_topic, "One topic.", shapes.TopicEnvelope, gone)
    table.read(
        TOPIC + "/posts",
        list_posts,
        "A topic's posts, by their place; destroyed ones leave gaps.",
        shapes.PostsEnvelope,
        *paged,
        gone,
    )
    table.read(TOPIC + POST, show_post_of, "One post of a topic.", one_post, gone)
    return table.operations


def show_post(call: Call) -> Answer:
    """GET /posts/:id."""
    post_id = call.path_id()
    with call.reading() as tx:
        return one_post(call, _public_post(tx, post_id))


def _public_post(tx: Tx, post_id: int) -> Post:
    """Return a post that everybody may know of: here staff see no more than others."""
    found = posts.get(tx, post_id)
    if found.is_topic_hidden or found.forum_access != ForumAccess.NORMAL:
        raise NotFound
    return found


def one_post(call: Call, found: Post) -> Answer:
    """Answer one post."""
    return answers.json({"post": shapes.post(found, site.site_of(call))})


def search(call: Call) -> Answer:
    """GET /search/posts."""
    query = site.query_of(call)
    if not query:
        return site.empty_page("posts")
    with call.reading() as tx:
        found = find.posts(tx, query, page=site.page_of(call), per_page=site.per_page_of(call))
        shown = posts.find_many(tx, found.ids)
    return answers.json({"posts": shapes.posts(shown, site.site_of(call)), "total": found.total})


def list_forums(call: Call) -> Answer:
    """GET /forums."""
    with call.reading() as tx:
        found = [one for one in forums.find_all(tx) if one.access == ForumAccess.NORMAL]
    return answers.json(
        {"forums": [shapes.forum(one) for one in _page(call, found)], "total": len(found)}
    )


def _page(call: Call, found: Sequence[Any]) -> Sequence[Any]:
    size, start = site.window_of(call)
    return found[start : start + size]


def public_forum(tx: Tx, call: Call) -> Forum:
    """Return the forum in the path if everybody may read it; raises NotFound."""
    found = forums.get(tx, call.text("short_name"))
    if found.access != ForumAccess.NORMAL:
        raise NotFound
    return found


def public_topic(tx: Tx, call: Call) -> Topic:
    """Return the topic in the path if everybody may read it; raises NotFound."""
    found = topics.get(tx, public_forum(tx, call).short_name, call.text("slug"))
    if found.hidden_at is not None:
        raise NotFound
    return found


def show_forum(call: Call) -> Answer:
    """GET /forums/:short_name."""
    with call.reading() as tx:
        return answers.json({"forum": shapes.forum(public_forum(tx, call))})


def list_topics(call: Call) -> Answer:
    """GET /forums/:short_name/topics; quirk: an unknown forum has none. Source: Philomena."""
    size, start = site.window_of(call)
    with call.reading() as tx:
        try:
            forum = public_forum(tx, call)
        except NotFound:
            return site.empty_page("topics")
        found, total = topics.of_forum(tx, forum, limit=size, offset=start)
    shown = [shapes.topic(one, site.site_of(call)) for one in found]
    return answers.json({"topics": shown, "total": total})


def show_topic(call: Call) -> Answer:
    """GET /forums/:short_name/topics/:slug."""
    with call.reading() as tx:
        return one_topic(call, public_topic(tx, call))


def one_topic(call: Call, found: Topic) -> Answer:
    """Answer one topic."""
    return answers.json({"topic": shapes.topic(found, site.site_of(call))})


def list_posts(call: Call) -> Answer:
    """GET /forums/:short_name/topics/:slug/posts."""
    with call.reading() as tx:
        topic = public_topic(tx, call)
        found = posts.of_topic(tx, topic, page=site.page_of(call), per_page=site.per_page_of(call))
    shown = [one for one in found if one.destroyed_at is None]
    return answers.json(
        {"posts": shapes.posts(shown, site.site_of(call)), "total": topic.post_count}
    )


def show_post_of(call: Call) -> Answer:
    """GET /forums/:short_name/topics/:slug/posts/:id."""
    post_id = call.path_id()
    with call.reading() as tx:
        topic = public_topic(tx, call)
        found = _public_post(tx, post_id)
        if found.topic_id != topic.id:
            raise NotFound
        return one_post(call, found)
