import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menagerie.errors import QueryError
from menagerie.search import booru, fields, hints, nodes
from search import notation

FIXTURES = ("grammar.txt", "terms.txt", "dates.txt", "indexes.txt")
CASES = list(notation.cases(*FIXTURES))


def parse(text, index=fields.IMAGES, **options):
    return booru.parse(text, index, now=notation.NOON, **options)


def outcome(text, index=fields.IMAGES, **options):
    try:
        return parse(text, index, **options)
    except QueryError as error:
        return error


def refusal(text, **options):
    with pytest.raises(QueryError) as caught:
        parse(text, **options)
    return caught.value


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_a_fixture_parses_as_written(case):
    _, text, mark, expected, index, options = case
    if mark == "!!":
        with pytest.raises(QueryError) as caught:
            booru.parse(text, index, **options)
        assert caught.value.message.strip() == expected
    else:
        node = booru.parse(text, index, **options)
        assert notation.tree(node, index) == expected
        assert booru.parse(nodes.to_text(node, index), index, **options) == node


def test_a_blank_query_is_nothing():
    assert parse("") == parse(" \t\r\n\v\f") == nodes.Nothing()


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("safe, ", 6, 6),
        ("safe, )", 6, 7),
        ("a, (b", 3, 4),
        ("a (b OR c)  ", 2, 10),
        ("safe^-2", 4, 7),
        ("safe, score:abc ", 6, 15),
        ('safe, "score:abc"', 6, 17),
        ("safe, created_at:2019-13", 6, 24),
        ("safe, my:faves", 6, 14),
        ("safe, é, gallery_id:x", 9, 21),
    ],
)
def test_an_error_points_at_its_place(text, start, end):
    error = refusal(text)
    assert (error.start, error.end) == (start, end)


def test_nodes_know_where_they_were_written():
    text = 'safe ,  -(score.gte:5 OR "a b")^2, created_at:3 days ago '
    written = [text[n.span.start : n.span.end] for n in nodes.walk(parse(text))]
    assert written == [
        text[: len(text) - 1],
        "safe",
        '-(score.gte:5 OR "a b")^2',
        '-(score.gte:5 OR "a b")',
        'score.gte:5 OR "a b"',
        "score.gte:5",
        '"a b"',
        "created_at:3 days ago",
    ]
    assert parse("(a OR b), c ").span.end == len("(a OR b), c")
    assert parse("(a OR b), c ").span.start == 0


def test_errors_suggest_a_way_out():
    assert "backslash" in refusal("a (b").hint
    assert "one of faves" in refusal("my:fave", signed_in=True).hint
    assert ".gte" in refusal("score.gt:5~2").hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("é" * 4097, "The query is too long: 8194 bytes, at most 8192."),
        ("(" * 65 + "a" + ")" * 65, "The query is nested too deeply: at most 64 parentheses."),
        (",".join("a" * 1025), "The query has too many terms: at most 1024."),
        ("a\0b", "The query contains a NUL character."),
        ("a\ud800b", "The query is not valid text."),
    ],
)
def test_limits_are_refused_by_name(text, message):
    assert refusal(text).message == message


def test_the_largest_query_is_taken():
    assert parse("é" * 4096).value == "é" * 4096
    assert parse("(" * 64 + "a" + ")" * 64) == nodes.Term("tags", "a")
    assert len(parse(",".join("a" * 1024)).children) == 1024


TOKENS = st.sampled_from(
    [
        *',()!-^~*?\\":._abéİΣ\u00a0\u3000',
        *("^2", "^-1", "~1", "~0.5", "NOT"),
        *(" ", "  ", "\t", "\n", " AND ", " OR ", " && ", " || ", "NOT ", "score:", "my:", "ip:"),
        *(
            "score.gte:",
            "created_at:",
            "3 days ago",
            "2020",
            "..",
            "5",
            "1.5",
            "artist:",
            "art_pack",
        ),
        *(
            "aspect_ratio:",
            "description:",
            "uploader:",
            "file_name:",
            "faves",
            "gallery_id:",
            "true",
        ),
        *("animated:", "uploader_id.lt:", "1.2.3.4/8", "updated_at.lte:", "9999-12-31", "Z", "+12"),
    ]
)
TEXTS = st.lists(TOKENS | st.text(max_size=3), max_size=24).map("".join)


@settings(max_examples=200, deadline=400)
@given(TEXTS, st.sampled_from(list(fields.INDEXES.values())), st.booleans())
def test_any_text_parses_or_is_refused_with_a_place(text, index, privileged):
    options = {"moderator": privileged, "signed_in": privileged}
    node = outcome(text, index, **options)
    if isinstance(node, QueryError):
        assert node.message
        assert 0 <= node.start <= node.end <= len(text)
        return
    for part in nodes.walk(node):
        assert 0 <= part.span.start <= part.span.end <= len(text)
    assert parse(nodes.to_text(node, index), index, **options) == node
    hints.find(node, index)


@pytest.mark.parametrize(
    "unit",
    ["a(", "(", "a ", " ", '"', '"\\', "\\", "a(b ", "a(b,", "~", "^1", "a^1 ", "*", "*?", "- ",
     "a (b) ", "a( ", "9", "score:9", "AND ", " AND", "NOT ", ": "],
)  # fmt: skip
def test_no_text_takes_long(unit):
    text = (unit * 8192)[:8192]
    started = time.process_time()  # whatever else the machine does
    node = outcome(text)
    if not isinstance(node, QueryError):
        hints.find(node, fields.IMAGES)
    # About 20 ms at most; a quadratic lexer needs seconds.
    assert time.process_time() - started < 1
