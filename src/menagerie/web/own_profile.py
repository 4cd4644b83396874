"""The rooms of what others see of oneself, of one's links, and of how pages are liked."""

from pathlib import Path
from typing import Any

from menagerie.core import accounts
from menagerie.core.people import avatars, links, preferences
from menagerie.core.people.preferences import Preferences
from menagerie.errors import Invalid, TooLarge, Unsupported
from menagerie.http.answers import Answer
from menagerie.http.parameters import as_texts
from menagerie.storage.schema import NewsKind
from menagerie.web import news, talk, texts
from menagerie.web.settings_pages import require_account, show
from menagerie.web.texts import marked
from menagerie.web.visit import ENDLESS, LANGUAGE, THEME, YEAR_S, Form, Visit

PROFILE, LINKS, PREFERENCES = "/settings/profile", "/settings/links", "/settings/preferences"


# What others see.


def profile(visit: Visit) -> Answer:
    """Show the picture beside one's name and what one says of oneself."""
    return _profile(visit, None, 200)


def _profile(visit: Visit, form: Form | None, status: int) -> Answer:
    require_account(visit)
    with visit.reading() as tx:
        own = accounts.get(tx, tx.actor.account_id)
    values = {"description": own.description, "is_role_hidden": "1" if own.is_role_hidden else ""}
    return show(
        visit,
        PROFILE,
        "settings_profile.html",
        status,
        own=own,
        face=talk.face(own.name, own.avatar),
        is_staff=own.role in texts.ROLES,
        form=form or Form(values, {}, ("description",)),
        limit=avatars.MAX_BYTES,
    )


def edit_profile(visit: Visit) -> Answer:
    """Change what one says of oneself."""
    require_account(visit)
    try:
        with visit.writing() as tx:
            accounts.edit(
                tx,
                description=visit.form("description"),
                is_role_hidden=visit.form("is_role_hidden") == "1",
            )
    except Invalid as error:
        return _profile(visit, visit.sent(shown=["description"], error=error), 422)
    return visit.go(PROFILE, "saved")


def set_avatar(visit: Visit) -> Answer:
    """Take a picture to stand beside one's name, or go back to the drawing."""
    require_account(visit)
    if visit.form("action") == "remove":
        with visit.writing() as tx:
            avatars.remove(tx)
        return visit.go(PROFILE, "saved")
    try:
        avatars.put(visit.library, visit.actor, sent_picture(visit, "avatar"))
    except (Invalid, Unsupported, TooLarge) as error:
        return _profile(visit, _wrong_picture(error, "avatar"), 422)
    return visit.go(PROFILE, "saved")


def sent_picture(visit: Visit, name: str) -> Path:
    """Return where the file lies that the form was sent with; raises Invalid for none."""
    file = visit.call.file(name)
    if file is None or not file.size_bytes:
        raise Invalid({name: [marked("Choose a file.")]})
    return file.path


def _wrong_picture(error: Exception, name: str) -> Form:
    return Form({}, {name: [picture_problem(error, name)]}, (name,))


def picture_problem(error: Exception, name: str) -> str:
    """Return what to say of a small picture that could not be taken."""
    if isinstance(error, TooLarge):
        return marked("This picture is too large; four megabytes are the most.")
    if isinstance(error, Invalid):
        return next(iter(error.fields.get(name, [error.message])))
    return marked("This is no picture that can be read here.")


# Links.


def link_list(visit: Visit) -> Answer:
    """Show one's links elsewhere and how far their proof is."""
    return _links(visit, Form({"is_public": "1"}, {}, ("url", "tag")), 200)


def _links(visit: Visit, form: Form, status: int) -> Answer:
    require_account(visit)
    with visit.reading() as tx:
        own = links.of_account(tx, tx.actor.account_id)
    for link in own:
        news.seen(visit, link.id, NewsKind.LINK)
    return show(
        visit,
        LINKS,
        "settings_links.html",
        status,
        links=own,
        states=texts.LINK_STATES,
        form=form,
    )


def add_link(visit: Visit) -> Answer:
    """Say that an address elsewhere is one's own."""
    try:
        with visit.writing() as tx:
            links.add(
                tx,
                visit.form("url"),
                visit.form("tag") or None,
                is_public=visit.form("is_public") == "1",
            )
    except Invalid as error:
        return _links(visit, visit.sent(shown=["url", "tag"], error=error), 422)
    return visit.go(LINKS, "saved")


def delete_link(visit: Visit) -> Answer:
    """Take back that an address is one's own."""
    with visit.writing() as tx:
        links.delete(tx, visit.call.path_id())
    return visit.go(LINKS, "deleted")


# Preferences.


_CHECKS = ("is_endless", "follows_on_upload", "follows_on_comment", "follows_on_post")


def preference_list(visit: Visit) -> Answer:
    """Show how the account likes its pages, and what it is told of."""
    require_account(visit)
    with visit.reading() as tx:
        liked = preferences.get(tx)
    return _preferences(visit, _preference_form(liked), liked.told, 200)


def _preference_form(liked: Preferences) -> Form:
    values: dict[str, object] = {
        "theme": liked.theme.value,
        "view": liked.view,
        "language": liked.language,
        **{name: "1" if getattr(liked, name) else "" for name in _CHECKS},
    }
    return Form(values, {}, ("theme", "view", "language"))


def _preferences(visit: Visit, form: Form, told: frozenset[NewsKind], status: int) -> Answer:
    return show(
        visit,
        PREFERENCES,
        "settings_preferences.html",
        status,
        form=form,
        kinds=[(kind.value, texts.TOLD[kind.value], kind in told) for kind in NewsKind],
    )


def change_preferences(visit: Visit) -> Answer:
    """Change how the account likes its pages; this browser's own choices give way to that."""
    require_account(visit)
    told = frozenset(as_texts(visit.call.form.get("told"))) & frozenset(NewsKind)
    values: dict[str, Any] = {name: visit.form(name) for name in ("theme", "view", "language")}
    values |= {name: visit.form(name) == "1" for name in _CHECKS}
    try:
        with visit.writing() as tx:
            preferences.change(tx, told=told, **values)
    except Invalid as error:
        form = visit.sent(shown=["theme", "view", "language"], error=error)
        return _preferences(visit, form, frozenset(NewsKind(kind) for kind in told), 422)
    visit.keep(THEME, values["theme"], YEAR_S)
    visit.keep(LANGUAGE, values["language"], YEAR_S if values["language"] else 0)
    visit.keep(ENDLESS, "1" if values["is_endless"] else "0", YEAR_S)
    return visit.go(PREFERENCES, "saved")
