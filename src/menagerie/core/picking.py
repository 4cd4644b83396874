"""Picking: which label to ask about next, and random images.

Those with the fewest verdicts come first, at random among equals; beyond five, the most disputed.
Nobody is asked what they have judged while anything else remains, nor, if they are known, what they
have just been shown.
"""

import threading
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec
from pyroaring import BitMap
from sqlalchemy import select, tuple_

from menagerie.core import filters, find, voters
from menagerie.library import Tx
from menagerie.search.columns import from_ids, ids_of
from menagerie.search.nodes import All, Node
from menagerie.search.verdicts import RANKS, rank_of
from menagerie.search.version import Version
from menagerie.storage import changes, schema
from menagerie.storage.schema import ChangeKind

_TRIES = 32  # draws before all that there is gets looked through
_SHOWN = 50  # pictures that somebody has just been shown
_MOST_PEOPLE = 4096  # whose last pictures, or verdicts, are kept
_MOST_CHANGES = 2000  # further behind, reading all verdicts of a judge again is as quick
_BATCH = 500  # labels asked about in one statement
_NONE = BitMap()  # not to be written to

_v = schema.validations.c


class Task(msgspec.Struct, frozen=True):
    """One label to judge."""

    image_id: int
    tag_id: int


def pick(
    tx: Tx, *, tag_id: int | None = None, image_id: int | None = None, remember: bool = True
) -> Task | None:
    """Return the label to ask the actor about next, or None if there is none at all.

    Of one word or one image, if they are given; an image named by id need only be readable, any
    other is one that everybody finds under the system's Default filter and that is not withheld,
    or an approved private or pending one of the actor's own. Unless told not to, remembers what
    was shown to whom, in this process.
    """
    choice = _Choice(tx)
    task = choice.any(tag_id) if image_id is None else choice.on_image(image_id, tag_id)
    if task is not None and remember:
        choice.remember([task])
    return task


def pick_many(tx: Tx, *, tag_id: int, limit: int, remember: bool = True) -> list[Task]:
    """Return up to `limit` different labels of one word to ask the actor about; see `pick`."""
    choice = _Choice(tx)
    tasks = choice.many(tag_id, limit)
    if remember:
        choice.remember(tasks)
    return tasks


def popular(tx: Tx, limit: int) -> list[int]:
    """Return the tags of words that are on the most images everybody finds, the first the most."""
    version, shared = tx.version, _shared(tx)
    found: list[tuple[int, int]] = []  # count, negated, and tag: the best first
    bounds = sorted((-len(version.posting(t)), t) for t in version.words.tag_ids)
    for bound, tag_id in bounds if limit > 0 else ():
        # Neither this word nor any that follows can be on more images than all these.
        if len(found) == limit and bound > found[-1][0]:
            break
        count = version.posting(tag_id).intersection_cardinality(shared)
        if count:
            found = sorted([*found, (-count, tag_id)])[:limit]
    return [tag_id for _, tag_id in found]


def random_image(tx: Tx, query: Node | None = None) -> int | None:
    """Return a random image of those the actor finds by the query under Default, or None."""
    default = filters.get(tx, filters.DEFAULT_ID)
    found = find.bitmap(tx, query or All(), filter=default) - tx.version.flags["withheld"]
    return found[tx.library.random.randrange(len(found))] if found else None


def _shared(tx: Tx) -> BitMap:
    """Return what everybody finds under the Default filter; the same object while it is so."""
    return find.within_filter(tx, filters.get(tx, filters.DEFAULT_ID))


class _Leaving(NamedTuple):
    """What is left out of the choice."""

    judged: bool
    shown: bool


