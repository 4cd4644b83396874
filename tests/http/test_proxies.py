"""The client's address and our own behind proxies."""

import pytest

from menagerie.http.call import client_address, requested_base, trusted_networks

TRUSTED = trusted_networks("127.0.0.1, ::1, 10.0.0.0/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7, 10.1.1.1", "198.51.100.7"),
        ("127.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("unix", "198.51.100.7", "unix"),
    ],
)
def test_the_nearest_address_that_is_no_proxy(peer, forwarded, address):
    headers = {"x-forwarded-for": forwarded}
    assert client_address({"client": (peer, 1)}, headers, TRUSTED) == address


def test_scheme_and_host_of_the_request():
    forwarded = {"host": "a:8000", "x-forwarded-proto": "https", "x-forwarded-host": "b.example"}
    scope = {"client": ("127.0.0.1", 1), "scheme": "http", "server": ("c", 80)}
    assert requested_base(scope, forwarded, TRUSTED) == "https://b.example"
    stranger = scope | {"client": ("192.0.2.1", 1)}
    assert requested_base(stranger, forwarded, TRUSTED) == "http://a:8000"
    assert requested_base(stranger, {"host": "a/b"}, TRUSTED) == "http://c:80"
    assert requested_base({"client": None}, {}, TRUSTED) == "http://localhost"
