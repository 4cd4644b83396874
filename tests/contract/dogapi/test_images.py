"""Searching, listing, showing and deleting images."""

import struct

import pytest

import build
from dog_golden import compare
from dog_world import UNKNOWN_ID, Kennel
from menagerie.core import keys, labels, moderation


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()]


def test_without_a_key_images_have_four_fields(kennel: Kennel):
    code = kennel.code(kennel.put("safe, dog, breed:pug"))
    answer = kennel.get("/images/search")
    compare("search_anonymous", answer)
    assert ids(answer) == [code]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["authenticated"] == "false"
    assert answer.headers["access-control-allow-origin"] == "*"
    unknown = kennel.get("/images/search", headers={"x-api-key": "wrong"})
    assert unknown.content == answer.content


def test_with_a_key_they_have_breeds_and_categories(kennel: Kennel):
    kennel.put("safe, dog, breed:pug, category:hats")
    answer = kennel.get("/images/search", "user")
    compare("search", answer)
    assert "authenticated" not in answer.headers
    key = kennel.keys["user"]
    assert kennel.get(f"/images/search?api_key={key}").content == answer.content
    bare = kennel.get("/images/search?include_breeds=0&include_categories=False", "user")
    assert bare.json()[0].keys() == {"id", "url", "width", "height"}
    assert kennel.get("/images/search?include_breeds=maybe", "user").status_code == 400


def test_only_safe_public_pictures_of_the_home_species_are_found(kennel: Kennel):
    dog = kennel.code(kennel.put("safe, dog"))
    cat = kennel.code(kennel.put("safe, cat"))
    kennel.put("explicit, dog")
    kennel.put_private()
    kennel.put("safe, car")
    removed = kennel.put("safe, dog, sick")
    with kennel.library.writing(kennel.actors["moderator"]) as tx:
        moderation.remove(tx, removed, "Rule #1")
    assert ids(kennel.get("/images/search?limit=10")) == [dog]
    for species in ("2", "cat", "CAT"):
        assert ids(kennel.get(f"/images/search?limit=10&species_id={species}")) == [cat]
    assert ids(kennel.get("/images/search?limit=10&species_id=9")) == []


def test_the_home_species_is_a_setting(make_kennel):
    kennel = make_kennel(dogapi_species="cat")
    kennel.put("safe, dog")
    cat = kennel.code(kennel.put("safe, cat"))
    assert ids(kennel.get("/images/search?limit=10")) == [cat]


def test_images_are_found_by_breed_category_group_and_type(kennel: Kennel):
    pug = kennel.code(kennel.put("safe, breed:pug, category:hats"))
    plain = kennel.code(kennel.put("safe, dog", data=kennel.picture("png")))
    siamese = kennel.code(kennel.put("safe, breed:siamese", data=kennel.picture("gif")))
    breed = kennel.get("/breeds/search?q=pug").json()[0]["id"]
    cats = kennel.get("/breeds/search?q=siamese&species_id=2").json()
    cat = next(one["id"] for one in cats if one["name"] == "Siamese")
    hats = next(
        c for c in kennel.get("/categories?limit=100").json() if c["name"].lower() == "hats"
    )

    def found(query: str) -> set[str]:
        return set(ids(kennel.get(f"/images/search?limit=10&{query}", "user")))

    assert found("") == {pug, plain}
    assert found(f"breed_ids={breed}") == found(f"breed_id={breed}") == {pug}
    assert found(f"breed_ids={breed}&breed_ids={cat}") == {pug, siamese}
    assert found(f"breed_ids={breed},{cat}&species_id=2") == {siamese}
    assert found("breed_ids=none") == set()
    assert found(f"category_ids={hats['id']}") == {pug}
    assert found(f"category_ids={hats['id']}&breed_ids={breed}") == {pug}
    assert found("category_ids=999") == set()
    assert found("has_breeds=1") == {pug}
    assert found("breed_groups=TOY,none") == {pug}
    assert found("exclude_breed_groups=toy") == {plain}
    assert found("mime_types=png") == found("mime_types=image/png") == {plain}
    assert found("mime_types=jpg&mime_types=gif") == found("mime_types=image/jpg") == {pug}
    assert found("breed_id=&category_ids=&format=&mime_types=&sub_id=&q=x") == {pug, plain}


