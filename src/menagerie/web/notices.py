"""Site notices: putting them away, and for staff writing, changing and ending them."""

from datetime import UTC, datetime
from typing import Any

from menagerie.core import notices
from menagerie.core.notices import Notice
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import SECOND
from menagerie.web.texts import marked
from menagerie.web.visit import AWAY, YEAR_S, Form, Visit, own_address

ROOM = "/moderation/notices"
_TEXTS = ("title", "body", "link", "link_text")
_FIELDS = (*_TEXTS, "from_at", "until_at")
_FORMAT = "%Y-%m-%dT%H:%M"
_MOST_AWAY = 40


def put_away(visit: Visit) -> Answer:
    """Show a notice to this browser no longer."""
    notice_id = leading_integer(visit.form("id"))
    if notice_id is not None:
        away = [str(n) for n in sorted({*visit.notices_away, notice_id})]
        visit.keep(AWAY, ".".join(away[-_MOST_AWAY:]), YEAR_S)
    return visit.go(own_address(visit.form("then") or "/"))


def page(visit: Visit) -> Answer:
    """Show every notice, and the form for a new one."""
    return _page(visit, Form(shown=_FIELDS), 200)


def _page(visit: Visit, form: Form, status: int) -> Answer:
    with visit.reading() as tx:
        found = notices.find_all(tx)
    rows = [(one, _state(one, visit.now)) for one in found]
    return visit.page("notices.html", status, rows=rows, form=form)


def _state(one: Notice, now: int) -> tuple[str, str]:
    """Return in a word whether a notice is shown, and its tone."""
    if not one.is_live or (one.until_at is not None and one.until_at <= now):
        return marked("Ended"), ""
    return (marked("Shown"), "good") if one.from_at <= now else (marked("To come"), "wait")


def create(visit: Visit) -> Answer:
    """Tell every visitor something."""
    try:
        with visit.writing() as tx:
            notices.create(tx, **_sent(visit))
    except Invalid as error:
        return _page(visit, visit.sent(shown=_FIELDS, error=error), 422)
    return visit.go(ROOM, "saved")


def _sent(visit: Visit) -> dict[str, Any]:
    """Return what the form says of a notice; raises Invalid for a moment that is none."""
    values: dict[str, Any] = {name: visit.form(name) for name in _TEXTS}
    problems: dict[str, list[str]] = {}
    for name in ("from_at", "until_at"):
        try:
            values[name] = _moment(visit.form(name).strip())
        except ValueError:
            problems[name] = [marked("must be a day and time such as 2026-05-01T18:00")]
    if problems:
        raise Invalid(problems)
    return values


def _moment(text: str) -> int | None:
    """Return the moment (UTC) that stands in a field, None for nothing; raises ValueError."""
    if not text:
        return None
    moment = datetime.strptime(text[:16], _FORMAT).replace(tzinfo=UTC)
    return int(moment.timestamp()) * SECOND


def edit_page(visit: Visit) -> Answer:
    """Show a notice to be changed."""
    with visit.reading() as tx:
        found = notices.get(tx, visit.call.path_id())
    values: dict[str, object] = {name: getattr(found, name) for name in _TEXTS}
    for name in ("from_at", "until_at"):
        moment = getattr(found, name)
        values[name] = _written(moment) if moment is not None else ""
    return visit.page("notice_edit.html", notice=found, form=Form(values, {}, _FIELDS))


def _written(moment: int) -> str:
    return datetime.fromtimestamp(moment // SECOND, UTC).strftime(_FORMAT)


def edit(visit: Visit) -> Answer:
    """Change a notice, end it, show it again, or delete it."""
    notice_id, action = visit.call.path_id(), visit.form("action")
    try:
        with visit.writing() as tx:
            match action:
                case "end":
                    notices.take_down(tx, notice_id)
                case "show":
                    notices.edit(tx, notice_id, is_live=True, until_at=None)
                case "delete":
                    notices.delete(tx, notice_id)
                case _:
                    notices.edit(tx, notice_id, **_sent(visit))
    except Invalid as error:
        with visit.reading() as tx:
            found = notices.get(tx, notice_id)
        form = visit.sent(shown=_FIELDS, error=error)
        return visit.page("notice_edit.html", 422, notice=found, form=form)
    return visit.go(ROOM, "deleted" if action == "delete" else "saved")
