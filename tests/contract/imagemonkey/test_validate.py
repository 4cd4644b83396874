"""Validations: what is offered, what a verdict does, and what does nothing."""

import pytest

from monkey_world import NOWHERE, Monkey


def verdicts(monkey: Monkey, key: str, label: str = "banana") -> tuple[int, int]:
    [row] = [row for row in monkey.rows(f"tags={label}") if row["uuid"] == key]
    return row["num_yes"], row["num_no"]


def test_the_answer_is_the_union_of_what_versions_sent(monkey: Monkey):
    key = monkey.donate("banana")
    for path in ("/v1/validate", "/v1/validate/", f"/v1/validate/{key}", f"/v1/validate/{key}/"):
        answer = monkey.get(path)
        assert answer.headers["cache-control"] == "no-store"
        said = answer.json()
        validation = said.pop("validation_uuid")
        assert said == {
            "uuid": key, "label": "banana", "sublabel": "", "provider": "donation",
            "url": f"/donations/{key}", "num_yes": 0, "num_no": 0, "probability": 0.0,
            "width": 96, "height": 72, "unlocked": True,
            "validations": {"num_yes": 0, "num_no": 0},
        }  # fmt: skip
        by_validation = monkey.get(f"/v1/validate/{validation}").json()
        assert (by_validation["uuid"], by_validation["label"]) == (key, "banana")


def test_nothing_to_judge_is_said_with_the_codes_clients_know(monkey: Monkey):
    for path, status in (("/v1/validate", 404), ("/v1/validation", 422)):
        answer = monkey.get(path)
        assert (answer.status_code, answer.json()["code"]) == (status, "empty")
        assert "error" in answer.json()
    for path in ("/v1/validation/" + NOWHERE, "/v1/validation?validation_id=x"):
        assert monkey.get(path).status_code == 422
    for key in (NOWHERE, "x", "..%5c.."):
        assert monkey.get(f"/v1/validate/{key}").status_code == 404


def test_thirteen_strangers_give_the_number_of_the_first_page(monkey: Monkey):
    key = monkey.donate("banana")
    assert monkey.vote(key, "yes", 12).json()["num_yes"] == 12
    said = monkey.vote(key, "no").json()
    assert said["probability"] == 0.9230769
    [row] = monkey.rows("tags=banana")
    assert (row["num_yes"], row["num_no"], row["probability"]) == (12, 1, 0.9230769)
    assert '"probability":0.9230769,' in monkey.get("/v1/export?tags=banana").text


def test_only_yes_and_no_by_post_are_votes(monkey: Monkey):
    key = monkey.donate("banana")
    assert monkey.post(f"/v1/validate/{key}/maybe").status_code == 404
    for word in ("yes", "no"):
        for method in ("GET", "HEAD"):
            answer = monkey.call(method, f"/v1/validate/{key}/{word}")
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")
    for other in (NOWHERE, "x", "..%2f.."):
        assert monkey.post(f"/v1/validate/{other}/yes").status_code == 404
    assert verdicts(monkey, key) == (0, 0)


def test_what_nobody_judged_comes_first(monkey: Monkey):
    first, second = monkey.donate("banana"), monkey.donate("banana")
    monkey.vote(first)
    assert {monkey.get("/v1/validate").json()["uuid"] for _ in range(20)} == {second}
    monkey.vote(second)
    seen = {monkey.get("/v1/validate").json()["uuid"] for _ in range(40)}
    assert seen == {first, second}


@pytest.mark.parametrize("who", [{"print": "a browser"}, {"role": "user"}])
def test_whoever_is_known_has_one_vote_that_moves(monkey: Monkey, who):
    key = monkey.donate("banana")
    for word, counts in (("yes", (1, 0)), ("yes", (1, 0)), ("no", (0, 1)), ("no", (0, 1))):
        said = monkey.vote(key, word, **who).json()
        assert (said["num_yes"], said["num_no"]) == counts
    monkey.vote(key, "yes", print="another browser")
    assert verdicts(monkey, key) == (1, 1)


def test_one_address_may_count_once_a_day(make_monkey):
    monkey = make_monkey(strict_verdicts=True)
    key = monkey.donate("banana")
    monkey.vote(key, "yes", 3)
    assert verdicts(monkey, key) == (1, 0)


def test_somebody_known_is_asked_something_else(monkey: Monkey):
    keys = {monkey.donate("banana") for _ in range(3)}
    seen = set()
    for _ in range(3):
        key = monkey.get("/v1/validate", print="p").json()["uuid"]
        monkey.vote(key, print="p")
        seen.add(key)
    assert seen == keys
    assert monkey.get("/v1/validate", print="p").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"content": b""},
        {"content": b"{}", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": b'{"label":"banana","sublabel":""}'},
        {"content": b'{"label":"banana"}', "headers": {"Content-Type": "text/plain"}},
        {"content": b"not json at all"},
        {"json": {"label": "banana", "sublabel": ""}},
        {"json": None},
        {"data": {"label": "banana"}},
    ],
)
def test_a_vote_needs_no_body_and_no_type(monkey: Monkey, sent):
    key = monkey.donate("banana")
    for path in ("/v1/validate/{}/yes", "/v1/donation/{}/validate/yes"):
        answer = monkey.post(path.format(key), **sent)
        assert answer.status_code == 200, answer.text
    assert verdicts(monkey, key) == (2, 0)


