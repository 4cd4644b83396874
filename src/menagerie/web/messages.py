"""Letters between two people: the list, one conversation, and a new one."""

from markupsafe import Markup

from menagerie.core import accounts, filters, rights
from menagerie.core.people import messages
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.http.parameters import identifier
from menagerie.web import markup, shapes, talk
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

PER_PAGE = 25


def page(visit: Visit) -> Answer:
    """Show the conversations, the newest letter first; those put away are a list of their own."""
    number = visit.page_number()
    is_away = visit.call.text("away") == "1"
    with visit.reading() as tx:
        found, total = messages.find(
            tx, put_away=is_away, limit=PER_PAGE, offset=(number - 1) * PER_PAGE
        )
    away = "1" if is_away else None
    return visit.page(
        "messages.html",
        conversations=[(one, talk.face(one.other_name, one.other_avatar)) for one in found],
        is_away=is_away,
        pages=shapes.pages(
            number,
            total,
            PER_PAGE,
            lambda n: url("/messages", away=away, page=n if n > 1 else None),
        ),
    )


def new_page(visit: Visit) -> Answer:
    """Show the form for a letter."""
    with visit.reading() as tx:
        rights.require_account(tx)
    return _new_page(visit, Form({"recipient": visit.call.text("to")}, {}, _FIELDS), 200)


def write_to(visit: Visit) -> Answer:
    """Lead to the form for a letter to the account whose id is in the address.

    Source: DerPyBooruPhi 0.10.6 reads an account's id from `/conversations?with=` on its profile.
    """
    with visit.reading() as tx:
        found = accounts.profile(tx, identifier(visit.call.text("with")))
    return visit.go(url("/messages/new", to=found.name))


_FIELDS = ("recipient", "title", "body")


def _new_page(visit: Visit, form: Form, status: int) -> Answer:
    return visit.page("message_new.html", status, form=form)


def start(visit: Visit) -> Answer:
    """Write to somebody for the first time about something."""
    try:
        with visit.writing() as tx:
            made = messages.start(
                tx, visit.form("recipient"), visit.form("title"), visit.form("body")
            )
    except Invalid as error:
        return _new_page(visit, visit.sent(shown=_FIELDS, error=error), 422)
    return visit.go(f"/messages/{made.key}")


def show(visit: Visit) -> Answer:
    """Show a conversation, and count it as read."""
    return _show(visit, Form(shown=("body",)), 200)


def _show(visit: Visit, form: Form, status: int) -> Answer:
    key = visit.call.text("key")
    with visit.reading() as tx:
        conversation = messages.get(tx, key)
        last = max(1, -(-conversation.message_count // PER_PAGE))
        number = visit.page_number() if visit.call.text("page") else last
        found, total = messages.of(tx, key, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        drawn = markup.render(tx, (one.body for one in found), filters.effective(tx))
    is_own = visit.actor.account_id in {one.account_id for one in found} or not (
        visit.actor.is_moderator
    )
    if is_own and not conversation.is_read:
        with visit.writing() as tx:
            messages.read(tx, key)
    rows: list[tuple[messages.Message, str, Markup]] = [
        (one, talk.face(one.account_name, one.avatar), drawn[one.body]) for one in found
    ]
    return visit.page(
        "conversation.html",
        status,
        conversation=conversation,
        rows=rows,
        form=form,
        pages=shapes.pages(number, total, PER_PAGE, lambda n: url(f"/messages/{key}", page=n)),
    )


def answer(visit: Visit) -> Answer:
    """Write another letter."""
    key = visit.call.text("key")
    try:
        with visit.writing() as tx:
            made = messages.answer(tx, key, visit.form("body"))
    except Invalid as error:
        return _show(visit, visit.sent(shown=["body"], error=error), 422)
    return visit.go(f"/messages/{key}#message-{made.id}")


def sort(visit: Visit) -> Answer:
    """Put a conversation away, take it back, or count it as unread."""
    key = visit.call.text("key")
    acts = {
        "away": messages.put_away,
        "back": messages.take_back,
        "unread": messages.unread,
    }
    act = acts.get(visit.form("action"))
    if act is None:
        raise Invalid({"action": [marked("is not one of the actions")]})
    with visit.writing() as tx:
        act(tx, key)
    return visit.go("/messages")
