"""Finding comments, posts and galleries, as each kind of person may."""

import pytest

import rows
from menagerie.core import accounts, filters, find, galleries, labels, moderation
from menagerie.core.talk import comments, forums, posts, topics
from menagerie.errors import QueryError
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import Audience, ForumAccess


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def mod(library):
    return rows.account(library, "Mod", "moderator")


def write(library, actor, do, *arguments, **options):
    """One use case in its own transaction, an hour after the one before."""
    library.clock.advance(3600)
    with library.writing(actor) as tx:
        return do(tx, *arguments, **options)


def found(library, actor, what, q, **options):
    with library.reading(actor) as tx:
        answer = getattr(find, what)(tx, q, page=1, per_page=25, **options)
        assert answer.total == len(answer.ids)
        return answer.ids


def test_comments_are_found_at_once_and_as_far_as_each_may_read(library, alice, mod):
    image = rows.image(library, "safe, fox")
    private = rows.image(library, "safe", owner=alice, audience=Audience.PRIVATE)
    one = write(library, alice, comments.create, image, "The quick brown foxes").id
    two = write(library, alice, comments.create, image, "A fox, unsigned", is_anonymous=True).id
    own = write(library, alice, comments.create, private, "My own fox").id

    def ids(q, actor=ANONYMOUS, **options):
        return found(library, actor, "comments", q, **options)

    assert ids("fox") == ids("*") == [two, one]
    assert ids("fox", alice) == [own, two, one]
    assert ids("") == []
    assert ids("brown fox") == ids("br*n, image.tags:fox") == [one]
    assert ids("author:alice") == ids("author:ALICE") == ids(f"user_id:{alice.account_id}") == [one]
    assert ids("true_author:alice") == []  # to others it is a word
    assert ids("true_author:alice", mod) == [two, one]
    assert ids("my:comments") == []
    assert ids("my:comments", alice) == [own, two, one]
    assert ids("created_at.gt:2 hours ago") == [two]
    with pytest.raises(QueryError):
        ids("my:faves", alice)

    write(library, alice, comments.edit, one, "Slow badgers", reason="")
    assert ids("fox") == [two]
    assert ids("badger") == [one]
    write(library, mod, comments.hide, two, "rude")
    assert ids("fox") == []
    assert ids("fox") == ids("deleted:true", alice) == []
    assert (
        ids("deleted:true", mod) == ids("deletion_reason:rude, deleted_by_user:mod", mod) == [two]
    )
    write(library, SYSTEM, accounts.rename, alice.account_id, "Alicia")
    assert ids("author:alice") == []
    assert ids("author:alicia") == [one]

    hiding = write(library, alice, filters.create, name="No foxes", hidden_tags=["fox"])
    assert ids("*", filter=hiding) == []
    write(library, SYSTEM, labels.edit, image, add=["wolf"], remove=["fox"])
    assert ids("*", filter=hiding) == ids("image.tags:wolf") == [one]
    write(library, mod, moderation.remove, image, "gone")
    assert ids("*") == []
    assert ids("image.deleted:true", mod) == [two, one]


def test_posts_are_found_in_open_forums_and_elsewhere_by_staff(library, alice, mod):
    write(library, SYSTEM, forums.create, name="Office", short_name="office",
          access=ForumAccess.STAFF)  # fmt: skip
    topic = write(library, alice, topics.create, "general", title="Red foxes", body="They run")
    reply = write(library, mod, posts.create, topic.id, "And jump").id
    inside = write(library, mod, topics.create, "office", title="Foxes at work", body="They run")

    def ids(q, actor=ANONYMOUS, **options):
        return found(library, actor, "posts", q, **options)

    first = ids("running")[0]
    secret = ids("forum:office", mod, everywhere=True)[0]
    assert ids("subject:red fox") == [reply, first]
    assert ids("*") == ids("*", mod) == ids("*", alice, everywhere=True) == [reply, first]
    assert ids("subject:fox, run", mod, everywhere=True) == [secret, first]
    assert ids("topic_position:1") == ids("author:mod") == [reply]
    write(library, alice, topics.edit_title, topic.id, "Red badgers")
    assert ids("subject:fox") == []
    assert ids("subject:badger, forum:general") == [reply, first]
    write(library, mod, topics.hide, topic.id, "off topic")
    assert ids("*") == ids("*", mod) == []
    assert ids("*", mod, everywhere=True) == [secret, reply, first]
    write(library, mod, topics.move, inside.id, "general")
    assert ids("*") == [secret]
    write(library, SYSTEM, forums.edit, "general", access=ForumAccess.ASSISTANT)
    assert ids("*") == []


def test_galleries_are_found_without_telling_owners_or_private_images(library, alice, mod):
    public = rows.image(library, "safe")
    private = rows.image(library, "safe", owner=alice, audience=Audience.PRIVATE)
    one = write(library, alice, galleries.create, title="Östliche FOXES", description="red running")
    two = write(library, alice, galleries.create, title="Unsigned", is_anonymous=True,
                spoiler_warning="rude words")  # fmt: skip
    write(library, alice, galleries.add, one.id, public)
    write(library, alice, galleries.add, one.id, private)

    def ids(q, actor=ANONYMOUS):
        return found(library, actor, "galleries", q)

    assert ids("*") == [two.id, one.id]
    assert ids("östliche foxes") == ids("ÖST*") == ids("östlicha foxes~1") == [one.id]
    assert ids("foxes") == []
    assert ids("unsigned") == ids("UNSIGN?D") == ids("unsigmed~1") == [two.id]
    assert ids("user:alice") == ids(f"user_id:{alice.account_id}") == [one.id]
    assert ids("-user:alice") == [two.id]
    assert ids("user:*lic*") == ids("user:alicee~1") == [one.id]
    assert ids("user:alice", alice) == ids("user:alice", mod) == [two.id, one.id]
    assert ids("my:galleries", alice) == [two.id, one.id]
    assert ids("my:galleries") == []
    assert ids(f"image_ids:{public}") == [one.id]
    assert ids(f"image_ids:{private}") == ids(f"image_ids:{private}", mod) == []
    assert ids(f"image_ids:{private}", alice) == [one.id]
    assert ids("description:run") == ids("image_count.gte:1") == [one.id]
    assert ids("image_count.gte:2") == []
    assert ids("spoiler_warning:rude") == [two.id]
    assert ids("watcher_count:0") == ids("subscriber_count:0") == [two.id, one.id]
    assert ids(f"thumbnail_id:{public}") == [one.id]


def test_every_field_of_every_index_can_be_asked_for(library, mod):
    values = {"int": "1", "numeric": "1", "date": "2020", "bool": "true", "ip": "192.0.2.7"}
    for index in (find.fields.COMMENTS, find.fields.POSTS, find.fields.GALLERIES):
        for name, field in index.named(moderator=True).items():
            value = field.choices[0] if field.choices else values.get(field.kind, "word")
            assert found(library, mod, index.name, f"{name}:{value}") == []
            if field.kind in {"literal", "text"}:
                assert found(library, mod, index.name, f"{name}:w*d") == []
                assert found(library, mod, index.name, f"{name}:words~1") == []
