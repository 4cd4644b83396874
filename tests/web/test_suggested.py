"""What models suggest is offered to those who may tag; what looks alike stands under a picture."""

import pytest
import pyvips

import build
import rows
from core.models import picture
from menagerie.core import labels, similar, tags
from menagerie.library import SYSTEM
from menagerie.storage.schema import Audience
from web.conftest import text_of


@pytest.fixture
def image_id(library):
    image_id = build.image(library, "safe, animal, cute")
    with library.writing(SYSTEM) as tx:
        found = tags.resolve(tx, ["cat", "sofa"])
        labels.suggest(tx, image_id, [(found[0].tag.id, 0.92), (found[1].tag.id, 0.4)])
    return image_id


def tag_id(library, name):
    with library.reading(SYSTEM) as tx:
        return tags.get_by_name(tx, name).id


def test_who_may_tag_accepts_and_refuses_what_models_suggest(
    library, open_browser, image_id, alice
):
    page = f"/images/{image_id}"
    assert "Suggested" not in text_of(open_browser().get(page))
    browser = open_browser("Alice")
    assert "Suggested cat 92 % Yes No sofa 40 % Yes No" in text_of(browser.get(page))
    fields = {"tag": tag_id(library, "cat"), "value": "yes"}
    answer = browser.post(f"{page}/suggested", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    browser.post(f"{page}/suggested", {"tag": tag_id(library, "sofa"), "value": "no"})
    text = text_of(browser.get(page))
    assert "Suggested" not in text
    assert rows.tags_of(library, image_id) == {"safe", "animal", "cute", "cat"}
    with library.reading(SYSTEM) as tx:
        assert labels.history(tx, image_id)[0].account_name == "Alice"
        assert labels.suggestions(tx, image_id) == []


def test_wrong_answers_change_nothing(library, open_browser, image_id, alice):
    page, cat = f"/images/{image_id}", tag_id(library, "cat")
    assert open_browser().post(f"{page}/suggested", {"tag": cat, "value": "yes"}).status_code != 200
    browser = open_browser("Alice")
    private = build.image(library, audience=Audience.PRIVATE)
    for path, fields, status in (
        (page, {"tag": cat, "value": "maybe"}, 422),
        (page, {"tag": 10**9, "value": "yes"}, 404),
        (page, {"value": "yes"}, 404),
        (f"/images/{private}", {"tag": cat, "value": "yes"}, 404),
        (f"/images/{private}", {"tag": cat, "value": "no"}, 404),
        ("/images/999", {"tag": cat, "value": "no"}, 404),
    ):
        assert browser.post(f"{path}/suggested", fields).status_code == status, fields
    with library.reading(SYSTEM) as tx:
        assert len(labels.suggestions(tx, image_id)) == 2


def test_copies_stand_under_a_picture_and_are_related(library, browser):
    cat = build.image(library, "safe, cat, grey", data=picture("cat.jpg"))
    assert "It looks like these" not in text_of(browser.get(f"/images/{cat}"))
    copy = build.image(library, "safe, cat, small", data=_smaller(picture("cat.jpg")))
    with library.reading(SYSTEM) as tx:
        assert [one.image_id for one in similar.similar(tx, cat)] == [copy]
    page = browser.get(f"/images/{cat}")
    assert "It looks like these" in text_of(page)
    assert f'data-image-id="{copy}"' in page.text
    assert f'data-image-id="{copy}"' in browser.get(f"/images/{cat}/related").text


def _smaller(data):
    return pyvips.Image.new_from_buffer(data, "").resize(0.6).write_to_buffer(".jpg", Q=70)
