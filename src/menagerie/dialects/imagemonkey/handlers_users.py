"""Accounts as others see them: what they did, what they may do, and a picture of them."""

from menagerie.core import accounts, contributions
from menagerie.core.contributions import Work
from menagerie.dialects.imagemonkey import drawings, site
from menagerie.dialects.imagemonkey import shapes_crowd as shapes
from menagerie.errors import NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import leading_integer
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Actor, Library

_MOST_PX = 1024


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about other accounts."""
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/user/{username:str}/profile"),
            _profile,
            Runs.EXECUTOR,
            summary="What an account did, beside what all did; its owner also what it may do.",
            parameters=(site.USERNAME,),
            outcomes=(Outcome(200, "The account.", shapes.ProfileShape), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/user/{username:str}/profile/avatar"),
            _avatar,
            Runs.EXECUTOR,
            summary="A picture of an account, drawn from its name.",
            parameters=(
                site.USERNAME,
                Parameter("width", "Width in px, 128 when missing.", example="64"),
                Parameter("height", "Height in px, 128 when missing."),
            ),
            outcomes=(Outcome(200, "The drawing.", media_type=drawings.SVG), *site.READS),
        ),
    )


def _profile(call: Call) -> Answer:
    """GET /v1/user/:username/profile."""
    with call.reading() as tx:
        account = accounts.find_by_name(tx, call.text("username"))
        if account is None:
            raise NotFound
        everybody, own = contributions.total(tx), contributions.of_account(tx, account.id)
    profile = shapes.ProfileShape(shapes.WorkOfShape(total=_work(everybody), user=_work(own)))
    if call.actor.account_id == account.id:
        profile.permissions = _permissions(call.actor)
    return answers.json(profile)


def _work(done: Work) -> shapes.WorkShape:
    return shapes.WorkShape(validations=done.verdict_count, annotations=done.annotation_count)


def _permissions(actor: Actor) -> shapes.PermissionsShape:
    return shapes.PermissionsShape(
        can_remove_label=actor.is_moderator,
        can_unlock_image_description=actor.is_moderator,
        can_unlock_image=actor.is_moderator,
        can_monitor_system=actor.is_admin,
        can_accept_trending_label=actor.is_moderator,
        can_access_pg_stat=False,
    )


def _avatar(call: Call) -> Answer:
    """GET /v1/user/:username/profile/avatar."""
    with call.reading() as tx:
        account = accounts.find_by_name(tx, call.text("username"))
    if account is None:
        raise NotFound
    letters = "".join(word[0] for word in account.name.split()).upper()
    width, height = _length(call, "width"), _length(call, "height")
    return drawings.badge(letters, account.name, width=width, height=height)


def _length(call: Call, name: str) -> int:
    """Return a length in px; what is no number is passed over."""
    return max(1, min(leading_integer(call.text(name)) or 128, _MOST_PX))
