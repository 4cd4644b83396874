"""For administrators: how the library is, its jobs, its last check, and its settings."""

from menagerie.core import overview, rights
from menagerie.http.answers import Answer
from menagerie.settings import OPTIONS, shown
from menagerie.web.visit import Visit


def page(visit: Visit) -> Answer:
    """Show what the library holds, how much room that takes, and what its jobs do."""
    with visit.reading() as tx:
        found = overview.read(tx)
    return visit.page("admin.html", of=found)


def settings(visit: Visit) -> Answer:
    """Show every setting in force and where it came from; secrets are masked."""
    with visit.reading() as tx:
        rights.require_admin(tx)
    current = visit.library.settings
    rows = [(one, shown(one, current), current.sources.get(one.name, "")) for one in OPTIONS]
    return visit.page("admin_settings.html", rows=rows)


def retry(visit: Visit) -> Answer:
    """Try the jobs that were given up once more."""
    with visit.writing() as tx:
        overview.retry_jobs(tx)
    return visit.go("/admin", "retried")


def check(visit: Visit) -> Answer:
    """Check the library in the background."""
    with visit.writing() as tx:
        overview.ask_for_check(tx)
    return visit.go("/admin", "checking")
