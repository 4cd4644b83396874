"""Hostile texts in the new pages, and who may open them."""

import re

import pytest

import build
from menagerie.core.animals import editing
from menagerie.core.animals.editing import Kind
from menagerie.core.apps import requests
from menagerie.library import SYSTEM
from menagerie.storage.schema import Audience, Species

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}} 100% %(x)s %s"
NAME = "evil\"'><script>alert(3)<script>.png"


def is_harmless(page) -> bool:
    """Tell whether what was typed is nothing but text on a page."""
    found = re.search(r"<script>alert|<img src=x|[^7*]49[^0-9]*\}\}|onerror=alert\(2\)>", page.text)
    return found is None and "default-src" in page.headers["content-security-policy"]


@pytest.fixture
def owner(open_browser, alice):
    return open_browser("Alice")


@pytest.fixture
def private(library, alice):
    return build.image(library, actor=alice, audience=Audience.PRIVATE, description=EVIL, name=NAME)


def test_a_pet(owner):
    owner.get("/pets")
    said = dict.fromkeys(("name", "description", "microchip", "about"), EVIL)
    made = owner.post(
        "/pets",
        {**said, "species": "dog", "sex": EVIL, "neuter_status": EVIL},
        files=[("images", (NAME, build.png((64, 64)), EVIL))],
    )
    assert made.status_code == 303
    page = owner.get(made.headers["location"])
    assert "alert(1)" in page.text
    assert is_harmless(page)
    assert is_harmless(owner.get("/pets"))
    for field in ("breed", "date_of_birth", "species"):
        again = owner.post("/pets", {**said, field: EVIL})
        assert again.status_code in {303, 422}
        assert again.status_code == 303 or is_harmless(again)


@pytest.mark.usefixtures("moderator")
def test_a_request_and_its_answer(owner, open_browser, private):
    owner.get("/private")
    assert owner.post(f"/private/{private}/ask", {"message": EVIL}).status_code == 303
    staff = open_browser("Mona")
    page = staff.get("/moderation/requests")
    assert "alert(1)" in page.text
    assert is_harmless(page)
    (path,) = set(re.findall(r'action="(/moderation/requests/[^"]+)"', page.text))
    staff.post(path, {"decision": "deny", "reason": EVIL})
    answered = owner.get("/private")
    assert "alert(1)" in answered.text
    assert is_harmless(answered)
    # It was shown for the decision alone.
    assert staff.get(f"{path}/picture").status_code == 404


def test_what_is_known_of_breeds(browser, library):
    with library.writing(SYSTEM) as tx:
        said = {"name": f"Evil {EVIL}", "description": EVIL, "temperament": [EVIL], "history": EVIL}
        code = editing.add(
            tx, Kind.BREED, Species.DOG, said | {"origin": EVIL, "alt_names": [EVIL]}
        )
        fact = {"title": EVIL, "fact": EVIL, "breed": said["name"]}
        editing.add(tx, Kind.FACT, Species.DOG, fact | {"sources": ["https://a.org/'onclick='"]})
    assert code
    listed = browser.get("/breeds?q=evil")
    assert is_harmless(listed)
    (path,) = set(re.findall(r'href="(/breeds/evil[^"]*)"', listed.text))
    page = browser.get(path)
    assert "alert(1)" in page.text
    assert is_harmless(page)
    for name in ("q", "group", "temperament", "sort", "species"):
        assert is_harmless(browser.get("/breeds", params={name: EVIL}))


@pytest.mark.parametrize("role", ["", "Alice", "Mona"])
@pytest.mark.usefixtures("moderator")
def test_who_may_open_what(open_browser, library, alice, private, role):
    with library.writing(alice) as tx:
        key = requests.create(tx, private).key
    browser = open_browser(role) if role else open_browser()
    staff = {"/moderation/requests", f"/moderation/requests/{key}/picture"}
    admin = {"/moderation/accounts", f"/moderation/accounts/{alice.account_id}"}
    for path in staff | admin:
        may = path in staff and role == "Mona"
        answer = browser.get(path, follow_redirects=False)
        assert answer.status_code in ({200} if may else {303, 302, 403, 404}), path
    for path in (f"/moderation/requests/{key}", f"/moderation/accounts/{alice.account_id}"):
        if role != "Mona":
            answer = browser.post(path, {"decision": "approve", "monthly_quota": "5"})
            assert answer.status_code in {303, 403}
            assert not answer.headers.get("location", "/login").startswith("/moderation")
    seen = browser.get(f"/images/{private}/status", follow_redirects=False)
    assert seen.status_code == (404 if role != "Alice" else seen.status_code)
    with library.reading(alice) as tx:
        assert requests.get(tx, key).state == "pending"


@pytest.mark.parametrize(
    "path",
    ["/pets/{}", "/breeds/{}", "/breeds/laws/{}", "/moderation/requests/{}/picture", "/exports/{}"],
)
def test_a_nul_byte_names_nothing(open_browser, alice, path):
    assert open_browser("Alice").get(path.format("%00")).status_code in {403, 404}
