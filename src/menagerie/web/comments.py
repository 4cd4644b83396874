"""Comments: below a picture, in one list of all, and what may be done about one."""

from typing import Any

import msgspec

from menagerie.core import filters, find, images, visibility
from menagerie.core.images import Image
from menagerie.core.people import following
from menagerie.core.people.following import Followed
from menagerie.core.talk import comments
from menagerie.errors import Invalid, QueryError
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
from menagerie.web import grid, shapes, talk
from menagerie.web.render import url
from menagerie.web.visit import Form, Visit
from menagerie.web.wordings import Wordings

PER_PAGE = 25
_MEMORY = ("q", "sf", "sd")


class OfPicture(msgspec.Struct, frozen=True):
    """A comment beside the picture it is about."""

    said: talk.Said
    picture: shapes.Picture


def below(visit: Visit, tx: Tx, image: Image, form: Form | None = None) -> dict[str, Any]:
    """Return what the page of an image shows of its comments: one page of them, and a form.

    Four statements, one of them only for whoever is logged in.
    """
    number = max(1, min(leading_integer(visit.call.text("comments")) or 1, 10**9))
    found, total = comments.of_image(tx, image.id, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    memory = {name: visit.call.text(name) for name in _MEMORY}
    here = f"/images/{image.id}"
    is_signed_in = visit.actor.is_signed_in
    is_locked = image.locks_comments
    return {
        "said": talk.said(tx, found, is_locked=is_locked),
        "comment_total": total,
        "comment_pages": shapes.pages(
            number,
            total,
            PER_PAGE,
            lambda n: url(here, comments=n if n > 1 else None, **memory) + "#comments",
        ),
        "comment_form": form or Form(shown=("body",)),
        "may_comment": is_signed_in or visit.library.settings.guest_comments,
        "is_locked": is_locked,
        "follows": is_signed_in and following.follows(tx, Followed.IMAGE, image.id),
    }


def part(visit: Visit) -> Answer:
    """Show the comments of an image by themselves, for the page to take up."""
    with visit.reading() as tx:
        visibility.require_visible(tx, visit.call.path_id())
        image = images.get(tx, visit.call.path_id())
        context = below(visit, tx, image)
    return visit.page("comments_bare.html", image=image, here=f"/images/{image.id}", **context)


def post(visit: Visit) -> Answer:
    """Say something below a picture."""
    image_id = visit.call.path_id()
    if visit.library.settings.guest_comments:
        visit.call.limit_crowd()
    try:
        with visit.writing() as tx:
            made = comments.create(
                tx, image_id, visit.form("body"), is_anonymous=visit.form("anonymous") == "1"
            )
    except Invalid as error:
        with visit.reading() as tx:
            image = images.get(tx, image_id)
            form = visit.sent(shown=["body"], error=error)
            context = below(visit, tx, image, form)
        return visit.page(
            "comment_wrong.html", 422, image=image, here=f"/images/{image_id}", **context
        )
    memory = {name: visit.form(name) for name in _MEMORY}
    notice = "" if made.is_approved else "comment-waits"
    return visit.go(f"{url(f'/images/{image_id}', **memory)}#comment-{made.id}", notice)


def follow(visit: Visit) -> Answer:
    """Be told of new comments on a picture, or no longer."""
    image_id = visit.call.path_id()
    change = following.follow if visit.form("value") == "1" else following.unfollow
    with visit.writing() as tx:
        change(tx, Followed.IMAGE, image_id)
    return visit.go(f"/images/{image_id}#comments")


def every(visit: Visit) -> Answer:
    """Show the comments that a query finds, the newest first; without one, all of them."""
    number = visit.page_number()
    query = visit.query.strip()
    wrong = None
    with visit.reading() as tx:
        chosen = filters.effective(tx)
        try:
            found = find.comments(tx, query or "*", page=number, per_page=PER_PAGE, filter=chosen)
        except QueryError as error:
            found, wrong = find.Found([], 0, 0), shapes.wrong(error, query)
        listed = comments.find_many(tx, found.ids)
        pictures = {
            picture.id: picture
            for picture in grid.pictures(tx, [one.image_id for one in listed], chosen)
        }
        rows = [
            OfPicture(said, pictures[one.image_id])
            for one, said in zip(listed, talk.said(tx, listed), strict=True)
            if one.image_id in pictures
        ]
    return visit.page(
        "comments.html",
        422 if wrong else 200,
        rows=rows,
        found=found,
        wrong=wrong,
        pages=shapes.pages(
            number,
            found.total,
            PER_PAGE,
            lambda n: url("/comments", q=query, page=n if n > 1 else None),
        ),
    )


def show(visit: Visit) -> Answer:
    """Send the visitor to a comment, wherever among those of its picture it stands."""
    with visit.reading() as tx:
        found = comments.get(tx, visit.call.path_id())
        number = comments.position(tx, found.id) // PER_PAGE + 1
    page = url(f"/images/{found.image_id}", comments=number if number > 1 else None)
    return visit.go(f"{page}#comment-{found.id}")


def _home(_tx: Tx, comment: comments.Comment) -> str:
    return f"/images/{comment.image_id}#comments"


wordings = Wordings(comments, "comment", _home)
