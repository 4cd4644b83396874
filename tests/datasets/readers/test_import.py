"""Datasets come in whole: what one library gives out, another gives out again the same."""

import contextlib
import random
from collections.abc import Iterator

import msgspec
import pytest

import build
import files
import menagerie.settings
import seven
from menagerie.core import (
    annotations,
    checks,
    dataset_import,
    freezing,
    images,
    labels,
    snapshots,
    upkeep,
    validations,
    words,
)
from menagerie.core.dataset_import import Wishes
from menagerie.datasets import exporting
from menagerie.datasets.judging import is_for_training
from menagerie.datasets.readers import Found, recognise
from menagerie.datasets.records import Label, Object, Record, Selection, Status
from menagerie.datasets.writing import Options
from menagerie.library import SECOND, SYSTEM, Actor, Library
from menagerie.storage.schema import WordKind

EVERYTHING = Selection(licences=("any",), include_undecided=True)
UPRIGHT = files.still("jpg", seed=21, size=(80, 60))


@contextlib.contextmanager
def opened(folder, clock, seed=2) -> Iterator[Library]:
    values = {"data": str(folder), "decode_workers": 1, "log_level": "error"}
    settings = menagerie.settings.load(values, {})
    library = Library(settings, clock=clock, random_source=random.Random(seed))
    with contextlib.closing(library):
        upkeep.prepare(library)
        yield library


def export(library, folder, name="jsonl", selection=EVERYTHING):
    with library.writing(SYSTEM) as tx:
        made = snapshots.create(tx, "set", selection)
    made = freezing.freeze(library, made.key)
    with snapshots.open_content(library, made.key) as content:
        form = exporting.find_format(name)
        exporting.write_folder(content, form, Options(), folder, sha256=made.sha256)
    return folder


def bring(library, folder, wishes=None):
    """Import a folder as the command does."""
    reader = recognise(folder)
    dataset_import.learn(library, reader.classes(folder))
    done = []
    for one in reader.read(folder, library.settings.upload_limit):
        assert isinstance(one, Found), one
        done.append(dataset_import.put(library, SYSTEM, one, wishes or Wishes()))
    return done


def tag_of(library, name):
    with library.reading(SYSTEM) as tx:
        return words.vocabulary(tx).by_display(name).tag_id


def judge(library, image_id, name, *verdicts):
    for number, is_yes in enumerate(verdicts):
        voter = Actor(address=f"10.0.0.{number}", fingerprint=f"browser {number}")
        with library.writing(voter) as tx:
            validations.judge(tx, image_id, tag_of(library, name), is_yes=is_yes)


def fill(library, clock):
    """Three images with everything that a canonical record holds."""
    with library.writing(SYSTEM) as tx:
        dog = words.vocabulary(tx).by_name("dog")
        words.add(tx, "left hind leg", kind=WordKind.NORMAL, parent=dog)
        words.add(tx, "Käse fair", kind=WordKind.META)
        red = words.vocabulary(tx).by_accessor("color='red'") or next(
            iter(words.vocabulary(tx).refinements())
        )
    first = build.image(
        library, "safe, dog, solo", data=UPRIGHT, sources=("https://example.org/1",)
    )
    clock.advance(3600)
    second = build.image(library, "safe, cat", description="A cat,\nasleep.")
    third = build.image(library, "safe, some animal")
    clock.advance(60)
    with library.writing(SYSTEM) as tx:
        labels.edit(tx, first, add=["left hind leg/dog", "käse fair"], enforce_board_rules=False)
        box = {"type": "rect", "left": 3, "top": 4.5, "width": 20, "height": 10}
        more = [
            {**box, "angle": 30, "left": 30, "top": 20, "refinements": [{"label_uuid": red.key}]},
            {"type": "ellipse", "left": 10, "top": 30, "rx": 8, "ry": 4},
        ]
        points = [{"x": x, "y": y} for x, y in ((50, 5), (70, 5), (60, 30.25))]
        made = annotations.put(tx, first, tag_of(library, "dog"), [box, *more])
        part = tag_of(library, "left hind leg/dog")
        annotations.put(tx, first, part, [{"type": "polygon", "points": points}])
        images.change(tx, second, licence="CC-BY-4.0", author="Ann", title="Cat")
    for number in range(3):
        with library.writing(Actor(fingerprint=f"eye {number}")) as tx:
            annotations.judge(tx, made.key, is_yes=number < 2)
    judge(library, first, "dog", True, True, False)
    judge(library, first, "Käse fair", False)
    judge(library, second, "cat", True)
    return first, second, third


