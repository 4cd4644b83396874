"""Templates to HTML: the environment, its filters, and the style rules a page's pictures need."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from menagerie.core import tags
from menagerie.library import SECOND
from menagerie.web import languages

HERE = Path(__file__).parent
STATIC = HERE / "static"


class Coloured(Protocol):
    """What has a place in a row of pictures."""

    @property
    def id(self) -> int:
        """The image's id."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""

    @property
    def colour(self) -> str:
        """The average colour as `#rrggbb`."""


class Boxed(Coloured, Protocol):
    """What is drawn as a box in a row; what has the same `number` differs at most in `href`."""

    @property
    def href(self) -> str:
        """The address that the box leads to."""

    @property
    def number(self) -> int:
        """Which picture, as it is now."""


# Narrower or wider pictures are cropped in rows; they would be slivers or starve their row.
_NARROWEST, _WIDEST = 0.5, 3.2
# A box is drawn once for each language as long as its picture stays as it is; this stands for the
# address within it, which also names the search one is in.
_HREF = "\ufdd0"
_MOST_DRAWN = 8192
_drawn: dict[tuple[int, str], list[str]] = {}


@lru_cache(_MOST_DRAWN)
def _rule(name: str, width: int, height: int, colour: str) -> str:
    shape = width / height
    in_row = min(_WIDEST, max(_NARROWEST, shape))
    colour = colour if re.fullmatch("#[0-9a-f]{6}", colour) else "transparent"
    return f".{name}{{--ratio:{in_row:.4f};--shape:{shape:.4f};--wide:{width}px;--colour:{colour}}}"


class StyleRules:
    """One class per picture of a page, with its shape and colour.

    The content security policy forbids style attributes, so the rules stand in the page's one
    style element, which carries the page's nonce.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._rules: dict[str, str] = {}

    def of(self, picture: Coloured) -> str:
        """Return the class of `picture`, and keep its rule."""
        name = f"p{picture.id}"
        self._rules[name] = _rule(name, picture.width, picture.height, picture.colour)
        return name

    def box(self, draw: Callable[[Boxed, str], Markup], picture: Boxed) -> Markup:
        """Return the box of `picture`, as the macro `draw` makes it of one and its address.

        There is one such macro, and it says nothing that differs from visitor to visitor.
        """
        self.of(picture)
        key = picture.number, self._language
        parts = _drawn.get(key)
        if parts is None:
            if len(_drawn) >= _MOST_DRAWN:
                _drawn.clear()
            parts = _drawn[key] = str(draw(picture, _HREF)).split(_HREF)
        return Markup(str(escape(picture.href)).join(parts))  # noqa: S704  # drawn by a template

    def text(self) -> str:
        """Return the rules kept so far."""
        return "".join(self._rules.values())


def static_paths() -> list[Path]:
    """Return the static files, those in `vendor` included."""
    return sorted(path for path in STATIC.rglob("*") if path.is_file() and path.suffix != ".md")


@lru_cache
def static_version() -> str:
    """Return a name for the static files as they are now; part of their addresses."""
    digest = hashlib.sha256()
    for path in static_paths():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:10]


def static(name: str) -> str:
    """Return the address of a static file; it changes with the files, so it may be kept for ever.

    The version is a folder, so that modules which import each other by relative names agree.
    """
    return f"/static/{static_version()}/{name}"


def url(path: str, **parameters: object) -> str:
    """Return `path` with those parameters that are neither None nor empty.

    >>> url("/search", q="a & b", page=None)
    '/search?q=a+%26+b'
    """
    pairs = {name: value for name, value in parameters.items() if value not in {None, ""}}
    return f"{path}?{urlencode(pairs)}" if pairs else path


@lru_cache(8192)
def segment(text: str) -> str:
    """Return `text` as one segment of a path.

    >>> segment("artist-colon-a+b/c")
    'artist-colon-a+b%2Fc'
    """
    return quote(text, safe="+:@!$,~")


def swapping(place: str, action: str, method: str = "post") -> Markup:
    """Return the attributes of a form, or a link, whose answer replaces one part of its page.

    `place` is the part's id with a hash. Of an answer that is a whole page only that part is taken.

    >>> print(swapping("#marks", "/images/1/vote"))
     hx-post="/images/1/vote" hx-target="#marks" hx-select="#marks" hx-swap="outerHTML show:none"
    """
    how = Markup(' hx-{}="{}" hx-target="{}" hx-select="{}" hx-swap="outerHTML show:none"')
    return how.format(method, action, place, place)


def again(place: str, address: str) -> Markup:
    """Return the attributes of a part that asks `address` for itself anew after a second.

    It goes on until the answer's part has none of them.
    """
    how = Markup(
        ' hx-get="{}" hx-trigger="load delay:1s" hx-select="{}" hx-target="this"'
        ' hx-swap="outerHTML"'
    )
    return how.format(address, place)


@lru_cache(4096)
def iso(moment: int) -> str:
    """Return microseconds UTC in the form that `datetime` attributes and feeds take.

    >>> iso(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(moment // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_web(address: str) -> bool:
    """Tell whether a source may be a link.

    >>> is_web("https://example.org/a"), is_web("javascript:alert(1)")
    (True, False)
    """
    return address.startswith(("http://", "https://"))


def host(address: str) -> str:
    """Return the name of the site of an address.

    >>> host("https://www.example.org/a/b")
    'example.org'
    """
    return (urlsplit(address).hostname or address).removeprefix("www.")


_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser(user_agent: str) -> str:
    """Return what people call the program that sent `user_agent`.

    >>> browser("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox, Linux'
    """
    names = [
        next((name for mark, name in table if mark in user_agent), "")
        for table in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in names if name) or user_agent[:60] or "?"


def _speech(language: str) -> dict[str, Callable[..., Markup]]:
    """Return what templates say texts with, as HTML.

    Jinja's own take every text for a format and for HTML, but what is wrong with a form, or the
    name of a pet, may hold what somebody typed.
    """
    messages = languages.translations(language)

    @lru_cache(4096)
    def escaped(text: str) -> Markup:
        return escape(messages.gettext(text))

    def gettext(text: str, /, **values: object) -> Markup:
        said = escaped(text)
        return said % values if values else said

    def ngettext(one: str, many: str, count: int, /, **values: object) -> Markup:
        return escape(messages.ngettext(one, many, count)) % {"num": count, **values}

    return {"gettext": gettext, "ngettext": ngettext, "_": gettext}


@lru_cache
def environment(language: str) -> Environment:
    """Return the templates of one language."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.globals.update(static=static, url=url, swapping=swapping, again=again, **_speech(language))
    made.filters.update(
        number=partial(languages.number, language=language),
        size=partial(languages.size, language=language),
        milliseconds=partial(languages.milliseconds, language=language),
        exact=partial(languages.exact, language=language),
        ago=partial(languages.ago, language=language),
        iso=iso,
        segment=segment,
        is_web=is_web,
        host=host,
        browser=browser,
        tag_name=tags.name_of_slug,
        profile_slug=lambda name: segment(tags.slug_of(name)),
    )
    return made


def page(template: str, language: str, context: dict[str, Any]) -> str:
    """Render a template."""
    return environment(language).get_template(template).render(context, styles=StyleRules(language))
