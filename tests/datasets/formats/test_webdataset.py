import json
import tarfile

import msgspec
import pytest

import seven
from menagerie.datasets.records import Record


def members(path):
    with tarfile.open(path) as tar:
        return [(one.name, tar.extractfile(one).read(), one) for one in tar]


def test_a_sample_is_a_picture_and_its_record(tmp_path, export):
    content = seven.content(tmp_path / "from")
    folder, report = export(content, "webdataset")
    (picture, record) = members(folder / "test-000000.tar")
    assert picture[0] == f"{seven.SECOND}.jpg"
    assert picture[1] == (tmp_path / "from" / f"{seven.SECOND}.jpg").read_bytes()
    (line,) = [line for line in content.frozen() if line.record.id == seven.SECOND]
    found = msgspec.json.decode(record[1], type=Record)
    assert found == msgspec.structs.replace(line.record, file_name=f"{seven.SECOND}.jpg")
    assert list(json.loads(record[1])) == list(Record.__struct_fields__)
    for _name, _data, info in (picture, record):
        assert (info.uid, info.gid, info.mode, info.uname) == (0, 0, 0o444, "")
        assert info.mtime == 1767268800
    assert report.counts == {"images": 7}


def test_each_kind_of_picture_has_tars_of_its_own(tmp_path, export):
    folder, _ = export(seven.content(tmp_path / "from"), "webdataset")
    assert json.loads((folder / "sizes.json").read_text()) == {
        "test-000000.tar": 1,
        "train-gif-000000.tar": 1,
        "train-jpg-000000.tar": 1,
        "train-png-000000.tar": 1,
        "train-webp-000000.tar": 1,
        "validation-jpg-000000.tar": 1,
        "validation-png-000000.tar": 1,
    }


def test_the_class_is_a_member_only_when_every_image_has_exactly_one(tmp_path, export):
    content = seven.content(tmp_path / "from", keys=[seven.JPEG, seven.TURNED])
    folder, _ = export(content, "webdataset")
    names = [name for name, _data, _info in members(folder / "train-000000.tar")]
    assert names == [f"{seven.JPEG}.jpg", f"{seven.JPEG}.cls", f"{seven.JPEG}.json"]
    slugs = [one.slug for one in content.source.classes]
    assert members(folder / "train-000000.tar")[1][1] == str(slugs.index("big-dog")).encode()
    mixed = seven.content(tmp_path / "from", keys=[seven.JPEG, seven.UNLABELLED])
    folder, _ = export(mixed, "webdataset", "mixed")
    assert len(members(folder / "train-000000.tar")) == 2


def test_the_caption_is_a_member_only_when_every_image_has_one(tmp_path, export):
    bare = seven.content(tmp_path / "from", keys=[seven.JPEG, seven.TURNED])
    told = [
        msgspec.structs.replace(
            line, record=msgspec.structs.replace(line.record, description="A däg")
        )
        for line in bare.frozen()
    ]
    folder, _ = export(seven.OnDisk(bare.source, told, tmp_path / "from"), "webdataset")
    assert members(folder / "train-000000.tar")[-1][:2] == (f"{seven.JPEG}.txt", "A däg".encode())
    mixed = seven.OnDisk(bare.source, [told[0], *list(bare.frozen())[1:]], tmp_path / "from")
    folder, _ = export(mixed, "webdataset", "mixed")
    assert not [name for name, *_ in members(folder / "train-000000.tar") if name.endswith("txt")]


def test_shards_as_many_as_asked_none_empty_and_the_same_each_time(tmp_path, export):
    everything = dict.fromkeys(seven.KEYS, "train")
    content = seven.content(tmp_path / "from", splits=everything)
    first, _ = export(content, "webdataset", "first", image="jpg", shards=3)
    again, _ = export(content, "webdataset", "again", image="jpg", shards=3)
    sizes = json.loads((first / "sizes.json").read_text())
    assert sizes == {f"train-{n:06}.tar": size for n, size in enumerate((3, 3, 1))}
    for name in sizes:
        assert (first / name).read_bytes() == (again / name).read_bytes()
        assert (first / name).stat().st_size % tarfile.RECORDSIZE == 0


def test_the_seed_gives_the_order(tmp_path, export):
    orders = set()
    for seed in "abcd":
        everything = dict.fromkeys(seven.KEYS, "train")
        content = seven.content(tmp_path / "from", splits=everything, objects={})
        selection = msgspec.structs.replace(content.source.selection, seed=seed)
        content.source = msgspec.structs.replace(content.source, selection=selection)
        folder, _ = export(content, "webdataset", seed, image="jpg")
        orders.add(tuple(name for name, _d, _i in members(folder / "train-000000.tar")))
    assert len(orders) > 1


def test_withdrawn_pictures_leave_no_empty_tar(tmp_path, export):
    content = seven.content(tmp_path / "from")
    content.withdrawn.add(seven.SECOND)
    folder, report = export(content, "webdataset")
    assert not list(folder.glob("test-*"))
    assert list(report.lost.values()) == [1]


@pytest.mark.slow
def test_both_libraries_stream_it(tmp_path, export, load):
    everything = dict.fromkeys(seven.KEYS[2:], "train") | dict.fromkeys(
        seven.KEYS[:2], "validation"
    )
    content = seven.content(tmp_path / "from", splits=everything)
    jpegs, _ = export(content, "webdataset", "jpegs", image="jpg")
    kinds, _ = export(content, "webdataset", "kinds")
    found = load(webdataset=kinds, tars=jpegs, own_readme=jpegs)
    keys = [one["__key__"] for one in found["webdataset"]]
    assert sorted(keys) == list(seven.KEYS)
    for one in found["webdataset"]:
        kind = one["json"]["file_name"].rpartition(".")[2]
        assert one[kind]["size"] == [one["json"]["width"], one["json"]["height"]]
    assert len(found["tars"]["splits"]["train"]) == 5
    assert {split: len(rows) for split, rows in found["own_readme"]["splits"].items()} == {
        "train": 5,
        "validation": 2,
    }
    train = found["own_readme"]["splits"]["train"]
    assert {len(row["json"]["objects"]) for row in train} == {0, 1, 2}
