"""Donating pictures: several at once, with labels, under the licence the donor agrees to."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from menagerie.core import galleries, images, intake, labelling, tags, visibility, words
from menagerie.datasets import licences
from menagerie.errors import Conflict, Invalid, TooLarge, Unauthenticated
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.limits import Spooled
from menagerie.library import Tx
from menagerie.storage.schema import Review
from menagerie.web import recognised, shapes
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

MOST_FILES = 50
_SHOWN = ("image", "labels", "consent", "author", "source")
_MOST_SUGGESTED = 10


class Outcome(msgspec.Struct, frozen=True):
    """What became of one file."""

    name: str
    picture: shapes.Picture | None = None
    existing_id: int | None = None
    problems: Sequence[str] = ()
    is_waiting: bool = False
    report: recognised.Report | None = None


class Named(NamedTuple):
    """What the donor says the pictures show: tags of words, and words not in the vocabulary."""

    tags: list[str]
    unknown: list[str]


def page(visit: Visit) -> Answer:
    """Show the form."""
    return _page(visit, Form({"labels": visit.call.text("label")}), 200)


def _page(visit: Visit, form: Form, status: int) -> Answer:
    settings = visit.library.settings
    return visit.page(
        "donate.html",
        status,
        form=form,
        limit=settings.upload_limit,
        most=MOST_FILES,
        licence=settings.licence,
        licence_url=licences.url_of(settings.licence),
        review=settings.review,
    )


def donate(visit: Visit) -> Answer:
    """Take the pictures; each stands or falls by itself."""
    files = [file for file in visit.call.files("image") if file.size_bytes or file.name]
    for _ in range(max(1, len(files))):
        visit.call.limit_crowd()
    try:
        _require_form(visit, files)
        names = _names(visit.form("labels"))
        with visit.reading() as tx:
            named = _sort(tx, names)
        outcomes = [_take(visit, file, named) for file in files]
    except Invalid as error:
        return _page(visit, visit.sent(shown=_SHOWN, error=error), 422)
    failed = all(outcome.problems for outcome in outcomes)
    return visit.page(
        "donated.html",
        422 if failed else 200,
        outcomes=outcomes,
        labels=names,
        any_taken=not failed,
    )


def _require_form(visit: Visit, files: Sequence[Spooled]) -> None:
    problems: dict[str, list[str]] = {}
    if not files:
        problems["image"] = [marked("Choose at least one picture.")]
    elif len(files) > MOST_FILES:
        problems["image"] = [marked("That is more pictures than one form can take.")]
    if visit.form("consent") != "1":
        problems["consent"] = [marked("Pictures can only be taken under this licence.")]
    if problems:
        raise Invalid(problems)


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _sort(tx: Tx, names: Sequence[str]) -> Named:
    """Sort names into words, and names of none, which only accounts may use."""
    found = [(name, labelling.find_word(tx, name)) for name in names]
    unknown = [name for name, word in found if word is None]
    if unknown and not tx.actor.is_signed_in:
        vocabulary = words.vocabulary(tx)
        near = [f"{name} ({', '.join(vocabulary.near(name)) or '?'})" for name in unknown]
        text = marked("Not in the vocabulary; log in to use new words, or choose near ones:")
        raise Invalid({"labels": [text, *near]})
    ids = [word.tag_id for _, word in found if word is not None and word.tag_id is not None]
    return Named([tags.get(tx, tag_id).name for tag_id in ids], unknown)


def _take(visit: Visit, file: Spooled, named: Named) -> Outcome:
    source = visit.form("source").strip()
    upload = msgspec.structs.replace(
        intake.donation(visit.library.settings, path=file.path, name=file.name),
        tags=named.tags,
        sources=[source] if source else [],
        author=visit.form("author").strip(),
    )
    try:
        prepared = intake.prepare(visit.library, visit.actor, upload)
        with visit.writing() as tx:
            image_id = intake.admit(tx, prepared)
            if named.unknown:
                labelling.add(tx, image_id, map(labelling.Wanted, named.unknown))
            if visit.actor.is_signed_in:
                galleries.collect_donation(tx, image_id)
            image = images.get(tx, image_id)
            may_see = visibility.may_see(tx.actor, image)
            report = recognised.of(tx, image) if may_see else None
    except Conflict as error:
        return Outcome(file.name, existing_id=error.existing_id)
    except TooLarge as error:
        return Outcome(file.name, problems=[error.message])
    except Unauthenticated as error:
        raise Invalid({"labels": [error.message]}) from error
    except Invalid as error:
        return Outcome(file.name, problems=[text for ts in error.fields.values() for text in ts])
    is_waiting = image.review != Review.APPROVED
    return Outcome(file.name, shapes.picture(image), is_waiting=is_waiting, report=report)


def suggest(visit: Visit) -> Answer:
    """Answer the words that begin like what somebody types, in the form `suggest.js` reads."""
    term = visit.call.text("term").strip().lower()
    with visit.reading() as tx:
        vocabulary = words.vocabulary(tx)
        starting = [w for w in vocabulary.labels if w.name.lower().startswith(term)]
        within = [w for w in vocabulary.labels if term in w.name.lower() and w not in starting]
        version = tx.version
        found = [
            {
                "alias": None,
                "canonical": word.name,
                "images": len(version.posting(word.tag_id) & version.live) if word.tag_id else 0,
            }
            for word in [*starting, *within][:_MOST_SUGGESTED]
        ]
    return answers.json({"suggestions": found if term else []})
