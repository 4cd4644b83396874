"""A compact notation of query trees, and the reader of the fixture files written in it.

A line is `text ⇄ tree` or `text !! message`; guillemets around the text keep its outer spaces.
A line `@ ...` says who asks what from there on: `index=tags signed_in moderator inside=filter`.
"""

import datetime as dt
import json
from pathlib import Path

from menagerie.search import booru, fields
from menagerie.search.nodes import (
    All,
    And,
    Boost,
    Custom,
    Flag,
    Fuzzy,
    Hole,
    Network,
    Not,
    Nothing,
    Or,
    Phrase,
    Range,
    Term,
    Wildcard,
)

NOON = 1_767_268_800_000_000  # 2026-01-01 12:00:00 UTC


def tree(node, index):
    match node:
        case All() | Nothing():
            return type(node).__name__.lower()
        case And(children) | Or(children):
            inner = "; ".join(tree(child, index) for child in children)
            return f"{type(node).__name__.lower()}({inner})"
        case Not(child):
            return f"not({tree(child, index)})"
        case Boost(child, factor):
            return f"boost({tree(child, index)}; {factor:g})"
        case Term(field, value):
            return f"{field} is {json.dumps(value, ensure_ascii=False)}"
        case Wildcard(field, pattern):
            return f"{field} like {' '.join(map(_piece, pattern))}"
        case Fuzzy(field, value, edits):
            return f"{field} near({edits}) {json.dumps(value, ensure_ascii=False)}"
        case Phrase(field, value):
            return f"{field} says {json.dumps(value, ensure_ascii=False)}"
        case Flag(field, value):
            return f"{field} is {str(value).lower()}"
        case Network(field, network):
            return f"{field} within {network}"
        case Custom(field, value):
            return f"{field} of {value}"
        case Range():
            return _range(node, index)
    raise AssertionError(node)


def _piece(piece):
    return piece.value if isinstance(piece, Hole) else json.dumps(piece, ensure_ascii=False)


def _range(node, index):
    is_date = index.get(node.field).kind is fields.Kind.DATE
    low = "" if node.low is None else _bound(node.low, is_date)
    high = "" if node.high is None else _bound(node.high, is_date)
    left = "[" if node.low_inclusive else "("
    right = "]" if node.high_inclusive else ")"
    return f"{node.field} in {left}{low}, {high}{right}"


def _bound(number, is_date):
    if not is_date:
        return str(number)
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=number)  # noqa: DTZ001 - UTC
    return moment.isoformat(" ")


def cases(*names):
    """Yield (file:line, text, mark, expected, index, options) of every case."""
    for name in names:
        index, options = _options([])
        path = Path(__file__).parent / name
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if line.startswith("@"):
                index, options = _options(line[1:].split())
            elif line.strip() and not line.startswith("#"):
                mark = "⇄" if "⇄" in line else "!!"
                text, _, expected = line.partition(mark)
                text = text.strip().removeprefix("«").removesuffix("»")
                yield f"{name}:{number}", text, mark, expected.strip(), index, options


def _options(words):
    options = {"now": NOON}
    index = fields.IMAGES
    for word in words:
        name, _, value = word.partition("=")
        if name == "index":
            index = fields.INDEXES[value]
        elif name == "inside":
            options["inside"] = booru.Inside(value)
        else:
            options[name] = True
    return index, options
