import msgspec
import pytest
from sqlalchemy import delete, update

import build
from menagerie.core import tags, upkeep, words
from menagerie.data import vocabulary as shipped
from menagerie.errors import Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, Role, WordKind


@pytest.fixture
def tx(library):
    """A transaction that sees no words."""
    with library.writing(SYSTEM) as tx:
        tx.execute(update(schema.words).values(parent_id=None))
        tx.execute(delete(schema.words))
        tx.changed(ChangeKind.WORD, 0)
        yield tx


def add(tx, name, parent=None, kind=WordKind.NORMAL, **values):
    return words.add(tx, name, kind=kind, parent=parent, **values)


def test_a_word_is_found_by_everything_it_is_known_by(tx):
    word = add(tx, "TV", plural="TVs", description="A screen that shows programmes.")
    book = words.vocabulary(tx)
    found = [
        book.by_name("TV"),
        book.by_name("tv"),
        book.by_key(word.key),
        book.by_accessor("TV"),
        book.by_tag(word.tag_id),
        words.get(tx, word.key),
    ]
    assert found == [word] * 6
    assert tags.get_by_name(tx, "tv").id == word.tag_id
    assert (word.display, word.accessor, word.plural) == ("TV", "TV", "TVs")


def test_a_part_is_shown_with_what_it_belongs_to(tx):
    dog = add(tx, "dog")
    mouth = add(tx, "mouth", dog)
    book = words.vocabulary(tx)
    assert (mouth.display, mouth.accessor) == ("mouth/dog", "dog.has='mouth'")
    assert tags.get(tx, mouth.tag_id).name == "mouth/dog"
    assert book.by_name("dog", "mouth") == book.by_display("mouth/dog") == mouth
    assert book.by_name("mouth/dog") is None
    assert book.by_name("mouth") is None
    assert book.children(dog) == (mouth,)
    assert book.labels == (dog,)


def test_names_must_be_fit_and_free(tx):
    dog = add(tx, "dog")
    mouth = add(tx, "mouth", dog)
    color = add(tx, "color", kind=WordKind.REFINEMENT_CATEGORY)
    add(tx, "red", color, kind=WordKind.REFINEMENT)
    for name, parent, kind in (
        ("Dog", None, WordKind.NORMAL),
        ("dog", None, WordKind.META),
        ("mouth/dog", None, WordKind.NORMAL),
        ("mouth", dog, WordKind.NORMAL),
        ("Red", color, WordKind.REFINEMENT),
        ("color", None, WordKind.REFINEMENT_CATEGORY),
        ("a, b", None, WordKind.NORMAL),
        ("it's", None, WordKind.NORMAL),
        ("a\0b", None, WordKind.NORMAL),
        ("a\x07b", None, WordKind.NORMAL),
        ("\ud800", None, WordKind.NORMAL),
        (" ", None, WordKind.NORMAL),
        ("_", None, WordKind.NORMAL),
        ("x" * 101, None, WordKind.NORMAL),
    ):
        with pytest.raises(Invalid) as raised:
            add(tx, name, parent, kind)
        assert list(raised.value.fields) == ["name"], name
    for parent, kind in (
        (mouth, WordKind.NORMAL),
        (color, WordKind.NORMAL),
        (dog, WordKind.META),
        (None, WordKind.REFINEMENT),
        (mouth, WordKind.REFINEMENT),
    ):
        with pytest.raises(Invalid) as raised:
            add(tx, "new", parent, kind)
        assert list(raised.value.fields) == ["parent"]
    with pytest.raises(Invalid) as raised:
        add(tx, "new", key="no-uuid")
    assert list(raised.value.fields) == ["key"]
    with pytest.raises(NotFound):
        add(tx, "new", "no-such-key")


def test_only_moderators_change_words(library):
    alice, mod = build.account(library, "Alice"), build.account(library, "Mod", Role.MODERATOR)
    for actor, error in ((ANONYMOUS, Unauthenticated), (alice, Forbidden)):
        with library.writing(actor) as tx, pytest.raises(error):
            add(tx, "yeti")
    with library.writing(mod) as tx:
        key = add(tx, "yeti").key
    for actor, error in ((ANONYMOUS, Unauthenticated), (alice, Forbidden)):
        with library.writing(actor) as tx:
            with pytest.raises(error):
                words.edit(tx, key, plural="yetis")
            with pytest.raises(error):
                words.remove(tx, key)
            with pytest.raises(error):
                words.import_json(tx, {})
    with library.reading(ANONYMOUS) as tx:
        assert words.get(tx, key).plural == ""


