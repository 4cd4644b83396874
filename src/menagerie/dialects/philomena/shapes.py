"""From values of the core to the JSON of the API: pure, and the only place that knows its fields.

Source: the objects of Philomena's API (2021 to 2026). A field that is `UNSET` is left out; the
profile `2021` leaves out what came later, for clients that refuse fields they do not know.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from menagerie.core import visibility
from menagerie.core.dnp import Entry
from menagerie.core.filters import Filter
from menagerie.core.images import Image, TagRef
from menagerie.core.tags import TagPage
from menagerie.media import render

SECOND = 1_000_000
MOST_SLUG_CHARACTERS = 151
REPRESENTATIONS = ("thumb_tiny", "thumb_small", "thumb", "small", "medium", "large", "tall")


class Site(Struct, frozen=True):
    """What shapes need to know of where they are shown.

    `images_root` is the address in front of every file, `has_all_fields` the field profile,
    `pseudonym` what people without a name are called in front of their number.
    """

    base_url: str
    images_root: str
    provider: str = "Ponybooru"
    provider_url: str = "https://ponybooru.org"
    has_all_fields: bool = True
    pseudonym: str = "Background Pony"


# Images.


class Intensities(Struct):
    """Average luma of the four quadrants."""

    nw: float
    ne: float
    sw: float
    se: float


class Representations(Struct):
    """Addresses of the renditions."""

    full: str
    thumb_tiny: str
    thumb_small: str
    thumb: str
    small: str
    medium: str
    large: str
    tall: str
    webm: str | UnsetType = UNSET
    mp4: str | UnsetType = UNSET


class ImageShape(Struct):
    """A visible image."""

    id: int
    created_at: str
    updated_at: str
    first_seen_at: str
    width: int
    height: int
    mime_type: str
    size: int
    orig_size: int | UnsetType
    duration: float
    animated: bool
    format: str
    aspect_ratio: float
    name: str
    sha512_hash: str
    orig_sha512_hash: str | None
    tags: list[str]
    tag_ids: list[int]
    tag_count: int
    uploader: str | None
    uploader_id: int | None
    wilson_score: float | int
    intensities: Intensities | None
    score: int
    upvotes: int
    downvotes: int
    faves: int
    hides: int | UnsetType
    comment_count: int
    description: str
    source_url: str
    source_urls: list[str] | UnsetType
    view_url: str
    representations: Representations
    thumbnails_generated: bool
    processed: bool
    deletion_reason: None
    duplicate_of: None
    hidden_from_users: bool
    spoilered: bool


class StubShape(Struct):
    """What is left of an image that was removed or merged."""

    id: int
    created_at: str
    updated_at: str
    first_seen_at: str
    duplicate_of: int | None
    deletion_reason: str | None
    hidden_from_users: bool


class InteractionShape(Struct):
    """What the caller did with an image."""

    image_id: int
    user_id: int
    interaction_type: str
    value: str


def image(of: Image, *, site: Site, is_spoilered: bool) -> ImageShape | StubShape:
    """Return a visible or pending image whole; a removed or merged one as a stub, to everybody."""
    if visibility.state(of) in {visibility.State.REMOVED, visibility.State.MERGED}:
        return stub(of)
    full_fields = site.has_all_fields
    return ImageShape(
        id=of.id,
        created_at=time(of.created_at),
        updated_at=time(of.updated_at),
        first_seen_at=time(of.first_seen_at),
        width=of.width,
        height=of.height,
        mime_type=of.media_type,
        size=of.size_bytes,
        orig_size=of.original_size_bytes if full_fields else UNSET,
        duration=float(of.duration_s),
        animated=of.is_animated,
        format=of.format,
        aspect_ratio=of.width / of.height,
        name=of.name,
        sha512_hash=of.full_sha512,
        orig_sha512_hash=of.sha512 if of.shows_hash else None,
        tags=[tag.name for tag in of.tags],
        tag_ids=[tag.id for tag in of.tags],
        tag_count=len(of.tags),
        uploader=of.uploader_name,
        uploader_id=of.uploader_id,
        wilson_score=wilson_score(of.upvotes, of.downvotes),
        intensities=_intensities(of),
        score=of.score,
        upvotes=of.upvotes,
        downvotes=of.downvotes,
        faves=of.faves,
        hides=of.hides if full_fields else UNSET,
        comment_count=of.comment_count,
        description=of.description,
        source_url=of.sources[0] if of.sources else "",
        source_urls=list(of.sources) if full_fields else UNSET,
        view_url=view_url(of, site),
        representations=representations(of, site),
        thumbnails_generated=of.has_representations,
        processed=of.is_optimised,
        deletion_reason=None,
        duplicate_of=None,
        hidden_from_users=False,
        spoilered=is_spoilered,
    )


def _intensities(of: Image) -> Intensities | None:
    if of.nw is None or of.ne is None or of.sw is None or of.se is None:
        return None
    return Intensities(of.nw, of.ne, of.sw, of.se)


def stub(of: visibility.Facts) -> StubShape:
    """Return the seven fields of a removed or merged image; a merged one keeps no reason."""
    is_merged = of.merged_into_id is not None
    return StubShape(
        id=of.id,
        created_at=time(of.created_at),
        updated_at=time(of.updated_at),
        first_seen_at=time(of.first_seen_at),
        duplicate_of=of.merged_into_id,
        deletion_reason=None if is_merged else of.removal_reason,
        hidden_from_users=True,
    )


def time(at: int) -> str:
    """Write microseconds UTC to the second, as every client can read it.

    >>> time(1_704_164_645_000_000)
    '2024-01-02T03:04:05Z'
    """
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def wilson_score(upvotes: int, downvotes: int) -> float | int:
    """Return the lower bound of the 99 % interval of the share of upvotes.

    Quirk: z² is a rounded constant and not the square of z. Source: Philomena (2021).

    >>> wilson_score(0, 5), wilson_score(1, 0)
    (0, 0.13097748173129398)
    """
    if upvotes == 0:
        return 0
    z, z2 = 2.57583, 6.634900189
    n = upvotes + downvotes
    p = upvotes / n
    spread = z * math.sqrt((p * (1 - p) + z2 / (4 * n)) / n)
    return (p + z2 / (2 * n) - spread) / (1 + z2 / n)


# Addresses of files.


def extension(image_format: str) -> str:
    """Return the extension in addresses. Quirk: an SVG's all end in png. Source: Philomena."""
    return "png" if image_format == "svg" else image_format


