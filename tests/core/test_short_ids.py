"""Short public ids: reversible, keyed by the library, and proofs of images."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.core import short_ids
from menagerie.library import Library


def test_ids_are_short_texts_for_addresses_and_lead_back(library: Library):
    numbers = [*range(1, 500), 2**40, 2**54 - 1]
    codes = [short_ids.encode(library, number) for number in numbers]
    assert len(set(codes)) == len(numbers)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{9}", code) for code in codes)
    assert [short_ids.decode(library, code) for code in codes] == numbers
    assert len(short_ids.encode(library, 1, width=12)) == 12


def test_neighbours_have_nothing_in_common(library: Library):
    codes = [short_ids.encode(library, number) for number in range(1, 200)]
    for place in range(short_ids.WIDTH):
        assert len({code[place] for code in codes}) > 40


def test_what_is_no_id_leads_nowhere(library: Library):
    for text in ("", "short", "much too long", "aaaaaaaa!", "äaaaaaaaa"):
        assert short_ids.decode(library, text) is None
    for number in (-1, 2**54):
        with pytest.raises(ValueError, match=str(number)):
            short_ids.encode(library, number)


@given(st.text("aZ09-_", min_size=9, max_size=9))
def test_every_text_of_nine_is_one_number(text: str):
    secret = b"k" * 32
    value = short_ids._decode(secret, text, short_ids.WIDTH)
    assert value is not None
    assert short_ids._encode(secret, value, short_ids.WIDTH) == text


def test_accounts_have_codes_of_their_own(library: Library):
    code = short_ids.account_code(library, 7)
    assert re.fullmatch(r"[A-Za-z0-9_-]{6}", code)
    assert short_ids.account_id(library, code) == 7
    assert short_ids.account_id(library, short_ids.encode(library, 7)) is None


def test_a_proof_is_of_one_image(library: Library):
    proof = short_ids.proof(library, 7)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", proof)
    assert short_ids.is_proof(library, 7, proof)
    for number, text in ((8, proof), (7, proof[:-1] + "!"), (7, ""), (7, "ä" * 22)):
        assert not short_ids.is_proof(library, number, text)
