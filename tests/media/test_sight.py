import numpy as np
import pytest
import pyvips

from media import make
from menagerie.data import demo
from menagerie.errors import Unsupported
from menagerie.media import pixels, sight
from menagerie.media.probe import probe

DEMO = demo._FOLDER / "pictures"


def rows(view: bytes) -> np.ndarray:
    return np.frombuffer(view, np.uint8).reshape(sight.SIDE_PX, sight.SIDE_PX, 3).astype(int)


def difference(one: bytes, other: bytes) -> float:
    return float(np.abs(rows(one) - rows(other)).mean())


@pytest.mark.parametrize("ending", [".png", ".jpg", ".gif", ".webp", ".avif"])
def test_a_still_is_one_view_of_each_kind(pool, put, encoded, ending):
    found = pool.run(sight.views, put(encoded(ending)))
    assert len(found.subject) == sight.VIEW_BYTES
    assert [len(view) for view in found.whole] == [sight.VIEW_BYTES]


def test_the_subject_is_the_undistorted_middle(put):
    # A white disc in the middle of a wide black picture stays round; squeezed, it does not.
    y, x = np.mgrid[0:200, 0:600]
    disc = ((x - 300) ** 2 + (y - 100) ** 2 < 60**2)[..., None].repeat(3, 2)
    picture = pyvips.Image.new_from_array(disc.astype(np.uint8) * 255)
    found = sight.views(put(picture.copy(interpretation="srgb").pngsave_buffer()))
    sides = [(rows(found.subject)[..., 0] > 127).any(axis).sum() for axis in (0, 1)]
    assert sides[0] == pytest.approx(sides[1], abs=2)
    assert sides[0] == pytest.approx(120 * 256 / 200, abs=3)
    squeezed = [(rows(found.whole[0])[..., 0] > 127).any(axis).sum() for axis in (0, 1)]
    assert squeezed[1] == pytest.approx(3 * squeezed[0], abs=6)


def test_a_turned_photograph_is_seen_upright(put, picture):
    plain = sight.views(put(picture.jpegsave_buffer(Q=95, keep="none"), "plain"))
    turned = picture.rot270().copy()
    turned.set_type(pyvips.GValue.gint_type, "orientation", 6)
    found = sight.views(put(turned.jpegsave_buffer(Q=95), "turned"))
    assert difference(found.subject, plain.subject) < 3
    assert difference(found.whole[0], plain.whole[0]) < 3


def test_what_is_transparent_is_white(put):
    glass = pyvips.Image.black(300, 300, bands=4).copy(interpretation="srgb")
    found = sight.views(put(glass.pngsave_buffer()))
    assert rows(found.subject).min() == rows(found.whole[0]).min() == 255


def test_a_decoded_picture_shows_the_same_as_its_file(put, picture):
    path = put(picture.pngsave_buffer(keep="none"))
    found = probe(path)
    decoded = sight.views_of(pixels.upright(pixels.middle_frame(path, found), found))
    from_file = sight.views(path)
    assert difference(decoded.subject, from_file.subject) < 1
    assert difference(decoded.whole[0], from_file.whole[0]) < 1


@pytest.mark.parametrize(
    ("data", "count"),
    [(make.gif(8), 5), (make.apng(4), 4), (make.webm(10), 5), (make.long_gif(1), 1)],
    ids=["gif", "apng", "webm", "still gif"],
)
def test_frames_are_looked_at_from_end_to_end(pool, put, data, count):
    found = pool.run(sight.views, put(data))
    assert len(found.whole) == count
    brightness = [rows(view).mean() for view in found.whole]
    assert brightness == sorted(brightness)
    if count > 1:
        assert brightness[-1] - brightness[0] > 100
        middle = rows(found.subject).mean()
        assert brightness[0] <= middle < brightness[-1]  # an APNG's first frame stands for it


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 3000), (5000, 2), (30, 30)])
def test_the_smallest_and_thinnest_pictures_have_views(put, width, height):
    pixels_ = np.full((height, width, 3), [10, 200, 90], np.uint8)
    plain = pyvips.Image.new_from_array(pixels_).copy(interpretation="srgb")
    found = sight.views(put(plain.pngsave_buffer()))
    for view in (found.subject, *found.whole):
        assert np.abs(rows(view) - [10, 200, 90]).max() <= 1


def test_grey_and_cmyk_are_seen_in_colour(put, picture):
    grey = sight.views(put(picture.colourspace("b-w").jpegsave_buffer(), "grey"))
    assert np.ptp(rows(grey.subject), axis=2).max() == 0
    cmyk = sight.views(put(picture.colourspace("cmyk").jpegsave_buffer(), "cmyk"))
    assert len(cmyk.subject) == sight.VIEW_BYTES


def test_what_cannot_be_decoded_is_refused(pool, put, encoded):
    data = encoded(".png")
    assert pool.run(sight.views, put(data))
    for bad in (data[: len(data) // 2], b"nothing", b""):
        with pytest.raises(Unsupported):
            pool.run(sight.views, put(bad))


@pytest.mark.parametrize("name", ["astronaut", "cat", "coffee", "rocket"])
def test_the_demo_looks_as_when_the_reference_was_made(name, request):
    kept = request.config.rootpath / "tests" / "vision" / "views" / f"{name}.png"
    reference = pyvips.Image.new_from_file(str(kept)).write_to_memory()
    assert difference(sight.views(str(DEMO / f"{name}.jpg")).subject, reference) < 1
