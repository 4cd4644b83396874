"""What holds for every OpenAPI document: it is complete, and answers are as it says.

Schemathesis makes up the calls, right ones and wrong ones.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

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
from menagerie.library import Library

# What every operation must keep. The other checks are off; each caller says why.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


def check_complete(document: dict[str, Any], library: Library, title: str) -> None:
    """Check that every operation of the dialect is in its document, in words."""
    documented = {(m, path) for path, entries in document["paths"].items() for m in entries}
    mounted = sum(
        len(operation.paths)
        for door in app.dialects(library)
        if door.title == title
        for operation in door.operations
        if operation.is_documented
    )
    assert len(documented) == mounted
    for path, entries in document["paths"].items():
        for method, entry in entries.items():
            assert entry["summary"], (method, path)
            assert entry["responses"], (method, path)
            assert all(p["description"] for p in entry["parameters"]), (method, path)


def _nothing(_method: str, _path: str) -> Mapping[str, str]:
    return {}


def operations(document: dict[str, Any]) -> list[Any]:
    """Return each operation of the document; what takes things away comes last, parts first."""
    found = [one.ok() for one in schemathesis.openapi.from_dict(document).get_all_operations()]
    return sorted(found, key=lambda one: (one.method == "delete", -one.path.count("/")))


def run(
    document: dict[str, Any],
    calls: Sequence[Callable[..., Any]],
    *,
    mode: GenerationMode,
    examples: int,
    without: tuple[str, ...] = (),
    known: Callable[[str, str], Mapping[str, str]] = _nothing,
) -> set[tuple[str, str]]:
    """Call each operation `examples` times; all answers must be such as the document says.

    To make a call up takes longer than to answer it, so each is made in every one of the ways
    `calls`, which take method, address, headers and content: by people of different roles.
    Operations are left out if their path ends with one of `without`. Made up ids are of nothing, so
    where `known` gives the parameters of a path that exists, each call is made of that one besides.
    Returns the operations, as method and path, that could do what they were asked once at least.
    """
    tried = 0
    done: set[tuple[str, str]] = set()
    for operation in operations(document):
        if operation.path.endswith(without):
            continue

        @seed(1)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            nonlocal tried
            tried += 1
            ask(case)
            if there := known(case.method, case.path):
                case.path_parameters = {**case.path_parameters, **there}
                # A made up key would stand beside that of the caller.
                case.query = {n: v for n, v in (case.query or {}).items() if n != "key"}
                ask(case)

        def ask(case: Any) -> None:
            sent = requests.Request(**case.as_transport_kwargs(base_url="http://test")).prepare()
            headers, content = dict(sent.headers), sent.body or b""
            for call in calls:
                answer = call(sent.method, sent.url, headers=headers, content=content)
                case.validate_response(answer, checks=CHECKS)
                if answer.status_code < 300:
                    done.add((case.method, case.path))

        # An operation without parameters cannot be called wrongly.
        with suppress(Unsatisfiable):
            check()
    assert tried > 100
    return done
