"""Label graphs: which label is a kind of which, so that `vehicle` finds cars.

The graphs come with the program as outlines, in which a line is a kind of the nearest line above
it that is indented less. A node is tied to the word of the vocabulary with its name, if there is
one; the others only hold the graph together.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

import menagerie.data
from menagerie.core import dot, words
from menagerie.core.dot import Edge, Graph, Node
from menagerie.core.words import Vocabulary
from menagerie.errors import Invalid
from menagerie.library import Tx

FOLDER = Path(menagerie.data.__file__).parent / "label_graphs"
_NOT_IN_IDENTIFIERS = re.compile(r"\W+")


class About(msgspec.Struct, frozen=True):
    """What a graph is, and who says so."""

    name: str
    description: str
    author: str
    homepage: str = ""


GRAPHS: Mapping[str, About] = {
    "main": About("main", "What is a kind of what: living things and made ones.", "Menagerie"),
}
"""The graphs there are, by name."""


class Known(msgspec.Struct, frozen=True):
    """A graph whose nodes carry the UUIDs of the words they stand for, as `id`."""

    about: About
    graph: Graph


def get(tx: Tx, name: str) -> Known:
    """Return a graph, tied to the vocabulary of now. Raises Invalid (`graph`) for another name."""
    about = GRAPHS.get(name)
    if about is None:
        raise Invalid({"graph": [f"{name!r} is no graph; there is {', '.join(GRAPHS)}"]})
    vocabulary = words.vocabulary(tx)
    kept: tuple[Vocabulary, Known] | None = tx.library.caches.get(f"label graph {name}")
    if kept is not None and kept[0] is vocabulary:
        return kept[1]
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    known = Known(about, tied(from_outline(name, text), vocabulary))
    tx.library.caches[f"label graph {name}"] = vocabulary, known
    return known


def from_outline(name: str, text: str) -> Graph:
    r"""Return the graph of an outline; a name that stands in two places is one node.

    >>> graph = from_outline("g", "animal\n  big dog\n  cat\n")
    >>> [(edge.source, edge.target) for edge in graph.edges]
    [('animal', 'big_dog'), ('animal', 'cat')]
    """
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}
    above: list[tuple[int, str]] = []
    for indent, label in _lines(text):
        identifier = identifier_of(label)
        nodes.setdefault(identifier, Node(identifier, {"label": label}))
        while above and above[-1][0] >= indent:
            above.pop()
        if above:
            edges.setdefault((above[-1][1], identifier), Edge(above[-1][1], identifier))
        above.append((indent, identifier))
    return Graph(name, nodes=tuple(nodes.values()), edges=tuple(edges.values()))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for line in text.splitlines():
        label = line.strip()
        if label and not label.startswith("#"):
            yield len(line) - len(line.lstrip()), label


def identifier_of(label: str) -> str:
    """Return what a node is called in a graph.

    >>> identifier_of("tennis ball"), identifier_of("TV")
    ('tennis_ball', 'tv')
    """
    return _NOT_IN_IDENTIFIERS.sub("_", label.lower()).strip("_") or "_"


def tied(graph: Graph, vocabulary: Vocabulary) -> Graph:
    """Return the graph with the UUID of a word as `id` of each node that has a word's name."""

    def node(old: Node) -> Node:
        word = vocabulary.by_display(old.attributes.get("label", ""))
        return old if word is None else Node(old.identifier, {**old.attributes, "id": word.key})

    return msgspec.structs.replace(graph, nodes=tuple(map(node, graph.nodes)))


def query(known: Known, identifier: str) -> str:
    """Return the query of labels, by UUID, for a node and all that is a kind of it.

    Empty when no word stands for any of them. Raises Invalid (`identifier`) for no node.
    """
    keys = {node.identifier: node.attributes.get("id", "") for node in known.graph.nodes}
    below = known.graph.below(identifier)
    if not below:
        raise Invalid(
            {"identifier": [f"must be a node of {known.about.name}, which {identifier!r} is not"]}
        )
    return " | ".join(keys[node] for node in below if keys[node])


def evaluate(tx: Tx, text: str) -> Known:
    """Return a graph that somebody wrote as DOT, its nodes as they say.

    A node without an `id` gets that of the word with its label. Raises Invalid (`data`).
    """
    graph = dot.parse(text)
    vocabulary = words.vocabulary(tx)
    own = {node.identifier: node for node in graph.nodes if node.attributes.get("id")}
    nodes = tuple(own.get(node.identifier, node) for node in tied(graph, vocabulary).nodes)
    return Known(About(graph.name, "", ""), msgspec.structs.replace(graph, nodes=nodes))
