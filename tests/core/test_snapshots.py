"""Snapshots: what gets in, what it is called, what never changes, and what came back out."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from sqlalchemy import insert, select, update

import build
from menagerie.core import (
    annotations,
    freezing,
    frozen_lines,
    image_files,
    images,
    moderation,
    snapshots,
    sweeping,
    validations,
    words,
)
from menagerie.datasets.differences import Kind
from menagerie.datasets.records import Selection, Status
from menagerie.datasets.writing import Options
from menagerie.errors import Forbidden, Invalid, NotFound, QueryError, Unauthenticated
from menagerie.library import ANONYMOUS, SECOND, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ExportState, Role

EVERYTHING = Selection(licences=("any",), include_undecided=True)


def put(library, tags="safe, dog, solo", **more):
    return build.image(library, tags, **more)


def key_of(library, image_id):
    with library.reading(SYSTEM) as tx:
        return images.get(tx, image_id).key


def tag_of(library, name):
    with library.reading(SYSTEM) as tx:
        return tx.version.tag_id(name)


def judge(library, image_id, name, *verdicts):
    with library.reading(SYSTEM) as tx:
        tag_id = words.vocabulary(tx).by_display(name).tag_id
    for number, is_yes in enumerate(verdicts):
        voter = Actor(address=f"10.0.0.{number}", fingerprint=f"browser {number}")
        with library.writing(voter) as tx:
            validations.judge(tx, image_id, tag_id, is_yes=is_yes)


def freeze(library, selection=EVERYTHING, name="dogs", actor=SYSTEM, **more):
    with library.writing(actor) as tx:
        made = snapshots.create(tx, name, selection, **more)
    return freezing.freeze(library, made.key)


def lines_of(library, snapshot):
    with snapshots.open_content(library, snapshot.key) as content:
        return list(content.frozen())


def records_of(library, snapshot):
    return {line.record.id: line.record for line in lines_of(library, snapshot)}


def test_a_snapshot_holds_what_the_query_finds(library, clock):
    dog = put(library)
    put(library, "safe, cat, solo")
    judge(library, dog, "dog", True, True, True, True)
    made = freeze(library, msgspec.structs.replace(EVERYTHING, query="dog"))
    assert (made.state, made.version, made.image_count) == (ExportState.DONE, "1.0.0", 1)
    (line,) = lines_of(library, made)
    record = line.record
    assert (record.id, record.number) == (key_of(library, dog), 1)
    assert [(one.name, one.status, one.num_yes) for one in record.labels] == [
        ("dog", Status.POSITIVE, 4)
    ]
    assert record.tags == ["safe", "solo"]
    assert record.created_at == "2026-01-01T12:00:00Z"
    assert len(line.votes) == 4
    with snapshots.open_content(library, made.key) as content:
        picture = content.picture(line, Options())
        assert (picture.width, picture.height) == (record.width, record.height)
        assert picture.path.stat().st_size == record.bytes
        assert [one.name for one in content.source.classes] == ["dog"]
        assert content.source.counts["images"] == 1


def test_a_query_may_be_in_the_language_of_labels(library):
    dog = put(library)
    put(library, "safe, dog, cat")
    selection = msgspec.structs.replace(EVERYTHING, query="dog & ~cat", language="labels")
    assert list(records_of(library, freeze(library, selection))) == [key_of(library, dog)]
    with pytest.raises(QueryError), library.writing(SYSTEM) as tx:
        snapshots.create(tx, "x", msgspec.structs.replace(selection, query="dog & & cat"))


def test_nothing_changes_in_it_afterwards(library, clock):
    dog = put(library)
    judge(library, dog, "dog", True)
    made = freeze(library)
    before = library.blobs.get(made.file)
    judge(library, dog, "dog", False, False, False)
    clock.advance(100)
    assert freezing.freeze(library, made.key) == made
    assert library.blobs.get(made.file) == before
    again = freeze(library)
    assert (again.version, again.previous_key) == ("2.0.0", made.key)


def test_only_what_is_public_and_not_withheld_gets_in(library):
    alice = build.account(library)
    good = put(library)
    private = put(library, actor=alice, audience=Audience.PRIVATE)
    removed, withheld, pending = (put(library) for _ in range(3))
    with library.writing(SYSTEM) as tx:
        moderation.remove(tx, removed, reason="no")
        images.change(tx, withheld, is_withheld=True)
        images.change(tx, pending, review="quarantined")
    made = freeze(library, actor=alice)
    assert list(records_of(library, made)) == [key_of(library, good)]
    assert private


def test_visitors_see_through_the_default_filter(library):
    put(library, "safe, dog, solo")
    put(library, "explicit, dog, solo")
    with library.writing(ANONYMOUS) as tx:
        seen = snapshots.create_for_export(tx, EVERYTHING)
    with library.writing(SYSTEM) as tx:
        everything = snapshots.create_for_export(tx, EVERYTHING)
    assert freezing.freeze(library, seen.key).image_count == 1
    assert freezing.freeze(library, everything.key).image_count == 2


def test_licences_decide_unless_told_otherwise(library):
    put(library)
    free = put(library)
    with library.writing(SYSTEM) as tx:
        images.change(tx, free, licence="CC0-1.0")
    made = freeze(library, Selection(include_undecided=True))
    (record,) = records_of(library, made).values()
    assert (record.id, record.license) == (key_of(library, free), "CC0-1.0")
    with snapshots.open_content(library, made.key) as content:
        assert content.source.counts["left out: licence"] == 1
    none = freeze(library, Selection(licences=("MIT",)), name="mit")
    assert none.state == ExportState.FAILED
    assert "without a licence" in none.error


def test_thresholds_decide_what_a_label_is(library):
    yes, no, open_ = (put(library) for _ in range(3))
    judge(library, yes, "dog", True, True, True, True, False)
    judge(library, no, "dog", False)
    selection = Selection(licences=("any",))
    found = records_of(library, freeze(library, selection))
    status = {key: record.labels[0].status for key, record in found.items()}
    assert status == {key_of(library, yes): "positive", key_of(library, no): "negative"}
    trusting = msgspec.structs.replace(selection, trust_donor=True)
    found = records_of(library, freeze(library, trusting))
    assert found[key_of(library, open_)].labels[0].status is Status.POSITIVE


def test_classes_are_chosen_by_name_and_keep_their_place(library):
    put(library, "safe, dog, solo")
    selection = msgspec.structs.replace(EVERYTHING, classes=("cat", "tag:solo"))
    made = freeze(library, selection)
    with snapshots.open_content(library, made.key) as content:
        assert [(one.slug, one.name) for one in content.source.classes] == [
            ("cat", "cat"),
            ("solo", "tag:solo"),
        ]
        (line,) = content.frozen()
    assert line.record.labels == []
    assert "solo" in line.record.tags
    with pytest.raises(Invalid, match="did you mean dog"), library.writing(SYSTEM) as tx:
        snapshots.create(tx, "x", msgspec.structs.replace(EVERYTHING, classes=("dogg",)))


def test_wrong_parameters_name_what_is_allowed(library):
    wrong = Selection(
        min_probability=2, ratios=(1, 2, 3), licences=("WTF",), language="sql", min_votes=0
    )
    with pytest.raises(Invalid) as caught, library.writing(SYSTEM) as tx:
        snapshots.create(tx, "dogs", wrong)
    fields = caught.value.fields
    assert set(fields) == {"min_probability", "ratios", "licences", "language", "min_votes"}
    assert "CC-BY-4.0" in fields["licences"][0]
    with pytest.raises(QueryError), library.writing(SYSTEM) as tx:
        snapshots.create(tx, "dogs", Selection(query="((dog"))
    with pytest.raises(Invalid, match="name"), library.writing(SYSTEM) as tx:
        snapshots.create(tx, "no slash/", EVERYTHING)
    with pytest.raises(Unauthenticated), library.writing(ANONYMOUS) as tx:
        snapshots.create(tx, "dogs", EVERYTHING)


def test_versions_say_what_changed(library):
    first = put(library)
    judge(library, first, "dog", True)
    one = freeze(library)
    second = put(library)
    two = freeze(library)
    assert two.version == "1.1.0"
    (change,) = snapshots.diff(library, one.key, two.key)
    assert (change.image_id, change.change) == (key_of(library, second), Kind.ADDED)
    with library.writing(SYSTEM) as tx:
        moderation.remove(tx, second, reason="a person in it")
    three = freeze(library)
    assert three.version == "1.1.1"
    (change,) = snapshots.diff(library, two.key, three.key)
    assert change.change is Kind.WITHDRAWN
    judge(library, first, "dog", False)
    four = freeze(library)
    assert four.version == "2.0.0"
    (change,) = snapshots.diff(library, three.key, four.key)
    assert (change.label, change.before, change.after) == ("dog", "positive", "negative")
    with pytest.raises(Invalid, match=r"more than 2\.0\.0"), library.writing(SYSTEM) as tx:
        snapshots.create(tx, "dogs", EVERYTHING, version="1.10.0")
    chosen = freeze(library, version="7.0.0")
    assert (chosen.version, chosen.state) == ("7.0.0", ExportState.DONE)
    with library.reading(SYSTEM) as tx:
        assert snapshots.find(tx, "dogs").version == "7.0.0"
        assert snapshots.find(tx, "dogs@1.1.0").key == two.key


def test_what_was_taken_back_has_a_tombstone_and_no_picture(library):
    kept, gone = put(library), put(library)
    made = freeze(library)
    with library.writing(SYSTEM) as tx:
        moderation.remove(tx, gone, reason="no")
    with library.reading(SYSTEM) as tx:
        (stone,) = snapshots.withdrawn(tx, made.key)
    assert (stone.id, stone.reason) == (key_of(library, gone), "removed")
    with snapshots.open_content(library, made.key) as content:
        for line in content.frozen():
            if line.record.id == stone.id:
                assert stone.sha256 == line.record.sha256
                with pytest.raises(NotFound):
                    content.picture(line, Options())
            else:
                assert line.record.id == key_of(library, kept)
                assert content.picture(line, Options())


def test_a_listed_snapshot_keeps_its_files(library, clock):
    image_id, deleted = put(library), put(library, actor=(alice := build.account(library)))
    files = {}
    for one in (image_id, deleted):
        with library.writing(SYSTEM) as tx:
            # Published in another form than uploaded, as a photo that was turned is.
            images.change_file(tx, one, full_sha512="e" * 128)
            files[one] = image_files.full(images.find_any(tx, one))
        library.blobs.put(files[one], build.png())
    made = freeze(library)
    for one in (image_id, deleted):
        with library.writing(SYSTEM) as tx:
            images.change_file(tx, one, full_sha512="f" * 128)  # made smaller since
    with library.writing(alice) as tx:
        images.delete_own(tx, deleted)
    clock.time = time.time_ns() // 1000 + 3 * 86_400 * SECOND
    sweeping.sweep(library)
    assert library.blobs.exists(files[image_id])
    assert not library.blobs.exists(files[deleted])
    with library.writing(SYSTEM) as tx:
        snapshots.unlist(tx, made.key)
    sweeping.sweep(library)
    assert not library.blobs.exists(files[image_id])


def test_workers_have_names_of_their_own_in_each_snapshot(library):
    dog = put(library)
    judge(library, dog, "dog", True, False)
    one, two = freeze(library), freeze(library)
    alice = build.account(library)
    three = freeze(library, actor=alice)
    workers = [
        {vote.worker for line in lines_of(library, made) for vote in line.votes}
        for made in (one, two, three)
    ]
    assert [len(names) for names in workers] == [2, 2, 1]
    assert not workers[0] & workers[1]
    assert workers[2] == {""}


def test_shapes_become_boxes_and_polygons_inside_the_picture(library):
    dog = put(library, size=(40, 30))
    tag_id = tag_of(library, "dog")
    with library.writing(build.account(library)) as tx:
        annotations.put(
            tx,
            dog,
            tag_id,
            [
                {"type": "rect", "left": -5, "top": 5, "width": 15, "height": 10},
                {"type": "rect", "left": 10, "top": 10, "width": 8, "height": 4, "angle": 90},
                {"type": "ellipse", "left": 20, "top": 20, "rx": 5, "ry": 4},
            ],
        )
    (record,) = records_of(library, freeze(library)).values()
    assert [thing.id for thing in record.objects] == [1, 2, 3]
    plain, turned, round_ = record.objects
    assert (plain.bbox, plain.polygon) == ((0.0, 5.0, 10.0, 10.0), [])
    assert turned.bbox == (12.0, 8.0, 4.0, 8.0)
    assert len(turned.polygon) == 4
    assert (round_.bbox, len(round_.polygon)) == ((20.0, 20.0, 10.0, 8.0), 32)


def _look(library, image_id, hash_):
    with library.writing(SYSTEM) as tx:
        images.change(tx, image_id, perceptual_hash=hash_)


def test_look_alikes_share_a_split_and_old_images_never_move(library):
    ids = [put(library) for _ in range(6)]
    for number, image_id in enumerate(ids):
        _look(library, image_id, number * 0x0123_4567_89AB)
    _look(library, ids[1], 0b111)
    _look(library, ids[0], 0)
    selection = msgspec.structs.replace(EVERYTHING, ratios=(40, 30, 30))
    before = records_of(library, freeze(library, selection))
    assert len({before[key_of(library, image_id)].split for image_id in ids[:2]}) == 1
    assert len({before[key_of(library, image_id)].group for image_id in ids[:2]}) == 1
    for number in range(8):
        _look(library, put(library), (number + 100) * 0x0765_4321_89AB)
    after = records_of(library, freeze(library, selection))
    assert len(after) == 14
    assert {key: after[key].split for key in before} == {k: r.split for k, r in before.items()}


def test_a_tag_puts_an_image_into_a_split(library):
    chosen = [put(library, "safe, dog, split:test") for _ in range(3)]
    found = records_of(library, freeze(library))
    assert {found[key_of(library, image_id)].split for image_id in chosen} == {"test"}


def test_stratified_splits_give_every_class_its_share_and_stay(library):
    rare = [put(library, "safe, cat") for _ in range(3)]
    for number, image_id in enumerate([*rare, *(put(library) for _ in range(20))]):
        _look(library, image_id, number * 0x0123_4567_89AB)
        judge(library, image_id, "cat" if image_id in rare else "dog", True)
    selection = msgspec.structs.replace(EVERYTHING, split_method="stratified")
    before = records_of(library, freeze(library, selection))
    splits = {name: Counter() for name in ("cat", "dog")}
    for record in before.values():
        splits[record.labels[0].name][record.split] += 1
    assert splits["cat"] == {"train": 1, "validation": 1, "test": 1}
    assert splits["dog"] == {"train": 16, "validation": 2, "test": 2}
    for number in range(5):
        _look(library, put(library, "safe, cat"), (number + 100) * 0x0765_4321_89AB)
    after = records_of(library, freeze(library, selection))
    assert {key: after[key].split for key in before} == {k: r.split for k, r in before.items()}
    with pytest.raises(Invalid, match="hash, stratified"):
        freeze(library, msgspec.structs.replace(EVERYTHING, split_method="by mood"))


def test_of_look_alikes_the_largest_stays(library):
    small, large = put(library, size=(20, 20)), put(library, size=(40, 40))
    for image_id in (small, large):
        _look(library, image_id, 5)
    made = freeze(library, msgspec.structs.replace(EVERYTHING, dedupe=True))
    assert list(records_of(library, made)) == [key_of(library, large)]


def test_a_crash_half_way_leaves_nothing_and_is_made_good(library):
    image_id = put(library)
    with library.writing(SYSTEM) as tx:
        made = snapshots.create(tx, "dogs", EVERYTHING)
        name = image_files.full(images.find_any(tx, image_id))
        tx.execute(update(schema.snapshots).values(state=ExportState.RUNNING, done_count=1))
        tx.execute(
            insert(schema.snapshot_images).values(
                snapshot_id=made.id, image_key="half-done", split="", full_name=name
            )
        )
    done = freezing.freeze(library, made.key)
    assert done.state == ExportState.DONE
    with library.reading(SYSTEM) as tx:
        held = tx.all(select(schema.snapshot_images.c.image_key))
    assert [row.image_key for row in held] == [key_of(library, image_id)]


def test_an_image_without_its_file_is_left_out_and_counted(library):
    put(library)
    lost = put(library)
    with library.reading(SYSTEM) as tx:
        name = image_files.full(images.get(tx, lost))
    library.blobs.delete(name)
    made = freeze(library)
    with snapshots.open_content(library, made.key) as content:
        assert content.source.counts["images"] == 1
        assert content.source.counts[f"left out: {frozen_lines.NO_FILE}"] == 1


def test_unlisting_lets_files_go(library):
    put(library)
    made = freeze(library)
    alice = build.account(library, role=Role.USER)
    with pytest.raises(Forbidden), library.writing(alice) as tx:
        snapshots.unlist(tx, made.key)
    with library.writing(SYSTEM) as tx:
        snapshots.unlist(tx, made.key)
        assert snapshots.find_listed(tx) == []
        assert tx.all(select(schema.snapshot_images.c.image_key)) == []


def test_snapshots_of_one_name_frozen_at_once_follow_each_other(library):
    put(library)
    with library.writing(SYSTEM) as tx:
        made = [snapshots.create(tx, "dogs", EVERYTHING) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        frozen = list(pool.map(lambda one: freezing.freeze(library, one.key), reversed(made)))
    assert sorted(one.version for one in frozen) == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]
    in_order = sorted(frozen, key=lambda one: one.version)
    assert [one.previous_key for one in in_order] == [None, *(one.key for one in in_order[:-1])]
