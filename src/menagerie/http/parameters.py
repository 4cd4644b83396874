"""Parameters as clients write them: pairs, nested names, numbers in front of other text.

Clients put the same parameter in the query, in JSON, in a form or in a multipart body, nested
(`image[tag_input]`) or not; all of them end in one tree.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from menagerie.errors import NotFound

INT64_MAX = 2**63 - 1
MOST_PARAMETERS = 1000
DEEPEST_NESTING = 8
MOST_JSON_VALUES = 500_000
"""As many as small bodies can have; a large one is a picture's base64 and little else."""

Tree = dict[str, Any]


class Malformed(Exception):  # noqa: N818  # the word says what the request is
    """The request cannot be read at all: broken encoding, broken JSON, a NUL byte."""


def as_text(value: object, default: str = "") -> str:
    """Return a plain parameter as text: JSON numbers and booleans as JSON writes them."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else default


def as_texts(value: object) -> list[str]:
    """Return a parameter as a list of texts; maps count by their values."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [as_text(item) for item in value if not isinstance(item, (dict, list))]
    return [] if value is None else [as_text(value)]


_INTEGER = re.compile(r"[+-]?[0-9]+")
_PLAIN_INTEGER = re.compile(r"[0-9]{1,19}")


def leading_integer(text: str) -> int | None:
    """Return the whole number `text` begins with, kept within int64, or None.

    >>> leading_integer("2abc"), leading_integer("-1"), leading_integer("x1")
    (2, -1, None)
    """
    match = _INTEGER.match(text)
    if match is None:
        return None
    digits = match.group()[:40]  # as good as infinite; int() refuses megabytes of digits
    return max(-INT64_MAX, min(INT64_MAX, int(digits)))


def whole_number(text: str) -> int | None:
    """Return the whole number from 0 that `text` is and nothing else, within int64, or None.

    >>> whole_number("25"), whole_number("2abc"), whole_number("-1")
    (25, None, None)
    """
    return int(text) if _PLAIN_INTEGER.fullmatch(text) and int(text) <= INT64_MAX else None


def identifier(text: str) -> int:
    """Return the id written in `text`. Raises NotFound when no image, tag... could have it."""
    number = whole_number(text)
    if number is None:
        raise NotFound
    return number


def parse_pairs(query: bytes) -> list[tuple[str, str]]:
    """Split an urlencoded text into pairs, in order; empty parts are skipped.

    Raises Malformed for what is not UTF-8 and for too many parameters.

    >>> parse_pairs(b"&q=a+b&x=%C3%A9&flag")
    [('q', 'a b'), ('x', 'é'), ('flag', '')]
    """
    pairs = []
    for part in query.split(b"&", MOST_PARAMETERS):
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_decoded(name), _decoded(value)))
    if len(pairs) > MOST_PARAMETERS:
        raise Malformed("too many parameters")
    return pairs


def _decoded(text: bytes) -> str:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    if b"%" in text:
        text = unquote_to_bytes(text)
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8") from error
    if "\0" in decoded:
        raise Malformed("a NUL byte")
    return decoded


def tree(pairs: Iterable[tuple[str, Any]]) -> Tree:
    """Build the nested parameters that names such as `image[sources][0]` and `ids[]` mean.

    Raises Malformed for a NUL byte or too deep a nesting. Of equal names the last one stays.

    >>> tree([("image[tag_input]", "safe"), ("ids[]", "1"), ("ids[]", "2"), ("q", "x")])
    {'image': {'tag_input': 'safe'}, 'ids': ['1', '2'], 'q': 'x'}
    """
    root: Tree = {}
    for name, value in pairs:
        if "\0" in name or (isinstance(value, str) and "\0" in value):
            raise Malformed("a NUL byte")
        head, bracket, rest = name.partition("[")
        if bracket and head and rest.endswith("]"):
            _put(root, [head, *rest[:-1].split("][")], value)
        else:
            root[name] = value
    return root


def _put(root: Tree, keys: list[str], value: object) -> None:
    if len(keys) > DEEPEST_NESTING:
        raise Malformed("parameters nested too deep")
    place: Any = root
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        fresh: Any = value if following is None else [] if following == "" else {}
        if isinstance(place, list):
            place.append(fresh)
            place = fresh
        elif following is None or not isinstance(place.get(key), type(fresh)):
            place[key] = fresh
            place = fresh
        else:
            place = place[key]


def parse_json(text: bytes) -> Any:
    """Return the value that JSON says; raises Malformed for what is none or has too many values.

    Building millions of objects holds up all other requests for seconds.

    >>> parse_json(b'{"a":[1,null]}')
    {'a': [1, None]}
    """
    if sum(text.count(mark) for mark in (b",", b"[", b"{")) > MOST_JSON_VALUES:
        raise Malformed("too many values")
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("not JSON") from error


def refuse_nul(value: object) -> None:
    """Raise Malformed when a text anywhere in the JSON `value` has a NUL byte."""
    if isinstance(value, str) and "\0" in value:
        raise Malformed("a NUL byte")
    if isinstance(value, dict):
        for key, item in value.items():
            refuse_nul(key)
            refuse_nul(item)
    elif isinstance(value, list):
        for item in value:
            refuse_nul(item)
