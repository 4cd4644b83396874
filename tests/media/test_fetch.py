import http.server
import socket
import ssl
import subprocess
import threading
import time

import pytest

from menagerie.errors import Invalid, TooLarge
from menagerie.media.fetch import fetch, is_public

BODY = b"picture" * 1000


class _Site(http.server.BaseHTTPRequestHandler):
    """Answers by path; remembers what was asked."""

    seen: list = []  # noqa: RUF012 - one site for the module, emptied by each test

    def do_GET(self):
        self.seen.append((self.path, dict(self.headers)))
        name = self.path.partition("?")[0].strip("/")
        getattr(self, f"_{name.partition('/')[0].partition('.')[0]}")()

    def _send(self, status=200, body=BODY, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _cat(self):
        self._send(Content_Length=len(BODY), Content_Type="image/png; charset=x")

    def _named(self):
        self._send(Content_Disposition='attachment; filename="my cat.png"')

    def _missing(self):
        self._send(404, b"")

    def _once(self):
        self._send(302, b"", Location="/cat.png")

    def _twice(self):
        self._send(302, b"", Location="/once")

    def _away(self):
        self._send(302, b"", Location="ftp://example.org/a")

    def _short(self):
        self._send(body=b"x" * 10, Content_Length=1000)

    def _unending(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(10_000):
            self.wfile.write(b"x" * 10_000)

    def _drip(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            time.sleep(0.05)

    def handle(self):
        # A client that hangs up in the middle is what some of these tests are about.
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def get(site, tmp_path):
    _Site.seen.clear()

    def get(path, **options):
        return fetch(site + path, tmp_path / "got", allow_private=True, **options)

    return get


def test_a_file_is_downloaded(get, site, tmp_path):
    got = get("/cat.png")
    assert (got.file_name, got.media_type, got.size_bytes) == ("cat.png", "image/png", len(BODY))
    assert (tmp_path / "got").read_bytes() == BODY
    [(path, headers)] = _Site.seen
    assert path == "/cat.png"
    assert headers["Host"] == site.removeprefix("http://")
    assert headers["User-Agent"].startswith("Mozilla/5.0")
    get("/cat.png", user_agent="me/1")
    assert _Site.seen[1][1]["User-Agent"] == "me/1"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/named", "my cat.png"),
        ("/cat.png?size=large", "cat.png?size=large"),
        ("/cat/", ""),
        ("/cat/" + "n" * 200, "n" * 127),
        ("/cat/été.png", "été.png"),
    ],
)
def test_the_name_comes_from_the_header_or_the_link(get, path, name):
    assert get(path).file_name == name


def test_one_redirect_is_followed(get):
    assert get("/once").file_name == "cat.png"
    with pytest.raises(Invalid, match="redirects more than 1"):
        get("/twice")
    assert get("/twice", max_redirects=2).size_bytes == len(BODY)
    with pytest.raises(Invalid, match="direct http"):
        get("/away")


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/missing", "status 404"), ("/short", "broke off")],
)
def test_what_is_not_a_whole_file_is_refused(get, path, reason):
    with pytest.raises(Invalid, match=reason) as caught:
        get(path)
    assert list(caught.value.fields) == ["url"]


@pytest.mark.parametrize("path", ["/cat.png", "/unending"])
def test_too_many_bytes_are_refused_while_they_come(get, path, tmp_path):
    with pytest.raises(TooLarge):
        get(path, max_bytes=5_000)
    assert not (tmp_path / "got").exists() or (tmp_path / "got").stat().st_size <= 5_000
    assert get("/cat.png", max_bytes=len(BODY)).size_bytes == len(BODY)


def test_a_slow_answer_ends_at_the_time_limit(get):
    began = time.monotonic()
    with pytest.raises(Invalid, match="took too long"):
        get("/drip", timeout_s=0.3)
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cat.png",
        "ftp://example.org/a",
        "file:///etc/passwd",
        "http://",
        "http://x:99999/",
        "javascript:alert(1)",
        "http://example.org/a b",
        "http://[::1",
    ],
)
def test_only_web_links_are_taken(url, tmp_path):
    with pytest.raises(Invalid, match=r"direct http|must not contain"):
        fetch(url, tmp_path / "got")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",  # noqa: S104 - asked for, not listened on
        "10.1.2.3",
        "192.168.0.1",
        "172.16.9.9",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[ff02::1]",
        "[2002:7f00:1::]",
        "[64:ff9b::7f00:1]",
    ],
)
def test_private_and_special_addresses_are_refused(host, tmp_path):
    with pytest.raises(Invalid, match=r"private or special|is not known"):
        fetch(f"http://{host}:9/", tmp_path / "got", timeout_s=2)


def test_public_addresses_are_public():
    assert is_public("8.8.8.8")
    assert is_public("2606:4700::1111")
    assert is_public("::ffff:8.8.8.8")


def test_a_closed_port_is_told(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Invalid, match="cannot be fetched"):
        fetch(f"http://127.0.0.1:{port}/", tmp_path / "got", allow_private=True)


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_shake_hands, args=(server, context))
        thread.start()
        with pytest.raises(Invalid, match="CERTIFICATE_VERIFY_FAILED"):
            fetch(f"https://localhost:{server.getsockname()[1]}/", tmp_path / "x",
                  allow_private=True)  # fmt: skip
        thread.join()


def _shake_hands(server, context):
    connected, _ = server.accept()
    with connected:
        try:
            context.wrap_socket(connected, server_side=True).close()
        except (ssl.SSLError, OSError):
            return
