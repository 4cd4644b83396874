"""What is said about animals in other languages."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from menagerie.core.animals.keeping import kept
from menagerie.library import Tx
from menagerie.storage import schema

_CACHE = "animals: translations"
_Texts = Mapping[tuple[str, str], str]
ENGLISH = "en"


class Translator:
    """Texts in one language; where there is none, the English one that it is given."""

    def __init__(self, language: str, texts: _Texts) -> None:
        self.language = language
        self._texts = texts

    def text(self, subject: str, field: str, default: str) -> str:
        """Return a field of a subject such as `breed:115`, `text:a1B2…` or `group:Toy`."""
        return self._texts.get((subject, field), default)


PLAIN = Translator(ENGLISH, {})
"""Leaves everything in English."""


def normalise(language: str) -> str:
    """Return a language as two letters: `en` for `en-GB`.

    >>> normalise(" pt_BR ")
    'pt'
    """
    return language.strip().lower().replace("_", "-").partition("-")[0]


def translated(tx: Tx, language: str) -> Translator:
    """Return what translates into a language; into English if there is nothing in it."""
    asked = normalise(language)
    return _book(tx).get(asked, PLAIN) if asked not in {"", ENGLISH} else PLAIN


def languages(tx: Tx) -> list[str]:
    """Return the languages beside English that something is said in, sorted."""
    return sorted(_book(tx))


def _book(tx: Tx) -> Mapping[str, Translator]:
    return kept(tx, _CACHE, _read)


def _read(connection: Connection) -> dict[str, Translator]:
    row = schema.translations.c
    found: dict[str, dict[tuple[str, str], str]] = {}
    for subject, field, language, text in connection.execute(
        # An empty text is an operator's wish for the English one.
        select(row.subject, row.field, row.language, row.text).where(row.text != "")
    ):
        found.setdefault(language, {})[subject, field] = text
    return {language: Translator(language, texts) for language, texts in found.items()}
