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

from dog_world import Kennel
from menagerie import app

# The other checks are off: unknown and odd parameters are passed over (spec 1.1), texts have rules
# that no schema says (ids, names of breeds), and a wrong method is 405 without being an operation.
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


def test_every_route_is_documented(kennel: Kennel):
    document = kennel.get("/openapi-json", root=True).json()
    assert document["servers"] == [{"url": "http://test"}]
    assert document["paths"] == kennel.get("/openapi/thedogapi.json", root=True).json()["paths"]
    documented = {(m, path) for path, entries in document["paths"].items() for m in entries}
    mounted = sum(
        len(operation.paths)
        for door in app.dialects(kennel.library)
        if door.title == "TheDogAPI"
        for operation in door.operations
        if operation.is_documented
    )
    assert len(documented) == mounted
    for path, entries in document["paths"].items():
        for method, entry in entries.items():
            assert entry["summary"], (method, path)
            assert entry["responses"], (method, path)
            assert all(p["description"] for p in entry["parameters"]), (method, path)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("role", ["anonymous", "user", "admin"])
def test_no_operation_answers_what_is_not_documented(make_kennel, mode, role: str):
    kennel = make_kennel()
    kennel.put("safe, dog, breed:pug")
    tried = 0
    for operation in operations(kennel.get("/openapi-json", root=True).json()):
        # Nobody waits a minute for a picture that no worker looks at.
        if operation.path.endswith("upload-sync"):
            continue

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
            answer = kennel.call(
                sent.method, sent.url, role, headers=dict(sent.headers), content=sent.body or b""
            )
            case.validate_response(answer, checks=CHECKS)

        # An operation without parameters cannot be called wrongly.
        with suppress(Unsatisfiable):
            check()
    assert tried > 100
