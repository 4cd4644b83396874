"""Files: validators, ranges, caching, downloads."""

import pytest


def test_a_whole_file(client, kept):
    answer = client.get("/toy/file")
    assert answer.content == kept
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["accept-ranges"] == "bytes"
    head = client.request("HEAD", "/toy/file")
    assert head.content == b""
    assert head.headers["content-length"] == str(len(kept))
    assert head.headers["etag"] == answer.headers["etag"]


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-", 10, None),
        ("bytes=-5", -5, None),
        ("bytes=100-999999999", 100, None),
        ("bytes=300000-700000", 300_000, 700_001),
    ],
)
def test_a_range(client, kept, header, start, end):
    answer = client.get("/toy/file", headers={"Range": header})
    assert answer.status_code == 206
    assert answer.content == kept[start:end]
    first = len(kept) + start if start < 0 else start
    last = first + len(answer.content) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(kept)}"


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "bytes=5-2", "bytes=-", "items=0-1", "x"])
def test_a_range_that_makes_no_sense_is_the_whole(client, kept, header):
    answer = client.get("/toy/file", headers={"Range": header})
    assert (answer.status_code, len(answer.content)) == (200, len(kept))


def test_a_range_past_the_end(client, kept):
    for header in ("bytes=99999999-", "bytes=-0"):
        answer = client.get("/toy/file", headers={"Range": header})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{len(kept)}"
        assert answer.content == b""


@pytest.mark.usefixtures("kept")
def test_validators(client):
    etag = client.get("/toy/file").headers["etag"]
    for header in (etag, f'"x", W/{etag}', "*"):
        answer = client.get("/toy/file", headers={"If-None-Match": header})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert client.get("/toy/file", headers={"If-None-Match": '"x"'}).status_code == 200
    for if_range, status in ((etag, 206), ('"x"', 200)):
        headers = {"If-Range": if_range, "Range": "bytes=0-1"}
        assert client.get("/toy/file", headers=headers).status_code == status


@pytest.mark.usefixtures("kept")
def test_what_is_not_final_is_asked_for_again(client):
    assert client.get("/toy/file?final=no").headers["cache-control"] == "private, no-cache"


@pytest.mark.usefixtures("kept")
def test_a_download_and_an_svg(client):
    saved = client.get("/toy/file", params={"as": 'a "b" ü.png', "ending": "svg"})
    assert saved.headers["content-disposition"] == (
        "attachment; filename=\"a__b___.png\"; filename*=UTF-8''a%20%22b%22%20%C3%BC.png"
    )
    assert saved.headers["content-security-policy"].startswith("sandbox;")
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert saved.content == b"<svg/>"


def test_a_file_that_is_not_there(client):
    assert client.get("/toy/file").status_code == 404
