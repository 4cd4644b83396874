"""The whole way of a picture with its files in an object store."""

import random

import msgspec
import pytest

import build
import object_store
import rows
from menagerie import jobs
from menagerie.core import checks, image_files, images, rendering, sweeping
from menagerie.errors import Unavailable
from menagerie.http import media
from menagerie.http.call import Call, anonymous
from menagerie.library import SYSTEM, Library

pytestmark = pytest.mark.slow


@pytest.fixture
def server():
    with object_store.serving() as running:
        yield running


@pytest.fixture
def library(settings, clock, shared_pool, server):
    remote = msgspec.structs.replace(
        settings,
        files_url="s3://pictures/here",
        files_key="key",
        files_secret="secret",
        files_endpoint=server[1],
    )
    library = Library(remote, clock=clock, random_source=random.Random(1))
    own, library.pool = library.pool, shared_pool
    yield library
    library.pool = own
    library.close()


def test_it_comes_in_is_rendered_checked_deleted_and_swept(library, clock):
    alice = rows.account(library, "Alice")
    image_id = build.image(library, actor=alice, size=(300, 200))
    jobs.Worker(library, {rendering.RENDER: rendering.render_image}, threads=0).run_pending()
    with library.reading(alice) as tx:
        image = images.get(tx, image_id)
    assert image.has_representations
    assert checks.run(library, is_deep=True).problems == []
    assert library.blobs.presign(image_files.full(image)).startswith("http://127.0.0.1")
    with library.writing(alice) as tx:
        images.delete_own(tx, image_id)
    clock.time = max(blob.touched_at for blob in library.blobs.list())
    clock.advance(2 * 86_400)
    assert sweeping.sweep(library).files == 2 + len(rendering.file_names(image))
    assert list(library.blobs.list()) == []


def test_a_store_that_is_down_refuses_uploads_and_nothing_else(library, server):
    image_id = build.image(library)
    server[0].stop()
    with pytest.raises(Unavailable):
        build.image(library)
    with library.reading(SYSTEM) as tx:
        assert images.get(tx, image_id).id == image_id
        assert checks.counters(tx) == []


def test_clients_are_sent_to_the_store_but_for_downloads_and_svgs(library):
    library.settings = msgspec.structs.replace(library.settings, files_redirect=True)
    stem = "originals/ab/cd/" + "ab" * 64
    library.blobs.put(f"{stem}.png", b"png")
    library.blobs.put(f"{stem}.svg", b"<svg/>")
    call = Call(library, {"type": "http", "headers": []}, identify=anonymous)
    sent = media.serve(call, media.File(name=f"{stem}.png"))
    assert (sent.status, sent.header("cache-control")) == (302, "private, no-store")
    saved = media.serve(call, media.File(name=f"{stem}.png", download_as="a.png"))
    assert saved.header("content-disposition").startswith("attachment;")
    drawn = media.serve(call, media.File(name=f"{stem}.svg"))
    assert drawn.header("content-security-policy").startswith("sandbox;")
