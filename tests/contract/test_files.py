"""Files at the addresses the API gives out."""

import pytest

import build
import files
from booru_world import World, image_of
from menagerie.dialects.philomena import shapes
from menagerie.dialects.philomena.site import make_site

KINDS = {"png": "image/png", "gif": "image/gif", "webm": "video/webm", "mp4": "video/mp4",
         "svg": "image/svg+xml"}  # fmt: skip


@pytest.mark.parametrize("name", ["plain", "large", "gif", "svg"])
def test_every_address_in_an_answer_is_served(world: World, name: str):
    image = world.get(f"/images/{world.images[name]}").json()["image"]
    urls = [image["view_url"], *image["representations"].values()]
    for url in urls:
        answer = world.client.get(url)
        assert answer.status_code == 200, url
        assert answer.headers["content-type"] == KINDS[url.rpartition(".")[2]]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["access-control-allow-origin"] == "*"
        head = world.client.request("HEAD", url)
        assert head.headers["content-length"] == str(len(answer.content))
        again = world.client.get(url, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        part = world.client.get(url, headers={"Range": "bytes=1-3"})
        assert (part.status_code, part.content) == (206, answer.content[1:4])


def test_the_original_svg_is_reached_by_its_extension(world: World):
    image = world.get(f"/images/{world.images['svg']}").json()["image"]
    answer = world.client.get(image["representations"]["full"].replace(".png", ".svg"))
    assert b"<svg" in answer.content
    assert answer.headers["content-security-policy"].startswith("sandbox")
    rendered = f"/img/2026/1/1/{world.images['svg']}/rendered.png"
    assert world.client.get(rendered).content.startswith(b"\x89PNG")


def test_downloads_are_attachments(world: World):
    image = image_of(world, "plain")
    url = shapes.download_url(image, make_site(world.library.settings, ""))
    assert "attachment" in world.client.get(url).headers["content-disposition"]
    named = f"/img/download/2026/1/1/{image.id}__safe_dog.png"
    header = world.client.get(named).headers["content-disposition"]
    assert f'filename="{image.id}__safe_dog.png"' in header


@pytest.mark.parametrize(
    "tail",
    [
        "", "/", "/view", "/view/2026/1/1/x.png", "/view/2026/1/1/{plain}",
        "/2026/1/1/{plain}/x.png",
        "/view/2026/1/1/{plain}.exe", "/view/2026/1/1/{plain}.gif", "/view/2026/1/1/999.png",
        "/2026/1/1/{plain}/thumb.webm", "/view/2026/1/1/99999999999999999999.png",
        "/2026/1/1/{plain}/..%2f..%2fmenagerie.db", "/view/26/1/1/{plain}.png",
        "/2026/1/1/{large}/thumb.svg", "/2026/1/1/{large}/rendered.png",
    ],
)  # fmt: skip
def test_no_other_address_is_served(world: World, tail: str):
    assert world.get("/img" + tail.format(**world.images)).status_code == 404


def test_until_rendered_the_whole_picture_stands_in(make_world):
    board = make_world(is_empty=True)
    alice = board.actors["user"]
    raw = {
        "png": build.png((900, 700), mark=77),
        "gif": files.animation("gif", size=(300, 260)),
        "svg": files.svg(),
    }
    for number, (ending, data) in enumerate(raw.items(), 1):
        build.image(board.library, "safe, a, b", actor=alice, data=data, name=f"x.{ending}")
        image = board.get(f"/images/{number}").json()["image"]
        assert image["thumbnails_generated"] is False
        answer = board.client.get(image["representations"]["thumb"])
        assert answer.status_code == 200, ending
        if ending == "svg":
            assert answer.content.startswith(b"\x89PNG")
        else:
            assert answer.headers["cache-control"] == "private, no-cache"
            assert answer.content == board.client.get(image["view_url"]).content
        if ending == "gif":
            waiting = board.client.get(image["representations"]["mp4"])
            assert (waiting.status_code, waiting.headers["retry-after"]) == (503, "2")
