"""The room of the second factor: setting it up, its spare codes, switching it off."""

from markupsafe import Markup

from menagerie.core.people import second_factor
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.web.settings_pages import require_account, show
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

ROOM = "/settings/two-factor"
_FORM = Form(shown=("code",))


def page(visit: Visit) -> Answer:
    """Show whether codes are asked for, and what can be done about it."""
    return _page(visit, 200)


def _page(
    visit: Visit, status: int, *, renewing: Form = _FORM, ending: Form = _FORM, setup: Form = _FORM
) -> Answer:
    require_account(visit)
    with visit.reading() as tx:
        is_on = second_factor.is_on(tx, tx.actor.account_id)
        left = second_factor.spare_count(tx) if is_on else 0
    return show(
        visit,
        ROOM,
        "settings_two_factor.html",
        status,
        is_on=is_on,
        left=left,
        renewing=renewing,
        ending=ending,
        form=setup,
    )


def begin(visit: Visit) -> Answer:
    """Make a secret and show it this once, for the app to take up."""
    require_account(visit)
    try:
        with visit.writing() as tx:
            setup = second_factor.begin(tx)
    except Invalid:
        # It is on already, as the room says.
        return visit.go(ROOM)
    return _unkept(
        show(
            visit,
            ROOM,
            "settings_two_factor_new.html",
            setup=setup,
            # Drawn by the core from nothing but the secret and what the library is called.
            square=Markup(setup.qr_svg),  # noqa: S704
            form=_FORM,
        )
    )


def confirm(visit: Visit) -> Answer:
    """Ask for codes from now on, as the app shows the right one."""
    require_account(visit)
    visit.call.limit_logins()
    try:
        codes = second_factor.confirm(visit.library, visit.actor, visit.form("code"))
    except Invalid as error:
        form = visit.sent(shown=["code"], error=error)
        # The app has the secret already, and nobody else is to see it twice.
        return show(visit, ROOM, "settings_two_factor_new.html", 422, setup=None, form=form)
    return _spare_codes(visit, codes)


def renew(visit: Visit) -> Answer:
    """Replace the spare codes."""
    require_account(visit)
    visit.call.limit_logins()
    try:
        codes = second_factor.renew_spare_codes(visit.library, visit.actor, visit.form("code"))
    except Invalid as error:
        return _page(visit, 422, renewing=visit.sent(shown=["code"], error=error))
    return _spare_codes(visit, codes)


def _spare_codes(visit: Visit, codes: list[str]) -> Answer:
    return visit.secret_page(
        heading=marked("Your spare codes"),
        text=marked("Without your phone, each of these lets you in once, instead of its code."),
        secret="\n".join(codes),
        onward=ROOM,
    )


def switch_off(visit: Visit) -> Answer:
    """Ask for codes no longer."""
    require_account(visit)
    visit.call.limit_logins()
    try:
        second_factor.disable(
            visit.library, visit.actor, password=visit.form("password"), code=visit.form("code")
        )
    except Invalid as error:
        return _page(visit, 422, ending=visit.sent(shown=["password", "code"], error=error))
    return visit.go(ROOM, "one-factor")


def _unkept(answer: Answer) -> Answer:
    """Let no browser keep a page with a secret."""
    answer.headers = [pair for pair in answer.headers if pair[0] != b"cache-control"]
    return answer.add("cache-control", "private, no-store")
