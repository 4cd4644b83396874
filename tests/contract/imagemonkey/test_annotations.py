"""Outlining over the API: what is answered, and with which codes."""

import io

import pytest
import pyvips

import golden_files
from menagerie import jobs
from menagerie.core import images, label_keys, validations, words
from menagerie.library import ANONYMOUS, SYSTEM, Tx
from menagerie.storage.schema import Review
from menagerie.work import JOBS
from monkey_world import MACHINE, NOWHERE, Monkey

RECT = {"type": "rect", "left": 10, "top": 20, "width": 48, "height": 36}
ELLIPSE = {
    "type": "ellipse", "left": 1.5, "top": 2, "rx": 15, "ry": 5, "angle": 30,
    "stroke": {"width": 3, "color": "red"},
}  # fmt: skip
POLYGON = {
    "type": "polygon", "left": 5, "top": 6,
    "points": [{"x": 5, "y": 6}, {"x": 40, "y": 6}, {"x": 20, "y": 30.25}],
}  # fmt: skip


def outline(monkey: Monkey, key: str, label: str, *shapes, role="anonymous", **more):
    """Outline a label; return the answer."""
    sent = [{"label": label, "sublabel": "", "annotations": list(shapes or [RECT])}]
    return monkey.post(f"/v1/donation/{key}/annotate", role, json=sent, **more)


def drawn(monkey: Monkey, key: str, label: str, *shapes) -> str:
    """Outline a label; return the UUID of the set."""
    answer = outline(monkey, key, label, *shapes)
    assert (answer.status_code, answer.content) == (201, b"null"), answer.text
    place, _, found = answer.headers["location"].partition("?annotation_id=")
    assert place == "http://test/v1/annotation"
    return found


