import io

import av
import msgspec
import numpy as np
import pytest
import pyvips

from media import make
from menagerie.errors import TooLarge, Unsupported
from menagerie.media import containers, sight
from menagerie.media.examine import examine, query_features
from menagerie.media.hashes import hamming, sha512_hex
from menagerie.media.limits import CORRUPT, Limits
from menagerie.media.publish import optimise_png

SECRET = b"GPS-SECRET"


def published(examination):
    with open(examination.published_path, "rb") as file:  # noqa: PTH123 - a path of a temp folder
        return file.read()


def jpeg(picture, **options):
    return picture.jpegsave_buffer(keep="none", Q=90, **options)


@pytest.mark.parametrize("ending", [".png", ".jpg", ".gif", ".webp", ".avif"])
def test_a_picture_without_metadata_is_published_as_it_is(pool, put, encoded, ending):
    data = encoded(ending)
    found = pool.run(examine, put(data))
    assert found.published_path is None
    assert found.sha512 == found.published_sha512 == sha512_hex(data)
    assert found.probe == found.published
    assert found.probe.size_bytes == len(data)


@pytest.mark.parametrize("data", [make.gif(), make.apng(), make.webm(), make.svg("<g/>")])
def test_animations_clips_and_drawings_are_published_as_they_are(pool, put, data):
    assert pool.run(examine, put(data)).published_path is None


def test_all_formats_of_one_picture_look_alike(pool, put, encoded):
    whole = pool.run(examine, put(encoded(".png")))
    for ending in (".jpg", ".gif", ".webp", ".avif"):
        other = pool.run(query_features, put(encoded(ending)))
        assert msgspec.structs.astuple(other.intensities) == pytest.approx(
            msgspec.structs.astuple(whole.intensities), abs=1.5
        )
        assert other.aspect_ratio == pytest.approx(4 / 3)
        assert hamming(other.perceptual_hash, whole.perceptual_hash) <= 8


def test_colours_are_composited_on_black(pool, put):
    half = np.full((10, 10, 4), (200, 100, 50, 128), np.uint8)
    data = pyvips.Image.new_from_array(half).copy(interpretation="srgb").pngsave_buffer()
    found = pool.run(examine, put(data))
    assert found.average_colour == "#643219"
    assert found.probe.has_alpha


@pytest.mark.parametrize("kind", ["b-w", "cmyk", "rgb16", "grey16"])
def test_every_kind_of_pixels_becomes_srgb(pool, put, picture, kind):
    turned = picture.colourspace(kind)
    data = turned.jpegsave_buffer() if kind == "cmyk" else turned.pngsave_buffer()
    plain = pool.run(examine, put(picture.pngsave_buffer()))
    assert pool.run(examine, put(data)).intensities.nw == pytest.approx(
        plain.intensities.nw, abs=15
    )


def test_the_frame_at_half_the_duration_is_looked_at(pool, put):
    # Frames go from 0 to 255 in equal steps: half the time is half the brightness.
    for data in (make.gif(count=8, width=41, height=41), make.webm(count=8)):
        found = pool.run(examine, put(data))
        assert int(found.average_colour[1:3], 16) == pytest.approx(128, abs=6)


def test_metadata_is_cut_out_of_a_jpeg_without_touching_its_pixels(pool, put, picture):
    clean = jpeg(picture)
    comment = b"\xff\xfe\x00\x0c" + SECRET
    data = (
        make.with_exif(clean, 1)[:2] + comment + make.with_exif(clean, 1)[2:] + b"trailing" + SECRET
    )
    found = pool.run(examine, put(data))
    assert published(found) == clean
    assert found.published_sha512 == sha512_hex(clean)
    assert (found.probe.size_bytes, found.published.size_bytes) == (len(data), len(clean))


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_jpeg_is_published_upright(pool, put, picture, orientation):
    stored = picture.copy()
    stored.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    expected = stored.autorot()
    found = pool.run(examine, put(make.with_exif(jpeg(picture), orientation)))
    shown = pyvips.Image.jpegload_buffer(published(found))
    assert (shown.width, shown.height) == (expected.width, expected.height)
    assert (found.probe.width, found.probe.height) == (expected.width, expected.height)
    assert (shown - expected).abs().avg() < 4
    assert SECRET not in published(found)
    assert (found.probe.orientation, found.published.orientation) == (orientation, 1)


def test_metadata_is_cut_out_of_a_png(pool, put, picture):
    clean = picture.pngsave_buffer(keep="none")
    extra = make.chunk(b"tEXt", b"Comment\0" + SECRET) + make.chunk(b"eXIf", make.exif(1))
    found = pool.run(examine, put(clean[:33] + extra + clean[33:] + SECRET))
    assert published(found) == clean


def test_a_turned_png_is_published_upright(pool, put, picture):
    clean = picture.pngsave_buffer(keep="none")
    found = pool.run(examine, put(clean[:33] + make.chunk(b"eXIf", make.exif(6)) + clean[33:]))
    shown = pyvips.Image.pngload_buffer(published(found))
    assert np.array_equal(shown.numpy(), picture.rot90().numpy())


def test_a_colour_profile_is_kept(pool, put, picture):
    data = make.with_exif(picture.jpegsave_buffer(profile="p3", keep="icc"), 1)
    shown = pyvips.Image.jpegload_buffer(published(pool.run(examine, put(data))))
    assert shown.get_typeof("icc-profile-data")