class _Choice:
    """One actor's choice at one moment."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._version: Version = tx.version
        self._offers = self._version.offers
        self._chance = tx.library.random
        self._shared = _shared(tx)
        self._withheld = self._version.flags["withheld"]
        self._own = _own_locked(self._version, tx.actor.account_id)
        self._voter = voters.voter(tx)
        self._viewer = voters.shown_to(tx)
        self._shown = _recent(tx).of(self._viewer)
        self._judged: Mapping[int, BitMap] | None = None

    def remember(self, tasks: Iterable[Task]) -> None:
        """Note what the actor is shown."""
        if self._viewer is not None:
            _recent(self._tx).add(self._viewer, tasks)

    def any(self, tag_id: int | None) -> Task | None:
        """Return a label of any word, or of this one."""
        for leaving in self._relaxing():
            for rank in range(RANKS):
                task = self._of_rank(rank, tag_id, leaving)
                if task is not None:
                    return task
        return None

    def many(self, tag_id: int, limit: int) -> list[Task]:
        """Return different labels of a word."""
        found: dict[Task, None] = {}
        for leaving in self._relaxing():
            if found and not leaving.judged and self._voter is not None:
                break
            for rank in range(RANKS):
                images = self._waiting(rank, tag_id, leaving)
                images = images - BitMap([task.image_id for task in found])
                count = min(limit - len(found), len(images))
                if count > 0:
                    places = self._chance.sample(range(len(images)), count)
                    found |= dict.fromkeys(Task(images[place], tag_id) for place in places)
        return list(found)

    def on_image(self, image_id: int, tag_id: int | None) -> Task | None:
        """Return a label of an image, or this one if it has it."""
        version = self._version
        readable = image_id in version.searchable(self._tx.actor.account_id)
        if not readable and image_id not in self._own:
            return None
        wanted = version.words.tag_ids if tag_id is None else version.words.tag_ids & {tag_id}
        tag_ids = [i for i in wanted if image_id in version.posting(i)]
        by_rank: dict[int, list[Task]] = defaultdict(list)
        for own_id in sorted(tag_ids):
            rank = rank_of(*version.verdicts(own_id).counts(image_id))
            by_rank[rank].append(Task(image_id, own_id))
        for leaving in self._relaxing():
            for rank in sorted(by_rank):
                left = [t for t in by_rank[rank] if not self._is_left_out(t, rank, leaving)]
                if left:
                    return self._chance.choice(left)
        return None

    def _relaxing(self) -> Iterator[_Leaving]:
        """Yield what to leave out, less and less of it."""
        for judged in (True, False) if self._voter is not None else (False,):
            for shown in (True, False) if self._shown else (False,):
                yield _Leaving(judged, shown)

    def _of_rank(self, rank: int, tag_id: int | None, leaving: _Leaving) -> Task | None:
        if tag_id is not None:
            images = self._waiting(rank, tag_id, leaving)
            return Task(self._one_of(images), tag_id) if images else None
        total = self._offers.total(rank)
        if total > _TRIES:
            for _ in range(_TRIES):
                task = self._drawn(rank, self._chance.randrange(total))
                if self._may_see(task.image_id) and not self._is_left_out(task, rank, leaving):
                    return task
        return self._looked_through(rank, leaving) if total else None

    def _drawn(self, rank: int, number: int) -> Task:
        tag_id, place = self._offers.word_at(rank, number)
        return Task(self._offers.waiting(self._version, tag_id, rank)[place], tag_id)

    def _one_of(self, images: BitMap) -> int:
        return images[self._chance.randrange(len(images))]

    def _looked_through(self, rank: int, leaving: _Leaving) -> Task | None:
        """Return a label of the rank out of all that there really are."""
        found = [
            (tag_id, images)
            for tag_id in self._offers.words_with(rank)
            if (images := self._waiting(rank, tag_id, leaving))
        ]
        if not found:
            return None
        weights = [len(images) for _, images in found]
        [(tag_id, images)] = self._chance.choices(found, weights)
        return Task(self._one_of(images), tag_id)

    def _waiting(self, rank: int, tag_id: int, leaving: _Leaving) -> BitMap:
        """Return the images whose label is of the rank and may be asked about."""
        if tag_id not in self._version.words.tag_ids:
            return _NONE
        offers = self._offers
        images = offers.seen(self._version, tag_id, rank, self._shared, self._withheld)
        if self._own:
            own = offers.waiting(self._version, tag_id, rank) & self._own
            images = images | own if own else images
        if not images:
            return images
        if leaving.judged and rank:
            images = images - self._judged_by_actor().get(tag_id, _NONE)
        if leaving.shown:
            images = images - BitMap([t.image_id for t in self._shown if t.tag_id == tag_id])
        return images

    def _may_see(self, image_id: int) -> bool:
        is_shared = image_id in self._shared and image_id not in self._withheld
        return is_shared or image_id in self._own

    def _is_left_out(self, task: Task, rank: int, leaving: _Leaving) -> bool:
        if leaving.shown and task in self._shown:
            return True
        # What has no verdict has none of the actor's.
        if not leaving.judged or not rank:
            return False
        return task.image_id in self._judged_by_actor().get(task.tag_id, _NONE)

    def _judged_by_actor(self) -> Mapping[int, BitMap]:
        if self._judged is None:
            self._judged = {} if self._voter is None else _judged(self._tx, self._voter)
        return self._judged


def _own_locked(version: Version, account_id: int | None) -> BitMap:
    """Return an account's own images that others do not find, but it may judge: see `pick`."""
    if account_id is None:
        return _NONE
    locked = version.remember("locked", lambda: _locked(version))
    if not locked:
        return _NONE
    ids = ids_of(locked)
    return from_ids(ids[version.columns["account_id"].gather(ids) == account_id])


