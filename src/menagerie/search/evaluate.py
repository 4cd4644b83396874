"""Evaluation: what images a query's tree matches, on one version of the catalogue.

Nothing is compared with the set of all images until the end: a negation is carried along as one,
and whoever asks combines the result with the images the viewer may find.
"""

import functools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

import numpy as np
from pyroaring import BitMap

from menagerie.errors import QueryError
from menagerie.search import stored
from menagerie.search.columns import Column, Draft, Numbers, Values, ids_of
from menagerie.search.nodes import (
    All,
    And,
    Boost,
    Custom,
    Flag,
    Fuzzy,
    Leaf,
    Network,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Range,
    Term,
    Wildcard,
)
from menagerie.search.order import Part
from menagerie.search.patterns import matcher
from menagerie.search.verdicts import Table, lower_bounds, probabilities
from menagerie.search.version import Version
from menagerie.search.vocabulary import Vocabulary, is_like


class Resolver(Protocol):
    """Whoever knows what `my:`, `filter_id:` and `gallery_id:` mean for the viewer."""

    def __call__(self, node: Custom) -> "Hits":
        """Return what the node matches; raises QueryError."""


class Hits(NamedTuple):
    """What a node matches: `images`, or all but them; `images` is not to be written to."""

    images: BitMap
    is_negated: bool = False

    def within(self, base: BitMap) -> BitMap:
        """Return the images of `base` that are matched."""
        return base - self.images if self.is_negated else base & self.images

    def negated(self) -> "Hits":
        """Return what the node does not match."""
        return Hits(self.images, not self.is_negated)


NONE = Hits(BitMap())
EVERYTHING = Hits(BitMap(), is_negated=True)


class Evaluator(ABC):
    """One evaluation against the clock; raises QueryError when it takes longer than the limit."""

    def __init__(self, timeout_ms: int) -> None:
        self._timeout_ms = timeout_ms
        self._until = time.monotonic() + timeout_ms / 1000

    def hits(self, node: Node) -> Hits:
        """Return what the node matches."""
        self._check_time(node)
        match node:
            case All():
                return EVERYTHING
            case Nothing():
                return NONE
            case And():
                return both(self.hits(child) for child in node.children)
            case Or():
                return either(self.hits(child) for child in node.children)
            case Not():
                return self.hits(node.child).negated()
            case Boost():
                return self.hits(node.child)
            case _:
                return self._leaf(node)

    @abstractmethod
    def _leaf(self, node: Leaf) -> Hits:
        """Return what a node without children matches."""

    def _check_time(self, node: Node) -> None:
        if time.monotonic() > self._until:
            raise QueryError(
                f"The query takes longer than {self._timeout_ms} ms to answer.",
                start=node.span.start,
                end=node.span.end,
                hint="leave out wildcards that fit very many tags, or searches in long texts",
            )


