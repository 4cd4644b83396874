"""Galleries: ordered, named sets of images, made by one account and seen by everybody."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ScalarSelect, Select, func, insert, select, update
from sqlalchemy import delete as delete_rows

from menagerie.core import rights, visibility
from menagerie.core.people import following, news
from menagerie.core.people.following import Followed
from menagerie.errors import Forbidden, Invalid, NotFound
from menagerie.library import Tx
from menagerie.search import texts
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ChangeKind, NewsKind

MAX_BYTES = {"title": 255, "description": 10_000, "spoiler_warning": 255}
DONATIONS = "my donations"
"""The gallery of an account that its donations go to."""
_TEXTS = ("description", "spoiler_warning")  # whose words are found


class Gallery(msgspec.Struct, frozen=True):
    """A gallery; whoever shows it leaves the owner out when it is anonymous."""

    id: int
    account_id: int
    title: str
    description: str
    spoiler_warning: str
    thumbnail_id: int | None
    is_anonymous: bool
    image_count: int
    subscriber_count: int
    created_at: int
    updated_at: int
    owner_name: str


_row = schema.galleries.c
_member = schema.gallery_images.c
_SELECT: Select[Any] = select(
    *(_row[name] for name in Gallery.__struct_fields__[:-1]), schema.accounts.c.name
).join(schema.accounts, schema.accounts.c.id == _row.account_id)


# Reading.


def get(tx: Tx, gallery_id: int) -> Gallery:
    """Return a gallery; raises NotFound."""
    found = find_many(tx, [gallery_id])
    if not found:
        raise NotFound
    return found[0]


def find_many(tx: Tx, ids: Iterable[int]) -> list[Gallery]:
    """Return galleries in the order of `ids`, leaving out unknown ones."""
    wanted = [i for i in ids if 0 < i < 2**63]
    if not wanted:
        return []
    found = {row[0]: Gallery(*row) for row in tx.all(_SELECT.where(_row.id.in_(wanted)))}
    return [found[i] for i in wanted if i in found]


def newest(tx: Tx, *, limit: int = 50, offset: int = 0) -> tuple[list[Gallery], int]:
    """Return galleries, the newest first, and how many there are."""
    rows = tx.all(_SELECT.order_by(_row.id.desc()).limit(limit).offset(offset))
    total = tx.scalar(select(func.count()).select_from(schema.galleries))
    return [Gallery(*row) for row in rows], int(total)


def own(tx: Tx) -> list[Gallery]:
    """Return the actor's galleries, the newest first; raises Unauthenticated."""
    return find_of(tx, rights.require_account(tx))


def find_of(tx: Tx, account_id: int) -> list[Gallery]:
    """Return an account's galleries, the newest first, anonymous ones only to who may know."""
    statement = _SELECT.where(_row.account_id == account_id).order_by(_row.id.desc())
    if tx.actor.account_id != account_id and not tx.actor.is_moderator:
        statement = statement.where(_row.is_anonymous.is_(False))
    return [Gallery(*row) for row in tx.all(statement)]


def find_by_title(tx: Tx, account_id: int, title: str) -> Gallery | None:
    """Return the first gallery of an account with exactly this title, or None.

    Anonymous ones only to who may know, as in `find_of`.
    """
    statement = _SELECT.where(_row.account_id == account_id, _row.title == title)
    if tx.actor.account_id != account_id and not tx.actor.is_moderator:
        statement = statement.where(_row.is_anonymous.is_(False))
    row = tx.one(statement.order_by(_row.id).limit(1))
    return Gallery(*row) if row is not None else None


def own_by_title(tx: Tx, title: str, *, description: str = "") -> Gallery:
    """Return the actor's gallery with exactly this title, made now if there is none.

    Raises what `create` does.
    """
    found = find_by_title(tx, rights.require_account(tx), title)
    return found or create(tx, title=title, description=description)


def collect_donation(tx: Tx, image_id: int, *titles: str) -> None:
    """Put a donation into its donor's galleries: the one of all donations and others by title.

    Those that are missing are made. Raises what `own_by_title` and `add` do.
    """
    for title in (DONATIONS, *titles):
        add(tx, own_by_title(tx, title).id, image_id)


def of_image(tx: Tx, image_id: int) -> list[Gallery]:
    """Return the galleries an image is in, by title; raises NotFound."""
    visibility.require_visible(tx, image_id)
    statement = (
        _SELECT.join(schema.gallery_images, _member.gallery_id == _row.id)
        .where(_member.image_id == image_id)
        .order_by(_row.title, _row.id)
    )
    return [Gallery(*row) for row in tx.all(statement)]


def image_ids(tx: Tx, gallery_id: int) -> list[int]:
    """Return the ids of a gallery's images in its order, whoever may see them."""
    statement = select(_member.image_id).where(_member.gallery_id == gallery_id)
    return list(tx.execute(statement.order_by(_member.position, _member.image_id)).scalars())


