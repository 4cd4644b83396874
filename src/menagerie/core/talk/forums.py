"""Forums: where topics are. One that the actor may not read does not exist for it."""

import re
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, insert, or_, select, update
from sqlalchemy import delete as delete_rows

from menagerie.core import rights, staff_log
from menagerie.core.people import audiences, following
from menagerie.core.talk import writing
from menagerie.errors import Invalid, NotFound
from menagerie.library import Actor, Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, ForumAccess, NewsKind

MAX_NAME_CHARACTERS = 60
MAX_DESCRIPTION_CHARACTERS = 300
_SHORT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")
_FIRST = (
    ("General", "general", "About everything."),
    ("Site and policy", "meta", "About this site, its rules, and what could be better."),
)

may_read = audiences.may_read_forum
"""Tell whether an actor may read and write in a forum with this access."""


class Forum(msgspec.Struct, frozen=True):
    """A forum, and the topic that was replied to last of those everybody sees in it."""

    id: int
    name: str
    short_name: str
    description: str
    access: str
    topic_count: int
    post_count: int
    created_at: int
    last_topic_id: int | None
    last_topic_title: str | None
    last_topic_slug: str | None
    last_replied_at: int | None
    last_post_id: int | None


_row = schema.forums.c
_NAMES = Forum.__struct_fields__[:8]
_topic = schema.topics.c
_OF_TOPIC = ("id", "title", "slug", "last_replied_at", "last_post_id")


def _statement() -> Select[Any]:
    """Return what finds forums, each with its newest sticky topic and its newest other one.

    Each by itself is the first in an index; the newest of both would take sorting all topics.
    """
    found = select(*(_row[name] for name in _NAMES)).select_from(schema.forums)
    for is_sticky in (False, True):
        newest = schema.topics.alias("newest_sticky" if is_sticky else "newest")
        first = (
            select(_topic.id)
            .where(
                _topic.forum_id == _row.id,
                _topic.is_sticky.is_(is_sticky),
                _topic.hidden_at.is_(None),
            )
            .order_by(_topic.last_replied_at.desc(), _topic.id.desc())
            .limit(1)
            .correlate(schema.forums)
            .scalar_subquery()
        )
        found = found.add_columns(*(newest.c[name] for name in _OF_TOPIC))
        found = found.outerjoin(newest, newest.c.id == first)
    return found


_SELECT = _statement()


def _forum(row: Row[*tuple[Any, ...]]) -> Forum:
    """Return a forum with the one of both topics that was replied to later."""
    values = tuple(row)
    start, step = len(_NAMES), len(_OF_TOPIC)
    both = values[start : start + step], values[start + step :]
    last = max(both, key=lambda topic: (topic[3] or 0, topic[0] or 0))
    return Forum(*values[:start], *last)


# Reading.


def readable(actor: Actor) -> ColumnElement[bool]:
    """Return the condition for forums that the actor may read."""
    return _row.access.in_([access for access in ForumAccess if may_read(actor, access)])


def get(tx: Tx, short_name: str) -> Forum:
    """Return a forum; takes one statement. Raises NotFound."""
    known = not rights.is_unfit(short_name)
    row = (
        tx.one(_SELECT.where(_row.short_name == short_name, readable(tx.actor))) if known else None
    )
    if row is None:
        raise NotFound
    return _forum(row)


def find_all(tx: Tx) -> list[Forum]:
    """Return the forums that the actor may read, by name; takes one statement."""
    found = [_forum(row) for row in tx.all(_SELECT.where(readable(tx.actor)))]
    return sorted(found, key=lambda forum: (forum.name.casefold(), forum.id))


# Changing.


def create(
    tx: Tx,
    name: str,
    short_name: str,
    *,
    description: str = "",
    access: ForumAccess | str = ForumAccess.NORMAL,
) -> Forum:
    """Make a forum; `short_name` stands in addresses. For administrators.

    Raises Unauthenticated, Forbidden and Invalid (`name`, `short_name`, `description`, `access`).
    """
    rights.require_admin(tx)
    values = _checked(tx, None, name, short_name, description, access)
    made = tx.execute(
        insert(schema.forums).values(created_at=tx.now_s, **values).returning(_row.id)
    )
    forum_id: int = made.scalar_one()
    staff_log.note(tx, "create", "forum", forum_id)
    tx.changed(ChangeKind.FORUM, forum_id)
    return get(tx, values["short_name"])


