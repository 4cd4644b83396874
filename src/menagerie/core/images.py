"""Images: reading them with their tags and sources, and what may be changed about one.

Reading is cached: a value is kept as long as the catalogue says that nothing about it changed.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Executable, Row, and_, delete, func, insert, select, update

from menagerie.core import label_keys, labels, rights, tags, visibility
from menagerie.errors import Forbidden, Invalid, NotFound
from menagerie.library import Tx
from menagerie.search import texts
from menagerie.search.version import Version
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ChangeKind, EventKind, LabelState, Review

MAX_SOURCES = 15
MAX_SOURCE_CHARACTERS = 255
MAX_DESCRIPTION_BYTES = 50_000
DESCRIPTION = "image.description"
"""The field of descriptions in `text_terms`."""

OWNER_DELETED = "Deleted by its uploader"

_CACHED_IMAGES = 10_000
# SQLite takes 32,766 parameters in one statement; a page never comes near.
_MOST_PER_STATEMENT = 10_000


class TagRef(msgspec.Struct, frozen=True):
    """A tag as an image shows it."""

    id: int
    name: str
    slug: str
    category: str | None
    namespace: str | None
    name_in_namespace: str


class Image(visibility.Facts, frozen=True, kw_only=True):
    """One image: its facts, its file, what people did, its tags in display order, its sources.

    `account_id` and `account_name` are the true uploader's; show `uploader_id` and `uploader_name`.
    """

    key: str
    is_anonymous: bool
    on_behalf_of: str | None
    removed_by_id: int | None
    sha512: str
    shows_hash: bool
    full_sha512: str
    name: str
    format: str
    media_type: str
    width: int
    height: int
    original_size_bytes: int
    size_bytes: int
    duration_s: float
    frame_count: int
    is_animated: bool
    has_alpha: bool
    average_color: str
    nw: float | None
    ne: float | None
    sw: float | None
    se: float | None
    perceptual_hash: int | None
    has_representations: bool
    is_optimised: bool
    description: str
    licence: str
    consented_at: int | None
    terms: str
    author: str
    author_url: str
    title: str
    upvotes: int
    downvotes: int
    score: int
    faves: int
    hides: int
    comment_count: int
    tag_count: int
    verdict_count: int
    annotation_count: int
    coverage: float
    is_withheld: bool
    locks_comments: bool
    locks_tags: bool
    locks_description: bool
    account_name: str | None
    tags: tuple[TagRef, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def uploader_id(self) -> int | None:
        """The uploader's account, None when there is none or the upload is anonymous."""
        return None if self.is_anonymous else self.account_id

    @property
    def uploader_name(self) -> str | None:
        """The uploader's name, None when there is none or the upload is anonymous."""
        return None if self.is_anonymous else self.account_name

    @property
    def aspect_ratio(self) -> float:
        """Width / height."""
        return self.width / self.height


class SourceChange(msgspec.Struct, frozen=True):
    """One source that somebody added or took away."""

    id: int
    url: str
    is_added: bool
    account_id: int | None
    account_name: str | None
    created_at: int


# Reading.


def get(tx: Tx, image_id: int) -> Image:
    """Return an image the actor may know of; raises NotFound.

    One that is removed, merged or pending is returned too: ask `visibility.state`.
    """
    found = find_many(tx, [image_id])
    if not found:
        raise NotFound
    return found[0]


def find_many(tx: Tx, ids: Sequence[int]) -> list[Image]:
    """Return images in the order of `ids`, leaving out those the actor may not know of.

    Takes no statement for what is cached, and three for all the rest together.
    """
    found = _find_all(tx, ids)
    images = (found.get(image_id) for image_id in ids)
    return [image for image in images if image and visibility.may_know(tx.actor, image)]


def find_any(tx: Tx, image_id: int) -> Image | None:
    """Return an image whoever asks, or None; for jobs and rules, not for showing."""
    return _find_all(tx, [image_id]).get(image_id)


def id_of_key(tx: Tx, key: str) -> int:
    """Return the id of the image with this UUID, if the actor may know of it; raises NotFound."""
    row = None
    if label_keys.is_uuid(key):
        found = select(*visibility.FACT_COLUMNS).where(schema.images.c.key == key.lower())
        row = tx.one(found)
    if row is None or not visibility.may_know(tx.actor, facts := visibility.facts_of(row)):
        raise NotFound
    return facts.id


def key_of(tx: Tx, image_id: int) -> str:
    """Return the UUID of an image that the actor may know of; raises NotFound."""
    return get(tx, image_id).key


def read_all(tx: Tx, ids: Sequence[int]) -> list[Image]:
    """Return images in the order of `ids` whoever asks; for upkeep, not for showing."""
    found = _find_all(tx, ids)
    return [found[image_id] for image_id in ids if image_id in found]


