import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

import build
from menagerie import jobs
from menagerie.core import agreement, moderation, quality, tags, validations
from menagerie.errors import Forbidden, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, Role

ORACLE = json.loads((Path(__file__).parent / "judges/crowd_kit.json").read_text())


# The formulas.


def test_alpha_agrees_with_the_table_worked_by_hand():
    assert quality.alpha([(3, 0), (2, 1), (0, 3)]) == pytest.approx(0.6, abs=1e-9)
    assert quality.alpha([(3, 0), (2, 1), (0, 3), (1, 0), (0, 0)]) == pytest.approx(0.6, abs=1e-9)


def test_alpha_is_undefined_where_there_is_nothing_to_compare():
    for counts in ([], [(1, 0), (0, 1)], [(3, 0), (5, 0)], [(0, 2)]):
        assert quality.alpha(counts) is None
    assert agreement.observed([(1, 0), (0, 1)]) is None
    assert agreement.observed([(3, 0)]) == 1


def test_the_lower_bound_trusts_many_verdicts_more():
    assert quality.lower_bound(0, 0) == 0
    assert quality.lower_bound(1, 0) < quality.lower_bound(95, 5) < 0.95


def verdicts_of(frame):
    said = [
        (item, int(one[:-1]), one[-1] == "+")
        for item, text in enumerate(frame["verdicts"])
        for one in text.split()
    ]
    items, judges, is_yes = (np.array(column) for column in zip(*said, strict=True))
    return items, judges, is_yes


@pytest.mark.parametrize("frame", ORACLE["frames"], ids=lambda f: f"{len(f['verdicts'])} items")
def test_formulas_agree_with_the_libraries_everybody_uses(frame):
    items, judges, is_yes = verdicts_of(frame)
    yes, no = np.bincount(items, is_yes), np.bincount(items, ~is_yes)
    counts = list(zip(yes.astype(int).tolist(), no.astype(int).tolist(), strict=True))
    assert quality.alpha(counts) == pytest.approx(frame["alpha"], abs=1e-9)
    found, expected = quality.dawid_skene(items, judges, is_yes).truth, np.array(frame["truth"])
    # Their counts of judges begin with nothing, so where they hardly know we may lean otherwise.
    is_clear = np.abs(expected - 0.5) > 0.1
    assert is_clear.mean() > 0.95
    assert ((found > 0.5) == (expected > 0.5))[is_clear].all()
    assert np.abs(found - expected).mean() < 0.005


def test_a_judge_who_always_says_the_opposite_is_found_out():
    items = np.repeat(np.arange(40), 4)
    judges = np.tile(np.arange(4), 40)
    truth = np.arange(40) % 2 == 0
    is_yes = np.where(judges == 3, ~truth[items], truth[items])
    found = quality.dawid_skene(items, judges, is_yes)
    assert ((found.truth > 0.5) == truth).all()
    assert found.sensitivity[:3].min() > 0.9
    assert max(found.sensitivity[3], found.specificity[3]) < 0.1


def test_no_verdicts_are_no_trouble():
    nothing = np.array([], np.int64)
    assert len(quality.dawid_skene(nothing, nothing, np.array([], bool)).truth) == 0


# The job.


def judge(library, image_id, name, actor, *, is_yes):
    with library.writing(actor) as tx:
        return validations.judge(tx, image_id, tags.get_by_name(tx, name).id, is_yes=is_yes)


def person(number):
    return Actor(fingerprint=f"browser-{number}", address="192.0.2.7")


def truths(library, name="dog"):
    row = schema.labels.c
    with library.reading(SYSTEM) as tx:
        tag_id = tags.get_by_name(tx, name).id
        wanted = select(row.image_id, row.truth).where(row.tag_id == tag_id).order_by(row.image_id)
        return dict(tuple(found) for found in tx.all(wanted))


def label_changes(library):
    row = schema.changes.c
    with library.reading(SYSTEM) as tx:
        return len(tx.all(select(row.seq).where(row.kind == ChangeKind.LABEL)))


@pytest.fixture
def judged(library):
    """Three images with dogs, judged as in the table worked by hand, and one nobody judged."""
    ids = [build.image(library, "safe, dog, one") for _ in range(4)]
    for image_id, answers in zip(ids, ("yyy", "yyn", "nnn"), strict=False):
        for number, answer in enumerate(answers):
            judge(library, image_id, "dog", person(number), is_yes=answer == "y")
    return ids


def test_words_are_measured(library, judged):
    for _ in range(3):
        judge(library, judged[0], "dog", ANONYMOUS, is_yes=True)
    quality.measure(library)
    with library.reading(ANONYMOUS) as tx:
        dog = tags.get_by_name(tx, "dog").id
        found = quality.of_word(tx, dog)
        assert quality.of_words(tx) == {dog: found}
        assert (found.label_count, found.verdict_count) == (3, 12)
        assert (found.positive_count, found.negative_count, found.undecided_count) == (1, 1, 1)
        assert found.alpha == quality.alpha([(6, 0), (2, 1), (0, 3)])
        assert quality.contested(tx, dog) == [(judged[1], 2, 1)]
        assert quality.of_word(tx, dog + 1) is None


