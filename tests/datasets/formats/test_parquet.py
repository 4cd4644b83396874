import hashlib
import json
import subprocess
import sys

import pyarrow.parquet
import pytest

import seven
from menagerie.datasets.formats import parquet


def test_the_pictures_are_inside_and_the_schema_says_what_they_are(tmp_path, export):
    content = seven.content(tmp_path / "from")
    folder, report = export(content, "parquet")
    assert sorted(path.name for path in (folder / "data").iterdir()) == [
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
        "validation-00000-of-00001.parquet",
    ]
    table = pyarrow.parquet.read_table(folder / "data/validation-00000-of-00001.parquet")
    about = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert about["image"] == {"_type": "Image"}
    assert about["labels"]["feature"]["names"] == [one.name for one in content.source.classes]
    for row in table.to_pylist():
        assert hashlib.sha256(row["image"]["bytes"]).hexdigest() == row["sha256"]
        assert row["image"]["path"] == f"{row['uuid']}{row['image']['path'][36:]}"
    assert report.counts == {"images": 7, "objects": 3}


def test_pictures_are_neither_compressed_nor_counted(tmp_path, export):
    folder, _ = export(seven.content(tmp_path / "from"), "parquet")
    group = pyarrow.parquet.ParquetFile(
        folder / "data/train-00000-of-00001.parquet"
    ).metadata.row_group(0)
    columns = {group.column(n).path_in_schema: group.column(n) for n in range(group.num_columns)}
    assert columns["image.bytes"].compression == "UNCOMPRESSED"
    assert columns["image.bytes"].statistics is None
    assert columns["uuid"].compression == "ZSTD"
    assert columns["uuid"].statistics.min == seven.JPEG


def test_shards_as_many_as_asked_and_the_same_bytes_each_time(tmp_path, export):
    content = seven.content(tmp_path / "from")
    first, _ = export(content, "parquet", "first", shards=2)
    again, _ = export(content, "parquet", "again", shards=2)
    names = sorted(path.name for path in (first / "data").glob("train-*"))
    assert names == ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]
    for path in (first / "data").iterdir():
        assert path.read_bytes() == (again / "data" / path.name).read_bytes()


_WITHOUT = """
import sys
sys.modules["pyarrow"] = None
from menagerie.datasets.formats import parquet
from menagerie.errors import Unavailable
assert not parquet.is_available()
try:
    parquet.write(None)
except Unavailable as error:
    print(error.message)
"""


def test_without_the_library_it_says_what_to_install():
    assert parquet.is_available()
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT], capture_output=True, text=True, check=True
    )
    assert "pip install 'menagerie[parquet]'" in done.stdout


@pytest.mark.slow
def test_the_hubs_library_takes_the_column_for_pictures(tmp_path, export, load):
    content = seven.content(tmp_path / "from")
    folder, _ = export(content, "parquet")
    found = load(own_readme=folder, parquet=folder)
    assert found["own_readme"]["features"]["image"].startswith("Image(")
    (row,) = found["own_readme"]["splits"]["test"]
    assert row["image"]["size"] == [80, 60]
    names = [one.name for one in content.source.classes]
    assert [names[n] for n in row["labels"]] == ["Käse"]
    assert [names[n] for n in row["negative_labels"]] == ["dog"]
    assert sum(one["rows"] for one in found["parquet"].values()) == 7
    assert all(one["hashes"] == one["said"] for one in found["parquet"].values())
    turned, _ = found["own_readme"]["splits"]["validation"]
    red, green, blue = turned["image"]["in the red box"]
    assert red > 200
    assert max(green, blue) < 60