def _find_all(tx: Tx, ids: Sequence[int]) -> dict[int, Image]:
    wanted = [image_id for image_id in dict.fromkeys(ids) if 0 < image_id < 2**63]
    if tx.has_changed:
        # The catalogue does not know of changes that are not committed.
        return {image.id: image for image in _read(tx.all, wanted, {})}
    cache: _Cache = tx.library.caches.setdefault("images", _Cache())
    version = tx.version
    found = cache.find(version, wanted)
    missing = [image_id for image_id in wanted if image_id not in found]
    if missing:
        read = _read_no_older(tx, missing, cache.tags)
        cache.keep(version, read)
        found |= {image.id: image for image in read}
    return found


def _read_no_older(tx: Tx, ids: Sequence[int], known: dict[int, TagRef]) -> list[Image]:
    """Read rows as they are now: what is kept must not be older than the version it is kept under.

    A transaction that has already read something sees the moment of that reading.
    """
    if not tx.is_open:
        return _read(tx.all, ids, known)
    with tx.library.database.read() as connection:
        return _read(lambda statement: list(connection.execute(statement)), ids, known)


class _Kept:
    """An image, the versions it was read at or after, and the newest seq at which that held."""

    __slots__ = ("image", "key", "seq")

    def __init__(self, image: Image, key: tuple[int, int], seq: int) -> None:
        self.image = image
        self.key = key
        self.seq = seq


class _Cache:
    """The images read last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        # Images share the values of their tags, which are most of their memory.
        self.tags: dict[int, TagRef] = {}

    def find(self, version: Version, ids: Iterable[int]) -> dict[int, Image]:
        found = {}
        seq = version.seq
        with self._lock:
            for image_id in ids:
                kept = self._kept.get(image_id)
                if kept is None:
                    continue
                if kept.seq != seq:
                    # Something was committed since; most likely about other images.
                    if kept.key != _key(version, image_id):
                        continue
                    kept.seq = seq
                found[image_id] = kept.image
                self._kept.move_to_end(image_id)
        return found

    def keep(self, version: Version, images: Iterable[Image]) -> None:
        with self._lock:
            for image in images:
                self._kept[image.id] = _Kept(image, _key(version, image.id), version.seq)
                self._kept.move_to_end(image.id)
            while len(self._kept) > _CACHED_IMAGES:
                self._kept.popitem(last=False)


def _key(version: Version, image_id: int) -> tuple[int, int]:
    return version.image_version(image_id), version.names_version


_COLUMN_NAMES = tuple(
    name for name in Image.__struct_fields__ if name not in {"account_name", "tags", "sources"}
)
_IMAGES = select(
    *(schema.images.c[name] for name in _COLUMN_NAMES), schema.accounts.c.name.label("account_name")
).outerjoin(schema.accounts, schema.accounts.c.id == schema.images.c.account_id)
_LABELS = (
    select(schema.labels.c.image_id, *(schema.tags.c[name] for name in TagRef.__struct_fields__))
    .join(schema.tags, schema.tags.c.id == schema.labels.c.tag_id)
    .where(schema.labels.c.state == LabelState.ASSERTED)
)
_SOURCES = select(schema.image_sources.c.image_id, schema.image_sources.c.url).order_by(
    schema.image_sources.c.image_id, schema.image_sources.c.position
)
_ROW_FIELDS = (*_COLUMN_NAMES, "account_name")


def _read(
    read: Callable[[Executable], list[Row[*tuple[Any, ...]]]],
    ids: Sequence[int],
    known: dict[int, TagRef],
) -> list[Image]:
    found: list[Image] = []
    for start in range(0, len(ids), _MOST_PER_STATEMENT):
        part = ids[start : start + _MOST_PER_STATEMENT]
        rows = read(_IMAGES.where(schema.images.c.id.in_(part)))
        if not rows:
            continue
        tags_of: dict[int, list[TagRef]] = {}
        for image_id, *tag in read(_LABELS.where(schema.labels.c.image_id.in_(part))):
            tags_of.setdefault(image_id, []).append(_shared(TagRef(*tag), known))
        sources_of: dict[int, list[str]] = {}
        for image_id, url in read(_SOURCES.where(schema.image_sources.c.image_id.in_(part))):
            sources_of.setdefault(image_id, []).append(url)
        for row in rows:
            values = dict(zip(_ROW_FIELDS, row, strict=True))
            shown = sorted(tags_of.get(values["id"], ()), key=tags.display_key)
            sources = tuple(sources_of.get(values["id"], ()))
            found.append(Image(**values, tags=tuple(shown), sources=sources))
    return found


def _shared(tag: TagRef, known: dict[int, TagRef]) -> TagRef:
    kept = known.get(tag.id)
    if kept != tag:
        known[tag.id] = kept = tag
    return kept


# Made once: building a statement costs more than running it, and the front page asks each time.
_FEATURED = (
    select(schema.features.c.image_id)
    .join(schema.images, schema.images.c.id == schema.features.c.image_id)
    .where(visibility.SEARCHABLE)
    .order_by(schema.features.c.id.desc())
    .limit(1)
)


def featured(tx: Tx) -> Image:
    """Return the image featured last that everybody may see; raises NotFound."""
    row = tx.one(_FEATURED)
    if row is None:
        raise NotFound
    return get(tx, row.image_id)


def source_history(
    tx: Tx, image_id: int, *, limit: int = 50, offset: int = 0
) -> list[SourceChange]:
    """Return who added and took away which sources, the newest first; raises NotFound."""
    visibility.require_visible(tx, image_id)
    change = schema.source_changes.c
    rows = tx.all(
        select(
            change.id,
            change.url,
            change.is_added,
            change.account_id,
            schema.accounts.c.name,
            change.created_at,
        )
        .outerjoin(schema.accounts, schema.accounts.c.id == change.account_id)
        .where(change.image_id == image_id)
        .order_by(change.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [SourceChange(*row) for row in rows]


# Changing.


def check_text(text: str, *, max_bytes: int) -> list[str]:
    """Return what is wrong with a text that somebody wrote."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return ["may not contain control characters"]
    if len(text.encode()) > max_bytes:
        return [f"should be at most {max_bytes} byte(s)"]
    return []