def test_a_new_name_takes_tag_parts_and_answers_along(tx):
    quiz = '[{"question":"How big?","accessors":[".size"],"answers":[{"name":"big"}]}]'
    dog = add(tx, "dgo", quiz=quiz)
    add(tx, "mouth", dog)
    words.edit(tx, dog.key, name="doog")
    hound = words.edit(tx, dog.key, name="Dog")
    book = words.vocabulary(tx)
    assert [w.accessor for w in book.children(hound)] == ["Dog.has='mouth'"]
    assert [w.accessor for w in book.answers(hound)] == ["Dog.size='big'"]
    named = tags.canonical(tx, ["dgo", "doog", "mouth/dgo"])
    assert {tag.name for tag in named.values()} == {"dog", "mouth/dog"}
    assert book.by_name("dog", "mouth").tag_id == named["mouth/dgo"].id
    assert book.by_name("doog") is None


def test_answers_follow_the_questions(tx):
    def quiz(*answers):
        listed = ",".join(f'{{"name":"{name}"}}' for name in answers)
        return f'[{{"question":"How big?","accessors":[".size"],"answers":[{listed}]}}]'

    dog = add(tx, "dog", quiz=quiz("big", "small"))
    assert [w.name for w in words.vocabulary(tx).answers(dog)] == ["big", "small"]
    dog = words.edit(tx, dog.key, quiz=quiz("big"))
    assert [w.name for w in words.vocabulary(tx).answers(dog)] == ["big"]
    assert words.questions(dog)[0].answers[0].uuid == words.vocabulary(tx).answers(dog)[0].key
    for wrong in ("{", "[{}]", '[{"question":"?","accessors":["size"]}]'):
        with pytest.raises(Invalid, match="quiz"):
            words.edit(tx, dog.key, quiz=wrong)


def test_a_removed_word_keeps_its_tag_and_takes_its_parts_with_it(tx):
    dog = add(tx, "dog")
    add(tx, "mouth", dog)
    words.remove(tx, dog.key)
    assert words.vocabulary(tx).all == ()
    with pytest.raises(NotFound):
        words.get(tx, dog.key)
    assert tags.get(tx, dog.tag_id).name == "dog"
    assert add(tx, "dog").tag_id == dog.tag_id


def test_near_misses_are_suggested(tx):
    add(tx, "smartphone")
    add(tx, "tennis ball")
    book = words.vocabulary(tx)
    assert book.near("smartfone") == ["smartphone"]
    assert book.near("zebra") == []


def test_what_was_rolled_back_is_not_told_to_others(library):
    with library.reading(ANONYMOUS) as tx:
        before = words.vocabulary(tx).all

    def add_and_fail():
        with library.writing(SYSTEM) as tx:
            add(tx, "yeti")
            assert words.vocabulary(tx).by_name("yeti")
            raise NotFound

    with pytest.raises(NotFound):
        add_and_fail()
    with library.reading(ANONYMOUS) as tx:
        assert words.vocabulary(tx).all == before
    with library.writing(SYSTEM) as tx:
        add(tx, "yeti")
    with library.reading(ANONYMOUS) as tx:
        assert words.vocabulary(tx).by_name("yeti")


# Files.


def test_a_new_library_has_the_shipped_words_once(library):
    with library.reading(ANONYMOUS) as tx:
        assert words.export_json(tx) == shipped.read_all()
        dog = words.vocabulary(tx).by_name("dog")
    with library.writing(SYSTEM) as tx:
        words.remove(tx, dog.key)
        words.seed(tx)
    upkeep.prepare(library)
    with library.reading(ANONYMOUS) as tx:
        assert words.vocabulary(tx).by_name("dog") is None


