"""The command line's notices, badges, and help for people who are locked out."""

import build


def test_notices_and_badges_from_the_command_line(menagerie, tmp_path):
    assert "notice 1 is shown" in menagerie("notice", "add", "Down tonight", "--hours", "2")[1]
    assert menagerie("notice", "add", "x", "--link", "javascript:1")[0] == 2
    listed = menagerie("notice", "list")[1]
    assert "Down tonight" in listed
    assert "yes" in listed
    assert menagerie("notice", "take-down", "1")[0] == 0
    assert "yes" not in menagerie("notice", "list")[1]
    assert menagerie("notice", "take-down", "7")[0] == 4

    (tmp_path / "badge.png").write_bytes(build.png())
    picture = str(tmp_path / "badge.png")
    assert menagerie("badge", "add", "Artist", "--picture", picture)[0] == 0
    menagerie("account", "create", "Ada")
    assert "Ada has the badge Artist now" in menagerie("badge", "award", "ada", "Artist")[1]
    assert menagerie("badge", "award", "Nobody", "Artist")[0] == 4
    assert menagerie("badge", "retire", "Artist")[0] == 0
    assert menagerie("badge", "award", "Ada", "Artist")[0] == 2
    assert "Artist" in menagerie("badge", "list")[1]

    assert "was not asked" in menagerie("account", "two-factor-off", "Ada")[1]
    assert "Ada is Eve now" in menagerie("account", "rename", "Ada", "Eve")[1]
    assert menagerie("account", "rename", "Ada", "Eve")[0] == 4
