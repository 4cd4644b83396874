"""Profiles: what an account shows of itself, what it put in and said, and what staff may do."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from menagerie.core import accounts, filters, find, galleries
from menagerie.core.accounts import Profile
from menagerie.core.people import avatars, badges, links, second_factor
from menagerie.core.staff import bans
from menagerie.core.talk import comments, posts
from menagerie.core.talk.comments import Comment
from menagerie.core.talk.posts import Post
from menagerie.errors import Invalid, NotFound
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import SECOND, Tx
from menagerie.search import fields, nodes
from menagerie.storage.schema import NewsKind
from menagerie.web import grid, markup, news, shapes, talk, texts
from menagerie.web.render import segment, url
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

_STRIP = 12
_LAST_SAID = 5
_DAY_S = 24 * 3600


class Lately(msgspec.Struct, frozen=True):
    """The last comments or posts of an account: what was said, where, and the way to them all."""

    label: str
    rows: list[tuple[str, str, talk.Said]]
    more: str
    kind: str


def profile(visit: Visit) -> Answer:
    """Show an account: what it says of itself, put in, faved, collected and said lately."""
    return _profile(visit, Form(), 200)


def _profile(visit: Visit, form: Form, status: int) -> Answer:
    with visit.reading() as tx:
        shown = _named(visit, tx)
        chosen = filters.effective(tx)
        awards = badges.of_account(tx, shown.id)
        context: dict[str, Any] = {
            "links": links.of_account(tx, shown.id),
            "strips": [_strip(tx, chosen, label, query) for label, query in _strips(shown)],
            "galleries": galleries.find_of(tx, shown.id),
            "lately": [_comments(tx, chosen, shown), _posts(tx, shown)],
            "description": markup.render(tx, [shown.description], chosen)[shown.description],
        }
        if visit.actor.is_moderator:
            context["all_badges"] = [one for one in badges.find_all(tx) if not one.is_retired]
            context["asks_code"] = second_factor.is_on(tx, shown.id)
    if shown.id == visit.actor.account_id:
        for award in awards:
            news.seen(visit, award.id, NewsKind.AWARD)
    return visit.page(
        "profile.html",
        status,
        profile=shown,
        face=talk.face(shown.name, shown.avatar),
        role=texts.ROLES.get(shown.role, ""),
        awards=[(one, badge_face(one.badge_title, one.image)) for one in awards],
        form=form,
        **context,
    )


def _named(visit: Visit, tx: Tx) -> Profile:
    return accounts.profile_by_slug(tx, visit.call.text("slug").replace(" ", "+"))


def badge_face(title: str, image: str | None) -> str:
    """Return the address of a badge's picture: its own, or one drawn after its title."""
    return talk.face(title, image)


def _strips(shown: Profile) -> tuple[tuple[str, nodes.Node], ...]:
    name = shown.name.lower()
    return (
        (marked("Uploads"), nodes.Term("uploader", name)),
        (marked("Faves"), nodes.Term("faved_by", name)),
    )


def _strip(
    tx: Tx, chosen: filters.Filter, label: str, node: nodes.Node
) -> tuple[str, Sequence[shapes.Picture], str, int]:
    """Return a label, the newest pictures, the address of all of them, and how many."""
    found = find.images(tx, node, page=1, per_page=_STRIP, filter=chosen)
    query = nodes.to_text(node, fields.IMAGES)
    shown = grid.pictures(tx, found.ids, chosen, view="small", context={"q": query})
    return label, shown, url("/search", q=query), found.total


def _comments(tx: Tx, chosen: filters.Filter, shown: Profile) -> Lately:
    """Return the newest comments that the account signed."""
    query = f"author_id:{shown.id}"
    found = find.comments(tx, query, page=1, per_page=_LAST_SAID, filter=chosen)
    listed: list[Comment] = comments.find_many(tx, found.ids)
    rows = [
        (f"#{one.image_id}", f"/images/{one.image_id}", said)
        for one, said in zip(listed, talk.said(tx, listed), strict=True)
    ]
    return Lately(marked("Comments"), rows, url("/comments", q=query), "comment")


def _posts(tx: Tx, shown: Profile) -> Lately:
    """Return the newest posts that the account signed."""
    query = f"author_id:{shown.id}"
    found = find.posts(tx, query, page=1, per_page=_LAST_SAID)
    listed: list[Post] = posts.find_many(tx, found.ids)
    rows = [
        (one.topic_title, f"/posts/{one.id}", said)
        for one, said in zip(listed, talk.said(tx, listed), strict=True)
    ]
    return Lately(marked("Posts"), rows, url("/posts", q=query), "post")


# What staff may do.


def moderate(visit: Visit) -> Answer:
    """Give or take a badge, or a picture, a title, a name, or shut an account out."""
    act = _ACTS.get(visit.form("action"))
    if act is None:
        raise NotFound
    try:
        with visit.writing() as tx:
            shown = _named(visit, tx)
            act(visit, tx, shown.id)
        with visit.reading() as tx:
            name = accounts.profile(tx, shown.id).slug
    except Invalid as error:
        return _profile(visit, visit.sent(shown=tuple(_SHOWN), error=error), 422)
    return visit.go(f"/profiles/{segment(name)}", "saved")


_SHOWN = ("name", "title", "label", "reason", "days")


def _award(visit: Visit, tx: Tx, account_id: int) -> None:
    badge_id = leading_integer(visit.form("badge"))
    if badge_id is None:
        raise Invalid({"badge": [marked("Choose a badge.")]})
    reason = visit.form("badge_reason")
    badges.award(tx, account_id, badge_id, label=visit.form("label"), reason=reason)


def _take_back(visit: Visit, tx: Tx, account_id: int) -> None:
    award_id = leading_integer(visit.form("award")) or 0
    if award_id not in {one.id for one in badges.of_account(tx, account_id)}:
        raise NotFound
    badges.take_back(tx, award_id)


def _ban(visit: Visit, tx: Tx, account_id: int) -> None:
    typed = visit.form("days").strip()
    days = leading_integer(typed)
    if typed and (days is None or not 0 < days < 10_000):
        raise Invalid({"days": [marked("must be a number")]})
    until_at = tx.now + days * _DAY_S * SECOND if days is not None else None
    bans.ban(tx, account_id=account_id, reason=visit.form("reason"), until_at=until_at)


_ACTS: dict[str, Callable[[Visit, Tx, int], object]] = {
    "award": _award,
    "take back": _take_back,
    "remove avatar": lambda _visit, tx, account_id: avatars.remove(tx, account_id),
    "title": lambda visit, tx, id_: accounts.set_title(tx, id_, visit.form("title")),
    "rename": lambda visit, tx, id_: accounts.rename(tx, id_, visit.form("name")),
    "ban": _ban,
    "switch off second factor": lambda _visit, tx, id_: second_factor.switch_off(tx, id_),
}
