"""gallery-dl, unmodified, downloads from a real server."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.e2e.pictures import png
from tests.e2e.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
COUNT = 60  # more than one page of the 50 that the client asks for


@pytest.fixture(scope="module")
def gallery_dl(client_python: Callable[..., Path]) -> Path:
    return client_python("gallery-dl==1.32.18")


@pytest.fixture(scope="module")
def uploaded(server: Server) -> dict[int, bytes]:
    """Upload small distinct pictures; returns the files by image id."""
    files: dict[int, bytes] = {}
    with httpx.Client(base_url=server.url, params={"key": server.key}, timeout=60) as client:
        for number in range(COUNT):
            data = png(number)
            answer = client.post(
                "/api/v1/json/images",
                data={"image[tag_input]": f"safe, number {number}, generated, solo: one"},
                files={"image[image]": (f"{number}.png", data, "image/png")},
            )
            assert answer.status_code == 200, answer.text
            files[answer.json()["image"]["id"]] = data
    return files


def download(python: Path, folder: Path, url: str, *more: str) -> dict[int, bytes]:
    """Download `url` with metadata; returns the files by image id."""
    run = subprocess.run(
        [python, "-m", "gallery_dl", "--config-ignore", "-D", folder, "--write-metadata",
         "-o", "sleep-request=0", "-o", "request-interval=0", *more, f"philomena:{url}"],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found = {}
    for note in folder.rglob("*.json"):
        facts = json.loads(note.read_text(encoding="utf-8"))
        found[facts["id"]] = note.with_suffix("").read_bytes()
    return found


def test_one_image(server: Server, uploaded, gallery_dl: Path, tmp_path: Path) -> None:
    image_id, data = next(iter(uploaded.items()))
    found = download(gallery_dl, tmp_path, f"{server.url}/images/{image_id}")
    assert {i: digest(d) for i, d in found.items()} == {image_id: digest(data)}


def test_a_search_over_several_pages(server: Server, uploaded, gallery_dl: Path, tmp_path: Path):
    found = download(gallery_dl, tmp_path, f"{server.url}/search?q=generated")
    assert {i: digest(d) for i, d in found.items()} == {i: digest(d) for i, d in uploaded.items()}


def test_a_tag_page(server: Server, uploaded, gallery_dl: Path, tmp_path: Path) -> None:
    found = download(gallery_dl, tmp_path, f"{server.url}/tags/number+7")
    assert len(found) == 1
    assert digest(next(iter(found.values()))) == digest(png(7))


def test_a_search_with_a_key(server: Server, uploaded, gallery_dl: Path, tmp_path: Path) -> None:
    image_id = next(iter(uploaded))
    httpx.post(
        f"{server.url}/api/v1/json/images/{image_id}/fave", params={"key": server.key}
    ).raise_for_status()
    found = download(
        gallery_dl, tmp_path, f"{server.url}/search?q=my:faves", "-o", f"api-key={server.key}"
    )
    assert list(found) == [image_id]


def test_a_gallery_and_comments(server: Server, uploaded, gallery_dl: Path, tmp_path: Path) -> None:
    ids = list(uploaded)[3:6]
    with httpx.Client(
        base_url=f"{server.url}/api/v1/json", params={"key": server.key}, timeout=60
    ) as api:
        made = api.post("/galleries", json={"gallery": {"title": "Some of them"}}).json()
        gallery_id = made["gallery"]["id"]
        for image_id in ids:
            api.post(f"/galleries/{gallery_id}/images/{image_id}").raise_for_status()
        said = api.post(f"/images/{ids[0]}/comments", json={"comment": {"body": "Nice"}})
        said.raise_for_status()
    found = download(
        gallery_dl, tmp_path, f"{server.url}/galleries/{gallery_id}", "-o", "comments=true"
    )
    assert {i: digest(d) for i, d in found.items()} == {i: digest(uploaded[i]) for i in ids}
    notes = [json.loads(note.read_text(encoding="utf-8")) for note in tmp_path.rglob("*.json")]
    assert {note["gallery"]["title"] for note in notes} == {"Some of them"}
    assert [c["body"] for note in notes for c in note["comments"]] == ["Nice"]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