@pytest.mark.slow
def test_canonical_records_in_and_out_again_are_the_same(library, clock, tmp_path):
    fill(library, clock)
    first = export(library, tmp_path / "first")
    clock.advance(86_400)
    with opened(tmp_path / "other", clock) as other:
        done = bring(other, first)
        assert [one.notes for one in done] == [[], [], []]
        again = export(other, tmp_path / "again")
        require_sound(other)
    records = [(folder / "records.jsonl").read_bytes() for folder in (first, again)]
    assert records[0] == records[1]
    assert b'"shape":"ellipse"' in records[0]
    assert b"left hind leg/dog" in records[0]
    for table in ("images.csv", "labels.csv", "boxes.csv", "tags.csv", "vocabulary.csv"):
        assert (first / table).read_bytes() == (again / table).read_bytes()
    votes = [rows_without_workers(folder / "votes.csv") for folder in (first, again)]
    assert votes[0] == votes[1]
    assert len(votes[0]) == 5


def require_sound(library):
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


def rows_without_workers(path):
    lines = path.read_text().splitlines()[1:]
    return sorted(",".join(cell for n, cell in enumerate(x.split(",")) if n != 1) for x in lines)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["coco", "webdataset", "imagefolder"])
def test_other_formats_bring_labels_and_boxes_along(library, clock, tmp_path, name):
    fill(library, clock)
    folder = export(library, tmp_path / name, name)
    want = export(library, tmp_path / "want")
    with opened(tmp_path / "other", clock) as other:
        done = bring(other, folder)
        assert all(one.is_new for one in done)
        got = export(other, tmp_path / "got")
        again = bring(other, folder)
        assert [(one.image_id, one.is_new) for one in again] == [
            (one.image_id, False) for one in done
        ]
        require_sound(other)
    for before, after in zip(records(want), records(got), strict=True):
        assert (after.id, after.sha256) == (before.id, before.sha256)
        assert after.source_url == before.source_url
        kept = [x for x in before.objects if name == "webdataset" or is_for_training(x, EVERYTHING)]
        assert [thing.bbox for thing in after.objects] == [thing.bbox for thing in kept]
        positive = [x.name for x in before.labels if x.status == Status.POSITIVE]
        assert [x.name for x in after.labels if x.status == Status.POSITIVE] == positive


def records(folder):
    lines = (folder / "records.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Record) for line in lines]


def one_found(tmp_path, **more):
    path = tmp_path / "one.jpg"
    path.write_bytes(UPRIGHT)
    record = Record(id="", number=0, file_name="one.jpg", width=80, height=60, mime="")
    return Found(where="one.jpg", record=msgspec.structs.replace(record, **more), path=path)


def put(library, found, **wishes):
    done = dataset_import.put(library, SYSTEM, found, Wishes(**wishes))
    with library.reading(SYSTEM) as tx:
        image = images.get(tx, done.image_id)
        return done, image, {one.name: one for one in validations.of_image(tx, done.image_id)}


def test_counts_become_verdicts_and_unknown_labels_words(library, tmp_path):
    said = Label(name="zebra (plains)", num_yes=12, num_no=1, source="crowd")
    found = one_found(
        tmp_path, labels=[said], tags=["stripes"], created_at="2020-02-03T04:05:06Z", split="test"
    )
    done, image, judged = put(library, found, tags=["safe"], keeps_splits=True)
    assert (done.is_new, done.notes) == (True, [])
    zebra = judged["zebra plains"]
    assert (zebra.num_yes, zebra.num_no, zebra.probability) == (12, 1, 0.9230769)
    assert image.created_at == 1_580_702_706 * SECOND
    with library.reading(SYSTEM) as tx:
        names = {tag.name for tag in labels_of(tx, image.id)}
        assert names == {"safe", "stripes", "split:test", "zebra plains"}
        assert checks.counters(tx) == []


def labels_of(tx, image_id):
    return images.get(tx, image_id).tags


def test_labels_may_stay_mere_tags(library, tmp_path):
    found = one_found(tmp_path, labels=[Label(name="Quagga", num_yes=1)])
    _done, image, judged = put(library, found, makes_words=False)
    assert judged == {}
    with library.reading(SYSTEM) as tx:
        assert [tag.name for tag in labels_of(tx, image.id)] == ["quagga"]


def test_what_cannot_be_drawn_is_told_and_the_image_is_there(library, tmp_path):
    away = Object(id=1, label="dog", bbox=(500.0, 500.0, 5.0, 5.0))
    there = Object(id=2, label="cat", bbox=(5.0, 5.0, 5.0, 5.0))
    done, image, _ = put(library, one_found(tmp_path, objects=[away, there]))
    assert image.annotation_count == 1
    (note,) = done.notes
    assert note.startswith("outlines of 'dog': ")


def test_a_uuid_that_is_taken_is_not_taken_again(library, tmp_path):
    first, image, _ = put(library, one_found(tmp_path, id=seven.JPEG))
    assert image.key == seven.JPEG
    again, _image, _ = put(library, one_found(tmp_path, id=seven.JPEG))
    assert (again.image_id, again.is_new) == (first.image_id, False)
    other, _image, _ = put(library, one_found(tmp_path, id="not a uuid"))
    assert (other.image_id, other.is_new) == (first.image_id, False)  # the same file
