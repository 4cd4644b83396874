"""Breeds, their groups, and categories of pictures."""

import pytest

from dog_golden import compare
from dog_world import Kennel
from menagerie.core.animals import book, editing
from menagerie.core.animals.book import Breed
from menagerie.core.animals.editing import Kind
from menagerie.dialects.dogapi import shapes_animals
from menagerie.library import SYSTEM
from menagerie.storage.schema import Species

MOON = {
    "id": "9001", "name": "Moon Dog", "group": "Toy", "weight_kg": [3, 6], "height_cm": [23, 23],
    "life_years": [10, 12], "temperament": ["Pale", "Quiet"], "origin": "Moon, Earth",
    "country_codes": ["GB", "IE"], "bred_for": "Howling", "alt_names": ["Lunar Dog"],
    "description": "A dog.", "history": "Long.", "wikipedia": "Moon dog (optics)",
}  # fmt: skip
TRAITS = [
    "indoor", "lap", "adaptability", "affection_level", "child_friendly", "dog_friendly",
    "energy_level", "grooming", "health_issues", "intelligence", "shedding_level", "social_needs",
    "stranger_friendly", "vocalisation", "experimental", "hairless", "natural", "rare", "rex",
    "suppressed_tail", "short_legs", "hypoallergenic",
]  # fmt: skip


def add(kennel: Kennel, said=MOON, species=Species.DOG):
    with kennel.library.writing(SYSTEM) as tx:
        return editing.add(tx, Kind.BREED, species, said)


def names(answer):
    assert answer.status_code == 200, answer.text
    return [breed["name"] for breed in answer.json()]


def count(answer):
    return int(answer.headers["pagination-count"])


def test_a_dog_s_breed_whole(kennel: Kennel):
    add(kennel)
    answer = kennel.get("/breeds/9001")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert list(answer.json().items()) == list(
        {
            "id": 9001, "name": "Moon Dog",
            "weight": {"imperial": "7 - 13", "metric": "3 - 6"},
            "height": {"imperial": "9", "metric": "23"},
            "life_span": "10 - 12 years", "breed_group": "Toy", "bred_for": "Howling",
            "perfect_for": None, "temperament": "Pale, Quiet", "origin": "Moon, Earth",
            "country_code": "GB", "country_codes": "GB, IE", "alt_names": "Lunar Dog",
            "description": "A dog.", "history": "Long.",
            "wikipedia_url": "https://en.wikipedia.org/wiki/Moon_dog_%28optics%29",
            "species_id": 1, "extinct": False, "reference_image_id": None,
        }.items()
    )  # fmt: skip


def test_a_cat_s_breed_has_traits_and_no_height(kennel: Kennel):
    cat = kennel.get("/breeds/abys").json()
    assert cat["id"] == "abys"
    assert "height" not in cat
    assert "bred_for" not in cat
    assert cat["breed_group"] is None
    assert cat["species_id"] == 2
    assert [name for name in cat if name in TRAITS] == TRAITS
    assert all(type(cat[name]) is int for name in TRAITS)
    assert "years" not in cat["life_span"]
    assert kennel.get("/breeds/ABYS").json() == cat


def test_every_shipped_breed_has_what_clients_need(kennel: Kennel):
    for species in "12":
        for living in ("false", "true"):
            for breed in kennel.get(f"/breeds?species_id={species}&extinct={living}").json():
                assert isinstance(breed["id"], int if species == "1" else str)
                assert isinstance(breed["weight"]["metric"], str)
                assert isinstance(breed["weight"]["imperial"], str)
                assert ("height" in breed) is (species == "1")
                assert isinstance(breed["life_span"], str)
                assert breed["temperament"] == "" or breed["temperament"].split(", ")
                assert "history" not in breed


def test_measures_that_are_not_known_are_texts_all_the_same(kennel: Kennel):
    add(kennel, {"id": "9002", "name": "Who", "group": "Mixed"})
    add(kennel, {"id": "9003", "name": "What"})
    for code, text in (("9002", "Varies"), ("9003", "")):
        shown = kennel.get(f"/breeds/{code}").json()
        assert shown["weight"] == shown["height"] == {"imperial": text, "metric": text}
        assert shown["life_span"] == ""


