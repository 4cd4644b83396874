"""Votes and favourites of programs, and what they do to the account's own."""

import msgspec
import pytest
from pyroaring import BitMap

import rows
from menagerie.core import checks, moderation
from menagerie.core import votes as core_votes
from menagerie.core.apps import favourites, votes
from menagerie.core.apps.opinions import Choice, Opinion
from menagerie.core.orders import Order
from menagerie.core.staff import bans
from menagerie.errors import Banned, Invalid, NotFound, Taken
from menagerie.library import ANONYMOUS, SYSTEM


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def image_id(library):
    return rows.image(library)


def vote(library, actor, value, image_id=None, *, person=None, ref="ref"):
    with library.writing(actor) as tx:
        opinion = Opinion(image_ref=ref, image_id=image_id, on_behalf_of=person)
        return votes.add(tx, opinion, value)


def favour(library, actor, image_id=None, *, person=None, ref="ref"):
    with library.writing(actor) as tx:
        opinion = Opinion(image_ref=ref, image_id=image_id, on_behalf_of=person)
        return favourites.add(tx, opinion)


def remove(library, actor, module, row_id):
    with library.writing(actor) as tx:
        module.remove(tx, row_id)


def own(library, actor, image_id):
    """What the account itself says of the image, once the counters were found right."""
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []
    with library.reading(actor) as tx:
        return [(i.type, i.value) for i in core_votes.interactions(tx, [image_id])]


def test_every_vote_is_kept_and_its_value_returned(library, alice):
    values = [1, -1, 0, 3, 1.7e308, -2.5]
    made = [vote(library, alice, value, ref="nothing") for value in values]
    with library.reading(alice) as tx:
        found, total = votes.find(tx, Choice(limit=100))
        assert [v.value for v in found] == values
        assert total == len(values)
        assert votes.get(tx, made[0].id) == made[0]
    assert len({v.id for v in made}) == len(values)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), float("-inf")])
def test_a_value_is_finite(library, alice, value):
    with pytest.raises(Invalid):
        vote(library, alice, value)


def test_long_texts_are_refused_together(library, alice):
    opinion = Opinion(image_ref="r" * 256, on_behalf_of="s" * 256)
    with library.writing(alice) as tx, pytest.raises(Invalid) as caught:
        votes.add(tx, opinion, 1)
    assert set(caught.value.fields) == {"image_ref", "on_behalf_of"}


def test_others_rows_do_not_exist(library, alice):
    made, kept = vote(library, alice, 1), favour(library, alice)
    for stranger in (rows.account(library, "Bob"), ANONYMOUS):
        with library.writing(stranger) as tx:
            for module, row_id in ((votes, made.id), (favourites, kept.id)):
                assert module.find(tx, Choice()) == ([], 0)
                with pytest.raises(NotFound):
                    module.get(tx, row_id)
                with pytest.raises(NotFound):
                    module.remove(tx, row_id)


def test_those_without_an_account_share_one_of_their_own(library, image_id):
    made = vote(library, ANONYMOUS, 1, image_id)
    kept = favour(library, ANONYMOUS, image_id)
    with library.reading(ANONYMOUS) as tx:
        assert votes.get(tx, made.id).account_id is None
        assert favourites.get(tx, kept.id).account_id is None
    assert own(library, rows.account(library, "Bob"), image_id) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1], [("voted", "up")]),
        ([3.5], [("voted", "up")]),
        ([0], [("voted", "down")]),
        ([1, -1], [("voted", "down")]),
        ([-1, -1, 2], [("voted", "up")]),
    ],
)
def test_the_newest_vote_is_the_accounts_own(library, alice, image_id, values, said):
    made = [vote(library, alice, value, image_id) for value in values]
    assert own(library, alice, image_id) == said
    for one in made:
        remove(library, alice, votes, one.id)
    assert own(library, alice, image_id) == []


def test_removing_the_newest_brings_the_one_before_back(library, alice, image_id):
    vote(library, alice, -1, image_id)
    newest = vote(library, alice, 1, image_id)
    remove(library, alice, votes, newest.id)
    assert own(library, alice, image_id) == [("voted", "down")]


