"""How pages look to one visitor: language, light or dark, rows without end; kept in cookies."""

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
    for field, (cookie, allowed) in _CHOICES.items():
        chosen = visit.form(field)
        if chosen in allowed:
            visit.keep(cookie, chosen, YEAR_S)
    return visit.go(visit.form("then") or "/")
