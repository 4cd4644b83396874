"""Saying properties of shapes over the API, and being asked about them."""

import golden_files
from monkey_world import NOWHERE, Monkey
from outlines import ask, refinement

RECT = {"type": "rect", "left": 10, "top": 20, "width": 48, "height": 36}


def drawn(monkey: Monkey, label: str = "banana") -> tuple[str, str]:
    """Donate and outline; return the UUIDs of the set and of its shape."""
    key = monkey.donate(label)
    sent = [{"label": label, "annotations": [RECT]}]
    answer = monkey.post(f"/v1/donation/{key}/annotate", json=sent)
    found = answer.headers["location"].partition("?annotation_id=")[2]
    shown = monkey.get(f"/v1/annotation?annotation_id={found}").json()
    return found, shown["annotations"][0]["uuid"]


def said(monkey: Monkey, shape: str) -> list[tuple[str, int]]:
    [row] = monkey.get(f"/v1/refine?annotation_data_id={shape}").json()
    return [(one["name"], one["count"]) for one in row["refinements"]]


def test_properties_of_a_shape_are_said_and_counted(monkey: Monkey):
    red = refinement(monkey.library, "paint", "red")
    found, shape = drawn(monkey)
    path = f"/v1/annotation/{found}/refine/{shape}"
    for _ in range(2):
        answer = monkey.post(path, json=[{"label_uuid": red}])
        assert (answer.status_code, answer.content) == (201, b"null")
    golden_files.compare("annotations/refine", monkey.get("/v1/refine?query=banana"))
    assert said(monkey, shape) == [("red", 2)]
    [row] = monkey.get(f"/v1/refine?annotation_data_id={shape.upper()}").json()
    assert monkey.get("/v1/refine?query=banana").json() == [row]
    assert monkey.get("/v1/refine?query=dog").json() == []
    shown = monkey.get(f"/v1/annotation?annotation_id={found}").json()
    assert shown["annotations"][0]["refinements"] == [{"label_uuid": red}]


def test_what_is_refused(monkey: Monkey):
    red = refinement(monkey.library, "paint", "red")
    found, shape = drawn(monkey)
    other, _ = drawn(monkey)
    good = [{"label_uuid": red}]
    for path in (
        f"{found}/refine/{NOWHERE}",
        f"{NOWHERE}/refine/{shape}",
        f"{other}/refine/{shape}",
    ):
        assert monkey.post(f"/v1/annotation/{path}", json=good).status_code == 400
    path = f"/v1/annotation/{found}/refine/{shape}"
    for sent in ([], {}, [{}], ["x"], [{"label_uuid": 1}], [{"label_uuid": NOWHERE}]):
        assert monkey.post(path, json=sent).status_code == 422
    assert monkey.post(path, content=b"[").status_code == 400
    assert said(monkey, shape) == []
    for query in ("", f"?query=dog&annotation_data_id={shape}"):
        assert monkey.get(f"/v1/refine{query}").status_code == 422
    assert monkey.get(f"/v1/refine?annotation_data_id={NOWHERE}").status_code == 404


def test_many_are_said_at_once_or_none(monkey: Monkey):
    red = refinement(monkey.library, "paint", "red")
    (_, one), (_, two) = drawn(monkey), drawn(monkey)
    pairs = [{"label_uuid": red, "annotation_data_uuid": key} for key in (one, two)]
    answer = monkey.call("PATCH", "/v1/refine", json=pairs)
    assert (answer.status_code, answer.content) == (204, b"")
    assert said(monkey, one) == said(monkey, two) == [("red", 1)]
    wrong = [*pairs, {"label_uuid": red, "annotation_data_uuid": NOWHERE}]
    assert monkey.call("PATCH", "/v1/refine", json=wrong).status_code == 404
    assert monkey.call("PATCH", "/v1/refine", json=[{"label_uuid": red}]).status_code == 422
    assert monkey.call("PATCH", "/v1/refine", json=[]).status_code == 422
    assert said(monkey, one) == [("red", 1)]


def test_a_question_is_asked_until_it_is_answered(monkey: Monkey):
    assert monkey.get("/v1/quiz-refine").status_code == 422
    big, _ = ask(monkey.library, "zebra")
    found, shape = drawn(monkey, "zebra")
    assert monkey.get("/v1/quiz-refine").status_code == 422
    said_yes = monkey.post(f"/v1/annotation/{found}/validate/yes", json={"label": "zebra"})
    assert said_yes.status_code == 200
    quiz = monkey.get("/v1/quiz-refine")
    golden_files.compare("annotations/quiz", quiz)
    assert quiz.json()["annotation"]["uuid"] == shape
    assert quiz.json()["answers"][0]["uuid"] == big
    path = f"/v1/annotation/{found}/refine/{shape}"
    assert monkey.post(path, json=[{"label_uuid": big}]).status_code == 201
    assert monkey.get("/v1/quiz-refine").status_code == 422
