"""What accounts do through programs, and how much of it an administrator lets them do."""

from menagerie.core import accounts, rights
from menagerie.core.apps import quotas, usage
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.http.parameters import as_texts
from menagerie.web import shapes
from menagerie.web.render import url
from menagerie.web.texts import FEATURES, ROLES, marked
from menagerie.web.visit import MOST_PER_PAGE, Form, Visit


def page(visit: Visit) -> Answer:
    """Show the accounts to an administrator."""
    number = visit.page_number()
    with visit.reading() as tx:
        rights.require_admin(tx)
        start = (number - 1) * MOST_PER_PAGE
        found = accounts.find_all(tx, limit=MOST_PER_PAGE + 1, offset=start)
    # How many there are is not counted: one more than fits says whether there is a next page.
    total = start + len(found)
    return visit.page(
        "accounts.html",
        roles=ROLES,
        accounts=found[:MOST_PER_PAGE],
        pages=shapes.pages(
            number, total, MOST_PER_PAGE, lambda n: url("/moderation/accounts", page=n)
        ),
    )


def account_page(visit: Visit) -> Answer:
    """Show what an account has here and may do through programs."""
    return _page(visit, None, 200)


def _page(visit: Visit, form: Form | None, status: int) -> Answer:
    account_id = visit.call.path_id()
    with visit.reading() as tx:
        overview = usage.overview(tx, account_id)
        account = accounts.get(tx, account_id)
        limits = quotas.limits_of(tx, account_id)
    quota = "" if limits.monthly_quota is None else str(limits.monthly_quota)
    return visit.page(
        "account.html",
        status,
        account=account,
        overview=overview,
        unlimited=quotas.UNLIMITED,
        features=[(name, FEATURES[name], name in limits.withheld) for name in quotas.FEATURES],
        form=form or Form({"monthly_quota": quota}, {}, ("monthly_quota",)),
    )


def change(visit: Visit) -> Answer:
    """Set what an account may do through programs."""
    account_id = visit.call.path_id()
    allowed = set(as_texts(visit.call.form.get("feature")))
    try:
        with visit.writing() as tx:
            quotas.set_limits(
                tx,
                account_id,
                monthly_quota=_number(visit.form("monthly_quota")),
                withheld=tuple(name for name in quotas.FEATURES if name not in allowed),
            )
    except Invalid as error:
        return _page(visit, visit.sent(shown=["monthly_quota"], error=error), 422)
    return visit.go(f"/moderation/accounts/{account_id}", "saved")


def _number(text: str) -> int | None:
    """Return the number typed, None for nothing. Raises Invalid (`monthly_quota`)."""
    text = text.strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 12):
        raise Invalid({"monthly_quota": [marked("must be a number")]})
    return int(text) if text else None


def invite(visit: Visit) -> Answer:
    """Make a code with which one person can register, and show it this once."""
    with visit.writing() as tx:
        code = accounts.invite(tx)
    return visit.secret_page(
        heading=marked("An invitation"),
        text=marked("Whoever has this code can make an account within two weeks, once."),
        secret=code,
        onward="/moderation/accounts",
    )
