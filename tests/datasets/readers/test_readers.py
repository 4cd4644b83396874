import csv
import io
import json
import tarfile

import msgspec
import pytest

import files
import seven
from menagerie.datasets import exporting
from menagerie.datasets.readers import READERS, Found, Refused, inside, recognise
from menagerie.datasets.readers.found import PICTURES
from menagerie.datasets.records import Status
from menagerie.datasets.writing import Options
from menagerie.errors import Invalid

MOST = 1 << 20
JPEG = files.still("jpg", seed=9)


def exported(tmp_path, name, **more):
    folder = tmp_path / name
    form = exporting.find_format(name)
    content = seven.content(tmp_path / "from", **more)
    exporting.write_folder(content, form, Options(), folder, sha256="0" * 64)
    return folder


def everything(folder, name=""):
    reader = READERS[name] if name else recognise(folder)
    return list(reader.read(folder, MOST))


def by_id(found):
    assert all(isinstance(one, Found) for one in found), found
    return {one.record.id: one for one in found}


def labels_of(record):
    return {one.name: (one.num_yes, one.num_no, one.status) for one in record.labels}


@pytest.mark.parametrize("name", ["jsonl", "coco", "webdataset", "imagefolder"])
def test_what_we_write_is_recognised_and_read_again(tmp_path, name):
    folder = exported(tmp_path, name)
    reader = recognise(folder)
    assert reader.name == name
    assert reader.count(folder) in {None, 7}
    found = by_id(everything(folder))
    assert sorted(found) == list(seven.KEYS)
    assert {one.name for one in reader.classes(folder)} >= {"train", "Käse", "big/dog"}
    for key, one in found.items():
        assert one.record.split == seven.SPLITS[key]
        data = one.data or one.path.read_bytes()
        assert data == (tmp_path / "from" / f"{key}.{seven.files_by_key()[key][0]}").read_bytes()
        assert sorted(one.record.tags) == ([] if key == seven.UNLABELLED else ["safe", "solo, duo"])
        assert set(labels_of(one.record)) == {label.name for label in seven.LABELS[key]}
        assert one.record.license == "CC0-1.0"
    assert [thing.bbox for thing in found[seven.TURNED].record.objects] == [seven.RED_BOX]
    first, second = found[seven.WEBP].record.objects
    assert (first.label, first.bbox, first.polygon) == ("dog", (4.0, 5.0, 20.5, 10.0), [])
    assert (second.label, len(second.polygon)) == ("Käse", 4)
    assert found[seven.PNG].record.description == 'A "picture",\nof two lines; =1+1'
    assert found[seven.JPEG].record.author == "Ann Example"


@pytest.mark.parametrize("name", ["jsonl", "coco", "webdataset"])
def test_verdicts_come_back_as_they_were(tmp_path, name):
    found = by_id(everything(exported(tmp_path, name)))
    assert labels_of(found[seven.WEBP].record) == {
        "Käse": (4, 0, Status.POSITIVE),
        "dog": (9, 1, Status.POSITIVE),
        "train": (2, 0, Status.POSITIVE),
    }


def test_canonical_records_come_with_each_verdict(tmp_path):
    found = by_id(everything(exported(tmp_path, "jsonl")))
    assert len(found[seven.WEBP].votes) == 16
    assert {vote.task for vote in found[seven.WEBP].votes} == {seven.WEBP}
    assert found[seven.UNLABELLED].votes == []


def test_without_counts_a_dataset_has_one_verdict(tmp_path):
    found = by_id(everything(exported(tmp_path, "imagefolder")))
    assert labels_of(found[seven.SECOND].record) == {
        "Käse": (1, 0, Status.POSITIVE),
        "dog": (0, 1, Status.NEGATIVE),
    }


def test_class_folders_get_their_names_back_from_the_vocabulary(tmp_path):
    labels = {
        key: [seven.label("train" if n % 2 else "Käse", 3)] for n, key in enumerate(seven.KEYS)
    }
    everywhere = dict.fromkeys(seven.KEYS, "train")
    folder = exported(tmp_path, "classfolders", labels=labels, splits=everywhere)
    found = by_id(everything(folder))
    assert set(labels_of(found[seven.JPEG].record)) == {"Käse"}
    assert set(labels_of(found[seven.PNG].record)) == {"train"}
    assert all(one.record.split == "train" for one in found.values())


# Strict about paths.


@pytest.mark.parametrize(
    "name",
    ["/etc/hostname", "../secret.jpg", "a/../../secret.jpg", "", "a\\b.jpg", "none.jpg", "link"],
)
def test_nothing_outside_of_the_folder_is_read(tmp_path, name):
    folder = tmp_path / "set"
    folder.mkdir()
    (tmp_path / "secret.jpg").write_bytes(JPEG)
    (folder / "link").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(Invalid):
        inside(folder, name)
    (folder / "metadata.jsonl").write_text(json.dumps({"file_name": name}) + "\n")
    (refused,) = everything(folder, "imagefolder")
    assert isinstance(refused, Refused)
    (folder / "records.jsonl").write_text(json.dumps({"id": "x", "file_name": name}) + "\n")
    (refused,) = everything(folder, "jsonl")
    assert isinstance(refused, Refused)
    coco = {"images": [{"id": 1, "file_name": name}]}
    (folder / "instances_train.json").write_text(json.dumps(coco))
    (refused,) = everything(folder, "coco")
    assert isinstance(refused, Refused)


def add(tar, name, data=b"", **more):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in more.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))