def test_pages_and_orders(kennel: Kennel):
    made = [kennel.code(kennel.put()) for _ in range(12)]
    anonymous = kennel.get("/images/search?limit=25")
    assert len(ids(anonymous)) == 10
    assert anonymous.headers["pagination-limit"] == "10"
    assert anonymous.headers["pagination-count"] == "12"
    assert "limit is at most 10" in anonymous.headers["x-hint"]
    assert set(ids(kennel.get("/images/search?limit=250", "user"))) == set(made)
    assert len(ids(kennel.get("/images/search", "user"))) == 1
    assert ids(kennel.get("/images/search?order=ASC&limit=5&page=1")) == made[5:10]
    assert ids(kennel.get("/images/search/?order=desc&limit=5&page=2")) == made[1::-1]
    assert ids(kennel.get("/images/search?order=asc&page=99")) == []
    drawn = {tuple(ids(kennel.get("/images/search?limit=9&order=Rand"))) for _ in range(5)}
    assert len(drawn) > 1
    assert all(len(set(one)) == 9 for one in drawn)
    assert kennel.get("/images/search?page=4").headers["pagination-page"] == "4"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "limit=1.5", "page=-1", "order=up", "has_breeds=x"]
)
def test_what_makes_no_sense_is_refused(kennel: Kennel, query: str):
    answer = kennel.get(f"/images/search?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["message"]


def test_wrong_names_of_parameters_are_hinted_at(kennel: Kennel):
    answer = kennel.get("/images/search?breeds=1")
    assert answer.status_code == 200
    assert "breed_ids" in answer.headers["x-hint"]


def test_the_client_may_be_sent_to_the_file(kennel: Kennel):
    assert kennel.get("/images/search?format=src").status_code == 404
    code = kennel.code(kennel.put())
    answer = kennel.get("/images/search?format=src&size=small")
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        f"http://test/images/{code}.jpg",
    )


def test_sizes_name_files_within_a_box(kennel: Kennel):
    code = kennel.code(kennel.put(data=kennel.picture("png", (900, 500))))
    urls = {s: kennel.get(f"/images/search?size={s}").json()[0]["url"] for s in SIZES}
    assert urls == {s: f"http://test/images/{code}{part}.png" for s, part in SIZES.items()}


SIZES = {"thumb": "_250x250", "small": "_320x240", "med": "_800x600", "full": "", "huge": ""}


def test_on_behalf_of_somebody_their_votes_and_favourites_are_there(kennel: Kennel):
    code = kennel.code(kennel.put())
    for value in (-1, 1):
        kennel.post("/votes", json={"image_id": code, "value": value, "sub_id": "me"})
    favourite = kennel.post("/favourites", json={"image_id": code, "sub_id": "me"}).json()["id"]
    [shown] = kennel.get("/images/search?sub_id=me", "user").json()
    assert shown["vote"]["value"] == 1
    assert shown["favourite"] == {"id": favourite}
    assert kennel.get(f"/images/{code}?sub_id=me", "user").json()["vote"]["value"] == 1
    for path, role in (("?sub_id=you", "user"), ("?sub_id=me", "other"), ("", "user")):
        [other] = kennel.get(f"/images/search{path}", role).json()
        assert "vote" not in other
        assert "favourite" not in other


def test_what_changes_is_shown_at_once(kennel: Kennel):
    code = kennel.upload()["id"]
    with kennel.library.writing(kennel.actors["admin"]) as tx:
        keys.add(tx, "nothing to do with images")
    public = kennel.put("safe, dog")
    assert kennel.get("/images/search", "user").json()[0]["breeds"] == []
    kennel.put("safe, dog")
    with kennel.library.writing(kennel.actors["moderator"]) as tx:
        labels.edit(tx, public, add=["breed:pug"], enforce_board_rules=False)
    found = kennel.get("/images/search?has_breeds=true", "user").json()
    assert [breed["name"] for breed in found[0]["breeds"]] == ["Pug"]
    assert code not in {item["id"] for item in found}


# One image.


def test_a_public_image_is_shown_to_everybody(kennel: Kennel):
    code = kennel.code(kennel.put("safe, breed:pug"))
    answer = kennel.get(f"/images/{code}/")
    compare("image", answer)
    assert kennel.get("/images/none").status_code == 404
    unknown = kennel.get(f"/images/{UNKNOWN_ID}")
    text = f"Couldn't find an image matching the passed 'id' of {UNKNOWN_ID}"
    assert (unknown.status_code, text in unknown.json()["message"]) == (404, True)


