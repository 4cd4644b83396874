"""What people say and are, as the API answers it: each object in each of its states.

Write the files anew with MENAGERIE_WRITE_GOLDEN=1 and read the difference.
"""

import os
import re
from pathlib import Path

import pytest

from booru_talk import SETTINGS, Talk, talk
from booru_world import pretty

GOLDEN = Path(__file__).parent / "golden" / "talk"
WRITES = os.environ.get("MENAGERIE_WRITE_GOLDEN") == "1"  # noqa: TID251  # a switch of the tests

# Name of the golden file: role, path. Names in braces are ids of `booru_talk.Talk`.
ROUTES: dict[str, tuple[str, str]] = {
    "comment": ("anonymous", "/comments/{comment}"),
    "comment_anonymous": ("moderator", "/comments/{comment_anonymous}"),
    "comment_edited": ("anonymous", "/comments/{comment_edited}"),
    "comment_hidden": ("moderator", "/comments/{comment_hidden}"),
    "search_comments_of_gone": ("moderator", "/search/comments?q=id:{comment_gone}"),
    "comment_history": ("anonymous", "/comments/{comment_edited}/history"),
    "search_comments": ("anonymous", "/search/comments?q=*&per_page=2"),
    "post": ("anonymous", "/posts/{post}"),
    "post_hidden": ("admin", "/posts/{post_third}"),
    "topic_posts": ("anonymous", "/forums/general/topics/{topic}/posts"),
    "topic_posts_page": ("anonymous", "/forums/general/topics/{topic}/posts?per_page=2&page=2"),
    "topic_posts_past": ("anonymous", "/forums/general/topics/{topic}/posts?page=9"),
    "topic": ("anonymous", "/forums/general/topics/{topic}"),
    "topic_locked": ("anonymous", "/forums/general/topics/{topic_locked}"),
    "topics": ("anonymous", "/forums/general/topics"),
    "topics_of_none": ("admin", "/forums/staff/topics"),
    "topic_poll": ("anonymous", "/forums/general/topics/{topic}/poll"),
    "forums": ("admin", "/forums"),
    "forum": ("anonymous", "/forums/meta"),
    "search_posts": ("admin", "/search/posts?q=*&per_page=50"),
    "galleries": ("anonymous", "/search/galleries?q=*"),
    "profile": ("anonymous", "/profiles/1"),
    "tag": ("anonymous", "/tags/artist-colon-bob+ross"),
    "tag_for_staff": ("moderator", "/search/tags?q=artist:bob ross"),
    "notifications": ("other", "/notifications"),
    "conversations": ("other", "/conversations"),
}
# What differs between libraries and versions of encoders, and what stands for it in the files.
RANDOM = {
    r"Background Pony #[0-9A-F]{4}\b": "Background Pony #XXXX",
    r"data:image/svg\+xml;base64,[A-Za-z0-9+/]+=*": "data:image/svg+xml;base64,...",
    r"http://test/img/avatars/([0-9a-f]{2})/\1[0-9a-f]{126}\.webp": "http://test/img/avatars/...",
}


@pytest.fixture(scope="module")
def board(make_world) -> Talk:
    return talk(make_world(is_empty=True, **SETTINGS))


@pytest.mark.parametrize("name", ROUTES)
def test_the_answer_is_the_golden_one(board: Talk, name: str):
    role, path = ROUTES[name]
    answer = board.get(path.format(**board.ids), role)
    assert answer.status_code == 200, answer.text
    found = pretty(answer.content).replace(str(board.ids["conversation"]), "KEY")
    for pattern, stand_in in RANDOM.items():
        found = re.sub(pattern, stand_in, found)
    kept = GOLDEN / f"{name}.json"
    if WRITES:
        kept.write_text(found, encoding="utf-8")
    assert found == kept.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(ROUTES)


def test_pictures_of_people_are_kept_for_ever(board: Talk):
    answer = board.get("/profiles/1").json()["user"]["avatar_url"]
    path = answer.removeprefix("http://test")
    shown = board.client.get(path)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert board.client.get(path.replace(".webp", ".png")).status_code == 404
    name = path.rpartition("/")[2]
    assert board.client.get(f"/img/avatars/../originals/{name}").status_code == 404


def test_the_profile_of_2021_names_the_owner_of_a_gallery_once(make_world):
    board = talk(make_world(is_empty=True, philomena_fields="2021", **SETTINGS))
    shown = board.get("/search/galleries?q=*").json()["galleries"]
    assert {"user", "user_id"} <= shown[0].keys()
    assert not {"creator", "creator_id"} & shown[0].keys()


def test_no_list_repeats_its_last_page(board: Talk):
    for path, name in (
        ("/forums", "forums"), ("/forums/general/topics", "topics"),
        ("/search/comments?q=*", "comments"), ("/search/posts?q=*", "posts"),
        ("/search/galleries?q=*", "galleries"),
    ):  # fmt: skip
        joint = "&" if "?" in path else "?"
        first, past = board.get(path).json(), board.get(f"{path}{joint}page=9").json()
        assert (past[name], past["total"]) == ([], first["total"])
        assert first["total"] == len(first[name]) > 0


def test_what_is_hidden_or_waits_is_not_found(board: Talk):
    """Not even by staff, whose searches the API answers like everybody's; only comments differ."""
    found = board.get("/search/comments?q=rude").json()
    assert found == {"comments": [], "total": 0}
    assert board.get("/search/comments?q=elsewhere").json()["total"] == 0
    assert board.get("/search/posts?q=rude", "admin").json()["total"] == 0
    assert board.get("/search/posts?q=among us", "admin").json()["total"] == 0
    assert board.get("/search/comments?q=user_id:1").json()["total"] == 2


def test_wrong_fields_are_told_by_name(board: Talk):
    wrong = board.call("POST", "/galleries", "user", json={"gallery": {"title": ""}})
    assert (wrong.status_code, wrong.json()) == (400, {"errors": {"title": ["can't be blank"]}})
    poll = {"title": "?", "options": ["One"]}
    sent = {"topic": {"title": "T", "body": "B", "poll": poll}}
    wrong = board.call("POST", "/forums/general/topics", "user", json=sent)
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["options"])
