import re

import pytest

from menagerie.search import fields
from menagerie.search.fields import Kind, Role
from search import notation

EVERY = [(index, field) for index in fields.INDEXES.values() for field in index.fields]


def test_the_indexes_are_those_of_the_language():
    assert list(fields.INDEXES) == ["images", "comments", "posts", "galleries", "tags", "filters"]
    defaults = {name: index.default.name for name, index in fields.INDEXES.items()}
    assert defaults == {
        "images": "tags",
        "comments": "body",
        "posts": "body",
        "galleries": "title",
        "tags": "name",
        "filters": "name",
    }


@pytest.mark.parametrize("index", fields.INDEXES.values(), ids=repr)
def test_no_name_means_two_fields(index):
    names = [name for field in index.fields for name in (field.name, *field.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("index", "field"), EVERY, ids=[f"{index.name}.{field.name}" for index, field in EVERY]
)
def test_a_field_is_described_and_found(index, field):
    assert field.about
    assert not field.about.endswith(".")
    assert index.get(field.name) is field
    assert (field.name in index.named(moderator=False)) == (field.role is not Role.MODERATOR)
    assert index.named(moderator=True)[field.name] is field
    assert bool(field.choices) == (field.name == "my")
    assert field.kind is not Kind.TAG or index is fields.IMAGES


def test_old_spellings_still_work():
    assert fields.COMMENTS.named(moderator=False)["user_id"].name == "author_id"
    assert fields.POSTS.named(moderator=False)["user_id"].name == "author_id"
    assert fields.GALLERIES.named(moderator=False)["watcher_count"].name == "subscriber_count"


def test_every_field_has_a_line_in_the_fixtures():
    files = ("terms.txt", "dates.txt", "indexes.txt")
    written = {
        (index.name, re.sub(r"\.[gl]te?$", "", text.strip('"').partition(":")[0]))
        for _, text, _, _, index, _ in notation.cases(*files)
    }
    missing = {(index.name, field.name) for index, field in EVERY} - written
    assert not missing
