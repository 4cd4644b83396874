import pytest

import rows
from menagerie.core import image_texts, moderation, staff_log
from menagerie.core.image_texts import State
from menagerie.core.staff import bans
from menagerie.errors import Banned, Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage.schema import Audience, Role


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def mia(library):
    return rows.account(library, "Mia", Role.MODERATOR)


def add(library, actor, image_id, *texts):
    with library.writing(actor) as tx:
        return image_texts.add(tx, image_id, [(text, "en") for text in texts])


def seen(library, actor, image_id):
    with library.reading(actor) as tx:
        return [row.text for row in image_texts.of_image(tx, image_id)]


def test_a_description_is_seen_once_a_moderator_lets_it(library, alice, mia):
    image_id = rows.image(library)
    [text] = add(library, ANONYMOUS, image_id, " a red dog ")
    [own] = add(library, alice, image_id, "two ears")
    assert (text.text, text.state, own.account_id) == ("a red dog", "unknown", alice.account_id)
    assert seen(library, ANONYMOUS, image_id) == []
    assert seen(library, alice, image_id) == ["two ears"]
    assert seen(library, mia, image_id) == ["a red dog", "two ears"]
    with library.writing(mia) as tx:
        assert image_texts.count_unprocessed(tx) == 2
        assert image_texts.decide(tx, image_id, text.key, is_unlocked=True).state == State.UNLOCKED
        assert image_texts.decide(tx, image_id, own.key, is_unlocked=False).state == State.LOCKED
    assert seen(library, ANONYMOUS, image_id) == ["a red dog"]
    with library.reading(mia) as tx:
        assert image_texts.count_unprocessed(tx) == 0
        assert image_texts.unprocessed(tx) == []
        acts = [entry.action for entry in staff_log.find(tx, subject_kind="image")]
        assert acts == ["locked description", "unlocked description"]


def test_the_same_text_is_kept_once(library):
    image_id = rows.image(library)
    first = add(library, ANONYMOUS, image_id, "a dog", "a dog", "b")
    assert add(library, ANONYMOUS, image_id, "a dog") == first[:1]
    with library.reading(SYSTEM) as tx:
        assert [t.text for t in image_texts.unprocessed(tx)] == ["a dog", "b"]
        assert len(image_texts.unprocessed(tx, limit=1)) == 1


def test_what_is_no_description_is_refused(library):
    image_id = rows.image(library)
    with library.writing(ANONYMOUS) as tx:
        for texts in ([], [("", "en")], [("x" * 5000, "en")], [("x", "en")] * 21, [("a\0", "en")]):
            with pytest.raises(Invalid) as raised:
                image_texts.add(tx, image_id, texts)
            assert list(raised.value.fields) == ["description"]
        with pytest.raises(Invalid) as raised:
            image_texts.add(tx, image_id, [("x", "de")])
        assert list(raised.value.fields) == ["language"]
        with pytest.raises(NotFound):
            image_texts.add(tx, image_id + 9, [("x", "en")])


def test_only_moderators_decide_and_read_the_queue(library, alice, mia):
    image_id = rows.image(library)
    [text] = add(library, ANONYMOUS, image_id, "a dog")
    for actor, error in ((ANONYMOUS, Unauthenticated), (alice, Forbidden)):
        with library.writing(actor) as tx:
            with pytest.raises(error):
                image_texts.decide(tx, image_id, text.key, is_unlocked=True)
            with pytest.raises(error):
                image_texts.unprocessed(tx)
            with pytest.raises(error):
                image_texts.count_unprocessed(tx)
    with library.writing(mia) as tx, pytest.raises(NotFound):
        image_texts.decide(tx, image_id, "no", is_unlocked=True)


def test_private_images_are_nobody_elses(library, alice, mia):
    image_id = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    add(library, alice, image_id, "mine")
    with library.reading(mia) as tx:
        assert image_texts.count_unprocessed(tx) == 0
        with pytest.raises(NotFound):
            image_texts.of_image(tx, image_id)


def test_the_banned_describe_nothing(library):
    image_id = rows.image(library)
    with library.writing(SYSTEM) as tx:
        bans.ban(tx, network="192.0.2.0/24", reason="noise")
    with library.writing(Actor(address="192.0.2.7")) as tx, pytest.raises(Banned):
        image_texts.add(tx, image_id, [("x", "en")])


def test_descriptions_follow_an_image_that_is_merged(library):
    one, two = rows.image(library), rows.image(library)
    add(library, ANONYMOUS, one, "a dog", "both")
    add(library, ANONYMOUS, two, "both")
    with library.writing(SYSTEM) as tx:
        moderation.merge(tx, one, two)
        assert [text.text for text in image_texts.of_image(tx, two)] == ["a dog", "both"]
