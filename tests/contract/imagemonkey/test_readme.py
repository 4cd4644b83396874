"""The dialect's README lists exactly the routes that are mounted."""

import re
from pathlib import Path

from menagerie import app
from menagerie.dialects import imagemonkey
from monkey_world import Monkey

README = Path(imagemonkey.__file__).with_name("README.md")
STATE = r"full|partial: .+|absent: .+|extension(?:: .+)?"
ROW = re.compile(rf"^\| ([A-Z]+) \| (/\S*) \| ({STATE}) \|$", re.MULTILINE)


# What the API had, from its first page to the last version, with `:` for each parameter.
HAD = """
GET /v1/activity
GET /v1/annotate
GET /v1/annotation
GET /v1/annotations
GET /v1/donation/:
GET /v1/donation/:/annotations
GET /v1/donation/:/annotations/coverage
GET /v1/donation/:/labels
GET /v1/donation/:/validations/unannotated
GET /v1/donations/labels
GET /v1/donations/unprocessed-descriptions
GET /v1/export
GET /v1/export/sample
GET /v1/images/:/details
GET /v1/internal/auto-annotation
GET /v1/internal/unverified-donations
GET /v1/label
GET /v1/label/accessors
GET /v1/label/example/:
GET /v1/label/graph/:
GET /v1/label/graph/:/definition
GET /v1/label/graph/:/query-builder
GET /v1/label/plurals
GET /v1/label/popular
GET /v1/label/random
GET /v1/label/refinements
GET /v1/label/suggestions
GET /v1/label/suggestions/usage
GET /v1/labelme
GET /v1/quiz-refine
GET /v1/refine
GET /v1/statistics
GET /v1/statistics/annotated
GET /v1/statistics/annotations
GET /v1/statistics/annotations/count
GET /v1/statistics/annotations/refinements
GET /v1/statistics/contributions
GET /v1/statistics/donations
GET /v1/statistics/validated
GET /v1/statistics/validations
GET /v1/statistics/validations/count
GET /v1/trendinglabels
GET /v1/unverified-donation/:
GET /v1/unverified/donation/:
GET /v1/user/:/games/imagehunt/stats
GET /v1/user/:/games/imagehunt/tasks
GET /v1/user/:/imagecollections
GET /v1/user/:/profile
GET /v1/user/:/profile/avatar
GET /v1/validate
GET /v1/validate/:
GET /v1/validation
GET /v1/validation/:
GET /v1/validations
GET /v1/validations/unannotated
GET /donations/:
PATCH /v1/donation/validate
PATCH /v1/refine
PATCH /v1/unverified/donation
PATCH /v1/validation/validate
POST /v1/annotation/:/refine/:
POST /v1/annotation/:/validate/:
POST /v1/donate
POST /v1/donation/:/annotate
POST /v1/donation/:/description
POST /v1/donation/:/description/:/lock
POST /v1/donation/:/description/:/unlock
POST /v1/donation/:/labelme
POST /v1/donation/:/validate/:
POST /v1/games/imagehunt/donate
POST /v1/internal/auto-annotate/:
POST /v1/internal/labelme/donate
POST /v1/label/graph-editor/evaluate
POST /v1/label/suggest
POST /v1/login
POST /v1/logout
POST /v1/report/:
POST /v1/signup
POST /v1/trendinglabels/accept
POST /v1/unverified/donation/:/:
POST /v1/user/:/api-token
POST /v1/user/:/api-token/:/revoke
POST /v1/user/:/imagecollection
POST /v1/user/:/imagecollection/:/image/:
POST /v1/user/:/profile/change_picture
POST /v1/validate/:/:
POST /v1/validation/:/blacklist-annotation
POST /v1/validation/:/not-annotatable
POST /v1/validation/:/validate/:
PUT /v1/annotation/:
"""


def test_every_route_that_the_api_had_is_listed():
    rows = ROW.findall(README.read_text())
    listed = {f"{method} {re.sub(r':[a-z]+', ':', path)}" for method, path, _state in rows}
    assert set(HAD.split("\n")) - {""} <= listed


def test_the_table_of_routes_is_true(monkey: Monkey):
    listed = {(method, path): state for method, path, state in ROW.findall(README.read_text())}
    mounted = {
        (operation.method, re.sub(r"\{(\w+):\w+\}", r":\1", path))
        for door in app.dialects(monkey.library)
        if door.title == "ImageMonkey"
        for operation in door.operations
        for path in operation.paths
    }
    assert {route for route, state in listed.items() if "absent" not in state} == mounted


def test_absent_routes_answer_as_what_is_not_there(monkey: Monkey):
    listed = ROW.findall(README.read_text())
    absent = [(method, path) for method, path, state in listed if state.startswith("absent")]
    assert absent
    for method, path in absent:
        answer = monkey.call(method, re.sub(r":\w+", "1", path), "admin")
        assert (path, answer.status_code, answer.json()["code"]) == (path, 404, "not_found")


def test_every_setting_it_names_is_one(monkey: Monkey):
    named = re.search(r"Other settings.*?\n\n", README.read_text(), re.DOTALL)
    assert named is not None
    for name in re.findall(r"`(\w+)`", named.group()):
        assert hasattr(monkey.library.settings, name), name
