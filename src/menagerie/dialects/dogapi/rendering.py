"""Images as JSON: those of searches kept encoded, those of accounts made anew.

Encoding an image with its breeds takes longer than everything else that a search needs, so its
bytes are kept as long as the catalogue says that nothing about it changed.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import msgspec
from msgspec import UNSET, UnsetType

from menagerie.core import recognition
from menagerie.core.animals import pictures, translations
from menagerie.core.apps import favourites, votes
from menagerie.core.apps.favourites import AppFavourite
from menagerie.core.apps.votes import AppVote
from menagerie.core.images import Image
from menagerie.core.recognition import Recognised
from menagerie.core.visibility import is_own
from menagerie.dialects.dogapi import (
    encoded_breeds,
    shapes_animals,
    shapes_apps,
    shapes_images,
    site,
)
from menagerie.dialects.dogapi.shapes_animals import BreedShape, CategoryShape
from menagerie.http.answers import encode_json
from menagerie.http.call import Call
from menagerie.library import Library, Tx
from menagerie.media import render
from menagerie.storage.schema import Species

ENGLISH = "en"
SIZES = {"thumb": render.BOXES["thumb"], "small": render.BOXES["small"]}
SIZES |= {"med": render.BOXES["medium"]}
"""The boxes in px that sizes stand for; any other size is the whole picture."""
_MOST_KEPT = 10_000
_MOST_LOOKS = 8


class Look(NamedTuple):
    """How images of a search are shown: their addresses, and what goes with them."""

    size: str = "full"
    language: str = ENGLISH
    with_breeds: bool = False
    with_categories: bool = False


class _Kept:
    """The encoded parts of one image, as of one moment."""

    __slots__ = ("breeds_version", "head", "image", "references", "tails")

    def __init__(
        self, library: Library, image: Image, breeds_version: int, references: dict[int, int]
    ) -> None:
        self.image = image
        self.breeds_version = breeds_version
        self.references = references  # the pictures that stand for breeds
        self.head = b'{"id":"%b","url":"' % site.image_code(library, image.id).encode()
        self.tails: dict[Look, bytes] = {}


class Renderer:
    """Encodes the images of searches, and keeps the bytes of the ones used last.

    Our public address is not in what is kept, so nothing depends on the Host header of whoever
    asked first.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._root = site.prefix_of(library.settings) + "/images/"

    def many(self, call: Call, tx: Tx, images: Sequence[Image], look: Look) -> list[bytes]:
        """Return the images as encoded objects that lack only their closing brace."""
        base = encode_json(call.base_url)[1:-1]
        breeds_version, references = tx.version.breeds_version, pictures.reference_images(tx)
        parts = [self._part(image, breeds_version, references) for image in images]
        return [self._encoded(tx, part, look, base) for part in parts]

    def _part(self, image: Image, breeds_version: int, references: dict[int, int]) -> _Kept:
        kept = self._kept.get(image.id)
        # The core gives the very same values as long as nothing about them changed.
        if (
            kept is None
            or kept.image is not image
            or kept.references is not references
            or kept.breeds_version != breeds_version
        ):
            kept = _Kept(self._library, image, breeds_version, references)
            with self._lock:
                self._kept[image.id] = kept
                if len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
        return kept

    def _encoded(self, tx: Tx, part: _Kept, look: Look, base: bytes) -> bytes:
        tail = part.tails.get(look)
        if tail is None:
            tail = self._tail(tx, part.image, look)
            if len(part.tails) < _MOST_LOOKS:
                part.tails[look] = tail
        return part.head + base + tail

    def _tail(self, tx: Tx, image: Image, look: Look) -> bytes:
        """Return what is behind our address."""
        path = self._root + site.file_name(self._library, image, SIZES.get(look.size))
        tail = f'{path}","width":{image.width},"height":{image.height}'.encode()
        if look.with_breeds:
            tail += b',"breeds":' + encode_json(_breeds(tx, image, look.language))
        if look.with_categories:
            tail += b',"categories":' + encode_json(_categories(tx, image))
        return tail


def renderer(library: Library) -> Renderer:
    """Return the renderer of a library."""
    found: Renderer | None = library.caches.get("dogapi renderer")
    return found or library.caches.setdefault("dogapi renderer", Renderer(library))


