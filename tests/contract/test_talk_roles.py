"""Who gets what: every route about people, talk and keeping order, by every role."""

import re
from collections.abc import Callable
from typing import Any

import pytest

import openapi_run
from booru_talk import ROLES, SETTINGS, Talk, talk
from booru_world import API
from talk_roles import READS, WRITES


@pytest.fixture(scope="module")
def board(make_world) -> Talk:
    return talk(make_world(is_empty=True, **SETTINGS))


@pytest.fixture(scope="module")
def call(board: Talk) -> Callable[..., int]:
    """Call a route, check that the answer is as its document says, and return the status."""
    document = board.client.get("/openapi/philomena.json").json()
    known = [
        (one.method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", one.path)), one)
        for one in openapi_run.operations(document)
    ]
    # Fixed names, such as `search`, before parameters.
    known.sort(key=lambda entry: entry[1].pattern.count("[^/]+"))

    def call(method: str, path: str, role: str, **options: Any) -> int:
        answer = board.call(method, path, role, **options)
        plain = API + path.partition("?")[0]
        operation = next(o for m, p, o in known if m == method and p.fullmatch(plain))
        assert str(answer.status_code) in operation.definition.raw["responses"], (method, path)
        operation.validate_response(answer)
        return answer.status_code

    return call


def test_reading_by_every_role(board: Talk, call: Callable[..., int]):
    wrong = {}
    for path, statuses in READS.items():
        filled = path.format(**board.ids)
        found = tuple(call("GET", filled, role) for role in ROLES)
        if found != statuses:
            wrong[path] = found
    assert wrong == {}


@pytest.mark.slow
def test_writing_by_every_role(board: Talk, call: Callable[..., int]):
    wrong = {}
    for number, (method, path, statuses, body, late) in enumerate(WRITES):
        filled, sent = path.format(**board.ids), _filled(body, board)
        ranks = [late.index(status) + 1 if status in late else 0 for status in statuses]
        order = sorted(range(len(ROLES)), key=ranks.__getitem__)
        found = {n: call(method, filled, ROLES[n], json=sent) for n in order}
        if tuple(found[n] for n in range(len(ROLES))) != statuses:
            wrong[number, method, path] = tuple(found[n] for n in range(len(ROLES)))
    assert not wrong, list(wrong.items())


def _filled(body: Any, board: Talk) -> Any:
    """Put ids in for names in braces, however deep."""
    if isinstance(body, dict):
        return {key: _filled(value, board) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, board) for value in body]
    return body.format(**board.ids) if isinstance(body, str) else body
