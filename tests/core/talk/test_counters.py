"""Any sequence of acts leaves every counter equal to a recount."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import build
import rows
import talk_world as world
from menagerie.core.talk import comments, forums, posts, topics
from menagerie.errors import MenagerieError
from menagerie.library import SYSTEM
from menagerie.storage import schema

LINK = "See https://elsewhere.example"


def near(tx, table, number):
    """The id of one of the newest rows; 0 while there are too few."""
    found = select(table.c.id).order_by(table.c.id.desc()).limit(1).offset(number)
    return tx.scalar(found) or 0


def on(table, act, *more):
    return lambda tx, number: act(tx, near(tx, table, number), *more)


def begin(forum, body):
    return lambda tx, number: topics.create(
        tx, forum, title="T", body=body, is_anonymous=number % 2 == 0
    )


COMMENTS, POSTS, TOPICS = schema.comments, schema.posts, schema.topics
ACTS = [
    *(on(schema.images, comments.create, body) for body in ("Said.", "Said again.", LINK)),
    on(schema.images, lambda tx, image_id: comments.create(tx, image_id, "B", is_anonymous=True)),
    lambda tx, _: comments.move_all(tx, near(tx, schema.images, 0), near(tx, schema.images, 1)),
    *(on(COMMENTS, act) for act in (comments.hide, comments.unhide, comments.destroy)),
    *(on(COMMENTS, act, *more) for act, *more in ((comments.approve,), (comments.edit, LINK))),
    *(begin(*more) for more in (("general", "B"), ("meta", LINK))),
    *(on(TOPICS, topics.move, forum) for forum in ("general", "meta")),
    *(on(TOPICS, act) for act in (topics.hide, topics.unhide, topics.lock, topics.unlock)),
    *(on(TOPICS, posts.create, body) for body in ("Said.", "Said again.", LINK)),
    *(on(POSTS, act) for act in (posts.hide, posts.unhide, posts.destroy)),
    *(on(POSTS, act, *more) for act, *more in ((posts.approve,), (posts.edit, LINK))),
]
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 3), st.integers(0, 3)),
    min_size=10,
    max_size=30,
)


@pytest.fixture
def people(library, alice, bob, helper, mod):
    rows.image(library)
    rows.image(library)
    return [alice, bob, helper, mod]


@given(steps=STEPS)
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_counters_equal_recounts_after_anything(library, people, steps):
    with build.configured(library, hold_links=True):
        for act, who, number in steps:
            try:
                with library.writing(people[who]) as tx:
                    act(tx, number)
            except MenagerieError:
                continue  # refused: and then nothing may have been counted
    assert world.wrong(library) == []
    with library.reading(SYSTEM) as tx:
        for topic in topics.find_many(tx, range(1, 200)):
            shown = [p for p in posts.of_topic(tx, topic, per_page=10_000) if p.hidden_at is None]
            last = [post for post in shown if post.is_approved][-1:]
            assert topic.last_post_id == (last[0].id if last else None)
            post = schema.posts.c
            places = tx.execute(select(post.position).where(post.topic_id == topic.id)).scalars()
            assert sorted(places) == list(range(topic.post_count))
        assert [forum.short_name for forum in forums.find_all(tx)] == ["general", "meta"]
