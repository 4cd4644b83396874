"""Pets: somebody's own animals with their photographs, what these show, and portraits."""

from collections.abc import Mapping, Sequence

import msgspec

from menagerie.core import rights
from menagerie.core.animals.book import Book, book
from menagerie.core.pets import analyses, photos, portraits, tips
from menagerie.core.pets import pets as keeping
from menagerie.core.pets.analyses import Age, Analysis, BodyCondition, Kind, Muscle, Weight
from menagerie.core.pets.pets import Details, Pet, Wanted
from menagerie.core.pets.photos import NewPhoto, Photo, Pose
from menagerie.errors import Invalid, MenagerieError, RateLimited, Unavailable
from menagerie.http.answers import Answer
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
from menagerie.storage.schema import Species
from menagerie.web import breeds, shapes, texts
from menagerie.web.texts import marked
from menagerie.web.visit import PER_PAGE, Form, Visit

_FIELDS = ("name", "species", "breed", "date_of_birth", "sex", "neuter_status", "microchip",
           "description")  # fmt: skip
_SHOWN = (*_FIELDS, "images", "image", "age")
_LEAST_SHARE = 0.02
_YEAR = 12
_MOST_TIPS = 6
_ASKS_ANALYST = (Kind.BODY_CONDITION, Kind.AGE, Kind.MUSCLE, Kind.WEIGHT)


class Card(msgspec.Struct, frozen=True):
    """A pet in the list."""

    code: str
    name: str
    breed: str
    age: str
    cover: shapes.Picture | None
    photo_count: int


class Line(msgspec.Struct, frozen=True):
    """Something that may be found out, and what was; texts are empty before."""

    kind: str
    label: str
    result: str = ""
    reasons: str = ""
    found_at: int | None = None
    is_old: bool = False


class Bar(msgspec.Struct, frozen=True):
    """A breed that a pet looks like; a link only if it has a page."""

    name: str
    href: str
    percent: int


# The list.


def page(visit: Visit) -> Answer:
    """Show the pets of the visitor."""
    number = visit.page_number()
    with visit.reading() as tx:
        offset = (number - 1) * PER_PAGE
        found = keeping.find(tx, Wanted(), limit=PER_PAGE, offset=offset)
        kept = photos.of_pets(tx, [pet.id for pet in found.items])
        there = book(tx)
        cards = [_card(tx, there, pet, kept[pet.id]) for pet in found.items]
    return visit.page(
        "pets.html",
        cards=cards,
        pages=shapes.pages(number, found.total, PER_PAGE, lambda n: f"/pets?page={n}"),
    )


def _card(tx: Tx, there: Book, pet: Pet, kept: Sequence[Photo]) -> Card:
    breed = there.by_id(pet.breed_id) if pet.breed_id is not None else None
    return Card(
        code=pet.code,
        name=pet.name or marked("No name yet"),
        breed=breed.name if breed else texts.ANIMALS.get(pet.species or "", ""),
        age=_age(_months(tx, pet)),
        cover=shapes.picture(kept[-1].image) if kept else None,
        photo_count=len(kept),
    )


def _months(tx: Tx, pet: Pet) -> int | None:
    return keeping.age_months(pet.date_of_birth, keeping.today_of(tx.now))


def _age(months: int | None) -> str:
    """Return an age as people say it, empty if it is not known.

    >>> _age(30), _age(7), _age(24), _age(None)
    ('2 y 6 m', '7 m', '2 y', '')
    """
    if months is None:
        return ""
    years, rest = divmod(months, _YEAR)
    parts = [f"{years} y" if years else "", f"{rest} m" if rest or not years else ""]
    return " ".join(filter(None, parts))


# Making one, and changing what is said about it.


def new_page(visit: Visit) -> Answer:
    """Show the form for a pet."""
    with visit.reading() as tx:
        rights.require_contributor(tx)
    return _form_page(visit, Form(), 200)


def _form_page(visit: Visit, form: Form, status: int) -> Answer:
    with visit.reading() as tx:
        listed = book(tx).breeds
    return visit.page("pet_form.html", status, form=form, breeds=listed, poses=texts.POSES)


def create(visit: Visit) -> Answer:
    """Make a pet, with photographs if there are some."""
    try:
        with visit.reading() as tx:
            rights.require_contributor(tx)
            details = _details(visit, tx)
            keeping.columns(tx, details)  # what is wrong is said before files are looked at
        prepared = photos.prepare(visit.library, visit.actor, _sent_photos(visit))
        with visit.writing() as tx:
            pet = keeping.create(tx, details)
            keeping.add_photos(tx, pet, prepared)
    except Invalid as error:
        return _form_page(visit, visit.sent(shown=_SHOWN, error=error), 422)
    return visit.go(f"/pets/{pet.code}", "saved")


