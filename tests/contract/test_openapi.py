"""The OpenAPI documents are true: schemathesis finds no operation that answers otherwise."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from booru_world import World
from menagerie import app

# What every operation must keep. The other checks are off for all of them, because the API itself
# breaks them: `negative_data_rejection` since unknown and odd parameters are ignored or read
# leniently (spec 1.1), `positive_data_acceptance` since texts such as ids and queries have rules
# that no schema says (spec 3.2, 0 row 21), `unsupported_method` since a wrong method is 404 (1.2).
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 6


def test_each_dialect_has_a_document_and_all_of_them_one(world: World):
    whole = world.client.get("/openapi.json").json()
    part = world.client.get("/openapi/philomena.json").json()
    assert whole["openapi"] == part["openapi"] == "3.1.0"
    assert whole["servers"] == [{"url": "http://test"}]
    # Shapes of several dialects that are called alike have longer names in the whole one.
    assert part["paths"].keys() <= whole["paths"].keys()
    schemes = whole["components"]["securitySchemes"]
    assert part["components"]["securitySchemes"].items() <= schemes.items()
    assert {scheme["type"] for scheme in schemes.values()} == {"apiKey", "http"}
    assert "/api/v1/json/images/{id}" in part["paths"]
    mounted = {(method, path) for path, entries in part["paths"].items() for method in entries}
    documented = sum(
        len(operation.paths)
        for door in app.dialects(world.library)
        if door.title == "Philomena"
        for operation in door.operations
    )
    assert len(mounted) == documented


def test_every_operation_says_how_it_may_end(world: World):
    document = world.client.get("/openapi.json").json()
    for path, entries in document["paths"].items():
        for method, entry in entries.items():
            assert entry["summary"], (method, path)
            assert entry["responses"], (method, path)
            for parameter in entry["parameters"]:
                assert parameter["schema"] == {"type": "string"}
                assert parameter["description"]


def operations(document: dict[str, Any]) -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(document)
    for result in schema.get_all_operations():
        yield result.ok()


def answer_of(world: World, case: Any, key: str | None) -> httpx.Response:
    if key is not None:
        case.query = {**(case.query or {}), "key": key}
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://test")).prepare()
    return world.client.request(
        sent.method, sent.url, headers=dict(sent.headers), content=sent.body or b""
    )


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("role", ["anonymous", "user"])
def test_no_operation_answers_what_is_not_documented(make_world, mode, role: str):
    board = make_world()
    document = board.client.get("/openapi/philomena.json").json()
    key = board.keys[role] or None
    tried = 0
    for operation in operations(document):

        @seed(1)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            nonlocal tried
            tried += 1
            answer = answer_of(board, case, key)
            case.validate_response(answer, checks=CHECKS)

        # An operation without parameters cannot be called wrongly.
        with suppress(Unsatisfiable):
            check()
    assert tried > 100
