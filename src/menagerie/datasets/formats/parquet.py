"""Parquet: `data/train-00000-of-00003.parquet` with the bytes of the pictures inside."""

import contextlib
import importlib
import importlib.util
from contextlib import ExitStack
from typing import Any

from menagerie.datasets.formats.classes import Classes, lose_all_but
from menagerie.datasets.formats.features import (
    ClassLabel,
    Feature,
    Files,
    Image,
    ListOf,
    Value,
    columns,
    front_matter,
    row,
    schema_metadata,
)
from menagerie.datasets.formats.splits import in_order, most_by_split, split_of
from menagerie.datasets.formats.walking import walk
from menagerie.datasets.records import Split
from menagerie.datasets.writing import Folder, Job, Written
from menagerie.errors import Unavailable

SHARD_BYTES = 500_000_000
_ROWS = 100
_BYTES = "image.bytes"
# Arrow counts the bytes of a column in 32 bits; far less is kind to whoever reads.
_GROUP_BYTES = 100_000_000


def is_available() -> bool:
    """Return whether the library that writes these files is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def _library(module: str) -> Any:
    """Return a module of pyarrow, which is large and therefore optional; raises Unavailable."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Unavailable(
            "Parquet files need the library pyarrow: pip install 'menagerie[parquet]'."
        ) from error


class Table:
    """One Parquet file, written a group of rows at a time."""

    def __init__(self, folder: Folder, name: str, found: dict[str, Feature]) -> None:
        self._folder, self._name = folder, name
        self._pa = _library("pyarrow")
        fields = [self._pa.field(key, self._type(value)) for key, value in found.items()]
        self._schema = self._pa.schema(fields, metadata=schema_metadata(found))
        self._writer = self._open()
        self._rows: list[dict[str, Any]] = []
        self._group_bytes = 0
        self.size_bytes = 0
        self.rows = 0

    def _open(self) -> Any:
        leaves = self._leaves()
        return _library("pyarrow.parquet").ParquetWriter(
            self._folder.path(self._name),
            self._schema,
            # Pictures do not shrink, and no two are alike.
            compression={path: "NONE" if path == _BYTES else "ZSTD" for path in leaves},
            use_dictionary=[path for path in leaves if path != _BYTES],
            write_statistics=[path for path in leaves if path != _BYTES],
            write_page_index=True,
        )

    def _leaves(self) -> list[str]:
        """Return the paths of the plain columns inside the columns."""
        found: list[str] = []
        for field in self._schema:
            self._collect(field.name, field.type, found)
        return found

    def _collect(self, path: str, kind: Any, found: list[str]) -> None:
        types = self._pa.types
        if types.is_struct(kind):
            for inner in kind:
                self._collect(f"{path}.{inner.name}", inner.type, found)
        elif types.is_list(kind):
            self._collect(f"{path}.list.element", kind.value_type, found)
        else:
            found.append(path)

    def _type(self, feature: Feature) -> Any:
        pa = self._pa
        match feature:
            case Value():
                return {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64()}.get(
                    feature.dtype, pa.bool_()
                )
            case ClassLabel():
                return pa.int64()
            case Image():
                return pa.struct({"bytes": pa.binary(), "path": pa.string()})
            case ListOf():
                return pa.list_(self._type(feature.feature))
        return pa.struct({name: self._type(inner) for name, inner in feature.items()})

    def add(self, found: dict[str, Any], size_bytes: int = 0) -> None:
        """Add a row, of whose picture there are so many bytes."""
        if self._rows and self._group_bytes + size_bytes > _GROUP_BYTES:
            self._flush()
        self._rows.append(found)
        self._group_bytes += size_bytes
        self.size_bytes += size_bytes
        self.rows += 1
        if len(self._rows) >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            batch = self._pa.RecordBatch.from_pylist(self._rows, schema=self._schema)
            self._writer.write_batch(batch, row_group_size=_ROWS)
        self._rows, self._group_bytes = [], 0

    def finish(self, name: str = "") -> Written:
        """Close the file and note it, under `name` if there is one."""
        self.end()
        if name and name != self._name:
            self._folder.path(self._name).rename(self._folder.path(name))
        return self._folder.note_file(name or self._name)

    def end(self) -> None:
        """Write what is left and close the file; may be called again."""
        if self._writer.is_open:
            self._flush()
            self._writer.close()

    def close(self) -> None:
        """Close the file as it is, after an error, which another one must not hide."""
        if self._writer.is_open:
            with contextlib.suppress(OSError, ValueError):  # what pyarrow raises derives from them
                self._writer.close()


def write(job: Job) -> None:
    """Write the files of all splits; raises Unavailable without pyarrow."""
    _library("pyarrow")
    classes = Classes(job.content.source)
    with ExitStack() as stack:
        splits: dict[Split, _Shards] = {}
        most = most_by_split(job)
        for shown in walk(job):
            split = split_of(shown.frozen.record)
            if split not in splits:
                splits[split] = _Shards(job, split, stack, most.get(split, 0))
            record = shown.record(shown.file_name)
            outlines = classes.outlines(record, job.report)
            image = {"bytes": shown.picture.path.read_bytes(), "path": shown.file_name}
            found = {"image": image, **row(record, classes, outlines, by_name=False)}
            splits[split].add(found, shown.picture.size_bytes)
            job.report.count("objects", len(outlines))
            lose_all_but(job.report, record, negative=True, tags=True)
        for shards in splits.values():
            shards.finish()
        paths = [(split, f"data/{split}-*") for split in in_order(splits)]
        found = columns(job.content.source.classes)
        job.report.front_matter = front_matter([Files(paths, found)])


class _Shards:
    """The files of one split; how many there are is known, and put into the names, at the end."""

    def __init__(self, job: Job, split: Split, stack: ExitStack, most: int) -> None:
        self._job, self._split, self._stack, self._most = job, split, stack, most
        self._columns = columns(job.content.source.classes)
        self._tables: list[Table] = []

    def add(self, found: dict[str, Any], size_bytes: int) -> None:
        if not self._tables or self._is_full(self._tables[-1], size_bytes):
            self._begin()
        self._tables[-1].add(found, size_bytes)

    def _is_full(self, table: Table, size_bytes: int) -> bool:
        has_enough = bool(self._most) and table.rows >= self._most
        return has_enough or table.size_bytes + size_bytes > SHARD_BYTES

    def _begin(self) -> None:
        if self._tables:
            self._tables[-1].end()
        name = f"data/{self._split}-{len(self._tables):05}.part"
        table = Table(self._job.folder, name, self._columns)
        self._stack.callback(table.close)
        self._tables.append(table)

    def finish(self) -> None:
        for number, table in enumerate(self._tables):
            table.finish(f"data/{self._split}-{number:05}-of-{len(self._tables):05}.parquet")
