"""Who may know of what is followed and told of: conditions on accounts, and checks of the actor."""

from sqlalchemy import ColumnElement, select

from menagerie.core import visibility
from menagerie.library import Actor, Tx
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ForumAccess, Review, Role

_account = schema.accounts.c
_STAFF = (Role.MODERATOR, Role.ADMIN)
_ROLES = {
    ForumAccess.NORMAL: None,
    ForumAccess.ASSISTANT: (Role.ASSISTANT, *_STAFF),
    ForumAccess.STAFF: _STAFF,
}


def may_read_forum(actor: Actor, access: str) -> bool:
    """Tell whether the actor may read and write in a forum with this access."""
    roles = _ROLES[ForumAccess(access)]
    return roles is None or actor.role in roles


def of_image(tx: Tx, image_id: int) -> ColumnElement[bool] | None:
    """Return the condition for accounts that may know of an image; None if nobody may.

    The same rule as `visibility.may_know`, said of any account.
    """
    facts = visibility.find_facts(tx, image_id)
    if facts is None:
        return None
    own = _account.id == facts.account_id
    moderates = _account.role.in_(_STAFF)
    if facts.review == Review.QUARANTINED:
        return moderates if facts.audience == Audience.PUBLIC else None
    if facts.audience == Audience.PRIVATE:
        return None if facts.is_deleted_by_owner else own
    return own | moderates if facts.review == Review.REJECTED else _account.id > 0


def of_topic(tx: Tx, topic_id: int) -> ColumnElement[bool] | None:
    """Return the condition for accounts that may read a topic; None if there is none."""
    topic, forum = schema.topics.c, schema.forums.c
    row = tx.one(
        select(forum.access, topic.hidden_at)
        .join(schema.topics, topic.forum_id == forum.id)
        .where(topic.id == topic_id)
    )
    if row is None:
        return None
    return _with_access(row.access) if row.hidden_at is None else _account.role.in_(_STAFF)


def of_forum(tx: Tx, forum_id: int) -> ColumnElement[bool] | None:
    """Return the condition for accounts that may read a forum; None if there is none."""
    access = tx.scalar(select(schema.forums.c.access).where(schema.forums.c.id == forum_id))
    return _with_access(access) if access is not None else None


def _with_access(access: str) -> ColumnElement[bool]:
    roles = _ROLES[ForumAccess(access)]
    return _account.id > 0 if roles is None else _account.role.in_(roles)
