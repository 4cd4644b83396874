"""The explorer of breeds: all of a species in groups, and a page for each."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from menagerie.core import filters, find, tags
from menagerie.core.animals import laws, pictures, translations
from menagerie.core.animals import texts as animal_texts
from menagerie.core.animals.book import Book, Breed, book, called, plain
from menagerie.core.animals.texts import AnimalText
from menagerie.core.animals.translations import Translator
from menagerie.errors import NotFound
from menagerie.http.answers import Answer
from menagerie.library import Tx
from menagerie.search import fields, nodes
from menagerie.storage.schema import AnimalTextKind, Species
from menagerie.web import grid, shapes, texts
from menagerie.web.measures import Measure, height, life, weight
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import Visit

_STRIP = 18
_MOST_TEXTS = 100
_MOST_ALIKE = 8
_NO_GROUP = marked("In no group")
_LAST_GROUPS = ("Foundation Stock", "Miscellaneous", "Mixed", _NO_GROUP)


class Row(msgspec.Struct, frozen=True):
    """One breed in the list; `also` is the other name that was looked for."""

    name: str
    href: str
    weight: Measure | None
    height: Measure | None
    is_extinct: bool
    also: str
    picture: shapes.Picture | None


class Group(msgspec.Struct, frozen=True):
    """Some breeds under a heading, which is empty where there is only one."""

    name: str
    rows: Sequence[Row]


class Choice(msgspec.Struct, frozen=True):
    """One of some things to choose by a link; a count of None is not said."""

    label: str
    href: str
    is_current: bool = False
    count: int | None = None


class Said(msgspec.Struct, frozen=True):
    """A fact or a tip as it is shown."""

    title: str
    text: str
    topic: str
    sources: Sequence[str]
    language: str


@lru_cache(maxsize=2)
def slugs(there: Book) -> Mapping[int, str]:
    """Return how each breed is called in addresses, by id: its name, or its code if two share it.

    A code is never the name of another, as those of dogs are numbers and those of cats win.
    """
    found: dict[int, str] = {}
    taken = {"laws", *(breed.code for breed in there.breeds)}
    for breed in there.breeds:
        name = slug_of(breed.name)
        found[breed.id] = breed.code if not name or name in taken else name
        taken.add(name)
    return found


def slug_of(name: str) -> str:
    """Return a name as a part of an address.

    >>> slug_of("Épagneul Bleu de Picardie")
    'epagneul-bleu-de-picardie'
    """
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", bare.lower()).strip("-")


def href(there: Book, breed: Breed) -> str:
    """Return the address of a breed's page."""
    return f"/breeds/{slugs(there)[breed.id]}"


# All of a species.


class Asked(msgspec.Struct, frozen=True):
    """What somebody wants to see of the breeds."""

    species: Species
    group: str
    temperament: str
    text: str
    sort: str

    def link(self, **changed: str) -> str:
        """Return the address of the list with something changed."""
        words = {"species": self.species.value, "group": self.group, "q": self.text}
        words |= {"temperament": self.temperament, "sort": self.sort} | changed
        defaults = {"species": Species.DOG.value, "sort": "name"}
        kept = {name: word for name, word in words.items() if defaults.get(name) != word}
        return url("/breeds", **kept)


def page(visit: Visit) -> Answer:
    """Show the breeds of a species, in their groups or in the order that was asked for."""
    with visit.reading() as tx:
        there = book(tx)
        asked = _asked(visit, there)
        all_ = there.of_species(asked.species)
        matching = [b for b in called(all_, asked.text) if _is_like(b, asked.temperament)]
        listed = [b for b in matching if not asked.group or b.group == asked.group]
        shown = _pictures(tx, listed)
        rows = {b.id: _row(there, b, asked.text, shown.get(b.id)) for b in listed}
        countries = laws.countries(tx, asked.species)
    return visit.page(
        "breeds.html",
        asked=asked,
        total=len(listed),
        groups=_grouped(listed, rows, asked),
        species=_species_choices(there, asked),
        group_choices=_group_choices(there, matching, asked),
        sorts=texts.BREED_SORTS,
        country_count=len(countries),
    )


