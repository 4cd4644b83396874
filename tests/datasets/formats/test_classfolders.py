import pytest

import seven

# Every split has an image of both classes, and there are some that fit nowhere.
LABELS = {
    seven.JPEG: [seven.label("train", 5)],
    seven.PNG: [seven.label("Käse", 5)],
    seven.WEBP: [seven.label("Käse", 2), seven.label("train", 9, 1)],
    seven.GIF: [seven.label("train", 3)],
    seven.TURNED: [seven.label("Käse", 3)],
    seven.UNLABELLED: [seven.label("big dog", 4)],
    seven.SECOND: [seven.label("train", 0, 3)],
}
SPLITS = {seven.GIF: "validation", seven.UNLABELLED: "train", seven.SECOND: "train"}


def content(tmp_path):
    return seven.content(tmp_path / "from", labels=LABELS, splits=SPLITS)


def files(folder):
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return found - {"README.md"}


def test_one_folder_for_each_class_that_every_split_has(tmp_path, export):
    folder, report = export(content(tmp_path), "classfolders")
    assert files(folder) == {
        f"train/ctrain/{seven.JPEG}.jpg",
        f"train/kaese/{seven.PNG}.png",
        f"val/ctrain/{seven.GIF}.png",
        f"val/kaese/{seven.TURNED}.jpg",
    }
    assert [(one.index, one.slug) for one in report.classes] == [(0, "ctrain"), (1, "kaese")]
    assert "big dog" in report.notes[0]
    assert report.lost["images of several classes"] == 1
    assert report.lost["images of a class that some split lacks"] == 1
    assert report.lost["images without a class"] == 1
    assert report.lost["gif files turned into PNG (first frame)"] == 1


def test_images_of_several_classes_go_to_the_likeliest_or_to_all(tmp_path, export):
    folder, report = export(content(tmp_path), "classfolders", "primary", multi="primary")
    assert f"train/kaese/{seven.WEBP}.webp" in files(folder)
    assert report.lost["further classes of an image"] == 1
    folder, report = export(content(tmp_path), "classfolders", "all", multi="duplicate")
    twice = {f"train/{slug}/{seven.WEBP}.webp" for slug in ("ctrain", "kaese")}
    assert twice <= files(folder)
    assert (report.counts["images"], report.counts["files"]) == (5, 6)


def test_unlabelled_images_only_on_request(tmp_path, export):
    folder, _ = export(content(tmp_path), "classfolders", unlabelled=True)
    assert f"train/_unlabeled/{seven.SECOND}.jpg" in files(folder)


def test_when_no_class_is_in_all_splits_the_report_says_so(tmp_path, export):
    folder, report = export(seven.content(tmp_path / "from"), "classfolders")
    assert files(folder) == set()
    assert report.classes == []
    assert any("No class has an image in every split" in note for note in report.notes)


@pytest.mark.slow
def test_the_class_called_train_is_not_taken_for_the_split(tmp_path, export, load):
    folder, report = export(content(tmp_path), "classfolders")
    for found in load(imagefolder=folder, own_readme=folder).values():
        assert found["features"]["label"] == "ClassLabel(names=['ctrain', 'kaese'])"
        assert {split: len(rows) for split, rows in found["splits"].items()} == {
            "train": 2,
            "validation": 2,
        }
    assert [one.slug for one in report.classes] == ["ctrain", "kaese"]
