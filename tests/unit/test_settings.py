from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from annotator.cli import main
from annotator.errors import InvalidSettings
from annotator.settings import (
    SETTABLE,
    data_dir,
    header_index_path,
    keep_setting,
    load_settings,
    log_dir,
    settings_path,
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_there_are_sensible_defaults(own_home: Path) -> None:
    settings = load_settings(environment={})
    assert settings.reader
    assert settings.database.startswith("sqlite:///")
    assert Path(settings.database.removeprefix("sqlite:///")).is_relative_to(own_home)
    assert settings.lexicon_edition == "5"


def test_file_then_environment_then_options_win(tmp_path: Path) -> None:
    file = write(
        tmp_path / "s.toml", 'reader = "file"\nlexicon_edition = "6"\ndatabase = "sqlite:///file.db"\n'
    )
    environment = {"ANNOTATOR_READER": "variable", "ANNOTATOR_DATABASE": "sqlite:///variable.db"}
    settings = load_settings(file, {"reader": "option", "database": None}, environment)
    assert (settings.reader, settings.database, settings.lexicon_edition) == (
        "option",
        "sqlite:///variable.db",
        "6",
    )


def test_the_users_own_file_is_found() -> None:
    write(settings_path(), 'reader = "me"\nmicro_below_mm = 1\n')
    settings = load_settings(environment={})
    assert settings.reader == "me"
    assert settings.micro_below_mm == 1.0
    assert isinstance(settings.micro_below_mm, float)


def test_an_empty_variable_or_option_says_nothing() -> None:
    expected = load_settings(environment={})
    assert load_settings(None, {"reader": ""}, {"ANNOTATOR_READER": ""}) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('colour = "red"', "colour"),
        ("reader = 3", "reader"),
        ("micro_below_mm = true", "micro_below_mm"),
        ('macro_above_mm = "1"', "macro_above_mm"),
        ("micro_below_mm = -0.1", "micro_below_mm"),
        ("micro_below_mm = nan", "micro_below_mm"),
        ("macro_above_mm = inf", "macro_above_mm"),
        ("micro_below_mm = 2\nmacro_above_mm = 1", "macro_above_mm"),
        ("reader = ", "s.toml"),
        ("micro_below_mm = 1.5", "micro_below_mm is 1.5 and macro_above_mm 1;"),
        ("micro_below_mm = 0", "two sizes above zero"),
        ("micro_below_mm = nan", "two sizes above zero"),
        ("macro_above_mm = inf", "two sizes above zero"),
        ("picture_memory_mb = -1", "picture_memory_mb is -1"),
        ("picture_memory_mb = inf", "picture_memory_mb is inf"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_fault(tmp_path: Path, text: str, named: str) -> None:
    file = write(tmp_path / "s.toml", text)
    with pytest.raises(InvalidSettings, match=named):
        load_settings(file, environment={})


def test_one_size_may_serve_for_both(tmp_path: Path) -> None:
    file = write(tmp_path / "s.toml", "micro_below_mm = 1\n")
    assert load_settings(file, environment={}).micro_below_mm == 1.0


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="no such settings file"):
        load_settings(tmp_path / "none.toml", environment={})


def test_settings_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidSettings, match="mend or remove"):
        load_settings(file, environment={})


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps user folders private itself")
def test_folders_of_readings_and_logs_are_the_owners_alone() -> None:
    for folder in (data_dir(), log_dir()):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_home_that_cannot_be_used_stops_only_what_needs_it(tmp_path: Path, monkeypatch, capsys) -> None:
    home = tmp_path / "home"
    home.write_text("a file where a folder should be")
    for variable in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.setenv(variable, str(home))
    assert load_settings(environment={}).reader
    assert main(["readings"]) == 1
    assert "--database" in capsys.readouterr().err
    monkeypatch.setattr("annotator.rules.rules_in_use", lambda *_: 1 // 0)
    assert main(["follow-up", "-"]) == 1
    assert "mistake (ZeroDivisionError), and no report" in capsys.readouterr().err


def test_settings_hold_nothing_of_a_patient() -> None:
    assert {field.name for field in SETTABLE} == {
        "database",
        "reader",
        "lexicon_edition",
        "report_paper",
        "micro_below_mm",
        "macro_above_mm",
        "rules_file",
        "grey_output",
        "display_mode",
        "enlarged",
        "header_index",
        "stack_memory_mb",
        "candidates",
        "cine_speed",
        "picture_memory_mb",
        "pseudonyms",
        "patient_in_title",
        "last_places",
        "due_soon_days",
        "overdue_after_days",
        "export_proof",
        "proof_templates",
    }


def test_the_way_of_looking_is_one_of_those_there_are():
    assert (load_settings().display_mode, load_settings().enlarged) == ("speck-true", "squares")
    chosen = load_settings(environment={"ANNOTATOR_DISPLAY_MODE": "mean", "ANNOTATOR_ENLARGED": "smooth"})
    assert (chosen.display_mode, chosen.enlarged) == ("mean", "smooth")
    with pytest.raises(InvalidSettings, match="display_mode is 'peak'; choose one of speck-true, mean"):
        load_settings(environment={"ANNOTATOR_DISPLAY_MODE": "peak"})
    with pytest.raises(InvalidSettings, match="enlarged is 'big'"):
        load_settings(overrides={"enlarged": "big"})


def test_the_grey_output_is_one_of_four():
    assert load_settings(overrides={"grey_output": "dithered"}).grey_output == "dithered"
    with pytest.raises(InvalidSettings, match="'12'; choose one of auto, 8, dithered, 10"):
        load_settings(environment={"ANNOTATOR_GREY_OUTPUT": "12"})


@pytest.mark.parametrize(
    ("text", "variable", "kept"),
    [
        ("", "", True),
        ("header_index = false", "", False),
        ("header_index = false", "true", True),
        ("", "False", False),
    ],
)
def test_the_header_index_can_be_switched_off(tmp_path: Path, text: str, variable: str, kept: bool) -> None:
    file = write(tmp_path / "s.toml", text)
    assert load_settings(file, environment={"ANNOTATOR_HEADER_INDEX": variable}).header_index is kept


def test_a_switch_is_true_or_false(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="ANNOTATOR_HEADER_INDEX"):
        load_settings(environment={"ANNOTATOR_HEADER_INDEX": "maybe"})
    with pytest.raises(InvalidSettings, match="header_index"):
        load_settings(write(tmp_path / "s.toml", "header_index = 1"), environment={})


def test_numbers_can_be_given_as_variables() -> None:
    given = {"ANNOTATOR_CINE_SPEED": "15", "ANNOTATOR_STACK_MEMORY_MB": "512.5"}
    settings = load_settings(environment=given)
    assert (settings.cine_speed, settings.stack_memory_mb) == (15.0, 512.5)
    with pytest.raises(InvalidSettings, match="ANNOTATOR_CINE_SPEED is 'fast'; set it to a number"):
        load_settings(environment={"ANNOTATOR_CINE_SPEED": "fast"})
    with pytest.raises(InvalidSettings, match="cine_speed nan"):
        load_settings(environment={"ANNOTATOR_CINE_SPEED": "nan"})


def test_the_header_index_lies_in_the_users_cache(own_home: Path) -> None:
    assert header_index_path().is_relative_to(own_home)


def test_settings_say_what_went_before_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "s.toml", "cine_speed = 5\n")
    settings = load_settings(file, {"reader": "option"}, {"ANNOTATOR_CINE_SPEED": "15"})
    assert settings.origin.path == file
    assert settings.origin.before_file == {
        "cine_speed": "ANNOTATOR_CINE_SPEED",
        "reader": "the command line",
    }
    assert load_settings(environment={}).origin.path == settings_path()


