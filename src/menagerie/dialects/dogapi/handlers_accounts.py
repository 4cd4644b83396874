"""What an account may do, and what it has done for whom."""

from datetime import UTC, datetime, timedelta

from menagerie.core import short_ids
from menagerie.core.apps import quotas, usage
from menagerie.dialects.dogapi import shapes_apps, site
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import whole_number
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import SECOND, Library

_MOST_SUB_IDS = 1000


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about accounts."""
    return (
        Operation(
            "GET",
            site.paths(library, "/accounts/features"),
            _features,
            Runs.EXECUTOR,
            summary="Get enabled feature flags for the current account",
            outcomes=(Outcome(200, "Their names.", list[str]), *site.READS),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/accounts/quota"),
            _quota,
            Runs.EXECUTOR,
            summary="Get current upload quota usage and remaining limit",
            outcomes=(Outcome(200, "The quota.", shapes_apps.QuotaShape), *site.READS),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/accounts/{account_id:str}/overview"),
            _overview,
            Runs.EXECUTOR,
            summary="Get account overview stats (Admin only)",
            parameters=(Parameter("account_id", "Id of the account.", "path", "a1B2c3"),),
            outcomes=(Outcome(200, "What it has.", shapes_apps.OverviewShape), *site.READS),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/sub-ids"),
            _sub_ids,
            Runs.EXECUTOR,
            summary="Get detailed list of sub_ids used in the account along with counts"
            " representing usage activity",
            parameters=(
                site.LIMIT,
                site.PAGE,
                Parameter("start_date", "Only what was done from then on, as ISO 8601."),
                Parameter("end_date", "Only what was done until then; a date includes the day."),
            ),
            outcomes=(
                Outcome(200, "The busiest first.", list[shapes_apps.SubIdShape]),
                *site.READS,
            ),
            needs_key=True,
        ),
    )


def _features(call: Call) -> Answer:
    """GET /accounts/features."""
    site.require_key(call)
    with call.reading() as tx:
        return answers.json(quotas.features(tx))


def _quota(call: Call) -> Answer:
    """GET /accounts/quota."""
    site.require_key(call)
    with call.reading() as tx:
        return answers.json(shapes_apps.quota(quotas.quota(tx)))


def _overview(call: Call) -> Answer:
    """GET /accounts/{accountId}/overview; the id is the public one, or the number staff know."""
    site.require_key(call)
    sent = call.text("account_id")
    account_id = short_ids.account_id(call.library, sent) or whole_number(sent)
    with call.reading() as tx:
        seen = usage.overview(tx, account_id or 0)
    code = short_ids.account_code(call.library, seen.account_id)
    return answers.json(shapes_apps.overview(seen, code))


def _sub_ids(call: Call) -> Answer:
    """GET /sub-ids."""
    site.require_key(call)
    paging = site.page_of(call, limit_default=_MOST_SUB_IDS, limit_max=_MOST_SUB_IDS)
    since, until = _moment(call, "start_date"), _moment(call, "end_date", is_end=True)
    with call.reading() as tx:
        found, total = usage.by_person(
            tx, since=since, until=until, limit=paging.limit, offset=paging.offset
        )
    return site.paged([shapes_apps.sub_id(one) for one in found], total, paging)


def _moment(call: Call, name: str, *, is_end: bool = False) -> int | None:
    """Return a time in microseconds UTC; a bare date as an end means the end of that day."""
    text = site.text_of(call, name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if is_end and len(text) <= len("2026-01-01"):
            moment += timedelta(days=1, microseconds=-1)
        return round(moment.timestamp() * SECOND)
    except (ValueError, OverflowError) as error:
        raise Invalid({name: ["must be an ISO 8601 date or time"]}) from error
