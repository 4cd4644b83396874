"""The common rules of the API, one by one: paging, keys, filters, errors, odd ids."""

import pytest

from booru_world import API, World

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


def ids(answer) -> list[int]:
    return [image["id"] for image in answer.json()["images"]]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 7),
        ("&per_page=2", 2),
        ("&per_page=2abc", 2),
        ("&per_page=0", 1),
        ("&per_page=-5", 1),
        ("&per_page=", 7),
        ("&per_page=abc", 7),
        ("&per_page=100", 7),
        ("&per_page=3&page=0", 3),
        ("&per_page=3&page=abc", 3),
        ("&per_page=3&page=2x", 3),
        ("&per_page=3&page=3", 1),
        ("&per_page=3&page=4", 0),
        ("&page=99999999999999999999999", 0),
        ("&limit=&key=&&unknown=1", 7),
    ],
)
def test_paging_reads_what_the_number_begins_with(world: World, query: str, count: int):
    answer = world.get(f"/search/images?q=*&filter_id=2{query}")
    assert (answer.status_code, len(ids(answer)), answer.json()["total"]) == (200, count, 7)


@pytest.mark.parametrize("path", ["/filters/system", "/search/tags?q=*", "/search/filters?q=*"])
def test_no_list_repeats_its_last_page(world: World, path: str):
    first = world.get(path).json()
    past = world.get(path + ("&" if "?" in path else "?") + "page=500").json()
    assert past["total"] == first["total"] > 0
    assert next(iter(past.values())) == []


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20%20"])
@pytest.mark.parametrize("what", ["images", "tags", "filters", "comments", "posts", "galleries"])
def test_no_query_finds_nothing(world: World, what: str, query: str):
    answer = world.get(f"/search/{what}{query}")
    assert answer.status_code == 200
    assert answer.json() == {what: [], "total": 0} | (
        {"interactions": []} if what == "images" else {}
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("q=(", "Expected a term."),
        ("q=solo AND%20", "Expected a term."),
        ("q=a)", "junk at end of expression: )"),
        ("q[]=a", "search query is not a string"),
        ("q[a]=a", "search query is not a string"),
        ("q=my:faves", "You must be logged in to use `my' queries."),
        ("q=filter_id:99", "Invalid filter `99`."),
    ],
)
def test_a_wrong_query_says_why(world: World, query: str, message: str):
    for path in ("/search/images", "/search"):
        answer = world.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()) == (400, {"error": message})
        assert answer.headers["content-type"] == JSON


@pytest.mark.parametrize(
    "path",
    [
        "/images/0", "/images/999", "/images/abc", "/images/-1", "/images/1.5",
        "/images/99999999999", "/images/9223372036854775808", "/tags/nothing",
        "/tags/artist%3Abob", "/tags/%00", "/filters/99", "/filters/x", "/filters/101",
        "/profiles/99", "/profiles/Alice", "/oembed", "/oembed?url=", "/oembed?url=https://x",
        "/oembed?url=https://x/img/1", "/oembed?url=https://x/999", "/none", "/search/none", "",
        "/comments/1", "/comments/x", "/posts/1", "/posts/x", "/forums/x", "/forums/%00",
        "/forums/general/topics/x", "/forums/general/topics/x/posts", "/search/reverse",
        "/forums/general/topics/x/posts/1", "/galleries/9", "/galleries/x",
    ],
)  # fmt: skip
def test_what_is_not_there(world: World, path: str):
    answer = world.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "Not found"})
    assert answer.headers["content-type"] == JSON


def test_what_is_not_there_by_other_methods_and_paths(world: World):
    for method, path in (("DELETE", "/search/images"), ("PUT", "/images/1"), ("PATCH", "/none")):
        answer = world.call(method, path)
        assert (answer.status_code, answer.json()) == (404, {"error": "Not found"})
    for path in ("/api/v2/x/y", "/api/v1/json/x"):
        assert world.client.get(path).json() == {"error": "Not found"}
    assert world.get(f"/oembed?url=/{world.images['removed']}").status_code == 404
    assert world.get("/autocomplete/compiled").status_code == 404


def test_doubled_and_trailing_slashes_are_tolerated(world: World):
    for path in (f"//api/v1/json/images/{world.images['plain']}", f"{API}//images/featured/"):
        assert world.client.get("http://test" + path).status_code == 200


def test_answers_may_be_read_by_every_site_and_are_not_kept(world: World):
    answer = world.get("/images/1")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store, no-cache"
    preflight = world.call("OPTIONS", "/images/1/fave")
    assert preflight.headers["access-control-allow-methods"].startswith("GET, OPTIONS")


def test_any_accept_header_will_do(world: World):
    assert world.client.get(f"{API}/images/1", headers={"Accept": "text/html"}).is_success


def test_unknown_keys_are_nobody(world: World):
    for key in ("", "x", "AAAAAAAAAAAAAAAAAAAA", "%F0%9F%90%B4"):
        answer = world.client.get(f"{API}/images/{world.images['plain']}?key={key}")
        assert (answer.status_code, answer.json()["interactions"]) == (200, [])


def test_sessions_of_the_web_do_not_count_in_the_api(world: World):
    cookie = {"Cookie": "menagerie_session=whatever"}
    assert world.client.get(f"{API}/filters/user", headers=cookie).status_code == 403


