"""Datasets that mean harm, or are merely broken: a clear word for each, and the rest comes in."""

import io
import json
import tarfile

import pytest

import build
from menagerie.core import dataset_import
from menagerie.core.dataset_import import Wishes
from menagerie.datasets.readers import READERS, Found, Refused, found
from menagerie.errors import Invalid
from menagerie.library import SYSTEM

PICTURE = build.png()
MOST = 1 << 20
DEEP = "[" * 100_000


def read(folder, name):
    """Return what was found, by file name, and why the rest was not."""
    items = list(READERS[name].read(folder, MOST))
    good = {one.record.file_name: one for one in items if isinstance(one, Found)}
    return good, [one.reason for one in items if isinstance(one, Refused)]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.png").write_bytes(PICTURE)
    (tmp_path.parent / "secret.png").write_bytes(PICTURE)
    (tmp_path / "link.png").symlink_to(tmp_path.parent / "secret.png")
    return tmp_path


ROWS = (
    (b"{" * 9, "json"),
    (DEEP.encode(), "nested too deeply"),
    (b'{"file_name": NaN}', "json"),
    (b'{"file_name": "\xff"}', "json"),
    (b"[1]", "no map"),
    (b'{"file_name": "../secret.png"}', "stay in its folder"),
    (b'{"file_name": "/etc/passwd"}', "stay in its folder"),
    (b'{"file_name": "link.png"}', "leads out"),
    (b'{"file_name": "%s"}' % (b"a" * 70_000), "at most 1000"),
    (b'{"file_name": "%s"}' % (b"a" * 900), "no file"),
    (b'{"file_name": 3}', ""),
)


@pytest.mark.parametrize(("line", "reason"), ROWS)
@pytest.mark.parametrize("name", ["imagefolder", "jsonl"])
def test_a_row_that_is_wrong_is_refused_and_the_next_read(folder, name, line, reason):
    file = "metadata.jsonl" if name == "imagefolder" else "records.jsonl"
    good = b'{"id": "", "file_name": "good.png", "labels": [], "tags": [], "objects": []}'
    (folder / file).write_bytes(line + b"\n" + good)
    came, (why,) = read(folder, name)
    assert list(came) == ["good.png"]
    assert reason in why


@pytest.mark.parametrize("name", ["imagefolder", "jsonl"])
def test_a_line_without_end_is_not_held(folder, name):
    file = "metadata.jsonl" if name == "imagefolder" else "records.jsonl"
    with (folder / file).open("wb") as written:
        for _ in range(3):
            written.write(b" " * (found.MOST_LINE_BYTES // 2 + 1))
        written.write(b'\n{"file_name": "good.png", "file_name": "good.png"}\n')
    came, (why,) = read(folder, name)
    assert list(came) == ["good.png"]
    assert "bytes in a line" in why


def test_tables_may_break_off(folder):
    table = folder / "metadata.csv"
    for rest in (b'"' + b"x" * 200_000 + b'"\n', b"\xff\n"):
        table.write_bytes(b"file_name,label\ngood.png,dog\n" + rest)
        _, (why,) = read(folder, "imagefolder")
        assert "any further" in why
    table.unlink()
    (folder / "metadata.parquet").write_bytes(b"PAR1 or not")
    assert "any further" in read(folder, "imagefolder")[1][0]


COCO = {
    "images": [{"id": 1, "file_name": "good.png"}, {"id": 2, "file_name": "link.png"}, 7],
    "categories": [{"id": 1, "name": "dog"}],
    "annotations": [
        {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]},
        {"image_id": 1, "category_id": 1, "bbox": [1, 2, None, 4]},
        {"image_id": 1, "category_id": 9, "bbox": [1, 2, 3, 4]},
        {"image_id": 1, "category_id": 1, "bbox": []},
        {
            "image_id": 1,
            "category_id": 1,
            "bbox": [0, 0, 9, 9],
            "segmentation": {"counts": "0", "size": [9, 9]},
        },
        {
            "image_id": 1,
            "category_id": 1,
            "bbox": [0, 0, 20, 20],
            "segmentation": [[0, 0, 2, 0, 2, 2], [0, 0, 20, 0, 20, 20], [1, 1]],
        },
        {"category_id": 1},
    ],
}


def test_of_coco_what_can_be_read_is_and_the_rest_is_noted(folder):
    (folder / "instances_train.json").write_text(json.dumps(COCO))
    came, refused = read(folder, "coco")
    assert len(refused) == 3
    one = came["good.png"]
    boxes, masks, parts = one.record.objects
    assert (boxes.polygon, masks.polygon) == ([], [])
    assert parts.polygon == [(0.0, 0.0), (20.0, 0.0), (20.0, 20.0)]
    told = " | ".join(one.notes)
    for word in ("got `null`", "category 9", "without a box", "mask of 'dog'", "1 of 2 parts"):
        assert word in told


@pytest.mark.parametrize("text", [DEEP, "{", '{"images": [{"a": NaN}]}', '{"images": 3}', "\udcff"])
def test_a_file_that_is_no_coco_is_told(folder, text):
    (folder / "instances_train.json").write_bytes(text.encode(errors="surrogateescape"))
    came, (why,) = read(folder, "coco")
    assert not came
    assert "no COCO file" in why


def test_tars_hold_links_devices_and_too_much(folder):
    with tarfile.open(folder / "train-0.tar", "w") as tar:

        def add(name, data=b"", **more):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            for key, value in more.items():
                setattr(member, key, value)
            tar.addfile(member, io.BytesIO(data))

        add("../../up.png", PICTURE)
        add("link.png", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add("device.png", type=tarfile.CHRTYPE)
        add("deep.png", PICTURE)
        add("deep.json", DEEP.encode())
        add("many.png", PICTURE)
        for number in range(50):
            add(f"many.{number}.png", PICTURE)
            add(f"many.x{number}", b"0" * 1000)
        add("many.cls", b"9" * 5000)
        add("many.json", b'{"labels": ["dog"], "bbox": 3, "objects": "no"}')
    came, (why,) = read(folder, "webdataset")
    assert "nested" in why
    assert [label.name for label in came["many.png"].record.labels] == ["dog"]
    assert len(came) == 2
    assert not (folder.parent.parent / "up.png").exists()


def test_numbers_that_nobody_counted_are_refused(library, tmp_path):
    (tmp_path / "good.png").write_bytes(PICTURE)
    for label in (
        {"name": "dog", "num_yes": -1},
        {"name": "dog", "num_no": 1 << 62},
        {"name": "dog", "p_dawid_skene": 1e300},
    ):
        row = {"id": "", "file_name": "good.png", "labels": [label], "tags": [], "objects": []}
        (tmp_path / "records.jsonl").write_text(json.dumps(row))
        ((_, one),) = read(tmp_path, "jsonl")[0].items()
        with pytest.raises(Invalid, match="labels"):
            dataset_import.put(library, SYSTEM, one, Wishes())
