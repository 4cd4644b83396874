"""Do not post: what artists ask for about their works, and how they ask it."""

from collections.abc import Iterable

from menagerie.core import dnp, filters
from menagerie.core.dnp import Entry
from menagerie.core.people import links
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.storage.schema import DnpState, LinkState, NewsKind
from menagerie.web import markup, news, shapes
from menagerie.web.render import url
from menagerie.web.settings_pages import require_account
from menagerie.web.texts import DNP_STATES, DNP_TYPES, marked
from menagerie.web.visit import PER_PAGE, Form, Visit

_FIELDS = ("tag", "type", "conditions", "reason", "feedback")


def page(visit: Visit) -> Answer:
    """Show what artists asked for and is in force, and what the visitor asked."""
    number = visit.page_number()
    with visit.reading() as tx:
        listed, total = dnp.find_listed(tx, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        own = dnp.own(tx) if visit.actor.is_signed_in else []
        waiting = dnp.waiting(tx, limit=PER_PAGE)[0] if visit.actor.is_moderator else []
        texts = _texts((*listed, *own, *waiting))
        drawn = markup.render(tx, texts, filters.effective(tx))
    for entry in own:
        news.seen(visit, entry.id, NewsKind.DNP)
    return visit.page(
        "dnp.html",
        groups=(
            ("waiting", marked("Waiting for staff"), waiting),
            ("own", marked("What you asked for"), own),
            ("listed", marked("In force"), listed),
        ),
        drawn=drawn,
        types=DNP_TYPES,
        states=DNP_STATES,
        total=total,
        pages=shapes.pages(
            number, total, PER_PAGE, lambda n: url("/dnp", page=n if n > 1 else None)
        ),
    )


def _texts(entries: Iterable[Entry]) -> list[str]:
    return [text for one in entries for text in (one.conditions, one.reason)]


def new(visit: Visit) -> Answer:
    """Show the form of an artist."""
    return _new(visit, Form({"tag": visit.call.text("tag")}, {}, _FIELDS), 200)


def _new(visit: Visit, form: Form, status: int) -> Answer:
    require_account(visit)
    with visit.reading() as tx:
        own = links.of_account(tx, tx.actor.account_id)
    verified = (one.tag_name for one in own if one.state is LinkState.VERIFIED)
    return visit.page(
        "dnp_new.html",
        status,
        form=form,
        tags=list(dict.fromkeys(name for name in verified if name is not None)),
        types=DNP_TYPES,
    )


def ask(visit: Visit) -> Answer:
    """Ask that works are not posted, or not as they like."""
    try:
        with visit.writing() as tx:
            dnp.request(
                tx,
                visit.form("tag"),
                visit.form("type"),
                conditions=visit.form("conditions"),
                reason=visit.form("reason"),
                hides_reason=visit.form("hides_reason") == "1",
                feedback=visit.form("feedback"),
            )
    except Invalid as error:
        return _new(visit, visit.sent(shown=_FIELDS, error=error), 422)
    return visit.go("/dnp", "asked")


def decide(visit: Visit) -> Answer:
    """Take an own wish back, or as staff say what becomes of one."""
    state = visit.form("state")
    if state not in set(DnpState):
        raise Invalid({"state": [marked("is not one of the choices")]})
    with visit.writing() as tx:
        dnp.decide(tx, visit.call.path_id(), DnpState(state))
    return visit.go("/dnp", "saved")