DOG_KEY = "11111111-1111-4111-8111-111111111111"
FILE = {
    "labels": {
        "dog": {
            "description": "It barks.",
            "accessors": ["."],
            "uuid": DOG_KEY,
            "plural": "dogs",
            "has": {
                "mouth": {
                    "description": "It bites.",
                    "accessors": [".has"],
                    "uuid": "22222222-2222-4222-8222-222222222222",
                }
            },
            "quiz": [
                {
                    "question": "How big?",
                    "accessors": [".size"],
                    "control_type": "radio",
                    "allow_unknown": True,
                    "allow_other": False,
                    "browse_by_example": True,
                    "multiselect": False,
                    "uuid": "33333333-3333-4333-8333-333333333333",
                    "answers": [
                        {
                            "name": "big",
                            "uuid": "44444444-4444-4444-8444-444444444444",
                            "examples": [{"filename": "big.jpg", "attribution": "somebody"}],
                        }
                    ],
                }
            ],
        },
        "left/man": {
            "description": "",
            "accessors": ["."],
            "uuid": "55555555-5555-4555-8555-555555555555",
        },
    },
    "metalabels": {
        "kitchen": {
            "description": "A room.",
            "accessors": ["."],
            "uuid": "66666666-6666-4666-8666-666666666666",
        }
    },
    "refinements": {
        "color": {
            "uuid": "77777777-7777-4777-8777-777777777777",
            "description": "",
            "values": {
                "blue": {
                    "uuid": "88888888-8888-4888-8888-888888888888",
                    "description": "Like the sky.",
                    "accessors": ["color='blue'"],
                }
            },
        }
    },
}


def copy_of_file():
    return msgspec.json.decode(msgspec.json.encode(FILE))


def test_what_is_imported_is_exported_again(tx):
    done = words.import_json(tx, copy_of_file())
    assert done.added == ("dog", "mouth/dog", "left/man", "kitchen", "color", "blue")
    assert (done.changed, done.unknown) == ((), ())
    assert words.export_json(tx) == FILE
    assert words.import_json(tx, copy_of_file()) == words.Imported()
    book = words.vocabulary(tx)
    assert book.by_accessor("dog.size='big'").key == "44444444-4444-4444-8444-444444444444"
    assert book.by_name("man", "left") is None


def test_an_import_changes_only_the_words_it_names(tx):
    words.import_json(tx, copy_of_file())
    file = {
        "labels": {
            "hound": FILE["labels"]["dog"] | {"has": None},
            "left/man": {"plural": "left men"},
        }
    }
    done = words.import_json(tx, file)
    assert (done.added, done.changed) == ((), ("hound", "left/man"))
    book = words.vocabulary(tx)
    assert book.by_name("hound", "mouth").key == "22222222-2222-4222-8222-222222222222"
    assert book.by_name("left/man").key == "55555555-5555-4555-8555-555555555555"
    assert book.by_name("kitchen") is not None


def test_an_import_reports_what_it_does_not_know(tx):
    file = copy_of_file()
    file["extra"] = 1
    file["labels"]["dog"]["colour"] = "brown"
    file["labels"]["dog"]["quiz"][0]["hint"] = ""
    file["labels"]["dog"]["has"]["mouth"]["accessors"].append(".with")
    file["refinements"]["color"]["icon"] = "drop"
    assert words.import_json(tx, file).unknown == (
        "extra",
        "labels.dog.colour",
        "labels.dog.quiz.hint",
        "labels.dog.has.mouth.accessors: .with",
        "refinements.color.icon",
    )
    assert words.export_json(tx) == FILE


def test_an_import_with_problems_tells_all_and_changes_nothing(library):
    with library.reading(SYSTEM) as tx:
        before = words.export_json(tx)
    for file, places in (
        ([], ["vocabulary"]),
        ({"labels": {"yeti": 1, "x": {"plural": 1}}}, ["labels.yeti", "labels.x"]),
        ({"labels": {"yeti": {}, "it's": {}}}, ["labels.it's.name"]),
        ({"labels": {"yeti": {}}, "metalabels": {"Yeti": {}}}, ["metalabels.Yeti.name"]),
        ({"labels": {"yeti": {"uuid": DOG_KEY}, "x": {"uuid": DOG_KEY}}}, ["labels.x.key"]),
        ({"labels": {"yeti": {"quiz": [{}]}}}, ["labels.yeti.quiz"]),
        ({"labels": {"yeti": {"uuid": "7"}}}, ["labels.yeti.key"]),
    ):
        with pytest.raises(Invalid) as raised, library.writing(SYSTEM) as tx:
            words.import_json(tx, file)
        assert list(raised.value.fields) == places
    with library.reading(SYSTEM) as tx:
        assert words.export_json(tx) == before
