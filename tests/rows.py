"""Images straight into the tables: for tests of what is done to images, not of how they come in."""

import uuid

from sqlalchemy import insert, select, update

from menagerie.core import labels, tags, visibility
from menagerie.library import SYSTEM, Actor, Library
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Origin, Review


def account(library: Library, name: str, role: str = "user") -> Actor:
    """An account without a password."""
    with library.writing(SYSTEM) as tx:
        made = tx.execute(
            insert(schema.accounts)
            .values(name=name, name_key=name.lower(), role=role, created_at=tx.now_s)
            .returning(schema.accounts.c.id)
        )
        account_id = made.scalar_one()
    return Actor(role=schema.Role(role), account_id=account_id, name=name)


def image(
    library: Library,
    text: str = "safe, dog, solo",
    *,
    owner: Actor = SYSTEM,
    audience: Audience = Audience.PUBLIC,
    review: Review = Review.APPROVED,
) -> int:
    """An image row with tags and no file."""
    with library.writing(owner) as tx:
        sha512 = uuid.uuid4().hex
        tx.execute(
            insert(schema.blobs).values(
                sha512=sha512, size_bytes=1, format="png", image_count=1, touched_at=tx.now
            )
        )
        values = {
            "key": str(uuid.uuid4()),
            "account_id": owner.account_id,
            "audience": audience,
            "review": review,
            "sha512": sha512,
            "claims_hash": audience == Audience.PUBLIC,
            "full_sha512": sha512,
            "format": "png",
            "media_type": "image/png",
            "width": 1,
            "height": 1,
            "original_size_bytes": 1,
            "size_bytes": 1,
            "duration_s": 0.04,
            "frame_count": 1,
            "is_animated": False,
            "has_alpha": False,
            "average_color": "#000000",
            **dict.fromkeys(("created_at", "updated_at", "first_seen_at"), tx.now_s),
        }
        made = tx.execute(insert(schema.images).values(values).returning(schema.images.c.id))
        image_id = made.scalar_one()
        searchable = audience == Audience.PUBLIC and review == Review.APPROVED
        labels.put_on_new(
            tx,
            image_id,
            tags.resolve(tx, tags.parse_list(text)),
            origin=Origin.PERSON,
            is_searchable=searchable,
        )
        tx.changed(schema.ChangeKind.IMAGE, image_id)
    return image_id


def remove(library: Library, image_id: int) -> None:
    """Take an image out of public sight, as moderation does."""
    with library.writing(SYSTEM) as tx:
        was = visibility.is_searchable(visibility.get_facts(tx, image_id))
        tx.execute(
            update(schema.images).where(schema.images.c.id == image_id).values(removed_at=tx.now)
        )
        if was:
            labels.searchability_changed(tx, image_id, is_searchable=False)
        tx.changed(schema.ChangeKind.IMAGE, image_id)


def tags_of(library: Library, image_id: int) -> set[str]:
    """The names of an image's asserted tags."""
    with library.reading(SYSTEM) as tx:
        return set(
            tx.execute(
                select(schema.tags.c.name)
                .join(schema.labels, schema.labels.c.tag_id == schema.tags.c.id)
                .where(schema.labels.c.image_id == image_id, schema.labels.c.state == "asserted")
            ).scalars()
        )


def states(library: Library, image_id: int) -> dict[str, tuple[str, str]]:
    """State and origin of the image's labels, removed ones too, by tag."""
    label = schema.labels.c
    with library.reading(SYSTEM) as tx:
        found = tx.all(
            select(schema.tags.c.name, label.state, label.origin)
            .join(schema.labels, label.tag_id == schema.tags.c.id)
            .where(label.image_id == image_id)
        )
        return {name: (state, origin) for name, state, origin in found}


def tag_ids(library: Library, *names: str) -> list[int]:
    """The ids of tags, made where they are not there yet."""
    with library.writing(SYSTEM) as tx:
        return [resolved.tag.id for resolved in tags.resolve(tx, names)][: len(names)]


def count(library: Library, name: str) -> int:
    """The number of images a tag says it has."""
    with library.reading(SYSTEM) as tx:
        return tags.get_by_name(tx, name).image_count


def changes(library: Library) -> set[tuple[str, int, int | None]]:
    """The change log so far."""
    with library.reading(SYSTEM) as tx:
        log = schema.changes.c
        return {tuple(row) for row in tx.all(select(log.kind, log.subject_id, log.other_id))}
