"""One state of all comments, or of all posts, as of one place in the change log.

A state never changes, but for what it keeps of what it has worked out and read; so any number of
threads search on it while the next one is made.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct, field
from pyroaring import BitMap
from sqlalchemy import ColumnElement, Connection, Table

from menagerie.search import blocks
from menagerie.search.columns import Column, ids_of
from menagerie.search.nodes import Pattern
from menagerie.search.patterns import matcher
from menagerie.search.words import stems
from menagerie.storage import schema
from menagerie.storage.database import Database
from menagerie.storage.schema import ChangeKind

DTYPES: Mapping[str, npt.DTypeLike] = {
    "parent_id": np.uint32,  # image or topic; 0 where there is no row
    "account_id": np.uint32,  # 0: nobody
    "position": np.int32,  # in its topic; 0 for comments
    "created_at": np.int64,  # microseconds UTC, like the next
    "updated_at": np.int64,
}
"""Every stored column and the type of its numbers."""

FLAGS = ("known", "anonymous", "hidden", "destroyed", "approved")
"""Every stored yes-or-no of a text."""

_MOST_SETS = 16
_MOST_WORDS = 2048  # and patterns kept by one state; each is looked at when a text changes
_MOST_PHRASES = 64
_MOST_BYTES = 32 << 20  # that they take


class Kind(Struct, frozen=True):
    """What comments and posts differ by."""

    table: Table
    parent_id: ColumnElement[int]
    position: ColumnElement[int] | None
    field: str  # of the inverted index
    change: ChangeKind


COMMENTS = Kind(
    table=schema.comments,
    parent_id=schema.comments.c.image_id,
    position=None,
    field="comment.body",
    change=ChangeKind.COMMENT,
)
POSTS = Kind(
    table=schema.posts,
    parent_id=schema.posts.c.topic_id,
    position=schema.posts.c.position,
    field="post.body",
    change=ChangeKind.POST,
)


class Forum(Struct, frozen=True):
    """What search needs to know of a forum."""

    short_name: str
    access: str


class Topics(Struct, frozen=True):
    """What search needs to know of topics; nothing is in it beside comments."""

    forum_ids: Column = field(default_factory=lambda: Column(np.uint32))  # 0: no such topic
    hidden: BitMap = field(default_factory=BitMap)
    forums: Mapping[int, Forum] = {}

    def within(self, forum_ids: Iterable[int]) -> BitMap:
        """Return the topics, hidden ones too, in any of these forums."""
        wanted = BitMap([forum_id for forum_id in forum_ids if forum_id in self.forums])
        return among(self.forum_ids, wanted)


class Words:
    """The texts with each stem, or a stem that fits: those asked for, as far as there is room."""

    __slots__ = ("_database", "_field", "_kept", "_phrases", "_size_bytes")

    def __init__(self, database: Database, field: str) -> None:
        self._database = database
        self._field = field
        self._kept: dict[str | Pattern, BitMap] = {}
        self._phrases: dict[str, BitMap] = {}
        self._size_bytes = 0

    def followed(self, connection: Connection, changed: BitMap) -> "Words":
        """Return the words of the next state, in which these texts may be different."""
        if not changed:
            return self
        rest = Words(self._database, self._field)
        now = blocks.stems_of(connection, self._field, changed)
        # list() takes its copy in one step of the interpreter, while other threads may add.
        for asked, before in list(self._kept.items()):
            if isinstance(asked, str):
                with_it = BitMap([i for i, own in now.items() if asked in own])
            else:
                fits = matcher(asked)
                with_it = BitMap([i for i, own in now.items() if any(map(fits, own))])
            rest._keep(asked, replaced(before, changed, with_it))
        for text, before in list(self._phrases.items()):
            wanted = stems(text)
            all_of = BitMap([i for i, own in now.items() if all(stem in own for stem, _ in wanted)])
            with_it = blocks.side_by_side(connection, self._field, wanted, all_of)
            rest._phrases[text] = replaced(before, changed, with_it)
        return rest

    def _keep(self, asked: str | Pattern, subjects: BitMap) -> None:
        size = min(2 * len(subjects), (subjects.max() >> 3) if subjects else 0)
        if self._size_bytes + size > _MOST_BYTES or len(self._kept) >= _MOST_WORDS:
            self._kept.clear()
            self._size_bytes = 0
        self._kept[asked] = subjects
        self._size_bytes += size

    def holding(self, stem: str) -> BitMap:
        """Return the texts that have a stem; not to be written to."""
        found = self._kept.get(stem)
        if found is None:
            with self._database.read() as connection:
                found = blocks.holding(connection, self._field, stem)
            self._keep(stem, found)
        return found

    def phrase(self, text: str) -> BitMap:
        """Return the texts with these words side by side; not to be written to."""
        wanted = stems(text)
        if not wanted:
            return BitMap()
        found = self._phrases.get(text)
        if found is not None:
            return found
        # The rarest first: each further one need only be looked for where those before are.
        each = sorted((len(self.holding(stem)), stem, at) for stem, at in wanted)
        within = BitMap.intersection(*(self.holding(stem) for _, stem, _ in each))
        if len(wanted) == 1 or not within:
            return within
        ordered = [(stem, at) for _, stem, at in each]
        with self._database.read() as connection:
            found = blocks.side_by_side(connection, self._field, ordered, within)
        if len(self._phrases) >= _MOST_PHRASES:
            self._phrases.clear()
        self._phrases[text] = found
        return found

    def fitting(self, pattern: Pattern) -> BitMap:
        """Return the texts with a stem that fits the pattern; not to be written to."""
        found = self._kept.get(pattern)
        if found is None:
            with self._database.read() as connection:
                fitting = blocks.fitting(connection, self._field, pattern)
                found = blocks.holding_any(connection, self._field, fitting)
            self._keep(pattern, found)
        return found


class Written:
    """All comments, or all posts, at `seq`; see the module."""

    def __init__(
        self,
        *,
        identity: tuple[str, str],
        seq: int,
        columns: Mapping[str, Column],
        flags: Mapping[str, BitMap],
        topics: Topics,
        words: Words,
        subjects: Words,
        under: Mapping[int, tuple[BitMap, BitMap]] | None = None,
        previous: "Written | None" = None,
    ) -> None:
        self.identity = identity
        self.seq = seq
        self.columns = columns
        self.flags = flags
        self.topics = topics
        self.words = words
        self.subjects = subjects  # the words of the topics' titles
        self.memory: dict[tuple[Any, ...], Any] = {}  # by "shown" or "topics", and more
        self._under = dict(under or {})  # by id() of the set asked for, which is kept beside
        if previous is not None:
            self._inherit(previous)

    def _inherit(self, previous: "Written") -> None:
        """Keep what the previous state worked out and what still holds, the very same objects."""
        same = {
            "shown": all(self.flags[name] is previous.flags[name] for name in FLAGS),
            "topics": self.topics is previous.topics,
        }
        for key, value in list(previous.memory.items()):
            if same[key[0]]:
                self.memory[key] = value

    def remember(self, key: tuple[Any, ...], work: Callable[[], Any]) -> Any:
        """Return what `work` gives, worked out once in this state (twice if threads race)."""
        try:
            return self.memory[key]
        except KeyError:
            value = self.memory[key] = work()
            return value

    def under(self, parents: BitMap) -> BitMap:
        """Return the texts on any of these images, or in any of these topics.

        What was asked last is kept, by identity: a filter's images are the same object while they
        are the same. Neither set may be written to.
        """
        kept = self._under.get(id(parents))
        if kept is not None:
            return kept[1]
        found = among(self.columns["parent_id"], parents)
        while len(self._under) >= _MOST_SETS:
            self._under.pop(next(iter(list(self._under))), None)
        self._under[id(parents)] = parents, found
        return found

    def kept_under(self, changed: BitMap, now: Mapping[int, int]) -> dict[int, Any]:
        """Return what `under` keeps, as of the next state, in which these texts changed.

        `now` says what each of them, if it is there, is on or in.
        """
        kept = list(self._under.items())
        if not changed:
            return dict(kept)
        moved: dict[int, Any] = {}
        for key, (parents, found) in kept:
            inside = BitMap([text_id for text_id, parent in now.items() if parent in parents])
            moved[key] = parents, replaced(found, changed, inside)
        return moved

    def shown(self, *, is_staff: bool) -> BitMap:
        """Return the texts that may be shown for what they are; staff see hidden ones too."""
        flags = self.flags

        def work() -> BitMap:
            found = flags["known"] & flags["approved"]
            return found if is_staff else found - flags["hidden"] - flags["destroyed"]

        shown: BitMap = self.remember(("shown", is_staff), work)
        return shown

    def readable_topics(self, accesses: frozenset[str], *, is_staff: bool) -> BitMap:
        """Return the topics of forums with one of these accesses; staff see hidden ones too."""

        def work() -> BitMap:
            forums = self.topics.forums.items()
            found = self.topics.within(i for i, forum in forums if forum.access in accesses)
            return found if is_staff else found - self.topics.hidden

        topics: BitMap = self.remember(("topics", accesses, is_staff), work)
        return topics


def replaced(before: BitMap, changed: BitMap, now: BitMap) -> BitMap:
    """Return `before` with what is `now` among the `changed`; the same object if it is the same."""
    return before if before & changed == now else before - changed | now


def among(column: Column, wanted: BitMap) -> BitMap:
    """Return the ids whose number, other than 0, is in `wanted`."""
    if len(wanted) <= 1:
        one = wanted.max() if wanted else 0
        return column.where(lambda numbers: numbers == one) if one else BitMap()
    # One more place at the end, where all greater numbers land, says no.
    marks = np.zeros(wanted.max() + 2, np.bool_)
    marks[ids_of(wanted)] = True
    marks[0] = False
    return column.where(lambda numbers: marks.take(numbers, mode="clip"))
