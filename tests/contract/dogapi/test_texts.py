"""Facts, health tips and where they come from."""

import pytest

from dog_golden import compare
from dog_world import Kennel
from menagerie.core.animals import editing
from menagerie.core.animals.editing import Kind
from menagerie.core.apps import quotas
from menagerie.library import SYSTEM
from menagerie.storage.schema import Species

PATHS = (
    "/facts", "/facts/random", "/facts/breed/1", "/facts/breed/1/random",
    "/facts/species/1/random", "/facts/some-slug", "/breeds/1/facts", "/health-tips",
    "/health-tips/breed/1", "/health-tips/some-id", "/sources",
)  # fmt: skip
FACT = {
    "title": "Moon dogs' ears glow", "fact": "They glow.", "sources": ["https://example.org/"],
}  # fmt: skip


@pytest.fixture
def moon(kennel: Kennel) -> Kennel:
    """A library with one breed of its own, two facts and a tip about it."""
    with kennel.library.writing(SYSTEM) as tx:
        editing.add(tx, Kind.BREED, Species.DOG, {"id": "9001", "name": "Moon Dog"})
    with kennel.library.writing(SYSTEM) as tx:
        editing.add(tx, Kind.FACT, Species.DOG, FACT | {"breed": "Moon Dog"})
        editing.add(tx, Kind.FACT, Species.DOG, FACT | {"title": "More", "breed": "Moon Dog"})
        tip = {"title": "Shade", "description": "Keep it.", "category": "Exercise"}
        editing.add(tx, Kind.HEALTH_TIP, Species.DOG, tip | {"breed": "Moon Dog"})
    return kennel


def get(kennel: Kennel, path: str, status: int = 200):
    answer = kennel.get(path, "user")
    assert answer.status_code == status, answer.text
    return answer


def test_shapes(moon: Kennel):
    compare("fact", get(moon, "/facts/moon-dogs-ears-glow?include_sources=true"))
    compare("facts_of_breed", get(moon, "/facts/breed/9001"))
    compare("health_tips_of_breed", get(moon, "/health-tips?breed_id=9001&limit=5"))
    [tip] = get(moon, "/health-tips/breed/9001").json()
    shown = get(moon, f"/health-tips/{tip['id']}?include_sources=1").json()
    assert shown == tip | {"sources": []}
    assert get(moon, "/breeds/9001/facts").json() == get(moon, "/facts/breed/9001").json()


@pytest.mark.parametrize("path", PATHS)
def test_all_need_a_key(kennel: Kennel, path):
    answer = kennel.get(path)
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("AUTHENTICATION_ERROR")


def test_features_can_be_withheld(kennel: Kennel):
    withheld = ("full_breed_schema", "enable_health_tips")
    with kennel.library.writing(SYSTEM) as tx:
        account_id = kennel.actors["user"].account_id
        quotas.set_limits(tx, account_id, monthly_quota=None, withheld=withheld)
    for path in PATHS:
        get(kennel, path, 403)


def test_lists_are_of_the_home_species_and_paged(kennel: Kennel):
    dogs = get(kennel, "/facts")
    assert len(dogs.json()) == 10
    assert {fact["species_id"] for fact in dogs.json()} == {1}
    cats = get(kennel, "/facts?species_id=cat")
    assert {fact["species_id"] for fact in cats.json()} == {2}
    by_offset = get(kennel, "/facts?limit=3&offset=4")
    assert by_offset.json() == dogs.json()[4:7]
    assert by_offset.headers["pagination-page"] == "1"
    assert get(kennel, "/facts?limit=2&page=2").json() == dogs.json()[4:6]
    assert get(kennel, "/facts?limit=500").headers["pagination-limit"] == "100"
    drawn = get(kennel, "/facts?order=RANDOM&limit=100").json()
    assert len({fact["id"] for fact in drawn}) == 100
    assert get(kennel, "/facts?species_id=bird").json() == []
    assert get(kennel, "/facts?breed_id=none").json() == []
    for wrong in ("limit=0", "offset=-1", "include_sources=so"):
        get(kennel, f"/facts?{wrong}", 400)


def test_a_breed_is_enough_to_say_the_species(kennel: Kennel):
    found = get(kennel, "/facts?species_id=2&limit=100").json()
    code = next(fact["breed_id"] for fact in found if fact["breed_id"])
    about = get(kennel, f"/facts?breed_id={code}&limit=100").json()
    assert about
    assert {fact["breed_id"] for fact in about} == {code}


def test_any_fact(moon: Kennel):
    assert set(get(moon, "/facts/random").json()) >= {"id", "title", "fact", "slug"}
    assert get(moon, "/facts/random").headers["cache-control"] == "no-store"
    assert "sources" in get(moon, "/facts/random?include_sources=True").json()
    assert {get(moon, "/facts/random").json()["species_id"] for _ in range(40)} == {1, 2}
    assert get(moon, "/facts/breed/9001/random").json()["breed_id"] == "9001"
    for species, number in (("dog", 1), ("2", 2)):
        assert get(moon, f"/facts/species/{species}/random").json()["species_id"] == number


def test_what_there_is_not(kennel: Kennel):
    with kennel.library.writing(SYSTEM) as tx:
        editing.add(tx, Kind.BREED, Species.DOG, {"id": "9001", "name": "Moon Dog"})
    assert get(kennel, "/facts/breed/9001").json() == []
    for path in (
        "/facts/breed/9001/random", "/facts/breed/none", "/facts/breed/none/random",
        "/facts/species/bird/random", "/facts/none", "/health-tips/none", "/health-tips/breed/none",
        "/facts/random?breed_id=none", "/facts/random?species_id=bird", "/breeds/none/facts",
    ):  # fmt: skip
        get(kennel, path, 404)


def test_other_languages(kennel: Kennel):
    english = get(kennel, "/health-tips?limit=5").json()
    german = get(kennel, "/health-tips?limit=5&lang=de").json()
    assert [tip["id"] for tip in german] == [tip["id"] for tip in english]
    assert all(a["title"] != b["title"] for a, b in zip(english, german, strict=True))
    assert german[0]["category"] != english[0]["category"]
    assert get(kennel, "/health-tips?limit=5&lang=en-gb").json() == english


def test_sources(moon: Kennel):
    answer = get(moon, "/sources?limit=100")
    assert set(answer.json()[0]) == {"id", "name", "website_url", "breed_id"}
    found = get(moon, f"/sources?limit=100&page={int(answer.headers['pagination-count']) // 100}")
    assert found.json()
