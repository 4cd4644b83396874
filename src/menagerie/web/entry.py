"""Uploading, and the forms at the door: log in, log out, register, set a new password."""

from menagerie.core import accounts, credentials, images, intake, visibility
from menagerie.core.visibility import State
from menagerie.errors import Conflict, Forbidden, Invalid, SecondFactorNeeded, Unauthenticated
from menagerie.http.answers import Answer
from menagerie.library import SECOND
from menagerie.storage.schema import Audience
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit, own_address, read_lines

_SHOWN_AT_UPLOAD = ("image", "size", "url", "tags", "sources", "description")


# Uploading.


def upload_page(visit: Visit) -> Answer:
    """Show the form for a new image."""
    if not visit.actor.is_signed_in:
        raise Unauthenticated
    return _upload_page(visit, Form({"tags": visit.call.text("tags")}), 200)


def _upload_page(visit: Visit, form: Form, status: int, existing: int | None = None) -> Answer:
    settings = visit.library.settings
    return visit.page(
        "upload.html",
        status,
        form=form,
        existing=existing,
        limit=settings.upload_limit,
        minimum=settings.minimum_tags,
    )


def upload(visit: Visit) -> Answer:
    """Take a new image, from a file or an address."""
    file = visit.call.file("image")
    has_file = file is not None and (file.size_bytes > 0 or bool(file.name))
    wanted = intake.Upload(
        path=file.path if file is not None and has_file else None,
        url="" if has_file else visit.form("url").strip(),
        name=file.name if file is not None and has_file else "",
        tags=visit.form("tags").replace("\n", ","),
        sources=read_lines(visit.form("sources")),
        description=visit.form("description"),
        is_anonymous=visit.form("is_anonymous") == "1",
        audience=Audience.PRIVATE if visit.form("is_private") == "1" else Audience.PUBLIC,
        enforce_board_rules=True,
    )
    try:
        _require_picture(wanted)
        prepared = intake.prepare(visit.library, visit.actor, wanted)
        with visit.writing() as tx:
            image_id = intake.admit(tx, prepared)
            state = visibility.state(images.get(tx, image_id))
    except Conflict as error:
        form = visit.sent(shown=_SHOWN_AT_UPLOAD)
        return _upload_page(visit, form, 409, existing=error.existing_id)
    except Invalid as error:
        return _upload_page(visit, visit.sent(shown=_SHOWN_AT_UPLOAD, error=_gathered(error)), 422)
    return visit.go(f"/images/{image_id}", "waiting" if state is State.PENDING else "uploaded")


def _require_picture(wanted: intake.Upload) -> None:
    if wanted.path is None and not wanted.url:
        raise Invalid({"image": [marked("Choose a file, or give the address of a picture.")]})


def _gathered(error: Invalid) -> Invalid:
    """Put what is wrong with the single source among what is wrong with the sources."""
    fields = dict(error.fields)
    if "source" in fields:
        fields["sources"] = [*fields.pop("source"), *fields.get("sources", [])]
    return Invalid(fields)


# At the door.


def login_page(visit: Visit) -> Answer:
    """Show the form to log in."""
    return _login_page(visit, Form(), own_address(visit.call.text("then", "/")), 200)


def _login_page(
    visit: Visit, form: Form, then: str, status: int, *, needs_code: bool = False
) -> Answer:
    registration = visit.library.settings.registration
    return visit.page(
        "login.html",
        status,
        form=form,
        then=then,
        registration=registration,
        needs_code=needs_code,
    )


def log_in(visit: Visit) -> Answer:
    """Open a session for a name and its password, and a code where the account asks for one."""
    then = own_address(visit.form("then") or "/")
    visit.call.limit_logins()
    name, code = visit.form("name"), visit.form("code")
    try:
        _open_session(visit, name, visit.form("password"), code)
    except SecondFactorNeeded as error:
        # The password is typed again beside the code, so that no page and no cookie holds it.
        form = Form({"name": name}, {"code": [error.message]} if code else {}, ("code",))
        return _login_page(visit, form, then, 422, needs_code=True)
    except (Unauthenticated, Invalid) as error:
        form = Form({"name": name}, {"password": [error.message]}, ("password",))
        return _login_page(visit, form, then, 422, needs_code=bool(code))
    return visit.go(then, "welcome")


def _open_session(visit: Visit, name: str, password: str, code: str = "") -> None:
    begun = accounts.log_in(
        visit.library,
        name,
        password,
        code=code,
        address=visit.call.address,
        user_agent=visit.call.headers.get("user-agent", ""),
    )
    visit.begin_session(begun.token, credentials.SESSION_LIFETIME // SECOND)


def log_out(visit: Visit) -> Answer:
    """Close the session."""
    if visit.actor.session_id is not None:
        with visit.writing() as tx:
            accounts.log_out(tx)
    visit.end_session()
    return visit.go("/", "left")


def register_page(visit: Visit) -> Answer:
    """Show the form for a new account."""
    return _register_page(visit, Form({"invitation": visit.call.text("invitation")}), 200)


def _register_page(visit: Visit, form: Form, status: int) -> Answer:
    registration = visit.library.settings.registration
    return visit.page("register.html", status, form=form, registration=registration)


def register(visit: Visit) -> Answer:
    """Make an account, log it in, and show its recovery code this once."""
    # Before the account is there: whoever has to wait must not miss the recovery code.
    visit.call.limit_logins()
    name, password = visit.form("name"), visit.form("password")
    try:
        made, recovery_code = accounts.sign_up(
            visit.library,
            visit.actor,
            name=name,
            password=password,
            invitation=visit.form("invitation") or None,
        )
    except Invalid as error:
        form = visit.sent(shown=["name", "password", "invitation"], error=error)
        return _register_page(visit, form, 422)
    _open_session(visit, made.name, password)
    return visit.secret_page(
        heading=marked("Your recovery code"),
        text=marked("If you forget your password, this code lets you set a new one."),
        secret=recovery_code,
        onward="/",
    )


def reset_page(visit: Visit) -> Answer:
    """Show the form to set a new password without the old one."""
    return _reset_page(visit, Form(), visit.call.text("token"), 200)


def _reset_page(visit: Visit, form: Form, token: str, status: int) -> Answer:
    has_mail = bool(visit.library.settings.mail_url)
    return visit.page("reset.html", status, form=form, token=token, has_mail=has_mail)


def reset(visit: Visit) -> Answer:
    """Set a new password with a recovery code, or with the token of a mail."""
    visit.call.limit_logins()
    token = visit.form("token")
    try:
        if token:
            accounts.complete_reset(visit.library, token, visit.form("password"))
            return visit.go("/login", "password")
        code = accounts.reset_by_code(
            visit.library, visit.form("name"), visit.form("code"), visit.form("password")
        )
    except (Unauthenticated, Forbidden) as error:
        form = visit.sent(shown=["code"], error=Invalid({"code": [error.message]}))
        return _reset_page(visit, form, token, 422)
    except Invalid as error:
        form = visit.sent(shown=["name", "code", "password"], error=error)
        return _reset_page(visit, form, token, 422)
    return visit.secret_page(
        heading=marked("Your new recovery code"),
        text=marked("Your password is changed. The old code no longer works; this one does."),
        secret=code,
        onward="/login",
    )


def request_reset(visit: Visit) -> Answer:
    """Mail a link for a new password, if an account has the address; say the same if not."""
    visit.call.limit_logins()
    with visit.writing() as tx:
        accounts.request_reset(tx, visit.form("email"))
    return visit.go("/login", "mailed")
