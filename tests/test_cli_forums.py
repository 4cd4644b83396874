"""`menagerie forum`."""

import json


def test_forums_are_made_listed_and_changed(menagerie):
    code, said, _ = menagerie("forum", "add", "art", "Art", "--description", "Drawn things.")
    assert (code, said) == (0, "Art is at /forums/art\n")
    assert menagerie("forum", "add", "art", "Art")[0] == 2
    assert menagerie("forum", "edit", "art", "--access", "staff", "--name", "Arts")[0] == 0
    code, said, _ = menagerie("forum", "edit", "none", "--name", "x")
    assert code == 4
    code, said, _ = menagerie("forum", "list", "--json")
    found = [json.loads(line) for line in said.splitlines()]
    assert [(one["short_name"], one["access"]) for one in found] == [
        ("art", "staff"),
        ("general", "normal"),
        ("meta", "normal"),
    ]
    assert "Site and policy" in menagerie("forum", "list")[1]
