"""What programs do in the same moment: each rule holds whoever comes first."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

import build
import rows
from menagerie.core import checks, find, images, intake
from menagerie.core.apps import favourites, quotas, requests
from menagerie.core.apps.opinions import Opinion
from menagerie.core.intake import Upload
from menagerie.core.pets import pets, photos
from menagerie.core.pets.pets import Details
from menagerie.core.pets.photos import NewPhoto
from menagerie.errors import Invalid, MenagerieError, NotFound, Taken
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import Audience

AT_ONCE = 8


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def moderator(library):
    return rows.account(library, "Mod", role="moderator")


def together(*works: Callable[[], object]) -> list[object]:
    """Do all of it at once; return what each gave or raised."""

    def outcome(work: Callable[[], object]) -> object:
        try:
            return work()
        except MenagerieError as error:
            return error

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(outcome, works))


def raised(outcomes: Sequence[object]) -> list[type]:
    return [type(one) for one in outcomes if isinstance(one, MenagerieError)]


def test_one_favourite(library, alice):
    image_id = build.image(library)

    def add():
        with library.writing(alice) as tx:
            return favourites.add(tx, Opinion(image_ref="x", image_id=image_id))

    outcomes = together(*[add] * AT_ONCE)
    assert raised(outcomes) == [Taken] * (AT_ONCE - 1)
    with library.reading(SYSTEM) as tx:
        assert images.get(tx, image_id).faves == 1


def test_one_request(library, alice):
    image_id = build.image(library, actor=alice, audience=Audience.PRIVATE)

    def ask():
        with library.writing(alice) as tx:
            return requests.create(tx, image_id)

    assert raised(together(*[ask] * AT_ONCE)) == [Taken] * (AT_ONCE - 1)


def test_an_image_is_published_or_deleted_but_never_found_when_it_is_gone(
    library, alice, moderator
):
    for _ in range(5):
        image_id = build.image(library, actor=alice, audience=Audience.PRIVATE)
        with library.writing(alice) as tx:
            key = requests.create(tx, image_id).key

        def publish(key=key):
            with library.writing(moderator) as tx:
                return requests.decide(tx, key, approve=True)

        def delete(image_id=image_id):
            with library.writing(alice) as tx:
                images.delete_own(tx, image_id)

        published, deleted = together(publish, delete)
        assert deleted is None
        assert raised([published]) in ([], [NotFound])
    with library.reading(ANONYMOUS) as tx:
        assert find.images(tx, find.parse(tx, "*")).ids == []
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


def test_a_quota_of_one(library, alice, tmp_path):
    with library.writing(SYSTEM) as tx:
        quotas.set_limits(tx, alice.account_id, monthly_quota=1, withheld=())

    def upload(number: int):
        path = tmp_path / f"{number}.png"
        path.write_bytes(build.png(mark=number))
        sent = Upload(path=path, name="a.png", audience=Audience.PRIVATE)
        prepared = intake.prepare(library, alice, sent)
        with library.writing(alice) as tx:
            quotas.count_upload(tx)
            return intake.admit(tx, prepared)

    outcomes = together(*(lambda n=number: upload(n) for number in range(10)))
    assert raised(outcomes) == [Invalid] * 9
    with library.reading(alice) as tx:
        assert quotas.quota(tx).remaining == 0


def test_photographs_for_a_pet_that_is_removed(library, alice, tmp_path):
    with library.writing(alice) as tx:
        pet = pets.create(tx, Details(name="Rex"))
    sent = []
    for number in range(20):
        sent.append(NewPhoto(path=Path(tmp_path / f"{number}.png")))
        sent[-1].path.write_bytes(build.png(mark=number))
    prepared = photos.prepare(library, alice, sent)

    def add(some):
        with library.writing(alice) as tx:
            return len(pets.add_photos(tx, pets.get(tx, pet.code), some))

    def remove():
        with library.writing(alice) as tx:
            pets.remove(tx, pet.code)

    added = [lambda some=prepared[i : i + 5]: add(some) for i in range(0, 20, 5)]
    outcomes = together(added[0], added[1], remove, *added[2:])
    assert set(raised(outcomes)) <= {NotFound}
    with library.reading(SYSTEM) as tx:
        left = select(func.count()).where(~schema.images.c.is_deleted_by_owner)
        assert tx.scalar(left.select_from(schema.images)) == 0
        assert checks.counters(tx) == []
