"""Which questions are asked about which shapes."""

import build
from menagerie.core import quizzes
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import Review
from outlines import RECT, ask, judge, picture, put, say


def asked(library):
    found = set()
    with library.reading(ANONYMOUS) as tx:
        for _ in range(10):
            quiz = quizzes.pick(tx)
            found.add((quiz.question.question, quiz.target.shape.key) if quiz else None)
    return found


def test_a_question_is_asked_of_checked_shapes_until_it_is_answered(library):
    big, _small = ask(library, "zebra")
    zebra = build.word(library, "zebra").tag_id
    assert asked(library) == {None}
    checked = put(library, ANONYMOUS, picture(library, "zebra"), zebra, RECT, RECT | {"left": 1})
    put(library, ANONYMOUS, picture(library, "zebra"), zebra)
    locked = put(library, SYSTEM, picture(library, "zebra", review=Review.PENDING), zebra)
    by_machine = put(library, SYSTEM, picture(library, "zebra"), zebra, is_auto=True)
    judge(library, ANONYMOUS, checked.key)
    judge(library, SYSTEM, locked.key)
    judge(library, ANONYMOUS, by_machine.key)
    one, two = (shape.key for shape in checked.shapes)
    assert asked(library) == {("How big?", one), ("How big?", two)}
    say(library, ANONYMOUS, one, big)
    assert asked(library) == {("How big?", two)}
    judge(library, ANONYMOUS, checked.key, "no")
    assert asked(library) == {None}
