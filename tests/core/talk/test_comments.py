import threading
import time

import pytest
from sqlalchemy import event, insert, select, update

import build
import rows
import talk_world as world
from menagerie.core import visibility, votes
from menagerie.core.talk import comments, writing
from menagerie.core.talk.pseudonyms import pseudonym
from menagerie.errors import Banned, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.search import blocks
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review


def words_of(library, comment_id):
    with library.reading(SYSTEM) as tx:
        return comment_id in blocks.holding(tx.connection, "comment.body", "whisker")


def test_a_comment_is_written_read_and_told_of(library, alice, bob):
    image_id = rows.image(library)
    with library.writing(bob) as tx:
        votes.subscribe(tx, image_id)
    first = world.comment(library, alice, image_id, "A fine whisker.\r\n@bob, `@Mod`")
    second = world.comment(library, alice, image_id, "Me again.", is_anonymous=True)
    assert first.body == "A fine whisker.\n@bob, `@Mod`"
    assert (first.account_name, first.is_signed, second.is_signed) == ("Alice", True, False)
    assert first.pseudonym == second.pseudonym
    with library.reading(ANONYMOUS) as tx:
        assert pseudonym(tx, image_id, alice.account_id, None, None) == first.pseudonym
        assert comments.of_image(tx, image_id) == ([second, first], 2)
        assert comments.of_image(tx, image_id, limit=1, newest_first=False) == ([first], 2)
        assert comments.position(tx, first.id) == 1
        assert comments.find_many(tx, [first.id, 999, 2**70, second.id]) == [first, second]
        assert comments.newest(tx, limit=1) == [second]
        for missing in (0, 999, 2**70):
            with pytest.raises(NotFound):
                comments.get(tx, missing)
    assert world.comment_count(library, image_id) == 2
    assert world.account(library, alice) == (1, 0, 0)
    assert world.news(library, bob) == {
        ("comment_mention", image_id, first.id),
        ("comment", image_id, second.id),
    }
    assert world.news(library, alice) == set()
    created = [("comment:create", first.id), ("comment:create", second.id)]
    assert world.events(library) == created
    assert ("comment", first.id, None) in rows.changes(library)
    assert words_of(library, first.id)
    with library.reading(alice) as tx:
        assert votes.is_subscribed(tx, image_id)
    assert world.wrong(library) == []


def test_lists_take_a_fixed_number_of_statements(library, alice):
    image_id = rows.image(library)
    made = [world.comment(library, alice, image_id, f"Number {n}.") for n in range(6)]
    statements = []
    engine = library.database._reader
    with library.reading(alice) as tx:
        comments.newest(tx)  # what is kept in memory is there from now on

    def count(*args):
        if args[2].startswith("SELECT"):
            statements.append(args[2])

    event.listen(engine, "before_cursor_execute", count)
    for read, most in (
        (lambda tx: comments.find_many(tx, [one.id for one in made]), 1),
        (lambda tx: comments.of_image(tx, image_id), 3),
        (comments.newest, 2),
        (lambda tx: comments.position(tx, made[0].id), 2),
    ):
        statements.clear()
        with library.reading(alice) as tx:
            read(tx)
        assert len(statements) <= most
    event.remove(engine, "before_cursor_execute", count)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "can't be blank"),
        (" \r\n\t", "can't be blank"),
        ("a\0b", "may not contain control characters"),
        ("\ud800", "may not contain control characters"),
        ("é" * 150_001, "should be at most 300000 byte(s)"),
    ],
)
def test_what_a_comment_may_not_say(library, alice, body, problem):
    image_id = rows.image(library)
    with pytest.raises(Invalid) as caught:
        world.comment(library, alice, image_id, body)
    assert caught.value.fields == {"body": [problem]}
    assert world.comment_count(library, image_id) == 0


