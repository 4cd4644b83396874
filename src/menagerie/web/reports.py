"""Reports: telling the library that something is wrong with a picture, and looking into it."""

import msgspec

from menagerie.core import images, reports
from menagerie.core.reports import Action, Report
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.web import shapes
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import PER_PAGE, Form, Visit

CATEGORIES = (
    ("Sensitive Content", marked("It shows somebody or something it should not")),
    ("Copyright Violation", marked("It belongs to somebody else")),
    ("Other Violation", marked("Something else")),
)


class Item(msgspec.Struct, frozen=True):
    """The open reports of one picture."""

    reports: list[Report]
    picture: shapes.Picture


def page(visit: Visit) -> Answer:
    """Show the form that reports an image."""
    return _page(visit, Form({"category": CATEGORIES[0][0]}), 200)


def _page(visit: Visit, form: Form, status: int) -> Answer:
    with visit.reading() as tx:
        image = images.get(tx, visit.call.path_id())
    return visit.page(
        "report.html", status, form=form, picture=shapes.picture(image), categories=CATEGORIES
    )


def report(visit: Visit) -> Answer:
    """Take a report."""
    visit.call.limit_crowd()
    try:
        reason = _reason(visit)
        with visit.writing() as tx:
            reports.report(tx, visit.call.path_id(), reason)
    except Invalid as error:
        return _page(visit, visit.sent(shown=["category", "reason"], error=error), 422)
    return visit.go(f"/images/{visit.call.path_id()}", "reported")


def _reason(visit: Visit) -> str:
    category, words = visit.form("category"), visit.form("reason").strip()
    if category not in {name for name, _ in CATEGORIES}:
        raise Invalid({"category": [marked("Choose what is wrong.")]})
    return f"{category}: {words}" if words else category


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
