"""Postings: one bitmap of images per tag, in a persistent array.

Two levels, so that the next version copies a list of some twenty shards and one shard of 1,024
bitmaps rather than half a million references. A posting read from a snapshot stays bytes until it
is first asked for.
"""

from collections.abc import Iterable, Iterator, Mapping

from pyroaring import BitMap

_BITS = 10
_SHARD = 1 << _BITS
_LOW = _SHARD - 1
EMPTY = BitMap()  # shared: whoever gets a posting must not write to it

_Entry = BitMap | memoryview | None
_Shard = list[_Entry]


class Postings:
    """The bitmap of each tag id; never changes, but for bytes becoming the bitmap they mean."""

    __slots__ = ("_shards",)

    def __init__(self, shards: tuple[_Shard | None, ...] = ()) -> None:
        self._shards = shards

    def get(self, tag_id: int) -> BitMap:
        """Return the images of a tag; not to be written to."""
        index = tag_id >> _BITS
        shard = self._shards[index] if 0 <= index < len(self._shards) else None
        if shard is None:
            return EMPTY
        entry = shard[tag_id & _LOW]
        if isinstance(entry, memoryview):
            # Two threads may both do this; either's bitmap will do.
            entry = shard[tag_id & _LOW] = BitMap.deserialize(bytes(entry))
        return EMPTY if entry is None else entry

    def some(self, tag_ids: Iterable[int]) -> list[BitMap]:
        """Return the images of those of the tags that have any; not to be written to."""
        # Most of a large vocabulary is on no image, and a wildcard may fit tens of thousands.
        shards, found = self._shards, []
        for tag_id in tag_ids:
            index = tag_id >> _BITS
            shard = shards[index] if index < len(shards) else None
            entry = shard[tag_id & _LOW] if shard is not None else None
            if entry is not None:
                found.append(entry if isinstance(entry, BitMap) else self.get(tag_id))
        return found

    def items(self) -> Iterator[tuple[int, BitMap]]:
        """Yield each tag id that has images, ascending, with its bitmap."""
        for index, shard in enumerate(self._shards):
            for low, entry in enumerate(shard or ()):
                if entry is not None:
                    tag_id = index << _BITS | low
                    yield tag_id, self.get(tag_id)

    def serialized(self) -> Iterator[tuple[int, bytes | memoryview]]:
        """Yield each tag id that has images, ascending, with its bitmap in the portable format."""
        for index, shard in enumerate(self._shards):
            for low, entry in enumerate(shard or ()):
                if isinstance(entry, memoryview):
                    yield index << _BITS | low, entry
                elif entry is not None:
                    yield index << _BITS | low, entry.serialize()

    def replaced(self, changed: Mapping[int, BitMap | memoryview]) -> "Postings":
        """Return postings in which the tags in `changed` have those bitmaps."""
        if not changed:
            return self
        shards = list(self._shards)
        own: set[int] = set()
        for tag_id, bitmap in changed.items():
            index = tag_id >> _BITS
            shards.extend([None] * (index + 1 - len(shards)))
            shard = shards[index]
            if shard is None:
                shard = [None] * _SHARD
            elif index not in own:
                shard = shard.copy()
            own.add(index)
            shards[index] = shard
            shard[tag_id & _LOW] = bitmap if isinstance(bitmap, memoryview) or bitmap else None
        return Postings(tuple(shards))
