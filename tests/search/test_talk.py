"""Comments and posts against their oracle, before and after changes; and what is kept of them."""

import random

import pytest
from sqlalchemy import delete, insert

from menagerie.core import filters, find
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.search import fields, texts
from menagerie.search.talk.index import TextIndex
from menagerie.search.talk.written import COMMENTS
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind
from search.board import Board
from search.chatter import Chatter, any_text, as_role, parsed

SLOW_SEEDS = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12)]


def pages(ask, per_page):
    """The ids on all pages and the total."""
    first = ask(page=1, per_page=per_page)
    ids, page = list(first.ids), 1
    while len(ids) < first.total:
        page += 1
        ids += ask(page=page, per_page=per_page).ids
    assert ask(page=page + 1, per_page=per_page).ids == []
    return ids


def check(chatter, rng, rounds):
    board = chatter.board
    for _ in range(rounds):
        viewer = as_role(board.viewer(), rng)
        per_page, filter_id = rng.choice([13, 100, 100]), rng.choice([None, *board.filters])
        everywhere = rng.random() < 0.5
        with board.library.reading(viewer) as tx:
            text = any_text(rng, "comment", viewer)
            in_force = filters.get(tx, filter_id) if filter_id else None
            found = pages(
                lambda tx=tx, text=text, f=in_force, **page: find.comments(
                    tx, text, filter=f, **page
                ),
                per_page,
            )
            node = parsed(text, fields.COMMENTS, viewer, tx.now)
            assert found == chatter.find_comments(node, viewer, filter_id), (text, viewer)
            text = any_text(rng, "post", viewer)
            found = pages(
                lambda tx=tx, text=text, e=everywhere, **page: find.posts(
                    tx, text, everywhere=e, **page
                ),
                per_page,
            )
            node = parsed(text, fields.POSTS, viewer, tx.now)
            assert found == chatter.find_posts(node, viewer, everywhere=everywhere), (text, viewer)


@pytest.mark.parametrize("seed", [0, *SLOW_SEEDS])
def test_texts_agree_with_the_oracle_before_and_after_changes(library, seed):
    chatter, rng = Chatter(Board(library, seed, size=40)), random.Random(seed)
    check(chatter, rng, 15)
    for _ in range(8):
        with chatter.board.in_one_go():
            for _ in range(rng.choice([1, 1, 5, 12])):
                chatter.step()
        check(chatter, rng, 6)


def test_a_state_that_followed_the_log_is_one_that_was_read_anew(library):
    chatter = Chatter(Board(library, 3, size=10))
    version = library.catalogue.current()
    library.catalogue.comments.at_least(version.identity, version.seq)
    with chatter.board.in_one_go():
        for _ in range(10):
            chatter.change_text("comment")
        gone = max(chatter.comments)
        chatter.board.open.execute(delete(schema.comments).where(schema.comments.c.id == gone))
        chatter.board.open.changed(ChangeKind.COMMENT, gone)
    version = library.catalogue.current()
    followed = library.catalogue.comments.at_least(version.identity, version.seq)
    anew = TextIndex(library.database, COMMENTS).at_least(version.identity, version.seq)
    assert followed.seq == anew.seq
    assert followed.flags == anew.flags
    assert gone not in followed.flags["known"]
    for name, column in followed.columns.items():
        assert (column.chunk(0) == anew.columns[name].chunk(0)).all(), name
    with library.writing(SYSTEM) as tx:
        tx.changed(ChangeKind.VOCABULARY, 0)
    version = library.catalogue.current()
    rebuilt = library.catalogue.comments.at_least(version.identity, version.seq)
    assert rebuilt.seq == version.seq


def test_words_that_many_share_are_read_at_once_and_long_texts_are_found(library):
    board = Board(library, 5, size=3)
    [image_id, *_] = [i for i, image in board.images.items() if board.may_find(image, ANONYMOUS)]
    bodies = {n: f"word{n % 7} common {'rare gem' if n == 2500 else 'rare fox gem'}"
              for n in range(1, 3001)}  # fmt: skip
    bodies[3001] = " ".join(["long"] * 20_000) + " tail common"
    rows = [
        {"id": n, "image_id": image_id, "pseudonym": "0000", "created_at": n, "updated_at": n}
        for n in bodies
    ]
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.comments), [{**row, "body": bodies[row["id"]]} for row in rows])
        for n in [*range(1, 3001, 100), 2500, 3001]:
            texts.index(tx.connection, "comment.body", n, bodies[n])
        tx.changed(ChangeKind.VOCABULARY, 0)
    for text, total in (
        ("common", 32), ("rare gem", 1), ("rare fox gem", 30), ("common rare fox gem", 30),
        ("long tail common", 1), ("tail long", 0), ("long long long", 1), ("word*", 31),
    ):  # fmt: skip
        with library.reading(ANONYMOUS) as tx:
            assert find.comments(tx, text, page=1, per_page=5).total == total, text
