"""Graphs as DOT writes them: the part of Graphviz's language that says what is linked to what.

Taken are `graph` and `digraph` with nodes, edges (also in chains), attributes and defaults of
them. Subgraphs, ports and HTML labels are not, since they only say how a picture looks.
"""

import itertools
import re
from collections.abc import Iterator, Mapping

import msgspec

from menagerie.errors import Invalid

MOST_BYTES = 256 * 1024
MOST_NODES = 5000
MOST_EDGES = 20_000


class Node(msgspec.Struct, frozen=True):
    """One node: the identifier that edges use, and its attributes."""

    identifier: str
    attributes: Mapping[str, str] = {}


class Edge(msgspec.Struct, frozen=True):
    """One edge between two identifiers, with its attributes."""

    source: str
    target: str
    attributes: Mapping[str, str] = {}


class Graph(msgspec.Struct, frozen=True):
    """A graph; the nodes are in the order they were first met, the edges as they stand."""

    name: str = ""
    is_directed: bool = True
    attributes: Mapping[str, str] = {}
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    def below(self, identifier: str) -> list[str]:
        """Return a node and all that its edges lead to, the nearest first, each once.

        Empty when there is no such node.
        """
        targets: dict[str, list[str]] = {node.identifier: [] for node in self.nodes}
        for edge in self.edges:
            targets[edge.source].append(edge.target)
            if not self.is_directed:
                targets[edge.target].append(edge.source)
        found = dict.fromkeys([identifier] if identifier in targets else [])
        waiting = list(found)
        for node in waiting:  # grows while it is walked
            fresh = [target for target in targets[node] if target not in found]
            found |= dict.fromkeys(fresh)
            waiting.extend(dict.fromkeys(fresh))
        return list(found)


# Writing.

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_KEYWORDS = frozenset({"graph", "digraph", "node", "edge", "strict", "subgraph"})


def to_text(graph: Graph) -> str:
    """Write a graph as DOT; `parse` reads it back.

    >>> print(to_text(Graph("g", nodes=(Node("a", {"label": "A b"}),))))
    digraph g {
      a [label="A b"];
    }
    <BLANKLINE>
    """
    head = f"{'digraph' if graph.is_directed else 'graph'} {_id(graph.name)}".rstrip()
    arrow = "->" if graph.is_directed else "--"
    lines = [f"{_id(name)}={_quoted(value)};" for name, value in graph.attributes.items()]
    lines += [f"{_id(node.identifier)}{_attributes(node.attributes)};" for node in graph.nodes]
    lines += [
        f"{_id(edge.source)} {arrow} {_id(edge.target)}{_attributes(edge.attributes)};"
        for edge in graph.edges
    ]
    return "\n".join([head + " {", *("  " + line for line in lines), "}", ""])


def _id(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _KEYWORDS
    return text if is_plain or not text else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _attributes(attributes: Mapping[str, str]) -> str:
    if not attributes:
        return ""
    return " [" + ", ".join(f"{_id(n)}={_quoted(v)}" for n, v in attributes.items()) + "]"


# Reading.

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/)
    |(?P<arrow>->|--)
    |(?P<mark>[{}\[\]=;,:+<>])
    |(?P<id>[^\W\d]\w*|-?(?:\.\d+|\d+(?:\.\d*)?))
    |"(?P<text>(?:[^"\\]|\\.)*)"
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r'\\(\\|"|\n)')


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    line: int

    @property
    def keyword(self) -> str:
        """The keyword that this is, in lower case, or nothing."""
        return self.text.lower() if self.kind == "id" else ""


def _invalid(line: int, problem: str) -> Invalid:
    return Invalid({"data": [f"line {line}: {problem}"]})


def _tokens(text: str) -> Iterator[_Token]:
    place, line = 0, 1
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _invalid(line, f"cannot read {text[place : place + 10]!r}")
        kind = match.lastgroup or ""
        if kind == "text":
            inside = _ESCAPED.sub(lambda m: "" if m[1] == "\n" else m[1], match["text"])
            yield _Token(kind, inside, line)
        elif kind != "space":
            yield _Token(kind, match.group(), line)
        line += match.group().count("\n")
        place = match.end()
    yield _Token("end", "the end", line)


def parse(text: str) -> Graph:
    """Read DOT. Raises Invalid (`data`) that names the line, also for more than we take."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise Invalid({"data": [f"is larger than {MOST_BYTES} bytes"]})
    return _Parser(text).graph()


class _Parser:
    """Reads one text, a statement at a time."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0
        self._arrow = "->"
        self._defaults: dict[str, dict[str, str]] = {"graph": {}, "node": {}, "edge": {}}
        self._nodes: dict[str, dict[str, str]] = {}
        self._edges: list[Edge] = []

    def graph(self) -> Graph:
        """Read the whole graph."""
        if self._next.keyword == "strict":
            self._take()
        kind = self._take()
        if kind.keyword not in {"graph", "digraph"}:
            raise _invalid(kind.line, f"expected graph or digraph, not {kind.text!r}")
        self._arrow = "->" if kind.keyword == "digraph" else "--"
        name = self._take().text if self._next.kind in {"id", "text"} else ""
        self._expect("{")
        while not self._is("}"):
            self._statement()
            if self._is(";"):
                self._take()
        self._expect("}")
        if self._next.kind != "end":
            raise _invalid(self._next.line, f"expected nothing more, not {self._next.text!r}")
        nodes = tuple(Node(name, attributes) for name, attributes in self._nodes.items())
        attributes = self._defaults["graph"]
        return Graph(name, self._arrow == "->", attributes, nodes, tuple(self._edges))

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _is(self, mark: str) -> bool:
        return self._next.kind in {"mark", "arrow"} and self._next.text == mark

    def _take(self) -> _Token:
        token = self._next
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def _expect(self, mark: str) -> None:
        if not self._is(mark):
            raise _invalid(self._next.line, f"expected {mark!r}, not {self._next.text!r}")
        self._take()

    def _identifier(self) -> str:
        token = self._take()
        if token.kind not in {"id", "text"} or token.keyword in _KEYWORDS:
            what = "subgraphs are not taken" if token.keyword == "subgraph" else "expected a name"
            raise _invalid(token.line, f"{what}, at {token.text!r}")
        if self._is(":"):
            raise _invalid(self._next.line, "ports are not taken")
        return token.text

    def _statement(self) -> None:
        if self._next.keyword in self._defaults:
            self._defaults[self._take().keyword].update(self._attributes())
            return
        line = self._next.line
        first = self._identifier()
        if self._is("="):
            self._take()
            self._defaults["graph"][first] = self._identifier()
            return
        chain = [first]
        while self._next.kind == "arrow":
            self._expect(self._arrow)
            chain.append(self._identifier())
        attributes = self._attributes()
        for name in chain:
            self._nodes.setdefault(name, dict(self._defaults["node"]))
        if len(chain) == 1:
            self._nodes[first].update(attributes)
        edge = {**self._defaults["edge"], **attributes}
        self._edges += [Edge(a, b, edge) for a, b in itertools.pairwise(chain)]
        if len(self._nodes) > MOST_NODES or len(self._edges) > MOST_EDGES:
            raise _invalid(line, f"more than {MOST_NODES} nodes or {MOST_EDGES} edges")

    def _attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while self._is("["):
            self._take()
            while not self._is("]"):
                name = self._identifier()
                self._expect("=")
                found[name] = self._identifier()
                if self._is(",") or self._is(";"):
                    self._take()
            self._take()
        return found
