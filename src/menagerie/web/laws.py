"""What the law says of breeds: the countries, and each of them with its laws."""

from menagerie.core.animals import laws
from menagerie.core.animals.book import book
from menagerie.http.answers import Answer
from menagerie.library import Tx
from menagerie.web import breeds, texts
from menagerie.web.visit import Visit


def page(visit: Visit) -> Answer:
    """Show the countries with laws, and how many breeds each names."""
    with visit.reading() as tx:
        listed = [(each, _named_count(tx, each.iso_code)) for each in laws.countries(tx)]
    return visit.page("laws.html", countries=listed, words=texts)


def _named_count(tx: Tx, code: str) -> int:
    of_country = laws.of_country(tx, code)
    there = (*of_country.national, *(law for j in of_country.jurisdictions for law in j.laws))
    return len({each.name for law in there for each in law.breeds})


def country_page(visit: Visit) -> Answer:
    """Show the laws of a country: those of all of it, then those of its parts."""
    with visit.reading() as tx:
        found = laws.of_country(tx, visit.call.text("code"))
        there = book(tx)
        links = {breed.id: breeds.href(there, breed) for breed in there.breeds}
    return visit.page(
        "country.html",
        country=found.country,
        national=found.national,
        jurisdictions=found.jurisdictions,
        links=links,
        words=texts,
    )
