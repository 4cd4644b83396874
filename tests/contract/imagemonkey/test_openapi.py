"""The dialect's OpenAPI document is true: no operation answers what it does not say."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

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

from menagerie import app
from monkey_world import Monkey

# The other checks are off: odd parameters are passed over (spec 4, 5.2, 5.5), texts have rules that
# no schema says (vocabulary, queries), and a wrong method is 405 without being an operation.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 4


def operations(document: dict[str, Any]) -> Iterator[Any]:
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        yield result.ok()


def test_every_route_is_documented(monkey: Monkey):
    document = monkey.get("/openapi/imagemonkey.json").json()
    documented = {(m, path) for path, entries in document["paths"].items() for m in entries}
    mounted = sum(
        len(operation.paths)
        for door in app.dialects(monkey.library)
        if door.title == "ImageMonkey"
        for operation in door.operations
    )
    assert len(documented) == mounted
    for path, entries in document["paths"].items():
        for method, entry in entries.items():
            assert entry["summary"], (method, path)
            assert entry["responses"], (method, path)
            assert all(p["description"] for p in entry["parameters"]), (method, path)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("role", ["anonymous", "user"])
def test_no_operation_answers_what_is_not_documented(make_monkey, mode, role: str):
    monkey = make_monkey(crowd_rate=0)
    monkey.donate("banana", "user")
    tried = 0
    for operation in operations(monkey.get("/openapi/imagemonkey.json").json()):

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
            request = requests.Request(**case.as_transport_kwargs(base_url="http://test"))
            sent = request.prepare()
            answer = monkey.call(
                sent.method, sent.url, role, headers=dict(sent.headers), content=sent.body or b""
            )
            case.validate_response(answer, checks=CHECKS)

        # An operation without parameters cannot be called wrongly.
        with suppress(Unsatisfiable):
            check()
    assert tried > 100
