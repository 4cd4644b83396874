"""Pure functions from core values to what the templates show."""

import itertools
from collections.abc import Callable, Iterable, Sequence

import msgspec

from menagerie.core.images import Image, TagRef
from menagerie.core.tags import CATEGORY_ORDER
from menagerie.errors import QueryError
from menagerie.media import render as representations
from menagerie.search import fields, nodes
from menagerie.web import texts
from menagerie.web.render import url

ROW_PX = {"small": 120, "medium": 220, "large": 360, "list": 64}
_GRID_NAMES = ("thumb", "small", "medium", "large")
_LONGEST_ALT = 160


class Picture(msgspec.Struct, frozen=True):
    """An image as rows of pictures and its own page show it; sizes in pixels.

    `spoiler` is None, or why the picture is blurred until somebody opens it. What has the same
    `number` differs at most in `href`.
    """

    id: int
    href: str
    plain_href: str
    src: str
    srcset: str
    sizes: str
    full_srcset: str
    small: str
    medium: str
    large: str
    full: str
    download: str
    width: int
    height: int
    colour: str
    alt: str
    kind: str
    spoiler: str | None
    tags: tuple[TagRef, ...]
    score: int
    upvotes: int
    downvotes: int
    faves: int
    comment_count: int
    first_seen_at: int
    number: int


class File(msgspec.Struct, frozen=True):
    """One file of an image that may be fetched."""

    name: str
    href: str
    width: int
    height: int


class Step(msgspec.Struct, frozen=True):
    """One entry of the row of pages; a `number` of None is a gap."""

    number: int | None
    href: str = ""
    is_current: bool = False


class Pages(msgspec.Struct, frozen=True):
    """The pages around the one shown."""

    number: int
    last: int
    first: str
    previous: str | None
    next: str | None
    steps: tuple[Step, ...]


class Chip(msgspec.Struct, frozen=True):
    """One part of a query, and the address of the search without it."""

    text: str
    without: str


class Wrong(msgspec.Struct, frozen=True):
    """A query with the place that is wrong, or worth a remark, in the middle."""

    before: str
    marked: str
    after: str
    message: str
    hint: str


# Pictures made lately, by image, size and spoiler. The core gives the same object for an image as
# long as nothing about it changes, and so does this.
_made: dict[tuple[int, str, str | None], tuple[Image, Picture]] = {}
_MOST_MADE = 4096
_numbers = itertools.count(1)


def picture(
    image: Image, *, view: str = "medium", spoiler: str | None = None, **context: object
) -> Picture:
    """Return `image` for a row of the size `view`; `context` is the search its link remembers."""
    key = image.id, view, spoiler
    kept = _made.get(key)
    if kept is None or kept[0] is not image:
        if len(_made) >= _MOST_MADE:
            _made.clear()
        kept = _made[key] = image, _picture(image, view, spoiler)
    made = kept[1]
    href = url(made.plain_href, **context) if context else made.plain_href
    return made if href == made.plain_href else msgspec.structs.replace(made, href=href)


def _picture(image: Image, view: str, spoiler: str | None) -> Picture:
    href = f"/images/{image.id}"
    by_name = {name: file(image, name) for name in _GRID_NAMES}
    widths = {found.width: found for found in by_name.values()}
    best = by_name["medium" if view in {"medium", "large"} else "small"]
    return Picture(
        id=image.id,
        href=href,
        plain_href=href,
        src=best.href,
        srcset=_srcset(widths.values()),
        sizes=f"{round(ROW_PX[view] * 1.25 * image.width / image.height)}px",
        full_srcset=_srcset({**widths, image.width: whole(image)}.values()),
        small=by_name["small"].href,
        medium=by_name["medium"].href,
        large=by_name["large"].href,
        full=whole(image).href,
        download=f"/pictures/{image.id}/download",
        width=image.width,
        height=image.height,
        colour=image.average_color,
        alt=alternative_text(image),
        kind=kind(image),
        spoiler=spoiler,
        tags=image.tags,
        score=image.score,
        upvotes=image.upvotes,
        downvotes=image.downvotes,
        faves=image.faves,
        comment_count=image.comment_count,
        first_seen_at=image.first_seen_at,
        number=next(_numbers),
    )


def _srcset(files: Iterable[File]) -> str:
    listed = sorted(files, key=lambda f: f.width)
    return ", ".join(f"{f.href} {f.width}w" for f in listed) if len(listed) > 1 else ""


def alternative_text(image: Image) -> str:
    """Return what stands for the picture where it cannot be seen: its description or its tags."""
    words = " ".join(image.description.split())
    if not words:
        words = ", ".join(tag.name for tag in image.tags[:12])
    return words if len(words) <= _LONGEST_ALT else words[: _LONGEST_ALT - 1] + "…"