def test_who_may_comment(library, alice, mod):
    image_id, locked, removed = (rows.image(library) for _ in range(3))
    rejected = rows.image(library, review=Review.REJECTED)
    rows.remove(library, removed)
    mallory = rows.account(library, "Mallory")
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.bans).values(account_id=mallory.account_id, created_at=0))
        row = schema.images.c
        tx.execute(update(schema.images).where(row.id == locked).values(locks_comments=True))
    for actor, subject, error in (
        (ANONYMOUS, image_id, Unauthenticated),
        (mallory, image_id, Banned),
        (alice, locked, Forbidden),
        (alice, removed, NotFound),
        (mod, removed, NotFound),
        (alice, rejected, NotFound),
        (alice, 999, NotFound),
    ):
        with pytest.raises(error):
            world.comment(library, actor, subject)
    assert world.comment(library, mod, locked).account_role == "moderator"
    guest = Actor(address="192.0.2.7", fingerprint="f1")
    with build.configured(library, guest_comments=True):
        said = world.comment(library, guest, image_id)
        assert (said.account_id, said.is_signed, len(said.pseudonym)) == (None, False, 4)
        with pytest.raises(Unauthenticated), library.writing(guest) as tx:
            comments.edit(tx, said.id, "Never mind.")


def test_one_person_waits_between_two_comments(library, alice, helper, clock):
    image_id = rows.image(library)
    guest = Actor(address="192.0.2.7")
    with build.configured(library, comment_interval=15, guest_comments=True):
        for actor in (alice, guest):
            world.comment(library, actor, image_id)
            clock.advance(10)
            with pytest.raises(RateLimited) as caught:
                world.comment(library, actor, image_id)
            assert caught.value.retry_after_s == 5
            clock.advance(5)
            world.comment(library, actor, image_id)
        world.comment(library, helper, image_id)
        world.comment(library, helper, image_id)
        world.comment(library, Actor(address="192.0.2.8"), image_id)
    assert world.comment_count(library, image_id) == 7


def test_nobody_learns_of_comments_on_private_images(library, alice, bob, mod):
    image_id = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    said = world.comment(library, alice, image_id, "Only me, @Bob.")
    for actor in (bob, mod, SYSTEM, ANONYMOUS):
        with pytest.raises(NotFound):
            world.comment(library, actor, image_id)
        with library.reading(actor) as tx:
            assert comments.find_many(tx, [said.id]) == []
            assert comments.newest(tx) == []
            for read in (comments.get, comments.revisions, comments.position):
                with pytest.raises(NotFound):
                    read(tx, said.id)
    with library.reading(alice) as tx:
        assert comments.of_image(tx, image_id) == ([said], 1)
    assert (world.events(library), world.news(library, bob)) == ([], set())
    assert world.account(library, alice) == (0, 0, 0)
    assert world.comment_count(library, image_id) == 1
    assert world.wrong(library) == []


def test_an_edit_keeps_how_it_stood(library, alice, bob, mod, clock):
    image_id = rows.image(library)
    said = world.comment(library, alice, image_id, "A whisker.", is_anonymous=True)
    clock.advance(5)
    with library.writing(alice) as tx:
        after = comments.edit(tx, said.id, "A tail.", reason=" typo ")
        assert comments.edit(tx, said.id, "A tail.") == after
    assert (after.body, after.edit_reason, after.edited_at) == ("A tail.", "typo", clock.now())
    with library.writing(mod) as tx:
        comments.edit(tx, said.id, "A paw.")
    with library.reading(bob) as tx:
        late, early = comments.revisions(tx, said.id)
        assert (early.body, early.reason, early.account_name) == ("A whisker.", "typo", None)
        assert (late.body, late.account_name) == ("A tail.", "Mod")
    with library.reading(mod) as tx:
        assert comments.revisions(tx, said.id)[1].account_name == "Alice"
    assert not words_of(library, said.id)
    assert world.events(library)[1:] == [("comment:update", said.id)] * 2
    for actor, error in ((bob, Forbidden), (ANONYMOUS, Unauthenticated)):
        with pytest.raises(error), library.writing(actor) as tx:
            comments.edit(tx, said.id, "Mine.")
    with pytest.raises(Invalid), library.writing(alice) as tx:
        comments.edit(tx, said.id, " ")
    with library.writing(SYSTEM) as tx:
        tx.execute(update(schema.images).values(locks_comments=True))
    with pytest.raises(Forbidden), library.writing(alice) as tx:
        comments.edit(tx, said.id, "Too late.")


