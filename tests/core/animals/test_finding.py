"""Finding pictures of animals for programs."""

import pytest

import build
import files
from menagerie.core.animals import book, finding
from menagerie.core.animals.finding import Own, Wanted
from menagerie.core.orders import Order
from menagerie.errors import Unauthenticated
from menagerie.library import ANONYMOUS
from menagerie.storage.schema import Audience, Species

DOG, CAT = Species.DOG, Species.CAT


def test_public_pictures_of_a_species_are_found_and_nothing_else(library):
    pug = build.image(library, "safe, breed:pug", data=files.still("jpg", seed=1))
    dog = build.image(library, "safe, dog", data=files.still("png", seed=2))
    cat = build.image(library, "safe, cat, category:hats", data=files.still("jpg", seed=3))
    clip = build.image(library, "safe, dog", data=files.clip())
    build.image(library, "explicit, dog", data=files.still("jpg", seed=4))
    build.image(library, "dog", data=files.still("jpg", seed=5), audience=Audience.PRIVATE)

    with library.reading(ANONYMOUS) as tx:
        there = book.book(tx)
        toy = there.by_name(DOG, "Pug")

        def found(**wanted):
            return finding.public(tx, Wanted(**wanted), Order.ASC, limit=99).ids

        assert found(species=DOG) == [pug, dog]
        assert found() == [pug, dog, cat]
        assert found(species=DOG, media_types=frozenset({"image/png", "video/webm"})) == [dog, clip]
        assert found(media_types=frozenset({"image/none"})) == []
        assert found(species=CAT, category_ids=[1]) == [cat]
        assert found(breed_ids=[toy.id]) == found(has_breeds=True) == [pug]
        assert found(breed_ids=[]) == found(species=CAT, breed_ids=[toy.id]) == []
        assert found(groups=["TOY"]) == [pug]
        assert found(species=DOG, without_groups=["toy"]) == [dog]
        assert found(groups=["none"]) == []


def test_orders_pages_and_chance(library):
    made = [build.image(library, "safe, dog", data=files.still(seed=i + 1, ending="png"))
            for i in range(6)]  # fmt: skip
    with library.reading(ANONYMOUS) as tx:
        page = finding.public(tx, Wanted(species=DOG), Order.DESC, limit=2, offset=1)
        assert (page.ids, page.total) == (made[4:2:-1], 6)
        drawn = [
            finding.public(tx, Wanted(), Order.RANDOM, limit=4, offset=5).ids for _ in range(9)
        ]
        assert all(len(set(ids)) == 4 for ids in drawn)
        assert len({tuple(ids) for ids in drawn}) > 1
        assert sorted(finding.public(tx, Wanted(), Order.RANDOM, limit=99).ids) == made


def test_own_pictures_are_an_accounts(library):
    alice, bob = build.account(library), build.account(library, "Bob")
    private = build.image(library, "dog", actor=alice, audience=Audience.PRIVATE, name="rex.png")
    public = build.image(library, "safe, car", actor=alice, data=files.still("jpg"))
    build.image(library, "safe, dog", actor=bob, data=files.still("jpg", seed=9))
    with library.reading(alice) as tx:
        assert finding.own(tx, Own(), Wanted(), Order.ASC, limit=9).ids == [private, public]
        assert finding.own(tx, Own(name="rex.png"), Wanted(), Order.ASC, limit=9).ids == [private]
        assert finding.own(tx, Own(on_behalf_of="me"), Wanted(), Order.ASC, limit=9).ids == []
        assert finding.own(tx, Own(), Wanted(species=DOG), Order.ASC, limit=9).ids == [private]
    with library.reading(ANONYMOUS) as tx, pytest.raises(Unauthenticated):
        finding.own(tx, Own(), Wanted(), Order.ASC, limit=9)
