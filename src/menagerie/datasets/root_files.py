"""The files at the root of every export, whatever its format."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import msgspec

from menagerie.datasets import card, croissant, leaving, tables
from menagerie.datasets.records import Record
from menagerie.datasets.writing import Folder, Format, Job, Written

FORMAT_VERSION = "1"
"""Goes up when what a format writes changes."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PICTURES = frozenset({"jpg", "png", "gif", "webp", "avif", "svg", "webm"})
_PACKED = (".tar", ".parquet")
_SUMS = "SHA256SUMS"


def write(job: Job, form: Format, *, sha256: str) -> None:
    """Write the files that all formats share, after the format wrote its own.

    `sha256` is the snapshot's identity.
    """
    folder, options = job.folder, job.options
    classes = job.content.source.classes if job.report.classes is None else job.report.classes
    source = msgspec.structs.replace(job.content.source, classes=classes)
    safe = options.safe_csv
    folder.put("vocabulary.csv", tables.vocabulary_csv(classes, safe=safe))
    facts = _new_facts()
    folder.put("ATTRIBUTION.csv", _attribution(job, facts, tables.Lines(safe=safe)))
    folder.put("LICENSE", card.license_text(facts))
    folder.put("CITATION.cff", card.citation(source))
    folder.put("EXPORT_REPORT.json", _json(_report(job)))
    folder.put("README.md", card.readme(source, facts, form, job.report))
    globs = _globs(folder.written)
    folder.put("croissant.json", croissant.document(source, facts, folder.written, folders=globs))
    folder.put("manifest.json", _manifest(job, form, sha256))
    folder.put(_SUMS, sums(folder.written.values()))


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n"


def sums(written: Iterable[Written]) -> Iterator[bytes]:
    """Yield the lines that `sha256sum -c` reads."""
    for file in sorted(written, key=lambda file: file.path):
        if file.path != _SUMS:
            yield f"{file.sha256}  {file.path}\n".encode()


def _report(job: Job) -> dict[str, Any]:
    report = job.report
    ids = {why: ids for why, ids in report.lost_ids.items() if report.lost[why] <= 1000}
    return {
        "written": report.counts,
        "left_out": leaving.of_counts(job.content.source.counts),
        "lost": report.lost,
        "lost_ids": ids,
        "notes": report.notes,
    }


def _manifest(job: Job, form: Format, sha256: str) -> bytes:
    source = job.content.source
    files = sorted(job.folder.written.values(), key=lambda file: file.path)
    return _json(
        {
            "snapshot": {
                "key": source.key,
                "name": source.name,
                "version": source.version,
                "created_at": source.created_at,
                "sha256": sha256,
                "previous": source.previous,
                "withdrawn": source.withdrawn,
                "is_live": source.is_live,
            },
            "selection": source.selection,
            "generator": source.generator,
            "format": {"name": form.name, "version": FORMAT_VERSION, "options": job.options},
            "split": {
                "method": source.selection.split_method,
                "seed": source.selection.seed,
                "ratios": source.selection.ratios,
            },
            "counts": {"snapshot": source.counts, "export": job.report.counts},
            "files": [
                {"path": file.path, "bytes": file.size_bytes, "sha256": file.sha256}
                for file in files
            ],
        }
    )


# Attribution, and the counts that come of the same round.


def _new_facts() -> card.Facts:
    return card.Facts(counts=tables.Counts(), by_split={}, images_by_split={}, licences={})


def _attribution(job: Job, facts: card.Facts, lines: tables.Lines) -> Iterator[bytes]:
    paths = _picture_paths(job.folder)
    is_packed = not paths and any(path.endswith(_PACKED) for path in job.folder.written)
    yield lines.line(tables.ATTRIBUTION).encode()
    for frozen in job.content.frozen():
        record = frozen.record
        if job.content.is_withdrawn(record.id) or not (is_packed or record.id in paths):
            continue
        name = paths.get(record.id, PurePosixPath(record.file_name).name)
        _note(facts, record)
        row = tables.attribution_row(msgspec.structs.replace(record, file_name=name))
        yield lines.line(row).encode()


def _picture_paths(folder: Folder) -> Mapping[str, str]:
    """Return where the pictures are by their UUIDs; empty for a format that packs them."""
    found: dict[str, str] = {}
    for path in folder.written:
        stem, _, ending = path.rpartition("/")[2].rpartition(".")
        if ending in _PICTURES and _UUID.fullmatch(stem):
            found.setdefault(stem, path)
    return found


def _note(facts: card.Facts, record: Record) -> None:
    facts.counts.add(record)
    split = facts.by_split.setdefault(record.split, {})
    facts.images_by_split[record.split] = facts.images_by_split.get(record.split, 0) + 1
    facts.licences[record.license] = facts.licences.get(record.license, 0) + 1
    for label in record.labels:
        if label.status == "positive":
            split[label.name] = split.get(label.name, 0) + 1
    facts.first_at = min(facts.first_at or record.created_at, record.created_at)
    facts.last_at = max(facts.last_at, record.created_at)


def _globs(written: Mapping[str, Written]) -> list[str]:
    """Return globs of the folders that hold pictures, one for each kind."""
    found = set()
    for path in written:
        folder, _, name = path.rpartition("/")
        stem, _, ending = name.rpartition(".")
        if ending in _PICTURES and _UUID.fullmatch(stem):
            found.add(f"{folder}/*.{ending}" if folder else f"*.{ending}")
    return sorted(found)
