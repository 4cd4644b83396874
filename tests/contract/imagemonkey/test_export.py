"""Exports: flat rows by name, grouped ones by query, their bounds, formats and order."""

import csv
import io
import json

import pytest

from menagerie.core import annotations, labels
from menagerie.core import words as core_words
from menagerie.dialects.imagemonkey import handlers_export
from menagerie.library import SYSTEM
from monkey_world import Monkey


@pytest.fixture
def monkey(make_monkey) -> Monkey:
    """Three pictures: a banana judged twice, a banana with an egg, and a tennis ball."""
    monkey = make_monkey()
    monkey.keys_of = [monkey.donate(label) for label in ("banana", "banana", "tennis ball")]
    first, second, _ = monkey.keys_of
    with monkey.library.writing(SYSTEM) as tx:
        labels.edit(tx, monkey.image_id(second), add=["egg"], remove=[])
    monkey.vote(first, "yes", 3)
    monkey.vote(first, "no")
    return monkey


def test_flat_rows(monkey: Monkey):
    first, second, _ = monkey.keys_of
    assert monkey.rows("tags=banana") == [
        {"uuid": first, "label": "banana", "provider": "donation", "url": f"/donations/{first}",
         "probability": 0.75, "num_yes": 3, "num_no": 1},
        {"uuid": second, "label": "banana", "provider": "donation", "url": f"/donations/{second}",
         "probability": 0.0, "num_yes": 0, "num_no": 0},
    ]  # fmt: skip


@pytest.mark.parametrize("tags", ["banana,egg", "banana, egg", " egg ,banana,,", "EGG,Banana"])
def test_a_row_for_each_label_that_is_asked_for(monkey: Monkey, tags: str):
    first, second, _ = monkey.keys_of
    rows = [(row["uuid"], row["label"]) for row in monkey.rows(f"tags={tags}")]
    assert sorted(rows) == sorted([(first, "banana"), (second, "banana"), (second, "egg")])
    assert rows[0] == (first, "banana")


def test_names_with_spaces_and_names_of_nothing(monkey: Monkey):
    assert [row["uuid"] for row in monkey.rows("tags=tennis ball")] == [monkey.keys_of[2]]
    assert monkey.rows("tags=zorple") == []
    assert monkey.rows("tags=") == []
    assert monkey.rows("tags=,") == []


