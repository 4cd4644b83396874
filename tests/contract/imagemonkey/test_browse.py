"""Labels on images, images to label, and descriptions."""

import pytest

import crowd_golden
from monkey_world import NOWHERE, Monkey


def add(monkey: Monkey, key: str, sent: object, role: str = "anonymous", **options):
    return monkey.post(f"/v1/donation/{key}/labelme", role, json=sent, **options)


def names(monkey: Monkey, key: str, query: str = "", role: str = "anonymous") -> list[str]:
    answer = monkey.get(f"/v1/donation/{key}/labels{query}", role)
    assert answer.status_code == 200, answer.text
    return [one["label"] for one in answer.json()]


def test_labels_are_added_and_read(monkey: Monkey):
    key = monkey.donate("banana")
    sent = [
        {"label": "dog", "annotatable": True, "sublabels": [{"name": "mouth"}]},
        {"label": "kitchen", "annotatable": True, "sublabels": None},
        {"label": "orange", "annotatable": False},
    ]
    answer = add(monkey, key, sent)
    assert (answer.status_code, answer.json()) == (200, None)
    crowd_golden.check("labels_of_image", monkey.get(f"/v1/donation/{key}/labels"))
    assert add(monkey, key, sent).status_code == 200
    assert names(monkey, key) == ["banana", "dog", "kitchen", "orange"]
    assert len(monkey.rows("tags=dog,mouth/dog")) == 2


def test_unknown_words_need_an_account(monkey: Monkey):
    key = monkey.donate("banana")
    unknown = [{"label": "dog"}, {"label": "flying saucer", "annotatable": True}]
    refused = add(monkey, key, unknown)
    assert refused.status_code == 401
    assert "flying saucer" in refused.json()["error"]
    assert names(monkey, key) == ["banana"]
    assert add(monkey, key, unknown, headers={"X-Api-Token": "nobodys"}).status_code == 401
    headers = {"X-Api-Token": monkey.keys["user"]}
    assert add(monkey, key, unknown, headers=headers).status_code == 200
    assert names(monkey, key) == ["banana", "dog", "flying saucer"]
    assert names(monkey, key, "?only_unlocked_labels=true") == ["banana", "dog"]


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"content": b"[{"}, 400),
        ({}, 400),
        ({"json": {"label": "dog"}}, 422),
        ({"json": []}, 422),
        ({"json": ["dog"]}, 422),
        ({"json": [{"label": ""}]}, 422),
        ({"json": [{"label": "dog", "sublabels": "mouth"}]}, 422),
        ({"json": [{"label": "dog", "sublabels": [{}]}]}, 422),
        ({"json": [{"label": "dog"}] * 201}, 422),
    ],
)
def test_what_is_no_list_of_labels_is_refused(monkey: Monkey, options, status):
    key = monkey.donate(None)
    answer = monkey.post(f"/v1/donation/{key}/labelme", **options)
    assert answer.status_code == status, answer.text
    assert names(monkey, key) == []


def test_images_that_there_are_not_or_that_are_locked(make_monkey):
    monkey = make_monkey(review="person")
    key = monkey.donate(role="user")
    for image in (NOWHERE, "7"):
        assert add(monkey, image, [{"label": "dog"}]).status_code == 404
        assert monkey.get(f"/v1/donation/{image}/labels").status_code == 404
    assert add(monkey, key, [{"label": "dog"}]).status_code == 404
    assert monkey.get(f"/v1/donation/{key}/labels").status_code == 404
    assert monkey.get(f"/v1/labelme?image_id={key}").status_code == 404
    assert add(monkey, key, [{"label": "dog"}], "user").status_code == 200
    assert names(monkey, key, role="user") == ["banana", "dog"]
    assert monkey.get("/v1/labelme").status_code == 422


def test_an_image_to_label_is_one_without_labels_first(monkey: Monkey):
    assert monkey.get("/v1/labelme").status_code == 422
    labelled = monkey.donate("banana")
    assert monkey.get("/v1/labelme").json()["image"]["uuid"] == labelled
    bare = monkey.donate(None)
    for _ in range(4):
        answer = monkey.get("/v1/labelme")
        assert answer.json()["image"]["uuid"] == bare
    crowd_golden.check("labelme_bare", answer)
    crowd_golden.check("labelme", monkey.get(f"/v1/labelme?image_id={labelled}"))
    assert monkey.get(f"/v1/labelme?image_id={NOWHERE}").status_code == 404


