"""Portraits in eight styles, painted from one photograph; for the children of the decode pool.

Every style is a picture of `SIZE` × `SIZE` px. The same photograph, style and seed give the same
picture again. Takes up to six seconds of one core and 230 MB.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import pyvips

from menagerie.media import ornaments, painting, pixels, render
from menagerie.media.ornaments import SIZE
from menagerie.media.painting import Field, Random
from menagerie.media.probe import Probe, probe


class Style(StrEnum):
    """What a portrait looks like."""

    STUDIO = "studio"
    PACK_LEADER = "pack_leader"
    BIRTHDAY_PARTY = "birthday_party"
    PENCIL_SKETCH = "pencil_sketch"
    WATERCOLOUR = "watercolour"
    OIL_PAINTING = "oil_painting"
    JULY_4TH = "july_4th"
    PROFESSIONAL = "professional"


def draw(path: str, style: Style, seed: int = 0) -> bytes:
    """Return the picture in a file as a portrait, a JPEG; of an animation one frame.

    Raises `Unsupported` when the file cannot be decoded.
    """
    found = probe(path)
    with pixels.decoding(found):
        painter = _PAINTERS[style]
        painted = painter(_opened(path, found), np.random.default_rng(seed))
        return bytes(
            painting.to_vips(painted).jpegsave_buffer(Q=90, optimize_coding=True, keep="none")
        )


def shrink(path: str, longest_px: int) -> bytes:
    """Return the picture in a file as a JPEG of at most so many px a side, without metadata.

    Raises `Unsupported` when the file cannot be decoded.
    """
    found = probe(path)
    with pixels.decoding(found):
        image = _upright(path, found).thumbnail_image(longest_px, height=longest_px, size="down")
        return render.save(image, "jpg")


def _upright(path: str, found: Probe) -> Any:
    """Decode one frame upright, in sRGB, on white."""
    if found.is_animated or found.format == "webm":
        image = pixels.middle_frame(path, found)
    else:
        image = pixels.upright(pixels.open_raster(path, found, access="random"), found)
    image = pixels.to_srgb(image)
    if image.hasalpha():
        image = image.flatten(background=[255, 255, 255])
    return image.cast("uchar")


def _opened(path: str, found: Probe) -> Any:
    """Decode a picture to a size that is worth keeping in memory."""
    image = _upright(path, found)
    return image.thumbnail_image(2 * SIZE, height=2 * SIZE, size="down").copy_memory()


def _crop(image: Any, width: int, height: int) -> Field:
    """Return what is most worth seeing of a picture, at a size."""
    return painting.from_vips(
        image.thumbnail_image(width, height=height, size="both", crop="attention")
    )


def _layer(*parts: str, definitions: str = "") -> Any:
    """Return a drawing as 8-bit sRGB with alpha."""
    return pyvips.Image.svgload_buffer(ornaments.document(*parts, definitions=definitions))


def _over(below: Any, above: Any, x: int = 0, y: int = 0) -> Any:
    return below.composite2(above, "over", x=x, y=y).copy_memory()


def _flat(image: Any) -> Field:
    return painting.from_vips(image.flatten() if image.hasalpha() else image)


def _inset(picture: Field, mask: Any) -> Any:
    """Return a picture whose alpha is a mask."""
    return painting.to_vips(picture).bandjoin(mask)


def _framed(picture: Field, inner_px: int, frame: str) -> Field:
    """Return a picture made smaller to fit into the window of a frame, so far from the edges."""
    window = painting.to_vips(picture).resize((SIZE - 2 * inner_px) / SIZE)
    sheet = window.embed(inner_px, inner_px, SIZE, SIZE, extend="copy")
    return _flat(_over(sheet, _layer(frame)))


def _disc(size: int) -> Any:
    """Return the mask of a circle that fills a square."""
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}">'
    half = size / 2
    drawn += f'<circle cx="{half}" cy="{half}" r="{half}" fill="#fff"/></svg>'
    return pyvips.Image.svgload_buffer(drawn.encode())[3]


# The styles.


def _studio(image: Any, random: Random) -> Field:
    """A dark backdrop of painted cloth behind the subject, one soft light from the upper left."""
    picture = painting.level(_crop(image, SIZE, SIZE))
    who = painting.subject(picture)
    cloth = painting.clouds(random, SIZE, 260)[..., None] * 0.07 + 0.36
    tone = np.array([0.42, 0.47, 0.55], np.float32)
    warmth = np.array([1.0, 0.86, 0.7], np.float32)
    axis = np.linspace(-1, 1, SIZE, dtype=np.float32)
    spot = np.exp(-((axis[None, :] + 0.25) ** 2 + (axis[:, None] + 0.35) ** 2) / 0.55)[..., None]
    own = painting.luma(painting.blur(picture, 60))[..., None] * 0.25
    backdrop = (cloth + own) * (tone + spot * (warmth - tone) * 0.75) * (0.45 + 0.95 * spot)
    sharp = painting.clarity(painting.curve(picture, contrast=0.35, saturation=1.08), 0.25)
    subject = np.asarray(sharp * (0.88 + 0.24 * spot), np.float32)
    lit = painting.mix(np.asarray(backdrop, np.float32), subject, who)
    shade = painting.vignette(SIZE, start=0.6, end=1.45)[..., None]
    framed = np.clip(lit * (1 - 0.6 * shade), 0, 1)
    frame = ornaments.mount(58, width=14, colors=("#15161a", "#b99a5b"), bevel=0.16)
    return _framed(framed, 58, frame)


def _pack_leader(image: Any, _random: Random) -> Field:
    """A medallion in gold with laurels and a crown, before beams of light."""
    radius, x, y = 318, 512, 530
    picture = painting.level(_crop(image, 2 * radius, 2 * radius))
    picture = painting.clarity(painting.curve(picture, contrast=0.6, saturation=0.85), 0.45)
    golden = np.array([1.06, 0.97, 0.78], np.float32)
    cool = np.array([0.75, 0.92, 0.95], np.float32)
    light = painting.luma(picture)[..., None]
    graded = picture * (cool + (golden - cool) * light)
    shade = painting.vignette(2 * radius, start=0.6, end=1.2)[..., None]
    medal = np.asarray(np.clip(graded * (1 - 0.55 * shade), 0, 1), np.float32)
    ground, definitions = ornaments.rays()
    scene = _over(
        _layer(ground, definitions=definitions),
        _inset(medal, _disc(2 * radius)),
        x - radius,
        y - radius,
    )
    drawn = (
        ornaments.laurels(x, y, radius + 66),
        ornaments.gold_ring(x, y, radius),
        ornaments.crown(x, y - radius - 14),
    )
    return _flat(_over(scene, _layer(*drawn)))


def _birthday_party(image: Any, random: Random) -> Field:
    """A bright snapshot among balloons, bunting and confetti."""
    side = 640
    picture = painting.level(_crop(image, side, side))
    snapshot = painting.curve(picture, contrast=0.25, saturation=1.25)
    ground, definitions = ornaments.party_ground()
    behind = _layer(
        ground,
        ornaments.confetti(random, 90, clear_px=0),
        ornaments.balloons(),
        definitions=definitions,
    )
    turned = _snapshot(np.asarray(np.power(snapshot, 0.92), np.float32), side, degrees=-3.5)
    x, y = (SIZE - turned.width) // 2, (SIZE - turned.height) // 2 + 48
    scene = _over(_over(behind, _shadow(turned), x + 6, y + 16), turned, x, y)
    front = _layer(ornaments.bunting(random), ornaments.confetti(random, 46, clear_px=350))
    return _flat(_over(scene, front))


def _snapshot(picture: Field, side: int, *, degrees: float) -> Any:
    """Return a picture with a white border, turned a little."""
    border = 26
    card = np.ones((side + 2 * border, side + 2 * border, 3), np.float32) * 0.995
    card[border:-border, border:-border] = picture
    image = painting.to_vips(card).bandjoin(255).copy(interpretation="srgb")
    room = 8  # for the turned edge to fade into
    whole = image.embed(room, room, image.width + 2 * room, image.height + 2 * room)
    return (
        whole.similarity(angle=degrees, background=[255, 255, 255, 0]).cast("uchar").copy_memory()
    )


def _shadow(image: Any) -> Any:
    """Return the soft shadow of what is not transparent."""
    alpha = (image[3].cast("float") * 0.42).gaussblur(14).cast("uchar")
    return (alpha * [0, 0, 0]).cast("uchar").copy(interpretation="srgb").bandjoin(alpha)


def _pencil_sketch(image: Any, random: Random) -> Field:
    """Graphite on cream paper: outlines, three directions of hatching, unfinished edges."""
    picture = painting.clarity(painting.level(_crop(image, SIZE, SIZE)), 0.35)
    calm = painting.smooth(picture, picture, 14, 0.35)
    light = painting.luma(calm)
    negative = painting.blur(1 - painting.luma(picture), 9)
    dodged = np.clip(painting.luma(picture) / (1.02 - negative), 0, 1)
    lines = painting.blur(light, 0.9) - 0.97 * painting.blur(light, 3.2)
    drawn = painting.smoothstep(np.asarray(-lines, np.float32), -0.005, 0.045)
    dark = np.clip(1 - painting.curve(calm, contrast=0.3), 0, 1)
    tone = painting.luma(np.asarray(dark, np.float32))
    ink = 0.6 * (1 - dodged) ** 1.3 + 0.6 * drawn
    for degrees, above, weight in ((-48, 0.22, 0.5), (-28, 0.5, 0.38), (-72, 0.7, 0.34)):
        grain = painting.hatching(random, SIZE, degrees)
        reach = painting.smoothstep(tone, above, above + 0.4)
        ink += weight * painting.smoothstep(grain - 1 + reach * 0.8, -0.15, 0.35)
    tooth = painting.paper(random, SIZE)
    ink *= np.clip(0.86 + 0.13 * tooth, 0.4, 1.15) * (1 - _torn(random, start=0.72, wobble=0.16))
    sheet = np.array([0.972, 0.955, 0.915], np.float32) * (1 + 0.012 * tooth[..., None])
    graphite = np.array([0.16, 0.16, 0.18], np.float32)
    return painting.mix(np.asarray(sheet, np.float32), graphite, np.clip(ink, 0, 0.93))


def _torn(random: Random, *, start: float, wobble: float) -> Field:
    """Return 0 in the middle and 1 at the rim of a sheet, along an uneven border."""
    axis = np.abs(np.linspace(-1, 1, SIZE, dtype=np.float32)) ** 4
    far = (axis[:, None] + axis[None, :]) ** 0.25
    uneven = far + painting.clouds(random, SIZE, 170) * wobble * 0.35
    return painting.smoothstep(np.asarray(uneven, np.float32), start, start + wobble + 0.06)


def _watercolour(image: Any, random: Random) -> Field:
    """Washes with dark rims where the water stopped, on rough paper that shows at the edges."""
    picture = painting.curve(painting.level(_crop(image, SIZE, SIZE)), saturation=1.4)
    picture = np.asarray(0.05 + 0.95 * picture**0.68, np.float32)
    shaky = [painting.clouds(random, SIZE, 34) * 2.2 for _ in range(2)]
    loose = painting.warp(painting.smooth(picture, picture, 40, 0.75), *shaky)
    light = painting.luma(loose)[..., None]
    steps = 6 * light + 0.28 * painting.clouds(random, SIZE, 120)[..., None]
    part = steps - np.floor(steps)
    washed = np.clip((np.floor(steps) + painting.smoothstep(part, 0.32, 0.68)) / 6, 0, 1)
    wash = np.clip(loose * ((washed + 0.06) / (light + 0.06)) ** 0.75, 0, 1).astype(np.float32)
    wash = painting.mix(wash, painting.smooth(picture, picture, 9, 0.3), 0.55)
    rims = np.abs(wash - painting.blur(wash, 2.6)).sum(-1)[..., None]
    tooth = painting.paper(random, SIZE)[..., None]
    pigment = painting.clouds(random, SIZE, 90)[..., None]
    paint = wash * (1 - np.clip(rims * 1.1, 0, 0.4))
    depth = np.clip(1 - painting.luma(np.asarray(paint, np.float32))[..., None], 0, 1)
    paint = paint + depth * (0.05 * tooth + 0.06 * pigment)
    paint = 0.06 + 0.94 * np.clip(paint, 0, 1)
    dry = _torn(random, start=0.8, wobble=0.18)
    pooled = painting.smoothstep(dry, 0.02, 0.3) * (1 - painting.smoothstep(dry, 0.45, 0.9))
    paint = paint * (1 - 0.22 * pooled[..., None])
    sheet = np.array([0.985, 0.98, 0.96], np.float32) * (1 + 0.016 * tooth)
    shown = painting.smoothstep(dry, 0.35, 0.75)
    return painting.mix(np.asarray(paint, np.float32), np.asarray(sheet, np.float32), shown)


def _oil_painting(image: Any, random: Random) -> Field:
    """Thick strokes that follow the shapes, on canvas, in a gilded frame."""
    picture = painting.level(_crop(image, SIZE, SIZE))
    picture = painting.clarity(painting.curve(picture, contrast=0.4, saturation=1.3), 0.3)
    painted, relief = painting.strokes(picture, random)
    light = painting.lit(painting.blur(relief, 0.8), 0.9)
    canvas = 1 + 0.022 * painting.weave(random, SIZE)
    umber = np.array([1.03, 0.99, 0.9], np.float32)
    shade = painting.vignette(SIZE, start=0.7, end=1.5)[..., None]
    varnished = painted * (light * canvas)[..., None] * umber * (1 - 0.35 * shade)
    return _framed(np.asarray(varnished, np.float32), 60, ornaments.gilt_frame())


def _july_4th(image: Any, random: Random) -> Field:
    """A round picture under fireworks, with stars around it and pleated cloth below."""
    radius, x, y = 292, 512, 508
    picture = painting.level(_crop(image, 2 * radius, 2 * radius))
    picture = painting.curve(picture, contrast=0.35, saturation=1.15)
    ground, definitions = ornaments.night_sky(random)
    sky = _layer(ground, ornaments.fireworks(random), definitions=definitions)
    scene = _over(sky, _inset(picture, _disc(2 * radius)), x - radius, y - radius)
    front = _layer(ornaments.pleated_fans(), ornaments.ring_of_stars(x, y, radius + 12))
    return _flat(_over(scene, front))


def _professional(image: Any, _random: Random) -> Field:
    """Two tones, ink and ivory, in a wide white mount."""
    picture = painting.level(_crop(image, SIZE, SIZE))
    who = painting.subject(picture)
    calm = painting.mix(painting.blur(picture, 14), np.float32(0.62) + 0 * picture, 0.35)
    grey = painting.luma(painting.mix(calm, painting.clarity(picture, 0.4), who))
    bent = painting.curve(np.repeat(grey[..., None], 3, axis=2), contrast=0.55)
    ink = np.array([0.07, 0.1, 0.17], np.float32)
    ivory = np.array([0.985, 0.965, 0.925], np.float32)
    toned = ink + (ivory - ink) * bent
    frame = ornaments.mount(132, width=20, colors=("#f7f6f2", "#1d2026"), bevel=1)
    return _framed(np.asarray(toned, np.float32), 132, frame)


_PAINTERS: Mapping[Style, Callable[[Any, Random], Field]] = {
    Style.STUDIO: _studio,
    Style.PACK_LEADER: _pack_leader,
    Style.BIRTHDAY_PARTY: _birthday_party,
    Style.PENCIL_SKETCH: _pencil_sketch,
    Style.WATERCOLOUR: _watercolour,
    Style.OIL_PAINTING: _oil_painting,
    Style.JULY_4TH: _july_4th,
    Style.PROFESSIONAL: _professional,
}
