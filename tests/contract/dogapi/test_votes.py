"""Votes (spec 3.4, 4.2, 5.5)."""

import pytest

from dog_world import Kennel


def vote(kennel: Kennel, **body):
    answer = kennel.post("/votes", json={"image_id": "asf2", "value": 1} | body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_vote_on_an_image(kennel: Kennel):
    image_id = kennel.put()
    code = kennel.code(image_id)
    made = vote(kennel, image_id=code, sub_id="tom", country_code="AU", ip_address="10.1.1.1")
    image = {"id": code, "url": f"http://test/images/{code}.jpg"}
    assert made == {
        "id": made["id"],
        "image_id": code,
        "sub_id": "tom",
        "created_at": "2026-01-01T12:00:00.000Z",
        "value": 1,
        "country_code": "AU",
        "image": image,
        "message": "SUCCESS",
    }
    del made["message"]
    assert isinstance(made["id"], int)
    assert kennel.get("/votes", "user").json() == [made]
    one = kennel.get(f"/votes/{made['id']}", "user").json()
    assert one == made | {"user_id": one["user_id"]}
    assert len(one["user_id"]) == 6


def test_an_image_that_is_not_there_is_voted_on_all_the_same(kennel: Kennel):
    for _ in range(2):
        made = vote(kennel, image_id="asf2")
        assert made["image"] == {}
        assert made["sub_id"] is None
    assert len(kennel.get("/votes", "user").json()) == 2


@pytest.mark.parametrize("value", [1, 0, -1, 3, 2.5, 1.7976931348623157e308, 1e25, -7])
def test_any_number_is_returned_as_it_was_sent(kennel: Kennel, value):
    made = vote(kennel, value=value)
    assert made["value"] == value
    assert isinstance(made["value"], int) == (isinstance(value, int) and abs(value) < 2**53)


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"json": {"value": 1}}, '"image_id" is required'),
        ({"json": {"image_id": "", "value": 1}}, '"image_id" is required'),
        ({"json": {"image_id": "x"}}, '"value" is required'),
        ({"json": {"image_id": "x", "value": None}}, '"value" is required'),
        ({"json": {"image_id": "x", "value": "1"}}, "INVALID_DATA"),
        ({"json": {"image_id": "x", "value": True}}, "INVALID_DATA"),
        ({"json": {"image_id": "x", "value": [1]}}, "INVALID_DATA"),
        ({"content": b'{"image_id":"x","value":1e999}'}, "INVALID_DATA"),
        ({"content": b'{"image_id":"x","value":1' + b"0" * 400 + b"}"}, "INVALID_DATA"),
        ({"content": b'{"image_id":asf2,"value":1}'}, "INVALID_DATA"),
        ({"json": {"image_id": "x", "value": 1, "sub_id": "s" * 256}}, "sub_id"),
        ({"json": {"image_id": "x", "value": 1, "sub_id": {"a": 1}}}, "sub_id"),
        ({"json": {"image_id": "x" * 256, "value": 1}}, "image_id"),
        ({"json": ["x"]}, "object"),
    ],
)
def test_what_is_missing_or_wrong(kennel: Kennel, sent, text: str):
    answer = kennel.post("/votes", **sent)
    assert answer.status_code == 400, answer.text
    assert text in str(answer.json()["message"])
    assert kennel.get("/votes", "user").json() == []


def test_bodies_of_every_kind(kennel: Kennel):
    text = b'{"image_id":"a","value":-1}'
    assert kennel.post("/votes/", content=text).json()["value"] == -1
    form = {"image_id": "a", "value": "-1"}
    assert kennel.post("/votes", data=form).json()["value"] == -1
    headers = {"content-type": "text/plain"}
    assert kennel.post("/votes", content=text, headers=headers).json()["value"] == -1
    unquoted = kennel.post("/votes", json={"image_id": 12, "value": 1})
    assert unquoted.json()["image_id"] == "12"


