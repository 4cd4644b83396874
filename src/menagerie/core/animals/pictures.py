"""Which images show which animals, by what people and models say of them.

A picture of a breed, of a species or of a category carries its tag, asserted by a person or
suggested by a model surely enough. Everything is answered from the catalogue. Sets of images are
not cut by who may see them.
"""

import operator
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pyroaring import BitMap

from menagerie.core import filters, find
from menagerie.core.animals.book import Book, Breed, Category, book, in_order_of_names
from menagerie.core.images import Image
from menagerie.library import SECOND, Tx
from menagerie.search.columns import ids_of
from menagerie.search.postings import Postings
from menagerie.search.version import Version
from menagerie.storage.schema import Species

_UNIONS_CACHE, _REFERENCE_CACHE = "animals: unions", "animals: reference images"
_CHOSEN_ANEW_S = 60


class _Union(NamedTuple):
    """The images with any of some tags, and what it was made of: the same sets, the same images."""

    postings: Postings
    suggestions: Postings
    tag_ids: tuple[int, ...]
    sets: list[BitMap]
    images: BitMap


def of_tags(version: Version, tag_ids: Iterable[int]) -> BitMap:
    """Return the images on which any of the tags is asserted, or suggested surely enough."""
    sets = _sets(version, tuple(tag_ids))
    return BitMap.union(*sets) if sets else BitMap()


def _sets(version: Version, tag_ids: Sequence[int]) -> list[BitMap]:
    return version.postings.some(tag_ids) + version.suggestions.some(tag_ids)


def of_species(tx: Tx, species: Species) -> BitMap:
    """Return the images of a species: with its own tag, or that of any of its breeds.

    It is the same object as long as it holds the same; not to be written to.
    """
    version = tx.version
    tag_ids = book(tx).tags_of(species)
    own = version.tag_id(species.value)
    return _united(tx, species, tag_ids if own is None else (*tag_ids, own))


def _united(tx: Tx, name: object, tag_ids: tuple[int, ...]) -> BitMap:
    """Return the images with any of the tags; the same object while none of their sets changes.

    Few changes touch a label of these, and a union of hundreds of sets takes milliseconds.
    """
    version = tx.version
    kept: dict[object, _Union] = tx.library.caches.setdefault(_UNIONS_CACHE, {})
    before = kept.get(name)
    if before is not None and before.tag_ids == tag_ids:
        if before.postings is version.postings and before.suggestions is version.suggestions:
            return before.images
        sets = _sets(version, tag_ids)
        if len(sets) == len(before.sets) and all(map(operator.is_, sets, before.sets)):
            images = before.images
        else:
            images = BitMap.union(*sets) if sets else BitMap()
    else:
        sets = _sets(version, tag_ids)
        images = BitMap.union(*sets) if sets else BitMap()
    kept[name] = _Union(version.postings, version.suggestions, tag_ids, sets, images)
    return images


def of_breeds(tx: Tx, breed_ids: Iterable[int]) -> BitMap:
    """Return the images of any of the breeds; unknown ones have none."""
    breeds = [book(tx).by_id(breed_id) for breed_id in breed_ids]
    return of_tags(tx.version, [b.tag_id for b in breeds if b and b.tag_id is not None])


def of_categories(tx: Tx, category_ids: Iterable[int]) -> BitMap:
    """Return the images of any of the categories; unknown ones have none."""
    categories = [book(tx).category(category_id) for category_id in category_ids]
    return of_tags(tx.version, [each.tag_id for each in categories if each])


def breeds_of(tx: Tx, image: Image) -> list[Breed]:
    """Return the breeds on an image, those that people say first, then in the order of names."""
    there, version = book(tx), tx.version
    said = [breed for tag in image.tags if (breed := there.by_tag(tag.id)) is not None]
    said.sort(key=in_order_of_names)
    if image.id not in version.remember("suggested breeds", lambda: _suggested(version, there)):
        return said
    guessed = [b for b in there.breeds if b.tag_id and image.id in version.suggested(b.tag_id)]
    return said + [breed for breed in guessed if breed not in said]


