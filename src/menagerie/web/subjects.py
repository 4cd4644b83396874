"""What reports and acts of staff are about: what it is called, where it is, whose it is."""

from collections.abc import Callable, Iterable

import msgspec

from menagerie.core import accounts, galleries, images, tags, visibility
from menagerie.core.images import Image
from menagerie.core.people import messages
from menagerie.core.talk import comments, posts
from menagerie.core.talk.writing import Text
from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.storage.schema import SubjectKind
from menagerie.web import shapes
from menagerie.web.render import segment

_SHORTEST = 80


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One thing; `name` is what it says or is called, empty for pictures.

    `account_id` is of whoever made it, also where that is not shown.
    """

    kind: SubjectKind
    id: int
    href: str
    name: str = ""
    account_id: int | None = None
    image: Image | None = None
    said: Text | None = None

    @property
    def picture(self) -> shapes.Picture | None:
        """The picture, if it is one."""
        return shapes.picture(self.image) if self.image is not None else None


def get(tx: Tx, kind: str, subject_id: int) -> Subject:
    """Return a thing that the actor may know of; raises NotFound."""
    if kind not in set(SubjectKind) or not 0 < subject_id < 2**63:
        raise NotFound
    return _GETTERS[SubjectKind(kind)](tx, subject_id)


def of_image(image: Image) -> Subject:
    """Return a picture."""
    return Subject(
        kind=SubjectKind.IMAGE,
        id=image.id,
        href=f"/images/{image.id}",
        account_id=image.account_id,
        image=image,
    )


def _image(tx: Tx, image_id: int) -> Subject:
    visibility.require_visible(tx, image_id)  # of a stub nobody may read what it showed
    return of_image(images.get(tx, image_id))


def _text(kind: SubjectKind, found: Text) -> Subject:
    return Subject(
        kind=kind,
        id=found.id,
        href=f"/{kind}s/{found.id}",
        name=_short(found.body),
        account_id=found.account_id,
        said=found,
    )


def _short(text: str) -> str:
    return text if len(text) <= _SHORTEST else f"{text[: _SHORTEST - 1]}…"


def _comment(tx: Tx, comment_id: int) -> Subject:
    return _text(SubjectKind.COMMENT, comments.get(tx, comment_id))


def _post(tx: Tx, post_id: int) -> Subject:
    return _text(SubjectKind.POST, posts.get(tx, post_id))


def _account(tx: Tx, account_id: int) -> Subject:
    found = accounts.profile(tx, account_id)
    href = f"/profiles/{segment(found.slug)}"
    return Subject(
        kind=SubjectKind.ACCOUNT, id=found.id, href=href, name=found.name, account_id=found.id
    )


def _gallery(tx: Tx, gallery_id: int) -> Subject:
    found = galleries.get(tx, gallery_id)
    return Subject(
        kind=SubjectKind.GALLERY,
        id=found.id,
        href=f"/galleries/{found.id}",
        name=found.title,
        account_id=found.account_id,
    )


def _conversation(tx: Tx, conversation_id: int) -> Subject:
    found = messages.get_by_id(tx, conversation_id)
    href = f"/messages/{found.key}"
    return Subject(kind=SubjectKind.CONVERSATION, id=found.id, href=href, name=found.title)


_GETTERS: dict[SubjectKind, Callable[[Tx, int], Subject]] = {
    SubjectKind.IMAGE: _image,
    SubjectKind.COMMENT: _comment,
    SubjectKind.POST: _post,
    SubjectKind.ACCOUNT: _account,
    SubjectKind.GALLERY: _gallery,
    SubjectKind.CONVERSATION: _conversation,
}


class Link(msgspec.Struct, frozen=True):
    """Where a thing of the log is; `href` is empty where it has no page (any more)."""

    name: str
    href: str = ""


def links(tx: Tx, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Link]:
    """Return what things of the log are called and where they are, by kind and id."""
    found: dict[tuple[str, int], Link] = {}
    pairs = set(wanted)
    named = {tag.id: tag for tag in tags.find_many(tx, [i for k, i in pairs if k == "tag"])}
    for kind, subject_id in pairs:
        link = Link(f"#{subject_id}" if subject_id else "")
        if kind in {"image", "comment", "post", "gallery"}:
            folder = "galleries" if kind == "gallery" else f"{kind}s"
            link = Link(link.name, f"/{folder}/{subject_id}")
        elif kind == "tag" and subject_id in named:
            tag = named[subject_id]
            link = Link(tag.name, f"/tags/{segment(tag.slug)}")
        elif kind == "account":
            link = _account_link(tx, subject_id, link)
        found[kind, subject_id] = link
    return found


def _account_link(tx: Tx, account_id: int, otherwise: Link) -> Link:
    try:
        found = _account(tx, account_id)
    except NotFound:
        return otherwise
    return Link(found.name, found.href)
