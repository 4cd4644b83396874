"""Every page that can be asked for: accessible, in nobody else's debt, calm, and fit for 320 px.

The table of pages is the web's own, so a page added later without a seed here fails a test.
"""

import json
from collections.abc import Iterator

import pytest
from tests.e2e.browsing import AXE, MARKS
from tests.e2e.furnished import ROLES

from menagerie import web

EVERYBODY = "guest user moderator"
MEMBERS = "user moderator"
SEEDS: dict[str, list[tuple[str, str]]] = {
    "/": [(EVERYBODY, "/")],
    "/search": [
        ("guest user", "/search?q=safe"),
        ("guest", "/search?q=("),
        ("guest", "/search?q=zzz"),
        ("user", "/search?q=*&view=list"),
    ],
    "/searches": [("user", "/searches")],
    "/tags": [("guest", "/tags")],
    "/tags/{slug:str}": [(EVERYBODY, "/tags/{tag}"), ("guest", "/tags/dog")],
    "/profiles/{slug:str}": [(EVERYBODY, "/profiles/Ann"), ("user admin", "/profiles/Ben")],
    "/statistics": [("guest", "/statistics")],
    "/help": [("guest", "/help")],
    "/images/{id:str}": [
        (f"{EVERYBODY} admin", "/images/{image}"),
        ("moderator", "/images/{removed}"),
        ("moderator", "/images/{waiting[0]}"),
        ("user", "/images/{private[0]}"),
    ],
    "/images/{id:str}/favorites": [("guest", "/images/{image}/favorites")],
    "/images/{id:str}/related": [("guest", "/images/{image}/related")],
    "/images/{id:str}/history": [("guest moderator", "/images/{image}/history")],
    "/images/{id:str}/duplicate": [("user", "/images/{image}/duplicate")],
    "/images/{id:str}/report": [("guest", "/images/{image}/report")],
    "/notifications": [("user", "/notifications")],
    "/messages": [("user", "/messages")],
    "/messages/new": [("user", "/messages/new")],
    "/messages/{key:str}": [("user", "/messages/{letter}")],
    "/forums": [("guest admin", "/forums")],
    "/forums/{forum:str}": [("guest user", "/forums/general"), ("admin", "/forums/helpers")],
    "/forums/{forum:str}/new": [("user", "/forums/general/new")],
    "/forums/{forum:str}/topics/{slug:str}": [(EVERYBODY, "/forums/general/topics/{topic}")],
    "/posts": [("guest", "/posts")],
    "/posts/{id:str}": [("guest", "/posts/{post}")],
    "/posts/{id:str}/edit": [("user", "/posts/{post}/edit")],
    "/posts/{id:str}/history": [("guest", "/posts/{post}/history")],
    "/comments": [("guest moderator", "/comments")],
    "/comments/{id:str}": [("guest", "/comments/{comment}")],
    "/comments/{id:str}/edit": [("user", "/comments/{comment}/edit")],
    "/comments/{id:str}/history": [("guest", "/comments/{comment}/history")],
    "/upload": [("user", "/upload")],
    "/login": [("guest", "/login")],
    "/register": [("guest", "/register")],
    "/reset": [("guest", "/reset")],
    "/settings": [("user", "/settings")],
    "/settings/profile": [("user", "/settings/profile")],
    "/settings/links": [("user", "/settings/links")],
    "/settings/preferences": [("user", "/settings/preferences")],
    "/settings/two-factor": [("user", "/settings/two-factor")],
    "/settings/keys": [("user", "/settings/keys")],
    "/settings/sessions": [("user", "/settings/sessions")],
    "/settings/watching": [("user", "/settings/watching")],
    "/filters": [("guest user", "/filters")],
    "/filters/new": [("user", "/filters/new")],
    "/filters/{id:str}": [("guest", "/filters/1"), ("user", "/filters/{filter}")],
    "/filters/{id:str}/edit": [("user", "/filters/{filter}/edit")],
    "/galleries": [("guest user", "/galleries")],
    "/galleries/new": [("user", "/galleries/new")],
    "/galleries/{id:str}": [(EVERYBODY, "/galleries/{gallery}")],
    "/galleries/{id:str}/edit": [("user", "/galleries/{gallery}/edit")],
    "/moderation": [("moderator", "/moderation")],
    "/moderation/uploads": [("moderator", "/moderation/uploads")],
    "/moderation/duplicates": [("moderator", "/moderation/duplicates")],
    "/moderation/log": [("moderator", "/moderation/log")],
    "/moderation/reports": [("moderator", "/moderation/reports")],
    "/moderation/requests": [("moderator", "/moderation/requests")],
    "/moderation/accounts": [("admin", "/moderation/accounts")],
    "/moderation/accounts/{id:str}": [("admin", "/moderation/accounts/{account}")],
    "/reports/new": [("user", "/reports/new?kind=comment&id={comment}")],
    "/moderation/bans": [("moderator", "/moderation/bans")],
    "/moderation/badges": [("moderator", "/moderation/badges")],
    "/moderation/notices": [("moderator", "/moderation/notices")],
    "/moderation/notices/{id:str}": [("moderator", "/moderation/notices/{notice}")],
    "/tag_changes": [("moderator", "/tag_changes")],
    "/tags/{slug:str}/edit": [("moderator", "/tags/{tag}/edit")],
    "/dnp": [("guest", "/dnp"), ("user", "/dnp")],
    "/dnp/new": [("user", "/dnp/new")],
    "/admin": [("admin", "/admin")],
    "/admin/settings": [("admin", "/admin/settings")],
    "/private": [("user", "/private")],
    "/validate": [("guest", "/validate?label=dog"), ("guest", "/validate?label=zzz")],
    "/validate/done": [("guest", "/validate/done")],
    "/donate": [("guest", "/donate")],
    "/vocabulary": [("guest", "/vocabulary?q=dog"), ("moderator", "/vocabulary?q=cat")],
    "/vocabulary/{key:str}": [("guest", "/vocabulary/{word}")],
    "/breeds": [("guest", "/breeds?group=Toy")],
    "/breeds/laws": [("guest", "/breeds/laws")],
    "/breeds/laws/{code:str}": [("guest", "/breeds/laws/de")],
    "/breeds/{key:str}": [("guest", "/breeds/pug")],
    "/pets": [("user", "/pets")],
    "/pets/new": [("user", "/pets/new")],
    "/pets/{code:str}": [("user", "/pets/{pet}")],
    "/export": [("guest user", "/export?query=dog&any_licence=1"), ("guest", "/export?query=(")],
    "/exports/{key:str}": [("user", "/exports/{export}")],
    "/snapshots/{key:str}": [("guest", "/snapshots/{snapshot}")],
    "/reference": [("guest", "/reference")],
    "/reference/{name:str}": [("guest", "/reference/philomena")],
    "/reference/{name:str}/{operation:str}": [("guest", "/reference/philomena/{operation}")],
}
"""Of each page, who looks at which addresses; names in braces are ids of `furnished`."""
NO_PAGE = {
    "/{id:str}": "leads to /images/N",
    "/search/build": "leads to /search",
    "/conversations": "leads to /messages/new",
    "/search/suggest": "JSON for a field",
    "/vocabulary/suggest": "JSON for a field",
    "/validate/ahead": "parts that the page takes in",
    "/images/{id:str}/comments": "a part that the page takes in",
    "/images/{id:str}/status": "a part that the page takes in",
    "/feed": "Atom",
    "/settings/export": "a copy of one's data",
    "/exports/{key:str}/download": "an archive",
    "/snapshots/{key:str}/withdrawn.csv": "a table",
    "/snapshots/{key:str}/changes.csv": "a table",
    "/static/{version:str}/{file:str}": "a file",
    "/robots.txt": "a file",
    "/sitemap.xml": "a file",
    "/sitemaps/{file:str}": "a file",
    "/moderation/requests/{key:str}/picture": "a picture",
    "/avatars/{folder:str}/{file:str}": "a picture",
    "/faces/{file:str}": "a picture",
    "/pictures/{id:str}/download": "a picture",
    "/pictures/{id:str}/{file:str}": "a picture",
}
OTHERS = [("guest", "/nothing/here"), ("user", "/moderation")]
"""Pages of errors: what is not there, and what is not for everybody."""
DESK = {"width": 1280, "height": 800}
FIRST_PAGE_BYTES = 60_000
MOST_SHIFT = 0.05
LOOK = """async () => {
    const links = [...document.querySelectorAll("a[href]:not([aria-hidden])")].filter((one) => !(
        one.textContent.trim() || one.ariaLabel || one.querySelector("[alt]:not([alt=''])")));
    let shift = 0;
    const watch = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shift += entry.value;
    });
    watch.observe({ type: "layout-shift", buffered: true });
    await new Promise((done) => setTimeout(done, 20));
    return {
        headings: document.querySelectorAll("h1").length,
        title: document.title.replace(/·.*/, "").trim(),
        language: document.documentElement.lang,
        unnamed: links.map((one) => one.outerHTML.slice(0, 120)),
        shift,
    };
}"""
WIDTHS = """() => [document.documentElement.scrollWidth, innerWidth,
    [...document.body.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map((one) => one.outerHTML.slice(0, 100))]"""
