"""What the law says of breeds: by country, and by breed. Information, not legal advice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from menagerie.core.animals import book, laws
from menagerie.core.apps import quotas
from menagerie.core.orders import Order
from menagerie.data.animals import Approach, LawKind
from menagerie.dialects.dogapi import shapes_animals, site
from menagerie.dialects.dogapi.handlers_breeds import breed_of, ordered
from menagerie.dialects.dogapi.site import Unknown
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx
from menagerie.storage.schema import Species

_BREED = Parameter("breed_id", "Id of the breed.", "path", "1")
_LAWS = "What laws say: information, not legal advice."


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about laws."""
    return (
        Operation(
            "GET",
            site.paths(library, "/breeds/bans/countries"),
            _countries,
            Runs.EXECUTOR,
            summary="List countries with breed legislation",
            parameters=(site.SPECIES, Parameter("animal_type", "dog or cat.")),
            outcomes=(
                Outcome(200, "Countries.", list[shapes_animals.ListedCountryShape]),
                *site.READS,
            ),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/breeds/bans/country"),
            _country,
            Runs.EXECUTOR,
            summary="Get breed bans and legislation by country",
            parameters=(
                Parameter("country", "ISO 3166-1 code of two letters.", example="DK"),
                Parameter("legislation_type", f"One of {', '.join(LawKind)}."),
                Parameter("approach", f"One of {', '.join(Approach)}."),
                Parameter("jurisdiction", "A part of the country, such as Victoria."),
                *site.PAGES,
                *site.FILTERS,
            ),
            outcomes=(Outcome(200, _LAWS, shapes_animals.CountryLawsShape), *site.READS),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/breeds/bans/breed/{breed_id:str}"),
            _breed,
            Runs.EXECUTOR,
            summary="Get all bans for a specific breed globally",
            parameters=(_BREED, site.SPECIES),
            outcomes=(
                Outcome(200, _LAWS, list[shapes_animals.BreedBanShape]),
                *site.READS,
            ),
            needs_key=True,
        ),
    )


@contextmanager
def _reading(call: Call) -> Iterator[Tx]:
    """Open a transaction of an account that may read what we know of laws."""
    with call.reading(site.require_key(call)) as tx:
        quotas.require_feature(tx, "breed_legislation")
        yield tx


def _one_of(call: Call, name: str, allowed: type[StrEnum]) -> str | None:
    """Return a parameter that must be one of a few; raises Invalid."""
    text = site.text_of(call, name).lower()
    if text and text not in set(allowed):
        raise Invalid({name: [f"must be one of {', '.join(allowed)}"]})
    return text or None


def _countries(call: Call) -> Answer:
    """GET /breeds/bans/countries."""
    site.require_key(call)
    species = site.species_of(call, spans_all=True)
    animal = _one_of(call, "animal_type", Species)
    if animal and species is None:
        species = Species(animal)
    with _reading(call) as tx:
        if isinstance(species, Unknown) or (animal and species != animal):
            return answers.json([])
        found = laws.countries(tx, species)
    return answers.json([shapes_animals.listed_country(country) for country in found])


def _country(call: Call) -> Answer:
    """GET /breeds/bans/country."""
    site.require_key(call)
    code = site.text_of(call, "country")
    if not code:
        raise Invalid({"country": ['"country" is required']})
    paging = site.page_of(call, limit_default=10, limit_max=100)
    order = site.order_of(call, Order.ASC)
    kind = _one_of(call, "legislation_type", LawKind)
    approach = _one_of(call, "approach", Approach)
    species = site.species_of(call, spans_all=True)
    with _reading(call) as tx:
        found = laws.of_country(
            tx,
            code,
            kind=kind,
            approach=approach,
            jurisdiction=site.text_of(call, "jurisdiction") or None,
            species=None if isinstance(species, Unknown) else species,
            takes_breed=_takes_breed(call, tx),
        )
        codes = {breed.id: breed.code for breed in book.book(tx).breeds}
    national, places = found.national, found.jurisdictions
    if isinstance(species, Unknown):
        national, places = (), ()
    if national:
        page, total = ordered(call, national, order, paging), len(national)
        shape = shapes_animals.country_laws(found, page, places, codes)
    else:
        some, total = ordered(call, places, order, paging), len(places)
        shape = shapes_animals.country_laws(found, (), some, codes)
    return site.paged_bytes(answers.encode_json(shape), total, paging)


def _takes_breed(call: Call, tx: Tx) -> Callable[[int | None], bool] | None:
    """Return which breeds that laws name are asked for, by their groups; None is all of them."""
    groups = site.list_of(call, "breed_groups")
    excluded = site.list_of(call, "exclude_breed_groups")
    if not groups and not excluded:
        return None
    taken = {breed.id for breed in book.in_groups(book.book(tx).breeds, groups, excluded)}

    def takes(breed_id: int | None) -> bool:
        return breed_id in taken if breed_id is not None else not groups

    return takes


def _breed(call: Call) -> Answer:
    """GET /breeds/bans/breed/:breed_id."""
    site.require_key(call)
    species = site.species_of(call, spans_all=True)
    with _reading(call) as tx:
        breed = breed_of(tx, call.text("breed_id"))
        if isinstance(species, Unknown):
            return answers.json([])
        found = laws.of_breed(tx, breed.id, species)
    return answers.json([shapes_animals.breed_ban(law, each) for law, each in found])
