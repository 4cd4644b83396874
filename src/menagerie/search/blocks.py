"""Running text of which there are millions: an inverted index packed by blocks of 1,024 subjects.

Where each stem stands in the texts of a block is one array of numbers, so that a word in hundreds
of thousands of texts is read as a thousand rows, and a phrase is found by comparing arrays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap
from sqlalchemy import BindParameter, Connection, bindparam, delete, select

from menagerie.search import words
from menagerie.search.columns import CHUNK, from_ids, from_masks
from menagerie.search.nodes import Pattern
from menagerie.storage import schema, sql

FIELDS = frozenset({"comment.body", "post.body", "topic.title"})
"""The fields whose texts are here."""

_BLOCK_BITS = 10  # subjects of one block
_PLACE_BITS = 22  # positions of words in one text; it may have 300,000 bytes
_LOW = (1 << _BLOCK_BITS) - 1
_BATCH = 500  # stems in one IN (…)
_FEW_BLOCKS = 200
_MANY = 20_000  # ids from which on marks are faster than a list
_MUCH_FEWER = 16  # times, from which on looking each up costs less than merging
_LAST_CHARACTER = "\U0010ffff"

_b = schema.text_blocks.c
_w = schema.text_stems.c
_s = schema.text_subjects.c

_GIVEN: BindParameter[Any] = bindparam("given", expanding=True)
_PLACES = select(_b.block, _b.places).where(
    _b.field == bindparam("in_field"), _b.stem == bindparam("of_stem")
)
_ALL_PLACES = sql.Prepared(_PLACES.order_by(_b.block))
_SOME_PLACES = _PLACES.where(_b.block.in_(_GIVEN)).order_by(_b.block)
_OF_STEMS = select(_b.block, _b.places).where(
    _b.field == bindparam("in_field"), _b.stem.in_(_GIVEN)
)
_OF_BLOCK = select(_b.stem, _b.places).where(
    _b.field == bindparam("in_field"), _b.block == bindparam("of_block"), _b.stem.in_(_GIVEN)
)
_EMPTIED = delete(schema.text_blocks).where(
    _b.field == bindparam("in_field"), _b.block == bindparam("of_block"), _b.stem.in_(_GIVEN)
)
_STEMS = select(_s.subject_id, _s.stems).where(
    _s.field == bindparam("in_field"), _s.subject_id.in_(_GIVEN)
)
_FORGOTTEN = delete(schema.text_subjects).where(
    _s.field == bindparam("in_field"), _s.subject_id == bindparam("of_subject")
)

_Item = TypeVar("_Item")
_Places = npt.NDArray[np.uint32]
_Keys = npt.NDArray[np.uint64]
"""Subject id << 22 | position, ascending."""


def index(connection: Connection, field: str, subject_id: int, text: str) -> None:
    """Replace what is found in `field` of a subject by `text`; an empty one takes it out."""
    found: dict[str, list[int]] = defaultdict(list)
    for stem, place in words.stems(text):
        if not place >> _PLACE_BITS:
            found[stem].append(place)
    before = stems_of(connection, field, [subject_id]).get(subject_id, frozenset())
    _put(connection, field, subject_id, {**dict.fromkeys(before, ()), **found})
    given = {"in_field": field, "of_subject": subject_id}
    if not found:
        if before:
            connection.execute(_FORGOTTEN, given)
        return
    added = found.keys() - before
    sql.insert_new(
        connection, schema.text_stems, [{"field": field, "stem": stem} for stem in sorted(added)]
    )
    if added or len(before) != len(found):
        row = {"field": field, "subject_id": subject_id, "stems": " ".join(sorted(found))}
        _upsert(connection, schema.text_subjects, "stems", [row])


def _put(
    connection: Connection, field: str, subject_id: int, places: Mapping[str, Sequence[int]]
) -> None:
    """Set where each of these stems stands in a subject's text; nowhere, if there is no place."""
    block, low = subject_id >> _BLOCK_BITS, subject_id & _LOW
    changed, emptied = [], []
    for batch in _batches(sorted(places)):
        given = {"in_field": field, "of_block": block, "given": batch}
        there = {row[0]: row[1] for row in connection.execute(_OF_BLOCK, given)}
        for stem in batch:
            packed = _packed(there.get(stem, b""), low, places[stem])
            if packed:
                row = {"field": field, "stem": stem, "block": block, "places": packed}
                changed.append(row)
            elif stem in there:
                emptied.append(stem)
    if changed:
        _upsert(connection, schema.text_blocks, "places", changed)
    for batch in _batches(emptied):
        given = {"in_field": field, "of_block": block, "given": batch}
        connection.execute(_EMPTIED, given)


def _packed(packed: bytes, low: int, places: Sequence[int]) -> bytes:
    """Return the places of a stem in a block with those in one of its subjects put anew."""
    there = np.frombuffer(packed, "<u4")
    others = there[there >> _PLACE_BITS != low]
    own = np.array(places, "<u4") | np.uint32(low << _PLACE_BITS)
    merged = np.concatenate([others, own]) if places else others
    # A new text has the highest id, and then everything is in order already.
    if places and len(others) and others[-1] > own[0]:
        merged.sort()
    return merged.tobytes()


