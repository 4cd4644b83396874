"""What there is and how it grew, in numbers and plots."""

from menagerie.core import crowd_statistics, find
from menagerie.http.answers import Answer
from menagerie.web import plots
from menagerie.web.texts import marked
from menagerie.web.visit import Visit, find_tags

DAYS = 60
_MOST_TAGS = 20
FORMATS = ("png", "jpg", "gif", "svg", "webm", "webp", "avif")


def page(visit: Visit) -> Answer:
    """Show how much there is of everything that everybody finds, and when it came."""
    with visit.reading() as tx:
        totals = crowd_statistics.totals(tx)
        grown = crowd_statistics.growth(tx)
        live = tx.version.live
        formats = [
            (name, len(find.bitmap(tx, find.parse(tx, f"original_format:{name}")) & live))
            for name in FORMATS
        ]
        facts = [
            (marked("Pictures"), totals.image_count, "/search?q=*"),
            (marked("Comments"), crowd_statistics.total_of(tx, "comment_count"), "/comments"),
            (marked("Faves"), crowd_statistics.total_of(tx, "faves"), ""),
            (marked("Words on pictures"), totals.label_count, "/vocabulary"),
            (marked("Judgements"), totals.verdict_count, "/validate"),
            (marked("Outlines"), totals.annotation_count, ""),
        ]
        drawn = [
            (marked("Pictures by day"), plots.bars(crowd_statistics.donations(tx, days=DAYS))),
            (marked("Pictures in all"), plots.line(grown.donations)),
            (marked("Judgements by day"), plots.bars(crowd_statistics.verdicts(tx, days=DAYS))),
            (marked("Judgements in all"), plots.line(grown.verdicts)),
        ]
        tag_ids = find.tags(tx, "*", page=1, per_page=_MOST_TAGS).ids
        used = sorted(find_tags(tx, tag_ids), key=lambda tag: -tag.image_count)
    return visit.page(
        "statistics.html",
        facts=facts,
        plots=drawn,
        formats=[one for one in formats if one[1]],
        tags=used,
    )
