"""How much the crowd, or one account, has judged and outlined."""

import msgspec
from sqlalchemy import func, select

from menagerie.core import crowd_statistics
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
    """Return what one account did; counts its rows by the index of accounts."""
    verdict, annotation = schema.validations.c, schema.annotations.c
    verdicts = select(func.count(verdict.id)).where(verdict.account_id == account_id)
    annotations = select(func.count(annotation.id)).where(annotation.account_id == account_id)
    return Work(int(tx.scalar(verdicts)), int(tx.scalar(annotations)))
