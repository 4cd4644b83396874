"""Duplicates: suggesting that two pictures are one, and comparing them side by side."""

from collections.abc import Sequence

import msgspec

from menagerie.core import images, visibility
from menagerie.core.images import Image, TagRef
from menagerie.core.staff import duplicates
from menagerie.core.staff.duplicates import Suggestion
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.web import shapes
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

_PER_PAGE = 10
_SHOWN = ("of", "reason")


class Side(msgspec.Struct, frozen=True):
    """One of the two pictures; `own_tags` are those that the other lacks."""

    image: Image
    picture: shapes.Picture
    is_kept: bool
    own_tags: Sequence[TagRef]
    has_more_pixels: bool
    has_more_bytes: bool


class Pair(msgspec.Struct, frozen=True):
    """A suggestion with its two pictures, the one to be kept second; `common` tags both have."""

    suggestion: Suggestion
    sides: tuple[Side, Side]
    kept_id: int
    common: int
    swapped: bool


def pair_of(suggestion: Suggestion, *, swapped: bool = False) -> Pair:
    """Return a suggestion for comparing; if swapped, the other picture is to be kept."""
    gone, kept = suggestion.image, suggestion.of
    if swapped:
        gone, kept = kept, gone
    common = {tag.id for tag in gone.tags} & {tag.id for tag in kept.tags}
    sides = (_side(gone, kept, common), _side(kept, gone, common, is_kept=True))
    return Pair(suggestion, sides, kept.id, len(common), swapped)


def _side(image: Image, other: Image, common: set[int], *, is_kept: bool = False) -> Side:
    return Side(
        image=image,
        picture=shapes.picture(image),
        is_kept=is_kept,
        own_tags=[tag for tag in image.tags if tag.id not in common],
        has_more_pixels=image.width * image.height > other.width * other.height,
        has_more_bytes=image.original_size_bytes > other.original_size_bytes,
    )


def page(visit: Visit) -> Answer:
    """Show the suggestions to decide, the oldest first, each as two pictures side by side."""
    number, swapped = visit.page_number(), leading_integer(visit.call.text("swap"))
    start = (number - 1) * _PER_PAGE
    with visit.reading() as tx:
        found, total = duplicates.find_open(tx, limit=_PER_PAGE, offset=start)
    return visit.page(
        "duplicates.html",
        pairs=[pair_of(one, swapped=one.id == swapped) for one in found],
        total=total,
        number=number,
        pages=shapes.pages(
            number, total, _PER_PAGE, lambda n: url("/moderation/duplicates", page=n)
        ),
    )


def decide(visit: Visit) -> Answer:
    """Merge two pictures, or say that they are two."""
    decision = visit.form("decision")
    if decision not in {"approve", "reject"}:
        raise Invalid({"decision": [marked("is not one of the decisions")]})
    with visit.writing() as tx:
        duplicates.decide(
            tx,
            visit.call.path_id(),
            accept=decision == "approve",
            keep_id=leading_integer(visit.form("keep")),
            reason=visit.form("reason"),
        )
    page_number = leading_integer(visit.form("page"))
    return visit.go(url("/moderation/duplicates", page=page_number), "saved")


# Suggesting.


def suggest_page(visit: Visit) -> Answer:
    """Show the form that says which picture is the same."""
    return _suggest_page(visit, Form(shown=_SHOWN), 200)


def _suggest_page(visit: Visit, form: Form, status: int) -> Answer:
    with visit.reading() as tx:
        visibility.require_visible(tx, visit.call.path_id())
        image = images.get(tx, visit.call.path_id())
    return visit.page("duplicate.html", status, form=form, picture=shapes.picture(image))


def suggest(visit: Visit) -> Answer:
    """Take a suggestion."""
    image_id = visit.call.path_id()
    try:
        of_id = _of_id(visit)
        with visit.writing() as tx:
            duplicates.suggest(tx, image_id, of_id, visit.form("reason"))
    except Invalid as error:
        wrong = error if "duplicate" not in error.fields else _about_other(error)
        return _suggest_page(visit, visit.sent(shown=_SHOWN, error=wrong), 422)
    return visit.go(f"/images/{image_id}", "suggested")


def _of_id(visit: Visit) -> int:
    of_id = leading_integer(visit.form("of").strip().removeprefix("#"))
    if of_id is None:
        raise Invalid({"of": [marked("must be the number of a picture")]})
    return of_id


def _about_other(error: Invalid) -> Invalid:
    return Invalid({"of": error.fields["duplicate"]})
