"""`croissant.json`: what an export is and what its tables hold, for machines.

Source: the Croissant format specification 1.1, MLCommons, 2026.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from menagerie.datasets import card, tables
from menagerie.datasets.records import Source
from menagerie.datasets.writing import Written
from menagerie.storage.blobs import media_type_of_name

VERSION = "http://mlcommons.org/croissant/1.1"
_CR = "http://mlcommons.org/croissant"

_TERMS = (
    "arrayShape citeAs column containedIn equivalentProperty extract field fileProperty fileObject"
    " fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet"
    " references regex repeated replace samplingRate separator source subField transform"
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": f"{_CR}/",
    "rai": f"{_CR}/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}

_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/jsonlines",
    ".parquet": "application/x-parquet",
    ".tar": "application/x-tar",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
}
_SPLITS = (
    ("train", f"{_CR}/TrainingSplit"),
    ("validation", f"{_CR}/ValidationSplit"),
    ("test", f"{_CR}/TestSplit"),
)
_INTEGERS = frozenset(
    {"width", "height", "bytes", "num_yes", "num_no", "index0", "index1", "value", "weight"}
    | {"object_id"}
)
_FLOATS = frozenset(
    {"probability", "x", "y", "w", "h", "xmin_rel", "xmax_rel", "ymin_rel", "ymax_rel"}
)
_RECORDS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "images": ("images.csv", tables.IMAGES, "image_id"),
    "labels": ("labels.csv", tables.LABELS, ""),
    "boxes": ("boxes.csv", tables.BOXES, "object_id"),
    "votes": ("votes.csv", tables.VOTES, ""),
    "tags": ("tags.csv", tables.TAGS, ""),
}
_DESCRIPTIONS = {
    "images": "Every image, its file, licence and author.",
    "labels": "Every label of every image with its verdicts; confidence 1 present, 0 absent.",
    "boxes": "Every outlined thing; x, y, w, h in pixels from the top left.",
    "votes": "Every verdict on a label of an image.",
    "tags": "Tags of the images.",
}


def document(
    source: Source, facts: card.Facts, written: Mapping[str, Written], *, folders: list[str]
) -> str:
    """Return the document; `folders` are globs of where the picture files are."""
    date = source.created_at[:10]
    found: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": _name(source.name),
        "description": source.description or f"Images and their labels from {source.site_name}.",
        "conformsTo": VERSION,
        "license": card.license_urls(facts),
        "url": f"urn:uuid:{source.key}",
        "version": source.version,
        "datePublished": date,
        "dateModified": date,
        "inLanguage": "en",
        "keywords": [one.name for one in source.classes][:100],
        "creator": {"@type": "sc:Organization", "name": source.site_name},
        "publisher": {"@type": "sc:Organization", "name": source.site_name},
        "citeAs": f"{source.site_name}: {card.title(source)}, {date}, urn:uuid:{source.key}",
        "isLiveDataset": source.is_live,
        **_responsible(source, facts),
        "distribution": [*_files(written), *_file_sets(folders)],
        "recordSet": list(_record_sets(source, written)),
    }
    if source.previous:
        found["prov:wasDerivedFrom"] = source.previous
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _name(text: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in text)


def _responsible(source: Source, facts: card.Facts) -> dict[str, Any]:
    """Return the keys of responsible AI that follow from what is there."""
    counts = facts.counts.as_dict()
    labels = counts["labels"] or 1
    found: dict[str, Any] = {
        "rai:dataCollection": f"Pictures given to {source.site_name} by its users.",
        "rai:dataAnnotationProtocol": "Yes or no to one label on one shown image.",
        "rai:dataAnnotationPlatform": source.generator,
        "rai:annotationsPerItem": f"{source.counts.get('verdicts', 0) / labels:.2f}"
        " verdicts on a label",
        "rai:dataReleaseMaintenancePlan": "Snapshots never change; what is taken back is listed.",
        "rai:personalSensitiveInformation": "Pictures may show people; EXIF data is removed.",
    }
    if facts.first_at:
        found["rai:dataCollectionTimeFrame"] = [facts.first_at, facts.last_at]
    if source.alphas:
        found["rai:dataAnnotationAnalysis"] = "Krippendorff's alpha: " + ", ".join(
            f"{name} {alpha:.3f}" for name, alpha in sorted(source.alphas.items())
        )
    return found


def _files(written: Mapping[str, Written]) -> Iterator[dict[str, Any]]:
    """Yield the files that are no pictures and not text beside a single one."""
    for path, file in sorted(written.items()):
        ending = "." + path.rpartition(".")[2]
        if ending in _TYPES and not (ending == ".txt" and "/" in path):
            yield {
                "@type": "cr:FileObject",
                "@id": path,
                "name": path,
                "contentUrl": path,
                "contentSize": f"{file.size_bytes} B",
                "encodingFormat": _TYPES[ending],
                "sha256": file.sha256,
            }


def _file_sets(folders: list[str]) -> Iterator[dict[str, Any]]:
    for number, glob in enumerate(folders):
        yield {
            "@type": "cr:FileSet",
            "@id": f"pictures-{number}",
            "name": f"pictures-{number}",
            "encodingFormat": media_type_of_name(glob),
            "includes": glob,
        }


def _record_sets(source: Source, written: Mapping[str, Written]) -> Iterator[dict[str, Any]]:
    yield _inline(
        "splits", "cr:Split", ("name", "url"), [{"name": n, "url": u} for n, u in _SPLITS]
    )
    if source.classes:
        yield _table("classes", "vocabulary.csv", tables.VOCABULARY, "name", "Every class.")
    if "images.csv" not in written:
        yield _table(
            "images", "ATTRIBUTION.csv", tables.ATTRIBUTION, "id", "Every image and its author."
        )
    for name, (file, columns, key) in _RECORDS.items():
        if file in written:
            yield _table(name, file, columns, key, _DESCRIPTIONS[name])


def _inline(
    name: str, data_type: str, fields: tuple[str, ...], rows: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "dataType": data_type,
        "description": f"The {name}.",
        "key": {"@id": f"{name}/{fields[0]}"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{field}",
                "name": field,
                "description": field,
                "dataType": "sc:Text" if field == "name" else "sc:URL",
            }
            for field in fields
        ],
        "data": [{f"{name}/{field}": row[field] for field in fields} for row in rows],
    }


def _table(
    name: str, file: str, columns: tuple[str, ...], key: str, description: str
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description,
        "field": [_field(name, file, column) for column in columns],
    }
    if key:
        found["key"] = {"@id": f"{name}/{key}"}
    return found


def _field(name: str, file: str, column: str) -> dict[str, Any]:
    kind = "sc:Text"
    if column in _INTEGERS:
        kind = "sc:Integer"
    elif column in _FLOATS:
        kind = "sc:Float"
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{name}/{column}",
        "name": column,
        "description": column.replace("_", " "),
        "dataType": kind,
        "source": {"fileObject": {"@id": file}, "extract": {"column": column}},
    }
    if column == "image_id" and name != "images":
        field["references"] = {"field": {"@id": "images/image_id"}}
    return field
