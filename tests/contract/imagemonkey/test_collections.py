"""Collections: everybody's own, and nobody else's."""

import crowd_golden
from monkey_world import NOWHERE, Monkey

LIST = "/v1/user/Alice/imagecollections"
MAKE = "/v1/user/Alice/imagecollection"


def listed(monkey: Monkey) -> dict[str, str]:
    answer = monkey.get(LIST, "user")
    assert answer.status_code == 200, answer.text
    return {one["name"]: one["count"] for one in answer.json()}


def test_every_account_has_two_from_the_beginning(monkey: Monkey):
    crowd_golden.check("collections_empty", monkey.get(LIST, "user"))


def test_collections_are_made_and_filled(monkey: Monkey):
    key = monkey.donate()
    made = monkey.post(MAKE, "user", json={"name": "my-pets_1", "description": "Mine"})
    assert (made.status_code, made.json()) == (201, None)
    added = monkey.post(f"{MAKE}/my-pets_1/image/{key}", "user")
    assert (added.status_code, added.json()) == (201, None)
    crowd_golden.check("collections", monkey.get(LIST, "user"))


def test_own_donations_and_labelled_pictures_are_collected(monkey: Monkey):
    key = monkey.donate(role="user")
    assert listed(monkey) == {"my donations": "1", "my open tasks": "0"}
    answer = monkey.post(f"/v1/donation/{key}/labelme", "user", json=[{"label": "orange"}])
    assert answer.status_code == 200, answer.text
    assert listed(monkey) == {"my donations": "1", "my open tasks": "1"}
    again = monkey.post(f"{MAKE}/my%20open%20tasks/image/{key}", "user")
    assert again.status_code == 409


def test_a_name_is_taken_once_and_fits_into_addresses(monkey: Monkey):
    assert monkey.post(MAKE, "user", json={"name": "pets"}).status_code == 201
    assert monkey.post(MAKE, "user", json={"name": "pets"}).status_code == 409
    assert monkey.post("/v1/user/Bob/imagecollection", "other", json={"name": "pets"}).is_success
    for name in ("", "my pets", "a/b", "ü", "x" * 101, 7):
        assert monkey.post(MAKE, "user", json={"name": name}).status_code in {201, 400}, name
    assert set(listed(monkey)) == {"my donations", "my open tasks", "pets", "7"}


def test_an_image_is_in_a_collection_once(monkey: Monkey):
    key = monkey.donate()
    monkey.post(MAKE, "user", json={"name": "pets"})
    path = f"{MAKE}/pets/image/"
    assert monkey.post(path + key, "user").status_code == 201
    assert monkey.post(path + key, "user").status_code == 409
    assert monkey.post(path + NOWHERE, "user").status_code == 400
    assert monkey.post(f"{MAKE}/none/image/{key}", "user").status_code == 400


def test_collections_are_their_owners_alone(monkey: Monkey):
    key = monkey.donate()
    calls = (
        ("GET", LIST, {}),
        ("POST", MAKE, {"json": {"name": "x"}}),
        ("POST", f"{MAKE}/my%20donations/image/{key}", {}),
    )
    for method, path, options in calls:
        assert monkey.call(method, path, **options).status_code == 401
        for role in ("other", "moderator"):
            assert monkey.call(method, path, role, **options).status_code == 403
    assert listed(monkey) == {"my donations": "0", "my open tasks": "0"}
