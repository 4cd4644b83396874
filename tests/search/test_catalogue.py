"""The catalogue follows the log: nothing committed is missed, and anything odd means a rebuild."""

import multiprocessing
import threading

import pytest
from sqlalchemy import delete, insert, select, update

from menagerie.errors import QueryError
from menagerie.library import SYSTEM
from menagerie.search import evaluate
from menagerie.search.catalogue import Catalogue
from menagerie.search.nodes import All
from menagerie.storage import changes, schema
from menagerie.storage.schema import ChangeKind
from search.board import Board, count_up, count_up_at_random


@pytest.fixture
def board(library):
    return Board(library, 5, size=30)


def another(library, **options):
    """A second catalogue of the same library, as another process has one."""
    path = library.settings.data_path / "catalogue.snapshot"
    return Catalogue(
        library.database, **{"snapshot_path": path, "query_timeout_ms": 5000, **options}
    )


def test_the_same_version_is_returned_while_nothing_changes(library, board):
    first = library.catalogue.current()
    assert library.catalogue.current() is first
    board.vote()
    assert library.catalogue.current() is not first


def test_a_version_in_use_does_not_change(library, board):
    version = library.catalogue.current()
    image = board.pick()
    before = (
        version.columns["score"].get(image["id"]),
        version.posting(1).copy(),
        version.live.copy(),
    )
    with board.in_one_go():
        for _ in range(40):
            board.step()
    library.catalogue.current()
    assert before == (
        version.columns["score"].get(image["id"]),
        version.posting(1),
        version.live,
    )


def test_an_image_version_rises_with_its_labels_and_its_row_and_no_other(library, board):
    one, other = list(board.images.values())[:2]
    versions = [library.catalogue.current().image_version(one["id"])]
    stays = library.catalogue.current().image_version(other["id"])
    board.set(one, upvotes=77)
    versions.append(library.catalogue.current().image_version(one["id"]))
    tag_id = board.canonical()[0]
    with library.writing(SYSTEM) as tx:
        board.put_label(tx, one["id"], tag_id, "removed")
        tx.changed(ChangeKind.LABEL, one["id"], tag_id)
    versions.append(library.catalogue.current().image_version(one["id"]))
    assert versions == sorted(set(versions))
    assert library.catalogue.current().image_version(other["id"]) == stays
    assert library.catalogue.current().image_version(10**6) == 0


def test_only_a_name_that_was_there_already_changes_the_version_of_names(library, board):
    before = library.catalogue.current().names_version
    board.add_tag("brand new")
    board.add_account("Newcomer")
    assert library.catalogue.current().names_version == before
    account_id = next(iter(board.accounts))
    for name, moves in (("Ann", False), ("Anna", True)):
        with library.writing(SYSTEM) as tx:
            which = schema.accounts.c.id == account_id
            tx.execute(update(schema.accounts).where(which).values(name=name))
            tx.changed(ChangeKind.ACCOUNT, account_id)
        version = library.catalogue.current()
        assert (version.names_version > before, version.accounts_version) == (moves, version.seq)
    before = library.catalogue.current().names_version
    board.rename()
    assert library.catalogue.current().names_version > before


def test_a_filter_changes_the_version_of_filters(library, board):
    before = library.catalogue.current().filters_version
    board.vote()
    assert library.catalogue.current().filters_version == before
    board.edit_filter()
    assert library.catalogue.current().filters_version > before


def test_an_alias_finds_the_tag_it_stands_for(library, board):
    board.alias()
    version = library.catalogue.current()
    source, target = next((i, t["to"]) for i, t in board.tags.items() if t["to"])
    assert version.tag_id(board.tags[source]["name"]) == target
    assert version.tag_id("no such tag") is None


def test_a_bitmap_of_live_images_without_tags_is_kept_until_they_change(library, board):
    tags = tuple(board.canonical()[:2])
    before = library.catalogue.current().live_without(tags)
    board.vote()
    assert library.catalogue.current().live_without(tags) is before
    image = board.pick()
    with library.writing(SYSTEM) as tx:
        state = "removed" if tags[0] in image["tags"] else "asserted"
        board.put_label(tx, image["id"], tags[0], state)
        tx.changed(ChangeKind.LABEL, image["id"], tags[0])
    version = library.catalogue.current()
    assert version.live_without(tags) == version.live - version.posting(tags[0]) - version.posting(
        tags[1]
    )


def test_a_row_that_vanishes_takes_its_image_and_labels_along(library, board):
    image_id = next(i for i, image in board.images.items() if image["tags"])
    library.catalogue.current()
    with library.writing(SYSTEM) as tx:
        for table in (schema.labels, schema.image_sources):
            tx.execute(delete(table).where(table.c.image_id == image_id))
        tx.execute(delete(schema.images).where(schema.images.c.id == image_id))
        tx.changed(ChangeKind.IMAGE, image_id)
    version = library.catalogue.current()
    assert image_id not in version.flags["known"]
    assert library.catalogue.verify() == []


def test_verify_says_what_differs(library, board):
    library.catalogue.current()
    with library.writing(SYSTEM) as tx:  # a change that nobody logs
        image_id = next(iter(board.images))
        tx.execute(update(schema.images).where(schema.images.c.id == image_id).values(score=-9))
        tag_id = board.canonical()[0]
        has_it = tag_id in board.images[image_id]["tags"]
        board.put_label(tx, image_id, tag_id, "removed" if has_it else "asserted")
    found = library.catalogue.verify()
    assert any(line.startswith("score: 1 images") for line in found)
    assert any(line.startswith("labels: ") for line in found)
    library.catalogue.rebuild()
    assert library.catalogue.verify() == []


