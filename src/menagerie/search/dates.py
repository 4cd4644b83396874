"""Dates of the query language: a fragment such as `2019-01` or `3 days ago` is a span of time.

Times are integer microseconds UTC. A span is half-open: its start belongs to it, its end does not.
"""

import datetime as dt
import re

from menagerie.errors import QueryError

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND_US = 1_000_000
_MAX_AGO_S = 31_536_000_000

_UNIT_S = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_592_000,
    "year": 31_536_000,
}

_ABSOLUTE = re.compile(
    r"""(\d{4}) (?: -(\d\d) (?: -(\d\d) (?: [Tt\ ](\d\d) (?: :(\d\d) (?: :(\d\d) )? )? )? )? )?
        (?: [Zz] | ([+-]\d\d) (?: :(\d\d) )? )?""",
    re.VERBOSE | re.ASCII,
)
_RELATIVE = re.compile(
    rf"(\d{{1,4000}})[ \t\n\r\v\f]({'|'.join(_UNIT_S)})s?[ \t\n\r\v\f]ago", re.ASCII
)

EXPECTED = "a RFC3339 datetime fragment, like `2019-01-01', or relative date, like `3 days ago'"


def parse(text: str, *, now: int) -> tuple[int, int] | None:
    """Return the span (start, end) that a date fragment denotes; None when it is not a date.

    `now`, cut to whole seconds, is what relative dates count from. N units ago is the one unit
    that ended N units before now. Raises QueryError for a date that no calendar has, and for one
    too long ago.

    >>> parse("1970-01-02", now=0)
    (86400000000, 172800000000)
    >>> parse("0 days ago", now=86_400_000_000)
    (0, 86400000000)
    """
    if match := _ABSOLUTE.fullmatch(text):
        return _absolute(match)
    if match := _RELATIVE.fullmatch(text):
        return _relative(int(match[1]), _UNIT_S[match[2]], now)
    return None


def _relative(count: int, unit_s: int, now: int) -> tuple[int, int]:
    ago_s = count * unit_s
    if ago_s > _MAX_AGO_S:
        raise QueryError(
            f"invalid date format in input; requested time {ago_s} seconds is over a millennium ago"
        )
    end = now // _SECOND_US - ago_s
    return (end - unit_s) * _SECOND_US, end * _SECOND_US


def _absolute(match: re.Match[str]) -> tuple[int, int]:
    parts = [int(part) for part in match.groups()[:6] if part is not None]
    defaults = (0, 1, 1, 0, 0, 0)
    year, month, day, hour, minute, second = (*parts, *defaults[len(parts) :])
    try:
        local = dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)
        start = _microseconds(local - _offset(match))
    except (ValueError, OverflowError):
        message = f"invalid date format in input, parsed as {_as_read(match)}"
        raise QueryError(message) from None
    return start, start + _length_us(parts)


def _microseconds(at: dt.datetime) -> int:
    return (at - _EPOCH) // dt.timedelta(microseconds=1)


def _offset(match: re.Match[str]) -> dt.timedelta:
    if match[7] is None:
        return dt.timedelta(0)
    hours, minutes = int(match[7]), int(match[8] or 0)
    if abs(hours) > 23 or minutes > 59:
        raise ValueError
    sign = -1 if match[7].startswith("-") else 1
    return sign * dt.timedelta(hours=abs(hours), minutes=minutes)


def _length_us(parts: list[int]) -> int:
    year, month = parts[0], parts[1] if len(parts) > 1 else 1
    if len(parts) == 1:
        days = 366 if _is_leap(year) else 365
    elif len(parts) == 2:
        days = 29 if month == 2 and _is_leap(year) else _MONTH_DAYS[month - 1]
    else:
        return (86_400, 3600, 60, 1)[len(parts) - 3] * _SECOND_US
    return days * 86_400 * _SECOND_US


_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _as_read(match: re.Match[str]) -> str:
    date = "-".join(part for part in match.groups()[:3] if part)
    time = ":".join(part for part in match.groups()[3:6] if part)
    zone = ":".join(part for part in match.groups()[6:] if part)
    return date + (f"T{time}" if time else "") + zone


def to_text(start: int, end: int | None = None) -> str:
    """Return a fragment that denotes the span, or the second that starts at `start`.

    A span that is no calendar unit is written with two dots between its first and last second.

    >>> to_text(0), to_text(0, 86_400_000_000), to_text(0, 7_000_000)
    ('1970-01-01T00:00:00', '1970-01-01', '1970-01-01T00:00:00..1970-01-01T00:00:06')
    """
    whole = (_EPOCH + dt.timedelta(microseconds=start)).replace(tzinfo=None).isoformat()
    if end is None:
        return whole
    for width in (4, 7, 10, 13, 16, 19):
        if parse(whole[:width], now=0) == (start, end):
            return whole[:width]
    return f"{whole}..{to_text(end - _SECOND_US)}"
