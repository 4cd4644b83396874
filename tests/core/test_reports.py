"""Reports: who makes one, when an image is withheld, and what moderators make of it."""

import msgspec
import pytest
from sqlalchemy import select

import rows
from menagerie.core import checks, galleries, images, reports, staff_log, visibility
from menagerie.core.people import messages
from menagerie.core.reports import Action, Category
from menagerie.core.staff import bans, undo
from menagerie.core.talk import comments
from menagerie.errors import Banned, Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review, Role


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def moderator(library):
    return rows.account(library, "Mod", Role.MODERATOR)


def at(number, **more):
    return Actor(address=f"192.0.2.{number}", **more)


def report(library, actor, image_id, reason="Other Violation: dull"):
    with library.writing(actor) as tx:
        return reports.report(tx, image_id, reason)


def resolve(library, actor, image_id, **more):
    with library.writing(actor) as tx:
        reports.resolve(tx, image_id, **more)


def waiting(library, actor):
    with library.reading(actor) as tx:
        return reports.find_open(tx)


def read(library, image_id):
    with library.reading(SYSTEM) as tx:
        return images.get(tx, image_id)


def test_a_reporter_has_one_open_report_of_an_image(library, alice, moderator):
    image_id = rows.image(library)
    assert report(library, alice, image_id, " Copyright Violation: it is mine ") == 1
    assert report(library, alice, image_id, "again") == 1
    # One address is one reporter, whatever its fingerprints.
    assert report(library, at(1, fingerprint="x"), image_id) == 1
    assert report(library, at(1, fingerprint="y"), image_id) == 1
    assert report(library, at(2), image_id, "Sensitive Content") == 1
    found, total = waiting(library, moderator)
    assert total == 3
    assert [(r.category, r.reason, r.account_name) for r in found] == [
        (Category.COPYRIGHT, "Copyright Violation: it is mine", "Alice"),
        (Category.OTHER, "Other Violation: dull", None),
        (Category.SENSITIVE, "Sensitive Content", None),
    ]


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2001, "nul\0", "half \ud800"])
def test_a_reason_is_text_of_a_bounded_length(library, reason):
    image_id = rows.image(library)
    with pytest.raises(Invalid) as caught:
        report(library, at(1), image_id, reason)
    assert list(caught.value.fields) == ["reason"]
    report(library, at(1), image_id, "x" * 2000)


def test_only_what_is_there_for_others_is_reported(library, alice):
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    removed, quarantined = rows.image(library), rows.image(library, review=Review.QUARANTINED)
    rows.remove(library, removed)
    for image_id in (private, removed, quarantined, 999):
        with pytest.raises(NotFound):
            report(library, alice, image_id)
    report(library, alice, rows.image(library, review=Review.PENDING))


def test_the_banned_do_not_report(library, moderator):
    image_id = rows.image(library)
    with library.writing(moderator) as tx:
        bans.ban(tx, network="192.0.2.1")
    with pytest.raises(Banned):
        report(library, at(1), image_id)
    report(library, at(2), image_id)


def test_enough_reporters_withhold_an_image_until_it_is_looked_at(library, alice, moderator):
    image_id = rows.image(library)
    for actor in (alice, at(1), at(1), alice):
        report(library, actor, image_id)
    assert not read(library, image_id).is_withheld
    report(library, at(2), image_id)
    assert read(library, image_id).is_withheld
    assert image_id in library.catalogue.current().flags["withheld"]
    assert visibility.state(read(library, image_id)) is visibility.State.VISIBLE
    resolve(library, moderator, image_id, accept=False)
    assert not read(library, image_id).is_withheld
    assert waiting(library, moderator) == ([], 0)
    with pytest.raises(NotFound):
        resolve(library, moderator, image_id, accept=True)
    assert report(library, at(1), image_id) == 1
    assert library.catalogue.verify() == []


@pytest.mark.parametrize("threshold", [0, 1])
def test_the_threshold_is_a_setting(library, threshold):
    image_id = rows.image(library)
    library.settings = msgspec.structs.replace(library.settings, report_threshold=threshold)
    for number in range(5):
        report(library, at(number), image_id)
    assert read(library, image_id).is_withheld is (threshold == 1)


