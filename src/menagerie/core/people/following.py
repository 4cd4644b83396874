"""Following: what an account wants news of, whether image, gallery, topic or forum."""

from enum import StrEnum

from sqlalchemy import Table, delete, func, insert, select, update

from menagerie.core import rights, votes
from menagerie.core.people import audiences
from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind


class Followed(StrEnum):
    """What can be followed."""

    IMAGE = "image"
    GALLERY = "gallery"
    TOPIC = "topic"
    FORUM = "forum"


_TABLES: dict[Followed, Table] = {
    Followed.IMAGE: schema.image_subscriptions,
    Followed.GALLERY: schema.gallery_subscriptions,
    Followed.TOPIC: schema.topic_subscriptions,
    Followed.FORUM: schema.forum_subscriptions,
}


def follow(tx: Tx, what: Followed, subject_id: int) -> None:
    """Let the actor be told what happens to a thing; again changes nothing.

    Raises Unauthenticated, or NotFound for what the actor may not know of.
    """
    if what is Followed.IMAGE:
        votes.subscribe(tx, subject_id)
        return
    rights.require_account(tx)
    _require_known(tx, what, subject_id)
    begin(tx, what, subject_id)


def begin(tx: Tx, what: Followed, subject_id: int) -> None:
    """Let the actor follow what it has just made or written in; nothing without an account.

    The caller knows that the actor may see it, and asks the preferences.
    """
    account_id = tx.actor.account_id
    if account_id is None or follows(tx, what, subject_id):
        return
    table = _TABLES[what]
    tx.execute(insert(table).values({"account_id": account_id, f"{what}_id": subject_id}))
    if what is Followed.IMAGE:
        tx.changed(ChangeKind.INTERACTION, account_id, subject_id)
    _count(tx, what, subject_id)


def unfollow(tx: Tx, what: Followed, subject_id: int) -> None:
    """Tell the actor of a thing no longer; what is not followed changes nothing.

    Works also for what the actor may not see any more. Raises Unauthenticated.
    """
    account_id = rights.require_account(tx)
    if not follows(tx, what, subject_id):
        return
    table = _TABLES[what]
    tx.execute(
        delete(table).where(table.c.account_id == account_id, table.c[f"{what}_id"] == subject_id)
    )
    if what is Followed.IMAGE:
        tx.changed(ChangeKind.INTERACTION, account_id, subject_id)
    _count(tx, what, subject_id)


def follows(tx: Tx, what: Followed, subject_id: int) -> bool:
    """Tell whether the actor follows a thing."""
    table = _TABLES[what]
    if tx.actor.account_id is None or not 0 < subject_id < 2**63:
        return False
    own = (table.c.account_id == tx.actor.account_id, table.c[f"{what}_id"] == subject_id)
    return tx.one(select(table.c.account_id).where(*own)) is not None


def followers(tx: Tx, what: Followed, subject_id: int) -> list[int]:
    """Return the accounts that follow a thing, ascending; whom to tell, not for showing."""
    table = _TABLES[what]
    statement = select(table.c.account_id).where(table.c[f"{what}_id"] == subject_id)
    return sorted(tx.execute(statement).scalars())


def own(tx: Tx, what: Followed, *, limit: int = 100, offset: int = 0) -> tuple[list[int], int]:
    """Return the ids of what the actor follows, the newest thing first, and how many there are.

    Some may be out of the actor's sight since. Raises Unauthenticated.
    """
    table = _TABLES[what]
    mine = table.c.account_id == rights.require_account(tx)
    column = table.c[f"{what}_id"]
    found = tx.execute(
        select(column).where(mine).order_by(column.desc()).limit(limit).offset(offset)
    )
    total = tx.scalar(select(func.count()).select_from(table).where(mine))
    return list(found.scalars()), int(total)


def forget_account(tx: Tx, account_id: int) -> None:
    """Let an account follow nothing any more, images aside; the caller decides about it."""
    galleries = list(
        tx.execute(
            select(schema.gallery_subscriptions.c.gallery_id).where(
                schema.gallery_subscriptions.c.account_id == account_id
            )
        ).scalars()
    )
    for what, table in _TABLES.items():
        if what is not Followed.IMAGE:
            tx.execute(delete(table).where(table.c.account_id == account_id))
    for gallery_id in galleries:
        _count(tx, Followed.GALLERY, gallery_id)


def forget_subject(tx: Tx, what: Followed, subject_id: int) -> None:
    """Let nobody follow a thing that is about to be deleted."""
    table = _TABLES[what]
    tx.execute(delete(table).where(table.c[f"{what}_id"] == subject_id))


def _count(tx: Tx, what: Followed, subject_id: int) -> None:
    """Count a gallery's followers again, which are a field of its search."""
    if what is not Followed.GALLERY:
        return
    member = schema.gallery_subscriptions.c
    number = select(func.count()).where(member.gallery_id == subject_id).scalar_subquery()
    row = schema.galleries.c
    tx.execute(update(schema.galleries).where(row.id == subject_id).values(subscriber_count=number))
    tx.changed(ChangeKind.GALLERY, subject_id)


def _require_known(tx: Tx, what: Followed, subject_id: int) -> None:
    """Return if the actor may know of a gallery, topic or forum; raises NotFound."""
    if not 0 < subject_id < 2**63:
        raise NotFound
    if what is Followed.GALLERY:
        found = tx.scalar(select(schema.galleries.c.id).where(schema.galleries.c.id == subject_id))
        if found is None:
            raise NotFound
        return
    find = audiences.of_topic if what is Followed.TOPIC else audiences.of_forum
    may_know = find(tx, subject_id)
    account = schema.accounts.c
    if may_know is None or not tx.scalar(
        select(account.id).where(account.id == tx.actor.account_id, may_know)
    ):
        raise NotFound
