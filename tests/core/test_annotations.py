"""Outlines: their revisions, who checks them, and what there is to outline next."""

import pytest
from sqlalchemy import insert, select, update

import build
import rows
from menagerie import jobs
from menagerie.core import annotation_tasks, annotations, checks, find, validations
from menagerie.core.annotations import Wanted
from menagerie.errors import Banned, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review, Role, WordKind
from outlines import ELLIPSE, RECT, judge, picture, put

FINGER = Actor(fingerprint="one", address="192.0.2.1")
OTHER = Actor(fingerprint="two", address="192.0.2.1")
SHOWN = RECT | {"angle": 0}


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def moderator(library):
    return rows.account(library, "Mod", Role.MODERATOR)


@pytest.fixture
def dog(library):
    return build.word(library, "dog").tag_id


def get(library, actor, key, revision=None):
    with library.reading(actor) as tx:
        return annotations.get(tx, key, revision)


def say(library, image_id, tag_id, yes=1, no=0):
    """Judge the label itself."""
    with library.writing(ANONYMOUS) as tx:
        for number in range(yes + no):
            validations.judge(tx, image_id, tag_id, is_yes=number < yes)


def column(library, image_id, name):
    with library.reading(SYSTEM) as tx:
        return tx.scalar(select(schema.images.c[name]).where(schema.images.c.id == image_id))


def check(library):
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


# Drawing.


def test_a_set_is_stored_with_its_shapes(library, dog):
    image_id = picture(library)
    made = put(library, ANONYMOUS, image_id, dog, RECT, ELLIPSE)
    assert (made.image_id, made.name, made.label, made.sublabel) == (image_id, "dog", "dog", "")
    assert (made.revision, made.num_revisions, made.num_yes, made.has_word) == (1, 1, 0, True)
    assert [shape.data for shape in made.shapes] == [SHOWN, ELLIPSE | {"angle": 0}]
    assert len({made.key, *(shape.key for shape in made.shapes)}) == 3
    assert get(library, ANONYMOUS, made.key) == made
    with library.reading(ANONYMOUS) as tx:
        assert annotations.of_image(tx, image_id) == [made]
        assert annotations.get(tx, made.key.upper()) == made
    log = {("image", image_id, None), ("label", image_id, dog)}
    assert log <= rows.changes(library)
    check(library)


def test_drawing_again_is_the_next_revision_and_all_are_kept(library, dog, alice):
    image_id = picture(library)
    first = put(library, ANONYMOUS, image_id, dog)
    judge(library, FINGER, first.key)
    second = put(library, alice, image_id, dog, ELLIPSE)
    with library.writing(alice) as tx:
        third = annotations.replace(tx, first.key, [RECT])
    assert first.key == second.key == third.key
    assert [one.revision for one in (first, second, third)] == [1, 2, 3]
    assert (third.num_yes, third.account_id) == (0, alice.account_id)
    old = get(library, ANONYMOUS, first.key, 1)
    assert old.shapes == first.shapes
    assert (old.revision, old.num_revisions, old.num_yes, old.account_id) == (1, 3, 1, None)
    assert get(library, ANONYMOUS, first.key, 3) == third
    for revision in (0, 4, -1, 10**30):
        with pytest.raises(NotFound):
            get(library, ANONYMOUS, first.key, revision)
    assert column(library, image_id, "annotation_count") == 1
    check(library)


def test_what_a_machine_drew_is_kept_apart(library, dog):
    image_id = picture(library)
    by_machine = put(library, SYSTEM, image_id, dog, ELLIPSE, is_auto=True)
    by_hand = put(library, ANONYMOUS, image_id, dog)
    assert (by_machine.is_auto, by_hand.is_auto) == (True, False)
    assert by_machine.key != by_hand.key
    with library.reading(ANONYMOUS) as tx:
        assert annotations.of_image(tx, image_id) == [by_hand]
        assert annotations.of_image(tx, image_id, is_auto=True) == [by_machine]
        assert annotations.rows_of_images(tx, [image_id]) == {image_id: [{"label": "dog"} | SHOWN]}
    assert column(library, image_id, "annotation_count") == 1
    check(library)


