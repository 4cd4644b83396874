"""One's own data in the community half: the copy of it, and leaving."""

import msgspec
import pyotp
from sqlalchemy import insert, select

import build
from menagerie.core import accounts, checks, dnp, galleries
from menagerie.core.people import (
    avatars,
    badges,
    following,
    links,
    messages,
    news,
    preferences,
    second_factor,
)
from menagerie.core.people.following import Followed
from menagerie.core.talk import comments
from menagerie.library import SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import LinkState, NewsKind, Role


def furnish(library, alice, bob, mary):
    """Let Alice have one of everything; return her gallery's and her comment's id."""
    image_id = build.image(library, "safe, artist:alice, dog", actor=bob)
    avatars.put(library, alice, build.png())
    with library.writing(bob) as tx:
        gallery = galleries.create(tx, title="Dogs")
    with library.writing(alice) as tx:
        setup = second_factor.begin(tx)
        comment = comments.create(tx, image_id, "Signed words")
        for what, subject_id in ((Followed.GALLERY, gallery.id), (Followed.IMAGE, image_id)):
            following.follow(tx, what, subject_id)
        link = links.add(tx, "https://example.org/alice", "artist:alice")
        messages.start(tx, "Bob", "Title", "A letter")
        preferences.change(tx, theme="dark", language="de")
        tx.execute(
            insert(schema.saved_searches).values(
                account_id=alice.account_id, name="mine", query="dog", created_at=tx.now
            )
        )
        poll(tx)
    second_factor.confirm(library, alice, pyotp.TOTP(setup.secret).at(tx.now // 1_000_000))
    with library.writing(mary) as tx:
        links.decide(tx, link.id, LinkState.VERIFIED)
        badges.award(tx, alice.account_id, badges.create(tx, "Artist").id)
        accounts.set_title(tx, alice.account_id, "Queen")
    with library.writing(alice) as tx:
        dnp.request(tx, "artist:alice", "No Edits", reason="mine")
    return gallery.id, comment.id, setup.secret


def poll(tx):
    """A topic of the actor's with a poll in which they voted, written as rows."""
    who = {"account_id": tx.actor.account_id, "created_at": tx.now}
    topic_id = tx.execute(
        insert(schema.topics)
        .values(
            forum_id=tx.scalar(select(schema.forums.c.id).limit(1)) or new_forum(tx),
            slug="hello",
            title="Hello",
            pseudonym="1A2B",
            updated_at=tx.now,
            last_replied_at=tx.now,
            **who,
        )
        .returning(schema.topics.c.id)
    ).scalar_one()
    poll_id = tx.execute(
        insert(schema.polls)
        .values(topic_id=topic_id, title="?", method="single", until_at=0, vote_count=2)
        .values(created_at=tx.now)
        .returning(schema.polls.c.id)
    ).scalar_one()
    option_id = tx.execute(
        insert(schema.poll_options)
        .values(poll_id=poll_id, position=0, label="Yes", vote_count=2)
        .returning(schema.poll_options.c.id)
    ).scalar_one()
    other = {"option_id": option_id, "account_id": 1, "created_at": tx.now}
    tx.execute(insert(schema.poll_votes), [other, other | who])


def new_forum(tx):
    return tx.execute(
        insert(schema.forums)
        .values(name="F", short_name="f", created_at=tx.now)
        .returning(schema.forums.c.id)
    ).scalar_one()


def test_the_copy_holds_everything_but_secrets_and_leaving_forgets_it(library):
    build.account(library, "First")  # number 1, the other voter
    alice, bob = build.account(library, "Alice"), build.account(library, "Bob")
    mary = build.account(library, "Mary", Role.MODERATOR)
    gallery_id, comment_id, secret = furnish(library, alice, bob, mary)
    with library.reading(alice) as tx:
        data = accounts.export_own(tx)
    assert data["account"]["title"] == "Queen"
    assert data["account"]["language"] == "de"
    assert data["comments"][0]["body"] == "Signed words"
    assert data["conversations"][0]["letters"][0]["body"] == "A letter"
    for name in (
        "topics",
        "votes_in_polls",
        "galleries_followed",
        "subscriptions",
        "news",
        "links",
        "badges",
        "wishes_not_to_be_posted",
        "saved_searches",
        "second_factor",
    ):
        assert len(data[name]) >= 1, name
    assert secret not in msgspec.json.encode(data).decode()

    accounts.deactivate(library, alice, build.PASSWORD)
    gone = {"account_id": alice.account_id}
    with library.reading(SYSTEM) as tx:
        for table in (
            schema.gallery_subscriptions,
            schema.image_subscriptions,
            schema.notifications,
            schema.profile_links,
            schema.awards,
            schema.saved_searches,
            schema.second_factors,
            schema.spare_codes,
            schema.poll_votes,
            schema.topics,
            schema.dnp_entries,
        ):
            assert tx.all(select(table).filter_by(**gone)) == [], table.name
        comment = comments.get(tx, comment_id)
        assert (comment.account_id, comment.is_anonymous, comment.body) == (
            None,
            True,
            "Signed words",
        )
        assert comment.pseudonym
        assert galleries.get(tx, gallery_id).subscriber_count == 0
        row = schema.accounts.c
        left = tx.one(
            select(row.avatar, row.title, row.language, row.preferences).where(
                row.id == alice.account_id
            )
        )
        assert tuple(left) == (None, "", "", "")
        assert tx.scalar(select(schema.polls.c.vote_count)) == 1
        assert [text for text in checks.counters(tx) if "forums" not in text] == []
    with library.reading(bob) as tx:
        ((letter,), _) = messages.of(tx, messages.find(tx)[0][0].key)
        assert (letter.body, letter.account_name) == ("A letter", f"deleted-{alice.account_id}")
    with library.writing(bob) as tx:
        news.tell(tx, [alice.account_id], NewsKind.AWARD, 1)
        assert tx.all(select(schema.notifications).filter_by(**gone)) == []
