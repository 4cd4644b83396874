"""Reading images, what is cached and for how long, and what may be changed about one."""

import uuid

import pytest
from sqlalchemy import event, select

import build
import rows
from menagerie.core import checks, image_files, images, labels, moderation, reviewing, tags
from menagerie.core.staff import bans
from menagerie.errors import Banned, Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.search import texts
from menagerie.storage import blobs, schema
from menagerie.storage.schema import Audience, Role


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def bob(library):
    return rows.account(library, "Bob")


@pytest.fixture
def moderator(library):
    return rows.account(library, "Mod", Role.MODERATOR)


@pytest.fixture
def statements(library):
    """Every query of a reading transaction, as it runs."""
    seen = []
    engine = library.database._reader

    def note(_connection, _cursor, statement, *_):
        if "images" in statement or "labels" in statement or "image_sources" in statement:
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def find(library, ids, actor=ANONYMOUS):
    with library.reading(actor) as tx:
        return images.find_many(tx, ids)


def test_images_come_in_the_order_asked_without_unknown_ones(library, alice, bob):
    first, second = rows.image(library), rows.image(library)
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    asked = [second, 999, private, first, -1, 2**70, second]
    assert [image.id for image in find(library, asked)] == [second, first, second]
    assert [image.id for image in find(library, asked, bob)] == [second, first, second]
    assert [image.id for image in find(library, asked, alice)] == [second, private, first, second]


def test_a_key_leads_to_what_the_actor_may_know(library, alice, bob):
    public = rows.image(library)
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    with library.reading(alice) as tx:
        keys = {image_id: images.key_of(tx, image_id) for image_id in (public, private)}
        for image_id, key in keys.items():
            assert images.id_of_key(tx, key) == images.id_of_key(tx, key.upper()) == image_id
    with library.reading(bob) as tx:
        assert images.id_of_key(tx, keys[public]) == public
        unknown = str(uuid.uuid4())
        for key in (keys[private], unknown, f"{{{keys[public]}}}", "", "../etc", "\0", "١" * 36):
            with pytest.raises(NotFound):
                images.id_of_key(tx, key)
        with pytest.raises(NotFound):
            images.key_of(tx, private)


def test_many_take_three_statements_once_and_then_none(library, statements):
    ids = [rows.image(library, f"safe, tag {number}") for number in range(30)]
    library.catalogue.current()
    statements.clear()
    found = find(library, ids)
    assert len(statements) == 3
    with library.reading(ANONYMOUS) as tx:
        assert images.find_many(tx, ids) == found
        assert not tx.is_open
    assert len(statements) == 3


def test_what_changes_is_read_again_and_nothing_else(library, alice):
    first, second = rows.image(library), rows.image(library)
    before = find(library, [first, second])
    with library.writing(alice) as tx:
        labels.edit(tx, first, add=["cat"])
    after = find(library, [first, second])
    assert "cat" in [tag.name for tag in after[0].tags]
    assert after[1] is before[1]


def test_a_transaction_reads_its_own_changes_and_keeps_them_from_others(library, alice):
    image_id = rows.image(library, owner=alice)
    find(library, [image_id])
    with pytest.raises(ZeroDivisionError):
        _describe_and_fail(library, alice, image_id)
    assert find(library, [image_id])[0].description == ""


def _describe_and_fail(library, alice, image_id):
    with library.writing(alice) as tx:
        images.edit_description(tx, image_id, "new")
        assert images.get(tx, image_id).description == "new"
        raise ZeroDivisionError


def test_a_transaction_that_began_earlier_spoils_no_cache(library, alice):
    image_id = rows.image(library, owner=alice)
    with library.reading(ANONYMOUS) as tx:
        tx.all(select(schema.images.c.id))  # fixes what this transaction sees
        with library.writing(alice) as other:
            images.edit_description(other, image_id, "new")
        images.get(tx, image_id)
    assert find(library, [image_id])[0].description == "new"


def test_an_anonymous_upload_hides_its_name(library, alice):
    shown = build.image(library, actor=alice)
    hidden = build.image(library, actor=alice, is_anonymous=True)
    one, other = find(library, [shown, hidden])
    assert (one.uploader_id, one.uploader_name) == (alice.account_id, "Alice")
    assert (other.uploader_id, other.uploader_name) == (None, None)
    assert other.account_id == alice.account_id


def test_tags_are_in_display_order(library):
    image_id = rows.image(library, "zebra, oc:foo, artist:b, safe, series:x, artist:a")
    (image,) = find(library, [image_id])
    names = [tag.name for tag in image.tags]
    assert names == ["safe", "artist:a", "artist:b", "oc:foo", "series:x", "zebra"]
    assert names == [tag.name for tag in sorted(image.tags, key=tags.display_key)]


# Files.


class File:
    sha512 = "ab12" + "0" * 124
    full_sha512 = sha512
    format = "png"
    width, height = 1000, 500

    def __init__(self, **values):
        vars(self).update(values)


@pytest.mark.parametrize(
    ("values", "file", "expected"),
    [
        ({}, "full.png", "original"),
        ({}, "thumb.png", "thumb.png"),
        ({}, "large.png", "original"),
        ({"full_sha512": "f" * 128}, "large.png", f"full-{'f' * 16}.png"),
        ({"format": "gif"}, "full.webm", "full.webm"),
        ({"format": "gif"}, "rendered.png", "rendered.png"),
        ({"format": "svg"}, "full.svg", "original"),
        ({"format": "svg"}, "full.png", "rendered.png"),
        ({"format": "svg"}, "large.png", "rendered.png"),
        ({"format": "svg"}, "thumb.png", "thumb.png"),
        ({"format": "webm"}, "large.webm", "original"),
        ({"format": "webm"}, "large.mp4", "full.mp4"),
        ({"format": "webm"}, "thumb.gif", "thumb.gif"),
    ],
)
def test_a_representation_has_a_file(values, file, expected):
    image = File(**values)
    name = image_files.representation(image, file)
    if expected == "original":
        assert name == blobs.original_name(image.sha512, image.format)
    else:
        assert name == blobs.representation_name(image.sha512, expected)


