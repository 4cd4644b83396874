"""Pages as visitors and accounts see them."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

import build
from conftest import NOON
from menagerie.core import filters, galleries, moderation, votes
from menagerie.core.talk import comments
from menagerie.library import SYSTEM
from menagerie.storage.schema import Audience, Role
from menagerie.web import _PAGES
from web.conftest import text_of

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class _Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def assert_nothing_inline(page):
    """No handler, no style attribute, no script but ours, nothing from another host."""
    elements = _Elements()
    elements.feed(page)
    for tag, attributes in elements.found:
        assert not {a for a in attributes if a.startswith("on") or a == "style"}, (tag, attributes)
        if tag == "script":
            assert attributes["src"].startswith("/static/")
        if tag in {"link", "script", "img", "source", "video"}:
            address = attributes.get("src") or attributes.get("href") or ""
            if attributes.get("rel") in {"canonical", "alternate"}:  # these have to be whole
                address = address.removeprefix("http://library.test")
            assert address.startswith(("/", "#")), (tag, attributes)
            assert not address.startswith("//")


def test_an_empty_library_explains_how_to_fill_it(browser):
    page = text_of(browser.get("/"))
    assert "Nothing lives here yet" in page
    assert "menagerie import FOLDER" in page


def test_the_front_shows_what_is_new_with_the_size_of_every_picture(browser, library):
    first = build.image(library, "safe, dog, solo", size=(300, 200), color=(255, 0, 0))
    second = build.image(library, "safe, cat, solo", description="A cat asleep")
    page = browser.get("/")
    assert page.text.index(f'data-image-id="{second}"') < page.text.index(
        f'data-image-id="{first}"'
    )
    for image in re.findall(r"<img [^>]*>", page.text):
        assert re.search(r'width="\d+" height="\d+" alt="', image), image
    assert f".p{first}{{--ratio:1.5000;--shape:1.5000;--wide:300px;--colour:#" in page.text
    assert 'alt="A cat asleep"' in page.text
    assert 'alt="safe, dog, solo"' in page.text
    assert "2 pictures" in text_of(page)


def test_a_search_states_its_total_and_time_and_offers_its_parts_for_removal(browser, library):
    for number in range(3):
        build.image(library, f"safe, dog, number {number}")
    build.image(library, "safe, cat, solo")
    page = browser.get("/search?q=safe, dog, -number 1")
    assert re.search(r"2 pictures · [\d.]+ ms", text_of(page))
    links = re.findall(r'<a class="chip" href="([^"]*)"', page.text)
    assert links == [
        "/search?q=dog%2C+-number+1",
        "/search?q=safe%2C+-number+1",
        "/search?q=safe%2C+dog",
    ]
    assert "Filter: Default" in text_of(page)
    assert 'href="/feed?q=safe%2C+dog%2C+-number+1"' in page.text


@pytest.mark.parametrize(
    ("query", "without_first"),
    [
        ("dog OR cat", "*"),
        ("(dog OR cat), safe", "safe"),
        ("safe, (dog OR cat)", "(dog OR cat)"),
        ("-(dog, cat), safe", "safe"),
        ("solo", "*"),
    ],
)
def test_a_group_is_one_part(browser, query, without_first):
    page = browser.get("/search", params={"q": query})
    first = re.search(r'<a class="chip" href="/search\?q=([^"]*)"', page.text)[1]
    assert first.replace("+", " ").replace("%2C", ",").replace("%28", "(").replace(
        "%29", ")"
    ).replace("%2A", "*") == without_first.replace(" OR ", " OR ").replace("||", "OR")


def test_a_query_that_cannot_be_understood_is_underlined_at_its_place(browser):
    page = browser.get("/search?q=safe, (dog")
    assert page.status_code == 400
    assert "safe, <mark>(</mark>dog" in page.text
    assert "close every parenthesis" in text_of(page)


def test_a_misspelt_field_gets_a_remark(browser):
    assert "did you mean 'score.gte:'" in text_of(browser.get("/search?q=scor.gte:5"))


@pytest.mark.slow
def test_pages_follow_each_other_and_sorting_is_kept(browser, library):
    for number in range(43):
        build.image(library, f"safe, dog, n{number}")
    page = browser.get("/search?q=dog&sf=score&sd=asc")
    assert len(re.findall(r'class="media-box', page.text)) == 40
    assert 'href="/search?q=dog&amp;sf=score&amp;sd=asc&amp;page=2" rel="next"' in page.text
    second = browser.get("/search?q=dog&sf=score&sd=asc&page=2")
    assert len(re.findall(r'class="media-box', second.text)) == 3
    assert "There is no page 9" in text_of(browser.get("/search?q=dog&page=9"))
    assert "What are you looking for?" in text_of(browser.get("/search"))


def test_nothing_found_offers_tags_that_begin_alike(browser, library):
    build.image(library, "safe, labrador retriever, solo")
    page = browser.get("/search?q=labrador retreiver")
    assert "No picture fits" in text_of(page)
    assert 'href="/tags/labrador+retriever"' in page.text


def test_the_size_of_pictures_is_remembered(browser, library):
    build.image(library)
    assert 'data-view="medium"' in browser.get("/search?q=*").text
    assert 'data-view="list"' in browser.get("/search?q=*&view=list").text
    assert 'data-view="list"' in browser.get("/search?q=*").text


def test_the_image_page_shows_tags_by_category_facts_and_neighbours(browser, library, alice):
    ids = [
        build.image(
            library, f"safe, artist:ann, dog, n{n}", actor=alice, sources=("https://a.example/",)
        )
        for n in range(3)
    ]
    page = browser.get(f"/images/{ids[1]}?q=dog")
    read = text_of(page)
    assert "Rating safe Origin artist:ann Tags dog n1" in read
    assert "48 × 32 px" in read
    assert "Uploader Alice" in read
    assert f'href="/images/{ids[2]}?q=dog" rel="prev" data-key="ArrowLeft"' in page.text
    assert f'href="/images/{ids[0]}?q=dog" rel="next" data-key="ArrowRight"' in page.text
    assert '<a href="https://a.example/" rel="nofollow noopener noreferrer ugc">' in page.text
    assert "Log in to vote" in read


def test_the_short_address_leads_to_the_image(browser, library):
    image_id = build.image(library)
    answer = browser.get(f"/{image_id}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/images/{image_id}")
    assert browser.get("/nonsense").status_code == 404


def test_hostile_texts_are_only_texts(browser, library, alice):
    image_id = build.image(
        library,
        f"safe, dog, {HOSTILE.replace(',', '')}",
        actor=alice,
        description=HOSTILE,
        sources=('https://example.org/"><script>alert(1)</script>',),
        name=HOSTILE,
    )
    slugs = re.findall(r'href="(/tags/[^"]*)"', browser.get(f"/images/{image_id}").text)
    paths = ["/", f"/images/{image_id}", f"/search?q={HOSTILE}", "/tags", "/feed", *slugs]
    for path in paths:
        page = browser.get(path)
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
        if path != "/feed":
            assert_nothing_inline(page.text)


def test_a_spoiler_says_why_and_opens_without_scripts(browser, library):
    image_id = build.image(library, "questionable, dog, solo")
    assert "Spoilered questionable" in text_of(browser.get("/"))
    page = browser.get(f"/images/{image_id}")
    link = re.search(r'<a class="spoiled" href="([^"]*)"', page.text)[1]
    assert 'class="spoiled"' not in browser.get(link).text


def test_a_visitor_sees_through_the_default_filter(browser, library):
    image_id = build.image(library, "explicit, dog, solo")
    assert f'data-image-id="{image_id}"' not in browser.get("/search?q=*").text
    assert "0 pictures" in text_of(browser.get("/search?q=explicit"))


def test_what_may_not_be_known_is_nowhere(open_browser, library, alice):
    image_id = build.image(library, "safe, dog, secret tag", actor=alice, audience=Audience.PRIVATE)
    visitor, owner = open_browser(), open_browser("Alice")
    for path in ("", "/favorites", "/related", "/history"):
        assert visitor.get(f"/images/{image_id}{path}").status_code == 404
    assert visitor.get(f"/pictures/{image_id}/full.png").status_code == 404
    assert visitor.get(f"/pictures/{image_id}/download").status_code == 404
    assert "Nobody else can see" in text_of(owner.get(f"/images/{image_id}"))
    file = owner.get(f"/pictures/{image_id}/full.png")
    assert file.status_code == 200
    assert "public" not in file.headers["cache-control"]


def test_the_file_and_its_download(browser, library):
    data = build.png((60, 40), (1, 2, 3), 5)
    image_id = build.image(library, data=data)
    shown = browser.get(f"/pictures/{image_id}/medium.png")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    saved = browser.get(f"/pictures/{image_id}/download")
    assert f'filename="{image_id}.png"' in saved.headers["content-disposition"]
    for wrong in ("../../secret.png", "full.exe", "other.png", "full"):
        assert browser.get(f"/pictures/{image_id}/{wrong}").status_code == 404


def test_pages_that_programs_read(browser, library, alice):
    image_id = build.image(library)
    twin = build.image(library, color=(10, 10, 10))
    again = build.image(library, color=(11, 11, 11), size=(96, 64))
    with library.writing(alice) as tx:
        votes.fave(tx, image_id)
    fans = f"/images/{image_id}/favorites"
    assert browser.get(fans).text.strip().endswith('</h5>\n<a href="/profiles/Alice">Alice</a>')
    related = f"/images/{twin}/related"
    assert f'<div class="media-box" data-image-id="{again}">' in browser.get(related).text
    for path in (fans, related):
        page = browser.get(path, headers={"accept": "text/html,*/*;q=0.8"}).text
        assert "<!doctype html>" in page
    profile = browser.get("/profiles/Alice")
    assert "Faves" in text_of(profile)
    assert browser.get("/profiles/Nobody").status_code == 404


def test_a_tag_page_shows_its_relatives_and_pictures(browser, library):
    image_id = build.image(library, "safe, artist:j. doe, solo")
    page = browser.get("/tags/artist-colon-j-dot-+doe")
    assert f'data-image-id="{image_id}"' in page.text
    assert "Category: Origin" in text_of(page)
    assert browser.get("/tags/no+such").status_code == 404
    assert "artist:j. doe 1" in text_of(browser.get("/tags?q=doe"))


def test_the_feed_is_xml_with_whole_addresses(browser, library):
    image_id = build.image(library, "safe, dog & cat, <b>")
    feed = browser.get("/feed?q=safe")
    assert feed.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert f'href="http://library.test/images/{image_id}"' in feed.text
    assert "<updated>2026-01-01T12:00:00Z</updated>" in feed.text
    assert ET.fromstring(feed.text)  # noqa: S314


def test_help_lists_every_field(browser):
    page = text_of(browser.get("/help"))
    for name in ("wilson_score", "faved_by", "aspect_ratio"):
        assert name in page


def test_times_are_relative_and_exact(browser, library, clock):
    image_id = build.image(library)
    clock.time = NOON + 3 * 3600 * 1_000_000
    page = browser.get(f"/images/{image_id}").text
    assert 'title="1 January 2026, 12:00:00 UTC">3 hours ago</time>' in page


def test_every_page_forbids_what_it_does_not_need(browser, library):
    build.image(library)
    for path in ("/", "/search?q=*", "/images/1", "/login", "/nothing/here", "/search?q=("):
        page = browser.get(path)
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
        assert "unsafe" not in policy
        nonce = re.search(r"style-src 'self' 'nonce-([\w-]+)'", policy)[1]
        assert f'<style nonce="{nonce}">' in page.text
        assert nonce not in browser.get(path).text


def test_pages_carry_nothing_inline_and_call_nobody(open_browser, library, alice):
    build.image(library, actor=alice)
    browser = open_browser("Alice")
    for path in (
        "/", "/images/1", "/upload", "/settings", "/filters/new", "/help", "/breeds",
        "/breeds/siamese", "/breeds/laws/de", "/pets/new", "/private",
    ):  # fmt: skip
        assert_nothing_inline(browser.get(path).text)


def test_static_files_are_kept_for_ever_under_their_version(browser):
    page = browser.get("/").text
    for address in re.findall(r'"(/static/[^"]*)"', page):
        answer = browser.get(address)
        assert "immutable" in answer.headers["cache-control"]
        same = browser.get(address, headers={"if-none-match": answer.headers["etag"]})
        assert same.status_code == 304
    assert browser.get("/static/x/../../pages.py").status_code == 404
    assert browser.get("/static/old/menagerie.css").headers["cache-control"] == "no-cache"


EVERY_PAGE = {
    # path: status for a visitor, an account, a moderator
    "/": (200, 200, 200),
    "/search?q=dog": (200, 200, 200),
    "/search/build?with=dog": (303, 303, 303),
    "/search/suggest?term=do": (200, 200, 200),
    "/searches": (303, 200, 200),
    "/sitemap.xml": (200, 200, 200),
    "/sitemaps/images-1.xml": (200, 200, 200),
    "/sitemaps/images-2.xml": (404, 404, 404),
    "/sitemaps/x-1.xml": (404, 404, 404),
    "/tags": (200, 200, 200),
    "/conversations?with=1": (303, 303, 303),
    "/tags/dog": (200, 200, 200),
    "/help": (200, 200, 200),
    "/feed": (200, 200, 200),
    "/images/1": (200, 200, 200),
    "/images/1/favorites": (200, 200, 200),
    "/images/1/related": (200, 200, 200),
    "/images/1/history": (200, 200, 200),
    "/images/2": (200, 200, 200),  # removed: a stub, or for moderators the picture
    "/profiles/Alice": (200, 200, 200),
    "/login": (200, 200, 200),
    "/register": (200, 200, 200),
    "/reset": (200, 200, 200),
    "/upload": (303, 200, 200),
    "/settings": (303, 200, 200),
    "/settings/profile": (303, 200, 200),
    "/settings/links": (303, 200, 200),
    "/settings/preferences": (303, 200, 200),
    "/settings/two-factor": (303, 200, 200),
    "/settings/keys": (303, 200, 200),
    "/settings/sessions": (303, 200, 200),
    "/settings/watching": (303, 200, 200),
    "/settings/export": (303, 200, 200),
    "/filters": (200, 200, 200),
    "/filters/1": (200, 200, 200),
    "/filters/new": (303, 200, 200),
    "/filters/99": (404, 404, 404),
    "/galleries": (200, 200, 200),
    "/galleries/1": (200, 200, 200),
    "/galleries/new": (303, 200, 200),
    "/moderation": (303, 403, 200),
    "/moderation/reports": (303, 403, 200),
    "/moderation/requests": (303, 403, 200),
    "/moderation/uploads": (303, 403, 200),
    "/moderation/log": (303, 403, 200),
    "/moderation/duplicates": (303, 403, 200),
    "/moderation/bans": (303, 403, 200),
    "/tag_changes": (200, 200, 200),
    "/tags/dog/edit": (303, 403, 200),
    "/reports/new?kind=image&id=1": (200, 200, 200),
    "/images/1/duplicate": (200, 200, 200),
    "/moderation/notices": (303, 403, 200),
    "/moderation/notices/1": (303, 403, 404),
    "/moderation/badges": (303, 403, 200),
    "/dnp": (200, 200, 200),
    "/dnp/new": (303, 200, 200),
    "/moderation/accounts": (303, 403, 403),
    "/moderation/accounts/1": (303, 403, 403),
    "/private": (303, 200, 200),
    "/breeds": (200, 200, 200),
    "/breeds/beagle": (200, 200, 200),
    "/breeds/x": (404, 404, 404),
    "/breeds/laws": (200, 200, 200),
    "/breeds/laws/fr": (200, 200, 200),
    "/breeds/laws/x": (404, 404, 404),
    "/pets": (303, 200, 200),
    "/pets/new": (303, 200, 200),
    "/pets/x": (303, 404, 404),
    "/images/1/status": (404, 404, 404),  # nothing was looked at
    "/images/1/report": (200, 200, 200),
    "/statistics": (200, 200, 200),
    "/images/1/comments": (200, 200, 200),
    "/comments": (200, 200, 200),
    "/comments/1": (303, 303, 303),
    "/comments/1/edit": (303, 200, 200),
    "/comments/1/history": (200, 200, 200),
    "/comments/x": (404, 404, 404),
    "/notifications": (303, 200, 200),
    "/messages": (303, 200, 200),
    "/messages/new": (303, 200, 200),
    "/messages/x": (303, 404, 404),
    "/forums": (200, 200, 200),
    "/forums/x": (404, 404, 404),
    "/forums/x/new": (303, 404, 404),
    "/forums/x/topics/x": (404, 404, 404),
    "/posts": (200, 200, 200),
    "/posts/x": (404, 404, 404),
    "/posts/x/edit": (404, 404, 404),
    "/posts/x/history": (404, 404, 404),
    "/admin": (303, 403, 403),
    "/admin/settings": (303, 403, 403),
    "/validate": (200, 200, 200),
    "/validate/ahead": (200, 200, 200),
    "/validate/done": (200, 200, 200),
    "/donate": (200, 200, 200),
    "/vocabulary": (200, 200, 200),
    "/vocabulary/suggest?term=d": (200, 200, 200),
    "/vocabulary/x": (404, 404, 404),
    "/export": (200, 200, 200),
    "/exports/x": (404, 404, 404),
    "/exports/x/download": (404, 404, 404),
    "/snapshots/x": (404, 404, 404),
    "/snapshots/x/withdrawn.csv": (404, 404, 404),
    "/snapshots/x/changes.csv": (404, 404, 404),
    "/images/99": (404, 404, 404),
    "/images/x": (404, 404, 404),
    "/logout": (405, 405, 405),
    "/robots.txt": (200, 200, 200),
}


@pytest.mark.slow
def test_every_page_for_every_role(open_browser, library, alice, moderator):
    build.image(library, "safe, dog, solo", actor=alice)
    gone = build.image(library, "safe, dog, gone", actor=alice)
    with library.writing(moderator) as tx:
        moderation.remove(tx, gone, "It was a mistake")
        galleries.add(tx, galleries.create(tx, title="Dogs").id, 1)
    with library.writing(alice) as tx:
        comments.create(tx, 1, "What a dog")
    browsers = (open_browser(), open_browser("Alice"), open_browser("Mona"))
    for path, expected in EVERY_PAGE.items():
        found = tuple(b.get(path, follow_redirects=False).status_code for b in browsers)
        assert found == expected, path
    for path in _page_paths():
        assert any(_fits(path, known.split("?")[0]) for known in EVERY_PAGE), path


def _page_paths():
    skipped = {"/{id:str}", "/filters/{id:str}/edit", "/galleries/{id:str}/edit"}
    return [path for path in _PAGES if path not in skipped]


def _fits(pattern, path):
    return re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", pattern), path)


def test_the_filter_of_an_account_is_in_force(open_browser, library, alice):
    image_id = build.image(library, "explicit, dog, solo")
    browser = open_browser("Alice")
    assert f'data-image-id="{image_id}"' not in browser.get("/search?q=*").text
    browser.post(f"/filters/{filters.EVERYTHING_ID}/choose")
    assert f'data-image-id="{image_id}"' in browser.get("/search?q=*").text
    assert "Filter: Everything" in text_of(browser.get("/"))


def test_a_removed_picture_says_why_and_a_merged_one_leads_on(browser, library):
    first, second, third = (build.image(library, f"safe, dog, n{n}") for n in range(3))
    with library.writing(SYSTEM) as tx:
        moderation.remove(tx, first, "Not ours to show")
        moderation.merge(tx, second, third)
    assert "Not ours to show" in text_of(browser.get(f"/images/{first}"))
    assert f'href="/images/{third}"' in browser.get(f"/images/{second}").text
    assert browser.get(f"/pictures/{first}/full.png").status_code == 404


def test_roles_are_shown_in_words(browser, library):
    build.account(library, "Mona", Role.MODERATOR)
    assert "Moderator" in text_of(browser.get("/profiles/Mona"))
