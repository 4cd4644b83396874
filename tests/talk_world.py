"""What tests of talk share: short ways to speak and to look."""

from sqlalchemy import select

from menagerie.core import checks
from menagerie.core.talk import comments, forums, posts, topics
from menagerie.library import SYSTEM
from menagerie.storage import schema


def comment(library, actor, image_id, body="Well said.", **more):
    with library.writing(actor) as tx:
        return comments.create(tx, image_id, body, **more)


def topic(library, actor, title="A question", forum="general", body="Well asked.", **more):
    with library.writing(actor) as tx:
        return topics.create(tx, forum, title=title, body=body, **more)


def post(library, actor, topic_id, body="Well said.", **more):
    with library.writing(actor) as tx:
        return posts.create(tx, topic_id, body, **more)


def forum(library, short_name="general", actor=SYSTEM):
    with library.reading(actor) as tx:
        return forums.get(tx, short_name)


def account(library, actor):
    with library.reading(SYSTEM) as tx:
        row = schema.accounts.c
        counts = (row.comment_count, row.post_count, row.topic_count)
        return tuple(tx.one(select(*counts).where(row.id == actor.account_id)))


def comment_count(library, image_id):
    with library.reading(SYSTEM) as tx:
        row = schema.images.c
        return tx.scalar(select(row.comment_count).where(row.id == image_id))


def news(library, actor):
    row = schema.notifications.c
    with library.reading(SYSTEM) as tx:
        mine = row.account_id == actor.account_id
        columns = (row.kind, row.subject_id, row.other_id)
        return {tuple(found) for found in tx.all(select(*columns).where(mine))}


def events(library):
    row = schema.events.c
    with library.reading(SYSTEM) as tx:
        return [tuple(e) for e in tx.all(select(row.kind, row.subject_id).order_by(row.seq))]


def wrong(library):
    """What `menagerie check` finds wrong with the counters of talk."""
    names = ("comment_count", "post_count", "topic_count", "poll")
    with library.reading(SYSTEM) as tx:
        return [text for text in checks.counters(tx) if any(name in text for name in names)]
