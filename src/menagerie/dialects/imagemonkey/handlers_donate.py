"""Donations: a picture and what it shows, from a person or from a program of the operator's."""

import re
from collections.abc import Sequence

import msgspec

from menagerie.core import galleries, images, intake, labelling, validations, words
from menagerie.core.images import Image
from menagerie.core.intake import Upload
from menagerie.core.words import Word
from menagerie.dialects.imagemonkey import shapes, site
from menagerie.errors import Invalid, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import Malformed
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Actor, Library, Tx

_COLLECTION = re.compile(r"[A-Za-z0-9_-]{1,100}")
_IMAGE = Parameter("image", "The picture; its declared type and name do not matter.", "file")
_LABEL = Parameter("label", "What it shows: a word of the vocabulary.", "form")
_SUBLABELS = Parameter("add_sublabels", "true: the parts of the label as well.", "form")
PARAMETERS = (
    _IMAGE,
    _LABEL,
    _SUBLABELS,
    Parameter("image_collection", "An own collection to put it into.", "form"),
)
"""What a donation is made of."""


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations that take pictures."""
    donated = Outcome(200, "The picture.", shapes.DonationShape)
    return (
        Operation(
            "POST",
            site.paths(library, "/v1/donate"),
            donate,
            Runs.EXECUTOR,
            takes_files=True,
            summary="Donate a picture, under the licence of the site.",
            parameters=PARAMETERS,
            outcomes=(donated, site.CONFLICT, *site.WRITES),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/internal/labelme/donate"),
            _donate_trusted,
            Runs.EXECUTOR,
            takes_files=True,
            summary="Bring a picture in from elsewhere; its label begins with one yes.",
            parameters=(
                _IMAGE,
                _LABEL,
                _SUBLABELS,
                Parameter("auto_unlock", "yes: without a review.", "form"),
                Parameter("image_source_url", "Where it is from.", "form"),
            ),
            outcomes=(donated, site.CONFLICT, *site.WRITES),
        ),
    )


class _Named(msgspec.Struct, frozen=True):
    """What a picture is said to show: words of the vocabulary, or one that is not in it."""

    label: str
    words: Sequence[Word] = ()

    @property
    def is_unknown(self) -> bool:
        """Whether it is a wish for a new word."""
        return bool(self.label) and not self.words


def donate(call: Call) -> Answer:
    """POST /v1/donate."""
    site.require_known(call)
    site.crowd_limit(call)
    upload = _upload(call)
    collection = call.text("image_collection").strip()
    if collection and not _COLLECTION.fullmatch(collection):
        raise Malformed("image_collection has other characters than A-Z a-z 0-9 _ -")
    with call.reading() as tx:
        named = _named(tx, call)
        if named.is_unknown and not call.actor.is_signed_in:
            raise Invalid({"label": [site.unknown_label(tx, named.label)]})
        if collection:
            _require_collection(tx, site.signed_in(call), collection)
    prepared = intake.prepare(call.library, call.actor, _with_labels(upload, named))
    with call.writing() as tx:
        image_id = intake.admit(tx, prepared)
        if named.is_unknown:
            labelling.add(tx, image_id, [(named.label, [], True)])
        if call.actor.is_signed_in:
            galleries.collect_donation(tx, image_id, *([collection] if collection else []))
    with call.reading() as tx:
        return _answer(call, images.get(tx, image_id), named)


def _donate_trusted(call: Call) -> Answer:
    """POST /v1/internal/labelme/donate."""
    machine = site.require_machine(call)
    try:
        return _bring_in(call, machine)
    except Invalid as error:
        if "source_url" not in error.fields:
            raise
        raise site.renamed(error, {"source_url": "image_source_url"}) from error


def _bring_in(call: Call, machine: Actor) -> Answer:
    unlocks = call.text("auto_unlock").strip().lower() in {"yes", "true"}
    # Whoever is nobody known waits for a review where there is one.
    actor = machine if unlocks else Actor(address=call.address)
    source = call.text("image_source_url").strip()
    upload = msgspec.structs.replace(_upload(call), sources=[source] if source else [], terms="")
    with call.reading(machine) as tx:
        named = _named(tx, call)
        if named.is_unknown:
            raise Invalid({"label": [site.unknown_label(tx, named.label)]})
    prepared = intake.prepare(call.library, actor, _with_labels(upload, named))
    with call.writing(actor) as tx:
        image_id = intake.admit(tx, prepared)
    with call.writing(machine) as tx:
        for word in named.words:
            if word.tag_id is not None:
                validations.judge(tx, image_id, word.tag_id, is_yes=True, via="import")
        image = images.get(tx, image_id)
    return _answer(call, image, named)


def _upload(call: Call) -> Upload:
    """Return the picture that was sent. Raises Malformed when there is none."""
    file = call.file("image", "file")
    if file is None:
        raise Malformed("the picture is missing; send it as the part `image`")
    return intake.donation(call.library.settings, path=file.path, name=file.name)


def _named(tx: Tx, call: Call) -> _Named:
    """Return what the label means, with its parts if they are wanted."""
    # Quirk: in the query the parameter has no effect, and clients send it there (spec 5.1).
    wants_parts = call.form.get("add_sublabels") == "true"
    label = call.text("label").strip()
    word = labelling.find_word(tx, label) if label else None
    if word is None:
        return _Named(label)
    parts = words.vocabulary(tx).children(word) if wants_parts else ()
    return _Named(label, (word, *parts))


def _with_labels(upload: Upload, named: _Named) -> Upload:
    return msgspec.structs.replace(upload, tags=[word.display for word in named.words])


def _require_collection(tx: Tx, call: Call, name: str) -> None:
    account_id = call.actor.account_id
    if account_id is None or galleries.find_by_title(tx, account_id, name) is None:
        raise NotFound(f"You have no collection {name}.")


def _answer(call: Call, image: Image, named: _Named) -> Answer:
    label, *parts = [word.name for word in named.words] or [named.label]
    return answers.json(
        shapes.DonationShape(
            uuid=image.key,
            url=site.relative_url(call, image.key),
            label=label,
            sublabels=parts,
            unlocked=site.is_unlocked(image),
            width=image.width,
            height=image.height,
            provider=shapes.PROVIDER,
        )
    )
