"""Pages of long listings, against sorting everything."""

import numpy as np
import pytest
from pyroaring import BitMap

from menagerie.search import order
from menagerie.search.columns import CHUNK, Column, from_ids, ids_of
from menagerie.search.lexicon import Words
from menagerie.search.order import Sort
from menagerie.search.postings import Postings
from menagerie.search.version import FLAGS, Stamps, Version
from menagerie.search.vocabulary import Vocabulary

CHUNKS = 3
IMAGES = CHUNKS * CHUNK


def column(values):
    return Column(values.dtype, np.split(values, CHUNKS))


@pytest.fixture(scope="module")
def version():
    rng = np.random.default_rng(7)
    columns = {
        "score": column(rng.geometric(0.1, IMAGES).astype(np.int32)),
        "faves": column((rng.random(IMAGES) < 0.001).astype(np.int32)),
        "hides": column(np.zeros(IMAGES, np.int32)),
        "wilson_score": column(rng.random(IMAGES)),
        "width": column(rng.integers(1, 3000, IMAGES, dtype=np.int32)),
        "height": column(rng.integers(1, 3000, IMAGES, dtype=np.int32)),
        "first_seen_at": column(np.arange(IMAGES, dtype=np.int64)),
    }
    return Version(
        identity=("", ""),
        seq=1,
        columns=columns,
        flags=dict.fromkeys(FLAGS, BitMap(range(IMAGES))),
        codes={},
        postings=Postings(),
        vocabulary=Vocabulary(),
        words=Words(),
        judged={},
        suggestions=Postings(),
        sureness=0.5,
        strays=BitMap(),
        personal=None,
        account_names=Column(np.int64),
        stamps=Stamps(),
    )


HITS = from_ids(np.flatnonzero(np.random.default_rng(8).random(IMAGES) < 0.8))
PLACES = [(0, 1), (0, 25), (990, 1040), (5000, 5050), (60_000, 60_025), (len(HITS) - 7, len(HITS))]
SORTS = ["score", "faves", "hides", "wilson_score", "pixels", "aspect_ratio", "random"]


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("field", SORTS)
def test_any_page_is_that_of_the_whole_listing(version, field, ascending):
    sort = Sort(field, ascending=ascending, seed=1 << 40 | 5)
    ids = ids_of(HITS)
    whole = ids[np.lexsort((ids, order.keys(version, ids, sort)))]
    whole = whole if ascending else whole[::-1]
    for start, stop in PLACES:
        assert order.page(version, HITS, sort, start=start, stop=stop) == whole[start:stop].tolist()


@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (2.0, 0.0, -1.5), (0.25, 0.5, 1.0)])
@pytest.mark.parametrize("most_ranks", [64, 2])
def test_relevance_is_the_sum_of_the_parts(version, weights, most_ranks):
    rng = np.random.default_rng(9)
    ids = ids_of(HITS)
    parts = [(from_ids(ids[rng.random(len(ids)) < 0.3]), weight) for weight in weights]
    # More terms than there may be sets for: the sums are worked out image by image.
    parts *= 1 if most_ranks == 64 else 8
    parts = [(b, w + i / 1000 * (most_ranks == 2)) for i, (b, w) in enumerate(parts)]
    whole = ids[np.lexsort((ids, order.keys(version, ids, Sort("_score"), parts)))][::-1]
    for start, stop in PLACES:
        found = order.page(version, HITS, Sort("_score"), start=start, stop=stop, parts=parts)
        assert found == whole[start:stop].tolist()
