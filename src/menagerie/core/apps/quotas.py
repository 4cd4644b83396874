"""How many pictures a program may put in per month, and which features it may use."""

from datetime import UTC, datetime

import msgspec
from sqlalchemy import Table, insert, select, update

from menagerie.core import rights
from menagerie.core.staff_log import note
from menagerie.errors import Forbidden, Invalid, NotFound
from menagerie.library import SECOND, Tx
from menagerie.storage import schema

UNLIMITED = 1_000_000_000
"""The quota told to programs that have none."""

FEATURES = (
    "full_breed_schema",
    "enable_health_tips",
    "breed_legislation",
    "image_analysis",
    "pets",
    "pet_analysis",
    "pet_portraits",
)
"""What an account may do through programs, each of which an administrator may withhold."""


class Quota(msgspec.Struct, frozen=True):
    """Uploads of one account in the current calendar month, UTC."""

    quota: int
    usage: int

    @property
    def remaining(self) -> int:
        """How many more there may be."""
        return max(0, self.quota - self.usage)


class Limits(msgspec.Struct, frozen=True):
    """What was set for one account; a `monthly_quota` of None is the setting's."""

    monthly_quota: int | None
    withheld: tuple[str, ...]


_account = schema.accounts.c


def month(tx: Tx) -> str:
    """Return the current month as `YYYY-MM`, UTC."""
    return datetime.fromtimestamp(tx.now / SECOND, UTC).strftime("%Y-%m")


def quota(tx: Tx) -> Quota:
    """Return what the actor's account may put in this month. Raises Unauthenticated."""
    account_id = rights.require_account(tx)
    return quota_of(tx, account_id)


def quota_of(tx: Tx, account_id: int) -> Quota:
    """Return what an account may put in this month; the caller decides who may know."""
    own = tx.scalar(select(_account.monthly_quota).where(_account.id == account_id))
    most = own if own is not None else tx.library.settings.monthly_quota or UNLIMITED
    row = schema.upload_months.c
    used = tx.scalar(
        select(row.uploads).where(row.account_id == account_id, row.month == month(tx))
    )
    return Quota(most, used or 0)


def require_upload(tx: Tx) -> None:
    """Return if the account may put one more picture in. Raises Unauthenticated and Invalid."""
    now = quota(tx)
    if now.remaining < 1:
        raise Invalid({"quota": [f"of {now.quota} uploads is used up; it begins anew next month"]})


def count_upload(tx: Tx) -> None:
    """Count one more picture of the account. Raises as `require_upload` does."""
    require_upload(tx)
    count(tx, schema.upload_months, "uploads", rights.require_account(tx))


def count(tx: Tx, table: Table, column: str, account_id: int) -> None:
    """Add one to an account's number of this month in a table of such."""
    row = table.c
    changed = tx.execute(
        update(table)
        .where(row.account_id == account_id, row.month == month(tx))
        .values({column: row[column] + 1})
    )
    if changed.rowcount == 0:
        values = {"account_id": account_id, "month": month(tx), column: 1}
        tx.execute(insert(table).values(values))


def features(tx: Tx) -> tuple[str, ...]:
    """Return what the actor's account may use. Raises Unauthenticated."""
    account_id = rights.require_account(tx)
    return _features_of(tx, account_id)


def require_feature(tx: Tx, name: str) -> None:
    """Return if the actor's account may use a feature. Raises Unauthenticated and Forbidden."""
    if name not in features(tx):
        raise Forbidden(f"The feature {name} is not enabled for this account.")


def _features_of(tx: Tx, account_id: int) -> tuple[str, ...]:
    kept = tx.scalar(select(_account.withheld_features).where(_account.id == account_id))
    withheld = set((kept or "").split(","))
    return tuple(name for name in FEATURES if name not in withheld)


def limits_of(tx: Tx, account_id: int) -> Limits:
    """Return what was set for an account. For admins: raises Forbidden; and NotFound."""
    rights.require_admin(tx)
    columns = select(_account.monthly_quota, _account.withheld_features)
    row = tx.one(columns.where(_account.id == account_id))
    if row is None:
        raise NotFound
    return Limits(row.monthly_quota, tuple(filter(None, row.withheld_features.split(","))))


def set_limits(
    tx: Tx, account_id: int, *, monthly_quota: int | None, withheld: tuple[str, ...]
) -> None:
    """Set what an account may do through programs; None is the setting's quota. For admins.

    Raises Forbidden, NotFound, and Invalid (`monthly_quota`, `withheld`).
    """
    rights.require_admin(tx)
    unknown = [name for name in withheld if name not in FEATURES]
    if unknown:
        text = f"{', '.join(unknown)}: no such feature; there are {', '.join(FEATURES)}"
        raise Invalid({"withheld": [text]})
    if monthly_quota is not None and not 0 <= monthly_quota <= UNLIMITED:
        raise Invalid({"monthly_quota": [f"must be from 0 to {UNLIMITED}"]})
    changed = tx.execute(
        update(schema.accounts)
        .where(_account.id == account_id)
        .values(monthly_quota=monthly_quota, withheld_features=",".join(sorted(set(withheld))))
    )
    if changed.rowcount == 0:
        raise NotFound
    note(
        tx,
        "set limits",
        "account",
        account_id,
        details={"monthly_quota": monthly_quota, "withheld": list(withheld)},
    )
