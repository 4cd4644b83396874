"""What every table is made of: how names, ids, times and texts are kept."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# PostgreSQL would otherwise order text by the machine's locale, and differ from SQLite.
String = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite gives a rowid, and with it an id that never repeats, only to a plain INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")
Time = BigInteger  # microseconds since 1970, UTC


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """Return the check that a column holds one of these values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def count(name: str, comment: str | None = None) -> Column[int]:
    """Return a column of a number that begins at nought."""
    return Column(name, Integer, nullable=False, server_default=text("0"), comment=comment)


def words_column(name: str, comment: str | None = None) -> Column[str]:
    """Return a column of text that is empty rather than null."""
    return Column(name, String, nullable=False, server_default=text("''"), comment=comment)


def account(name: str = "account_id", *, nullable: bool = True) -> Column[int]:
    """Return a column that refers to an account."""
    return Column(name, Id, ForeignKey("accounts.id"), nullable=nullable)
