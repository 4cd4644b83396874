"""One request by a person: who they are, what every page needs, and the forms they send back."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from menagerie.core import filters, notices, tags
from menagerie.core.people import messages, news, preferences
from menagerie.core.people.preferences import Theme
from menagerie.core.staff import queue
from menagerie.errors import Forbidden, Invalid
from menagerie.http import answers, sessions
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text, leading_integer
from menagerie.library import Actor, Library, Tx
from menagerie.web import languages, packing, render, texts

SESSION = "menagerie_session"
GUEST = "menagerie_guest"
NOTICE = "menagerie_notice"
VIEW = "menagerie_view"
THEME = "menagerie_theme"
LANGUAGE = "menagerie_language"
ENDLESS = "menagerie_endless"
AWAY = "menagerie_notices_away"
CSRF_FIELD = "_csrf"
YEAR_S = 365 * 24 * 3600
MOST_PER_PAGE, PER_PAGE = 100, 40
# A page is one visitor's: theirs by cookie, language and what their browser unpacks.
_KEPT = (
    ("cache-control", "private, no-cache"),
    ("vary", "accept-encoding, accept-language, cookie, hx-request"),
)


class StaleForm(Forbidden):
    """A form came without the token of this visit: a foreign page sent it, or it is too old."""

    code = "stale_form"

    def __init__(self) -> None:
        super().__init__(
            texts.marked("This form is too old. Go back, load the page again and try once more.")
        )


class Form(msgspec.Struct):
    """What somebody typed, and what is wrong with it, by field.

    `shown` are the fields whose problems stand beside them; others go above the form.
    """

    values: Mapping[str, object] = {}
    errors: Mapping[str, Sequence[str]] = {}
    shown: tuple[str, ...] = ()

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        return as_text(self.values.get(name))


class _Frame(NamedTuple):
    """What the database says of the frame around a page."""

    filter: filters.Filter
    notices: list[notices.Notice]
    unread_messages: int


class Visit:
    """One request to the web face; templates see it as `visit`."""

    views = texts.VIEWS
    languages = tuple((code, texts.LANGUAGE_NAMES[code]) for code in texts.LANGUAGES)
    themes = texts.THEMES
    categories = texts.CATEGORIES

    def __init__(self, call: Call) -> None:
        self.call = call
        self.library: Library = call.library
        self.nonce = secrets.token_urlsafe(12)
        self._cookies: list[str] = []

    # What the templates ask.

    @cached_property
    def language(self) -> str:
        """The language of the page: what was chosen, else what the browser asks for."""
        for chosen in (self.preferences.language, self.kept(LANGUAGE)):
            if chosen in texts.LANGUAGES:
                return chosen
        return languages.best(self.call.headers.get("accept-language", ""))

    @property
    def theme(self) -> str:
        """Whether pages are light or dark; `auto` follows the system."""
        chosen = self.preferences.theme.value
        kept = self.kept(THEME) if chosen == Theme.AUTO else chosen
        return kept if kept in dict(texts.THEMES) else "auto"

    @property
    def is_endless(self) -> bool:
        """Whether rows of pictures go on when one reaches their end."""
        return self.preferences.is_endless or self.kept(ENDLESS) == "1"

    @cached_property
    def preferences(self) -> preferences.Preferences:
        """What the account prefers; for a visitor, nothing. Cookies say what it leaves open."""
        if not self.actor.is_signed_in:
            return preferences.DEFAULT
        with self.reading() as tx:
            return preferences.get(tx)

    @property
    def is_swap(self) -> bool:
        """Whether a script asks for a part of the page only, to put it in place."""
        return self.call.headers.get("hx-request") == "true"

    @property
    def actor(self) -> Actor:
        """Whoever looks."""
        return self.call.actor

    @property
    def site_name(self) -> str:
        """The name shown to people."""
        return self.library.settings.site_name

    @property
    def base(self) -> str:
        """Where the library is reached."""
        return self.call.base_url

    @property
    def now(self) -> int:
        """Now, in microseconds UTC."""
        return self.library.clock.now()

    @cached_property
    def query(self) -> str:
        """The search the visit is about, as typed."""
        return as_text(self.call.query.get("q"))

    @cached_property
    def here(self) -> str:
        """The address of this page, to come back to; the front page for a form's answer."""
        if self.call.method not in {"GET", "HEAD"}:
            return "/"
        query = self.call.scope["query_string"].decode("latin-1")
        path = render.segment(self.call.path[1:]).replace("%2F", "/")
        return f"/{path}?{query}" if query else f"/{path}"

    @cached_property
    def notice(self) -> str:
        """What the page says once about the form just taken, empty for nothing."""
        code = self.call.cookies.get(NOTICE, "")
        if code:
            self._set_cookie(NOTICE, "", 0)
        return texts.NOTICES.get(code, "")

    @cached_property
    def site_notices(self) -> list[notices.Notice]:
        """What staff tell every visitor now, but for what this browser has put away."""
        return [one for one in self._frame.notices if one.id not in self.notices_away]

    @cached_property
    def notices_away(self) -> frozenset[int]:
        """The numbers of the notices that this browser has put away."""
        kept = self.kept(AWAY).split(".")
        return frozenset(int(n) for n in kept if n.isascii() and n.isdecimal() and len(n) < 16)

    @cached_property
    def filter_name(self) -> str:
        """The name of the filter in force."""
        return self.filter.name

    @property
    def filter(self) -> filters.Filter:
        """The filter in force: the account's own choice, else the system's Default."""
        return self._frame.filter

    @property
    def profile_href(self) -> str:
        """The address of one's own page."""
        return f"/profiles/{render.segment(tags.slug_of(self.actor.name))}"

    @cached_property
    def unread_news(self) -> int:
        """How many things the visitor has unread news of; one statement for each page."""
        with self.reading() as tx:
            count: int = news.unread_count(tx)
        return count

    @property
    def unread_messages(self) -> int:
        """How many conversations have letters that the visitor has not read."""
        return self._frame.unread_messages

    @cached_property
    def _frame(self) -> "_Frame":
        """What stands around every page; in one transaction, since opening one costs, too."""
        with self.reading() as tx:
            return _Frame(filters.effective(tx), notices.in_force(tx), messages.unread_count(tx))

    @cached_property
    def queue_count(self) -> int:
        """How much waits for a decision of moderators; one statement, and for them only."""
        if not self.actor.is_moderator:
            return 0
        with self.reading() as tx:
            return sum(queue.counts(tx).values())

    @cached_property
    def csrf(self) -> str:
        """The token that every form of this visit carries, written differently each time."""
        return sessions.new_token(self.library, self._visitor)

    @cached_property
    def _visitor(self) -> str:
        """The secret that forms are bound to: the session's, or one for a guest."""
        session = self.call.cookies.get(SESSION, "")
        if self.actor.is_signed_in and session:
            return session
        guest = self.call.cookies.get(GUEST, "")
        if not 16 <= len(guest) <= 64:
            guest = secrets.token_urlsafe(18)
            self._set_cookie(GUEST, guest, None)
        return guest

    # What handlers ask.

    def reading(self) -> Any:
        """Open a reading transaction of the visitor."""
        return self.call.reading()

    def writing(self) -> Any:
        """Open a writing transaction of the visitor."""
        return self.call.writing()

    def kept(self, name: str) -> str:
        """Return what `keep` left with the visitor under a name; empty for nothing."""
        return self.call.cookies.get(name, "")

    def keep(self, name: str, text: str, seconds: int | None = None) -> None:
        """Leave a short text with the visitor, until the browser is closed or for some time."""
        self._set_cookie(name, text, seconds)

    def form(self, name: str) -> str:
        """Return a field of the form that was sent."""
        return as_text(self.call.form.get(name)).replace("\r\n", "\n")

    def sent(self, *, shown: Sequence[str] = (), error: Invalid | None = None) -> Form:
        """Return the form as it was sent, for showing it again with what is wrong."""
        fields = error.fields if error is not None else {}
        values = {name: self.form(name) for name in self.call.form if name != CSRF_FIELD}
        return Form(values, fields, tuple(shown))

    def page_number(self) -> int:
        """Return the page asked for, from 1."""
        return max(1, min(leading_integer(self.call.text("page")) or 1, 10**9))

    @property
    def reads_html(self) -> bool:
        """Whether it is a browser that asks: a program says that it takes anything."""
        return "text/html" in self.call.headers.get("accept", "")

    def view(self) -> str:
        """Return how large pictures are to be shown; a choice in the address is remembered."""
        names = {name for name, _ in texts.VIEWS}
        asked = as_text(self.call.query.get("view"))
        if asked in names:
            self._set_cookie(VIEW, asked, YEAR_S)
            return asked
        kept = self.preferences.view or self.call.cookies.get(VIEW, "")
        return kept if kept in names else "medium"

    def check_csrf(self) -> None:
        """Raise StaleForm unless the form carries the token of this visit."""
        sent = as_text(self.call.form.get(CSRF_FIELD)) or self.call.headers.get(
            sessions.CSRF_HEADER, ""
        )
        if not sessions.is_token(self.library, self._visitor, sent):
            raise StaleForm

    # Answers.

    def page(self, template: str, status: int = 200, **context: object) -> Answer:
        """Render a template as the answer."""
        html = render.page(template, self.language, {"visit": self, **context})
        answer = answers.html(html, status, headers=_KEPT)
        answer.add("content-security-policy", _policy(self.library, self.nonce))
        return packing.packed(self.call, self._with_cookies(answer))

    def secret_page(self, *, heading: str, text: str, secret: str, onward: str) -> Answer:
        """Show what can be read this once, so that the way back in the browser has it no more."""
        answer = self.page("secret.html", heading=heading, text=text, secret=secret, onward=onward)
        answer.headers = [pair for pair in answer.headers if pair[0] != b"cache-control"]
        return answer.add("cache-control", "private, no-store")

    def go(self, address: str, notice: str = "") -> Answer:
        """Send the visitor to one of our own pages, which says `notice` (a code) once."""
        if notice:
            self._set_cookie(NOTICE, notice, 60)
        return self._with_cookies(answers.redirect(own_address(address)))

    def begin_session(self, token: str, seconds: int) -> None:
        """Give the visitor the cookie of a session that was just opened."""
        self._set_cookie(SESSION, token, seconds)

    def end_session(self) -> None:
        """Take the cookie of the session away."""
        self._set_cookie(SESSION, "", 0)

    def _set_cookie(self, name: str, value: str, seconds: int | None) -> None:
        secure = "; Secure" if self.base.startswith("https://") else ""
        age = "" if seconds is None else f"; Max-Age={seconds}"
        self._cookies.append(f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}")

    def _with_cookies(self, answer: Answer) -> Answer:
        for cookie in self._cookies:
            answer.add("set-cookie", cookie)
        return answer


