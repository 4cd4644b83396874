"""Galleries as the API's JSON, with the owner under the names of both ages of the API."""

from msgspec import UNSET, Struct, UnsetType

from menagerie.core.galleries import Gallery
from menagerie.dialects.philomena.shapes import Site
from menagerie.dialects.philomena.shapes_talk import pseudonym


class GalleryShape(Struct):
    """A gallery; `user` is never null, since some clients refuse that, `creator` may be."""

    id: int
    title: str
    thumbnail_id: int | None
    spoiler_warning: str
    description: str
    user: str
    user_id: int | None
    creator: str | UnsetType | None = UNSET
    creator_id: int | UnsetType | None = UNSET


def gallery(of: Gallery, number: str, site: Site) -> GalleryShape:
    """Return a gallery; `number` is what its owner goes by if it is anonymous."""
    owner = None if of.is_anonymous else of.owner_name
    owner_id = None if of.is_anonymous else of.account_id
    return GalleryShape(
        id=of.id,
        title=of.title,
        thumbnail_id=of.thumbnail_id,
        spoiler_warning=of.spoiler_warning,
        description=of.description,
        user=owner or pseudonym(number, site),
        user_id=owner_id,
        creator=owner if site.has_all_fields else UNSET,
        creator_id=owner_id if site.has_all_fields else UNSET,
    )


class GalleryEnvelope(Struct):
    """One gallery."""

    gallery: GalleryShape


class GalleriesEnvelope(Struct):
    """A page of galleries."""

    galleries: list[GalleryShape]
    total: int
