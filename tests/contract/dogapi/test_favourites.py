"""Favourites (spec 3.5, 4.7)."""

from dog_world import Kennel


def favour(kennel: Kennel, role: str = "user", **body):
    answer = kennel.post("/favourites", role, json={"image_id": "asf2"} | body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_favourite_from_its_making_to_its_end(kennel: Kennel):
    code = kennel.code(kennel.put())
    made = favour(kennel, image_id=code, sub_id="tom")
    assert made == {
        "id": made["id"],
        "user_id": made["user_id"],
        "image_id": code,
        "sub_id": "tom",
        "created_at": "2026-01-01T12:00:00.000Z",
        "image": {"id": code, "url": f"http://test/images/{code}.jpg"},
        "message": "SUCCESS",
    }
    del made["message"]
    assert kennel.get("/favourites", "user").json() == [made]
    assert kennel.get(f"/favourites/{made['id']}", "user").json() == made
    assert kennel.delete(f"/favourites/{made['id']}").json() == {"message": "SUCCESS"}
    assert kennel.get("/favourites", "user").json() == []
    again = kennel.delete(f"/favourites/{made['id']}")
    assert again.status_code == 404
    assert "INVALID_ACCOUNT" in again.json()["message"]
    assert kennel.get(f"/favourites/{made['id']}", "user").status_code == 404
    (deleted,) = kennel.get("/favourites?is_deleted=true", "user").json()
    assert (deleted["id"], deleted["is_deleted"]) == (made["id"], True)


def test_there_is_one_of_each(kennel: Kennel):
    favour(kennel)
    favour(kennel, sub_id="tom")
    for body in ({}, {"sub_id": "tom"}, {"sub_id": ""}):
        answer = kennel.post("/favourites", json={"image_id": "asf2"} | body)
        assert answer.status_code == 400
        assert answer.json()["message"] == (
            "DUPLICATE_FAVOURITE - favourites are unique for account + image_id + sub_id"
        )
    favour(kennel, "other")


def test_an_image_is_required_but_need_not_be_there(kennel: Kennel):
    assert favour(kennel, image_id="nothing")["image"] == {}
    answer = kennel.post("/favourites", json={"sub_id": "x"})
    assert answer.status_code == 400
    assert '"image_id" is required' in answer.json()["message"]


def test_the_whole_image_where_asked_for(kennel: Kennel):
    code = kennel.code(kennel.put("safe, pug"))
    favour(kennel, image_id=code)
    favour(kennel, image_id="nothing")
    whole, nothing = kennel.get("/favourites?attach_image=1", "user").json()
    assert (whole["image"]["id"], whole["image"]["width"]) == (code, 96)
    assert [breed["name"] for breed in whole["image"]["breeds"]] == ["Pug"]
    assert nothing["image"] == {}


def test_filters_and_pages(kennel: Kennel):
    code = kennel.code(kennel.put("safe, pug"))
    pug = favour(kennel, image_id=code)["id"]
    rest = [favour(kennel, image_id=f"x{n}")["id"] for n in range(3)]

    def listed(query: str):
        return [one["id"] for one in kennel.get(f"/favourites?{query}", "user").json()]

    assert listed("") == [pug, *rest]
    assert listed(f"image_id={code}") == [pug]
    assert listed("species_id=1") == listed("breed_groups=toy") == [pug]
    assert listed("exclude_breed_groups=toy&order=desc&limit=2") == rest[:0:-1]
    assert listed("account_id=whatever") == [pug, *rest]


def test_without_a_key_there_is_an_account_of_all_such(kennel: Kennel):
    made = favour(kennel, "anonymous")
    assert len(made["user_id"]) == 6
    # It is nobody's account.
    assert kennel.get(f"/accounts/{made['user_id']}/overview", "admin").status_code == 404
    assert [one["id"] for one in kennel.get("/favourites").json()] == [made["id"]]
    assert kennel.get("/favourites", "user").json() == []
    assert kennel.delete(f"/favourites/{made['id']}", "user").status_code == 404
    assert kennel.delete(f"/favourites/{made['id']}", "anonymous").status_code == 200
    assert kennel.get("/favourites", headers={"x-api-key": "wrong"}).status_code == 401


def test_a_closed_library_asks_everybody_for_a_key(make_kennel):
    kennel = make_kennel(dogapi_anonymous="closed")
    assert kennel.get("/favourites").status_code == 401
    assert kennel.post("/favourites", "anonymous", json={"image_id": "x"}).status_code == 401
    assert kennel.get("/votes").status_code == 401
    assert kennel.get("/favourites", "user").status_code == 200


def test_administrators_see_those_of_an_account(kennel: Kennel):
    made = favour(kennel)
    path = f"/favourites?account_id={made['user_id']}"
    assert [one["id"] for one in kennel.get(path, "admin").json()] == [made["id"]]
    assert kennel.get(path, "other").json() == []


def test_a_favourite_of_ones_own_is_a_fave(kennel: Kennel):
    image_id = kennel.put()
    made = favour(kennel, image_id=kennel.code(image_id))

    def faves() -> tuple[int, int]:
        image = kennel.get(f"/api/v1/json/images/{image_id}", root=True).json()["image"]
        return image["faves"], image["score"]

    assert faves() == (1, 0)
    favour(kennel, image_id=kennel.code(image_id), sub_id="tom")
    assert faves() == (1, 0)
    kennel.delete(f"/favourites/{made['id']}")
    assert faves() == (0, 0)
