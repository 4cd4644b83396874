"""The explorer of breeds and the laws about them."""

import html
import re

import pytest

import build
from menagerie.core import filters, moderation, tags
from menagerie.core.animals import book, laws
from menagerie.library import SYSTEM
from menagerie.storage.schema import Role, Species
from menagerie.web import breeds, render
from web.conftest import text_of


def breed_of(library, name, species=Species.DOG):
    with library.reading(SYSTEM) as tx:
        return book.book(tx).by_name(species, name)


def tag_of(library, breed):
    with library.reading(SYSTEM) as tx:
        return tags.get(tx, breed.tag_id).name


def names(page):
    """The breeds of a list in their order."""
    return re.findall(r"<strong>([^<]*)</strong>", html.unescape(page.text))


# The list.


def test_breeds_are_listed_by_species_in_groups(browser, library):
    page = browser.get("/breeds")
    assert re.findall(r"<h2>(\w[^<]*?) <small", page.text)[:3] == [
        "Herding",
        "Hound",
        "Non-Sporting",
    ]
    assert "Beagle" in names(page)
    assert "Siamese" not in names(page)
    assert "8–14 kg · 33–41 cm" in text_of(page)
    cats = browser.get("/breeds?species=cat")
    assert "Siamese" in names(cats)
    assert "<h2>" not in cats.text
    with library.reading(SYSTEM) as tx:
        assert len(names(page)) == len(book.book(tx).of_species(Species.DOG))


def test_a_group_a_temper_and_a_name_each_narrow_the_list(browser):
    toys = names(browser.get("/breeds?group=Toy"))
    assert "Pug" in toys
    assert "Beagle" not in toys
    gentle = names(browser.get("/breeds?temperament=gentle"))
    assert "Beagle" in gentle
    assert len(gentle) < len(names(browser.get("/breeds")))
    also = browser.get("/breeds?q=thai+cat&species=cat")
    assert names(also) == ["Siamese"]
    assert "or Thai Cat" in text_of(also)
    nothing = text_of(browser.get("/breeds?q=zzzz"))
    assert "No breed fits" in nothing
    assert names(browser.get("/breeds?species=bird&group=x&sort=x"))  # the defaults


def test_breeds_are_sorted_from_the_lightest_those_unknown_last(browser, library):
    listed = names(browser.get("/breeds?sort=weight"))
    known = {breed.name: breed for breed in (breed_of(library, n) for n in listed)}
    sums = [b.weight_min_kg + b.weight_max_kg for b in known.values() if b.weight_max_kg]
    assert sums == sorted(sums)
    first_unknown = next((i for i, n in enumerate(listed) if known[n].weight_max_kg is None), 0)
    assert not first_unknown or first_unknown == len(sums)


def test_a_breed_has_a_picture_once_somebody_shows_one_to_everybody(open_browser, library):
    beagle = breed_of(library, "Beagle")
    image_id = build.image(library, f"safe, solo, {tag_of(library, beagle)}")
    browser = open_browser()
    page = browser.get("/breeds?q=beagle")
    assert f"/pictures/{image_id}/" in page.text
    for image in re.findall(r"<img [^>]*>", page.text):
        assert re.search(r'width="\d+" height="\d+"', image), image
    build.account(library, "Mona", Role.MODERATOR)
    with library.writing(SYSTEM) as tx:
        moderation.remove(tx, image_id, "Not ours")
    assert f"/pictures/{image_id}/" not in browser.get("/breeds?q=beagle").text


def test_a_filter_hides_pictures_of_breeds_too(open_browser, library, alice):
    beagle = breed_of(library, "Beagle")
    tag = tag_of(library, beagle)
    image_id = build.image(library, f"safe, solo, {tag}")
    with library.writing(alice) as tx:
        own = filters.create(tx, name="No beagles", hidden_tags=[tag])
        filters.choose(tx, own.id)
    browser = open_browser("Alice")
    for path in ("/breeds?q=beagle", "/breeds/beagle"):
        assert f"/pictures/{image_id}/" not in browser.get(path).text
    assert f"/pictures/{image_id}/" in open_browser().get("/breeds/beagle").text


# One breed.


def test_a_breed_is_described_in_numbers_words_and_laws(browser, library):
    page = text_of(browser.get("/breeds/american-pit-bull-terrier"))
    assert "14–27 kg 31–60 lb" in page
    assert "8–15 years" in page
    assert "Information, not legal advice" in page
    assert "No picture of this breed is here yet." in page
    pit_bull = breed_of(library, "American Pit Bull Terrier")
    with library.reading(SYSTEM) as tx:
        for law, _ in laws.of_breed(tx, pit_bull.id):
            assert law.name in page


def test_a_breed_is_found_by_code_and_by_any_of_its_names(browser, library):
    beagle = breed_of(library, "Beagle")
    for key in (beagle.code, "beagle", "BEAGLE", "english-beagle", "siam", "siamese"):
        assert browser.get(f"/breeds/{key}").status_code == 200, key
    assert browser.get("/breeds/no-such-breed").status_code == 404


def test_every_breed_has_an_address_of_its_own(library):
    with library.reading(SYSTEM) as tx:
        there = book.book(tx)
    slugs = breeds.slugs(there)
    assert len(set(slugs.values())) == len(there.breeds)
    assert not {"laws", ""} & set(slugs.values())
    assert all(render.segment(slug) == slug for slug in slugs.values())


def test_pictures_that_people_tagged_are_on_the_page_with_the_search_for_all(browser, library):
    tag = tag_of(library, breed_of(library, "Beagle"))
    image_id = build.image(library, f"safe, solo, {tag}")
    page = browser.get("/breeds/beagle")
    assert f'data-image-id="{image_id}"' in page.text
    link = re.search(r'href="(/search\?q=[^"]*)">1 picture<', page.text)[1]
    assert f'data-image-id="{image_id}"' in browser.get(link).text


def test_tips_come_in_the_language_that_was_chosen(browser):
    page = browser.get("/breeds/siamese?language=de")
    assert page.text.split("<footer")[0].count('lang="de"')
    assert '<strong aria-current="true">Deutsch</strong>' in page.text
    other = browser.get("/breeds/siamese?language=xx").text.split("<footer")[0]
    assert 'lang="de"' not in other


# The laws.


def test_countries_are_listed_with_what_their_laws_reach(browser, library):
    page = browser.get("/breeds/laws")
    assert "Information, not legal advice" in text_of(page)
    with library.reading(SYSTEM) as tx:
        for country in laws.countries(tx):
            assert f'href="/breeds/laws/{country.iso_code.lower()}"' in page.text


def test_a_country_shows_its_laws_with_source_and_date(browser):
    page = browser.get("/breeds/laws/de")
    assert "Bavaria" in text_of(page)
    assert re.search(r"looked up on \d{4}-\d\d-\d\d", text_of(page))
    assert 'href="/breeds/american-pit-bull-terrier"' in page.text
    assert browser.get("/breeds/laws/DE").status_code == 200
    assert browser.get("/breeds/laws/zz").status_code == 404


@pytest.mark.slow
def test_every_breed_and_country_has_a_page(browser, library):
    with library.reading(SYSTEM) as tx:
        there = book.book(tx)
        countries = laws.countries(tx)
    for breed in there.breeds:
        assert browser.get(breeds.href(there, breed)).status_code == 200, breed.name
    for country in countries:
        assert browser.get(f"/breeds/laws/{country.iso_code}").status_code == 200, country.name