def shown(monkey: Monkey, key: str, **more):
    answer = monkey.get(f"/v1/annotation?annotation_id={key}", **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def validation_of(monkey: Monkey, key: str, label: str = "banana") -> str:
    with monkey.library.reading(SYSTEM) as tx:
        return label_keys.encode(monkey.library, monkey.image_id(key), tag_of(tx, label))


def tag_of(tx: Tx, label: str) -> int:
    word = words.vocabulary(tx).by_name(label)
    assert word is not None
    assert word.tag_id is not None
    return word.tag_id


def confirm(monkey: Monkey, key: str, label: str = "banana") -> None:
    """Say that the label is right."""
    image_id = monkey.image_id(key)
    with monkey.library.writing(ANONYMOUS) as tx:
        validations.judge(tx, image_id, tag_of(tx, label), is_yes=True)


# What there is to outline.


def test_a_task_is_offered_until_it_is_drawn(monkey: Monkey):
    assert monkey.get("/v1/annotate").status_code == 422
    key = monkey.donate("banana")
    monkey.donate("banana")
    assert monkey.get("/v1/annotate").json()["code"] == "empty"
    confirm(monkey, key)
    task = monkey.get("/v1/annotate")
    golden_files.compare("annotations/annotate", task)
    validation = task.json()["validation"]["uuid"]
    assert task.json()["uuid"] == key
    assert validation == validation_of(monkey, key)
    by_id = monkey.get(f"/v1/annotate?validation_id={validation}&add_auto_annotations=true")
    assert by_id.json() == task.json() | {"auto_annotations": []}
    for wrong in (f"validation_id={NOWHERE}", "validation_id=x", f"validation_id={key}"):
        assert monkey.get(f"/v1/annotate?{wrong}").status_code == 422
    assert monkey.get(f"/v1/annotate?label_id={NOWHERE}").status_code == 422
    with monkey.library.reading(SYSTEM) as tx:
        banana, dog = (words.vocabulary(tx).by_name(name) for name in ("banana", "dog"))
    assert banana is not None
    assert dog is not None
    assert monkey.get(f"/v1/annotate?label_id={banana.key}").json() == task.json()
    assert monkey.get(f"/v1/annotate?label_id={dog.key}").status_code == 422
    golden_files.compare(
        "annotations/unannotated_of_image",
        monkey.get(f"/v1/donation/{key}/validations/unannotated"),
    )
    drawn(monkey, key, "banana")
    assert monkey.get("/v1/annotate").status_code == 422
    assert monkey.get(f"/v1/donation/{key}/validations/unannotated").json() == []
    assert monkey.get(f"/v1/donation/{NOWHERE}/validations/unannotated").status_code == 404


def test_tasks_are_browsed_by_query(monkey: Monkey):
    assert monkey.get("/v1/validations/unannotated").status_code == 422
    assert monkey.get("/v1/validations/unannotated?query=dog").json() == []
    key = monkey.donate("banana")
    confirm(monkey, key)
    found = monkey.get("/v1/validations/unannotated?query=banana")
    golden_files.compare("annotations/unannotated", found)
    assert found.json()[0]["uuid"] == validation_of(monkey, key)
    shuffled = monkey.get("/v1/validations/unannotated?query=banana|dog&shuffle=true")
    assert shuffled.json() == found.json()
    assert monkey.get("/v1/validations/unannotated?query=~banana").json() == []
    assert monkey.get("/v1/validations/unannotated?query=banana%20%26").status_code == 422
    assert monkey.get("/v1/validations/unannotated?query=banana&limit=x").status_code == 422


def test_what_cannot_be_outlined_or_is_refused_is_not_offered(monkey: Monkey):
    key = monkey.donate("banana")
    confirm(monkey, key)
    validation = validation_of(monkey, key)
    refuse = f"/v1/validation/{validation}/blacklist-annotation"
    assert monkey.post(refuse).status_code == 401
    for _ in range(2):
        answer = monkey.post(refuse, "user")
        assert (answer.status_code, answer.content) == (200, b"null")
    assert monkey.get("/v1/annotate", "user").status_code == 422
    assert monkey.get("/v1/annotate", "other").status_code == 200
    for _ in range(3):
        assert monkey.get("/v1/annotate").status_code == 200
        answer = monkey.post(f"/v1/validation/{validation}/not-annotatable")
        assert (answer.status_code, answer.content) == (200, b"null")
    assert monkey.get("/v1/annotate").status_code == 422
    for word in ("not-annotatable", "blacklist-annotation"):
        for wrong in (NOWHERE, key, "x"):
            assert monkey.post(f"/v1/validation/{wrong}/{word}", "user").status_code == 404


# Drawing.


def test_shapes_are_kept_in_revisions(monkey: Monkey):
    key = monkey.donate("banana")
    found = drawn(monkey, key, "banana", RECT, ELLIPSE, POLYGON)
    golden_files.compare(
        "annotations/annotation", monkey.get(f"/v1/annotation?annotation_id={found}")
    )
    first = shown(monkey, found)
    assert drawn(monkey, key, "Banana", RECT) == found
    # What was answered may be changed and sent back as it is.
    back = first["annotations"]
    back[0]["left"] = 11
    answer = monkey.call("PUT", f"/v1/annotation/{found}", json={"annotations": back})
    assert (answer.status_code, answer.content) == (201, b"null")
    third = shown(monkey, found)
    assert (third["revision"], third["num_revisions"]) == (3, 3)
    assert third["annotations"][0]["left"] == 11
    old = monkey.get(f"/v1/annotation?annotation_id={found}&rev=1").json()
    assert old["revision"] == 1
    assert old["num_revisions"] == 3
    for wrong in (f"annotation_id={found}&rev=4", f"annotation_id={NOWHERE}", "rev=x"):
        assert monkey.get(f"/v1/annotation?{wrong}").status_code == 422
    wrong_body = monkey.call("PUT", f"/v1/annotation/{found}", json={"annotations": [{}]})
    assert wrong_body.status_code == 422
    assert monkey.call("PUT", f"/v1/annotation/{found}", content=b"{").status_code == 400
    answer = monkey.call("PUT", f"/v1/annotation/{NOWHERE}", json={"annotations": [RECT]})
    assert answer.status_code == 404


def test_what_is_refused_stores_nothing(monkey: Monkey):
    key = monkey.donate("banana")
    path = f"/v1/donation/{key}/annotate"
    good = {"label": "banana", "sublabel": "", "annotations": [RECT]}
    bad = {"label": "banana", "annotations": [RECT | {"left": 5000}]}
    cases = [
        ([], 422), ({}, 422), ([1], 422), ([{"annotations": [RECT]}], 422),
        ([good | {"annotations": []}], 422), ([good | {"annotations": None}], 422),
        ([good | {"annotations": [RECT | {"rx": 1}]}], 422), ([good, bad], 422),
        ([good | {"label": "kitchen"}], 400), ([good | {"label": "zorblax"}], 401),
        ([good | {"sublabel": "zorblax"}], 401),
    ]  # fmt: skip
    for sent, status in cases:
        answer = monkey.post(path, json=sent)
        assert answer.status_code == status, answer.text
        assert answer.json()["error"]
    assert "[1].annotations[0]" in monkey.post(path, json=[good, bad]).json()["fields"]
    for content in (b"", b"[{", b'[{"label": NaN}]'):
        assert monkey.post(path, content=content).status_code == 400
    assert monkey.get(f"/v1/donation/{key}/annotations").json() == []
    for wrong in (NOWHERE, "x"):
        assert monkey.post(f"/v1/donation/{wrong}/annotate", json=[good]).status_code == 404
    assert monkey.get(path).status_code == 405


def test_several_labels_and_unknown_ones_of_accounts(monkey: Monkey):
    key = monkey.donate("banana")
    sent = [
        {"label": "banana", "annotations": [RECT]},
        {"label": "dog", "sublabel": "mouth", "annotations": [ELLIPSE]},
        {"label": "Zorblax", "annotations": [POLYGON]},
    ]
    answer = monkey.post(f"/v1/donation/{key}/annotate", "user", json=sent)
    assert (answer.status_code, answer.content) == (201, b"null")
    assert "location" not in answer.headers
    listed = monkey.get(f"/v1/donation/{key}/annotations")
    golden_files.compare("annotations/annotations_of_image", listed)
    by_query = monkey.get("/v1/annotations?query=dog.has='mouth'")
    assert [one["validation"]["sublabel"] for one in by_query.json()] == ["mouth"]
    assert monkey.get("/v1/annotations?query=banana").json() == [
        one for one in listed.json() if one["validation"]["label"] == "banana"
    ]
    assert monkey.get("/v1/annotations?query=cat").json() == []
    assert monkey.get("/v1/annotations").status_code == 422


def test_a_locked_picture_is_its_owners_to_outline(monkey: Monkey):
    key = monkey.donate("banana", "user")
    with monkey.library.writing(SYSTEM) as tx:
        images.change(tx, monkey.image_id(key), review=Review.PENDING)
    tails = ("annotations", "annotations/coverage", "validations/unannotated")
    assert outline(monkey, key, "banana").status_code == 404
    assert outline(monkey, key, "banana", role="other").status_code == 404
    assert outline(monkey, key, "banana", role="user").status_code == 201
    for tail in tails:
        assert monkey.get(f"/v1/donation/{key}/{tail}").status_code == 404
        assert monkey.get(f"/v1/donation/{key}/{tail}", "user").status_code == 200


# Checking.


def test_sets_are_checked(monkey: Monkey):
    assert monkey.get("/v1/annotation").status_code == 422
    key = monkey.donate("banana")
    found = drawn(monkey, key, "banana")
    assert monkey.get("/v1/annotation").json()["uuid"] == found
    path = f"/v1/annotation/{found}/validate"
    said = {"label": "banana", "sublabel": ""}
    for word, counts in (("yes", (1, 0)), ("yes", (1, 0)), ("no", (0, 1))):
        answer = monkey.post(f"{path}/{word}", json=said, print="someone")
        assert (answer.status_code, answer.content) == (200, b"null")
        now = shown(monkey, found)
        assert (now["num_yes"], now["num_no"]) == counts
    for content in (b"", b"{}", b"{", b'{"label": ""}'):
        assert monkey.post(f"{path}/yes", content=content).status_code == 400
    assert monkey.post(f"{path}/yes", json=said | {"label": "dog"}).status_code == 422
    assert monkey.post(f"{path}/maybe", json=said).status_code == 404
    assert monkey.post(f"/v1/annotation/{NOWHERE}/validate/yes", json=said).status_code == 404
    now = shown(monkey, found)
    assert (now["num_yes"], now["num_no"]) == (0, 1)


def test_coverage_is_told_once_there_is_an_outline(monkey: Monkey):
    key = monkey.donate("banana")
    path = f"/v1/donation/{key}/annotations/coverage"
    assert monkey.get(path).status_code == 422
    drawn(monkey, key, "banana")
    jobs.Worker(monkey.library, JOBS, threads=0).run_pending()
    answer = monkey.get(path).json()
    assert answer == {
        "image": {"id": key, "width": 96, "height": 72},
        "coverage": pytest.approx(25.0),
    }
    assert monkey.get(f"/v1/donation/{NOWHERE}/annotations/coverage").status_code == 404


# Programs.


def test_what_programs_draw_stays_apart(monkey: Monkey):
    key = monkey.donate("banana")
    confirm(monkey, key)
    tasks, path = (
        "/v1/internal/auto-annotation?label=banana,dog",
        f"/v1/internal/auto-annotate/{key}",
    )
    sent = [{"label": "banana", "annotations": [ELLIPSE]}]
    assert monkey.get(tasks).status_code == 401
    assert monkey.post(path, "admin", json=sent).status_code == 401
    golden_files.compare("annotations/auto_tasks", monkey.get(tasks, headers=MACHINE))
    assert monkey.get("/v1/internal/auto-annotation", headers=MACHINE).status_code == 422
    answer = monkey.post(path, json=sent, headers=MACHINE)
    assert (answer.status_code, answer.content) == (201, b"null")
    assert monkey.get(tasks, headers=MACHINE).json() == []
    assert monkey.get(f"/v1/donation/{key}/annotations").json() == []
    [auto] = monkey.get(f"/v1/donation/{key}/annotations?auto_generated=true").json()
    task = monkey.get("/v1/annotate?add_auto_annotations=true").json()
    assert task["auto_annotations"] == auto["annotations"]
    assert monkey.get("/v1/annotation").status_code == 422
    assert monkey.get("/v1/annotation?auto_generated=true").json() == auto
    scene = [{"label": "kitchen", "annotations": [RECT]}]
    assert monkey.post(path, json=scene, headers=MACHINE).status_code == 400


# What others make of them.


def test_exports_hold_the_outlines(monkey: Monkey):
    key = monkey.donate("banana")
    drawn(monkey, key, "banana", RECT, POLYGON)
    [row] = monkey.rows("query=banana")
    assert row["annotations"] == [
        RECT | {"angle": 0, "label": "banana"},
        POLYGON | {"angle": 0, "label": "banana"},
    ]


def test_a_label_is_highlighted(monkey: Monkey):
    key = monkey.donate("banana")
    drawn(monkey, key, "banana")
    path = f"/v1/donation/{key}"
    plain = monkey.get(path)
    assert monkey.get(f"{path}?highlight=dog").content == plain.content
    answer = monkey.get(f"{path}?highlight=banana")
    assert answer.headers["content-type"] == "image/jpeg"
    assert "no-cache" in answer.headers["cache-control"]
    assert answer.content != plain.content
    image = pyvips.Image.new_from_buffer(io.BytesIO(answer.content).getvalue(), "")
    assert (image.width, image.height) == (96, 72)
