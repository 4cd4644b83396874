import threading

import pytest
from sqlalchemy import event, insert, select

import build
import rows
import talk_world as world
from menagerie.core.people import following
from menagerie.core.talk import forums, posts, topics
from menagerie.errors import Banned, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import ForumAccess


def topic(library, topic_id, actor=SYSTEM):
    with library.reading(actor) as tx:
        return topics.get_by_id(tx, topic_id)


def follow(library, actor, what, subject_id):
    with library.writing(actor) as tx:
        following.follow(tx, following.Followed(what), subject_id)


def test_a_topic_is_begun_and_answered(library, alice, bob, clock):
    follow(library, bob, "forum", world.forum(library).id)
    asked = world.topic(library, alice, " Whose  dog? ", body="Not mine. @Mod?", is_anonymous=True)
    assert (asked.title, asked.slug, asked.post_count) == ("Whose dog?", "whose-dog", 1)
    assert (asked.is_signed, len(asked.pseudonym), asked.forum_name) == (False, 4, "General")
    clock.advance(60)
    answer = world.post(library, bob, asked.id, "Mine, @alice.")
    again = world.post(library, alice, asked.id, is_anonymous=True)
    assert (answer.position, again.position, again.pseudonym) == (1, 2, asked.pseudonym)
    assert (answer.topic_slug, answer.forum_short_name) == ("whose-dog", "general")
    with library.reading(ANONYMOUS) as tx:
        found = topics.get(tx, "general", "whose-dog")
        assert (found.post_count, found.last_post_id) == (3, again.id)
        assert found.last_replied_at == clock.now() > found.created_at
        assert topics.of_forum(tx, forums.get(tx, "general")) == ([found], 1)
        assert topics.recent(tx) == topics.find_many(tx, [9, found.id]) == [found]
        assert posts.of_topic(tx, found, page=1, per_page=2)[1] == answer
        assert posts.of_topic(tx, found, page=2, per_page=2) == [again]
        assert posts.of_topic(tx, found, page=10**12, per_page=50) == []
        assert posts.find_many(tx, [again.id, 2**70, answer.id]) == [again, answer]
        for short_name, slug in (("meta", "whose-dog"), ("general", "x"), ("general", "\0")):
            with pytest.raises(NotFound):
                topics.get(tx, short_name, slug)
    forum = world.forum(library)
    assert (forum.topic_count, forum.post_count) == (1, 3)
    assert (forum.last_topic_slug, forum.last_post_id) == ("whose-dog", again.id)
    assert world.account(library, alice) == (0, 0, 0)
    assert world.account(library, bob) == (0, 1, 0)
    assert world.news(library, alice) == {("post_mention", asked.id, answer.id)}
    assert world.news(library, bob) == {
        ("topic", forum.id, asked.id),
        ("post", asked.id, again.id),
    }
    kinds = [kind for kind, _ in world.events(library)]
    assert kinds == ["post:create"] * 3
    assert {("topic", asked.id, None), ("post", answer.id, None)} <= rows.changes(library)
    assert world.wrong(library) == []


def test_lists_take_a_fixed_number_of_statements(library, alice):
    made = [world.topic(library, alice, f"Topic {n}") for n in range(4)]
    said = [world.post(library, alice, made[0].id) for _ in range(4)]
    statements = []

    def count(*args):
        if args[2].startswith("SELECT"):
            statements.append(args[2])

    event.listen(library.database._reader, "before_cursor_execute", count)
    forum = world.forum(library)
    for read, most in (
        (forums.find_all, 1),
        (lambda tx: topics.of_forum(tx, forum), 2),
        (topics.recent, 2),
        (lambda tx: topics.get_by_id(tx, made[0].id), 1),
        (lambda tx: posts.of_topic(tx, made[0]), 1),
        (lambda tx: posts.find_many(tx, [post.id for post in said]), 1),
    ):
        statements.clear()
        with library.reading(alice) as tx:
            read(tx)
        assert len(statements) == most
    event.remove(library.database._reader, "before_cursor_execute", count)


