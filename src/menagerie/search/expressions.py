"""The label language: `dog & ~(cat | color='red')` to the nodes that the booru language has too.

From loosest to tightest: `|`, `&`, `~`, and a group, label, property or attribute.

Source: behaviour of ImageMonkey's query parser, version 2 (2018 to 2026), as its users know it.
Beyond it: quoted labels, digits and hyphens in labels, capitals alike, `!` before a term as `~`.
"""

import enum
import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from menagerie.errors import QueryError
from menagerie.search import fields, values
from menagerie.search.lexicon import Words
from menagerie.search.nodes import (
    MAX_DEPTH,
    MAX_TERMS,
    Custom,
    Node,
    Not,
    Range,
    Span,
    Term,
    conjunction,
    disjunction,
)
from menagerie.search.values import Op
from menagerie.search.words import normalise_tag_name

MAX_TEXT_BYTES = 65_536
"""More than in the booru language: programs write out all kinds of a thing, a UUID each."""


_MOST_TOKENS = 16 * MAX_TERMS


class Extra(enum.StrEnum):
    """What a query may hold beside labels and properties, where the caller allows it."""

    WIDTH = "image.width"
    HEIGHT = "image.height"
    COVERAGE = "annotation.coverage"
    NUM_LABELS = "image.num_labels"
    NUM_ANNOTATIONS = "image.num_annotations"
    NUM_TASKS = "image.num_open_annotation_tasks"
    UNLABELED = "image.unlabeled"
    COLLECTION = "image.collection"
    UUIDS = "uuid"
    ORDER = "order"


ATTRIBUTES = frozenset(Extra) - {Extra.UUIDS, Extra.ORDER}
DEFAULT = ATTRIBUTES | {Extra.UUIDS}

Collections = Callable[[str], int | None]
"""What gives the id of the viewer's gallery of a name."""


class Ordered(NamedTuple):
    """A query's tree, and whether it asks for the fewest verdicts first; None: it does not ask."""

    node: Node
    is_ascending: bool | None


class _Numbers(NamedTuple):
    """An attribute that is a number: the field, the unit that may follow, whether it is whole."""

    field: str
    unit: str = ""
    is_whole: bool = True


_NUMBERS = {
    Extra.WIDTH: _Numbers("width", "px"),
    Extra.HEIGHT: _Numbers("height", "px"),
    Extra.COVERAGE: _Numbers("coverage", "%", is_whole=False),
    Extra.NUM_LABELS: _Numbers("label_count"),
    Extra.NUM_ANNOTATIONS: _Numbers("annotation_count"),
    Extra.NUM_TASKS: _Numbers("annotation_task_count"),
}
_OPS = {">": Op.GT, ">=": Op.GTE, "<": Op.LT, "<=": Op.LTE, "=": Op.EQ}
_UNLABELED = {
    "true": Range("label_count", 0, 0, True, True),
    "false": Range("label_count", 1, None, True, False),
}


class _Mark(enum.Enum):
    OR = "|"
    AND = "&"
    NOT = "~"
    BANG = "!"
    OPEN = "("
    CLOSE = ")"
    COMPARE = "comparison"
    WORD = "word"
    QUOTED = "quoted"
    END = "end"


class _Token(NamedTuple):
    mark: _Mark
    text: str
    start: int
    end: int


