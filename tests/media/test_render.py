from pathlib import Path

import numpy as np
import pytest
import pyvips

from media import make
from menagerie.errors import Invalid
from menagerie.media import render
from menagerie.media.probe import Probe, probe


def rendered(pool, path, names=render.NAMES):
    return pool.run(render.render_all, path, None, names)


def looked_at(pool, put, files):
    return {name: pool.run(probe, put(data, "r")) for name, data in files.items()}


def boxes_hold(facts):
    for name, fact in facts.items():
        stem = name.partition(".")[0]
        if stem in render.BOXES:
            width, height = render.BOXES[stem]
            assert fact.width <= width
            assert fact.height <= height
            assert fact.width == width or fact.height == height


def test_a_name_needs_a_file_only_when_its_box_is_exceeded():
    assert render.fits(50, 50, "thumb_tiny")
    assert not render.fits(51, 50, "thumb_tiny")
    assert not render.fits(50, 4097, "tall")
    assert render.fits(30_000, 30_000, "full")
    found = Probe(format="png", media_type="image/png", size_bytes=1, width=100, height=100)
    assert render.file_names(found) == ["thumb_tiny.png"]


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "avif"])
def test_a_still_is_rendered_in_its_own_format(pool, put, picture, encoded, ending):
    files = rendered(pool, put(encoded(f".{ending}")))
    assert set(files) == {
        f"{name}.{ending}" for name in ("thumb_tiny", "thumb_small", "thumb", "small")
    }
    facts = looked_at(pool, put, files)
    assert {fact.format for fact in facts.values()} == {ending}
    assert {(f.width, f.height) for f in facts.values()} == {
        (50, 38),
        (150, 113),
        (250, 188),
        (320, 240),
    }
    thumb = pyvips.Image.new_from_buffer(files[f"thumb.{ending}"], "")
    expected = picture.resize(250 / 400)
    assert np.abs(thumb.numpy()[:180, :, :3].astype(int) - expected.numpy()[:180]).mean() < 8


def test_all_seven_boxes_of_a_large_picture(pool, put, picture):
    files = rendered(pool, put(picture.resize(5).jpegsave_buffer()))
    assert set(files) == {f"{name}.jpg" for name in render.BOXES}
    boxes_hold(looked_at(pool, put, files))


def test_alpha_depth_and_extreme_shapes_survive(pool, put, picture):
    see_through = picture.bandjoin(90).pngsave_buffer()
    assert all(f.has_alpha for f in looked_at(pool, put, rendered(pool, put(see_through))).values())
    deep = picture.colourspace("rgb16").pngsave_buffer()
    facts = looked_at(pool, put, rendered(pool, put(deep)))
    assert len(facts) == 4
    line = pyvips.Image.black(5000, 1).copy(interpretation="b-w").pngsave_buffer()
    facts = looked_at(pool, put, rendered(pool, put(line)))
    assert {(f.width, f.height) for f in facts.values()} >= {(50, 1), (1280, 1)}


def test_a_drawing_is_rendered_to_png(pool, put):
    red = make.svg("<rect width='300' height='200' fill='red'/>")
    files = rendered(pool, put(red))
    assert set(files) == {"rendered.png", "thumb_tiny.png", "thumb_small.png", "thumb.png"}
    whole = pyvips.Image.pngload_buffer(files["rendered.png"])
    assert (whole.width, whole.height) == (300, 200)
    assert whole(150, 100)[:3] == [255, 0, 0]


def test_a_gif_stays_animated_and_gets_clips(pool, put):
    data = make.gif(count=6, width=200, height=100, delay_ms=200)
    files = rendered(pool, put(data))
    assert set(files) == {
        "full.webm",
        "full.mp4",
        "rendered.png",
        "thumb_tiny.gif",
        "thumb_small.gif",
    }
    assert files["full.mp4"][4:8] == b"ftyp"
    assert files["full.mp4"].index(b"moov") < files["full.mp4"].index(b"mdat")
    del files["full.mp4"]
    facts = looked_at(pool, put, files)
    boxes_hold(facts)
    assert facts["thumb_tiny.gif"].frame_count == 6
    assert facts["thumb_tiny.gif"].duration_s == pytest.approx(1.2)
    assert facts["full.webm"].duration_s == pytest.approx(1.2, abs=0.1)
    assert (facts["rendered.png"].width, facts["rendered.png"].height) == (200, 100)


def test_a_gif_too_large_to_keep_decoded_is_rendered_alike(pool, put):
    # 70 frames of 1000 x 1000 exceed what is kept; each name is then decoded for itself.
    data = make.long_gif(70, width=1000, height=1000)
    facts = looked_at(pool, put, rendered(pool, put(data), ["thumb_tiny", "thumb"]))
    assert [(f.width, f.height) for f in facts.values()] == [(50, 50), (250, 250)]


def test_apng_and_animated_webp_stay_animated(pool, put):
    roll = pyvips.Image.gifload_buffer(make.gif(count=4, width=80, height=60), n=-1)
    for data in (make.apng(count=4), roll.webpsave_buffer()):
        facts = looked_at(pool, put, rendered(pool, put(data)))
        assert [(f.width, f.height, f.frame_count) for f in facts.values()] == [(50, 38, 4)]
        assert next(iter(facts.values())).duration_s == pytest.approx(0.4, abs=0.01)


def test_a_clip_gets_both_forms_previews_and_a_still(pool, put):
    files = rendered(pool, put(make.webm(count=10, width=160, height=120, sound_tracks=1)))
    assert set(files) == {
        "full.mp4",
        "rendered.png",
        "thumb_tiny.webm",
        "thumb_tiny.mp4",
        "thumb_tiny.gif",
        "thumb_small.webm",
        "thumb_small.mp4",
        "thumb_small.gif",
        "thumb.gif",
    }
    for name in [name for name in files if name.endswith("mp4")]:
        assert files.pop(name)[4:8] == b"ftyp"
    facts = looked_at(pool, put, files)
    assert facts["thumb_tiny.webm"].has_audio
    assert facts["thumb_small.webm"].duration_s == pytest.approx(1.0, abs=0.1)
    assert (facts["thumb_small.webm"].width, facts["thumb_small.webm"].height) == (150, 112)
    assert (facts["thumb.gif"].width, facts["thumb.gif"].frame_count) == (160, 10)
    assert facts["thumb_tiny.gif"].width == 50


def test_files_are_written_to_a_folder(pool, put, picture, tmp_path: Path):
    folder = tmp_path / "made"
    folder.mkdir()
    # libvips would read what is in brackets as options, were it given the path as it is.
    path = put(picture.pngsave_buffer(), "odd[n=-1].name")
    found = pool.run(probe, path)
    written = pool.run(render.render_to, path, found, str(folder), ["thumb", "medium", "full"])
    assert written == ["thumb.png"]
    assert [file.name for file in folder.iterdir()] == written


def test_an_unknown_name_is_refused(pool, put, picture):
    with pytest.raises(Invalid, match="'huge' is none of full, thumb_tiny"):
        rendered(pool, put(picture.pngsave_buffer()), ["huge"])