def test_what_is_probably_true_is_written_and_searchable_and_only_changes_are_logged(
    library, judged
):
    quality.measure(library)
    found = truths(library)
    assert found[judged[0]] > found[judged[1]] > 0.5 > found[judged[2]]
    assert found[judged[3]] is None
    with library.reading(ANONYMOUS) as tx:
        verdicts = tx.version.verdicts(tags.get_by_name(tx, "dog").id)
        assert verdicts.truth.tolist() == [found[image_id] for image_id in judged[:3]]
    before = label_changes(library)
    quality.measure(library)
    quality.measure(library)
    assert label_changes(library) == before
    assert truths(library) == found


def test_nobody_known_is_left_out_of_the_model(library, judged):
    for _ in range(9):
        judge(library, judged[3], "dog", ANONYMOUS, is_yes=True)
    quality.measure(library)
    assert truths(library)[judged[3]] is None


def test_a_verdict_taken_back_is_noticed(library, judged):
    judge(library, judged[3], "dog", person(0), is_yes=True)
    quality.measure(library)
    assert truths(library)[judged[3]] is not None
    with library.writing(person(0)) as tx:
        validations.take_back(tx, judged[3], tags.get_by_name(tx, "dog").id)
    quality.measure(library)
    assert truths(library)[judged[3]] is None
    with library.reading(ANONYMOUS) as tx:
        assert quality.of_word(tx, tags.get_by_name(tx, "dog").id).label_count == 3


def test_images_that_not_everybody_finds_do_not_count(library, judged):
    with library.writing(SYSTEM) as tx:
        moderation.remove(tx, judged[2], "no")
    judge(library, judged[3], "dog", person(0), is_yes=True)
    quality.measure(library)
    with library.reading(ANONYMOUS) as tx:
        found = quality.of_word(tx, tags.get_by_name(tx, "dog").id)
    assert (found.label_count, found.verdict_count) == (3, 7)


def test_an_image_that_is_removed_later_counts_no_more_at_the_next_run(library, judged):
    quality.measure(library)
    with library.writing(SYSTEM) as tx:
        moderation.remove(tx, judged[2], "no")
    quality.measure(library)
    with library.reading(ANONYMOUS) as tx:
        found = quality.of_word(tx, tags.get_by_name(tx, "dog").id)
    assert (found.label_count, found.verdict_count) == (2, 6)


def test_who_takes_verdicts_back_is_measured_again(library, judged):
    alice, mod = build.account(library), build.account(library, "Mod", Role.MODERATOR)
    cup = build.image(library, "safe, cup, one")
    judge(library, cup, "cup", alice, is_yes=True)
    judge(library, judged[0], "dog", alice, is_yes=True)
    quality.measure(library)
    with library.writing(alice) as tx:
        validations.take_back(tx, cup, tags.get_by_name(tx, "cup").id)
    quality.measure(library)
    with library.reading(mod) as tx:
        found = {one.account_name: one for one in quality.contributors(tx)}
    assert found["Alice"].verdict_count == 1


def test_only_words_with_news_are_measured(library, clock, judged):
    cup = build.image(library, "safe, cup, one")
    judge(library, cup, "cup", person(0), is_yes=True)
    quality.measure(library)
    quality.measure(library)  # what the first one wrote is news as well
    clock.advance(60)
    judge(library, cup, "cup", person(1), is_yes=True)
    quality.measure(library)
    with library.reading(ANONYMOUS) as tx:
        measured = {tags.get(tx, m.tag_id).name: m for m in quality.of_words(tx).values()}
    assert measured["cup"].measured_at - measured["dog"].measured_at == 60_000_000


def test_contributors_are_for_moderators(library, judged):
    alice, mod = build.account(library), build.account(library, "Mod", Role.MODERATOR)
    for image_id, is_yes in zip(judged[:3], (True, True, False), strict=True):
        judge(library, image_id, "dog", alice, is_yes=is_yes)
    quality.measure(library)
    with library.reading(mod) as tx:
        found = {one.account_name or one.voter: one for one in quality.contributors(tx)}
    assert len(found) == 4
    assert found["Alice"].verdict_count == 3
    assert found["Alice"].yes_ratio == pytest.approx(2 / 3)
    assert found["Alice"].agreement == 1
    assert found["Alice"].sensitivity > 0.6
    assert {one.agreement for one in found.values() if one.account_name is None} == {1.0}
    for actor, error in ((ANONYMOUS, Unauthenticated), (alice, Forbidden)):
        with library.reading(actor) as tx, pytest.raises(error):
            quality.contributors(tx)


def test_the_job_is_planned_once_and_only_after_news(library, judged):
    worker = jobs.Worker(library, {quality.MEASURE: quality.measure}, threads=0)

    def waiting():
        kind = schema.jobs.c.kind == quality.MEASURE
        with library.reading(SYSTEM) as tx:
            return len(tx.all(select(schema.jobs.c.id).where(kind)))

    quality.plan(library)
    quality.plan(library)
    assert waiting() == 1
    worker.run_pending()
    quality.plan(library)
    worker.run_pending()
    quality.plan(library)
    assert waiting() == 0
