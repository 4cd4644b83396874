"""How much the crowd, or one account, has judged and outlined."""

import msgspec
from sqlalchemy import Table, func, select

from menagerie.core import crowd_statistics, visibility
from menagerie.library import Tx
from menagerie.storage import schema


class Work(msgspec.Struct, frozen=True):
    """Verdicts given, and sets of shapes drawn."""

    verdict_count: int
    annotation_count: int


def total(tx: Tx) -> Work:
    """Return what all did on images that everybody finds; from the catalogue."""
    return Work(
        verdict_count=crowd_statistics.total_of(tx, "verdict_count"),
        annotation_count=crowd_statistics.total_of(tx, "annotation_count"),
    )


def of_account(tx: Tx, account_id: int) -> Work:
    """Return what one account did on images that everybody finds.

    Reads its rows by the index of accounts.
    """
    return Work(
        verdict_count=_count(tx, schema.validations, account_id),
        annotation_count=_count(tx, schema.annotations, account_id),
    )


def _count(tx: Tx, table: Table, account_id: int) -> int:
    image = schema.images.c
    return int(
        tx.scalar(
            select(func.count())
            .select_from(table.join(schema.images, image.id == table.c.image_id))
            .where(table.c.account_id == account_id, visibility.SEARCHABLE)
        )
    )
