"""What may be done about one comment or post: changing it, its earlier wordings, moderation."""

from collections.abc import Callable
from typing import Any, Generic

from menagerie.core.talk import writing
from menagerie.core.talk.texts import Found, Texts
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.library import Tx
from menagerie.web import talk
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

_SHOWN = ("body", "reason")


class Wordings(Generic[Found]):
    """The pages of comments, or those of posts.

    `name` is that of the templates and of what they are given; `home` returns the address of what
    a text stands below.
    """

    def __init__(self, texts: Texts[Found], name: str, home: Callable[[Tx, Found], str]) -> None:
        self._texts = texts
        self._name = name
        self._home = home

    def edit_page(self, visit: Visit) -> Answer:
        """Show a text to be changed, to whoever may; whether its thread is locked, saving says."""
        with visit.reading() as tx:
            found = self._texts.get(tx, visit.call.path_id())
            writing.require_editor(tx, found, is_locked=False)
        form = Form({"body": found.body, "reason": found.edit_reason}, {}, _SHOWN)
        return self._edit_page(visit, found, form)

    def _edit_page(self, visit: Visit, found: Found, form: Form, status: int = 200) -> Answer:
        context: dict[str, Any] = {self._name: found, "form": form}
        return visit.page(f"{self._name}_edit.html", status, **context)

    def edit(self, visit: Visit) -> Answer:
        """Change what a text says."""
        text_id = visit.call.path_id()
        try:
            with visit.writing() as tx:
                self._texts.edit(tx, text_id, visit.form("body"), reason=visit.form("reason"))
        except Invalid as error:
            with visit.reading() as tx:
                found = self._texts.get(tx, text_id)
            form = visit.sent(shown=_SHOWN, error=error)
            return self._edit_page(visit, found, form, 422)
        return visit.go(f"/{self._name}s/{text_id}", "saved")

    def history(self, visit: Visit) -> Answer:
        """Show how a text stood before each change."""
        with visit.reading() as tx:
            found = self._texts.get(tx, visit.call.path_id())
            earlier = self._texts.revisions(tx, found.id)
            [now] = talk.said(tx, [found])
        context: dict[str, Any] = {self._name: found, "now": now, "earlier": earlier}
        return visit.page(f"{self._name}_history.html", **context)

    def moderate(self, visit: Visit) -> Answer:
        """Hide a text or show it again, approve it, or wipe it for good."""
        text_id = visit.call.path_id()
        with visit.writing() as tx:
            home = self._home(tx, self._texts.get(tx, text_id))
            match visit.form("action"):
                case "hide":
                    self._texts.hide(tx, text_id, visit.form("reason"))
                case "unhide":
                    self._texts.unhide(tx, text_id)
                case "approve":
                    self._texts.approve(tx, text_id)
                case "destroy":
                    self._texts.destroy(tx, text_id)
                    return visit.go(home, "destroyed")
                case _:
                    raise Invalid({"action": [marked("is not one of the actions")]})
        return visit.go(f"/{self._name}s/{text_id}")
