import os
import resource
import socket
import time

import httpx
import pytest

import object_store
from menagerie import settings
from menagerie.errors import NotFound, Unavailable
from menagerie.storage import blobs
from menagerie.storage.blobs import Blobs

HASH = "0123456789abcdef" * 8
NAME = blobs.original_name(HASH, "png")
DAY_US = 86_400_000_000


@pytest.fixture
def folder(tmp_path):
    return Blobs(settings.load({"data": str(tmp_path)}, {}))


@pytest.fixture(scope="module")
def s3_server():
    with object_store.serving() as (_server, address):
        yield address


def s3(tmp_path, address):
    flags = {
        "data": str(tmp_path),
        "files_url": "s3://pictures/library",
        "files_key": "key",
        "files_secret": "secret",
        "files_endpoint": address,
    }
    return Blobs(settings.load(flags, {}))


def check_store(store, tmp_path):
    spooled = tmp_path / "spooled"
    spooled.write_bytes(b"0123456789")
    store.put_all({NAME: spooled, blobs.representation_name(HASH, "thumb.png"): b"thumb"})
    assert store.get(NAME) == b"0123456789"
    assert store.get_range(NAME, 2, 5) == b"234"
    assert store.get_range(NAME, 5, 5) == b""
    assert b"".join(store.stream(NAME, 1, 9, chunk_bytes=3)) == b"12345678"
    assert store.size(NAME) == 10
    assert abs(store.head(NAME).touched_at / 1e6 - time.time()) < 60
    assert {blob.name for blob in store.list()} == {
        NAME,
        blobs.representation_name(HASH, "thumb.png"),
    }
    assert [blob.size_bytes for blob in store.list("originals/01")] == [10]
    assert list(store.list("originals/99")) == []
    with store.as_file(NAME) as path:
        assert path.read_bytes() == b"0123456789"
    store.ensure({NAME: spooled})
    store.touch(NAME)
    store.delete(NAME, "originals/xx/yy/none.png")
    assert not store.exists(NAME)
    for refused in (store.get, store.head, store.size, store.touch):
        with pytest.raises(NotFound):
            refused(NAME)
    with pytest.raises(NotFound):
        store.get_range(NAME, 0, 3)
    with pytest.raises(NotFound), store.as_file(NAME):
        pass


def test_a_folder_keeps_reads_lists_and_deletes(folder, tmp_path):
    check_store(folder, tmp_path)
    assert folder.presign(NAME) is None
    assert folder.local_path(NAME) == tmp_path / "files" / NAME


@pytest.mark.slow
def test_an_object_store_keeps_reads_lists_and_deletes(s3_server, tmp_path):
    store = s3(tmp_path, s3_server)
    check_store(store, tmp_path)
    assert store.local_path(NAME) is None
    store.put(NAME, b"a picture")
    answer = httpx.get(store.presign(NAME))
    assert answer.content == b"a picture"
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.slow
def test_an_object_store_that_is_down_is_unavailable(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        store = s3(tmp_path, f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(Unavailable) as caught:
            store.get(NAME)
    assert "127.0.0.1" not in caught.value.message


def test_a_failed_write_leaves_nothing_and_keeps_the_old(folder, tmp_path):
    folder.put(NAME, b"old")
    with pytest.raises(NotFound):
        folder.put(NAME, tmp_path / "missing")
    assert folder.get(NAME) == b"old"
    assert list((tmp_path / "files" / ".incoming").iterdir()) == []


def test_a_full_disk_refuses_to_write_and_keeps_reading(folder, tmp_path):
    folder.put(NAME, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(Unavailable) as caught:
            folder.put(NAME, b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "no room" in caught.value.message
    assert folder.get(NAME) == b"old"
    assert list((tmp_path / "files" / ".incoming").iterdir()) == []


def test_ensure_writes_what_is_missing_and_touches_the_rest(folder, tmp_path):
    folder.put(NAME, b"same")
    old = time.time() - 2 * 86400
    os.utime(folder.local_path(NAME), (old, old))
    before = folder.head(NAME).touched_at
    other = blobs.representation_name(HASH, "full.png")
    folder.ensure({NAME: b"same", other: b"new"})
    assert folder.head(NAME).touched_at > before + DAY_US
    assert folder.get(other) == b"new"
    # A file that was cut short is no reason to lose the picture.
    folder.local_path(NAME).write_bytes(b"sa")
    folder.ensure({NAME: b"same"})
    assert folder.get(NAME) == b"same"


def test_what_was_abandoned_half_written_is_dropped_and_never_listed(folder, tmp_path):
    half = tmp_path / "files" / ".incoming" / "half"
    half.write_bytes(b"x")
    assert list(folder.list()) == []
    assert folder.drop_abandoned(older_than=0) == 0
    assert folder.drop_abandoned(older_than=int(time.time() * 1e6) + DAY_US) == 1
    assert not half.exists()


def test_names_are_the_address_of_the_content():
    assert blobs.sha512_of_name(NAME) == HASH
    assert blobs.sha512_of_name(blobs.representation_name(HASH, "full.webm")) == HASH
    assert blobs.media_type_of_name(NAME) == "image/png"
    assert blobs.media_type_of_name("x/y.svg") == "image/svg+xml"


def test_a_folder_may_be_given_as_an_address(tmp_path):
    flags = {"data": str(tmp_path), "files_url": f"file://{tmp_path}/else%20where"}
    store = Blobs(settings.load(flags, {}))
    store.put(NAME, b"x")
    assert (tmp_path / "else where" / NAME).read_bytes() == b"x"
