"""Loads exports with the libraries that people use, and prints what they saw, as JSON.

Run by `others.py` in a process of its own, without network: these libraries are slow to import and
full of warnings. The first argument names what to load, the second is the folder.
"""

# ruff: noqa: PLC0415  # each task imports what it needs, since that is slow

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if hasattr(value, "convert"):  # a picture
        red = value.size == (48, 64) and list(value.convert("RGB").getpixel((36, 16)))
        return {"size": list(value.size), "mode": value.mode, "in the red box": red}
    return value


def hugging_face(*arguments: object, **options: object) -> dict:
    import datasets

    datasets.disable_progress_bars()
    found = datasets.load_dataset(*arguments, **options)
    return {
        "features": {name: str(kind) for name, kind in found["train"].features.items()},
        "splits": {split: [_plain(row) for row in rows] for split, rows in found.items()},
    }


def own_readme(folder: Path) -> dict:
    return hugging_face(str(folder))


def imagefolder(folder: Path) -> dict:
    return hugging_face("imagefolder", data_dir=str(folder))


def tars(folder: Path) -> dict:
    return hugging_face("webdataset", data_files={"train": str(folder / "train-*.tar")})


def webdataset(folder: Path) -> list:
    import webdataset as library

    shards = sorted(map(str, folder.glob("*.tar")))
    found = library.WebDataset(shards, shardshuffle=False, empty_check=False).decode("pil")
    return [_plain({k: v for k, v in sample.items() if k != "__local_path__"}) for sample in found]


def yolo(folder: Path) -> dict:
    from supervision import DetectionDataset

    found = {}
    for split in ("train", "val", "test"):
        if not (folder / "images" / split).is_dir():
            continue
        loaded = DetectionDataset.from_yolo(
            images_directory_path=str(folder / "images" / split),
            annotations_directory_path=str(folder / "labels" / split),
            data_yaml_path=str(folder / "data.yaml"),
        )
        found[split] = {
            "classes": loaded.classes,
            "boxes": {
                Path(path).stem: [
                    [int(number), *map(float, box)]
                    for number, box in zip(one.class_id, one.xyxy, strict=True)
                ]
                for path, _image, one in loaded
            },
        }
    return found


def coco(folder: Path) -> dict:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    found = {}
    for path in sorted((folder / "annotations").glob("instances_*.json")):
        truth = COCO(str(path))
        shapes = truth.loadAnns(truth.getAnnIds())
        about = {
            "images": len(truth.getImgIds()),
            "objects": [shape["id"] for shape in shapes],
            "categories": [[c["id"], c["name"]] for c in truth.loadCats(truth.getCatIds())],
            "masks": [int(truth.annToMask(s).sum()) for s in shapes if s["segmentation"]],
        }
        if shapes:
            about["precision"] = _precision(truth, shapes, COCOeval)
        found[path.stem] = about
    return found


def _precision(truth, shapes, evaluation) -> float:
    guesses = truth.loadRes(
        [{k: s[k] for k in ("image_id", "category_id", "bbox")} | {"score": 1.0} for s in shapes]
    )
    judged = evaluation(truth, guesses, "bbox")
    judged.evaluate()
    judged.accumulate()
    judged.summarize()
    return float(judged.stats[0])


def openimages(folder: Path) -> dict:
    import pandas as pd

    tables = {
        "labels": pd.read_csv(folder / "labels/classifications.csv"),
        "boxes": pd.read_csv(folder / "labels/detections.csv"),
        "images": pd.read_csv(folder / "metadata/image_ids.csv"),
        "classes": pd.read_csv(folder / "metadata/classes.csv", header=None),
    }
    return {name: json.loads(table.to_json(orient="values")) for name, table in tables.items()}


def parquet(folder: Path) -> dict:
    import pyarrow.parquet

    found = {}
    for path in sorted((folder / "data").glob("*.parquet")):
        table = pyarrow.parquet.read_table(path)
        rows = table.to_pylist()
        found[path.name] = {
            "hugging": "huggingface" in {k.decode() for k in table.schema.metadata},
            "image": str(table.schema.field("image").type),
            "hashes": [hashlib.sha256(row["image"]["bytes"]).hexdigest() for row in rows],
            "said": [row["sha256"] for row in rows],
            "rows": len(rows),
            "groups": pyarrow.parquet.ParquetFile(path).num_row_groups,
        }
    return found


LOADERS: dict[str, Callable[[Path], object]] = {
    one.__name__: one
    for one in (own_readme, imagefolder, tars, webdataset, yolo, coco, openimages, parquet)
}

if __name__ == "__main__":
    # What the libraries say themselves must not mix with the answer.
    answer_to, sys.stdout = sys.stdout, sys.stderr
    loaded = {
        task: LOADERS[task.split(":")[0]](Path(task.split(":", 1)[1])) for task in sys.argv[1:]
    }
    json.dump(loaded, answer_to)