def _details(visit: Visit, tx: Tx) -> Details:
    """Read what was said; what was left empty is taken back. Raises Invalid (`breed`)."""
    said = {name: visit.form(name).strip() or None for name in _FIELDS}
    species = said["species"]
    known = Species(species) if species in set(Species) else None
    name = said["breed"]
    breed = None
    if name is not None:
        of_any = (book(tx).by_name(each, name) for each in ([known] if known else Species))
        breed = next(filter(None, of_any), None)
        if breed is None:
            raise Invalid({"breed": [marked("is not in our list; leave it empty if it is mixed")]})
    return Details(
        name=said["name"],
        species=known or (breed.species if breed else None),
        breed=breed.code if breed else None,
        date_of_birth=said["date_of_birth"],
        sex=said["sex"],
        neuter_status=said["neuter_status"],
        microchip=said["microchip"],
        description=said["description"],
    )


def _sent_photos(visit: Visit, *, are_needed: bool = False) -> list[NewPhoto]:
    """Read photographs from the form; their pose and age are said once for all of them."""
    files = [file for file in visit.call.files("images") if file.size_bytes or file.name]
    if are_needed and not files:
        raise Invalid({"images": [marked("Choose at least one picture.")]})
    pose = visit.form("pose")
    years, months = (leading_integer(visit.form(name)) for name in ("age_years", "age_months"))
    age = None if years is None and months is None else (years or 0) * _YEAR + (months or 0)
    if age is not None and not 0 <= age <= photos.MOST_MONTHS:
        raise Invalid({"age": [marked("is not an age a pet can have")]})
    return [
        NewPhoto(
            path=file.path,
            name=file.name,
            pose=Pose(pose) if pose in set(Pose) else None,
            age_months=age,
            description=visit.form("about").strip() or None,
        )
        for file in files
    ]


# One pet.


def pet_page(visit: Visit) -> Answer:
    """Show a pet: its photographs, what is known and was found out, and its portraits."""
    return _pet_page(visit, {}, 200)


def _pet_page(visit: Visit, forms: Mapping[str, Form], status: int, trouble: str = "") -> Answer:
    with visit.reading() as tx:
        pet = keeping.get(tx, visit.call.text("code"))
        kept = photos.of_pet(tx, pet.id)
        painted = photos.portraits_of(tx, pet.id)
        found = analyses.of_pets(tx, [pet.id])[pet.id]
        there = book(tx)
        age = _age(_months(tx, pet))
        advice = tips.of_pet(tx, pet.code)[:_MOST_TIPS]
    breed = there.by_id(pet.breed_id) if pet.breed_id is not None else None
    said = {name: getattr(pet, name) or "" for name in _FIELDS if name != "breed"}
    said["breed"] = breed.name if breed else ""
    descent = analyses.descent_of(found)
    settings = visit.library.settings
    return visit.page(
        "pet.html",
        status,
        pet=pet,
        trouble=trouble,
        pictures=[_picture(pet, photo) for photo in kept],
        portraits=[_picture(pet, photo) for photo in painted],
        breed=(breed, breeds.href(there, breed)) if breed else None,
        breeds=there.breeds,
        animal=texts.ANIMALS.get(pet.species or "", ""),
        age=age,
        tips=advice,
        sexes=texts.SEXES,
        poses=texts.POSES,
        lines=[_line(kind, found.get(kind), kept) for kind in _ASKS_ANALYST],
        descent=descent,
        descent_line=_line(Kind.GENEALOGY, found.get(Kind.GENEALOGY), kept),
        bars=_bars(there, descent) if descent else [],
        has_analyst=bool(settings.analyst_url),
        has_recognition=settings.recognition,
        portrait_styles=portraits.STYLES,
        forms={"details": Form(said, {}, _SHOWN), "photos": Form(shown=_SHOWN), **forms},
    )


def _picture(pet: Pet, photo: Photo) -> shapes.Picture:
    """Return a photograph with its pose and age as its kind, a portrait with its style."""
    if photo.style is not None:
        names = {str(facts.style): facts.name for facts in portraits.STYLES}
        kind = names.get(photo.style, photo.style)
    else:
        pose = texts.POSES.get(photo.pose or "", "")
        kind = " · ".join(filter(None, [pose, _age(photo.age_months)]))
    shown = shapes.picture(photo.image, view="medium")
    alt = photo.description or ", ".join(filter(None, [pet.name, kind])) or marked("Your pet")
    return msgspec.structs.replace(shown, kind=kind, alt=alt)


