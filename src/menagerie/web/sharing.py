"""What other programs read of the library: robots.txt and the map of its public pages.

Both say the same to everybody: what a visitor without an account finds through the filter Default.
"""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from pyroaring import BitMap

from menagerie.core import filters, find, galleries, tags
from menagerie.errors import NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import leading_integer
from menagerie.library import ANONYMOUS, Tx
from menagerie.search import nodes
from menagerie.web import packing
from menagerie.web.render import segment

PER_MAP = 10_000
_XML = "application/xml; charset=utf-8"
_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
_KEPT = (("cache-control", "public, max-age=3600"), ("vary", "accept-encoding"))
# Pages of one's own, and such as lead to more pages than there are pictures.
_OWN = (
    "feed",
    "login",
    "messages",
    "moderation",
    "notifications",
    "pets",
    "private",
    "register",
    "reset",
    "search",
    "searches",
    "settings",
    "upload",
)


def robots(call: Call) -> Answer:
    """Answer what crawlers may look at, and where the map is."""
    lines = ["User-agent: *", *(f"Disallow: /{name}" for name in _OWN)]
    return answers.text("\n".join([*lines, f"Sitemap: {call.base_url}/sitemap.xml", ""]))


def sitemap(call: Call) -> Answer:
    """Answer the list of maps: images and tags by ten thousands, galleries."""
    with call.reading(ANONYMOUS) as tx:
        counts = {
            "images": len(_public(tx)),
            "tags": len(_tag_names(tx)),
            "galleries": galleries.newest(tx, limit=1)[1],
        }
    maps = [
        f"/sitemaps/{kind}-{number}.xml"
        for kind, count in counts.items()
        for number in range(1, -(-count // PER_MAP) + 1)
    ]
    return _xml(call, "sitemapindex", "sitemap", maps)


def part(call: Call) -> Answer:
    """Answer one of the maps. Raises NotFound for one that is not in the list."""
    kind, _, rest = call.text("file").partition("-")
    number = leading_integer(rest) or 0
    if kind not in _PAGES or not 0 < number < 10**6 or rest != f"{number}.xml":
        raise NotFound
    with call.reading(ANONYMOUS) as tx:
        pages = _PAGES[kind](tx, (number - 1) * PER_MAP)
    if not pages:
        raise NotFound
    return _xml(call, "urlset", "url", pages)


def _xml(call: Call, root: str, entry: str, paths: Iterable[str]) -> Answer:
    rows = "".join(f"<{entry}><loc>{escape(call.base_url + p)}</loc></{entry}>\n" for p in paths)
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<{root} xmlns="{_SCHEMA}">\n{rows}</{root}>\n'
    return packing.packed(call, Answer(200, text.encode(), media_type=_XML, headers=_KEPT))


def _public(tx: Tx) -> BitMap:
    """Return the images that everybody finds."""
    return find.bitmap(tx, nodes.All(), filter=filters.get(tx, filters.DEFAULT_ID))


def _images(tx: Tx, start: int) -> list[str]:
    return [f"/images/{image_id}" for image_id in _public(tx)[start : start + PER_MAP]]


def _tag_names(tx: Tx) -> list[str]:
    """Return the names of the tags of public images: others may be known to nobody else."""
    public, version = _public(tx), tx.version
    words = version.vocabulary.items()
    return sorted(word.name for id_, word in words if public.intersect(version.posting(id_)))


def _tags(tx: Tx, start: int) -> list[str]:
    return [
        f"/tags/{segment(tags.slug_of(name))}" for name in _tag_names(tx)[start : start + PER_MAP]
    ]


def _galleries(tx: Tx, start: int) -> list[str]:
    return [f"/galleries/{g.id}" for g in galleries.newest(tx, limit=PER_MAP, offset=start)[0]]


_PAGES = {"images": _images, "tags": _tags, "galleries": _galleries}
