"""The rooms of one's own settings: password, data, keys, sessions, watch list."""

from datetime import UTC, datetime

from menagerie.core import accounts, tags, watching
from menagerie.errors import Invalid, Unauthenticated
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.library import SECOND
from menagerie.web.render import segment
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit, find_tags

ROOMS = (
    ("/settings", marked("Account")),
    ("/settings/profile", marked("Profile")),
    ("/settings/links", marked("Links")),
    ("/settings/preferences", marked("Preferences")),
    ("/settings/two-factor", marked("Two factors")),
    ("/settings/keys", marked("API keys")),
    ("/settings/sessions", marked("Sessions")),
    ("/settings/watching", marked("Watch list")),
)
_FILTERS_ROOM = ("/filters", marked("Filters"))


def show(visit: Visit, room: str, template: str, status: int = 200, **context: object) -> Answer:
    """Answer the page of one room, with the way to the others."""
    rooms = (*ROOMS, _FILTERS_ROOM)
    return visit.page(template, status, room=room, rooms=rooms, **context)


def require_account(visit: Visit) -> None:
    """Raise Unauthenticated for a visitor without an account, who has no settings."""
    if not visit.actor.is_signed_in:
        raise Unauthenticated


def account(visit: Visit) -> Answer:
    """Show password, data and the way out."""
    require_account(visit)
    return _account(visit, Form(), Form(), 200)


def _account(visit: Visit, form: Form, delete_form: Form, status: int) -> Answer:
    return show(
        visit,
        "/settings",
        "settings_account.html",
        status,
        form=form,
        delete_form=delete_form,
    )


def change_password(visit: Visit) -> Answer:
    """Set a new password, knowing the old one."""
    require_account(visit)
    visit.call.limit_logins()
    shown = ["old_password", "password"]
    try:
        accounts.change_password(
            visit.library, visit.actor, visit.form("old_password"), visit.form("password")
        )
    except Unauthenticated as error:
        form = visit.sent(shown=shown, error=Invalid({"old_password": [error.message]}))
        return _account(visit, form, Form(), 422)
    except Invalid as error:
        return _account(visit, visit.sent(shown=shown, error=error), Form(), 422)
    return visit.go("/settings", "password")


def export(visit: Visit) -> Answer:
    """Answer everything the library keeps about the account as one JSON file."""
    with visit.reading() as tx:
        data = accounts.export_own(tx)
    day = datetime.fromtimestamp(visit.now // SECOND, UTC).strftime("%Y-%m-%d")
    return answers.json(
        data,
        headers=[
            ("content-disposition", f'attachment; filename="menagerie-{day}.json"'),
            ("cache-control", "private, no-store"),
        ],
    )


def delete_account(visit: Visit) -> Answer:
    """Delete the account, knowing its password."""
    require_account(visit)
    visit.call.limit_logins()
    try:
        accounts.deactivate(
            visit.library,
            visit.actor,
            visit.form("password_to_delete"),
            with_uploads=visit.form("with_uploads") == "1",
        )
    except Unauthenticated as error:
        wrong = Invalid({"password_to_delete": [error.message]})
        form = visit.sent(shown=["password_to_delete"], error=wrong)
        return _account(visit, Form(), form, 422)
    visit.end_session()
    return visit.go("/", "gone")


def keys(visit: Visit) -> Answer:
    """Show the names of the account's API keys."""
    return _keys(visit, Form(), 200)


def _keys(visit: Visit, form: Form, status: int) -> Answer:
    with visit.reading() as tx:
        made = accounts.find_keys(tx)
    return show(visit, "/settings/keys", "settings_keys.html", status, keys=made, form=form)


def add_key(visit: Visit) -> Answer:
    """Make an API key and show it this once."""
    try:
        with visit.writing() as tx:
            key = accounts.add_key(tx, visit.form("name"))
    except Invalid as error:
        return _keys(visit, visit.sent(shown=["name"], error=error), 422)
    return visit.secret_page(
        heading=marked("Your new API key"),
        text=marked("Give it to the program that is to act as you."),
        secret=key,
        onward="/settings/keys",
    )


def revoke_key(visit: Visit) -> Answer:
    """Take an API key away."""
    with visit.writing() as tx:
        accounts.revoke_key(tx, visit.call.path_id())
    return visit.go("/settings/keys", "revoked")


def sessions(visit: Visit) -> Answer:
    """Show where the account is logged in."""
    with visit.reading() as tx:
        found = accounts.find_sessions(tx)
    return show(visit, "/settings/sessions", "settings_sessions.html", sessions=found)


def end_session(visit: Visit) -> Answer:
    """Log the account out somewhere."""
    with visit.writing() as tx:
        accounts.end_session(tx, visit.call.path_id())
    return visit.go("/settings/sessions", "ended")


def watch_list(visit: Visit) -> Answer:
    """Show the watch list."""
    with visit.reading() as tx:
        watched = watching.get(tx)
        names = [tag.name for tag in find_tags(tx, watched.tag_ids)]
    values = {
        "tags": ", ".join(names),
        "query": watched.query,
        "exclude": watched.exclude_query,
    }
    return _watch_list(visit, Form(values), 200)


def _watch_list(visit: Visit, form: Form, status: int) -> Answer:
    return show(visit, "/settings/watching", "settings_watch.html", status, form=form)


def edit_watch_list(visit: Visit) -> Answer:
    """Replace the watch list."""
    try:
        with visit.writing() as tx:
            before = [tag.name for tag in find_tags(tx, watching.get(tx).tag_ids)]
            after = tags.parse_list(visit.form("tags").replace("\n", ","))
            watching.change(
                tx,
                add=after,
                remove=[name for name in before if name not in after],
                query=visit.form("query"),
                exclude_query=visit.form("exclude"),
            )
    except Invalid as error:
        fields = {n.replace("exclude_query", "exclude"): t for n, t in error.fields.items()}
        form = visit.sent(shown=["tags", "query", "exclude"], error=Invalid(fields))
        return _watch_list(visit, form, 422)
    return visit.go("/settings/watching", "saved")


def watch_tag(visit: Visit) -> Answer:
    """Watch one tag, or stop."""
    name, wanted = visit.form("tag"), visit.form("watch") == "1"
    with visit.writing() as tx:
        tag = tags.get_by_name(tx, name)
        watching.change(tx, add=[name] if wanted else (), remove=() if wanted else [name])
    return visit.go(f"/tags/{segment(tag.slug)}", "watching" if wanted else "unwatched")
