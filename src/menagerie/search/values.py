"""Values: how the text after a field's name becomes a leaf of the tree, by the field's kind.

Every function here reads `text` already trimmed, and raises QueryError over `span`.
"""

import ipaddress
import re
from collections.abc import Callable
from enum import StrEnum

from menagerie.errors import QueryError
from menagerie.search import dates, words
from menagerie.search.fields import Field, Kind
from menagerie.search.nodes import (
    All,
    Flag,
    Fuzzy,
    Hole,
    Network,
    Node,
    Pattern,
    Phrase,
    Range,
    Span,
    Term,
    Wildcard,
)

MAX_ID = 2**63 - 1
_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1
FLOAT_MAX = 1.7976931348623157e308

_INT = re.compile(r"([+-]?\d+)(?:~(\d+)|\.\.([+-]?\d+))?", re.ASCII)
_NUMERIC = re.compile(r"(\d+)(?:\.\.(\d+))?", re.ASCII)
_REAL = r"\d+(?:\.\d+)?"
_FLOAT = re.compile(rf"([+-]?{_REAL})(?:~({_REAL})|\.\.([+-]?{_REAL}))?", re.ASCII)
_ADDRESS = re.compile(r"[0-9a-fA-F.:]+(?:/\d{1,3})?", re.ASCII)
_SPECIAL = re.compile(r"[\\*?~]")
_FUZZ = re.compile(rf"~({_REAL})\Z", re.ASCII)
_PIECE = re.compile(r"\\(.)|([*?])|[^\\*?]+|\\", re.DOTALL)
_MAX_EDITS = 2

# Lone surrogates cannot occur in a query, so they can stand for the holes of a pattern while
# its text is lower-cased or normalised as one.
_ANY, _ONE = "\ud800", "\ud801"
_MARK = {"*": _ANY, "?": _ONE}
_HOLE = {_ANY: Hole.ANY, _ONE: Hole.ONE}
_HOLES = re.compile(f"([{_ANY}{_ONE}])")
_STARS = re.compile(f"{_ANY}+")


class Op(StrEnum):
    """How a field's value is compared; written after the field's name and a dot."""

    EQ = "eq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


OPS = {op.value: op for op in Op}


def leaf(field: Field, op: Op, text: str, *, now: int, span: Span) -> Node:
    """Read the value of a field of any kind but custom.

    `now`, microseconds UTC, is what relative dates count from.
    """
    return _READERS[field.kind](field, op, text, now, span)


def trim(text: str) -> str:
    """Strip spaces from both ends, but not a last space that a backslash keeps."""
    trimmed = text.strip()
    if trimmed.endswith("\\") and not text.endswith("\\"):
        backslashes = len(trimmed) - len(trimmed.rstrip("\\"))
        if backslashes % 2:
            return text.lstrip()[: len(trimmed) + 1]
    return trimmed


def _int(field: Field, op: Op, text: str, _now: int, span: Span) -> Node:
    match = _INT.fullmatch(text)
    if match is None:
        raise _expected("a signed integer, like `3' or `-10'", text, span)
    low = high = _clamped(match[1])
    if match[2] is not None:
        distance = _clamped(match[2])
        low, high = max(low - distance, _INT32_MIN), min(high + distance, _INT32_MAX)
    elif match[3] is not None:
        high = _clamped(match[3])
    _refuse_two_ranges(field, op, match, span)
    return _range(field, op, low, high, span)


def _clamped(digits: str) -> int:
    # Python refuses to read very many digits; leading zeros are no reason to be wrong.
    if len(digits) > 20:
        digits = (digits[:1] if digits[0] in "+-" else "") + digits.lstrip("+-0").rjust(1, "0")[:20]
    return max(_INT32_MIN, min(int(digits), _INT32_MAX))


def _numeric(field: Field, op: Op, text: str, _now: int, span: Span) -> Node:
    match = _NUMERIC.fullmatch(text)
    if match is None:
        raise _expected("a numeric value, like `3' or `10'", text, span)
    low = high = read_id(match[1])
    if match[2] is not None:
        high = read_id(match[2])
    _refuse_two_ranges(field, op, match, span)
    return _range(field, op, low, high, span)


def read_id(digits: str) -> int:
    """Return the number of unsigned decimal digits, at most the largest id there can be."""
    return min(int(digits.lstrip("0")[:20] or "0"), MAX_ID)


def _float(field: Field, op: Op, text: str, _now: int, span: Span) -> Node:
    match = _FLOAT.fullmatch(text)
    if match is None:
        raise _expected("a real number, like `2.7182818' or `-10'", text, span)
    low = high = float(match[1])
    if match[2] is not None:
        low, high = low - float(match[2]), high + float(match[2])
    elif match[3] is not None:
        high = float(match[3])
    _refuse_two_ranges(field, op, match, span)
    low, high = (max(-FLOAT_MAX, min(bound, FLOAT_MAX)) for bound in (low, high))
    return _range(field, op, low, high, span)


def _date(field: Field, op: Op, text: str, now: int, span: Span) -> Node:
    first, dots, last = text.partition("..")
    try:
        start = dates.parse(first, now=now)
        end = dates.parse(last, now=now) if dots else start
    except QueryError as error:
        raise QueryError(error.message, start=span.start, end=span.end) from None
    if start is None or end is None:
        raise _expected(dates.EXPECTED, text, span)
    if dots and op is not Op.EQ:
        raise _two_ranges(field, span)
    return _range(field, op, start[0], end[1], span, half_open=True)


