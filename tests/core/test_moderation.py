"""What moderators do, who may not, what it leaves behind, and the log of it all."""

import msgspec
import pytest
from sqlalchemy import select, update

import build
import rows
from menagerie.core import (
    checks,
    find,
    images,
    labels,
    moderation,
    reviewing,
    rights,
    staff_log,
    visibility,
    votes,
)
from menagerie.core.staff import bans
from menagerie.core.visibility import State
from menagerie.errors import Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import Review, Role


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def bob(library):
    return rows.account(library, "Bob")


@pytest.fixture
def moderator(library):
    return rows.account(library, "Mod", Role.MODERATOR)


def act(library, actor, function, *args, **kwargs):
    with library.writing(actor) as tx:
        return function(tx, *args, **kwargs)


def read(library, image_id):
    with library.reading(SYSTEM) as tx:
        return images.find_any(tx, image_id)


def is_live(library, image_id):
    return image_id in library.catalogue.current().live


def check_counters(library):
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


ACTS = {
    "remove": lambda tx, image_id: moderation.remove(tx, image_id, "spam"),
    "restore": moderation.restore,
    "merge": lambda tx, image_id: moderation.merge(tx, image_id, image_id + 1),
    "feature": moderation.feature,
    "approve": reviewing.approve,
    "reject": reviewing.reject,
    "quarantine": reviewing.quarantine,
    "decide": lambda tx, image_id: reviewing.decide(tx, image_id, reviewing.Decision.NONE),
    "pending": lambda tx, _: reviewing.pending(tx),
    "unverified": lambda tx, _: reviewing.unverified(tx),
    "log": lambda tx, _: staff_log.find(tx),
    "ban": lambda tx, _: bans.ban(tx, network="192.0.2.0/24"),
    "unban": lambda tx, _: bans.unban(tx, 1),
    "bans": lambda tx, _: bans.bans(tx),
}


@pytest.mark.parametrize("name", ACTS)
def test_only_moderators_may(library, alice, moderator, name):
    image_id, _ = rows.image(library, owner=alice), rows.image(library)
    act(library, moderator, bans.ban, fingerprint="x")
    for actor, error in ((ANONYMOUS, Unauthenticated), (alice, Forbidden)):
        with pytest.raises(error):
            act(library, actor, ACTS[name], image_id)
    act(library, moderator, ACTS[name], image_id)


def test_a_removed_image_is_a_stub_until_restored(library, moderator):
    image_id = rows.image(library)
    act(library, moderator, moderation.remove, image_id, " stolen ")
    image = read(library, image_id)
    assert visibility.state(image) is State.REMOVED
    assert (image.removal_reason, image.removed_by_id) == ("stolen", moderator.account_id)
    assert not is_live(library, image_id)
    check_counters(library)
    act(library, moderator, moderation.remove, image_id, "again")
    check_counters(library)
    act(library, moderator, moderation.restore, image_id)
    act(library, moderator, moderation.restore, image_id)
    image = read(library, image_id)
    assert visibility.state(image) is State.VISIBLE
    assert image.removal_reason is None
    assert is_live(library, image_id)
    check_counters(library)


def test_a_reason_is_bounded_and_never_empty(library, moderator):
    image_id = rows.image(library)
    with pytest.raises(Invalid) as caught:
        act(library, moderator, moderation.remove, image_id, "x" * 1001)
    assert list(caught.value.fields) == ["reason"]
    act(library, moderator, moderation.remove, image_id, "  ")
    assert read(library, image_id).removal_reason == moderation.DEFAULT_REASON


# Merging.


def gallery(library, owner, image_ids):
    with library.writing(owner) as tx:
        made = tx.execute(
            schema.galleries.insert()
            .values(
                account_id=owner.account_id,
                title="G",
                thumbnail_id=image_ids[0],
                image_count=len(image_ids),
                created_at=tx.now_s,
                updated_at=tx.now_s,
            )
            .returning(schema.galleries.c.id)
        )
        gallery_id = made.scalar_one()
        tx.execute(
            schema.gallery_images.insert(),
            [
                {"gallery_id": gallery_id, "image_id": image_id, "position": position}
                for position, image_id in enumerate(image_ids)
            ],
        )
        tx.changed(schema.ChangeKind.GALLERY, gallery_id)
    return gallery_id


def in_gallery(library, gallery_id):
    place, row = schema.gallery_images.c, schema.galleries.c
    with library.reading(SYSTEM) as tx:
        ids = tx.all(
            select(place.image_id).where(place.gallery_id == gallery_id).order_by(place.position)
        )
        about = tx.one(select(row.image_count, row.thumbnail_id).where(row.id == gallery_id))
    return [image_id for (image_id,) in ids], *about


