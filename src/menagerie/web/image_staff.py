"""What moderators do with a picture, from its own page."""

from collections.abc import Callable

import msgspec

from menagerie.core import accounts, images, moderation
from menagerie.core.images import Image
from menagerie.core.moderation import Lock
from menagerie.errors import Invalid, NotFound
from menagerie.http.parameters import leading_integer
from menagerie.library import Tx
from menagerie.storage.schema import Audience
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

SHOWN = ("reason", "target", "destroy_reason", "sure", "uploader", "scratchpad")


class Facts(msgspec.Struct, frozen=True):
    """What only moderators see of a picture; `locks` are what is locked and what may be."""

    scratchpad: str
    is_featured: bool
    locks: tuple[tuple[str, str, bool], ...]
    uploader: str


def facts(tx: Tx, image: Image) -> Facts | None:
    """Return what the page of a picture shows moderators; None for everybody else.

    None also for a picture that is not theirs to judge, such as a private one of their own.
    """
    is_theirs = image.audience == Audience.PUBLIC and not image.is_deleted_by_owner
    if not tx.actor.is_moderator or not is_theirs:
        return None
    locks = (
        (Lock.COMMENTS.value, marked("Comments"), image.locks_comments),
        (Lock.TAGS.value, marked("Tags"), image.locks_tags),
        (Lock.DESCRIPTION.value, marked("Description"), image.locks_description),
    )
    return Facts(
        moderation.scratchpad(tx, image.id),
        _is_featured(tx, image),
        locks,
        image.account_name or "",
    )


def form(known: Facts | None, sent: Form | None) -> Form:
    """Return what the fields hold: what was sent, else what is so."""
    if known is None:
        return Form()
    values = {"scratchpad": known.scratchpad, "uploader": known.uploader}
    if sent is None:
        return Form(values, {}, SHOWN)
    return Form({**values, **sent.values}, sent.errors, SHOWN)


def _is_featured(tx: Tx, image: Image) -> bool:
    try:
        return images.featured(tx).id == image.id
    except NotFound:
        return False


def act(tx: Tx, visit: Visit, action: str, image_id: int) -> str:
    """Do what the form says and return the code of the notice about it; raises Invalid."""
    if action not in _ACTIONS:
        raise Invalid({"action": [marked("is not one of the actions")]})
    return _ACTIONS[action](tx, visit, image_id)


def target(visit: Visit) -> int:
    """Return the picture that the form names as the same; raises Invalid (`target`)."""
    found = leading_integer(visit.form("target").strip().removeprefix("#"))
    if found is None:
        raise Invalid({"target": [marked("must be the number of a picture")]})
    return found


def _remove(tx: Tx, visit: Visit, image_id: int) -> str:
    moderation.remove(tx, image_id, visit.form("reason"))
    return "removed"


def _restore(tx: Tx, _visit: Visit, image_id: int) -> str:
    moderation.restore(tx, image_id)
    return "restored"


def _feature(tx: Tx, _visit: Visit, image_id: int) -> str:
    moderation.feature(tx, image_id)
    return "featured"


def _unfeature(tx: Tx, _visit: Visit, image_id: int) -> str:
    moderation.unfeature(tx, image_id)
    return "saved"


def _merge(tx: Tx, visit: Visit, image_id: int) -> str:
    moderation.merge(tx, image_id, target(visit))
    return "merged"


def _lock(tx: Tx, visit: Visit, image_id: int) -> str:
    moderation.lock(tx, image_id, visit.form("lock"), reason=visit.form("reason"))
    return "saved"


def _unlock(tx: Tx, visit: Visit, image_id: int) -> str:
    moderation.unlock(tx, image_id, visit.form("lock"))
    return "saved"


def _destroy(tx: Tx, visit: Visit, image_id: int) -> str:
    if visit.form("sure").strip().removeprefix("#") != str(image_id):
        raise Invalid({"sure": [marked("Type the number of this picture to destroy it.")]})
    moderation.destroy(tx, image_id, visit.form("destroy_reason"))
    return "destroyed"


def _repair(tx: Tx, _visit: Visit, image_id: int) -> str:
    moderation.repair(tx, image_id)
    return "saved"


def _hide_hash(tx: Tx, _visit: Visit, image_id: int) -> str:
    moderation.hide_hash(tx, image_id)
    return "saved"


def _anonymise(tx: Tx, _visit: Visit, image_id: int) -> str:
    moderation.anonymise(tx, image_id)
    return "saved"


def _set_uploader(tx: Tx, visit: Visit, image_id: int) -> str:
    name = visit.form("uploader").strip()
    found = accounts.find_by_name(tx, name) if name else None
    if name and found is None:
        raise Invalid({"uploader": [marked("There is nobody of this name.")]})
    moderation.set_uploader(tx, image_id, found.id if found is not None else None)
    return "saved"


def _annotate(tx: Tx, visit: Visit, image_id: int) -> str:
    moderation.annotate(tx, image_id, visit.form("scratchpad"))
    return "saved"


_ACTIONS: dict[str, Callable[[Tx, Visit, int], str]] = {
    "remove": _remove,
    "restore": _restore,
    "feature": _feature,
    "unfeature": _unfeature,
    "merge": _merge,
    "lock": _lock,
    "unlock": _unlock,
    "destroy": _destroy,
    "repair": _repair,
    "hide hash": _hide_hash,
    "anonymise": _anonymise,
    "set uploader": _set_uploader,
    "annotate": _annotate,
}
