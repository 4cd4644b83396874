"""The provider's own Node SDK and dog.py, unmodified but for their address, at real servers."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.pictures import png
from tests.e2e.serving import Server, serving

import menagerie.data.demo

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
NPM = shutil.which("npm")
CAT = Path(menagerie.data.demo.__file__).parent / "pictures" / "cat.jpg"
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def cats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose animals are cats."""
    with serving(tmp_path_factory.mktemp("cats") / "data", dogapi_species="cat") as running:
        yield running


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Node program that has the SDK."""
    assert NPM is not None, "npm is missing"
    folder = tmp_path_factory.mktemp("sdk")
    subprocess.run(
        [NPM, "install", "--no-audit", "--no-fund", "--silent", "@thatapicompany/thecatapi@1.0.2"],
        cwd=folder, check=True, timeout=300,
    )  # fmt: skip
    shutil.copy(HERE / "thecatapi_client.js", folder)
    return folder


def post_image(server: Server, tags: str, data: bytes, name: str) -> int:
    """Put a public picture in through the board's API; returns its number."""
    answer = httpx.post(
        f"{server.url}/api/v1/json/images",
        params={"key": server.key},
        data={"image[tag_input]": tags},
        files={"image[image]": (name, data)},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    number: int = answer.json()["image"]["id"]
    return number


def searched(server: Server, **query: object) -> list[dict[str, Any]]:
    answer = httpx.get(
        f"{server.url}/v1/images/search", params=query, headers={"x-api-key": server.key}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_the_providers_sdk(cats: Server, sdk: Path) -> None:
    post_image(cats, "safe, persian cat, category:hats", png(1), "persian.png")
    (public,) = searched(cats)
    run = subprocess.run(
        ["node", "thecatapi_client.js", f"{cats.url}/v1", cats.key, str(CAT), public["id"]],
        cwd=sdk, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)

    uploaded = seen["uploaded"]
    assert (uploaded["originalFilename"], uploaded["subId"]) == ("cat.jpg", "user-1")
    assert (uploaded["pending"], uploaded["approved"]) in {(True, False), (False, True)}
    (analysis,) = seen["analysis"]
    assert "cat" in {label["name"].lower() for label in analysis["labels"]}
    assert [image["id"] for image in seen["own"]] == [uploaded["id"]]
    assert seen["own"][0]["subId"] == "user-1"
    assert seen["ownOfAnother"] == []
    assert [image["id"] for image in seen["ownByName"]] == [uploaded["id"]]
    assert seen["image"]["id"] == uploaded["id"]
    ids = [[image["id"] for image in seen[name]] for name in ("searched", "ofBreed", "ofCategory")]
    assert ids == [[public["id"]]] * 3
    assert seen["ofOtherBreed"] == []
    assert seen["random"]["breeds"][0]["id"] == "pers"

    favourite = seen["favourite"]
    assert favourite["added"]["message"] == "SUCCESS"
    assert favourite["one"]["image"]["url"] == public["url"]
    assert [one["id"] for one in favourite["list"]] == [favourite["added"]["id"]]
    assert favourite["others"] == favourite["left"] == []
    assert favourite["twice"][0] == 400
    assert favourite["twice"][1].startswith("DUPLICATE_FAVOURITE")
    assert {one["imageId"] for one in favourite["nowhere"]} == {public["id"], "no-such-image"}
    assert favourite["deleted"]["message"] == "SUCCESS"

    vote = seen["vote"]
    assert (vote["added"]["message"], vote["added"]["value"]) == ("SUCCESS", 1)
    assert vote["one"]["userId"]
    assert [one["id"] for one in vote["list"]] == [vote["added"]["id"]]
    assert vote["attached"]["vote"] == {"id": vote["added"]["id"], "value": 1}
    assert vote["gone"][0] == 404
    assert seen["afterwards"][0] == 404
    assert seen["stranger"][0] == 401


def test_dog_py(server: Server, client_python: Callable[..., Path]) -> None:
    post_image(server, "safe, pug, photo", png(2), "pug.png")
    (public,) = searched(server)
    uploaded = httpx.post(
        f"{server.url}/v1/images/upload-sync",
        headers={"x-api-key": server.key},
        files={"file": ("mine.png", png(3))},
        timeout=90,
    )
    assert (uploaded.status_code, uploaded.json()["status"]) == (201, "labelled")
    own = uploaded.json()["id"]
    python = client_python("dog.py==0.2.0", "requests")
    run = subprocess.run(
        [python, HERE / "dog_client.py", f"{server.url}/v1", server.key, public["id"], own],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert seen["breeds"] >= 250
    (affenpinscher,) = seen["search"]
    assert affenpinscher[0] == "Affenpinscher"
    assert affenpinscher[1].replace(" - ", "").isdigit()
    assert "Curious" in affenpinscher[3]
    assert "costumes" in seen["categories"]
    assert seen["vote"][:3] == [public["id"], 1, "tom"]
    assert seen["votes"] == seen["favourites"] == [True]
    assert (seen["vote_again"], seen["favourite_again"]) == (1, public["id"])
    assert seen["favourite"] == [public["id"], "tom"]
    shown = {"id": public["id"], "url": public["url"], "breeds": ["Pug"]}
    assert seen["images"] == [shown]
    assert seen["image"] == shown
    assert seen["without_key"] == [public["url"]]
    assert (seen["own"], seen["own_image"]) == ([own, public["id"]], "Image")
    assert seen["deleted"] == [{"message": "SUCCESS"}] * 2
    assert seen["own_afterwards"] == [public["id"]]


def test_an_upload_becomes_public(server: Server) -> None:
    """The example script's way: upload, poll the status, ask, and be found by everybody."""
    headers = {"x-api-key": server.key}
    with httpx.Client(base_url=f"{server.url}/v1", headers=headers, timeout=60) as api:
        made = api.post("/images/upload/", files={"file": ("a.png", png(5))}, data={"sub_id": "x"})
        assert made.status_code == 201, made.text
        image = made.json()
        until = time.monotonic() + 60
        while (status := api.get(f"/images/{image['id']}/status").json()["status"]) != "labelled":
            assert status in {"to_be_reviewed", "clean"}
            assert time.monotonic() < until
            time.sleep(0.2)
        assert httpx.get(image["url"]).content == png(5)
        added = api.post(f"/images/{image['id']}/breeds", json={"breed_id": "1"})
        assert added.status_code in {200, 201}, added.text
        asked = api.post(f"/images/{image['id']}/public-requests")
        assert (asked.status_code, asked.json()["status"]) == (201, "pending")
        assert httpx.get(f"{server.url}/v1/images/{image['id']}").status_code == 404
        done = server.command("requests", "approve", asked.json()["id"], "--message", "nice")
        assert done.returncode == 0, done.stderr
        told = api.get(f"/images/{image['id']}/public-requests/status").json()
        assert (told["status"], told["admin_message"]) == ("approved", "nice")
    assert httpx.get(f"{server.url}/v1/images/{image['id']}").status_code == 200
    found = httpx.get(f"{server.url}/v1/images/search", params={"breed_ids": "1", "limit": 10})
    assert image["id"] in {one["id"] for one in found.json()}