def test_a_merge_moves_everything_to_the_target(library, clock, alice, bob, moderator):
    old = build.image(
        library, "safe, cat, both", sources=("http://a.example/", "http://b.example/")
    )
    clock.advance(60)
    new = build.image(
        library, "safe, dog, both", sources=("http://b.example/", "http://c.example/")
    )
    other = rows.image(library)
    for actor, image_id in ((alice, new), (bob, new), (bob, old)):
        act(library, actor, votes.fave, image_id)
    act(library, alice, votes.hide, new)
    act(library, alice, votes.subscribe, new)
    alone = gallery(library, alice, [new, other])
    shared = gallery(library, alice, [new, old, other])
    clock.advance(60)
    assert act(library, moderator, moderation.merge, new, old) == old
    merged, target = read(library, new), read(library, old)
    assert visibility.state(merged) is State.MERGED
    assert merged.merged_into_id == old
    assert not is_live(library, new)
    assert {tag.name for tag in target.tags} == {"safe", "cat", "dog", "both"}
    assert target.sources == ("http://a.example/", "http://b.example/", "http://c.example/")
    assert (target.faves, target.upvotes, target.score, target.hides) == (2, 2, 2, 1)
    with library.reading(SYSTEM) as tx:
        subscribed = tx.all(select(schema.image_subscriptions.c.image_id))
        assert old in [row.image_id for row in subscribed]
    assert in_gallery(library, alone) == ([old, other], 2, old)
    assert in_gallery(library, shared) == ([old, other], 2, old)
    check_counters(library)
    with library.reading(SYSTEM) as tx:
        places = tx.all(select(schema.gallery_images.c.position).order_by("position"))
    assert [row.position for row in places] == [0, 0, 1, 1]


def test_the_target_keeps_the_earlier_first_sight(library, clock, moderator):
    old = rows.image(library)
    clock.advance(60)
    new = rows.image(library)
    first_seen_at = read(library, old).first_seen_at
    act(library, moderator, moderation.merge, old, new)
    assert read(library, new).first_seen_at == first_seen_at


def test_a_chain_of_merges_leads_straight_to_the_last(library, moderator):
    one, two, three, four = (rows.image(library) for _ in range(4))
    act(library, moderator, moderation.merge, one, two)
    act(library, moderator, moderation.merge, two, three)
    assert [read(library, image_id).merged_into_id for image_id in (one, two)] == [three, three]
    # What was merged stands for its target.
    assert act(library, moderator, moderation.merge, four, one) == three
    act(library, moderator, moderation.restore, one)
    assert is_live(library, one)
    check_counters(library)


def test_a_merge_is_refused_with_itself_a_removed_one_or_twice(library, moderator):
    one, two, gone = (rows.image(library) for _ in range(3))
    act(library, moderator, moderation.remove, gone, "spam")
    for image_id, target_id, field in ((one, one, "target"), (one, gone, "target")):
        with pytest.raises(Invalid) as caught:
            act(library, moderator, moderation.merge, image_id, target_id)
        assert list(caught.value.fields) == [field]
    with pytest.raises(NotFound):
        act(library, moderator, moderation.merge, one, 999)
    act(library, moderator, moderation.merge, one, two)
    with pytest.raises(Invalid):  # into what it was merged into itself
        act(library, moderator, moderation.merge, two, one)
    with pytest.raises(Invalid):
        act(library, moderator, moderation.merge, one, two)


# Review.


def test_the_queue_holds_public_images_that_wait_the_oldest_first(library, alice, moderator):
    first, second, _approved = (
        rows.image(library, owner=alice, review=review)
        for review in (Review.PENDING, Review.PENDING, Review.APPROVED)
    )
    rows.image(library, owner=alice, review=Review.PENDING, audience=schema.Audience.PRIVATE)
    removed = rows.image(library, review=Review.PENDING)
    act(library, moderator, moderation.remove, removed, "spam")
    found, total = act(library, moderator, reviewing.pending)
    assert ([image.id for image in found], total) == ([first, second], 2)
    found, total = act(library, moderator, reviewing.pending, limit=1, offset=1)
    assert ([image.id for image in found], total) == ([second], 2)