def _asked(visit: Visit, there: Book) -> Asked:
    species = visit.call.text("species")
    group, sort = visit.call.text("group"), visit.call.text("sort")
    of_species = Species(species) if species in set(Species) else Species.DOG
    return Asked(
        species=of_species,
        group=group if group in there.groups(of_species) else "",
        temperament=visit.call.text("temperament").strip(),
        text=" ".join(visit.query.split()),
        sort=sort if sort in {name for name, _ in texts.BREED_SORTS} else "name",
    )


def _is_like(breed: Breed, temperament: str) -> bool:
    return not temperament or temperament.casefold() in map(str.casefold, _temperament(breed))


def _row(there: Book, breed: Breed, text: str, picture: shapes.Picture | None) -> Row:
    part = plain(text)
    also = ""
    if part and part not in plain(breed.name):
        names = (name.strip() for name in breed.alt_names.split(","))
        also = next((name for name in names if part in plain(name)), "")
    return Row(
        name=breed.name,
        href=href(there, breed),
        weight=weight(breed),
        height=height(breed),
        is_extinct=breed.is_extinct,
        also=also,
        picture=picture,
    )


def _grouped(listed: Sequence[Breed], rows: Mapping[int, Row], asked: Asked) -> list[Group]:
    if asked.sort != "name":
        return [Group("", [rows[breed.id] for breed in _sorted(listed, asked.sort)])]
    by_group: dict[str, list[Row]] = {}
    for breed in listed:
        by_group.setdefault(breed.group or _NO_GROUP, []).append(rows[breed.id])
    if len(by_group) == 1:
        return [Group("", *by_group.values())]
    return [Group(name, by_group[name]) for name in _in_order(by_group)]


def _in_order(groups: Iterable[str]) -> list[str]:
    """Return groups by name, those that are no kind of dog of their own at the end."""
    return sorted(groups, key=lambda name: (name in _LAST_GROUPS, name))


def _sorted(listed: Sequence[Breed], by: str) -> list[Breed]:
    """Return breeds from the lightest or smallest; those of which nothing is known at the end."""

    def size(breed: Breed) -> float:
        low, high = (
            (breed.weight_min_kg, breed.weight_max_kg)
            if by == "weight"
            else (breed.height_min_cm, breed.height_max_cm)
        )
        return float("inf") if low is None or high is None else low + high

    return sorted(listed, key=size)


def _species_choices(there: Book, asked: Asked) -> list[Choice]:
    return [
        Choice(
            texts.SPECIES[species],
            asked.link(species=species.value, group="", temperament=""),
            species == asked.species,
            len(there.of_species(species)),
        )
        for species in Species
    ]


def _group_choices(there: Book, matching: Iterable[Breed], asked: Asked) -> list[Choice]:
    names = there.groups(asked.species)
    groups = [breed.group for breed in matching]
    if not names:
        return []
    every = Choice(marked("All groups"), asked.link(group=""), not asked.group)
    return [every] + [
        Choice(name, asked.link(group=name), name == asked.group, groups.count(name))
        for name in _in_order(names)
    ]


def _pictures(tx: Tx, breeds: Sequence[Breed]) -> dict[int, shapes.Picture]:
    """Return the picture of each breed that has one which the visitor's filter shows plainly."""
    chosen = filters.effective(tx)
    stands_for = pictures.reference_images(tx)
    within = find.within_filter(tx, chosen)
    wanted = {b.id: stands_for[b.id] for b in breeds if stands_for.get(b.id, 0) in within}
    found = {p.id: p for p in grid.pictures(tx, list(set(wanted.values())), chosen)}
    return {
        breed_id: found[image_id]
        for breed_id, image_id in wanted.items()
        if image_id in found and found[image_id].spoiler is None
    }


# One breed.


