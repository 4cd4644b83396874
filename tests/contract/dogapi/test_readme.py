"""The dialect's README lists exactly the routes that are mounted."""

import re
from pathlib import Path

from dog_world import Kennel
from menagerie import app
from menagerie.dialects import dogapi

README = Path(dogapi.__file__).with_name("README.md")
STATE = r"full|partial: .+|absent: .+"
ROW = re.compile(rf"^\| ([A-Z]+) \| (/\S*) \| ({STATE}) \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = ROW.findall(README.read_text())
    return found


def test_the_table_of_routes_is_true(kennel: Kennel):
    listed = {(method, path): state for method, path, state in rows()}
    mounted = {
        (operation.method, re.sub(r"\{(\w+):\w+\}", r":\1", path))
        for door in app.dialects(kennel.library)
        if door.title == "TheDogAPI"
        for operation in door.operations
        for path in operation.paths
    }
    assert {route for route, state in listed.items() if "absent" not in state} == mounted


def test_absent_routes_answer_as_what_is_not_there(kennel: Kennel):
    absent = [(method, path) for method, path, state in rows() if state.startswith("absent")]
    assert absent
    for method, path in absent:
        answer = kennel.call(method, re.sub(r":\w+", "1", path), "admin", root=True)
        assert (path, answer.status_code, answer.json()["statusCode"]) == (path, 404, 404)


def test_every_setting_it_names_is_one(kennel: Kennel):
    text = README.read_text()
    named = re.search(r"All paths are below.*?\n\n", text, re.DOTALL)
    assert named is not None
    for name in re.findall(r"`([a-z_]+)`", named.group()):
        if name.startswith("dogapi_"):
            kennel.library.settings.text(name)
        else:
            assert hasattr(kennel.library.settings, name), name