def test_a_label_that_is_not_on_the_image_yet_is_added(library, dog, alice):
    image_id = picture(library, "cat")
    put(library, ANONYMOUS, image_id, dog)
    assert rows.tags_of(library, image_id) == {"cat", "dog"}
    check(library)


def test_a_scene_has_no_outline(library):
    kitchen = build.word(library, "kitchen", kind=WordKind.META).tag_id
    image_id = picture(library, "kitchen")
    with pytest.raises(Invalid, match="metalabel"):
        put(library, ANONYMOUS, image_id, kitchen)
    with library.writing(ANONYMOUS) as tx, pytest.raises(Invalid, match="metalabel"):
        annotations.put_named(tx, image_id, [Wanted("kitchen", "", [RECT])])


def test_labels_are_outlined_by_name_and_unknown_ones_by_accounts_only(library, dog, alice):
    build.word(library, "mouth", parent=build.word(library, "dog"))
    image_id = picture(library)
    wanted = [Wanted("dog", "mouth", [RECT]), Wanted("DOG", "", [ELLIPSE])]
    with library.writing(ANONYMOUS) as tx:
        made = annotations.put_named(tx, image_id, wanted)
    assert [(one.label, one.sublabel, one.name) for one in made] == [
        ("dog", "mouth", "mouth/dog"),
        ("dog", "", "dog"),
    ]
    unknown = [Wanted("dog", "", [RECT]), Wanted("Zorblax", "", [RECT])]
    with pytest.raises(Unauthenticated), library.writing(ANONYMOUS) as tx:
        annotations.put_named(tx, image_id, unknown)
    assert get(library, ANONYMOUS, made[1].key).revision == 1
    with library.writing(alice) as tx:
        [_, wombat] = annotations.put_named(tx, image_id, unknown)
    assert (wombat.name, wombat.has_word) == ("zorblax", False)
    assert rows.tags_of(library, image_id) == {"dog", "mouth/dog", "zorblax"}
    with pytest.raises(Invalid), library.writing(alice) as tx:
        annotations.put_named(tx, image_id, [])
    check(library)


@pytest.mark.parametrize("shapes", [[], [RECT | {"left": 100}], [RECT | {"rx": 1}], "x"])
def test_nothing_is_stored_of_shapes_that_are_wrong(library, dog, shapes):
    image_id = picture(library)
    with pytest.raises(Invalid), library.writing(ANONYMOUS) as tx:
        annotations.put(tx, image_id, dog, shapes)
    with library.reading(ANONYMOUS) as tx:
        assert annotations.of_image(tx, image_id) == []


def test_only_what_may_be_worked_on_is_outlined(library, dog, alice, moderator):
    waiting = picture(library, owner=alice, review=Review.PENDING)
    private = picture(library, owner=alice, audience=Audience.PRIVATE)
    removed = picture(library)
    drawn = put(library, ANONYMOUS, removed, dog)
    rows.remove(library, removed)
    for image_id in (waiting, private, removed, 10**12, -1):
        with pytest.raises(NotFound):
            put(library, ANONYMOUS, image_id, dog)
    with pytest.raises(NotFound):
        get(library, ANONYMOUS, drawn.key)
    with pytest.raises(NotFound):
        judge(library, ANONYMOUS, drawn.key)
    with pytest.raises(NotFound):
        put(library, alice, waiting, 10**9)
    assert put(library, alice, waiting, dog).revision == 1
    own = put(library, alice, private, dog)
    with pytest.raises(NotFound):
        get(library, moderator, own.key)
    with pytest.raises(NotFound):
        get(library, ANONYMOUS, "no key")


