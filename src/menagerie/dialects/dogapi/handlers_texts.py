"""Facts, health tips and where they come from."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from menagerie.core.animals import book, texts, translations
from menagerie.core.animals.book import Breed
from menagerie.core.animals.texts import AnimalText
from menagerie.core.animals.translations import Translator
from menagerie.core.apps import quotas
from menagerie.core.orders import Order
from menagerie.dialects.dogapi import shapes_animals, site
from menagerie.dialects.dogapi.handlers_breeds import breed_of, ordered
from menagerie.dialects.dogapi.site import Unknown
from menagerie.errors import NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.routing import Handler, Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx
from menagerie.storage.schema import AnimalTextKind, Species

_FACT, _TIP = AnimalTextKind.FACT, AnimalTextKind.HEALTH_TIP
_FEATURES = {_FACT: "full_breed_schema", _TIP: "enable_health_tips"}
_SOURCES = Parameter("include_sources", "true: with the addresses that it comes from.")
_OF_BREED = Parameter("breed_id", "Id of the breed that it is about.", example="1")
_BREED = Parameter("breed_id", "Id of the breed.", "path", "1")
_SPECIES = Parameter("species_id", "1 or dog, 2 or cat.", "path", "1")
_ID = Parameter("id", "Id, or the slug of its title.", "path", "a1B2c3D4e5")
_SHOWN = (_SOURCES, site.LANG)
_LISTED = (site.LIMIT, site.OFFSET, site.PAGE, site.ORDER)


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about facts, health tips and sources."""
    facts = Outcome(200, "Facts.", list[shapes_animals.FactShape])
    fact = Outcome(200, "A fact.", shapes_animals.FactShape)
    tips = Outcome(200, "Health tips.", list[shapes_animals.TipShape])
    tip = Outcome(200, "A health tip.", shapes_animals.TipShape)
    sources = Outcome(200, "Sources.", list[shapes_animals.SourceShape])

    def get(
        tails: tuple[str, ...],
        handler: Handler,
        summary: str,
        outcome: Outcome,
        *parameters: Parameter,
    ) -> Operation:
        return Operation(
            "GET",
            site.paths(library, *tails),
            handler,
            Runs.EXECUTOR,
            summary=summary,
            parameters=parameters,
            outcomes=(outcome, *site.READS),
            needs_key=True,
        )

    listed = (*_LISTED, site.SPECIES, _OF_BREED, *_SHOWN)
    any_ = (site.SPECIES, _OF_BREED, *_SHOWN)
    of_breed = (_BREED, *_LISTED, *_SHOWN)
    by_breed = ("/facts/breed/{breed_id:str}", "/breeds/{breed_id:str}/facts")
    return (
        get(("/facts",), _list(_FACT), "Get a list of facts", facts, *listed),
        get(("/facts/random",), _any, "Get a random fact", fact, *any_),
        get(by_breed, _of_breed(_FACT), "Get facts by breed", facts, *of_breed),
        get(
            ("/facts/breed/{breed_id:str}/random",),
            _any_of_breed,
            "Get a random fact for a specific breed",
            fact,
            _BREED,
            *_SHOWN,
        ),
        get(
            ("/facts/species/{species_id:str}/random",),
            _any_of_species,
            "Get a random fact for a specific species",
            fact,
            _SPECIES,
            *_SHOWN,
        ),
        get(("/facts/{id:str}",), _show(_FACT), "Get a fact by ID", fact, _ID, *_SHOWN),
        get(("/health-tips",), _list(_TIP), "Get a list of health tips", tips, *listed),
        get(
            ("/health-tips/breed/{breed_id:str}",),
            _of_breed(_TIP),
            "List the health tips about a breed.",
            tips,
            *of_breed,
        ),
        get(("/health-tips/{id:str}",), _show(_TIP), "Get a health tip by ID", tip, _ID, *_SHOWN),
        get(
            ("/sources",),
            _sources,
            "List where facts and health tips come from.",
            sources,
            site.LIMIT,
            site.PAGE,
        ),
    )


@contextmanager
def _reading(call: Call, kind: AnimalTextKind) -> Iterator[Tx]:
    """Open a transaction of an account that may read such texts."""
    with call.reading(site.require_key(call)) as tx:
        quotas.require_feature(tx, _FEATURES[kind])
        yield tx


