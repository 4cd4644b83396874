"""Questions to a real server that speaks the protocol, in all its moods."""

import base64
import json
import time
import traceback

import msgspec
import pytest

import analyst_server
import files
from conftest import make_settings
from menagerie import logs
from menagerie.errors import Unavailable
from menagerie.media.portraits import Style
from menagerie.vision import analyst
from menagerie.vision.analyst import Analyst

PICTURE = files.still("jpg", seed=3)
QUESTIONS = [
    analyst.BODY_CONDITION,
    analyst.AGE,
    analyst.MUSCLE,
    analyst.WEIGHT,
    analyst.DESCRIPTIONS,
]


@pytest.fixture
def server():
    with analyst_server.serving() as running:
        yield running


@pytest.fixture
def make_analyst(server, tmp_path):
    def make(**values):
        base = {"analyst_url": server.url + "/", "analyst_key": analyst_server.KEY,
                "analyst_model": "looker", "analyst_timeout": 5}  # fmt: skip
        return Analyst(make_settings(tmp_path, **(base | values)))

    return make


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_goes_out_with_pictures_and_a_schema(server, make_analyst, question):
    answer = make_analyst().ask(question, [PICTURE, PICTURE], {"name": "Rex"})
    assert msgspec.to_builtins(answer) == analyst_server.ANSWERS[question.name]
    (asked,) = server.questions
    assert asked["model"] == "looker"
    form = asked["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["schema"] == question.schema
    text, *shown = asked["messages"][1]["content"]
    assert question.prompt in text["text"]
    assert '{"name":"Rex"}' in text["text"]
    prefix, _, data = shown[0]["image_url"]["url"].partition(",")
    assert (len(shown), prefix) == (2, "data:image/jpeg;base64")
    assert base64.b64decode(data) == PICTURE
    assert server.requests[0][1]["authorization"] == f"Bearer {analyst_server.KEY}"


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_schemas_say_what_answers_hold(question):
    schema = question.schema
    assert set(schema["properties"]) == set(question.answer.__struct_fields__)
    assert sorted(schema["required"]) == sorted(schema["properties"])
    assert schema["additionalProperties"] is False
    bounds = msgspec.json.schema(question.answer)["$defs"][question.answer.__name__]["properties"]
    for name, wanted in schema["properties"].items():
        for word in ("minimum", "maximum", "exclusiveMinimum", "type"):
            assert bounds[name].get(word) == wanted.get(word)


@pytest.mark.parametrize("mood", ["429", "500", "503", "garbage", "wrong_schema", "hang_up"])
def test_what_may_pass_is_tried_again(server, make_analyst, mood):
    server.moods = [mood]
    assert make_analyst().ask(analyst.BODY_CONDITION, [PICTURE], {}).score == 6
    assert len(server.requests) == 2


def test_json_in_a_fence_is_taken(server, make_analyst):
    server.moods = ["fenced"]
    assert make_analyst().ask(analyst.BODY_CONDITION, [PICTURE], {}).score == 6
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("mood", "attempts"),
    [("401", 1), ("400", 1), ("redirect", 1), ("huge", 1), ("wrong_schema", 3), ("500", 3)],
)
def test_what_does_not_pass_is_unavailable_without_telling_why_in_its_words(
    server, make_analyst, mood, attempts
):
    server.moods = [mood] * 5
    with pytest.raises(Unavailable) as caught:
        make_analyst().ask(analyst.BODY_CONDITION, [PICTURE], {})
    assert len(server.requests) == attempts
    assert "analyst_url" in caught.value.message
    told = "".join(traceback.format_exception(caught.value))
    for secret in (analyst_server.KEY, "internal-host", server.url):
        assert secret not in told


@pytest.mark.slow
@pytest.mark.parametrize("mood", ["slow", "slow_headers"])
def test_a_slow_answer_is_waited_for_no_longer_than_set(server, make_analyst, mood):
    server.moods = [mood] * 5
    started = time.monotonic()
    with pytest.raises(Unavailable, match="too long"):
        make_analyst(analyst_timeout=1).ask(analyst.BODY_CONDITION, [PICTURE], {})
    assert time.monotonic() - started < 2


def test_what_comes_packed_is_not_unpacked(server, make_analyst):
    server.moods = ["packed"] * 3
    with pytest.raises(Unavailable, match="form"):
        make_analyst().ask(analyst.AGE, [PICTURE], {})
    assert server.requests[0][1]["accept-encoding"] == "identity"


def test_a_password_in_the_address_reaches_no_log(server, make_analyst, tmp_path, caplog):
    levels = logs.config(make_settings(tmp_path, log_level="debug"))["loggers"]
    for name in ("httpx", "httpcore"):
        caplog.set_level(levels[name]["level"], logger=name)
    url = server.url.replace("http://", "http://keeper:geheim@")
    make_analyst(analyst_url=url, analyst_key="").ask(analyst.AGE, [PICTURE], {})
    assert server.requests[0][1]["authorization"].startswith("Basic ")
    assert "geheim" not in caplog.text
    assert caplog.records == []


def test_nobody_there(make_analyst):
    with pytest.raises(Unavailable, match="cannot be reached"):
        make_analyst(analyst_url="http://127.0.0.1:9/v1", analyst_timeout=1).ask(
            analyst.AGE, [PICTURE], {}
        )


def test_without_an_address_the_setting_is_named(make_analyst):
    with pytest.raises(Unavailable, match="set analyst_url"):
        make_analyst(analyst_url="")


def test_a_server_with_one_model_is_sent_no_name_and_without_a_key_none(server, make_analyst):
    make_analyst(analyst_model="", analyst_key="").ask(analyst.AGE, [PICTURE], {})
    assert "model" not in server.questions[0]
    assert "authorization" not in server.requests[0][1]


def test_portraits_are_edits_of_the_photograph(server, make_analyst):
    made = make_analyst(analyst_images_model="painter").portray("studio", PICTURE, "It is a pug.")
    assert made == server.picture
    ((path, headers, body),) = server.requests
    assert path == "/v1/images/edits"
    assert headers["content-type"].startswith("multipart/form-data")
    assert PICTURE in body
    assert b"painter" in body
    assert b"It is a pug." in body


def test_portraits_are_made_from_words_where_pictures_cannot_be_edited(server, make_analyst):
    server.moods = ["no_edits"]
    made = make_analyst(analyst_images_model="painter").portray("studio", PICTURE, "It is a pug.")
    assert made == server.picture
    path, _, body = server.requests[-1]
    assert path == "/v1/images/generations"
    wish = json.loads(body)
    assert (wish["model"], wish["response_format"]) == ("painter", "b64_json")
    assert wish["prompt"].endswith("It is a pug.")


def test_every_style_has_a_prompt():
    assert set(analyst.portrait_prompts()) == {"about", *Style}