def test_slugs_are_numbered_where_they_are_taken(library, alice, mod):
    titles = ["A b", "a-B!", "a b 2", "犬", "?!", "a b"]
    slugs = [world.topic(library, alice, title).slug for title in titles]
    assert slugs == ["a-b", "a-b-2", "a-b-2-2", "topic", "topic-2", "a-b-3"]
    elsewhere = world.topic(library, alice, "A B", "meta")
    assert elsewhere.slug == "a-b"
    with library.writing(mod) as tx:
        moved = topics.move(tx, elsewhere.id, "general")
        assert topics.move(tx, elsewhere.id, "general") == moved
        renamed = topics.edit_title(tx, moved.id, "C")
    assert (moved.slug, renamed.slug, renamed.title) == ("a-b-4", "a-b-4", "C")
    assert world.forum(library, "meta").topic_count == 0
    assert world.wrong(library) == []


def test_what_a_topic_may_not_say(library, alice, bob):
    mallory = rows.account(library, "Mallory")
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.bans).values(account_id=mallory.account_id, created_at=0))
    for title, body in (("", "x"), ("\n ", "x"), ("x" * 97, "x"), ("a\0", "x"), ("a", " ")):
        with pytest.raises(Invalid):
            world.topic(library, alice, title, body=body)
    for actor, error in ((ANONYMOUS, Unauthenticated), (mallory, Banned)):
        with pytest.raises(error):
            world.topic(library, actor)
    made = world.topic(library, alice)
    with build.configured(library, guest_comments=True), pytest.raises(Unauthenticated):
        world.post(library, ANONYMOUS, made.id)
    with pytest.raises(NotFound):
        world.topic(library, alice, forum="nowhere")
    with pytest.raises(Forbidden), library.writing(bob) as tx:
        topics.edit_title(tx, made.id, "Mine")
    with library.writing(alice) as tx:
        assert topics.edit_title(tx, made.id, " Better ").title == "Better"
    assert world.forum(library).topic_count == 1


def test_one_person_waits_between_two_topics(library, alice, clock):
    with build.configured(library, topic_interval=300, comment_interval=15):
        made = world.topic(library, alice)
        clock.advance(5)
        with pytest.raises(RateLimited) as caught:
            world.post(library, alice, made.id)
        assert caught.value.retry_after_s == 10
        clock.advance(94)
        world.post(library, alice, made.id)
        clock.advance(20)
        with pytest.raises(RateLimited) as caught:
            world.topic(library, alice)
        assert caught.value.retry_after_s == 181


def test_restricted_forums_do_not_exist_for_others(library, alice, bob, helper, mod):
    with library.writing(SYSTEM) as tx:
        forums.create(tx, "Back room", "back", access=ForumAccess.STAFF)
        forums.create(tx, "Help desk", "desk", access=ForumAccess.ASSISTANT)
    made = world.topic(library, mod, "Secret", "back", body="About @Alice and @Helper")
    first = made.last_post_id
    for actor in (ANONYMOUS, alice, helper):
        with pytest.raises(NotFound):
            world.topic(library, actor, forum="back")
        with pytest.raises(NotFound):
            world.post(library, actor, made.id)
        with library.reading(actor) as tx:
            assert (topics.find_many(tx, [made.id]), topics.recent(tx)) == ([], [])
            assert posts.find_many(tx, [first]) == posts.of_topic(tx, made) == []
            assert "back" not in {forum.short_name for forum in forums.find_all(tx)}
            for read in (
                lambda tx: forums.get(tx, "back"),
                lambda tx: topics.get(tx, "back", "secret"),
                lambda tx: topics.get_by_id(tx, made.id),
                lambda tx: posts.get(tx, first),
                lambda tx: posts.revisions(tx, first),
            ):
                with pytest.raises(NotFound):
                    read(tx)
    assert world.topic(library, helper, forum="desk").forum_access == "assistant"
    assert world.news(library, alice) == world.news(library, helper) == set()
    assert world.events(library) == []
    with library.writing(SYSTEM) as tx:
        assert [forum.name for forum in forums.find_all(tx)] == [
            "Back room",
            "General",
            "Help desk",
            "Site and policy",
        ]
        forums.edit(tx, "back", access="normal", new_short_name="front")
    assert topic(library, made.id, alice).forum_short_name == "front"


