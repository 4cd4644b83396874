"""The catalogue against the oracle: random boards, changes, queries, sorts, pages and viewers."""

import random

import pytest

from menagerie.core import filters, find
from menagerie.search import order
from menagerie.search.catalogue import Catalogue
from menagerie.search.nodes import (
    All,
    And,
    Boost,
    Custom,
    Flag,
    Fuzzy,
    Hole,
    Not,
    Or,
    Phrase,
    Range,
    Term,
    Wildcard,
)
from search import oracle
from search.board import ACCESSORS, LABELS, NAMES, STEMS, T0, WORDS, Board, S

NUMBERS = {
    "id": (1, 70),
    "width": (1, 640),
    "score": (-2, 9),
    "wilson_score": (0.0, 0.5),
    "pixels": (1, 5000),
    "aspect_ratio": (0.5, 3.0),
    "size": (5, 2**31 - 1),
    "duration": (0.0, 2.5),
    "label_count": (0, 4),
    "validations": (0, 6),
    "annotation_count": (0, 3),
    "annotation_task_count": (0, 2),
    "coverage": (0.0, 100.0),
    "probability": (0.0, 1.0),
    "probability_lower": (0.0, 1.0),
    "truth": (0.0, 1.0),
    "rating_tag_count": (0, 2),
    "body_type_tag_count": (0, 2),
    "tag_count": (0, 5),
    "uploader_id": (1, 4),
    "true_uploader_id": (1, 4),
    "duplicate_id": (1, 40),
    "faved_by_id": (1, 4),
    "created_at": (T0, T0 + 30 * S),
    "first_seen_at": (T0 - 5 * S, T0 + 30 * S),
}
TEXTS = {
    "tags": STEMS,
    "uploader": [name.lower() for name in NAMES],
    "true_uploader": [name.lower() for name in NAMES],
    "faved_by": [name.lower() for name in NAMES],
    "downvoted_by": [name.lower() for name in NAMES],
    "mime_type": ["image/png", "image/gif"],
    "original_format": ["png", "gif"],
    "file_name": ["A.png", "a.png", "[b]*.gif"],
    **dict.fromkeys(LABELS, STEMS),
    "suggested": STEMS,
    "licence": ["", "cc0-1.0", "cc-by-4.0"],
    "refined": [accessor.lower() for accessor in ACCESSORS],
    "source_url": ["https://a.example/x", "http://b.example"],
}


def number(rng):
    field = rng.choice(list(NUMBERS))
    low, high = NUMBERS[field]
    if isinstance(low, float):
        low = high = rng.uniform(low, high)
    else:
        low, high = sorted((rng.randint(low, high), rng.randint(low, high)))
    shape = rng.choice(["both", "low", "high", "one"])
    if shape == "one":
        high = low
    return Range(
        field,
        None if shape == "high" else low,
        None if shape == "low" else high,
        shape != "high" and (shape == "one" or rng.random() < 0.5),
        shape != "low" and (shape == "one" or rng.random() < 0.5),
    )


def text(rng):
    field = rng.choice(["tags"] * 5 + list(TEXTS))
    value = rng.choice(TEXTS[field])
    kind = rng.choice(["term", "term", "wildcard", "fuzzy"])
    if kind == "term" or not value:
        return Term(field, value)
    if kind == "fuzzy":
        at = rng.randrange(len(value))
        return Fuzzy(field, value[:at] + value[at + 1 :], rng.choice([1, 2]))
    cut = rng.randrange(len(value))
    pieces = [value[:cut], rng.choice([Hole.ANY, Hole.ONE]), value[cut + 1 :]]
    if rng.random() < 0.3:
        pieces = [Hole.ANY, value[cut], Hole.ANY]
    return Wildcard(field, tuple(piece for piece in pieces if piece))