def own_address(address: str) -> str:
    r"""Return `address` if it is a path of ours, else the front page; for where to go after a form.

    >>> own_address("/images/1?q=a"), own_address("//evil.example"), own_address("/\\evil.example")
    ('/images/1?q=a', '/', '/')
    """
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_ours and address.isascii() and address.isprintable() else "/"


def identify(call: Call) -> Actor:
    """Return who a session cookie stands for; a visitor without one, or with an old one.

    Visitors are told apart by the cookie of a guest, so that nobody is asked the same twice.
    """
    actor = sessions.actor_of(call)
    actor = actor or Actor(fingerprint=call.cookies.get(GUEST, "")[:64] or None)
    return msgspec.structs.replace(actor, address=call.address)


def _policy(library: Library, nonce: str) -> str:
    # Presigned addresses of an object store are on another host, which only it knows.
    files = " https: http:" if library.settings.files_redirect else ""
    return (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
        f"script-src 'self'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
        f"img-src 'self' blob:{files}; media-src 'self' blob:{files}"
    )


Handler = Callable[[Visit], Answer]


def reader(handler: Handler) -> Callable[[Call], Answer]:
    """Turn a page into what the router calls."""
    return lambda call: handler(Visit(call))


def writer(handler: Handler) -> Callable[[Call], Answer]:
    """Turn the taker of a form into what the router calls; the token is checked first."""

    def take(call: Call) -> Answer:
        visit = Visit(call)
        visit.check_csrf()
        return handler(visit)

    return take


def read_lines(text: str) -> list[str]:
    r"""Return the lines of a field, without blank ones.

    >>> read_lines(" a \n\nb")
    ['a', 'b']
    """
    return [line.strip() for line in text.splitlines() if line.strip()]


def find_tags(tx: Tx, ids: Sequence[int]) -> list[tags.Tag]:
    """Return tags as they are shown in a row, in display order."""
    found: list[tags.Tag] = list(tags.find_many(tx, ids))
    return sorted(found, key=tags.display_key)
