import pytest
from sqlalchemy import insert

import rows
from menagerie.core import activity, validations, words
from menagerie.core.activity import Happening, Subject
from menagerie.core.crowd_statistics import DAY
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import WordKind


@pytest.fixture
def gadget(library):
    with library.writing(SYSTEM) as tx:
        return words.add(tx, "gadget", kind=WordKind.NORMAL)


def draw(library, image_id, tag_id):
    with library.writing(SYSTEM) as tx:
        made = tx.execute(
            insert(schema.annotations)
            .values(key="k", image_id=image_id, tag_id=tag_id, is_auto=False, revision=1,
                    created_at=tx.now_s, updated_at=tx.now_s)
            .returning(schema.annotations.c.id)
        )  # fmt: skip
        return made.scalar_one()


def check(library, annotation_id):
    with library.writing(SYSTEM) as tx:
        tx.execute(
            insert(schema.annotation_validations).values(
                annotation_id=annotation_id, revision=1, is_yes=True, weight=1,
                created_at=tx.now_s, updated_at=tx.now_s,
            )
        )  # fmt: skip


def recent(library, **options):
    with library.reading(ANONYMOUS) as tx:
        return activity.recent(tx, **options)


def test_what_happened_is_told_the_newest_first(library, gadget, clock):
    image_id = rows.image(library, "gadget, unheard of")
    clock.advance(60)
    with library.writing(ANONYMOUS) as tx:
        validations.judge(tx, image_id, gadget.tag_id, is_yes=True)
    clock.advance(60)
    annotation_id = draw(library, image_id, gadget.tag_id)
    clock.advance(60)
    check(library, annotation_id)
    found = recent(library)
    assert [(event.subject, event.happening) for event in found] == [
        (Subject.ANNOTATION, Happening.VERIFIED),
        (Subject.ANNOTATION, Happening.CREATED),
        (Subject.VALIDATION, Happening.VERIFIED),
        (Subject.VALIDATION, Happening.CREATED),
    ]
    assert {(event.image_id, event.label) for event in found} == {(image_id, "gadget")}
    assert [event.annotation_id for event in found] == [annotation_id, annotation_id, None, None]
    assert recent(library, limit=1) == found[:1]


def test_what_is_out_of_sight_or_long_ago_is_not_told(library, gadget, clock):
    gone = rows.image(library, "gadget")
    with library.writing(ANONYMOUS) as tx:
        validations.judge(tx, gone, gadget.tag_id, is_yes=True)
    assert len(recent(library)) == 2
    rows.remove(library, gone)
    assert recent(library) == []
    rows.image(library, "gadget")
    assert len(recent(library)) == 1
    clock.time += 40 * DAY
    assert recent(library) == []