def _upsert(connection: Connection, table: Any, column: str, rows: list[dict[str, object]]) -> None:
    keys = [key.name for key in table.primary_key]
    statement = sql.insert(connection, table)
    new = {column: statement.excluded[column]}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=new), rows)


def stems_of(
    connection: Connection, field: str, subject_ids: Iterable[int]
) -> dict[int, frozenset[str]]:
    """Return the stems of each of these subjects that has any."""
    found: dict[int, frozenset[str]] = {}
    for batch in _batches(sorted(subject_ids)):
        rows = connection.execute(_STEMS, {"in_field": field, "given": batch})
        found |= {subject_id: frozenset(stems.split(" ")) for subject_id, stems in rows}
    return found


def holding(connection: Connection, field: str, stem: str) -> BitMap:
    """Return the subjects whose text has a stem."""
    rows = _ALL_PLACES.all(connection, in_field=field, of_stem=stem)
    return _subjects(rows)


def holding_any(connection: Connection, field: str, stems: Iterable[str]) -> BitMap:
    """Return the subjects whose text has any of the stems."""
    found = BitMap()
    for batch in _batches(sorted(stems)):
        rows = connection.execute(_OF_STEMS, {"in_field": field, "given": batch})
        found |= _subjects([(row[0], row[1]) for row in rows])
    return found


def fitting(connection: Connection, field: str, pattern: Pattern) -> list[str]:
    """Return the stems in `field` that fit the pattern."""
    condition = sql.fits(connection, _w.stem.expression, pattern)
    statement = select(_w.stem).where(_w.field == field, condition)
    if isinstance(pattern[0], str):
        low = pattern[0]
        statement = statement.where(_w.stem >= low, _w.stem < low + _LAST_CHARACTER)
    return list(connection.scalars(statement))


def side_by_side(
    connection: Connection, field: str, stems: Sequence[tuple[str, int]], within: BitMap
) -> BitMap:
    """Return the subjects whose text has the stems at these distances from each other.

    `stems` are at least two, each with its place in the phrase; `within` has all subjects in whose
    text every one of them stands.
    """
    if not within:
        return BitMap()
    first = min(offset for _, offset in stems)
    some: list[int] | None = None
    if len(within) <= _FEW_BLOCKS:
        some = sorted({subject_id >> _BLOCK_BITS for subject_id in within})
    keys: dict[str, _Keys] = {}
    starts: _Keys | None = None
    for stem, offset in stems:
        if stem not in keys:
            keys[stem] = _keys(connection, field, stem, some)
        shift = np.uint64(offset - first)
        if starts is None:
            starts = keys[stem] - shift
        else:
            starts = _common(starts + shift, keys[stem]) - shift
        if not len(starts):
            return BitMap()
    return _bitmap(np.empty(0) if starts is None else starts >> np.uint64(_PLACE_BITS))


def _keys(connection: Connection, field: str, stem: str, blocks: list[int] | None) -> _Keys:
    if blocks is None:
        rows = _ALL_PLACES.all(connection, in_field=field, of_stem=stem)
    else:
        given = {"in_field": field, "of_stem": stem, "given": blocks}
        rows = [(row[0], row[1]) for row in connection.execute(_SOME_PLACES, given)]
    places, of_block = _unpacked(rows)
    return of_block.astype(np.uint64) << np.uint64(_BLOCK_BITS + _PLACE_BITS) | places


def _common(one: _Keys, other: _Keys) -> _Keys:
    """Return what is in both; each is ascending and without repetition."""
    common: _Keys
    if len(one) * _MUCH_FEWER < len(other):
        at = np.searchsorted(other, one)
        common = one[other[np.minimum(at, len(other) - 1)] == one]
        return common
    both = np.concatenate([one, other])
    both.sort(kind="stable")  # which merges what is in order already
    common = both[:-1][both[1:] == both[:-1]]
    return common


def _subjects(rows: Sequence[tuple[Any, ...]]) -> BitMap:
    places, of_block = _unpacked(rows)
    return _bitmap((of_block.astype(np.uint32) << _BLOCK_BITS) + (places >> _PLACE_BITS))


def _bitmap(ids: npt.NDArray[Any]) -> BitMap:
    """Return the bitmap of ids, each of them any number of times."""
    if len(ids) < _MANY:
        return from_ids(ids)
    marks = np.zeros((int(ids.max()) // CHUNK + 1, CHUNK), np.bool_)
    marks.reshape(-1)[ids] = True
    return from_masks(enumerate(marks))


def _unpacked(rows: Sequence[tuple[Any, ...]]) -> tuple[_Places, npt.NDArray[np.int64]]:
    """Return all places in rows of (block, places), and the block of each."""
    packed = [bytes(row[1]) for row in rows]
    counts = [len(places) // 4 for places in packed]
    of_block = np.repeat(np.array([row[0] for row in rows], np.int64), counts)
    return np.frombuffer(b"".join(packed), "<u4"), of_block


def _batches(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