def _refuse_two_ranges(field: Field, op: Op, match: re.Match[str], span: Span) -> None:
    if op is not Op.EQ and match.lastindex != 1:
        raise _two_ranges(field, span)


def _two_ranges(field: Field, span: Span) -> QueryError:
    return QueryError(
        f"multiple ranges specified for {field.name}",
        start=span.start,
        end=span.end,
        hint=f"write either {field.name}: with a range or one bound with .gt, .gte, .lt or .lte",
    )


def _range(
    field: Field, op: Op, low: float, high: float, span: Span, *, half_open: bool = False
) -> Range:
    match op:
        case Op.EQ:
            return Range(field.name, low, high, True, not half_open, span)
        case Op.GT:
            return Range(field.name, high, None, False, False, span)
        case Op.GTE:
            return Range(field.name, low, None, True, False, span)
        case Op.LT:
            return Range(field.name, None, low, False, False, span)
        case Op.LTE:
            return Range(field.name, None, high, False, True, span)


def _bool(field: Field, op: Op, text: str, _now: int, span: Span) -> Node:
    if text not in {"true", "false"}:
        raise _expected("a boolean, like `true' or `false'", text, span)
    refuse_range(field, op, span)
    return Flag(field.name, text == "true", span)


def _ip(field: Field, op: Op, text: str, _now: int, span: Span) -> Node:
    network = _network(text)
    if network is None:
        raise _expected("a valid IPv4 or IPv6 address and optional CIDR prefix", text, span)
    refuse_range(field, op, span)
    return Network(field.name, network, span)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    # The pattern keeps out what only Python's reader takes: net masks and scopes.
    if _ADDRESS.fullmatch(text) is None:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def refuse_range(field: Field, op: Op, span: Span) -> None:
    """Raise QueryError unless the field is compared for equality."""
    if op is not Op.EQ:
        raise QueryError(
            f"range specified for {field.name}",
            start=span.start,
            end=span.end,
            hint=f"write {field.name}: without .{op}",
        )


def _literal(field: Field, op: Op, text: str, _now: int, span: Span) -> Node:
    refuse_range(field, op, span)
    if _SPECIAL.search(text) is None:
        return Term(field.name, _normalised(field, text), span)
    body, fuzz = _split_fuzz(text)
    marked = _normalised(field, _marked(body))
    if pattern := _pattern(marked):
        return All(span) if pattern == (Hole.ANY,) else Wildcard(field.name, pattern, span)
    if marked and (edits := _edits(fuzz, len(marked))):
        return Fuzzy(field.name, marked, edits, span)
    return Term(field.name, marked, span)


def _text(field: Field, op: Op, text: str, _now: int, span: Span) -> Node:
    refuse_range(field, op, span)
    if _SPECIAL.search(text) is None:
        return Phrase(field.name, text.lower(), span)
    marked = _marked(_split_fuzz(text)[0]).lower()
    if pattern := _pattern(marked):
        return All(span) if pattern == (Hole.ANY,) else Wildcard(field.name, pattern, span)
    return Phrase(field.name, marked, span)


def _normalised(field: Field, text: str) -> str:
    if field.kind is Kind.TAG:
        return words.normalise_tag_name(text)
    return text if field.is_case_sensitive else text.lower()


def _split_fuzz(text: str) -> tuple[str, str]:
    """Cut a trailing `~N` off, unless a backslash keeps it or nothing stands before it."""
    match = _FUZZ.search(text)
    if match is None or match.start() == 0:
        return text, ""
    body = text[: match.start()]
    if (len(body) - len(body.rstrip("\\"))) % 2:
        return text, ""
    return trim(body), match[1]


def _edits(fuzz: str, length: int) -> int:
    if not fuzz:
        return 0
    number = float(fuzz)
    # A little is added because (1 - 0.9) * 10 is less than 1 in binary.
    wanted = number if number >= 1 else (1 - number) * length + 1e-9
    return int(min(wanted, _MAX_EDITS))


def _marked(text: str) -> str:
    """Resolve backslashes, and put marks where the holes are."""
    return "".join(
        match[1] or _MARK.get(match[2] or "", match[0]) for match in _PIECE.finditer(text)
    )


def _pattern(marked: str) -> Pattern:
    """Return the pattern of a marked text; empty when there is no hole in it."""
    if _ANY not in marked and _ONE not in marked:
        return ()
    pieces = _HOLES.split(_STARS.sub(_ANY, marked))
    return tuple(_HOLE.get(piece, piece) for piece in pieces if piece)


def _expected(what: str, text: str, span: Span) -> QueryError:
    return QueryError(
        f"expected {what}, starting at: {text}",
        start=span.start,
        end=span.end,
        hint=f"write {what}",
    )


_READERS: dict[Kind, Callable[[Field, Op, str, int, Span], Node]] = {
    Kind.INT: _int,
    Kind.NUMERIC: _numeric,
    Kind.FLOAT: _float,
    Kind.DATE: _date,
    Kind.BOOL: _bool,
    Kind.IP: _ip,
    Kind.TAG: _literal,
    Kind.LITERAL: _literal,
    Kind.TEXT: _text,
}
