"""What is drawn around portraits: frames, bunting, balloons, confetti, fireworks, laurels.

Every function returns SVG elements for a canvas of `SIZE` px a side; `document` makes a drawing of
them. Nothing here holds text or anything that somebody sent.
"""

import math

import numpy as np

SIZE = 1024
Random = np.random.Generator

PARTY = ("#ff5d8f", "#ffb627", "#3ec1d3", "#7c5cff", "#59c36a", "#ff7f50")
RED, WHITE, BLUE = "#b22234", "#fdfbf4", "#233a7a"
GOLD = (
    '<linearGradient id="gold" x1="0" y1="0" x2="1" y2="1">'
    '<stop offset="0" stop-color="#fff0b8"/><stop offset=".3" stop-color="#c8922f"/>'
    '<stop offset=".5" stop-color="#fbe08c"/><stop offset=".75" stop-color="#9a6a1c"/>'
    '<stop offset="1" stop-color="#f3d27a"/></linearGradient>'
)


def document(*parts: str, definitions: str = "") -> bytes:
    """Return a drawing with a transparent ground."""
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{SIZE}"'
        f' viewBox="0 0 {SIZE} {SIZE}"><defs>{GOLD}{definitions}</defs>{body}</svg>'
    ).encode()


def _star(x: float, y: float, radius: float, color: str, *, turn: float = 0) -> str:
    corners = []
    for index in range(10):
        reach = radius if index % 2 == 0 else radius * 0.4
        angle = math.pi * index / 5 - math.pi / 2 + turn
        corners.append(f"{x + reach * math.cos(angle):.1f},{y + reach * math.sin(angle):.1f}")
    return f'<polygon points="{" ".join(corners)}" fill="{color}"/>'


# A birthday.


def bunting(random: Random) -> str:
    """Two strings of little flags that hang from the upper edge."""
    parts = []
    strings = ((-20, 40, 512, 96, 560, 70), (470, 70, 760, 120, 1050, 24))
    for start_x, start_y, middle_x, sag, end_x, end_y in strings:
        control_y = 2 * sag - (start_y + end_y) / 2 + 60
        parts.append(
            f'<path d="M{start_x} {start_y}Q{middle_x - 120} {control_y} {end_x} {end_y}"'
            ' fill="none" stroke="#fff8ee" stroke-width="5"/>'
        )
        count = max(5, int((end_x - start_x) / 74))
        for index in range(count):
            at = (index + 0.5) / count
            x = (1 - at) ** 2 * start_x + 2 * at * (1 - at) * (middle_x - 120) + at**2 * end_x
            y = (1 - at) ** 2 * start_y + 2 * at * (1 - at) * control_y + at**2 * end_y
            parts.append(_flag(x, y, PARTY[(index + len(parts)) % len(PARTY)], random))
    return "".join(parts)


def _flag(x: float, y: float, color: str, random: Random) -> str:
    lean = random.uniform(-7, 7)
    shape = f'<path d="M-31 -2L31 -2L0 74Z" fill="{color}"/>'
    shade = '<path d="M-31 -2L31 -2L26 10L-26 10Z" fill="#000" opacity=".13"/>'
    dots = "".join(
        f'<circle cx="{dx}" cy="{dy}" r="4.5" fill="#fff" opacity=".75"/>'
        for dx, dy in ((-12, 22), (12, 22), (0, 42))
    )
    return f'<g transform="translate({x:.1f} {y:.1f}) rotate({lean:.1f})">{shape}{shade}{dots}</g>'


