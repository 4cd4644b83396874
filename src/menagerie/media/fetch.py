"""Downloading a picture from a URL that somebody typed, without being used against the network.

The host is resolved once, every address is judged, and the connection goes to the very address
that was judged, so that a name server cannot answer differently the second time.
"""

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

import msgspec

from menagerie.errors import Invalid, TooLarge

BROWSER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""Some hosts give pictures to browsers only."""

_NAME_CHARACTERS = 127
_PIECE_BYTES = 1 << 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_QUOTED_NAME = re.compile(r'filename="([^"]+)"')
# Shared address space of carriers, the wrappers that hide an IPv4 address in an IPv6 one, and the
# private networks of IPv6 as they were before 2004.
_REFUSED_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in ("100.64.0.0/10", "64:ff9b::/96", "64:ff9b:1::/48", "fec0::/10")
)


class Beginning(msgspec.Struct, frozen=True):
    """The first bytes of what is at `url`, where the redirects led; its declared type and charset.

    `charset` is empty when the server names none.
    """

    url: str
    media_type: str
    charset: str
    data: bytes


class Fetched(msgspec.Struct, frozen=True):
    """A file that was downloaded: its name, its declared type (not to be trusted), its size."""

    file_name: str
    media_type: str
    size_bytes: int


def fetch(
    url: str,
    destination: str | Path,
    *,
    max_bytes: int = 131_072_000,
    timeout_s: float = 30.0,
    allow_private: bool = False,
    user_agent: str = BROWSER_AGENT,
    max_redirects: int = 1,
) -> Fetched:
    """Download `url` into the file `destination` and return what it is called.

    Only http and https, only status 200, at most `max_redirects` redirects, `timeout_s` seconds in
    all. Hosts with a private, loopback, link-local, multicast or otherwise special address are
    refused, also after a redirect, unless `allow_private`. The name is what Content-Disposition
    quotes, else the last part of the path with its query, cut to 127 characters. After an error
    `destination` may hold a part of the file.

    Raises `Invalid` (field `url`) with the reason when there is nothing to be had; `TooLarge` for
    more than `max_bytes`.
    """
    deadline = time.monotonic() + timeout_s
    for _ in range(max_redirects + 1):
        target = _parse(url)
        with _get(target, deadline, allow_private=allow_private, user_agent=user_agent) as answer:
            if answer.status in _REDIRECTS:
                url = urljoin(url, answer.headers.get("Location", ""))
                continue
            if answer.status != HTTPStatus.OK:
                raise _refusal(f"answered with status {answer.status}, not 200")
            return Fetched(
                _file_name(target, answer.headers.get("Content-Disposition", "")),
                answer.headers.get_content_type(),
                _save(answer, Path(destination), max_bytes, deadline),
            )
    raise _refusal(f"redirects more than {max_redirects} time(s); give the direct link")


def peek(
    url: str,
    *,
    max_bytes: int,
    timeout_s: float = 30.0,
    allow_private: bool = False,
    user_agent: str = BROWSER_AGENT,
    max_redirects: int = 3,
) -> Beginning:
    """Return the beginning of what is at `url`, at most `max_bytes`, by the rules of `fetch`.

    Raises `Invalid` (field `url`) as `fetch` does.
    """
    deadline = time.monotonic() + timeout_s
    for _ in range(max_redirects + 1):
        target = _parse(url)
        with _get(target, deadline, allow_private=allow_private, user_agent=user_agent) as answer:
            if answer.status in _REDIRECTS:
                url = urljoin(url, answer.headers.get("Location", ""))
                continue
            if answer.status != HTTPStatus.OK:
                raise _refusal(f"answered with status {answer.status}, not 200")
            data = b""
            while len(data) < max_bytes and (piece := _read(answer, deadline)):
                data += piece
            charset = answer.headers.get_content_charset("")
            return Beginning(url, answer.headers.get_content_type(), charset, data[:max_bytes])
    raise _refusal(f"redirects more than {max_redirects} time(s); give the direct link")


def _refusal(reason: str) -> Invalid:
    return Invalid({"url": [reason]})


def check(url: str) -> None:
    """Raise Invalid (`url`) for a text that is no address of the web."""
    _parse(url)


def _parse(url: str) -> SplitResult:
    try:
        target = urlsplit(url.strip())
        is_known = target.scheme in {"http", "https"} and bool(target.hostname)
        _ = target.port
    except ValueError:
        is_known = False
    if not is_known:
        raise _refusal("must be a direct http:// or https:// link")
    if any(character < "!" for character in target.geturl()):
        raise _refusal("must not contain spaces or control characters")
    return target


@contextlib.contextmanager
def _network(deadline: float) -> Iterator[None]:
    """Turn what the network raises into `Invalid`."""
    try:
        yield
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        is_late = time.monotonic() >= deadline
        reason = "took too long to answer" if is_late else f"cannot be fetched: {error!s:.200}"
        raise _refusal(reason) from error


@contextlib.contextmanager
def _get(
    target: SplitResult, deadline: float, *, allow_private: bool, user_agent: str
) -> Iterator[http.client.HTTPResponse]:
    """Send a GET and yield the answer, whose body can be read until `deadline`."""
    addresses = _resolve(target, allow_private=allow_private)
    with _network(deadline):
        connection = _connect(target, addresses, deadline)
    # A server may send a byte now and then for ever: no single read would time out.
    guard = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, [connection.sock])
    guard.daemon = True
    guard.start()
    try:
        headers = {"User-Agent": user_agent, "Accept": "image/*,video/*;q=0.9,*/*;q=0.8"}
        with _network(deadline):
            if isinstance(connection.sock, ssl.SSLSocket):
                connection.sock.do_handshake()
            path = _ascii(target.path or "/", target.query)
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
        with answer:  # it may hold the socket's last reference
            yield answer
    finally:
        guard.cancel()
        connection.close()


def _ascii(path: str, query: str) -> str:
    """Return a request target with what is not ASCII percent-encoded."""
    text = f"{path}?{query}" if query else path
    return "".join(c if c < "\x7f" else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


def _cut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _connect(
    target: SplitResult, addresses: list[str], deadline: float
) -> http.client.HTTPConnection:
    """Return a connection to the first of `addresses` that answers; TLS is not yet agreed."""
    host, port = target.hostname or "", _port(target)
    connection = http.client.HTTPConnection(host, port)
    connection.auto_open = 0  # it must never look the host up by itself
    for index, address in enumerate(addresses):
        try:
            left_s = max(0.1, deadline - time.monotonic())
            raw = socket.create_connection((address, port), timeout=left_s)
            break
        except OSError:
            if index == len(addresses) - 1:
                raise
    if target.scheme == "https":
        # http.client names the port in the Host header unless it is the scheme's usual one.
        connection.default_port = http.client.HTTPS_PORT
        context = ssl.create_default_context()
        raw = context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
    connection.sock = raw
    return connection


def _port(target: SplitResult) -> int:
    return target.port or (http.client.HTTPS_PORT if target.scheme == "https" else 80)


def _resolve(target: SplitResult, *, allow_private: bool) -> list[str]:
    """Return the addresses of a host; refuses it when any of them is special."""
    host = target.hostname or ""
    try:
        found = socket.getaddrinfo(host, _port(target), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _refusal(f"host {host} is not known") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private and not all(is_public(address) for address in addresses):
        raise _refusal("leads to a private or special address, which is not allowed")
    return addresses


def is_public(address: str) -> bool:
    """Say whether an IP address belongs to a host on the public internet.

    An IPv4 address wrapped in IPv6 (mapped, 6to4, Teredo) is judged as what it wraps.

    >>> is_public("93.184.216.34"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
    if any(ip in network for network in _REFUSED_NETWORKS):
        return False
    is_special = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local
    return ip.is_global and not is_special


def _save(
    answer: http.client.HTTPResponse, destination: Path, max_bytes: int, deadline: float
) -> int:
    """Write the body to a file and return its size."""
    if (answer.length or 0) > max_bytes:
        raise TooLarge(max_bytes)
    size_bytes = 0
    with destination.open("wb") as file:
        while piece := _read(answer, deadline):
            size_bytes += len(piece)
            if size_bytes > max_bytes:
                raise TooLarge(max_bytes)
            file.write(piece)
    if answer.length:
        raise _refusal("broke off before the end of the file")
    return size_bytes


def _read(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    with _network(deadline):
        piece = answer.read1(_PIECE_BYTES)
    if time.monotonic() >= deadline:  # the guard's cut reads like an ordinary end
        raise _refusal("took too long to answer")
    return piece


def _file_name(target: SplitResult, disposition: str) -> str:
    quoted = _QUOTED_NAME.search(disposition)
    name = quoted.group(1) if quoted else target.path.rpartition("/")[2]
    if not quoted and target.query:
        name += f"?{target.query}"
    return name[:_NAME_CHARACTERS]
