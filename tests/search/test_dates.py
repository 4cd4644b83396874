import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.errors import QueryError
from menagerie.search import dates

SECOND_US = 1_000_000


def at(text):
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * SECOND_US


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2019", "2019-01-01", "2020-01-01"),
        ("2020-02", "2020-02-01", "2020-03-01"),
        ("1900-02", "1900-02-01", "1900-03-01"),
        ("2019-12-31", "2019-12-31", "2020-01-01"),
        ("2019-01-02 03", "2019-01-02 03:00", "2019-01-02 04:00"),
        ("2019-01-02T03:04Z", "2019-01-02 03:04", "2019-01-02 03:05"),
        ("2019-01-02t03:04:05+01", "2019-01-02 02:04:05", "2019-01-02 02:04:06"),
        ("2019-12-09:30", "2019-12-01 09:30", "2020-01-01 09:30"),
    ],
)
def test_a_fragment_is_the_whole_of_its_unit(text, start, end):
    assert dates.parse(text, now=0) == (at(start), at(end))


def test_a_relative_date_is_one_unit_long():
    now = at("2026-01-01 12:00:00") + 999_999
    assert dates.parse("3 days ago", now=now) == (at("2025-12-28 12:00"), at("2025-12-29 12:00"))
    assert dates.parse("1\tmonth\nago", now=now) == (at("2025-11-02 12:00"), at("2025-12-02 12:00"))


@pytest.mark.parametrize(
    "text", ["", "19", "2019-1", "20190101", "2019-01-01T", "3 ago", "٣ days ago"]
)
def test_other_text_is_no_date(text):
    assert dates.parse(text, now=0) is None


@pytest.mark.parametrize(
    "text",
    ["2019-02-29", "2019-13-01", "0000", "2019-01-01T25", "0001-01-01+12", "9999-12-31T23-12"],
)
def test_a_date_of_no_calendar_is_refused(text):
    with pytest.raises(QueryError, match=r"^invalid date format in input, parsed as "):
        dates.parse(text, now=0)


@pytest.mark.parametrize("text", ["1001 years ago", "9" * 4000 + " seconds ago"])
def test_more_than_a_millennium_ago_is_refused(text):
    with pytest.raises(QueryError, match=r"seconds is over a millennium ago$"):
        dates.parse(text, now=0)


@given(
    st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)),  # noqa: DTZ001 - UTC
    st.sampled_from([4, 7, 10, 13, 16, 19]),
    st.sampled_from(["", "Z", "z", "+00", "-00:00"]),
)
def test_a_printed_span_parses_to_itself(moment, width, zone):
    fragment = moment.replace(microsecond=0).isoformat()[:width]
    span = dates.parse(fragment + zone, now=0)
    assert span is not None
    assert span[0] < span[1]
    assert dates.to_text(*span) == fragment
    assert dates.parse(dates.to_text(span[0]), now=0) == (span[0], span[0] + SECOND_US)