def balloons() -> str:
    """Bunches of balloons in the lower corners, behind what stands in the middle."""
    spots = (
        (84, 560, 78, 0), (36, 690, 66, 1), (134, 742, 70, 2), (60, 846, 60, 4),
        (946, 520, 76, 3), (990, 664, 68, 0), (898, 716, 70, 1), (968, 826, 60, 5),
    )  # fmt: skip
    strings, bodies = [], []
    for x, y, radius, color in spots:
        foot = 96 if x < 512 else 928
        strings.append(
            f'<path d="M{x} {y + radius}C{x + 22} {y + radius + 90} {foot - 30} 960 {foot} 1040"'
            ' fill="none" stroke="#fff" stroke-width="3" opacity=".8"/>'
        )
        bodies.append(
            f'<g transform="translate({x} {y})" fill="{PARTY[color]}">'
            f'<path d="M-9 {radius * 1.2}L9 {radius * 1.2}L0 {radius * 1.05}Z"/>'
            f'<ellipse rx="{radius * 0.9}" ry="{radius * 1.1}"/>'
            f'<ellipse cx="{radius * 0.24}" cy="{radius * 0.3}" rx="{radius * 0.62}"'
            f' ry="{radius * 0.74}" fill="#000" opacity=".07"/>'
            f'<ellipse cx="{-radius * 0.34}" cy="{-radius * 0.45}" rx="{radius * 0.17}"'
            f' ry="{radius * 0.3}" transform="rotate(24)" fill="#fff" opacity=".6"/></g>'
        )
    return "".join(strings + bodies)


def confetti(random: Random, count: int, *, clear_px: float) -> str:
    """Scattered bits of paper, none nearer to the middle than `clear_px`."""
    parts: list[str] = []
    while len(parts) < count:
        x, y = random.uniform(0, SIZE, 2)
        if max(abs(x - SIZE / 2), abs(y - SIZE / 2)) < clear_px:
            continue
        color = PARTY[int(random.integers(len(PARTY)))]
        turn, size = random.uniform(0, 180), random.uniform(7, 15)
        place = f'transform="translate({x:.0f} {y:.0f}) rotate({turn:.0f})" '
        match int(random.integers(3)):
            case 0:
                shape = f'<rect {place}width="{size * 1.6:.0f}" height="{size * 0.7:.0f}" rx="2"'
            case 1:
                shape = f'<circle {place}r="{size * 0.5:.1f}"'
            case _:
                shape = f'<path {place}d="M0 0q{size:.0f} {-size:.0f} {2 * size:.0f} 0'
                shape += f't{2 * size:.0f} 0" stroke="{color}" stroke-width="4.5"'
                color = "none"
        parts.append(f'{shape} fill="{color}"/>')
    return "".join(parts)


def party_ground() -> tuple[str, str]:
    """A ground of sunny rays, and what it needs to be defined."""
    rays = "".join(
        f'<path d="M512 540L{512 + 1100 * math.cos(a):.0f} {540 + 1100 * math.sin(a):.0f}'
        f'L{512 + 1100 * math.cos(a + 0.13):.0f} {540 + 1100 * math.sin(a + 0.13):.0f}Z"'
        ' fill="#fff" opacity=".16"/>'
        for a in (index * math.pi / 12 for index in range(24))
    )
    definition = (
        '<radialGradient id="sun" cx=".5" cy=".5" r=".75"><stop offset="0" stop-color="#ffe9c7"/>'
        '<stop offset=".6" stop-color="#ffc4b5"/><stop offset="1" stop-color="#f79bb4"/>'
        "</radialGradient>"
    )
    return f'<rect width="{SIZE}" height="{SIZE}" fill="url(#sun)"/>{rays}', definition


# The fourth of July.


def night_sky(random: Random) -> tuple[str, str]:
    """A clear night full of stars, and what it needs to be defined."""
    definition = (
        '<linearGradient id="night" x1="0" y1="0" x2="0" y2="1"><stop offset="0"'
        ' stop-color="#070b24"/><stop offset=".7" stop-color="#1a2358"/><stop offset="1"'
        ' stop-color="#3b2a5c"/></linearGradient>'
        '<radialGradient id="glow"><stop offset="0" stop-color="#fff" stop-opacity=".5"/>'
        '<stop offset="1" stop-color="#fff" stop-opacity="0"/></radialGradient>'
    )
    stars = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.1f}" fill="#fff" opacity="{o:.2f}"/>'
        for x, y, r, o in zip(
            random.uniform(0, SIZE, 130),
            random.uniform(0, 760, 130),
            random.uniform(0.6, 1.9, 130),
            random.uniform(0.3, 0.9, 130),
            strict=True,
        )
    )
    return f'<rect width="{SIZE}" height="{SIZE}" fill="url(#night)"/>{stars}', definition


