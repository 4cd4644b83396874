"""The dialect's OpenAPI document is true: no operation answers what it does not say."""

from functools import partial

import pytest

from dog_world import Kennel
from openapi_run import MODES, check_complete, run


def test_every_route_is_documented(kennel: Kennel):
    document = kennel.get("/openapi-json", root=True).json()
    assert document["servers"] == [{"url": "http://test"}]
    assert document["paths"] == kennel.get("/openapi/thedogapi.json", root=True).json()["paths"]
    check_complete(document, kennel.library, "TheDogAPI")


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_no_operation_answers_what_is_not_documented(make_kennel, mode):
    kennel = make_kennel()
    kennel.put("safe, dog, breed:pug")
    document = kennel.get("/openapi-json", root=True).json()
    # Checks that are off: unknown and odd parameters are passed over (spec 1.1), texts have rules
    # that no schema says (ids, names of breeds), and a wrong method is 405 without being an
    # operation. Nobody waits a minute for a picture that no worker looks at.
    calls = [partial(kennel.call, role=role) for role in ("anonymous", "user", "admin")]
    run(document, calls, mode=mode, examples=4, without=("upload-sync",))
