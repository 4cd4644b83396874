"""Portraits of real photographs: every style, alike each time, unlike each other."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import pyvips

import files
from menagerie.data import demo
from menagerie.errors import Unsupported
from menagerie.media import ornaments, portraits
from menagerie.media.pool import DecodePool
from menagerie.media.portraits import Style

PHOTO = Path(demo.__file__).parent / "pictures" / "cat.jpg"


@pytest.fixture(scope="module")
def pool():
    pool = DecodePool(1, memory_bytes=2 << 30, timeout_s=60)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def painted(pool):
    """Every style of one photograph; some 15 s of work."""
    return {style: pool.run(portraits.draw, str(PHOTO), style, 5) for style in Style}


def small(data):
    image = pyvips.Image.new_from_buffer(data, "").thumbnail_image(64, height=64, size="force")
    return np.frombuffer(image.write_to_memory(), np.uint8).astype(float)


@pytest.mark.slow
def test_each_style_is_a_jpeg_of_one_size_without_metadata(painted):
    for data in painted.values():
        image = pyvips.Image.new_from_buffer(data, "")
        assert (image.get("vips-loader"), image.width, image.height) == (
            "jpegload_buffer",
            ornaments.SIZE,
            ornaments.SIZE,
        )
        assert image.get_typeof("exif-data") == 0
        assert len(data) < 1_500_000


@pytest.mark.slow
def test_styles_are_unlike_each_other_and_not_flat(painted):
    shown = {style: small(data) for style, data in painted.items()}
    for first, second in itertools.combinations(Style, 2):
        assert np.abs(shown[first] - shown[second]).mean() > 18, (first, second)
    assert all(values.std() > 25 for values in shown.values())


@pytest.mark.slow
def test_the_same_seed_paints_the_same_and_another_does_not(pool, painted):
    again = pool.run(portraits.draw, str(PHOTO), Style.PENCIL_SKETCH, 5)
    other = pool.run(portraits.draw, str(PHOTO), Style.PENCIL_SKETCH, 6)
    assert again == painted[Style.PENCIL_SKETCH]
    assert other != again


ODD = {
    "white.png": (pyvips.Image.black(1, 1) + 255).cast("uchar").write_to_buffer(".png"),
    "transparent.png": pyvips.Image.black(40, 400, bands=4).cast("uchar").write_to_buffer(".png"),
    "moving.gif": files.animation("gif"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("style", "name"), list(zip(Style, itertools.cycle(ODD), strict=False)))
def test_odd_pictures_are_painted_too(pool, tmp_path, style, name):
    path = tmp_path / name
    path.write_bytes(ODD[name])
    image = pyvips.Image.new_from_buffer(pool.run(portraits.draw, str(path), style), "")
    assert image.width == ornaments.SIZE


def test_a_photograph_is_shrunk_for_a_question(pool, tmp_path):
    image = pyvips.Image.new_from_buffer(pool.run(portraits.shrink, str(PHOTO), 200), "")
    assert max(image.width, image.height) == 200
    tiny = tmp_path / "tiny.png"
    tiny.write_bytes(files.still("png", size=(30, 20)))
    image = pyvips.Image.new_from_buffer(pool.run(portraits.shrink, str(tiny), 200), "")
    assert (image.width, image.height) == (30, 20)


def test_what_is_no_picture_is_refused(pool, tmp_path):
    path = tmp_path / "text.jpg"
    path.write_text("hello")
    for task in (
        lambda: pool.run(portraits.draw, str(path), Style.STUDIO),
        lambda: pool.run(portraits.shrink, str(path), 100),
    ):
        with pytest.raises(Unsupported):
            task()
