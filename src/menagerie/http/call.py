"""One request: parameters from anywhere, credentials, the client's address, our public URL."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import cast

from litestar.types import Scope

from menagerie.core import voters
from menagerie.errors import Invalid, NotFound
from menagerie.http.limits import Body, Buckets, Spooled
from menagerie.http.parameters import (
    Tree,
    as_text,
    as_texts,
    identifier,
    parse_pairs,
    refuse_nul,
    tree,
)
from menagerie.library import ANONYMOUS, Actor, Library, Tx
from menagerie.once import once

SESSION_COOKIE = "menagerie_session"
"""The cookie of somebody who logged in on the web; files accept it too."""


class WrongMethod(Exception):  # noqa: N818
    """The path exists, but not for this method; `allowed` lists the ones it has."""

    def __init__(self, allowed: str) -> None:
        super().__init__(allowed)
        self.allowed = allowed


class Call:
    """One request to `library`, as handlers read it.

    `params` has what query, body and path say, in this order of precedence from low to high.
    """

    def __init__(
        self,
        library: Library,
        scope: Scope,
        *,
        identify: Callable[["Call"], Actor],
        body: Body | None = None,
    ) -> None:
        self.library = library
        self.scope = scope
        self.body = body
        self._identify = identify

    @property
    def method(self) -> str:
        """The method, in capitals; HEAD stays HEAD."""
        return str(self.scope.get("method", "GET"))

    @property
    def path(self) -> str:
        """The path, decoded and without doubled slashes."""
        return self.scope["path"]

    @property
    def request_id(self) -> str:
        """The id of this request in logs and in the `X-Request-Id` header."""
        return str(self.scope["state"].get("request_id", ""))

    @once
    def headers(self) -> dict[str, str]:
        """Every header by its name in lower case; of repeated ones the first.

        Of `X-Forwarded-For` all, since some proxies add theirs as a line behind the client's own.
        """
        found: dict[str, str] = {}
        for raw_name, raw_value in self.scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            if name == "x-forwarded-for" and name in found:
                found[name] += f", {value}"
            else:
                found.setdefault(name, value)
        return found

    @once
    def cookies(self) -> dict[str, str]:
        """The cookies the client sent."""
        try:
            jar = SimpleCookie(self.headers.get("cookie", ""))
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in jar.items()}

    @once
    def query(self) -> Tree:
        """The parameters of the query alone. Raises Malformed."""
        return tree(parse_pairs(self.scope["query_string"]))

    @once
    def form(self) -> Tree:
        """The parameters of the body alone. Raises Malformed."""
        if self.body is None:
            return {}
        if isinstance(self.body.json, dict):
            refuse_nul(self.body.json)
            return self.body.json
        return tree(self.body.fields)

    @once
    def params(self) -> Tree:
        """All parameters: the body's win over the query's, the path's over both.

        Raises NotFound for a NUL byte in the path, since nothing is called so.
        """
        path_params = cast("Mapping[str, str]", self.scope["path_params"])
        if self.body is None and not path_params:
            return self.query
        if any("\0" in text for text in path_params.values()):
            raise NotFound
        return {**self.query, **self.form, **path_params}

    def text(self, name: str, default: str = "") -> str:
        """Return parameter `name` as text; `default` when it is missing or is no plain value."""
        return as_text(self.params.get(name), default)

    def texts(self, name: str) -> list[str]:
        """Return parameter `name` as a list of texts, whether sent as list, map or plain value."""
        return as_texts(self.params.get(name))

    def mapping(self, name: str) -> Tree:
        """Return parameter `name` when it is a map, else an empty one."""
        value = self.params.get(name)
        return value if isinstance(value, dict) else {}

    def path_id(self, name: str = "id") -> int:
        """Return the id in the path. Raises NotFound for anything but a plain int64 number."""
        return identifier(self.scope["path_params"].get(name, ""))

    def file(self, *names: str) -> Spooled | None:
        """Return the first file sent under one of `names`."""
        return next((file for name in names for file in self.files(name)), None)

    def files(self, name: str) -> list[Spooled]:
        """Return every file sent under `name`, in the order they came."""
        sent = self.body.files if self.body is not None else []
        return [file for key, file in sent if key == name]

    @once
    def actor(self) -> Actor:
        """Whoever calls, by the credentials this door takes. Raises what judging them raises."""
        return self._identify(self)

    @once
    def address(self) -> str:
        """The client's address, behind trusted proxies the one they report."""
        return client_address(self.scope, self.headers, self._trusted)

    @once
    def base_url(self) -> str:
        """Where the library is reached, without a slash at the end."""
        configured = self.library.settings.public_url
        return configured.rstrip("/") or requested_base(self.scope, self.headers, self._trusted)

    def limit_logins(self) -> None:
        """Count an attempt to prove who one is, by network. Raises RateLimited after too many."""
        self._take("login buckets", self.library.settings.login_rate)

    def limit_crowd(self) -> None:
        """Count what somebody without an account adds, by network; raises RateLimited."""
        if not self.actor.is_signed_in:
            self._take("crowd buckets", self.library.settings.crowd_rate)

    def _take(self, name: str, per_minute: int) -> None:
        library = self.library
        buckets = library.caches.get(name)
        if buckets is None:
            fresh = Buckets(per_minute, clock=lambda: library.clock.now() / 1e6)
            buckets = library.caches.setdefault(name, fresh)
        buckets.take(voters.network(self.address))

    @property
    def _trusted(self) -> "tuple[Network, ...]":
        return trusted_networks(self.library.settings.trusted_proxies)

    def reading(self, actor: Actor | None = None) -> AbstractContextManager[Tx]:
        """Open a reading transaction of the caller."""
        return self.library.reading(actor or self.actor)

    def writing(self, actor: Actor | None = None) -> AbstractContextManager[Tx]:
        """Open a writing transaction of the caller."""
        return self.library.writing(actor or self.actor)


