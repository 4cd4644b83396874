"""The columns of the formats that Hugging Face's `datasets` reads, and how it is told their types.

One tree of types gives the `features` of a README, the key in the schema of a Parquet file and the
schema itself, so that they cannot disagree.
"""

import json
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from menagerie.datasets.formats.classes import Classes, Outline
from menagerie.datasets.records import Class, Record, Split


class Value(msgspec.Struct, frozen=True):
    """A plain value."""

    dtype: Literal["string", "int64", "float64", "bool"]


class Image(msgspec.Struct, frozen=True):
    """A picture: its bytes and the name of its file."""


class ClassLabel(msgspec.Struct, frozen=True):
    """The number of a class."""

    names: tuple[str, ...]


class ListOf(msgspec.Struct, frozen=True):
    """A list of things of one type."""

    feature: "Feature"


Feature = Value | Image | ClassLabel | ListOf | dict[str, Any]

TEXT, INTEGER, NUMBER, TRUTH = Value("string"), Value("int64"), Value("float64"), Value("bool")


class Files(msgspec.Struct, frozen=True):
    """Files that a library loads together, and the columns it finds in them."""

    paths: list[tuple[Split, str]]
    """A pattern for each split that there is."""
    columns: dict[str, Feature] = {}
    """Empty when the library has to find out."""
    name: str = "default"


def columns(classes: list[Class]) -> dict[str, Feature]:
    """Return the columns of ImageFolder's metadata and of Parquet files, `image` first."""
    label = ClassLabel(tuple(one.name for one in classes))
    return {
        "image": Image(),
        "image_id": INTEGER,
        "uuid": TEXT,
        "width": INTEGER,
        "height": INTEGER,
        "labels": ListOf(label),
        "label_probabilities": ListOf(NUMBER),
        "negative_labels": ListOf(label),
        "tags": ListOf(TEXT),
        "caption": TEXT,
        "objects": {
            "id": ListOf(INTEGER),
            "area": ListOf(NUMBER),
            "bbox": ListOf(ListOf(NUMBER)),
            "category": ListOf(label),
            "polygon": ListOf(ListOf(NUMBER)),
        },
        "license": TEXT,
        "license_url": TEXT,
        "author": TEXT,
        "author_url": TEXT,
        "title": TEXT,
        "source_url": TEXT,
        "sha256": TEXT,
        "group": TEXT,
    }


def row(
    record: Record, classes: Classes, outlines: list[Outline], *, by_name: bool
) -> dict[str, Any]:
    """Return one row of `columns` without its image.

    Labels are names or numbers of classes; categories of objects are always numbers, which is what
    training scripts read.
    """
    shares = {label.name: label.probability for label in record.labels}
    positive, negative = classes.positive(record), classes.negative(record)
    return {
        "image_id": record.number,
        "uuid": record.id,
        "width": record.width,
        "height": record.height,
        "labels": [one.name if by_name else one.index for one in positive],
        "label_probabilities": [float(shares.get(one.name, 1.0)) for one in positive],
        "negative_labels": [one.name if by_name else one.index for one in negative],
        "tags": record.tags,
        "caption": record.description,
        "objects": {
            "id": [one.object.id for one in outlines],
            "area": [one.area for one in outlines],
            "bbox": [list(one.bbox) for one in outlines],
            "category": [one.of.index for one in outlines],
            "polygon": [[v for point in one.polygon for v in point] for one in outlines],
        },
        "license": record.license,
        "license_url": record.license_url,
        "author": record.author,
        "author_url": record.author_url,
        "title": record.title,
        "source_url": record.source_url,
        "sha256": record.sha256,
        "group": record.group,
    }


def of_record(
    kind: str, *, has_class: bool, has_caption: bool, classes: list[Class]
) -> dict[str, Feature]:
    """Return the columns of a WebDataset: a picture of one kind, its record, class and caption."""
    found: dict[str, Feature] = {kind: Image(), "json": _of_type(msgspec.inspect.type_info(Record))}
    if has_class:
        found["cls"] = ClassLabel(tuple(one.name for one in classes))
    if has_caption:
        found["txt"] = TEXT
    return found | {"__key__": TEXT, "__url__": TEXT}


def front_matter(files: Sequence[Files]) -> dict[str, object]:
    """Return what the top of a README says so that the Hub's library finds files and types."""
    configs = [
        {
            "config_name": one.name,
            "data_files": [{"split": str(split), "path": path} for split, path in one.paths],
        }
        for one in files
        if one.paths
    ]
    infos = [
        {"config_name": one.name, "features": readme(one.columns)}
        for one in files
        if one.paths and one.columns
    ]
    found: dict[str, object] = {"configs": configs} if configs else {}
    if infos:
        found["dataset_info"] = infos[0] if len(infos) == 1 else infos
    return found


def _of_type(found: Any) -> Feature:
    kinds = msgspec.inspect
    if isinstance(found, kinds.StructType):
        return {field.name: _of_type(field.type) for field in found.fields}
    if isinstance(found, kinds.ListType):
        return ListOf(_of_type(found.item_type))
    if isinstance(found, kinds.TupleType):
        return ListOf(_of_type(found.item_types[0]))
    if isinstance(found, kinds.BoolType):
        return TRUTH
    if isinstance(found, kinds.IntType):
        return INTEGER
    return NUMBER if isinstance(found, kinds.FloatType) else TEXT


# As the library writes them.


def hugging_face(feature: Feature) -> dict[str, Any]:
    """Return a feature as the JSON in the schema of a Parquet file names it."""
    match feature:
        case Value():
            return {"dtype": feature.dtype, "_type": "Value"}
        case Image():
            return {"_type": "Image"}
        case ClassLabel():
            return {"names": list(feature.names), "_type": "ClassLabel"}
        case ListOf():
            return {"feature": hugging_face(feature.feature), "_type": "List"}
    return {name: hugging_face(inner) for name, inner in feature.items()}


def schema_metadata(found: dict[str, Feature]) -> dict[str, str]:
    """Return the key that makes a Parquet file say what its columns are."""
    about = {name: hugging_face(feature) for name, feature in found.items()}
    return {"huggingface": json.dumps({"info": {"features": about}}, ensure_ascii=False)}


def readme(found: dict[str, Feature]) -> list[dict[str, Any]]:
    """Return the columns as `features` in the front matter of a README names them.

    >>> readme({"labels": ListOf(ClassLabel(("cat",)))})
    [{'name': 'labels', 'list': {'class_label': {'names': {'0': 'cat'}}}}]
    """
    return [{"name": name, **_readme_field(feature)} for name, feature in found.items()]


def _readme_field(feature: Feature) -> dict[str, Any]:
    if isinstance(feature, ListOf):
        return {"list": _readme_type(feature.feature)}
    if isinstance(feature, dict):
        return {"struct": readme(feature)}
    return {"dtype": _readme_type(feature)}


def _readme_type(feature: Feature) -> object:
    match feature:
        case Value():
            return feature.dtype
        case Image():
            return "image"
        case ClassLabel():
            return {"class_label": {"names": {str(n): x for n, x in enumerate(feature.names)}}}
        case ListOf():
            return {"list": _readme_type(feature.feature)}
    return readme(feature)
