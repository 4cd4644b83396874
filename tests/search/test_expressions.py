"""The label language: fixtures, places of errors, limits, and that it prints as booru queries."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menagerie.errors import QueryError
from menagerie.search import booru, expressions, fields, nodes
from menagerie.search.expressions import Extra
from menagerie.search.lexicon import Entry, Words
from search import notation


def key(number):
    return f"00000000-0000-4000-8000-{number:012x}"


WORDS = Words(
    [
        Entry(1, key(1), "dog", "normal", 11, "dog"),
        Entry(2, key(2), "mouth/dog", "normal", 12, "dog.has='mouth'"),
        Entry(3, key(3), "TV", "normal", 13, "TV"),
        Entry(10, key(10), "red", "refinement", None, "color='red'"),
        Entry(11, key(11), "big", "refinement", None, "dog.size='big'"),
    ]
)
CASES = list(notation.cases("expressions.txt"))


def parse(text, **options):
    return expressions.parse(text, words=WORDS, collections={"My cats": 7}.get, **options)


def refusal(text, **options):
    with pytest.raises(QueryError) as caught:
        parse(text, **options)
    return caught.value


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_a_fixture_parses_as_written(case):
    _, text, mark, expected, index, options = case
    kinds = expressions.DEFAULT
    if "order" in options:
        kinds = expressions.DEFAULT | {Extra.ORDER}
    elif "plain" in options:
        kinds = ()

    def ordered():
        return expressions.parse_ordered(
            text, words=WORDS, kinds=kinds, collections={"My cats": 7}.get
        )

    if mark == "!!":
        with pytest.raises(QueryError) as caught:
            ordered()
        assert caught.value.message.splitlines()[0] == expected
    else:
        node = ordered().node
        assert notation.tree(node, index) == expected
        assert booru.parse(nodes.to_text(node, index), index, now=0, signed_in=True) == node


def test_an_order_is_told_beside_the_tree():
    def order(text):
        return expressions.parse_ordered(text, words=WORDS).is_ascending

    assert order("dog") is None
    assert order("dog ! order by validation asc") is True
    assert order("dog ! order by validation desc") is False
    assert order("dog ! order by validation") is False


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("dog & ", 6, 6),
        ("dog & & cat", 6, 7),
        ("(dog", 0, 1),
        ("dog | image.width>wide", 18, 22),
        ("dog cat & x.y>5", 13, 14),
        ("dog !cat", 4, 5),
    ],
)
def test_an_error_points_at_its_place_and_underlines_it(text, start, end):
    error = refusal(text)
    assert (error.start, error.end) == (start, end)
    _, shown, marks = error.message.splitlines()
    assert shown == text
    assert marks == " " * start + "^" * max(end - start, 1)


def test_a_long_query_is_shown_around_the_error():
    error = refusal("dog|" * 100 + "&" + "|cat" * 100)
    _, shown, marks = error.message.splitlines()
    assert len(shown) < 130
    assert shown[marks.index("^")] == "&"


def test_nodes_know_where_they_were_written():
    text = "dog &  ~( cat | color = 'red')"
    written = [text[n.span.start : n.span.end] for n in nodes.walk(parse(text))]
    assert written == [
        text,
        "dog",
        "~( cat | color = 'red')",
        "cat | color = 'red'",
        "cat",
        "color = 'red'",
    ]


def test_limits_are_refused_by_name():
    for text, message in (
        ("é" * 40_000, "The query is too long: 80000 bytes, at most 65536."),
        ("(" * 65 + "a" + ")" * 65, "The query is nested too deeply: at most 64 levels."),
        ("~" * 65 + "a", "The query is nested too deeply: at most 64 levels."),
        ("|".join("a" * 1025), "The query has too many terms: at most 1024."),
        ("a\0b", "The query is not valid text."),
        ("a\ud800b", "The query is not valid text."),
    ):
        assert refusal(text).message.splitlines()[0] == message
    assert len(parse("|".join("a" * 1024)).children) == 1024


def test_a_hostile_text_is_read_in_time_linear_in_its_length():
    for piece in ("(", "~", "a ", '"', "'", "\\", "a=", "!", "-", " "):
        began = time.perf_counter()
        refusal((piece * 60_000)[:60_000] + "&")
        assert time.perf_counter() - began < 2, piece


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="ab TV1-_./&|~!()<>='\"\\%px\0é", max_size=60))
def test_any_text_is_a_query_or_an_error_within_it(text):
    error, node = None, None
    try:
        node = parse(text)
    except QueryError as refused:
        error = refused
    if error is not None:
        assert 0 <= error.start <= error.end <= len(text)
        assert len(error.message.splitlines()) == 3
    else:
        printed = nodes.to_text(node, fields.IMAGES)
        assert booru.parse(printed, fields.IMAGES, now=0, signed_in=True) == node


NAMES = {
    "dog": "dog",
    "tennis ball": "tennis ball",
    "dog.has='mouth'": "mouth/dog",
    '"boeing 747-8"': "boeing 747-8",
    "color='red'": "color='red'",
}


def leaf(written):
    return written, lambda there: NAMES[written] in there


def joined(parts):
    (one, holds), operator, (other, too) = parts
    if operator == "&":
        return f"({one})&({other})", lambda there: holds(there) and too(there)
    return f"{one} | {other}", lambda there: holds(there) or too(there)


def negated(part):
    text, holds = part
    return f"~({text})", lambda there: not holds(there)


TREES = st.recursive(
    st.sampled_from(sorted(NAMES)).map(leaf),
    lambda inner: st.one_of(
        inner.map(negated), st.tuples(inner, st.sampled_from("&|"), inner).map(joined)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(TREES, st.sets(st.sampled_from(sorted(NAMES.values()))))
def test_a_query_holds_where_its_operators_say(tree, there):
    text, holds = tree

    def found(node):
        match node:
            case nodes.And(children):
                return all(map(found, children))
            case nodes.Or(children):
                return any(map(found, children))
            case nodes.Not(child):
                return not found(child)
        return node.value in there

    assert found(parse(text)) == holds(there)
