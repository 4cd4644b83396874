import struct

import pytest

from media import make
from menagerie.errors import TooLarge, Unsupported
from menagerie.media.limits import CORRUPT, TOO_MANY_PIXELS, Limits
from menagerie.media.probe import MEDIA_TYPES, probe


@pytest.mark.parametrize("ending", [".png", ".jpg", ".gif", ".webp", ".avif"])
def test_a_still_is_known_by_its_bytes(pool, put, encoded, ending):
    found = pool.run(probe, put(encoded(ending), "liar.mp4"))
    assert found.format == ending[1:]
    assert found.media_type == MEDIA_TYPES[found.format]
    assert (found.width, found.height, found.frame_count) == (400, 300, 1)
    assert (found.duration_s, found.is_animated, found.orientation) == (0.04, False, 1)
    assert found.aspect_ratio == pytest.approx(4 / 3)


@pytest.mark.parametrize("ending", [".png", ".webp", ".avif"])
def test_alpha_is_seen(pool, put, picture, encoded, ending):
    see_through = picture.resize(0.2).bandjoin(100).write_to_buffer(ending)
    assert pool.run(probe, put(see_through)).has_alpha
    assert not pool.run(probe, put(encoded(ending))).has_alpha


def test_an_svg_has_no_duration(pool, put):
    found = pool.run(probe, put(make.svg("<rect width='9' height='9'/>")))
    assert (found.format, found.width, found.height, found.duration_s) == ("svg", 300, 200, 0.0)


@pytest.mark.parametrize(
    ("data", "kind", "count", "duration_s"),
    [
        (make.gif(count=5, delay_ms=200), "gif", 5, 1.0),
        (make.gif(count=5, delay_ms=10), "gif", 5, 0.5),
        (make.gif(count=1), "gif", 1, 0.04),
        (make.apng(count=4), "png", 4, 0.4),
        (make.webm(count=10), "webm", 10, 1.0),
        (make.webm(count=10, sound_tracks=1), "webm", 10, 1.0),
    ],
)
def test_frames_and_times_are_counted(pool, put, *, data, kind, count, duration_s):
    found = pool.run(probe, put(data))
    assert (found.format, found.frame_count) == (kind, count)
    assert found.duration_s == pytest.approx(duration_s, abs=0.03)
    assert found.is_animated is (count > 1)


def test_the_time_of_frames_is_a_number_people_write(pool, put):
    assert pool.run(probe, put(make.apng(count=3))).duration_s == 0.3


def test_sound_is_seen(pool, put):
    assert pool.run(probe, put(make.webm(sound_tracks=1))).has_audio
    assert not pool.run(probe, put(make.webm())).has_audio


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (400, 300)), (3, (400, 300)), (6, (300, 400))]
)
def test_sizes_are_upright(pool, put, encoded, orientation, size):
    found = pool.run(probe, put(make.with_exif(encoded(".jpg"), orientation)))
    assert (found.width, found.height) == size
    assert found.orientation == orientation


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"BM" + b"\0" * 60, "image/bmp"),
        (b"II*\0" + b"\0" * 60, "image/tiff"),
        (b"\xff\x0a" + b"\0" * 60, "image/jxl"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 60, "image/jxl"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", "video/mp4"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"%PDF-1.7" + b"\0" * 60, "application/pdf"),
        (make.webm(kind="matroska"), "video/x-matroska"),
    ],
)
def test_a_known_kind_that_is_not_taken_is_named(pool, put, data, media_type):
    with pytest.raises(Unsupported) as caught:
        pool.run(probe, put(data, "picture.png"))
    assert caught.value.media_type == media_type


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"\x1aE\xdf\xa3",
        b"PK\x03\x04" + b"\0" * 200,
        b"just words",
        b"<html><body>hello</body></html>",
        b"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'/>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><g>",
        make.webm()[:-40],
        make.gif()[:-40],
        make.png_header(0, 5),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_whole_picture_is_refused(pool, put, data):
    with pytest.raises(Unsupported) as caught:
        pool.run(probe, put(data, "picture.png"))
    assert caught.value.reason == CORRUPT


def test_a_clip_has_one_video_and_at_most_one_sound_track(pool, put):
    with pytest.raises(Unsupported, match="at most one audio"):
        pool.run(probe, put(make.webm(sound_tracks=2)))


def test_bombs_are_refused_by_their_headers(pool, put):
    cases = [
        (make.png_header(50_000, 50_000), TOO_MANY_PIXELS),
        (make.png_header(32_767, 9_000), TOO_MANY_PIXELS),
        (make.long_gif(10_000), "has 10000 frames; at most 5000 are taken"),
        (b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + make.long_gif(1)[19:], None),
    ]
    for data, reason in cases:
        with pytest.raises(Unsupported) as caught:
            pool.run(probe, put(data))
        assert caught.value.reason == (reason or TOO_MANY_PIXELS)
    assert pool.run(probe, put(make.long_gif(5_000))).frame_count == 5_000


def test_limits_are_the_callers(pool, put, encoded):
    path = put(encoded(".png"))
    with pytest.raises(TooLarge) as caught:
        pool.run(probe, path, limits=Limits(max_bytes=100))
    assert caught.value.limit_bytes == 100
    with pytest.raises(Unsupported, match=r"lasts longer than 0\.5 seconds"):
        pool.run(probe, put(make.webm()), limits=Limits(max_duration_s=0.5))
    with pytest.raises(Unsupported, match=TOO_MANY_PIXELS):
        pool.run(probe, put(make.gif()), limits=Limits(max_total_px=100))
