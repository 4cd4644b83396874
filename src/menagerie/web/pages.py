"""Pages to look at: the front, searches, tags, help and the feed of a search."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from pyroaring import BitMap

from menagerie.core import filters, find, images, tags, watching
from menagerie.core.talk import comments, topics
from menagerie.core.talk.topics import Topic
from menagerie.core.talk.writing import is_shown
from menagerie.errors import NotFound, QueryError
from menagerie.http.answers import Answer
from menagerie.library import SECOND, Tx
from menagerie.search import fields, nodes
from menagerie.search.fields import Role
from menagerie.web import grid, markup, shapes, tag_looks, talk
from menagerie.web.render import segment, url
from menagerie.web.texts import marked
from menagerie.web.visit import MOST_PER_PAGE, PER_PAGE, Visit

ATOM = "application/atom+xml; charset=utf-8"
EVERYTHING = nodes.All()
_MOST_USED_TAGS = 24
_KEPT_FOR_S = 60
# What was put in within a week and somebody likes; at fewer than four there is no trend.
_LATELY = "first_seen_at.gt:7 days ago, score.gt:0"
_BY_LIKING = find.Sort("wilson_score")
_LEAST_TRENDING, _MOST_LIKED = 4, 100
_T = TypeVar("_T")
_STRIP = 12
# What is said has to show soon, but not at once: each visit would look at a thousand rows.
_SAID_KEPT_FOR_S = 5
_MOST_SAID, _MOST_DISCUSSED, _TOPICS_LOOKED_AT = 4, 6, 30
_LONGEST_SAID = 120


class Remark(msgspec.Struct, frozen=True):
    """One of the newest comments: the picture, who said it, its words, and the way to it."""

    picture: shapes.Picture
    author: str
    text: str
    href: str
    at: int


class Discussed(msgspec.Struct, frozen=True):
    """A topic that was replied to lately; `href` leads to the last reply."""

    title: str
    href: str
    forum: str
    forum_href: str
    replies: int
    at: int


def index(visit: Visit) -> Answer:
    """Show what is featured, liked these days, new, and said lately, and the tags used most."""
    view = visit.view()
    with visit.reading() as tx:
        chosen = filters.effective(tx)
        found = find.images(tx, EVERYTHING, page=1, per_page=PER_PAGE, filter=chosen)
        seen = find.bitmap(tx, EVERYTHING, filter=chosen)
        liked = _liked_lately(tx, seen) if found.total > PER_PAGE else []
        shown = grid.pictures(tx, [*found.ids, *liked], chosen, view=view, context={"q": "*"})
        lead = _featured(tx, chosen)
        used = _most_used_tags(tx)
        remarks = _said_lately(tx, chosen, seen)
        discussed = _discussed_lately(tx)
        is_empty = not found.total and not visit.library.catalogue.current().live
    return visit.page(
        "index.html",
        is_empty=is_empty,
        featured=lead,
        pictures=shown[: len(found.ids)],
        trending=shown[len(found.ids) :],
        trending_href=url("/search", q=_LATELY, sf="wilson_score"),
        found=found,
        total=found.total,
        remarks=remarks,
        discussed=discussed,
        tags=used,
        view=view,
        view_link=lambda name: url("/", view=name),
        more=url("/search", q="*", page=2) if found.total > len(found.ids) else None,
    )


def _liked_lately(tx: Tx, seen: BitMap) -> list[int]:
    """Return the pictures of the last days that most people like; none if there are hardly any.

    The best of all are found once a minute; which of them are among those the visitor sees, each
    time.
    """

    def find_best() -> list[int]:
        node = find.parse(tx, _LATELY)
        return find.images(tx, node, sort=_BY_LIKING, page=1, per_page=_MOST_LIKED).ids

    best = _kept(tx, "liked lately", find_best)
    shown = [image_id for image_id in best if image_id in seen][:_STRIP]
    return shown if len(shown) >= _LEAST_TRENDING else []


def _said_lately(tx: Tx, chosen: filters.Filter, seen: BitMap) -> list[Remark]:
    """Return the newest comments on pictures that the visitor sees, as plain words."""
    newest = _kept(
        tx, "newest comments", lambda: comments.newest_ids(tx), kept_for_s=_SAID_KEPT_FOR_S
    )
    # Which of them are hidden by now is known once they are read; so some more are.
    ids = [comment_id for comment_id, image_id in newest if image_id in seen][: 2 * _MOST_SAID]
    found = [one for one in comments.find_many(tx, ids) if is_shown(one)][:_MOST_SAID]
    pictures = {p.id: p for p in grid.pictures(tx, [one.image_id for one in found], chosen)}
    return [
        Remark(
            picture=pictures[one.image_id],
            author=talk.author(one, tx.actor, tx.library.settings).name,
            text=markup.plain(one.body, _LONGEST_SAID),
            href=f"/comments/{one.id}",
            at=one.created_at,
        )
        for one in found
        if one.image_id in pictures
    ]


def _discussed_lately(tx: Tx) -> list[Discussed]:
    """Return the topics that the visitor may read and that were replied to last."""
    ids = _kept(tx, "recent topics", lambda: topics.recent_ids(tx), kept_for_s=_SAID_KEPT_FOR_S)
    found = [one for one in topics.find_many(tx, ids[:_TOPICS_LOOKED_AT]) if not one.hidden_at]
    return [_discussed(topic) for topic in found[:_MOST_DISCUSSED]]


def _discussed(topic: Topic) -> Discussed:
    forum = f"/forums/{segment(topic.forum_short_name)}"
    last = f"post={topic.last_post_id}#post-{topic.last_post_id}"
    return Discussed(
        title=topic.title,
        href=f"{forum}/topics/{segment(topic.slug)}?{last}",
        forum=topic.forum_name,
        forum_href=forum,
        replies=max(0, topic.post_count - 1),
        at=topic.last_replied_at,
    )


def _most_used_tags(tx: Tx) -> list[tags.TagPage]:
    """Return the tags used most, as they were within the last minute."""

    def find_top() -> list[tags.TagPage]:
        top = find.tags(tx, "images.gt:0", page=1, per_page=_MOST_USED_TAGS)
        return tags.find_many(tx, top.ids)

    return _kept(tx, "most used tags", find_top)


def _kept(
    tx: Tx, name: str, work: Callable[[], list[_T]], *, kept_for_s: int = _KEPT_FOR_S
) -> list[_T]:
    """Return what `work` gives, or gave not long ago; the same for everybody."""
    caches, now = tx.library.caches, tx.library.clock.now()
    kept = caches.get(name)
    if kept is None or not 0 <= now - kept[0] < kept_for_s * SECOND:
        kept = caches[name] = (now, work())
    found: list[_T] = kept[1]
    return found


def _featured(tx: Tx, chosen: filters.Filter) -> shapes.Picture | None:
    """Return the featured picture if the filter shows it plainly."""
    try:
        image = images.featured(tx)
    except NotFound:
        return None
    # What a filter hides counts as spoilered too.
    return None if find.spoilered(tx, chosen, [image.id]) else shapes.picture(image)


def search(visit: Visit) -> Answer:
    """Show what a search finds."""
    with visit.reading() as tx:
        context = grid.results(visit, tx, grid.asked(visit))
    return visit.page("results_bare.html" if visit.is_swap else "search.html", **context)


def wrong_query(visit: Visit, error: QueryError) -> Answer:
    """Show a query that cannot be understood, its place underlined."""
    wrong = shapes.wrong(error, visit.query)
    return visit.page("search.html", 400, wrong=wrong, feed=None)


def tag(visit: Visit) -> Answer:
    """Show a tag, its relatives and its images."""
    with visit.reading() as tx:
        # The server decodes %20 and the like; a space stands for the plus a slug has.
        slug = visit.call.text("slug").replace(" ", "+")
        found = tags.get_by_slug(tx, slug)
        target = tags.get_by_slug(tx, found.aliased_tag) if found.aliased_tag else found
        node = nodes.Term(fields.IMAGES.default.name, target.name)
        query = nodes.to_text(node, fields.IMAGES)
        asked = grid.asked(visit, query, f"/tags/{visit.call.text('slug')}")
        context = grid.results(visit, tx, asked)
        chosen = filters.effective(tx)
        looks = tag_looks.beside(tx, found, target.id, chosen)
        is_watched = None
        own = None
        if visit.actor.is_signed_in:
            is_watched = target.id in watching.get(tx).tag_ids
            own = chosen if chosen.account_id == visit.actor.account_id else None
    return visit.page(
        "tag.html",
        tag=found,
        relatives=(
            (marked("Other names:"), found.aliases),
            (marked("Brings along:"), found.implied_tags),
            (marked("Brought along by:"), found.implied_by_tags),
        ),
        is_watched=is_watched,
        own_filter=own,
        **looks,
        **context,
    )


def tag_list(visit: Visit) -> Answer:
    """Show the tags that a search of tags finds, the most used first."""
    text = visit.query
    number = visit.page_number()
    with visit.reading() as tx:
        try:
            found = find.tags(tx, _tag_query(text), page=number, per_page=MOST_PER_PAGE)
            unused = find.tags(tx, "images:0", page=1, per_page=1).total
        except QueryError as error:
            wrong = shapes.wrong(error, text)
            return visit.page("tags.html", 400, wrong=wrong, text=text)
        listed = tags.find_many(tx, found.ids)
    return visit.page(
        "tags.html",
        wrong=None,
        text=text,
        tags=listed,
        total=found.total,
        unused=0 if text.strip() else unused,
        pages=shapes.pages(
            number, found.total, MOST_PER_PAGE, lambda n: url("/tags", q=text, page=n)
        ),
    )


def _tag_query(text: str) -> str:
    """Return the query for what somebody typed: a bare word is part of a name.

    Without any words the tags that are in use, as the vocabulary alone brings hundreds that wait.
    """
    word = text.strip()
    is_bare = word and not set(word) & set('*?:,()"~^\\|&')
    return f"*{word}*" if is_bare else word or "images.gt:0"


def help_page(visit: Visit) -> Answer:
    """Show how to search: the language by examples, and every field."""
    shown = [
        field
        for field in fields.IMAGES.fields
        if field.role is not Role.MODERATOR or visit.actor.is_moderator
    ]
    return visit.page("help.html", fields=sorted(shown, key=lambda field: field.name))


def feed(visit: Visit) -> Answer:
    """Answer the newest pictures of a search as an Atom feed."""
    query = visit.query or "*"
    with visit.reading() as tx:
        chosen = filters.effective(tx)
        node = find.parse(tx, query)
        found = find.images(tx, node, page=1, per_page=PER_PAGE, filter=chosen)
        entries: list[Any] = grid.pictures(tx, found.ids, chosen)
    answer = visit.page(
        "feed.xml",
        query=query,
        entries=[entry for entry in entries if entry.spoiler is None],
    )
    answer.headers = [pair for pair in answer.headers if pair[0] != b"content-type"]
    return answer.add("content-type", ATOM)