def test_an_approved_image_is_found_and_counts_as_first_seen_then(library, clock, moderator):
    image_id = rows.image(library, review=Review.PENDING)
    assert not is_live(library, image_id)
    clock.advance(3600)
    act(library, moderator, reviewing.approve, image_id)
    assert is_live(library, image_id)
    image = read(library, image_id)
    assert image.first_seen_at == image.created_at + 3600 * 1_000_000
    check_counters(library)
    clock.advance(3600)
    act(library, moderator, reviewing.approve, image_id)
    assert read(library, image_id) == image


def test_a_rejected_image_exists_for_its_owner_and_staff(library, alice, bob, moderator):
    image_id = build.image(library, actor=alice)
    act(library, moderator, reviewing.reject, image_id, "not a picture of anything")
    assert not is_live(library, image_id)
    check_counters(library)
    for actor in (ANONYMOUS, bob):
        with library.reading(actor) as tx, pytest.raises(NotFound):
            images.get(tx, image_id)
    for actor in (alice, moderator):
        with library.reading(actor) as tx:
            assert images.get(tx, image_id).review == Review.REJECTED
    act(library, moderator, reviewing.approve, image_id)
    assert is_live(library, image_id)


def test_only_what_everybody_sees_is_featured(library, moderator):
    image_id = rows.image(library, review=Review.PENDING)
    with pytest.raises(Invalid):
        act(library, moderator, moderation.feature, image_id)
    act(library, moderator, reviewing.approve, image_id)
    act(library, moderator, moderation.feature, image_id)
    with library.reading(ANONYMOUS) as tx:
        assert images.featured(tx).id == image_id


# Bans and the log.


def test_bans_hold_until_lifted_or_over(library, clock, alice, moderator):
    def is_banned(actor):
        with library.reading(actor) as tx:
            return rights.is_banned(tx)

    near = Actor(address="192.0.2.77")
    marked = Actor(fingerprint="f00")
    assert not any(is_banned(actor) for actor in (alice, near, marked))
    until = clock.time + 60 * 1_000_000
    account = act(library, moderator, bans.ban, account_id=alice.account_id, until_at=until)
    network = act(library, moderator, bans.ban, network=" 192.0.2.9/24 ", reason="spam")
    act(library, moderator, bans.ban, fingerprint="f00")
    assert all(is_banned(actor) for actor in (alice, near, marked))
    assert not is_banned(Actor(address="198.51.100.1"))
    found = act(library, moderator, bans.bans)
    assert [(ban.account_name, ban.network, ban.fingerprint) for ban in found] == [
        (None, None, "f00"),
        (None, "192.0.2.0/24", None),
        ("Alice", None, None),
    ]
    act(library, moderator, bans.unban, network)
    clock.advance(61)
    assert [is_banned(actor) for actor in (alice, near, marked)] == [False, False, True]
    assert account not in [ban.id for ban in act(library, moderator, bans.bans)]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "ban"),
        ({"network": "192.0.2.0/24", "fingerprint": "x"}, "ban"),
        ({"network": "here"}, "network"),
        ({"fingerprint": "x", "until_at": 1}, "until_at"),
    ],
)
def test_a_senseless_ban_is_refused(library, moderator, values, field):
    with pytest.raises(Invalid) as caught:
        act(library, moderator, bans.ban, **values)
    assert list(caught.value.fields) == [field]


def test_staff_and_nobody_cannot_be_banned(library, moderator):
    with pytest.raises(Forbidden):
        act(library, moderator, bans.ban, account_id=moderator.account_id)
    with pytest.raises(NotFound):
        act(library, moderator, bans.ban, account_id=999)


def test_every_act_is_in_the_log(library, alice, moderator):
    one, two = rows.image(library, review=Review.PENDING), rows.image(library)
    act(library, moderator, reviewing.approve, one)
    act(library, moderator, moderation.feature, one)
    act(library, moderator, moderation.remove, one, "spam")
    act(library, moderator, moderation.restore, one)
    act(library, moderator, reviewing.reject, one, "ugly")
    act(library, moderator, moderation.merge, one, two)
    ban_id = act(library, moderator, bans.ban, account_id=alice.account_id, reason="rude")
    act(library, moderator, bans.unban, ban_id)
    entries = act(library, moderator, staff_log.find)
    assert [(entry.action, entry.subject_kind, entry.reason) for entry in entries] == [
        ("unban", "account", ""),
        ("ban", "account", "rude"),
        ("merge", "image", ""),
        ("reject", "image", "ugly"),
        ("restore", "image", ""),
        ("remove", "image", "spam"),
        ("feature", "image", ""),
        ("approve", "image", ""),
    ]
    assert {entry.account_name for entry in entries} == {"Mod"}
    assert msgspec.json.decode(entries[2].details) == {"target_id": two}
    about_alice = act(
        library, moderator, staff_log.find, subject_kind="account", subject_id=alice.account_id
    )
    assert [entry.action for entry in about_alice] == ["unban", "ban"]
    assert len(act(library, moderator, staff_log.find, limit=3, offset=6)) == 2


