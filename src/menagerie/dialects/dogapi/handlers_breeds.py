"""Breeds, their groups, and categories of pictures; anybody may read them."""

from collections.abc import Sequence
from typing import TypeVar

from menagerie.core.animals import book, translations
from menagerie.core.animals.book import Breed
from menagerie.core.orders import Order
from menagerie.dialects.dogapi import encoded_breeds, shapes_animals, site
from menagerie.dialects.dogapi.encoded_breeds import Form
from menagerie.dialects.dogapi.site import Paging, Unknown
from menagerie.errors import Invalid, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import whole_number
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx
from menagerie.storage.schema import Species

MOST_SEARCHED = 30
T = TypeVar("T")

_ATTACH = Parameter("attach_image", "0 leaves the picture of each breed out.")
BREED = Parameter("breed_id", "Id of the breed: a number or four letters.", "path", "1")


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about breeds and categories."""
    breeds = Outcome(200, "Breeds.", list[shapes_animals.BreedShape])
    return (
        Operation(
            "GET",
            site.paths(library, "/breeds"),
            _list,
            Runs.INLINE,
            summary="List breeds",
            parameters=(
                *site.PAGES,
                *site.FILTERS,
                Parameter("extinct", "true: only the extinct; else only the living."),
                _ATTACH,
            ),
            outcomes=(breeds, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/breeds/search"),
            _search,
            Runs.INLINE,
            summary="Search breeds by name",
            parameters=(
                Parameter("q", "Part of a name, at most 30 characters.", example="terrier"),
                *site.PAGES,
                *site.FILTERS,
                _ATTACH,
            ),
            outcomes=(breeds, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/breeds/breed-groups"),
            _groups,
            Runs.INLINE,
            summary="List available breed groups",
            parameters=(site.SPECIES,),
            outcomes=(Outcome(200, "Names of groups.", list[str]), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/breeds/{breed_id:str}"),
            _show,
            Runs.INLINE,
            summary="Retrieve a breed by identifier",
            parameters=(BREED, site.LANG, _ATTACH),
            outcomes=(Outcome(200, "The breed.", shapes_animals.BreedShape), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/categories"),
            _categories,
            Runs.INLINE,
            summary="List categories",
            parameters=(*site.PAGES, *site.FILTERS),
            outcomes=(
                Outcome(200, "Categories.", list[shapes_animals.CategoryShape]),
                *site.READS,
            ),
        ),
        Operation(
            "GET",
            site.paths(library, "/categories/{id:str}"),
            _category,
            Runs.INLINE,
            summary="Retrieve a category by identifier",
            parameters=(Parameter("id", "Id of the category.", "path", "1"),),
            outcomes=(Outcome(200, "The category.", shapes_animals.CategoryShape), *site.READS),
        ),
    )


def breed_of(tx: Tx, text: str) -> Breed:
    """Return the breed of a public id; raises NotFound."""
    found = book.book(tx).by_code(text)
    if found is None:
        raise NotFound(f"Couldn't find a breed matching the passed 'id' of {text}")
    return found


def ordered(call: Call, items: Sequence[T], order: Order, paging: Paging) -> Sequence[T]:
    """Return the part asked for of what is in ascending order."""
    if order is Order.RANDOM:
        return call.library.random.sample(items, min(paging.limit, len(items)))
    placed = items if order is Order.ASC else items[::-1]
    return placed[paging.offset : paging.offset + paging.limit]


def _chosen(call: Call, tx: Tx, *, is_extinct: bool | None = None) -> Sequence[Breed]:
    """Return the breeds of the species and groups asked for, in the order of names.

    With `is_extinct` only those that live, or that do not any more.
    """
    species = site.species_of(call)
    if not isinstance(species, Species):
        return ()
    there = book.book(tx)
    return book.in_groups(
        there.of_species(species)
        if is_extinct is None
        else there.living(species, is_extinct=is_extinct),
        site.list_of(call, "breed_groups"),
        site.list_of(call, "exclude_breed_groups"),
    )


def _answer(call: Call, tx: Tx, found: Sequence[Breed], paging: Paging) -> Answer:
    order = site.order_of(call, Order.ASC)
    translator = translations.translated(tx, site.language_of(call))
    form = Form(translator.language, with_images=site.flag(call, "attach_image", True))
    page = ordered(call, found, order, paging)
    encoded = encoded_breeds.listed(call, tx, page, translator, form)
    return site.paged_bytes(encoded, len(found), paging)


def _list(call: Call) -> Answer:
    """GET /breeds."""
    paging = site.page_of(call, limit_default=1000, limit_max=1000)
    is_extinct = site.flag(call, "extinct", False)
    with call.reading(site.allow_all(call)) as tx:
        return _answer(call, tx, _chosen(call, tx, is_extinct=is_extinct), paging)


def _search(call: Call) -> Answer:
    """GET /breeds/search."""
    paging = site.page_of(call, limit_default=10, limit_max=100)
    asked = site.text_of(call, "q")
    if len(asked) > MOST_SEARCHED:
        raise Invalid({"q": [f"must have at most {MOST_SEARCHED} characters"]})
    with call.reading(site.allow_all(call)) as tx:
        return _answer(call, tx, book.called(_chosen(call, tx), asked), paging)


def _groups(call: Call) -> Answer:
    """GET /breeds/breed-groups."""
    species = site.species_of(call)
    with call.reading(site.allow_all(call)) as tx:
        found = [] if isinstance(species, Unknown) else book.book(tx).groups(species)
    return answers.json(found)


def _show(call: Call) -> Answer:
    """GET /breeds/:breed_id."""
    with call.reading(site.allow_all(call)) as tx:
        found = breed_of(tx, call.text("breed_id"))
        translator = translations.translated(tx, site.language_of(call))
        with_images = site.flag(call, "attach_image", True)
        form = Form(translator.language, with_images=with_images, full=True)
        return Answer(200, encoded_breeds.one(call, tx, found, translator, form))


def _categories(call: Call) -> Answer:
    """GET /categories."""
    paging = site.page_of(call, limit_default=10, limit_max=100)
    order = site.order_of(call, Order.ASC)
    species = site.species_of(call)
    home = site.home(call.library)
    with call.reading(site.allow_all(call)) as tx:
        found = book.book(tx).categories_of(species) if isinstance(species, Species) else ()
    page = ordered(call, found, order, paging)
    shapes = [shapes_animals.category(each, home=home) for each in page]
    return site.paged(shapes, len(found), paging)


def _category(call: Call) -> Answer:
    """GET /categories/:id."""
    number = whole_number(call.text("id"))
    with call.reading(site.allow_all(call)) as tx:
        found = book.book(tx).category(number) if number is not None else None
    if found is None:
        raise NotFound(f"Couldn't find a category matching the passed 'id' of {call.text('id')}")
    return answers.json(shapes_animals.category(found, home=site.home(call.library)))