def breed_page(visit: Visit) -> Answer:
    """Show a breed: its pictures, its numbers, and what is known and ruled about it."""
    with visit.reading() as tx:
        there = book(tx)
        breed = _find(there, visit.call.text("key"))
        translator = translations.translated(tx, visit.call.text("language") or visit.language)
        query, shown, total = _strip(tx, breed)
        facts = _texts(tx, AnimalTextKind.FACT, breed, translator)
        tips = _texts(tx, AnimalTextKind.HEALTH_TIP, breed, translator)
        named = laws.of_breed(tx, breed.id, breed.species)
        languages = ["en", *translations.languages(tx)]
        others = _alike(there, breed)
        tag = tags.get(tx, breed.tag_id) if breed.tag_id is not None else None
    here = href(there, breed)
    return visit.page(
        "breed.html",
        breed=breed,
        here=here,
        tag=tag,
        query=query,
        pictures=shown,
        total=total,
        measures=_measures(breed),
        lists=_lists(breed),
        temperament=[
            (word, url("/breeds", species=breed.species.value, temperament=word))
            for word in _temperament(breed)
        ],
        grades=[(t, breed.traits[n]) for n, t in texts.TRAITS.items() if breed.traits.get(n)],
        flags=[text for name, text in texts.FLAGS.items() if breed.traits.get(name)],
        facts=facts,
        tips=tips,
        laws=named,
        law_words=texts,
        languages=[
            Choice(
                texts.LANGUAGE_NAMES.get(code, code),
                url(here, language=code if code != visit.language else "") + "#facts",
                code == translator.language,
            )
            for code in languages
        ],
        others=[(other, href(there, other)) for other in others],
    )


def _find(there: Book, key: str) -> Breed:
    """Return the breed of an address, by its name there, its code, or any of its names."""
    by_slug = {slug: breed_id for breed_id, slug in slugs(there).items()}
    wanted = slug_of(key)
    breed = there.by_id(by_slug[wanted]) if wanted in by_slug else there.by_code(key)
    named = (there.by_name(species, key.replace("-", " ")) for species in Species)
    found = breed or next(filter(None, named), None)
    if found is None:
        raise NotFound
    return found


def _strip(tx: Tx, breed: Breed) -> tuple[str, list[shapes.Picture], int]:
    """Return the search for a breed, its first pictures, and how many there are.

    What people say comes before what models suggest, in the search as well.
    """
    tag = tags.get(tx, breed.tag_id) if breed.tag_id is not None else None
    if tag is None:
        return "", [], 0
    term = nodes.Term(fields.IMAGES.default.name, tag.name)
    node = nodes.Or((term, nodes.Term("suggested", tag.name)))
    chosen = filters.effective(tx)
    found = find.images(tx, node, page=1, per_page=_STRIP, filter=chosen)
    query = nodes.to_text(node, fields.IMAGES)
    shown = grid.pictures(tx, found.ids, chosen, view="medium", context={"q": query})
    return query, shown, found.total


def _measures(breed: Breed) -> list[tuple[str, Measure | None]]:
    """Return the measures of a breed; nobody measures how high cats are."""
    found = [(marked("Weight"), weight(breed)), (marked("Life"), life(breed))]
    if breed.species is Species.DOG:
        found.insert(1, (marked("Height"), height(breed)))
    return found


def _lists(breed: Breed) -> list[tuple[str, str]]:
    """Return what is said about a breed in few words, without what is not known."""
    pairs = (
        (marked("Other names"), breed.alt_names),
        (marked("Comes from"), breed.origin),
        (marked("Bred for"), breed.bred_for),
        (marked("Suits"), breed.perfect_for),
    )
    return [(label, text) for label, text in pairs if text]


def _temperament(breed: Breed) -> list[str]:
    return [word.strip() for word in breed.temperament.split(",") if word.strip()]


def _texts(tx: Tx, kind: AnimalTextKind, breed: Breed, translator: Translator) -> list[Said]:
    found = animal_texts.find(tx, kind, breed_id=breed.id, limit=_MOST_TEXTS)
    return [_said(text, translator) for text in found.items]


def _said(text: AnimalText, translator: Translator) -> Said:
    subject = f"text:{text.code}"
    body = translator.text(subject, "text", "")
    return Said(
        title=translator.text(subject, "title", text.title),
        text=body or text.text,
        topic=translator.text(f"tip_category:{text.category}", "name", text.category),
        sources=text.sources,
        language=translator.language if body else translations.ENGLISH,
    )


def _alike(there: Book, breed: Breed) -> list[Breed]:
    """Return breeds of the species that share most words of temperament, and the group if any."""
    words = set(_temperament(breed))

    def likeness(other: Breed) -> tuple[int, bool]:
        return len(words & set(_temperament(other))), other.group == breed.group

    others = [other for other in there.of_species(breed.species) if other.id != breed.id]
    alike = [other for other in others if likeness(other)[0] >= 2]  # one is chance
    return sorted(alike, key=likeness, reverse=True)[:_MOST_ALIKE]