def test_images_are_browsed_by_a_query(monkey: Monkey):
    keys = [monkey.donate(label) for label in ("banana", "orange", "banana")]
    add(monkey, keys[0], [{"label": "dog", "sublabels": [{"name": "mouth"}]}])
    monkey.vote(keys[0], "yes", json={"label": "banana"})
    crowd_golden.check("donations_labels", monkey.get("/v1/donations/labels?query=banana"))

    def found(query: str, more: str = "") -> list[str]:
        answer = monkey.get(f"/v1/donations/labels?query={query}{more}")
        assert answer.status_code == 200, answer.text
        return [one["image"]["uuid"] for one in answer.json()]

    assert found("banana %26 ~dog") == [keys[2]]
    assert found("image.num_labels=1") == [keys[1], keys[2]]
    assert set(found("banana|orange", "&shuffle=true")) == set(keys)
    assert len(found("banana|orange", "&shuffle=true&limit=2")) == 2
    assert found("banana|orange", "&limit=1&page=3") == [keys[2]]
    assert found("apple") == []
    assert monkey.get("/v1/donations/labels").status_code == 422
    assert monkey.get("/v1/donations/labels?query=banana %26").status_code == 422
    assert monkey.get("/v1/donations/labels?query=banana&limit=x").status_code == 422


def describe(monkey: Monkey, key: str, sent: object, role: str = "anonymous"):
    return monkey.post(f"/v1/donation/{key}/description", role, json=sent)


QUEUE = "/v1/donations/unprocessed-descriptions"


def test_descriptions_wait_for_a_moderator(monkey: Monkey):
    key = monkey.donate()
    sent = [
        {"description": "a yellow banana", "language": "en"},
        {"description": "eine Banane", "language": "ger"},
    ]
    answer = describe(monkey, key, sent)
    assert (answer.status_code, answer.json()) == (201, None)
    head = monkey.call("HEAD", QUEUE, "moderator", headers={"X-Total-Count": "1"})
    assert (head.status_code, head.headers["x-total-count"], head.content) == (200, "2", b"")
    queue = monkey.get(QUEUE, "moderator")
    crowd_golden.check("unprocessed_descriptions", queue)
    one, two = (text["uuid"] for text in queue.json()[0]["image"]["descriptions"])
    task = f"/v1/labelme?image_id={key}"
    assert monkey.get(task).json()["image"]["descriptions"] == []
    path = f"/v1/donation/{key}/description/"
    for identifier, action in ((one, "unlock"), (two, "lock")):
        done = monkey.post(
            f"{path}{identifier}/{action}", "moderator", headers={"X-Moderation": "true"}
        )
        assert (done.status_code, done.json()) == (201, None)
    seen = monkey.get(task).json()["image"]["descriptions"]
    assert seen == [{"text": "a yellow banana", "uuid": one, "language": "en"}]
    assert monkey.get(QUEUE, "moderator").json() == []
    assert monkey.post(f"{path}{NOWHERE}/unlock", "moderator").status_code == 404
    assert monkey.post(f"{path}{one}/burn", "moderator").status_code == 404


def test_who_may_decide_about_descriptions(monkey: Monkey):
    key = monkey.donate()
    describe(monkey, key, [{"description": "x", "language": "en"}])
    path = f"/v1/donation/{key}/description/{NOWHERE}/unlock"
    assert monkey.post(path).status_code == 401
    assert monkey.post(path, "user").status_code == 403
    for method in ("GET", "HEAD"):
        assert monkey.call(method, QUEUE).status_code == 401
        assert monkey.call(method, QUEUE, "user").status_code == 403


def test_what_is_no_description_is_refused(monkey: Monkey):
    key = monkey.donate()
    wrong = (
        [],
        ["x"],
        {},
        [{"description": "", "language": "en"}],
        [{"description": "x", "language": "fr"}],
    )
    for sent in wrong:
        assert describe(monkey, key, sent).status_code == 422, sent
    good = [{"description": "x", "language": "en"}]
    assert describe(monkey, NOWHERE, good).status_code == 404
    broken = monkey.post(f"/v1/donation/{key}/description", content=b"[")
    assert broken.status_code == 400
    assert monkey.get(QUEUE, "moderator").json() == []


def test_labels_and_their_parts_are_limited_together(monkey: Monkey):
    key = monkey.donate("banana", "user")
    sent = [{"label": "banana", "sublabels": [f"part {n}" for n in range(501)]}]
    answer = monkey.post(f"/v1/donation/{key}/labelme", "user", json=sent)
    assert (answer.status_code, "500" in answer.json()["error"]) == (422, True)
