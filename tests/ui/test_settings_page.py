"""The page of settings, the editor of keys and the question for the profile, by real clicks and keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from annotator.settings import load_settings
from annotator.ui.actions import ACTIONS, keys_in_force
from annotator.ui.keys.mouse_words import mouse_words
from annotator.ui.keys.profile_choice import ProfileChoice
from annotator.ui.keys.profiles import Profiles
from annotator.ui.keys.settings_page import ROWS, SettingsPage
from annotator.ui.keys.shortcut_editor import ShortcutEditor

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

KEY, CTRL, SHIFT = Qt.Key, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def profiles(tmp_path: Path) -> Profiles:
    return Profiles(tmp_path / "profiles.toml")


@pytest.fixture
def editor(qtbot, profiles: Profiles) -> ShortcutEditor:
    editor = ShortcutEditor(profiles)
    qtbot.addWidget(editor)
    editor.show()
    return editor


def test_every_act_stands_in_the_editor_with_its_keys(editor: ShortcutEditor) -> None:
    shown = {act: item.text(1) for act, item in editor._items.items()}
    assert set(shown) == {spec.id for spec in ACTIONS}
    assert shown["redo"] == "Ctrl+Shift+Z, Ctrl+Y"


def test_gestures_stand_there_too_and_follow_the_profile(editor: ShortcutEditor, profiles: Profiles) -> None:
    def told() -> set[str]:
        return {editor._mouse.child(i).text(0) for i in range(editor._mouse.childCount())}

    before = told()
    assert before == {words for _, words in mouse_words(profiles.current())}
    profiles.change(wheel="step")
    assert told() != before


def test_a_key_pressed_is_the_acts_at_once(editor: ShortcutEditor, profiles: Profiles) -> None:
    editor.choose("invert")
    QTest.keyClick(editor.key, KEY.Key_I, CTRL | SHIFT)
    assert profiles.keys()["invert"] == ("I", "Ctrl+Shift+I")
    assert editor._items["invert"].text(1) == "I, Ctrl+Shift+I"
    assert "from now on" in editor.note.text()


def test_a_sign_that_needs_shift_is_kept_as_the_sign(editor: ShortcutEditor, profiles: Profiles) -> None:
    editor.choose("invert")
    QTest.keyClick(editor.key, KEY.Key_Exclam, SHIFT)
    assert profiles.keys()["invert"] == ("I", "!")


def test_a_key_of_another_act_is_taken_only_when_told_so(editor: ShortcutEditor, profiles: Profiles) -> None:
    before = profiles.keys()
    editor.choose("invert")
    QTest.keyClick(editor.key, KEY.Key_Z)
    assert profiles.keys() == before
    assert "belongs to View: Fit / 1:1" in editor.note.text()
    assert editor.take.isVisible()
    QTest.mouseClick(editor.take, Qt.MouseButton.LeftButton)
    assert profiles.keys()["invert"] == ("I", "Z")
    assert profiles.keys()["fit"] == ()
    assert "no key left" in editor.note.text()
    assert not editor.take.isVisible()


def test_choosing_another_act_drops_the_question(editor: ShortcutEditor, profiles: Profiles) -> None:
    editor.choose("invert")
    QTest.keyClick(editor.key, KEY.Key_Z)
    editor.choose("lens")
    assert not editor.take.isVisible()
    assert profiles.keys() == keys_in_force()


@pytest.mark.parametrize("key", [KEY.Key_Space, KEY.Key_Return, KEY.Key_Shift])
def test_keys_that_cannot_be_given_change_nothing(editor: ShortcutEditor, profiles: Profiles, key) -> None:
    editor.choose("invert")
    QTest.keyClick(editor.key, key)
    assert profiles.keys() == keys_in_force()


def test_escape_and_its_act_stay_together(editor: ShortcutEditor, profiles: Profiles) -> None:
    editor.choose("cancel")
    assert not editor.key.isEnabled()
    assert not editor.clear.isEnabled()


def test_keys_go_away_and_come_back(editor: ShortcutEditor, profiles: Profiles) -> None:
    editor.choose("redo")
    QTest.mouseClick(editor.clear, Qt.MouseButton.LeftButton)
    assert profiles.keys()["redo"] == ()
    assert editor._items["redo"].text(2) == "was Ctrl+Shift+Z, Ctrl+Y"
    QTest.mouseClick(editor.reset, Qt.MouseButton.LeftButton)
    assert profiles.keys() == keys_in_force()
    editor.choose("invert")
    QTest.keyClick(editor.key, KEY.Key_I, CTRL)
    QTest.mouseClick(editor.reset_all, Qt.MouseButton.LeftButton)
    assert profiles.keys() == keys_in_force()
    assert not editor.reset_all.isEnabled()


def test_resetting_an_act_says_who_has_its_key_now(editor: ShortcutEditor, profiles: Profiles) -> None:
    profiles.set_keys({"invert": ("Z",)})
    editor.choose("fit")
    QTest.mouseClick(editor.reset, Qt.MouseButton.LeftButton)
    assert profiles.keys()["fit"] in ((), ("Z",))
    profiles.reset_keys()
    assert profiles.keys()["fit"] == ("Z",)


def test_the_list_is_searched_by_name_menu_and_key(editor: ShortcutEditor) -> None:
    editor.search.setText("ctrl+y")
    assert [act for act, item in editor._items.items() if not item.isHidden()] == ["redo"]
    editor.search.setText("")
    assert not any(item.isHidden() for item in editor._items.values())


def test_the_question_is_answered_by_a_click_and_shows_the_answer(qtbot, profiles: Profiles) -> None:
    choice = ProfileChoice(profiles)
    qtbot.addWidget(choice)
    choice.show()
    assert not any(button.isChecked() for button in choice.buttons.values())
    QTest.mouseClick(choice.buttons["Labelling"], Qt.MouseButton.LeftButton)
    assert profiles.current().name == "Labelling"
    profiles.choose("Radiology")
    assert choice.buttons["Radiology"].isChecked()
    assert not choice.buttons["Labelling"].isChecked()
    assert choice.summary.text() == profiles.current().summary


@pytest.fixture
def page(qtbot, profiles: Profiles) -> SettingsPage:
    page = SettingsPage(profiles, load_settings(environment={"ANNOTATOR_CINE_SPEED": "15"}))
    qtbot.addWidget(page)
    page.show()
    return page


def pick(combo, value: str) -> None:
    """Choose in a combo box by keys, as a reader does."""
    combo.setFocus()
    wanted = combo.findData(value)
    while combo.currentIndex() != wanted:
        QTest.keyClick(combo, KEY.Key_Down if combo.currentIndex() < wanted else KEY.Key_Up)


def test_parts_of_a_profile_are_changed_on_the_page(page: SettingsPage, profiles: Profiles) -> None:
    fields = page.profile_page.fields
    for name, value in (("left_drag", "pan"), ("wheel", "step"), ("tool", "select"), ("layout", "pair")):
        pick(fields[name], value)
        assert str(getattr(profiles.current(), name)) == value
    profiles.choose("Radiology")
    profiles.choose("Labelling")
    assert fields["layout"].currentData() == profiles.current().layout


def test_a_setting_is_kept_in_the_file_and_told(page: SettingsPage) -> None:
    told = []
    page.changed.connect(lambda name, settings: told.append((name, getattr(settings, name))))
    page.tabs.setCurrentWidget(page.program)
    pick(page.program.fields["display_mode"], "mean")
    pick(page.program.fields["grey_output"], "8")
    page.program.fields["stack_memory_mb"].setValue(500)
    QTest.keyClick(page.program.fields["pseudonyms"], KEY.Key_Space)
    assert told[0] == ("display_mode", "mean")
    assert told[-2:] == [("stack_memory_mb", 500.0), ("pseudonyms", True)]
    kept = load_settings(environment={})
    assert (kept.display_mode, kept.grey_output, kept.stack_memory_mb, kept.pseudonyms) == (
        "mean", "8", 500.0, True
    )  # fmt: skip


def test_what_a_variable_sets_is_shown_as_such_and_stays(page: SettingsPage) -> None:
    field, note = page.program.fields["cine_speed"], page.program.notes["cine_speed"]
    assert not field.isEnabled()
    assert field.value() == 15
    assert "ANNOTATOR_CINE_SPEED" in note.text()


def test_what_takes_a_new_start_says_so(page: SettingsPage) -> None:
    late = {row.name for row in ROWS if not row.at_once}
    assert late == {name for name, note in page.program.notes.items() if "next start" in note.text()}


def test_a_file_that_cannot_be_written_is_told_on_the_page(page: SettingsPage) -> None:
    path = page.settings.origin.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("not toml", encoding="utf-8")
    pick(page.program.fields["enlarged"], "smooth")
    assert str(path) in page.program.trouble.text()
    assert path.read_text(encoding="utf-8") == "not toml"
