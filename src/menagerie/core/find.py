"""Finding: images by query, sort and page; images alike; comments, posts, galleries, tags, filters.

What a viewer may not find is not in the sets that queries are combined with, so nothing here or
behind it checks visibility afterwards.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable
from enum import StrEnum

import msgspec
from pyroaring import BitMap

from menagerie.core import filters as core_filters
from menagerie.core import galleries as core_galleries
from menagerie.core.filters import Filter
from menagerie.errors import QueryError
from menagerie.library import Tx
from menagerie.media.hashes import Intensities
from menagerie.search import booru, expressions, fields, likeness, order, predicate
from menagerie.search.booru import Inside
from menagerie.search.evaluate import EVERYTHING, NONE, Evaluation, Hits, both, either
from menagerie.search.expressions import Extra
from menagerie.search.nodes import Custom, Node, Nothing
from menagerie.search.order import Sort
from menagerie.search.personal import Relation
from menagerie.search.talk import evaluate as talk
from menagerie.search.talk.written import Written
from menagerie.search.version import Version
from menagerie.storage.schema import ForumAccess

__all__ = ["Found", "Node", "Removed", "Sort"]  # what callers need beside the functions


class Removed(StrEnum):
    """Whether removed and merged images are among what is found."""

    NO = "no"
    ALSO = "also"  # for everybody: they are shown as stubs
    ONLY = "only"  # for moderators, like the next; for others the same as NO
    ONLY_NOT_MERGED = "only_not_merged"


class Found(msgspec.Struct, frozen=True):
    """A page of ids, how many there are on all pages, and how long that took."""

    ids: list[int]
    total: int
    elapsed_us: int


_RANDOM = re.compile(r"random:([+-]?\d+)", re.ASCII)
_GALLERY = re.compile(r"gallery_id:(\d{1,19})", re.ASCII)
_SEED_BITS = 64
DEFAULT_SORT = Sort()


def parse_sort(sf: str, sd: str, tx: Tx) -> Sort:
    """Return the sort that `sf` and `sd` name; anything unknown is by first_seen_at, falling.

    `random` without a seed gets one from the library's chance.
    """
    ascending = sd == "asc"
    if sf in order.COLUMNS or sf in {"id", "_score"}:
        return Sort(sf, ascending=ascending)
    if match := _GALLERY.fullmatch(sf):
        return Sort("gallery", ascending=ascending, gallery_id=int(match[1]))
    if sf == "random" or sf.startswith("random:"):
        match = _RANDOM.match(sf)
        seed = int(match[1]) if match else tx.library.random.getrandbits(_SEED_BITS)
        return Sort("random", ascending=ascending, seed=seed % (1 << _SEED_BITS))
    return Sort(ascending=ascending)


def parse(tx: Tx, text: str) -> Node:
    """Return the tree of an image query of the actor's; raises QueryError."""
    return _parse(tx, text, Inside.SEARCH)


def parse_expression(tx: Tx, text: str, *, kinds: Collection[Extra] = expressions.DEFAULT) -> Node:
    """Return the tree of a query in the label language; raises QueryError.

    `kinds` says what it may hold beside labels and properties. The message of an error ends with
    the query and a line that marks the place. Collections are the actor's own galleries.
    """
    return expressions.parse(
        text,
        words=tx.version.words,
        kinds=kinds,
        collections=lambda title: _own_gallery(tx, title),
    )


def parse_ordered_expression(tx: Tx, text: str) -> tuple[Node, Sort]:
    """Return the tree of a query that may end with `! order by validation`, and its sort.

    Without that clause it is the default one. Raises QueryError, as `parse_expression`.
    """
    parsed = expressions.parse_ordered(
        text, words=tx.version.words, collections=lambda title: _own_gallery(tx, title)
    )
    if parsed.is_ascending is None:
        return parsed.node, DEFAULT_SORT
    return parsed.node, Sort("validations", ascending=parsed.is_ascending)


def _own_gallery(tx: Tx, title: str) -> int | None:
    if tx.actor.account_id is None:
        return None
    found = core_galleries.find_by_title(tx, tx.actor.account_id, title)
    return found.id if found is not None else None


def _parse(tx: Tx, text: str, inside: Inside) -> Node:
    return booru.parse(
        text,
        fields.IMAGES,
        now=tx.now,
        moderator=tx.actor.is_moderator,
        signed_in=tx.actor.is_signed_in,
        inside=inside,
    )


