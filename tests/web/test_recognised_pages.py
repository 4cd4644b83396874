"""What people read about an upload: how far it is, and what the models see; with the real ones."""

import re
from importlib import resources

import msgspec
import pytest

import build
from menagerie import jobs
from menagerie.core import recognition
from menagerie.library import Library
from menagerie.storage.schema import Audience
from menagerie.vision.models import Models
from web.conftest import text_of

CAT = (resources.files("menagerie.data.demo") / "pictures" / "cat.jpg").read_bytes()
POLLS = re.compile(r'hx-get="(/images/\d+/status)" hx-trigger="load delay:1s"')


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Models:
    return Models(tmp_path_factory.mktemp("models"), threads=1)


@pytest.fixture
def library(library: Library, models: Models) -> Library:
    library.models = models
    library.settings = msgspec.structs.replace(library.settings, recognition=True, review="model")
    return library


def work(library):
    worker = jobs.Worker(library, {recognition.CLASSIFY: recognition.classify}, threads=1)
    worker.run_pending()


@pytest.mark.slow
def test_an_upload_says_how_far_it_is_and_then_what_it_shows(open_browser, library, alice):
    browser = open_browser("Alice")
    browser.get("/upload")
    sent = {"tags": "safe, cat, solo", "url": ""}
    made = browser.post("/upload", sent, files=[("image", ("cat.jpg", CAT, "image/jpeg"))])
    page = browser.get(made.headers["location"])
    assert "Now looking at what it shows. Nothing unsafe was seen." in text_of(page)
    status = POLLS.search(page.text)[1]
    assert "hx-get" in browser.get(status).text
    work(library)
    done = browser.get(status)
    assert "hx-get" not in done.text
    assert "Ready" in text_of(done)
    assert 'href="/breeds/egyptian-mau"' in done.text
    # A visitor reads what it shows, and not how it was judged.
    seen = open_browser().get(made.headers["location"])
    assert "Egyptian Mau" in text_of(seen)
    assert "unsafe" not in text_of(seen)


@pytest.mark.slow
def test_a_donation_says_the_same_in_its_line(open_browser, library, alice):
    browser = open_browser("Alice")
    browser.get("/donate")
    sent = {"labels": "cat", "consent": "1"}
    page = browser.post("/donate", sent, files=[("image", ("cat.jpg", CAT, "image/jpeg"))])
    status = POLLS.search(page.text)[1]
    work(library)
    assert "Ready" in text_of(browser.get(status))


@pytest.mark.slow
def test_what_may_not_be_safe_says_so_to_its_owner(open_browser, library, alice, models):
    strict = msgspec.structs.replace(library.settings, unsafe_threshold=1)
    library.settings = strict
    woman = (resources.files("menagerie.data.demo") / "pictures" / "astronaut.jpg").read_bytes()
    image_id = build.image(library, "safe, woman, solo", actor=alice, data=woman)
    page = open_browser("Alice").get(f"/images/{image_id}")
    assert "A person decides. It looks like adult content." in text_of(page)
    assert "hx-get" not in page.text
    assert "unsafe" not in text_of(open_browser().get(f"/images/{image_id}"))
    assert "adult" not in text_of(open_browser().get(f"/images/{image_id}"))


@pytest.mark.slow
def test_what_is_private_tells_nobody_else(open_browser, library, alice):
    build.account(library, "Bob")
    private = build.image(
        library, "safe, cat, solo", actor=alice, data=CAT, audience=Audience.PRIVATE
    )
    work(library)
    assert "Egyptian Mau" in text_of(open_browser("Alice").get(f"/images/{private}"))
    assert open_browser("Bob").get(f"/images/{private}/status").status_code == 404
