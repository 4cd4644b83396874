"""Whole exports, with the files that all formats share, in the libraries that people use."""

import pytest

import seven
from menagerie.datasets import exporting
from menagerie.datasets.formats import FORMATS
from menagerie.datasets.writing import Options


def whole(content, name, folder, **options):
    exporting.write_folder(content, FORMATS[name], Options(**options), folder, sha256="0" * 64)
    return folder


@pytest.mark.slow
def test_the_shared_files_disturb_no_reader(tmp_path, load):
    content = seven.content(tmp_path / "from")
    labels = {
        key: [seven.label("train" if n % 2 else "Käse", 3)] for n, key in enumerate(seven.KEYS)
    }
    splits = {seven.SECOND: "validation", seven.UNLABELLED: "validation"}
    single = seven.content(tmp_path / "single", labels=labels, splits=splits)
    found = load(
        own_readme__1=whole(content, "imagefolder", tmp_path / "imagefolder"),
        own_readme__2=whole(content, "parquet", tmp_path / "parquet"),
        own_readme__3=whole(content, "webdataset", tmp_path / "webdataset", image="jpg"),
        own_readme__4=whole(single, "classfolders", tmp_path / "classfolders"),
        own_readme__5=whole(single, "webdataset", tmp_path / "single tars", image="jpg"),
        imagefolder=tmp_path / "imagefolder",
        imagefolder__2=tmp_path / "classfolders",
        yolo=whole(content, "yolo", tmp_path / "yolo"),
        coco=whole(content, "coco", tmp_path / "coco"),
    )
    sizes = {
        name: {split: len(rows) for split, rows in one["splits"].items()}
        for name, one in found.items()
        if "splits" in one
    }
    seven_of = {"train": 4, "validation": 2, "test": 1}
    assert sizes["own_readme__1"] == sizes["own_readme__2"] == sizes["imagefolder"] == seven_of
    assert sizes["own_readme__3"] == seven_of
    assert sizes["own_readme__4"] == sizes["imagefolder__2"] == {"train": 4, "validation": 3}
    assert found["imagefolder__2"]["features"]["label"] == "ClassLabel(names=['ctrain', 'kaese'])"
    # The numbers of classes agree between formats.
    numbers = found["own_readme__5"]["features"]["cls"]
    assert numbers.startswith("ClassLabel(names=['")
    names = [one.name for one in single.source.classes]
    rows = found["own_readme__5"]["splits"]["train"]
    assert {row["json"]["labels"][0]["name"] for row in rows} == {names[row["cls"]] for row in rows}
    assert len(found["yolo"]["train"]["boxes"]) == 4
    assert found["coco"]["instances_val"]["images"] == 2
