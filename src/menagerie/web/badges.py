"""Badges for staff: the list, new ones with a picture, and those that are given no more."""

from menagerie.core import rights
from menagerie.core.people import avatars, badges
from menagerie.errors import Invalid, TooLarge
from menagerie.http.answers import Answer
from menagerie.web.own_profile import picture_problem
from menagerie.web.people import badge_face
from menagerie.web.visit import Form, Visit

ROOM = "/moderation/badges"
_FIELDS = ("title", "description", "image")


def page(visit: Visit) -> Answer:
    """Show every badge, and the form for a new one."""
    return _page(visit, Form(shown=_FIELDS), 200)


def _page(visit: Visit, form: Form, status: int, edited: int | None = None) -> Answer:
    with visit.reading() as tx:
        rights.require_moderator(tx)
        found = badges.find_all(tx)
    rows = [
        (
            one,
            badge_face(one.title, one.image),
            form
            if one.id == edited
            else Form({"title": one.title, "description": one.description}, {}, _FIELDS),
        )
        for one in found
    ]
    new_form = form if edited is None else Form(shown=_FIELDS)
    return visit.page("badges.html", status, rows=rows, form=new_form, edited=edited)


def create(visit: Visit) -> Answer:
    """Make a badge."""
    try:
        image = _kept(visit)
        with visit.writing() as tx:
            description = visit.form("description")
            badges.create(tx, visit.form("title"), description=description, image=image)
    except Invalid as error:
        return _page(visit, visit.sent(shown=_FIELDS, error=error), 422)
    return visit.go(ROOM, "saved")


def _kept(visit: Visit) -> str | None:
    """Keep the picture that was sent, if one was, and return its name.

    Raises Unauthenticated, Forbidden, or Invalid (`image`).
    """
    with visit.reading() as tx:
        rights.require_moderator(tx)
    file = visit.call.file("image")
    if file is None or not file.size_bytes:
        return None
    try:
        return avatars.keep(visit.library, file.path)
    except (Invalid, TooLarge) as error:
        raise Invalid({"image": [picture_problem(error, "image")]}) from None


def edit(visit: Visit) -> Answer:
    """Change a badge, or say whether it is still given."""
    badge_id, action = visit.call.path_id(), visit.form("action")
    try:
        image = _kept(visit)
        with visit.writing() as tx:
            if action in {"retire", "revive"}:
                badges.edit(tx, badge_id, is_retired=action == "retire")
            else:
                badges.edit(
                    tx,
                    badge_id,
                    title=visit.form("title"),
                    description=visit.form("description"),
                    image=image,
                )
    except Invalid as error:
        return _page(visit, visit.sent(shown=_FIELDS, error=error), 422, badge_id)
    return visit.go(ROOM, "saved")
