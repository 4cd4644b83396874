"""Requests to make private images public."""

import pytest

import build
import rows
from menagerie.core import checks, find, images, visibility
from menagerie.core.apps import requests
from menagerie.errors import Forbidden, Invalid, NotFound, Taken, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import Audience, RequestState, Review


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def moderator(library):
    return rows.account(library, "Mod", role="moderator")


def private(library, actor, data=None):
    return build.image(library, actor=actor, audience=Audience.PRIVATE, data=data)


def ask(library, actor, image_id, message="please"):
    with library.writing(actor) as tx:
        return requests.create(tx, image_id, message)


def decide(library, actor, key, *, approve, message="fine"):
    with library.writing(actor) as tx:
        return requests.decide(tx, key, approve=approve, message=message)


def everybody_finds(library):
    with library.reading(ANONYMOUS) as tx:
        return find.images(tx, find.parse(tx, "*")).ids


def test_an_approved_image_is_everybodys(library, alice, moderator):
    image_id = private(library, alice)
    asked = ask(library, alice, image_id)
    assert (asked.state, asked.request_message) == (RequestState.PENDING, "please")
    assert everybody_finds(library) == []
    done = decide(library, moderator, asked.key, approve=True)
    assert (done.state, done.admin_message, done.decided_by) == ("approved", "fine", "Mod")
    assert everybody_finds(library) == [image_id]
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


def test_a_denied_image_stays_private_and_may_ask_again(library, alice, moderator):
    image_id = private(library, alice)
    done = decide(library, moderator, ask(library, alice, image_id).key, approve=False)
    assert done.state == "denied"
    assert everybody_finds(library) == []
    assert ask(library, alice, image_id).state == "pending"


def test_there_is_one_pending_request(library, alice):
    image_id = private(library, alice)
    ask(library, alice, image_id)
    with pytest.raises(Taken):
        ask(library, alice, image_id)
    with library.writing(alice) as tx:
        assert requests.cancel(tx, image_id).state == "cancelled"
        with pytest.raises(NotFound):
            requests.cancel(tx, image_id)
    assert ask(library, alice, image_id).state == "pending"


def test_what_may_not_be_asked(library, alice, moderator):
    mine = private(library, alice)
    with pytest.raises(NotFound):
        ask(library, moderator, mine)  # nobody's business, so not there
    with pytest.raises(Forbidden):
        ask(library, alice, rows.image(library))
    with pytest.raises(Invalid):
        ask(library, alice, build.image(library, actor=alice))
    unsafe = rows.image(library, owner=alice, audience=Audience.PRIVATE, review=Review.PENDING)
    with pytest.raises(Invalid):
        ask(library, alice, unsafe)
    with pytest.raises(Invalid):
        ask(library, alice, mine, "x" * 501)
    with pytest.raises(Unauthenticated):
        ask(library, ANONYMOUS, mine)


def test_only_staff_see_and_decide(library, alice, moderator):
    asked = ask(library, alice, private(library, alice))
    stranger = rows.account(library, "Eve")
    with pytest.raises(Forbidden):
        decide(library, alice, asked.key, approve=True)
    with library.reading(stranger) as tx:
        with pytest.raises(NotFound):
            requests.get(tx, asked.key)
        with pytest.raises(Forbidden):
            requests.find(tx)
        with pytest.raises(Forbidden):
            requests.picture(tx, asked.key)
    with library.reading(moderator) as tx:
        assert requests.find(tx) == ([asked], 1)
        assert requests.picture(tx, asked.key).id == asked.image_id


def test_a_request_is_decided_once(library, alice, moderator):
    asked = ask(library, alice, private(library, alice))
    decide(library, moderator, asked.key, approve=False)
    with pytest.raises(Invalid):
        decide(library, moderator, asked.key, approve=True)


def test_a_deleted_image_asks_for_nothing(library, alice, moderator):
    image_id = private(library, alice)
    asked = ask(library, alice, image_id)
    with library.writing(alice) as tx:
        images.delete_own(tx, image_id)
    with library.reading(moderator) as tx:
        assert requests.find(tx) == ([], 0)
    with pytest.raises(NotFound):
        decide(library, moderator, asked.key, approve=True)


def test_the_same_file_that_is_public_already_takes_it_in(library, alice, moderator):
    data = build.png()
    there = build.image(library, data=data)
    image_id = private(library, alice, data)
    decide(library, moderator, ask(library, alice, image_id).key, approve=True)
    assert everybody_finds(library) == [there]
    with library.reading(alice) as tx:
        facts = visibility.get_facts(tx, image_id)
    assert facts.merged_into_id == there
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []
