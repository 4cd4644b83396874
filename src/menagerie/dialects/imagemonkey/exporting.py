"""Rows as they are sent: JSON, a line of JSON each, or CSV.

Flat rows are written as text around the few parts that differ, most of which repeat: several times
as quick as an object for each row.
"""

import csv
import io
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import partial

from menagerie.core.annotations import Annotation
from menagerie.core.rows import ImageRow, LabelRows
from menagerie.core.validations import probability
from menagerie.dialects.imagemonkey import shapes
from menagerie.http import answers
from menagerie.http.answers import encode_json

FORMATS = {
    "json": answers.JSON,
    "jsonl": "application/x-ndjson; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
"""Media types by the names of formats."""

_FLAT_HEAD = "uuid,label,provider,url,probability,num_yes,num_no"
_GROUPED_HEAD = "uuid,provider,width,height,label,probability,num_yes,num_no"
_MOST_ENDS = 100_000

Lines = list[str]


def flat(
    chunks: Iterable[LabelRows], names: Mapping[int, str], folder: str, kind: str
) -> Generator[bytes]:
    """Yield labels in format `kind`; `names` are those of tags, `folder` is where pictures are."""
    writer = _FlatCsv(names, folder) if kind == "csv" else _FlatJson(names, folder)
    return _framed(kind, map(writer.lines, chunks), _FLAT_HEAD)


def grouped(
    chunks: Iterable[list[ImageRow]], names: Callable[[int], str], kind: str
) -> Generator[bytes]:
    """Yield images with their labels in format `kind`; CSV has a line for each label.

    CSV has no room for outlines.
    """
    lines = _grouped_csv if kind == "csv" else _grouped_json
    return _framed(kind, map(partial(lines, names), chunks), _GROUPED_HEAD)


def _framed(kind: str, chunks: Iterable[Lines], head: str) -> Generator[bytes]:
    """Yield the chunks as one document; a small one comes in one piece."""
    before, between, after = {"json": ("[", ",", "]"), "jsonl": ("", "\n", "\n")}.get(
        kind, (head + "\n", "\n", "\n")
    )
    pending, is_empty = before, True
    for lines in chunks:
        if not lines:
            continue
        if not is_empty:
            yield pending.encode()
            pending = between
        pending += between.join(lines)
        is_empty = False
    yield (pending + (after if kind == "json" or not is_empty else "")).encode()


# Flat.


class _FlatJson:
    """Writes labels as objects."""

    def __init__(self, names: Mapping[int, str], folder: str) -> None:
        self._ends = _Ends()
        url = encode_json(folder).decode()[:-1]
        self._middles = {
            tag_id: f'","label":{encode_json(name).decode()},'
            f'"provider":"{shapes.PROVIDER}","url":{url}'
            for tag_id, name in names.items()
        }

    def lines(self, chunk: LabelRows) -> Lines:
        middles, ends = self._middles, self._ends
        columns = zip(chunk.keys, chunk.tag_ids, zip(chunk.yes, chunk.no, strict=True), strict=True)
        return [
            f'{{"uuid":"{key}{middles[tag_id]}{key}{ends[said]}' for key, tag_id, said in columns
        ]


class _Ends(dict[tuple[int, int], str]):
    """What follows the address in an object, by the verdicts; most labels have the same few."""

    def __missing__(self, said: tuple[int, int]) -> str:
        if len(self) >= _MOST_ENDS:
            self.clear()
        share = encode_json(probability(*said)).decode()
        made = f'","probability":{share},"num_yes":{said[0]},"num_no":{said[1]}}}'
        self[said] = made
        return made


class _FlatCsv:
    """Writes labels as lines of a table."""

    def __init__(self, names: Mapping[int, str], folder: str) -> None:
        self._folder = folder
        self._names = {tag_id: _table([[name]]) for tag_id, name in names.items()}

    def lines(self, chunk: LabelRows) -> Lines:
        made = []
        for key, tag_id, yes, no in zip(*chunk, strict=True):
            begin = f"{key},{self._names[tag_id]},{shapes.PROVIDER},{self._folder}{key}"
            made.append(f"{begin},{probability(yes, no)},{yes},{no}")
        return made


def _table(rows: Iterable[Sequence[object]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().removesuffix("\n")


# Grouped.


def _grouped_json(names: Callable[[int], str], chunk: Iterable[ImageRow]) -> Lines:
    return [encode_json(_image(names, row)).decode() for row in chunk]


def _image(names: Callable[[int], str], row: ImageRow) -> shapes.GroupedShape:
    labels = [shapes.LabelShape(names(tag_id), yes, no) for tag_id, yes, no in row.labels]
    outlines = [shape for one in row.annotations for shape in outlines_of(one)]
    return shapes.GroupedShape(row.key, shapes.PROVIDER, row.width, row.height, outlines, labels)


def outlines_of(annotation: Annotation) -> list[dict[str, object]]:
    """Return the shapes of a label as exports hold them; a client needs `angle` of each."""
    return [
        {"angle": 0, **shape.data, "type": shape.kind, "label": annotation.name}
        for shape in annotation.shapes
    ]


def _grouped_csv(names: Callable[[int], str], chunk: Iterable[ImageRow]) -> Lines:
    rows = [
        (
            row.key,
            shapes.PROVIDER,
            row.width,
            row.height,
            names(tag_id),
            probability(yes, no),
            yes,
            no,
        )
        for row in chunk
        for tag_id, yes, no in row.labels
    ]
    return [_table(rows)] if rows else []