@pytest.mark.parametrize("path", ["/v1/export/tags=banana", "/v1/export/tags=banana/"])
def test_the_address_as_it_was_printed(monkey: Monkey, path: str):
    assert monkey.get(path).json() == monkey.rows("tags=banana")
    assert monkey.get("/v1/export/query=banana").json() == monkey.rows("query=banana")
    assert monkey.get("/v1/export/tags=mouth/dog").json() == []
    assert monkey.get("/v1/export/labels=banana").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["", "tags=banana&query=banana", "tags[]=banana", "query[a]=b", "query=banana %26", "query=",
     "query=(banana", "tags=banana&format=xml", "tags=banana&min_probability=2",
     "tags=banana&min_probability=x", "tags=banana&min_votes=-1", "tags=banana&limit=0",
     "tags=banana&cursor=x", "query=banana&limit=x"],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(monkey: Monkey, query: str):
    answer = monkey.get(f"/v1/export?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]


def test_the_allowed_values_are_named(monkey: Monkey):
    error = monkey.get("/v1/export?tags=banana&format=xml").json()
    assert error["fields"] == {"format": ["must be one of json, jsonl, csv"]}
    error = monkey.get("/v1/export?tags=banana&min_probability=x").json()
    assert error["fields"] == {"min_probability": ["must be a number from 0 to 1"]}


def test_bounds(monkey: Monkey):
    first, second, _ = monkey.keys_of

    def found(query: str) -> list[str]:
        return [row["uuid"] for row in monkey.rows(f"tags=banana,egg&{query}")]

    assert found("min_probability=0.75") == [first]
    assert found("min_probability=0.76") == []
    assert found("min_probability=0") == [first, second, second]
    assert found("min_votes=1") == [first]
    assert found("min_votes=5") == []
    assert found("limit=1") == [first]
    assert found(f"cursor={first}") == [second, second]
    assert found(f"cursor={second}") == []


@pytest.mark.parametrize("size", [1, 2])
def test_pages_put_together_are_the_whole(monkey: Monkey, size: int):
    whole = monkey.rows("tags=banana,egg,tennis ball")
    pages, cursor = [], ""
    while page := monkey.rows(f"tags=banana,egg,tennis ball&limit={size}&cursor={cursor}"):
        assert len(page) <= size
        pages += page
        cursor = f"{page[-1]['uuid']}:{page[-1]['label']}"
    assert pages == whole
    assert len(whole) == 4


def test_formats(monkey: Monkey):
    rows = monkey.rows("tags=banana,egg")
    lines = monkey.get("/v1/export?tags=banana,egg&format=jsonl")
    assert lines.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert [json.loads(line) for line in lines.text.splitlines()] == rows
    table = monkey.get("/v1/export?tags=banana,egg&format=csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    read = list(csv.DictReader(io.StringIO(table.text)))
    assert [{k: str(v) for k, v in row.items()} for row in rows] == read
    assert monkey.get("/v1/export?tags=zorple&format=jsonl").text == ""
    head = monkey.get("/v1/export?tags=zorple&format=csv").text
    assert head == "uuid,label,provider,url,probability,num_yes,num_no\n"
    grouped = monkey.get("/v1/export?query=banana&format=jsonl").text.splitlines()
    assert [json.loads(line) for line in grouped] == monkey.rows("query=banana")
    flat = list(csv.DictReader(io.StringIO(monkey.get("/v1/export?query=egg&format=csv").text)))
    assert [row["label"] for row in flat] == ["banana", "egg"]


def test_odd_names_are_written_as_they_are(monkey: Monkey):
    with monkey.library.writing(SYSTEM) as tx:
        core_words.add(tx, "Bœuf/à la", kind="normal")
    key = monkey.donate("Bœuf/à la")
    assert monkey.rows("tags=bœuf/à la")[0]["label"] == "Bœuf/à la"
    table = monkey.get("/v1/export?tags=Bœuf/à la&format=csv").text
    [row] = csv.DictReader(io.StringIO(table))
    assert (row["uuid"], row["label"]) == (key, "Bœuf/à la")


def test_grouped_rows(monkey: Monkey):
    first, second, _ = monkey.keys_of
    assert monkey.rows("query=banana") == [
        {"uuid": first, "provider": "donation", "width": 96, "height": 72, "annotations": [],
         "validations": [{"label": "banana", "num_yes": 3, "num_no": 1}]},
        {"uuid": second, "provider": "donation", "width": 96, "height": 72, "annotations": [],
         "validations": [{"label": "banana", "num_yes": 0, "num_no": 0},
                         {"label": "egg", "num_yes": 0, "num_no": 0}]},
    ]  # fmt: skip
    assert [row["uuid"] for row in monkey.rows("query=banana%26egg")] == [second]
    assert [row["uuid"] for row in monkey.rows("query=banana%26~egg")] == [first]
    assert len(monkey.rows("query=banana|tennis ball|zorple")) == 3
    assert [row["uuid"] for row in monkey.rows("query=banana&limit=1")] == [first]
    assert [row["uuid"] for row in monkey.rows(f"query=banana&cursor={first}")] == [second]
    assert [row["uuid"] for row in monkey.rows("query=banana&min_votes=1")] == [first]
    assert len(monkey.rows("query=image.width>50px")) == 3


def test_outlines_come_along(monkey: Monkey):
    _, second, _ = monkey.keys_of
    box = {"type": "rect", "left": 1, "top": 2, "width": 30, "height": 20}
    points = [{"x": 1, "y": 1}, {"x": 20, "y": 1}, {"x": 20, "y": 20}]
    with monkey.library.writing(SYSTEM) as tx:
        book = core_words.vocabulary(tx)
        banana, egg = book.by_name("banana").tag_id, book.by_name("egg").tag_id
        annotations.put(
            tx, monkey.image_id(second), banana, [{"type": "polygon", "points": points}]
        )
        annotations.put(tx, monkey.image_id(second), egg, [box])
    [row] = monkey.rows("query=egg")
    [shape] = row["annotations"]
    assert shape["label"] == "egg"
    assert {name: shape[name] for name in box} == box
    assert shape["angle"] == 0
    labels_of = [
        [one["label"] for one in row["annotations"]] for row in monkey.rows("query=banana|egg")
    ]
    assert labels_of == [[], ["banana", "egg"]]
    only = monkey.rows("query=banana&annotations_only=true")
    assert [row["uuid"] for row in only] == [second]
    [polygon] = only[0]["annotations"]
    assert (polygon["type"], polygon["points"], polygon["angle"]) == ("polygon", points, 0)


def test_what_is_not_for_everybody_is_not_exported(make_monkey):
    monkey = make_monkey(report_threshold=1)
    shown, explicit, reported = (monkey.donate("banana") for _ in range(3))
    with monkey.library.writing(SYSTEM) as tx:
        labels.edit(tx, monkey.image_id(explicit), add=["explicit"], remove=[])
    sent = monkey.post(f"/v1/report/{reported}", json={"reason": "Other Violation: no"})
    assert sent.status_code == 200, sent.text
    for role in ("anonymous", "user", "admin"):
        for query in ("tags=banana", "query=banana"):
            found = monkey.get(f"/v1/export?{query}", role).json()
            assert [row["uuid"] for row in found] == [shown]
        assert monkey.get("/v1/validate", role).json()["uuid"] == shown


def test_only_so_many_at_once(monkey: Monkey):
    assert monkey.get("/v1/export?tags=banana").status_code == 200
    slots = monkey.library.caches["export slots"]
    for _ in range(handlers_export.MOST_AT_ONCE):
        assert slots.acquire(blocking=False)
    assert monkey.get("/v1/export?tags=banana").status_code == 429
    slots.release()
    assert monkey.get("/v1/export?tags=banana").status_code == 200
    assert monkey.get("/v1/export?query=banana %26").status_code == 422
    assert monkey.get("/v1/export?tags=banana").status_code == 200


def test_heads(monkey: Monkey):
    got = monkey.get("/v1/export?tags=banana")
    head = monkey.call("HEAD", "/v1/export?tags=banana")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(got.content))


def test_a_sample_that_works(monkey: Monkey):
    sample = monkey.get("/v1/export/sample").json()
    assert isinstance(sample, str)
    assert monkey.get("/v1/export", params={"query": sample}).status_code == 200


def test_how_many_of_each_label_are_outlined(monkey: Monkey):
    path = "/v1/statistics/annotations/count"
    assert monkey.get(path).json() == []
    box = {"type": "rect", "left": 1, "top": 2, "width": 30, "height": 20}
    with monkey.library.writing(SYSTEM) as tx:
        egg = core_words.vocabulary(tx).by_name("egg").tag_id
        annotations.put(tx, monkey.image_id(monkey.keys_of[1]), egg, [box])
    assert monkey.get(path).json() == [{"label": "egg", "count": 1}]
    assert monkey.get(path + "?min_probability=0.5").json() == []
    assert monkey.get(path + "?min_count=2").json() == []


def test_how_many_of_each_label(monkey: Monkey):
    path = "/v1/statistics/validations/count"
    counted = {one["label"]: one["count"] for one in monkey.get(path).json()}
    assert counted == {"banana": 2, "egg": 1, "tennis ball": 1}
    likely = monkey.get(path + "?min_probability=0.75").json()
    assert likely == [{"label": "banana", "count": 1}]
    assert monkey.get(path + "?min_probability=0.8").json() == []
    assert monkey.get(path + "?min_count=2").json() == [{"label": "banana", "count": 2}]
    assert monkey.get(path + "?min_count=x").status_code == 422
