"""The booru language: text to nodes.

A hand-written lexer tries its rules in order at each place; a recursive-descent parser reads, from
loosest to tightest, OR, AND, boost, NOT, and a group or term.

Source: behaviour of Philomena's search (2021 to 2026) as users and its messages know it.
"""

import enum
import re
from typing import NamedTuple

from menagerie.errors import QueryError
from menagerie.search import values
from menagerie.search.fields import Field, Index, Kind, Role
from menagerie.search.nodes import (
    MAX_DEPTH,
    MAX_TERMS,
    MAX_TEXT_BYTES,
    Boost,
    Custom,
    Node,
    Not,
    Nothing,
    Span,
    conjunction,
    disjunction,
)


class Inside(enum.StrEnum):
    """What the text belongs to; some terms would make it refer to itself."""

    SEARCH = "search"
    FILTER = "filter"
    WATCHLIST = "watchlist"


class _Mark(enum.Enum):
    AND = enum.auto()
    OR = enum.auto()
    NOT = enum.auto()
    OPEN = enum.auto()
    CLOSE = enum.auto()
    BOOST = enum.auto()
    TERM = enum.auto()
    QUOTED = enum.auto()
    END = enum.auto()


class _Token(NamedTuple):
    """`text` is what the grammar reads and junk messages show, not always what was typed."""

    mark: _Mark
    text: str
    start: int
    end: int


