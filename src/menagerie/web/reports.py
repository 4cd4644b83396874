"""Reports: telling the library that something is wrong with anything here, and deciding that."""

import msgspec

from menagerie.core import images, reports
from menagerie.core.reports import Action, Report
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.http.parameters import identifier
from menagerie.storage.schema import SubjectKind
from menagerie.web import shapes, subjects
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import PER_PAGE, Form, Visit

CATEGORIES = (
    ("Sensitive Content", marked("It shows somebody or something it should not")),
    ("Copyright Violation", marked("It belongs to somebody else")),
    ("Other Violation", marked("Something else")),
)
RULES = (
    ("Rude", marked("It insults or threatens somebody")),
    ("Spam", marked("It is advertising or fills the place")),
    ("Private", marked("It tells what should stay private")),
    ("Evading", marked("Somebody who was shut out is back")),
    ("Other Violation", marked("Something else")),
)
HEADINGS = {
    SubjectKind.IMAGE: marked("Report a picture"),
    SubjectKind.COMMENT: marked("Report a comment"),
    SubjectKind.POST: marked("Report a post"),
    SubjectKind.ACCOUNT: marked("Report a person"),
    SubjectKind.GALLERY: marked("Report a gallery"),
    SubjectKind.CONVERSATION: marked("Report a conversation"),
}
_SHOWN = ("category", "reason")


class Item(msgspec.Struct, frozen=True):
    """The open reports of one picture."""

    reports: list[Report]
    picture: shapes.Picture


# Telling.


def new_page(visit: Visit) -> Answer:
    """Show the form that reports anything."""
    query = visit.call.text
    return _page(visit, query("kind"), identifier(query("id")), Form(shown=_SHOWN), 200)


def page(visit: Visit) -> Answer:
    """Show the form that reports an image."""
    return _page(visit, SubjectKind.IMAGE, visit.call.path_id(), Form(shown=_SHOWN), 200)


def _page(visit: Visit, kind: str, subject_id: int, form: Form, status: int) -> Answer:
    with visit.reading() as tx:
        subject = subjects.get(tx, kind, subject_id)
    return visit.page(
        "report.html",
        status,
        form=form,
        subject=subject,
        heading=HEADINGS[subject.kind],
        categories=_choices(subject.kind),
    )


def _choices(kind: str) -> tuple[tuple[str, str], ...]:
    return CATEGORIES if kind == SubjectKind.IMAGE else RULES


def report(visit: Visit) -> Answer:
    """Take a report of an image."""
    return _report(visit, SubjectKind.IMAGE, visit.call.path_id())


def report_any(visit: Visit) -> Answer:
    """Take a report of anything."""
    return _report(visit, visit.form("kind"), identifier(visit.form("id")))


def _report(visit: Visit, kind: str, subject_id: int) -> Answer:
    visit.call.limit_crowd()
    try:
        rule, reason = _said(visit, kind)
        with visit.writing() as tx:
            href = subjects.get(tx, kind, subject_id).href
            reports.report_subject(tx, kind, subject_id, reason, rule=rule)
    except Invalid as error:
        return _page(visit, kind, subject_id, visit.sent(shown=_SHOWN, error=error), 422)
    return visit.go(href, "reported")


def _said(visit: Visit, kind: str) -> tuple[str, str]:
    """Return the rule that was broken and the whole text; of images the text says the rule."""
    category, words = visit.form("category"), visit.form("reason").strip()
    if category not in {name for name, _ in _choices(kind)}:
        raise Invalid({"category": [marked("Choose what is wrong.")]})
    rule = "" if kind == SubjectKind.IMAGE else category
    return rule, f"{category}: {words}" if words else category


# Deciding about pictures, several at once; `moderation` shows reports of all things one by one.


def queue(visit: Visit) -> Answer:
    """Show the open reports, the oldest first."""
    number = visit.page_number()
    with visit.reading() as tx:
        found, total = reports.find_open(tx, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        shown = {i.id: i for i in images.find_many(tx, [r.image_id for r in found])}
    by_image: dict[int, list[Report]] = {}
    for one in found:
        by_image.setdefault(one.image_id, []).append(one)
    items = [Item(of, shapes.picture(shown[i])) for i, of in by_image.items() if i in shown]
    return visit.page(
        "reports.html",
        items=items,
        total=total,
        pages=shapes.pages(number, total, PER_PAGE, lambda n: url("/moderation/reports", page=n)),
    )


def resolve(visit: Visit) -> Answer:
    """Decide all open reports of an image."""
    decision = visit.form("decision")
    if decision not in {*Action, "reject"}:
        raise Invalid({"decision": [marked("must be remove, quarantine, none or reject")]})
    with visit.writing() as tx:
        reports.resolve(
            tx,
            visit.call.path_id(),
            accept=decision != "reject",
            action=decision if decision in set(Action) else Action.NONE,
            reason=visit.form("reason"),
        )
    return visit.go("/moderation/reports", "saved")