def fireworks(random: Random) -> str:
    """Bursts in red, white, blue and gold around the middle."""
    bursts = (
        (150, 165, 150, "#ff5a5a"), (868, 150, 165, "#7fb2ff"), (512, 66, 92, "#ffe08a"),
        (66, 470, 100, "#fff3d0"), (962, 486, 108, "#ff7474"), (330, 60, 62, "#9cc4ff"),
        (704, 52, 56, "#fff"),
    )  # fmt: skip
    return "".join(_burst(x, y, radius, color, random) for x, y, radius, color in bursts)


def _burst(x: float, y: float, radius: float, color: str, random: Random) -> str:
    parts = [f'<circle cx="{x}" cy="{y}" r="{radius * 1.1:.0f}" fill="url(#glow)" opacity=".35"/>']
    for ring, count in ((1.0, 30), (0.62, 20), (0.32, 12)):
        for index in range(count):
            angle = 2 * math.pi * (index + random.uniform(-0.2, 0.2)) / count
            end = radius * ring * random.uniform(0.86, 1.08)
            start = end * random.uniform(0.3, 0.55)
            drop = end * end / radius * 0.12
            cos, sin = math.cos(angle), math.sin(angle)
            parts.append(
                f'<path d="M{x + start * cos:.1f} {y + start * sin:.1f}'
                f"Q{x + 0.8 * end * cos:.1f} {y + 0.8 * end * sin:.1f}"
                f' {x + end * cos:.1f} {y + end * sin + drop:.1f}" fill="none" stroke="{color}"'
                f' stroke-width="{2.6 * (0.6 + ring / 2):.1f}" stroke-linecap="round"'
                ' opacity=".9"/>'
                f'<circle cx="{x + end * cos:.1f}" cy="{y + end * sin + drop:.1f}" r="3.4"'
                ' fill="#fff"/>'
            )
    return "".join(parts)


def ring_of_stars(x: float, y: float, radius: float) -> str:
    """A blue ring with white stars and red edges around a round picture."""
    stars = "".join(
        _star(x + radius * math.cos(a), y + radius * math.sin(a), 15, WHITE, turn=a + math.pi / 2)
        for a in (index * 2 * math.pi / 25 for index in range(25))
    )
    circle = f'<circle cx="{x}" cy="{y}" fill="none"'
    return (
        f'{circle} r="{radius}" stroke="{BLUE}" stroke-width="54"/>'
        f'{circle} r="{radius + 32}" stroke="{RED}" stroke-width="13"/>'
        f'{circle} r="{radius + 41}" stroke="{WHITE}" stroke-width="5"/>'
        f'{circle} r="{radius - 29}" stroke="{WHITE}" stroke-width="6"/>{stars}'
    )


def pleated_fans() -> str:
    """Half rosettes of pleated cloth along the lower edge."""
    parts = []
    for x, radius in ((0, 170), (1024, 170), (256, 180), (768, 180), (512, 200)):
        for reach, color in ((1.0, RED), (0.78, WHITE), (0.56, BLUE)):
            r = radius * reach
            parts.append(f'<circle cx="{x}" cy="1034" r="{r:.0f}" fill="{color}"/>')
        parts += [
            f'<path d="M{x} 1034L{x + radius * math.cos(a):.0f} {1034 - radius * math.sin(a):.0f}"'
            ' stroke="#000" stroke-width="7" opacity=".13"/>'
            for a in (index * math.pi / 16 for index in range(17))
        ]
        parts.append(_star(x, 1034 - radius * 0.27, radius * 0.17, WHITE))
    return "".join(parts)


# A hero.


