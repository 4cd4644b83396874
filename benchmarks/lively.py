"""Fill a world with what people leave: new and featured pictures, comments, forums and news.

The rows go in by the driver's way, since the core, which looks at each text, would take an hour.
Only the pictures of these days are changed as the core does, for the catalogue has to hear of them.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import func, insert, select, update

from benchmarks import world
from menagerie.core import find, sessions
from menagerie.core.talk import forums
from menagerie.library import SECOND, SYSTEM, Actor, Library, Tx
from menagerie.search import nodes
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, NewsKind, Role

COMMENTS, TOPICS, POSTS_PER_TOPIC = 50_000, 1_000, 30
_RECENT, _COMMENTS_SHOWN, _NEWS = 2_000, 40, 30
_WEEK_S = 7 * 24 * 3600
_FORUMS = (("Walks", "walks"), ("At home", "at-home"), ("In the wild", "in-the-wild"))
_PERSON_ID = 1000
PERSON = Actor(role=Role.USER, account_id=_PERSON_ID, name="Person0")
"""Somebody with thousands of faves and votes, comments, posts and unread news."""


class Lively(NamedTuple):
    """Where to look in the world: the pages that are full, and the cookie of `PERSON`."""

    image_id: int
    topic: str
    session: str


def fill(library: Library) -> Lively:
    """Put everything in; return where to find it."""
    rng = np.random.default_rng(5)
    with library.writing(SYSTEM) as tx:
        newest = _renew(tx)
    with library.reading(SYSTEM) as tx:
        [image_id] = find.images(tx, nodes.All(), page=20, per_page=1).ids
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.features).values(image_id=newest, created_at=tx.now))
        tx.execute(insert(schema.comments), list(_comments(tx.now, newest, image_id, rng)))
        _count_comments(tx)
        _hear(tx, newest)
        topic = _discuss(tx, rng)
    with library.writing(PERSON) as tx:
        session, _ = sessions.start(tx, _PERSON_ID, user_agent="Mozilla/5.0 Firefox/150.0")
    with library.writing(SYSTEM) as tx:
        tx.connection.exec_driver_sql("ANALYZE")
    return Lively(image_id, topic, session)


def _renew(tx: Tx) -> int:
    """Let the newest pictures be of this week; return the last of them that everybody sees."""
    row = schema.images.c
    newest = int(tx.scalar(select(func.max(row.id))))
    lately = row.id > newest - _RECENT
    ago = (newest - row.id) * (_WEEK_S // (2 * _RECENT)) * SECOND
    then = tx.now_s - ago
    text = "Seen **this week** on a walk: quiet, a little wet, and curious.\n\nSee also >>12."
    tx.execute(
        update(schema.images)
        .where(lately)
        .values(created_at=then, updated_at=then, first_seen_at=then, description=text)
    )
    for image_id in range(newest - _RECENT + 1, newest + 1):
        tx.changed(ChangeKind.IMAGE, image_id)
    label = schema.labels.c
    safe = select(schema.tags.c.id).where(schema.tags.c.name == "safe").scalar_subquery()
    return int(tx.scalar(select(func.max(label.image_id)).where(label.tag_id == safe)))


def _said(rng: np.random.Generator, number: int) -> list[str]:
    """Return texts as people write them, every tenth with a name, a picture or a list in it."""
    words = [word.split(":")[-1] for word in world.words(3000)]
    lengths = rng.geometric(1 / 14, number)
    found = []
    for at, length in enumerate(lengths.tolist()):
        text = " ".join(words[i] for i in rng.integers(0, len(words), length))
        match at % 10:
            case 1:
                text += f" @Person{at % world.ACCOUNTS}"
            case 3:
                text = f"**{words[at % 3000]}**, {text}, as in >>{at % 9000 + 1}"
            case 5:
                text = f"> {words[at % 3000]}\n\n{text}\n\n- https://example.org/{at}\n- *no*"
        found.append(text)
    return found


def _authored(at: int, then: int) -> dict[str, Any]:
    return {
        "account_id": 1000 + at * 7 % world.ACCOUNTS,
        "is_anonymous": at % 20 == 0,
        "pseudonym": f"{at % 65536:04X}",
        "created_at": then,
        "updated_at": then,
    }


def _comments(
    now: int, newest: int, shown: int, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Yield comments, oldest first: the last ones on pictures of the week, many on one."""
    far = rng.integers(1, newest, COMMENTS).tolist()
    near = rng.integers(newest - _RECENT + 1, newest, COMMENTS).tolist()
    for at, text in enumerate(_said(rng, COMMENTS)):
        left = COMMENTS - at
        image_id = near[at] if left < COMMENTS // 4 else far[at]
        if 1_000 < left <= 1_000 + _COMMENTS_SHOWN:
            image_id = shown
        then = now - left * 60 * SECOND
        yield {"image_id": image_id, "body": text, **_authored(at, then)}


def _count_comments(tx: Tx) -> None:
    comment, image = schema.comments.c, schema.images.c
    on_it = select(func.count()).where(comment.image_id == image.id).scalar_subquery()
    commented = select(comment.image_id).distinct()
    tx.execute(update(schema.images).where(image.id.in_(commented)).values(comment_count=on_it))
    for image_id in tx.execute(commented).scalars().all():
        tx.changed(ChangeKind.IMAGE, image_id)


def _hear(tx: Tx, newest: int) -> None:
    news = [
        {
            "account_id": PERSON.account_id,
            "kind": NewsKind.COMMENT,
            "subject_id": newest - at,
            "other_id": at + 1,
            "count": 2,
            "created_at": tx.now,
            "updated_at": tx.now,
        }
        for at in range(1, _NEWS + 1)
    ]
    tx.execute(insert(schema.notifications), news)


def _discuss(tx: Tx, rng: np.random.Generator) -> str:
    """Make forums with topics and posts; return the path of a topic with many."""
    ids = [forums.create(tx, name, short).id for name, short in _FORUMS]
    texts = iter(_said(rng, TOPICS * POSTS_PER_TOPIC))
    posts, topics = [], []
    first = int(tx.scalar(select(func.coalesce(func.max(schema.posts.c.id), 0)))) + 1
    for at in range(TOPICS):
        then = tx.now - (TOPICS - at) * 600 * SECOND
        topics.append(
            {
                "id": at + 1,
                "forum_id": ids[at % len(ids)],
                "slug": f"walk-{at}",
                "title": f"What was seen on walk {at}",
                "post_count": POSTS_PER_TOPIC,
                "view_count": at % 500,
                "last_replied_at": then,
                "last_post_id": first + (at + 1) * POSTS_PER_TOPIC - 1,
                **_authored(at, then),
            }
        )
        posts += [
            {"topic_id": at + 1, "position": n, "body": next(texts), **_authored(at + n, then)}
            for n in range(POSTS_PER_TOPIC)
        ]
    tx.execute(insert(schema.topics), topics)
    tx.execute(insert(schema.posts), posts)
    return f"/forums/{_FORUMS[(TOPICS - 1) % len(ids)][1]}/topics/walk-{TOPICS - 1}"