# Changing.


def create(
    tx: Tx,
    *,
    title: str,
    description: str = "",
    spoiler_warning: str = "",
    thumbnail_id: int | None = None,
    is_anonymous: bool = False,
) -> Gallery:
    """Make an empty gallery of the actor's.

    Raises Unauthenticated, Banned, or Invalid (`title`, `description`, `spoiler_warning`,
    `thumbnail`).
    """
    rights.require_contributor(tx)
    values: dict[str, Any] = {
        "title": title.strip(),
        "description": description,
        "spoiler_warning": spoiler_warning,
        "thumbnail_id": thumbnail_id,
        "is_anonymous": is_anonymous,
    }
    _check(tx, values)
    made = tx.execute(
        insert(schema.galleries)
        .values(
            account_id=rights.require_account(tx),
            created_at=tx.now_s,
            updated_at=tx.now_s,
            **values,
        )
        .returning(_row.id)
    )
    gallery_id: int = made.scalar_one()
    tx.changed(ChangeKind.GALLERY, gallery_id)
    _index(tx, gallery_id, values)
    return get(tx, gallery_id)


def edit(
    tx: Tx,
    gallery_id: int,
    *,
    title: str | None = None,
    description: str | None = None,
    spoiler_warning: str | None = None,
    thumbnail_id: int | None = None,
    is_anonymous: bool | None = None,
) -> Gallery:
    """Change what is said of a gallery; None leaves a part as it is. Owner and moderators.

    Raises NotFound, Unauthenticated, Forbidden, and Invalid as `create` does.
    """
    _require_own(tx, gallery_id)
    given: dict[str, Any] = {
        "title": title.strip() if title is not None else None,
        "description": description,
        "spoiler_warning": spoiler_warning,
        "thumbnail_id": thumbnail_id,
        "is_anonymous": is_anonymous,
    }
    values = {name: value for name, value in given.items() if value is not None}
    _check(tx, values)
    _update(tx, gallery_id, **values)
    _index(tx, gallery_id, values)
    return get(tx, gallery_id)


def delete(tx: Tx, gallery_id: int) -> None:
    """Delete a gallery; its images stay. Raises NotFound, Unauthenticated or Forbidden."""
    _require_own(tx, gallery_id)
    tx.execute(delete_rows(schema.gallery_images).where(_member.gallery_id == gallery_id))
    followers = following.followers(tx, Followed.GALLERY, gallery_id)
    news.withdraw(tx, followers, NewsKind.GALLERY, gallery_id)
    following.forget_subject(tx, Followed.GALLERY, gallery_id)
    _index(tx, gallery_id, dict.fromkeys(_TEXTS, ""))
    tx.execute(delete_rows(schema.galleries).where(_row.id == gallery_id))
    tx.changed(ChangeKind.GALLERY, gallery_id)


def add(tx: Tx, gallery_id: int, image_id: int) -> Gallery:
    """Put an image at the end of a gallery; again changes nothing.

    The first public one becomes the thumbnail of a gallery that has none. Whoever follows the
    gallery is told of what everybody may see. Raises NotFound, Unauthenticated or Forbidden.
    """
    gallery = _require_own(tx, gallery_id)
    facts = visibility.require_visible(tx, image_id)
    if _position(tx, gallery_id, image_id) is not None:
        return gallery
    last = tx.scalar(select(func.max(_member.position)).where(_member.gallery_id == gallery_id))
    tx.execute(
        insert(schema.gallery_images).values(
            gallery_id=gallery_id, image_id=image_id, position=0 if last is None else last + 1
        )
    )
    values: dict[str, Any] = {}
    if facts.audience == Audience.PUBLIC:
        # Private ones are counted by nobody, or the number would tell of them.
        values["image_count"] = _row.image_count + 1
        if gallery.thumbnail_id is None:
            values["thumbnail_id"] = image_id
    _update(tx, gallery_id, **values)
    if gallery.subscriber_count and visibility.is_searchable(facts):
        followers = following.followers(tx, Followed.GALLERY, gallery_id)
        news.tell(tx, followers, NewsKind.GALLERY, gallery_id, image_id)
    return get(tx, gallery_id)


def remove(tx: Tx, gallery_id: int, image_id: int) -> Gallery:
    """Take an image out of a gallery; one that is not in it changes nothing.

    Raises NotFound, Unauthenticated or Forbidden.
    """
    gallery = _require_own(tx, gallery_id)
    position = _position(tx, gallery_id, image_id)
    if position is None:
        return gallery
    inside = _member.gallery_id == gallery_id
    tx.execute(delete_rows(schema.gallery_images).where(inside, _member.image_id == image_id))
    tx.execute(
        update(schema.gallery_images)
        .where(inside, _member.position > position)
        .values(position=_member.position - 1)
    )
    values: dict[str, Any] = {"image_count": counted(gallery_id)}
    if gallery.thumbnail_id == image_id:
        values["thumbnail_id"] = _first_public(tx, gallery_id)
    _update(tx, gallery_id, **values)
    return get(tx, gallery_id)