def test_what_failed_is_not_in_the_log(library, moderator):
    image_id = rows.image(library)
    with library.writing(SYSTEM) as tx:
        tx.execute(update(schema.images).values(audience="private"))
        tx.changed(schema.ChangeKind.IMAGE, image_id)
    with pytest.raises(NotFound):
        act(library, moderator, moderation.remove, image_id, "spam")
    assert act(library, moderator, staff_log.find) == []


def test_reasons_notes_and_descriptions_are_found_by_their_words(library) -> None:
    image_id = rows.image(library, "safe, dog, solo")
    with library.writing(SYSTEM) as tx:
        moderation.annotate(tx, image_id, "Asked the uploader about sources")
        moderation.remove(tx, image_id, "Shows a stolen drawing")
    for query in ("scratchpad:asking", "deletion_reason:stolen drawings"):
        assert found(library, query) == [image_id], query
    with library.writing(SYSTEM) as tx:
        moderation.restore(tx, image_id)
    assert found(library, "deletion_reason:stolen") == []


def found(library, query: str) -> list[int]:
    with library.reading(SYSTEM) as tx:
        node = find.parse(tx, query)
        return find.images(tx, node, removed=find.Removed.ALSO).ids


# Reviews.


def recount(library):
    with library.reading(SYSTEM) as tx:
        return labels.recount(tx)


def test_quarantine_hides_an_image_from_its_uploader_too(library, alice, moderator):
    image_id = rows.image(library, owner=alice)
    act(library, moderator, reviewing.quarantine, image_id, " privacy ")
    act(library, moderator, reviewing.quarantine, image_id)
    for actor in (ANONYMOUS, alice):
        with library.reading(actor) as tx:
            assert images.find_many(tx, [image_id]) == []
    with pytest.raises(NotFound):
        act(library, alice, images.delete_own, image_id)
    with library.reading(moderator) as tx:
        assert images.get(tx, image_id).review == Review.QUARANTINED
        (entry,) = staff_log.find(tx, subject_kind="image", subject_id=image_id)
    assert (entry.action, entry.reason) == ("quarantine", "privacy")
    assert not is_live(library, image_id)
    assert recount(library) == []
    act(library, moderator, reviewing.approve, image_id)
    assert is_live(library, image_id)
    assert recount(library) == []


def test_what_waits_is_shown_with_its_labels_in_any_order(library, alice, moderator):
    build.word(library, "dog")
    build.word(library, "TV")
    ids = [
        rows.image(library, "tv, dog, solo", owner=alice, review=Review.PENDING) for _ in range(8)
    ]
    rows.image(library)
    act(library, moderator, reviewing.quarantine, ids[0])
    with library.reading(moderator) as tx:
        found, total = reviewing.unverified(tx, limit=3)
        assert ([one.image.id for one in found], total) == (ids[1:4], 7)
        assert found[0].labels == ("TV", "dog")
        orders = set()
        for _ in range(5):
            shuffled, total = reviewing.unverified(tx, limit=4, shuffle=True)
            assert (len({one.image.id for one in shuffled}), total) == (4, 7)
            orders.add(tuple(one.image.id for one in shuffled))
        assert len(orders) > 1
        assert len(reviewing.unverified(tx, limit=100, shuffle=True)[0]) == 7


def test_many_reviews_are_decided_at_once_or_none(library, alice, moderator):
    ids = [rows.image(library, owner=alice, review=Review.PENDING) for _ in range(5)]
    wanted = list(zip(ids, reviewing.Decision, strict=True))
    with pytest.raises(NotFound):
        act(library, moderator, reviewing.decide_many, [*wanted, (999, "approve")])
    assert {read(library, image_id).review for image_id in ids} == {Review.PENDING}
    act(library, moderator, reviewing.decide_many, wanted)
    assert [(read(library, i).review, read(library, i).removed_at is None) for i in ids] == [
        (Review.APPROVED, True),
        (Review.REJECTED, True),
        (Review.QUARANTINED, True),
        (Review.PENDING, False),
        (Review.PENDING, True),
    ]
    act(library, moderator, reviewing.decide, ids[0], reviewing.Decision.REMOVE)
    assert read(library, ids[0]).removed_at is not None
    assert recount(library) == []