def _date(of: Image) -> str:
    at = datetime.fromtimestamp(of.created_at // SECOND, UTC)
    return f"{at.year}/{at.month}/{at.day}"


_SLUG_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-+")


def view_url(of: Image, site: Site) -> str:
    """Return the address of the whole picture that also names its tags."""
    words = "_".join(tag.slug for tag in of.tags)
    kept = "".join(c for c in words if c in _SLUG_CHARACTERS)[:MOST_SLUG_CHARACTERS]
    return f"{site.images_root}/view/{_date(of)}/{of.id}__{kept}.{extension(of.format)}"


def short_url(of: Image, site: Site) -> str:
    """Return the shortest address of the whole picture."""
    return f"{site.images_root}/view/{_date(of)}/{of.id}.{extension(of.format)}"


def download_url(of: Image, site: Site) -> str:
    """Return the address that makes a browser save the picture."""
    return f"{site.images_root}/download/{_date(of)}/{of.id}.{of.format}"


def kept_url(blob: str, site: Site) -> str:
    """Return where an avatar, a badge or a tag's picture is served; a new one has a new address."""
    return f"{site.images_root}/{blob}"


def representations(of: Image, site: Site) -> Representations:
    """Return the address of every rendition; a picture within a box stands for itself."""
    folder = f"{site.images_root}/{_date(of)}/{of.id}"
    ending = extension(of.format)
    named = {
        name: f"{folder}/{'full' if render.fits(of.width, of.height, name) else name}.{ending}"
        for name in REPRESENTATIONS
    }
    is_gif = of.format == "gif"
    return Representations(
        full=short_url(of, site),
        **named,
        webm=f"{folder}/full.webm" if is_gif else UNSET,
        mp4=f"{folder}/full.mp4" if is_gif else UNSET,
    )


# Tags, filters.


class DnpShape(Struct):
    """What an artist asks not to be posted; the reason may be for staff alone."""

    id: int
    dnp_type: str
    conditions: str
    reason: str | None
    created_at: str


class TagShape(Struct):
    """A tag; slugs in the lists."""

    id: int
    name: str
    slug: str
    description: str
    short_description: str | None
    images: int
    spoiler_image_uri: str | None
    namespace: str | None
    name_in_namespace: str
    category: str | None
    aliased_tag: str | None
    aliases: list[str]
    implied_tags: list[str]
    implied_by_tags: list[str]
    dnp_entries: list[DnpShape]


def tag(of: TagPage, site: Site, entries: Iterable[Entry] = ()) -> TagShape:
    """Return a tag; an alias says what it stands for and has no images of its own.

    `entries` are the do-not-post entries listed for it.
    """
    return TagShape(
        id=of.id,
        name=of.name,
        slug=of.slug,
        description=of.description,
        short_description=of.short_description,
        images=0 if of.aliased_to_id is not None else of.image_count,
        spoiler_image_uri=kept_url(of.spoiler_image, site) if of.spoiler_image else None,
        namespace=of.namespace,
        name_in_namespace=of.name_in_namespace,
        category=of.category,
        aliased_tag=of.aliased_tag,
        aliases=list(of.aliases),
        implied_tags=list(of.implied_tags),
        implied_by_tags=list(of.implied_by_tags),
        dnp_entries=[dnp_entry(one) for one in entries],
    )


def dnp_entry(of: Entry) -> DnpShape:
    """Return a do-not-post entry."""
    reason = None if of.hides_reason else of.reason
    return DnpShape(of.id, of.type, of.conditions, reason, time(of.created_at))


class FilterShape(Struct):
    """A filter; a system filter is not `public` besides."""

    id: int
    name: str
    description: str
    user_id: int | None
    user_count: int
    system: bool
    public: bool
    spoilered_tag_ids: list[int]
    spoilered_complex: str
    hidden_tag_ids: list[int]
    hidden_complex: str


def filter_shape(of: Filter) -> FilterShape:
    """Return a filter."""
    return FilterShape(
        id=of.id,
        name=of.name,
        description=of.description,
        user_id=of.account_id,
        user_count=of.user_count,
        system=of.is_system,
        public=of.is_public and not of.is_system,
        spoilered_tag_ids=list(of.spoilered_tag_ids),
        spoilered_complex=of.spoilered_query,
        hidden_tag_ids=list(of.hidden_tag_ids),
        hidden_complex=of.hidden_query,
    )


class SuggestionShape(Struct):
    """A tag offered while somebody types."""

    alias: str | None
    canonical: str
    images: int


class OldSuggestionShape(Struct):
    """The same in the first version of that route."""

    label: str
    value: str


class FetchedTagShape(Struct):
    """A tag in short, for a page that shows spoilers."""

    id: int
    name: str
    images: int
    spoiler_image_uri: str | None


def fetched_tag(of: TagPage, site: Site) -> FetchedTagShape:
    """Return a tag in short."""
    picture = kept_url(of.spoiler_image, site) if of.spoiler_image else None
    return FetchedTagShape(of.id, of.name, of.image_count, picture)


class CountsShape(Struct):
    """What an image's counters say after a vote, fave or hide."""

    score: int
    faves: int
    upvotes: int
    downvotes: int


# Envelopes.


# An image whole or as a stub: msgspec takes no union of the two, which no field tells apart.
AnyImage = Annotated[
    Any,
    Meta(
        extra_json_schema={
            "anyOf": [
                {"$ref": "#/components/schemas/ImageShape"},
                {"$ref": "#/components/schemas/StubShape"},
            ]
        }
    ),
]
REFERRED = (ImageShape, StubShape)
"""What `AnyImage` refers to."""


class ImageEnvelope(Struct):
    """One image, and what the caller did with it."""

    image: AnyImage
    interactions: list[InteractionShape]


class ImagesEnvelope(Struct):
    """A page of images, what the caller did with them, and how many match in all."""

    images: list[AnyImage]
    interactions: list[InteractionShape]
    total: int


class SimilarityShape(Struct):
    """How alike an image is, 0 to 1, and whether it is a copy that was only saved anew."""

    image_id: int
    similarity: float
    is_copy: bool


class SimilarEnvelope(Struct):
    """Images that look alike, the most alike first, and how alike each is."""

    images: list[AnyImage]
    interactions: list[InteractionShape]
    total: int
    similarities: list[SimilarityShape]


class TagEnvelope(Struct):
    """One tag."""

    tag: TagShape


class TagsEnvelope(Struct):
    """A page of tags."""

    tags: list[TagShape]
    total: int


class FetchedTagsEnvelope(Struct):
    """Tags in short."""

    tags: list[FetchedTagShape]


class FilterEnvelope(Struct):
    """One filter."""

    filter: FilterShape


class FiltersEnvelope(Struct):
    """A page of filters."""

    filters: list[FilterShape]
    total: int


class SuggestionsEnvelope(Struct):
    """Tags offered while somebody types."""

    suggestions: list[SuggestionShape]


class ErrorShape(Struct):
    """What is wrong with the call."""

    error: str


class ErrorsShape(Struct):
    """What is wrong with each field."""

    errors: dict[str, list[str | dict[str, list[str]]]]


class OembedShape(Struct):
    """A picture to embed; besides these, id, score, comments and tags under two prefixes."""

    version: str
    type: str
    title: str
    author_url: str
    author_name: str
    provider_name: str
    provider_url: str
    cache_age: int
    url: str | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    thumbnail_url: str | UnsetType = UNSET
    thumbnail_width: int | UnsetType = UNSET
    thumbnail_height: int | UnsetType = UNSET


def oembed(of: Image, site: Site) -> Mapping[str, object]:
    """Return the description of a picture for pages that embed it."""
    names = ", ".join(tag.name for tag in of.tags)
    width, height = _within(of.width, of.height, render.BOXES["large"])
    full = site.has_all_fields
    shape = OembedShape(
        version="1.0",
        type="photo",
        title=f"#{of.id} - {names} - {site.provider}",
        author_url=of.sources[0] if of.sources else "",
        author_name=", ".join(_artists(of.tags)),
        provider_name=site.provider,
        provider_url=site.provider_url,
        cache_age=7200,
        url=short_url(of, site) if full else UNSET,
        width=of.width if full else UNSET,
        height=of.height if full else UNSET,
        thumbnail_url=representations(of, site).large if full else UNSET,
        thumbnail_width=width if full else UNSET,
        thumbnail_height=height if full else UNSET,
    )
    found: dict[str, object] = msgspec.to_builtins(shape)
    # Quirk: forks answer with Philomena's own prefix whatever they are called. Source: spec 0, 9.
    for prefix in dict.fromkeys((site.provider.lower(), "derpibooru")):
        found[f"{prefix}_id"] = of.id
        found[f"{prefix}_score"] = of.score
        found[f"{prefix}_comments"] = of.comment_count
        found[f"{prefix}_tags"] = [tag.name for tag in of.tags]
    return found


def _artists(tags: Sequence[TagRef]) -> list[str]:
    return [tag.name_in_namespace for tag in tags if tag.namespace == "artist"]


def _within(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    """Return the size fitted into `box`, cut to whole pixels, never enlarged."""
    scale = min(box[0] / width, box[1] / height, 1.0)
    return max(1, int(width * scale)), max(1, int(height * scale))
