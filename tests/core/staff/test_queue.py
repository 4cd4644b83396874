"""What waits for staff stands in one list by age, and one moderator looks into each thing."""

import pytest
from sqlalchemy import update

import build
import rows
from menagerie.core import dnp, reports, reviewing
from menagerie.core.apps import requests
from menagerie.core.people import links
from menagerie.core.staff import deciding, duplicates, queue
from menagerie.core.talk import comments, posts, topics
from menagerie.errors import Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import Audience, DnpType, LinkState, QueueKind, Review, Role


@pytest.fixture
def world(library, clock, alice, moderator, act):
    """One thing of each kind that waits, a minute apart; returns their kinds in order."""
    image_id, other = rows.image(library), rows.image(library)
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    topic = act(alice, topics.create, "general", title="Talk", body="Hello.")
    done = []

    def add(kind, actor, function, *args, **kwargs):
        clock.advance(60)
        act(actor, function, *args, **kwargs)
        done.append(kind)

    add(QueueKind.REPORT, alice, reports.report, image_id, "First: ugly")
    act(Actor(address="192.0.2.1"), reports.report, image_id, "Second")
    clock.advance(60)
    rows.image(library, owner=alice, review=Review.PENDING)
    done.append(QueueKind.UPLOAD)
    clock.advance(60)
    donation = rows.image(library, review=Review.PENDING)
    with library.writing(SYSTEM) as tx:
        given = update(schema.images).where(schema.images.c.id == donation)
        tx.execute(given.values(consented_at=1))
    done.append(QueueKind.DONATION)
    add(QueueKind.DUPLICATE, alice, duplicates.suggest, image_id, other, "same")
    add(QueueKind.PUBLIC_REQUEST, alice, requests.create, private, "please")
    with build.configured(library, hold_links=True):
        text = "See https://elsewhere.example/"
        add(QueueKind.COMMENT, alice, comments.create, image_id, text)
        add(QueueKind.POST, alice, posts.create, topic.id, text)
    rows.tag_ids(library, "artist:alice")
    add(QueueKind.LINK, alice, links.add, "https://alice.example/", "artist:alice")
    linked = act(moderator, links.of_account, alice.account_id)[0].id
    act(moderator, links.decide, linked, LinkState.VERIFIED)
    asked = {"conditions": "none", "reason": "mine", "hides_reason": False, "feedback": ""}
    add(QueueKind.DNP, alice, dnp.request, "artist:alice", DnpType.NO_EDITS, **asked)
    act(moderator, links.decide, linked, LinkState.CONTACTED)
    return done


def test_everything_that_waits_is_in_one_list_by_age(world, alice, moderator, act):
    for actor, error in ((ANONYMOUS, Unauthenticated), (alice, Forbidden)):
        with pytest.raises(error):
            act(actor, queue.find)
    found, total = act(moderator, queue.find)
    assert ([item.kind for item in found], total) == (world, len(QueueKind))
    assert act(moderator, queue.counts) == dict.fromkeys(QueueKind, 1)
    report, *_, link, entry = found
    assert (report.count, report.text, report.by_name) == (2, "First: ugly", "Alice")
    assert (report.subject_kind, report.subject_id) == ("image", report.image_id)
    assert (link.text, entry.by_name) == ("https://alice.example/", "Alice")

    first, total = act(moderator, queue.find, limit=4)
    rest, _ = act(moderator, queue.find, after=first[-1].place)
    assert ([*first, *rest], total) == (found, len(QueueKind))
    some, total = act(moderator, queue.find, kinds={QueueKind.POST, QueueKind.UPLOAD})
    assert ([item.kind for item in some], total) == ([QueueKind.UPLOAD, QueueKind.POST], 2)
    assert act(moderator, queue.find, kinds=()) == ([], 0)
    for place in ("", "1-x-1", "a-post-1", "1-post-99999999999999999999"):
        with pytest.raises(Invalid):
            act(moderator, queue.find, after=place)

    act(moderator, reviewing.approve, some[0].id)
    act(moderator, reports.resolve_subject, report.id, accept=False)
    assert act(moderator, queue.find)[1] == len(QueueKind) - 2


@pytest.mark.usefixtures("world")
def test_a_claim_holds_for_an_hour_or_until_let_go(library, clock, alice, moderator, act):
    second = rows.account(library, "Second", Role.MODERATOR)
    item = act(moderator, queue.find)[0][3]
    claimed = act(moderator, queue.claim, item.kind, item.id)
    assert (claimed.claimed_by_id, claimed.claimed_by_name) == (moderator.account_id, "Mod")
    assert act(moderator, queue.claim, item.kind, item.id) == claimed
    with pytest.raises(Invalid, match="Mod looks into it already"):
        act(second, queue.claim, item.kind, item.id)
    with pytest.raises(Forbidden):
        act(alice, queue.claim, item.kind, item.id)
    for kind, item_id in ((item.kind, 999), ("weather", 1), (item.kind, 2**70)):
        with pytest.raises(NotFound):
            act(moderator, queue.claim, kind, item_id)
    clock.advance(3601)
    assert act(moderator, queue.get, item.kind, item.id).claimed_by_id is None
    assert act(second, queue.claim, item.kind, item.id).claimed_by_name == "Second"
    act(moderator, queue.release, item.kind, item.id)
    assert act(moderator, queue.find)[0][3] == item
    # Deciding needs no claim; what is decided waits no more.
    act(second, queue.claim, item.kind, item.id)
    act(moderator, duplicates.decide, item.id, accept=False)
    with pytest.raises(NotFound):
        act(second, queue.claim, item.kind, item.id)


@pytest.mark.parametrize("is_accepted", [True, False])
def test_everything_that_waits_can_be_decided(world, moderator, act, is_accepted):
    decision = deciding.Decision(is_accepted=is_accepted, reason="Because")
    found, _ = act(moderator, queue.find)
    for item in reversed(found):  # a wish before the link that it needs
        act(moderator, deciding.decide, item, decision)
    assert act(moderator, queue.find) == ([], 0)


def test_an_upload_goes_into_quarantine_if_that_is_decided(world, alice, moderator, act):
    [item], _ = act(moderator, queue.find, kinds={QueueKind.UPLOAD})
    with pytest.raises(Forbidden):
        act(alice, deciding.decide, item, deciding.Decision(is_accepted=True))
    wrong = deciding.Decision(is_accepted=False, action="none")
    with pytest.raises(Invalid, match="action"):
        act(moderator, deciding.decide, item, wrong)
    act(moderator, deciding.decide, item, deciding.Decision(is_accepted=False, action="quarantine"))
    assert act(moderator, queue.counts)[QueueKind.UPLOAD] == 0
