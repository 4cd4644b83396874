"""The log of what staff did: who, what, when and why, and the way back."""

import msgspec

from menagerie.core import accounts, staff_log
from menagerie.core.staff import undo
from menagerie.core.staff_log import LogEntry
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
from menagerie.web import shapes, subjects
from menagerie.web.render import url
from menagerie.web.subjects import Link
from menagerie.web.texts import marked
from menagerie.web.visit import PER_PAGE, Form, Visit

ACTS = {
    "accept duplicate": marked("merged a duplicate"),
    "accept reports": marked("accepted reports"),
    "accept word": marked("accepted a suggested word"),
    "add breed": marked("added a breed"),
    "add category": marked("added a category"),
    "add fact": marked("added a fact"),
    "add health tip": marked("added a health tip"),
    "add law": marked("added a law"),
    "alias": marked("made it an alias"),
    "annotate": marked("changed the notes"),
    "anonymise": marked("made the upload anonymous"),
    "apply implication": marked("applied an implication"),
    "approve": marked("approved"),
    "award badge": marked("awarded a badge"),
    "ban": marked("banned"),
    "batch tag": marked("changed tags of many pictures"),
    "create": marked("made"),
    "create badge": marked("made a badge"),
    "create notice": marked("wrote a notice"),
    "decide dnp": marked("decided an artist's wish"),
    "decide link": marked("decided a link"),
    "delete": marked("deleted"),
    "delete notice": marked("deleted a notice"),
    "deny publishing": marked("left it private"),
    "describe": marked("described"),
    "destroy": marked("destroyed"),
    "edit": marked("edited"),
    "edit badge": marked("edited a badge"),
    "edit breed": marked("edited a breed"),
    "edit category": marked("edited a category"),
    "edit fact": marked("edited a fact"),
    "edit health tip": marked("edited a health tip"),
    "edit law": marked("edited a law"),
    "edit notice": marked("edited a notice"),
    "feature": marked("featured"),
    "hide": marked("hid"),
    "hide hash": marked("hid the hash of the upload"),
    "imply": marked("added an implication"),
    "lock": marked("locked"),
    "locked description": marked("hid a description"),
    "merge": marked("merged"),
    "move": marked("moved"),
    "publish": marked("made public"),
    "quarantine": marked("put into quarantine"),
    "reject": marked("rejected"),
    "reject duplicate": marked("said that they are two pictures"),
    "reject reports": marked("rejected reports"),
    "reject word": marked("rejected a suggested word"),
    "remove": marked("removed"),
    "remove avatar": marked("removed the avatar"),
    "remove breed": marked("removed a breed"),
    "remove category": marked("removed a category"),
    "remove fact": marked("removed a fact"),
    "remove health tip": marked("removed a health tip"),
    "remove law": marked("removed a law"),
    "rename": marked("renamed"),
    "repair": marked("rendered anew"),
    "restore": marked("restored"),
    "revert tags": marked("took changes of tags back"),
    "set category": marked("changed the category"),
    "set limits": marked("set limits"),
    "set title": marked("gave a title"),
    "set uploader": marked("changed the uploader"),
    "stick": marked("pinned"),
    "switch off second factor": marked("switched off the second factor"),
    "take back badge": marked("took a badge back"),
    "translate": marked("translated a text about animals"),
    "unalias": marked("ended an alias"),
    "unban": marked("lifted a ban"),
    "undo": marked("undid"),
    "unfeature": marked("featured no more"),
    "unhide": marked("showed again"),
    "unimply": marked("ended an implication"),
    "unlock": marked("unlocked"),
    "unlocked description": marked("made a description public"),
    "unstick": marked("unpinned"),
}
"""What staff did, in words; the log keeps the keys."""
KINDS = {
    "image": marked("Picture"),
    "comment": marked("Comment"),
    "post": marked("Forum post"),
    "topic": marked("Topic"),
    "forum": marked("Forum"),
    "account": marked("Account"),
    "gallery": marked("Gallery"),
    "conversation": marked("Conversation"),
    "tag": marked("Tag"),
    "ban": marked("Ban of somebody"),
    "duplicate": marked("Duplicate"),
    "batch": marked("Batch"),
    "badge": marked("Badge"),
    "profile_link": marked("Link"),
    "dnp_entry": marked("Artist's wish"),
    "site_notice": marked("Notice"),
    "suggestion": marked("Suggested word"),
    "animals": marked("Animals"),
    "breed": marked("Breed"),
    "category": marked("Category"),
    "fact": marked("Fact"),
    "health_tip": marked("Health tip"),
    "law": marked("Law"),
}
"""What acts are about, in words."""


class Act(msgspec.Struct, frozen=True):
    """One line of the log; `label` says what was done, `undoes` the same for what was undone."""

    entry: LogEntry
    label: str
    kind: str
    subject: Link
    is_undoable: bool
    undoes: str


class _Details(msgspec.Struct):
    action: str = ""


def shown(tx: Tx, entries: list[LogEntry]) -> list[Act]:
    """Return acts as a page lists them."""
    found = subjects.links(tx, ((one.subject_kind, one.subject_id) for one in entries))
    return [
        Act(
            entry=one,
            label=ACTS.get(one.action, one.action),
            kind=KINDS.get(one.subject_kind, one.subject_kind),
            subject=found[one.subject_kind, one.subject_id],
            is_undoable=undo.is_undoable(one),
            undoes=_undone(one),
        )
        for one in entries
    ]


def _undone(entry: LogEntry) -> str:
    if entry.action != undo.UNDO or not entry.details:
        return ""
    action = msgspec.json.decode(entry.details, type=_Details).action
    return ACTS.get(action, action)


def page(visit: Visit) -> Answer:
    """Show what staff did, the newest first, of one kind of thing, thing or person if asked."""
    call, number = visit.call, visit.page_number()
    asked = {name: call.text(name).strip() for name in ("kind", "id", "by")}
    with visit.reading() as tx:
        by = accounts.find_by_name(tx, asked["by"]) if asked["by"] else None
        found = staff_log.find(
            tx,
            subject_kind=asked["kind"] if asked["kind"] in KINDS else None,
            subject_id=leading_integer(asked["id"].removeprefix("#")),
            account_id=(by.id if by is not None else 0) if asked["by"] else None,
            limit=PER_PAGE + 1,
            offset=(number - 1) * PER_PAGE,
        )
        acts = shown(tx, found[:PER_PAGE])
    return visit.page(
        "acts.html",
        acts=acts,
        form=Form(asked),
        kinds=KINDS,
        pages=shapes.pages(
            number,
            # How many there are in all is not counted: one more than fits tells of a next page.
            (number - 1) * PER_PAGE + len(found),
            PER_PAGE,
            lambda n: url("/moderation/log", **asked, page=n if n > 1 else None),
        ),
    )


def take_back(visit: Visit) -> Answer:
    """Undo an act; to undo that does it again."""
    with visit.writing() as tx:
        undo.undo(tx, visit.call.path_id())
    return visit.go(visit.form("then") or "/moderation/log", "undone")