def leaf(rng, board, viewer):
    kind = rng.choice(["text"] * 4 + ["number"] * 3 + ["flag", "phrase", "custom", "all"])
    if kind == "text":
        return text(rng)
    if kind == "number":
        return number(rng)
    if kind == "flag":
        names = ["animated", "processed", "thumbnails_generated", "anonymous"]
        name = rng.choice([*names, "validated", "donated"])
        return Flag(name, rng.random() < 0.5)
    if kind == "phrase":
        if rng.random() < 0.3:
            return Wildcard("description", (rng.choice("rfsj"), Hole.ANY))
        return Phrase("description", " ".join(rng.choices(WORDS, k=rng.randint(1, 3))))
    if kind == "custom":
        choices = [
            Custom("gallery_id", str(rng.choice([*board.galleries, 999]))),
            Custom("filter_id", str(rng.choice(list(board.filters)))),
        ]
        if viewer.account_id is not None:
            mine = ["faves", "upvotes", "downvotes", "uploads", "hidden", "subs"]
            choices.append(Custom("my", rng.choice(mine)))
        return rng.choice(choices)
    return All()


def query(rng, board, viewer, depth=3):
    kind = rng.choice(["leaf", "and", "or", "not", "boost"]) if depth else "leaf"

    def child():
        return query(rng, board, viewer, depth - 1)

    if kind == "and":
        return And(tuple(child() for _ in range(rng.randint(2, 3))))
    if kind == "or":
        return Or(tuple(child() for _ in range(rng.randint(2, 3))))
    if kind == "not":
        return Not(child())
    if kind == "boost":
        return Boost(child(), rng.choice([0.0, 0.5, 2.0, 3.0]))
    return leaf(rng, board, viewer)


def any_sort(rng, board):
    field = rng.choice(
        [*order.COLUMNS, "id", "first_seen_at", "first_seen_at", "_score", "gallery"]
    )
    gallery_id = rng.choice(list(board.galleries)) if field == "gallery" else None
    return find.Sort(field, ascending=rng.random() < 0.5, gallery_id=gallery_id)


def check(board, rng, rounds):
    for _ in range(rounds):
        viewer = board.viewer()
        node, sort = query(rng, board, viewer), any_sort(rng, board)
        filter_id = rng.choice([None, *board.filters])
        include_hidden = rng.random() < 0.5
        expected = oracle.search(
            node, board, viewer, sort, filter_id=filter_id, include_hidden=include_hidden
        )
        with board.library.reading(viewer) as tx:
            in_force = filters.get(tx, filter_id) if filter_id else None
            options = {"sort": sort, "filter": in_force, "include_hidden": include_hidden}
            per_page = rng.choice([1, 7, 100])
            found = []
            for page in range(1, len(expected) // per_page + 2):
                answer = find.images(tx, node, page=page, per_page=per_page, **options)
                assert answer.total == len(expected), (node, sort, viewer)
                found += answer.ids
            assert found == expected, (node, sort, viewer)


SLOW_SEEDS = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12)]


@pytest.mark.parametrize("seed", [0, 1, *SLOW_SEEDS])
def test_the_catalogue_agrees_with_the_oracle_before_and_after_changes(library, seed):
    board, rng = Board(library, seed), random.Random(seed)
    check(board, rng, 20)
    for _ in range(6):
        if rng.random() < 0.3:
            board.step()
        else:
            with board.in_one_go():
                for _ in range(rng.randint(2, 12)):
                    board.step()
        check(board, rng, 8)
    assert library.catalogue.verify() == []


def test_a_snapshot_answers_like_the_version_it_was_made_of(library):
    board, rng = Board(library, 11), random.Random(11)
    with board.in_one_go():
        for _ in range(30):
            board.step()
    library.catalogue.write_snapshot()
    with board.in_one_go():
        for _ in range(10):
            board.step()
    library.catalogue = Catalogue(
        library.database,
        snapshot_path=library.settings.data_path / "catalogue.snapshot",
        query_timeout_ms=5000,
    )
    check(board, rng, 20)
    assert library.catalogue.verify() == []
