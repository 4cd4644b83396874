import pytest
from sqlalchemy import delete, event, insert, select

import build
from menagerie.core import galleries
from menagerie.core.people import following, news, preferences
from menagerie.core.people.following import Followed
from menagerie.errors import Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.search import texts
from menagerie.storage import schema
from menagerie.storage.schema import Audience, NewsKind, Role


def make_topic(library, *, access="normal", hidden_at=None):
    """A forum with a topic, written as rows since forums come later in the order of modules."""
    with library.writing(SYSTEM) as tx:
        now = {"created_at": tx.now}
        forum_id = tx.execute(
            insert(schema.forums)
            .values(name=f"About {access}", short_name=f"about-{access}", access=access, **now)
            .returning(schema.forums.c.id)
        ).scalar_one()
        topic_id = tx.execute(
            insert(schema.topics)
            .values(
                forum_id=forum_id,
                slug="hello",
                title="Hello",
                pseudonym="",
                updated_at=tx.now,
                last_replied_at=tx.now,
                hidden_at=hidden_at,
                **now,
            )
            .returning(schema.topics.c.id)
        ).scalar_one()
    return forum_id, topic_id


def unread(library, actor):
    with library.reading(actor) as tx:
        return news.unread_count(tx)


def test_news_of_one_thing_is_one_row_that_counts_until_it_is_read(library, clock):
    alice, bob = build.account(library, "Alice"), build.account(library, "Bob")
    image_id = build.image(library, actor=alice)
    with library.writing(bob) as tx:
        news.tell(tx, [alice.account_id, bob.account_id, 999], NewsKind.COMMENT, image_id, 5)
    clock.advance(60)
    with library.writing(bob) as tx:
        news.tell(tx, [alice.account_id], NewsKind.COMMENT, image_id, 6)
        news.tell(tx, [alice.account_id], NewsKind.AWARD, 3)
    with library.reading(alice) as tx:
        found, total = news.find(tx)
        assert (total, news.unread_count(tx)) == (2, 2)
        comment = next(one for one in found if one.kind is NewsKind.COMMENT)
        assert (comment.count, comment.other_id) == (2, 6)
        assert comment.updated_at - comment.created_at == 60_000_000
        kinds = [NewsKind.COMMENT, NewsKind.MERGE]
        assert news.unread_kinds(tx, kinds, image_id) == [NewsKind.COMMENT]
    assert unread(library, bob) == unread(library, ANONYMOUS) == 0
    with library.writing(alice) as tx:
        news.read(tx, NewsKind.COMMENT, image_id)
        assert news.unread_kinds(tx, [NewsKind.COMMENT], image_id) == []
        assert [one.kind for one in news.find(tx, unread_only=True)[0]] == [NewsKind.AWARD]
        news.read_all(tx)
        assert news.unread_count(tx) == 0
    with library.writing(bob) as tx:
        news.tell(tx, [alice.account_id], NewsKind.COMMENT, image_id, 7)
        with pytest.raises(NotFound):
            news.forget(tx, comment.id)
    with library.writing(alice) as tx:
        (again,), _ = news.find(tx, unread_only=True)
        assert (again.id, again.count, again.other_id) == (comment.id, 1, 7)
        news.forget(tx, again.id)
        assert news.find(tx)[1] == 1
    with library.reading(ANONYMOUS) as tx, pytest.raises(Unauthenticated):
        news.find(tx)


def test_nobody_is_told_of_what_they_may_not_know_or_do_not_want(library):
    alice, bob = build.account(library, "Alice"), build.account(library, "Bob")
    mary = build.account(library, "Mary", Role.MODERATOR)
    everybody = [alice.account_id, bob.account_id, mary.account_id]
    private_id = build.image(library, actor=alice, audience=Audience.PRIVATE)
    _, staff_topic = make_topic(library, access="staff")
    forum_id, hidden_topic = make_topic(library, hidden_at=1)
    with library.writing(bob) as tx:
        preferences.change(tx, told=[NewsKind.COMMENT, NewsKind.POST])
    with library.writing(SYSTEM) as tx:
        news.tell(tx, everybody, NewsKind.COMMENT, private_id)
        assert unread_rows(tx) == {(alice.account_id, "comment")}
        news.tell(tx, everybody, NewsKind.POST, staff_topic)
        news.tell(tx, everybody, NewsKind.POST_MENTION, hidden_topic)
        news.tell(tx, everybody, NewsKind.COMMENT_MENTION, 10**9)
        assert unread_rows(tx) == {
            (alice.account_id, "comment"),
            (mary.account_id, "post"),
            (mary.account_id, "post_mention"),
        }
        news.tell(tx, everybody, NewsKind.TOPIC, forum_id)
        told = {row for row in unread_rows(tx) if row[1] == "topic"}
        assert told == {(alice.account_id, "topic"), (mary.account_id, "topic")}


def unread_rows(tx):
    row = schema.notifications.c
    return {tuple(found) for found in tx.all(select(row.account_id, row.kind))}