def test_who_is_shut_out_neither_draws_nor_checks(library, dog, alice):
    image_id = picture(library)
    drawn = put(library, alice, image_id, dog)
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.bans).values(account_id=alice.account_id, created_at=tx.now))
    with pytest.raises(Banned):
        put(library, alice, image_id, dog)
    with pytest.raises(Banned):
        judge(library, alice, drawn.key)


# Checking.


def test_a_known_judge_has_one_verdict_for_each_revision(library, dog):
    key = put(library, ANONYMOUS, picture(library), dog).key
    assert judge(library, FINGER, key) == (1, 0)
    assert judge(library, FINGER, key) == (1, 0)
    assert judge(library, OTHER, key, "no") == (1, 1)
    assert judge(library, FINGER, key, "no") == (0, 2)
    assert judge(library, ANONYMOUS, key) == (1, 2)
    assert judge(library, ANONYMOUS, key) == (2, 2)
    with library.writing(ANONYMOUS) as tx:
        annotations.replace(tx, key, [RECT])
    assert judge(library, FINGER, key) == (1, 0)
    assert get(library, ANONYMOUS, key, 1).num_no == 2
    check(library)


def test_what_has_the_fewest_verdicts_is_offered_to_be_checked(library, dog):
    with library.reading(ANONYMOUS) as tx:
        assert annotation_tasks.random(tx) is None
    one, two, machine = (
        put(library, ANONYMOUS, picture(library), dog),
        put(library, ANONYMOUS, picture(library), dog),
        put(library, SYSTEM, picture(library), dog, is_auto=True),
    )
    hidden = [
        put(library, SYSTEM, picture(library, owner=SYSTEM, review=Review.PENDING), dog),
        put(library, ANONYMOUS, picture(library, "dog, explicit"), dog),
        put(library, ANONYMOUS, picture(library), dog),
    ]
    withhold(library, hidden[2].image_id)

    def offered(actor, **more):
        with library.reading(actor) as tx:
            return {annotation_tasks.random(tx, **more).key for _ in range(20)}

    assert offered(ANONYMOUS) == {one.key, two.key}
    assert offered(ANONYMOUS, is_auto=True) == {machine.key}
    judge(library, FINGER, one.key)
    assert offered(ANONYMOUS) == {two.key}
    judge(library, OTHER, two.key)
    judge(library, OTHER, two.key)
    assert offered(FINGER) == {two.key}
    judge(library, FINGER, two.key)
    assert offered(FINGER) == {one.key}


def withhold(library, image_id):
    with library.writing(SYSTEM) as tx:
        tx.execute(
            update(schema.images).where(schema.images.c.id == image_id).values(is_withheld=True)
        )
        tx.changed(schema.ChangeKind.IMAGE, image_id)


# What there is to outline.


def tasks(library, actor=ANONYMOUS, **more):
    found = set()
    with library.reading(actor) as tx:
        for _ in range(20):
            task = annotation_tasks.pick_task(tx, **more)
            found.add((task.image_id, task.word.name) if task else None)
    return found


def test_a_task_is_a_label_that_is_surely_there_and_not_drawn(library, dog, alice):
    cat = build.word(library, "cat").tag_id
    kitchen = build.word(library, "kitchen", kind=WordKind.META).tag_id
    assert tasks(library) == {None}
    sure, doubtful, drawn, unfit, scene, secret, own = (
        picture(library, "dog, cat, kitchen") for _ in range(7)
    )
    say(library, sure, dog, 4, 1)
    say(library, doubtful, dog, 3, 1)
    say(library, drawn, dog)
    say(library, unfit, dog)
    say(library, scene, kitchen)
    say(library, secret, dog)
    withhold(library, secret)
    put(library, ANONYMOUS, drawn, dog)
    put(library, SYSTEM, sure, dog, ELLIPSE, is_auto=True)
    for number in (1, 1, 1, 2, 3):
        assert (unfit, "dog") in tasks(library)
        with library.writing(Actor(fingerprint=str(number))) as tx:
            validations.mark_unfit(tx, unfit, dog)
    assert tasks(library) == {(sure, "dog")}
    say(library, own, cat)
    assert tasks(library) == {(sure, "dog"), (own, "cat")}
    assert tasks(library, tag_id=cat) == {(own, "cat")}
    assert tasks(library, validation=(sure, dog)) == {(sure, "dog")}
    assert tasks(library, validation=(doubtful, dog)) == {None}
    with library.writing(alice) as tx:
        annotation_tasks.refuse(tx, sure, dog)
        annotation_tasks.refuse(tx, sure, dog)
    assert tasks(library, alice, tag_id=dog) == {None}
    assert tasks(library, tag_id=dog) == {(sure, "dog")}
    with library.writing(ANONYMOUS) as tx:
        with pytest.raises(Unauthenticated):
            annotation_tasks.refuse(tx, sure, dog)
        with pytest.raises(NotFound):
            annotation_tasks.pick_task(tx, validation=(10**9, dog))


