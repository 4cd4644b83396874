"""The jobs after an upload: what they make, and that they may run twice or die."""

import msgspec
import pytest
import pyvips

import build
import files
import rows
from menagerie import jobs
from menagerie.core import image_files, images, rendering
from menagerie.library import SYSTEM
from menagerie.media import render
from menagerie.storage import blobs
from menagerie.storage.schema import Audience

HANDLERS = {
    rendering.RENDER: rendering.render_image,
    rendering.OPTIMISE: rendering.optimise,
}


def work(library):
    """Run every job; return how many ran. Fails when one failed."""
    ran = jobs.Worker(library, HANDLERS, threads=0).run_pending()
    with library.reading(SYSTEM) as tx:
        counts = jobs.counts(tx)
    assert (counts.waiting, counts.failed) == (0, 0)
    return ran


def read(library, image_id):
    with library.reading(SYSTEM) as tx:
        return images.find_any(tx, image_id)


FORMATS = {
    "png": lambda: files.still("png", size=(400, 200)),
    "jpg": lambda: files.turned_jpeg((400, 200)),
    "webp": lambda: files.still("webp", size=(400, 200)),
    "svg": files.svg,
    "gif": lambda: files.animation(size=(60, 40)),
    "apng": files.apng,
    "webm": files.clip,
}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_name_has_a_file_afterwards(library, kind):
    image_id = build.image(library, data=FORMATS[kind]())
    before = read(library, image_id)
    assert not before.has_representations
    assert work(library) == 1
    image = read(library, image_id)
    assert image.has_representations
    assert image.is_optimised  # there is nothing more to do
    assert image.updated_at == before.updated_at
    assert all(library.blobs.exists(name) for name in rendering.file_names(image))
    endings = {"svg": ["png", "svg"], "gif": ["gif", "webm", "mp4"], "webm": ["webm", "mp4"]}
    for ending in endings.get(image.format, [image.format]):
        for name in render.NAMES if ending != "svg" else ["full"]:
            if image.format == "gif" and ending != "gif" and name != "full":
                continue
            assert library.blobs.exists(image_files.representation(image, f"{name}.{ending}"))


def test_a_thumbnail_fits_its_box_and_is_upright(library):
    image_id = build.image(library, data=files.turned_jpeg((400, 200)))
    work(library)
    data = library.blobs.get(image_files.representation(read(library, image_id), "thumb.jpg"))
    thumb = pyvips.Image.new_from_buffer(data, "")
    assert (thumb.width, thumb.height) == (125, 250)


def test_rendering_twice_changes_nothing(library):
    image_id = build.image(library, size=(300, 300))
    rendering.render_image(library, image_id=image_id)
    once = {blob.name: blob for blob in library.blobs.list()}
    version = library.catalogue.current().image_version(image_id)
    rendering.render_image(library, image_id=image_id)
    rendering.optimise(library, image_id=image_id)
    assert {blob.name: blob for blob in library.blobs.list()} == once
    assert library.catalogue.current().image_version(image_id) == version


def test_what_died_half_way_is_made_whole(library):
    image_id = build.image(library, size=(300, 300))
    image = read(library, image_id)
    # As if killed after the first file.
    library.blobs.put(blobs.representation_name(image.sha512, "thumb.png"), b"cut sho")
    work(library)
    data = library.blobs.get(image_files.representation(image, "thumb.png"))
    assert pyvips.Image.new_from_buffer(data, "").width == 250


def test_a_shared_file_is_rendered_once(library):
    alice = rows.account(library, "Alice")
    data = build.png((300, 300))
    first = build.image(library, data=data)
    work(library)
    made = {blob.name: blob.touched_at for blob in library.blobs.list("representations")}
    second = build.image(library, data=data, actor=alice, audience=Audience.PRIVATE)
    work(library)
    again = {blob.name: blob.touched_at for blob in library.blobs.list("representations")}
    full = image_files.full(read(library, first))
    assert {n: t for n, t in again.items() if n != full} == {
        n: t for n, t in made.items() if n != full
    }
    assert read(library, second).has_representations


def test_a_deleted_image_is_not_rendered(library):
    alice = rows.account(library, "Alice")
    image_id = build.image(library, actor=alice, size=(300, 300))
    with library.writing(alice) as tx:
        images.delete_own(tx, image_id)
    work(library)
    assert not read(library, image_id).has_representations
    rendering.render_image(library, image_id=999)


def test_a_png_is_made_smaller_where_the_settings_say_so(library):
    library.settings = msgspec.structs.replace(library.settings, optimise=True)
    wasteful = files.flat_png()
    image_id = build.image(library, data=wasteful)
    assert work(library) == 2
    image = read(library, image_id)
    assert image.is_optimised
    assert image.size_bytes < image.original_size_bytes == len(wasteful)
    smaller = library.blobs.get(image_files.full(image))
    assert len(smaller) == image.size_bytes
    assert library.blobs.get(image_files.original(image)) == wasteful
    shown, put_in = (pyvips.Image.new_from_buffer(data, "") for data in (smaller, wasteful))
    assert (shown - put_in).abs().max() == 0
    # A twin takes over the smaller file as well.
    alice = rows.account(library, "Alice")
    twin = build.image(library, data=wasteful, actor=alice, audience=Audience.PRIVATE)
    assert work(library) == 1
    assert read(library, twin).full_sha512 == image.full_sha512


def test_other_formats_are_left_alone_by_the_optimiser(library):
    library.settings = msgspec.structs.replace(library.settings, optimise=True)
    image_id = build.image(library, data=files.still("jpg"))
    before = read(library, image_id)
    assert work(library) == 1
    image = read(library, image_id)
    assert image.is_optimised
    assert image.full_sha512 == before.full_sha512