class Evaluation(Evaluator):
    """One evaluation of a query for images."""

    def __init__(self, version: Version, resolver: Resolver, *, timeout_ms: int) -> None:
        super().__init__(timeout_ms)
        self._version = version
        self._resolver = resolver
        self._stored = stored.Stored(version.personal)

    def parts(self, node: Node, within: BitMap, weight: float = 1.0) -> list[Part]:
        """Return what each matching term adds to the relevance of the images `within`.

        A term adds the product of the boosts around it, 1 without any, to the images that match it
        and everything it is joined with by AND. A negation adds nothing.
        """
        match node:
            case Not() | Nothing():
                return []
            case Boost():
                return self.parts(node.child, within, weight * node.factor)
            case And():
                matched = self.hits(node).within(within)
                return [p for child in node.children for p in self.parts(child, matched, weight)]
            case Or():
                return [p for child in node.children for p in self.parts(child, within, weight)]
            case _:
                return [(self.hits(node).within(within), weight)]

    def _leaf(self, node: Leaf) -> Hits:
        match node:
            case Custom():
                return self._resolver(node)
            case Flag():
                return self._flag(node)
            case Range():
                return Hits(self._range(node))
            case Phrase():
                return Hits(self._stored.text(node))
            case Network():
                return Hits(self._stored.network(node))
            case Term() | Wildcard() | Fuzzy():
                return Hits(self._value(node))

    def _flag(self, node: Flag) -> Hits:
        flags = self._version.flags
        if node.field == "validated":
            judged = self._version.columns["verdict_count"].where(lambda counts: counts > 0)
            return Hits(judged, is_negated=not node.value)
        images = (
            flags["removed"] | flags["merged"] if node.field == "deleted" else flags[node.field]
        )
        return Hits(images, is_negated=not node.value)

    def _range(self, node: Range) -> BitMap:
        field = node.field
        if field == "id":
            return ids_within(node)
        if field == "deleted_by_user_id":
            return self._stored.removed_by(node)
        if field.removesuffix("_id") in stored.RELATIONS:
            return self._stored.related_by_id(field.removesuffix("_id"), node)
        if field in _SHARES:
            return self._judged(node)
        flags = self._version.flags
        test = range_test(node, is_id=field in _ID_COLUMNS)
        if field == "annotation_task_count":
            found = self._tasks().where(test)
        else:
            found = self._version.numbers(_COLUMNS.get(field, field)).where(test)
        if field == "uploader_id":
            return found - flags["anonymous"]
        # Where there is no image, there are zeros.
        return found & flags["known"]

    def _value(self, node: stored.Literal) -> BitMap:
        field, version = node.field, self._version
        if field == "tags":
            return self._tags(node)
        if field == "suggested":
            suggested = version.suggestions.some(tag_ids(version.vocabulary, node))
            return BitMap.union(BitMap(), *suggested)
        if field in _LABELS:
            return self._labels(node)
        if field == "refined":
            return self._stored.refined(node)
        if field in version.codes:
            return self._code(node)
        if field in stored.LITERALS:
            return self._stored.literal(node)
        if field in stored.TEXTS and isinstance(node, Wildcard):
            return self._stored.text(node)
        if field == "deleted_by_user":
            return self._stored.removed_by(node)
        accounts = self._stored.accounts(node)
        if field in stored.RELATIONS:
            return self._stored.related(field, accounts)
        wanted = np.array(accounts, np.int64)
        owned = version.columns["account_id"].where(lambda ids: np.isin(ids, wanted))
        return owned - version.flags["anonymous"] if field == "uploader" else owned

    def _tags(self, node: stored.Literal) -> BitMap:
        version = self._version
        if isinstance(node, Term):
            tag_id = version.tag_id(node.value)
            return version.posting(tag_id) if tag_id is not None else NONE.images
        found = tag_ids(version.vocabulary, node)
        self._check_time(node)
        return BitMap.union(BitMap(), *version.postings.some(found))

    def _labels(self, node: stored.Literal) -> BitMap:
        """Return the images with such a label in the state that the field names."""
        version, field = self._version, node.field
        labels = tag_ids(version.vocabulary, node) & version.words.tag_ids
        self._check_time(node)
        if field == "annotated":
            drawn = version.outlines.known.drawn
            shown = (version.posting(i) & drawn[i] for i in labels if i in drawn)
            return BitMap.union(BitMap(), *shown)
        if field in _STATUSES:
            judged = [version.verdicts(tag_id).status(field) for tag_id in labels]
            return BitMap.union(BitMap(), *judged)
        postings: Iterable[BitMap] = map(version.posting, labels)
        if field == "unvalidated":
            postings = (version.posting(i) - version.verdicts(i).images for i in labels)
        return BitMap.union(BitMap(), *postings)

    def _judged(self, node: Range) -> BitMap:
        """Return the images with a label for which what the field names lies in the range."""
        version, share, test = self._version, _SHARES[node.field], range_test(node, is_id=False)
        judged = [version.verdicts(i) for i in version.words.tag_ids if i in version.judged]
        return BitMap.union(
            BitMap(), *(verdicts.where(lambda table: test(share(table))) for verdicts in judged)
        )

    def _tasks(self) -> Numbers:
        """Return how many labels of each image are positive and may be outlined, but are not."""
        version = self._version
        wanted = version.words.normal & version.judged.keys()
        draft = Draft(Column(np.uint16))
        draft.cover(len(version.columns["version"]))
        for tag_id in wanted:
            draft.add(ids_of(version.outlines.waiting(version, tag_id)), 1)
        return draft.finish()

    def _code(self, node: stored.Literal) -> BitMap:
        texts = self._version.codes[node.field]
        column = self._version.columns[node.field]
        fitting = [code for code, text in enumerate(texts, 1) if fits(text.lower(), node)]
        found = [column.where(functools.partial(np.equal, code)) for code in fitting]
        return BitMap.union(BitMap(), *found)