def test_own_filters_need_a_key(world: World):
    answer = world.get("/filters/user")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (403, "", TEXT)


@pytest.mark.parametrize(
    ("filter_id", "total"),
    [
        ("", 6), ("1", 6), ("2", 7), ("56027", 7), ("100073", 6), ("3", 7), ("99", 6), ("abc", 6),
        ("2x", 6), ("2.0", 6), ("-2", 6), ("9" * 30, 6),
    ],
)  # fmt: skip
def test_the_filter_of_the_call(world: World, filter_id: str, total: int):
    answer = world.get(f"/search/images?q=*&filter_id={filter_id}")
    assert answer.json()["total"] == total


def test_a_private_filter_counts_for_its_owner_only(world: World):
    query = "/search/images?q=solo&filter_id=101"
    seen = {role: set(ids(world.get(query, role))) for role in ("user", "moderator", "admin")}
    assert world.images["large"] not in seen["user"]  # it hides cats
    assert world.images["large"] not in seen["moderator"]
    plain = next(
        i for i in world.get(query, "user").json()["images"] if i["id"] == world.images["plain"]
    )
    assert plain["spoilered"] is True
    for role in ("other", "anonymous"):
        assert ids(world.get(query, role)) == ids(world.get("/search/images?q=solo", role))
    # That of another board's Everything is never given to a filter of somebody's own.
    assert world.get("/filters/3", "user").status_code == 404
    everything = ids(world.get("/search/images?q=solo&filter_id=2", "other"))
    assert ids(world.get("/search/images?q=solo&filter_id=3", "other")) == everything


def test_removed_images_are_found_on_request(world: World):
    removed, merged = world.images["removed"], world.images["merged"]
    query = "/search/images?q=bad || copy&per_page=50&del="
    assert ids(world.get(query)) == [world.images["plain"]]
    assert set(ids(world.get(query + "1"))) == {world.images["plain"], removed, merged}
    assert ids(world.get(query + "only")) == [world.images["plain"]]
    assert set(ids(world.get(query + "only", "moderator"))) == {removed, merged}
    assert ids(world.get(query + "deleted", "moderator")) == [removed]


def test_what_the_caller_hid_comes_back_on_request(world: World):
    svg = world.images["svg"]
    assert svg not in ids(world.get("/search/images?q=dog", "other"))
    assert svg in ids(world.get("/search/images?q=dog&hidden=1", "other"))
    assert svg in ids(world.get("/search/images?q=dog", "user"))


def test_queries_of_ones_own(world: World):
    assert ids(world.get("/search/images?q=my:faves", "other")) == [world.images["plain"]]
    assert ids(world.get("/search/images?q=my:downvotes", "other")) == [world.images["large"]]
    assert world.images["anonymous"] in ids(world.get("/search/images?q=my:uploads", "user"))
    assert ids(world.get("/search/images?q=gallery_id:1&sf=gallery_id:1")) == [
        world.images["plain"]
    ]


def test_every_sort_is_accepted(world: World):
    for sort in ("created_at", "", "nonsense", "relevance", "_score", "random", "random:7", "id",
                 "score", "gallery_id:1", "gallery_id:x", "wilson_score", "duration"):  # fmt: skip
        for direction in ("asc", "desc", "", "x"):
            answer = world.get(f"/search/images?q=*&filter_id=2&sf={sort}&sd={direction}")
            assert len(ids(answer)) == 7
    first = ids(world.get("/search/images?q=*&sf=random:5"))
    assert ids(world.get("/search/images?q=*&sf=random:5")) == first


def test_suggestions_say_what_is_wrong(world: World):
    cases = {
        "vsn=2": "Term is missing",
        "vsn=2&term=do": "Term is too short, must be at least 3 characters",
        "vsn=2&term=dog&limit=11": "Limit must be an integer between 1 and 10",
        "vsn=2&term=dog&limit=x": "Limit must be an integer between 1 and 10",
    }
    for query, message in cases.items():
        answer = world.get(f"/autocomplete/tags?{query}")
        assert (answer.status_code, answer.json()) == (422, {"error": message})
    assert world.get("/autocomplete/tags?term=do").json() == []
    assert world.get("/autocomplete/tags").json() == []


def test_tags_are_found_however_their_slug_is_written(world: World):
    for slug in ("artist-colon-bob+ross", "artist-colon-bob%20ross", "artist-colon-bob%2Bross"):
        assert world.get(f"/tags/{slug}").json()["tag"]["name"] == "artist:bob ross"


def test_the_feed_without_a_key_leads_to_the_door(world: World):
    answer = world.get("/api/v1/rss/watched")
    assert (answer.status_code, answer.headers["location"]) == (302, "http://test/login")


def test_malformed_requests(world: World):
    for path in ("/search/images?q=%00", "/search/images?q=%ff", "/images/1?a=%00"):
        answer = world.get(path)
        assert answer.status_code in {200, 400}
    assert world.get("/search/images?q=%00").json() == {"error": "Bad Request"}
    broken = world.call(
        "POST", "/images", content=b"{", headers={"content-type": "application/json"}
    )
    assert (broken.status_code, broken.json()) == (400, {"error": "Bad Request"})