def images(
    tx: Tx,
    query: Node,
    *,
    sort: Sort = DEFAULT_SORT,
    page: int = 1,
    per_page: int = 25,
    filter: Filter | None = None,  # noqa: A002  # the domain's word for it
    removed: Removed = Removed.NO,
    include_hidden: bool = False,
) -> Found:
    """Return a page of the images that match, with the exact total.

    `filter` hides what it hides, None hides nothing; `include_hidden` also finds what the actor
    has hidden from themselves. A page past the end is empty. Raises QueryError for a query that
    cannot be answered or takes too long.
    """
    started = time.perf_counter_ns()
    look = _Look(tx, filter)
    hits = look.select(query, removed=removed, include_hidden=include_hidden)
    start = (max(page, 1) - 1) * per_page
    parts = look.evaluation.parts(query, hits) if sort.field == "_score" else None
    ids = order.page(look.version, hits, sort, start=start, stop=start + per_page, parts=parts)
    return Found(ids, len(hits), (time.perf_counter_ns() - started) // 1000)


def bitmap(
    tx: Tx,
    query: Node,
    *,
    filter: Filter | None = None,  # noqa: A002  # the domain's word for it
    removed: Removed = Removed.NO,
    include_hidden: bool = False,
) -> BitMap:
    """Return all images that match, as `images` would page them; not to be written to."""
    look = _Look(tx, filter)
    return look.select(query, removed=removed, include_hidden=include_hidden)


def within_filter(tx: Tx, filter: Filter) -> BitMap:  # noqa: A002
    """Return all that everybody finds with a filter in force; not to be written to.

    The same object from version to version while it holds the same, unless the filter has queries.
    """
    found = tx.version.live_without(filter.hidden_tag_ids)
    if not filter.hidden_query:
        return found
    hidden = _Look(tx, filter).hidden(filter)
    return hidden.negated().within(found)


def spoilered(tx: Tx, filter: Filter, ids: Iterable[int]) -> set[int]:  # noqa: A002
    """Return which of `ids` the filter hides or spoilers."""
    asked, found = list(ids), set[int]()
    # A page has few images and a filter few tags: no large set is made.
    for tag_id in (*filter.hidden_tag_ids, *filter.spoilered_tag_ids):
        posting = tx.version.posting(tag_id)
        found.update([image_id for image_id in asked if image_id in posting])
    if filter.hidden_query or filter.spoilered_query:
        found.update(_Look(tx, filter).caught(filter).within(BitMap(asked)))
    return found


def neighbours(
    tx: Tx,
    query: Node,
    *,
    sort: Sort,
    filter: Filter | None,  # noqa: A002
    image_id: int,
) -> tuple[int | None, int | None]:
    """Return the images before and after one in the listing; None at an end, or if not in it."""
    look = _Look(tx, filter)
    hits = look.select(query, removed=Removed.NO, include_hidden=False)
    if image_id not in hits:
        return None, None
    parts = look.evaluation.parts(query, hits) if sort.field == "_score" else None
    return order.neighbours(look.version, hits, sort, image_id, parts)


def reverse(
    tx: Tx,
    intensities: Intensities,
    aspect_ratio: float,
    *,
    distance: float,
    limit: int,
    perceptual_hash: int | None = None,
    perceptual_distance: int | None = None,
) -> Found:
    """Return the images that look like a picture, the most alike first, removed ones too.

    With a `perceptual_hash` and how many of its 64 bits may differ, only the hash decides; else
    the intensities (each ± 3 × `distance`) and the aspect ratio (± `distance`) do. `total` counts
    all, `limit` is how many ids come back.
    """
    started = time.perf_counter_ns()
    version = tx.version
    within = version.shown | version.searchable(tx.actor.account_id)
    if perceptual_hash is not None and perceptual_distance is not None:
        alike = likeness.by_hash(version, within, perceptual_hash, perceptual_distance)
    else:
        alike = likeness.by_intensities(version, within, intensities, aspect_ratio, distance)
    elapsed_us = (time.perf_counter_ns() - started) // 1000
    return Found(alike[: max(limit, 0)], len(alike), elapsed_us)


def tags(tx: Tx, q: str, *, page: int, per_page: int) -> Found:
    """Return a page of the tags that match, those on the most images first; raises QueryError."""
    return _stored(tx, predicate.TAGS, q, page=page, per_page=per_page)


def filters(tx: Tx, q: str, *, page: int, per_page: int) -> Found:
    """Return a page of the public, system and own filters that match, by name; QueryError."""
    return _stored(tx, predicate.FILTERS, q, page=page, per_page=per_page)


def comments(
    tx: Tx,
    q: str,
    *,
    page: int,
    per_page: int,
    filter: Filter | None = None,  # noqa: A002  # the domain's word for it
) -> Found:
    """Return a page of the comments that match, the newest first; raises QueryError.

    Of shown comments on images that the actor may find and of which the filter hides no tag; its
    queries do not count. Staff find hidden comments too, moderators also those on removed images.
    The first call in a process reads every comment, in seconds for a million.
    """
    return _talk(
        tx,
        q,
        fields.COMMENTS,
        lambda _written: _commented(tx, filter),
        page=page,
        per_page=per_page,
    )


def posts(tx: Tx, q: str, *, page: int, per_page: int, everywhere: bool = False) -> Found:
    """Return a page of the posts that match, the newest first; raises QueryError.

    Of shown posts in shown topics of the forums open to everybody; `everywhere` adds for staff what
    they may read beyond that: their forums, and what is hidden.
    """
    return _talk(
        tx,
        q,
        fields.POSTS,
        lambda written: written.readable_topics(
            _accesses(tx) if everywhere else _OPEN, is_staff=everywhere and tx.actor.is_assistant
        ),
        page=page,
        per_page=per_page,
        is_staff=everywhere,
    )


def galleries(tx: Tx, q: str, *, page: int, per_page: int) -> Found:
    """Return a page of the galleries that match, the newest first; raises QueryError.

    Who keeps a gallery anonymously is found only by themselves and moderators; images that the
    actor may not know of are in none.
    """
    return _stored(tx, predicate.GALLERIES, q, page=page, per_page=per_page)


_OPEN = frozenset({ForumAccess.NORMAL})


def _accesses(tx: Tx) -> frozenset[str]:
    """Return the forums that the actor may read, by who may read them."""
    if tx.actor.is_moderator:
        return frozenset(ForumAccess)
    return _OPEN | {ForumAccess.ASSISTANT} if tx.actor.is_assistant else _OPEN


def _commented(tx: Tx, in_force: Filter | None) -> BitMap:
    """Return the images whose comments the actor finds with a filter in force."""
    version = tx.version
    found = version.searchable(tx.actor.account_id)
    if tx.actor.is_moderator:
        found = found | version.shown
    if in_force is None:
        return found
    if found is version.live:
        return version.live_without(in_force.hidden_tag_ids)
    return found - BitMap.union(BitMap(), *map(version.posting, in_force.hidden_tag_ids))


def _talk(
    tx: Tx,
    q: str,
    index: fields.Index,
    within: Callable[[Written], BitMap],
    *,
    page: int,
    per_page: int,
    is_staff: bool = True,
) -> Found:
    """Return a page of what matches among the texts on, or in, what `within` gives."""
    started = time.perf_counter_ns()
    actor, catalogue = tx.actor, tx.library.catalogue
    query = booru.parse(
        q, index, now=tx.now, moderator=actor.is_moderator, signed_in=actor.is_signed_in
    )
    texts = catalogue.comments if index is fields.COMMENTS else catalogue.posts
    written = texts.at_least(tx.version.identity, tx.version.seq)
    viewer = talk.Viewer(actor.account_id, is_staff=is_staff and actor.is_assistant)
    evaluation = talk.Evaluation(
        written, texts.kind, tx.version, viewer, timeout_ms=catalogue.query_timeout_ms
    )
    found = evaluation.select(query, within(written))
    start = (max(page, 1) - 1) * per_page
    ids = talk.newest(found, start=start, stop=start + per_page)
    return Found(ids, len(found), (time.perf_counter_ns() - started) // 1000)


def _stored(tx: Tx, source: predicate.Source, q: str, *, page: int, per_page: int) -> Found:
    started = time.perf_counter_ns()
    viewer = predicate.Viewer(tx.actor.account_id, is_moderator=tx.actor.is_moderator)
    node = booru.parse(
        q,
        source.index,
        now=tx.now,
        moderator=viewer.is_moderator,
        signed_in=viewer.account_id is not None,
    )
    start = (max(page, 1) - 1) * per_page
    ids, total = predicate.find(
        tx.connection, source, node, viewer=viewer, offset=start, limit=per_page
    )
    return Found(ids, total, (time.perf_counter_ns() - started) // 1000)


class _Look:
    """One viewer's look at the catalogue: what they may find, and what `my:` means for them."""

    def __init__(self, tx: Tx, in_force: Filter | None) -> None:
        self._tx = tx
        self._filter = in_force
        self._account_id = tx.actor.account_id
        self.version: Version = tx.version
        self.evaluation = Evaluation(
            self.version, self._custom, timeout_ms=tx.library.catalogue.query_timeout_ms
        )

    def select(self, query: Node, *, removed: Removed, include_hidden: bool) -> BitMap:
        """Return what the viewer finds."""
        if isinstance(query, Nothing):
            return BitMap()
        base = self._base(removed)
        if self._account_id is not None and not include_hidden:
            hides = self.version.personal.related(Relation.HIDES, self._account_id)
            base = base - hides if hides else base
        return self.evaluation.hits(query).within(base)

    def _base(self, removed: Removed) -> BitMap:
        """Return all that the viewer may find, less what the filter hides."""
        found = self._may_find(removed)
        in_force = self._filter
        if in_force is None:
            return found
        if found is self.version.live:
            found = self.version.live_without(in_force.hidden_tag_ids)
        else:
            found = found - self._tagged(in_force.hidden_tag_ids).images
        if in_force.hidden_query:
            found = self._lines(in_force.hidden_query, Inside.FILTER).negated().within(found)
        return found

    def _may_find(self, removed: Removed) -> BitMap:
        version = self.version
        searchable = version.searchable(self._account_id)
        if removed is Removed.ALSO:
            return version.shown | searchable
        if removed is Removed.NO or not self._tx.actor.is_moderator:
            return searchable
        merged = version.flags["merged"]
        if removed is Removed.ONLY_NOT_MERGED:
            return (version.flags["removed"] - merged) & version.shown
        return (version.flags["removed"] | merged) & version.shown

    def hidden(self, of: Filter) -> Hits:
        """Return what a filter hides."""
        return either(
            [self._tagged(of.hidden_tag_ids), self._lines(of.hidden_query, Inside.FILTER)]
        )

    def spoilered(self, of: Filter) -> Hits:
        """Return what a filter spoilers."""
        return either(
            [self._tagged(of.spoilered_tag_ids), self._lines(of.spoilered_query, Inside.FILTER)]
        )

    def caught(self, of: Filter) -> Hits:
        """Return what the queries of a filter, leaving aside its tags, hide or spoiler."""
        return either(
            self._lines(text, Inside.FILTER) for text in (of.hidden_query, of.spoilered_query)
        )

    def _tagged(self, tag_ids: Iterable[int]) -> Hits:
        return Hits(BitMap.union(BitMap(), *map(self.version.posting, tag_ids)))

    def _lines(self, text: str, inside: Inside) -> Hits:
        """Return what any line of a stored query matches; everything, once one no longer parses."""
        return either([NONE, *(self._line(line, inside) for line in text.splitlines())])

    def _line(self, text: str, inside: Inside) -> Hits:
        try:
            node = _parse(self._tx, text, inside)
        except QueryError:
            return EVERYTHING if inside is Inside.FILTER else NONE
        return self.evaluation.hits(node)

    def _custom(self, node: Custom) -> Hits:
        """Return what `gallery_id:`, `filter_id:` or `my:` matches for the viewer."""
        if node.field == "gallery_id":
            return Hits(self.version.personal.gallery(int(node.value)).images)
        if node.field == "filter_id":
            found = core_filters.find(self._tx, int(node.value))
            if found is None:
                raise QueryError(
                    f"Invalid filter `{node.value}`.", start=node.span.start, end=node.span.end
                )
            return self.hidden(found).negated()
        if self._account_id is None:
            raise QueryError(
                "You must be logged in to use `my' queries.",
                start=node.span.start,
                end=node.span.end,
            )
        return _MINE[node.value](self, self._account_id)

    def related(self, relation: Relation, account_id: int) -> Hits:
        """Return the images that stand in `relation` to the account."""
        return Hits(self.version.personal.related(relation, account_id))

    def owned(self, account_id: int) -> Hits:
        """Return the images the account put in."""
        return Hits(self.version.owned(account_id))

    def watched(self, account_id: int) -> Hits:
        """Return the images the account watches."""
        watch = self.version.personal.watch(account_id)
        wanted = [self._tagged(watch.tag_ids), self._lines(watch.query, Inside.WATCHLIST)]
        refused = [self._lines(watch.exclude_query, Inside.WATCHLIST)]
        if watch.is_without_spoilered and self._filter is not None:
            refused.append(self.spoilered(self._filter))
        return both([either(wanted), *(hits.negated() for hits in refused)])


_MINE: dict[str, Callable[[_Look, int], Hits]] = {
    "faves": lambda look, account_id: look.related(Relation.FAVES, account_id),
    "upvotes": lambda look, account_id: look.related(Relation.UPVOTES, account_id),
    "downvotes": lambda look, account_id: look.related(Relation.DOWNVOTES, account_id),
    "hidden": lambda look, account_id: look.related(Relation.HIDES, account_id),
    "subs": lambda look, account_id: look.related(Relation.SUBSCRIPTIONS, account_id),
    "uploads": _Look.owned,
    "watched": _Look.watched,
}