def test_staff_keep_topics_in_order(library, alice, bob, helper, mod):
    early, late = world.topic(library, alice, "Early"), world.topic(library, alice, "Late")
    world.post(library, bob, early.id)
    for act in (topics.lock, topics.unlock, topics.stick, topics.unstick, topics.hide):
        with pytest.raises(Forbidden), library.writing(alice) as tx:
            act(tx, late.id)
    with pytest.raises(Forbidden), library.writing(helper) as tx:
        topics.move(tx, early.id, "meta")
    with library.writing(helper) as tx:
        assert topics.stick(tx, early.id).is_sticky
        locked = topics.lock(tx, late.id, "Settled")
        assert topics.lock(tx, late.id, "Again").lock_reason == locked.lock_reason == "Settled"
    for act in (
        lambda tx: posts.create(tx, late.id, "More."),
        lambda tx: posts.edit(tx, late.last_post_id, "Other."),
        lambda tx: topics.edit_title(tx, late.id, "Other"),
    ):
        with pytest.raises(Forbidden), library.writing(alice) as tx:
            act(tx)
    assert world.post(library, mod, late.id).position == 1
    with library.writing(helper) as tx:
        assert topics.unlock(tx, late.id).locked_at is None
        hidden = topics.hide(tx, early.id, "Spam")
        assert topics.hide(tx, early.id) == hidden
    forum = world.forum(library)
    assert (forum.topic_count, forum.post_count, forum.last_topic_id) == (1, 2, late.id)
    assert world.account(library, alice) == (0, 2, 1)
    with library.reading(alice) as tx:
        assert topics.of_forum(tx, forum, with_hidden=True)[1] == 1
        for read in (
            lambda tx: topics.get(tx, "general", "early"),
            lambda tx: posts.get(tx, early.last_post_id),
            lambda tx: posts.create(tx, early.id, "x"),
        ):
            with pytest.raises(NotFound):
                read(tx)
    with library.reading(helper) as tx:
        assert topics.of_forum(tx, forum)[1] == 1
        assert topics.of_forum(tx, forum, with_hidden=True)[1] == 2
        assert posts.get(tx, early.last_post_id).is_topic_hidden
    world.post(library, mod, early.id)
    with library.writing(mod) as tx:
        topics.move(tx, early.id, "meta")
        topics.unhide(tx, early.id)
        topics.unstick(tx, early.id)
    assert world.forum(library, "meta").post_count == 3
    assert world.wrong(library) == []


def test_hiding_posts_tells_the_newest_anew(library, alice, bob, helper, clock):
    made = world.topic(library, alice)
    clock.advance(60)
    answer = world.post(library, bob, made.id, "A whisker.")
    with library.writing(helper) as tx:
        posts.hide(tx, answer.id, "Rude")
        assert posts.hide(tx, answer.id, "Again").hide_reason == "Rude"
    after = topic(library, made.id)
    assert (after.last_post_id, after.last_replied_at) == (made.last_post_id, made.created_at)
    assert (after.post_count, world.account(library, bob)) == (2, (0, 0, 0))
    with library.reading(alice) as tx:
        assert [post.body for post in posts.of_topic(tx, after)] == ["Well asked.", ""]
    with library.writing(helper) as tx:
        posts.unhide(tx, answer.id)
        posts.hide(tx, made.last_post_id)
    after = topic(library, made.id)
    assert (after.last_post_id, after.last_replied_at) == (answer.id, clock.now())
    with library.writing(bob) as tx:
        assert posts.edit(tx, answer.id, "A tail.", reason="typo").edited_at == clock.now()
        assert posts.revisions(tx, answer.id)[0].body == "A whisker."
    with library.writing(SYSTEM) as tx:
        posts.destroy(tx, answer.id)
        assert tx.one(select(schema.text_revisions)) is None
        assert posts.find_many(tx, [answer.id])[0].destroyed_at is not None
        with pytest.raises(NotFound):
            posts.get(tx, answer.id)
        assert [post.position for post in posts.of_topic(tx, after)] == [0]
    after = topic(library, made.id)
    assert (after.last_post_id, after.last_replied_at) == (None, made.created_at)
    assert world.post(library, bob, made.id).position == 2
    assert world.wrong(library) == []


