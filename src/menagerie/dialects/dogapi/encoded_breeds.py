"""Breeds as bytes, encoded once and joined for each answer.

An answer holds hundreds of breeds and they hardly ever change, so each is kept encoded for every
language, with room for the address of the library in the URL of its picture.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from menagerie.core import images
from menagerie.core.animals import pictures
from menagerie.core.animals.book import Breed
from menagerie.core.animals.translations import Translator
from menagerie.dialects.dogapi import shapes_animals, site
from menagerie.http import answers
from menagerie.http.call import Call
from menagerie.library import Library, Tx

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
_Kept = dict[tuple[int, Form, int | None, int], _Pieces]


def listed(
    call: Call, tx: Tx, breeds: Sequence[Breed], translator: Translator, form: Form
) -> bytes:
    """Return breeds as a JSON array.

    The few long lists that everybody asks for are kept joined while nothing at all changes.
    """
    version = tx.version
    lists: dict[object, bytes] = version.remember(_LISTS, dict)
    key = version.breeds_version, call.base_url, form, tuple([breed.id for breed in breeds])
    found = lists.get(key)
    if found is None:
        base = answers.encode_json(call.base_url)[1:-1]
        pieces = _pieces(tx, breeds, translator, form)
        found = b"[" + b",".join([h + base + t if t else h for h, t in pieces]) + b"]"
        if len(breeds) >= _LONG:
            if len(lists) >= _MOST_LISTS:
                lists.clear()
            lists[key] = found
    return found


def one(call: Call, tx: Tx, breed: Breed, translator: Translator, form: Form) -> bytes:
    """Return one breed as JSON."""
    return listed(call, tx, [breed], translator, form)[1:-1]


def nested(tx: Tx, breed: Breed, translator: Translator) -> msgspec.Raw:
    """Return a breed as it stands inside an image, without a picture of its own."""
    head, _ = _pieces(tx, [breed], translator, Form(translator.language, with_images=False))[0]
    return msgspec.Raw(head)


def _pieces(tx: Tx, breeds: Sequence[Breed], translator: Translator, form: Form) -> list[_Pieces]:
    """Return each breed's bytes, encoding those that are not kept."""
    version = tx.version
    kept = _kept(tx.library, version.breeds_version)
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
    found: tuple[int, _Kept] | None = library.caches.get(_CACHE)
    if found is None or found[0] != breeds_version or len(found[1]) > _MOST_KEPT:
        found = library.caches[_CACHE] = (breeds_version, {})
    return found[1]


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
