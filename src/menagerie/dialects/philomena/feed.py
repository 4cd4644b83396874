"""The RSS feed of what an account watches."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from menagerie.core.images import Image
from menagerie.dialects.philomena import shapes
from menagerie.dialects.philomena.shapes import Site
from menagerie.http.answers import Answer

MEDIA_TYPE = "application/rss+xml; charset=utf-8"


def answer(images: Sequence[Image], site: Site) -> Answer:
    """Answer the images as RSS 2.0, with their medium renditions."""
    items = "".join(_item(image, site) for image in images)
    page = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(site.provider)} Watchlist</title>"
        "<description>Your watchlist feed</description>"
        f"<link>{escape(site.base_url)}/search?q=my:watched</link>"
        f"{items}</channel></rss>\n"
    )
    return Answer(200, page.encode(), media_type=MEDIA_TYPE)


def _item(image: Image, site: Site) -> str:
    tags = ", ".join(tag.name for tag in image.tags)
    link = f"{site.base_url}/images/{image.id}"
    medium = shapes.representations(image, site).medium
    markup = f'<a href="{escape(link)}"><img src="{escape(medium)}" alt=""></a>'
    # Quirk: readers expect RFC 822 here, but the API has always written ISO 8601.
    return (
        f"<item><title>{escape(_plain(f'#{image.id} - {tags}'))}</title>"
        f"<description>{escape(markup)}</description>"
        f"<pubDate>{shapes.time(image.created_at)}</pubDate>"
        f"<link>{escape(link)}</link><guid>{escape(link)}</guid></item>"
    )


def _plain(text: str) -> str:
    """Drop the control characters that XML cannot hold."""
    return "".join(c for c in text if c >= " " and c not in "\ufffe\uffff")
