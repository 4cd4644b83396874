"""What staff change about tags: one and its relations, many pictures, and the way back."""

import re

import pytest

import build
from menagerie.core import images, labels, tags
from menagerie.library import SYSTEM
from menagerie.storage.schema import Role
from web.conftest import text_of


@pytest.fixture
def staff(open_browser, moderator):
    return open_browser("Mona")


def names_of(library, image_id):
    with library.reading(SYSTEM) as tx:
        return {tag.name for tag in images.find_any(tx, image_id).tags}


def tag_of(library, name):
    with library.reading(SYSTEM) as tx:
        return tags.get_by_slug(tx, tags.slug_of(name))


def test_a_tag_is_related_after_a_look_at_what_that_does(library, open_browser, staff, alice):
    both = build.image(library, "safe, hound, dog")
    one = build.image(library, "safe, hound, solo")
    path = "/tags/hound/edit"
    assert open_browser().get(path).url.path == "/login"
    assert open_browser("Alice").get(path).status_code == 403
    assert f'href="{path}"' in staff.get("/tags/hound").text
    # Implications.
    page = staff.get(f"{path}?implies=dog")
    assert "1 picture has the first and not the second" in text_of(page)
    assert f'data-image-id="{one}"' in page.text
    assert staff.post(path, {"action": "imply", "implies": "dog", "apply": "1"}).status_code == 303
    assert "dog" in names_of(library, one)
    assert tag_of(library, "hound").implied_tags == ("dog",)
    staff.post(path, {"action": "unimply", "implied": "dog"})
    assert tag_of(library, "hound").implied_tags == ()
    for wrong in ("implies=hound", "alias=hound", "alias=nothing+such"):
        assert staff.get(f"{path}?{wrong}").status_code == 422
    # Aliases.
    page = staff.get(f"{path}?alias=dog")
    assert "Make hound another name for dog?" in text_of(page)
    assert "Pictures 2 2 have both already" in text_of(page)
    refused = staff.post(path, {"action": "alias", "alias": "nothing such"})
    assert refused.status_code in {404, 422}
    assert staff.post(path, {"action": "alias", "alias": "dog"}).status_code == 303
    assert names_of(library, both) == {"safe", "dog"}
    assert "Another name for" in text_of(staff.get(path))
    staff.post(path, {"action": "unalias"})
    assert names_of(library, both) == {"safe", "dog", "hound"}
    # Words.
    said = {"action": "describe", "category": "species", "short_description": "A dog that hunts"}
    assert staff.post(path, {**said, "description": ""}).status_code == 303
    assert staff.post(path, {**said, "category": "planet"}).status_code == 422
    assert tag_of(library, "hound").category == "species"
    assert staff.post(path, {"action": "burn"}).status_code == 422
    assert open_browser("Alice").post(path, said).status_code == 403


def test_many_pictures_are_tagged_and_changes_taken_back(library, open_browser, staff, alice):
    build.account(library, "Assi", Role.ASSISTANT)
    first, second = build.image(library), build.image(library)
    helper, browser = open_browser("Assi"), open_browser("Alice")
    assert 'form="batch"' not in browser.get("/search?q=dog&select=1").text
    page = helper.get("/search?q=dog&select=1")
    assert page.text.count('class="tick"') == 2
    ids = {"image[]": [str(first), str(second), "999999"], "then": "/search?q=dog&select=1"}
    assert browser.post("/tag_changes/batch", {**ids, "add": "wet"}).status_code == 403
    done = text_of(helper.post("/tag_changes/batch", {**ids, "add": "wet, muddy"}))
    assert "2 pictures were changed" in done
    assert "1 is not there" in done
    assert helper.post("/tag_changes/batch", {"add": "wet"}).status_code == 422
    assert {"wet", "muddy"} <= names_of(library, first)
    # What somebody did wrongly is taken back, one by one or whole.
    with library.writing(alice) as tx:
        labels.edit(tx, first, add=["ugly", "bad"], remove=[])
    page = browser.get("/tag_changes?account=Alice")
    assert re.findall(r"<strong>(\w+)</strong>", page.text) == ["bad", "ugly"]
    assert 'name="change[]"' not in page.text
    assert "Nobody has changed" in text_of(browser.get("/tag_changes?tag=unheard"))
    assert "Nobody has changed" in text_of(browser.get("/tag_changes?image=x"))
    assert browser.get("/tag_changes?address=192.0.2.1").status_code == 403
    page = staff.get(f"/tag_changes?image={first}&tag=ugly")
    change = re.search(r'name="change\[\]" value="(\d+)"', page.text)[1]
    assert browser.post("/tag_changes/revert", {"change[]": change}).status_code == 403
    done = staff.post("/tag_changes/revert", {"change[]": change, "then": "//evil.example"})
    assert "1 picture was changed" in text_of(done)
    assert "evil" not in done.text
    assert names_of(library, first) >= {"bad"}
    assert "ugly" not in names_of(library, first)
    whole = {"account": "Alice", "since": "2001-01-01"}
    assert staff.post("/tag_changes/revert_all", whole).status_code == 422
    assert staff.post("/tag_changes/revert_all", {**whole, "sure": "1"}).status_code == 200
    assert "bad" not in names_of(library, first)
    denied = browser.post("/tag_changes/revert_all", {"account": "Mona", "sure": "1"})
    assert denied.status_code == 403
    assert f"/tag_changes?image={first}" in staff.get(f"/images/{first}/history").text
