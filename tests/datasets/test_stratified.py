"""Stratified splits: every class has its share, groups stay whole, and what is fixed stays."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from menagerie.datasets import stratified

group = st.tuples(
    st.integers(1, 4),
    st.dictionaries(st.integers(0, 5), st.integers(1, 2), max_size=3),
    st.sampled_from((-1, -1, -1, 0, 1, 2)),
)


@settings(deadline=None)
@given(st.lists(group, max_size=40), st.sampled_from(((80, 10, 10), (100, 0, 0), (50, 0, 50))))
def test_every_group_has_a_split_and_fixed_ones_keep_theirs(groups, ratios):
    sizes, classes, fixed = map(list, zip(*groups, strict=True)) if groups else ([], [], [])
    found = stratified.assign(sizes, classes, fixed, ratios)
    assert len(found) == len(groups)
    for split, was in zip(found, fixed, strict=True):
        assert split == was if was >= 0 else ratios[split] > 0
    assert found == stratified.assign(sizes, classes, fixed, ratios)


@settings(deadline=None)
@given(st.lists(st.integers(3, 60), min_size=1, max_size=8))
def test_a_class_of_three_groups_is_in_all_three_splits(counts):
    classes = [{number: 1} for number, count in enumerate(counts) for _ in range(count)]
    found = stratified.assign([1] * len(classes), classes, [-1] * len(classes), (80, 10, 10))
    for number, count in enumerate(counts):
        splits = Counter(s for s, held in zip(found, classes, strict=True) if number in held)
        assert set(splits) == {0, 1, 2}
        assert abs(splits[0] - count * 0.8) <= 2
