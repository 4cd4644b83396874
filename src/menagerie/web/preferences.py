"""How pages look: language, light or dark, rows without end; kept in cookies and by the account."""

from typing import Any

from menagerie.core.people import preferences
from menagerie.http.answers import Answer
from menagerie.web import texts
from menagerie.web.visit import ENDLESS, LANGUAGE, THEME, YEAR_S, Visit

_CHOICES = {
    "language": (LANGUAGE, texts.LANGUAGES),
    "theme": (THEME, tuple(name for name, _ in texts.THEMES)),
    "endless": (ENDLESS, ("0", "1")),
}


def change(visit: Visit) -> Answer:
    """Keep what was chosen, of whatever the form names, and go back to where it was chosen."""
    chosen = {
        field: visit.form(field)
        for field, (_, allowed) in _CHOICES.items()
        if visit.form(field) in allowed
    }
    for field, value in chosen.items():
        visit.keep(_CHOICES[field][0], value, YEAR_S)
    values: dict[str, Any] = {name: v for name, v in chosen.items() if name != "endless"}
    if "endless" in chosen:
        values["is_endless"] = chosen["endless"] == "1"
    if values and visit.actor.is_signed_in:
        with visit.writing() as tx:
            preferences.change(tx, **values)
    return visit.go(visit.form("then") or "/")
