"""What is done to one comment or post, beyond the API: changing, hiding, earlier wordings."""

from collections.abc import Callable
from typing import Generic

from msgspec import Struct

from menagerie.core.talk.texts import Found, Texts
from menagerie.dialects.philomena import shapes_talk, site, tables
from menagerie.dialects.philomena.tables import Table
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text


class Wordings(Generic[Found]):
    """The operations on comments, or those on posts.

    `name` is how their fields begin and what answers name them; `shown` is how they are answered.
    """

    def __init__(
        self, texts: Texts[Found], name: str, shown: Callable[[Call, Found], Answer]
    ) -> None:
        self._texts = texts
        self._name = name
        self._shown = shown

    def add(self, table: Table, path: str, envelope: type[Struct]) -> None:
        """Add the operations to a table, below the path of one text."""
        table.write(
            "PATCH",
            path,
            self._edit,
            f"Change an own {self._name}.",
            envelope,
            tables.field(f"{self._name}[body]", "The words, in Markdown."),
            tables.field(f"{self._name}[reason]", "Why it was changed."),
        )
        table.write(
            "DELETE",
            path,
            self._hide,
            f"Hide a {self._name}; for those who keep order.",
            envelope,
            tables.field("reason", "Why."),
            tables.field("destroy", "true: for good; moderators only."),
        )
        about = f"Show a hidden {self._name} again."
        table.write("POST", f"{path}/restore", self._restore, about, envelope)
        table.read(
            f"{path}/history",
            self._history,
            f"Earlier wordings of a {self._name}, the newest first.",
            shapes_talk.HistoryEnvelope,
            site.NOT_FOUND,
        )

    def _edit(self, call: Call) -> Answer:
        text_id, sent = site.signed_in(call).path_id(), call.mapping(self._name)
        with call.writing() as tx:
            body, reason = as_text(sent.get("body")), as_text(sent.get("reason"))
            return self._shown(call, self._texts.edit(tx, text_id, body, reason=reason))

    def _hide(self, call: Call) -> Answer:
        text_id = site.signed_in(call).path_id()
        with call.writing() as tx:
            if site.is_true(call.params.get("destroy")):
                self._texts.destroy(tx, text_id)
                return answers.json({self._name: None})
            return self._shown(call, self._texts.hide(tx, text_id, call.text("reason")))

    def _restore(self, call: Call) -> Answer:
        text_id = site.signed_in(call).path_id()
        with call.writing() as tx:
            return self._shown(call, self._texts.unhide(tx, text_id))

    def _history(self, call: Call) -> Answer:
        text_id = call.path_id()
        with call.reading() as tx:
            found = self._texts.revisions(tx, text_id)
        history = [shapes_talk.revision(one) for one in found]
        return answers.json({"history": history, "total": len(found)})
