"""What programs kept goes along with a copy of an account, and goes when its owner leaves."""

import pytest
from sqlalchemy import func, select

import build
from menagerie.core import accounts, checks
from menagerie.core.apps import favourites, quotas, requests, votes
from menagerie.core.apps.opinions import Opinion
from menagerie.library import SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import Audience

TABLES = (
    schema.app_votes,
    schema.app_favourites,
    schema.public_requests,
    schema.upload_months,
)


@pytest.fixture
def alice(library):
    """An account that a program has used in every way."""
    alice = build.account(library, "Alice")
    public = build.image(library)
    private = build.image(library, actor=alice, audience=Audience.PRIVATE)
    with library.writing(alice) as tx:
        opinion = Opinion(image_ref="x", image_id=public, address="10.1.2.3")
        votes.add(tx, opinion, 1)
        favourites.add(tx, opinion)
        requests.create(tx, private, "please")
        quotas.count_upload(tx)
    return alice


def test_a_copy_of_ones_data_has_what_programs_kept(library, alice):
    with library.reading(alice) as tx:
        data = accounts.export_own(tx)
    assert [(one["value"], one["address"]) for one in data["votes_of_programs"]] == [
        (1, "10.1.2.3")
    ]
    assert [one["image_ref"] for one in data["favourites_of_programs"]] == ["x"]
    assert [one["request_message"] for one in data["public_requests"]] == ["please"]
    assert data["uploads_of_programs"] == [{"month": "2026-01", "uploads": 1}]


def test_nothing_of_it_is_left_behind(library, alice):
    accounts.deactivate(library, alice, build.PASSWORD)
    with library.reading(SYSTEM) as tx:
        left = {t.name: tx.scalar(select(func.count()).select_from(t)) for t in TABLES}
        assert left == dict.fromkeys(left, 0)
        assert checks.counters(tx) == []