def test_hiding_and_destroying(library, alice, helper, mod):
    image_id = rows.image(library)
    said = world.comment(library, alice, image_id, "A whisker.")
    with library.writing(alice) as tx:
        comments.edit(tx, said.id, "A fine whisker.")
    for actor, error in ((alice, Forbidden), (ANONYMOUS, Unauthenticated)):
        for act in (comments.hide, comments.unhide):
            with pytest.raises(error), library.writing(actor) as tx:
                act(tx, said.id)
    for reason in ("Off topic", "Another reason"):
        with library.writing(helper) as tx:
            hidden = comments.hide(tx, said.id, reason)
    assert (hidden.body, hidden.hide_reason) == ("A fine whisker.", "Off topic")
    assert world.comment_count(library, image_id) == world.account(library, alice)[0] == 0
    with library.reading(alice) as tx:
        (shown,), total = comments.of_image(tx, image_id)
        assert (shown.body, shown.edited_at, shown.hidden_by_id, total) == ("", None, None, 1)
        assert comments.newest(tx) == []
        with pytest.raises(NotFound):
            comments.revisions(tx, said.id)
    with pytest.raises(Forbidden), library.writing(alice) as tx:
        comments.edit(tx, said.id, "x")
    with library.writing(helper) as tx:
        assert comments.unhide(tx, said.id).hide_reason == ""
        assert comments.unhide(tx, said.id).hidden_at is None
    assert world.comment_count(library, image_id) == world.account(library, alice)[0] == 1
    with pytest.raises(Forbidden), library.writing(helper) as tx:
        comments.destroy(tx, said.id)
    with library.writing(mod) as tx:
        comments.destroy(tx, said.id)
        assert tx.one(select(schema.text_revisions)) is None
        with pytest.raises(NotFound):
            comments.destroy(tx, said.id)
        (gone,) = comments.find_many(tx, [said.id])
        assert gone.destroyed_at is not None
        assert gone.body == ""
        assert comments.of_image(tx, image_id) == ([], 0)
        log = schema.moderation_log.c
        acts = list(tx.execute(select(log.action).order_by(log.id)).scalars())
    assert acts == ["hide", "unhide", "destroy"]
    assert not words_of(library, said.id)
    assert world.comment_count(library, image_id) == 0
    assert world.wrong(library) == []


def test_texts_with_links_wait_for_approval(library, alice, bob, mod):
    image_id = rows.image(library)
    with library.writing(bob) as tx:
        votes.subscribe(tx, image_id)
    with build.configured(library, hold_links=True, public_url="https://pics.example"):
        fine = world.comment(library, alice, image_id, "See https://pics.example/images/1")
        held = world.comment(library, alice, image_id, "Buy at //shop.example now, @Bob")
        mods = world.comment(library, mod, image_id, "http://elsewhere.example")
        verified = Actor(account_id=bob.account_id, role=bob.role, is_verified=True)
        assert world.comment(library, verified, image_id, "www.example.org").is_approved
        assert (fine.is_approved, held.is_approved, mods.is_approved) == (True, False, True)
        with library.writing(alice) as tx:
            assert comments.edit(tx, held.id, "Do buy at //shop.example, @Bob").edited_at is None
            later = comments.edit(tx, fine.id, "See www.shop.example")
            assert not later.is_approved
    with library.reading(bob) as tx:
        assert [one.id for one in comments.of_image(tx, image_id)[0]] == [held.id + 2, mods.id]
        with pytest.raises(NotFound):
            comments.get(tx, held.id)
        with pytest.raises(Forbidden):
            comments.waiting(tx)
    assert world.comment_count(library, image_id) == 2
    assert ("comment_mention", image_id, held.id) not in world.news(library, bob)
    with library.writing(mod) as tx:
        waiting, total = comments.waiting(tx)
        assert ([one.id for one in waiting], total) == ([fine.id, held.id], 2)
        for one in waiting:
            comments.approve(tx, one.id)
            assert comments.approve(tx, one.id).is_approved
    assert world.comment_count(library, image_id) == 4
    assert ("comment_mention", image_id, held.id) in world.news(library, bob)
    assert ("comment:create", held.id) in world.events(library)
    assert world.events(library).count(("comment:create", fine.id)) == 1
    assert world.wrong(library) == []


@pytest.mark.parametrize(
    "link",
    ["shop.com", "[x](http:shop.dev)", "<https:/shop.dev>", "[x](https&#58;&#47;&#47;shop.dev)",
     r"[a]: <\/\/shop.dev>", r"[x](https\:shop.dev)"],
)  # fmt: skip
def test_links_in_disguise_are_seen(library, alice, link):
    with build.configured(library, hold_links=True), library.reading(alice) as tx:
        assert writing.is_held(tx, f"Buy {link}")
        assert not writing.is_held(tx, "Version 1.5 of e.g. this, or of a/b, for a@b. Then: that")


