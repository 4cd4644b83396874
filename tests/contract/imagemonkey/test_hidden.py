"""What somebody may not know of shows nowhere: not by its address, in no list and in no count."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

import build
from menagerie.core import (
    annotations,
    image_texts,
    images,
    label_keys,
    labelling,
    moderation,
    reviewing,
    validations,
    words,
)
from menagerie.library import SYSTEM, Library
from menagerie.storage import schema
from menagerie.storage.schema import Audience
from monkey_world import Monkey

RECT = {"type": "rect", "left": 4, "top": 4, "width": 40, "height": 24}
NOTE = "hushhush"
STATES = ("pending", "rejected", "quarantined", "removed", "deleted", "private")
ROLES = ("anonymous", "other")


class Secret(NamedTuple):
    """An image that others may not know of, and everything that names it or is said of it."""

    image_id: int
    keys: dict[str, str]
    word: str
    wish: str


def make_secret(monkey: Monkey, state: str) -> Secret:
    """Let Alice donate, judge, outline and describe a picture, and put it out of sight."""
    library, alice = monkey.library, monkey.actors["user"]
    name, wish = f"hidden {state}", f"wishful {state}"
    word = build.word(library, name)
    audience = Audience.PRIVATE if state == "private" else Audience.PUBLIC
    image_id = build.image(library, name, actor=alice, size=(96, 72), audience=audience)
    assert word.tag_id is not None
    with library.writing(alice) as tx:
        validations.judge(tx, image_id, word.tag_id, is_yes=True)
        drawn = annotations.put(tx, image_id, word.tag_id, [RECT])
        annotations.judge(tx, drawn.key, is_yes=True)
        image_texts.add(tx, image_id, [(NOTE, "en")])
        if state != "removed":  # what was once published has been said openly
            labelling.add(tx, image_id, [(wish, [], True)])
    hide(monkey, state, image_id)
    with library.reading(SYSTEM) as tx:
        key = tx.scalar(select(schema.images.c.key).where(schema.images.c.id == image_id))
    label = label_keys.encode(library, image_id, word.tag_id)
    shape = drawn.shapes[0].key
    return Secret(
        image_id,
        {"image": key, "label": label, "annotation": drawn.key, "shape": shape},
        name,
        wish,
    )


def hide(monkey: Monkey, state: str, image_id: int) -> None:
    with monkey.library.writing(monkey.actors["moderator"]) as tx:
        match state:
            case "rejected":
                reviewing.reject(tx, image_id)
            case "quarantined":
                reviewing.quarantine(tx, image_id)
            case "removed":
                reviewing.approve(tx, image_id)
                moderation.remove(tx, image_id, "gone")
    if state == "deleted":
        with monkey.library.writing(monkey.actors["user"]) as tx:
            images.delete_own(tx, image_id)


@pytest.fixture
def hidden(make_monkey) -> tuple[Monkey, list[Secret]]:
    monkey = make_monkey(review="person", crowd_rate=0)
    return monkey, [make_secret(monkey, state) for state in STATES]


def paths(monkey: Monkey, *methods: str) -> Iterator[tuple[str, str]]:
    document = monkey.get("/openapi/imagemonkey.json", root=True).json()
    for path, entries in document["paths"].items():
        for method in entries:
            if method.upper() in methods and not path.endswith("/logout"):
                yield method.upper(), path


def filled(path: str, one: Secret, key: str) -> str:
    known = {"username": "Alice", "action": "yes", "verdict": "accept", "name": "main", "id": key,
             "shape": one.keys["shape"], "parameter": f"tags={one.word}"}  # fmt: skip
    return re.sub(r"\{(\w+)\}", lambda match: known.get(match[1], key), path)


def asked(one: Secret) -> list[str]:
    """Return the queries that might bring it up."""
    keys = one.keys
    return [
        "",
        *(f"query={q}" for q in (one.word, f"{one.word} | ~banana", "~banana", one.wish)),
        f"tags={one.word}", f"label={one.word}", f"highlight={one.word}&width=20",
        f"image_id={keys['image']}", f"validation_id={keys['label']}", "grouped=true&min_count=1",
        f"annotation_id={keys['annotation']}", f"annotation_data_id={keys['shape']}",
        f"annotation_id={keys['annotation']}&rev=0", f"cursor={keys['image']}&tags={one.word}",
        f"image_id={keys['label']}&shuffle=true&label={one.word}", "width=20", "token=x",
        "include_unlocked=true&detailed=true",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_no_address_and_no_query_brings_it_up(hidden, role: str):
    monkey, secrets = hidden
    told = [NOTE, *(key for one in secrets for key in one.keys.values())]
    told += [one.wish for one in secrets]
    tried = set()
    for one in secrets:
        for method, path in paths(monkey, "GET"):
            for key in one.keys.values() if "{" in path else [""]:
                for query in asked(one) if not key else (f"highlight={one.word}&width=20", ""):
                    where = filled(path, one, key)
                    if (where, query) in tried:
                        continue  # it names none of them
                    tried.add((where, query))
                    answer = monkey.call(method, f"{where}?{query}", role)
                    sent = f"{query} {where}"
                    found = [t for t in told if t in answer.text and t not in sent]
                    assert not found, (where, query, answer.text[:500])
                    assert not answer.headers["content-type"].startswith(
                        ("image/jpeg", "image/png")
                    ), where
                    if key and key in where:
                        refused = answer.status_code in {400, 401, 403, 404, 422}
                        assert refused, (where, query, answer.text[:500])


def counted(monkey: Monkey, role: str) -> dict[str, Any]:
    """Return every answer that counts, but for what says the time."""
    found = {}
    for path in (
        "/v1/statistics", "/v1/statistics/annotated", "/v1/statistics/validated",
        "/v1/statistics/contributions", "/v1/statistics/donations", "/v1/statistics/annotations",
        "/v1/statistics/validations", "/v1/statistics/annotations/refinements", "/v1/activity",
        "/v1/statistics/validations/count", "/v1/statistics/annotations/count",
        "/v1/label/popular", "/v1/label/suggestions", "/v1/label/suggestions/usage",
        "/v1/trendinglabels", "/v1/user/Alice/profile",
    ):  # fmt: skip
        answer = monkey.get(path, role)
        assert answer.status_code == 200, path
        found[path] = answer.text
    return found


@pytest.mark.parametrize("state", STATES)
def test_no_count_tells_of_it(make_monkey, state: str):
    monkey = make_monkey(review="person", crowd_rate=0)
    build.word(monkey.library, f"hidden {state}")
    before = {role: counted(monkey, role) for role in ROLES}
    make_secret(monkey, state)
    for role in ROLES:
        assert counted(monkey, role) == before[role]


def dumped(library: Library) -> dict[str, list[Any]]:
    skipped = {"sessions", "api_keys"}
    with library.reading(SYSTEM) as tx:
        return {
            table.name: sorted(map(tuple, tx.all(select(table))), key=repr)
            for table in schema.metadata.sorted_tables
            if table.name not in skipped
        }


def sent(one: Secret, word_key: str) -> list[Any]:
    """Return bodies that the writing routes take."""
    keys = one.keys
    return [
        {"label": one.word, "reason": "Other Violation: x", "annotations": [RECT]},
        [{"label": one.word, "annotations": [RECT], "annotatable": True}],
        [{"label": one.word, "sublabels": [], "annotatable": True, "label_uuid": word_key,
          "annotation_data_uuid": keys["shape"], "description": "x", "language": "en",
          "uuid": keys["image"], "action": "good"}],
        {"validations": [{"uuid": keys["label"], "valid": "yes"}]},
        {"validations": [{"uuid": keys["image"], "valid": "no"}]},
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_nobody_changes_it(hidden, role: str):
    monkey, secrets = hidden
    with monkey.library.reading(SYSTEM) as tx:
        word_key = words.vocabulary(tx).labels[0].key
    before = dumped(monkey.library)
    for one in secrets:
        for method, path in paths(monkey, "POST", "PUT", "PATCH"):
            if "{" not in path and method == "POST":
                continue  # makes something new rather than naming what is there
            for key in one.keys.values() if "{uuid}" in path else [""]:
                for body in sent(one, word_key):
                    where = filled(path, one, key)
                    answer = monkey.call(method, where, role, json=body)
                    is_empty = path.endswith("/validation/validate") and "validations" not in body
                    if key or not is_empty:
                        assert answer.status_code in {400, 401, 403, 404, 422, 204}, (
                            where, body, answer.text,
                        )  # fmt: skip
                    assert not answer.is_success or answer.status_code == 204, (where, body)
    assert dumped(monkey.library) == before
