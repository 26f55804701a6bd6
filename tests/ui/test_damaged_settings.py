"""Files of the settings folder that are damaged, strange, newer, not writable or in two hands at once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from annotator.errors import InvalidSettings
from annotator.model.display import ScreenId
from annotator.settings import keep_setting, load_settings, settings_path
from annotator.ui.display.screen_pitch import PitchFile
from annotator.ui.keys.gestures import LeftDrag
from annotator.ui.keys.profiles import Profiles
from annotator.ui.window.recent_places import RecentPlaces

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support|QVariant::load: unknown", extend=True)

SCREEN = ScreenId("Maker", "Model", "1")
OTHER = ScreenId("Maker", "Model", "2")
DEEP = b"[" * 100_000

STRANGE = [
    "5", "abc", "a, b, c", "true", "null", "@Invalid()", "@ByteArray(\\xff\\0\\x1)", "@Rect(1 2 3 4)", "{}", "[1,2",
    "[" * 30_000, "nan inf nan nan nan", "1e999 1e999 1e999", "9" * 40,
]  # fmt: skip
REMEMBERED = (
    "geometry",
    "docks",
    "follow_up",
    "look",
    "lens",
    "worklist",
    "linked",
    "last_places",
    "tour/step",
)

DAMAGED = {
    "empty": b"",
    "binary": bytes(range(256)) * 50,
    "zeros": b"\0" * 100_000,
    "deep": b"a = " + DEEP,
    "cut off": b'chosen = "Radio',
    "other kinds": b'chosen = 5\nRadiology = 3\n["Labelling"]\nkeys = "x"\n',
    "unknown words": b'chosen = "Labelling"\n["Labelling"]\nlayout = "holo"\ndisplay_mode = "xx"\ntool = "axe"\n'
    b'["Labelling".keys]\nundo = ["Bogus+Key", ""]\nfuture = ["Q"]\n'
    b'["Labelling".remembered]\nlayout = "five"\nwords = "9"\nscreen = "gone"\n',
}


def fill(name: str, content: bytes) -> Path:
    path = settings_path().with_name(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def strange(value: str, *names: str) -> bytes:
    return "\n".join(["[General]", *(f"{name}={value}" for name in names)]).encode()


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: value[:20])
def test_the_window_opens_whatever_is_remembered_of_it(open_window, value: str):
    fill("window.ini", strange(value, *REMEMBERED))
    window = open_window()
    assert window.recent.places == ()
    window.tour.start()
    assert window.tour.running


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("name", ["profiles.toml", "screens.json", "window.ini"])
def test_the_window_opens_with_any_damaged_file(open_window, name: str, content: bytes):
    fill(name, content)
    assert open_window().isVisible()


@pytest.mark.parametrize(
    "content",
    [
        DAMAGED["binary"],
        b"geometry",
        strange("5", "geometry"),
        strange("@Rect(1 2 3 4)", "docks"),
        strange("@ByteArray(\\xff\\0\\x1)", "geometry"),
    ],
    ids=["binary", "a word", "no place", "no docks", "no geometry"],
)
def test_a_damaged_file_of_places_is_told_once_and_kept(open_window, content: bytes):
    path = fill("window.ini", content)
    window = open_window()
    (told,) = window.errors.texts
    assert "kept as window.broken.ini" in told
    assert str(path) in told
    aside = path.with_name("window.broken.ini")
    assert aside.read_bytes() == content
    window.close()
    assert open_window().errors.texts == ()
    assert aside.read_bytes() == content


def test_no_file_of_places_and_an_empty_one_are_no_damage(open_window):
    assert open_window().errors.texts == ()
    path = fill("window.ini", b"")
    assert open_window().errors.texts == ()
    assert not path.with_name("window.broken.ini").exists()


def test_a_screen_of_another_size_is_no_damage(open_window) -> None:
    """A window that was kept on a laptop is opened beside a large screen: Qt does not restore its place then."""
    first = open_window()
    first.close()
    kept = QSettings(str(first.places.file), QSettings.Format.IniFormat)
    geometry = bytes(kept.value("geometry").data())
    # magic, versions, two rectangles, the number of the screen and two flags stand before the width of the screen
    width = int.from_bytes(geometry[46:50], "big")
    assert width == first.screen().size().width()
    kept.setValue("geometry", QByteArray(geometry[:46] + (4 * width).to_bytes(4, "big") + geometry[50:]))
    kept.sync()
    second = open_window()
    assert second.errors.texts == ()
    assert not first.places.file.with_name("window.broken.ini").exists()
    assert second.places.file.exists()


@pytest.mark.parametrize("content", [DEEP, b"a = " + DEEP, b"\xff\xfe", b"micro_below_mm = 1" + b"0" * 5000])
def test_damaged_settings_are_told_in_a_sentence(content: bytes):
    path = fill("settings.toml", content)
    with pytest.raises(InvalidSettings, match="mend or remove it"):
        load_settings()
    path.unlink()
    settings = load_settings()
    path.write_bytes(content)
    with pytest.raises(InvalidSettings, match="pseudonyms"):
        keep_setting(settings, "pseudonyms", True)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_two_windows_lose_nothing_of_each_others_profiles(tmp_path: Path):
    file = tmp_path / "profiles.toml"
    first = Profiles(file)
    first.choose("Radiology")
    first.remember("layout", "pair")
    second = Profiles(file)
    first.set_keys({"invert": ("N",)})
    second.change(left_drag="pan")
    second.remember("screen", "HDMI-1")
    first.remember("words", "2")
    first.set_keys({"undo": ("U",)})
    now = Profiles(file)
    assert (now.keys()["invert"], now.keys()["undo"]) == (("N",), ("U",))
    assert now.current().left_drag is LeftDrag.PAN
    remembered = {name: now.remembered(name) for name in ("layout", "screen", "words")}
    assert remembered == {"layout": "pair", "screen": "HDMI-1", "words": "2"}


def test_what_is_taken_back_in_one_window_does_not_come_back_from_the_file(tmp_path: Path):
    file = tmp_path / "profiles.toml"
    first = Profiles(file)
    first.set_keys({"invert": ("N",)})
    second = Profiles(file)
    second.remember("layout", "pair")
    first.reset_keys()
    assert Profiles(file).keys() == Profiles(tmp_path / "none.toml").keys()
    file.unlink()
    first.remember("words", "2")
    assert Profiles(file).remembered("words") == "2"


def test_each_damaged_file_of_profiles_is_put_aside(tmp_path: Path):
    file = tmp_path / "profiles.toml"
    for content in (b"\xff", b"one = 1", DEEP):
        file.write_bytes(content)
        profiles = Profiles(file)
        assert "kept as profiles.broken" in profiles.problem
        profiles.remember("layout", "pair")
        assert Profiles(file).remembered("layout") == "pair"
    kept = {path.read_bytes() for path in tmp_path.iterdir() if path != file}
    assert kept == {b"\xff", b"one = 1", DEEP}


def test_a_file_of_profiles_damaged_while_the_window_is_open_is_put_aside(tmp_path: Path):
    file = tmp_path / "profiles.toml"
    profiles = Profiles(file)
    profiles.remember("layout", "pair")
    file.write_bytes(b"\xff")
    profiles.remember("words", "2")
    now = Profiles(file)
    assert (now.remembered("layout"), now.remembered("words")) == ("pair", "2")
    assert file.with_name("profiles.broken.toml").read_bytes() == b"\xff"


@pytest.mark.parametrize("content", [b"{", DEEP, b"[]", b"\xff", b" " * (5 << 20)], ids=range(5))
def test_a_damaged_file_of_screens_is_put_aside_when_a_pitch_is_entered(tmp_path: Path, content: bytes):
    path = tmp_path / "screens.json"
    path.write_bytes(content)
    pitches = PitchFile(path)
    assert pitches.entered(SCREEN) is None
    pitches.enter(SCREEN, 0.2)
    assert PitchFile(path).entered(SCREEN) == 0.2
    assert path.with_name("screens.broken.json").read_bytes() == content


def test_two_windows_keep_the_pitches_of_both(tmp_path: Path):
    path = tmp_path / "screens.json"
    first, second = PitchFile(path), PitchFile(path)
    assert first.entered(OTHER) is second.entered(OTHER) is None
    first.enter(SCREEN, 0.2)
    second.enter(OTHER, 0.3)
    assert len(json.loads(path.read_text(encoding="utf-8"))) == 2


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that refuses to be written")
def test_a_folder_that_cannot_be_written_is_told_and_the_choice_holds(tmp_path: Path):
    tmp_path.chmod(0o500)
    try:
        said: list[str] = []
        profiles = Profiles(tmp_path / "profiles.toml")
        profiles.failed.connect(said.append)
        profiles.remember("layout", "pair")
        assert profiles.remembered("layout") == "pair"
        assert len(said) == 1
    finally:
        tmp_path.chmod(0o700)


def test_recent_folders_of_an_unknown_kind_are_none(tmp_path: Path):
    file = tmp_path / "window.ini"
    for said in ("5", "null", "true", '{"a": 1}', "[" * 30_000):
        QSettings(str(file), QSettings.Format.IniFormat).setValue("last_places", said)
        assert RecentPlaces(file).places == ()
