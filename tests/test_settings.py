"""Settings: the last source wins, wrong names and values teach."""

import pytest

from menagerie import settings
from menagerie.errors import Invalid


def test_the_last_source_wins(tmp_path):
    (tmp_path / "menagerie.toml").write_text("port = 1\nhost = 'a'\nworkers = 4\n")
    environment = {"MENAGERIE_DATA": str(tmp_path), "MENAGERIE_PORT": "2", "MENAGERIE_HOST": "b"}
    loaded = settings.load({"port": 3, "host": None}, environment)
    assert (loaded.port, loaded.host, loaded.workers, loaded.review) == (3, "b", 4, "model")
    assert loaded.sources["port"] == "command line"
    assert loaded.sources["host"] == "environment"
    assert loaded.sources["workers"] == "menagerie.toml"
    assert loaded.sources["review"] == "default"


def test_every_option_is_a_field_and_the_other_way_round():
    fields = set(settings.Settings.__struct_fields__) - {"sources", "of_dialects"}
    of_dialects = {option.name for option in settings.OF_DIALECTS}
    assert fields == {option.name for option in settings.OPTIONS} - of_dialects
    assert settings.load({}, {}).of_dialects.keys() == of_dialects


def test_dialects_bring_their_own_options():
    loaded = settings.load({"philomena_fields": "2021"}, {"MENAGERIE_IMAGEMONKEY_PREFIX": "/im"})
    assert loaded.text("philomena_fields") == "2021"
    assert loaded.text("imagemonkey_prefix") == "/im"
    with pytest.raises(Invalid, match="one of full, 2021"):
        settings.load({"philomena_fields": "2022"}, {})


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"MENAGERIE_PROT": "1"}, "did you mean 'port'"),
        ({"MENAGERIE_PORT": "many"}, "must be a whole number, not 'many'"),
        ({"MENAGERIE_PORT": "-1"}, "must be at least 0"),
        ({"MENAGERIE_REVIEW": "never"}, "must be one of open, model, person"),
        ({"MENAGERIE_METRICS": "maybe"}, "must be true or false"),
        ({"MENAGERIE_PUBLIC_URL": "example.org"}, "must begin with http"),
        ({"MENAGERIE_MAIL_URL_FILE": "/nonexistent"}, "cannot be read"),
    ],
)
def test_a_wrong_setting_is_explained(tmp_path, environment, message):
    with pytest.raises(Invalid, match=message):
        settings.load({"data": tmp_path}, environment)


def test_a_secret_may_be_in_a_file(tmp_path):
    (tmp_path / "secret").write_text("hush\n")
    environment = {"MENAGERIE_FILES_SECRET_FILE": str(tmp_path / "secret")}
    assert settings.load({"data": tmp_path}, environment).files_secret == "hush"


def test_a_setting_that_is_no_secret_may_not_be_in_a_file(tmp_path):
    with pytest.raises(Invalid, match="is no setting"):
        settings.load({"data": tmp_path}, {"MENAGERIE_PORT_FILE": str(tmp_path)})


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "menagerie.toml").write_text("port =")
    with pytest.raises(Invalid, match=r"menagerie\.toml is not TOML"):
        settings.load({"data": tmp_path}, {})
