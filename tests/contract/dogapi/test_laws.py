"""What the law says of breeds."""

import pytest

from dog_world import Kennel
from menagerie.core.animals import editing
from menagerie.core.animals.editing import Kind
from menagerie.core.apps import quotas
from menagerie.library import SYSTEM
from menagerie.storage.schema import Species

BANS = "/breeds/bans"
PATHS = (f"{BANS}/countries", f"{BANS}/country?country=DK", f"{BANS}/breed/1")


def law(code: str, **said):
    return {
        "iso_code": "AQ", "country": "Antarctica", "code": code, "name": f"Law {code}",
        "kind": "breed_specific", "approach": "ban", "summary": "No such dogs.",
        "source_url": "https://example.org/", "checked_on": "2026-01-01",
        "effective_date": "1998-10-01",
        "breeds": [
            {"breed": "Moon Dog", "name": "Moon type", "ban_type": "complete_ban",
             "includes_mixes": True},
            {"breed": None, "name": "Star type", "ban_type": "restricted",
             "includes_mixes": False},
        ],
    } | said  # fmt: skip


@pytest.fixture
def kennel(kennel: Kennel) -> Kennel:
    """A library with laws of one more country, national and not."""
    dog = {"id": "9001", "name": "Moon Dog", "group": "Toy"}
    laws = (
        law("aq-1"), law("aq-2", kind="hybrid", approach="permit"),
        law("aq-3", level="state", jurisdiction="Adelie"),
        law("aq-4", level="city", jurisdiction="Base", species="cat", breeds=[]),
    )  # fmt: skip
    with kennel.library.writing(SYSTEM) as tx:
        editing.add(tx, Kind.BREED, Species.DOG, dog)
    for said in laws:
        with kennel.library.writing(SYSTEM) as tx:
            editing.add(tx, Kind.LAW, Species.DOG, said)
    return kennel


def get(kennel: Kennel, path: str, status: int = 200):
    answer = kennel.get(BANS + path, "user")
    assert answer.status_code == status, answer.text
    return answer


def test_shapes(kennel: Kennel):
    country = get(kennel, "/country?country=aq").json()
    for each in (*country["legislation"], *(place["legislation"][0] for place in
                                            country["jurisdictions"])):  # fmt: skip
        assert type(each.pop("id")) is int
    assert country["legislation"][0] == {
        "legislation_name": "Law aq-1", "legislation_type": "breed_specific", "approach": "ban",
        "status": "active", "animal_type": "dog", "summary": "No such dogs.", "jurisdiction": None,
        "effective_date": "1998-10-01", "characteristics": None,
        "source_url": "https://example.org/", "checked_on": "2026-01-01",
        "banned_breeds": [
            {"breed_id": "9001", "breed_name": "Moon type", "ban_type": "complete_ban",
             "includes_mixes": True},
            {"breed_id": None, "breed_name": "Star type", "ban_type": "restricted",
             "includes_mixes": False},
        ],
    }  # fmt: skip
    assert [(p["jurisdiction"], p["level"]) for p in country["jurisdictions"]] == [
        ("Adelie", "state"), ("Base", "city"),
    ]  # fmt: skip
    bans = get(kennel, "/breed/9001").json()
    assert [type(ban.pop("legislation_id")) for ban in bans] == [int] * 3
    assert bans[0] == {
        "country": {"iso_code": "AQ", "name": "Antarctica"}, "jurisdiction": None,
        "legislation_name": "Law aq-1", "legislation_type": "breed_specific", "approach": "ban",
        "status": "active", "animal_type": "dog", "ban_type": "complete_ban",
        "includes_mixes": True,
    }  # fmt: skip


def test_countries_by_name(kennel: Kennel):
    countries = get(kennel, "/countries").json()
    names = [country["name"] for country in countries]
    assert names == sorted(names)
    [ours] = [country for country in countries if country["iso_code"] == "AQ"]
    assert ours == {
        "iso_code": "AQ", "name": "Antarctica", "has_national_legislation": True,
        "legislation_level": "national", "animal_types": ["dog", "cat"], "legislation_count": 4,
    }  # fmt: skip
    cats = get(kennel, "/countries?animal_type=cat").json()
    [ours] = [country for country in cats if country["iso_code"] == "AQ"]
    assert (ours["legislation_level"], ours["legislation_count"]) == ("city", 1)
    assert get(kennel, "/countries?species_id=2").json() == cats
    assert get(kennel, "/countries?species_id=1&animal_type=cat").json() == []
    get(kennel, "/countries?animal_type=bird", 400)


def test_laws_are_chosen_and_paged(kennel: Kennel):
    path = "/country?country=AQ"
    answer = get(kennel, f"{path}&limit=1&page=1")
    assert answer.headers["pagination-count"] == "2"
    assert [each["legislation_name"] for each in answer.json()["legislation"]] == ["Law aq-2"]
    for wanted in ("legislation_type=hybrid", "approach=Permit"):
        found = get(kennel, f"{path}&{wanted}").json()["legislation"]
        assert [each["legislation_name"] for each in found] == ["Law aq-2"]
    one = get(kennel, f"{path}&jurisdiction=adelie")
    assert one.json()["legislation"] == []
    assert [place["jurisdiction"] for place in one.json()["jurisdictions"]] == ["Adelie"]
    assert one.headers["pagination-count"] == "1"
    cats = get(kennel, f"{path}&species_id=cat").json()
    assert (len(cats["legislation"]), len(cats["jurisdictions"])) == (0, 1)
    assert get(kennel, f"{path}&species_id=9").json()["jurisdictions"] == []
    for wrong in ("legislation_type=odd", "approach=odd", "limit=0", "order=odd"):
        get(kennel, f"{path}&{wrong}", 400)


def test_groups_choose_the_breeds_that_laws_name(kennel: Kennel):
    def named(query: str):
        [first, *_] = get(kennel, f"/country?country=AQ&{query}").json()["legislation"]
        return [breed["breed_name"] for breed in first["banned_breeds"]]

    assert named("breed_groups=toy") == ["Moon type"]
    assert named("breed_groups=hound") == []
    assert named("exclude_breed_groups=toy") == ["Star type"]


def test_what_there_is_not(kennel: Kennel):
    answer = get(kennel, "/country", 400)
    assert answer.json()["message"] == '"country" is required'
    get(kennel, "/country?country=ZZ", 404)
    get(kennel, "/breed/none", 404)
    assert get(kennel, "/breed/9001?species_id=cat").json() == []
    get(kennel, "", 404)


def test_a_key_and_the_feature_are_needed(kennel: Kennel):
    for path in PATHS:
        assert kennel.get(path).status_code == 401
        assert kennel.get(path, "user").status_code == 200
    with kennel.library.writing(SYSTEM) as tx:
        account_id = kennel.actors["user"].account_id
        quotas.set_limits(tx, account_id, monthly_quota=None, withheld=("breed_legislation",))
    for path in PATHS:
        assert kennel.get(path, "user").status_code == 403


def test_the_shipped_laws_of_a_country(kennel: Kennel):
    shown = get(kennel, "/country?country=DK").json()
    assert shown["country"]["name"] == "Denmark"