def rays() -> tuple[str, str]:
    """Beams of light on deep green, and what they need to be defined."""
    definition = (
        '<radialGradient id="deep" cx=".5" cy=".46" r=".72"><stop offset="0" stop-color="#3f7a5c"/>'
        '<stop offset=".55" stop-color="#17402f"/><stop offset="1" stop-color="#06150f"/>'
        "</radialGradient>"
    )
    beams = "".join(
        f'<path d="M512 470L{512 + 1000 * math.cos(a - 0.05):.0f}'
        f" {470 + 1000 * math.sin(a - 0.05):.0f}L{512 + 1000 * math.cos(a + 0.05):.0f}"
        f' {470 + 1000 * math.sin(a + 0.05):.0f}Z" fill="#ffe9a8" opacity=".09"/>'
        for a in (index * math.pi / 16 for index in range(32))
    )
    return f'<rect width="{SIZE}" height="{SIZE}" fill="url(#deep)"/>{beams}', definition


def gold_ring(x: float, y: float, radius: float) -> str:
    """A golden ring with beads around a round picture."""
    beads = "".join(
        f'<circle cx="{x + radius * math.cos(a):.1f}" cy="{y + radius * math.sin(a):.1f}" r="5"'
        ' fill="#fff3c4" opacity=".9"/>'
        for a in (index * 2 * math.pi / 72 for index in range(72))
    )
    circle = f'<circle cx="{x}" cy="{y}" fill="none"'
    return (
        f'{circle} r="{radius + 3}" stroke="#000" stroke-width="44" opacity=".35"/>'
        f'{circle} r="{radius}" stroke="url(#gold)" stroke-width="34"/>'
        f'{circle} r="{radius}" stroke="#7a5313" stroke-width="13"/>'
        f'{circle} r="{radius - 18}" stroke="#5a3b0c" stroke-width="3"/>'
        f'{circle} r="{radius + 18}" stroke="#5a3b0c" stroke-width="3"/>{beads}'
    )


def laurels(x: float, y: float, radius: float) -> str:
    """Two branches of laurel that rise from below on both sides of a round picture."""
    parts = []
    for side in (-1, 1):
        for index in range(13):
            angle = math.pi / 2 - side * (0.12 + index * 0.142)
            at_x, at_y = x + radius * math.cos(angle), y + radius * math.sin(angle)
            forward = math.degrees(angle) - side * 90
            size = 46 - index * 1.2
            for lean, reach in ((36, 1.0), (-36, 0.92)):
                parts.append(
                    f'<path transform="translate({at_x:.1f} {at_y:.1f})'
                    f' rotate({forward + lean:.1f}) scale({size * reach / 46:.2f})"'
                    ' d="M0 0C14 -17 42 -17 62 0C42 17 14 17 0 0Z" fill="url(#gold)"'
                    ' stroke="#5d400f" stroke-width="1.6"/>'
                )
    knot = (
        f'<g transform="translate({x} {y + radius})"><path d="M-6 0L-52 58L-30 56L-22 78L8 12Z'
        'M6 0L52 58L30 56L22 78L-8 12Z" fill="#8e1f2d"/>'
        '<circle r="21" fill="url(#gold)" stroke="#5d400f" stroke-width="2"/>'
        '<path transform="scale(.62)" fill="#5d400f" d="M0 14c-9 -12 -19 -2 -13 6c4 6 22 6 26 0'
        "c6 -8 -4 -18 -13 -6ZM-15 -3a5 6 0 1 1 .1 0ZM-5 -12a5 6 0 1 1 .1 0ZM7 -12a5 6 0 1 1 .1 0Z"
        'M17 -3a5 6 0 1 1 .1 0Z"/></g>'
    )
    return "".join(parts) + knot


