"""Slugs, thresholds, splits, groups and tables: what exports are made with, without a library."""

import csv
import io
import itertools
import time

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seven
from menagerie.datasets import groups, judging, slugs, splits, tables
from menagerie.datasets.records import Selection, Split, Status
from menagerie.datasets.splits import Member

names = st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=20)


@given(names)
def test_every_name_has_a_slug_of_its_own_that_no_reader_takes_for_a_split(given_names):
    made = slugs.slugs(given_names)
    assert set(made) == set(given_names)
    assert len(set(made.values())) == len(made)
    for one in made.values():
        assert one.isascii()
        assert not set(one) - set("abcdefghijklmnopqrstuvwxyz0123456789_-")
        assert not one.startswith(("-", "_"))
        words = one.replace("_", "-").split("-")
        assert not slugs.RESERVED.intersection(words)


def test_slugs_that_would_collide_with_a_made_one():
    assert slugs.slugs(["a b", "a-b", "a-b-2"]) == {"a b": "a-b", "a-b": "a-b-3", "a-b-2": "a-b-2"}


def test_thresholds():
    chosen = Selection()
    asked = [(4, 1), (3, 1), (1, 4), (1, 3), (0, 0)]
    assert [judging.status(yes, no, chosen) for yes, no in asked] == [
        Status.POSITIVE,
        Status.UNDECIDED,
        Status.NEGATIVE,
        Status.UNDECIDED,
        Status.UNDECIDED,
    ]
    assert judging.status(2, 0, Selection(min_votes=3)) is Status.UNDECIDED
    trusting = Selection(trust_donor=True)
    assert judging.status(0, 0, trusting, source="donor") is Status.POSITIVE
    assert judging.status(0, 0, trusting, source="crowd") is Status.UNDECIDED


def test_splits_keep_the_ratios_and_the_seed_decides():
    found = [splits.by_hash(str(n), "s", (80, 10, 10)) for n in range(5000)]
    shares = [found.count(split) / 5000 for split in Split]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.02)
    other = [splits.by_hash(str(n), "t", (80, 10, 10)) for n in range(5000)]
    assert found != other


def test_what_a_person_chose_wins_then_what_was_then_the_group():
    ratios = (0, 0, 100)
    fresh = splits.assign([Member("a"), Member("b")], group="a", seed="", ratios=ratios)
    assert set(fresh.values()) == {Split.TEST}
    grown = splits.assign(
        [Member("a"), Member("b", previous=Split.TRAIN)], group="a", seed="", ratios=ratios
    )
    assert set(grown.values()) == {Split.TRAIN}
    chosen = splits.assign(
        [Member("a", chosen=Split.VALIDATION), Member("b", previous=Split.TRAIN)],
        group="a",
        seed="",
        ratios=ratios,
    )
    assert set(chosen.values()) == {Split.VALIDATION}


def test_a_newcomer_that_joins_two_splits_stays_out():
    found = splits.assign(
        [Member("a", previous=Split.TRAIN), Member("b", previous=Split.TEST), Member("c")],
        group="a",
        seed="",
        ratios=(80, 10, 10),
    )
    assert found == {"a": Split.TRAIN, "b": Split.TEST, "c": None}


def _split_all(hashes, previous):
    """Put images into splits as a snapshot does; their ids are their positions."""
    firsts = groups.group(np.array(hashes, np.uint64), 4).tolist()
    found = {}
    for first in set(firsts):
        members = [
            Member(str(at), previous=previous.get(str(at)))
            for at, other in enumerate(firsts)
            if other == first
        ]
        found |= splits.assign(members, group=str(first), seed="s", ratios=(60, 20, 20))
    return found, firsts


def test_a_hundred_newcomers_move_none_of_the_old_and_no_look_alikes_apart():
    chance = np.random.default_rng(3)
    hashes = chance.integers(0, 2**64, 60, dtype=np.uint64).tolist()
    before, _ = _split_all(hashes, {})
    # Half of them look like old ones, and some of those like two of them.
    hashes += [hashes[n] ^ (1 << n) for n in range(50)]
    hashes += chance.integers(0, 2**64, 50, dtype=np.uint64).tolist()
    after, firsts = _split_all(hashes, before)
    assert {key: after[key] for key in before} == before
    by_group = {}
    for at, first in enumerate(firsts):
        if after[str(at)] is not None:
            by_group.setdefault(first, set()).add(after[str(at)])
    assert all(len(found) == 1 for found in by_group.values())


def _slow_groups(hashes, distance):
    found = list(range(len(hashes)))
    for one, other in itertools.combinations(range(len(hashes)), 2):
        if (int(hashes[one]) ^ int(hashes[other])).bit_count() <= distance:
            low, high = sorted((found[one], found[other]))
            found = [low if x == high else x for x in found]
    return found


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.sets(st.integers(0, 63), max_size=5)), max_size=12),
    st.integers(0, groups.LARGEST_DISTANCE),
)
def test_groups_are_those_of_comparing_all_with_all(seeds, changes, distance):
    hashes = list(seeds)
    for which, bits in changes:
        base = hashes[which % len(hashes)]
        hashes.append(base ^ sum(1 << bit for bit in bits))
    array = np.array(hashes, np.uint64)
    assert groups.group(array, distance).tolist() == _slow_groups(hashes, distance)


@pytest.mark.slow
def test_a_million_hashes_are_grouped_in_seconds():
    chance = np.random.default_rng(1)
    hashes = chance.integers(0, 2**64, 1_000_000, dtype=np.uint64)
    hashes[1::10] = hashes[::10] ^ np.uint64(0b1011 << 30)
    started = time.process_time()
    found = groups.group(hashes, 4)
    assert time.process_time() - started < 30
    assert (found[1::10] == found[::10]).all()
    assert len(np.unique(found)) == 900_000


def test_the_tables_hold_what_spreadsheets_would_run(tmp_path):
    content = seven.content(tmp_path)
    record = msgspec.structs.replace(
        next(iter(content.frozen())).record, title='=HYPERLINK("x"),\nnew "line"', author="Zoë"
    )
    plain = next(csv.reader(io.StringIO(tables.Lines().line(tables.image_row(record)))))
    assert dict(zip(tables.IMAGES, plain, strict=True))["title"] == record.title
    safe = next(csv.reader(io.StringIO(tables.Lines(safe=True).line(tables.image_row(record)))))
    assert dict(zip(tables.IMAGES, safe, strict=True))["title"] == "'" + record.title


def test_every_name_comes_back_through_the_vocabulary(tmp_path):
    content = seven.content(tmp_path)
    rows = list(csv.DictReader(io.StringIO(tables.vocabulary_csv(content.source.classes))))
    assert [row["index0"] for row in rows] == [str(n) for n in range(len(rows))]
    assert [row["slug"] for row in rows] == sorted(row["slug"] for row in rows)
    by_slug = {row["slug"]: row["name"] for row in rows}
    assert set(by_slug.values()) == {"big dog", "big/dog", "mouth/dog", "Käse", "dog", "train"}
