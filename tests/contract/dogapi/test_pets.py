"""Pets over HTTP: every rule of the reference, and what clients of it rely on."""

import json
import re
from pathlib import Path

import pytest
import pyvips

import analyst_server
import files
from dog_world import Kennel
from menagerie.data import demo
from menagerie.media.portraits import Style

FIELDS = [
    "id", "name", "breed_id", "species_id", "description", "microchip_id", "sub_id",
    "date_of_birth", "body_condition_score", "body_condition_score_reasons",
    "body_condition_score_timestamp", "estimated_age_months", "estimated_age_reasons",
    "estimated_age_timestamp", "genealogy_result", "genealogy_timestamp", "muscle_wasting_risk",
    "muscle_condition_reasons", "muscle_condition_timestamp", "images", "created_at", "updated_at",
]  # fmt: skip
ANALYSES = [
    "body-condition-score",
    "estimated-age",
    "genealogy",
    "muscle-condition-score",
    "estimated-weight",
]
ROUTES = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("POST", "/images"),
    ("POST", "/portrait"),
    ("GET", "/portraits"),
    ("GET", "/health-tips"),
    *(("POST", f"/{tail}") for tail in ANALYSES),
]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z")


def create(kennel: Kennel, role="user", photos=0, **fields):
    """Make a pet by a form and return its JSON."""
    sent = [("images", (f"{n}.jpg", kennel.picture(), "image/png")) for n in range(photos)]
    answer = kennel.post("/pets", role, data=fields, files=sent or None)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def asked(make_kennel):
    """A library with an analyst, and the analyst."""
    with analyst_server.serving() as analyst:
        yield make_kennel(analyst_url=analyst.url, analyst_timeout=5), analyst


def test_a_pet_by_form_with_photographs(kennel: Kennel):
    pet = create(kennel, photos=2, name="Rex", breed_id="1", species_id="1", sub_id="me",
                 age_years="1", age_months="6",
                 poses='{"0":"front","1":"side","7":"back"}')  # fmt: skip
    assert list(pet) == FIELDS
    assert (pet["name"], pet["breed_id"], pet["species_id"]) == ("Rex", "1", "1")
    assert (pet["sub_id"], pet["date_of_birth"]) == ("me", "2024-07-01")
    assert TIME.fullmatch(pet["created_at"])
    assert re.fullmatch(r"[A-Za-z0-9]{10}", pet["id"])
    first, second = pet["images"]
    assert list(first) == [
        "id", "url", "pet_id", "width", "height", "pose", "pet_age_months", "age_years",
        "age_months", "description", "created_at",
    ]  # fmt: skip
    assert (first["pet_id"], first["width"], first["height"]) == (pet["id"], 96, 72)
    assert (first["pose"], second["pose"]) == ("front", "side")
    assert (first["pet_age_months"], first["age_years"], first["age_months"]) == (18, 1, 6)
    assert kennel.get(f"/pets/{pet['id']}", "user").json() == pet
    # What a script does with the address: it sends no key.
    file = kennel.client.get(first["url"])
    assert (file.status_code, file.headers["content-type"]) == (200, "image/jpeg")


def test_a_pet_by_json_with_fields_of_later_versions(kennel: Kennel):
    sent = {"name": "Mia", "species_id": 2, "breed_id": "abys", "country": "DE", "sex": "female",
            "neuter_status": "neutered", "external_owner_id": "o-1",
            "date_of_birth": "2020-05-04", "age_years": 1}  # fmt: skip
    pet = kennel.post("/pets", json=sent).json()
    for name in ("country", "sex", "neuter_status", "external_owner_id", "breed_id"):
        assert pet[name] == sent[name]
    assert (pet["species_id"], pet["date_of_birth"], pet["images"]) == ("2", "2020-05-04", [])
    empty = kennel.post("/pets", json={})
    assert empty.status_code == 201
    assert list(empty.json()) == FIELDS


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"age_months": 12}, "age_months"),
        ({"age_years": -1}, "age_years"),
        ({"age_years": "NaN"}, "age_years"),
        ({"date_of_birth": "soon"}, "date_of_birth"),
        ({"poses": "front"}, "poses"),
        ({"poses": "[1]"}, "poses"),
        ({"poses": {"0": "upside down"}}, "poses"),
        ({"breed_id": "9999"}, "breed_id"),
        ({"species_id": "3"}, "species_id"),
        ({"name": ["Rex"]}, "name"),
        ({"sub_id": "x" * 256}, "sub_id"),
        ({"microchip_id": "x" * 256}, "microchip_id"),
    ],
)
def test_wrong_fields_are_told_by_their_names(kennel: Kennel, sent, told):
    answer = kennel.post("/pets", json=sent)
    assert answer.status_code == 400
    assert told in str(answer.json()["message"])
    assert kennel.get("/pets", "user").json() == []


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "gif"])
def test_files_are_known_by_what_is_in_them(kennel: Kennel, ending):
    data = files.animation("gif") if ending == "gif" else kennel.picture(ending)
    for field in ("images", "images[]", "file"):
        answer = kennel.post("/pets", files={field: ("x.bin", data, "image/png")})
        assert answer.status_code == 201, answer.text
        assert len(answer.json()["images"]) == 1