def reorder(tx: Tx, gallery_id: int, ids: Sequence[int]) -> None:
    """Put some of a gallery's images into the order given, at the places they hold together.

    So one page of a long gallery can be ordered by itself. Raises NotFound, Unauthenticated,
    Forbidden, or Invalid (`images`) for an image that is not in it or is named twice.
    """
    _require_own(tx, gallery_id)
    statement = select(_member.image_id, _member.position).where(_member.gallery_id == gallery_id)
    places: dict[int, int] = {row[0]: row[1] for row in tx.all(statement)}
    if len(set(ids)) != len(ids) or not places.keys() >= set(ids):
        raise Invalid({"images": ["must be images of the gallery, each once"]})
    held = sorted(places[image_id] for image_id in ids)
    for image_id, position in zip(ids, held, strict=True):
        if places[image_id] != position:
            tx.execute(
                update(schema.gallery_images)
                .where(_member.gallery_id == gallery_id, _member.image_id == image_id)
                .values(position=position)
            )
    _update(tx, gallery_id)


def counted(gallery_id: int) -> ScalarSelect[int]:
    """Return how many images of a gallery everybody was meant to see, as a value of SQL."""
    image = schema.images.c
    return (
        select(func.count())
        .select_from(schema.gallery_images)
        .join(schema.images, image.id == _member.image_id)
        .where(_member.gallery_id == gallery_id, image.audience == Audience.PUBLIC)
        .scalar_subquery()
    )


def count_published(tx: Tx, image_id: int) -> None:
    """Count an image in the galleries it is in, now that it is no longer private."""
    statement = select(_member.gallery_id).where(_member.image_id == image_id)
    for gallery_id in tx.execute(statement).scalars().all():
        _update(tx, gallery_id, image_count=counted(gallery_id))


def _require_own(tx: Tx, gallery_id: int) -> Gallery:
    found = get(tx, gallery_id)
    rights.require_contributor(tx)
    if tx.actor.account_id != found.account_id and not tx.actor.is_moderator:
        raise Forbidden("Only its owner may change a gallery.")
    return found


def _update(tx: Tx, gallery_id: int, **values: Any) -> None:
    tx.execute(
        update(schema.galleries).where(_row.id == gallery_id).values(updated_at=tx.now_s, **values)
    )
    tx.changed(ChangeKind.GALLERY, gallery_id)


def _index(tx: Tx, gallery_id: int, values: Mapping[str, Any]) -> None:
    """Let the words of the texts among `values` be found, and no longer those before."""
    for name in _TEXTS:
        if name in values:
            texts.index(tx.connection, f"gallery.{name}", gallery_id, values[name])


def index_all(tx: Tx) -> None:
    """Let the words of every gallery's texts be found; for libraries older than that search."""
    for row in tx.all(select(_row.id, *(_row[name] for name in _TEXTS))):
        _index(tx, row.id, {name: text for name, text in row._asdict().items() if text})


def _position(tx: Tx, gallery_id: int, image_id: int) -> int | None:
    found: int | None = tx.scalar(
        select(_member.position).where(
            _member.gallery_id == gallery_id, _member.image_id == image_id
        )
    )
    return found


def _first_public(tx: Tx, gallery_id: int) -> int | None:
    image = schema.images.c
    found: int | None = tx.scalar(
        select(image.id)
        .join(schema.gallery_images, _member.image_id == image.id)
        .where(_member.gallery_id == gallery_id, image.audience == Audience.PUBLIC)
        .order_by(_member.position)
        .limit(1)
    )
    return found


def _check(tx: Tx, values: dict[str, Any]) -> None:
    """Raise Invalid naming everything that is wrong with new values of a gallery."""
    problems: dict[str, list[str]] = {}
    for name, limit in MAX_BYTES.items():
        text = values.get(name, "")
        if rights.is_unfit(text):
            problems[name] = ["may not contain control characters"]
        elif len(text.encode()) > limit:
            problems[name] = [f"should be at most {limit} byte(s)"]
    if values.get("title") == "":
        problems["title"] = ["can't be blank"]
    thumbnail_id = values.get("thumbnail_id")
    if thumbnail_id is not None and not _may_be_thumbnail(tx, thumbnail_id):
        problems["thumbnail"] = ["must be a public image"]
    if problems:
        raise Invalid(problems)


def _may_be_thumbnail(tx: Tx, image_id: int) -> bool:
    """Tell whether everybody may know of the image, as they will from the gallery."""
    try:
        return visibility.require_visible(tx, image_id).audience == Audience.PUBLIC
    except NotFound:
        return False