def test_a_breed_has_its_picture_unless_it_is_not_wanted(kennel: Kennel):
    add(kennel)
    image = kennel.put("safe, breed:moon dog, solo")
    code = kennel.code(image)
    url = f"http://test/images/{code}.jpg"
    for path in ("/breeds/9001", "/breeds?limit=1000", "/breeds/search?q=moon dog"):
        shown = kennel.get(path).json()
        shown = next(b for b in shown if b["id"] == 9001) if isinstance(shown, list) else shown
        assert shown["image"] == {"id": code, "width": 96, "height": 72, "url": url}
        assert shown["reference_image_id"] == code
        joint = "&" if "?" in path else "?"
        bare = kennel.get(f"{path}{joint}attach_image=0").json()
        bare = next(b for b in bare if b["id"] == 9001) if isinstance(bare, list) else bare
        assert "image" not in bare
        assert bare["reference_image_id"] == code
    assert kennel.get(url, root=True).status_code == 200
    elsewhere = kennel.get("/breeds/9001", headers={"host": "dogs.example"}).json()
    assert elsewhere["image"]["url"].startswith("http://dogs.example/images/")


def test_lists_are_of_the_home_species_in_the_order_of_names(make_kennel):
    dogs = make_kennel()
    found = names(dogs.get("/breeds"))
    assert found == sorted(found, key=book.plain)
    assert "Pug" in found
    assert "Abyssinian" not in found
    assert names(dogs.get("/breeds/")) == found
    assert names(dogs.get("/breeds?order=Desc")) == found[::-1]
    cats = make_kennel(dogapi_species="cat")
    assert "Abyssinian" in names(cats.get("/breeds"))
    assert names(cats.get("/breeds?species_id=dog")) == found
    assert cats.get("/breeds?species_id=9").json() == []
    drawn = names(dogs.get("/breeds?order=RAND"))
    assert drawn != found
    assert sorted(drawn, key=book.plain) == found


def test_pages_and_their_headers(kennel: Kennel):
    everything = names(kennel.get("/breeds"))
    answer = kennel.get("/breeds?limit=7&page=2")
    assert names(answer) == everything[14:21]
    assert answer.headers["pagination-page"] == "2"
    assert answer.headers["pagination-limit"] == "7"
    assert count(answer) == len(everything)
    assert kennel.get("/breeds?limit=9999").headers["pagination-limit"] == "1000"
    assert kennel.get("/breeds?page=999").json() == []
    for wrong in ("limit=0", "limit=x", "page=-1", "order=UP", "extinct=perhaps"):
        assert kennel.get(f"/breeds?{wrong}").status_code == 400
    blank = kennel.get("/breeds?limit=&page=&order=&extinct=&breed_groups=&attach_image=&q=zz")
    assert names(blank) == everything


def test_the_extinct_are_apart(kennel: Kennel):
    add(kennel, MOON | {"extinct": True})
    assert "Moon Dog" not in names(kennel.get("/breeds"))
    extinct = kennel.get("/breeds?extinct=1").json()
    assert "Moon Dog" in [breed["name"] for breed in extinct]
    assert all(breed["extinct"] for breed in extinct)
    assert names(kennel.get("/breeds/search?q=moon")) == ["Moon Dog"]


def test_groups(kennel: Kennel):
    groups = kennel.get("/breeds/breed-groups").json()
    assert groups == sorted(groups)
    assert {"Hound", "Toy", "Working"} < set(groups)
    assert kennel.get("/breeds/breed-groups?species_id=2").json() == []
    two = kennel.get("/breeds?breed_groups=toy,HOUND").json()
    assert {breed["breed_group"] for breed in two} == {"Toy", "Hound"}
    assert kennel.get("/breeds?breed_groups=toy&breed_groups=hound").json() == two
    rest = kennel.get("/breeds?exclude_breed_groups=Toy, Hound")
    assert count(rest) + len(two) == count(kennel.get("/breeds"))


