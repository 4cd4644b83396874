import threading

import numpy as np
import pytest
from pyroaring import BitMap

from menagerie.search.vectors import VectorIndex, rerank
from menagerie.vision import codes

CLUSTERS, EACH = 60, 50


@pytest.fixture(scope="module")
def vectors():
    """Return clusters of vectors as the classifier makes them: no number below zero, length 1."""
    random = np.random.default_rng(4)
    centres = random.gamma(0.5, 0.6, (CLUSTERS, 1280))
    found = np.repeat(centres, EACH, axis=0) + random.normal(0, 0.25, (CLUSTERS * EACH, 1280))
    found = np.maximum(found, 0).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture
def index(vectors):
    index = VectorIndex()
    index.add(range(1, len(vectors) + 1), codes.encode(vectors))
    return index


def exact(vectors, query, count, allowed=None):
    order = (np.argsort(-(vectors @ query), kind="stable") + 1).tolist()
    return [n for n in order if allowed is None or n in allowed][:count]


def recall(index, vectors, allowed=None):
    shares = []
    for row in range(0, len(vectors), 331):
        found = index.search(vectors[row], allowed=allowed)
        likeness = rerank(vectors[row], vectors[[n - 1 for n in found]])
        best = [found[at] for at in np.argsort(-likeness)[:10]]
        shares.append(len(set(best) & set(exact(vectors, vectors[row], 10, allowed))) / 10)
    return np.mean(shares)


def test_codes_are_small_and_mean_the_same_for_ever(vectors):
    found = codes.encode(vectors[:3])
    assert (found.shape, found.dtype) == ((3, 56), np.uint8)
    ramp = np.arange(1280, dtype=np.float32)[None]
    assert codes.encode(ramp).tobytes().hex() == RAMP
    assert codes.encode(ramp.astype(np.float16) * 0.5).tobytes().hex() == RAMP
    with pytest.raises(ValueError, match="1280"):
        codes.encode(vectors[0])


RAMP = (
    "3e0726450fb856102198f54c07c16cfa11f143ea7cdc455252e1882a"
    "2fda69701ff0b9e8d5ac232780f17c90a663a80f6fa26f2cd783cf94"
)


def test_the_likest_are_found(index, vectors):
    assert len(index) == len(vectors)
    assert index.search(vectors[7], count=1) == [8]
    assert recall(index, vectors) >= 0.98


@pytest.mark.parametrize("step", [2, 40])
def test_only_what_is_allowed_is_found(index, vectors, step):
    allowed = BitMap(range(1, len(vectors) + 1, step)) | BitMap([10_000_000])
    assert set(index.search(vectors[3], allowed=allowed)) <= set(allowed)
    assert recall(index, vectors, allowed) >= 0.95
    assert index.search(vectors[3], allowed=BitMap()) == []
    assert index.search(vectors[3], allowed=BitMap([10_000_000])) == []
    assert index.search(vectors[3], allowed=BitMap([77]), count=5) == [77]


def test_unwanted_neighbours_do_not_crowd_out_the_wanted(vectors):
    # All that is near is not allowed: most rows are the very query.
    index = VectorIndex()
    twin = codes.encode(vectors[:1])
    index.add(range(1, 20_001), np.repeat(twin, 20_000, axis=0))
    index.add(range(20_001, 23_001), codes.encode(vectors))
    allowed = BitMap(range(20_001, 23_001))
    found = index.search(vectors[0], allowed=allowed, count=10)
    assert len(found) == 10
    assert found[0] == 20_001
    assert set(found) <= set(allowed)


def test_removed_and_replaced_pictures(index, vectors):
    index.remove([8, 9, 123_456_789])
    assert len(index) == len(vectors) - 2
    assert 8 not in index
    assert 8 not in index.search(vectors[7])
    index.add([8, 1, 1], codes.encode(vectors[[7, 0, 2999]]))
    assert len(index) == len(vectors) - 1
    assert index.search(vectors[7], count=1) == [8]
    assert set(index.search(vectors[2999], count=2)) == {1, 3000}
    assert index.search(vectors[0], count=5).count(1) == 0
    fresh = VectorIndex()
    assert fresh.search(vectors[0]) == []
    assert len(fresh) == 0
    with pytest.raises(ValueError, match="2 codes"):
        fresh.add([1, 2], codes.encode(vectors[:3]))


def test_memory_per_picture(vectors):
    index = VectorIndex()
    some = codes.encode(vectors)
    for start in range(0, 200_000, 50_000):
        ids = range(start + 1, start + 50_001)
        index.add(ids, some[np.arange(50_000) % len(some)])
    assert index.size_bytes / len(index) <= 64


def test_replacing_everything_takes_no_more_memory(vectors):
    index = VectorIndex()
    some = codes.encode(vectors)
    ids = range(1, 30_001)
    for turn in range(4):
        index.add(ids, np.roll(some, turn, axis=0)[np.arange(30_000) % len(some)])
    assert len(index) == 30_000
    assert index.size_bytes / len(index) <= 2 * 64
    # The last turn counts: every code has moved on by three.
    assert index.search(vectors[0], count=10, allowed=BitMap(range(1, 3001)))[0] == 4


def test_searching_while_adding(vectors):
    index, errors, done = VectorIndex(), [], threading.Event()
    some = codes.encode(vectors)

    def look():
        try:
            while not done.is_set():
                known = len(index)
                found = index.search(vectors[0], count=20)
                assert len(found) == len(set(found)) >= min(20, known)
                assert not known or found[0] == 1
        except Exception as error:  # noqa: BLE001 - a thread's error must reach the test
            errors.append(error)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for start in range(0, len(some), 100):
        index.add(range(start + 1, start + 101), some[start : start + 100])
    done.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(index) == len(vectors)