def _breeds(tx: Tx, image: Image, language: str) -> list[BreedShape]:
    translator = translations.translated(tx, language)
    found = pictures.breeds_of(tx, image)
    # Encoded already, which to the encoder is as good as the shape.
    encoded = [encoded_breeds.nested(tx, breed, translator) for breed in found]
    return cast("list[BreedShape]", encoded)


def _categories(tx: Tx, image: Image) -> list[CategoryShape]:
    found = pictures.categories_of(tx, image)
    home = site.home(tx.library)
    return [shapes_animals.category(category, home=home) for category in found]


# What a person did.


class Given(msgspec.Struct):
    """The votes and favourites on behalf of a person, by image."""

    votes: Mapping[int, AppVote] = {}
    favourites: Mapping[int, AppFavourite] = {}

    def vote(self, image_id: int) -> shapes_images.GivenVoteShape | UnsetType:
        """Return the newest vote on an image, if there is one."""
        vote = self.votes.get(image_id)
        return (
            UNSET
            if vote is None
            else shapes_images.GivenVoteShape(vote.id, shapes_apps.number(vote.value))
        )

    def favourite(self, image_id: int) -> shapes_images.GivenFavouriteShape | UnsetType:
        """Return the favourite of an image, if there is one."""
        kept = self.favourites.get(image_id)
        return UNSET if kept is None else shapes_images.GivenFavouriteShape(kept.id)

    def encoded(self, image_id: int) -> bytes:
        """Return both as the end of an encoded image."""
        vote, kept = self.votes.get(image_id), self.favourites.get(image_id)
        found = b"" if vote is None else b',"vote":' + encode_json(self.vote(image_id))
        return found if kept is None else found + b',"favourite":{"id":%d}' % kept.id


def given(call: Call, tx: Tx, image_ids: Sequence[int]) -> Given:
    """Return what the person that the call names by `sub_id` did with images."""
    person = site.behalf(call)
    if person is None or not tx.actor.is_signed_in or not image_ids:
        return Given()
    return Given(
        votes.newest_of(tx, image_ids, person), favourites.of_images(tx, image_ids, person)
    )


# Whole images.


def images(call: Call, tx: Tx, found: Sequence[Image]) -> list[shapes_images.ImageShape]:
    """Return images as they are shown one by one, and whole in favourites.

    What concerns only the account that put an image in is shown to that account alone; with a
    `sub_id`, what that person did is shown too.
    """
    recognised = recognition.of_many(tx, found)
    done = given(call, tx, [one.id for one in found])
    return [_image(call, tx, one, recognised[one.id], done) for one in found]


def image(call: Call, tx: Tx, one: Image) -> shapes_images.ImageShape:
    """Return one image as `images` does."""
    return images(call, tx, [one])[0]


def _image(
    call: Call, tx: Tx, one: Image, recognised: Recognised, done: Given
) -> shapes_images.ImageShape:
    library, language = call.library, site.language_of(call)
    box = SIZES.get(site.text_of(call, "size").lower())
    shape = shapes_images.ImageShape(
        id=site.image_code(library, one.id),
        url=site.image_url(library, call.base_url, one, box),
        width=one.width,
        height=one.height,
        mime_type=one.media_type,
        species_id=_species(tx, one.id),
        breeds=_breeds(tx, one, language),
        categories=_categories(tx, one),
        unsafe_reasons=list(recognised.unsafe_reasons),
        vote=done.vote(one.id),
        favourite=done.favourite(one.id),
    )
    return _with_own(tx, shape, one, recognised) if is_own(tx.actor, one) else shape


def _species(tx: Tx, image_id: int) -> str | None:
    shown = (s for s in Species if image_id in pictures.of_species(tx, s))
    found = next(shown, None)
    return None if found is None else str(site.species_number(found))


def _with_own(
    tx: Tx, shape: shapes_images.ImageShape, one: Image, recognised: Recognised
) -> shapes_images.ImageShape:
    """Add what only concerns the account that put the image in."""
    shape.sub_id = one.on_behalf_of
    shape.original_filename = one.name
    shape.created_at = site.time(one.created_at)
    codes = [breed.code for breed in pictures.breeds_of(tx, one)]
    shape.breed_ids = ",".join(codes) or None
    shape.pending = int(recognised.status == shapes_images.WAITING)
    shape.approved = int(recognised.status in shapes_images.CLEAN)
    shape.status = recognised.status
    return shape