# Changing.


def test_a_description_is_its_uploaders_and_the_moderators(library, alice, bob, moderator):
    image_id = rows.image(library, owner=alice)
    for actor, error in ((bob, Forbidden), (ANONYMOUS, Unauthenticated)):
        with pytest.raises(error), library.writing(actor) as tx:
            images.edit_description(tx, image_id, "nonsense")
    for actor, text in ((alice, "a sleeping cat"), (moderator, "a running dog")):
        with library.writing(actor) as tx:
            images.edit_description(tx, image_id, text)
        assert find(library, [image_id])[0].description == text
    with library.reading(SYSTEM) as tx:
        assert texts.find(tx.connection, images.DESCRIPTION, "dog") == [image_id]
        assert texts.find(tx.connection, images.DESCRIPTION, "cat") == []
    for text in ("x" * 50_001, "a\0b", "\ud800"):
        with pytest.raises(Invalid) as caught, library.writing(alice) as tx:
            images.edit_description(tx, image_id, text)
        assert list(caught.value.fields) == ["description"]


def test_sources_are_everybodys_and_have_a_history(library, clock, alice, bob):
    image_id = build.image(library, actor=alice, sources=("http://a.example/",))
    clock.advance(60)
    with library.writing(bob) as tx:
        kept = images.edit_sources(tx, image_id, ["https://b.example/", " http://a.example/ ", ""])
    assert kept == ["https://b.example/", "http://a.example/"]
    (image,) = find(library, [image_id])
    assert image.sources == ("https://b.example/", "http://a.example/")
    assert image.updated_at > image.created_at
    with library.writing(bob) as tx:
        images.edit_sources(tx, image_id, [])
        images.edit_sources(tx, image_id, [])
    with library.reading(ANONYMOUS) as tx:
        history = images.source_history(tx, image_id)
    assert [(change.url, change.is_added) for change in history] == [
        ("http://a.example/", False),
        ("https://b.example/", False),
        ("https://b.example/", True),
    ]
    assert {change.account_name for change in history} == {"Bob"}
    with pytest.raises(Unauthenticated), library.writing(ANONYMOUS) as tx:
        images.edit_sources(tx, image_id, [])
    with pytest.raises(Invalid) as caught, library.writing(bob) as tx:
        images.edit_sources(tx, image_id, ["javascript:alert(1)"])
    assert caught.value.fields == {"source_url": ["has invalid format"]}


def test_the_banned_edit_nothing(library, alice):
    image_id = rows.image(library, owner=alice)
    with library.writing(SYSTEM) as tx:
        bans.ban(tx, account_id=alice.account_id)
    for edit in (
        lambda tx: images.edit_description(tx, image_id, "x"),
        lambda tx: images.edit_sources(tx, image_id, []),
    ):
        with pytest.raises(Banned), library.writing(alice) as tx:
            edit(tx)


def test_an_owner_deletes_for_good(library, alice, bob, moderator):
    image_id = build.image(library, actor=alice)
    for actor, error in ((bob, Forbidden), (moderator, Forbidden), (ANONYMOUS, Unauthenticated)):
        with pytest.raises(error), library.writing(actor) as tx:
            images.delete_own(tx, image_id)
    with library.writing(alice) as tx:
        images.delete_own(tx, image_id)
    (image,) = find(library, [image_id])
    assert image.removed_at is not None
    assert image.removal_reason == images.OWNER_DELETED
    assert image_id not in library.catalogue.current().live
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []
    with pytest.raises(NotFound), library.writing(alice) as tx:
        images.delete_own(tx, image_id)
    with pytest.raises(NotFound), library.writing(moderator) as tx:
        moderation.restore(tx, image_id)


def test_deleting_frees_no_file_that_moderation_refused(library, alice, moderator):
    data = build.png(mark=99)
    image_id = build.image(library, actor=alice, data=data)
    with library.writing(moderator) as tx:
        moderation.remove(tx, image_id, "stolen")
    with pytest.raises(NotFound), library.writing(alice) as tx:
        images.delete_own(tx, image_id)
    with library.writing(moderator) as tx:
        moderation.restore(tx, image_id)
        reviewing.reject(tx, image_id, "stolen")
    with library.writing(alice) as tx:
        images.delete_own(tx, image_id)
    with library.reading(SYSTEM) as tx:
        assert images.get(tx, image_id).is_deleted_by_owner
        assert tx.scalar(select(schema.images.c.claims_hash)) is True


def test_the_featured_image_is_the_newest_that_everybody_sees(library, moderator):
    with library.reading(ANONYMOUS) as tx, pytest.raises(NotFound):
        images.featured(tx)
    first, second = rows.image(library), rows.image(library)
    for image_id in (first, second):
        with library.writing(moderator) as tx:
            moderation.feature(tx, image_id)
    with library.reading(ANONYMOUS) as tx:
        assert images.featured(tx).id == second
    with library.writing(moderator) as tx:
        moderation.remove(tx, second, "spam")
    with library.reading(ANONYMOUS) as tx:
        assert images.featured(tx).id == first
