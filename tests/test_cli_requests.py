"""`menagerie requests` and `menagerie account limits`."""

import json

import pytest

import build
from menagerie.core import visibility
from menagerie.core.apps import quotas, requests
from menagerie.storage.schema import Audience


@pytest.fixture
def alice(library):
    return build.account(library)


def ask(library, actor):
    image_id = build.image(library, actor=actor, audience=Audience.PRIVATE)
    with library.writing(actor) as tx:
        return requests.create(tx, image_id, "my [bold] dog")


def test_requests_are_listed_and_decided(menagerie, library, alice):
    assert menagerie("requests", "list") == (0, "no pending requests\n", "")
    first, second = ask(library, alice), ask(library, alice)
    code, out, _ = menagerie("requests", "list")
    assert code == 0
    assert first.key in out
    assert "[bold]" in out
    listed = menagerie("requests", "list", "--json")[1].splitlines()
    assert [json.loads(line)["key"] for line in listed] == [first.key, second.key]

    done = menagerie("requests", "approve", first.key, "--message", "lovely")
    assert done == (0, f"image {first.image_id} is public now\n", "")
    done = menagerie("requests", "deny", second.key)
    assert done == (0, f"image {second.image_id} stays private\n", "")
    with library.reading(alice) as tx:
        assert visibility.get_facts(tx, first.image_id).audience == Audience.PUBLIC
        assert visibility.get_facts(tx, second.image_id).audience == Audience.PRIVATE
    assert menagerie("requests", "list") == (0, "no pending requests\n", "")
    assert second.key in menagerie("requests", "list", "--state", "denied")[1]

    code, _, err = menagerie("requests", "approve", first.key)
    assert (code, err) == (2, "error: request is approved already\n")
    assert menagerie("requests", "deny", "nothing")[0] == 4


def test_limits_of_programs(menagerie, library, alice):
    done = menagerie("account", "limits", "alice", "--monthly-quota", 5, "--withhold", "pets")
    assert done == (0, "Alice may make 5 uploads a month, without pets\n", "")
    with library.reading(alice) as tx:
        assert quotas.quota(tx).quota == 5
        assert "pets" not in quotas.features(tx)
    done = menagerie("account", "limits", "alice")
    assert done == (0, "Alice may make any number of uploads a month\n", "")
    code, _, err = menagerie("account", "limits", "alice", "--withhold", "flying")
    assert code == 2
    assert "there are full_breed_schema" in err