def test_ten_thousand_followers_take_four_statements(library):
    gallery_owner = build.account(library, "Alice")
    rows = [
        {"name": f"f{n}", "name_key": f"f{n}", "created_at": 0, "id": 10_000 + n}
        for n in range(10_000)
    ]
    statements = []
    with library.writing(gallery_owner) as tx:
        gallery = galleries.create(tx, title="Dogs")
        tx.execute(insert(schema.accounts), rows)
        ids = [row["id"] for row in rows]
        event.listen(
            tx.connection, "before_cursor_execute", lambda *told: statements.append(told[2])
        )
        for image_id in (1, 2):
            news.tell(tx, ids, NewsKind.GALLERY, gallery.id, image_id)
        assert len(statements) == 4
        row = schema.notifications.c
        assert {tuple(r) for r in tx.all(select(row.count, row.other_id).distinct())} == {(2, 2)}


def test_images_galleries_topics_and_forums_can_be_followed(library):
    alice, bob = build.account(library, "Alice"), build.account(library, "Bob")
    image_id = build.image(library, actor=alice)
    private_id = build.image(library, actor=alice, audience=Audience.PRIVATE)
    with library.writing(alice) as tx:
        gallery = galleries.create(tx, title="Dogs")
    forum_id, topic_id = make_topic(library)
    staff_forum, staff_topic = make_topic(library, access="staff")
    things = [
        (Followed.IMAGE, image_id),
        (Followed.GALLERY, gallery.id),
        (Followed.TOPIC, topic_id),
        (Followed.FORUM, forum_id),
    ]
    out_of_sight = [
        (Followed.IMAGE, private_id),
        (Followed.GALLERY, 999),
        (Followed.TOPIC, staff_topic),
        (Followed.FORUM, staff_forum),
        (Followed.FORUM, 1 << 70),
    ]
    with library.writing(bob) as tx:
        for what, subject_id in things * 2:
            following.follow(tx, what, subject_id)
            assert following.follows(tx, what, subject_id)
            assert bob.account_id in following.followers(tx, what, subject_id)
            assert following.own(tx, what) == ([subject_id], 1)
        assert galleries.get(tx, gallery.id).subscriber_count == 1
        for what, subject_id in out_of_sight:
            with pytest.raises(NotFound):
                following.follow(tx, what, subject_id)
    with library.writing(ANONYMOUS) as tx, pytest.raises(Unauthenticated):
        following.follow(tx, Followed.TOPIC, topic_id)
    with library.writing(bob) as tx:
        for what, subject_id in things * 2:
            following.unfollow(tx, what, subject_id)
            assert not following.follows(tx, what, subject_id)
        assert galleries.get(tx, gallery.id).subscriber_count == 0


def test_followers_of_a_gallery_are_told_of_what_everybody_may_see(library):
    alice, bob = build.account(library, "Alice"), build.account(library, "Bob")
    private_id = build.image(library, actor=alice, audience=Audience.PRIVATE)
    ids = [build.image(library, actor=alice) for _ in range(2)]
    with library.writing(alice) as tx:
        gallery = galleries.create(tx, title="Dogs", description="Barking friends")
        assert texts.find(tx.connection, "gallery.description", "barked friend") == [gallery.id]
    with library.writing(bob) as tx:
        following.follow(tx, Followed.GALLERY, gallery.id)
    with library.writing(alice) as tx:
        for image_id in (private_id, *ids):
            galleries.add(tx, gallery.id, image_id)
        galleries.edit(tx, gallery.id, description="Others", spoiler_warning="Cats")
        assert texts.find(tx.connection, "gallery.description", "friends") == []
        tx.execute(delete(schema.text_terms))
        galleries.index_all(tx)
        assert texts.find(tx.connection, "gallery.spoiler_warning", "cat") == [gallery.id]
    with library.reading(bob) as tx:
        ((told,), _) = news.find(tx)
        assert (told.kind, told.subject_id, told.other_id) == ("gallery", gallery.id, ids[1])
        assert told.count == 2
    with library.writing(alice) as tx:
        galleries.delete(tx, gallery.id)
        assert texts.find(tx.connection, "gallery.spoiler_warning", "cat") == []
    assert unread(library, bob) == 0


def test_uploaders_follow_their_images_if_they_like(library):
    alice = build.account(library, "Alice")
    image_id = build.image(library, actor=alice)
    with library.writing(alice) as tx:
        assert following.follows(tx, Followed.IMAGE, image_id)
        preferences.change(tx, follows_on_upload=False)
    image_id = build.image(library, actor=alice)
    with library.reading(alice) as tx:
        assert not following.follows(tx, Followed.IMAGE, image_id)


def test_preferences_are_kept_and_checked(library):
    alice = build.account(library, "Alice")
    with library.reading(ANONYMOUS) as tx:
        assert preferences.get(tx) == preferences.DEFAULT
    with library.writing(alice) as tx:
        preferences.change(tx, theme="dark", language="pt-BR", told=[], is_endless=True)
        changed = preferences.change(tx, view="wide")
        assert preferences.get(tx) == changed
    with library.reading(alice) as tx:
        assert preferences.get(tx) == changed == preferences.get(tx)
        assert (changed.theme, changed.language, changed.view) == ("dark", "pt-BR", "wide")
        assert changed.is_endless
        assert changed.told == frozenset()
    wrong = {"theme": "pink", "language": "../x", "view": "a b", "told": ["x"], "is_endless": "no"}
    with library.writing(alice) as tx:
        for name, value in wrong.items():
            with pytest.raises(Invalid) as refused:
                preferences.change(tx, **{name: value})
            assert list(refused.value.fields) == [name]
        with pytest.raises(Invalid):
            preferences.change(tx, colour="red")
    with library.writing(ANONYMOUS) as tx, pytest.raises(Unauthenticated):
        preferences.change(tx, theme="dark")
