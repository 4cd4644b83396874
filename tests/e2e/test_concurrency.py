"""Several server processes, a thousand votes, faves and edits at once; counters that agree."""

import random
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from tests.e2e.pictures import png
from tests.e2e.serving import serving

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
ACTIONS, IMAGES, ACCOUNTS = 1000, 5, 6


def test_counters_equal_recounts_after_a_thousand_actions(tmp_path: Path) -> None:
    with serving(tmp_path / "data", workers="2") as server, ExitStack() as stack:
        keys = [server.account(f"person{n}")["key"] for n in range(ACCOUNTS)]
        client = stack.enter_context(httpx.Client(base_url=f"{server.url}/api/v1/json", timeout=60))
        for number in range(IMAGES):
            made = client.post(
                "/images",
                params={"key": server.key},
                data={"image[tag_input]": "safe, one, two"},
                files={"image[image]": ("x.png", png(number), "image/png")},
            )
            assert made.status_code == 200, made.text

        def act(seed: int) -> int:
            chance = random.Random(seed)
            image, key = chance.randrange(1, IMAGES + 1), chance.choice(keys)
            path, at = f"/images/{image}", {"key": key}
            match chance.randrange(6):
                case 0:
                    vote = {"up": chance.random() < 0.7}
                    answer = client.post(f"{path}/vote", params=at, json=vote)
                case 1:
                    answer = client.delete(f"{path}/vote", params=at)
                case 2:
                    answer = client.post(f"{path}/fave", params=at)
                case 3:
                    answer = client.delete(f"{path}/fave", params=at)
                case 4:
                    answer = client.post(f"{path}/hide", params=at)
                case _:
                    extra = f"extra {chance.randrange(8)}"
                    tags = {"image": {"add_tags": [extra], "remove_tags": ["extra 1"]}}
                    answer = client.patch(path, params=at, json=tags)
            return answer.status_code

        with ThreadPoolExecutor(12) as pool:
            codes = Counter(pool.map(act, range(ACTIONS)))
        assert set(codes) == {200}, codes
        # Whichever process is asked has counted what all of them answered.
        metrics = httpx.get(f"{server.url}/metrics").text
        pattern = r'^menagerie_requests_total\{method="(?:POST|DELETE|PATCH)".*?\} ([0-9.]+)$'
        assert sum(map(float, re.findall(pattern, metrics, re.MULTILINE))) == ACTIONS + IMAGES
        # Each process answers with the newest state, whichever one takes the connection.
        everything = {"q": "*", "filter_id": 2}
        answers = [
            httpx.get(f"{server.url}/api/v1/json/search/images", params=everything).json()
            for _ in range(8)
        ]
        assert all(answer == answers[0] for answer in answers)
        for image in answers[0]["images"]:
            assert image["score"] == image["upvotes"] - image["downvotes"]
            assert image["tag_count"] == len(image["tags"])
    checked = server.command("check", "--deep")
    assert checked.returncode == 0, checked.stdout + checked.stderr
