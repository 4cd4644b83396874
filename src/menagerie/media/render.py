"""Representations: the derived files of a picture, named by the box they fit into.

Run `render_all` and `render_to` in the decode pool. `fits` and `file_names` are cheap and pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyvips

from menagerie.errors import Invalid
from menagerie.media import clips, pixels
from menagerie.media.probe import Probe, probe

BOXES = {
    "thumb_tiny": (50, 50),
    "thumb_small": (150, 150),
    "thumb": (250, 250),
    "small": (320, 240),
    "medium": (800, 600),
    "large": (1280, 1024),
    "tall": (1024, 4096),
}
"""Width and height in pixels that a representation stays within, by name."""

FULL = "full"
NAMES = (FULL, *BOXES)

_PREVIEWS = ("thumb_tiny", "thumb_small", "thumb")
_WHOLE_BYTES = 256 << 20
"""An animation up to this size when decoded is decoded once, a larger one once per name."""

_SAVE: dict[str, tuple[str, dict[str, Any]]] = {
    "avif": ("heifsave_buffer", {"compression": "av1", "Q": 60, "effort": 2}),
    "gif": ("gifsave_buffer", {"effort": 3, "interframe_maxerror": 2.0}),
    "jpg": ("jpegsave_buffer", {"Q": 85, "optimize_coding": True}),
    "png": ("pngsave_buffer", {"compression": 6, "filter": "all"}),
    "webp": ("webpsave_buffer", {"Q": 82, "effort": 2}),
}


def fits(width: int, height: int, name: str) -> bool:
    """Say whether a picture is within the box of `name`, so that `full` stands in for it.

    >>> fits(100, 100, "thumb"), fits(100, 100, "thumb_tiny"), fits(100, 5000, "tall")
    (True, False, False)
    """
    if name == FULL:
        return True
    box_width, box_height = BOXES[name]
    return width <= box_width and height <= box_height


def file_names(found: Probe, names: Sequence[str] = NAMES) -> list[str]:
    """Return the files that rendering `names` makes, beside the published `full` itself.

    A name whose box is not exceeded makes none. SVG is rendered to PNG, a clip to WebM and MP4 with
    GIF previews. `full` stands for the other forms of the whole picture: `full.webm` and `full.mp4`
    of a GIF, `full.mp4` of a WebM, `rendered.png` of these two and of an SVG. WebP and AVIF keep
    their own format. An APNG stays animated.
    """
    files: list[str] = []
    for name in _known(names):
        if name == FULL:
            files += _FULL_FORMS.get(found.format, ())
            continue
        if not fits(found.width, found.height, name):
            files += [f"{name}.{ending}" for ending in _ENDINGS.get(found.format, (found.format,))]
        if found.format == "webm" and name in _PREVIEWS:
            files.append(f"{name}.gif")
    return files


_ENDINGS = {"svg": ("png",), "webm": ("webm", "mp4")}
_FULL_FORMS = {
    "gif": ("full.webm", "full.mp4", "rendered.png"),
    "svg": ("rendered.png",),
    "webm": ("full.mp4", "rendered.png"),
}


def _known(names: Sequence[str]) -> Sequence[str]:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise Invalid({"representation": [f"{unknown[0]!r} is none of {', '.join(NAMES)}"]})
    return names


def render_all(
    path: str, found: Probe | None = None, names: Sequence[str] = NAMES
) -> dict[str, bytes]:
    """Return the files of `file_names`, by name.

    `found` is the probe of that very file, made here when missing: of the published file, if that
    is what is rendered. The picture is decoded once (a large animation once per name).

    Raises `Unsupported` when the file cannot be decoded; `Invalid` for an unknown name.
    """
    return dict(_render(path, found or probe(path), names))


def render_to(
    path: str, found: Probe | None, folder: str, names: Sequence[str] = NAMES
) -> list[str]:
    """Write the files of `file_names` into an existing folder; return their names.

    For large results, which then need not cross the pipe. Raises as `render_all` does.
    """
    written = []
    for name, data in _render(path, found or probe(path), names):
        (Path(folder) / name).write_bytes(data)
        written.append(name)
    return written


def _render(path: str, found: Probe, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    wanted = file_names(found, names)
    if not wanted:
        return
    with pixels.decoding(found):
        if found.format == "webm":
            yield from clips.render_clip(path, found, wanted, BOXES)
        elif found.format == "png" and found.is_animated:
            yield from clips.render_apng(path, found, wanted, BOXES)
        elif found.is_animated or found.format == "gif":
            yield from _render_animation(path, found, wanted)
        else:
            yield from _render_still(path, found, wanted)


def _stem(file_name: str) -> str:
    return file_name.partition(".")[0]


def _render_still(path: str, found: Probe, wanted: list[str]) -> Iterator[tuple[str, bytes]]:
    """Render from the largest down, each from a rendition at least twice its size."""
    boxed = sorted(
        (name for name in wanted if _stem(name) in BOXES),
        key=lambda name: _scale(found, BOXES[_stem(name)]),
        reverse=True,
    )
    done: list[Any] = []
    if found.format == "svg":
        # Drawn once, at its own size; everything else is scaled from that.
        whole = pixels.open_raster(path, found).copy_memory()
        done.append(whole)
        if "rendered.png" in wanted:
            yield "rendered.png", save(whole, "png")
    for name in boxed:
        box = BOXES[_stem(name)]
        source = next((image for image in reversed(done) if _is_ample(image, found, box)), None)
        if source is None and done:
            source = done[0]
        image = _shrink(source, box) if source else _shrink_file(path, box)
        done.append(image.copy_memory())
        yield name, save(done[-1], name.partition(".")[2])


def _scale(found: Probe, box: tuple[int, int]) -> float:
    return min(box[0] / found.width, box[1] / found.height)


def _is_ample(image: Any, found: Probe, box: tuple[int, int]) -> bool:
    return bool(image.width >= 2 * found.width * _scale(found, box))


def _shrink(image: Any, box: tuple[int, int]) -> Any:
    return image.thumbnail_image(box[0], height=box[1], size="down")


def _shrink_file(path: str, box: tuple[int, int]) -> Any:
    """Decode a still at reduced size where its format can, upright and in sRGB."""
    # The source keeps libvips from reading options out of a path with brackets.
    return pyvips.Image.thumbnail_source(
        pyvips.Source.new_from_file(path),
        box[0],
        height=box[1],
        size="down",
        output_profile="srgb",
        fail_on="error",
    )


def save(image: Any, ending: str) -> bytes:
    """Encode a picture or animation as `ending` says, without metadata."""
    function, options = _SAVE[ending]
    return bytes(getattr(image, function)(keep="none", **options))


def _render_animation(path: str, found: Probe, wanted: list[str]) -> Iterator[tuple[str, bytes]]:
    """Render a GIF or an animated WebP; libvips holds its frames as one tall picture."""
    whole_bytes = found.width * found.height * 4 * found.frame_count
    kept = pixels.open_raster(path, found, n=-1)
    if whole_bytes <= _WHOLE_BYTES:
        kept = kept.copy_memory()
    for name in wanted:
        is_kept = whole_bytes <= _WHOLE_BYTES
        roll = kept if is_kept else pixels.open_raster(path, found, n=-1)
        if name == "rendered.png":
            yield name, save(pixels.to_srgb(pixels.middle_frame(path, found)), "png")
        elif _stem(name) == FULL:
            ending = name.partition(".")[2]
            yield name, clips.encode_frames(_frames(roll), found, ending)
        else:
            yield name, save(_shrink(roll, BOXES[_stem(name)]), found.format)


def _frames(roll: Any) -> Iterable[tuple[int, Any]]:
    """Yield the start in milliseconds and the pixels of each frame, and last the end with None."""
    flat = pixels.on_black(roll)
    region, height = pyvips.Region.new(flat), flat.get_page_height()
    start_ms = 0
    for index, delay_ms in enumerate(pixels.frame_delays_ms(roll, flat.height // height)):
        yield start_ms, pixels.as_array(region, index * height, height, flat.width)
        start_ms += delay_ms
    yield start_ms, None
