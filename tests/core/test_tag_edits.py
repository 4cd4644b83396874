"""Who may edit tags how often, and whose tags are locked."""

import msgspec
import pytest

import build
import rows
from menagerie.core import labels, moderation
from menagerie.errors import Forbidden, RateLimited
from menagerie.library import SYSTEM, Actor
from menagerie.storage.schema import Role


def edit(library, actor, image_id, **changes):
    with library.writing(actor) as tx:
        return labels.edit(tx, image_id, **changes)


def test_accounts_that_are_not_verified_edit_few_tags_in_a_while(library, clock):
    alice = rows.account(library, "Alice")
    verified = msgspec.structs.replace(rows.account(library, "Vera"), is_verified=True)
    assistant = rows.account(library, "Assi", Role.ASSISTANT)
    one, two = rows.image(library), rows.image(library)
    with build.configured(library, tag_edit_limit=5, rating_edit_limit=1):
        edit(library, alice, one, add=["a", "b", "c"])
        clock.advance(60)
        with pytest.raises(RateLimited) as caught:
            edit(library, alice, two, add=["d", "e", "f"])
        assert caught.value.retry_after_s == 540
        edit(library, alice, two, add=["d", "e"])
        for actor in (verified, assistant, SYSTEM):
            edit(library, actor, two, add=[f"{actor.name}{n}" for n in range(9)])
        clock.advance(541)
        edit(library, alice, one, add=["explicit"], remove=["safe"])
        with pytest.raises(RateLimited):
            edit(library, alice, two, add=["explicit"], remove=["safe"])
        # Where the board's rules do not bind, its limits do not either.
        edit(library, alice, two, add=list("ghijkl"), enforce_board_rules=False)
    edit(library, alice, two, add=["explicit"], remove=["safe"])


def test_locked_tags_are_edited_by_moderators_only(library):
    alice = msgspec.structs.replace(
        rows.account(library, "Alice"), address="192.0.2.1", fingerprint="f00"
    )
    moderator = rows.account(library, "Mod", Role.MODERATOR)
    image_id = rows.image(library)
    edit(library, alice, image_id, add=["cat"])
    with library.writing(moderator) as tx:
        moderation.lock(tx, image_id, moderation.Lock.TAGS, reason="quarrel")
    for actor, more in ((alice, {}), (Actor(), {"requires_account": False})):
        with pytest.raises(Forbidden, match="locked"):
            edit(library, actor, image_id, add=["bird"], enforce_board_rules=False, **more)
    edit(library, moderator, image_id, add=["bird"])
    with library.writing(moderator) as tx:
        moderation.unlock(tx, image_id, "tags")
    edit(library, alice, image_id, add=["fish"])
    with library.reading(alice) as tx:
        assert [c.tag_name for c in labels.history(tx, image_id)] == ["fish", "bird", "cat"]
