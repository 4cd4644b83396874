"""Parameters as clients write them."""

import pytest

from menagerie.errors import NotFound
from menagerie.http.parameters import (
    Malformed,
    as_text,
    as_texts,
    identifier,
    leading_integer,
    parse_pairs,
    tree,
)


def test_nested_names_and_lists_become_a_tree():
    pairs = parse_pairs(
        b"&image[tag_input]=a%2Cb&image[sources][0][source]=x&ids[]=1&ids[]=2&limit=&q=a+b"
    )
    assert tree(pairs) == {
        "image": {"tag_input": "a,b", "sources": {"0": {"source": "x"}}},
        "ids": ["1", "2"],
        "limit": "",
        "q": "a b",
    }


def test_later_values_win_and_conflicting_shapes_do_not_fail():
    assert tree([("a", "1"), ("a", "2")]) == {"a": "2"}
    assert tree([("a", "1"), ("a[b]", "2")]) == {"a": {"b": "2"}}
    assert tree([("a[b]", "2"), ("a", "1")]) == {"a": "1"}
    assert tree([("a[][b]", "1"), ("a[][b]", "2")]) == {"a": [{"b": "1"}, {"b": "2"}]}
    assert tree([("a[", "1"), ("[b]", "2"), ("c]", "3")]) == {"a[": "1", "[b]": "2", "c]": "3"}


@pytest.mark.parametrize(
    "query",
    [b"q=%00", b"q=%ff", b"%00=1", b"a" + b"[b]" * 20 + b"=1", b"&".join([b"a=1"] * 2000)],
)
def test_what_cannot_be_read_is_malformed(query):
    with pytest.raises(Malformed):
        tree(parse_pairs(query))


@pytest.mark.parametrize(
    ("text", "number"),
    [("2abc", 2), ("", None), ("x", None), ("-3", -3), ("+4", 4), ("9" * 100, 2**63 - 1)],
)
def test_a_number_is_what_the_text_begins_with(text, number):
    assert leading_integer(text) == number


@pytest.mark.parametrize("text", ["", "x", "1x", "-1", "9223372036854775808", "9" * 50, "١", " 1"])
def test_what_is_no_id_is_not_found(text):
    with pytest.raises(NotFound):
        identifier(text)


def test_the_largest_id_is_read():
    assert identifier("9223372036854775807") == 2**63 - 1


def test_json_values_read_as_text():
    assert [as_text(v) for v in (True, 5, 1.5, None, [], "x")] == ["true", "5", "1.5", "", "", "x"]
    assert as_texts({"0": "a", "1": 2}) == ["a", "2"]
    assert as_texts(None) == []
    assert as_texts([{"a": 1}, "b"]) == ["b"]
