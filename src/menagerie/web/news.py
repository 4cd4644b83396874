"""What an account is told of: the list behind the bell, and what counts as having seen it."""

from collections.abc import Callable

import msgspec

from menagerie.core import filters, galleries
from menagerie.core.people import news
from menagerie.core.people.news import News
from menagerie.core.talk import forums, topics
from menagerie.http.answers import Answer
from menagerie.http.parameters import identifier
from menagerie.library import Tx
from menagerie.storage.schema import NewsKind
from menagerie.web import grid, shapes
from menagerie.web.render import segment, url
from menagerie.web.texts import marked_plural
from menagerie.web.visit import Visit

PER_PAGE = 40


class Line(msgspec.Struct, frozen=True):
    """One piece of news as the list shows it.

    The sentence is `one` or `many`, by how often it happened, with `about` in it; empty where the
    thing has gone out of sight.
    """

    news: News
    one: str
    many: str
    about: str
    href: str
    picture: shapes.Picture | None = None


_SENTENCES: dict[NewsKind, tuple[str, str]] = {
    NewsKind.COMMENT: marked_plural(
        "%(num)s new comment on picture %(about)s",
        "%(num)s new comments on picture %(about)s",
    ),
    NewsKind.POST: marked_plural(
        "%(num)s new post in %(about)s",
        "%(num)s new posts in %(about)s",
    ),
    NewsKind.TOPIC: marked_plural(
        "%(num)s new topic in %(about)s",
        "%(num)s new topics in %(about)s",
    ),
    NewsKind.GALLERY: marked_plural(
        "%(num)s new picture in %(about)s",
        "%(num)s new pictures in %(about)s",
    ),
    NewsKind.MERGE: marked_plural(
        "A picture you follow is the same as picture %(about)s",
        "A picture you follow is the same as picture %(about)s",
    ),
    NewsKind.COMMENT_MENTION: marked_plural(
        "You are named in a comment on picture %(about)s",
        "You are named in %(num)s comments on picture %(about)s",
    ),
    NewsKind.POST_MENTION: marked_plural(
        "You are named in a post in %(about)s",
        "You are named in %(num)s posts in %(about)s",
    ),
    NewsKind.AWARD: marked_plural(
        "You were given a badge",
        "You were given a badge",
    ),
    NewsKind.LINK: marked_plural(
        "A link of yours was decided about",
        "A link of yours was decided about",
    ),
    NewsKind.DNP: marked_plural(
        "A do-not-post entry of yours was decided about",
        "A do-not-post entry of yours was decided about",
    ),
}
_OF_IMAGES = {NewsKind.COMMENT, NewsKind.COMMENT_MENTION, NewsKind.MERGE}


def page(visit: Visit) -> Answer:
    """Show the news, the newest first."""
    number = visit.page_number()
    unread_only = visit.call.text("unread") == "1"
    with visit.reading() as tx:
        found, total = news.find(
            tx, unread_only=unread_only, limit=PER_PAGE, offset=(number - 1) * PER_PAGE
        )
        lines = _lines(visit, tx, found)
    unread = "1" if unread_only else None
    return visit.page(
        "notifications.html",
        lines=lines,
        unread_only=unread_only,
        pages=shapes.pages(
            number,
            total,
            PER_PAGE,
            lambda n: url("/notifications", unread=unread, page=n if n > 1 else None),
        ),
    )


def _lines(visit: Visit, tx: Tx, found: list[News]) -> list[Line]:
    """Look up what the news are about, in one statement for each kind of thing."""

    def ids(*kinds: NewsKind) -> list[int]:
        return [one.subject_id for one in found if one.kind in kinds]

    image_ids = [
        one.other_id if one.kind is NewsKind.MERGE and one.other_id else one.subject_id
        for one in found
        if one.kind in _OF_IMAGES
    ]
    pictures = {p.id: p for p in grid.pictures(tx, image_ids, filters.effective(tx))}
    within = {t.id: t for t in topics.find_many(tx, ids(NewsKind.POST, NewsKind.POST_MENTION))}
    collected = {g.id: g for g in galleries.find_many(tx, ids(NewsKind.GALLERY))}
    known = {f.id: f for f in forums.find_all(tx)} if ids(NewsKind.TOPIC) else {}

    def line(one: News) -> Line:
        single, many = _SENTENCES[one.kind]
        about, href, picture = "", "", None
        if one.kind in _OF_IMAGES:
            is_merge = one.kind is NewsKind.MERGE
            picture = pictures.get(one.other_id or 0 if is_merge else one.subject_id)
            about = f"#{picture.id}" if picture else ""
            href = f"/images/{one.other_id}" if is_merge else f"/comments/{one.other_id}"
        elif topic := within.get(one.subject_id) if one.kind in _OF_TOPICS else None:
            about, href = topic.title, f"/posts/{one.other_id}"
        elif gallery := collected.get(one.subject_id) if one.kind is NewsKind.GALLERY else None:
            about, href = gallery.title, f"/galleries/{gallery.id}"
        elif forum := known.get(one.subject_id) if one.kind is NewsKind.TOPIC else None:
            about, href = forum.name, f"/forums/{segment(forum.short_name)}"
        elif one.kind in _OWN:
            about, href = visit.actor.name, _OWN[one.kind](visit)
        return Line(one, single if about else "", many, about, href, picture)

    return [line(one) for one in found]


_OF_TOPICS = {NewsKind.POST, NewsKind.POST_MENTION}
_OWN: dict[NewsKind, Callable[[Visit], str]] = {
    NewsKind.AWARD: lambda visit: visit.profile_href,
    NewsKind.LINK: lambda _visit: "/settings/links",
    NewsKind.DNP: lambda _visit: "/dnp",
}


def read_all(visit: Visit) -> Answer:
    """Count all news as seen."""
    with visit.writing() as tx:
        news.read_all(tx)
    return visit.go("/notifications")


def forget(visit: Visit) -> Answer:
    """Take one piece of news from the list."""
    with visit.writing() as tx:
        news.forget(tx, identifier(visit.call.text("id")))
    return visit.go("/notifications")


def seen(visit: Visit, subject_id: int, *kinds: NewsKind) -> None:
    """Note that the visitor has seen what happened to a thing, having opened its page.

    Costs nothing for whoever has no unread news, and one statement more for others.
    """
    if not visit.unread_news:
        return
    with visit.reading() as tx:
        unread = news.unread_kinds(tx, kinds, subject_id)
    if unread:
        with visit.writing() as tx:
            for kind in unread:
                news.read(tx, kind, subject_id)
        visit.unread_news -= len(unread)
