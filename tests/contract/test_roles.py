"""Who gets what: every route by every role, and a private image through every door."""

import re

import pytest

import talk_roles
from booru_world import API, ROLES, World, image_of
from build import png
from menagerie import app
from menagerie.core import credentials, sessions
from menagerie.dialects.philomena import shapes
from menagerie.dialects.philomena.site import make_site

# Statuses for anonymous, user, other, moderator, admin. Paths name images; `user` uploaded most.
READS: dict[str, tuple[int, int, int, int, int]] = {
    "/images/{plain}": (200, 200, 200, 200, 200),
    "/images/{removed}": (200, 200, 200, 200, 200),
    "/images/{merged}": (200, 200, 200, 200, 200),
    "/images/{private}": (404, 200, 404, 404, 404),
    "/images/{rejected}": (404, 404, 200, 200, 200),
    "/images/{plain}/similar": (200, 200, 200, 200, 200),
    "/images/{private}/similar": (404, 200, 404, 404, 404),
    "/images/featured": (200, 200, 200, 200, 200),
    "/search/images?q=*": (200, 200, 200, 200, 200),
    "/search?q=*": (200, 200, 200, 200, 200),
    "/search/images?q=my:faves": (400, 200, 200, 200, 200),
    "/search/images?q=deleted:true": (200, 200, 200, 200, 200),
    "/search/tags?q=*": (200, 200, 200, 200, 200),
    "/search/filters?q=*": (200, 200, 200, 200, 200),
    "/tags/dog": (200, 200, 200, 200, 200),
    "/profiles/1": (200, 200, 200, 200, 200),
    "/filters/1": (200, 200, 200, 200, 200),
    "/filters/101": (404, 200, 404, 200, 200),
    "/filters/102": (200, 200, 200, 200, 200),
    "/filters/system": (200, 200, 200, 200, 200),
    "/filters/user": (403, 200, 200, 200, 200),
    "/filters/current": (200, 200, 200, 200, 200),
    "/oembed?url=/{plain}": (200, 200, 200, 200, 200),
    "/oembed?url=/{removed}": (404, 404, 404, 404, 404),
    "/oembed?url=/{private}": (404, 200, 404, 404, 404),
    "/api/v1/rss/watched": (302, 200, 200, 200, 200),
    "/events?follow=false&since=0": (200, 200, 200, 200, 200),
    "/autocomplete/tags?term=dog": (200, 200, 200, 200, 200),
    "/autocomplete/compiled": (404, 404, 404, 404, 404),
    "/fetch/tags?ids[]=1": (200, 200, 200, 200, 200),
    "/img/view/2026/1/1/{plain}.png": (200, 200, 200, 200, 200),
    "/img/view/2026/1/1/{private}.png": (404, 200, 404, 404, 404),
    "/img/view/2026/1/1/{removed}.png": (404, 404, 404, 200, 200),
    "/img/view/2026/1/1/{merged}.png": (404, 404, 404, 200, 200),
    "/img/view/2026/1/1/{rejected}.png": (404, 404, 200, 200, 200),
}
# Written to in this order of roles, each on the state the one before left.
WRITES: dict[tuple[str, str], tuple[int, int, int, int, int]] = {
    ("POST", "/images/{plain}/vote"): (401, 200, 200, 200, 200),
    ("DELETE", "/images/{plain}/vote"): (401, 200, 200, 200, 200),
    ("POST", "/images/{plain}/fave"): (401, 200, 200, 200, 200),
    ("DELETE", "/images/{plain}/fave"): (401, 200, 200, 200, 200),
    ("POST", "/images/{plain}/hide"): (401, 200, 200, 200, 200),
    ("DELETE", "/images/{plain}/hide"): (401, 200, 200, 200, 200),
    ("POST", "/images/{removed}/fave"): (401, 404, 404, 404, 404),
    ("POST", "/images/{private}/hide"): (401, 200, 404, 404, 404),
    ("PATCH", "/images/{plain}"): (401, 200, 200, 200, 200),
    ("POST", "/images/{plain}"): (401, 200, 200, 200, 200),
    ("PATCH", "/images/{private}"): (401, 200, 404, 404, 404),
    ("DELETE", "/images/{large}"): (401, 200, 403, 403, 403),
    ("DELETE", "/images/{explicit}"): (401, 403, 200, 403, 403),
    ("DELETE", "/images/{private}"): (401, 200, 404, 404, 404),
    ("POST", "/images"): (401, 400, 400, 400, 400),
    ("POST", "/images/scrape"): (401, 422, 422, 422, 422),
    ("POST", "/search/similar"): (400, 400, 400, 400, 400),
    ("POST", "/search/reverse"): (200, 200, 200, 200, 200),
    ("POST", "/filters"): (401, 400, 400, 400, 400),
    ("PATCH", "/filters/101"): (401, 200, 404, 403, 403),
    ("PATCH", "/filters/1"): (401, 403, 403, 403, 200),
    ("DELETE", "/filters/1"): (401, 403, 403, 403, 403),
    ("PUT", "/filters/current?id=2"): (401, 200, 200, 200, 200),
    ("PUT", "/filters/current?id=101"): (401, 200, 404, 200, 200),
    ("DELETE", "/filters/102"): (401, 200, 403, 403, 403),
}


