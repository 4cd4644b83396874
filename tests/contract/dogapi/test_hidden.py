"""What nobody may learn of pictures that are hidden from them, by whatever way in."""

import pytest
from sqlalchemy import insert

from dog_world import Kennel
from menagerie.core import images, labels, moderation, reviewing, short_ids
from menagerie.core.apps import requests
from menagerie.errors import NotFound
from menagerie.storage import schema
from menagerie.storage.schema import Review

KINDS = ("seen", "explicit", "private", "pending", "rejected", "quarantined", "removed", "merged",
         "deleted")  # fmt: skip
HELD = {"seen", "explicit", "pending"}  # by id, by everybody
SHOWN = {
    "anonymous": HELD,
    "other": HELD,
    "user": HELD | {"private", "rejected"},
    "moderator": HELD | {"rejected", "quarantined"},
    "admin": HELD | {"rejected", "quarantined"},
}
"""Which of Alice's pictures each role may see by id; one that was merged stands for another."""


class Hidden:
    """A kennel with one picture of Alice's of every kind; people voted on them while they could."""

    def __init__(self, kennel: Kennel) -> None:
        self.kennel = kennel
        self.library = kennel.library
        self.target = kennel.put("safe, dog, pug")
        self.ids = {kind: self._put(kind) for kind in KINDS}
        self.codes = {kind: kennel.code(image_id) for kind, image_id in self.ids.items()}
        self._recognise()
        for role in ("user", "other", "moderator"):
            for code in self.codes.values():
                kennel.post("/votes", role, json={"image_id": code, "value": 1})
                kennel.post("/favourites", role, json={"image_id": code, "sub_id": "rex"})
        for kind, image_id in self.ids.items():
            self._hide(kind, image_id)

    def _put(self, kind: str) -> int:
        if kind == "private":
            return self.kennel.put_private(tags="safe, dog, pug")
        rating = "explicit" if kind == "explicit" else "safe"
        return self.kennel.put(f"{rating}, dog, pug", actor=self.kennel.actors["user"])

    def _recognise(self) -> None:
        with self.library.writing(self.kennel.actors["admin"]) as tx:
            beagle = tx.version.tag_id("beagle")
            assert beagle is not None
            for image_id in self.ids.values():
                tx.execute(
                    insert(schema.recognitions).values(
                        image_id=image_id,
                        unsafe_reasons="",
                        subjects='[["beagle",0.9]]',
                        breeds="[[162,0.9]]",
                        classified_at=tx.now,
                        model="test",
                        created_at=tx.now,
                        updated_at=tx.now,
                    )
                )
                labels.suggest(tx, image_id, [(beagle, 0.9)])

    def _hide(self, kind: str, image_id: int) -> None:
        role = "user" if kind == "deleted" else "moderator"
        with self.library.writing(self.kennel.actors[role]) as tx:
            if kind == "pending":
                images.change(tx, image_id, review=Review.PENDING)
            elif kind == "rejected":
                images.change(tx, image_id, review=Review.PENDING)
                reviewing.reject(tx, image_id, "no")
            elif kind == "quarantined":
                reviewing.quarantine(tx, image_id, "who knows")
            elif kind == "removed":
                moderation.remove(tx, image_id, "spam")
            elif kind == "merged":
                moderation.merge(tx, image_id, self.target)
            elif kind == "deleted":
                images.delete_own(tx, image_id)

    def named_in(self, text: str) -> set[str]:
        """Return which of the pictures a text tells the address of."""
        return {kind for kind, code in self.codes.items() if f"images/{code}" in text}


@pytest.fixture(scope="module")
def hidden(lasting_kennel: Kennel) -> Hidden:
    """Pictures that tests only read."""
    return Hidden(lasting_kennel)


@pytest.mark.parametrize("role", SHOWN)
def test_by_id(hidden: Hidden, role: str):
    kennel = hidden.kennel
    for kind, code in hidden.codes.items():
        is_shown = kind in SHOWN[role]
        for tail in ("", "/analysis", "/breeds"):
            answer = kennel.get(f"/images/{code}{tail}", role)
            assert answer.is_success is (is_shown or kind == "merged"), (kind, tail)
            assert is_shown or "agle" not in answer.text
        if kind == "merged":
            shown = kennel.get(f"/images/{code}", role).json()
            assert shown["id"] == kennel.code(hidden.target)
            continue
        if role != "anonymous":
            assert kennel.get(f"/images/{code}/labels", role).is_success is is_shown
        if role != "user" and not is_shown and role != "anonymous":
            for tail in ("/status", "/public-requests/status"):
                assert kennel.get(f"/images/{code}{tail}", role).status_code in {403, 404}


@pytest.mark.parametrize("role", SHOWN)
def test_in_lists(hidden: Hidden, role: str):
    kennel = hidden.kennel
    # Private pictures are found by their owner, on the board alone.
    for path in ("/images/search?limit=100", "/images/search?limit=100&has_breeds=1"):
        assert hidden.named_in(kennel.get(path, role).text) == {"seen"}
    assert hidden.named_in(kennel.get("/breeds?limit=500", role).text) <= {"seen"}
    for path in ("/votes", "/favourites", "/favourites?attach_image=1"):
        sep = "&" if "?" in path else "?"
        named = hidden.named_in(kennel.get(f"{path}{sep}limit=100", role).text)
        known = set() if role in {"anonymous", "admin"} else SHOWN[role]
        assert named == known, path
    query = {"q": "suggested:beagle", "key": kennel.keys[role]}
    found = kennel.get("/api/v1/json/search/images", role, root=True, params=query).json()
    own = {hidden.ids["private"]} if role == "user" else set()
    assert {image["id"] for image in found["images"]} == {hidden.ids["seen"]} | own
    assert found["total"] == 1 + len(own)


@pytest.mark.parametrize("role", SHOWN)
def test_files(hidden: Hidden, role: str):
    kennel = hidden.kennel
    # Staff decide about what was removed, so they see it.
    staff = {"removed", "merged", "deleted"} if role in {"moderator", "admin"} else set()
    for kind, code in hidden.codes.items():
        for name in (f"{code}.jpg", f"{code}_40x40.jpg"):
            status = kennel.get(f"/images/{name}", role, root=True).status_code
            assert status == (200 if kind in SHOWN[role] | staff | {"merged"} else 404), name


def test_a_proof_is_for_private_pictures_alone(hidden: Hidden):
    for kind, code in hidden.codes.items():
        proof = short_ids.proof(hidden.library, hidden.ids[kind])
        answer = hidden.kennel.get(f"/images/{code}.{proof}.jpg", root=True)
        # A proof of what was merged leads to what it was merged into.
        assert answer.is_success is (kind in HELD | {"private", "merged"}), kind


def test_staff_see_a_private_picture_only_while_its_owner_asks(kennel: Kennel):
    code = kennel.code(kennel.put_private())
    path = f"/images/{code}/public-requests"
    staff = kennel.actors["moderator"]
    for end in ("cancel", "deny"):
        key = kennel.post(path).json()["id"]
        with kennel.library.reading(staff) as tx:
            assert requests.picture(tx, key).id == kennel.number(code)
        if end == "cancel":
            assert kennel.delete(path).is_success
        else:
            with kennel.library.writing(staff) as tx:
                requests.decide(tx, key, approve=False)
        with kennel.library.reading(staff) as tx, pytest.raises(NotFound):
            requests.picture(tx, key)