def test_search_finds_parts_of_names(kennel: Kennel):
    found = names(kennel.get("/breeds/search?q=TERRIER&limit=100"))
    assert len(found) > 10
    assert len(names(kennel.get("/breeds/search"))) == 10
    add(kennel)
    assert names(kennel.get("/breeds/search?q=lunar")) == ["Moon Dog"]
    assert kennel.get("/breeds/search?q=xyzzy").json() == []
    assert kennel.get("/breeds/search", params={"q": "x" * 31}).status_code == 400


def test_other_languages(kennel: Kennel):
    add(kennel)
    assert kennel.get("/breeds/9001?lang=de").json()["breed_group"] != "Toy"
    assert kennel.get("/breeds/9001?lang=xx").json()["breed_group"] == "Toy"
    with kennel.library.writing(SYSTEM) as tx:
        editing.translate(tx, "breed:9001", "name", "de", "Mondhund")
    assert kennel.get("/breeds/9001?lang=de-at").json()["name"] == "Mondhund"
    assert kennel.get("/breeds/9001").json()["name"] == "Moon Dog"


def test_unknown_breeds_are_404(kennel: Kennel):
    for path in ("/breeds/0", "/breeds/none", "/breeds/1/colours", "/breeds/bans"):
        answer = kennel.get(path)
        assert answer.status_code == 404
        assert answer.json()["statusCode"] == 404
    assert "matching the passed 'id' of none" in kennel.get("/breeds/none").json()["message"]


def test_a_change_shows_at_once(kennel: Kennel):
    add(kennel)
    assert "Moon Dog" in names(kennel.get("/breeds"))
    with kennel.library.writing(SYSTEM) as tx:
        editing.edit(tx, Kind.BREED, "9001", {"name": "Sun Dog"})
    assert "Sun Dog" in names(kennel.get("/breeds"))
    with kennel.library.writing(SYSTEM) as tx:
        editing.remove(tx, Kind.BREED, "9001")
    assert kennel.get("/breeds/9001").status_code == 404


def test_a_closed_library_wants_a_key(make_kennel):
    kennel = make_kennel(dogapi_anonymous="closed")
    for path in ("/breeds", "/breeds/1", "/breeds/search", "/categories"):
        assert kennel.get(path).status_code == 401
        assert kennel.get(path, "user").status_code == 200


def test_categories(make_kennel):
    dogs, cats = make_kennel(), make_kennel(dogapi_species="cat")
    compare("categories", dogs.get("/categories?limit=3"))
    compare("categories_cat", cats.get("/categories?limit=3"))
    answer = dogs.get("/categories?species_id=2&order=DESC")
    found = [category["name"] for category in answer.json()]
    assert found == sorted(found, reverse=True)
    assert dogs.get("/categories/1").json() == {"id": "1", "name": "hats", "species_id": "2"}
    assert cats.get("/categories/1").json() == {"id": 1, "name": "hats", "species_id": 2}
    for odd in ("0", "x", "99999999999999999999"):
        assert dogs.get(f"/categories/{odd}").status_code == 404
    assert dogs.get("/categories?species_id=fish").json() == []


@pytest.mark.parametrize(
    ("kg", "metric", "imperial"),
    [((3, 6), "3 - 6", "7 - 13"), ((30, 30), "30", "66"), ((0.5, 0.6), "0.5 - 0.6", "1"),
     ((1.5, 3), "1.5 - 3", "3 - 7"), ((None, None), "", "")],
)  # fmt: skip
def test_weights_in_pounds(kennel: Kennel, kg, metric, imperial):
    values = dict.fromkeys(Breed.__struct_fields__, "") | {
        "id": 1, "code": "1", "species": Species.DOG, "group": None, "traits": {},
        "weight_min_kg": kg[0], "weight_max_kg": kg[1], "height_min_cm": None,
        "height_max_cm": None, "life_min_years": None, "life_max_years": None,
    }  # fmt: skip
    weight = shapes_animals.breed(Breed(**values)).weight
    assert (weight.metric, weight.imperial) == (metric, imperial)