def test_ones_own_image_is_offered_before_its_review(library, dog, alice):
    waiting = picture(library, owner=alice, review=Review.PENDING)
    with library.writing(alice) as tx:
        validations.judge(tx, waiting, dog, is_yes=True)
    assert tasks(library) == {None}
    assert tasks(library, alice) == {(waiting, "dog")}


def test_tasks_and_sets_are_found_by_query(library, dog):
    cat = build.word(library, "cat").tag_id
    both, only_cat = picture(library, "dog, cat"), picture(library, "cat")
    for image_id, tag_id in ((both, dog), (both, cat), (only_cat, cat)):
        say(library, image_id, tag_id)

    def open_tasks(text, **more):
        with library.reading(ANONYMOUS) as tx:
            node = find.parse(tx, text)
            found = annotation_tasks.open_tasks(tx, node, limit=9, **more)
        return [(task.image_id, task.word.name) for task in found]

    assert open_tasks("dog") == [(both, "dog")]
    assert open_tasks("dog, cat") == [(both, "cat"), (both, "dog")]
    assert open_tasks("cat, -dog") == [(only_cat, "cat")]
    assert sorted(open_tasks("*", shuffles=True)) == [
        (both, "cat"),
        (both, "dog"),
        (only_cat, "cat"),
    ]
    with library.reading(ANONYMOUS) as tx:
        assert [t.word.name for t in annotation_tasks.tasks_of_image(tx, both)] == ["cat", "dog"]
    put(library, ANONYMOUS, both, cat)
    assert open_tasks("dog, cat") == [(both, "dog")]

    def matching(text, **more):
        with library.reading(ANONYMOUS) as tx:
            found = annotation_tasks.matching(tx, find.parse(tx, text), limit=9, **more)
        return [(one.image_id, one.name) for one in found]

    assert matching("cat") == matching("*", shuffles=True) == [(both, "cat")]
    assert matching("dog") == []


# Coverage.


def test_coverage_follows_in_a_job(library, dog):
    image_id = picture(library)
    put(library, ANONYMOUS, image_id, dog)
    put(library, SYSTEM, image_id, dog, RECT | {"left": 0, "width": 100}, is_auto=True)
    assert column(library, image_id, "coverage") == 0
    work = jobs.Worker(library, {annotations.MEASURE: annotations.measure_coverage}, threads=0)
    assert work.run_pending() == 1
    assert column(library, image_id, "coverage") == 50 * 40 / 8000 * 100
    put(library, ANONYMOUS, image_id, dog, RECT, RECT | {"left": 35})
    work.run_pending()
    assert column(library, image_id, "coverage") == 75 * 40 / 8000 * 100
    annotations.measure_coverage(library, image_id=10**9)
    check(library)


def test_no_call_draws_without_end(library, dog):
    image_id = picture(library)
    many = [Wanted("dog", "", [RECT] * 100)] * 6
    with pytest.raises(Invalid, match="500 shapes together"), library.writing(ANONYMOUS) as tx:
        annotations.put_named(tx, image_id, many)
