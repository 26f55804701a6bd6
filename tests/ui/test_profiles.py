"""Profiles: what each brings, what is changed in it and kept, and keys that belong to one act only."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from annotator.settings import settings_path
from annotator.ui.actions import ACTIONS, keys_in_force, owner_of, portable, why_not_a_key
from annotator.ui.keys.gestures import FirstTool, LeftDrag, WheelTurn
from annotator.ui.keys.profiles import LABELLING, PROFILES, RADIOLOGY, Profiles

IDS = {spec.id for spec in ACTIONS}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "profiles.toml"


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_profile_leaves_every_key_to_one_act(profile) -> None:
    assert set(profile.keys) <= IDS
    claims = Counter(portable(key) for spec in ACTIONS for key in profile.keys.get(spec.id, spec.shortcuts))
    assert [key for key, n in claims.items() if n > 1] == []


def test_labelling_goes_through_images_as_labelling_tools_do(file: Path) -> None:
    profiles = Profiles(file)
    profiles.choose("Labelling")
    keys = profiles.keys()
    assert (owner_of(keys, "F"), owner_of(keys, "D")) == ("next_image", "previous_image")
    assert keys["new_finding"] == ("Ctrl+N",)


def test_until_one_is_chosen_the_hand_marks(file: Path) -> None:
    profiles = Profiles(file)
    assert not profiles.chosen
    assert profiles.current().tool is FirstTool.MICRO
    profiles.choose("Radiology")
    assert profiles.chosen
    assert profiles.current().tool is FirstTool.LOOK
    assert Profiles(file).current() == RADIOLOGY


def test_changes_are_kept_for_the_profile_they_were_made_in(file: Path, qtbot) -> None:
    profiles = Profiles(file)
    profiles.choose("Labelling")
    with qtbot.waitSignal(profiles.changed):
        profiles.change(left_drag="window", wheel="step", layout="pair")
    profiles.set_keys({"invert": ("N", "Ctrl+I")})
    profiles.remember("layout", "four")
    again = Profiles(file)
    now = again.current()
    assert (now.left_drag, now.wheel, now.layout) == (LeftDrag.WINDOW, WheelTurn.STEP, "pair")
    assert again.keys()["invert"] == ("N", "Ctrl+I")
    assert again.remembered("layout") == "four"
    again.choose("Radiology")
    assert again.current() == RADIOLOGY
    assert again.keys()["invert"] == ("I",)
    assert again.remembered("layout", "none yet") == "none yet"


def test_what_was_changed_before_the_first_choice_goes_along(file: Path) -> None:
    profiles = Profiles(file)
    profiles.set_keys({"invert": ("N",)})
    profiles.choose("Radiology")
    assert profiles.keys()["invert"] == ("N",)
    profiles.choose("Labelling")
    assert profiles.keys()["invert"] == ("I",)


def test_keys_are_reset_one_by_one_or_all(file: Path) -> None:
    profiles = Profiles(file)
    profiles.choose("Labelling")
    profiles.set_keys({"invert": ("N",), "fit": ("Y",)})
    profiles.set_keys({"fit": profiles.given_keys()["fit"]})
    assert profiles.keys()["fit"] == ("Z",)
    assert "fit" not in file.read_text(encoding="utf-8")
    profiles.reset_keys()
    assert profiles.keys() == profiles.given_keys()
    assert profiles.keys()["next_image"] == ("Right", "F")


@pytest.mark.parametrize(
    "text", ["chosen = 3", "[Radiology", '[Radiology]\nkeys = "I"', "[Radiology.keys]\ninvert = [3]", "\xff"]
)
def test_a_broken_file_is_told_in_a_sentence_and_kept(file: Path, text: str) -> None:
    file.write_bytes(text.encode("latin-1"))
    profiles = Profiles(file)
    assert profiles.problem.count("\n") == 0
    assert str(file) in profiles.problem
    assert profiles.keys() == keys_in_force()
    profiles.choose("Labelling")
    assert (file.parent / "profiles.broken.toml").read_bytes() == text.encode("latin-1")
    assert Profiles(file).current() == LABELLING


def test_words_of_another_version_are_left_alone(file: Path) -> None:
    text = 'chosen = "Radiology"\n[Radiology]\nwheel = "sideways"\nfuture = "x"\n[Radiology.keys]\nwarp = ["W"]\n'
    file.write_text(text, encoding="utf-8")
    profiles = Profiles(file)
    assert (profiles.problem, profiles.current()) == ("", RADIOLOGY)
    profiles.remember("layout", "pair")
    kept = file.read_text(encoding="utf-8")
    assert '"future" = "x"' in kept
    assert '"warp" = ["W"]' in kept


def test_text_of_any_kind_comes_back(file: Path) -> None:
    odd = 'a "quoted" \\ path\n\x7f\x01 ü 乳'
    Profiles(file).remember("odd", odd)
    assert Profiles(file).remembered("odd") == odd


def test_where_nothing_can_be_written_the_choice_holds_all_the_same(tmp_path: Path, qtbot) -> None:
    (tmp_path / "in the way").write_text("")
    profiles = Profiles(tmp_path / "in the way" / "profiles.toml")
    with qtbot.waitSignal(profiles.failed) as told:
        profiles.choose("Labelling")
    assert "cannot be kept" in told.args[0]
    assert profiles.current() == LABELLING


def test_the_file_lies_beside_the_settings() -> None:
    Profiles().choose("Labelling")
    assert (settings_path().parent / "profiles.toml").is_file()


def test_a_key_given_on_purpose_is_taken_from_the_act_that_had_it() -> None:
    keys = keys_in_force({"invert": ("Z", "I")})
    assert keys["invert"] == ("Z", "I")
    assert keys["fit"] == ()
    assert owner_of(keys, "z") == "invert"


def test_escape_stays_what_it_is() -> None:
    assert keys_in_force({"cancel": ("Q",), "invert": ("Esc",)})["cancel"] == ("Esc",)
    assert why_not_a_key("Esc")


@pytest.mark.parametrize("key", ["Space", "Return", "Shift", "", "foo", "Ctrl+K, Ctrl+C"])
def test_some_keys_cannot_be_given(key: str) -> None:
    assert why_not_a_key(key).endswith(".")


@pytest.mark.parametrize("key", ["W", "Ctrl+Space", "Alt+Return", "F12", ",", "Shift+Home"])
def test_others_can(key: str) -> None:
    assert why_not_a_key(key) == ""
