"""What pictures a page on the web shows, by what its markup says of itself.

No site is treated apart: a page names its picture for previews in chats, which is the one somebody
who gives the address of a page means.
"""

import codecs
import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import msgspec

from menagerie.media import fetch

MOST_BYTES = 1024 * 1024
MOST_IMAGES = 20
_LARGE_PX = 200
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_MOST_TEXT = 50_000
# From the best known to the least; the first that a page has counts.
_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_DESCRIPTIONS = ("og:description", "twitter:description", "description")
_AUTHORS = ("author", "article:author", "twitter:creator")
_PIXELS = re.compile(r"\s*(\d{1,6})(?:px)?\s*")


class Scraped(msgspec.Struct, frozen=True):
    """What an address on the web leads to: pictures, best first, and what is said about them."""

    source_url: str
    images: tuple[str, ...] = ()
    description: str = ""
    author_name: str = ""


def scrape(url: str, *, timeout_s: float, allow_private: bool) -> Scraped:
    """Return what is at `url`: a picture itself, or the pictures that a page there names.

    At most a mebibyte is read. Raises Invalid (`url`) when nothing can be had.
    """
    found = fetch.peek(url, max_bytes=MOST_BYTES, timeout_s=timeout_s, allow_private=allow_private)
    if found.media_type.startswith(("image/", "video/")):
        return Scraped(url, (found.url,))
    if found.media_type not in _HTML:
        return Scraped(url)
    return read_page(_decoded(found), found.url, source_url=url)


def read_page(markup: str, url: str, *, source_url: str) -> Scraped:
    """Return what the markup of the page at `url` says.

    >>> page = '<meta property="og:image" content="/a.png"><meta name="author" content="Ann">'
    >>> found = read_page(page, "https://example.org/x", source_url="https://example.org/x")
    >>> found.images, found.author_name
    (('https://example.org/a.png',), 'Ann')
    """
    page = _Page()
    page.feed(markup)
    named = [text for name in _IMAGES for text in page.metas.get(name, ())]
    candidates = named or page.large
    absolute = (_absolute(url, text) for text in candidates)
    images = tuple(dict.fromkeys(text for text in absolute if text))[:MOST_IMAGES]
    return Scraped(source_url, images, page.first(_DESCRIPTIONS), page.first(_AUTHORS))


def _decoded(found: fetch.Beginning) -> str:
    try:
        name = codecs.lookup(found.charset or "utf-8").name
        return found.data.decode(name, errors="replace")
    except (LookupError, ValueError):
        return found.data.decode(errors="replace")


def _absolute(base: str, text: str) -> str:
    """Return an address of the web, or nothing."""
    try:
        url = urljoin(base, text.strip())
        is_web = urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname)
    except ValueError:
        return ""
    return url if is_web and url.isprintable() and " " not in url else ""


class _Page(HTMLParser):
    """Collects what a page says in its head, and its large pictures."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.metas: dict[str, list[str]] = {}
        self.large: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what matters; the parser calls this."""
        values = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = (values.get("property") or values.get("name", "")).lower()
            if values.get("content"):
                self.metas.setdefault(name, []).append(values["content"][:_MOST_TEXT])
        elif tag == "img" and values.get("src"):
            sizes = [_PIXELS.fullmatch(values.get(side, "")) for side in ("width", "height")]
            if all(size and int(size[1]) >= _LARGE_PX for size in sizes):
                self.large.append(values["src"])

    def first(self, names: tuple[str, ...]) -> str:
        """Return the text of the first of `names` that the page has."""
        return next((self.metas[name][0].strip() for name in names if name in self.metas), "")
