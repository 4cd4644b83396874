"""Portraits of pets: who paints them, and where they are kept."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from conftest import make_settings
from menagerie.core.pets import pets, photos, portraits
from menagerie.core.pets.photos import Pose
from menagerie.errors import Forbidden, Invalid
from menagerie.media import ornaments
from menagerie.media.portraits import Style
from menagerie.settings import Settings
from menagerie.storage import schema


def test_every_style_is_told_of_once():
    assert sorted(facts.style for facts in portraits.STYLES) == sorted(Style)
    assert len({facts.popularity for facts in portraits.STYLES}) == len(Style)


def test_a_portrait_is_painted_here_and_kept_apart_from_photographs(
    library, alice, bob, keeper, analyst
):
    pet = keeper.pet(alice, keeper.photo(pose=Pose.FACE, age_months=4), keeper.photo())
    made = portraits.make(library, alice, pet.code, "birthday_party")
    assert (made.style, made.pose, made.age_months) == ("birthday_party", None, 4)
    assert (made.image.width, made.image.format) == (ornaments.SIZE, "jpg")
    assert made.image.audience == "private"
    with library.reading(alice) as tx:
        assert portraits.find(tx, pet.code) == [made]
        assert len(photos.of_pet(tx, pet.id)) == 2
    with library.reading(bob) as tx, pytest.raises(Forbidden):
        portraits.find(tx, pet.code)
    assert analyst.requests == []
    with library.writing(alice) as tx:
        pets.remove(tx, pet.code)
        left = select(func.count()).where(~schema.images.c.is_deleted_by_owner)
        assert tx.scalar(left.select_from(schema.images)) == 0


def test_unknown_styles_and_pets_without_photographs_are_refused(library, alice, keeper):
    pet = keeper.pet(alice)
    with pytest.raises(Invalid, match="watercolour"):
        portraits.make(library, alice, pet.code, "cubism")
    with pytest.raises(Invalid, match="no photographs"):
        portraits.make(library, alice, pet.code, "studio")


def test_painting_leaves_a_child_to_decode_what_comes_in(library, alice, keeper):
    pet = keeper.pet(alice, keeper.photo())
    places = portraits._easel(library)
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    assert taken == max(1, library.pool.workers - 1)
    with ThreadPoolExecutor(1) as other:
        painted = other.submit(portraits.make, library, alice, pet.code, "studio")
        assert not painted.done()
        places.release()
        assert painted.result(30).style == "studio"


class TestWithAPainter:
    @pytest.fixture
    def settings(self, tmp_path, database_url, analyst) -> Settings:
        return make_settings(tmp_path / "data", database_url=database_url, analyst_timeout=5,
                             analyst_url=analyst.url, analyst_images_model="painter")  # fmt: skip

    def test_the_endpoint_paints(self, library, alice, keeper, analyst):
        pet = keeper.pet(alice, keeper.photo())
        made = portraits.make(library, alice, pet.code, "studio")
        assert (made.image.width, made.image.height, made.image.format) == (200, 160, "jpg")
        assert [path for path, _, _ in analyst.requests] == ["/v1/images/edits"]

    def test_the_library_paints_when_the_endpoint_does_not(self, library, alice, keeper, analyst):
        pet = keeper.pet(alice, keeper.photo())
        analyst.moods = ["401"]
        made = portraits.make(library, alice, pet.code, "july_4th")
        assert made.image.width == ornaments.SIZE
        analyst.picture = b"<html>no picture</html>"
        made = portraits.make(library, alice, pet.code, "pack_leader")
        assert made.image.width == ornaments.SIZE
