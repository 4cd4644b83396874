"""What models saw in pictures, and the vectors by which alike ones are found."""

from sqlalchemy import Column, Float, ForeignKey, Index, LargeBinary, Table

from menagerie.storage.schema.columns import Id, String, Time, metadata, words_column

recognitions = Table(
    "recognitions",
    metadata,
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("unsafe_probability", Float, comment="0 to 1; null: not judged"),
    words_column("unsafe_reasons", "separated by comma; empty: safe"),
    words_column("subjects", "JSON: [[name, probability], …], likeliest first"),
    words_column("breeds", "JSON: [[ImageNet class, probability], …], likeliest first"),
    Column("classified_at", Time, comment="null: not yet"),
    words_column("model", "which models said so"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index(None, "classified_at"),
)

image_vectors = Table(
    "image_vectors",
    metadata,
    # Apart from the pictures' own table, and in order of writing, so that a process reads what
    # others added by asking for what comes after the last number it knows.
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False, unique=True),
    Column("code", LargeBinary, nullable=False, comment="the compact form kept in memory"),
    sqlite_autoincrement=True,
)

vector_details = Table(
    "vector_details",
    metadata,
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("model", String, nullable=False),
    Column("vector", LargeBinary, nullable=False, comment="float16, little endian, of length 1"),
)
