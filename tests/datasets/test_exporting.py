"""Exports as a whole: the files at the root, their hashes, and the same bytes again."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import warnings
import zipfile
from pathlib import Path

import msgspec
import pytest

import seven
from menagerie.datasets import archive, exporting
from menagerie.datasets.formats import FORMATS
from menagerie.datasets.writing import Content, Options
from menagerie.errors import Invalid

SHA = "ab" * 32
ROOT = {
    "ATTRIBUTION.csv",
    "CITATION.cff",
    "EXPORT_REPORT.json",
    "LICENSE",
    "README.md",
    "SHA256SUMS",
    "croissant.json",
    "manifest.json",
    "vocabulary.csv",
}


def export(content: Content, target: Path, name="jsonl", options=None) -> Path:
    form = exporting.find_format(name)
    exporting.write_folder(content, form, options or Options(), target, sha256=SHA)
    return target


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_bytes_again_and_true_hashes(name, tmp_path):
    content = seven.content(tmp_path / "source")
    one = export(content, tmp_path / "one", name)
    two = export(content, tmp_path / "two", name)
    assert files_of(one) == files_of(two)
    assert set(files_of(one)) >= ROOT
    checked = subprocess.run(
        ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"],
        cwd=one,
        check=False,
        capture_output=True,
    )
    assert checked.returncode == 0, checked.stdout
    listed = {line.split("  ")[1] for line in (one / "SHA256SUMS").read_text().splitlines()}
    assert listed == set(files_of(one)) - {"SHA256SUMS"}
    manifest = json.loads((one / "manifest.json").read_bytes())
    assert {file["path"] for file in manifest["files"]} == listed - {"manifest.json"}
    assert manifest["snapshot"]["sha256"] == SHA


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_in_an_export_tells_where_it_was_made(name, tmp_path):
    folder = export(seven.content(tmp_path / "source"), tmp_path / "one", name)
    for path, data in files_of(folder).items():
        assert str(tmp_path).encode() not in data, path
        assert b"GPSLatitude" not in data
        assert b"Exif\0" not in data


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_croissant_is_valid_and_its_rows_are_there(name, tmp_path):
    folder = export(seven.content(tmp_path / "source"), tmp_path / name, name)
    dataset = _load_croissant(folder)
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    with (folder / "ATTRIBUTION.csv").open(newline="") as file:
        credited = [row["id"] for row in csv.DictReader(file)]
    rows = list(dataset.records("images"))
    key = "images/image_id" if name == "jsonl" else "images/id"
    assert [row[key].decode() for row in rows] == credited
    assert len(credited) == (0 if name == "classfolders" else 7)


def _load_croissant(folder: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own libraries'
        import mlcroissant  # noqa: PLC0415 - takes seconds

        return mlcroissant.Dataset(str(folder / "croissant.json"))


@pytest.mark.slow
def test_croissant_notices_a_changed_table(tmp_path):
    folder = export(seven.content(tmp_path / "source"), tmp_path / "changed")
    with (folder / "labels.csv").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(Exception, match=r"labels\.csv"):
        list(_load_croissant(folder).records("labels"))


def test_the_canonical_tables_agree_with_the_records(tmp_path):
    content = seven.content(tmp_path / "source")
    folder = export(content, tmp_path / "one")
    records = [json.loads(line) for line in (folder / "records.jsonl").read_bytes().splitlines()]
    assert [record["id"] for record in records] == list(seven.KEYS)
    assert all(set(record) == set(records[0]) for record in records)
    for record in records:
        data = (folder / record["file_name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == record["sha256"]
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    negative = next(row for row in rows if row["label"] == "mouth/dog")
    assert (negative["confidence"], negative["status"]) == ("0", "negative")
    with (folder / "votes.csv").open(newline="") as file:
        assert sum(1 for _ in csv.DictReader(file)) == 44
    with (folder / "boxes.csv").open(newline="") as file:
        boxes = list(csv.DictReader(file))
    assert [box["object_id"] for box in boxes] == ["1", "2", "3"]
    assert boxes[2]["xmin_rel"] == "0.625"


def test_what_was_withdrawn_is_left_out_and_counted(tmp_path):
    content = seven.content(tmp_path / "source")
    content.withdrawn.add(seven.JPEG)
    folder = export(content, tmp_path / "one")
    assert seven.JPEG not in (folder / "ATTRIBUTION.csv").read_text()
    assert not list(folder.rglob(f"{seven.JPEG}.*"))
    report = json.loads((folder / "EXPORT_REPORT.json").read_bytes())
    assert report["written"]["images"] == 6
    assert [seven.JPEG] in report["lost_ids"].values()


class _Torn(seven.OnDisk):
    def picture(self, frozen, options):
        if frozen.record.id == seven.GIF:
            raise OSError("the disk is full")
        return super().picture(frozen, options)


def test_a_failed_export_leaves_nothing(tmp_path):
    whole = seven.content(tmp_path / "source")
    torn = _Torn(whole.source, list(whole.frozen()), tmp_path / "source")
    with pytest.raises(OSError, match="full"):
        export(torn, tmp_path / "out" / "one")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    content = seven.content(tmp_path / "source")
    with pytest.raises(Invalid, match="holds something"):
        export(content, tmp_path / "source")
    (tmp_path / "empty").mkdir()
    assert export(content, tmp_path / "empty")


@pytest.mark.parametrize("ending", archive.ENDINGS)
def test_an_archive_is_the_same_whenever_it_is_made(ending, tmp_path):
    content = seven.content(tmp_path / "source")
    made = []
    for number in range(2):
        folder = export(content, tmp_path / f"folder{number}")
        target = tmp_path / f"{number}.{ending}"
        archive.pack(folder, target, ending=ending, made_at=seven.TIME)
        made.append(target.read_bytes())
    assert made[0] == made[1]
    if ending == "zip":
        with zipfile.ZipFile(tmp_path / "0.zip") as opened:
            assert opened.testzip() is None
            assert opened.namelist() == sorted(opened.namelist())
            assert all(one.compress_type == zipfile.ZIP_STORED for one in opened.infolist())
            assert opened.infolist()[0].date_time == (2026, 1, 1, 12, 0, 0)


def test_wrong_parameters_name_what_is_allowed():
    with pytest.raises(Invalid, match="jsonl") as caught:
        exporting.find_format("foo")
    assert all(name in caught.value.message for name in FORMATS)
    with pytest.raises(Invalid, match="max_side"):
        exporting.read_options({"max_side": 3})
    with pytest.raises(Invalid, match="image"):
        exporting.read_options({"image": "bmp"})


_KILLED = """
    import os, signal, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    import seven
    from menagerie.datasets import exporting
    from menagerie.datasets.writing import Options

    def die(done, total):
        if done == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    work = Path(sys.argv[2])
    form = exporting.find_format("coco")
    content = seven.content(work / "killed source")
    target = work / "out" / "a[b]"
    exporting.write_folder(content, form, Options(), target, sha256="", progress=die)
