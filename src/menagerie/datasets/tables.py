"""The canonical tables: long CSV files, and the class table that all formats share.

Every row is written as soon as its image is read, so memory does not grow with the images.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping

import msgspec

from menagerie.datasets.records import Class, Frozen, Label, Object, Record, Status
from menagerie.datasets.slugs import slugs

TAG = "tag:"
"""What the names of classes that are tags of the board begin with."""


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split())


IMAGES = _columns(
    "image_id split file_name width height mime bytes sha256 phash created_at license "
    "license_url author author_url title source_url group"
)
LABELS = _columns("image_id label source confidence num_yes num_no probability status created_at")
BOXES = _columns(
    "object_id image_id label source x y w h xmin_rel xmax_rel ymin_rel ymax_rel shape "
    "polygon_json is_occluded is_truncated is_group_of num_yes num_no probability"
)
VOTES = ("task", "worker", "label", "value", "at", "kind", "weight")
TAGS = ("image_id", "tag", "category")
VOCABULARY = ("index0", "index1", "name", "slug", "label_uuid", "parent", "metalabel")
ATTRIBUTION = _columns("id file_name title author author_url source_url license license_url")

Cell = str | int | float | bool
Row = tuple[Cell, ...]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CONFIDENCE = {Status.POSITIVE: "1", Status.NEGATIVE: "0", Status.UNDECIDED: ""}


class Word(msgspec.Struct, frozen=True):
    """What the vocabulary says about a class."""

    key: str = ""
    parent: str = ""
    is_meta: bool = False


def class_table(words: Mapping[str, Word]) -> list[Class]:
    """Return the classes with these names, numbered in the order of their slugs.

    >>> [(c.index, c.slug) for c in class_table({"train": Word(), "big dog": Word()})]
    [(0, 'big-dog'), (1, 'ctrain')]
    """
    plain = {name: name.removeprefix(TAG) for name in words}
    own = slugs(words) if len(set(plain.values())) < len(plain) else _slugs_of(plain)
    ordered = sorted(words, key=lambda name: own[name])
    return [
        Class(
            index=index,
            name=name,
            slug=own[name],
            key=words[name].key,
            parent=words[name].parent,
            is_meta=words[name].is_meta,
        )
        for index, name in enumerate(ordered)
    ]


def _slugs_of(plain: Mapping[str, str]) -> dict[str, str]:
    made = slugs(plain.values())
    return {name: made[text] for name, text in plain.items()}


def count(records: Iterable[Record]) -> dict[str, int]:
    """Return how many images, labels by status, objects and tags there are, and images by split."""
    counts = Counts()
    for record in records:
        counts.add(record)
    return counts.as_dict()


class Counts:
    """Counts of what records hold, added one by one."""

    def __init__(self) -> None:
        names = (
            "images",
            "labels",
            "positive",
            "negative",
            "undecided",
            "objects",
            "tags",
            "verdicts",
        )
        self._counts = dict.fromkeys((*names, "unlabelled"), 0)
        self.classes: dict[str, int] = {}
        """Images by positive class."""
        self.names: set[str] = set()
        """Every label met, of an image or of an object."""

    def add(self, record: Record) -> None:
        """Count one record."""
        counts = self._counts
        counts["images"] += 1
        counts["labels"] += len(record.labels)
        counts["objects"] += len(record.objects)
        counts["tags"] += len(record.tags)
        counts["unlabelled"] += not record.labels
        split = f"split {record.split}"
        if record.split:
            counts[split] = counts.get(split, 0) + 1
        self.names.update(thing.label for thing in record.objects)
        for label in record.labels:
            self.names.add(label.name)
            counts["verdicts"] += label.num_yes + label.num_no
            counts[label.status.value] += 1
            if label.status is Status.POSITIVE:
                self.classes[label.name] = self.classes.get(label.name, 0) + 1

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return dict(self._counts)


def image_row(record: Record) -> Row:
    """Return the row of `images.csv`."""
    return (
        record.id,
        record.split,
        record.file_name,
        record.width,
        record.height,
        record.mime,
        record.bytes,
        record.sha256,
        record.phash,
        record.created_at,
        record.license,
        record.license_url,
        record.author,
        record.author_url,
        record.title,
        record.source_url,
        record.group,
    )


def label_row(record: Record, label: Label) -> Row:
    """Return a row of `labels.csv`; confidence is 1 for verified present, 0 for absent."""
    return (
        record.id,
        label.name,
        label.source,
        _CONFIDENCE[label.status],
        label.num_yes,
        label.num_no,
        number(label.probability),
        label.status.value,
        label.created_at,
    )


def box_row(record: Record, thing: Object) -> Row:
    """Return a row of `boxes.csv`: px, and relative to the picture."""
    x, y, width, height = thing.bbox
    return (
        thing.id,
        record.id,
        thing.label,
        thing.source,
        number(x),
        number(y),
        number(width),
        number(height),
        number(x / record.width),
        number((x + width) / record.width),
        number(y / record.height),
        number((y + height) / record.height),
        thing.shape,
        json.dumps([[round(a, 6), round(b, 6)] for a, b in thing.polygon], separators=(",", ":"))
        if thing.polygon
        else "",
        thing.occluded,
        thing.truncated,
        thing.group_of,
        thing.num_yes,
        thing.num_no,
        number(thing.probability),
    )


def vote_rows(frozen: Frozen) -> Iterable[Row]:
    """Yield the rows of `votes.csv`, in the words of crowd-kit."""
    for vote in frozen.votes:
        yield (
            vote.task,
            vote.worker,
            vote.label,
            vote.value,
            vote.at,
            vote.kind,
            vote.weight,
        )


def tag_rows(record: Record) -> Iterable[Row]:
    """Yield the rows of `tags.csv`; the category is what stands before the colon of a tag."""
    for tag in record.tags:
        yield record.id, tag, tag.partition(":")[0] if ":" in tag else ""


def vocabulary_rows(classes: Iterable[Class]) -> Iterable[Row]:
    """Yield the rows of `vocabulary.csv`."""
    for one in classes:
        yield one.index, one.index + 1, one.name, one.slug, one.key, one.parent, one.is_meta


def vocabulary_csv(classes: Iterable[Class], *, safe: bool = False) -> str:
    """Return `vocabulary.csv` whole."""
    writer = Lines(safe=safe)
    return writer.line(VOCABULARY) + "".join(map(writer.line, vocabulary_rows(classes)))


def attribution_row(record: Record) -> Row:
    """Return the row of `ATTRIBUTION.csv`."""
    return (
        record.id,
        record.file_name,
        record.title,
        record.author,
        record.author_url,
        record.source_url,
        record.license,
        record.license_url,
    )


def number(value: float) -> str:
    """Return a fraction with a decimal point and at most six decimals.

    >>> number(1), number(1 / 3), number(1e-9)
    ('1.0', '0.333333', '0.0')
    """
    text = f"{value:.6f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


class Lines:
    r"""Makes lines of CSV: RFC 4180 with a line feed, decimal points, `true` and `false`.

    With `safe`, a cell of text that a spreadsheet would take for a formula begins with an
    apostrophe.

    >>> Lines().line(("a,b", 1, 0.5, True))
    '"a,b",1,0.5,true\n'
    >>> Lines(safe=True).line(("=1+1", -1))
    "'=1+1,-1\n"
    """

    def __init__(self, *, safe: bool = False) -> None:
        self._safe = safe
        self._buffer = io.StringIO()
        self._writer = csv.writer(self._buffer, lineterminator="\n")

    def line(self, row: Iterable[Cell]) -> str:
        """Return one line with its end."""
        self._buffer.seek(0)
        self._buffer.truncate()
        self._writer.writerow([self._cell(cell) for cell in row])
        return self._buffer.getvalue()

    def _cell(self, cell: Cell) -> str | int:
        if isinstance(cell, bool):
            return "true" if cell else "false"
        if isinstance(cell, float):
            return number(cell)
        if self._safe and isinstance(cell, str) and cell.startswith(_FORMULA):
            return _made_safe(cell)
        return cell


def _made_safe(cell: str) -> str:
    """Put an apostrophe before what is no number.

    >>> _made_safe("-1.5"), _made_safe("-x")
    ('-1.5', "'-x")
    """
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


class Table(msgspec.Struct, frozen=True):
    """One table: its file, its columns, and the rows of an image."""

    file: str
    columns: tuple[str, ...]
    rows: Callable[[Frozen, Record], Iterable[Row]]


CANONICAL = (
    Table("images.csv", IMAGES, lambda _, record: [image_row(record)]),
    Table("labels.csv", LABELS, lambda _, record: [label_row(record, x) for x in record.labels]),
    Table("boxes.csv", BOXES, lambda _, record: [box_row(record, x) for x in record.objects]),
    Table("votes.csv", VOTES, lambda frozen, _: vote_rows(frozen)),
    Table("tags.csv", TAGS, lambda _, record: tag_rows(record)),
)
"""The tables of the canonical export."""
