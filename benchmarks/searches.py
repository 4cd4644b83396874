"""Search in the core: from the query's text to the ids of a page and the exact total.

Each query is parsed and evaluated anew every time, by an anonymous visitor with the Default filter
on: nothing but that filter's own set is kept from one call to the next.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

from benchmarks import world
from benchmarks.measure import Row, limit, median_us
from menagerie.core import filters, find
from menagerie.library import ANONYMOUS, Library
from menagerie.media.hashes import Intensities

ALGEBRA_US, SORT_US, PATTERN_US, REVERSE_US = 1_000, 10_000, 25_000, 20_000


class Query(NamedTuple):
    """A query to measure and the longest it may take."""

    what: str
    text: str
    most_us: float
    sf: str = ""
    page: int = 1


def queries() -> list[Query]:
    """Return the queries of the report; `words` of rank 1 is the most common after the ratings."""
    words = list(itertools.islice(world.words(20_000), 20_000))
    common = words[0]
    return [
        Query("one common tag", common, ALGEBRA_US),
        Query("a rating on most images", "safe", ALGEBRA_US),
        Query("three tags and a negation", f"{words[1]}, {words[3]}, {words[8]}, -{words[2]}",
              ALGEBRA_US),
        Query("a rare tag", words[-1], ALGEBRA_US),
        Query("everything", "*", ALGEBRA_US),
        Query("page 1,000 of a common tag", common, ALGEBRA_US, page=1000),
        Query("score.gte", "score.gte:100", SORT_US),
        Query("created_at range", "created_at.gte:2017-08-01, created_at.lt:2018-02-01", SORT_US),
        Query("a tag within a score range", f"{common}, score.gte:100", SORT_US),
        Query("common tag by score", "safe", SORT_US, sf="score"),
        Query("everything by score", "*", SORT_US, sf="score"),
        Query("common tag by wilson_score", "safe", SORT_US, sf="wilson_score"),
        Query("everything by random:SEED", "*", SORT_US, sf="random:1234567890123456789"),
        Query("page 1,000 by score", "safe", SORT_US, sf="score", page=1000),
        Query("two common tags by relevance", f"{common} || {words[5]}", SORT_US, sf="_score"),
        *patterns(words),
    ]  # fmt: skip


def patterns(words: list[str]) -> list[Query]:
    """Return the queries that look through the vocabulary."""
    return [
        Query("wildcard ba*", "ba*", PATTERN_US),
        Query("wildcard *kai*", "*kai*", PATTERN_US),
        Query("wildcard artist:*", "artist:*", PATTERN_US),
        Query("wildcard b?b*1", "b?b*1", PATTERN_US),
        Query("fuzzy ~1", f"{words[1000]}~1", PATTERN_US),
        Query("fuzzy ~2", f"{words[1000]}~2", PATTERN_US),
    ]


def measure(library: Library, wanted: list[Query]) -> dict[str, tuple[Query, float, int]]:
    """Return each query by what it is, with its median time in microseconds and its total."""
    found: dict[str, tuple[Query, float, int]] = {}
    for query in wanted:
        ask = searcher(library, query)
        found[query.what] = query, median_us(ask), ask()
    return found


def searcher(library: Library, query: Query) -> Callable[[], int]:
    """Return a function that searches once, all the way from text, and returns the total."""

    def search() -> int:
        with library.reading(ANONYMOUS) as tx:
            return find.images(
                tx,
                find.parse(tx, query.text),
                sort=find.parse_sort(query.sf, "", tx),
                page=query.page,
                filter=filters.effective(tx, None),
            ).total

    return search


def rows(library: Library) -> list[Row]:
    """Measure every query."""
    return [
        limit(f"{query.what} ({total:,} found)", us, query.most_us)
        for query, us, total in measure(library, queries()).values()
    ]


def grown(small: Library, large: Library) -> list[Row]:
    """Measure every query on two libraries and say how its time grows from one to the other."""
    before, after = measure(small, queries()), measure(large, queries())
    made = []
    for what, (query, us, total) in after.items():
        row = limit(f"{what} ({total:,} found)", us, query.most_us)
        earlier = before[what][1]
        made.append(
            row._replace(against=f"{earlier / 1000:.3f} ms at a tenth, × {us / earlier:.1f}")
        )
    return made


def pattern_rows(library: Library, vocabulary: int) -> list[Row]:
    """Measure the queries that look through the vocabulary alone."""
    words = list(itertools.islice(world.words(vocabulary), vocabulary))
    return [
        limit(f"{query.what} ({total:,} found)", us, query.most_us)
        for query, us, total in measure(library, patterns(words)).values()
    ]


def reverse_rows(library: Library) -> list[Row]:
    """Measure reverse search by intensities, at two distances, and by perceptual hash."""
    look = Intensities(nw=120.0, ne=80.0, sw=200.0, se=30.0)

    def by(distance: float, bits: int | None = None) -> Callable[[], int]:
        def search() -> int:
            with library.reading(ANONYMOUS) as tx:
                return find.reverse(
                    tx,
                    look,
                    1.5,
                    distance=distance,
                    limit=10,
                    perceptual_hash=0x0F0F_1234_ABCD_5678 if bits is not None else None,
                    perceptual_distance=bits,
                ).total

        return search

    cases = (
        ("reverse search, distance 0.25", by(0.25)),
        ("reverse search, distance 1", by(1.0)),
        ("reverse search, hash within 10 bits", by(0.25, 10)),
    )
    return [
        limit(f"{what} ({search():,} found)", median_us(search), REVERSE_US)
        for what, search in cases
    ]
