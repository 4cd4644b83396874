"""The lexicon: the words that may be judged and exported, as the catalogue knows them.

A word names a tag, or a property of shapes that no image carries as a tag. The lexicon is small
and read whole whenever a word changes.
"""

from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct
from sqlalchemy import Connection, select

from menagerie.storage import schema
from menagerie.storage.schema import WordKind

_w = schema.words.c


class Entry(Struct, frozen=True):
    """One word; `display` is its exact spelling, of a part with its whole: `mouth/dog`."""

    id: int
    key: str
    display: str
    kind: str
    tag_id: int | None
    accessor: str


class Words:
    """All words of one version; never changes."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = tuple(sorted(entries, key=lambda entry: entry.id))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and self.entries == other.entries

    def __hash__(self) -> int:
        return hash(self.entries)

    @cached_property
    def _by_tag(self) -> dict[int, Entry]:
        return {entry.tag_id: entry for entry in self.entries if entry.tag_id is not None}

    @cached_property
    def _by_accessor(self) -> dict[str, Entry]:
        # The exact spelling goes first, should two differ in their capitals only.
        lowered = {entry.accessor.lower(): entry for entry in reversed(self.entries)}
        return lowered | {entry.accessor: entry for entry in self.entries}

    @cached_property
    def _by_key(self) -> dict[str, Entry]:
        return {entry.key.lower(): entry for entry in self.entries}

    @cached_property
    def tag_ids(self) -> frozenset[int]:
        """The tags that are labels: those with a word."""
        return frozenset(self._by_tag)

    @cached_property
    def normal(self) -> frozenset[int]:
        """The tags of things that can be seen and outlined."""
        return self._of(WordKind.NORMAL)

    @cached_property
    def meta(self) -> frozenset[int]:
        """The tags of scenes and contexts."""
        return self._of(WordKind.META)

    def _of(self, kind: WordKind) -> frozenset[int]:
        return frozenset(i for i, entry in self._by_tag.items() if entry.kind == kind)

    def name(self, tag_id: int) -> str:
        """Return the exact spelling of a tag's word; KeyError if it has none."""
        return self._by_tag[tag_id].display

    def find_accessor(self, accessor: str) -> Entry | None:
        """Return the word of this accessor, whatever its capitals; None if there is none."""
        return self._by_accessor.get(accessor) or self._by_accessor.get(accessor.lower())

    def find_key(self, key: str) -> Entry | None:
        """Return the word of this UUID; None if there is none."""
        return self._by_key.get(key.lower())

    def tag_id_of_accessor(self, accessor: str) -> int | None:
        """Return the tag that label queries name so; None for nothing, or for no tag."""
        found = self.find_accessor(accessor)
        return found.tag_id if found is not None else None

    def tag_id_of_key(self, key: str) -> int | None:
        """Return the tag of the word with this UUID; None for nothing, or for no tag."""
        found = self.find_key(key)
        return found.tag_id if found is not None else None


def read(connection: Connection) -> Words:
    """Read all words."""
    rows = connection.execute(
        select(_w.id, _w.key, _w.name, _w.parent_id, _w.kind, _w.tag_id, _w.accessor)
    ).all()
    names = {row.id: row.name for row in rows}
    return Words(
        Entry(
            id=row.id,
            key=row.key,
            display=f"{row.name}/{names[row.parent_id]}" if row.parent_id else row.name,
            kind=row.kind,
            tag_id=row.tag_id,
            accessor=row.accessor,
        )
        for row in rows
    )
