"""Make the pictures of the demo collection; run once, its results are committed.

    .venv/bin/python tools/make_demo.py FOLDER

FOLDER holds the sample images of scikit-image 0.26 (`skimage/data` of its wheel). The drawings are
made here. Where each photograph is from is in `src/menagerie/data/demo/CREDITS.md`.
"""

import math
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyvips

TARGET = Path(__file__).parents[1] / "src/menagerie/data/demo/pictures"
PHOTOGRAPHS = {
    "astronaut.jpg": "astronaut.png",
    "photographer.jpg": "camera.png",
    "cat.jpg": "chelsea.png",
    "coffee.jpg": "coffee.png",
    "rocket.jpg": "rocket.jpg",
    "galaxies.jpg": "hubble_deep_field.jpg",
    "retina.jpg": "retina.jpg",
}
LONGEST_PX, LARGEST_BYTES = 600, 60_000

DOG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 400" width="480" height="400">
<rect width="480" height="400" fill="#dbeafe"/><rect y="310" width="480" height="90" fill="#86b46a"/>
<ellipse cx="235" cy="255" rx="115" ry="66" fill="#b9793f"/>
<g fill="#a5672f"><rect x="150" y="280" width="30" height="72" rx="14"/>
<rect x="190" y="285" width="30" height="68" rx="14"/><rect x="270" y="285" width="30" height="68" rx="14"/>
<rect x="308" y="280" width="30" height="72" rx="14"/></g>
<path d="M128 232q-56-24-50-78 34 50 66 44z" fill="#a5672f"/>
<circle cx="345" cy="185" r="66" fill="#c98a4d"/><ellipse cx="392" cy="205" rx="40" ry="28" fill="#e3bd92"/>
<ellipse cx="420" cy="192" rx="14" ry="10" fill="#3b2a1d"/><circle cx="356" cy="168" r="9" fill="#3b2a1d"/>
<path d="M296 132q-40 8-36 84 34 8 52-32z" fill="#8b5526"/>
<path d="M386 222q16 14 34 4" stroke="#3b2a1d" stroke-width="4" fill="none"/>
<path d="M290 228q32 30 78 18l-4 18q-44 8-80-20z" fill="#c2413b"/></svg>
"""
STATUE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 480" width="360" height="480">
<rect width="360" height="480" fill="#f3ecdf"/><rect x="110" y="380" width="140" height="80" fill="#9b958a"/>
<rect x="96" y="366" width="168" height="22" fill="#b3ada2"/>
<g fill="#d9d4ca"><circle cx="180" cy="78" r="34"/><path d="M132 128q48-22 96 0l10 118q-4 40-14 120h-34l-10-92-10
92h-34q-10-80-14-120z"/></g><path d="M180 236q-34 8-30 44 16 18 30 34 14-16 30-34 4-36-30-44z" fill="#5c8a4a"/>
<path d="M180 240v70M180 262l-18 12M180 262l18 12" stroke="#3f6332" stroke-width="3"/></svg>
"""
ZOMBIE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 420" width="420" height="420">
<rect width="420" height="420" fill="#1d2436"/><circle cx="320" cy="90" r="46" fill="#e8e3c6"/>
<path d="M60 330v-120q0-60 56-60t56 60v120z" fill="#5e6675"/><path d="M0 320q210-50 420 0v100H0z" fill="#33412f"/>
<path d="M238 350q-10-90-4-130 4-14 16-10l4 58 4-86q4-14 18-8l2 88 10-82q6-12 18-4l-2 90 14-52q8-10 16 0l-10
82q-2 34-14 54z" fill="#7f9b63"/><path d="M246 330q30-14 60 2" stroke="#5b7046" stroke-width="5" fill="none"/>
<circle cx="262" cy="300" r="7" fill="#6d2f2f"/></svg>
"""


def main() -> None:
    """Make every picture."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, source in PHOTOGRAPHS.items():
        photograph(Path(sys.argv[1]) / source, TARGET / name)
    for name, text in (("dog.svg", DOG), ("statue.svg", STATUE), ("hand.svg", ZOMBIE)):
        (TARGET / name).write_text(text, encoding="utf-8")
    drawn(sunrise()).write_to_file(str(TARGET / "sunrise.png"), palette=True)
    gif([drawn(ball(n / 16)) for n in range(16)], TARGET / "ball.gif")
    film([drawn(rain(n / 12)) for n in range(12)], TARGET / "rain.png", "apng", "apng", "rgb24")
    waves_ = [drawn(waves(n / 36)) for n in range(36)]
    film(waves_, TARGET / "waves.webm", "webm", "libvpx-vp9", "yuv420p")