"""


def test_what_a_killed_export_left_goes_with_the_next_one(tmp_path):
    tests = str(Path(seven.__file__).parent)
    command = [sys.executable, "-c", textwrap.dedent(_KILLED), tests, str(tmp_path)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    (left,) = (tmp_path / "out").iterdir()
    assert left.name.startswith(".a[b].")
    content = seven.content(tmp_path / "source")

    def another(done, total):
        # Under way at the same time: neither touches what the other writes.
        if done == 2 and not (tmp_path / "out" / "other").exists():
            export(content, tmp_path / "out" / "other")

    form = exporting.find_format("coco")
    target = tmp_path / "out" / "a[b]"
    exporting.write_folder(content, form, Options(), target, sha256=SHA, progress=another)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a[b]", "other"}


def test_two_exports_into_one_folder_end_with_one_whole_and_one_refused(tmp_path):
    content = seven.content(tmp_path / "source")
    target = tmp_path / "out"

    def meanwhile(done, total):
        if not target.exists():
            export(content, target)

    form = exporting.find_format("coco")
    with pytest.raises(Invalid, match="holds something"):
        exporting.write_folder(content, form, Options(), target, sha256=SHA, progress=meanwhile)
    assert (target / "records.jsonl").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"source", "out"}


def test_one_licence_is_told_in_short_and_a_live_export_says_so(tmp_path):
    content = seven.content(tmp_path / "source")
    own = [
        msgspec.structs.replace(
            line, record=msgspec.structs.replace(line.record, license="CC-BY-SA-4.0")
        )
        for line in content.frozen()
    ]
    for is_live in (False, True):
        source = msgspec.structs.replace(content.source, is_live=is_live)
        held = seven.OnDisk(source, own, tmp_path / "source")
        folder = export(held, tmp_path / f"out {is_live}")
        licence = (folder / "LICENSE").read_text()
        assert "https://creativecommons.org/licenses/by-sa/4.0/" in licence
        assert "under the same licence" in licence
        assert json.loads((folder / "croissant.json").read_text())["isLiveDataset"] is is_live


@pytest.fixture
def other_disk(tmp_path):
    """A folder on a file system of its own."""
    shared = Path("/dev") / "shm"
    if not os.access(shared, os.W_OK) or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other file system to write to")
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)


def test_an_export_may_go_to_another_disk(tmp_path, other_disk):
    content = seven.content(tmp_path / "source")
    assert files_of(export(content, other_disk / "out")) == files_of(
        export(content, tmp_path / "o")
    )


@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_is_told_as_such_and_leaves_nothing(name, tmp_path):
    content = seven.content(tmp_path / "source")
    form = exporting.find_format(name)

    def fill(done, total):
        if done == 3:
            # As the kernel answers whoever writes to a disk without room.
            Path("/dev/full").write_bytes(b"x")

    with pytest.raises(OSError, match="No space left"):
        exporting.write_folder(
            content, form, Options(), tmp_path / "out" / "x", sha256=SHA, progress=fill
        )
    assert list((tmp_path / "out").iterdir()) == []