_SPACE = r"[ \t\n\r\v\f]"
_SPACES = re.compile(rf"{_SPACE}*")
_BLANK = re.compile(rf"{_SPACE}*\Z")
_OPERATOR = re.compile(rf"{_SPACE}+(AND|&&|OR|\|\|){_SPACE}+")
_NOT_WORD = re.compile(rf"NOT{_SPACE}+")
_BOOST = re.compile(r"\^([+-]?\d+(?:\.\d+)?)", re.ASCII)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_QUOTED_ESCAPE = re.compile(r'\\(["\\])')
# What may end a bare term, or be kept from ending it.
_TURN = re.compile(rf"[,()\\^]|{_SPACE}+")
_STOP_AFTER_SPACES = re.compile(rf"\)|(?:AND|&&|OR|\|\|){_SPACE}|\^[+-]?\d", re.ASCII)
_STOP_BOOST = re.compile(r"\^[+-]?\d", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")

_PUNCTUATION = {
    ",": _Mark.AND,
    "!": _Mark.NOT,
    "-": _Mark.NOT,
    "(": _Mark.OPEN,
    ")": _Mark.CLOSE,
}
_WORDS = {"AND": _Mark.AND, "&&": _Mark.AND, "OR": _Mark.OR, "||": _Mark.OR}

_UNKNOWN_ID = {"gallery_id": "Invalid gallery `{}'.", "filter_id": "Invalid filter `{}`."}
_ID = re.compile(r"\d+", re.ASCII)
_FORBIDDEN = {
    # What the text belongs to, the field, and its value where the field has choices.
    (Inside.FILTER, "filter_id", ()): "Filter queries inside filters are not allowed.",
    (Inside.WATCHLIST, "my", "watched"): "Recursive watchlists are not allowed.",
}


def parse(
    text: str,
    index: Index,
    *,
    now: int,
    moderator: bool = False,
    signed_in: bool = False,
    inside: Inside = Inside.SEARCH,
) -> Node:
    """Return the tree of a query; `Nothing` when the text is blank.

    `now`, microseconds UTC and cut to whole seconds, is what relative dates count from. A
    moderator may use more fields; only who is signed in may use `my:`. Raises QueryError, with
    the place, when the text breaks the grammar, a value does not suit its field, or the text is
    larger than 8 KiB, 1024 terms or 64 nested parentheses.

    >>> from menagerie.search import fields
    >>> parse("score.gte:5, -Pinkie_Pie", fields.IMAGES, now=0).children[1].child.value
    'pinkie pie'
    """
    _refuse_unfit(text)
    if _BLANK.match(text):
        return Nothing()
    return _Parser(
        text, index, now, moderator=moderator, signed_in=signed_in, inside=inside
    ).parse()


def _refuse_unfit(text: str) -> None:
    # Only a text that could be too large is worth encoding to know.
    if len(text) * 4 > MAX_TEXT_BYTES:
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > MAX_TEXT_BYTES:
            raise QueryError(
                f"The query is too long: {size} bytes, at most {MAX_TEXT_BYTES}.", end=len(text)
            )
    if "\0" in text:
        at = text.index("\0")
        raise QueryError("The query contains a NUL character.", start=at, end=at + 1)
    if not text.isascii() and (match := _SURROGATE.search(text)):
        raise QueryError("The query is not valid text.", start=match.start(), end=match.end())


class _Lexer:
    """Cuts a text into tokens, in time linear in its length."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._group_ends: dict[int, int | None] = {}

    def tokens(self) -> list[_Token]:
        text, size, at, terms = self.text, len(self.text), 0, 0
        found: list[_Token] = []
        while at < size:
            if match := _OPERATOR.match(text, at):
                token = _Token(_WORDS[match[1]], match[1], match.start(1), match.end(1))
                at = match.end()
            elif (space := _SPACES.match(text, at)) and space.end() > at:
                at = space.end()
                continue
            else:
                token = self._token(at)
                at = token.end
                if token.mark is _Mark.TERM or token.mark is _Mark.QUOTED:
                    terms += 1
                    if terms > MAX_TERMS:
                        raise QueryError(
                            f"The query has too many terms: at most {MAX_TERMS}.",
                            start=token.start,
                            end=size,
                        )
            found.append(token)
        found.append(_Token(_Mark.END, "", size, size))
        return found

    def _token(self, at: int) -> _Token:
        text = self.text
        first = text[at]
        if mark := _PUNCTUATION.get(first):
            return _Token(mark, first, at, at + 1)
        if first == "N" and (match := _NOT_WORD.match(text, at)):
            return _Token(_Mark.NOT, "NOT", at, at + 3)
        if first == "^" and (match := _BOOST.match(text, at)):
            return _Token(_Mark.BOOST, match[1], at, match.end())
        if first == '"' and (match := _QUOTED.match(text, at)):
            inner = match[1]
            if "\\" in inner:
                inner = _QUOTED_ESCAPE.sub(r"\1", inner)
            return _Token(_Mark.QUOTED, inner, at, match.end())
        end = self._bare_end(at)
        return _Token(_Mark.TERM, text[at:end], at, end)

    def _bare_end(self, at: int) -> int:
        """Return where a bare term ends that starts at `at`: before what its first turn stops."""
        text = self.text
        while match := _TURN.search(text, at):
            at = match.start()
            turn = text[at]
            if turn in ",)":
                return at
            if turn == "\\":
                at += 2
            elif turn == "(":
                end = self._group_end(at)
                if end is None:
                    return at
                at = end
            elif turn == "^":
                if _STOP_BOOST.match(text, at):
                    return at
                at += 1
            elif _STOP_AFTER_SPACES.match(text, match.end()):
                return at
            else:
                at = match.end()
        return len(text)

    def _group_end(self, at: int) -> int | None:
        """Return the place after the partner of the parenthesis at `at`, if it can be in a term.

        What is learnt about the parentheses in between is kept, so that a text of many opening
        ones is still read only once.
        """
        text, ends = self.text, self._group_ends
        if at in ends:
            return ends[at]
        opened, at = [at], at + 1
        while match := _TURN.search(text, at):
            at = match.start()
            turn = text[at]
            if turn == "\\":
                at += 2
            elif turn == ")":
                at += 1
                ends[opened.pop()] = at
                if not opened:
                    return at
            elif turn == "(":
                opened.append(at)
                at += 1
            elif turn == ",":
                break
            elif turn == "^":
                if _STOP_BOOST.match(text, at):
                    break
                at += 1
            elif _STOP_AFTER_SPACES.match(text, match.end()):
                break
            else:
                at = match.end()
        ends.update(dict.fromkeys(opened))
        return None


class _Parser:
    """Builds the tree of one text; used once."""

    def __init__(
        self,
        text: str,
        index: Index,
        now: int,
        *,
        moderator: bool,
        signed_in: bool,
        inside: Inside,
    ) -> None:
        self._tokens = _Lexer(text).tokens()
        self._at = 0
        self._end = 0  # of what was read last, spaces after it left out
        self._depth = 0
        self._index = index
        self._fields = index.named(moderator=moderator)
        self._now = now
        self._signed_in = signed_in
        self._inside = inside

    def parse(self) -> Node:
        node = self._or()
        if self._mark is not _Mark.END:
            left = self._tokens[self._at : -1]
            raise QueryError(
                "junk at end of expression: " + "".join(token.text for token in left),
                start=left[0].start,
                end=left[-1].end,
                hint="join terms with a comma, AND or OR; put a backslash before a parenthesis "
                "that belongs to a term",
            )
        return node

    @property
    def _mark(self) -> _Mark:
        return self._tokens[self._at].mark

    def _or(self) -> Node:
        start = self._tokens[self._at].start
        children = [self._and()]
        while self._mark is _Mark.OR:
            self._at += 1
            children.append(self._and())
        return disjunction(children, Span(start, self._end))

    def _and(self) -> Node:
        start = self._tokens[self._at].start
        children = [self._boost()]
        while self._mark is _Mark.AND:
            self._at += 1
            children.append(self._boost())
        return conjunction(children, Span(start, self._end))

    def _boost(self) -> Node:
        start = self._tokens[self._at].start
        child = self._not()
        token = self._tokens[self._at]
        if token.mark is not _Mark.BOOST:
            return child
        factor = float(token.text)
        if factor < 0:
            raise QueryError(
                "Boost value must be non-negative.",
                start=token.start,
                end=token.end,
                hint="write \\^ if it is part of a term",
            )
        self._at += 1
        # Adding zero makes of minus zero the one zero that prints without a sign.
        factor = min(factor, values.FLOAT_MAX) + 0.0
        self._end = token.end
        return Boost(child, factor, Span(start, token.end))

    def _not(self) -> Node:
        token = self._tokens[self._at]
        if token.mark is not _Mark.NOT:
            return self._group()
        self._at += 1
        child = self._group()
        return Not(child, Span(token.start, self._end))

    def _group(self) -> Node:
        token = self._tokens[self._at]
        if token.mark is _Mark.TERM or token.mark is _Mark.QUOTED:
            self._at += 1
            return self._term(token)
        if token.mark is _Mark.CLOSE:
            raise _imbalanced(token)
        if token.mark is not _Mark.OPEN:
            raise QueryError(
                "Expected a term.",
                start=token.start,
                end=token.end,
                hint="write a tag or a field here",
            )
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise QueryError(
                f"The query is nested too deeply: at most {MAX_DEPTH} parentheses.",
                start=token.start,
                end=token.end,
            )
        self._at += 1
        node = self._or()
        if self._mark is not _Mark.CLOSE:
            raise _imbalanced(token)
        self._end = self._tokens[self._at].end
        self._at += 1
        self._depth -= 1
        return node

    def _term(self, token: _Token) -> Node:
        text = token.text
        name, colon, rest = text.partition(":")
        field, op = self._field(name) if colon else (None, values.Op.EQ)
        value = values.trim(text if field is None else rest)
        if token.mark is _Mark.QUOTED:
            span = Span(token.start, token.end)
        else:
            span = Span(token.start, token.start + len(values.trim(text)))
        self._end = span.end
        if field is None:
            field = self._index.default
        elif field.kind is Kind.CUSTOM:
            values.refuse_range(field, op, span)
            return self._custom(field, value, span)
        return values.leaf(field, op, value, now=self._now, span=span)

    def _field(self, name: str) -> tuple[Field | None, values.Op]:
        """Return the field and comparison that stand before a colon, if they are known."""
        field, op = self._fields.get(name), values.Op.EQ
        if field is None:
            head, _, suffix = name.rpartition(".")
            if suffix in values.OPS and (field := self._fields.get(head)):
                op = values.OPS[suffix]
        if field is None or (
            field.role is Role.ACCOUNT and not self._signed_in and not self._index.demands_login
        ):
            return None, values.Op.EQ
        return field, op

    def _custom(self, field: Field, value: str, span: Span) -> Custom:
        message = ""
        if field.role is Role.ACCOUNT and not self._signed_in:
            message = "You must be logged in to use `my' queries."
        elif forbidden := _FORBIDDEN.get((self._inside, field.name, field.choices and value)):
            message = forbidden
        elif field.choices:
            if value not in field.choices:
                message = f"Unknown `{field.name}' value."
        elif _ID.fullmatch(value) is None:
            message = _UNKNOWN_ID[field.name].format(value)
        else:
            value = str(values.read_id(value))
        if message:
            hint = f"one of {', '.join(field.choices)}" if field.choices else ""
            raise QueryError(message, start=span.start, end=span.end, hint=hint)
        return Custom(field.name, value, span)


def _imbalanced(token: _Token) -> QueryError:
    return QueryError(
        "Imbalanced parentheses.",
        start=token.start,
        end=token.end,
        hint="close every parenthesis, or put a backslash before one that belongs to a term",
    )
