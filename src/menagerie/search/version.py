"""One state of the catalogue: columns, flags, postings and names as of one place in the log.

A version never changes (it only remembers what it has worked out), so that any number of threads
evaluate on it without a lock while the next one is made.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from pyroaring import BitMap

from menagerie.search.columns import Column, Derived, Draft, Ids, Numbers, from_ids, ids_of
from menagerie.search.lexicon import Words
from menagerie.search.offers import Offers
from menagerie.search.outlines import Outlines
from menagerie.search.personal import Personal
from menagerie.search.postings import Postings
from menagerie.search.verdicts import NO_VERDICTS, Verdicts
from menagerie.search.vocabulary import COUNTED_CATEGORIES, Vocabulary

COUNT_COLUMNS = tuple(f"{name.replace('-', '_')}_tag_count" for name in COUNTED_CATEGORIES)

DTYPES: Mapping[str, npt.DTypeLike] = {
    "width": np.int32,
    "height": np.int32,
    "score": np.int32,
    "upvotes": np.int32,
    "downvotes": np.int32,
    "faves": np.int32,
    "hides": np.int32,
    "comment_count": np.int32,
    "source_count": np.int32,
    "tag_count": np.int32,
    "size": np.int64,  # bytes
    "orig_size": np.int64,  # bytes
    "duration": np.float64,  # seconds, 0 for what does not move
    "wilson_score": np.float64,
    "created_at": np.int64,  # microseconds UTC, like the next two
    "updated_at": np.int64,
    "first_seen_at": np.int64,
    "account_id": np.int64,  # 0: nobody
    "duplicate_id": np.int64,  # 0: not merged
    "nw": np.float64,  # luma; means nothing where `measured` says no, like the next three
    "ne": np.float64,
    "sw": np.float64,
    "se": np.float64,
    "perceptual_hash": np.int64,  # means nothing where `hashed` says no
    "verdict_count": np.int32,
    "annotation_count": np.int32,
    "coverage": np.float64,  # percent of the area that shapes cover
    "original_format": np.uint16,  # place in `Version.codes`, from 1
    "mime_type": np.uint16,
    "licence": np.uint16,
    **dict.fromkeys(COUNT_COLUMNS, np.uint16),
    "version": np.int64,  # seq of the image's last change
}
"""Every stored column and the type of its numbers."""

FLAGS = (
    "known",  # has a row
    "public",
    "approved",
    "pending",
    "removed",
    "merged",
    "animated",
    "processed",
    "thumbnails_generated",
    "anonymous",
    "measured",
    "hashed",
    "withheld",
    "donated",
)
"""Every stored yes-or-no of an image."""

_BEYOND = 0xFFFF_FFFF
_NONE = BitMap()  # not to be written to
_MOST_FILTERS = 64


class Order(Struct, frozen=True):
    """How `first_seen_at` order differs from the order of ids.

    Leaving out the images in `strays`, both orders are the same. `stray_ids` lists those by
    (first_seen_at, id); the place of the i-th among the rest is before the id `goes_before[i]`.
    """

    strays: BitMap
    stray_ids: Ids
    goes_before: Ids


class Version:
    """Everything the catalogue knows at `seq`; see the module."""

    def __init__(
        self,
        *,
        identity: tuple[str, str],
        seq: int,
        columns: Mapping[str, Column],
        flags: Mapping[str, BitMap],
        codes: Mapping[str, tuple[str, ...]],
        postings: Postings,
        vocabulary: Vocabulary,
        words: Words,
        judged: Mapping[int, Verdicts],
        suggestions: Postings,
        sureness: float,
        strays: BitMap,
        personal: Personal,
        account_names: Column,
        stamps: "Stamps",
        previous: "Version | None" = None,
    ) -> None:
        self.identity = identity  # of the library: id and epoch
        self.seq = seq
        self.columns = columns
        self.flags = flags
        self.codes = codes
        self.postings = postings
        self.vocabulary = vocabulary
        self.words = words
        self.judged = judged  # by tag id, those with something said of a label
        self.suggestions = suggestions
        self.sureness = sureness  # least confidence, 0 to 1, of what is among the suggestions
        self.strays = strays
        self.personal = personal
        self.account_names = account_names  # by account id: a digest of the name
        self.stamps = stamps
        self.memory: dict[object, Any] = {}
        self.without: dict[tuple[int, ...], tuple[list[BitMap], BitMap]] = {}
        self.live = self._live(previous)
        if previous is not None:
            self._inherit(previous)

    def _live(self, previous: "Version | None") -> BitMap:
        """Return the live images: the same object while they are, as caches compare by identity."""
        flags = self.flags
        deciding = ("public", "approved", "removed", "merged")
        if previous is not None and all(flags[n] is previous.flags[n] for n in deciding):
            return previous.live
        live = flags["public"] & flags["approved"]
        live -= flags["removed"]
        live -= flags["merged"]
        return previous.live if previous is not None and previous.live == live else live

    def _inherit(self, previous: "Version") -> None:
        """Keep what the previous version worked out and what still holds."""
        same_order = (
            self.strays is previous.strays
            and self.flags["known"] is previous.flags["known"]
            and self.columns["first_seen_at"] is previous.columns["first_seen_at"]
        )
        if same_order and "order" in previous.memory:
            self.memory["order"] = previous.memory["order"]
        if self.words is previous.words and "label_count" in previous.memory:
            self.memory["label_count"] = previous.memory["label_count"]
        if self.live is previous.live:
            for tag_ids, kept in list(previous.without.items()):
                if all(self.posting(i) is old for i, old in zip(tag_ids, kept[0], strict=True)):
                    self.without[tag_ids] = kept

    @property
    def names_version(self) -> int:
        """The seq of the last change of a name that may show on an image."""
        return self.stamps.names

    @property
    def accounts_version(self) -> int:
        """The seq of the last change of an account."""
        return self.stamps.accounts

    @property
    def filters_version(self) -> int:
        """The seq of the last change of a filter."""
        return self.stamps.filters

    @property
    def words_version(self) -> int:
        """The seq of the last change of a word."""
        return self.stamps.words

    @property
    def breeds_version(self) -> int:
        """The seq of the last change of a breed, a category or what is said of them."""
        return self.stamps.breeds

    def remember(self, key: object, work: Callable[[], Any]) -> Any:
        """Return what `work` gives, worked out once in this version (twice if threads race)."""
        try:
            return self.memory[key]
        except KeyError:
            value = self.memory[key] = work()
            return value

    def image_version(self, image_id: int) -> int:
        """Return the seq of the image's last change, 0 when the image is not known."""
        return int(self.columns["version"].get(image_id))

    def posting(self, tag_id: int) -> BitMap:
        """Return the images on which the tag is asserted, seen or not; not to be written to."""
        return self.postings.get(tag_id)

    def suggested(self, tag_id: int) -> BitMap:
        """Return the images for which a model surely suggests the tag; not to be written to."""
        return self.suggestions.get(tag_id)

    def verdicts(self, tag_id: int) -> Verdicts:
        """Return what was said of the tag's labels; not to be written to."""
        return self.judged.get(tag_id, NO_VERDICTS)

    def tag_id(self, name: str) -> int | None:
        """Return the id of the tag of this name, or of the tag it is an alias of."""
        return self.vocabulary.id(name)

    @property
    def shown(self) -> BitMap:
        """The public, approved images, removed and merged ones among them."""
        shown: BitMap = self.remember(
            "shown", lambda: self.flags["public"] & self.flags["approved"]
        )
        return shown

    def live_without(self, tag_ids: tuple[int, ...]) -> BitMap:
        """Return the live images with none of the tags; not to be written to.

        What every visitor's filter asks for, so it is kept from version to version until one of
        these tags changes.
        """
        if not tag_ids:
            return self.live
        kept = self.without.get(tag_ids)
        if kept is None:
            postings = [self.posting(tag_id) for tag_id in tag_ids]
            kept = postings, self.live - BitMap.union(*postings)
            if len(self.without) >= _MOST_FILTERS:
                self.without.clear()
            self.without[tag_ids] = kept
        return kept[1]

    def owned(self, account_id: int) -> BitMap:
        """Return the images the account put in, anonymous, private and removed ones too."""
        owned: BitMap = self.remember(
            ("owned", account_id),
            lambda: self.columns["account_id"].where(lambda ids: ids == account_id),
        )
        return owned

    def searchable(self, account_id: int | None) -> BitMap:
        """Return the images that the account, or everybody, may find: live and own private ones."""
        if account_id is None:
            return self.live
        private = self._private
        return self.live | (private & self.owned(account_id)) if private else self.live

    @property
    def _private(self) -> BitMap:
        flags = self.flags
        private: BitMap = self.remember(
            "private",
            lambda: flags["approved"] - flags["public"] - flags["removed"] - flags["merged"],
        )
        return private

    def numbers(self, name: str) -> Numbers:
        """Return a column by its name, those worked out from others too; KeyError if none."""
        if name in self.columns:
            return self.columns[name]
        if name == "validations":
            return self.columns["verdict_count"]
        if name == "label_count":
            return self._label_count()
        derived: Numbers = self.remember(("column", name), lambda: self._derived(name))
        return derived

    def _derived(self, name: str) -> Numbers:
        width, height = self.columns["width"], self.columns["height"]
        if name == "pixels":
            return Derived(np.int64, width, height, lambda w, h: w.astype(np.int64) * h)
        if name == "aspect_ratio":
            return Derived(np.float64, width, height, lambda w, h: w / np.maximum(h, 1))
        raise KeyError(name)

    def _label_count(self) -> Column:
        """Return how many labels that have a word each image has.

        Worked out from the last version that was asked, whose postings are mostly the same ones.
        """
        counted: Mapping[int, BitMap]
        old, counted = self.memory.get("label_count") or (Column(np.uint16), {})
        now = {tag_id: self.posting(tag_id) for tag_id in self.words.tag_ids}
        if counted.keys() != now.keys():
            old, counted = Column(np.uint16), {}
        draft = Draft(old)
        draft.cover(len(self.columns["version"]))
        for tag_id, images in now.items():
            before = counted.get(tag_id, _NONE)
            if images is not before:
                draft.add(ids_of(images - before), 1)
                draft.add(ids_of(before - images), -1)
        counts = draft.finish()
        self.memory["label_count"] = counts, now
        return counts

    @property
    def offers(self) -> Offers:
        """Which labels wait for a verdict."""
        offers: Offers = self.remember("offers", lambda: Offers.of(self))
        return offers

    @property
    def outlines(self) -> Outlines:
        """What people outlined, and what waits for it."""
        outlines: Outlines = self.remember("outlines", lambda: Outlines(self.personal))
        return outlines

    @property
    def order(self) -> Order:
        """How first_seen_at order differs from id order."""
        order: Order = self.remember("order", self._order)
        return order

    def _order(self) -> Order:
        strays, times = ids_of(self.strays), self.columns["first_seen_at"]
        seen = times.gather(strays)
        by_time = np.lexsort((strays, seen))
        strays, seen = strays[by_time], seen[by_time]
        if not len(strays):
            return Order(self.strays, strays, strays)
        regular = ids_of(self.flags["known"] - self.strays)
        keys = times.gather(regular)
        # How many regular images come before: all seen earlier, of those seen at the same time the
        # ones with a lower id, none seen later.
        places = np.clip(
            np.searchsorted(regular, strays),
            np.searchsorted(keys, seen, side="left"),
            np.searchsorted(keys, seen, side="right"),
        )
        return Order(self.strays, strays, np.append(regular, np.uint32(_BEYOND))[places])


