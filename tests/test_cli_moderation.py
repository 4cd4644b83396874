"""`menagerie moderation` and `menagerie tag`."""

import json

import build
import rows
from menagerie.core import moderation, reports, staff_log, tags
from menagerie.core.people import avatars
from menagerie.library import SYSTEM, Actor


def picture_of(library, name):
    with library.reading(SYSTEM) as tx:
        return tags.get_by_name(tx, name).spoiler_image


def test_the_queue_and_the_log_are_listed_and_acts_undone(menagerie, library):
    assert menagerie("moderation", "queue") == (0, "nothing waits\n", "")
    assert menagerie("moderation", "log") == (0, "nothing was done\n", "")
    image_id = rows.image(library)
    with library.writing(Actor(address="192.0.2.1")) as tx:
        reports.report(tx, image_id, "Ugly [bold]")
    with library.writing(SYSTEM) as tx:
        moderation.remove(tx, image_id, "spam")
        entry = staff_log.find(tx)[0].id
    _, out, _ = menagerie("moderation", "queue")
    assert "Ugly [bold]" in out
    (line,) = menagerie("moderation", "queue", "--kind", "report", "--json")[1].splitlines()
    assert json.loads(line)["image_id"] == image_id
    _, out, _ = menagerie("moderation", "log")
    assert f"image {image_id}" in out
    assert "possible" in out
    code, out, _ = menagerie("moderation", "undo", entry)
    assert (code, out.startswith(f"entry {entry} is undone")) == (0, True)
    code, _, err = menagerie("moderation", "undo", entry)
    assert (code, "was undone by the library already" in err) == (2, True)
    assert "undone" in menagerie("moderation", "log", "--action", "remove")[1]
    assert menagerie("moderation", "log", "--account", "Nobody")[0] == 4


def test_people_are_shut_out_and_let_in(menagerie, library):
    rows.account(library, "Alice")
    code, out, _ = menagerie(
        "moderation", "ban", "--account", "alice", "--days", 2, "--reason", "x"
    )
    assert code == 0
    assert "Alice" in menagerie("moderation", "bans")[1]
    assert menagerie("moderation", "ban", "--network", "here")[0] == 2
    assert menagerie("moderation", "ban", "--account", "Alice", "--days", 0)[0] == 2
    number = out.strip()
    assert menagerie("moderation", "unban", number) == (0, f"ban {number} is lifted\n", "")
    assert menagerie("moderation", "bans") == (0, "nobody is banned\n", "")


def test_tags_become_aliases_and_imply(menagerie, library, tmp_path):
    image_id = rows.image(library, "safe, solo, hound")
    rows.tag_ids(library, "dog", "animal")
    code, out, _ = menagerie("tag", "alias", "hound", "dog", "--dry-run")
    assert (code, out.startswith("would move from 'hound' to 'dog': 1 images (0")) == (0, True)
    assert menagerie("tag", "alias", "hound", "dog")[1].startswith("moved")
    assert rows.tags_of(library, image_id) == {"safe", "solo", "dog"}
    assert menagerie("tag", "unalias", "hound")[1].endswith("what had moved came back\n")
    assert rows.tags_of(library, image_id) == {"safe", "solo", "hound"}
    out = menagerie("tag", "imply", "hound", "animal", "--dry-run")[1]
    assert out == "1 images have 'hound' and not 'animal'\n"
    out = menagerie("tag", "imply", "hound", "animal", "--existing")[1]
    assert out == "'hound' implies 'animal'; 1 images got it\n"
    assert menagerie("tag", "unimply", "hound", "animal")[0] == 0
    assert menagerie("tag", "describe", "hound", "A dog.", "--category", "species")[0] == 0
    assert menagerie("tag", "describe", "hound", "--category", "weather")[0] == 2
    picture = tmp_path / "hound.png"
    picture.write_bytes(build.png())
    assert menagerie("tag", "describe", "hound", "--picture", picture)[0] == 0
    assert avatars.is_name(picture_of(library, "hound"))
    assert menagerie("tag", "describe", "hound", "--no-picture")[0] == 0
    assert picture_of(library, "hound") is None
    assert menagerie("tag", "alias", "hownd", "dog")[0] == 4
