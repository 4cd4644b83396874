"""Quotas, features and what an account used."""

import pytest

import rows
from menagerie.core.apps import quotas, usage, votes
from menagerie.core.apps.opinions import Opinion
from menagerie.errors import Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM

DAY = 86_400_000_000


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


def limit(library, actor, monthly_quota=None, withheld=()):
    with library.writing(SYSTEM) as tx:
        quotas.set_limits(
            tx, actor.account_id, monthly_quota=monthly_quota, withheld=tuple(withheld)
        )


def upload(library, actor):
    with library.writing(actor) as tx:
        quotas.count_upload(tx)
        return quotas.quota(tx)


def test_a_quota_is_used_up_and_begins_anew_with_the_month(library, alice, clock):
    limit(library, alice, monthly_quota=2)
    assert [upload(library, alice).remaining for _ in range(2)] == [1, 0]
    with pytest.raises(Invalid):
        upload(library, alice)
    clock.advance(31 * 24 * 3600)
    assert upload(library, alice) == quotas.Quota(2, 1)


def test_nought_is_no_upload_and_none_is_the_settings(library, alice):
    limit(library, alice, monthly_quota=0)
    with pytest.raises(Invalid):
        upload(library, alice)
    limit(library, alice)
    assert upload(library, alice).quota == quotas.UNLIMITED


def test_only_accounts_have_quotas_and_features(library):
    with library.reading(ANONYMOUS) as tx:
        for ask in (quotas.quota, quotas.features):
            with pytest.raises(Unauthenticated):
                ask(tx)


def test_features_are_there_until_withheld(library, alice):
    with library.reading(alice) as tx:
        assert quotas.features(tx) == quotas.FEATURES
    limit(library, alice, withheld=["pets"])
    with library.reading(alice) as tx:
        assert "pets" not in quotas.features(tx)
        with pytest.raises(Forbidden):
            quotas.require_feature(tx, "pets")
        quotas.require_feature(tx, "image_analysis")


def test_limits_are_set_by_admins_and_make_sense(library, alice):
    with pytest.raises(Invalid):
        limit(library, alice, withheld=["flying"])
    with pytest.raises(Invalid):
        limit(library, alice, monthly_quota=-1)
    with library.writing(SYSTEM) as tx, pytest.raises(NotFound):
        quotas.set_limits(tx, 10**9, monthly_quota=1, withheld=())
    with library.writing(alice) as tx, pytest.raises(Forbidden):
        quotas.set_limits(tx, alice.account_id, monthly_quota=1, withheld=())


def test_use_by_person(library, alice, clock):
    def vote(person):
        with library.writing(alice) as tx:
            votes.add(tx, Opinion(image_ref="x", on_behalf_of=person), 1)

    begun = clock.now()
    for person in ("tom", "eve", "tom", None):
        vote(person)
    clock.advance(24 * 3600)
    vote("late")

    def used(**wanted):
        with library.reading(alice) as tx:
            some, total = usage.by_person(
                tx, **({"since": None, "until": None, "limit": 10, "offset": 0} | wanted)
            )
        return [(one.on_behalf_of, one.votes, one.total) for one in some], total

    assert used() == ([("tom", 2, 2), ("eve", 1, 1), ("late", 1, 1)], 3)
    assert used(limit=1, offset=1) == ([("eve", 1, 1)], 3)
    assert used(until=begun) == ([("tom", 2, 2), ("eve", 1, 1)], 2)
    assert used(since=begun + DAY) == ([("late", 1, 1)], 1)
    with library.reading(rows.account(library, "Bob")) as tx:
        assert usage.by_person(tx, since=None, until=None, limit=10, offset=0) == ([], 0)


def test_the_overview_is_for_admins(library, alice):
    with library.writing(alice) as tx:
        votes.add(tx, Opinion(image_ref="x", on_behalf_of="tom"), 1)
        with pytest.raises(Forbidden):
            usage.overview(tx, alice.account_id)
    with library.reading(SYSTEM) as tx:
        seen = usage.overview(tx, alice.account_id)
        assert (seen.votes, seen.images, seen.people, seen.quota.usage) == (1, 0, 1, 0)
        with pytest.raises(NotFound):
            usage.overview(tx, 10**9)