def test_members_of_tars_are_bounded_and_never_unpacked(tmp_path):
    with tarfile.open(tmp_path / "train-0.tar", "w") as tar:
        add(tar, "../../a.jpg", JPEG)
        add(tar, "../../a.json", b'{"label": "dog"}')
        add(tar, "big.jpg", bytes(MOST + 1))
        add(tar, "link.jpg", type=tarfile.SYMTYPE, linkname="/etc/hostname")
        add(tar, "b.json", b"{}")
        add(tar, "c.jpg", JPEG)
        add(tar, "c.json", b"no json")
        add(tar, "__meta__.jpg", JPEG)
    first, *rest = everything(tmp_path)
    assert (first.data, first.path, set(labels_of(first.record))) == (JPEG, None, {"dog"})
    assert [type(one) for one in rest] == [Refused] * 3
    assert "more than" in rest[0].reason


def test_half_a_tar_is_told(tmp_path):
    with tarfile.open(tmp_path / "train-0.tar", "w") as tar:
        add(tar, "a.jpg", JPEG)
        add(tar, "b.jpg", JPEG)
    whole = (tmp_path / "train-0.tar").read_bytes()
    (tmp_path / "train-0.tar").write_bytes(whole[: 512 + len(JPEG) // 2])
    assert [type(one) for one in everything(tmp_path)] == [Refused]


# Friendly about the rest.


def test_metadata_of_others_is_read_with_whatever_it_says(tmp_path):
    (tmp_path / "a.jpg").write_bytes(JPEG)
    rows = [
        {"file_name": "a.jpg", "text": "A cat.", "label": "cat", "tags": "x, y", "width": "no"},
        {
            "file_name": "a.jpg",
            "labels": ["cat", None, 7],
            "objects": {"bbox": [[1, 2, 3, 4], [1]]},
        },
        {
            "file_name": "a.jpg",
            "objects": {"bbox": [[1, 2, 3, 4]], "categories": ["dog"]},
            "license": "http://creativecommons.org/licenses/by/2.0/",
        },
        {"nothing": 1},
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    (tmp_path / "metadata.jsonl").write_text(text + "\nbroken\n")
    first, second, third, *refused = everything(tmp_path)
    assert (first.record.description, first.record.tags) == ("A cat.", ["x", "y"])
    assert labels_of(first.record) == {"cat": (1, 0, Status.POSITIVE)}
    assert (set(labels_of(second.record)), second.record.objects) == ({"cat"}, [])
    assert third.record.objects[0].bbox == (1.0, 2.0, 3.0, 4.0)
    assert third.record.license == "CC-BY-2.0"
    assert [type(one) for one in refused] == [Refused, Refused]


def test_metadata_may_be_csv(tmp_path):
    (tmp_path / "test").mkdir()
    (tmp_path / "test/a.jpg").write_bytes(JPEG)
    with (tmp_path / "test/metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["file_name", "label"], ["a.jpg", 'a "dog", big']])
    (found,) = everything(tmp_path)
    assert (found.record.split, set(labels_of(found.record))) == ("test", {'a "dog", big'})


def test_a_coco_file_of_others_needs_little(tmp_path):
    (tmp_path / "images/default").mkdir(parents=True)
    (tmp_path / "images/default/a.jpg").write_bytes(JPEG)
    (tmp_path / "annotations").mkdir()
    coco = {
        "licenses": [{"name": "", "id": 0, "url": ""}],
        "categories": [{"id": 3, "name": "cat", "supercategory": ""}],
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": 64, "height": 48, "license": 0},
            {"id": 2, "file_name": "gone.jpg"},
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 3.5, 4], "iscrowd": 0},
            {
                "id": 2,
                "image_id": 1,
                "category_id": 3,
                "bbox": [1, 2, 3, 4],
                "segmentation": {"counts": [1], "size": [48, 64]},
            },
            {"id": 3, "image_id": 1, "category_id": 99, "bbox": [1, 2, 3, 4]},
        ],
    }
    (tmp_path / "annotations/instances_default.json").write_text(json.dumps(coco))
    found, refused = everything(tmp_path)
    assert [thing.bbox for thing in found.record.objects] == [(1, 2, 3.5, 4), (1, 2, 3, 4)]
    assert labels_of(found.record) == {"cat": (1, 0, Status.POSITIVE)}
    assert "gone.jpg" in refused.reason


def test_a_webdataset_of_others_may_have_classes_and_captions(tmp_path):
    lines = "index0,index1,name,slug\n0,1,cat,cat\n1,2,dog,dog\n"
    (tmp_path / "vocabulary.csv").write_text(lines)
    with tarfile.open(tmp_path / "val-0.tar", "w") as tar:
        add(tar, "s/a.jpg", JPEG)
        add(tar, "s/a.cls", b"1\n")
        add(tar, "s/a.txt", "Ein Käse".encode())
    (found,) = everything(tmp_path)
    assert set(labels_of(found.record)) == {"dog"}
    assert (found.record.split, found.record.description) == ("validation", "Ein Käse")


def test_mere_pictures_are_no_dataset(tmp_path):
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats/a.jpg").write_bytes(JPEG)
    (tmp_path / "backup.tar").write_bytes(b"")
    (tmp_path / "b.jpg").write_bytes(JPEG)
    assert recognise(tmp_path) is None
    assert ".jpg" in PICTURES


def test_records_without_most_keys_are_records(tmp_path):
    (tmp_path / "a.jpg").write_bytes(JPEG)
    row = {"id": seven.JPEG, "file_name": "a.jpg", "title": None, "labels": [{"name": "dog"}]}
    bad = {"id": 5, "file_name": "a.jpg"}
    (tmp_path / "records.jsonl").write_bytes(
        b"\n".join(msgspec.json.encode(one) for one in (row, bad)) + b"\n[]\n"
    )
    found, *refused = everything(tmp_path)
    assert (found.record.id, found.record.title) == (seven.JPEG, "")
    assert [type(one) for one in refused] == [Refused, Refused]
