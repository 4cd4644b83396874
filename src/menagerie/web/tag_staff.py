"""What moderators change about a tag: category, words, aliases and implications, seen before."""

from collections.abc import Callable
from typing import Any

from menagerie.core import rights, tags, vocabulary
from menagerie.core.staff import relations
from menagerie.core.tags import TagPage
from menagerie.errors import Invalid, NotFound
from menagerie.http.answers import Answer
from menagerie.library import Tx
from menagerie.web import grid
from menagerie.web.render import segment
from menagerie.web.texts import CATEGORIES, marked
from menagerie.web.visit import Form, Visit

_SHOWN = ("alias", "implies", "category", "description", "short_description")
# What the core says of the two ends stands beside the field that names the other one.
_FIELD_OF = {"target": "alias", "implied_tag": "implies"}


def page(visit: Visit) -> Answer:
    """Show what may be changed about a tag; of a new relation first what it would do."""
    asked = {name: visit.call.text(name).strip() for name in ("alias", "implies")}
    return _page(visit, asked, {}, 200)


def _found(tx: Tx, visit: Visit) -> TagPage:
    # The server decodes %20 and the like; a space stands for the plus a slug has.
    return tags.get_by_slug(tx, visit.call.text("slug").replace(" ", "+"))


def _page(visit: Visit, asked: dict[str, str], errors: dict[str, list[str]], status: int) -> Answer:
    alias = implication = None
    pictures: list[Any] = []
    with visit.reading() as tx:
        tag = _found(tx, visit)
        rights.require_moderator(tx)
        try:
            if asked.get("alias") and not errors:
                alias = relations.preview_alias(tx, tag.name, asked["alias"])
            elif asked.get("implies") and not errors:
                implication = relations.preview_implication(tx, tag.name, asked["implies"])
                pictures = grid.pictures(tx, implication.first_ids, visit.filter)
        except (Invalid, NotFound) as error:
            errors, status = _beside(error, "alias" if asked.get("alias") else "implies"), 422
    values: dict[str, object] = {
        "category": tag.category or "",
        "description": tag.description,
        "short_description": tag.short_description or "",
        **asked,
    }
    return visit.page(
        "tag_staff.html",
        status,
        tag=tag,
        here=f"/tags/{segment(tag.slug)}/edit",
        form=Form(values, errors, _SHOWN),
        categories=CATEGORIES,
        alias=alias,
        implication=implication,
        pictures=pictures,
    )


def _beside(error: Invalid | NotFound, field: str) -> dict[str, list[str]]:
    """Return what is wrong by the fields of the page."""
    if isinstance(error, NotFound):
        return {field: [error.message]}
    return {_FIELD_OF.get(name, name): list(texts) for name, texts in error.fields.items()}


def edit(visit: Visit) -> Answer:
    """Change something about a tag."""
    action = visit.form("action")
    if action not in _ACTIONS:
        raise Invalid({"action": [marked("is not one of the actions")]})
    with visit.reading() as tx:
        tag = _found(tx, visit)
    try:
        _ACTIONS[action](visit, tag)
    except Invalid as error:
        asked = {name: visit.form(name) for name in _SHOWN if name in visit.call.form}
        return _page(visit, asked, _beside(error, "alias"), 422)
    return visit.go(f"/tags/{segment(tag.slug)}/edit", "saved")


def _describe(visit: Visit, tag: TagPage) -> None:
    with visit.writing() as tx:
        vocabulary.set_category(tx, tag.id, visit.form("category") or None)
        vocabulary.describe(
            tx,
            tag.id,
            description=visit.form("description"),
            short_description=visit.form("short_description"),
        )


def _alias(visit: Visit, tag: TagPage) -> None:
    with visit.writing() as tx:
        rights.require_moderator(tx)
        vocabulary.alias(tx, tag.id, relations.named(tx, visit.form("alias")).id)


def _unalias(visit: Visit, tag: TagPage) -> None:
    with visit.writing() as tx:
        relations.unalias(tx, tag.id)


def _imply(visit: Visit, tag: TagPage) -> None:
    relations.imply(
        visit.library,
        visit.actor,
        tag.name,
        visit.form("implies"),
        apply_to_existing=visit.form("apply") == "1",
    )


def _unimply(visit: Visit, tag: TagPage) -> None:
    with visit.writing() as tx:
        implied = tags.get_by_slug(tx, visit.form("implied"))
        vocabulary.unimply(tx, tag.id, implied.id)


_ACTIONS: dict[str, Callable[[Visit, TagPage], None]] = {
    "describe": _describe,
    "alias": _alias,
    "unalias": _unalias,
    "imply": _imply,
    "unimply": _unimply,
}
