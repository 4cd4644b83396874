"""Breeds as bytes, encoded once and joined for each answer.

An answer holds hundreds of breeds and they hardly ever change, so each is kept encoded for every
language, with room for the address of the library in the URL of its picture.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from menagerie.core import images
from menagerie.core.animals import book, pictures
from menagerie.core.animals.book import Breed
from menagerie.core.animals.translations import Translator
from menagerie.dialects.dogapi import shapes_animals, site
from menagerie.http import answers
from menagerie.http.call import Call
from menagerie.library import Library, Tx
from menagerie.search.columns import Ids, Values
from menagerie.search.version import Version

_CACHE, _LISTS = "dogapi: breeds", "dogapi: lists of breeds"
# Lists may be half a megabyte, and their hosts and parts are as many as somebody likes to ask for.
_LONG, _MOST_LISTS = 50, 8
_MOST_KEPT = 50_000
_URL = b'"url":"'


class Form(NamedTuple):
    """How breeds are written: the language, with pictures or not, with everything or not."""

    language: str
    with_images: bool
    full: bool = False


class _Pieces(NamedTuple):
    """A breed before and after the library's address; the tail is empty without a picture."""

    head: bytes
    tail: bytes


# By breed, form, picture and the version of that picture.
_Key = tuple[int, Form, int | None, int]


class _List(NamedTuple):
    """A list of breeds between one address of the library and the next, as of one catalogue."""

    breeds: Sequence[Breed]
    version: Version
    references: dict[int, int]
    image_ids: Ids  # ascending, with the version of each beside it
    image_versions: Values
    segments: list[bytes]


class _Kept:
    """What is encoded while no breed changes."""

    def __init__(self, breeds_version: int) -> None:
        self.breeds_version = breeds_version
        self.pieces: dict[_Key, _Pieces] = {}
        # Only sequences that the book keeps, which are the same objects while no breed changes.
        self.lists: dict[tuple[int, Form], _List] = {}


def listed(
    call: Call, tx: Tx, breeds: Sequence[Breed], translator: Translator, form: Form
) -> bytes:
    """Return breeds as a JSON array."""
    base = answers.encode_json(call.base_url)[1:-1]
    return base.join(_segments(tx, breeds, translator, form))


def one(call: Call, tx: Tx, breed: Breed, translator: Translator, form: Form) -> bytes:
    """Return one breed as JSON."""
    return listed(call, tx, [breed], translator, form)[1:-1]


def _segments(tx: Tx, breeds: Sequence[Breed], translator: Translator, form: Form) -> list[bytes]:
    """Return an array of breeds, cut where the address of the library belongs."""
    version, references = tx.version, pictures.reference_images(tx)
    lists = _kept(tx.library, version.breeds_version).lists
    key = id(breeds), form
    known = lists.get(key)
    if known is not None and known.breeds is breeds and known.references is references:
        if known.version is version:
            return known.segments
        if np.array_equal(version.columns["version"].gather(known.image_ids), known.image_versions):
            lists[key] = known._replace(version=version)
            return known.segments
    parts = [bytearray(b"[")]
    for place, (head, tail) in enumerate(_pieces(tx, breeds, translator, form)):
        parts[-1] += b"," + head if place else head
        if tail:
            parts.append(bytearray(tail))
    parts[-1] += b"]"
    segments = [bytes(part) for part in parts]
    if not book.book(tx).keeps(breeds):
        return segments
    shown = {references[breed.id] for breed in breeds if breed.id in references}
    ids = np.array(sorted(shown), np.uint32)
    versions = version.columns["version"].gather(ids)
    lists[key] = _List(breeds, version, references, ids, versions, segments)
    return segments


def nested(tx: Tx, breed: Breed, translator: Translator) -> msgspec.Raw:
    """Return a breed as it stands inside an image, without a picture of its own."""
    head, _ = _pieces(tx, [breed], translator, Form(translator.language, with_images=False))[0]
    return msgspec.Raw(head)


def _pieces(tx: Tx, breeds: Sequence[Breed], translator: Translator, form: Form) -> list[_Pieces]:
    """Return each breed's bytes, encoding those that are not kept."""
    version = tx.version
    kept = _kept(tx.library, version.breeds_version).pieces
    references = pictures.reference_images(tx)
    keys = []
    for breed in breeds:
        image_id = references.get(breed.id)
        image_version = version.image_version(image_id) if image_id is not None else 0
        keys.append((breed.id, form, image_id, image_version))
    missing = [(b, key) for b, key in zip(breeds, keys, strict=True) if key not in kept]
    if missing:
        found = images.find_many(tx, [key[2] for _, key in missing if key[2] is not None])
        shown = {image.id: image for image in found}
        for breed, key in missing:
            image = shown.get(key[2]) if key[2] is not None else None
            kept[key] = _encode(tx.library, breed, translator, form, image)
    return [kept[key] for key in keys]


def _kept(library: Library, breeds_version: int) -> _Kept:
    found: _Kept | None = library.caches.get(_CACHE)
    if (
        found is None
        or found.breeds_version != breeds_version
        or len(found.pieces) > _MOST_KEPT
        or len(found.lists) >= _MOST_LISTS
    ):
        found = library.caches[_CACHE] = _Kept(breeds_version)
    return found


def _encode(
    library: Library,
    breed: Breed,
    translator: Translator,
    form: Form,
    image: images.Image | None,
) -> _Pieces:
    code = site.image_code(library, image.id) if image is not None else None
    picture = None
    if image is not None and code is not None and form.with_images:
        url = site.image_url(library, "", image)
        picture = shapes_animals.BreedImageShape(code, image.width, image.height, url)
    shape = shapes_animals.breed(
        breed, translator, reference_id=code, image=picture, full=form.full
    )
    encoded = answers.encode_json(shape)
    if picture is None:
        return _Pieces(encoded, b"")
    # The picture is the last of a breed, and its address the last of the picture.
    place = encoded.rindex(_URL) + len(_URL)
    return _Pieces(encoded[:place], encoded[place:])