@pytest.mark.parametrize("ending", ["webp", "avif"])
def test_metadata_goes_from_webp_and_avif(pool, put, picture, ending):
    secret = picture.copy()
    secret.set_type(pyvips.GValue.gstr_type, "exif-ifd0-ImageDescription", SECRET.decode())
    secret.set_type(pyvips.GValue.blob_type, "xmp-data", b"<x>" + SECRET + b"</x>")
    data = secret.write_to_buffer(f".{ending}")
    assert SECRET in data
    found = pool.run(examine, put(data))
    shown = published(found)
    assert SECRET not in shown
    image = pyvips.Image.new_from_buffer(shown, "")
    assert np.array_equal(image.numpy(), pyvips.Image.new_from_buffer(data, "").numpy())


def test_a_clip_tagged_with_a_place_loses_its_tags_and_nothing_else(pool, put):
    data = make.webm(tags={"LOCATION": SECRET.decode()}, sound_tracks=1)
    found = pool.run(examine, put(data))
    shown = published(found)
    assert SECRET not in shown
    with av.open(io.BytesIO(data)) as before, av.open(io.BytesIO(shown)) as after:
        packets = [[bytes(p) for p in clip.demux() if p.size] for clip in (before, after)]
    assert packets[0] == packets[1]


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".avif", ".gif"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
def test_a_picture_that_is_cut_short_is_refused(pool, put, encoded, ending, share):
    data = encoded(ending)
    with pytest.raises(Unsupported) as caught:
        pool.run(examine, put(data[: int(len(data) * share)]))
    assert caught.value.reason == CORRUPT


def test_a_header_without_pixels_is_refused(pool, put):
    with pytest.raises(Unsupported) as caught:
        pool.run(examine, put(make.png_header(3_000, 3_000)))
    assert caught.value.reason == CORRUPT
    assert caught.value.__cause__ is not None


def test_the_limit_on_bytes_is_the_callers(pool, put):
    with pytest.raises(TooLarge):
        pool.run(examine, put(make.gif()), limits=Limits(max_bytes=10))


@pytest.mark.slow
def test_a_drawing_that_takes_for_ever_is_refused_in_time(pool, put):
    blur = "<filter id='f'>" + "<feTurbulence numOctaves='9'/>" * 200 + "</filter>"
    slow = make.svg(
        blur + "<rect width='9000' height='9000' filter='url(#f)'/>", "width='9000' height='9000'"
    )
    with pytest.raises(Unsupported):
        pool.run(examine, put(slow), timeout_s=2.0)
    assert pool.run(examine, put(make.gif())).probe.format == "gif"


def test_png_is_made_smaller_without_changing_anything_else(picture):
    data = picture.pngsave_buffer(compression=0, keep="none")
    extra = make.chunk(b"gAMA", (45455).to_bytes(4, "big"))
    smaller = optimise_png(data[:33] + extra + data[33:])
    assert len(smaller) < len(data) / 2
    kinds = [chunk.kind for chunk in containers.png_chunks(smaller)]
    assert kinds == [b"IHDR", b"gAMA", b"pHYs", b"IDAT", b"IEND"]
    assert np.array_equal(pyvips.Image.pngload_buffer(smaller).numpy(), picture.numpy())
    assert len(optimise_png(smaller)) <= len(smaller)


def test_a_palette_survives_optimisation(picture):
    data = picture.pngsave_buffer(palette=True, compression=0, keep="none")
    smaller = optimise_png(data)
    assert len(smaller) < len(data)
    palettes = [
        [file[c.start : c.end] for c in containers.png_chunks(file) if c.kind == b"PLTE"]
        for file in (data, smaller)
    ]
    assert palettes[0] == palettes[1] != []
    before, after = (pyvips.Image.pngload_buffer(d).numpy() for d in (data, smaller))
    assert np.array_equal(before, after)


def test_what_cannot_be_optimised_is_returned_as_it_is():
    animated = make.apng()
    assert optimise_png(animated) == animated
    whole = make.png_header(10, 10)
    damaged = whole[:33] + make.chunk(b"IDAT", b"no zlib stream") + make.chunk(b"IEND", b"")
    assert optimise_png(damaged) == damaged


@pytest.mark.parametrize(
    "data",
    [
        make.gif(),
        make.apng(),
        make.webm(),
        make.svg("<rect width='9' height='9' fill='red'/>"),
        jpeg(pyvips.Image.gaussnoise(900, 700, mean=128, sigma=40).cast("uchar")),
    ],
)
def test_views_come_out_of_the_same_look_and_only_when_wanted(pool, put, data):
    path = put(data)
    without, found = pool.run(examine, path), pool.run(examine, path, wants_views=True)
    assert without.views is None
    assert msgspec.structs.replace(found, views=None) == without
    alone = pool.run(sight.views, path)
    assert len(found.views.whole) == len(alone.whole)
    assert _far(found.views.subject, alone.subject) < 6
    assert max(map(_far, found.views.whole, alone.whole)) < 6


def test_views_of_a_turned_picture_are_upright(pool, put):
    data = np.zeros((300, 500, 3), np.uint8)
    data[:, 250:] = 255
    picture = pyvips.Image.new_from_array(data).copy(interpretation="srgb")
    picture.set_type(pyvips.GValue.gint_type, "orientation", 6)
    found = pool.run(examine, put(picture.jpegsave_buffer(Q=95)), wants_views=True)
    view = np.frombuffer(found.views.subject, np.uint8).reshape(224, 224, 3)
    assert view[:100].mean() < 10
    assert view[-100:].mean() > 245


def _far(one: bytes, other: bytes) -> float:
    """How far two views are apart, in steps of 255."""
    pair = (np.frombuffer(view, np.uint8).astype(int) for view in (one, other))
    return float(np.abs(np.subtract(*pair)).mean())