def test_pages_orders_and_people(kennel: Kennel):
    ids = [vote(kennel, sub_id=f"p{n % 2}")["id"] for n in range(12)]

    def listed(query: str):
        answer = kennel.get(f"/votes{query}", "user")
        assert answer.status_code == 200, answer.text
        head = [answer.headers[f"pagination-{name}"] for name in ("count", "page", "limit")]
        return [one["id"] for one in answer.json()], [int(text) for text in head]

    assert listed("") == (ids[:10], [12, 0, 10])
    assert listed("?page=1&limit=10&order=&sub_id=") == (ids[10:], [12, 1, 10])
    assert listed("?limit=102&page=0") == (ids, [12, 0, 100])
    assert listed("?page=9") == ([], [12, 9, 10])
    assert listed("?order=desc&limit=3") == (ids[:-4:-1], [12, 0, 3])
    assert listed("?sub_id=p1&limit=100") == (ids[1::2], [6, 0, 100])
    assert listed("?sub_id=nobody")[0] == []
    assert sorted(listed("?order=RAND&limit=100")[0]) == ids
    for wrong in ("limit=0", "limit=x", "limit=-1", "page=-1", "order=up"):
        assert kennel.get(f"/votes?{wrong}", "user").status_code == 400, wrong


def test_filters_look_at_the_image(kennel: Kennel):
    pug = vote(kennel, image_id=kennel.code(kennel.put("safe, pug")))["id"]
    cat = vote(kennel, image_id=kennel.code(kennel.put("safe, cat")))["id"]
    nothing = vote(kennel)["id"]

    def listed(query: str):
        return [one["id"] for one in kennel.get(f"/votes?{query}", "user").json()]

    assert listed("species_id=1") == [pug]
    assert listed("species_id=cat") == [cat]
    assert listed("species_id=9") == []
    assert listed("breed_groups=toy,hound") == [pug]
    assert listed("breed_groups=Hound") == []
    assert listed("exclude_breed_groups=Toy") == [cat, nothing]
    assert listed("breed_groups=Toy&exclude_breed_groups=toy") == []


def test_taking_back(kennel: Kennel):
    first, second = vote(kennel)["id"], vote(kennel)["id"]
    for path in (f"/votes/{first}", f"/vote/{second}"):
        assert kennel.delete(path).json() == {"message": "SUCCESS"}
        gone = kennel.delete(path)
        assert gone.status_code == 404
        assert gone.json()["message"].startswith("INVALID_ACCOUNT")
    missing = kennel.get(f"/votes/{first}", "user")
    assert (missing.status_code, missing.json()["message"][:9]) == (404, "NOT_FOUND")


def test_whose_they_are(kennel: Kennel):
    made = vote(kennel, sub_id="tom")["id"]
    for role in ("anonymous", "other", "moderator", "admin"):
        assert kennel.get("/votes?sub_id=tom", role).json() == []
        assert kennel.get(f"/votes/{made}", role).status_code == 404
    assert kennel.delete(f"/votes/{made}", "other").status_code == 404
    for path in ("/votes/abc", "/votes/99999999999999999999", "/votes/1.5"):
        assert kennel.get(path, "user").status_code == 404


def test_keys(kennel: Kennel):
    body = {"image_id": "x", "value": 1}
    for answer in (
        kennel.post("/votes", "anonymous", json=body),
        kennel.delete("/votes/1", "anonymous"),
        kennel.get("/votes", headers={"x-api-key": "wrong"}),
    ):
        assert answer.status_code == 401
        assert "AUTHENTICATION_ERROR" in answer.json()["message"]
    assert kennel.post(f"/votes?api_key={kennel.keys['user']}", "anonymous", json=body).is_success


def test_the_accounts_own_vote_counts_and_others_do_not(kennel: Kennel):
    image_id = kennel.put()
    code = kennel.code(image_id)

    def score() -> int:
        answer = kennel.get(f"/api/v1/json/images/{image_id}", root=True)
        return int(answer.json()["image"]["score"])

    vote(kennel, image_id=code, sub_id="tom", value=1)
    assert score() == 0
    mine = vote(kennel, image_id=code, value=1)
    assert score() == 1
    vote(kennel, image_id=code, value=0)
    assert score() == -1
    kennel.delete(f"/votes/{mine['id']}")
    assert score() == -1
