import msgspec
import pytest

import seven
from menagerie.datasets.records import Object

# All splits have something in every list, so that JSON says all types.
BOX = Object(id=1, label="dog", bbox=(1.0, 1.0, 9.0, 9.0))
SHAPE = Object(
    id=2,
    label="Käse",
    bbox=(2.0, 3.0, 9.0, 9.0),
    polygon=[(2.0, 3.0), (11.0, 3.0), (11.0, 12.0)],
    shape="polygon",
)
KEYS = (seven.JPEG, seven.TURNED, seven.SECOND)
FULL = {
    "keys": KEYS,
    "objects": {key: [BOX, SHAPE] for key in KEYS},
    "labels": {key: [seven.label("Käse", 3), seven.label("dog", 0, 3)] for key in KEYS},
}


def rows(folder, split):
    lines = (folder / split / "metadata.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line) for line in lines]


def test_metadata_is_beside_the_pictures_with_the_same_keys_in_each_row(tmp_path, export):
    folder, report = export(seven.content(tmp_path / "from", **FULL), "imagefolder")
    assert report.notes == []
    (row,) = rows(folder, "validation")
    assert row["file_name"] == f"{seven.TURNED}.jpg"
    assert (folder / "validation" / row["file_name"]).is_file()
    assert (row["image_id"], row["uuid"]) == (2, seven.TURNED)
    assert (row["labels"], row["negative_labels"]) == (["Käse"], ["dog"])
    assert row["label_probabilities"] == [1.0]
    assert row["objects"]["category"] == [0, 1]
    assert row["objects"]["bbox"][0] == [1.0, 1.0, 9.0, 9.0]
    (other,) = rows(folder, "train")
    assert list(other) == list(row)


def test_a_list_that_is_empty_in_one_split_makes_the_metadata_parquet(tmp_path, export):
    folder, report = export(seven.content(tmp_path / "from"), "imagefolder")
    assert "Parquet" in report.notes[0]
    found = sorted(path.name for path in folder.glob("*/metadata.*"))
    assert found == ["metadata.parquet"] * 3
    assert report.lost == {}


def test_one_split_alone_stays_json(tmp_path, export):
    everything = dict.fromkeys(seven.KEYS, "train")
    folder, _ = export(seven.content(tmp_path / "from", splits=everything), "imagefolder")
    assert len(rows(folder, "train")) == 7


@pytest.mark.slow
def test_the_hubs_library_loads_it(tmp_path, export, load):
    folder, _ = export(seven.content(tmp_path / "from", **FULL), "imagefolder")
    bare, _ = export(seven.content(tmp_path / "from"), "imagefolder", "bare")
    one, _ = export(seven.content(tmp_path / "from", keys=[seven.UNLABELLED]), "imagefolder", "one")
    found = load(imagefolder=folder, own_readme=folder, own_readme__2=bare, imagefolder__2=bare)
    assert found["imagefolder"] == found["own_readme"]
    (row,) = found["own_readme"]["splits"]["validation"]
    assert (row["labels"], row["negative_labels"]) == (["Käse"], ["dog"])
    assert row["image"]["size"] == [48, 64] == [row["width"], row["height"]]
    assert row["image"]["in the red box"][0] > 200
    assert row["objects"]["polygon"] == [[], [2.0, 3.0, 11.0, 3.0, 11.0, 12.0]]
    for empty in (found["own_readme__2"], found["imagefolder__2"]):
        assert {split: len(rows) for split, rows in empty["splits"].items()} == {
            "train": 4,
            "validation": 2,
            "test": 1,
        }
        assert empty["splits"]["test"][0]["objects"]["bbox"] == []
        assert empty["features"]["labels"].startswith("List(ClassLabel(names=['big dog', ")
        for row in empty["splits"]["train"]:
            assert row["image"]["size"] == [row["width"], row["height"]]
    assert (one / "validation/metadata.jsonl").is_file()


@pytest.mark.slow
def test_a_validation_split_without_boxes_loads(tmp_path, export, load):
    content = seven.content(
        tmp_path / "from",
        splits={seven.TURNED: "train", seven.SECOND: "validation"},
    )
    metadata, _ = export(content, "imagefolder")
    tables, _ = export(content, "parquet")
    found = load(own_readme=metadata, imagefolder=metadata, own_readme__2=tables)
    for one in found.values():
        assert {split: len(rows) for split, rows in one["splits"].items()} == {
            "train": 5,
            "validation": 2,
        }
        assert one["features"]["objects"] == found["own_readme"]["features"]["objects"]
        assert all(row["objects"]["id"] == [] for row in one["splits"]["validation"])
