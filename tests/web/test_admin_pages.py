"""What administrators see of the library, and nobody else."""

import re

import build
from menagerie import jobs
from menagerie.core import overview
from menagerie.library import SYSTEM
from menagerie.storage.schema import Role
from web.conftest import text_of


def test_an_administrator_sees_how_the_library_is_and_lets_it_be_checked(library, open_browser):
    build.account(library, "Ada", Role.ADMIN)
    build.image(library)
    with library.writing(SYSTEM) as tx:
        jobs.enqueue(tx, "nonsense", {"a": 1})
    ada = open_browser("Ada")
    said = text_of(ada.get("/admin"))
    assert "Pictures 1 Found by everybody 1" in said
    assert "nonsense 1" in said
    assert ada.post("/admin/check").status_code == 303
    assert ada.post("/admin/check").status_code == 303
    assert "A check is under way" in text_of(ada.get("/admin"))
    with library.reading(SYSTEM) as tx:
        assert dict(overview.read(tx).jobs_by_kind)["check"] == 1
    overview.check(library)
    overview.check(library)
    said = text_of(ada.get("/admin"))
    assert "Last checked just now : nothing is wrong" in said


def test_settings_are_shown_without_secrets(library, open_browser):
    build.account(library, "Ada", Role.ADMIN)
    values = {"analyst_url": "http://me:hushhush@127.0.0.1:9/v1", "analyst_key": "hushhush"}
    with build.configured(library, **values):
        page = open_browser("Ada").get("/admin/settings")
    assert "http://me:••••••@127.0.0.1:9/v1" in page.text
    assert "hushhush" not in page.text


def test_others_see_neither(open_browser, browser, moderator):
    assert browser.get("/admin", follow_redirects=False).status_code == 303
    mona = open_browser("Mona")
    for path in ("/admin", "/admin/settings"):
        assert mona.get(path).status_code == 403
    for path in ("/admin/retry", "/admin/check"):
        assert mona.post(path).status_code == 403


def test_an_invitation_lets_one_person_in(library, open_browser):
    build.account(library, "Ada", Role.ADMIN)
    with build.configured(library, registration="invitation"):
        page = open_browser("Ada").post("/moderation/accounts/invite")
        code = re.search(r'class="secret"[^>]*>([^<]+)<', page.text)[1]
        fields = {"name": "Newt", "password": "a long enough one", "invitation": code}
        guest = open_browser()
        assert guest.post("/register", {**fields, "invitation": "x"}).status_code == 422
        assert "recovery code" in text_of(guest.post("/register", fields))
        late = {**fields, "name": "Late"}
        assert open_browser().post("/register", late).status_code == 422
