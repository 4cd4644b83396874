"""Hints: what a query that parses probably meant instead.

An unknown field is no error in the booru language, only an ordinary term that finds nothing; these
are the remarks a search page shows beside such a query.
"""

from collections.abc import Iterator

import msgspec
from rapidfuzz.distance import DamerauLevenshtein

from menagerie.search import nodes, values, words
from menagerie.search.fields import Index, Kind


class Hint(msgspec.Struct, frozen=True):
    """A remark on the characters from `start` up to `end` of the query."""

    start: int
    end: int
    text: str


def find(node: nodes.Node, index: Index, *, moderator: bool = False) -> list[Hint]:
    """Return hints on the terms of a tree, in the order written; often none.

    >>> from menagerie.search import booru, fields
    >>> find(booru.parse("safe, scor.gte:5", fields.IMAGES, now=0), fields.IMAGES)[0].text
    "no field is called 'scor', so this is a plain term; did you mean 'score.gte:'?"
    """
    return [
        Hint(leaf.span.start, leaf.span.end, text)
        for leaf in nodes.walk(node)
        for text in _remarks(leaf, index, moderator=moderator)
    ]


def _remarks(leaf: nodes.Node, index: Index, *, moderator: bool) -> Iterator[str]:
    match leaf:
        case nodes.Term(field, text) | nodes.Fuzzy(field, text) | nodes.Phrase(field, text):
            pass
        case nodes.Wildcard(field, (str(text), *_)):
            pass
        case _:
            return
    if field != index.default.name:
        return
    if text.startswith('"'):
        yield "the quotation mark is not closed, so it is part of the term"
    if text.lower().startswith("not("):
        yield "NOT needs a space after it; here it is part of the term"
    for word in ("and", "or"):
        if f" {word} " in text.lower():
            yield f"'{word}' is part of the term; to join terms write it in capitals"
    if meant := _field_meant(text, index, moderator=moderator):
        yield meant


def _field_meant(text: str, index: Index, *, moderator: bool) -> str:
    head, colon, _ = text.partition(":")
    is_tag = index.default.kind is Kind.TAG
    if not colon or (is_tag and head in words.NAMESPACES):
        return ""
    # Tag names have lost their underscores and capitals by now.
    name, suffix = head.strip().lower().replace(" ", "_"), ""
    stem, _, op = name.rpartition(".")
    if op in values.OPS:
        name, suffix = stem, f".{op}"
    known = index.named(moderator=moderator)
    if name in known:
        return f"to search the field, write '{name}{suffix}:' just so, with nothing before it"
    candidates = [*known, *(words.NAMESPACES if is_tag else ())]
    distance, best = min((DamerauLevenshtein.distance(name, other), other) for other in candidates)
    # What only moderators may ask is neither explained nor corrected into something else.
    if distance > min(len(name) // 3, 2) or name in index.named(moderator=True):
        return ""
    return f"no field is called '{name}', so this is a plain term; did you mean '{best}{suffix}:'?"