@pytest.mark.parametrize("action", Action)
def test_accepted_reports_take_the_image_away_or_not(library, alice, moderator, action):
    image_id = rows.image(library)
    report(library, alice, image_id)
    resolve(library, moderator, image_id, accept=True, action=action, reason=" theft ")
    image = read(library, image_id)
    assert (image.removal_reason, image.review) == {
        Action.REMOVE: ("theft", Review.APPROVED),
        Action.QUARANTINE: (None, Review.QUARANTINED),
        Action.NONE: (None, Review.APPROVED),
    }[action]
    with library.reading(moderator) as tx:
        (last, *_) = staff_log.find(tx, subject_kind="image", subject_id=image_id)
        assert checks.counters(tx) == []
        row = schema.reports.c
        (stored,) = tx.all(select(row.state, row.resolved_by_id, row.resolved_at))
        assert tuple(stored) == ("accepted", moderator.account_id, tx.now_s)
    assert (last.action, last.reason) == ("accept reports", "theft")
    assert msgspec.json.decode(last.details)["reports"] == 1


def test_reports_of_what_its_owner_deleted_can_still_be_closed(library, alice, moderator):
    image_id = rows.image(library, owner=alice)
    report(library, at(1), image_id)
    with library.writing(alice) as tx:
        images.delete_own(tx, image_id)
    resolve(library, moderator, image_id, accept=True)
    assert waiting(library, moderator) == ([], 0)


def test_only_moderators_look_into_reports(library, alice, moderator):
    image_id = rows.image(library)
    report(library, alice, image_id)
    for actor, error in ((ANONYMOUS, Unauthenticated), (alice, Forbidden)):
        with pytest.raises(error):
            waiting(library, actor)
        with pytest.raises(error):
            resolve(library, actor, image_id, accept=False)
    with pytest.raises(Invalid):
        resolve(library, moderator, image_id, accept=True, action="burn")
    assert waiting(library, moderator)[1] == 1


def test_texts_people_and_letters_are_reported_and_decided_once(library, alice, moderator):
    bob, carol = rows.account(library, "Bob"), rows.account(library, "Carol")
    second = rows.account(library, "Second", Role.MODERATOR)
    image_id = rows.image(library)
    with library.writing(bob) as tx:
        comment = comments.create(tx, image_id, "Rude.").id
        letter = messages.start(tx, "Alice", "Hello", "Rude.").id
        gallery = galleries.create(tx, title="Rude").id

    def put(actor, kind, subject_id, **more):
        with library.writing(actor) as tx:
            return reports.report_subject(tx, kind, subject_id, "It is rude.", **more)

    report_id = put(alice, "comment", comment, rule="Rule #1")
    assert put(alice, "comment", comment) == report_id
    other = put(carol, "comment", comment)
    of_letter = put(alice, "conversation", letter)
    put(alice, "account", bob.account_id)
    put(at(7), "gallery", gallery)
    put(alice, "image", image_id)
    for actor, kind, subject_id, error in (
        (carol, "conversation", letter, NotFound),
        (alice, "comment", 999, NotFound),
        (alice, "post", 999, NotFound),
        (alice, "account", 2**70, NotFound),
        (alice, "weather", 1, Invalid),
    ):
        with pytest.raises(error):
            put(actor, kind, subject_id)

    def decide(actor, one, **more):
        with library.writing(actor) as tx:
            reports.resolve_subject(tx, one, **more)

    with pytest.raises(Invalid) as caught:
        decide(moderator, of_letter, accept=True, action="remove")
    assert list(caught.value.fields) == ["action"]
    with pytest.raises(Forbidden):
        decide(alice, report_id, accept=True)
    decide(moderator, report_id, accept=True, action="remove", reason="rude")
    with pytest.raises(Invalid, match="was accepted by Mod already"):
        decide(second, other, accept=False)
    with library.reading(moderator) as tx:
        assert comments.get(tx, comment).hide_reason == "rude"
        found = reports.get(tx, report_id)
        entry = staff_log.find(tx, limit=1)[0]
    assert (found.category, found.resolved_by_name) == ("Rule #1", "Mod")
    with library.writing(second) as tx:
        undo.undo(tx, entry.id)
    with library.reading(alice) as tx:
        assert comments.get(tx, comment).hidden_at is None
    with library.reading(moderator) as tx:
        assert {reports.get(tx, one).state for one in (report_id, other)} == {"open"}
    decide(second, other, accept=False)
    assert waiting(library, moderator)[1] == 1
