"""Exports: what may be asked for, archives that are the same again, and when they go."""

import hashlib
import io
import json
import zipfile

import msgspec
import pytest
from sqlalchemy import select, update

import build
from menagerie import jobs
from menagerie.core import exports, freezing, images, snapshots, validations
from menagerie.datasets.formats import FORMATS
from menagerie.datasets.records import Selection
from menagerie.datasets.writing import Options
from menagerie.errors import Invalid, NotFound, RateLimited, Unauthenticated, Unavailable
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import ExportState
from menagerie.work import JOBS

EVERYTHING = Selection(licences=("any",), include_undecided=True)


def request(library, wanted=EVERYTHING, name="jsonl", options=None, actor=SYSTEM, **more):
    with library.writing(actor) as tx:
        return exports.request(tx, wanted, name, options or Options(), **more)


def done(library, export):
    exports.write(library, export.key)
    with library.reading(SYSTEM) as tx:
        return exports.get(tx, export.key)


def opened(library, export):
    return zipfile.ZipFile(io.BytesIO(library.blobs.get(export.file)))


def test_an_export_is_written_by_its_job(library):
    build.image(library)
    build.image(library, "safe, cat")
    made = request(library)
    assert (made.state, made.file) == (ExportState.WAITING, None)
    worker = jobs.Worker(library, {exports.WRITE: JOBS[exports.WRITE]}, threads=1)
    assert worker.run_pending() == 1
    with library.reading(SYSTEM) as tx:
        export = exports.get(tx, made.key)
    assert (export.state, export.done_count, export.total_count) == (ExportState.DONE, 2, 2)
    assert export.download_name == "export-1.0.0-jsonl.zip"
    data = library.blobs.get(export.file)
    assert hashlib.sha256(data).hexdigest() == export.sha256
    assert len(data) == export.size_bytes
    with opened(library, export) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["counts"]["export"]["images"] == 2
        for file in manifest["files"]:
            found = archive.read(file["path"])
            assert hashlib.sha256(found).hexdigest() == file["sha256"]
    assert json.loads(export.report)["written"]["images"] == 2


@pytest.mark.parametrize("archive_as", ["zip", "tar"])
def test_two_exports_of_one_snapshot_are_the_same_bytes(library, clock, archive_as):
    dog = build.image(library, "safe, dog, solo")
    with library.writing(SYSTEM) as tx:
        snapshot = snapshots.create(tx, "dogs", EVERYTHING)
    snapshot = freezing.freeze(library, snapshot.key)
    one = done(library, request(library, snapshot, archive_as=archive_as))
    assert request(library, snapshot, archive_as=archive_as) == one
    clock.advance(86_400)
    with library.writing(SYSTEM) as tx:
        images.edit_description(tx, dog, "another")
        tx.execute(update(schema.exports).values(state=ExportState.FAILED))
    two = done(library, request(library, snapshot, archive_as=archive_as))
    assert two.key != one.key
    assert two.sha256 == one.sha256


def test_a_retry_after_a_crash_gives_the_same(library):
    build.image(library)
    made = request(library)
    one = done(library, made)
    with library.writing(SYSTEM) as tx:
        tx.execute(update(schema.exports).values(state=ExportState.RUNNING, file=None))
    assert done(library, made).sha256 == one.sha256


def test_wrong_parameters_are_told_before_any_work(library):
    build.image(library)
    for wanted, name, options, field in (
        (EVERYTHING, "foo", Options(), "format"),
        (Selection(min_probability=2), "coco", Options(), "min_probability"),
        (EVERYTHING, "coco", Options(max_side=1), "max_side"),
    ):
        with pytest.raises(Invalid) as caught:
            request(library, wanted, name, options)
        assert list(caught.value.fields) == [field]
    with pytest.raises(Invalid, match="zip, tar"):
        request(library, archive_as="rar")
    with pytest.raises(Invalid) as caught:
        request(library, name="foo")
    assert all(name in caught.value.message for name in FORMATS)
    with library.reading(SYSTEM) as tx:
        assert tx.scalar(select(schema.snapshots.c.id)) is None
        assert jobs.counts(tx).waiting == 1  # the renditions of the picture


def test_an_export_of_nothing_fails_with_the_reason(library):
    build.image(library)
    export = done(library, request(library, Selection()))
    assert export.state == ExportState.FAILED
    assert "licence" in export.error


def test_a_listed_snapshot_is_frozen_by_its_own_job(library):
    build.image(library)
    with library.writing(SYSTEM) as tx:
        snapshot = snapshots.create(tx, "dogs", EVERYTHING)
    made = request(library, snapshot)
    with pytest.raises(Unavailable):
        exports.write(library, made.key)
    with library.reading(SYSTEM) as tx:
        assert exports.get(tx, made.key).state == ExportState.WAITING
    freezing.freeze(library, snapshot.key)
    assert done(library, made).state == ExportState.DONE


