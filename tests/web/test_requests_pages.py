"""Private pictures, the requests to make them public, and the limits of programs."""

import re

import pytest

import build
from menagerie.core import images
from menagerie.core.apps import quotas, requests
from menagerie.library import SYSTEM
from menagerie.storage.schema import Audience, Review, Role
from web.conftest import text_of


@pytest.fixture
def owner(open_browser, alice):
    return open_browser("Alice")


@pytest.fixture
def staff(open_browser, moderator):
    return open_browser("Mona")


@pytest.fixture
def private(library, alice):
    """A private picture of Alice's."""
    return build.image(library, "safe, cat, solo", actor=alice, audience=Audience.PRIVATE)


def image_of(library, image_id):
    with library.reading(SYSTEM) as tx:
        return images.find_any(tx, image_id)


def ask(owner, image_id, message="Please"):
    owner.get("/private")
    return owner.post(f"/private/{image_id}/ask", {"message": message})


def key_of(page):
    return re.search(r'action="/moderation/requests/([^"]+)"', page.text)[1]


def test_only_what_others_do_not_see_is_listed(owner, library, alice, private):
    public = build.image(library, "safe, dog, solo", actor=alice)
    waiting = build.image(library, "safe, owl, solo", actor=alice)
    with library.writing(SYSTEM) as tx:
        images.change(tx, waiting, review=Review.PENDING)
    page = owner.get("/private")
    assert re.findall(r'id="own-(\d+)"', page.text) == [str(waiting), str(private)]
    assert f"/private/{private}/ask" in page.text
    assert f"/private/{waiting}/ask" not in page.text
    assert f'"/images/{public}"' not in page.text


def test_an_empty_list_says_what_it_is_for(owner):
    assert "Nothing is hidden" in text_of(owner.get("/private"))


def test_a_request_is_made_and_taken_back(owner, library, private):
    assert ask(owner, private, "It came out well").headers["location"] == "/private"
    page = owner.get("/private")
    assert "Nobody has decided yet" in text_of(page)
    assert "It came out well" in text_of(page)
    assert f"/private/{private}/ask" not in page.text
    assert ask(owner, private).status_code == 303  # once is enough
    owner.post(f"/private/{private}/cancel")
    assert "You took your request back" in text_of(owner.get("/private"))


def test_a_request_that_says_too_much_is_shown_again(owner, private):
    refused = ask(owner, private, "x" * 501)
    assert refused.status_code == 422
    assert "at most 500" in text_of(refused)
    assert "x" * 501 in refused.text


def test_staff_see_a_picture_through_its_request_only(open_browser, owner, staff, private):
    file = f"/pictures/{private}/full.png"
    assert staff.get(file).status_code == 404
    ask(owner, private)
    queue = staff.get("/moderation/requests")
    shown = re.search(r'src="(/moderation/requests/[^"]+/picture)"', queue.text)[1]
    answer = staff.get(shown)
    assert answer.content[:4] == b"\x89PNG"
    assert "public" not in answer.headers["cache-control"]
    assert staff.get(file).status_code == 404
    assert staff.get(f"/images/{private}").status_code == 404
    assert owner.get(shown, follow_redirects=False).status_code == 403
    assert open_browser().get(shown, follow_redirects=False).status_code == 303


def test_staff_make_a_picture_public(open_browser, owner, staff, library, private):
    ask(owner, private, "Please do")
    queue = staff.get("/moderation/requests")
    assert "Please do" in text_of(queue)
    sent = {"decision": "approve", "reason": "Lovely"}
    refused = owner.post(f"/moderation/requests/{key_of(queue)}", sent)
    assert refused.status_code == 403
    assert image_of(library, private).audience == Audience.PRIVATE
    assert staff.post(f"/moderation/requests/{key_of(queue)}", sent).status_code == 303
    assert image_of(library, private).audience == Audience.PUBLIC
    assert open_browser().get(f"/images/{private}").status_code == 200
    assert "Nobody asks" in text_of(staff.get("/moderation/requests"))
    again = staff.post(f"/moderation/requests/{key_of(queue)}", sent)
    assert again.status_code == 422


def test_staff_leave_a_picture_private_and_say_why(owner, staff, library, private):
    ask(owner, private)
    queue = staff.get("/moderation/requests")
    sent = {"decision": "deny", "reason": "There is a face in it."}
    staff.post(f"/moderation/requests/{key_of(queue)}", sent)
    assert image_of(library, private).audience == Audience.PRIVATE
    page = text_of(owner.get("/private"))
    assert "It stays private" in page
    assert "There is a face in it." in page
    assert ask(owner, private, "And now?").status_code == 303
    bad = {"decision": "perhaps"}
    key = key_of(staff.get("/moderation/requests"))
    assert staff.post(f"/moderation/requests/{key}", bad).status_code == 422


def test_what_an_owner_deleted_is_not_asked_about(owner, staff, library, alice, private):
    ask(owner, private)
    with library.writing(alice) as tx:
        images.delete_own(tx, private)
    with library.reading(alice) as tx:
        assert requests.find_unseen(tx) == ([], 0)
    assert "Nobody asks" in text_of(staff.get("/moderation/requests"))


def test_nobody_asks_for_pictures_of_others(open_browser, library, private):
    build.account(library, "Bob")
    other = open_browser("Bob")
    assert ask(other, private).status_code in {403, 404}
    assert other.post(f"/private/{private}/cancel").status_code in {403, 404}


# The limits of programs.


@pytest.fixture
def admin(open_browser, library):
    build.account(library, "Root", Role.ADMIN)
    return open_browser("Root")


def test_an_administrator_sees_and_sets_limits(admin, library, alice):
    path = f"/moderation/accounts/{alice.account_id}"
    assert f'href="{path}"' in admin.get("/moderation/accounts").text
    assert "no limit" in text_of(admin.get(path))
    kept = [name for name in quotas.FEATURES if name != "pets"]
    set_ = admin.post(path, {"monthly_quota": "500", "feature[]": kept})
    assert set_.status_code == 303
    assert "Limit a month 500" in text_of(admin.get(path))
    with library.reading(alice) as tx:
        assert quotas.quota(tx).quota == 500
        assert quotas.features(tx) == tuple(kept)
    unlimited = admin.post(path, {"monthly_quota": "", "feature[]": list(quotas.FEATURES)})
    assert unlimited.status_code == 303
    assert "no limit" in text_of(admin.get(path))


@pytest.mark.parametrize("quota", ["many", "-1", "٣", "9999999999"])
def test_a_quota_is_a_number(admin, alice, quota):
    path = f"/moderation/accounts/{alice.account_id}"
    admin.get(path)
    refused = admin.post(path, {"monthly_quota": quota})
    assert refused.status_code == 422
    assert f'value="{quota}"' in refused.text


def test_limits_are_for_administrators(staff, admin, alice):
    path = f"/moderation/accounts/{alice.account_id}"
    for page in (path, "/moderation/accounts"):
        assert staff.get(page).status_code == 403
    assert staff.post(path, {"monthly_quota": "5"}).status_code == 403
    assert admin.get("/moderation/accounts/999").status_code == 404
