"""Whatever people do, counters equal recounts and what is kept in memory equals the tables.

The default is small; `MENAGERIE_TEST_EXAMPLES=500` looks for longer, and the slow test plays long
sequences by chance.
"""

import os
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Table, func, select

import everything
from everything import ACTS, EVERYBODY, Step, World
from menagerie.core import checks, find, visibility
from menagerie.core.people import messages, news
from menagerie.core.talk import writing
from menagerie.library import ANONYMOUS, SYSTEM, Library
from menagerie.search import columns
from menagerie.search.nodes import All
from menagerie.search.talk import loading
from menagerie.search.talk.index import TextIndex
from menagerie.search.talk.written import Topics
from menagerie.storage import schema
from menagerie.storage.schema import ForumAccess
from peopled import Peopled

EXAMPLES = int(os.environ.get("MENAGERIE_TEST_EXAMPLES", "4"))  # noqa: TID251 - the tests' switch
STEPS = 40
_EVERY = 8


@pytest.fixture(scope="module")
def make_world(request, prepared, tmp_path_factory) -> Iterator[Callable[[], World]]:
    """Open worlds in which nothing has happened yet."""
    peopled = Peopled(request, prepared, everything.people, **everything.SETTINGS)
    folder = tmp_path_factory.mktemp("everything")
    opened: list[Library] = []

    def make() -> World:
        if opened:
            opened.pop().database.close()
        library, actors = peopled.copy(folder)
        opened.append(library)
        return World(library, actors)

    yield make
    for library in opened:
        library.database.close()


_numbers = st.integers(0, 999)
_acts = st.sampled_from(sorted(ACTS))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    act = draw(_acts)
    roles = ACTS[act].roles if draw(st.integers(0, 9)) else EVERYBODY
    return Step(act, draw(st.sampled_from(roles)), draw(_numbers), draw(_numbers), draw(_numbers))


def test_any_sequence_of_acts_leaves_everything_in_order(make_world):
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES <= 4,
        # Whoever looks for longer also wants the shortest sequence.
        phases=set(Phase) - ({Phase.shrink} if EXAMPLES <= 4 else set()),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(steps(), min_size=STEPS, max_size=STEPS))
    def check(sequence: list[Step]) -> None:
        play(make_world(), sequence)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(max(2, EXAMPLES // 20)))
def test_long_sequences_leave_everything_in_order(make_world, seed: int):
    world = make_world()
    play(world, everything.any_steps(seed, 250))
    assert world.done.total() > 100


def play(world: World, sequence: list[Step]) -> None:
    for number, step in enumerate(sequence, 1):
        world.play(step)
        if number % _EVERY == 0 or number == len(sequence):
            found = list(problems(world))
            assert not found, (found, sequence[:number])


def problems(world: World) -> Iterator[str]:
    library = world.library
    with library.reading(SYSTEM) as tx:
        yield from checks.counters(tx)
    yield from library.catalogue.verify()
    for index in (library.catalogue.comments, library.catalogue.posts):
        yield from _differences(library, index)
    yield from _listings(world)
    for actor in world.actors.values():
        yield from _unread(world, actor)


def _differences(library: Library, index: TextIndex) -> Iterator[str]:
    """Compare what an index followed with what it would read now."""
    now = library.catalogue.current()
    kept = index.at_least(now.identity, now.seq)
    name = index.kind.table.name
    with library.database.read() as connection:
        fresh = loading.build(connection, library.database, index.kind)
    ids = columns.ids_of(kept.flags["known"] | fresh.flags["known"])
    for what, numbers in kept.columns.items():
        if not np.array_equal(numbers.gather(ids), fresh.columns[what].gather(ids)):
            yield f"index of {name}: {what} differs"
    yield from (f"index of {name}: {w}" for w in kept.flags if kept.flags[w] != fresh.flags[w])
    for each in ("plain", "look", "elsewhere"):
        if kept.words.holding(each) != fresh.words.holding(each):
            yield f"index of {name}: texts with {each!r} differ"
    if name == "posts":
        yield from _topic_differences(kept.topics, fresh.topics)


def _topic_differences(one: Topics, other: Topics) -> Iterator[str]:
    if one.hidden != other.hidden or one.forums != other.forums:
        yield "index of posts: topics differ"
    everywhere = one.forums.keys() | other.forums.keys()
    if any(one.within([forum]) != other.within([forum]) for forum in everywhere):
        yield "index of posts: forums of topics differ"


def _listings(world: World) -> Iterator[str]:
    """Compare what a visitor finds with the rule that says what everybody may see."""
    image, topic = schema.images, schema.topics
    in_sight = visibility.SEARCHABLE
    comments = _where(
        schema.comments.join(image, image.c.id == schema.comments.c.image_id),
        schema.comments.c.id,
        in_sight & writing.counted(schema.comments),
    )
    posts = _where(
        schema.posts.join(topic, topic.c.id == schema.posts.c.topic_id).join(
            schema.forums, schema.forums.c.id == topic.c.forum_id
        ),
        schema.posts.c.id,
        writing.counted(schema.posts)
        & topic.c.hidden_at.is_(None)
        & (schema.forums.c.access == ForumAccess.NORMAL),
    )
    with world.library.reading(ANONYMOUS) as tx:
        for name, found, statement in (
            ("images", find.images(tx, All(), per_page=999), _where(image, image.c.id, in_sight)),
            ("comments", find.comments(tx, "*", page=1, per_page=999), comments),
            ("posts", find.posts(tx, "*", page=1, per_page=999), posts),
            (
                "galleries",
                find.galleries(tx, "*", page=1, per_page=999),
                select(schema.galleries.c.id),
            ),
        ):
            right = set(tx.execute(statement).scalars())
            if set(found.ids) != right or found.total != len(right):
                yield f"{name}: found {sorted(found.ids)}, should be {sorted(right)}"


def _where(table: Table, column: ColumnElement[int], condition: ColumnElement[bool]):
    return select(column).select_from(table).where(condition)


def _unread(world: World, actor) -> Iterator[str]:
    if not actor.is_signed_in:
        return
    with world.library.reading(actor) as tx:
        unread = news.unread_count(tx)
        listed, total = news.find(tx, unread_only=True, limit=500)
        letters = messages.unread_count(tx)
        new = [one for one in messages.find(tx, limit=500)[0] if not one.is_read]
    if not unread == total == len(listed):
        yield f"{actor.name}: {unread} unread news, {len(listed)} of {total} listed"
    if letters != len(new):
        yield f"{actor.name}: {letters} unread letters, {len(new)} listed"


def test_whoever_has_left_is_counted_nowhere(make_world):
    world = make_world()
    for step in (
        Step("comment", "carol", 0, 0, 1),
        Step("topic", "carol", 0, 1, 1),
        Step("judge_image", "carol", 0, 3, 0),
        Step("answer_poll", "carol", 0, 0, 1),
        Step("report", "carol", 0, 0, 0),
        Step("leave", "carol", 0, 0, 0),
    ):
        world.play(step)
    row = schema.accounts.c
    with world.library.reading(SYSTEM) as tx:
        left = tx.scalar(select(func.count()).where(row.deactivated_at.is_not(None)))
    assert left == 1
    assert list(problems(world)) == []