def kind(image: Image) -> str:
    """Return what a still cannot show: that it moves, and for how long."""
    if image.format == "webm":
        minutes, seconds = divmod(round(image.duration_s), 60)
        return f"▶ {minutes}:{seconds:02}"
    if image.is_animated:
        return image.format.upper()
    return ""


def whole(image: Image) -> File:
    """Return the published file, or for a clip a still of it, as an `img` can show it."""
    if image.format == "webm":
        still = _href(image, "rendered.png") if image.has_representations else ""
        return File("full", still, image.width, image.height)
    return File("full", _href(image, f"full.{image.format}"), image.width, image.height)


def file(image: Image, name: str) -> File:
    """Return the file an `img` shows for the representation `name`, the whole one where it fits."""
    if not image.has_representations or representations.fits(image.width, image.height, name):
        return whole(image)
    ending = {"svg": "png", "webm": "gif"}.get(image.format, image.format)
    if image.format == "webm":
        name = "thumb"  # a clip has still-like previews in this size only
        if representations.fits(image.width, image.height, name):
            return whole(image)
    width, height = fitted(image, representations.BOXES[name])
    return File(name, _href(image, f"{name}.{ending}"), width, height)


def fitted(image: Image, box: tuple[int, int]) -> tuple[int, int]:
    """Return the size of `image` within `box`, never enlarged."""
    scale = min(1.0, box[0] / image.width, box[1] / image.height)
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def files(image: Image) -> list[File]:
    """Return every rendered size of an image, the whole file first."""
    found = {"full": File("full", _href(image, f"full.{image.format}"), image.width, image.height)}
    ending = {"svg": "png"}.get(image.format, image.format)
    for name, box in reversed(representations.BOXES.items()):
        if image.has_representations and not representations.fits(image.width, image.height, name):
            width, height = fitted(image, box)
            found[name] = File(name, _href(image, f"{name}.{ending}"), width, height)
    return list(found.values())


def video(image: Image) -> str | None:
    """Return the address of the clip, None for what is no clip."""
    return _href(image, "full.webm") if image.format == "webm" else None


def _href(image: Image, file_name: str) -> str:
    # The hash changes when the file does, so whoever keeps the address may keep the file.
    return f"/pictures/{image.id}/{file_name}?v={image.full_sha512[:8]}"


def tag_groups(found: Sequence[TagRef]) -> list[tuple[str, str, list[TagRef]]]:
    """Return (category, its name, its tags) in display order, leaving out empty ones."""
    groups = [
        (category, texts.CATEGORIES[category], [t for t in found if t.category == category])
        for category in CATEGORY_ORDER
    ]
    rest = [t for t in found if t.category not in texts.CATEGORIES]
    return [group for group in (*groups, ("", texts.NO_CATEGORY, rest)) if group[2]]


def pages(number: int, total: int, per_page: int, link: Callable[[int], str]) -> Pages:
    """Return the pages of `total` things around page `number`; `link` gives a page's address."""
    last = max(1, -(-total // per_page))
    near = {1, last, *range(max(1, number - 2), min(last, number + 2) + 1)}
    steps: list[Step] = []
    before = 0
    for n in sorted(near):
        if n == before + 2:
            steps.append(Step(n - 1, link(n - 1)))
        elif n > before + 1:
            steps.append(Step(None))
        steps.append(Step(n, link(n), is_current=n == number))
        before = n
    return Pages(
        number=number,
        last=last,
        first=link(1),
        previous=link(min(number - 1, last)) if number > 1 else None,
        next=link(number + 1) if number < last else None,
        steps=tuple(steps),
    )


def chips(node: nodes.Node, query: str, link: Callable[[str], str]) -> list[Chip]:
    """Return the parts that must all match; `link` gives the address of another query."""
    if isinstance(node, nodes.All | nodes.Nothing):
        return []
    parts = node.children if isinstance(node, nodes.And) else (node,)
    words = [_words(part, query) for part in parts]
    return [
        Chip(text, link(", ".join(words[:at] + words[at + 1 :]))) for at, text in enumerate(words)
    ]


def _words(node: nodes.Node, query: str) -> str:
    """Return a part as it was typed where that stands on its own, else as it prints."""
    typed = query[node.span.start : node.span.end].strip()
    is_group = any(isinstance(inner, nodes.And | nodes.Or) for inner in nodes.walk(node))
    if typed and not is_group and typed.count("(") == typed.count(")"):
        return typed
    text = nodes.to_text(node, fields.IMAGES)
    return f"({text})" if isinstance(node, nodes.Or) else text


def wrong(error: QueryError, query: str) -> Wrong:
    """Return the query cut at the error's place; an empty place becomes the nearest character."""
    start = min(max(0, error.start), len(query))
    end = min(max(start, error.end), len(query))
    if start == end:
        start, end = (start, end + 1) if end < len(query) else (max(0, start - 1), end)
    return Wrong(query[:start], query[start:end] or " ", query[end:], error.message, error.hint)
