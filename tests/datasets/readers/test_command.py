"""`menagerie import --format`: what people type, and what they are told."""

import json

import pytest

import files
import seven
from menagerie.datasets import exporting
from menagerie.datasets.writing import Options


@pytest.fixture
def dataset(tmp_path):
    def made(name, **more):
        folder = tmp_path / name
        form = exporting.find_format(name)
        content = seven.content(tmp_path / "from", **more)
        exporting.write_folder(content, form, Options(), folder, sha256="0" * 64)
        return folder

    return made


@pytest.mark.slow
def test_a_dataset_is_recognised_imported_once_and_reported(menagerie, dataset):
    folder = dataset("coco")
    code, out, err = menagerie("import", folder, "--tags", "from elsewhere")
    assert code == 0
    assert "Importing as COCO (--format coco)." in err
    assert "7 added, 0 duplicates, 0 unreadable, 0 done earlier" in out
    assert "0 added, 0 duplicates, 0 unreadable, 7 done earlier" in menagerie("import", folder)[1]
    out = menagerie("import", folder, "--afresh", "--format", "coco")[1]
    assert "0 added, 7 duplicates, 0 unreadable, 0 done earlier" in out
    found = menagerie("search", "from elsewhere, big dog", "--json")[1].splitlines()
    (image,) = map(json.loads, found)
    assert {"safe", "big dog", "from elsewhere"} <= set(image["tags"])


@pytest.mark.slow
def test_what_cannot_be_read_is_listed_and_the_rest_comes_in(menagerie, dataset):
    folder = dataset("jsonl")
    with (folder / "records.jsonl").open("a") as file:
        file.write(json.dumps({"id": "x", "file_name": "../secret.jpg"}) + "\n")
    code, out, _ = menagerie("import", folder, "--splits")
    assert code == 1
    assert "7 added, 0 duplicates, 1 unreadable" in out
    assert "must be relative and stay in its folder" in out
    assert menagerie("search", "split:test")[1].endswith("1 found\n")


@pytest.mark.slow
def test_pictures_may_be_insisted_on(menagerie, tmp_path):
    folder = tmp_path / "pictures/train/cats"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(files.still("jpg", seed=5))
    code, _out, err = menagerie("import", tmp_path / "pictures", "--format", "pictures")
    assert (code, "Importing as" in err) == (0, False)
    assert menagerie("search", "train, cats")[1].endswith("1 found\n")
    assert menagerie("import", tmp_path / "pictures", "--format", "zip")[0] == 2