def _line(kind: Kind, found: Analysis | None, kept: Sequence[Photo]) -> Line:
    label = texts.ANALYSES[kind.value]
    if found is None:
        return Line(kind.value, label)
    is_old = bool(kept) and kept[-1].created_at > found.created_at
    reasons = getattr(found.result, "reasons", "")
    return Line(kind.value, label, _in_words(found), reasons, found.created_at, is_old)


def _in_words(found: Analysis) -> str:
    match found.result:
        case BodyCondition(score=score):
            return f"{score} / 9"
        case Age() as age:
            span = age.plausible_range
            return f"{_age(age.age_months)} ({_age(span.min_months)} – {_age(span.max_months)})"
        case Muscle(wasting_risk_flag=is_at_risk):
            return texts.MUSCLES[is_at_risk]
        case Weight(weight_kg=kg):
            return f"{kg:g} kg"
    return ""


def _bars(there: Book, descent: analyses.Descent) -> list[Bar]:
    likely = descent.genealogy.breed_probabilities
    rows = zip(likely.ids, likely.labels, likely.confidences, strict=True)
    found = [(there.by_code(code), label, share) for code, label, share in rows]
    return [
        Bar(label, breeds.href(there, breed) if breed else "", round(100 * share))
        for breed, label, share in found
        if share >= _LEAST_SHARE
    ]


# Forms of its page.


def edit(visit: Visit) -> Answer:
    """Change what is said about a pet."""
    code = visit.call.text("code")
    try:
        with visit.writing() as tx:
            keeping.change(tx, code, _details(visit, tx))
    except Invalid as error:
        return _pet_page(visit, {"details": visit.sent(shown=_SHOWN, error=error)}, 422)
    return visit.go(f"/pets/{code}", "saved")


def add_photos(visit: Visit) -> Answer:
    """Add photographs to a pet."""
    code = visit.call.text("code")
    try:
        with visit.reading() as tx:
            keeping.get(tx, code)
        new = _sent_photos(visit, are_needed=True)
        prepared = photos.prepare(visit.library, visit.actor, new)
        with visit.writing() as tx:
            keeping.add_photos(tx, keeping.get(tx, code), prepared)
    except Invalid as error:
        return _pet_page(visit, {"photos": visit.sent(shown=_SHOWN, error=error)}, 422)
    return visit.go(f"/pets/{code}", "saved")


def analyse(visit: Visit) -> Answer:
    """Find something out about a pet from its photographs."""
    code, kind = visit.call.text("code"), visit.form("kind")
    if kind not in set(Kind):
        raise Invalid({"kind": [marked("is not one of the questions")]})
    try:
        found = analyses.analyse(visit.library, visit.actor, code, Kind(kind))
    except (Invalid, Unavailable, RateLimited) as error:
        return _pet_page(visit, {}, _STATUS.get(type(error), 422), _trouble(error))
    if found is None:
        text = marked("No dog or cat was recognised in the photographs.")
        return _pet_page(visit, {}, 422, text)
    place = "found" if kind == Kind.GENEALOGY else "health"
    return visit.go(f"/pets/{code}#{place}")


def portray(visit: Visit) -> Answer:
    """Make a portrait of a pet."""
    code = visit.call.text("code")
    try:
        portraits.make(visit.library, visit.actor, code, visit.form("style"))
    except (Invalid, Unavailable, RateLimited) as error:
        return _pet_page(visit, {}, _STATUS.get(type(error), 422), _trouble(error))
    return visit.go(f"/pets/{code}#portraits")


_STATUS: Mapping[type[MenagerieError], int] = {Unavailable: 503, RateLimited: 429}


def _trouble(error: MenagerieError) -> str:
    if isinstance(error, Invalid) and "images" in error.fields:
        return marked("Add a photograph first.")
    if isinstance(error, RateLimited):
        return marked("You have asked as much as you may this month.")
    return error.message


def delete(visit: Visit) -> Answer:
    """Remove a pet with all its pictures, when the box that asks for it was ticked."""
    code = visit.call.text("code")
    if visit.form("sure") != "1":
        return visit.go(f"/pets/{code}")
    with visit.writing() as tx:
        keeping.remove(tx, code)
    return visit.go("/pets", "deleted")