_RUN = r"(?:->|[^\s&|~()!<>=\"'])+"
_TOKEN = re.compile(
    rf"""(?P<mark>[|&~!()]) | (?P<compare>[<>]=?|=)
    | "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)'
    | (?P<word>{_RUN}(?:\s+{_RUN})*)""",
    re.VERBOSE | re.DOTALL,
)
_SPACES = re.compile(r"\s*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WHOLE = re.compile(r"\d{1,30}", re.ASCII)
_REAL = re.compile(r"\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_ORDER = re.compile(r"order\s+by\s+validation(?:\s+(asc|desc))?", re.IGNORECASE)
_UNFIT = re.compile("[\0\ud800-\udfff]")


def parse(
    text: str,
    *,
    words: Words,
    kinds: Collection[Extra] = DEFAULT,
    collections: Collections | None = None,
) -> Node:
    """Parse a query; `kinds` says what it may hold beside labels and properties.

    Labels are tag names that may be those of no word, which find nothing. Raises QueryError, whose
    message is followed by the query and a line that marks the place.

    >>> from menagerie.search import fields, nodes
    >>> nodes.to_text(parse("dog & ~tennis ball", words=Words()), fields.IMAGES)
    'label:dog, -label:tennis ball'
    """
    return parse_ordered(
        text, words=words, kinds=set(kinds) - {Extra.ORDER}, collections=collections
    ).node


def parse_ordered(
    text: str,
    *,
    words: Words,
    kinds: Collection[Extra] = DEFAULT | {Extra.ORDER},
    collections: Collections | None = None,
) -> Ordered:
    """Parse a query that may end with `! order by validation desc` or `asc`; else as `parse`."""
    try:
        _refuse_unfit(text)
        return _Parser(text, words, frozenset(kinds), collections).parse()
    except QueryError as error:
        raise underlined(text, error) from None


_AROUND = 60  # characters shown on both sides of an error


def underlined(text: str, error: QueryError) -> QueryError:
    """Return the error with the query and a line that marks the place added to its message.

    >>> print(underlined("dog & & cat", QueryError("Expected a label.", start=6, end=7)).message)
    Expected a label.
    dog & & cat
          ^
    """
    low, high = max(error.start - _AROUND, 0), min(max(error.end, error.start) + _AROUND, len(text))
    shown = "".join(c if c.isprintable() else " " for c in text[low:high])
    before, after = "…" if low else "", "…" if high < len(text) else ""
    marks = "^" * max(min(error.end, high) - error.start, 1)
    line = " " * (error.start - low + len(before)) + marks
    message = f"{error.message}\n{before}{shown}{after}\n{line}"
    return QueryError(message, start=error.start, end=error.end, hint=error.hint)


def _refuse_unfit(text: str) -> None:
    if match := _UNFIT.search(text):
        raise QueryError("The query is not valid text.", start=match.start(), end=match.end())
    size = len(text.encode())
    if size > MAX_TEXT_BYTES:
        raise QueryError(
            f"The query is too long: {size} bytes, at most {MAX_TEXT_BYTES}.", end=len(text)
        )


def _tokens(text: str) -> list[_Token]:
    at = _after_spaces(text, 0)
    found: list[_Token] = []
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise QueryError(
                "The quotation mark is not closed.",
                start=at,
                end=at + 1,
                hint="close it, or put a backslash before a mark inside quotes",
            )
        if len(found) == _MOST_TOKENS:
            raise _too_many(at, len(text))
        found.append(_token(match))
        at = _after_spaces(text, match.end())
    found.append(_Token(_Mark.END, "", len(text), len(text)))
    return found


def _token(match: re.Match[str]) -> _Token:
    kind, span = match.lastgroup or "", match.span()
    text = match[kind]
    if kind == "mark":
        return _Token(_Mark(text), text, *span)
    if kind == "compare":
        return _Token(_Mark.COMPARE, text, *span)
    if kind == "word":
        return _Token(_Mark.WORD, " ".join(text.split()), *span)
    return _Token(_Mark.QUOTED, _ESCAPE.sub(r"\1", text), *span)


def _after_spaces(text: str, at: int) -> int:
    match = _SPACES.match(text, at)
    return match.end() if match else at


def _too_many(start: int, end: int) -> QueryError:
    return QueryError(f"The query has too many terms: at most {MAX_TERMS}.", start=start, end=end)


class _Parser:
    """Builds the tree of one text; used once."""

    def __init__(
        self, text: str, words: Words, kinds: frozenset[Extra], collections: Collections | None
    ) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0
        self._terms = 0
        self._words = words
        self._kinds = kinds
        self._collections = collections
        self._is_by_uuid: bool | None = None  # what the first label decides

    def parse(self) -> Ordered:
        if self._next.mark is _Mark.END:
            raise _error("The query is empty.", self._next, hint="write a label, such as dog")
        node = self._or()
        is_ascending = self._order() if self._next.mark is _Mark.BANG else None
        token = self._next
        if token.mark is _Mark.CLOSE:
            raise _error("This parenthesis closes nothing.", token)
        if token.mark is not _Mark.END:
            raise _error("Expected an operator.", token, hint="join labels with & (and) or | (or)")
        return Ordered(node, is_ascending)

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _span(self, start: int) -> Span:
        return Span(start, self._tokens[self._at - 1].end)

    def _or(self) -> Node:
        start = self._next.start
        children = [self._and()]
        while self._next.mark is _Mark.OR:
            self._take()
            children.append(self._and())
        return disjunction(children, self._span(start))

    def _and(self) -> Node:
        start = self._next.start
        children = [self._not()]
        while self._next.mark is _Mark.AND:
            self._take()
            children.append(self._not())
        return conjunction(children, self._span(start))

    def _not(self) -> Node:
        token = self._next
        if token.mark not in {_Mark.NOT, _Mark.BANG}:
            return self._primary()
        self._take()
        self._deeper(token)
        child = self._not()
        self._depth -= 1
        return Not(child, self._span(token.start))

    def _deeper(self, token: _Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _error(f"The query is nested too deeply: at most {MAX_DEPTH} levels.", token)

    def _primary(self) -> Node:
        token = self._take()
        if token.mark is _Mark.OPEN:
            self._deeper(token)
            node = self._or()
            if self._next.mark is not _Mark.CLOSE:
                raise _error("This parenthesis is not closed.", token)
            self._take()
            self._depth -= 1
            return node
        if token.mark not in {_Mark.WORD, _Mark.QUOTED}:
            self._at -= 1
            raise _error("Expected a label.", token, hint="write a label here, such as dog")
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise _too_many(token.start, token.end)
        if self._next.mark is _Mark.COMPARE:
            return self._comparison(token)
        return self._label(token)

    def _label(self, token: _Token) -> Node:
        is_uuid = token.mark is _Mark.WORD and _UUID.fullmatch(token.text) is not None
        if self._is_by_uuid is None:
            self._is_by_uuid = is_uuid
        if is_uuid and Extra.UUIDS not in self._kinds:
            raise _error("UUIDs of labels cannot be used here.", token, hint="write its name")
        if is_uuid != self._is_by_uuid:
            raise _error("Names and UUIDs of labels cannot be mixed in one query.", token)
        span = Span(token.start, token.end)
        if is_uuid:
            entry = self._words.find_key(token.text)
            if entry is not None and entry.tag_id is None:
                return Term("refined", entry.accessor.lower(), span)
            name = token.text if entry is None else entry.display
        else:
            name = token.text
        return Term("label", normalise_tag_name(name), span)

    def _comparison(self, token: _Token) -> Node:
        compare, name = self._take(), token.text.replace(" ", "").lower()
        if name.startswith(("image.", "annotation.")) and token.mark is _Mark.WORD:
            if name not in ATTRIBUTES & self._kinds:
                raise self._unknown_attribute(token)
            return self._attribute(Extra(name), token, compare)
        if compare.text != "=":
            raise _error(
                "Only attributes have a size to compare.",
                compare,
                hint=f"attributes are {', '.join(sorted(ATTRIBUTES & self._kinds))}",
            )
        value = self._quoted(f"{token.text}='red'")
        accessor = f"{token.text}='{' '.join(value.text.split())}'"
        span = Span(token.start, value.end)
        entry = self._words.find_accessor(accessor)
        if entry is not None and entry.tag_id is not None:
            return Term("label", normalise_tag_name(entry.display), span)
        return Term("refined", accessor.lower(), span)

    def _unknown_attribute(self, token: _Token) -> QueryError:
        known = ", ".join(sorted(ATTRIBUTES & self._kinds))
        is_known = token.text.lower() in ATTRIBUTES
        what = "cannot be used here" if is_known else "is no attribute"
        return _error(f"{token.text} {what}.", token, hint=f"write one of {known}" if known else "")

    def _quoted(self, example: str) -> _Token:
        token = self._next
        if token.mark is not _Mark.QUOTED:
            raise _error("Expected a value in quotes.", token, hint=f"write it as in {example}")
        return self._take()

    def _attribute(self, name: Extra, token: _Token, compare: _Token) -> Node:
        if name in _NUMBERS:
            return self._number(_NUMBERS[name], token, compare)
        if compare.text != "=":
            raise _error(f"{name} has no size to compare.", compare, hint="write =")
        value = self._quoted(f"{name}='{'true' if name is Extra.UNLABELED else 'my donations'}'")
        span = Span(token.start, value.end)
        if name is Extra.UNLABELED:
            found = _UNLABELED.get(value.text.lower())
            if found is None:
                raise _error("Expected 'true' or 'false'.", value)
            return Range(*_parts(found), span)
        gallery_id = self._collections(value.text) if self._collections is not None else None
        if gallery_id is None:
            raise _error("You have no collection of this name.", value)
        return Custom("gallery_id", str(gallery_id), span)

    def _number(self, kind: _Numbers, token: _Token, compare: _Token) -> Node:
        value = self._next
        digits = value.text.replace(" ", "").lower().removesuffix(kind.unit)
        pattern = _WHOLE if kind.is_whole else _REAL
        if value.mark is not _Mark.WORD or not pattern.fullmatch(digits):
            what = "a whole number" if kind.is_whole else "a number"
            raise _error(f"Expected {what}.", value, hint=f"write it as in >50{kind.unit}")
        self._take()
        field = fields.IMAGES.get(kind.field)
        span = Span(token.start, value.end)
        return values.leaf(field, _OPS[compare.text], digits, now=0, span=span)

    def _order(self) -> bool:
        bang, clause = self._take(), self._next
        match = _ORDER.fullmatch(clause.text) if clause.mark is _Mark.WORD else None
        if match is None or Extra.ORDER not in self._kinds:
            raise _error(
                "Expected an operator.", bang, hint="to leave something out write & ~ before it"
            )
        self._take()
        return (match[1] or "").lower() == "asc"


def _parts(found: Range) -> tuple[str, int | float | None, int | float | None, bool, bool]:
    return found.field, found.low, found.high, found.low_inclusive, found.high_inclusive


def _error(message: str, token: _Token, *, hint: str = "") -> QueryError:
    return QueryError(message, start=token.start, end=token.end, hint=hint)