_ID_COLUMNS = frozenset({"uploader_id", "true_uploader_id", "duplicate_id"})
_COLUMNS = {
    "uploader_id": "account_id",
    "true_uploader_id": "account_id",
}
_STATUSES = frozenset({"positive", "negative", "undecided"})
_LABELS = _STATUSES | {"label", "unvalidated", "annotated"}
_SHARES: Mapping[str, Callable[[Table], Values]] = {
    "probability": lambda table: probabilities(table.yes, table.no),
    "probability_lower": lambda table: lower_bounds(table.yes, table.no),
    "truth": lambda table: table.truth,
}


def both(found: Iterable[Hits]) -> Hits:
    """Return what all match."""
    plain, negated = _apart(found)
    if not plain:
        return Hits(BitMap.union(*negated) if negated else NONE.images, is_negated=True)
    # The smallest first: each further step costs no more than the one before.
    plain.sort(key=len)
    images = plain[0]
    for other in plain[1:]:
        images = images & other
    for other in negated:
        images = images - other
    return Hits(images)


def either(found: Iterable[Hits]) -> Hits:
    """Return what any matches."""
    return both(hits.negated() for hits in found).negated()


def _apart(found: Iterable[Hits]) -> tuple[list[BitMap], list[BitMap]]:
    plain: list[BitMap] = []
    negated: list[BitMap] = []
    for hits in found:
        (negated if hits.is_negated else plain).append(hits.images)
    return plain, negated


def tag_ids(vocabulary: Vocabulary, node: stored.Literal) -> set[int]:
    """Return the ids of the tags whose name, or an alias of them, the node matches."""
    match node:
        case Term():
            tag_id = vocabulary.id(node.value)
            return set() if tag_id is None else {tag_id}
        case Wildcard():
            return vocabulary.fitting(node.pattern)
        case Fuzzy():
            return vocabulary.like(node.value, node.edits)


def fits(text: str, node: stored.Literal) -> bool:
    """Tell whether the node matches a whole value."""
    if isinstance(node, Term):
        return text == node.value
    if isinstance(node, Wildcard):
        return matcher(node.pattern)(text)
    return is_like(node.value, text, node.edits)


_HIGHEST_ID = 2**32 - 1


def ids_within(node: Range) -> BitMap:
    """Return the ids in the node's range."""
    low = 0 if node.low is None else int(node.low) + (not node.low_inclusive)
    high = _HIGHEST_ID if node.high is None else int(node.high) - (not node.high_inclusive)
    low, high = max(low, 0), min(high, _HIGHEST_ID)
    found = BitMap()
    if low <= high:
        found.add_range(low, high + 1)
    return found


def range_test(node: Range, *, is_id: bool) -> Callable[[Values], Values]:
    """Return the test whether numbers are in the node's range; as an id, 0 means there is none."""

    def test(values: Values) -> Values:
        inside = np.ones(len(values), np.bool_)
        if node.low is not None:
            inside &= values >= node.low if node.low_inclusive else values > node.low
        if node.high is not None:
            inside &= values <= node.high if node.high_inclusive else values < node.high
        if is_id:
            inside &= values > 0
        return inside

    return test
