"""The ten journeys people make: at a desk, without scripts, and on a phone one touches.

Each goes through the pages as a person does and ends with what the library then holds.
"""

import itertools
import re

import pytest
from tests.e2e.browsing import MARKS, PASSWORD

import build

pytest.importorskip("playwright.sync_api")
pytestmark = MARKS
WAYS = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "plain": {"viewport": {"width": 1280, "height": 800}, "java_script_enabled": False},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
_marks = itertools.count(5000)


class Person:
    """Somebody at a browser, who presses what they can read."""

    def __init__(self, page, way: str, house) -> None:
        self.page = page
        self.way = way
        self.house = house

    def go(self, path):
        self.page.goto(path)
        return self

    def find(self, role, name, inside=None, **options):
        options = {"exact": isinstance(name, str), **options}
        return (inside or self.page.locator("body")).get_by_role(role, name=name, **options).first

    def touch(self, place):
        place.tap() if self.way == "phone" else place.click()

    def press(self, name, inside=None):
        self.touch(self.find("button", name, inside))

    def follow(self, name, inside=None):
        self.touch(self.find("link", name, inside))

    def unfold(self, name, inside=None):
        self.touch((inside or self.page).locator("summary").filter(has_text=name).first)

    def fill(self, label, text, inside=None):
        (inside or self.page).get_by_label(label, exact=True).first.fill(text)

    def sees(self, text, inside=None):
        (inside or self.page.locator("main")).get_by_text(text).first.wait_for()

    def number(self, path="images"):
        """Return the number in the address of what is looked at."""
        self.page.wait_for_url(re.compile(rf"/{path}/\d+"))
        return int(re.search(rf"/{path}/(\d+)", self.page.url)[1])

    def search(self, query):
        field = self.page.get_by_placeholder("Search tags")
        field.fill(query)
        field.press("Enter")
        self.page.wait_for_url(re.compile(r"/search\?q="))

    def picture(self, tags="safe, dog, fresh"):
        """Put a picture into the library and return its number."""
        return self.house.put(picture(), tags)


def picture():
    mark = next(_marks)
    return build.png((240, 160), (mark * 37 % 256, mark * 91 % 256, mark * 53 % 256), mark)


@pytest.fixture(params=WAYS)
def come(request, open_house, house):
    """Open a browser as somebody of a role, one of the three ways."""

    def come_as(role="user"):
        return Person(open_house(role, **WAYS[request.param]), request.param, house)

    return come_as


def test_register(come, house):
    guest = come("guest")
    name = f"Rita {guest.way}"
    guest.go("/").follow("Log in")
    guest.follow("Make an account")
    guest.fill("Name", name)
    guest.fill("Password", "short")
    guest.press("Make the account")
    guest.sees("One thing needs mending.")
    guest.fill("Name", name)
    guest.fill("Password", PASSWORD)
    guest.press("Make the account")
    assert guest.page.locator("code.secret").inner_text()
    guest.touch(guest.page.locator("main a.main"))
    guest.touch(guest.page.locator("summary", has_text=f"Menu of {name}"))
    guest.follow(name)
    guest.page.wait_for_url("**/profiles/**")
    assert guest.page.locator("h1").inner_text().startswith(name)
    assert house.account(name)["role"] == "user"


def test_upload(come, house):
    ann = come()
    ann.go("/").follow("Upload", ann.page.locator("header"))
    file = {"name": "dot.png", "mimeType": "image/png", "buffer": picture()}
    ann.page.get_by_label("A picture from your device").set_input_files(file)
    ann.fill("Tags, with commas between them", f"safe, sunrise, {ann.way}")
    ann.fill("Description", "Over the *sea*.")
    ann.press("Upload", ann.page.locator("main"))
    number = ann.number()
    ann.page.get_by_role("link", name="sunrise", exact=True).wait_for()
    assert "Over the sea." in ann.page.locator("main").inner_text()
    held = house.held(f"/images/{number}")["image"]
    assert set(held["tags"]) == {"safe", "sunrise", ann.way}
    assert (held["uploader"], held["description"]) == ("Ann", "Over the *sea*.")


def test_tag(come, house):
    ann = come()
    number = ann.picture("safe, dog, plain")
    ann.go(f"/images/{number}").unfold("Edit tags")
    ann.fill("Tags, with commas between them", "dog, geometry")
    ann.press("Save", ann.page.locator("#tags"))
    ann.page.locator("#tags textarea[aria-invalid=true]").wait_for()
    ann.fill("Tags, with commas between them", "safe, dog, geometry")
    ann.press("Save", ann.page.locator("#tags"))
    ann.page.locator("#tags").get_by_role("link", name="geometry", exact=True).wait_for()
    assert set(house.held(f"/images/{number}")["image"]["tags"]) == {"safe", "dog", "geometry"}


def test_search(come, house):
    guest = come("guest")
    guest.go("/").search("artist:ann, dog")
    total = house.held("/search/images", q="artist:ann, dog")["total"]
    guest.sees(f"{total} pictures")
    assert guest.page.locator("li.media-box").count() == total
    guest.touch(guest.page.locator("li.media-box a").first)
    first = guest.number()
    guest.follow("Next")
    guest.page.wait_for_url(lambda url: f"/images/{first}" not in url)
    guest.follow("Previous")
    guest.page.wait_for_url(f"**/images/{first}*")
    guest.search("nothing like this")
    guest.sees("No picture fits")
    guest.search("(dog")
    assert guest.page.get_by_role("alert").locator("mark").count() == 1


