"""The vocabulary: the names of the tags, found whole, by pattern or by likeness.

A base of sorted names is searched as one block of bytes; what changed since it was made lies in a
small overlay. The next version shares the base and copies the overlay, until that is large enough
to be worth a new base.
"""

import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from rapidfuzz.distance import DamerauLevenshtein

from menagerie.search.nodes import Hole, Pattern
from menagerie.search.patterns import matcher

_MOST_IN_OVERLAY = 4096
_LAST_CHARACTER = 0x10FFFF
_BLOCK = 16_384  # names whose signatures are worked out at a time
# After so many, looking everywhere at once costs less than going from one to the next.
_FEW_HITS = 1000

# The categories that have a count per image, by their code; code 0 is any other, or none.
COUNTED_CATEGORIES = (
    "body-type",
    "error",
    "character",
    "content-fanmade",
    "content-official",
    "oc",
    "origin",
    "rating",
    "species",
    "spoiler",
)
_CODES = {category: code for code, category in enumerate(COUNTED_CATEGORIES, 1)}


class Word(Struct, frozen=True, gc=False):
    """What search needs to know of one tag."""

    name: str
    category: str | None = None
    aliased_to_id: int | None = None

    @property
    def code(self) -> int:
        """The code of the tag's category among those counted, 0 if it is none of them."""
        return _CODES.get(self.category or "", 0)


class _Base:
    """Names in order of their text, which UTF-8 keeps, and the ids that belong to them."""

    def __init__(self, words: Mapping[int, Word]) -> None:
        ordered = sorted((word.name, tag_id) for tag_id, word in words.items())
        self.names = [name for name, _ in ordered]
        self.ids = [tag_id for _, tag_id in ordered]
        self.words = words

    @cached_property
    def aliases(self) -> frozenset[int]:
        """The ids of the names that stand for others."""
        return frozenset(i for i, word in self.words.items() if word.aliased_to_id is not None)

    @cached_property
    def blob(self) -> bytes:
        """Every name between NUL bytes, which no name holds."""
        return ("\0" + "\0".join(self.names) + "\0").encode()

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """Where in the blob each name starts."""
        zeros = np.flatnonzero(np.frombuffer(self.blob, np.uint8) == 0)
        return zeros[:-1] + 1

    @cached_property
    def lengths(self) -> npt.NDArray[np.int32]:
        """How many characters each name has."""
        return np.fromiter(map(len, self.names), np.int32, len(self.names))

    @cached_property
    def signatures(self) -> npt.NDArray[np.uint64]:
        """Which characters each name has, 64 bits for all of Unicode."""
        blocks = [
            _signatures(self.names[start : start + _BLOCK])
            for start in range(0, len(self.names), _BLOCK)
        ]
        return np.concatenate(blocks) if blocks else np.empty(0, np.uint64)

    def get(self, name: str) -> int | None:
        place = bisect.bisect_left(self.names, name)
        if place < len(self.names) and self.names[place] == name:
            return self.ids[place]
        return None

    def fitting(self, pattern: Pattern) -> range | list[int]:
        """Return the places of the names that fit the pattern, ascending."""
        fits = matcher(pattern)
        first = pattern[0] if pattern and isinstance(pattern[0], str) else ""
        low, high = 0, len(self.names)
        if first:
            low = bisect.bisect_left(self.names, first)
            high = bisect.bisect_left(self.names, _after(first), low)
        runs = [run for run in pattern if isinstance(run, str)]
        longest = max(runs, key=len, default="")
        if first == longest or not longest:
            places: range | list[int] = range(low, high)
        else:
            places = self._holding(longest, low, high)
        if pattern in {(first, Hole.ANY), (Hole.ANY, longest, Hole.ANY)}:
            return places  # found is fitting, there
        names = self.names
        return [place for place in places if fits(names[place])]

    def _holding(self, run: str, low: int, high: int) -> list[int]:
        """Return the places from `low` to `high` of the names that hold `run`."""
        if low >= high:
            return []
        blob, wanted = self.blob, run.encode()
        starts = self.starts
        end = int(starts[high]) if high < len(starts) else len(blob)
        hits: list[int] = []
        at = blob.find(wanted, int(starts[low]), end)
        while at >= 0 and len(hits) < _FEW_HITS:
            hits.append(at)
            # At most one hit a name: go on behind it.
            at = blob.find(wanted, blob.find(0, at, end), end)
        found = np.array(hits, np.int64)
        if at >= 0:
            found = np.concatenate((found, _occurrences(blob, wanted, at, end)))
        places: list[int] = np.unique(np.searchsorted(starts, found, side="right") - 1).tolist()
        return places

    def like(self, value: str, edits: int) -> Iterator[int]:
        """Yield the places of the names at most `edits` edits from `value`."""
        # One edit changes the length by one at most, and two characters of the signature.
        near = np.abs(self.lengths - len(value)) <= edits
        near &= np.bitwise_count(self.signatures ^ _signatures([value])[0]) <= 2 * edits
        names = self.names
        for place in np.flatnonzero(near).tolist():
            if is_like(value, names[place], edits):
                yield place


