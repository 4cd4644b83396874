"""What the library notes for itself: facts, words of texts, the log of staff, jobs, changes."""

from sqlalchemy import Column, Index, LargeBinary, Table

from menagerie.storage.schema.columns import (
    Id,
    String,
    Time,
    account,
    count,
    metadata,
    words_column,
)

facts = Table(
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
    comment="what this library is: id (UUID), epoch (a number), secret (hex), created_at",
)

text_terms = Table(
    "text_terms",
    metadata,
    Column("field", String, primary_key=True, comment="image.description and the like"),
    Column("term", String, primary_key=True, comment="a stem"),
    Column("subject_id", Id, primary_key=True),
    Column(
        "positions", String, nullable=False, comment="of the word in the text, ascending, spaced"
    ),
    Index(None, "field", "subject_id"),
    sqlite_with_rowid=False,
    comment="an inverted index, so that both databases answer word searches alike",
)

text_blocks = Table(
    "text_blocks",
    metadata,
    Column("field", String, primary_key=True, comment="comment.body and the like"),
    Column("stem", String, primary_key=True),
    Column("block", Id, primary_key=True, comment="1,024 subjects: subject id >> 10"),
    Column(
        "places",
        LargeBinary,
        nullable=False,
        comment="uint32, little-endian, ascending: (subject id & 1023) << 22 | position",
    ),
    sqlite_with_rowid=False,
    comment="an inverted index of what there are millions of, packed by blocks",
)

text_stems = Table(
    "text_stems",
    metadata,
    Column("field", String, primary_key=True),
    Column("stem", String, primary_key=True),
    sqlite_with_rowid=False,
    comment="every stem in text_blocks, and some that were",
)

text_subjects = Table(
    "text_subjects",
    metadata,
    Column("field", String, primary_key=True),
    Column("subject_id", Id, primary_key=True),
    Column("stems", String, nullable=False, comment="those it has in text_blocks, spaced"),
    sqlite_with_rowid=False,
)

moderation_log = Table(
    "moderation_log",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(),
    Column("action", String, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject_id", Id, nullable=False),
    words_column("reason"),
    words_column("details", "JSON"),
    words_column("journal", "JSON: the rows it changed as they were and became, for undoing it"),
    Column("created_at", Time, nullable=False),
    Column("undone_at", Time),
    Column("undone_by_id", Id, comment="account"),
    Index(None, "subject_kind", "subject_id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("payload", String, nullable=False, comment="JSON object: the function's arguments"),
    Column("run_after", Time, nullable=False),
    count("attempts"),
    Column("claimed_by", String),
    Column("claimed_until", Time),
    Column("error", String, comment="of the last attempt"),
    Column("failed_at", Time, comment="set: given up, needs a person"),
    Column("created_at", Time, nullable=False),
    Index(None, "failed_at", "run_after"),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=True, comment="in the order of commits"),
    Column("kind", String, nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("other_id", Id),
    Column("created_at", Time, nullable=False),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=True, comment="in the order of commits"),
    Column("kind", String, nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("other_id", Id, comment="of a merge: the target"),
    Column("created_at", Time, nullable=False),
    sqlite_autoincrement=True,
    comment="what the live feed tells; kept for a day",
)
