"""The dialect's README lists exactly the routes that are mounted."""

import re
from pathlib import Path

from menagerie import app
from menagerie.dialects import imagemonkey
from monkey_world import Monkey

README = Path(imagemonkey.__file__).with_name("README.md")
STATE = r"full|partial: .+|absent: .+|extension(?:: .+)?"
ROW = re.compile(rf"^\| ([A-Z]+) \| (/\S*) \| ({STATE}) \|$", re.MULTILINE)


def test_the_table_of_routes_is_true(monkey: Monkey):
    listed = {(method, path): state for method, path, state in ROW.findall(README.read_text())}
    mounted = {
        (operation.method, re.sub(r"\{(\w+):\w+\}", r":\1", path))
        for door in app.dialects(monkey.library)
        if door.title == "ImageMonkey"
        for operation in door.operations
        for path in operation.paths
    }
    assert {route for route, state in listed.items() if "absent" not in state} == mounted


def test_absent_routes_answer_as_what_is_not_there(monkey: Monkey):
    listed = ROW.findall(README.read_text())
    absent = [(method, path) for method, path, state in listed if state.startswith("absent")]
    assert absent
    for method, path in absent:
        answer = monkey.call(method, re.sub(r":\w+", "1", path), "admin")
        assert (path, answer.status_code, answer.json()["code"]) == (path, 404, "not_found")


def test_every_setting_it_names_is_one(monkey: Monkey):
    named = re.search(r"Other settings.*?\n\n", README.read_text(), re.DOTALL)
    assert named is not None
    for name in re.findall(r"`(\w+)`", named.group()):
        assert hasattr(monkey.library.settings, name), name
