"""The log of what staff do, apart from `moderation` so that every module can write into it."""

import msgspec
from sqlalchemy import insert

from menagerie.library import Tx
from menagerie.storage import schema


def note(
    tx: Tx,
    action: str,
    subject_kind: str,
    subject_id: int,
    *,
    reason: str = "",
    details: dict[str, object] | None = None,
) -> None:
    """Write an act of moderation into the log; `moderation.log` reads it."""
    tx.execute(
        insert(schema.moderation_log).values(
            account_id=tx.actor.account_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            reason=reason,
            details=msgspec.json.encode(details).decode() if details else "",
            created_at=tx.now_s,
        )
    )
