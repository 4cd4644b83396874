"""Running text in the database: an inverted index that both databases answer alike.

A text is cut into stemmed words when it is written, and a query likewise, so that a phrase is
found where its words stand side by side. Texts of which there are millions are in `blocks`.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select

from menagerie.search import blocks, words
from menagerie.search.nodes import Pattern
from menagerie.storage import schema, sql

_t = schema.text_terms.c


def index(connection: Connection, field: str, subject_id: int, text: str) -> None:
    """Replace what is found in `field` (such as `image.description`) of a subject by `text`."""
    if field in blocks.FIELDS:
        blocks.index(connection, field, subject_id, text)
        return
    connection.execute(
        delete(schema.text_terms).where(_t.field == field, _t.subject_id == subject_id)
    )
    places: dict[str, list[int]] = defaultdict(list)
    for stem, place in words.stems(text):
        places[stem].append(place)
    if places:
        connection.execute(
            insert(schema.text_terms),
            [
                {
                    "field": field,
                    "term": stem,
                    "subject_id": subject_id,
                    "positions": " ".join(map(str, at)),
                }
                for stem, at in places.items()
            ],
        )


def find(connection: Connection, field: str, phrase: str) -> list[int]:
    """Return the subjects whose text holds the words of `phrase` side by side, ascending.

    Stop words stand for any one word; a phrase of nothing else finds nothing.
    """
    stems = words.stems(phrase)
    if not stems:
        return []
    wanted = sorted({stem for stem, _ in stems})
    if len(stems) == 1:
        return sorted(connection.scalars(_with_term(field, wanted[0])))
    places: dict[int, dict[str, set[int]]] = defaultdict(dict)
    for stem in wanted:
        rows = connection.execute(
            select(_t.subject_id, _t.positions).where(_t.field == field, _t.term == stem)
        )
        for subject_id, positions in rows:
            places[subject_id][stem] = set(map(int, positions.split()))
    return sorted(
        subject_id
        for subject_id, at in places.items()
        if len(at) == len(wanted) and _is_side_by_side(stems, at)
    )


def holds(text: str, phrase: str) -> bool:
    """Tell whether a text holds the words of `phrase` as `find` would have it.

    >>> holds("The red foxes ran.", "red fox")
    True
    """
    stems, places = words.stems(phrase), defaultdict[str, set[int]](set)
    for stem, place in words.stems(text):
        places[stem].add(place)
    return bool(stems) and _is_side_by_side(stems, places)


def _is_side_by_side(stems: Iterable[tuple[str, int]], at: dict[str, set[int]]) -> bool:
    starts = [{place - offset for place in at[stem]} for stem, offset in stems]
    return bool(set.intersection(*starts))


def fitting(connection: Connection, field: str, pattern: Pattern) -> list[int]:
    """Return the subjects with a stemmed word that fits the pattern, ascending."""
    condition = sql.fits(connection, _t.term.expression, pattern)
    statement = select(_t.subject_id).where(_t.field == field, condition).distinct()
    return sorted(connection.execute(statement).scalars().all())


def _with_term(field: str, stem: str) -> Select[Any]:
    return select(_t.subject_id).where(_t.field == field, _t.term == stem)
