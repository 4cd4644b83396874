"""The dialect's OpenAPI document is true: no operation answers what it does not say."""

from functools import partial

import pytest

from monkey_world import Monkey
from openapi_run import MODES, check_complete, run


def test_every_route_is_documented(monkey: Monkey):
    document = monkey.get("/openapi/imagemonkey.json", root=True).json()
    check_complete(document, monkey.library, "ImageMonkey")


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_no_operation_answers_what_is_not_documented(make_monkey, mode):
    monkey = make_monkey(crowd_rate=0)
    monkey.donate("banana", "user")
    document = monkey.get("/openapi/imagemonkey.json", root=True).json()
    # Checks that are off: odd parameters are passed over (spec 4, 5.2, 5.5), texts have rules that
    # no schema says (vocabulary, queries), and a wrong method is 405 without being an operation.
    calls = [partial(monkey.call, role=role) for role in ("anonymous", "user")]
    run(document, calls, mode=mode, examples=4)
