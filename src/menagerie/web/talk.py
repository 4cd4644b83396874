"""What people say, as pages show it: comments and posts with their authors, drawn together."""

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from menagerie.core import filters
from menagerie.core.talk.writing import Authored, Text
from menagerie.library import Actor, Tx
from menagerie.settings import Settings
from menagerie.web import markup
from menagerie.web.render import segment
from menagerie.web.texts import ROLES


class Author(msgspec.Struct, frozen=True):
    """Who wrote a thing, as far as everybody may know; `face` is the address of a picture.

    Staff see in `behind` who an anonymous author is.
    """

    name: str
    face: str
    role: str = ""
    title: str = ""
    is_anonymous: bool = False
    behind: str = ""


class Said(msgspec.Struct, frozen=True):
    """A comment or post as a thread shows it, and what the visitor may do about it."""

    id: int
    author: Author
    html: Markup
    body: str
    created_at: int
    edited_at: int | None
    edit_reason: str
    is_hidden: bool
    hide_reason: str
    is_destroyed: bool
    is_waiting: bool
    may_edit: bool
    may_hide: bool
    may_moderate: bool


def author(of: Authored, actor: Actor, settings: Settings) -> Author:
    """Return the author of a thing for a visitor.

    Without a signature that is a name with a number, the same for one person in one thread.
    """
    if of.is_signed and of.account_name:
        role = ROLES.get(of.account_role or "", "")
        return Author(of.account_name, face(of.account_name, of.avatar), role, of.account_title)
    name = f"{settings.anonymous_name} #{of.pseudonym}"
    behind = (of.account_name or "") if actor.is_moderator else ""
    return Author(name, face(name, None), is_anonymous=True, behind=behind)


def face(name: str, avatar: str | None) -> str:
    """Return the address of the picture beside a name: the person's own, or one drawn after it."""
    return f"/{avatar}" if avatar else f"/faces/{segment(name)}.svg"


def said(tx: Tx, found: Sequence[Text], *, is_locked: bool = False) -> list[Said]:
    """Return comments or posts for a thread; what they name is looked up together.

    Where a thread is locked, authors cannot change what they said.
    """
    drawn = markup.render(tx, (one.body for one in found), filters.effective(tx))
    actor, settings = tx.actor, tx.library.settings
    return [
        Said(
            id=one.id,
            author=author(one, actor, settings),
            html=drawn[one.body],
            body=one.body,
            created_at=one.created_at,
            edited_at=one.edited_at,
            edit_reason=one.edit_reason,
            is_hidden=one.hidden_at is not None,
            hide_reason=one.hide_reason,
            is_destroyed=one.destroyed_at is not None,
            is_waiting=not one.is_approved,
            may_edit=_may_edit(actor, one, is_locked=is_locked),
            may_hide=actor.is_assistant,
            may_moderate=actor.is_moderator,
        )
        for one in found
    ]


def _may_edit(actor: Actor, one: Text, *, is_locked: bool) -> bool:
    """Tell whether a form to change a text is of use; the core decides when it comes back."""
    if actor.is_moderator or one.destroyed_at is not None:
        return one.destroyed_at is None
    is_own = one.account_id is not None and one.account_id == actor.account_id
    return is_own and one.hidden_at is None and not is_locked
