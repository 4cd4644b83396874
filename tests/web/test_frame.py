"""What every page stands in: languages, colours, sizes on the wire; searches by form and kept."""

import gzip
import json
import re

import pytest

import build
from menagerie.core import filters, galleries
from menagerie.core.people import preferences
from menagerie.storage.schema import Audience
from menagerie.web import files, packing, texts
from web.conftest import text_of

FIRST_PAGE_BYTES = 60_000


def _on_the_wire(browser, path):
    answer = browser.get(path, headers={"accept-encoding": "gzip"})
    return int(answer.headers["content-length"])


def test_the_first_page_without_pictures_is_light(browser, library):
    for n in range(3):
        build.image(library, f"safe, dog, number {n}")
    page = browser.get("/").text
    addresses = set(re.findall(r'"(/static/[^"]+)"', page))
    modules = {name for name in files.static_files() if name.endswith(".js")}
    version = next(iter(addresses)).rsplit("/", 1)[0]
    # All scripts there are, though a page takes only some of them.
    addresses |= {f"{version}/{name}" for name in modules}
    assert _on_the_wire(browser, "/") + sum(_on_the_wire(browser, a) for a in addresses) < (
        FIRST_PAGE_BYTES
    )
    for path in (f"{version}/menagerie.css", "/"):
        packed = browser.get(path, headers={"accept-encoding": "br, gzip;q=0.5"})
        plain = browser.get(path, headers={"accept-encoding": "gzip;q=0, identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert "accept-encoding" in plain.headers["vary"]
        assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert packed.headers.get("etag") is None
    assert gzip.decompress(packing.pack(b"same")) == b"same"


def test_the_token_of_forms_never_looks_the_same_and_is_taken_in_each_form(browser):
    first = browser.csrf
    browser.get("/help")
    assert browser.csrf != first
    for token in (first, browser.csrf):
        assert browser.post("/preferences", {"theme": "dark"}, csrf=token).status_code == 303
    for token in ("", "0" * 80, first[:-1], "zz"):
        assert browser.post("/preferences", {"theme": "dark"}, csrf=token).status_code == 403


def test_colours_and_endless_rows_are_a_visitors_or_an_accounts_choice(
    browser, open_browser, library, alice
):
    assert "data-theme" not in browser.get("/").text
    answer = browser.post("/preferences", {"theme": "dark", "endless": "1", "then": "/help"})
    assert answer.headers["location"] == "/help"
    assert '<html lang="en" data-theme="dark">' in browser.get("/").text
    assert (
        browser.post("/preferences", {"theme": "pink", "then": "//x.example"}).headers["location"]
        == "/"
    )
    assert 'data-theme="dark"' in browser.get("/").text
    at_home, elsewhere = open_browser("Alice"), open_browser("Alice")
    at_home.post("/preferences", {"theme": "light", "endless": "1"})
    assert 'data-theme="light"' in elsewhere.get("/").text
    with library.reading(alice) as tx:
        assert preferences.get(tx).is_endless
    for n in range(41):
        build.image(library, f"safe, dog, number {n}")
    page = elsewhere.get("/search?q=dog").text
    more = re.search(r'hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    part = elsewhere.get(more, headers={"hx-request": "true"})
    assert part.text.count("data-image-id") == 1
    assert "<header" not in part.text
    assert "hx-get" not in part.text


def test_the_language_is_negotiated_and_pages_are_kept_apart(browser):
    page = browser.get("/", headers={"accept-language": "de, fr;q=0.5"})
    assert f'<html lang="{"de" if "de" in texts.LANGUAGES else "en"}"' in page.text
    assert {"accept-language", "cookie"} <= set(page.headers["vary"].split(", "))
    assert page.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("form", "query"),
    [
        ("with=dog, sleeping", "dog, sleeping"),
        ("with=dog&without=cat,fox&rating[]=safe", "dog, -cat, -fox, safe"),
        ("rating[]=safe&rating[]=suggestive", "(safe || suggestive)"),
        ("score=5&width=1000", "score.gte:5, width.gte:1000"),
        ("since=2020-02-01&width=9", "width.gte:9, first_seen_at.gte:2020-02-01"),
        ("until=2020-02-29", "first_seen_at.lte:2020-02-29"),
        ("who=alice&rest=cat OR fox", "uploader:alice, (cat OR fox)"),
        ("score=x&since=never", "*"),
    ],
)  # fmt: skip
def test_a_search_by_form_is_a_query_and_back(browser, form, query):
    answer = browser.get(f"/search/build?{form}", follow_redirects=False)
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"])
    shown = re.search(r'<input type="search" name="q" value="([^"]*)"', page.text)[1]
    assert shown.lower() == query.lower()
    # The form that the page shows makes the same search again.
    fields = dict(re.findall(r'<input id="b-(\w+)"[^>]* value="([^"]*)"', page.text))
    ticked = re.findall(r'name="rating\[\]" value="([\w-]+)" checked', page.text)
    again = browser.get(
        "/search/build", params={**fields, "rating[]": ticked}, follow_redirects=False
    )
    total = re.search(r"data-total>([^<]*)", browser.get(again.headers["location"]).text)[1]
    assert total == re.search(r"data-total>([^<]*)", page.text)[1]
    assert set(_parts(browser.get(again.headers["location"]).text)) == set(_parts(page.text))


def _parts(page):
    return re.findall(r'<span class="unseen">Without</span>([^<]*)<', page)


def test_searches_are_kept_found_by_name_and_offered(open_browser, library, alice):
    build.image(library, "safe, sleeping dog, solo")
    browser = open_browser("Alice")
    assert browser.get("/searches").status_code == 200
    answer = browser.post(
        "/searches", {"name": "Sleepers", "query": "sleeping dog", "sort": "score:asc"}
    )
    assert answer.headers["location"] == "/search?q=sleeping+dog&sf=score&sd=asc"
    assert "1 picture" in text_of(browser.get(answer.headers["location"]))
    offered = json.loads(browser.get("/search/suggest?term=sle").text)
    assert [(one["kind"], one["shown"]) for one in offered["suggestions"]] == [
        ("tag", "sleeping dog"),
        ("saved", "Sleepers"),
    ]
    fields = json.loads(browser.get("/search/suggest?term=wid").text)["suggestions"]
    assert [(one["kind"], one["text"]) for one in fields] == [("field", "width.gte:")]
    search_id = re.search(r"/searches/(\d+)/rename", browser.get("/searches").text)[1]
    refused = browser.post(f"/searches/{search_id}/rename", {"name": ""})
    assert refused.status_code == 422
    assert "aria-invalid" in refused.text
    browser.post(f"/searches/{search_id}/rename", {"name": "Sleep"})
    assert "Sleep" in text_of(browser.get("/searches"))
    browser.post(f"/searches/{search_id}/delete")
    assert "You keep no searches" in text_of(browser.get("/searches"))
    assert open_browser().post("/searches", {"name": "a", "query": "b"}).status_code == 303


def test_another_filter_can_be_tried_on_a_search(browser, library):
    build.image(library, "explicit, dog, solo")
    assert "No picture fits" in text_of(browser.get("/search?q=dog"))
    tried = browser.get(f"/search?q=dog&filter={filters.EVERYTHING_ID}")
    assert "1 picture" in text_of(tried)
    assert "Only tried here; Default stays in force." in text_of(tried)
    assert "No picture fits" in text_of(browser.get("/search?q=dog"))


def test_the_map_the_feed_and_cards_hold_nothing_but_what_everybody_sees(
    open_browser, library, alice, moderator
):
    seen = build.image(library, "safe, dog, solo", actor=alice)
    explicit = build.image(library, "explicit, cat, secret habit", actor=alice)
    private = build.image(library, "safe, dog, secret pet", actor=alice, audience=Audience.PRIVATE)
    with library.writing(alice) as tx:
        gallery = galleries.create(tx, title="Mine").id
    for browser in (open_browser(), open_browser("Alice"), open_browser("Mona")):
        index = browser.get("/sitemap.xml").text
        maps = re.findall(r"<loc>http://library.test(/sitemaps/[^<]*)</loc>", index)
        assert maps == [f"/sitemaps/{kind}-1.xml" for kind in ("images", "tags", "galleries")]
        found = [x for m in maps for x in re.findall(r"test(/[^<]*)</loc>", browser.get(m).text)]
        assert found == [
            f"/images/{seen}", "/tags/dog", "/tags/safe", "/tags/solo", f"/galleries/{gallery}",
        ]  # fmt: skip
    browser = open_browser()
    assert "Sitemap: http://library.test/sitemap.xml" in browser.get("/robots.txt").text
    feed = browser.get("/feed?q=*").text
    assert f"/images/{seen}<" in feed
    for hidden in (explicit, private):
        assert f"/images/{hidden}<" not in feed
    card = browser.get(f"/images/{seen}").text
    assert f'<link rel="canonical" href="http://library.test/images/{seen}">' in card
    assert "application/json+oembed" in card
    assert 'property="og:image"' in card
    covered = browser.get(f"/images/{explicit}").text
    assert 'property="og:image"' not in covered
    assert "og:title" in covered
    own = open_browser("Alice").get(f"/images/{private}").text
    assert "og:" not in own
    assert 'content="noindex"' in own
