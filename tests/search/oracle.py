"""The oracle: what a query means, said as plainly as possible over plain dicts.

An image is a dict of its searchable fields; a board (see `board.py`) holds the images and the rest.
"""

import re

from menagerie.search import words
from menagerie.search.nodes import (
    All,
    And,
    Boost,
    Custom,
    Flag,
    Fuzzy,
    Hole,
    Not,
    Nothing,
    Or,
    Phrase,
    Range,
    Term,
    Wildcard,
)  # fmt: skip


def matches(node, image, board, viewer):
    def ask(child):
        return matches(child, image, board, viewer)

    match node:
        case All():
            return True
        case Nothing():
            return False
        case And():
            return all(map(ask, node.children))
        case Or():
            return any(map(ask, node.children))
        case Not():
            return not ask(node.child)
        case Boost():
            return ask(node.child)
        case Flag():
            return image[node.field] == node.value
        case Range():
            return any(is_in(value, node) for value in board.values(image, node.field))
        case Phrase():
            return holds_phrase(image[node.field], node.value)
        case Custom(field="gallery_id"):
            return image["id"] in board.galleries.get(int(node.value), [])
        case Custom(field="filter_id"):
            return not board.hides(int(node.value), image)
        case Custom(value=value):
            return board.is_my(value, image, viewer)
    return any(fits(value, node) for value in board.values(image, node.field))


def is_in(value, node):
    above = node.low is None or value > node.low or (node.low_inclusive and value == node.low)
    below = node.high is None or value < node.high or (node.high_inclusive and value == node.high)
    return above and below


def fits(text, node):
    match node:
        case Term():
            return text == node.value
        case Fuzzy():
            return distance(text, node.value) <= node.edits
        case Wildcard():
            holes = {Hole.ANY: ".*", Hole.ONE: "."}
            parts = [holes[p] if isinstance(p, Hole) else re.escape(p) for p in node.pattern]
            return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def holds_phrase(text, phrase):
    there = set(words.stems(text))
    wanted = words.stems(phrase)
    starts = {place for _, place in there} | {0}
    shifts = {start - place for start in starts for _, place in wanted}
    return bool(wanted) and any(
        all((stem, place + shift) in there for stem, place in wanted) for shift in shifts
    )


def distance(one, other):
    """Damerau-Levenshtein, by its definition (Lowrance and Wagner)."""
    last, most = {}, len(one) + len(other)
    rows = {(-1, -1): most}
    for i in range(len(one) + 1):
        rows[i, -1], rows[i, 0] = most, i
    for j in range(len(other) + 1):
        rows[-1, j], rows[0, j] = most, j
    for i, a in enumerate(one, 1):
        match_at = 0
        for j, b in enumerate(other, 1):
            k, m = last.get(b, 0), match_at
            if a == b:
                match_at = j
            rows[i, j] = min(
                rows[i - 1, j - 1] + (a != b),
                rows[i, j - 1] + 1,
                rows[i - 1, j] + 1,
                rows[k - 1, m - 1] + (i - k - 1) + 1 + (j - m - 1),
            )
        last[a] = i
    return rows[len(one), len(other)]


def relevance(node, image, board, viewer, weight=1.0):
    if isinstance(node, Not | Nothing) or not matches(node, image, board, viewer):
        return 0.0
    if isinstance(node, Boost):
        return relevance(node.child, image, board, viewer, weight * node.factor)
    if isinstance(node, And | Or):
        return sum(relevance(child, image, board, viewer, weight) for child in node.children)
    return weight


def search(node, board, viewer, sort, *, filter_id=None, include_hidden=False):
    """All ids that are found, in order."""
    found = [
        image
        for image in board.images.values()
        if board.may_find(image, viewer)
        and (include_hidden or not board.is_my("hidden", image, viewer))
        and (filter_id is None or not board.hides(filter_id, image))
        and matches(node, image, board, viewer)
    ]
    if sort.field == "gallery":
        order = board.galleries.get(sort.gallery_id, [])
        inside = [i for i in order if i in {image["id"] for image in found}]
        rest = sorted({image["id"] for image in found} - set(inside), reverse=True)
        return (inside if sort.ascending else inside[::-1]) + rest

    def key(image):
        if sort.field == "_score":
            return round(relevance(node, image, board, viewer), 9), image["id"]
        return board.values(image, sort.field)[0], image["id"]

    return [image["id"] for image in sorted(found, key=key, reverse=not sort.ascending)]