def is_like(one: str, other: str, edits: int) -> bool:
    """Tell whether two texts are at most `edits` Damerau-Levenshtein edits apart.

    >>> is_like("fluttershy", "flutetrshy", 1)
    True
    """
    return bool(DamerauLevenshtein.distance(one, other, score_cutoff=edits) <= edits)


class Vocabulary:
    """The words by id and the ids by name; never changes."""

    __slots__ = ("_base", "_by_id", "_by_name")

    def __init__(
        self,
        base: _Base | None = None,
        by_id: Mapping[int, Word | None] | None = None,
    ) -> None:
        self._base = base or _Base({})
        self._by_id = dict(by_id or {})
        self._by_name = {word.name: id_ for id_, word in self._by_id.items() if word}

    @classmethod
    def of(cls, words: Mapping[int, Word]) -> "Vocabulary":
        """Return the vocabulary of all these words."""
        return cls(_Base(words))

    def replaced(self, changed: Mapping[int, Word | None]) -> "Vocabulary":
        """Return the vocabulary with these words put in place; None takes one away."""
        if not changed:
            return self
        overlay = {**self._by_id, **changed}
        if len(overlay) <= _MOST_IN_OVERLAY:
            return Vocabulary(self._base, overlay)
        merged = {**self._base.words, **overlay}
        return Vocabulary.of({id_: word for id_, word in merged.items() if word is not None})

    def __len__(self) -> int:
        """Return how many words there are, aliases among them."""
        return sum(1 for _ in self.items())

    def items(self) -> Iterator[tuple[int, Word]]:
        """Yield every id with its word."""
        for id_, word in self._base.words.items():
            if id_ not in self._by_id:
                yield id_, word
        for id_, changed in self._by_id.items():
            if changed is not None:
                yield id_, changed

    def word(self, tag_id: int) -> Word | None:
        """Return the word of a tag id."""
        if tag_id in self._by_id:
            return self._by_id[tag_id]
        return self._base.words.get(tag_id)

    def own_id(self, name: str) -> int | None:
        """Return the id of the tag of this very name, an alias's own too."""
        tag_id = self._by_name.get(name)
        if tag_id is None:
            tag_id = self._base.get(name)
            if tag_id in self._by_id:
                return None  # renamed or gone since the base was made
        return tag_id

    def id(self, name: str) -> int | None:
        """Return the id of the tag of this name, or of the tag it is an alias of."""
        tag_id = self.own_id(name)
        return None if tag_id is None else self.target(tag_id)

    def target(self, tag_id: int) -> int:
        """Return the id of the tag that `tag_id` is an alias of, else `tag_id` itself."""
        word = self.word(tag_id)
        return tag_id if word is None or word.aliased_to_id is None else word.aliased_to_id

    def fitting(self, pattern: Pattern) -> set[int]:
        """Return the ids whose name fits the pattern; aliases count for the tag they mean."""
        return self._find(self._base.fitting(pattern), matcher(pattern))

    def like(self, value: str, edits: int) -> set[int]:
        """Return the ids whose name is at most `edits` edits from `value`, likewise."""
        return self._find(self._base.like(value, edits), lambda name: is_like(value, name, edits))

    def _find(self, places: Iterable[int], fits: Callable[[str], bool]) -> set[int]:
        ids = self._base.ids
        if isinstance(places, range):
            own = set(ids[places.start : places.stop])
        else:
            own = set(map(ids.__getitem__, places))
        if self._by_id:
            own -= self._by_id.keys()
            own |= {id_ for id_, word in self._by_id.items() if word and fits(word.name)}
        # Few names stand for others; only those need looking up.
        aliases = own & self._base.aliases
        if self._by_id:
            aliases |= own & self._by_id.keys()
        if not aliases:
            return own
        return (own - aliases) | {self.target(tag_id) for tag_id in aliases}


def _occurrences(blob: bytes, wanted: bytes, start: int, end: int) -> npt.NDArray[np.int64]:
    """Return where `wanted` begins in that part of the blob, ascending."""
    window = np.frombuffer(blob, np.uint8)[start:end]
    last = len(window) - len(wanted) + 1
    found = window[:last] == wanted[0]
    for offset, byte in enumerate(wanted[1:], 1):
        found &= window[offset : offset + last] == byte
    return np.flatnonzero(found) + start


def _signatures(names: list[str]) -> npt.NDArray[np.uint64]:
    """Return for each name the bits of its characters; a name must not be empty."""
    points = np.frombuffer("".join(names).encode("utf-32-le"), np.uint32)
    bits = np.uint64(1) << (points & 63).astype(np.uint64)
    lengths = np.fromiter(map(len, names), np.int64, len(names))
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    return np.bitwise_or.reduceat(bits, starts)


def _after(prefix: str) -> str:
    """Return the least text that is greater than every text beginning with `prefix`."""
    last = ord(prefix[-1])
    return prefix[:-1] + chr(last + 1) if last < _LAST_CHARACTER else prefix + prefix[-1] * 256
