"""Bans: who is shut out, by account, range of addresses or fingerprint, and until when."""

from datetime import UTC, datetime

from menagerie.core import accounts
from menagerie.core.staff import bans
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.library import SECOND, Tx
from menagerie.web import shapes
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import PER_PAGE, Form, Visit

_FIELDS = ("account", "network", "fingerprint")
_SHOWN = (*_FIELDS, "reason", "until")


def page(visit: Visit) -> Answer:
    """Show the bans in force, the newest first, and the form for a new one."""
    given = {name: visit.call.text(name) for name in _FIELDS}
    return _page(visit, Form(given, {}, _SHOWN), 200)


def _page(visit: Visit, form: Form, status: int) -> Answer:
    number = visit.page_number()
    start = (number - 1) * PER_PAGE
    with visit.reading() as tx:
        found = bans.bans(tx, limit=PER_PAGE + 1, offset=start)
    return visit.page(
        "bans.html",
        status,
        bans=found[:PER_PAGE],
        form=form,
        pages=shapes.pages(
            number, start + len(found), PER_PAGE, lambda n: url("/moderation/bans", page=n)
        ),
    )


def add(visit: Visit) -> Answer:
    """Shut somebody out."""
    try:
        with visit.writing() as tx:
            bans.ban(
                tx,
                account_id=account_id(tx, visit.form("account").strip()),
                network=visit.form("network").strip() or None,
                fingerprint=visit.form("fingerprint").strip() or None,
                reason=visit.form("reason"),
                until_at=moment(visit.form("until").strip()),
            )
    except Invalid as error:
        return _page(visit, visit.sent(shown=_SHOWN, error=error), 422)
    return visit.go("/moderation/bans", "banned")


def account_id(tx: Tx, name: str) -> int | None:
    """Return the id of the account that a field names, None for an empty one; raises Invalid."""
    if not name:
        return None
    found = accounts.find_by_name(tx, name)
    # Who may not ban is told so by the core, and not which names there are.
    if found is None and tx.actor.is_moderator:
        raise Invalid({"account": [marked("There is nobody of this name.")]})
    return found.id if found is not None else 0


def moment(day: str) -> int | None:
    """Return the beginning of a day, UTC; None for no day. Raises Invalid (`until`)."""
    if not day:
        return None
    try:
        moment = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid({"until": [marked("must be a day, such as 2030-12-31")]}) from None
    return int(moment.timestamp()) * SECOND


def lift(visit: Visit) -> Answer:
    """Let somebody in again."""
    with visit.writing() as tx:
        bans.unban(tx, visit.call.path_id())
    return visit.go("/moderation/bans", "lifted")
