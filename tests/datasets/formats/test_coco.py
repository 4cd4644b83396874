import json

import msgspec
import pytest

import seven
from menagerie.datasets.records import Object


def instances(folder, split):
    return json.loads((folder / f"annotations/instances_{split}.json").read_text())


def test_every_split_has_all_keys_and_the_same_classes(tmp_path, export):
    folder, report = export(seven.content(tmp_path / "from"), "coco")
    found = {split: instances(folder, split) for split in ("train", "val", "test")}
    for one in found.values():
        assert list(one) == ["info", "licenses", "categories", "images", "annotations"]
        assert one["categories"] == found["train"]["categories"]
    assert [c["id"] for c in found["train"]["categories"]] == [1, 2, 3, 4, 5, 6]
    assert found["train"]["categories"][2]["name"] == "train"
    assert [image["id"] for image in found["val"]["images"]] == [5, 6]
    assert found["test"]["annotations"] == []
    assert report.counts == {"images": 7, "boxes": 2, "polygons": 1}


def test_labels_and_tags_are_in_keys_of_our_own(tmp_path, export):
    folder, report = export(seven.content(tmp_path / "from"), "coco")
    (image,) = instances(folder, "test")["images"]
    assert image["uuid"] == seven.SECOND
    assert image["file_name"] == f"{seven.SECOND}.jpg"
    assert image["tags"] == ["safe", "solo, duo"]
    assert [(x["name"], x["status"]) for x in image["labels"]] == [
        ("Käse", "positive"),
        ("dog", "negative"),
    ]
    assert "`labels`" in report.notes[0]
    captions = json.loads((folder / "annotations/captions_train.json").read_text())
    assert [c["caption"] for c in captions["annotations"]] == ['A "picture",\nof two lines; =1+1']
    assert not (folder / "annotations/captions_val.json").exists()


def test_boxes_become_polygons_only_when_asked(tmp_path, export):
    content = seven.content(tmp_path / "from")
    folder, _ = export(content, "coco")
    box, polygon = instances(folder, "train")["annotations"]
    assert box["segmentation"] == []
    assert (box["bbox"], box["area"]) == ([4.0, 5.0, 20.5, 10.0], 205.0)
    assert polygon["segmentation"] == [[30.0, 10.0, 50.0, 10.0, 50.0, 30.0, 40.0, 30.0]]
    assert polygon["area"] == 300.0
    assert polygon["refinements"] == ["yellow"]
    folder, _ = export(content, "coco", "polygons", box_as_polygon=True)
    box, _polygon = instances(folder, "train")["annotations"]
    assert box["segmentation"] == [[4.0, 5.0, 24.5, 5.0, 24.5, 15.0, 4.0, 15.0]]


def test_objects_voted_down_or_under_a_pixel_are_left_out_and_counted(tmp_path, export):
    objects = {
        seven.JPEG: [
            Object(id=1, label="dog", bbox=(60.0, 40.0, 30.0, 30.0)),
            Object(id=2, label="dog", bbox=(1.0, 1.0, 9.0, 9.0), num_yes=1, num_no=3),
            Object(id=3, label="dog", bbox=(63.5, 1.0, 9.0, 9.0)),
        ]
    }
    folder, report = export(seven.content(tmp_path / "from", objects=objects), "coco")
    (only,) = instances(folder, "train")["annotations"]
    assert only["bbox"] == [60.0, 40.0, 4.0, 8.0]
    assert report.lost == {"objects below the threshold": 1, "objects under a pixel": 1}
    assert report.lost_ids["objects under a pixel"] == [seven.JPEG]


def test_shrunk_pictures_shrink_their_boxes(tmp_path, export):
    folder, _ = export(seven.content(tmp_path / "from"), "coco", max_side=32)
    (image, _) = instances(folder, "val")["images"]
    assert (image["width"], image["height"]) == (24, 32)
    (box,) = instances(folder, "val")["annotations"]
    assert box["bbox"] == [15.0, 4.0, 6.0, 8.0]


def test_withdrawn_pictures_are_counted_not_written(tmp_path, export):
    content = seven.content(tmp_path / "from")
    content.withdrawn.add(seven.SECOND)
    folder, report = export(content, "coco")
    assert instances(folder, "test")["images"] == []
    assert report.lost == {"images withdrawn since the snapshot was made": 1}


def test_no_class_and_no_image_is_still_a_file(tmp_path, export):
    content = seven.content(tmp_path / "from", keys=())
    content.source = msgspec.structs.replace(content.source, classes=[])
    folder, _ = export(content, "coco")
    assert instances(folder, "val")["images"] == []


@pytest.mark.slow
def test_the_reference_reader_scores_the_truth_against_itself_with_one(tmp_path, export, load):
    content = seven.content(tmp_path / "from")
    plain, _ = export(content, "coco")
    polygons, _ = export(content, "coco", "polygons", box_as_polygon=True)
    found = load(coco=plain, coco__more=polygons)
    train, val = found["coco"]["instances_train"], found["coco"]["instances_val"]
    assert (train["images"], train["objects"], train["masks"]) == (4, [1, 2], [300])
    assert (val["images"], val["objects"]) == (2, [3])
    assert train["precision"] == val["precision"] == pytest.approx(1.0, abs=1e-6)
    assert found["coco"]["instances_test"]["images"] == 1
    assert train["categories"][0] == [1, "big dog"]
    more = found["coco__more"]
    assert more["instances_val"]["masks"] == [12 * 16]
    assert more["instances_train"]["precision"] == pytest.approx(1.0, abs=1e-6)
