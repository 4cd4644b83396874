import pytest
import yaml

import seven
from menagerie.datasets.records import Object


def rows(folder, split, key):
    return (folder / f"labels/{split}/{key}.txt").read_text().splitlines()


def accepts(folder):
    """Check what trainers check: columns, ranges, numbers of classes, no mixed files."""
    about = yaml.safe_load((folder / "data.yaml").read_text())
    classes = about["names"]
    assert "path" not in about
    assert list(classes) == list(range(len(classes)))
    for picture in folder.glob("images/*/*"):
        split = picture.parent.name
        assert picture.suffix in {".jpg", ".png", ".webp"}
        lines = [line.split() for line in rows(folder, split, picture.stem)]
        assert all(len(x) == 5 for x in lines) or all(len(x) > 6 and len(x) % 2 for x in lines)
        assert len({tuple(x) for x in lines}) == len(lines)
        for number, *values in lines:
            assert int(number) in classes
            assert all(0 <= float(value) <= 1 for value in values)


def test_boxes_have_five_numbers_and_pictures_without_objects_an_empty_file(tmp_path, export):
    folder, report = export(seven.content(tmp_path / "from"), "yolo")
    accepts(folder)
    assert rows(folder, "val", seven.TURNED) == ["3 0.75 0.25 0.25 0.25"]
    assert rows(folder, "train", seven.WEBP) == [
        "3 0.222656 0.208333 0.320312 0.208333",
        "4 0.625 0.416667 0.3125 0.416667",
    ]
    assert rows(folder, "val", seven.UNLABELLED) == []
    assert report.counts == {"images": 7, "boxes": 3}
    assert report.lost["polygons turned into boxes"] == 1
    assert (folder / "data.yaml").read_text() == (folder / "dataset.yaml").read_text()


def test_polygons_and_boxes_never_share_a_file(tmp_path, export):
    folder, report = export(seven.content(tmp_path / "from"), "yolo", shapes="polygons")
    accepts(folder)
    assert all(len(row.split()) == 9 for row in rows(folder, "train", seven.WEBP))
    assert rows(folder, "val", seven.TURNED) == [
        "3 0.625 0.125 0.875 0.125 0.875 0.375 0.625 0.375"
    ]
    assert "polygons turned into boxes" not in report.lost


def test_a_gif_becomes_a_png_and_that_is_said(tmp_path, export):
    folder, report = export(seven.content(tmp_path / "from"), "yolo")
    picture = folder / f"images/train/{seven.GIF}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert report.lost["gif files turned into PNG (first frame)"] == 1


def test_a_jpeg_without_its_end_gets_one(tmp_path, export):
    content = seven.content(tmp_path / "from")
    source = tmp_path / "from" / f"{seven.SECOND}.jpg"
    whole = source.read_bytes()
    assert whole.endswith(b"\xff\xd9")
    (line,) = [line for line in content.frozen() if line.record.id == seven.SECOND]
    source.write_bytes(whole[:-2] + b"\0\0")
    folder, report = export(content, "yolo")
    written = (folder / f"images/test/{line.record.id}.jpg").read_bytes()
    assert written == whole[:-2] + b"\0\0\xff\xd9"
    assert report.counts["completed JPEG files"] == 1


def test_equal_rows_are_written_once_and_tiny_pictures_not_at_all(tmp_path, export):
    twin = [Object(id=n, label="dog", bbox=(1.0, 1.0, 9.0, 9.0)) for n in (1, 2)]
    content = seven.content(tmp_path / "from", objects={seven.JPEG: twin})
    folder, report = export(content, "yolo")
    assert len(rows(folder, "train", seven.JPEG)) == 1
    assert report.lost["objects exactly like another"] == 1
    folder, report = export(content, "yolo", "tiny", max_side=8)
    assert list(folder.glob("images/*/*")) == []
    assert report.lost["images under 10 pixels, which trainers refuse"] == 7


def test_a_missing_split_points_at_another(tmp_path, export):
    everything = dict.fromkeys(seven.KEYS, "test")
    folder, report = export(seven.content(tmp_path / "from", splits=everything), "yolo")
    about = yaml.safe_load((folder / "data.yaml").read_text())
    assert [about[key] for key in ("train", "val", "test")] == ["images/test"] * 3
    assert len(report.notes) == 2


@pytest.mark.slow
def test_another_reader_sees_the_same_boxes(tmp_path, export, load):
    content = seven.content(tmp_path / "from")
    boxes, _ = export(content, "yolo")
    found = load(yolo=boxes)["yolo"]
    assert {split: len(one["boxes"]) for split, one in found.items()} == {
        "train": 4,
        "val": 2,
        "test": 1,
    }
    names = [one.name for one in content.source.classes]
    assert all(one["classes"] == names for one in found.values())
    ((number, *corners),) = found["val"]["boxes"][seven.TURNED]
    assert number == names.index("dog")
    assert corners == pytest.approx([30, 8, 42, 24], abs=0.5)
    first, _second = found["train"]["boxes"][seven.WEBP]
    assert first[1:] == pytest.approx([4, 5, 24.5, 15], abs=0.5)
