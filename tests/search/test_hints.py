import pytest

from menagerie.search import booru, fields, hints


def remarks(text, index=fields.IMAGES, **options):
    node = booru.parse(text, index, now=0, signed_in=True, **options)
    return [(text[hint.start : hint.end], hint.text) for hint in hints.find(node, index)]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("scor:5", "'score:'"),
        ("scor.gte:5", "'score.gte:'"),
        ("Score:5", "'score:'"),
        ("creatd_at.gt:2020", "'created_at.gt:'"),
        ("uplaoder:foo*", "'uploader:'"),
        ("artst:foo~1", "'artist:'"),
    ],
)
def test_a_misspelt_field_is_recognised(text, meant):
    [(place, remark)] = remarks(f"safe, {text}, dog")
    assert place == text
    assert meant in remark


@pytest.mark.parametrize(
    "text",
    ["safe", "artist:foo", "score:5", "foo:bar", "a:b", "spoiler:s01e01", "*:5", "ip:1.2.3.4"],
)
def test_what_may_be_meant_so_is_left_alone(text):
    assert remarks(text) == []


def test_other_misunderstandings_are_explained():
    assert "capitals" in remarks("cat or dog")[0][1]
    assert "capitals" in remarks("cat and dog")[0][1]
    assert "space after" in remarks("NOT(cat)")[0][1]
    assert "not closed" in remarks('"cat')[0][1]


def test_fields_of_other_indexes_are_hinted_at_too():
    [(_, remark)] = remarks("imge_count:5", fields.GALLERIES)
    assert "'image_count:'" in remark
    [(_, remark)] = remarks("authr:foo", fields.COMMENTS)
    assert "'author:'" in remark
    [(_, remark)] = remarks("image.tgs:foo", fields.COMMENTS)
    assert "'image.tags:'" in remark
