"""Searches kept under names, and what the search field suggests: tags, fields, kept searches."""

from collections.abc import Iterator

import msgspec

from menagerie.core import saved_searches, tags
from menagerie.core.saved_searches import SavedSearch
from menagerie.errors import Invalid, Unauthenticated
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.library import Tx
from menagerie.search import fields
from menagerie.search.fields import Kind, Role
from menagerie.web import languages
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

_MOST_TAGS, _MOST_FIELDS, _MOST_SAVED = 8, 4, 4
_MEASURED = frozenset({Kind.INT, Kind.NUMERIC, Kind.FLOAT, Kind.DATE})


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line below the search field.

    `text` is put in for the word; `href` is gone to instead. `note` says what it is.
    """

    kind: str
    shown: str
    note: str = ""
    text: str = ""
    href: str = ""


def href(found: SavedSearch) -> str:
    """Return the address of a kept search."""
    field, _, direction = found.sort.partition(":")
    return url("/search", q=found.query, sf=field, sd=direction)


def page(visit: Visit) -> Answer:
    """List one's own searches, to rename and to delete."""
    return _page(visit, 0, Form(), 200)


def _page(visit: Visit, wrong_id: int, form: Form, status: int) -> Answer:
    if not visit.actor.is_signed_in:
        raise Unauthenticated
    with visit.reading() as tx:
        kept = [(one, href(one)) for one in saved_searches.find_own(tx)]
    return visit.page("saved.html", status, kept=kept, wrong_id=wrong_id, form=form)


def save(visit: Visit) -> Answer:
    """Keep the search of the form, and go back to it."""
    query, sort = visit.form("query"), visit.form("sort")
    try:
        with visit.writing() as tx:
            kept = saved_searches.save(tx, visit.form("name") or query[:40], query, sort)
    except Invalid as error:
        return _page(visit, 0, visit.sent(error=error), 422)
    return visit.go(href(kept), "kept")


def rename(visit: Visit) -> Answer:
    """Give a kept search another name."""
    search_id = visit.call.path_id()
    try:
        with visit.writing() as tx:
            saved_searches.rename(tx, search_id, visit.form("name"))
    except Invalid as error:
        return _page(visit, search_id, visit.sent(shown=["name"], error=error), 422)
    return visit.go("/searches", "saved")


def forget(visit: Visit) -> Answer:
    """Delete a kept search."""
    with visit.writing() as tx:
        saved_searches.forget(tx, visit.call.path_id())
    return visit.go("/searches", "deleted")


def suggest(visit: Visit) -> Answer:
    """Answer what may follow in the search field, as JSON for the script that shows it."""
    term = visit.call.text("term").strip()[:100]
    with visit.reading() as tx:
        found = [*_tags(tx, term, visit), *_fields(term, visit), *_kept(tx, term)]
    headers = [("cache-control", "private, max-age=30"), ("vary", "cookie, accept-language")]
    say = languages.translations(visit.language).gettext
    groups = {kind: say(heading) for kind, heading in GROUPS.items()}
    return answers.json({"suggestions": found, "groups": groups}, headers=headers)


def _tags(tx: Tx, term: str, visit: Visit) -> Iterator[Suggestion]:
    if len(term) < 2:
        return
    for tag in tags.autocomplete(tx, term, _MOST_TAGS):
        shown = f"{tag.alias} → {tag.canonical}" if tag.alias else tag.canonical
        count = languages.number(tag.images, visit.language)
        yield Suggestion("tag", shown, count, text=tag.canonical)


def _fields(term: str, visit: Visit) -> Iterator[Suggestion]:
    wanted = term.lower()
    if not wanted:
        return
    say = languages.translations(visit.language).gettext
    known = [f for f in fields.IMAGES.fields if f.name.startswith(wanted) and _may_use(visit, f)]
    for field in known[:_MOST_FIELDS]:
        choices = field.choices if field.kind is Kind.CUSTOM else ()
        ending = ".gte:" if field.kind in _MEASURED and field.name != "id" else ":"
        for text in [f"{field.name}:{c}" for c in choices] or [field.name + ending]:
            yield Suggestion("field", text, say(field.about), text=text)


def _may_use(visit: Visit, field: fields.Field) -> bool:
    if field.role is Role.MODERATOR:
        return visit.actor.is_moderator
    return field.role is Role.ANYONE or visit.actor.is_signed_in


def _kept(tx: Tx, term: str) -> Iterator[Suggestion]:
    for one in saved_searches.find_own(tx, term)[:_MOST_SAVED]:
        yield Suggestion("saved", one.name, one.query[:60], href=href(one))


GROUPS = {
    "tag": marked("Tags"),
    "field": marked("Fields"),
    "saved": marked("Your searches"),
}
"""How the kinds of suggestions are headed."""