def test_archives_go_when_their_time_is_over(library, clock):
    build.image(library)
    export = done(library, request(library))
    with library.reading(SYSTEM) as tx:
        snapshot = snapshots.get(tx, export.snapshot_key)
    clock.advance(library.settings.export_hours * 3600 - 1)
    assert exports.forget_old(library) == 0
    clock.advance(10)
    assert exports.forget_old(library) == 1
    assert not library.blobs.exists(export.file)
    assert not library.blobs.exists(snapshot.file)
    with pytest.raises(NotFound), library.reading(SYSTEM) as tx:
        exports.get(tx, export.key)


def test_a_listed_snapshot_stays_when_its_archive_goes(library, clock):
    build.image(library)
    with library.writing(SYSTEM) as tx:
        snapshot = snapshots.create(tx, "dogs", EVERYTHING)
    snapshot = freezing.freeze(library, snapshot.key)
    done(library, request(library, snapshot))
    clock.advance(10**8)
    exports.forget_old(library)
    with library.reading(SYSTEM) as tx:
        assert snapshots.get(tx, snapshot.key) == snapshot
    assert library.blobs.exists(snapshot.file)


def test_the_preview_says_what_would_come(library):
    build.image(library, "safe, dog, solo")
    free = build.image(library, "safe, dog, cat")
    build.image(library, "explicit, dog")
    with library.writing(SYSTEM) as tx:
        images.change(tx, free, licence="CC0-1.0")
    with library.reading(SYSTEM) as tx:
        found = exports.preview(tx, Selection(query="dog", include_undecided=True))
        assert (found.image_count, found.matching_count, found.withheld_count) == (1, 3, 2)
        assert [(one.name, one.undecided) for one in found.classes] == [("cat", 1), ("dog", 1)]
        assert found.size_bytes > 0
        trusting = msgspec.structs.replace(EVERYTHING, trust_donor=True)
        assert exports.preview(tx, trusting).classes[0].positive == 3
    with library.reading(ANONYMOUS) as tx:
        assert exports.preview(tx, EVERYTHING).matching_count == 2


def test_own_exports_are_listed(library):
    build.image(library)
    alice = build.account(library)
    made = request(library, actor=alice)
    request(library)
    with library.reading(alice) as tx:
        assert [one.key for one in exports.find_own(tx)] == [made.key]


def test_no_export_tells_who_or_where(library):
    alice = build.account(library, "SecretAlice")
    alice = msgspec.structs.replace(alice, address="203.0.113.77", fingerprint="browser-77")
    dog = build.image(library, "safe, dog, solo", actor=alice, name="holiday-in-rome.png")
    with library.reading(SYSTEM) as tx:
        tag_id = tx.version.tag_id("dog")
    with library.writing(alice) as tx:
        validations.judge(tx, dog, tag_id, is_yes=True)
    with library.writing(SYSTEM) as tx:
        snapshot = snapshots.create(tx, "dogs", EVERYTHING)
    snapshot = freezing.freeze(library, snapshot.key)
    secrets = ["SecretAlice", "203.0.113.77", "browser-77", "holiday-in-rome", '"a1"', "originals/"]
    secrets += [str(library.settings.data_path), "localhost", library.facts["secret"]]
    for name in ("jsonl", "coco", "webdataset", "openimages"):
        with opened(library, done(library, request(library, snapshot, name))) as archive:
            for path in archive.namelist():
                data = archive.read(path)
                assert not [text for text in secrets if text.encode() in data], path


def test_an_archive_never_holds_what_was_taken_back_since(library):
    alice = build.account(library)
    gone = build.image(library, actor=alice)
    build.image(library, "safe, cat")
    export = done(library, request(library))
    assert exports.fetch(library, export.key) == export
    build.image(library, "safe, dog")
    assert exports.fetch(library, export.key) == export  # which is in no archive
    with library.writing(alice) as tx:
        key = images.key_of(tx, gone)
        images.delete_own(tx, gone)
    waiting = exports.fetch(library, export.key)
    assert (waiting.state, waiting.file) == (ExportState.WAITING, None)
    assert exports.fetch(library, export.key) == waiting
    with pytest.raises(NotFound):
        library.blobs.get(export.file)
    worker = jobs.Worker(library, {exports.WRITE: JOBS[exports.WRITE]}, threads=1)
    assert worker.run_pending() >= 1
    again = exports.fetch(library, export.key)
    with opened(library, again) as archive:
        assert not [name for name in archive.namelist() if key in name]
        assert len([name for name in archive.namelist() if name.endswith(".png")]) == 1
    assert exports.fetch(library, export.key) == again


def test_an_account_waits_for_a_few_exports_at_a_time(library):
    build.image(library)
    alice = build.account(library)
    with pytest.raises(Unauthenticated):
        request(library, actor=ANONYMOUS)
    made = [request(library, actor=alice) for _ in range(exports.MOST_UNDER_WAY)]
    with pytest.raises(RateLimited):
        request(library, actor=alice)
    done(library, made[0])
    request(library, actor=alice)
