"""The reference of the APIs: every operation has a page, which says what its document says."""

import msgspec
import pytest

from inprocess import Client
from menagerie import web
from menagerie.http import answers, edge, openapi
from menagerie.http.routing import Door, Operation, Outcome, Parameter, Runs


class Cat(msgspec.Struct):
    name: str
    kittens: list["Cat"]
    collar: str | None = None


def answer(_call):
    return answers.json({})


OPERATIONS = [
    Operation(
        "GET",
        ("/v9/cats/{id:str}",),
        answer,
        Runs.INLINE,
        summary="One cat.",
        parameters=(
            Parameter("id", "Number of the cat.", "path", "1"),
            Parameter("full", "Say <all>."),
        ),
        outcomes=(Outcome(200, "The cat.", Cat), Outcome(404, "None.", media_type="text/plain")),
    ),
    Operation(
        "POST",
        ("/v9/cats",),
        answer,
        Runs.INLINE,
        takes_files=True,
        summary="A new cat.",
        parameters=(Parameter("picture", "File.", "file"), Parameter("name", "Name.", "form")),
        outcomes=(Outcome(201, "It is there.", Cat),),
        needs_key=True,
    ),
]


@pytest.fixture
def client(library):
    cats = Door(
        "cats",
        ("/v9",),
        OPERATIONS,
        {Exception: lambda *_: answers.text("", 500)},
        title="Cats",
        description="All about cats.",
        credentials={"header": {"type": "apiKey", "in": "header", "name": "x-cat-key"}},
    )
    pages = web.routes(library, openapi.of_doors("Board", [cats]))
    opened = Client(edge.application(library, [cats, pages], None))
    yield opened
    opened.close()


def test_every_operation_has_a_page_and_a_line_to_run_it(client):
    assert '<a href="/reference/cats">' in client.get("/reference").text
    listed = client.get("/reference/cats").text
    assert "/reference/cats/get_v9_cats_id" in listed
    assert "/reference/cats/post_v9_cats" in listed
    page = client.get("/reference/cats/get_v9_cats_id").text
    assert "GET /v9/cats/{id}" in page
    assert "curl &#39;http://test/v9/cats/1&#39;" in page
    assert "Say &lt;all&gt;." in page
    assert "Cat\n  name: string\n  kittens: list\n    each: Cat" in page
    assert "collar: string or null" in page
    page = client.get("/reference/cats/post_v9_cats").text
    assert "-H &#39;x-cat-key: KEY&#39;" in page
    assert "-F &#39;picture=@picture.png&#39;" in page
    assert 'data-keys="header:x-cat-key"' in page


def test_what_there_is_not_is_not_found(client):
    assert client.get("/reference/nothing").status_code == 404
    assert client.get("/reference/cats/nothing").status_code == 404
