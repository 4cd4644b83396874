"""Bodies in bounded memory; buckets."""

import asyncio
from collections.abc import Iterator
from typing import cast

import pytest
from litestar.types import Scope

from menagerie.errors import RateLimited, TooLarge
from menagerie.http.call import Call, anonymous
from menagerie.http.limits import FIELD_LIMIT_BYTES, Body, Buckets, spool
from menagerie.http.parameters import Malformed, parse_json

BOUNDARY = "b0undary"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def part(name: str, data: bytes, filename: str | None = None) -> bytes:
    file = f'; filename="{filename}"' if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + data + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def read(body: bytes, headers: dict[str, str], folder, *, limit=10**7, size=7) -> Body:
    """Spool `body`, sent in pieces of `size` bytes without a length."""
    pieces: Iterator[bytes] = iter([body[i : i + size] for i in range(0, len(body), size)])

    async def receive():
        piece = next(pieces, None)
        if piece is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        return {"type": "http.request", "body": piece, "more_body": True}

    return asyncio.run(spool(receive, headers, limit_bytes=limit, folder=folder))


@pytest.mark.parametrize("size", [1, 13, 100_000])
def test_a_form_in_any_pieces_gives_fields_and_files(tmp_path, size):
    data = bytes(range(256)) * 20
    form = part("image[tag_input]", "süß, b".encode()) + part("image[image]", data, "a b.png") + END
    body = read(form, FORM, tmp_path, size=size)
    assert body.fields == [("image[tag_input]", "süß, b")]
    [(name, file)] = body.files
    assert (name, file.name, file.size_bytes) == ("image[image]", "a b.png", len(data))
    assert file.path.read_bytes() == data
    body.close()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_and_an_empty_field_are_kept(tmp_path):
    body = read(part("f", b"", "x") + part("t", b"") + END, FORM, tmp_path)
    assert body.fields == [("t", "")]
    assert body.files[0][1].size_bytes == 0


@pytest.mark.parametrize("headers", [FORM, {**FORM, "content-length": "5000"}])
def test_a_body_beyond_the_limit_is_refused_and_leaves_nothing(tmp_path, headers):
    form = part("f", b"x" * 5000, "x") + END
    with pytest.raises(TooLarge):
        read(form, headers, tmp_path, limit=1000, size=100)
    assert list(tmp_path.iterdir()) == []


def test_fields_may_not_fill_the_memory(tmp_path):
    form = part("t", b"x" * (FIELD_LIMIT_BYTES + 1)) + END
    with pytest.raises(TooLarge):
        read(form, FORM, tmp_path, size=65536)
    with pytest.raises(TooLarge):
        read(
            b"x" * (FIELD_LIMIT_BYTES + 1),
            {"content-type": "application/json"},
            tmp_path,
            size=65536,
        )
    with pytest.raises(TooLarge):
        read(b"".join(part(str(n), b"") for n in range(500)) + END, FORM, tmp_path, size=65536)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff", "application/json"),
        (b"a=%00", "application/x-www-form-urlencoded"),
        (b"--nothing", f"multipart/form-data; boundary={BOUNDARY}"),
        (part("a", b"1"), f"multipart/form-data; boundary={BOUNDARY}"),
        (b"", "multipart/form-data"),
    ],
)
def test_a_broken_body_is_malformed(tmp_path, body, kind):
    with pytest.raises(Malformed):
        read(body, {"content-type": kind}, tmp_path, size=1000)


@pytest.mark.parametrize("charset", ["undefined", "punycode", "hex", "unicode_escape", "x"])
def test_a_part_in_no_charset_of_ours_is_malformed(tmp_path, charset):
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n'
    body = f"{head}Content-Type: text/plain; charset={charset}\r\n\r\n\\ud800\r\n".encode() + END
    with pytest.raises(Malformed):
        read(body, FORM, tmp_path, size=1000)


def test_json_and_forms_are_read_and_other_kinds_passed_over(tmp_path):
    assert read(b'{"a":[1]}', {"content-type": "application/json"}, tmp_path).json == {"a": [1]}
    form = read(b"a=1&b[]=2", {"content-type": "application/x-www-form-urlencoded"}, tmp_path)
    assert form.fields == [("a", "1"), ("b[]", "2")]
    plain = read(b"abc", {"content-type": "text/plain"}, tmp_path)
    assert plain == Body(fields=[], files=[], raw=b"abc")
    assert read(b"", {}, tmp_path) == Body(fields=[], files=[])


def test_a_client_that_goes_away_is_no_success(tmp_path):
    async def receive():
        return {"type": "http.disconnect"}

    with pytest.raises(Malformed):
        asyncio.run(spool(receive, FORM, limit_bytes=10, folder=tmp_path))


def test_a_bucket_empties_and_fills_again():
    now = [0.0]
    buckets = Buckets(2, clock=lambda: now[0])
    buckets.take("a")
    buckets.take("a")
    buckets.take("b")
    with pytest.raises(RateLimited) as caught:
        buckets.take("a")
    assert caught.value.retry_after_s == 30
    now[0] = 30.0
    buckets.take("a")
    with pytest.raises(RateLimited):
        buckets.take("a")
    for _ in range(100):
        Buckets(0).take("a")


def test_one_network_of_ipv6_is_one_client(library):
    def call(address: str) -> Call:
        scope = {"client": (address, 1), "headers": [], "state": {}}
        return Call(library, cast("Scope", scope), identify=anonymous)

    for number in range(library.settings.crowd_rate):
        call(f"2001:db8::{number:x}").limit_crowd()
    with pytest.raises(RateLimited):
        call("2001:db8::ffff:1").limit_crowd()
    call("2001:db8:0:1::1").limit_crowd()


def test_json_of_millions_of_values_is_refused_before_it_is_built():
    with pytest.raises(Malformed, match="too many values"):
        parse_json(b"[" + b"[]," * 600_000 + b"1]")


def test_others_are_served_while_a_large_form_is_taken_apart(tmp_path):
    folder, body = tmp_path, b"image=" + b"%41" * 1_000_000

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def main() -> None:
        limit = 1 << 24
        headers = {"content-type": "application/x-www-form-urlencoded"}
        reading = asyncio.ensure_future(
            spool(receive, headers, limit_bytes=limit, folder=folder, text_limit_bytes=limit)
        )
        await asyncio.sleep(0)
        turns = 0
        while not reading.done():
            await asyncio.sleep(0.005)
            turns += 1
        assert (await reading).fields == [("image", "A" * 1_000_000)]
        assert turns > 3

    asyncio.run(main())
