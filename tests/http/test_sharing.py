"""Paths that several doors have, prefixes with a gap, answers that are waited for."""

from collections.abc import Iterator

import pytest

from inprocess import Client
from menagerie.http import answers, edge
from menagerie.http.answers import Answer, Waiting
from menagerie.http.call import Call
from menagerie.http.routing import Door, Mounting, Operation, Runs


def named(name: str):
    return lambda call: answers.text(f"{name} {sorted(call.scope['path_params'].items())}")


def gone(name: str):
    return {Exception: lambda error, _c: answers.text(f"{name} {type(error).__name__}", 404)}


polled: list[bool] = []


def wait(call: Call) -> Waiting:
    wanted = int(call.text("polls", "3"))
    polled.clear()

    def poll(is_last: bool) -> Answer | None:  # noqa: FBT001 - what `Waiting` calls
        polled.append(is_last)
        if call.text("fails"):
            raise ValueError("a secret")
        return answers.text("there") if is_last or len(polled) == wanted else None

    return Waiting(poll, timeout_s=float(call.text("s", "5")), every_s=0.01)


def finish(call: Call, answer: Answer) -> Answer:
    return answer.add("x-finished", call.path)


PAGES = Door("pages", ("/",), [
    Operation("GET", ("/shared/{page:str}",), named("page"), Runs.EXECUTOR),
    Operation("GET", ("/shared/{page:str}/more",), named("more"), Runs.EXECUTOR),
], gone("pages"))  # fmt: skip
FILES = Door("files", ("/shared/*.*",), [
    Operation("GET", ("/shared/{file:str}",), named("file"), Runs.INLINE),
], gone("files"), finish=finish)  # fmt: skip
OLD = Door("old", ("/api/things", "/api/things/*/details"), [
    Operation("GET", ("/api/things/{key:str}/details",), named("old"), Runs.INLINE),
], gone("old"))  # fmt: skip
NEW = Door("new", ("/api", "/api/things"), [
    Operation("GET", ("/api/things/{id:str}",), named("new"), Runs.INLINE),
    Operation("GET", ("/api/things/{id:str}/status",), named("status"), Runs.INLINE),
    Operation("POST", ("/api/things/upload",), wait, Runs.EXECUTOR),
], gone("new"), finish=finish)  # fmt: skip


@pytest.fixture
def client(library) -> Iterator[Client]:
    client = Client(edge.application(library, [PAGES, FILES, OLD, NEW], None))
    yield client
    client.close()


def test_a_shared_path_is_answered_by_the_door_whose_prefix_it_has(client):
    assert client.get("/shared/7").text == "page [('page', '7')]"
    assert client.get("/shared/7.jpg").text == "file [('file', '7.jpg')]"
    assert client.get("/shared/7.jpg").headers["x-finished"] == "/shared/7.jpg"
    assert "x-finished" not in client.get("/shared/7").headers
    assert client.request("HEAD", "/shared/7.jpg").status_code == 200
    assert client.get("/shared/7/more").text == "more [('page', '7')]"


def test_of_equal_prefixes_the_later_door_has_them_and_gaps_are_longer(client):
    assert client.get("/api/things/7").text == "new [('id', '7')]"
    assert client.get("/api/things/7/status").text == "status [('id', '7')]"
    assert client.get("/api/things/7/details").text == "old [('key', '7')]"
    assert client.get("/api/things/7/details/x").text == "old NotFound"
    assert client.get("/api/things/7/none").text == "new NotFound"
    assert client.get("/api/other").text == "new NotFound"
    assert client.get("/api/other").headers["x-finished"] == "/api/other"
    assert client.get("/api/things/upload").text == "new WrongMethod"


def test_without_the_later_door_the_other_has_its_prefix(library):
    client = Client(edge.application(library, [PAGES, OLD], None))
    assert client.get("/api/things/7").text == "old NotFound"
    client.close()


def test_a_path_is_not_twice_in_one_door(library):
    twice = OLD._replace(operations=[*OLD.operations, *OLD.operations])
    mounting = Mounting(library, [twice])
    with pytest.raises(ValueError, match="is twice in one door"):
        mounting.handlers()
    mounting.close()


def test_an_answer_may_be_waited_for(client):
    assert client.post("/api/things/upload").text == "there"
    assert polled == [False, False, False]
    assert client.post("/api/things/upload?polls=99&s=0.05").text == "there"
    assert polled[-1] is True
    assert 1 < len(polled) < 9
    failed = client.post("/api/things/upload?fails=1")
    assert (failed.text, failed.headers["x-finished"]) == ("new ValueError", "/api/things/upload")
