import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menagerie.core import dot
from menagerie.core.dot import Edge, Graph, Node
from menagerie.errors import Invalid

TEXT = """
/* a comment
   of two lines */
strict digraph "my zoo" {
  rankdir=LR; // beside
  node [color="red", size=200]
  # like the preprocessor's
  animal [label="An \\"animal\\"" color=blue];
  animal -> dog -> "bull dog" [label="is"]
  edge [label=has]
  dog -> ear;
}
"""


def test_the_parts_of_a_graph_are_read():
    graph = dot.parse(TEXT)
    assert (graph.name, graph.is_directed, graph.attributes) == ("my zoo", True, {"rankdir": "LR"})
    assert graph.nodes[0] == Node(
        "animal", {"color": "blue", "size": "200", "label": 'An "animal"'}
    )
    assert [node.identifier for node in graph.nodes] == ["animal", "dog", "bull dog", "ear"]
    assert graph.edges == (
        Edge("animal", "dog", {"label": "is"}),
        Edge("dog", "bull dog", {"label": "is"}),
        Edge("dog", "ear", {"label": "has"}),
    )
    assert graph.below("animal") == ["animal", "dog", "bull dog", "ear"]
    assert graph.below("ear") == ["ear"]
    assert graph.below("cat") == []


def test_circles_and_undirected_edges_end():
    circle = dot.parse("digraph { a -> b -> a; b -> c }")
    assert circle.below("a") == ["a", "b", "c"]
    plain = dot.parse("graph { a -- b; c -- b }")
    assert (plain.is_directed, plain.below("a")) == (False, ["a", "b", "c"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: expected graph or digraph, not 'the end'"),
        ("tree {}", "line 1: expected graph or digraph, not 'tree'"),
        ("digraph {\n a -- b }", "line 2: expected '->', not '--'"),
        ("digraph { a", "line 1: expected a name, at 'the end'"),
        ("digraph {\n\n subgraph x { a } }", "line 3: subgraphs are not taken, at 'subgraph'"),
        ("digraph { a:n -> b }", "line 1: ports are not taken"),
        ("digraph { a [b] }", "line 1: expected '=', not ']'"),
        ("digraph { a [label=<b>] }", "line 1: expected a name, at '<'"),
        ("digraph { } x", "line 1: expected nothing more, not 'x'"),
        ('digraph { a [b="c] }', "line 1: cannot read '\"c] }'"),
        ("digraph { a -> }", "line 1: expected a name, at '}'"),
        ("digraph { ? }", "line 1: cannot read '? }'"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text, problem):
    with pytest.raises(Invalid) as raised:
        dot.parse(text)
    assert raised.value.fields == {"data": [problem]}


def test_there_is_an_end_to_what_is_taken():
    many = "digraph {" + ";".join(f"n{i}" for i in range(dot.MOST_NODES + 1)) + "}"
    with pytest.raises(Invalid, match="more than 5000 nodes"):
        dot.parse(many)
    with pytest.raises(Invalid, match="is larger than"):
        dot.parse("digraph {" + " " * dot.MOST_BYTES + "}")


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
attributes = st.dictionaries(names, names, max_size=2)
graphs = st.builds(
    lambda name, directed, ids, found, pairs: Graph(
        name,
        directed,
        {},
        tuple(Node(i, a) for i, a in zip(ids, found, strict=False)),
        tuple(
            Edge(ids[a % len(found)], ids[b % len(found)], kept) for a, b, kept in pairs if found
        ),
    ),
    names,
    st.booleans(),
    st.lists(names, min_size=4, max_size=4, unique=True),
    st.lists(attributes, max_size=4),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), attributes), max_size=4),
)


@settings(max_examples=60)
@given(graphs)
def test_what_is_written_reads_back(graph):
    assert dot.parse(dot.to_text(graph)) == graph


@settings(max_examples=100)
@given(st.text('digraph{}[]=->;,"\\ \nab', max_size=60))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(Invalid):
        dot.to_text(dot.parse(text))
