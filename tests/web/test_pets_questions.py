"""What a vision model says of a pet, on the page of the pet."""

import pytest

import analyst_server
import build
from menagerie.settings import Settings
from web.conftest import text_of


@pytest.fixture
def settings(settings_to_ask) -> Settings:
    return settings_to_ask


@pytest.fixture
def owner(open_browser, alice):
    return open_browser("Alice")


@pytest.fixture
def rex(owner):
    """The address of a pet with one photograph."""
    owner.get("/pets/new")
    photo = ("images", ("rex.png", build.png((64, 64)), "image/png"))
    made = owner.post("/pets", {"name": "Rex", "species": "dog"}, files=[photo])
    owner.get(made.headers["location"])
    return made.headers["location"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("body_condition", "6 / 9 The waist hardly shows."),
        ("age", "3 y 4 m (2 y – 5 y) Adult."),
        ("muscle", "No sign of lost muscle The back is well covered."),
        ("weight", "11.3 kg A small dog beside a chair."),
    ],
)
def test_an_answer_is_shown_in_words_until_there_are_newer_photographs(
    owner, clock, rex, kind, said
):
    assert owner.get(rex).text.count('name="kind" value="') == 4
    assert owner.post(f"{rex}/analyse", {"kind": kind}).headers["location"] == f"{rex}#health"
    page = owner.get(rex)
    assert said in text_of(page)
    assert f'name="kind" value="{kind}"' not in page.text
    clock.advance(60)
    newer = ("images", ("rex2.png", build.png((64, 64), mark=2), "image/png"))
    owner.post(f"{rex}/photos", files=[newer])
    page = owner.get(rex)
    assert "there are newer photographs" in text_of(page)
    assert f'name="kind" value="{kind}"' in page.text


def test_a_model_that_is_down_is_said_to_be(owner, analyst, rex):
    analyst.moods = ["500"] * 10
    refused = owner.post(f"{rex}/analyse", {"kind": "age"})
    assert refused.status_code == 503
    assert analyst_server.LEAK not in refused.text
    assert 'class="note bad"' in refused.text
