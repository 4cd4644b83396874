"""An application with a few doors of its own, on a real library."""

import errno
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inprocess import Client
from menagerie.errors import Forbidden, MenagerieError, NotFound, TooLarge
from menagerie.http import answers, edge, media, system
from menagerie.http.answers import Answer
from menagerie.http.call import Call, WrongMethod
from menagerie.http.metrics import Metrics
from menagerie.http.parameters import Malformed
from menagerie.http.routing import Door, Operation, Runs

BLOB = "originals/ab/cd/" + "ab" * 64
ERRORS = {
    NotFound: lambda _e, call: answers.text(f"no {call.path}", 404),
    Forbidden: lambda _e, _c: answers.text("", 403),
    WrongMethod: lambda e, _c: answers.text("method", 405, headers=[("allow", e.allowed)]),
    Malformed: lambda _e, _c: answers.text("malformed", 400),
    TooLarge: lambda _e, _c: answers.text("large", 413),
    MenagerieError: lambda e, _c: answers.text(e.code, 418),
    Exception: lambda _e, call: answers.text(f"failed {call.request_id}", 500),
}


def echo(call: Call) -> Answer:
    file = call.file("f")
    sent = None if file is None else [file.name, file.size_bytes, file.path.read_bytes().decode()]
    return answers.json(
        {
            "params": call.params,
            "file": sent,
            "address": call.address,
            "base": call.base_url,
            "id": call.request_id,
        }
    )


def fail(call: Call) -> Answer:
    kinds = {"forbidden": Forbidden, "value": ValueError}
    if call.text("kind") == "full":
        raise OSError(errno.ENOSPC, "a secret")
    raise kinds[call.text("kind")]("a secret")


def file_of(call: Call) -> Answer:
    ending = call.text("ending", "png")
    return media.serve(
        call,
        media.File(
            name=f"{BLOB}.{ending}",
            is_final=call.text("final") != "no",
            download_as=call.params.get("as"),
        ),
    )


def log_in(call: Call) -> Answer:
    call.limit_logins()
    return answers.text("in")


released = threading.Event()


def wait_for_release(_call: Call) -> Answer:
    return answers.text("done" if released.wait(10) else "late")


def hold(_call: Call) -> Answer:
    released.clear()
    return answers.text("held")


def release(_call: Call) -> Answer:
    released.set()
    return answers.text("released")


OPERATIONS = [
    Operation("POST", ("/toy/await",), wait_for_release, Runs.EXECUTOR, takes_files=True),
    Operation("POST", ("/toy/long",), wait_for_release, Runs.LONG),
    Operation("POST", ("/toy/hold",), hold, Runs.EXECUTOR),
    Operation("POST", ("/toy/release/file",), release, Runs.EXECUTOR, takes_files=True),
    Operation("POST", ("/toy/release",), release, Runs.EXECUTOR),
    Operation("POST", ("/toy/login",), log_in, Runs.EXECUTOR),
    Operation("GET", ("/toy/echo", "/toy/{id:str}/echo"), echo, Runs.INLINE),
    Operation("POST", ("/toy/echo",), echo, Runs.EXECUTOR, takes_files=True),
    Operation("POST", ("/toy/small",), echo, Runs.INLINE),
    Operation("GET", ("/toy/fail",), fail, Runs.INLINE),
    Operation("GET", ("/toy/slow",), fail, Runs.EXECUTOR),
    Operation(
        "GET", ("/toy/either",), echo, lambda c: Runs.EXECUTOR if c.text("x") else Runs.INLINE
    ),
    Operation("GET", ("/toy/file",), file_of, Runs.EXECUTOR),
]
OUTSIDE = {Exception: lambda _e, _c: answers.text("outside", 404)}


@pytest.fixture
def client(library) -> Iterator[Client]:
    toy = Door("toy", ("/toy",), OPERATIONS, ERRORS, headers=(("x-door", "toy"),))
    api = Door("api", ("/toy/api",), (), ERRORS | {NotFound: OUTSIDE[Exception]},
               allows_origins=True)  # fmt: skip
    rest = Door("rest", ("/",), (), {**ERRORS, NotFound: OUTSIDE[Exception]})
    metrics = Metrics(library)
    doors = [rest, toy, api, system.door(library, metrics, [toy])]
    client = Client(edge.application(library, doors, metrics))
    yield client
    client.close()


@pytest.fixture
def kept(library) -> Path:
    """A file of 3 MB in the store, as png and as svg."""
    data = bytes(range(256)) * 12_000
    library.blobs.put(f"{BLOB}.png", data)
    library.blobs.put(f"{BLOB}.svg", b"<svg/>")
    return data
