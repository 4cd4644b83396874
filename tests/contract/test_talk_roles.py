"""Who gets what: every route about people, talk and keeping order, by every role."""

from typing import Any

import pytest

from booru_talk import ROLES, SETTINGS, Talk, talk
from talk_roles import READS, WRITES


@pytest.fixture(scope="module")
def board(make_world) -> Talk:
    return talk(make_world(is_empty=True, **SETTINGS))


def test_reading_by_every_role(board: Talk):
    wrong = {}
    for path, statuses in READS.items():
        filled = path.format(**board.ids)
        found = tuple(board.get(filled, role).status_code for role in ROLES)
        if found != statuses:
            wrong[path] = found
    assert wrong == {}


@pytest.mark.slow
def test_writing_by_every_role(board: Talk):
    wrong = {}
    for number, (method, path, statuses, body, late) in enumerate(WRITES):
        filled, sent = path.format(**board.ids), _filled(body, board)
        ranks = [late.index(status) + 1 if status in late else 0 for status in statuses]
        order = sorted(range(len(ROLES)), key=ranks.__getitem__)
        found = {n: board.call(method, filled, ROLES[n], json=sent).status_code for n in order}
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
