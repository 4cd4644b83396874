"""Hostile files, sent to a real server: refused with the right words, and the server lives on."""

import io
import struct
import zipfile
import zlib

import httpx
import pytest
from tests.e2e.pictures import _chunk, png
from tests.e2e.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
CORRUPT = "contents corrupt, not recognized, or dimensions are too large to process"
TOO_LARGE = "dimensions are too large to process"


def huge_png() -> bytes:
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + body + _chunk(b"IEND", b"")


def endless_gif() -> bytes:
    frame = b"!\xf9\x04\0\x01\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0"
    head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"
    return head + frame * 10_000 + b";"


def zipped() -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("picture.png", png(1))
    return box.getvalue()


def svg(inside: str, before: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{before}<svg xmlns="http://www.w3.org/2000/svg"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink" width="100" height="100">'
        f"{inside}</svg>"
    ).encode()


def use_bomb() -> bytes:
    levels = "".join(
        f'<g id="l{n}">' + f'<use xlink:href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, 10)
    )
    return svg(
        f'<defs><g id="l0"><rect width="1" height="1"/></g>{levels}</defs><use xlink:href="#l9"/>'
    )


LAUGHS = (
    "<!DOCTYPE svg ["
    '<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(8))
    + "]>"
)

HOSTILE = {
    "truncated.png": png(1, width=300, height=300)[:2000],
    "text.png": b"this is no picture",
    "huge.png": huge_png(),
    "empty.png": b"",
    "zip.jpg": zipped(),
    "endless.gif": endless_gif(),
    "script.svg": svg("<script>alert(1)</script>"),
    "handler.svg": svg('<rect width="9" height="9" onload="alert(1)"/>'),
    "entities.svg": svg("<text>&i;</text>", LAUGHS),
    "file.svg": svg("<text>&x;</text>", '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "external.svg": svg('<image xlink:href="http://127.0.0.1:9/x.png" width="9" height="9"/>'),
    "bomb.svg": use_bomb(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_and_the_server_lives_on(server: Server, name: str) -> None:
    answer = httpx.post(
        f"{server.url}/api/v1/json/images",
        params={"key": server.key},
        data={"image[tag_input]": "safe, hostile, file"},
        files={"image[image]": (name, HOSTILE[name], "image/png")},
        timeout=60,
    )
    assert answer.status_code == 400, answer.text
    errors = answer.json()["errors"]
    assert errors["image"][0] in {CORRUPT, TOO_LARGE}, errors
    assert httpx.get(f"{server.url}/healthz").status_code == 200
    found = httpx.get(f"{server.url}/api/v1/json/search/images", params={"q": "hostile"}).json()
    assert found["total"] == 0


def test_a_file_is_judged_by_its_bytes(server: Server) -> None:
    answer = httpx.post(
        f"{server.url}/api/v1/json/images",
        params={"key": server.key},
        data={"image[tag_input]": "safe, misnamed, file"},
        files={"image[image]": ("picture.gif", png(99), "image/gif")},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["image"]["mime_type"] == "image/png"