def _shape(call: Call, tx: Tx) -> Callable[[AnimalText], Any]:
    """Return what writes a text in the language asked for, with sources if asked for."""
    translator = translations.translated(tx, site.language_of(call))
    with_sources = site.flag(call, "include_sources", False)
    there = book.book(tx)

    def write(text: AnimalText) -> Any:
        about = there.by_id(text.breed_id) if text.breed_id is not None else None
        return _write(text, about, translator, with_sources=with_sources)

    return write


def _write(
    text: AnimalText, about: Breed | None, translator: Translator, *, with_sources: bool
) -> Any:
    shape = shapes_animals.fact if text.kind is _FACT else shapes_animals.tip
    return shape(text, about.code if about else None, translator, with_sources=with_sources)


def _page(
    call: Call, tx: Tx, kind: AnimalTextKind, species: Species | None, breed_id: int | None
) -> Answer:
    paging = site.page_of(call, limit_default=10, limit_max=100, takes_offset=True)
    found = texts.find(
        tx,
        kind,
        species=species,
        breed_id=breed_id,
        order=site.order_of(call, Order.ASC),
        limit=paging.limit,
        offset=paging.offset,
    )
    return site.paged(list(map(_shape(call, tx), found.items)), found.total, paging)


def _list(kind: AnimalTextKind) -> Handler:
    def handler(call: Call) -> Answer:
        """GET /facts and GET /health-tips."""
        with _reading(call, kind) as tx:
            breed_id, species = _asked(call, tx, spans_all=False)
            if isinstance(species, Unknown) or isinstance(breed_id, Unknown):
                paging = site.page_of(call, limit_default=10, limit_max=100, takes_offset=True)
                return site.paged([], 0, paging)
            return _page(call, tx, kind, species, breed_id)

    return handler


def _asked(
    call: Call, tx: Tx, *, spans_all: bool
) -> tuple[int | Unknown | None, Species | Unknown | None]:
    """Return the breed and the species of the query; a breed says its species itself."""
    text = site.text_of(call, "breed_id")
    species = site.species_of(call, spans_all=spans_all or bool(text))
    if not text:
        return None, species
    breed = book.book(tx).by_code(text)
    return (breed.id if breed else site.UNKNOWN), species


def _of_breed(kind: AnimalTextKind) -> Handler:
    def handler(call: Call) -> Answer:
        """GET /facts/breed/:breed_id and the like."""
        with _reading(call, kind) as tx:
            return _page(call, tx, kind, None, breed_of(tx, call.text("breed_id")).id)

    return handler


def _any(call: Call) -> Answer:
    """GET /facts/random."""
    with _reading(call, _FACT) as tx:
        breed_id, species = _asked(call, tx, spans_all=True)
        if isinstance(species, Unknown) or isinstance(breed_id, Unknown):
            raise NotFound
        found = texts.pick(tx, _FACT, species=species, breed_id=breed_id)
        return answers.json(_shape(call, tx)(found))


def _any_of_breed(call: Call) -> Answer:
    """GET /facts/breed/:breed_id/random."""
    with _reading(call, _FACT) as tx:
        breed = breed_of(tx, call.text("breed_id"))
        return answers.json(_shape(call, tx)(texts.pick(tx, _FACT, breed_id=breed.id)))


def _any_of_species(call: Call) -> Answer:
    """GET /facts/species/:species_id/random."""
    species = site.species_named(call.text("species_id"))
    with _reading(call, _FACT) as tx:
        if isinstance(species, Unknown):
            raise NotFound
        return answers.json(_shape(call, tx)(texts.pick(tx, _FACT, species=species)))


def _show(kind: AnimalTextKind) -> Handler:
    def handler(call: Call) -> Answer:
        """GET /facts/:id and GET /health-tips/:id."""
        with _reading(call, kind) as tx:
            return answers.json(_shape(call, tx)(texts.get(tx, kind, call.text("id"))))

    return handler


def _sources(call: Call) -> Answer:
    """GET /sources."""
    paging = site.page_of(call, limit_default=10, limit_max=100)
    with _reading(call, _FACT) as tx:
        found = texts.sources(tx)
        codes = {breed.id: breed.code for breed in book.book(tx).breeds}
    page = ordered(call, found, Order.ASC, paging)
    shapes = [shapes_animals.source(each, codes.get(each.breed_id or 0)) for each in page]
    return site.paged(shapes, len(found), paging)