def crown(x: float, y: float) -> str:
    """A crown of three peaks whose foot is at a place."""
    jewels = "".join(
        f'<circle cx="{dx}" cy="{dy}" r="{r}" fill="{color}" stroke="#5d400f" stroke-width="2"/>'
        for dx, dy, r, color in (
            (0, -96, 12, "#d8324a"), (-74, -74, 10, "#3f7fd1"), (74, -74, 10, "#3f7fd1"),
            (0, -13, 9, "#d8324a"), (-44, -15, 7, "#3fae6f"), (44, -15, 7, "#3fae6f"),
        )
    )  # fmt: skip
    return (
        f'<g transform="translate({x} {y})"><path d="M-72 2L-76 -66L-36 -34L0 -88L36 -34L76 -66'
        'L72 2Q0 18 -72 2Z" fill="url(#gold)" stroke="#5d400f" stroke-width="3"'
        ' stroke-linejoin="round"/>'
        '<path d="M-73 -2Q0 14 73 -2L71 -26Q0 -10 -71 -26Z" fill="#9a6a1c" opacity=".55"/>'
        f"{jewels}</g>"
    )


# Quiet frames.


def mount(inner_px: int, *, width: int, colors: tuple[str, str], bevel: float) -> str:
    """A mount of card with a window `inner_px` from the edges, inside a thin frame.

    `colors` are the card's and the frame's; `bevel` (0 to 1) is how bright the cut edge shines.
    """
    card, frame = colors
    far = SIZE - inner_px
    outer, inner = f"M0 0H{SIZE}V{SIZE}H0Z", f"M{inner_px} {inner_px}V{far}H{far}V{inner_px}Z"
    edge = SIZE - width
    return (
        f'<path d="{outer}{inner}" fill="{card}"/>'
        f'<path d="M{inner_px} {inner_px}H{far}L{far + 9} {inner_px - 9}H{inner_px - 9}Z'
        f'M{inner_px} {inner_px}V{far}L{inner_px - 9} {far + 9}V{inner_px - 9}Z"'
        ' fill="#000" opacity=".2"/>'
        f'<path d="M{far} {far}H{inner_px}L{inner_px - 9} {far + 9}H{far + 9}Z'
        f'M{far} {far}V{inner_px}L{far + 9} {inner_px - 9}V{far + 9}Z" fill="#fff"'
        f' opacity="{bevel}"/>'
        f'<rect x="{inner_px - 26}" y="{inner_px - 26}" width="{far - inner_px + 52}"'
        f' height="{far - inner_px + 52}" fill="none" stroke="{frame}" stroke-width="1.6"'
        ' opacity=".55"/>'
        f'<path d="{outer}M{width} {width}V{edge}H{edge}V{width}Z" fill="{frame}"/>'
        f'<rect x="{width}" y="{width}" width="{edge - width}" height="{edge - width}" fill="none"'
        ' stroke="#000" stroke-width="8" opacity=".12"/>'
    )


def gilt_frame() -> str:
    """A broad gilded frame of several mouldings."""
    parts = []
    for start, end, color, opacity in (
        (0, 58, "url(#gold)", 1), (0, 9, "#5d3f0e", 0.75), (17, 22, "#fff2bf", 0.7),
        (26, 44, "#7c5414", 0.7), (44, 50, "#fff2bf", 0.8), (54, 62, "#2c1c05", 0.85),
    ):  # fmt: skip
        far, near = SIZE - start, SIZE - end
        parts.append(
            f'<path d="M{start} {start}H{far}V{far}H{start}ZM{end} {end}V{near}H{near}V{end}Z"'
            f' fill="{color}" opacity="{opacity}"/>'
        )
    for index in range(64):
        at = 35 + index % 16 * (SIZE - 70) / 16
        x, y = ((at, 35), (SIZE - 35, at), (SIZE - at, SIZE - 35), (35, SIZE - at))[index // 16]
        parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="7" fill="url(#gold)"/>')
    mitres = "".join(
        f'<path d="M{a} {b}L{c} {d}" stroke="#3b2707" stroke-width="2" opacity=".6"/>'
        for a, b, c, d in ((0, 0, 60, 60), (SIZE, 0, SIZE - 60, 60), (0, SIZE, 60, SIZE - 60),
                           (SIZE, SIZE, SIZE - 60, SIZE - 60))
    )  # fmt: skip
    return "".join(parts) + mitres
