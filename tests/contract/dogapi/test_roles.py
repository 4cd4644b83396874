"""Every route by every role: answers are documented, and a key is needed where it says so."""

import re

import pytest

from dog_world import ROLES, UNKNOWN_ID, Kennel
from menagerie.dialects import dogapi
from menagerie.http.routing import Operation

BODY = {"image_id": "x", "value": 1, "name": "Rex", "breed_id": "1", "style": "studio"}
# Served by the address alone: what may be seen is tried in test_images.
NOT_TRIED = {"/images/{file:str}"}


def operations(kennel: Kennel) -> list[tuple[Operation, str]]:
    found = [
        (operation, path)
        for door in dogapi.doors(kennel.library)
        for operation in door.operations
        for path in operation.paths
        if operation.is_documented and path not in NOT_TRIED
    ]
    # What is there is taken away last.
    return sorted(found, key=lambda each: each[0].method == "DELETE")


def filled(path: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+):\w+\}", lambda match: values[plain(match[1])], path).removeprefix("/v1")


def plain(name: str) -> str:
    """Return a name of a path as one word, since the reference writes petId and vote_id."""
    return name.replace("_", "").lower()


@pytest.fixture
def world(make_kennel) -> tuple[Kennel, dict[str, str]]:
    """A kennel, and what stands for the names in paths: Alice's own things, and nothing."""
    kennel = make_kennel()
    image = kennel.code(kennel.put_private())
    pet = kennel.post("/pets", json={"name": "Rex", "species_id": 1}).json()["id"]
    vote = kennel.post("/votes", json={"image_id": image, "value": 1}).json()["id"]
    kept = kennel.post("/favourites", json={"image_id": image}).json()
    fact = kennel.get("/facts", "user").json()[0]["id"]
    own = {
        "voteid": str(vote),
        "accountid": kept["user_id"],
        "petid": pet,
        "breedid": "1",
        "speciesid": "1",
    }
    own |= {"id": image, "imageid": image, "_fact": fact, "_favourite": str(kept["id"])}
    return kennel, own


def values_for(path: str, own: dict[str, str]) -> list[dict[str, str]]:
    """Return what fills a path: `id` stands for another kind of thing on each route."""
    kinds = {"favourites": "_favourite", "facts": "_fact"}
    kind = next((name for start, name in kinds.items() if f"/{start}/" in path), "id")
    nothing = dict.fromkeys(own, UNKNOWN_ID)
    return [own | {"id": own[kind]}, nothing]


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_gets_is_documented(world, role: str):
    kennel, own = world
    for operation, path in operations(kennel):
        if path.endswith("upload-sync"):
            continue  # nobody waits a minute for a picture that no worker looks at
        statuses = {outcome.status for outcome in operation.outcomes}
        for values in values_for(path, own):
            target = filled(path, values)
            sent = {} if operation.method == "GET" else {"json": BODY}
            answer = kennel.call(operation.method, target, role, **sent)
            assert answer.status_code in statuses, (operation.method, target, answer.text)
            if operation.needs_key and role == "anonymous":
                assert answer.status_code == 401, (operation.method, target)
                assert "AUTHENTICATION_ERROR" in answer.json()["message"]


@pytest.mark.parametrize("role", ["anonymous", "other", "moderator", "admin"])
def test_what_is_private_is_not_there_for_others(world, role: str):
    kennel, own = world
    tried = set()
    for operation, path in operations(kennel):
        about = re.search(r"/(image|pet)s/\{(?:image|pet)?_?id:", path, re.IGNORECASE)
        if about is None:
            continue
        tried.add(about[1])
        target = filled(path, own)
        sent = {} if operation.method == "GET" else {"json": BODY}
        answer = kennel.call(operation.method, target, role, **sent)
        # A foreign pet is 403 by the spec (4.5), a foreign private image does not exist.
        expected = {401, 404} if about[1] == "image" else {401, 403}
        assert answer.status_code in expected, (operation.method, target, answer.text)
        assert "Rex" not in answer.text
    assert tried == {"image", "pet"}
    assert kennel.get(f"/images/{own['id']}", "user").status_code == 200
    assert kennel.get(f"/pets/{own['petid']}", "user").json()["name"] == "Rex"
