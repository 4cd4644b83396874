import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menagerie.search import booru, fields, nodes, values, words
from menagerie.search.fields import Kind
from menagerie.search.nodes import And, Boost, Hole, Not, Or, Range, Span, Term

NOW = 1_767_268_800_000_000
SECOND_US = 1_000_000
A, B, C = (Term("tags", name) for name in "abc")

# What breaks printers: everything the lexer, the escapes and the normalisation look at.
TEXT = st.text(
    st.sampled_from("ab \\*?~:\"'(),^-!_.1&|éΣ\u3000\t\n")
    | st.characters(exclude_categories=["Cs"]),
    max_size=8,
).map(lambda text: text.replace("\0", ""))
WORDY = TEXT | st.sampled_from(
    ["a AND b", "a OR b", "NOT a", "score:5", "score.gte:5", "my:faves", "foo~1", "artist:a_b"]
)


def settled(field, text):
    """Return the text as a node of the field would hold it."""
    if field.kind is Kind.TAG:
        return words.normalise_tag_name(text)
    return text if field.is_case_sensitive else text.lower()


def literals(field):
    exact = WORDY.map(lambda text: Term(field.name, settled(field, text)))
    fuzzy = st.builds(
        lambda text, edits: nodes.Fuzzy(field.name, settled(field, text) or "x", edits),
        WORDY,
        st.integers(1, 2),
    )
    return exact | fuzzy | wildcards(field)


def phrases(field):
    exact = WORDY.map(lambda text: nodes.Phrase(field.name, text.lower()))
    return exact | wildcards(field)


def wildcards(field):
    pieces = st.lists(WORDY | st.sampled_from(Hole), min_size=1, max_size=5)
    return pieces.map(lambda parts: wildcard(field, parts))


def wildcard(field, parts):
    marks = {Hole.ANY: "\ud800", Hole.ONE: "\ud801"}
    marked = "".join(marks.get(part, part) for part in parts)
    pattern = values._pattern(settled(field, marked))
    if pattern in {(), (Hole.ANY,)}:
        pattern = (Hole.ONE,)
    return nodes.Wildcard(field.name, pattern)


def ranges(field, bounds):
    one, both = st.tuples(bounds, st.booleans()), st.tuples(bounds, bounds)
    return (
        one.map(lambda pair: Range(field.name, pair[0], None, pair[1], False))
        | one.map(lambda pair: Range(field.name, None, pair[0], False, pair[1]))
        | both.map(lambda pair: Range(field.name, *pair, True, field.kind is not Kind.DATE))
    )


def customs(field):
    choices = st.sampled_from(field.choices) if field.choices else st.integers(0, 2**63 - 1)
    return choices.map(lambda value: nodes.Custom(field.name, str(value)))


def networks(field):
    addresses = st.ip_addresses().flatmap(
        lambda ip: st.integers(0, ip.max_prefixlen).map(
            lambda bits: ipaddress.ip_network(f"{ip}/{bits}", strict=False)
        )
    )
    return addresses.map(lambda network: nodes.Network(field.name, network))


def flags(field):
    return st.booleans().map(lambda value: nodes.Flag(field.name, value))


LEAVES = {
    Kind.INT: lambda field: ranges(field, st.integers(-(2**31), 2**31 - 1)),
    Kind.NUMERIC: lambda field: ranges(field, st.integers(0, 2**63 - 1)),
    Kind.FLOAT: lambda field: ranges(field, st.floats(allow_nan=False, allow_infinity=False)),
    Kind.DATE: lambda field: ranges(
        field, st.integers(-(10**10), 10**11).map(lambda seconds: seconds * SECOND_US)
    ),
    Kind.BOOL: flags,
    Kind.IP: networks,
    Kind.TAG: literals,
    Kind.LITERAL: literals,
    Kind.TEXT: phrases,
    Kind.CUSTOM: customs,
}


def trees(index):
    leaves = st.just(nodes.All()) | st.one_of(
        LEAVES[field.kind](field) for field in (index.default, *index.fields)
    )
    factors = st.floats(0, 1e300).map(lambda factor: factor + 0.0)
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, min_size=2, max_size=4).map(nodes.conjunction)
            | st.lists(inner, min_size=2, max_size=4).map(nodes.disjunction)
            | inner.map(Not)
            | st.builds(Boost, inner, factors)
        ),
        max_leaves=6,
    )


TREES = {name: trees(index) for name, index in fields.INDEXES.items()}


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(list(TREES)))
def test_a_printed_tree_parses_to_itself(data, name):
    index = fields.INDEXES[name]
    node = data.draw(TREES[name])
    text = nodes.to_text(node, index)
    assert booru.parse(text, index, now=NOW, moderator=True, signed_in=True) == node, text


def test_where_a_node_stood_is_not_what_it_means():
    here, there = Term("tags", "a", Span(0, 1)), Term("tags", "a", Span(5, 6))
    assert here == there
    assert hash(here) == hash(there)
    assert here != Term("tags", "b", Span(0, 1))
    assert Term("description", "a") != nodes.Phrase("description", "a")
    assert nodes.Wildcard("tags", (Hole.ANY,)) != nodes.Wildcard("tags", ("*",))


def test_joining_flattens():
    assert nodes.conjunction([A]) == A
    assert nodes.conjunction([A, And((B, C))]) == And((A, B, C))
    assert nodes.disjunction([Or((A, B)), C]) == Or((A, B, C))
    assert nodes.conjunction([A, Or((B, C))]) == And((A, Or((B, C))))


def test_a_walk_goes_in_the_order_written():
    tree = And((A, Not(Or((B, C))), Boost(A, 2.0)))
    kinds = [type(node).__name__ for node in nodes.walk(tree)]
    assert kinds == ["And", "Term", "Not", "Or", "Term", "Term", "Boost", "Term"]


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (And((A, Or((B, C)))), "a, (b OR c)"),
        (Or((And((A, B)), C)), "a, b OR c"),
        (Not(Not(A)), "-(-a)"),
        (Boost(Not(A), 2.5), "-a^2.5"),
        (Not(Boost(A, 2.0)), "-(a^2)"),
        (Boost(And((A, B)), 1e20), "(a, b)^100000000000000000000"),
        (Term("tags", "score:5"), r'"score\\:5"'),
        (Term("tags", "artist:foo_bar"), "artist:foo_bar"),
        (Term("tags", "or a, b"), '"or a, b"'),
        (Term("uploader", "foo bar"), "uploader:foo bar"),
        (Term("tags", ""), '""'),
        (nodes.All(), "*"),
        (nodes.Nothing(), ""),
        (Range("score", 3, 7, True, True), "score:3..7"),
        (Range("score", 3, 7, True, False), "(score.gte:3, score.lt:7)"),
        (Range("created_at", 0, 86400 * SECOND_US, True, False), "created_at:1970-01-01"),
        (
            Range("created_at", 0, SECOND_US, False, True),
            "(created_at.gt:1969-12-31T23:59:59, created_at.lte:1970-01-01T00:00:00)",
        ),
    ],
)
def test_trees_print_as_a_person_would_write(node, text):
    assert nodes.to_text(node, fields.IMAGES) == text


def test_a_range_without_bounds_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="no bound"):
        nodes.to_text(Range("score", None, None, False, False), fields.IMAGES)
