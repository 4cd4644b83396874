"""What became of an upload: whether it was checked, and what the models see in it."""

from collections.abc import Sequence

import msgspec

from menagerie.core import images, recognition, visibility
from menagerie.core.animals.book import Book, book
from menagerie.core.images import Image
from menagerie.core.recognition import Recognised, Status
from menagerie.errors import NotFound
from menagerie.http.answers import Answer
from menagerie.library import SECOND, Tx
from menagerie.web import breeds
from menagerie.web.texts import marked
from menagerie.web.visit import Visit

_LEAST = 0.15
"""Breeds that look alike share what is sure, so less is told of them than of other things."""
_MOST = 5
_PATIENCE_S = 600
"""Whoever looks at an older picture that is still not done is not kept waiting for it."""
_SAID = {
    Status.TO_BE_REVIEWED: marked("Waits for a person to look at it."),
    Status.UNSAFE: marked("No search finds it, as it may not be safe. A person decides."),
    Status.CLEAN: marked("Checked. Now looking at what it shows."),
    Status.LABELLED: marked("Ready: checked and looked at."),
}
_REASONS = {"adult": marked("It looks like adult content.")}


class Seen(msgspec.Struct, frozen=True):
    """Something that the models see, and how sure they are in per cent."""

    name: str
    percent: int
    href: str


class Report(msgspec.Struct, frozen=True):
    """What may be said of an image so far; `is_safe` is None where that is not to be told."""

    image_id: int
    text: str
    is_done: bool
    is_polled: bool
    subjects: Sequence[Seen] = ()
    breeds: Sequence[Seen] = ()
    reasons: Sequence[str] = ()
    is_safe: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the models have looked and seen nothing they know."""
        return self.is_done and not self.subjects and not self.breeds


def of(tx: Tx, image: Image) -> Report | None:
    """Return what to say of an image that the actor may see; None if there is nothing.

    How far it is concerns its owner and moderators; what it shows, everybody.
    """
    found = recognition.of(tx, image)
    is_done = found.classified_at is not None
    if not is_done and found.status is Status.LABELLED:
        return None  # nobody looks: recognition is off
    is_close = visibility.is_own(tx.actor, image) or tx.actor.is_moderator
    is_new = tx.now - image.created_at < _PATIENCE_S * SECOND
    is_polled = found.status is Status.CLEAN and is_new
    report = Report(
        image_id=image.id,
        text=_SAID[found.status] if is_close or is_polled else "",
        is_done=is_done,
        is_polled=is_polled,
        subjects=_subjects(found, tx.library.settings.suggestion_threshold / 100),
        breeds=_breeds(book(tx), found),
        reasons=[_REASONS.get(r, r) for r in found.unsafe_reasons] if is_close else [],
        is_safe=_is_safe(found) if is_close else None,
    )
    if is_close:
        return report if is_new or not report.is_empty else None
    return report if is_polled or (is_done and (is_new or not report.is_empty)) else None


def _is_safe(found: Recognised) -> bool | None:
    return None if found.unsafe_probability is None else found.status is not Status.UNSAFE


def _subjects(found: Recognised, least: float) -> list[Seen]:
    sure = [(name, p) for name, p in found.subjects if p >= least]
    return [Seen(name, round(100 * p), "") for name, p in sure[:_MOST]]


def _breeds(there: Book, found: Recognised) -> list[Seen]:
    """Return the breeds that are likely enough; classes of one breed together."""
    sums: dict[int, float] = {}
    for index, probability in found.breeds:
        breed = there.by_imagenet(index)
        if breed is not None:
            sums[breed.id] = sums.get(breed.id, 0.0) + probability
    likely = [(i, p) for i, p in sums.items() if p >= _LEAST]
    named = [(there.by_id(i), p) for i, p in sorted(likely, key=lambda pair: -pair[1])[:_MOST]]
    return [
        Seen(breed.name, round(100 * p), breeds.href(there, breed))
        for breed, p in named
        if breed is not None
    ]


def status(visit: Visit) -> Answer:
    """Show how far an image is, for a script to put in place; 404 if there is nothing to say."""
    with visit.reading() as tx:
        image = images.get(tx, visit.call.path_id())
        report = of(tx, image) if visibility.may_see(tx.actor, image) else None
    if report is None:
        raise NotFound
    return visit.page("recognised_bare.html", report=report)