def test_one_file_that_is_no_picture_and_nothing_is_kept(kennel: Kennel):
    bad = [("images", ("a.jpg", kennel.picture())), ("images", ("b.jpg", b"no picture"))]
    answer = kennel.post("/pets", files=bad)
    assert (answer.status_code, answer.json()["statusCode"]) == (415, 415)
    many = [("images", ("a.jpg", b"x")) for _ in range(21)]
    assert kennel.post("/pets", files=many).status_code == 400
    assert kennel.get("/pets", "user").json() == []


def test_photographs_are_not_among_uploads_and_cost_no_quota(kennel: Kennel):
    pet = create(kennel, photos=1)
    assert kennel.get("/images", "user").json() == []
    assert kennel.get("/accounts/quota", "user").json()["usage"] == 0
    kennel.upload()
    assert len(kennel.get("/images", "user").json()) == 1
    assert kennel.get("/images/search?limit=10", "other").json() == []
    assert len(kennel.get(f"/pets/{pet['id']}", "user").json()["images"]) == 1


def test_lists_have_pages_filters_and_images(kennel: Kennel):
    for name, species in (("A", "1"), ("B", "2"), ("C", "1")):
        create(kennel, photos=1, name=name, species_id=species, sub_id=f"of {name}")
    listed = kennel.get("/pets?limit=2&page=0&order=ASC", "user")
    assert [pet["name"] for pet in listed.json()] == ["A", "B"]
    assert all(len(pet["images"]) == 1 for pet in listed.json())
    counted = [listed.headers[f"pagination-{name}"] for name in ("count", "page", "limit")]
    assert counted == ["3", "0", "2"]

    def names(query):
        return [pet["name"] for pet in kennel.get(f"/pets/?{query}", "user").json()]

    assert names("order=DESC") == ["C", "B", "A"]
    assert sorted(names("order=RAND")) == ["A", "B", "C"]
    assert names("species_id=cat") == ["B"]
    assert names("species_id=5") == []
    assert names("sub_id=of+C") == ["C"]
    assert names("sub_id=&breed_id=&limit=500") == ["A", "B", "C"]
    assert names("exclude_breed_groups=Toy") == ["A", "B", "C"]
    assert names("breed_groups=Toy") == []
    assert names("page=9") == []
    assert kennel.get("/pets?limit=0", "user").status_code == 400
    assert kennel.get("/pets", "other").json() == []


def test_patch_changes_what_is_sent_and_null_clears(kennel: Kennel):
    pet = create(kennel, name="Rex", microchip_id="985", species_id="1")
    path = f"/pets/{pet['id']}"
    changed = kennel.call("PATCH", path, "user", json={"name": "Max", "microchip_id": None})
    assert changed.status_code == 200
    assert changed.json() == pet | {"name": "Max", "microchip_id": None}
    assert kennel.call("PATCH", path, "user", json={}).json() == changed.json()
    aged = kennel.call("PATCH", path, "user", json={"age_years": 2}).json()
    assert aged["date_of_birth"] == "2024-01-01"
    for wrong in ("[]", "{"):
        assert kennel.call("PATCH", path, "user", content=wrong).status_code == 400