def test_on_behalf_of_somebody_nothing_is_the_accounts_own(library, alice, image_id):
    for person in ("tom", ""):
        vote(library, alice, 1, image_id, person=person)
        favour(library, alice, image_id, person=person)
    assert own(library, alice, image_id) == []


def test_a_favourite_is_a_fave_without_a_vote(library, alice, image_id):
    kept = favour(library, alice, image_id)
    assert own(library, alice, image_id) == [("faved", "")]
    remove(library, alice, favourites, kept.id)
    assert own(library, alice, image_id) == []


def test_of_each_favourite_there_is_one_until_it_is_deleted(library, alice):
    first = favour(library, alice)
    for person in ("", "tom"):
        favour(library, alice, person=person)
        with pytest.raises(Taken):
            favour(library, alice, person=person)
    with pytest.raises(Taken):
        favour(library, alice)
    remove(library, alice, favourites, first.id)
    again = favour(library, alice)
    assert again.id != first.id
    with library.reading(alice) as tx:
        assert favourites.find(tx, Choice())[1] == 3
        assert favourites.find(tx, Choice(), with_deleted=True)[1] == 4
        with pytest.raises(NotFound):
            favourites.get(tx, first.id)


def test_what_is_out_of_sight_since_can_still_be_taken_back(library, alice, image_id):
    made, kept = vote(library, alice, 1, image_id), favour(library, alice, image_id)
    moderator = rows.account(library, "Mod", role="moderator")
    with library.writing(moderator) as tx:
        moderation.remove(tx, image_id, "no")
    remove(library, alice, votes, made.id)
    remove(library, alice, favourites, kept.id)
    with library.reading(alice) as tx:
        assert votes.find(tx, Choice())[1] == 0


def test_who_is_banned_says_nothing(library, alice):
    with library.writing(SYSTEM) as tx:
        bans.ban(tx, account_id=alice.account_id, reason="spam")
    with pytest.raises(Banned):
        vote(library, alice, 1)
    with pytest.raises(Banned):
        favour(library, alice)


def test_pages(library, alice, image_id):
    other_id = rows.image(library)
    made = [
        vote(library, alice, 1, which, person=person, ref=str(which))
        for which in (image_id, other_id, None)
        for person in (None, "tom")
    ]
    ids = [v.id for v in made]

    def found(**wanted):
        with library.reading(alice) as tx:
            some, total = votes.find(tx, Choice(**wanted))
        return [v.id for v in some], total

    assert found() == (ids, 6)
    assert found(limit=2, offset=2) == (ids[2:4], 6)
    assert found(limit=2, offset=6) == ([], 6)
    assert found(order=Order.DESC, limit=2) == (ids[:-3:-1], 6)
    assert found(on_behalf_of="tom") == (ids[1::2], 3)
    assert found(on_behalf_of="nobody") == ([], 0)
    assert found(image_ref=str(other_id)) == (ids[2:4], 2)
    assert found(within=BitMap([other_id])) == (ids[2:4], 2)
    assert found(without=BitMap([other_id])) == (ids[:2] + ids[4:], 4)
    assert found(within=BitMap([image_id, other_id]), order=Order.DESC, limit=1, offset=1) == (
        [ids[2]],
        4,
    )
    some, total = found(order=Order.RANDOM, limit=4)
    assert total == 6
    assert len(set(some)) == 4
    assert set(some) <= set(ids)


def test_the_newest_of_each_image(library, alice, image_id):
    for value, person in ((1, None), (2, None), (3, "tom")):
        newest = vote(library, alice, value, image_id, person=person)
    kept = favour(library, alice, image_id, person="tom")
    with library.reading(alice) as tx:
        assert votes.newest_of(tx, [image_id], "tom") == {image_id: newest}
        assert votes.newest_of(tx, [image_id], None)[image_id].value == 2
        assert votes.newest_of(tx, [image_id], "eve") == {}
        assert favourites.of_images(tx, [image_id], "tom") == {image_id: kept}
        assert favourites.of_images(tx, [image_id], None) == {}
    assert msgspec.structs.asdict(kept)["deleted_at"] is None
