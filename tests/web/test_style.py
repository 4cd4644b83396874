"""What the stylesheet promises: small, layered, no foreign hosts, colours that can be read."""

import math
import re
from itertools import combinations
from pathlib import Path

import pytest

import menagerie

WEB = Path(menagerie.__file__).parent / "web"
CSS = (WEB / "static" / "menagerie.css").read_text(encoding="utf-8")
HUES = dict(re.findall(r'data-category="([a-z-]+)"\] \{--hue:(\d+)', CSS))


def _tokens(scheme):
    root = re.search(r":root \{(.*?)\n\}", CSS, re.DOTALL)[1]
    found = dict(re.findall(r"--([a-z-]+): ([^;]+);", root))
    pairs = re.compile(r"light-dark\((#\w+), (#\w+)\)")
    return {name: pairs.sub(r"\1" if scheme == "light" else r"\2", v) for name, v in found.items()}


def _rgb(color):
    return tuple(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))


def _linear(channel):
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _encoded(channel):
    channel = min(1.0, max(0.0, channel))
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _luminance(rgb):
    r, g, b = map(_linear, rgb)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(one, other):
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _from_oklab(lightness, a, b):
    l_, m_, s_ = (
        (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    )
    return tuple(
        _encoded(channel)
        for channel in (
            4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_,
            -1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_,
            -0.0041960863 * l_ - 0.7034186147 * m_ + 1.7076147010 * s_,
        )
    )


def _to_oklab(rgb):
    r, g, b = map(_linear, rgb)
    l_ = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    m_ = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    s_ = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_,
        1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_,
        0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_,
    )


def _tag(scheme, hue):
    tokens = _tokens(scheme)
    tone = r"oklch\(([\d.]+) ([\d.]+) var\(--hue\)\)"
    tones = re.search(rf"--tag:light-dark\({tone}, {tone}\)", CSS).groups()
    lightness, chroma = map(float, tones[:2] if scheme == "light" else tones[2:])
    angle = math.radians(float(hue))
    lab = (lightness, chroma * math.cos(angle), chroma * math.sin(angle))
    return _from_oklab(*lab), _tinted(lab, tokens)


def _tinted(lab, tokens):
    share = float(tokens["tint"].rstrip("%")) / 100
    paper = _to_oklab(_rgb(tokens["paper"]))
    return _from_oklab(*(share * m + (1 - share) * p for m, p in zip(lab, paper, strict=True)))


def test_the_conversion_of_colours_goes_there_and_back():
    for color in ("#0a6b66", "#ffffff", "#16150f"):
        assert _from_oklab(*_to_oklab(_rgb(color))) == pytest.approx(_rgb(color), abs=0.002)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_on_every_ground(scheme):
    tokens = _tokens(scheme)
    for ground in ("paper", "raised", "sunken"):
        for words in ("ink", "soft", "accent", "danger", "warn", "good"):
            ratio = _contrast(_rgb(tokens[words]), _rgb(tokens[ground]))
            assert ratio >= 4.5, (words, ground, round(ratio, 2))
    for words, ground in (
        ("on-accent", "accent"),
        ("accent", "accent-soft"),
        ("ink", "accent-soft"),
    ):
        assert _contrast(_rgb(tokens[words]), _rgb(tokens[ground])) >= 4.5, (words, ground)
    # Notes and badges: their tone, and plain words, on a tint of it.
    for tone in ("accent", "danger", "warn", "good"):
        ground = _tinted(_to_oklab(_rgb(tokens[tone])), tokens)
        assert _contrast(_rgb(tokens[tone]), ground) >= 4.5, tone
        assert _contrast(_rgb(tokens["ink"]), ground) >= 4.5, tone
        assert _contrast(_rgb(tokens["soft"]), ground) >= 4.5, tone
    # What only outlines a control needs 3:1.
    assert _contrast(_rgb(tokens["edge"]), _rgb(tokens["raised"])) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("category", HUES)
def test_every_tag_can_be_read(scheme, category):
    tokens = _tokens(scheme)
    words, ground = _tag(scheme, HUES[category])
    assert _contrast(words, ground) >= 4.5
    assert _contrast(words, _rgb(tokens["paper"])) >= 4.5
    # The count inside a tag is in the soft ink.
    assert _contrast(_rgb(tokens["soft"]), ground) >= 4.5


def test_every_category_has_a_colour_of_its_own():
    assert len(HUES) == 12
    for one, other in combinations(map(int, HUES.values()), 2):
        assert min((one - other) % 360, (other - one) % 360) >= 18, (one, other)


def test_the_stylesheet_is_small_layered_and_calls_nobody():
    assert len(CSS.encode()) < 25_000
    assert "@layer tokens, base, layout, parts, pages;" in CSS
    assert "url(" not in CSS
    assert "@import" not in CSS
    assert "prefers-reduced-motion" in CSS
    assert "@media print" in CSS
    assert (
        "!important"
        not in re.sub(r"@media (print|\(prefers-reduced-motion).*?\n\}", "", CSS, flags=re.DOTALL)
        .replace("[hidden] {display:none !important}", "")
        .split("@media (prefers-reduced")[0]
    )


def test_layout_follows_the_direction_of_writing():
    physical = r"(?:margin|padding|border|inset)-(?:left|right|top|bottom)\b|[^-]\b(?:left|right):"
    assert not re.search(physical, CSS)
