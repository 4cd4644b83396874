"""The parsed tree of a query: frozen nodes, their limits, and how a tree prints back as text.

Every dialect's parser builds these nodes, and every evaluator reads them. A node knows where in
the text it was written (`span`), but two nodes that mean the same are equal wherever they stood.
"""

import enum
import ipaddress
from collections.abc import Iterable, Iterator

import msgspec

MAX_TEXT_BYTES = 8192
MAX_TERMS = 1024
MAX_DEPTH = 64


class Span(msgspec.Struct, frozen=True, eq=False):
    """Where a node was written: character offsets, `start` included, `end` not.

    All spans are equal to each other, so that equality of nodes is equality of meaning.
    """

    start: int = 0
    end: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span)

    def __hash__(self) -> int:
        return 0


NOWHERE = Span()


class Hole(enum.Enum):
    """A wild place in a pattern. Not a string, so that a literal star is never mistaken for it."""

    ANY = "*"
    ONE = "?"


Pattern = tuple[str | Hole, ...]
"""Literal runs (never empty, never two in a row) and holes (never two `ANY` in a row)."""


class All(msgspec.Struct, frozen=True):
    """Match every document."""

    span: Span = NOWHERE


class Nothing(msgspec.Struct, frozen=True):
    """Match no document; what a blank text means. It only ever stands alone."""

    span: Span = NOWHERE


class And(msgspec.Struct, frozen=True):
    """Match what all children match; at least two, none of them an `And`."""

    children: "tuple[Node, ...]"
    span: Span = NOWHERE


class Or(msgspec.Struct, frozen=True):
    """Match what any child matches; at least two, none of them an `Or`."""

    children: "tuple[Node, ...]"
    span: Span = NOWHERE


class Not(msgspec.Struct, frozen=True):
    """Match what the child does not match."""

    child: "Node"
    span: Span = NOWHERE


class Boost(msgspec.Struct, frozen=True):
    """Match what the child matches, its relevance multiplied by `factor` (0 or more)."""

    child: "Node"
    factor: float
    span: Span = NOWHERE


class Term(msgspec.Struct, frozen=True):
    """Match documents whose field holds exactly this value, already lower-cased or normalised."""

    field: str
    value: str
    span: Span = NOWHERE


class Wildcard(msgspec.Struct, frozen=True):
    """Match documents with a value (in a text field: a stemmed word) that fits the pattern."""

    field: str
    pattern: Pattern
    span: Span = NOWHERE


class Fuzzy(msgspec.Struct, frozen=True):
    """Match documents with a value at most `edits` (1 or 2) Damerau-Levenshtein edits away."""

    field: str
    value: str
    edits: int
    span: Span = NOWHERE


class Range(msgspec.Struct, frozen=True):
    """Match documents whose number lies between the bounds; a bound of None is open.

    Dates are integer microseconds UTC. The flag of an open side is False.
    """

    field: str
    low: int | float | None
    high: int | float | None
    low_inclusive: bool
    high_inclusive: bool
    span: Span = NOWHERE


class Flag(msgspec.Struct, frozen=True):
    """Match documents whose yes-or-no field has this value."""

    field: str
    value: bool
    span: Span = NOWHERE


class Phrase(msgspec.Struct, frozen=True):
    """Match documents whose text field holds these words side by side, in this order.

    `value` is the lower-cased text; `words.stems(value)` gives the words to look for. Without any
    word (only stop words, say) it matches nothing.
    """

    field: str
    value: str
    span: Span = NOWHERE


class Network(msgspec.Struct, frozen=True):
    """Match documents whose address lies in this network."""

    field: str
    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    span: Span = NOWHERE


class Custom(msgspec.Struct, frozen=True):
    """Match what the caller's resolver says: `my:faves`, `gallery_id:5`, `filter_id:2`.

    The value is checked: one of the field's choices, or the decimal text of an id of 0 or more.
    """

    field: str
    value: str
    span: Span = NOWHERE


Leaf = Term | Wildcard | Fuzzy | Range | Flag | Phrase | Network | Custom
Node = All | Nothing | And | Or | Not | Boost | Leaf


def conjunction(children: Iterable[Node], span: Span = NOWHERE) -> Node:
    """Join nodes that must all match, flattening nested conjunctions; of one child, that child."""
    flat: list[Node] = []
    for child in children:
        if isinstance(child, And):
            flat.extend(child.children)
        else:
            flat.append(child)
    return flat[0] if len(flat) == 1 else And(tuple(flat), span)


def disjunction(children: Iterable[Node], span: Span = NOWHERE) -> Node:
    """Join nodes any of which may match, flattening nested disjunctions; of one child, it."""
    flat: list[Node] = []
    for child in children:
        if isinstance(child, Or):
            flat.extend(child.children)
        else:
            flat.append(child)
    return flat[0] if len(flat) == 1 else Or(tuple(flat), span)


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all below it, parents before children, in the order written."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        if isinstance(current, And | Or):
            waiting.extend(reversed(current.children))
        elif isinstance(current, Not | Boost):
            waiting.append(current.child)
