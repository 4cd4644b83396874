import pytest

import build
from menagerie.core import saved_searches
from menagerie.errors import Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS


def test_searches_are_kept_renamed_replaced_and_forgotten(library):
    alice, bert = build.account(library, "Alice"), build.account(library, "Bert")
    with library.writing(alice) as tx:
        dogs = saved_searches.save(tx, "  Sleeping   dogs ", "dog, sleeping", "score")
        saved_searches.save(tx, "all", "*")
        again = saved_searches.save(tx, "Sleeping dogs", "dog, (broken", "score:asc")
        assert again.id == dogs.id
        assert [(s.name, s.query, s.sort) for s in saved_searches.find_own(tx)] == [
            ("all", "*", ""),
            ("Sleeping dogs", "dog, (broken", "score:asc"),
        ]
        assert [s.name for s in saved_searches.find_own(tx, "DOG")] == ["Sleeping dogs"]
        assert saved_searches.find_own(tx, "leep") == []
        with pytest.raises(Invalid):
            saved_searches.rename(tx, dogs.id, "all")
        saved_searches.rename(tx, dogs.id, "Dogs")
        assert saved_searches.get(tx, dogs.id).name == "Dogs"
        for name, query, field in (
            ("", "a", "name"),
            ("x" * 101, "a", "name"),
            ("a", " ", "query"),
        ):
            with pytest.raises(Invalid) as wrong:
                saved_searches.save(tx, name, query)
            assert list(wrong.value.fields) == [field]
    with library.writing(bert) as tx:
        assert saved_searches.find_own(tx) == []
        for refused in (saved_searches.get, saved_searches.forget):
            with pytest.raises(NotFound):
                refused(tx, dogs.id)
        saved_searches.save(tx, "Dogs", "cat")
    with library.writing(alice) as tx:
        saved_searches.forget(tx, dogs.id)
        assert [s.name for s in saved_searches.find_own(tx)] == ["all"]
    with library.writing(ANONYMOUS) as tx:
        assert saved_searches.find_own(tx) == []
        with pytest.raises(Unauthenticated):
            saved_searches.save(tx, "a", "b")


def test_an_account_keeps_so_many_and_no_more(library):
    alice = build.account(library, "Alice")
    with library.writing(alice) as tx:
        for n in range(saved_searches.MOST):
            saved_searches.save(tx, f"{n}", "*")
        with pytest.raises(Invalid):
            saved_searches.save(tx, "one more", "*")
        assert saved_searches.save(tx, "7", "dog").query == "dog"
