"""One's own data: taking a copy of it away, and leaving."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Table, case, delete, func, or_, select, update

from menagerie.core import (
    filters,
    galleries,
    images,
    keys,
    passwords,
    rights,
    sessions,
    tokens,
    visibility,
    voters,
    votes,
    watching,
)
from menagerie.core.people import following, messages, second_factor
from menagerie.errors import Unauthenticated
from menagerie.library import SECOND, Actor, Library, Tx
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ChangeKind, Role

_ACCOUNT = (
    "id",
    "name",
    "email",
    "role",
    "is_role_hidden",
    "is_verified",
    "description",
    "filter_id",
    "upload_quota_bytes",
    "uploaded_bytes",
    "upload_count",
    "comment_count",
    "post_count",
    "topic_count",
    "avatar",
    "title",
    "language",
    "preferences",
    "created_at",
)
_WRITTEN = (
    "body",
    "is_anonymous",
    "pseudonym",
    "address",
    "fingerprint",
    "created_at",
    "updated_at",
    "edited_at",
    "edit_reason",
    "hidden_at",
    "hide_reason",
    "destroyed_at",
    "is_approved",
)
_UPLOAD = (
    "id",
    "key",
    "name",
    "sha512",
    "format",
    "width",
    "height",
    "original_size_bytes",
    "description",
    "licence",
    "consented_at",
    "terms",
    "author",
    "author_url",
    "title",
    "audience",
    "review",
    "is_anonymous",
    "on_behalf_of",
    "address",
    "fingerprint",
    "removed_at",
    "removal_reason",
    "merged_into_id",
    "created_at",
    "updated_at",
)
_LISTS: Mapping[str, tuple[Table, tuple[str, ...]]] = {
    "uploads": (schema.images, _UPLOAD),
    "votes": (schema.votes, ("image_id", "value", "created_at")),
    "faves": (schema.faves, ("image_id", "created_at")),
    "hides": (schema.hides, ("image_id", "created_at")),
    "subscriptions": (schema.image_subscriptions, ("image_id",)),
    "verdicts": (
        schema.validations,
        ("image_id", "tag_id", "is_yes", "weight", "via", "created_at", "updated_at"),
    ),
    "verdicts_on_outlines": (
        schema.annotation_validations,
        ("annotation_id", "revision", "is_yes", "weight", "created_at", "updated_at"),
    ),
    "outlines": (
        schema.annotation_revisions,
        ("annotation_id", "revision", "created_at"),
    ),
    "outlines_refused": (schema.annotation_refusals, ("image_id", "tag_id", "created_at")),
    "labels_ruled_out": (schema.unfit_marks, ("image_id", "tag_id", "weight", "created_at")),
    "descriptions": (
        schema.image_texts,
        ("image_id", "text", "language", "state", "created_at"),
    ),
    "words_wished_for": (schema.word_suggestions, ("name", "state", "created_at")),
    "reports": (
        schema.reports,
        ("image_id", "category", "reason", "state", "created_at", "resolved_at"),
    ),
    "pets": (
        schema.pets,
        (
            "code",
            "name",
            "species",
            "breed_id",
            "description",
            "microchip",
            "date_of_birth",
            "country",
            "sex",
            "neuter_status",
            "external_owner",
            "on_behalf_of",
            "removed_at",
            "created_at",
            "updated_at",
        ),
    ),
    "votes_of_programs": (
        schema.app_votes,
        ("image_ref", "value", "on_behalf_of", "country_code", "address", "created_at"),
    ),
    "favourites_of_programs": (
        schema.app_favourites,
        ("image_ref", "on_behalf_of", "country_code", "address", "created_at", "deleted_at"),
    ),
    "public_requests": (
        schema.public_requests,
        ("image_id", "state", "request_message", "admin_message", "created_at", "decided_at"),
    ),
    "uploads_of_programs": (schema.upload_months, ("month", "uploads")),
    "tag_changes": (
        schema.tag_changes,
        ("image_id", "tag_name", "is_added", "address", "created_at"),
    ),
    "source_changes": (
        schema.source_changes,
        ("image_id", "url", "is_added", "address", "created_at"),
    ),
    "comments": (schema.comments, ("id", "image_id", *_WRITTEN)),
    "topics": (
        schema.topics,
        ("id", "forum_id", "slug", "title", "is_anonymous", "pseudonym", "address", "created_at"),
    ),
    "posts": (schema.posts, ("id", "topic_id", "position", *_WRITTEN)),
    "earlier_wordings": (
        schema.text_revisions,
        ("kind", "subject_id", "body", "reason", "created_at"),
    ),
    "votes_in_polls": (schema.poll_votes, ("option_id", "created_at")),
    "galleries_followed": (schema.gallery_subscriptions, ("gallery_id",)),
    "topics_followed": (schema.topic_subscriptions, ("topic_id",)),
    "forums_followed": (schema.forum_subscriptions, ("forum_id",)),
    "news": (
        schema.notifications,
        ("kind", "subject_id", "other_id", "count", "created_at", "updated_at", "read_at"),
    ),
    "links": (
        schema.profile_links,
        ("url", "tag_id", "is_public", "state", "code", "decided_at", "created_at"),
    ),
    "badges": (schema.awards, ("badge_id", "label", "reason", "awarded_at")),
    "wishes_not_to_be_posted": (
        schema.dnp_entries,
        (
            "tag_id",
            "type",
            "conditions",
            "reason",
            "hides_reason",
            "feedback",
            "state",
            "created_at",
            "updated_at",
        ),
    ),
    "saved_searches": (schema.saved_searches, ("name", "query", "sort", "created_at")),
    "second_factor": (schema.second_factors, ("confirmed_at", "created_at")),
    "duplicates_suggested": (
        schema.duplicates,
        ("image_id", "of_id", "reason", "state", "created_at"),
    ),
}


def export(tx: Tx) -> dict[str, Any]:
    """Return everything the library keeps about the actor's account, ready to be JSON.

    Times are texts in UTC. Secrets (password, keys) are not kept readable, so they are not in it;
    nor is that of the second factor, which a copy would give away.
    Raises Unauthenticated.
    """
    account_id = rights.require_account(tx)
    row = schema.accounts.c
    (account,) = tx.all(select(*(row[name] for name in _ACCOUNT)).where(row.id == account_id))
    lists = {name: _listed(tx, *what, account_id) for name, what in _LISTS.items()}
    return {
        "account": _plain(zip(_ACCOUNT, account, strict=True)),
        "watching": msgspec.structs.asdict(watching.get(tx)),
        "keys": _structs(keys.find_own(tx)),
        "sessions": _structs(sessions.find_own(tx)),
        **lists,
        "conversations": _conversations(tx, account_id),
        "filters": _structs(filters.own(tx)),
        "galleries": [
            _plain(msgspec.structs.asdict(found).items())
            | {"image_ids": galleries.image_ids(tx, found.id)}
            for found in galleries.own(tx)
        ],
    }


def _listed(tx: Tx, table: Table, names: tuple[str, ...], account_id: int) -> list[dict[str, Any]]:
    keys_first = list(table.primary_key)
    statement = select(*(table.c[name] for name in names))
    rows = tx.all(statement.where(table.c.account_id == account_id).order_by(*keys_first))
    return [_plain(zip(names, row, strict=True)) for row in rows]


def _conversations(tx: Tx, account_id: int) -> list[dict[str, Any]]:
    """Return the letters the account wrote and got, by conversation."""
    row, message, writer = schema.conversations.c, schema.messages.c, schema.accounts.c
    mine = or_(row.from_id == account_id, row.to_id == account_id)
    letters = defaultdict(list)
    for found in tx.all(
        select(
            message.conversation_id,
            writer.name,
            message.body,
            case((message.account_id == account_id, message.address)),
            message.created_at,
        )
        .join(schema.conversations, row.id == message.conversation_id)
        .join(schema.accounts, writer.id == message.account_id)
        .where(mine)
        .order_by(message.id)
    ):
        names = ("by", "body", "address", "created_at")
        letters[found[0]].append(_plain(zip(names, found[1:], strict=True)))
    begun = select(row.id, row.title, row.created_at).where(mine).order_by(row.id)
    return [
        {"title": title, "created_at": _time(created_at), "letters": letters[conversation_id]}
        for conversation_id, title, created_at in tx.all(begun)
    ]


def _structs(values: Any) -> list[dict[str, Any]]:
    return [_plain(msgspec.structs.asdict(value).items()) for value in values]


def _plain(pairs: Any) -> dict[str, Any]:
    return {
        name: _time(value) if name.endswith("_at") and value is not None else value
        for name, value in pairs
    }


def _time(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def delete_account(
    library: Library, actor: Actor, password: str, *, with_uploads: bool = False
) -> None:
    """Let the actor leave for good: the name becomes free, and nothing said remains signed.

    Votes (also in polls), faves, hides, filters, galleries, keys, sessions, private images and pets
    go, and so does what programs kept with the account's keys, what it followed, was told of and
    saved, its links, badges and avatar. Public uploads stay without a name, or go as well
    `with_uploads`. Comments, topics and posts stay under the pseudonyms of their threads; verdicts,
    outlines and reports stay and are nobody's. Letters stay with those they went to, and like what
    was written into histories of tags are by `deleted-N`. Raises Unauthenticated for a wrong
    password, and Invalid (`role`) for the last administrator.
    """
    with library.reading(actor) as tx:
        account_id = rights.require_account(tx)
        row = schema.accounts.c
        stored = tx.scalar(select(row.password_hash).where(row.id == account_id))
    if not passwords.is_right(stored, password):
        raise Unauthenticated("The password is not right.")
    with library.writing(actor) as tx:
        rights.require_other_admin(tx, account_id)
        _leave_images(tx, account_id, with_uploads=with_uploads)
        _leave_pets(tx, account_id)
        _leave_programs(tx, account_id)
        _leave_talk(tx, account_id)
        _leave_people(tx, account_id)
        votes.forget_account(tx, account_id)
        _unsign(tx, account_id)
        for gallery in galleries.own(tx):
            galleries.delete(tx, gallery.id)
        filters.unchoose(tx, account_id)
        filters.delete_many(tx, [found.id for found in filters.own(tx)])
        keys.revoke_all(tx, account_id)
        sessions.end_all(tx, account_id)
        _erase(tx, account_id)


def _leave_images(tx: Tx, account_id: int, *, with_uploads: bool) -> None:
    image = schema.images.c
    own = image.account_id == account_id
    for image_id, audience in tx.all(select(image.id, image.audience).where(own)):
        gone = {visibility.State.REMOVED, visibility.State.MERGED}
        facts = visibility.find_facts(tx, image_id)
        # What is in quarantine is not the owner's to delete, as it is not to see.
        is_there = (
            facts is not None
            and visibility.state(facts) not in gone
            and visibility.may_know(tx.actor, facts)
        )
        if is_there and (with_uploads or audience == Audience.PRIVATE):
            images.delete_own(tx, image_id)
        tx.changed(ChangeKind.IMAGE, image_id)
    tx.execute(
        update(schema.images).where(own).values(is_anonymous=True, address=None, fingerprint=None)
    )


def _leave_pets(tx: Tx, account_id: int) -> None:
    """Forget the pets of an account, whose pictures went with its private images."""
    own = select(schema.pets.c.id).where(schema.pets.c.account_id == account_id)
    for table in (schema.pet_analyses, schema.pet_images):
        tx.execute(delete(table).where(table.c.pet_id.in_(own)))
    for kept in (schema.pets, schema.analyst_usage):
        tx.execute(delete(kept).where(kept.c.account_id == account_id))


def _leave_programs(tx: Tx, account_id: int) -> None:
    """Forget what programs kept here with keys of an account, for whomever."""
    for table in (
        schema.app_votes,
        schema.app_favourites,
        schema.public_requests,
        schema.upload_months,
    ):
        tx.execute(delete(table).where(table.c.account_id == account_id))


_TALK = (
    (schema.comments, ChangeKind.COMMENT),
    (schema.topics, ChangeKind.TOPIC),
    (schema.posts, ChangeKind.POST),
)


def _leave_talk(tx: Tx, account_id: int) -> None:
    """Leave what was said under the pseudonyms of its threads, and take votes in polls back."""
    for table, kind in _TALK:
        said = tx.execute(
            update(table)
            .where(table.c.account_id == account_id)
            .values(account_id=None, is_anonymous=True, address=None, fingerprint=None)
            .returning(table.c.id)
        )
        for row_id in said.scalars().all():
            tx.changed(kind, row_id)
    wordings = schema.text_revisions
    tx.execute(update(wordings).where(wordings.c.account_id == account_id).values(account_id=None))
    vote, option, poll = schema.poll_votes.c, schema.poll_options.c, schema.polls.c
    chosen = select(vote.option_id).where(vote.account_id == account_id)
    options = sorted(tx.execute(chosen).scalars())
    tx.execute(delete(schema.poll_votes).where(vote.account_id == account_id))
    for option_id in options:
        fewer = update(schema.poll_options).where(option.id == option_id)
        poll_id = tx.execute(
            fewer.values(vote_count=option.vote_count - 1).returning(option.poll_id)
        ).scalar_one()
        tx.execute(
            update(schema.polls).where(poll.id == poll_id).values(vote_count=poll.vote_count - 1)
        )


def _leave_people(tx: Tx, account_id: int) -> None:
    """Forget what was between the account and others, letters to others aside."""
    following.forget_account(tx, account_id)
    messages.forget_account(tx, account_id)
    second_factor.forget_account(tx, account_id)
    for table in (
        schema.notifications,
        schema.profile_links,
        schema.awards,
        schema.saved_searches,
        schema.claims,
    ):
        tx.execute(delete(table).where(table.c.account_id == account_id))
    for table in (schema.dnp_entries, schema.duplicates, schema.site_notices):
        tx.execute(update(table).where(table.c.account_id == account_id).values(account_id=None))


_SIGNED = (
    schema.validations,
    schema.annotation_validations,
    schema.annotations,
    schema.annotation_revisions,
    schema.unfit_marks,
    schema.image_texts,
    schema.word_suggestions,
    schema.reports,
    schema.contributor_measures,
)


def _unsign(tx: Tx, account_id: int) -> None:
    """Leave what was said to the crowd, by one and the same nobody.

    The verdicts of one person stay recognisable as such, since how far they can be trusted is
    worked out from all of them; but whose they were cannot be told any more.
    """
    nobody = "x" + tokens.generate(tx.library)
    known = voters.of_account(account_id)
    for table in _SIGNED:
        values: dict[str, object] = {"account_id": None}
        if "address" in table.c:
            values["address"] = None if table.c.address.nullable else ""
        for name in {"voter", "reporter"} & set(table.c.keys()):
            column = table.c[name]
            values[name] = case((column == known, nobody), else_=column)
        tx.execute(update(table).where(table.c.account_id == account_id).values(values))
    refusals = schema.annotation_refusals
    tx.execute(delete(refusals).where(refusals.c.account_id == account_id))


def _erase(tx: Tx, account_id: int) -> None:
    row = schema.accounts.c
    for table in (schema.watched_tags, schema.password_resets):
        tx.execute(delete(table).where(table.c.account_id == account_id))
    for table in (schema.tag_changes, schema.source_changes):
        tx.execute(update(table).where(table.c.account_id == account_id).values(address=None))
    name = f"deleted-{account_id}"
    while tx.scalar(select(func.count()).where(row.name_key == name)):
        name += "-"
    tx.execute(
        update(schema.accounts)
        .where(row.id == account_id)
        .values(
            name=name,
            name_key=name,
            email=None,
            password_hash=None,
            recovery_hash=None,
            role=Role.USER,
            is_role_hidden=False,
            is_verified=False,
            description="",
            watched_query="",
            watched_exclude_query="",
            watched_without_spoilered=False,
            upload_count=0,
            comment_count=0,
            post_count=0,
            topic_count=0,
            avatar=None,
            title="",
            language="",
            preferences="",
            deactivated_at=tx.now,
        )
    )
    tx.changed(ChangeKind.ACCOUNT, account_id)
