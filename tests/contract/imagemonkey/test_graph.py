"""Graphs of labels."""

import base64

import pytest

import crowd_golden
from menagerie.core import words
from menagerie.library import SYSTEM
from monkey_world import Monkey

MAIN = "/v1/label/graph/main"
EVALUATE = "/v1/label/graph-editor/evaluate"


def encoded(text: str) -> dict[str, str]:
    return {"data": base64.b64encode(text.encode()).decode()}


def test_the_main_graph_is_drawn(monkey: Monkey):
    said = monkey.get(MAIN).json()
    assert said["metadata"]["name"] == "main"
    nodes = {node["identifier"]: node for node in said["graph"]["nodes"]}
    assert nodes["dog"] | {"id": 0, "uuid": ""} == {
        "id": 0, "identifier": "dog", "name": "dog", "size": "100", "fontsize": "14",
        "color": "", "uuid": "", "onhover": "", "image": "",
    }  # fmt: skip
    assert nodes["dog"]["uuid"]
    assert [node["id"] for node in said["graph"]["nodes"]] == list(range(len(nodes)))
    link = said["graph"]["links"][0]
    assert set(link) == {"source", "target", "label", "distance", "fontsize", "directed"}


def test_its_definition_draws_the_same(monkey: Monkey):
    definition = monkey.get(MAIN + "/definition").json()["definition"]
    assert definition.startswith("digraph main {")
    again = monkey.post(EVALUATE, json=encoded(definition)).json()
    assert again["graph"] == monkey.get(MAIN).json()["graph"]


def test_a_query_finds_all_kinds_of_a_thing(monkey: Monkey):
    monkey.donate("car")
    query = monkey.get(MAIN + "/query-builder?identifier=vehicle").json()["query"]
    with monkey.library.reading(SYSTEM) as tx:
        car = words.vocabulary(tx).by_name("car")
    assert car.key in query.split(" | ")
    assert len(monkey.get("/v1/export", params={"query": query}).json()) == 1


def test_a_graph_of_ones_own_is_tried_out(monkey: Monkey):
    text = 'digraph mine { a [label="car", color=red]; b [URL="see"]; a -> b [label=is]; }'
    crowd_golden.check("graph", monkey.post(EVALUATE, json=encoded(text)))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (encoded("digraph {"), 422),
        ({"data": "no base64"}, 422),
        ({}, 422),
        (encoded("digraph {" + "a->b;" * 30_000 + "}"), 422),
    ],
)
def test_what_is_no_graph_is_refused(monkey: Monkey, sent, status):
    answer = monkey.post(EVALUATE, json=sent)
    assert answer.status_code == status
    assert "error" in answer.json()


def test_unknown_names_are_422(monkey: Monkey):
    for path in ("/v1/label/graph/other", "/v1/label/graph/other/definition"):
        assert monkey.get(path).status_code == 422
    for query in ("", "?identifier=unicorn"):
        assert monkey.get(f"{MAIN}/query-builder{query}").status_code == 422