def test_a_setting_is_kept_where_it_stands_and_the_rest_stays(tmp_path: Path) -> None:
    file = write(tmp_path / "s.toml", '# mine\nreader = "me"\ncine_speed = 5\n\n# end')
    settings = load_settings(file, environment={})
    settings = keep_setting(settings, "cine_speed", 20)
    settings = keep_setting(settings, "pseudonyms", True)
    settings = keep_setting(settings, "display_mode", "mean")
    text = '# mine\nreader = "me"\ncine_speed = 20.0\n\n# end\npseudonyms = true\ndisplay_mode = "mean"\n'
    assert file.read_text(encoding="utf-8") == text
    assert load_settings(file, environment={}) == settings


def test_the_first_setting_kept_makes_the_file() -> None:
    keep_setting(load_settings(environment={}), "grey_output", "8")
    assert load_settings(environment={}).grey_output == "8"


@pytest.mark.parametrize(
    ("text", "name", "value", "told"),
    [
        ("", "display_mode", "sharp", "choose one of"),
        ('reader = """\ncine_speed = 5\n"""\n', "cine_speed", 5.0, "change it there by hand"),
        ("reader =", "cine_speed", 5.0, "cannot be kept"),
    ],
)
def test_a_setting_that_cannot_be_kept_leaves_the_file_alone(
    tmp_path: Path, text: str, name: str, value: str | float, told: str
) -> None:
    file = write(tmp_path / "s.toml", "")
    settings = load_settings(file, environment={})
    write(file, text)
    with pytest.raises(InvalidSettings, match=told):
        keep_setting(settings, name, value)
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "name", ["anna ", " anna", "\t", "an\u202ena", "an\x1bna", "an\u200bna", "an\0na", "a" * 256, "\ud800"]
)
def test_a_name_that_looks_like_another_or_cannot_be_kept_is_refused(name: str) -> None:
    with pytest.raises(InvalidSettings, match="reader is"):
        load_settings(overrides={"reader": name}, environment={})


def test_a_name_is_one_however_its_accents_are_typed() -> None:
    assert load_settings(overrides={"reader": "Jose\u0301"}, environment={}).reader == "Jos\u00e9"


def test_a_file_larger_than_any_settings_fills_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    with file.open("wb") as sparse:
        sparse.truncate(2_000_000)
    with pytest.raises(InvalidSettings, match="larger than"):
        load_settings(file, environment={})
    own = settings_path()
    own.parent.mkdir(parents=True, exist_ok=True)
    before = load_settings(environment={})
    file.rename(own)
    with pytest.raises(InvalidSettings, match="cannot be read"):
        keep_setting(before, "cine_speed", 5.0)
    assert own.stat().st_size == 2_000_000