@pytest.mark.parametrize("damage", ["missing", "cut", "flipped", "empty", "foreign", "text"])
def test_a_snapshot_that_is_no_good_is_not_used(library, board, damage):
    path = library.settings.data_path / "catalogue.snapshot"
    library.catalogue.write_snapshot()
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "foreign":
        with library.writing(SYSTEM) as tx:
            which = schema.facts.c.name == "epoch"
            tx.execute(update(schema.facts).where(which).values(value="2"))
    else:
        half = len(whole) // 2
        path.write_bytes(
            {
                "cut": whole[:half],
                "flipped": whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :],
                "empty": b"",
                "text": b"Menagerie catalogue 2\n" + b"x" * 100,
            }[damage]
        )
    catalogue = another(library)
    assert catalogue.current().live == library.catalogue.current().live
    assert catalogue.verify() == []


def test_a_snapshot_is_used_and_caught_up(library, board):
    library.catalogue.write_snapshot()
    image = board.pick()
    with library.writing(SYSTEM) as tx:  # not in the log: only the snapshot cannot know
        which = schema.images.c.id == image["id"]
        tx.execute(update(schema.images).where(which).values(score=-5))
    board.add_image()
    catalogue = another(library)
    version = catalogue.current()
    assert version.columns["score"].get(image["id"]) == image["score"]
    assert len(version.flags["known"]) == len(board.images)


def test_a_process_behind_the_trimmed_log_builds_anew(library, board):
    library.catalogue.write_snapshot()
    for _ in range(5):
        board.vote()
    with library.database.write() as connection:
        assert changes.trim(connection, before=2**62) > 0
    catalogue = another(library)
    assert catalogue.current().seq == library.catalogue.current().seq
    assert catalogue.verify() == []
    board.vote()
    assert catalogue.verify() == []


def test_the_log_is_trimmed_from_its_beginning_without_holes(library):
    log = schema.changes
    with library.database.write() as connection:
        connection.execute(delete(log))
        for time in (5, 30, 10, 40):
            connection.execute(insert(log).values(kind="image", subject_id=1, created_at=time))
        changes.trim(connection, before=20)
        left = connection.execute(select(log.c.created_at).order_by(log.c.seq)).scalars().all()
    assert left == [30, 10, 40]


def test_a_new_epoch_builds_anew(library, board):
    library.catalogue.current()
    with library.writing(SYSTEM) as tx:
        which = schema.images.c.id == next(iter(board.images))
        tx.execute(update(schema.images).where(which).values(score=-5))
        tx.execute(update(schema.facts).where(schema.facts.c.name == "epoch").values(value="9"))
    assert library.catalogue.current().identity[1] == "9"
    assert library.catalogue.verify() == []


def test_a_vocabulary_change_builds_anew(library, board):
    library.catalogue.current()
    with library.writing(SYSTEM) as tx:
        tx.execute(update(schema.images).values(score=-5))
        tx.changed(ChangeKind.VOCABULARY, 0)
    assert library.catalogue.verify() == []


def test_many_names_at_once_outgrow_the_overlay_and_are_all_found(library):
    library.catalogue.current()
    rows = [
        {"name": f"n{i}", "slug": f"n{i}", "name_in_namespace": f"n{i}", "created_at": 0}
        for i in range(5000)
    ]
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.tags), rows)
        for (tag_id,) in tx.all(select(schema.tags.c.id)):
            tx.changed(ChangeKind.TAG, tag_id)
    version = library.catalogue.current()
    assert version.tag_id("n0") is not None
    assert version.tag_id("n4999") is not None
    assert library.catalogue.verify() == []


def test_a_query_has_a_time_limit(library, board):
    evaluation = evaluate.Evaluation(library.catalogue.current(), lambda _: None, timeout_ms=-1)
    with pytest.raises(QueryError, match="takes longer than"):
        evaluation.hits(All())


def test_what_a_thread_has_committed_it_finds(library, board):
    image_ids, failures = list(board.images), []

    def work(image_id):
        for _ in range(15):
            count_up(library, image_id)
            with library.database.read() as connection:
                stored = connection.execute(
                    select(schema.images.c.score).where(schema.images.c.id == image_id)
                ).scalar_one()
            if library.catalogue.current().columns["score"].get(image_id) < stored:
                failures.append((image_id, stored))

    threads = [threading.Thread(target=work, args=(i,)) for i in image_ids[:6]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert library.catalogue.verify() == []


@pytest.mark.slow
def test_what_other_processes_have_committed_is_never_missed(library, board):
    image_ids = list(board.images)
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=count_up_at_random, args=(library.settings, image_ids, 60, seed))
        for seed in range(3)
    ]
    for writer in writers:
        writer.start()
    looks = 0
    while any(writer.is_alive() for writer in writers) or looks == 0:
        with library.database.read() as connection:
            seq = changes.bounds(connection)[1]
            stored = dict(
                connection.execute(select(schema.images.c.id, schema.images.c.score)).all()
            )
        version = library.catalogue.current()
        assert version.seq >= seq
        assert all(version.columns["score"].get(i) >= score for i, score in stored.items())
        looks += 1
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert library.catalogue.verify() == []