def _locked(version: Version) -> BitMap:
    flags = version.flags
    locked = (flags["approved"] - flags["public"]) | flags["pending"]
    return locked - flags["removed"] - flags["merged"] - flags["withheld"]


class _Recent:
    """What people were just shown, of those seen last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: OrderedDict[str, deque[Task]] = OrderedDict()

    def of(self, viewer: str | None) -> frozenset[Task]:
        """Return what somebody was just shown."""
        with self._lock:
            return frozenset(self._shown.get(viewer, ())) if viewer is not None else frozenset()

    def add(self, viewer: str, tasks: Iterable[Task]) -> None:
        """Note what somebody is shown."""
        with self._lock:
            shown = self._shown.setdefault(viewer, deque(maxlen=_SHOWN))
            shown.extend(tasks)
            self._shown.move_to_end(viewer)
            if len(self._shown) > _MOST_PEOPLE:
                self._shown.popitem(last=False)


def _recent(tx: Tx) -> _Recent:
    recent: _Recent = tx.library.caches.setdefault("picking.recent", _Recent())
    return recent


class _Known(NamedTuple):
    """What a judge had judged, by tag, as of a place in the log of an epoch."""

    epoch: str
    seq: int
    by_tag: Mapping[int, BitMap]


class _Judges:
    """What judges have judged, of those seen last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def get(self, voter: str) -> _Known | None:
        """Return what is known of a judge."""
        with self._lock:
            return self._known.get(voter)

    def put(self, voter: str, known: _Known) -> None:
        """Keep what is known of a judge."""
        with self._lock:
            self._known[voter] = known
            self._known.move_to_end(voter)
            if len(self._known) > _MOST_PEOPLE:
                self._known.popitem(last=False)


def _judged(tx: Tx, voter: str) -> Mapping[int, BitMap]:
    """Return the images of each tag that somebody has judged, as the log says up to now."""
    judges: _Judges = tx.library.caches.setdefault("picking.judges", _Judges())
    known = judges.get(voter)
    if known is not None and known.epoch == tx.version.identity[1]:
        if known.seq >= tx.version.seq:
            return known.by_tag
        known = _followed(tx, voter, known)
    else:
        known = None
    if known is None:
        # The place in the log is read first: what comes in between is read once more later.
        seq = changes.bounds(tx.connection)[1]
        rows = tx.all(select(_v.image_id, _v.tag_id).where(_v.voter == voter))
        by_tag: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            by_tag[row[1]].append(row[0])
        known = _Known(tx.version.identity[1], seq, {t: BitMap(ids) for t, ids in by_tag.items()})
    judges.put(voter, known)
    return known.by_tag


def _followed(tx: Tx, voter: str, known: _Known) -> _Known | None:
    """Return what is known by now, having looked at what changed; None if the log does not tell."""
    epoch, rows = changes.follow(tx.connection, known.seq, limit=_MOST_CHANGES)
    if epoch != known.epoch or not rows or rows[0].seq not in {known.seq, known.seq + 1}:
        return None
    many = {ChangeKind.POSTING, ChangeKind.VOCABULARY}
    if len(rows) == _MOST_CHANGES or any(row.kind in many for row in rows):
        return None
    pairs = [(r.subject_id, r.other_id or 0) for r in rows if r.kind == ChangeKind.LABEL]
    there: set[tuple[int, int]] = set()
    for start in range(0, len(pairs), _BATCH):
        among = tuple_(_v.image_id, _v.tag_id).in_(pairs[start : start + _BATCH])
        statement = select(_v.image_id, _v.tag_id).where(_v.voter == voter, among)
        there.update((row[0], row[1]) for row in tx.all(statement))
    by_tag = dict(known.by_tag)
    for image_id, tag_id in pairs:
        images = by_tag.get(tag_id, _NONE)
        if ((image_id, tag_id) in there) != (image_id in images):
            by_tag[tag_id] = images ^ BitMap([image_id])
    return _Known(known.epoch, rows[-1].seq, by_tag)