def test_vote_and_fave(come, house):
    ann = come()
    number = ann.picture()
    ann.go(f"/images/{number}")
    marks = ann.page.get_by_role("region", name="Votes")
    for name, count in (("Vote up", "1"), ("Vote down", "1"), ("Fave", "1")):
        ann.press(re.compile(f"^{name}"), marks)
        pressed = marks.get_by_role("button", name=re.compile(f"^{name}"), pressed=True)
        pressed.wait_for()
        assert count in pressed.inner_text()
    held = house.held(f"/images/{number}")["image"]
    assert (held["upvotes"], held["downvotes"], held["faves"]) == (1, 0, 1)
    ann.search("my:faves")
    assert ann.page.locator(f'[data-image-id="{number}"]').count() == 1


def test_gallery(come, house):
    ann = come()
    title = f"Set {ann.way}"
    numbers = [ann.picture() for _ in range(3)]
    ann.go("/galleries").follow("Make a gallery")
    ann.fill("Title", title)
    ann.press("Save", ann.page.locator("main"))
    gallery = ann.number("galleries")
    for number in numbers:
        ann.go(f"/images/{number}")
        ann.page.get_by_label("Gallery", exact=True).select_option(title)
        ann.press("Add")
        ann.page.get_by_role("link", name=title).wait_for()
    ann.go(f"/galleries/{gallery}").follow("Edit", ann.page.locator("main"))
    first = ann.page.get_by_role("listitem").filter(has_text=f"#{numbers[0]}")
    down = ann.find("button", "Down", first)
    if ann.way == "phone":
        ann.touch(down)
    else:
        down.press("Enter")
    expected = [numbers[1], numbers[0], numbers[2]]
    house.until(lambda: house.gallery(gallery) == expected)
    ann.go(f"/galleries/{gallery}").sees("3 pictures")
    shown = ann.page.locator("li.media-box").all()
    assert [int(one.get_attribute("data-image-id")) for one in shown] == expected


def test_comment(come, house):
    ann = come()
    number = ann.picture()
    ann.go(f"/images/{number}")
    ann.fill("Your comment", f"So **calm**, said {ann.way}.")
    ann.press("Post", ann.page.locator("#comments"))
    said = ann.page.get_by_role("article").filter(has_text=f"said {ann.way}.")
    said.wait_for()
    assert said.locator("strong", has_text="calm").count() == 1
    ann.follow("Edit", said)
    ann.page.get_by_role("textbox", name="Your comment").or_(
        ann.page.locator("main textarea")
    ).first.fill(f"So loud, said {ann.way}.")
    ann.press("Save", ann.page.locator("main"))
    ann.sees(f"So loud, said {ann.way}.")
    found = house.held("/search/comments", q=f"image_id:{number}")["comments"]
    assert [(one["body"], one["author"]) for one in found] == [(f"So loud, said {ann.way}.", "Ann")]


def test_forum_topic_with_a_poll(come, house):
    ann = come()
    title = f"Which way {ann.way}"
    ann.go("/forums").follow(re.compile("^General"))
    ann.follow("New topic")
    ann.fill("Title", title)
    ann.fill("Text", "Left or *right*?")
    ann.unfold("With a poll")
    ann.fill("Question", "Where to?")
    ann.fill("Answers, one a line", "Left\nRight")
    ann.fill("Days until it ends", "3")
    ann.press("Post", ann.page.locator("main"))
    ann.page.wait_for_url(re.compile("/topics/which-way"))
    slug = ann.page.url.rpartition("/")[2].partition("?")[0].partition("#")[0]
    poll = ann.page.get_by_role("region", name="Where to?")
    ann.touch(poll.get_by_label("Right"))
    ann.press("Vote", poll)
    ann.sees("1 vote", poll)
    ann.fill("Your answer", "Right, I think.")
    ann.press("Post", ann.page.locator("#answer"))
    ann.page.get_by_role("article").filter(has_text="Right, I think.").wait_for()
    held = house.held(f"/forums/general/topics/{slug}")["topic"]
    assert (held["title"], held["post_count"], held["author"]) == (title, 2, "Ann")


def test_validate(come, house):
    guest = come("guest")
    label = {"desk": "cat", "plain": "horse", "phone": "cow"}[guest.way]
    for _ in range(3):
        guest.picture(f"safe, {label}, judged")
    guest.go(f"/validate?label={label}")
    for answer, said in (("Yes", "You said yes"), ("Undo", ""), ("No", "You said no")):
        if answer == "Undo" or guest.way == "plain":
            guest.press(answer)
        else:
            guest.touch(
                guest.page.locator("[data-task]:not([hidden])").get_by_role(
                    "button", name=answer, exact=True
                )
            )
        if said:
            guest.sees(f"{said}: {label}")
    house.until(lambda: house.verdicts(label) == (0, 1))


def test_moderate(come, house):
    ann, mona = come(), come("moderator")
    number = ann.picture()
    ann.go(f"/images/{number}").follow("Report")
    ann.page.locator("main textarea").fill(f"It is a test, {ann.way}.")
    ann.press("Report", ann.page.locator("main"))
    ann.sees("A moderator will look at it")
    assert mona.go("/moderation").page.locator("h1").inner_text() == "Queue of moderation"
    mona.follow(re.compile("^Report"), mona.page.get_by_role("navigation", name="What waits"))
    for _ in range(20):
        if mona.page.get_by_text(f"It is a test, {ann.way}.").count():
            break
        with mona.page.expect_navigation():
            mona.follow(re.compile("^Next"), mona.page.locator("main"))
    mona.press(re.compile("^I look into it"))
    mona.sees("You look into it")
    mona.press(re.compile("^Remove"))
    mona.sees("Done:")
    assert "image" in house.held(f"/images/{number}")
    house.until(lambda: house.is_gone(number))
    mona.press(re.compile("^Undo"))
    mona.page.wait_for_load_state()
    house.until(lambda: not house.is_gone(number))