def edit(
    tx: Tx,
    short_name: str,
    *,
    name: str | None = None,
    new_short_name: str | None = None,
    description: str | None = None,
    access: ForumAccess | str | None = None,
) -> Forum:
    """Change what a forum is called and who reads it; None leaves a part as it is.

    For administrators; raises as `create`, and NotFound.
    """
    rights.require_admin(tx)
    before = get(tx, short_name)
    values = _checked(
        tx,
        before.id,
        before.name if name is None else name,
        before.short_name if new_short_name is None else new_short_name,
        before.description if description is None else description,
        before.access if access is None else access,
    )
    tx.execute(update(schema.forums).where(_row.id == before.id).values(values))
    staff_log.note(tx, "edit", "forum", before.id)
    tx.changed(ChangeKind.FORUM, before.id)
    return get(tx, values["short_name"])


def delete(tx: Tx, short_name: str) -> None:
    """Delete a forum that has no topics, not even hidden ones. For administrators.

    Raises Unauthenticated, Forbidden, NotFound and Invalid (`forum`).
    """
    rights.require_admin(tx)
    forum = get(tx, short_name)
    if tx.one(select(_topic.id).where(_topic.forum_id == forum.id).limit(1)) is not None:
        raise Invalid({"forum": ["still has topics; move them elsewhere first"]})
    following.forget_subject(tx, following.Followed.FORUM, forum.id)
    told = schema.notifications.c
    tx.execute(
        delete_rows(schema.notifications).where(
            told.kind == NewsKind.TOPIC, told.subject_id == forum.id
        )
    )
    tx.execute(delete_rows(schema.forums).where(_row.id == forum.id))
    staff_log.note(tx, "delete", "forum", forum.id, details={"short_name": forum.short_name})
    tx.changed(ChangeKind.FORUM, forum.id)


def seed(tx: Tx) -> None:
    """Make the first two forums, unless there ever was one."""
    if tx.one(select(_row.id).limit(1)) is not None:
        return
    for name, short_name, description in _FIRST:
        values = {"name": name, "short_name": short_name, "description": description}
        made = tx.execute(
            insert(schema.forums).values(created_at=tx.now_s, **values).returning(_row.id)
        )
        tx.changed(ChangeKind.FORUM, made.scalar_one())


def _checked(  # noqa: PLR0917 - every part of a forum
    tx: Tx, forum_id: int | None, name: str, short_name: str, description: str, access: str
) -> dict[str, Any]:
    """Return the values of a forum as they are kept; raises Invalid naming what is wrong."""
    values = {
        "name": writing.check_line(name, "name", most=MAX_NAME_CHARACTERS, is_needed=True),
        "short_name": short_name.strip().lower(),
        "description": writing.check_line(
            description, "description", most=MAX_DESCRIPTION_CHARACTERS
        ),
        "access": access,
    }
    problems = {}
    if not _SHORT_NAME.fullmatch(values["short_name"]):
        problems["short_name"] = ["must have 1 to 40 letters a to z, digits, - and _"]
    if access not in set(ForumAccess):
        problems["access"] = [f"must be one of {', '.join(ForumAccess)}"]
    rivals = tx.all(
        select(_row.name, _row.short_name).where(
            or_(_row.name == values["name"], _row.short_name == values["short_name"]),
            _row.id != (forum_id or 0),
        )
    )
    for rival in rivals:
        for field, text in zip(("name", "short_name"), rival, strict=True):
            if text == values[field]:
                problems[field] = ["has already been taken"]
    if problems:
        raise Invalid(problems)
    return values


def count(tx: Tx, forum_id: int, *, topics: int = 0, posts: int = 0) -> None:
    """Change the counters of a forum by so many."""
    counters = {"topic_count": _row.topic_count + topics, "post_count": _row.post_count + posts}
    tx.execute(update(schema.forums).where(_row.id == forum_id).values(counters))