def test_a_private_image_is_its_accounts_alone(kennel: Kennel):
    code = kennel.code(kennel.put_private())
    compare("image_own", kennel.get(f"/images/{code}", "user"))
    for role in ("anonymous", "other", "moderator", "admin"):
        assert kennel.get(f"/images/{code}", role).status_code == 404
        assert kennel.delete(f"/images/{code}", role).status_code in {401, 404}
    assert kennel.get(f"/images/{code}", "user").status_code == 200


def test_own_images_are_listed(kennel: Kennel):
    assert kennel.get("/images").status_code == 401
    first = kennel.upload()["id"]
    second = kennel.upload(params={"sub_id": "me", "breed_ids": "321"})["id"]
    kennel.upload("other")
    kennel.put("safe, dog")
    assert ids(kennel.get("/images/", "user")) == [second, first]
    assert ids(kennel.get("/images?order=ASC&limit=1&page=1", "user")) == [second]
    assert ids(kennel.get("/images?sub_id=me", "user")) == [second]
    assert ids(kennel.get("/images?sub_id=you", "user")) == []
    assert ids(kennel.get("/images?original_filename=rex.jpg", "user")) == [second, first]
    assert ids(kennel.get("/images?original_filename=max.jpg", "user")) == []
    assert ids(kennel.get("/images?breed_ids=321&mime_types=jpg", "user")) == [second]
    assert ids(kennel.get("/images?species_id=7", "user")) == []
    compare("images_own", kennel.get("/images?sub_id=me", "user"))
    assert kennel.get("/images", "user").headers["pagination-count"] == "2"


def test_deleting_is_for_ones_own(kennel: Kennel):
    code, public = kennel.upload()["id"], kennel.code(kennel.put("safe, dog"))
    assert kennel.delete(f"/images/{public}").status_code == 403
    gone = kennel.delete(f"/images/{code}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert gone.headers["content-type"] == "application/json; charset=utf-8"
    assert kennel.delete(f"/images/{code}").status_code == 404
    assert kennel.get(f"/images/{code}", "user").status_code == 404
    assert ids(kennel.get("/images", "user")) == []


# Files.


def test_files_are_served_under_any_extension_and_within_boxes(kennel: Kennel):
    data = build.png((900, 600), (9, 9, 200))
    code = kennel.code(kennel.put(data=data))

    def file(name: str):
        return kennel.get(f"/images/{name}", root=True)

    whole = file(f"{code}.png")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/png")
    assert whole.headers["cache-control"].startswith("public")
    assert whole.headers["access-control-allow-origin"] == "*"
    assert file(f"{code}.jpg").content == whole.content
    assert file(f"{code}_9000x9000.jpg").content == whole.content
    small = file(f"{code}_90x80.png")
    assert struct.unpack(">II", small.content[16:24]) == (90, 60)
    again = kennel.get(
        f"/images/{code}_90x80.png", root=True, headers={"if-none-match": small.headers["etag"]}
    )
    assert again.status_code == 304
    part = kennel.get(f"/images/{code}.png", root=True, headers={"range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    for wrong in (f"{code}.txt", f"{code}_0x9.png", f"{UNKNOWN_ID}.png", "x.png", f"{code}_9x.png"):
        answer = file(wrong)
        assert (answer.status_code, answer.json()["statusCode"]) == (404, 404), wrong
    page = file("1")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_private_file_needs_a_key_or_the_proof_in_its_address(kennel: Kennel):
    shown = kennel.upload()
    path = shown["url"].removeprefix("http://test")
    plain = f"/images/{shown['id']}.jpg"
    assert path != plain
    served = kennel.get(path, root=True)
    assert (served.status_code, served.headers["cache-control"]) == (200, "private, no-cache")
    assert kennel.get(plain, "user", root=True).content == served.content
    for role in ("anonymous", "other", "moderator"):
        assert kennel.get(plain, role, root=True).status_code == 404
        assert kennel.get(path[:-9] + "AAAAA.jpg", role, root=True).status_code == 404
    kennel.delete(f"/images/{shown['id']}")
    assert kennel.get(path, root=True).status_code == 404
