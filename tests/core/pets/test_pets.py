"""Keeping pets: whose they are, what is said of them, and their photographs."""

from datetime import date

import pytest
from sqlalchemy import func, select

import build
from conftest import NOON
from menagerie.core import images, own_data
from menagerie.core.animals import book
from menagerie.core.orders import Order
from menagerie.core.pets import pets, photos
from menagerie.core.pets.pets import Details, Wanted
from menagerie.core.pets.photos import Pose
from menagerie.errors import Forbidden, Invalid, NotFound, Unauthenticated, Unsupported
from menagerie.library import ANONYMOUS
from menagerie.storage import schema
from menagerie.storage.schema import Species


def found(library, actor, **wanted):
    with library.reading(actor) as tx:
        return [p.name for p in pets.find(tx, Wanted(**wanted), limit=100).items]


def test_a_pet_is_its_keepers_alone(library, alice, bob, keeper):
    rex = keeper.pet(alice, name="Rex")
    with library.reading(alice) as tx:
        assert pets.get(tx, rex.code) == rex
        with pytest.raises(NotFound):
            pets.get(tx, "0123456789")
    with library.writing(bob) as tx:
        for act in (
            lambda: pets.get(tx, rex.code),
            lambda: pets.change(tx, rex.code, Details(name="Mine")),
            lambda: pets.remove(tx, rex.code),
        ):
            with pytest.raises(Forbidden):
                act()
    with library.writing(ANONYMOUS) as tx:
        for act in (lambda: pets.get(tx, rex.code), lambda: pets.create(tx, Details())):
            with pytest.raises(Unauthenticated):
                act()
    assert (found(library, alice), found(library, bob)) == (["Rex"], [])


def test_what_is_said_of_a_pet_is_kept_and_changed_field_by_field(library, alice, keeper, clock):
    pet = keeper.pet(alice, name="Rex", species=Species.DOG, breed="1", sex="male",
                     on_behalf_of="me", age_months=13)  # fmt: skip
    assert (pet.date_of_birth, pet.created_at) == ("2024-12-01", NOON)
    clock.advance(60)
    with library.writing(alice) as tx:
        same = pets.change(tx, pet.code, Details())
        changed = pets.change(tx, pet.code, Details(name=None, microchip="985", breed=None))
    assert same == pet
    assert (changed.name, changed.microchip, changed.breed_id) == (None, "985", None)
    assert (changed.sex, changed.date_of_birth) == ("male", "2024-12-01")
    assert (changed.created_at, changed.updated_at) == (NOON, NOON + 60_000_000)


def test_a_date_of_birth_wins_over_an_age(keeper, alice):
    assert keeper.pet(alice, date_of_birth="2020-02-29", age_months=5).date_of_birth == "2020-02-29"


def test_everything_wrong_is_told_at_once(library, alice):
    wrong = Details(name="x" * 300, breed="nothing", date_of_birth="2027-01-01", sex="a\0b")
    with library.writing(alice) as tx, pytest.raises(Invalid) as caught:
        pets.create(tx, wrong)
    assert set(caught.value.fields) == {"name", "breed", "date_of_birth", "sex"}
    for text in ("yesterday", "2020-13-01", "1820-01-01", ""):
        with library.writing(alice) as tx, pytest.raises(Invalid):
            pets.create(tx, Details(date_of_birth=text))


def test_lists_are_filtered_ordered_and_counted(library, alice, keeper):
    with library.reading(alice) as tx:
        animals = book.book(tx)
        toy = next(b for b in animals.of_species(Species.DOG) if b.group == "Toy")
        hound = next(b for b in animals.of_species(Species.DOG) if b.group == "Hound")
    keeper.pet(alice, name="Toy", species=Species.DOG, breed=toy.code, on_behalf_of="me")
    keeper.pet(alice, name="Hound", species=Species.DOG, breed=hound.code, external_owner="x")
    keeper.pet(alice, name="Cat", species=Species.CAT)
    assert found(library, alice) == ["Toy", "Hound", "Cat"]
    assert found(library, alice, species=Species.DOG) == ["Toy", "Hound"]
    assert found(library, alice, breed=toy.code) == ["Toy"]
    assert found(library, alice, breed="none") == []
    assert found(library, alice, groups=("toy", "terrier")) == ["Toy"]
    assert found(library, alice, excluded_groups=("TOY",)) == ["Hound", "Cat"]
    assert found(library, alice, on_behalf_of="me") == ["Toy"]
    assert found(library, alice, external_owner="x") == ["Hound"]
    with library.reading(alice) as tx:
        page = pets.find(tx, Wanted(), order=Order.DESC, limit=1, offset=1)
        shuffled = pets.find(tx, Wanted(), order=Order.RANDOM, limit=3)
    assert ([p.name for p in page.items], page.total) == (["Hound"], 3)
    assert sorted(p.name for p in shuffled.items) == ["Cat", "Hound", "Toy"]