def photograph(source: Path, target: Path) -> None:
    """Write a photograph as a small JPEG without metadata."""
    image: Any = pyvips.Image.thumbnail(str(source), LONGEST_PX, size="down").copy_memory()
    for quality in range(90, 40, -5):
        image.jpegsave(str(target), Q=quality, keep="none", optimize_coding=True)
        if target.stat().st_size <= LARGEST_BYTES:
            return


def drawn(svg: str) -> Any:
    """Return a drawing as pixels."""
    return pyvips.Image.svgload_buffer(svg.encode())


def _svg(width: int, height: int, body: str) -> str:
    size = f'width="{width}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{body}</svg>'


def sunrise() -> str:
    """A sun behind hills, on no background at all."""
    rays = "".join(
        f'<path d="M240 220L{240 + 190 * math.cos(a):.0f} {220 - 190 * math.sin(a):.0f}"/>'
        for a in (math.pi * n / 12 for n in range(13))
    )
    return _svg(480, 300,
        f'<g stroke="#f6b73c" stroke-width="7">{rays}</g><circle cx="240" cy="220" r="80"'
        ' fill="#f28c28"/><path d="M0 300q120-110 240-60t240-40v100z" fill="#3f7d58"/>')  # fmt: skip


def ball(turn: float) -> str:
    """A ball that jumps; `turn` runs from 0 to 1."""
    height = 4 * turn * (1 - turn)
    y, squash = 220 - 150 * height, 1 - 0.25 * max(0.0, 0.2 - height) / 0.2
    return _svg(320, 280,
        '<rect width="320" height="280" fill="#fff4d6"/><rect y="250" width="320" height="30"'
        f' fill="#caa66a"/><ellipse cx="160" cy="{y:.1f}" rx="{34 / squash:.1f}"'
        f' ry="{34 * squash:.1f}" fill="#d1495b"/>')  # fmt: skip


def rain(turn: float) -> str:
    """A cloud that rains."""
    drops = "".join(
        f'<path d="M{60 + n * 29} {110 + (n * 53 + turn * 160) % 160:.0f}l-6 18"/>'
        for n in range(8)
    )
    return _svg(320, 280,
        '<rect width="320" height="280" fill="#c9d6df"/><g stroke="#3a6ea5" stroke-width="5">'
        f'{drops}</g><g fill="#6b7a8f"><circle cx="110" cy="90" r="44"/><circle cx="160" cy="70"'
        ' r="54"/><circle cx="214" cy="92" r="42"/></g>')  # fmt: skip


def waves(turn: float) -> str:
    """A sea with a boat."""

    def line(y: float, color: str, phase: float) -> str:
        points = " ".join(
            f"L{x} {y + 10 * math.sin(x / 40 + 2 * math.pi * (turn + phase)):.1f}"
            for x in range(0, 401, 10)
        )
        return f'<path d="M0 240{points}L400 240z" fill="{color}"/>'

    tilt = 6 * math.sin(2 * math.pi * turn)
    boat = (f'<g transform="rotate({tilt:.1f} 200 130)"><path d="M140 120h120l-24 36h-72z"'
        ' fill="#7a4a2b"/><path d="M196 116V40l60 66z" fill="#fbf7ef"/></g>')  # fmt: skip
    return _svg(400, 240, '<rect width="400" height="240" fill="#bfe3f2"/>'
        + line(140, "#3b8ea5", 0) + boat + line(160, "#2a6f8a", 0.3) + line(190, "#1c5470", 0.6))  # fmt: skip


def gif(frames: list[Any], target: Path) -> None:
    """Write frames as a GIF that repeats."""
    joined = pyvips.Image.arrayjoin([frame.flatten() for frame in frames], across=1).copy()
    joined.set_type(pyvips.GValue.gint_type, "page-height", frames[0].height)
    joined.set_type(pyvips.GValue.array_int_type, "delay", [60] * len(frames))
    joined.gifsave(str(target))


def film(frames: list[Any], target: Path, container: str, codec: str, pixels: str) -> None:
    """Write frames as a clip of 12 frames a second."""
    options = {"plays": "0"} if container == "apng" else {}
    with av.open(str(target), "w", format=container, options=options) as output:
        stream: Any = output.add_stream(codec, rate=12)
        stream.width, stream.height = frames[0].width, frames[0].height
        stream.pix_fmt = pixels
        for frame in frames:
            array = np.ascontiguousarray(frame.flatten().numpy())
            output.mux(stream.encode(av.VideoFrame.from_ndarray(array, format="rgb24")))
        output.mux(stream.encode(None))


if __name__ == "__main__":
    main()
