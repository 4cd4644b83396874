"""The dialect's README lists exactly the routes that are mounted."""

import re
from pathlib import Path

from booru_world import World
from menagerie import app
from menagerie.dialects import philomena

README = Path(philomena.__file__).with_name("README.md")
ROW = re.compile(r"^\| ([A-Z]+) \| (/\S*) \| (full|partial: .+|absent|extension) \|$", re.MULTILINE)


def test_the_table_of_routes_is_true(world: World):
    listed = {(method, path): state for method, path, state in ROW.findall(README.read_text())}
    mounted = {
        (operation.method, re.sub(r"\{(\w+):\w+\}", r":\1", path))
        for door in app.dialects(world.library)
        if door.title == "Philomena"
        for operation in door.operations
        for path in operation.paths
    }
    assert {route for route, state in listed.items() if state != "absent"} == mounted


def test_absent_routes_answer_as_the_api_does(world: World):
    listed = ROW.findall(README.read_text())
    for method, path in ((m, path) for m, path, state in listed if state == "absent"):
        answer = world.call(method, re.sub(r":\w+", "1", path) + "?q=*")
        assert (answer.status_code, answer.json()) == (404, {"error": "Not found"})
