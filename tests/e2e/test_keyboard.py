"""Everything by keyboard alone: what has the focus is seen, and the focus is never lost."""

import re

import pytest
from tests.e2e.browsing import MARKS
from tests.e2e.pictures import png

pytest.importorskip("playwright.sync_api")
pytestmark = MARKS
FOCUSED = """() => {
    const one = document.activeElement;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const place = one.closest("header.top, main, footer")?.localName ?? one.localName;
    return {
        place,
        name: (one.ariaLabel || one.textContent || one.name).trim().slice(0, 40),
        isMarked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        isShown: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
            && box.right > 0 && box.left < innerWidth,
    };
}"""
HAS_FOCUS = "place => document.activeElement.matches(place)"


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, place, most=80):
    """Go on with the tabulator until something has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(HAS_FOCUS, place):
            return
    pytest.fail(f"the tabulator does not lead to {place}")


def is_focused(page, place):
    page.wait_for_function(HAS_FOCUS, arg=place)


@pytest.fixture
def open_at(open_house):
    """Open a page as somebody at a desk, and wait until its keys work."""

    def open_one(role, path):
        page = open_house(role, viewport={"width": 1280, "height": 800})
        page.goto(path, wait_until="load")
        return page

    return open_one


@pytest.mark.parametrize("path", ["/", "/images/1"])
def test_the_tabulator_goes_through_the_header_the_page_and_the_footer(open_at, path):
    page = open_at("user", path)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["name"] == "Skip to the pictures"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["place"] == "main"
    page.goto(path)
    order = []
    for _ in range(100):
        page.keyboard.press("Tab")
        seen = page.evaluate(FOCUSED)
        assert seen["isMarked"], seen
        assert seen["isShown"], seen
        assert seen["place"] != "body", order[-1:]
        order.append(seen)
        if seen["place"] == "footer":
            break
    places = [seen["place"] for seen in order]
    assert places == sorted(places, key=["a", "header", "main", "footer"].index)
    assert [seen["name"] for seen in order if seen["place"] == "header"][1:3] == ["Search"] * 2


def test_suggestions_of_the_search(open_at):
    page = open_at("user", "/")
    press(page, "/")
    is_focused(page, ".top input")
    page.keyboard.type("dog, artis")
    page.get_by_role("option", name="artist:ann").wait_for()
    press(page, "Escape")
    page.get_by_role("option").first.wait_for(state="hidden")
    page.keyboard.type("t")
    page.get_by_role("option", name="artist:ann").wait_for()
    press(page, "ArrowDown", "Enter")
    assert page.input_value(".top input") == "dog, artist:ann"
    press(page, "Enter")
    page.wait_for_url(re.compile(r"/search\?q=dog"))
    press(page, "/")
    page.keyboard.type("Dog")
    page.get_by_role("option", name=re.compile("Dogs")).wait_for()


def test_pictures_one_by_one(open_at, house):
    page = open_at("moderator", "/search?q=artist:ann, dog&sf=id&sd=asc")
    press(page, "o")
    box = page.get_by_role("dialog")
    box.locator("img").wait_for()
    first, second = house.ids["images"][:2]
    page.wait_for_selector(f'dialog [data-page][href*="/images/{first}"]')
    press(page, "ArrowRight")
    page.wait_for_selector(f'dialog [data-page][href*="/images/{second}"]')
    press(page, "f")
    box.get_by_role("button", name=re.compile("^Fave"), pressed=True).wait_for()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    press(page, "Escape")
    box.wait_for(state="detached")
    is_focused(page, f'[data-image-id="{second}"] a')
    assert "Mona" in house.faved(second)


def test_arrow_keys_walk_through_a_search(open_at):
    page = open_at("guest", "/search?q=artist:ann, dog")
    page.locator("li.media-box a").first.press("Enter")
    page.wait_for_load_state("load")  # before, the keys do nothing yet
    first = page.url
    press(page, "ArrowRight")
    page.wait_for_url(lambda url: url != first)
    page.wait_for_load_state("load")
    press(page, "ArrowLeft")
    page.wait_for_url(first)


def test_the_editor_of_tags(open_at, house):
    number = house.put(png(7001), "safe, dog, keys")
    page = open_at("user", f"/images/{number}")
    tab_to(page, "#tags summary")
    press(page, "Enter", "Tab")
    is_focused(page, "#tags textarea")
    press(page, "Control+End")
    page.keyboard.type(", numb")
    page.locator("#tags [role=option]").first.wait_for()
    press(page, "ArrowDown", "Enter", "Tab")
    is_focused(page, "#tags button.main")
    press(page, "Enter")
    page.locator("#tags dl").get_by_role("link", name=re.compile("^number")).wait_for()
    assert page.evaluate(FOCUSED)["place"] == "main"
    assert any(tag.startswith("number") for tag in house.held(f"/images/{number}")["image"]["tags"])


def test_judging(open_at, house):
    label = "sheep"
    for mark in range(6):
        house.put(png(7100 + mark), f"safe, {label}, keys {mark}")
    page = open_at("guest", f"/validate?label={label}")
    page.wait_for_load_state("networkidle")
    tab_to(page, "[data-verdict] button")
    shown = page.locator("[data-task]:not([hidden])")
    asked = []
    for key in ("y", " ", "n"):
        asked.append(shown.get_attribute("data-task"))
        press(page, key)
        page.wait_for_selector(f'[data-task]:not([data-task="{asked[-1]}"]):not([hidden])')
        assert page.evaluate(FOCUSED)["place"] == "main"
    assert len(set(asked)) == 3
    press(page, "u")
    page.wait_for_selector(f'[data-task="{asked[-1]}"]:not([hidden])')
    house.until(lambda: house.verdicts(label) == (1, 0))


def test_moderating(open_at, house):
    number = house.put(png(7200), "safe, dog, keys")
    house.report(number, "By keyboard")
    page = open_at("moderator", "/moderation?kind=report")
    for _ in range(20):
        if page.get_by_text("By keyboard").count():
            break
        before = page.url
        press(page, "n")
        page.wait_for_url(lambda url, before=before: url != before)
    press(page, "c")
    page.get_by_text("You look into it").wait_for()
    press(page, "r")
    page.get_by_role("status").get_by_text("Done:").wait_for()
    assert house.is_gone(number)
    is_focused(page, "[data-queue] > *")
    press(page, "u")
    house.until(lambda: not house.is_gone(number))


def test_the_order_of_a_gallery(open_at, house):
    gallery, numbers = house.ids["gallery"], house.ids["images"][:3]
    page = open_at("user", f"/galleries/{gallery}/edit")
    place = f"#picture-{numbers[0]} .actions > button"
    page.wait_for_selector(place)
    tab_to(page, place)
    press(page, "Enter", "ArrowDown")
    page.get_by_role("status").get_by_text("now at place 2 of 3").wait_for()
    is_focused(page, place)
    press(page, "Escape")
    page.get_by_role("status").get_by_text("back at place 1").wait_for()
    press(page, "Enter", "ArrowDown", "ArrowDown", "Enter")
    house.until(lambda: house.gallery(gallery) == [*numbers[1:], numbers[0]])
    is_focused(page, place)
