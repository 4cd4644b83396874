"""Accounts: log in and out, sign up, API tokens."""

import base64
import binascii

from menagerie.core import accounts, credentials, keys
from menagerie.dialects.imagemonkey import shapes, site
from menagerie.errors import Invalid, SecondFactorNeeded, Unauthenticated
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import SECOND, Library

TAKEN = "has already been taken"


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about accounts."""
    return (
        Operation(
            "POST",
            site.paths(library, "/v1/login"),
            _log_in,
            Runs.EXECUTOR,
            summary="Begin a session, with HTTP Basic credentials.",
            outcomes=(Outcome(200, "Its token.", shapes.TokenShape), *site.WRITES),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/logout"),
            _log_out,
            Runs.EXECUTOR,
            summary="End the session of the bearer token.",
            outcomes=(site.NOTHING, *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/signup"),
            _sign_up,
            Runs.EXECUTOR,
            summary="Make an account.",
            parameters=(
                Parameter("username", "Letters and digits.", "form"),
                Parameter("email", "Address for mails; may be empty.", "form"),
                Parameter("password", "Password.", "form"),
            ),
            outcomes=(Outcome(201, "Made; null.", type(None)), site.CONFLICT, *site.WRITES),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/user/{username:str}/api-token"),
            _issue,
            Runs.EXECUTOR,
            summary="Make an API token; it is shown only now.",
            parameters=(site.USERNAME, Parameter("description", "What it is for.", "form")),
            outcomes=(Outcome(201, "The token.", shapes.ApiTokenShape), *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/user/{username:str}/api-token/{token:str}/revoke"),
            _revoke,
            Runs.EXECUTOR,
            summary="Revoke an own API token.",
            parameters=(site.USERNAME, Parameter("token", "The token.", "path")),
            outcomes=(site.NOTHING, *site.WRITES),
            needs_key=True,
        ),
    )


def _log_in(call: Call) -> Answer:
    """POST /v1/login."""
    name, password = _basic(call.headers.get("authorization", ""))
    call.limit_logins()
    try:
        begun = accounts.log_in(
            call.library,
            name,
            password,
            address=call.address,
            user_agent=call.headers.get("user-agent", ""),
        )
    except SecondFactorNeeded:
        # Clients of this API have no field for a code.
        raise Unauthenticated(
            "This account asks for a code at log-in. Log in on the web, and make an API token."
        ) from None
    return answers.json(shapes.TokenShape(begun.token))


def _basic(header: str) -> tuple[str, str]:
    """Return name and password of HTTP Basic credentials; raises Invalid for anything else."""
    scheme, _, encoded = header.strip().partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (ValueError, binascii.Error):
        decoded = ""
    name, colon, password = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise Invalid({"authorization": ["must be HTTP Basic credentials"]})
    return name, password


def _log_out(call: Call) -> Answer:
    """POST /v1/logout."""
    site.signed_in(call)
    with call.writing() as tx:
        accounts.log_out(tx)
    return site.null()


def _sign_up(call: Call) -> Answer:
    """POST /v1/signup."""
    call.limit_logins()
    sent = site.sent_fields(call, "username")
    name, email = as_text(sent.get("username")), as_text(sent.get("email"))
    if not name.isalnum():
        raise Invalid({"username": ["must be letters and digits"]})
    with call.reading() as tx:
        if email and accounts.is_address_known(tx, email):
            return _taken(call)
    try:
        accounts.sign_up(
            call.library,
            call.actor,
            name=name,
            password=as_text(sent.get("password")),
            email=email or None,
        )
    except Invalid as error:
        if TAKEN in error.fields.get("name", ()):
            return _taken(call)
        raise site.renamed(error, {"name": "username"}) from error
    return site.null(201)


def _taken(call: Call) -> Answer:
    return site.error(call, 409, "conflict", "This name or address has already been taken.")


def _issue(call: Call) -> Answer:
    """POST /v1/user/:username/api-token."""
    site.own_name(call)
    sent = site.sent_fields(call, "description", may_be_empty=True)
    description = as_text(sent.get("description")).strip()
    with call.writing() as tx:
        token = keys.add(tx, description or "API token")
        issued_at = tx.now // SECOND
    return answers.json(shapes.ApiTokenShape(issued_at, token, description, revoked=False), 201)


def _revoke(call: Call) -> Answer:
    """POST /v1/user/:username/api-token/:token/revoke."""
    site.own_name(call)
    with call.writing() as tx:
        found = credentials.actor_for_key(tx, call.text("token"))
        if found is None or found.key_id is None or found.account_id != call.actor.account_id:
            return site.error(call, 400, "unknown_token", "You have no such token.")
        keys.revoke(tx, found.key_id)
    return site.null()