def _suggested(version: Version, there: Book) -> BitMap:
    """Return the images with any breed that a model suggests, which most have not."""
    tag_ids = [breed.tag_id for breed in there.breeds if breed.tag_id is not None]
    sets = version.suggestions.some(tag_ids)
    return BitMap.union(*sets) if sets else BitMap()


def categories_of(tx: Tx, image: Image) -> list[Category]:
    """Return the categories of an image, in the order of names.

    Of a name that is a category of both species, the one of the species that is on the image.
    """
    version, there = tx.version, book(tx)
    asserted = {tag.id for tag in image.tags}
    tag_ids = [
        tag_id
        for tag_id in there.category_tags
        if tag_id in asserted or image.id in version.suggested(tag_id)
    ]
    if not tag_ids:
        return []
    shown = [species for species in Species if image.id in of_species(tx, species)]
    found = [there.category_by_tag(t, shown[0] if shown else None) for t in tag_ids]
    return sorted((each for each in found if each), key=in_order_of_names)


# The picture of each breed.


class _Chosen(NamedTuple):
    """Reference images by breed, when they were chosen, and from what."""

    images: dict[int, int]
    at: int
    version: Version
    breeds: Book
    visible: BitMap


def reference_images(tx: Tx) -> dict[int, int]:
    """Return by breed the image that stands for it, one that everybody finds under Default.

    The one an administrator chose, else the best by score: what people say goes before what models
    suggest, and the oldest is first among equals. Scores are looked at again once a minute; an
    image that is not to be seen any more, or not of that breed, is replaced at once.
    """
    version = tx.version
    kept: _Chosen | None = tx.library.caches.get(_REFERENCE_CACHE)
    if kept is not None and kept.version is version:
        return kept.images
    visible = find.within_filter(tx, filters.get(tx, filters.DEFAULT_ID))
    is_fresh = kept is not None and tx.now - kept.at < _CHOSEN_ANEW_S * SECOND
    chosen = _Chosen(
        images={},
        at=kept.at if kept is not None and is_fresh else tx.now,
        version=version,
        breeds=book(tx),
        visible=visible,
    )
    if kept is not None and is_fresh and _is_same_ground(kept, chosen):
        images = kept.images
    else:
        old = kept.images if kept is not None and is_fresh else {}
        images = _choose(chosen, old)
        if kept is not None and kept.images == images:
            images = kept.images  # the same object, so that callers see at once that it is the same
    tx.library.caches[_REFERENCE_CACHE] = chosen._replace(images=images)
    return images


def _is_same_ground(before: _Chosen, now: _Chosen) -> bool:
    """Tell whether the choice is among the same images with the same breeds."""
    return (
        before.version.postings is now.version.postings
        and before.version.suggestions is now.version.suggestions
        and before.breeds is now.breeds
        and (before.visible is now.visible or before.visible == now.visible)
    )


def _choose(ground: _Chosen, old: dict[int, int]) -> dict[int, int]:
    found = (
        (breed.id, _reference(ground.version, breed, ground.visible, old.get(breed.id)))
        for breed in ground.breeds.breeds
    )
    return {breed_id: image_id for breed_id, image_id in found if image_id is not None}


def _reference(version: Version, breed: Breed, visible: BitMap, old: int | None) -> int | None:
    if breed.reference_image_id is not None and breed.reference_image_id in visible:
        return breed.reference_image_id
    if breed.tag_id is None:
        return None
    said, guessed = version.posting(breed.tag_id), version.suggested(breed.tag_id)
    if not said and not guessed:
        return None
    if old is not None and old in visible and (old in said or (old in guessed and not said)):
        return old
    candidates = (said & visible) or (guessed & visible)
    if not candidates:
        return None
    ids = ids_of(candidates)
    return int(ids[version.columns["score"].gather(ids).argmax()])