def test_photographs_are_private_images_with_pose_and_age(library, alice, bob, keeper):
    pet = keeper.pet(
        alice,
        keeper.photo(pose=Pose.FRONT, age_months=3),
        keeper.photo(),
        date_of_birth="2025-01-01",
    )
    with library.reading(alice) as tx:
        first, second = photos.of_pet(tx, pet.id)
        assert (first.pose, first.age_months) == ("front", 3)
        assert (second.pose, second.age_months, second.style) == (None, 12, None)
        assert first.image.audience == "private"
        assert not tx.version.searchable(None)
    with library.reading(bob) as tx:
        assert images.find_many(tx, [first.image_id]) == []
        assert photos.of_pet(tx, pet.id) == []


def test_one_bad_file_and_nothing_is_kept(library, alice, keeper, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_text("no picture")
    with pytest.raises(Unsupported):
        keeper.pet(alice, keeper.photo(), keeper.photo(bad), name="Rex")
    too_many = [keeper.photo(bad) for _ in range(21)]
    with pytest.raises(Invalid, match="at most 20"):
        keeper.pet(alice, *too_many)
    with library.reading(alice) as tx:
        for table in (schema.images, schema.pets, schema.pet_images):
            assert tx.scalar(select(func.count()).select_from(table)) == 0


def test_a_removed_pet_takes_its_pictures_with_it(library, alice, keeper):
    photo = keeper.photo()
    pet = keeper.pet(alice, photo, name="Rex", microchip="985")
    kept = build.image(library, "dog", actor=alice)
    with library.writing(alice) as tx:
        image_id = photos.of_pet(tx, pet.id)[0].image_id
        pets.remove(tx, pet.code)
    with library.writing(alice) as tx:
        assert images.find_many(tx, [image_id, kept])[0].id == kept
        for act in (lambda: pets.get(tx, pet.code), lambda: pets.remove(tx, pet.code)):
            with pytest.raises(NotFound):
                act()
    assert found(library, alice) == []
    with library.reading(alice) as tx:
        row = schema.pets.c
        assert tuple(tx.one(select(row.name, row.microchip))) == (None, None)
    # Its file may come again.
    keeper.pet(alice, photo)


def test_whoever_leaves_takes_copies_along_and_leaves_no_pets(library, alice, keeper):
    keeper.pet(alice, keeper.photo(), name="Rex", microchip="985")
    with library.reading(alice) as tx:
        (told,) = own_data.export(tx)["pets"]
    assert (told["name"], told["microchip"]) == ("Rex", "985")
    own_data.delete_account(library, alice, build.PASSWORD)
    with library.reading(ANONYMOUS) as tx:
        for table in (schema.pets, schema.pet_images, schema.pet_analyses):
            assert tx.scalar(select(func.count()).select_from(table)) == 0
        left = select(func.count()).where(~schema.images.c.is_deleted_by_owner)
        assert tx.scalar(left.select_from(schema.images)) == 0


def test_ages_are_counted_in_whole_months():
    assert pets.age_months("2024-05-20", date(2024, 6, 19)) == 0
    assert pets.age_months("2024-05-20", date(2024, 6, 20)) == 1
    assert pets.age_months("2027-05-20", date(2024, 6, 20)) is None
    assert pets.months_before(date(2024, 3, 31), 1) == date(2024, 2, 29)
    assert pets.months_before(date(2024, 1, 15), 25) == date(2021, 12, 15)