def clean_sources(urls: Iterable[str]) -> list[str]:
    """Return the sources without blanks and repetitions, in order."""
    return list(dict.fromkeys(url.strip() for url in urls if url.strip()))


def source_problems(urls: Sequence[str]) -> dict[str, list[str]]:
    """Return what is wrong with cleaned sources.

    The fields are `sources` (too many), `source` (one is too long) and `source_url` (one is no
    address of the web).
    """
    problems = {}
    if any(not is_web_address(url) for url in urls):
        problems["source_url"] = ["has invalid format"]
    if len(urls) > MAX_SOURCES:
        problems["sources"] = [f"should have at most {MAX_SOURCES} item(s)"]
    if any(len(url) > MAX_SOURCE_CHARACTERS for url in urls):
        problems["source"] = [f"should be at most {MAX_SOURCE_CHARACTERS} character(s)"]
    return problems


def is_web_address(url: str) -> bool:
    """Tell whether a text is an address of the web, as far as its form says."""
    scheme, separator, rest = url.partition("://")
    is_printable = url.isprintable() and not any("\ud800" <= c <= "\udfff" for c in url)
    return bool(scheme.lower() in {"http", "https"} and separator and rest) and is_printable


def put_sources(tx: Tx, image_id: int, urls: Sequence[str]) -> None:
    """Write the sources of an image that has none; the caller has checked them."""
    if urls:
        tx.execute(
            insert(schema.image_sources),
            [
                {"image_id": image_id, "position": position, "url": url, "url_key": url.lower()}
                for position, url in enumerate(urls)
            ],
        )


def change(tx: Tx, image_id: int, **values: object) -> None:
    """Write columns of an image, its time of update and the change log."""
    tx.execute(
        update(schema.images)
        .where(schema.images.c.id == image_id)
        .values(updated_at=tx.now_s, **values)
    )
    tx.changed(ChangeKind.IMAGE, image_id)


def change_file(tx: Tx, image_id: int, **values: object) -> None:
    """Write columns about the files of an image, which are no update of it to people."""
    tx.execute(update(schema.images).where(schema.images.c.id == image_id).values(**values))
    tx.changed(ChangeKind.IMAGE, image_id)


def edit_description(tx: Tx, image_id: int, text: str) -> None:
    """Change the description; for the uploader and moderators.

    Raises NotFound, Unauthenticated, Banned, Forbidden, and Invalid (`description`).
    """
    facts = visibility.require_visible(tx, image_id)
    _require_own_or_moderator(tx, facts)
    rights.require_unlocked(tx, image_id, "description")
    if problems := check_text(text, max_bytes=MAX_DESCRIPTION_BYTES):
        raise Invalid({"description": problems})
    change(tx, image_id, description=text)
    tx.happened(EventKind.IMAGE_DESCRIPTION_UPDATE, image_id)
    tx.happened(EventKind.IMAGE_UPDATE, image_id)
    texts.index(tx.connection, DESCRIPTION, image_id, text)


def edit_sources(tx: Tx, image_id: int, urls: Iterable[str]) -> list[str]:
    """Replace the sources, with history, and return them; for every account.

    Raises NotFound, Unauthenticated, Banned, and Invalid (as `source_problems` says).
    """
    visibility.require_visible(tx, image_id)
    rights.require_contributor(tx)
    wanted = clean_sources(urls)
    if problems := source_problems(wanted):
        raise Invalid(problems)
    set_sources(tx, image_id, wanted)
    return wanted