class Stamps(Struct, frozen=True):
    """The seq of the last change of each kind of thing that is cached elsewhere."""

    names: int = 0
    accounts: int = 0
    filters: int = 0
    words: int = 0
    breeds: int = 0


def strays_of(ids: Ids, times: npt.NDArray[np.int64]) -> BitMap:
    """Return the fewest images whose leaving out puts `times` in the order of `ids`."""
    falls = np.flatnonzero(np.diff(times) < 0)
    if not len(falls):
        return BitMap()
    return from_ids(ids[~_longest_rising(times)])


def _longest_rising(times: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which items form a longest subsequence that never falls (patience sorting)."""
    tops: list[int] = []  # the least last time of a rising run of each length
    top_at: list[int] = []
    before = np.empty(len(times), np.int64)
    for place, time in enumerate(times.tolist()):
        length = len(tops) if not tops or time >= tops[-1] else bisect_right(tops, time)
        before[place] = top_at[length - 1] if length else -1
        if length == len(tops):
            tops.append(time)
            top_at.append(place)
        else:
            tops[length] = time
            top_at[length] = place
    kept = np.zeros(len(times), np.bool_)
    place = top_at[-1]
    while place >= 0:
        kept[place] = True
        place = int(before[place])
    return kept


def is_stray(image_id: int, time: int, *, regular: BitMap, seen: Callable[[int], int]) -> bool:
    """Tell whether an image first seen at `time` is out of order among the `regular` ones.

    `seen` gives when a regular one was first seen; the image itself must not be among them.
    """
    below = regular.rank(image_id)
    if below and seen(regular[below - 1]) > time:
        return True
    return below < len(regular) and seen(regular[below]) < time