def test_posts_with_links_wait(library, alice, bob, mod):
    made = world.topic(library, bob)
    with build.configured(library, hold_links=True):
        held = world.post(library, alice, made.id, "@Bob: https://shop.example")
    assert topic(library, made.id).last_post_id == made.last_post_id
    with library.reading(bob) as tx, pytest.raises(NotFound):
        posts.get(tx, held.id)
    assert world.news(library, bob) == set()
    with library.writing(mod) as tx:
        assert [post.id for post in posts.waiting(tx)[0]] == [held.id]
        posts.approve(tx, held.id)
        assert posts.waiting(tx) == ([], 0)
    assert topic(library, made.id).last_post_id == held.id
    assert world.news(library, bob) == {("post_mention", made.id, held.id)}
    assert world.wrong(library) == []


def test_positions_stay_dense_when_people_post_at_once(library, alice, bob):
    made = world.topic(library, alice)
    failed = []

    def write(actor):
        try:
            for _ in range(4):
                world.post(library, actor, made.id)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failed.append(error)

    threads = [threading.Thread(target=write, args=(actor,)) for actor in (alice, bob, bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with library.reading(SYSTEM) as tx:
        places = tx.execute(select(schema.posts.c.position)).scalars().all()
    assert sorted(places) == list(range(13))
    assert world.wrong(library) == []


def test_forums_are_made_changed_and_deleted(library, alice):
    with pytest.raises(Forbidden), library.writing(alice) as tx:
        forums.create(tx, "Mine", "mine")
    with library.writing(SYSTEM) as tx:
        made = forums.create(tx, " Art ", "ART", description="Drawn things.")
        assert (made.name, made.short_name, made.last_topic_id) == ("Art", "art", None)
        for name, short_name, access, fields in (
            ("", "x", "normal", {"name"}),
            ("X", "a b", "nobody", {"short_name", "access"}),
            ("Art", "general", "normal", {"name", "short_name"}),
        ):
            with pytest.raises(Invalid) as caught:
                forums.create(tx, name, short_name, access=access)
            assert set(caught.value.fields) == fields
        assert forums.edit(tx, "art", name="Arts").short_name == "art"
        topics.create(tx, "art", title="T", body="B")
        with pytest.raises(Invalid):
            forums.delete(tx, "art")
        forums.delete(tx, "meta")
        with pytest.raises(NotFound):
            forums.get(tx, "meta")
        forums.seed(tx)
        assert [forum.short_name for forum in forums.find_all(tx)] == ["art", "general"]


def test_views_are_written_in_batches(library, alice):
    made = world.topic(library, alice)
    for _ in range(3):
        topics.viewed(library, made.id)
    assert topic(library, made.id).view_count == 0
    assert (topics.flush_views(library), topics.flush_views(library)) == (1, 0)
    assert topic(library, made.id).view_count == 3


@pytest.mark.parametrize("title", ["\u200b", "\ufeff \u2060", "\u202egnp.exe", "a\x07b", "\x7f"])
def test_titles_that_nobody_could_see_or_that_turn_the_page_round_are_refused(
    library, alice, title
):
    with library.writing(alice) as tx, pytest.raises(Invalid):
        topics.create(tx, "general", title=title, body="Words")
    assert world.topic(library, alice, title="👩\u200d🔬 שלום").title == "👩\u200d🔬 שלום"
