"""Galleries: finding and following them, their warnings, the order of their pictures."""

import re

import build
from menagerie.core import galleries
from web.conftest import text_of


def _shown(page):
    return [int(found) for found in re.findall(r'data-image-id="(\d+)"', page.text)]


def test_galleries_are_found_warned_of_and_followed(library, open_browser, alice):
    image_id, later = build.image(library), build.image(library)
    with library.writing(alice) as tx:
        open_ = galleries.create(tx, title="Dogs at play", description="On **grass**")
        dark = galleries.create(tx, title="Grim things", spoiler_warning="Bones", is_anonymous=True)
        for one in (open_, dark):
            galleries.add(tx, one.id, image_id)
    visitor, browser = open_browser(), open_browser("Alice")
    bob = build.account(library, "Bob")
    reader = open_browser(bob.name)
    said = text_of(visitor.get("/galleries"))
    assert "Dogs at play" in said
    assert "Grim things" in said
    assert said.count("Alice") == 1
    assert text_of(browser.get("/galleries?q=my%3Agalleries")).count("Alice") >= 2
    found = text_of(visitor.get("/galleries?q=dogs"))
    assert "Dogs at play" in found
    assert "Grim" not in found
    assert "No gallery is like that" in text_of(visitor.get("/galleries?q=user:nobody"))
    assert visitor.get("/galleries?q=(").status_code == 400
    page = visitor.get(f"/galleries/{open_.id}")
    assert "<strong>grass</strong>" in page.text
    assert _shown(page) == [image_id]
    covered = visitor.get(f"/galleries/{dark.id}")
    assert "Bones" in text_of(covered)
    assert "Alice" not in text_of(covered)
    assert _shown(covered) == []
    assert _shown(visitor.get(f"/galleries/{dark.id}?show=1")) == [image_id]
    reader.post(f"/galleries/{open_.id}/follow", {"follow": "1"})
    browser.post(f"/galleries/{open_.id}/add", {"image": str(later)})
    assert "1 piece of news" in reader.get("/").text
    assert "1 follower" in text_of(reader.get(f"/galleries/{open_.id}"))
    assert "piece of news" not in reader.get("/").text
    reader.post(f"/galleries/{open_.id}/follow", {"follow": "0"})
    assert "follower" not in text_of(reader.get(f"/galleries/{open_.id}"))


def test_the_pictures_of_a_gallery_are_put_in_order(library, open_browser, alice):
    ids = [build.image(library) for _ in range(4)]
    a, b, c, d = ids
    with library.writing(alice) as tx:
        path = f"/galleries/{galleries.create(tx, title='Rows').id}"
        gallery_id = int(path.rpartition("/")[2])
        for image_id in ids:
            galleries.add(tx, gallery_id, image_id)
    build.account(library, "Bob")
    browser, bob = open_browser("Alice"), open_browser("Bob")
    assert open_browser().get(f"{path}/edit", follow_redirects=False).status_code == 303
    assert bob.get(f"{path}/edit").status_code == 403
    assert "galleries.js" in browser.get(f"{path}/edit").text

    def order():
        with library.reading(alice) as tx:
            return galleries.image_ids(tx, gallery_id)

    browser.post(f"{path}/move", {"image": str(c), "by": "-1"})
    assert order() == [a, c, b, d]
    browser.post(f"{path}/move", {"image": str(a), "to": "4"})
    assert order() == [c, b, d, a]
    assert browser.post(f"{path}/order", {"images": f"{a},{b},{c}"}).status_code == 204
    assert order() == [a, b, d, c]
    for wrong in ("", "x", f"{a},{a}", "999"):
        assert browser.post(f"{path}/order", {"images": wrong}).status_code == 422
    assert bob.post(f"{path}/order", {"images": f"{b},{a}"}).status_code == 403
    browser.post(f"{path}/cover", {"image": str(d)})
    assert re.search(rf'#{d}</a> <span class="badge ">Cover', browser.get(f"{path}/edit").text)
    assert browser.post(f"{path}/cover", {"image": "999"}).status_code == 404
    missing = browser.post(f"{path}/add", {"image": "#999"})
    assert missing.status_code == 422
    assert "no such picture" in text_of(missing)
    browser.post(f"{path}/remove", {"image": str(d)})
    assert order() == [a, b, c]
    assert browser.post(f"{path}/edit", {"title": ""}).status_code == 422