def test_a_removed_image_keeps_its_comments_for_moderators(library, alice, mod):
    image_id = rows.image(library)
    said = world.comment(library, alice, image_id)
    rows.remove(library, image_id)
    with library.reading(alice) as tx:
        assert comments.find_many(tx, [said.id]) == comments.newest(tx) == []
        with pytest.raises(Forbidden):
            comments.get(tx, said.id)
        with pytest.raises(NotFound):
            comments.of_image(tx, image_id)
    with library.reading(mod) as tx:
        assert comments.get(tx, said.id).is_image_hidden
        assert len(comments.find_many(tx, [said.id])) == 1


def test_comments_move_to_another_image(library, alice, bob, helper):
    one, two = rows.image(library), rows.image(library)
    moved = world.comment(library, alice, one, is_anonymous=True)
    hidden = world.comment(library, bob, one)
    there = world.comment(library, alice, two, is_anonymous=True)
    left = [world.comment(library, bob, one), world.comment(library, helper, one)]
    with library.writing(helper) as tx:
        comments.hide(tx, hidden.id)
        row = schema.comments.c
        gone = update(schema.comments).where(row.id.in_([each.id for each in left]))
        tx.execute(gone.values(account_id=None, fingerprint=None, address=None))
        tx.execute(update(schema.accounts).values(comment_count=0))
    with library.writing(SYSTEM) as tx:
        comments.move_all(tx, one, two)
        after = comments.get(tx, moved.id)
        names = {each.pseudonym for each in comments.find_many(tx, [each.id for each in left])}
    assert (after.image_id, after.pseudonym) == (two, there.pseudonym)
    assert len(names) == 2
    assert [world.comment_count(library, i) for i in (one, two)] == [0, 4]
    assert world.wrong(library) == []


def test_people_comment_at_once(library):
    image_id = rows.image(library)
    people = [rows.account(library, f"Writer {n}") for n in range(4)]
    failed = []

    def write(actor):
        try:
            for _ in range(3):
                world.comment(library, actor, image_id)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failed.append(error)

    threads = [threading.Thread(target=write, args=(actor,)) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert world.comment_count(library, image_id) == 12
    assert world.wrong(library) == []


def test_what_is_published_counts_for_its_owner(library, alice):
    image_id = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    world.comment(library, alice, image_id)
    world.comment(library, alice, image_id, is_anonymous=True)
    with library.writing(SYSTEM) as tx:
        row = schema.images.c
        tx.execute(update(schema.images).where(row.id == image_id).values(audience="public"))
        comments.count_published(tx, image_id)
        assert visibility.find_facts(tx, image_id).audience == Audience.PUBLIC
    assert world.account(library, alice) == (1, 0, 0)


def test_who_is_mentioned():
    text = (
        '@Ann, @"Mary Jane"; mail bob@example.org\n> @quoted\n```\n@code\n```\n\n    @block\n'
        "`@span` (@Zoë.) @Ann @O'Neil *@starred* https://x.example/@path"
    )
    assert writing.mentioned(text) == ["Ann", "Mary Jane", "Zoë", "O", "starred"]
    assert writing.mentioned("`a ``@no` @yes ``` @Yes") == ["yes", "Yes"]


def test_a_text_made_to_take_long_takes_no_time():
    ticks = " ".join("`" * (n % 500 + 1) + "@a" * (n > 999) for n in range(1200))
    for text in ("@" * 150_000 + '@"', "`" * 300_000, "` ``" * 75_000, ticks, '@"' * 150_000):
        began = time.process_time()
        writing.mentioned(text)
        writing._hosts(text + "//" * 50_000)
        # It takes a twentieth of this; what went back and forth took minutes.
        assert time.process_time() - began < 5


def test_a_text_is_found_by_its_first_five_thousand_words(library, alice):
    image_id = rows.image(library)
    nonsense = " ".join(f"w{n}" for n in range(4990))
    found = world.comment(library, alice, image_id, f"{nonsense} whisker {nonsense}")
    lost = world.comment(
        library, alice, image_id, f"{nonsense} {'a b c d e f ' * 3} g h i j k whisker"
    )
    assert words_of(library, found.id)
    assert not words_of(library, lost.id)


def test_mentions_are_few():
    assert len(writing.mentioned(" ".join(f"@n{n}" for n in range(100)))) == 20