@pytest.mark.parametrize("path", READS)
def test_reading_by_every_role(world: World, path: str):
    filled = path.format(**world.images)
    assert tuple(world.get(filled, role).status_code for role in ROLES) == READS[path]


@pytest.mark.parametrize("path", [p for p in READS if "/img/" not in p and "oembed" not in p])
def test_no_answer_of_others_names_the_private_image(world: World, path: str):
    private = image_of(world, "private")
    for role in ("anonymous", "other", "moderator", "admin"):
        text = world.get(path.format(**world.images), role).text
        assert private.sha512 not in text
        assert f"/{private.id}.png" not in text


def test_writing_by_every_role(make_world):
    board = make_world()
    for (method, path), statuses in WRITES.items():
        filled = path.format(**board.images)
        # The owner last, since what the owner deletes is gone for everybody.
        order = sorted(range(5), key=lambda n: statuses[n] == 200)
        found = {n: board.call(method, filled, ROLES[n]).status_code for n in order}
        assert (path, tuple(found[n] for n in range(5))) == (path, statuses)


def test_every_route_is_tried_by_every_role(world: World):
    def shape(path: str) -> str:
        named = r"(?<=/tags/)\w+$|(?<=/forums/)\w+|(?<=/queue/)\w+"
        return re.sub(rf"\{{[^}}]*\}}|(?<=/)\d[^/]*|{named}", "*", path.partition("?")[0])

    tried = {("GET", shape(path)) for path in READS}
    tried |= {(method, shape(path)) for method, path in WRITES}
    tried |= {("GET", shape(path)) for path in talk_roles.READS}
    tried |= {(one.method, shape(one.path)) for one in talk_roles.WRITES}
    for door in app.dialects(world.library):
        for operation in door.operations if door.title == "Philomena" else ():
            for path in operation.paths:
                plain = path.removeprefix(API)
                if "{rest:path}" not in plain:
                    assert (operation.method, shape(plain)) in tried, plain


def test_a_private_image_does_not_exist_for_others(make_world):
    board = make_world()
    private = board.images["private"]
    data = png(color=(7, 99, 3), mark=5)
    for role in ("anonymous", "other", "moderator", "admin"):
        similar = board.call("POST", "/search/reverse", role, files={"image[image]": data})
        assert similar.json() == {"images": [], "interactions": [], "total": 0}
        for query in ("secret", f"id:{private}", "sha512_hash:*, secret"):
            found = board.get("/search/images?del=1&filter_id=2&q=" + query, role)
            assert found.json()["total"] == 0
    assert board.get("/search/images?q=secret", "user").json()["total"] == 1
    assert board.get("/tags/secret").status_code == 404
    assert board.get("/tags/secret", "other").status_code == 404
    assert board.get("/tags/secret", "user").json()["tag"]["images"] == 0
    # The same file may be uploaded by others: a conflict would tell that it is here.
    sent = board.call(
        "POST",
        "/images",
        "other",
        data={"image[tag_input]": "safe, mine, now"},
        files={"image[image]": ("x.png", data)},
    )
    assert sent.status_code == 200, sent.text


def test_files_open_to_the_owners_key_or_session_only(world: World):
    library = world.library
    private = image_of(world, "private")
    url = shapes.view_url(private, make_site(library.settings, ""))
    shown = world.get(url, "user")
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "private, no-cache")
    with library.writing(world.actors["user"]) as tx:
        token, _ = sessions.start(tx, world.actors["user"].account_id)
    with library.reading(world.actors["anonymous"]) as tx:
        assert credentials.actor_for_session(tx, token)
    cookie = {"Cookie": f"menagerie_session={token}"}
    assert world.client.get(url, headers=cookie).status_code == 200
    assert world.client.get(url).status_code == 404
