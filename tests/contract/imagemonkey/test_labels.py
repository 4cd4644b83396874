"""The vocabulary over HTTP: its words, and words that people wish for."""

import pytest

import build
from menagerie.core import labelling
from monkey_world import Monkey


def wish(monkey: Monkey, name: str, times: int = 1) -> None:
    for _ in range(times):
        answer = monkey.post("/v1/label/suggest", json={"label": name})
        assert (answer.status_code, answer.json()) == (200, None)


def accept(monkey: Monkey, role: str = "moderator", **label: str):
    return monkey.post("/v1/trendinglabels/accept", role, json={"label": label})


def test_the_labels_of_the_vocabulary(monkey: Monkey):
    names = monkey.get("/v1/label").json()
    assert {"banana", "TV", "tennis ball", "dog", "kitchen"} <= set(names)
    assert names == sorted(names)
    detailed = monkey.get("/v1/label?detailed=true").json()
    assert set(detailed) == set(names)
    assert {"description", "accessors", "uuid", "plural"} <= set(detailed["banana"])
    assert detailed["banana"]["accessors"] == ["."]
    parts = detailed["dog"]["has"]
    assert parts["mouth"]["accessors"] == [".has"]
    assert monkey.get("/v1/label/random").json()["label"] in names


def test_the_labels_on_most_images(monkey: Monkey):
    assert monkey.get("/v1/label/popular").json() == []
    for label in ("orange", "banana", "banana"):
        monkey.donate(label)
    assert monkey.get("/v1/label/popular").json() == ["banana", "orange"]


def test_how_queries_name_words(monkey: Monkey):
    plain = monkey.get("/v1/label/accessors").json()
    assert {"dog", "dog.has='mouth'", "color='red'", "kitchen"} <= set(plain)
    detailed = {
        one["accessor"]: one["parent_accessor"]
        for one in monkey.get("/v1/label/accessors?detailed=true").json()
    }
    assert set(detailed) == set(plain)
    assert (detailed["dog"], detailed["dog.has='mouth'"]) == ("", "dog")
    assert detailed["color='red'"] == "color="
    for kind, accessor, other in (
        ("normal", "dog", "color='red'"),
        ("refinement", "color='red'", "dog"),
        ("refinement_category", "color=", "dog"),
        ("meta", "kitchen", "dog"),
    ):
        path = f"/v1/label/accessors?detailed=true&label_type={kind}"
        found = [one["accessor"] for one in monkey.get(path).json()]
        assert accessor in found
        assert other not in found
    assert monkey.get("/v1/label/accessors?label_type=odd").status_code == 422


def test_plurals_and_properties(monkey: Monkey):
    assert monkey.get("/v1/label/plurals").json()["banana"] == "bananas"
    color = monkey.get("/v1/label/refinements").json()["color"]
    assert set(color) == {"icon", "uuid", "description", "values"}
    assert color["values"]["red"]["accessors"] == ["color='red'"]


def test_anybody_may_wish_for_a_word(monkey: Monkey):
    assert monkey.get("/v1/label/suggestions").json() == []
    wish(monkey, "flying saucer", 2)
    wish(monkey, "banana")
    assert monkey.get("/v1/label/suggestions").json() == ["flying saucer"]
    [use] = monkey.get("/v1/label/suggestions/usage").json()
    assert use == {"name": "flying saucer", "num_annotations": 0, "num_labels": 0}
    key = monkey.donate(None)
    with monkey.library.writing(monkey.actors["user"]) as tx:
        labelling.add(tx, monkey.image_id(key), [("flying saucer", [], True)])
    [use] = monkey.get("/v1/label/suggestions/usage").json()
    assert use["num_labels"] == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {}}, 422),
        ({"json": {"label": ""}}, 422),
        ({"json": {"label": "a,b"}}, 422),
        ({"json": {"label": 7}}, 422),
        ({"json": []}, 422),
        ({"content": b"{"}, 400),
        ({}, 400),
        ({"data": {"label": "flying saucer"}}, 200),
    ],
)
def test_what_can_be_no_word_is_refused(monkey: Monkey, sent, status):
    answer = monkey.post("/v1/label/suggest", **sent)
    assert answer.status_code == status, answer.text
    assert (answer.json() is None) == (status == 200)


def test_a_wish_that_trends_becomes_a_label_everywhere(monkey: Monkey):
    key = monkey.donate(None)
    sent = [{"label": "flying saucer", "annotatable": True}]
    assert monkey.post(f"/v1/donation/{key}/labelme", "user", json=sent).status_code == 200
    assert monkey.get("/v1/trendinglabels").json() == []
    wish(monkey, "flying saucer", 20)
    [trend] = monkey.get("/v1/trendinglabels").json()
    assert trend == {
        "name": "flying saucer", "rename_to": "",
        "label": {"type": "", "description": "", "plural": ""},
        "github": {"issue": {"id": 0, "closed": False}, "branch_name": ""},
        "status": "waiting for moderator approval", "ci": {"job_url": ""}, "count": 21,
    }  # fmt: skip
    assert monkey.rows("tags=flying saucer") == []
    done = accept(monkey, name="flying saucer", type="normal", plural="flying saucers")
    assert (done.status_code, done.json()) == (201, None)
    assert monkey.get("/v1/trendinglabels").json() == []
    assert [row["uuid"] for row in monkey.rows("tags=flying saucer")] == [key]
    assert "flying saucer" in monkey.get("/v1/label").json()
    assert monkey.get("/v1/label/suggestions").json() == []
    unlocked = monkey.get("/v1/label/suggestions?include_unlocked=true").json()
    assert unlocked == ["flying saucer"]


def test_a_wish_may_be_another_word_for_a_label(monkey: Monkey):
    wish(monkey, "fruit of curves")
    done = accept(monkey, name="fruit of curves", type="normal", rename_to="banana")
    assert done.status_code == 201, done.text
    key = monkey.donate("fruit of curves")
    assert [row["uuid"] for row in monkey.rows("tags=banana")] == [key]


def test_who_may_accept_what(monkey: Monkey):
    wish(monkey, "flying saucer")
    good = {"name": "flying saucer", "type": "meta"}
    assert accept(monkey, "anonymous", **good).status_code == 401
    assert accept(monkey, "user", **good).status_code == 403
    assert accept(monkey, name="unheard of", type="meta").status_code == 404
    assert accept(monkey, name="flying saucer", type="odd").status_code == 400
    assert accept(monkey, name="flying saucer", type="normal").status_code == 400  # no plural
    assert accept(monkey, **good, parent="unheard of").status_code == 400
    assert monkey.post("/v1/trendinglabels/accept", "moderator", content=b"{").status_code == 400
    assert "flying saucer" not in monkey.get("/v1/label").json()
    assert accept(monkey, **good).status_code == 201


def test_a_library_without_words_has_none_to_give(monkey: Monkey):
    build.without_words(monkey.library)
    assert monkey.get("/v1/label").json() == []
    assert monkey.get("/v1/label/random").status_code == 422
