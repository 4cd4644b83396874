"""Breeds, pets, private pictures and the status of uploads in a real Chromium."""

import re
from importlib import resources

import pytest
from tests.e2e.browsing import MARKS, register, sign_in

pytest.importorskip("playwright.sync_api")
pytestmark = MARKS
PICTURES = resources.files("menagerie.data.demo") / "pictures"


def picture(name):
    return {"name": name, "mimeType": "image/jpeg", "buffer": (PICTURES / name).read_bytes()}


def upload(page, name, tags, *, is_private=False):
    page.goto("/upload")
    page.set_input_files("input[type=file]", picture(name))
    page.fill("textarea[name=tags]", tags)
    if is_private:
        page.check("[name=is_private]")
    page.click("main button.main")
    page.wait_for_url(re.compile(r"/images/\d+"))


def keep_pet(page, name="Chelsea"):
    page.goto("/pets/new")
    page.fill("main [name=name]", name)
    page.select_option("[name=species]", "cat")
    page.fill("[name=breed]", "tabby")
    page.set_input_files("[name=images]", picture("cat.jpg"))
    page.select_option("[name=pose]", "face")
    page.click("main button.main")
    page.wait_for_url(re.compile(r"/pets/\w{10}$"))


def test_an_upload_says_what_was_recognised_without_a_reload(open_page):
    page = open_page()
    register(page, "Uma")
    upload(page, "cat.jpg", "safe, cat, solo")
    page.evaluate("window.stayed = true")
    page.wait_for_selector(".seen:has-text('Ready') a:has-text('Tabby')", timeout=30_000)
    page.wait_for_selector("#tags:has-text('Suggested')")
    assert page.evaluate("window.stayed")
    page.click(".seen a:has-text('Tabby')")
    assert page.inner_text("h1") == "Tabby"


def test_breeds_are_found_by_group_and_name(open_page):
    page = open_page()
    page.goto("/")
    page.click("footer >> text=Breeds")
    page.click("main nav >> text=Toy")
    page.fill("main input[name=q]", "mops")
    page.press("main input[name=q]", "Enter")
    page.wait_for_url(re.compile("q=mops"))
    page.click(".breeds a:has-text('Pug')")
    assert page.inner_text("h1") == "Pug"
    page.goto("/breeds?species=cat")
    page.select_option("main select[name=sort]", "weight")
    page.wait_for_url(re.compile("sort=weight"))
    assert page.locator(".breeds li").count() > 50


def test_a_pet_is_kept_looked_at_and_painted_without_scripts(open_page):
    page = open_page(java_script_enabled=False)
    register(page, "Petra")
    keep_pet(page)
    page.click("text=See which breeds it looks like")
    page.wait_for_selector("#found:has-text('Looks are no proof of descent')")
    page.check("input[value=watercolour]")
    page.click("text=Make a portrait")
    page.wait_for_selector("#portraits a[download]")
    page.click("summary:has-text('Delete')")
    page.check("main input[name=sure]")
    page.click("main button.danger")
    assert "Who lives with you?" in page.inner_text("main")


def test_a_private_picture_is_made_public_by_a_key_of_the_staff(open_page, server):
    owner, staff = open_page(), open_page()
    register(owner, "Priya")
    upload(owner, "rocket.jpg", "safe, rocket, sky", is_private=True)
    address = re.sub(r"\?.*", "", owner.url)
    owner.click("main .note a")
    owner.fill("main [name=message]", "It came out well.")
    owner.click("text=Ask to make it public")
    owner.wait_for_selector("text=Nobody has decided yet")
    sign_in(staff, server.account("Stan", "moderator"))
    staff.goto("/moderation/requests")
    shown = staff.locator(".pending img")
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    staff.keyboard.press("j")
    staff.keyboard.press("a")
    staff.wait_for_selector("text=Nobody asks")
    assert open_page().goto(address).status == 200
