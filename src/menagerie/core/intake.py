"""Intake: how a picture comes into the library.

`prepare` looks at the file and keeps it, outside any transaction; `admit` makes the image, inside
one. Killed in between, the library has a file too many, which the sweeper takes, and nothing else.

    prepared = intake.prepare(library, actor, upload)
    with library.writing(actor) as tx:
        image_id = intake.admit(tx, prepared)
"""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import insert, select, update

from menagerie import jobs
from menagerie.core import (
    dnp,
    image_files,
    images,
    labels,
    lookalikes,
    recognition,
    rendering,
    rights,
    screening,
    sweeping,
    tags,
)
from menagerie.core.people import following, preferences
from menagerie.core.people.following import Followed
from menagerie.errors import (
    Conflict,
    Invalid,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from menagerie.library import SECOND, Actor, Library, Tx
from menagerie.media.examine import Examination, QueryFeatures, examine
from menagerie.media.examine import query_features as _features_of
from menagerie.media.fetch import fetch
from menagerie.media.limits import CORRUPT, Limits
from menagerie.search import texts
from menagerie.settings import Lookalikes, Settings
from menagerie.storage import blobs, schema
from menagerie.storage.schema import Audience, ChangeKind, EventKind, Origin, Review

MAX_NAME_BYTES = 255
MAX_CREDIT_BYTES = 255
_CREDITS = ("licence", "terms", "author", "author_url", "title")
_MINUTE = 60 * SECOND
# Clocks of machines that share a library may differ by this much.
_CLOCK_SKEW = 300 * SECOND


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody sends: a file, or the address of one, and what they say about it.

    `path` is only read, and is still there afterwards. `tags` are names, or one text with commas.
    `accepts` are the formats taken (`png`, `jpg`, …), None meaning all. `terms` is the version of
    the terms that the sender agrees to now, which also gives the library's licence if none is
    named. `author` is whom to credit. `refuses_lookalikes` refuses a copy of a public image that
    was only saved anew, as the same file is always refused. `key` is the UUID that the image had
    elsewhere, kept if it is one and nobody has it; `created_at` is since when it was there
    (microseconds UTC), None meaning now.
    """

    path: Path | None = None
    url: str = ""
    name: str = ""
    tags: str | list[str] = ""
    sources: list[str] = []
    description: str = ""
    is_anonymous: bool = False
    audience: Audience = Audience.PUBLIC
    licence: str = ""
    terms: str = ""
    author: str = ""
    author_url: str = ""
    title: str = ""
    refuses_lookalikes: bool = False
    enforce_board_rules: bool = False
    requires_account: bool = True
    origin: Origin = Origin.PERSON
    key: str = ""
    created_at: int | None = None
    accepts: frozenset[str] | None = None


def donation(settings: Settings, *, path: Path, name: str) -> Upload:
    """Return the upload of somebody who gives a picture away, under the licence and terms in force.

    It needs no account, and may be refused for looking like what is here; labels are the caller's.
    """
    return Upload(
        path=path,
        name=name,
        licence=settings.licence,
        terms=settings.terms,
        refuses_lookalikes=settings.lookalikes == Lookalikes.REFUSE,
        requires_account=False,
    )


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """An upload whose file was looked at and is kept; `admit` makes an image of it.

    `unsafe_probability` is what the safety model said, None if it has no say or cannot be asked.
    """

    upload: Upload
    file: Examination
    unsafe_probability: float | None
    name: str
    sources: list[str]
    tag_names: list[str]
    prepared_at: int


def prepare(library: Library, actor: Actor, upload: Upload) -> Prepared:
    """Check an upload, decode its file once and keep the original and the published file.

    Changes nothing but the file store. Raises Unauthenticated, Banned and RateLimited; Invalid with
    all wrong fields together (`image`, `tags`, `sources`, `source`, `source_url`, `description`,
    `name`, `licence`, `terms`, `author`, `author_url`, `title`, `size`), which is Unsupported when
    the file is among them; then Conflict when the same file, or a lookalike if those are refused,
    is already here; Unavailable when there is no room.
    """
    prepared_at = library.clock.now()
    with library.reading(actor) as tx:
        _require_may(tx, upload)
    with _spooled(library, upload) as (path, name, problem):
        found = problem or _look_at(library, actor, path, upload)
        with library.reading(actor) as tx:
            problems = _field_problems(tx, upload, name)
            file = _require_valid(found, problems)
            _require_room(tx, file.probe.size_bytes)
            _require_new(tx, upload, file)
        unsafe = screening.unsafe_probability(library, file.views) if file.views else None
        _keep(library, path, file)
    return Prepared(
        upload=upload,
        file=msgspec.structs.replace(file, views=None),
        unsafe_probability=unsafe,
        name=name or f"image.{file.probe.format}",
        sources=images.clean_sources(upload.sources),
        tag_names=tags.parse_list(upload.tags),
        prepared_at=prepared_at,
    )


def query_features(library: Library, source: Path | str) -> QueryFeatures:
    """Return what reverse search compares of a file, or of the one at an address.

    Raises Unsupported, also when nothing can be fetched.
    """
    upload = Upload(path=source) if isinstance(source, Path) else Upload(url=source)
    with _spooled(library, upload) as (path, _name, problem):
        if problem is not None:
            raise problem
        return library.pool.run(_features_of, str(path), limits=_limits(library.settings))


# Before the file is kept.


@contextmanager
def _spooled(library: Library, upload: Upload) -> Iterator[tuple[Path, str, Invalid | None]]:
    """Give a path to the file in a folder of our own, its name, and why there is none if so.

    Decoding writes beside the file, which may be in somebody's own folder.
    """
    with tempfile.TemporaryDirectory(dir=blobs.work_folder(library.settings)) as folder:
        path = Path(folder) / "upload"
        if upload.path is not None:
            path.symlink_to(upload.path.absolute())
            yield path, upload.name, None
        elif upload.url:
            yield path, *_fetched(library, upload, path)
        else:
            yield path, upload.name, Unsupported(CORRUPT)


def _fetched(library: Library, upload: Upload, path: Path) -> tuple[str, Invalid | None]:
    settings = library.settings
    try:
        fetched = fetch(
            upload.url,
            path,
            max_bytes=settings.upload_limit,
            timeout_s=settings.fetch_timeout,
            allow_private=settings.fetch_private,
        )
    except TooLarge:
        return upload.name, _too_large(settings)
    except Invalid as error:
        return upload.name, Unsupported(CORRUPT, also=error.fields)
    return upload.name or fetched.file_name, None


def _too_large(settings: Settings) -> Invalid:
    return Invalid({"size": [f"must be less than or equal to {settings.upload_limit}"]})


def _limits(settings: Settings) -> Limits:
    return Limits(
        max_bytes=settings.upload_limit,
        max_px=settings.pixel_limit,
        max_frames=settings.frame_limit,
    )


def _look_at(library: Library, actor: Actor, path: Path, upload: Upload) -> Examination | Invalid:
    """Decode the file, or say what is wrong with it."""
    try:
        file = library.pool.run(
            examine,
            str(path),
            limits=_limits(library.settings),
            wants_views=screening.is_wanted(library, actor),
        )
    except TooLarge:
        return _too_large(library.settings)
    except Unsupported as problem:
        return problem
    if upload.accepts is not None and file.probe.format not in upload.accepts:
        taken = ", ".join(sorted(upload.accepts))
        media_type = file.probe.media_type
        return Unsupported(f"{media_type} is not taken here, only {taken}", media_type=media_type)
    return file


def _field_problems(tx: Tx, upload: Upload, name: str) -> dict[str, list[str]]:
    """Return what is wrong beside the file, by field."""
    problems = {
        "image": _dnp_problems(tx, upload),
        "tags": _tag_problems(tx, upload),
        "description": images.check_text(
            upload.description, max_bytes=images.MAX_DESCRIPTION_BYTES
        ),
        "name": images.check_text(name, max_bytes=MAX_NAME_BYTES),
        **_credit_problems(upload),
        **images.source_problems(images.clean_sources(upload.sources)),
    }
    return {field: texts_ for field, texts_ in problems.items() if texts_}


def _credit_problems(upload: Upload) -> dict[str, list[str]]:
    texts_ = {name: getattr(upload, name) for name in _CREDITS}
    problems = {
        name: images.check_text(text, max_bytes=MAX_CREDIT_BYTES) for name, text in texts_.items()
    }
    if upload.author_url and not images.is_web_address(upload.author_url):
        problems["author_url"] = ["has invalid format"]
    return problems


def _tag_problems(tx: Tx, upload: Upload) -> list[str]:
    try:
        names = tags.parse_list(upload.tags)
    except Invalid as error:
        return error.fields["tags"]
    if not upload.enforce_board_rules:
        return []
    known = tags.canonical(tx, names)
    final = {r.tag.name for r in tags.resolve(tx, names, create=False)}
    final.update(name for name in names if name not in known)
    return tags.board_problems(final, minimum=tx.library.settings.minimum_tags)


def _dnp_problems(tx: Tx, upload: Upload) -> list[str]:
    """Return what artists have against a public upload with tags of theirs."""
    if upload.audience != Audience.PUBLIC or not dnp.is_any_enforced(tx):
        return []
    try:
        names = tags.parse_list(upload.tags)
    except Invalid:
        return []  # said of the tags themselves
    known = [resolved.tag.id for resolved in tags.resolve(tx, names, create=False)]
    return dnp.check_upload(tx, known, tx.actor)


def _require_valid(found: Examination | Invalid, problems: dict[str, list[str]]) -> Examination:
    """Return the file if nothing is wrong with it or beside it; else tell everything at once."""
    if isinstance(found, Unsupported):
        others = {field: texts_ for field, texts_ in found.fields.items() if field != "image"}
        raise Unsupported(
            found.reason, media_type=found.media_type, also=others | problems
        ) from found.__cause__
    if isinstance(found, Invalid):
        raise Invalid(found.fields | problems)
    if problems:
        raise Invalid(problems)
    return found


def _keep(library: Library, path: Path, file: Examination) -> None:
    """Put the original and the published file where they belong, safe from power loss."""
    kind = file.probe.format
    sources: dict[str, blobs.Source] = {blobs.original_name(file.sha512, kind): path}
    if file.published_path is not None:
        name = image_files.full_name(file.sha512, file.published_sha512, kind)
        sources[name] = Path(file.published_path)
    library.blobs.ensure(sources)


# May they, and is it new?


def _require_may(tx: Tx, upload: Upload) -> None:
    """Return if the actor may upload now; raises Unauthenticated, Banned and RateLimited."""
    if upload.requires_account:
        rights.require_contributor(tx)
    else:
        rights.require_unbanned(tx)
    rate = tx.library.settings.upload_rate
    if not rate or tx.actor.account_id is None or tx.actor.is_moderator:
        return
    row = schema.images.c
    nth_last = tx.scalar(
        select(row.created_at)
        .where(row.account_id == tx.actor.account_id)
        .order_by(row.id.desc())
        .offset(rate - 1)
        .limit(1)
    )
    if nth_last is not None and nth_last > tx.now - _MINUTE:
        raise RateLimited(max(1, (nth_last + _MINUTE - tx.now) // SECOND))


def _require_room(tx: Tx, size_bytes: int) -> None:
    """Return if the account may keep so much more; raises Invalid (`size`)."""
    if tx.actor.account_id is None:
        return
    account = schema.accounts.c
    row = tx.one(
        select(account.upload_quota_bytes, account.uploaded_bytes).where(
            account.id == tx.actor.account_id
        )
    )
    if row is None:
        raise Unauthenticated
    own = row.upload_quota_bytes
    quota = tx.library.settings.upload_quota if own is None else own
    # Nought in the settings is no limit; an account's own nought means that it may keep nothing.
    if (quota or own is not None) and row.uploaded_bytes + size_bytes > quota:
        raise Invalid({"size": [f"would exceed your quota of {quota} bytes"]})


def _require_new(tx: Tx, upload: Upload, file: Examination) -> None:
    """Return if no public image has this original, or looks like it where that is refused.

    Raises Conflict, also for an image out of sight; never for somebody's private one.
    """
    if upload.audience != Audience.PUBLIC:
        return
    row = schema.images.c
    existing = tx.scalar(select(row.id).where(row.sha512 == file.sha512, row.claims_hash))
    if existing is None and upload.refuses_lookalikes:
        existing = lookalikes.find(tx, file)
    if existing is not None:
        raise Conflict(existing)


def _require_kept(tx: Tx, prepared: Prepared) -> None:
    """Return if the sweeper cannot have taken the files since; raises Unavailable.

    It deletes inside a write transaction that also notes the time, so this one sees either no sweep
    or its end. Only then is the store asked, since that may be slow.
    """
    if sweeping.last_deletion_at(tx) < prepared.prepared_at - _CLOCK_SKEW:
        return
    file = prepared.file
    names = {
        blobs.original_name(file.sha512, file.probe.format),
        image_files.full_name(file.sha512, file.published_sha512, file.probe.format),
    }
    if not all(tx.library.blobs.exists(name) for name in names):
        raise Unavailable("The upload took too long to be kept; please send it again.")


# The image.


def admit(tx: Tx, prepared: Prepared) -> int:
    """Make an image of a prepared upload and return its id.

    Raises Unauthenticated, Banned, RateLimited; Invalid (`tags`, `image`, `size`) when the rules or
    the account have changed meanwhile; Conflict when the same file or a lookalike has come in
    meanwhile; Unavailable when the upload has to be sent again.
    """
    upload, file = prepared.upload, prepared.file
    _require_may(tx, upload)
    outcome = screening.outcome(
        tx.library.settings, tx.actor, upload.audience, prepared.unsafe_probability
    )
    rating = _missing_rating(prepared, outcome.rating)
    resolved = tags.resolve(tx, [*prepared.tag_names, *rating])
    if upload.enforce_board_rules:
        names = [r.tag.name for r in resolved if r.tag.name not in rating]
        problems = tags.board_problems(names, minimum=tx.library.settings.minimum_tags)
        if problems:
            raise Invalid({"tags": problems})
    if upload.audience == Audience.PUBLIC:
        wishes = dnp.check_upload(tx, [r.tag.id for r in resolved], tx.actor)
        if wishes:
            raise Invalid({"image": wishes})
    _require_room(tx, file.probe.size_bytes)
    _require_new(tx, upload, file)
    _require_kept(tx, prepared)
    _count_blob(tx, file)
    image_id = _insert(tx, prepared, outcome.review)
    is_searchable = upload.audience == Audience.PUBLIC and outcome.review == Review.APPROVED
    labels.put_on_new(
        tx,
        image_id,
        resolved,
        origin=upload.origin,
        is_searchable=is_searchable,
        by_models=rating,
    )
    images.put_sources(tx, image_id, prepared.sources)
    if upload.description:
        texts.index(tx.connection, images.DESCRIPTION, image_id, upload.description)
    _count_upload(tx, prepared)
    if tx.actor.is_signed_in and upload.audience == Audience.PUBLIC:
        _follow(tx, image_id)
    jobs.enqueue(tx, rendering.RENDER, {"image_id": image_id})
    recognition.begin(tx, image_id, prepared.unsafe_probability, outcome.reasons)
    tx.changed(ChangeKind.IMAGE, image_id)
    if is_searchable:
        tx.happened(EventKind.IMAGE_CREATE, image_id)
    return image_id


def _follow(tx: Tx, image_id: int) -> None:
    """Let the uploader be told what happens to the image, unless they prefer not to be."""
    if preferences.get(tx).follows_on_upload:
        following.begin(tx, Followed.IMAGE, image_id)


def _missing_rating(prepared: Prepared, rating: str | None) -> list[str]:
    """Return the rating that a model gives, if it is to give one and whoever sent it has not."""
    if rating is None or not tags.RATINGS_SET.isdisjoint(prepared.tag_names):
        return []
    return [rating]


def _count_blob(tx: Tx, file: Examination) -> None:
    blob = schema.blobs.c
    updated = tx.execute(
        update(schema.blobs)
        .where(blob.sha512 == file.sha512)
        .values(image_count=blob.image_count + 1, touched_at=tx.now)
    )
    if updated.rowcount == 0:
        tx.execute(
            insert(schema.blobs).values(
                sha512=file.sha512,
                size_bytes=file.probe.size_bytes,
                format=file.probe.format,
                image_count=1,
                touched_at=tx.now,
            )
        )


def _insert(tx: Tx, prepared: Prepared, review: Review) -> int:
    upload, actor = prepared.upload, tx.actor
    created_at = tx.now_s if upload.created_at is None else upload.created_at // SECOND * SECOND
    facts = {
        "key": _key(tx, upload.key),
        "account_id": actor.account_id,
        "is_anonymous": upload.is_anonymous,
        "on_behalf_of": actor.on_behalf_of,
        "address": actor.address or None,
        "fingerprint": actor.fingerprint,
        "audience": upload.audience,
        "review": review,
        "claims_hash": upload.audience == Audience.PUBLIC,
        "name": prepared.name,
        "description": upload.description,
        "licence": upload.licence or (tx.library.settings.licence if upload.terms else ""),
        "consented_at": tx.now_s if upload.terms else None,
        "terms": upload.terms,
        "author": upload.author,
        "author_url": upload.author_url,
        "title": upload.title,
        "source_count": len(prepared.sources),
        "created_at": created_at,
        "updated_at": tx.now_s,
        "first_seen_at": created_at,
    }
    # As parameters: SQLAlchemy takes milliseconds to build a statement around forty values.
    result = tx.execute(insert(schema.images), facts | _file_columns(prepared.file))
    key = result.inserted_primary_key
    if key is None:  # every database we use returns it; the type does not say so
        raise Unavailable("The database gave the image no number.")
    return int(key[0])


def _key(tx: Tx, wanted: str) -> str:
    """Return the UUID wished for if it is one and free, else a new one."""
    row = schema.images.c
    if _is_uuid(wanted) and tx.scalar(select(row.id).where(row.key == wanted)) is None:
        return wanted
    return str(uuid.UUID(int=tx.library.random.getrandbits(128), version=4))


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _file_columns(file: Examination) -> dict[str, object]:
    shown = file.published
    unsigned = file.perceptual_hash
    return {
        "sha512": file.sha512,
        "full_sha512": file.published_sha512,
        "format": shown.format,
        "media_type": shown.media_type,
        "width": shown.width,
        "height": shown.height,
        "original_size_bytes": file.probe.size_bytes,
        "size_bytes": shown.size_bytes,
        "duration_s": shown.duration_s,
        "frame_count": shown.frame_count,
        "is_animated": shown.is_animated,
        "has_alpha": shown.has_alpha,
        "average_color": file.average_colour,
        **msgspec.structs.asdict(file.intensities),
        "perceptual_hash": unsigned - (1 << 64) if unsigned >= 1 << 63 else unsigned,
    }


def _count_upload(tx: Tx, prepared: Prepared) -> None:
    """Count the image for its account; no change for the log, since nothing searches for these."""
    if tx.actor.account_id is None:
        return
    upload, account = prepared.upload, schema.accounts.c
    counts = upload.audience == Audience.PUBLIC and not upload.is_anonymous
    tx.execute(
        update(schema.accounts)
        .where(account.id == tx.actor.account_id)
        .values(
            upload_count=account.upload_count + int(counts),
            uploaded_bytes=account.uploaded_bytes + prepared.file.probe.size_bytes,
        )
    )
