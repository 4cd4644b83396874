"""Which images show which animals, by what people and models say of them.

A picture of a breed, of a species or of a category carries its tag, asserted by a person or
suggested by a model surely enough. Everything is answered from the catalogue. Sets of images are
not cut by who may see them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from pyroaring import BitMap

from menagerie.core import filters, find
from menagerie.core.animals.book import Book, Breed, Category, book
from menagerie.library import SECOND, Tx
from menagerie.search.columns import ids_of
from menagerie.search.version import Version
from menagerie.storage.schema import Species

T = TypeVar("T")

_SPECIES_CACHE, _REFERENCE_CACHE = "animals: species", "animals: reference images"
_MOST_REMEMBERED = 20_000
_CHOSEN_ANEW_S = 60


def of_tags(version: Version, tag_ids: Iterable[int]) -> BitMap:
    """Return the images on which any of the tags is asserted, or suggested surely enough."""
    sets = [found for tag_id in tag_ids for found in _sets(version, tag_id)]
    return BitMap.union(*sets) if sets else BitMap()


def _sets(version: Version, tag_id: int) -> tuple[BitMap, BitMap]:
    return version.posting(tag_id), version.suggested(tag_id)


def of_species(tx: Tx, species: Species) -> BitMap:
    """Return the images of a species: with its own tag, or that of any of its breeds.

    It is the same object as long as it holds the same; not to be written to.
    """
    version = tx.version
    found: BitMap = version.remember(("species", species), lambda: _of_species(tx, species))
    return found


def _of_species(tx: Tx, species: Species) -> BitMap:
    """Work it out, or keep it from an older version if none of its sets has changed since."""
    version = tx.version
    tag_ids = [b.tag_id for b in book(tx).of_species(species) if b.tag_id is not None]
    own = version.tag_id(species.value)
    if own is not None:
        tag_ids.append(own)
    sets = [found for tag_id in tag_ids for found in _sets(version, tag_id)]
    kept: dict[Species, tuple[list[BitMap], BitMap]]
    kept = tx.library.caches.setdefault(_SPECIES_CACHE, {})
    before = kept.get(species)
    if before is not None and _are_same(before[0], sets):
        return before[1]
    found = BitMap.union(*sets) if sets else BitMap()
    kept[species] = sets, found
    return found


def _are_same(one: Sequence[BitMap], other: Sequence[BitMap]) -> bool:
    # Empty sets may be made anew for each question.
    return len(one) == len(other) and all(
        a is b or not (a or b) for a, b in zip(one, other, strict=True)
    )


def of_breeds(tx: Tx, breed_ids: Iterable[int]) -> BitMap:
    """Return the images of any of the breeds; unknown ones have none."""
    breeds = [book(tx).by_id(breed_id) for breed_id in breed_ids]
    return of_tags(tx.version, [b.tag_id for b in breeds if b and b.tag_id is not None])


def of_categories(tx: Tx, category_ids: Iterable[int]) -> BitMap:
    """Return the images of any of the categories; unknown ones have none."""
    categories = [book(tx).category(category_id) for category_id in category_ids]
    return of_tags(tx.version, [each.tag_id for each in categories if each])


def breeds_of(tx: Tx, image_ids: Iterable[int]) -> dict[int, list[Breed]]:
    """Return the breeds on images, those that people say first, then in the order of names."""
    there = book(tx)
    return _of_images(tx, "breeds", image_ids, lambda image: _breeds_on(tx.version, there, image))


def _breeds_on(version: Version, there: Book, image_id: int) -> list[Breed]:
    tagged = [(breed, breed.tag_id) for breed in there.breeds if breed.tag_id is not None]
    said = [breed for breed, tag_id in tagged if image_id in version.posting(tag_id)]
    guessed = [breed for breed, tag_id in tagged if image_id in version.suggested(tag_id)]
    return said + [breed for breed in guessed if breed not in said]


def categories_of(tx: Tx, image_ids: Iterable[int]) -> dict[int, list[Category]]:
    """Return the categories of images, in the order of names.

    Of a name that is a category of both species, the one of the species that is on the image.
    """
    return _of_images(tx, "categories", image_ids, lambda image: _categories_on(tx, image))


def _categories_on(tx: Tx, image_id: int) -> list[Category]:
    version, there = tx.version, book(tx)
    tag_ids = [t for t in there.category_tags if any(image_id in s for s in _sets(version, t))]
    shown = [species for species in Species if image_id in of_species(tx, species)]
    found = [there.category_by_tag(t, shown[0] if shown else None) for t in tag_ids]
    return sorted((each for each in found if each), key=lambda each: each.name.casefold())


def _of_images(
    tx: Tx, what: str, image_ids: Iterable[int], work: Callable[[int], list[T]]
) -> dict[int, list[T]]:
    """Return what `work` finds on each image, remembered while nothing changes."""
    breeds_version = tx.version.breeds_version
    memory: dict[tuple[int, int], list[T]]
    memory = tx.version.remember((what, "of images"), dict)
    if len(memory) > _MOST_REMEMBERED:
        memory.clear()
    found = {}
    for image_id in image_ids:
        key = breeds_version, image_id
        if key not in memory:
            memory[key] = work(image_id)
        found[image_id] = memory[key]
    return found


# The picture of each breed.


class _Chosen(NamedTuple):
    """Reference images by breed, when they were chosen and in which catalogue."""

    images: dict[int, int]
    at: int
    version: Version


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
    old = kept.images if kept is not None and is_fresh else {}
    images = {}
    for breed in book(tx).breeds:
        chosen = _reference(version, breed, visible, old.get(breed.id))
        if chosen is not None:
            images[breed.id] = chosen
    at = kept.at if kept is not None and is_fresh else tx.now
    if kept is not None and kept.images == images:
        images = kept.images  # the same object, so that callers see at once that it is the same
    tx.library.caches[_REFERENCE_CACHE] = _Chosen(images, at, version)
    return images


def _reference(version: Version, breed: Breed, visible: BitMap, old: int | None) -> int | None:
    if breed.reference_image_id is not None and breed.reference_image_id in visible:
        return breed.reference_image_id
    if breed.tag_id is None:
        return None
    said, guessed = _sets(version, breed.tag_id)
    if not said and not guessed:
        return None
    if old is not None and old in visible and (old in said or (old in guessed and not said)):
        return old
    candidates = (said & visible) or (guessed & visible)
    if not candidates:
        return None
    ids = ids_of(candidates)
    return int(ids[version.columns["score"].gather(ids).argmax()])
