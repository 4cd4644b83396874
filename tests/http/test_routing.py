"""Which door answers what, and how errors leave."""

import pytest

from inprocess import Client
from menagerie.http.routing import plain_path


def test_paths_are_tolerant_and_heads_are_gets(client):
    assert client.get("/toy/echo?a=1").json()["params"] == {"a": "1"}
    assert client.get("http://test//toy//echo/?a=1").json()["params"] == {"a": "1"}
    assert client.get("/toy/7/echo?id=1").json()["params"] == {"id": "7"}
    head = client.request("HEAD", "/toy/echo?a=1")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 50


def test_the_nearest_door_answers_what_matches_nothing(client):
    assert client.get("/toy/none").text == "no /toy/none"
    assert client.get("/toy/api/none").text == "outside"
    assert client.get("/toyish").text == "outside"
    assert client.get("/").text == "outside"
    wrong = client.request("DELETE", "/toy/echo")
    assert (wrong.status_code, wrong.headers["x-door"]) == (405, "toy")
    assert "GET" in wrong.headers["allow"]


def test_a_full_disk_is_said(client):
    answer = client.get("/toy/fail", params={"kind": "full"})
    assert (answer.status_code, answer.text) == (418, "unavailable")


@pytest.mark.parametrize("path", ["/toy/fail", "/toy/slow"])
def test_errors_are_worded_by_the_door_and_keep_their_secrets(client, path):
    assert client.get(f"{path}?kind=forbidden").status_code == 403
    failed = client.get(f"{path}?kind=value", headers={"X-Request-Id": "{abc} 1"})
    assert (failed.status_code, failed.text) == (500, "failed {abc} 1")
    assert failed.headers["x-request-id"] == "{abc} 1"


def test_broken_requests_are_malformed(client):
    assert client.get("/toy/echo?a=%00").status_code == 400
    assert client.get("/toy/echo?a=%ff").status_code == 400
    assert client.get("/toy/echo", headers={"Host": "bad host"}).status_code == 400
    bad = client.post("/toy/echo", content=b"{", headers={"content-type": "application/json"})
    assert bad.status_code == 400
    assert client.post("/toy/small", content=b"x" * 1_100_000).status_code == 413


def test_bodies_of_every_kind_end_in_the_parameters(client):
    query = "/toy/echo?a=query&b=query"
    assert client.post(query, json={"a": {"x": 1}}).json()["params"] == {
        "a": {"x": 1},
        "b": "query",
    }
    form = client.post(query, data={"a[x]": "form"})
    assert form.json()["params"] == {"a": {"x": "form"}, "b": "query"}
    multipart = client.post(query, data={"a": "part"}, files={"f": ("n.txt", b"hello")})
    assert multipart.json()["params"] == {"a": "part", "b": "query"}
    assert multipart.json()["file"] == ["n.txt", 5, "hello"]


def test_spooled_files_do_not_outlive_their_request(client, library):
    client.post("/toy/echo", files={"f": ("n.txt", b"hello" * 100_000)})
    spool = library.settings.data_path / "spool"
    assert list(spool.iterdir()) == []


def test_an_operation_may_choose_where_it_runs(client):
    assert client.get("/toy/either").status_code == 200
    assert client.get("/toy/either?x=1").status_code == 200


def test_origins_are_allowed_where_the_door_says_so(client):
    preflight = client.request("OPTIONS", "/toy/api/x", headers={"Origin": "https://a.example"})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-methods"].startswith("GET, OPTIONS")
    assert "access-control-allow-origin" not in client.get("/toy/echo").headers
    assert client.get("/toy/echo").headers["x-content-type-options"] == "nosniff"


def test_forwarded_headers_count_only_from_trusted_proxies(client):
    forwarded = {
        "X-Forwarded-For": "192.0.2.7, 127.0.0.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "board.example",
    }
    seen = client.get("/toy/echo", headers=forwarded).json()
    assert (seen["address"], seen["base"]) == ("10.0.0.9", "http://test")


def test_of_several_lines_of_forwarded_addresses_the_last_counts(client):
    near = Client(client.app, address="127.0.0.1")
    lines = [("x-forwarded-for", "192.0.2.66"), ("x-forwarded-for", "198.51.100.7")]
    assert near.get("/toy/echo", headers=lines).json()["address"] == "198.51.100.7"
    near.close()


@pytest.mark.parametrize(
    ("waiting", "releasing"),
    [("/toy/await", "/toy/release"), ("/toy/long", "/toy/release/file")],
)
def test_what_takes_long_does_not_hold_up_others(client, waiting, releasing):
    client.post("/toy/hold")
    answered = client.post_together(*[waiting] * 20, releasing)
    assert [answer.text for answer in answered] == ["done"] * 20 + ["released"]


def test_what_names_no_path_is_nowhere(client):
    assert plain_path("*") == "/*"
    assert client.request("FOO", "/toy/echo").status_code == 405
    numbers = client.get("/metrics").text
    assert 'method="other"' in numbers
    assert "FOO" not in numbers


def test_attempts_to_log_in_are_limited_by_address(client, clock):
    assert {client.post("/toy/login").status_code for _ in range(10)} == {200}
    assert client.post("/toy/login").text == "rate_limited"
    clock.advance(60)
    assert client.post("/toy/login").text == "in"


def test_health_metrics_and_documents(client):
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json()["status"] == "ok"
    client.get("/toy/echo")
    numbers = client.get("/metrics").text
    assert 'menagerie_requests_total{method="GET",route="/toy/echo",status="200"} 1.0' in numbers
    assert "menagerie_images 0.0" in numbers
    assert client.get("/openapi.json").json()["openapi"] == "3.1.0"
    assert client.get("/openapi").headers["location"] == "/reference"
    assert client.get("/openapi/none.json").status_code == 404
