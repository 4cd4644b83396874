"""The image hunt."""

import pytest

from monkey_world import Monkey

TASKS = "/v1/user/Alice/games/imagehunt/tasks"
STATS = "/v1/user/Alice/games/imagehunt/stats"
DONATE = "/v1/games/imagehunt/donate"


def hunt(monkey: Monkey, role: str, **fields: str):
    return monkey.post(
        DONATE, role, data=fields, files={"image": ("file.jpg", monkey.picture(), "image/jpg")}
    )


def test_a_picture_found_is_a_star(monkey: Monkey):
    before = monkey.get(TASKS, "user").json()
    names = [task["label"]["name"] for task in before]
    assert "banana" in names
    assert not any("image" in task for task in before)
    answer = hunt(monkey, "user", label="banana")
    assert answer.status_code == 200, answer.text
    key = answer.json()["uuid"]
    after = monkey.get(TASKS, "user").json()
    assert after[-1] == {
        "label": {"accessor": "banana", "name": "banana"},
        "image": {
            "uuid": key, "width": 96, "height": 72, "unlocked": True,
            "url": f"http://test/v1/donation/{key}",
        },
    }  # fmt: skip
    assert len(after) == len(before)
    stats = monkey.get(STATS, "user").json()
    assert stats["stars"] == 1
    assert [a["name"] for a in stats["achievements"]] == [
        "Early Bird", "Night Owl", "Weekend Warrior", "Couch Potato", "Worker Bee", "Ant Power",
        "Greedy Squirrel", "Image Monkey",
    ]  # fmt: skip
    assert set(stats["achievements"][0]) == {"name", "description", "accomplished", "badge"}
    for achievement in stats["achievements"]:
        badge = monkey.get(achievement["badge"].removeprefix("http://test"))
        assert badge.headers["content-type"] == "image/svg+xml"
    assert monkey.get("/v1/games/imagehunt/badges/none").status_code == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", set()),  # it is noon
        ("?utc_offset=-21600", {"Early Bird"}),
        ("?utc_offset-21600", {"Early Bird"}),
        ("?utc_offset43200", {"Night Owl"}),
        ("?utc_offset=nonsense", set()),
    ],
)
def test_the_players_own_clock_counts_however_it_is_sent(monkey: Monkey, query, names):
    hunt(monkey, "user", label="banana")
    found = monkey.get(STATS + query, "user").json()["achievements"]
    assert {a["name"] for a in found if a["accomplished"]} == names


def test_only_words_of_the_vocabulary_are_hunted_by_accounts(monkey: Monkey):
    assert hunt(monkey, "anonymous", label="banana").status_code == 403
    assert hunt(monkey, "user", label="never heard of").status_code == 400
    assert hunt(monkey, "user").status_code == 400
    bad = monkey.post(DONATE, headers={"Authorization": "Bearer nobodys"}, data={"label": "banana"})
    assert bad.status_code == 401
    assert monkey.post(DONATE, "user", data={"label": "banana"}).status_code == 400
    assert monkey.count() == 0


def test_the_game_is_the_players_own(monkey: Monkey):
    for path in (TASKS, STATS):
        assert monkey.get(path).status_code == 401
        assert monkey.get(path, "other").status_code == 403