def set_sources(tx: Tx, image_id: int, wanted: Sequence[str]) -> None:
    """Replace the sources by ones that are in order, with history."""
    row = schema.image_sources.c
    had = [url for _, url in tx.all(_SOURCES.where(row.image_id == image_id))]
    if had == list(wanted):
        return
    changes = [(url, True) for url in wanted if url not in had]
    changes += [(url, False) for url in had if url not in wanted]
    tx.execute(schema.image_sources.delete().where(row.image_id == image_id))
    put_sources(tx, image_id, wanted)
    if changes:
        made = tx.execute(
            insert(schema.source_changes).returning(schema.source_changes.c.id),
            [
                {
                    "image_id": image_id,
                    "url": url,
                    "is_added": is_added,
                    "account_id": tx.actor.account_id,
                    "address": tx.actor.address or None,
                    "created_at": tx.now_s,
                }
                for url, is_added in changes
            ],
        )
        for change_id in sorted(made.scalars()):
            tx.happened(EventKind.IMAGE_SOURCE_UPDATE, image_id, change_id)
    change(tx, image_id, source_count=len(wanted))
    tx.happened(EventKind.IMAGE_UPDATE, image_id)


def _require_own_or_moderator(tx: Tx, facts: visibility.Facts) -> None:
    rights.require_contributor(tx)
    if not visibility.is_own(tx.actor, facts) and not tx.actor.is_moderator:
        raise Forbidden("Only its uploader and moderators may do that.")


def delete_own(tx: Tx, image_id: int) -> None:
    """Delete an image of the actor's own account for good; others then see that it is gone.

    The same file may then be uploaded again, unless the review had refused it. Its files are swept
    after a day if no other image shares them. Raises NotFound (also when it is already gone),
    Unauthenticated and Forbidden.
    """
    facts = visibility.get_facts(tx, image_id)
    rights.require_account(tx)
    if not visibility.is_own(tx.actor, facts):
        raise Forbidden("Only its uploader may delete an image.")
    if visibility.state(facts) in {visibility.State.REMOVED, visibility.State.MERGED}:
        raise NotFound  # moderation took it, and its hash stays taken
    refused = facts.review in {Review.REJECTED, Review.QUARANTINED}
    give_up(tx, facts, removal_reason=OWNER_DELETED, claims_hash=refused)


def give_up(tx: Tx, facts: visibility.Facts, *, removal_reason: str, claims_hash: bool) -> None:
    """Take an image away for good: its files are swept after a day unless another shares them.

    The caller decides whether the actor may. With `claims_hash` its file may not come back.
    """
    if visibility.is_searchable(facts):
        labels.searchability_changed(tx, facts.id, is_searchable=False)
    change(
        tx,
        facts.id,
        removed_at=tx.now_s,
        removal_reason=removal_reason,
        removed_by_id=tx.actor.account_id,
        is_deleted_by_owner=True,
        claims_hash=claims_hash,
    )
    # What the models saw in it goes with it; labels stay for the history of its tags.
    for table in (schema.recognitions, schema.image_vectors, schema.vector_details):
        tx.execute(delete(table).where(table.c.image_id == facts.id))
    image = tx.one(
        select(
            schema.images.c.sha512,
            schema.images.c.is_anonymous,
            schema.images.c.original_size_bytes,
        ).where(schema.images.c.id == facts.id)
    )
    if image is None:
        raise NotFound
    blob, account = schema.blobs.c, schema.accounts.c
    tx.execute(
        update(schema.blobs)
        .where(blob.sha512 == image.sha512)
        .values(image_count=blob.image_count - 1, touched_at=tx.now)
    )
    counts = facts.audience == Audience.PUBLIC and not image.is_anonymous
    tx.execute(
        update(schema.accounts)
        .where(account.id == facts.account_id)
        .values(
            uploaded_bytes=account.uploaded_bytes - image.original_size_bytes,
            upload_count=account.upload_count - int(counts),
        )
    )


def count_uploads(tx: Tx, account_ids: Iterable[int]) -> None:
    """Set what accounts have uploaded, number and bytes, from the images they have."""
    image, account = schema.images.c, schema.accounts.c
    kept = and_(image.account_id == account.id, ~image.is_deleted_by_owner)
    shown = and_(kept, image.audience == Audience.PUBLIC, ~image.is_anonymous)
    total = select(func.coalesce(func.sum(image.original_size_bytes), 0)).where(kept)
    number = select(func.count()).where(shown)
    tx.execute(
        update(schema.accounts)
        .where(account.id.in_(list(account_ids)))
        .values(
            uploaded_bytes=total.correlate(schema.accounts).scalar_subquery(),
            upload_count=number.correlate(schema.accounts).scalar_subquery(),
        )
    )
