import pytest

from menagerie.core import dot, label_graph, words
from menagerie.errors import Invalid
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import WordKind


def word(library, name):
    with library.writing(SYSTEM) as tx:
        found = words.vocabulary(tx).by_name(name)
        return found or words.add(tx, name, kind=WordKind.NORMAL)


def graph(library, name="main"):
    with library.reading(ANONYMOUS) as tx:
        return label_graph.get(tx, name)


def test_vehicles_are_found_with_all_their_kinds(library):
    car, bus = word(library, "car"), word(library, "bus")
    query = label_graph.query(graph(library), "vehicle")
    assert {car.key, bus.key} <= set(query.split(" | "))
    assert label_graph.query(graph(library), "car") == car.key


def test_a_new_word_takes_its_place_at_once(library):
    before = graph(library)
    assert graph(library) is before
    name = next(
        node.attributes["label"]
        for node in before.graph.nodes
        if "id" not in node.attributes and node.identifier != "animal"
    )
    added = word(library, name)
    query = label_graph.query(graph(library), label_graph.identifier_of(name))
    assert query.split(" | ")[0] == added.key


def test_there_are_no_circles_and_every_name_reads_back(library):
    main = graph(library).graph
    above: dict[str, set[str]] = {node.identifier: set() for node in main.nodes}
    for edge in main.edges:
        above[edge.target].add(edge.source)
    for node in main.nodes:
        below = main.below(node.identifier)
        assert not above[node.identifier] & set(below)
    assert dot.parse(dot.to_text(main)) == main


def test_what_is_no_graph_or_node_is_said(library):
    with pytest.raises(Invalid, match="'other' is no graph; there is main"):
        graph(library, "other")
    with pytest.raises(Invalid, match="must be a node of main, which 'unicorn' is not"):
        label_graph.query(graph(library), "unicorn")


def test_a_graph_somebody_wrote_is_tied_to_the_vocabulary(library):
    car = word(library, "car")
    with library.reading(ANONYMOUS) as tx:
        known = label_graph.evaluate(tx, 'digraph { a [label=car]; b [label=car, id="own"] a -> b}')
        assert [node.attributes["id"] for node in known.graph.nodes] == [car.key, "own"]
        assert label_graph.query(known, "a") == f"{car.key} | own"
        with pytest.raises(Invalid):
            label_graph.evaluate(tx, "digraph {")


def test_every_word_that_comes_with_the_program_is_a_kind_of_something(library):
    main = graph(library).graph
    known = {node.attributes.get("id") for node in main.nodes}
    with library.reading(ANONYMOUS) as tx:
        book = words.vocabulary(tx)
    missing = [w.name for w in book.labels if w.kind == WordKind.NORMAL and w.key not in known]
    assert missing == []
