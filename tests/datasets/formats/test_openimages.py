import base64
import csv
import hashlib
import json

import msgspec
import pytest

import seven
from menagerie.datasets.formats.openimages import hierarchy
from menagerie.datasets.records import Class


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_labels_present_and_absent_have_a_home(tmp_path, export):
    folder, report = export(seven.content(tmp_path / "from"), "openimages")
    rows = table(folder / "labels/classifications.csv")
    said = {(row["ImageID"], row["LabelName"]): row["Confidence"] for row in rows}
    assert said[seven.SECOND, "kaese"] == "1"
    assert said[seven.SECOND, "dog"] == "0"
    assert said[seven.JPEG, "mouth-dog"] == "0"
    assert report.counts["labels absent"] == 2
    classes = (folder / "metadata/classes.csv").read_text().splitlines()
    assert "ctrain,train" in classes
    assert "kaese,Käse" in classes
    known = {line.split(",")[0] for line in classes}
    assert {row["LabelName"] for row in rows} <= known


def test_boxes_are_relative_and_in_the_order_of_open_images(tmp_path, export):
    folder, _ = export(seven.content(tmp_path / "from"), "openimages")
    rows = table(folder / "labels/detections.csv")
    assert all(float(row["XMin"]) < float(row["XMax"]) <= 1 for row in rows)
    last = rows[-1]
    assert [last[side] for side in ("XMin", "XMax", "YMin", "YMax")] == [
        "0.625000",
        "0.875000",
        "0.125000",
        "0.375000",
    ]
    assert (last["Source"], last["IsDepiction"], last["IsOccluded"]) == ("freeform", "-1", "0")


def test_pictures_are_jpegs_with_their_md5_and_author(tmp_path, export):
    folder, report = export(seven.content(tmp_path / "from"), "openimages")
    assert report.lost["gif files turned into JPG (first frame)"] == 1
    assert report.lost["png files turned into JPG"] == 2
    rows = table(folder / "metadata/image_ids.csv")
    assert len(rows) == 7
    for row in rows:
        data = (folder / f"data/{row['ImageID']}.jpg").read_bytes()
        assert base64.b64decode(row["OriginalMD5"]) == hashlib.md5(data).digest()  # noqa: S324
        assert int(row["OriginalSize"]) == len(data)
    assert rows[0]["Author"] == "Ann Example"
    assert rows[-1]["Subset"] == "test"


def test_ids_may_be_file_names(tmp_path, export):
    folder, _ = export(seven.content(tmp_path / "from"), "openimages", image_id="file")
    assert table(folder / "metadata/image_ids.csv")[0]["ImageID"] == f"{seven.JPEG}.jpg"


def test_formulas_are_made_harmless_when_asked(tmp_path, export):
    content = seven.content(tmp_path / "from", keys=[seven.JPEG])
    (line,) = content.frozen()
    evil = msgspec.structs.replace(line.record, author="=1+1", title='a,"b"\nc')
    content._lines = [msgspec.structs.replace(line, record=evil)]
    folder, _ = export(content, "openimages", safe_csv=True)
    (row,) = table(folder / "metadata/image_ids.csv")
    assert (row["Author"], row["Title"]) == ("'=1+1", 'a,"b"\nc')


def test_classes_hang_below_their_parents():
    classes = [
        Class(index=0, name="dog", slug="dog"),
        Class(index=1, name="dog/mouth", slug="dog-mouth", parent="dog"),
        Class(index=2, name="stray", slug="stray", parent="not here"),
    ]
    assert hierarchy(classes) == {
        "LabelName": "entity",
        "Subcategory": [
            {"LabelName": "dog", "Subcategory": [{"LabelName": "dog-mouth"}]},
            {"LabelName": "stray"},
        ],
    }


@pytest.mark.slow
def test_pandas_reads_the_tables(tmp_path, export, load):
    folder, _ = export(seven.content(tmp_path / "from"), "openimages")
    found = load(openimages=folder)["openimages"]
    assert {name: len(rows) for name, rows in found.items()} == {
        "labels": 10,
        "boxes": 3,
        "images": 7,
        "classes": 6,
    }
    assert {row[3] for row in found["labels"]} == {0, 1}
    assert json.dumps(found["classes"][2]) == '["ctrain", "train"]'
