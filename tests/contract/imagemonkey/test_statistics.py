"""Statistics, what happened lately, and the measures of an image."""

import pytest

import crowd_golden
from monkey_world import NOWHERE, Monkey

DAYS = (
    "/v1/statistics/donations",
    "/v1/statistics/annotations",
    "/v1/statistics/validations",
    "/v1/statistics/annotations/refinements",
)


@pytest.fixture
def judged(monkey: Monkey) -> str:
    """One banana with three verdicts and an outline; beside it an orange and a bare picture."""
    key = monkey.donate("banana")
    monkey.donate("orange")
    monkey.donate(None)
    monkey.vote(key, "yes", 2)
    monkey.vote(key, "no")
    return key


def outline(monkey: Monkey, key: str) -> None:
    shape = {"type": "rect", "left": 1, "top": 2, "width": 30, "height": 20}
    sent = [{"label": "banana", "sublabel": "", "annotations": [shape]}]
    answer = monkey.post(f"/v1/donation/{key}/annotate", json=sent)
    assert answer.status_code == 201, answer.text


def test_everything_is_counted(monkey: Monkey, judged: str):
    said = monkey.get("/v1/statistics").json()
    words = {one["label"]: one for one in said.pop("validations")}
    assert words["banana"] == {
        "label": "banana", "count": 1, "error_rate": 0.3333333, "total_validations": 3,
    }  # fmt: skip
    assert (words["apple"]["count"], words["apple"]["error_rate"]) == (0, 0)
    assert said.pop("num_of_labels") == len(words)
    uncounted = {name for name in said if name.endswith(("_per_country", "_per_app"))}
    assert len(uncounted) == 8
    assert said == {name: [] for name in uncounted} | {
        "num_of_unlabeled_donations": 1,
        "num_of_donations": 3,
        "num_of_validations": 2,
        "num_of_annotations": 0,
        "num_of_annotation_refinements": 0,
        "num_of_label_suggestions": 0,
        "num_of_verdicts": 3,
    }


@pytest.mark.parametrize("path", DAYS)
def test_every_day_of_the_last_month_is_there(monkey: Monkey, judged: str, path: str):
    name = path.removeprefix("/v1/statistics/").replace("/", "_")
    crowd_golden.check(f"statistics_{name}", monkey.get(path))
    assert monkey.get(f"{path}?period=last-month").status_code == 200
    assert monkey.get(f"{path}?period=last-year").status_code == 422


def test_how_far_each_label_is_done(monkey: Monkey, judged: str):
    validated = monkey.get("/v1/statistics/validated").json()
    assert validated[0]["label"]["name"] == "banana"
    assert validated[0]["num"] == {"completed": 1, "total": 1}
    found = {one["label"]["name"]: one["num"] for one in validated}
    assert found["orange"] == {"completed": 0, "total": 1}
    annotated = monkey.get("/v1/statistics/annotated").json()
    assert {one["num"]["completed"] for one in annotated} == {0}
    outline(monkey, judged)
    first = monkey.get("/v1/statistics/annotated").json()[0]
    assert (first["label"]["name"], first["num"]) == ("banana", {"completed": 1, "total": 1})


def test_how_everything_grew(monkey: Monkey, judged: str):
    crowd_golden.check("statistics_contributions", monkey.get("/v1/statistics/contributions"))


def test_an_empty_library_has_empty_lists(monkey: Monkey):
    series = monkey.get("/v1/statistics/contributions").json()
    assert series == {"donations": [], "labels": [], "validations": [], "annotations": []}
    assert monkey.get("/v1/activity").json() == {"period": "last-month", "activity": []}


def test_what_happened_lately(monkey: Monkey, judged: str):
    outline(monkey, judged)
    crowd_golden.check("activity", monkey.get("/v1/activity"))
    assert monkey.get("/v1/activity?period=ever").status_code == 422


def test_the_measures_of_an_image(monkey: Monkey, judged: str):
    answer = monkey.get(f"/v1/images/{judged}/details")
    assert answer.json() == {"width": 96, "height": 72, "unlocked": True}
    for key in (NOWHERE, "7", "..%2f.."):
        answer = monkey.get(f"/v1/images/{key}/details")
        assert answer.status_code == 404
