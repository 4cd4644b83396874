"""The parsed tree of a query: frozen nodes, their limits, and how a tree prints back as text.

Every dialect's parser builds these nodes, and every evaluator reads them. A node knows where in
the text it was written (`span`), but two nodes that mean the same are equal wherever they stood.
"""

import enum
import ipaddress
import re
import types
from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from menagerie.search import dates
from menagerie.search.fields import Index, Kind

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
    """Match documents whose number lies between the bounds; one of them may be None: open.

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


def to_text(node: Node, index: Index) -> str:
    """Print a tree in the booru language, so that parsing the text gives an equal tree.

    That holds for every tree the parser can build at whole seconds; other ranges print as a
    conjunction of the same meaning.

    >>> from menagerie.search import fields
    >>> node = And((Term("tags", "safe"), Not(Range("score", 5, None, True, False))))
    >>> to_text(node, fields.IMAGES)
    'safe, -score.gte:5'
    """
    match node:
        case All():
            return "*"
        case Nothing():
            return ""
        case And(children):
            return ", ".join(_inner(child, index, Or) for child in children)
        case Or(children):
            return " OR ".join(_inner(child, index, Or) for child in children)
        case Not(child):
            return "-" + _inner(child, index, _INFIX | Boost | Not)
        case Boost(child, factor):
            return f"{_inner(child, index, _INFIX | Boost)}^{_decimal(factor)}"
        case Range():
            return _range_text(node, index)
        case _:
            return _leaf_text(node, index)


_INFIX = And | Or
_SPECIAL = re.compile(r"[\\*?~]")
_PLAIN = re.compile(r"[\w*?][\w*?~:'./+&-]*(?: [\w*?~:'./+&-]+)*")
_KEYWORD = re.compile(r"AND|OR|NOT|&&")
_SECOND_US = 1_000_000


def _inner(node: Node, index: Index, grouped: type | types.UnionType) -> str:
    text = to_text(node, index)
    return f"({text})" if isinstance(node, grouped) else text


def _leaf_text(node: Leaf, index: Index) -> str:
    match node:
        case Term(value=value) | Phrase(value=value):
            text = _pattern_text((value,) if value else ())
        case Wildcard(pattern=pattern):
            text = _pattern_text(pattern)
        case Fuzzy(value=value, edits=edits):
            text = f"{_pattern_text((value,))}~{edits}"
        case Flag(value=flag):
            text = "true" if flag else "false"
        case Network(network=network):
            text = str(network)
        case Custom(value=value):
            text = value
    return _quoted(_prefixed(node.field, text, index))


def _pattern_text(pattern: Pattern) -> str:
    text = "".join(
        piece.value if isinstance(piece, Hole) else _SPECIAL.sub(r"\\\g<0>", piece)
        for piece in pattern
    )
    # Spaces at the ends would be trimmed.
    if text[-1:].isspace():
        text = f"{text[:-1]}\\{text[-1]}"
    return "\\" + text if text[:1].isspace() else text


def _prefixed(field: str, text: str, index: Index) -> str:
    if field != index.default.name:
        return f"{field}:{text}"
    known = index.named(moderator=True)
    name, colon, rest = text.partition(":")
    if colon and (name in known or name.rpartition(".")[0] in known):
        return f"{name}\\:{rest}"
    return text


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and not _KEYWORD.search(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _range_text(node: Range, index: Index) -> str:
    is_date = index.get(node.field).kind is Kind.DATE
    low, high = node.low, node.high
    if low is None or high is None:
        return f"{node.field}{_bound_text(node, is_date=is_date)}"
    if is_date and node.low_inclusive and not node.high_inclusive:
        return f"{node.field}:{dates.to_text(int(low), int(high))}"
    if not is_date and node.low_inclusive and node.high_inclusive:
        both = "" if low == high else f"..{_decimal(high)}"
        return f"{node.field}:{_decimal(low)}{both}"
    above = Range(node.field, low, None, node.low_inclusive, False)
    below = Range(node.field, None, high, False, node.high_inclusive)
    return f"({to_text(above, index)}, {to_text(below, index)})"


def _bound_text(node: Range, *, is_date: bool) -> str:
    """Print the one bound of a half-open range, with the operator before it."""
    bound = node.high if node.low is None else node.low
    if bound is None:
        message = f"a range of {node.field} has no bound"
        raise ValueError(message)
    if node.low is None:
        op, is_end = ("lte", True) if node.high_inclusive else ("lt", False)
    else:
        op, is_end = ("gte", False) if node.low_inclusive else ("gt", True)
    if not is_date:
        return f".{op}:{_decimal(bound)}"
    return f".{op}:{dates.to_text(int(bound) - (_SECOND_US if is_end else 0))}"


def _decimal(number: float) -> str:
    if isinstance(number, int):
        return str(number)
    return format(Decimal(repr(number)), "f").removesuffix(".0")