def anonymous(_call: Call) -> Actor:
    """Take everybody for a visitor, as doors without credentials do."""
    return ANONYMOUS


Network = IPv4Network | IPv6Network
_networks: dict[str, tuple[Network, ...]] = {}


def trusted_networks(setting: str) -> tuple[Network, ...]:
    """Return the networks named by the `trusted_proxies` setting. Raises Invalid for a wrong one.

    >>> [str(network) for network in trusted_networks("127.0.0.1, 10.0.0.0/8")]
    ['127.0.0.1/32', '10.0.0.0/8']
    """
    if setting not in _networks:
        try:
            words = [word.strip() for word in setting.split(",") if word.strip()]
            _networks[setting] = tuple(ip_network(word, strict=False) for word in words)
        except ValueError as error:
            raise Invalid({"trusted_proxies": [str(error)]}) from error
    return _networks[setting]


def is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    """Tell whether `address` is one of ours in front."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def client_address(scope: Scope, headers: Mapping[str, str], trusted: tuple[Network, ...]) -> str:
    """Return the nearest address that is no trusted proxy's, the farthest if all are."""
    client = scope.get("client")
    address = client[0] if client else ""
    hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    while hops and is_trusted(address, trusted):
        address = hops.pop()
    return address


def requested_base(scope: Scope, headers: Mapping[str, str], trusted: tuple[Network, ...]) -> str:
    """Return the scheme and host the client asked for, through trusted proxies only."""
    client, server = scope.get("client"), scope.get("server")
    return _requested_base(
        scope.get("scheme", "http"),
        headers.get("host", ""),
        client[0] if client else None,
        headers.get("x-forwarded-proto"),
        headers.get("x-forwarded-host"),
        f"{server[0]}:{server[1]}" if server else "localhost",
        trusted,
    )


@lru_cache(1024)
def _requested_base(  # noqa: PLR0917  # the key of the cache
    scheme: str,
    host: str,
    client: str | None,
    forwarded_scheme: str | None,
    forwarded_host: str | None,
    fallback: str,
    trusted: tuple[Network, ...],
) -> str:
    if client and is_trusted(client, trusted):
        scheme = (forwarded_scheme or scheme).split(",")[0].strip()
        host = (forwarded_host or host).split(",")[0].strip()
    if not re.fullmatch(r"[A-Za-z0-9.:\[\]_-]+", host):
        host = fallback
    return f"{'https' if scheme == 'https' else 'http'}://{host}"