EVERYTHING = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}


def pages() -> set[str]:
    """Return the templates of the addresses that the web answers to GET."""
    return {
        path
        for one in web.routes(None).operations  # type: ignore[arg-type]
        if one.method == "GET"
        for path in one.paths
    }


def browsing(test):
    """Mark a test; marks of the module would make the quick one of the table slow as well."""
    for mark in MARKS:
        test = mark(test)
    return test


def test_every_page_has_somebody_who_looks_at_it():
    assert pages() - NO_PAGE.keys() - SEEDS.keys() == set(), "put them into SEEDS or NO_PAGE"
    assert (NO_PAGE.keys() | SEEDS.keys()) - pages() == set(), "there is no such page any more"


def seen_by(role: str, ids: dict[str, object]) -> Iterator[str]:
    for roles, address in [*(seed for seeds in SEEDS.values() for seed in seeds), *OTHERS]:
        if role in roles.split():
            yield address.format(**ids)


def violations(page, options) -> list[str]:
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{v['id']}: {node['html'][:200]}" for v in found for node in v["nodes"]]


def faults(page, address) -> Iterator[str]:
    """Say what is wrong with a page, light and dark, wide and narrow."""
    answer = page.goto(address)
    policy = answer.headers["content-security-policy"]
    if "unsafe-" in policy or "default-src" not in policy:
        yield f"policy: {policy}"
    seen = page.evaluate(LOOK)
    if seen["headings"] != 1 or not seen["title"] or seen["language"] != "en":
        yield f"outline: {seen}"
    if seen["shift"] >= MOST_SHIFT:
        yield f"jumps by {seen['shift']:.3f}"
    yield from (f"link without text: {one}" for one in seen["unnamed"])
    page.evaluate(AXE.read_text(encoding="utf-8"))
    yield from violations(page, EVERYTHING)
    page.emulate_media(color_scheme="dark")
    yield from (f"dark: {one}" for one in violations(page, CONTRAST))
    page.set_viewport_size({"width": 320, "height": 640})
    inside, width, wide = page.evaluate(WIDTHS)
    if inside > width:
        yield f"{inside} px wide at {width}: {wide}"
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")


@browsing
@pytest.mark.parametrize("role", ["guest", *ROLES])
def test_nothing_is_wrong_with_any_page(open_house, house, role):
    # Colours that move from light to dark would be measured on the way.
    page = open_house(role, viewport=DESK, color_scheme="light", reduced_motion="reduce")
    wrong = {}
    for address in dict.fromkeys(seen_by(role, house.ids)):
        found = list(faults(page, address))
        if found:
            wrong[address] = found
    assert wrong == {}, json.dumps(wrong, indent=1)


@browsing
def test_the_first_page_is_light(open_house):
    page = open_house("guest")
    kinds, sizes = {}, {}
    session = page.context.new_cdp_session(page)
    session.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))
    session.on(
        "Network.loadingFinished",
        lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}),
    )
    session.send("Network.enable")
    page.goto("/", wait_until="networkidle")
    counted = {request: size for request, size in sizes.items() if kinds[request] != "Image"}
    assert 5 <= len(counted) <= len(sizes) - 6
    assert sum(counted.values()) < FIRST_PAGE_BYTES, counted
