"""Readers: what others wrote, or we did, as canonical records."""

from pathlib import Path

from menagerie.datasets.readers import coco, imagefolder, jsonl, loosely, webdataset
from menagerie.datasets.readers.found import Found, Reader, Refused, inside

__all__ = ["READERS", "Found", "Reader", "Refused", "inside", "recognise"]

_ALL = (
    Reader(
        name="jsonl",
        title="Canonical records",
        recognises=jsonl.recognises,
        read=jsonl.read,
        count=jsonl.count,
        classes=loosely.classes,
    ),
    Reader(
        name="coco",
        title="COCO",
        recognises=coco.recognises,
        read=coco.read,
        count=coco.count,
        classes=loosely.classes,
    ),
    Reader(
        name="webdataset",
        title="WebDataset",
        recognises=webdataset.recognises,
        read=webdataset.read,
        count=webdataset.count,
        classes=loosely.classes,
    ),
    Reader(
        name="imagefolder",
        title="Hugging Face ImageFolder, or class folders",
        recognises=imagefolder.recognises,
        read=imagefolder.read,
        count=imagefolder.count,
        classes=loosely.classes,
    ),
)

READERS: dict[str, Reader] = {one.name: one for one in _ALL}


def recognise(folder: Path) -> Reader | None:
    """Return the reader of a folder by the files in it; None when they are mere pictures."""
    return next((one for one in _ALL if one.recognises(folder)), None)
