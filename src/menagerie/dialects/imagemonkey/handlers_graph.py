"""Graphs of labels: what is a kind of what, to look at, to try out, and as queries."""

import base64
import binascii

from menagerie.core import dot, label_graph
from menagerie.dialects.imagemonkey import shapes_crowd as shapes
from menagerie.dialects.imagemonkey import site
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library

_NAME = Parameter("name", "Name of the graph: main.", "path", "main")


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about graphs."""
    graph = Outcome(200, "Nodes and edges.", shapes.GraphShape)
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/label/graph/{name:str}"),
            _show,
            Runs.EXECUTOR,
            summary="A graph of labels, to draw.",
            parameters=(_NAME,),
            outcomes=(graph, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/label/graph/{name:str}/definition"),
            _define,
            Runs.EXECUTOR,
            summary="A graph of labels as DOT.",
            parameters=(_NAME,),
            outcomes=(Outcome(200, "The text.", shapes.DefinitionShape), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/label/graph/{name:str}/query-builder"),
            _build_query,
            Runs.EXECUTOR,
            summary="The query of a node and all that is a kind of it.",
            parameters=(_NAME, Parameter("identifier", "The node.", example="vehicle")),
            outcomes=(Outcome(200, "The query.", shapes.QueryShape), *site.READS),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/label/graph-editor/evaluate"),
            _evaluate,
            Runs.EXECUTOR,
            summary="A graph that somebody wrote as DOT, to draw.",
            parameters=(Parameter("data", "The DOT text in base64.", "form"),),
            outcomes=(graph, *site.WRITES),
        ),
    )


def _show(call: Call) -> Answer:
    """GET /v1/label/graph/:name."""
    with call.reading() as tx:
        return answers.json(shapes.graph(label_graph.get(tx, call.text("name"))))


def _define(call: Call) -> Answer:
    """GET /v1/label/graph/:name/definition."""
    with call.reading() as tx:
        known = label_graph.get(tx, call.text("name"))
    return answers.json(shapes.DefinitionShape(dot.to_text(known.graph)))


def _build_query(call: Call) -> Answer:
    """GET /v1/label/graph/:name/query-builder."""
    with call.reading() as tx:
        known = label_graph.get(tx, call.text("name"))
    return answers.json(shapes.QueryShape(label_graph.query(known, call.text("identifier"))))


def _evaluate(call: Call) -> Answer:
    """POST /v1/label/graph-editor/evaluate."""
    site.crowd_limit(call)
    encoded = as_text(site.sent_fields(call, "data").get("data"))
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        raise Invalid({"data": ["must be text in base64"]}) from None
    with call.reading() as tx:
        return answers.json(shapes.graph(label_graph.evaluate(tx, text)))