def test_a_removed_pet_is_gone_with_its_files(kennel: Kennel):
    pet = create(kennel, photos=1)
    answer = kennel.delete(f"/pets/{pet['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["content-type"].startswith("application/json")
    for method, tail in ROUTES:
        assert kennel.call(method, f"/pets/{pet['id']}{tail}", "user").status_code == 404
    assert kennel.get("/pets", "user").json() == []
    assert kennel.client.get(pet["images"][0]["url"]).status_code == 404


@pytest.mark.parametrize(("method", "tail"), ROUTES)
def test_pets_are_their_keepers_alone(kennel: Kennel, method, tail):
    pet = create(kennel)
    path = f"/pets/{pet['id']}{tail}"
    assert kennel.call(method, path, "other").status_code == 403
    assert kennel.call(method, path, "admin").status_code == 403
    assert kennel.call(method, "/pets/0000000000" + tail, "user").status_code == 404
    missing = kennel.call(method, path)
    assert missing.status_code == 401
    assert "AUTHENTICATION_ERROR" in missing.json()["message"]


def test_photographs_are_added_with_age_pose_and_words(kennel: Kennel):
    pet = create(kennel, date_of_birth="2025-01-01")
    path = f"/pets/{pet['id']}/images"
    sent = {"age_years": "0", "age_months": "3", "poses": '{"0":"top"}', "description": "Asleep"}
    new = kennel.post(path, data=sent, files={"images": ("a.jpg", kennel.picture())})
    assert new.status_code == 201
    (photo,) = new.json()
    assert (photo["pose"], photo["pet_age_months"], photo["description"]) == ("top", 3, "Asleep")
    (photo,) = kennel.post(path, files={"file": ("a.jpg", kennel.picture())}).json()
    assert (photo["pose"], photo["pet_age_months"]) == (None, 12)
    assert len(kennel.get(f"/pets/{pet['id']}", "user").json()["images"]) == 2
    assert kennel.post(path, data={"poses": "{}"}).status_code == 400


def test_analyses_need_photographs_and_a_model(kennel: Kennel):
    bare, shown = create(kennel), create(kennel, photos=1)
    for tail in ANALYSES:
        assert kennel.post(f"/pets/{bare['id']}/{tail}").status_code == 400
        answer = kennel.post(f"/pets/{shown['id']}/{tail}")
        assert answer.status_code == 503
        named = "recognition" if tail == "genealogy" else "analyst_url"
        assert named in answer.json()["message"]


def test_analyses_are_answered_and_noted_on_the_pet(asked):
    kennel, analyst = asked
    pet = create(kennel, photos=1, species_id="1")
    at = "2026-01-01T12:00:00.000Z"
    got = {}
    for tail in ANALYSES:
        answer = kennel.post(f"/pets/{pet['id']}/{tail}?lang=it")
        got[tail] = answer.json()
    assert got["body-condition-score"] == {
        "score": 6, "reasons": "The waist hardly shows.", "generated_at": at}  # fmt: skip
    assert got["estimated-age"] == {
        "age_months": 40, "reasons": "Adult.", "generated_at": at,
        "plausible_range": {"min_months": 24, "max_months": 60}, "life_stage": "adult",
    }  # fmt: skip
    assert got["muscle-condition-score"] == {
        "wasting_risk_flag": False, "reasons": "The back is well covered.", "generated_at": at,
    }  # fmt: skip
    assert got["estimated-weight"] == {
        "weight_kg": 11.3, "size_classification": "medium",
        "reasons": "A small dog beside a chair.", "generated_at": at,
    }  # fmt: skip
    noted = kennel.get(f"/pets/{pet['id']}", "user").json()
    assert noted["body_condition_score"] == 6
    assert noted["estimated_age_months"] == 40
    assert noted["muscle_wasting_risk"] is False
    assert noted["muscle_condition_timestamp"] == at
    assert len(analyst.requests) == 4


def test_an_analyst_that_fails_gives_nothing_away(asked):
    kennel, analyst = asked
    pet = create(kennel, photos=1)
    analyst.moods = ["401"]
    answer = kennel.post(f"/pets/{pet['id']}/estimated-age")
    assert answer.status_code == 503
    assert "internal" not in answer.text
    assert analyst.url not in answer.text


def test_a_monthly_limit_is_429(make_kennel):
    with analyst_server.serving() as analyst:
        kennel = make_kennel(analyst_url=analyst.url, analyst_limit=1)
        pet = create(kennel, photos=1)
        assert kennel.post(f"/pets/{pet['id']}/estimated-age").status_code == 200
        answer = kennel.post(f"/pets/{pet['id']}/estimated-weight")
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 86400


@pytest.mark.slow
def test_genealogy_by_the_classifier(make_kennel):
    kennel = make_kennel(recognition=True)
    folder = Path(demo.__file__).parent / "pictures"
    pets = {}
    for name in ("cat", "coffee"):
        file = (folder / f"{name}.jpg").read_bytes()
        pets[name] = kennel.post("/pets", files={"images": file}).json()
    answer = kennel.post(f"/pets/{pets['cat']['id']}/genealogy")
    assert answer.status_code == 200
    found = answer.json()
    assert list(found) == ["genealogy", "creative_descriptions"]
    assert list(found["genealogy"]) == [
        "is_mixed_breed", "mixed_breed_reasoning", "primary_breed", "secondary_breed",
        "tertiary_breed", "breed_probabilities",
    ]  # fmt: skip
    assert list(found["genealogy"]["primary_breed"]) == ["id", "label", "confidence"]
    assert list(found["creative_descriptions"]) == [
        "fun_description", "fun_caption", "happy_sentence", "breed_fact"]  # fmt: skip
    pet = kennel.get(f"/pets/{pets['cat']['id']}", "user").json()
    assert pet["genealogy_result"] == found
    breed_id = found["genealogy"]["primary_breed"]["id"]
    assert kennel.get(f"/breeds/{breed_id}", "user").status_code == 200
    nothing = kennel.post(f"/pets/{pets['coffee']['id']}/genealogy")
    assert nothing.status_code == 422
    assert "correct animal not found" in nothing.json()["message"]


def test_styles_of_portraits(kennel: Kennel):
    styles = kennel.get("/pets/portrait-styles", "user").json()
    assert {style["id"] for style in styles} == set(Style)
    for style in styles:
        assert list(style) == ["id", "name", "description", "category", "popularity_score"]
    assert kennel.get("/pets/portrait-styles").status_code == 401


def test_a_portrait_can_be_downloaded_at_once(kennel: Kennel):
    pet = create(kennel, photos=1)
    path = f"/pets/{pet['id']}"
    made = kennel.post(f"{path}/portrait", json={"style": "july_4th"})
    assert made.status_code == 201, made.text
    portrait = made.json()
    assert (portrait["style"], portrait["pose"]) == ("july_4th", None)
    file = kennel.client.get(portrait["url"])
    shown = pyvips.Image.new_from_buffer(file.content, "")
    assert (shown.width, shown.height) == (portrait["width"], portrait["height"]) == (1024, 1024)
    assert kennel.get(f"{path}/portraits", "user").json() == [portrait]
    assert len(kennel.get(path, "user").json()["images"]) == 1
    for wrong in ({"style": "cubism"}, {}, {"style": None}, {"style": {}}):
        assert kennel.post(f"{path}/portrait", json=wrong).status_code == 400
    bare = create(kennel)
    refused = kennel.post(f"/pets/{bare['id']}/portrait", json={"style": "studio"})
    assert refused.status_code == 400


def test_tips_for_a_pet(kennel: Kennel):
    pet = create(kennel, name="Rex", breed_id="1", species_id="1", age_months="2")
    plain = kennel.get(f"/pets/{pet['id']}/health-tips", "user").json()
    assert list(plain) == ["items", "generated_at"]
    assert TIME.fullmatch(plain["generated_at"])
    kinds = [item["tip_type"] for item in plain["items"]]
    assert set(kinds) == {"breed_standard", "personalised"}
    for item in plain["items"]:
        assert list(item) == ["id", "category", "title", "description", "tip_type"]
        assert kennel.get(f"/health-tips/{item['id']}", "user").status_code == 200
    told = kennel.get(f"/pets/{pet['id']}/health-tips?include_sources=true", "user").json()
    assert all(isinstance(item["sources"], list) for item in told["items"])
    personal = next(item for item in plain["items"] if item["tip_type"] == "personalised")
    assert personal["description"].startswith("Rex is a puppy")


def test_json_without_its_type_is_read(kennel: Kennel):
    answer = kennel.post("/pets?sub_id=me", content=json.dumps({"name": "Rex"}))
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["sub_id"]) == ("Rex", "me")
