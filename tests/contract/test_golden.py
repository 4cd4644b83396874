"""Every reading route answers byte for byte what its golden file says.

Write the files anew with MENAGERIE_WRITE_GOLDEN=1 and read the difference.
"""

import os
from pathlib import Path

import pytest

from booru_world import API, World, pretty

GOLDEN = Path(__file__).parent / "golden"
WRITES = os.environ.get("MENAGERIE_WRITE_GOLDEN") == "1"  # noqa: TID251  # a switch of the tests

# Name of the golden file: role, path. `{plain}` is the id of that image.
ROUTES: dict[str, tuple[str, str]] = {
    "image": ("anonymous", "/images/{plain}"),
    "image_large": ("anonymous", "/images/{large}"),
    "image_gif": ("anonymous", "/images/{gif}"),
    "image_svg": ("anonymous", "/images/{svg}"),
    "image_anonymous": ("anonymous", "/images/{anonymous}"),
    "image_removed": ("anonymous", "/images/{removed}"),
    "image_merged": ("moderator", "/images/{merged}"),
    "image_of_fan": ("other", "/images/{plain}"),
    "image_spoilered": ("anonymous", "/images/{questionable}"),
    "image_hidden_by_filter": ("anonymous", "/images/{explicit}"),
    "featured": ("anonymous", "/images/featured"),
    "similar": ("other", "/images/{plain}/similar?per_page=2&filter_id=2"),
    "search": ("anonymous", "/search/images?q=dog&per_page=2"),
    "search_with_key": ("other", "/search/images?q=solo&filter_id=2&per_page=50&hidden=1"),
    "search_removed": ("anonymous", "/search/images?q=copy || bad&del=1"),
    "search_alias": ("anonymous", "/search?q=pup&sf=id&sd=asc"),
    "search_past_the_end": ("anonymous", "/search/images?q=dog&page=99"),
    "tag": ("anonymous", "/tags/dog"),
    "tag_alias": ("anonymous", "/tags/pup"),
    "tag_namespace": ("anonymous", "/tags/artist-colon-bob+ross"),
    "tag_implying": ("anonymous", "/tags/species-colon-cat"),
    "search_tags": ("anonymous", "/search/tags?q=category:rating&per_page=3"),
    "filter": ("anonymous", "/filters/1"),
    "filter_own": ("user", "/filters/101"),
    "filter_current": ("user", "/filters/current"),
    "filters_system": ("anonymous", "/filters/system"),
    "filters_user": ("user", "/filters/user"),
    "search_filters": ("anonymous", "/search/filters?q=*"),
    "search_filters_own": ("user", "/search/filters?q=*"),
    "profile": ("anonymous", "/profiles/1"),
    "profile_moderator": ("anonymous", "/profiles/3"),
    "oembed": ("anonymous", "/oembed?url=https://board.example/images/{plain}"),
    "oembed_large": ("anonymous", "/oembed?url=http://x/img/view/2026/1/1/{large}__cat.png"),
    "autocomplete": ("anonymous", "/autocomplete/tags?term=sol"),
    "autocomplete_2": ("anonymous", "/autocomplete/tags?term=pup&vsn=2&limit=5"),
    "fetch_tags": ("anonymous", "/fetch/tags?ids[]=1&ids[]=1220&ids[]=99999"),
}


@pytest.mark.parametrize("name", ROUTES)
def test_the_answer_is_the_golden_one(world: World, name: str):
    role, path = ROUTES[name]
    answer = world.get(path.format(**world.images), role)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    found = pretty(answer.content)
    kept = GOLDEN / f"{name}.json"
    if WRITES:
        kept.write_text(found, encoding="utf-8")
    assert found == kept.read_text(encoding="utf-8")


def test_the_feed_is_the_golden_one(world: World):
    answer = world.get("/api/v1/rss/watched", "other")
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    kept = GOLDEN / "watched.rss"
    if WRITES:
        kept.write_text(answer.text, encoding="utf-8")
    assert answer.text == kept.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over():
    names = {path.stem for path in GOLDEN.glob("*.json")}
    assert names == set(ROUTES)


def test_every_answer_says_the_same_for_head(world: World):
    for role, template in ROUTES.values():
        path = template.format(**world.images)
        head = world.call("HEAD", path, role)
        got = world.get(path, role)
        assert head.content == b""
        assert head.headers["content-length"] == str(len(got.content))


def test_a_configured_address_stands_in_every_url(make_world):
    world = make_world(public_url="https://pictures.example.org/", philomena_prefix="/booru")
    answer = world.client.get(
        f"/booru{API}/images/{world.images['plain']}", headers={"Host": "evil.example"}
    )
    image = answer.json()["image"]
    root = "https://pictures.example.org/booru/img/"
    assert image["view_url"].startswith(root + "view/2026/1/1/")
    assert all(url.startswith(root) for url in image["representations"].values())
    assert world.client.get(image["view_url"][len("https://pictures.example.org") :]).is_success


def test_nothing_is_remembered_of_whoever_asked_first(world: World):
    path = f"{API}/images/{world.images['plain']}"
    for host in ("one.example", "two.example:8080"):
        view_url = world.client.get(path, headers={"Host": host}).json()["image"]["view_url"]
        assert view_url.startswith(f"http://{host}/img/view/")


def test_the_profile_of_2021_leaves_out_what_came_later(make_world):
    world = make_world(philomena_fields="2021")
    full = {"orig_size", "hides", "source_urls"}
    image = world.get(f"/images/{world.images['plain']}").json()["image"]
    assert not full & image.keys()
    assert {"source_url", "orig_sha512_hash", "size", "duration"} <= image.keys()
    oembed = world.get(f"/oembed?url=/{world.images['plain']}").json()
    assert set(oembed) == {
        "version", "type", "title", "author_url", "author_name", "provider_name", "provider_url",
        "cache_age", "ponybooru_id", "ponybooru_score", "ponybooru_comments", "ponybooru_tags",
        "derpibooru_id", "derpibooru_score", "derpibooru_comments", "derpibooru_tags",
    }  # fmt: skip