def test_with_several_labels_one_is_meant(monkey: Monkey):
    key = monkey.donate("dog", fields={"add_sublabels": "true"})
    parts = [row["label"] for row in monkey.rows("query=dog")[0]["validations"]]
    assert len(parts) > 2
    shown = monkey.get(f"/v1/validate/{key}").json()
    # What others say meanwhile does not change what this vote means.
    monkey.vote(shown["validation_uuid"], print="somebody else")
    said = monkey.vote(key).json()
    assert (said["label"], said["sublabel"]) == (shown["label"], shown["sublabel"])
    assert said["num_yes"] == 2
    named = monkey.vote(key, json={"label": "dog", "sublabel": "mouth"}, print="q").json()
    assert (named["label"], named["sublabel"]) == ("dog", "mouth")
    other = monkey.post(f"/v1/validate/{key}/yes", json={"label": "banana"})
    assert other.status_code == 422
    unknown = monkey.post(f"/v1/validate/{key}/yes?label=zorple")
    assert unknown.status_code == 422
    asked = monkey.get(f"/v1/validate/{key}?label=dog").json()
    assert (asked["label"], asked["sublabel"]) == ("dog", "")


def test_a_label_can_be_asked_for(monkey: Monkey):
    banana, egg = monkey.donate("banana"), monkey.donate("egg")
    assert monkey.get("/v1/validate?label=egg").json()["uuid"] == egg
    assert monkey.get("/v1/validation?label=Banana").json()["image"]["uuid"] == banana
    assert monkey.get(f"/v1/validate?image_id={egg}").json()["label"] == "egg"
    assert monkey.get("/v1/validate?label=zorple").status_code == 422
    assert monkey.get("/v1/validate?label_id=x").status_code == 422


def test_groups_show_several_pictures_of_one_label(monkey: Monkey):
    keys = {monkey.donate("banana") for _ in range(3)}
    said = monkey.get("/v1/validate?grouped=true").json()
    assert said["label"] == "banana"
    assert {one["uuid"] for one in said["donations"]} == keys
    assert len(monkey.get("/v1/validate?grouped=true&limit=2").json()["donations"]) == 2
    assert monkey.get("/v1/validate?grouped=true&limit=x").status_code == 400


def test_validations_have_names_of_their_own(monkey: Monkey):
    key = monkey.donate("banana")
    offered = monkey.get("/v1/validation").json()
    assert offered["image"] == {
        "uuid": key, "provider": "donation", "unlocked": True, "width": 96, "height": 72,
        "url": f"http://test/v1/donation/{key}",
    }  # fmt: skip
    assert (offered["label"], offered["sublabel"], offered["num_yes"]) == ("banana", "", 0)
    validation = offered["uuid"]
    for path in (f"/v1/validation/{validation}", f"/v1/validation?validation_id={validation}"):
        assert monkey.get(path).json() == offered
    assert monkey.post(f"/v1/validation/{validation}/validate/no").json()["num_no"] == 1
    assert monkey.post(f"/v1/validation/{validation}/validate/maybe").status_code == 404
    assert monkey.post(f"/v1/validation/{NOWHERE}/validate/no").status_code == 404


@pytest.mark.parametrize("path", ["/v1/validation/validate", "/v1/donation/validate"])
def test_many_verdicts_at_once_all_or_none(monkey: Monkey, path: str):
    one, two = monkey.donate("banana"), monkey.donate("banana")
    validation = monkey.get(f"/v1/validate/{two}").json()["validation_uuid"]

    def send(*pairs: tuple[str, str]) -> int:
        body = {"validations": [{"uuid": key, "valid": word} for key, word in pairs]}
        answer = monkey.call("PATCH", path, json=body)
        assert answer.content == b"" if answer.status_code == 204 else answer.json()["error"]
        return answer.status_code

    assert send((one, "yes"), (validation, "no"), (one, "perhaps")) == 204
    assert (verdicts(monkey, one), verdicts(monkey, two)) == ((1, 0), (0, 1))
    assert send((one, "yes"), (NOWHERE, "no")) == 404
    assert verdicts(monkey, one) == (1, 0)
    assert send(*[(one, "yes")] * 501) == 422
    assert monkey.call("PATCH", path, content=b"{").status_code == 400
    assert monkey.call("PATCH", path).status_code == 400
    assert monkey.call("PATCH", path, json={}).status_code == 422
    assert monkey.call("PATCH", path, json=[]).status_code == 422


def test_validations_of_a_query_are_listed(monkey: Monkey):
    banana, egg = monkey.donate("banana"), monkey.donate("egg")
    monkey.vote(banana)
    [listed] = monkey.get("/v1/validations?query=banana").json()
    assert (listed["num_of_yes"], listed["num_of_no"]) == (1, 0)
    assert (listed["image"]["uuid"], listed["label"]) == (banana, {"name": "banana"})
    both = monkey.get("/v1/validations?query=banana|egg&shuffle=true").json()
    assert {one["image"]["uuid"] for one in both} == {banana, egg}
    assert monkey.get("/v1/validations").status_code == 422
    assert monkey.get("/v1/validations?query=banana %26").status_code == 422


def test_the_word_of_moderators_weighs_more_when_they_say_so(monkey: Monkey):
    key = monkey.donate("banana")
    moderating = {"X-Moderation": "true"}
    assert monkey.vote(key, headers=moderating).json()["num_yes"] == 1
    assert monkey.vote(key, role="other", headers=moderating).json()["num_yes"] == 2
    assert monkey.vote(key, role="moderator", headers=moderating).json()["num_yes"] == 7
    assert monkey.vote(key, role="admin").json()["num_yes"] == 8


def test_verdicts_of_strangers_are_limited(make_monkey):
    monkey = make_monkey(crowd_rate=4)
    key = monkey.donate("banana")
    monkey.vote(key, times=3)
    assert monkey.post(f"/v1/validate/{key}/yes").status_code == 429
    assert verdicts(monkey, key) == (3, 0)
    assert monkey.vote(key, role="user").status_code == 200
