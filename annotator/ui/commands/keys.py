"""Finding an act by its name, the keys, the profile and the settings; and letting the window follow them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QApplication, QDialog

from annotator.lexicon.loader import Lexicon
from annotator.settings import Settings
from annotator.ui.actions import ACTIONS, CHORDS, WHY_NOT, give_keys, key_text
from annotator.ui.actions.also_called import ALSO_CALLED
from annotator.ui.actions.said import FIELDS
from annotator.ui.keys.command_search import RECENT, CommandSearch, Entry
from annotator.ui.keys.help import KeyHelp, Mode
from annotator.ui.keys.profiles import PROFILES
from annotator.ui.looking.look import PictureLook
from annotator.ui.marks.tools import MarkTool, SelectTool
from annotator.ui.window.shown_keys import tell_keys

if TYPE_CHECKING:
    from annotator.ui.keys.settings_page import SettingsPage
    from annotator.ui.main_window import MainWindow

_RECENT = "recent commands"
_OWN = "search_commands"
_MARGIN = 8
_CINE = ("cine", "cine_faster", "cine_slower")


class KeyCommands(QObject):
    """One of the window's hands. `follow` puts the profile in force, once all parts of the window are there."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._dialogs: dict[str, QDialog] = {}
        self._profile = ""
        self._mouse: tuple[object, ...] = ()
        self.search = CommandSearch(window)
        self.search.ran.connect(self._remember)
        window.profiles.changed.connect(self.follow)
        window.profiles.failed.connect(window.status.show_message)

    def follow(self) -> None:
        """Let keys, mouse and, after a change of profile, tool, layout and way of looking be those of the profile."""
        window, profiles = self._window, self._window.profiles
        profile, keys = profiles.current(), profiles.keys()
        give_keys(window.actions_by_id, keys)
        tell_keys(window, keys)
        window.stack_commands.cine.own_keys = frozenset(key for act in _CINE for key in keys[act])
        if profile.name != self._profile:
            self._profile = profile.name
            window.marking_commands.use_first_tool(profile.tool)
            window.hanging_commands.restore()
        # words about an earlier exam in hand name the key that opens it
        mouse = (profile.left_drag, profile.wheel, keys["older_exam"])
        if mouse != self._mouse:
            self._mouse = mouse
            for viewport in window.grid.viewports:
                viewport.hand.wheel_turn = profile.wheel
            window.marking_commands.apply_tool()
        self._follow_look(window.desk.workspace.settings)
        if profiles.problem:
            window.status.show_message(profiles.problem)
            profiles.problem = ""

    def search_commands(self) -> None:
        """Every act by its name, at the upper edge on the air side, over the findings where they are shown."""
        window = self._window
        back = QApplication.focusWidget() or window.grid.active
        recent = window.profiles.remembered(_RECENT).split()
        em = window.fontMetrics().horizontalAdvance("M")
        panel = window.finding_panel
        width = min(max(34 * em, panel.width() if panel.isVisible() else 0), window.width()) - _MARGIN
        top = window.strip.mapTo(window, QPoint(0, window.strip.height())).y() + 4
        height = min(48 * em, round(0.6 * window.height()))
        self.search.place(QPoint(window.width() - _MARGIN, top), width, height)
        self.search.open(self.entries(), recent, back)

    def entries(self) -> list[Entry]:
        """Every act, and every word that a chord has letters for, with why it cannot be done now."""
        window, keys = self._window, self._window.profiles.keys()
        made = []
        for spec in ACTIONS:
            action = window.actions_by_id[spec.id]
            why = "" if action.isEnabled() else WHY_NOT[spec.needs]
            if spec.id != _OWN:
                shown = key_text(keys[spec.id])
                made.append(
                    Entry(
                        spec.id,
                        action.text().rstrip("."),
                        spec.menu,
                        shown,
                        spec.tooltip,
                        why,
                        action.trigger,
                        ALSO_CALLED.get(spec.id, ""),
                    )
                )
        return made + self._words()

    def show_settings(self) -> None:
        """Profile, keys, and the settings a reader wants."""
        self._settings_page().tabs.setCurrentIndex(0)

    def change_keys(self) -> None:
        """The page on which every key can be changed."""
        self._settings_page().show_keys()

    def switch_profile(self) -> None:
        """The other profile, or the first when none was chosen."""
        profiles = self._window.profiles
        names = [profile.name for profile in PROFILES]
        at = names.index(profiles.current().name) + 1 if profiles.chosen else 0
        profiles.choose(names[at % len(names)])
        now = profiles.current()
        self._window.status.show_message(f"Profile {now.name}. {now.summary}")

    def show_keys(self) -> None:
        """The keys of this moment, then all."""
        window, profiles = self._window, self._window.profiles
        mode = self.mode()
        help_page = self._dialog("keys", self._make_help)
        if isinstance(help_page, KeyHelp):
            help_page.show_for(mode, profiles.current(), profiles.keys(), self._lexicon())
            help_page.search.setFocus()
            help_page.resize(help_page.width(), max(480, window.height() - 80))

    def mode(self) -> Mode:
        """What is in hand and in sight now."""
        window = self._window
        view = window.exam_view
        picture = window.grid.active.picture
        tool = window.marking_commands.tool_for(view.active_pane)
        return Mode(
            marking=isinstance(tool, MarkTool),
            selecting=isinstance(tool, SelectTool),
            lens=window.lens.wanted,
            stack=picture is not None and picture.info.is_stack,
            cine=window.stack_commands.cine.playing,
            candidate=window.candidates.current is not None,
        )

    def _words(self) -> list[Entry]:
        """Descriptors and benign presets by name."""
        window, keys = self._window, self._window.profiles.keys()
        lexicon = self._lexicon()
        made: list[Entry] = []
        for chord in CHORDS:
            action = window.actions_by_id[f"{chord.id}_chord"]
            needs = next(spec.needs for spec in ACTIONS if spec.id == f"{chord.id}_chord")
            why = "" if action.isEnabled() else WHY_NOT[needs]
            first = key_text(keys[f"{chord.id}_chord"][:1])
            made.extend(
                Entry(
                    f"{chord.id}_{choice.letters}",
                    choice.word(lexicon),
                    chord.title,
                    f"{first} {' '.join(choice.letters)}" if first else "",
                    FIELDS.get(choice.field, ""),
                    why,
                    partial(window.saying_commands.chord_picked, chord.id, (choice,)),
                )
                for choice in chord.choices
                if choice.offered(lexicon)
            )
        return made

    def _lexicon(self) -> Lexicon:
        """The words of the reading in hand, without one those of the settings."""
        desk = self._window.desk
        return desk.workspace.lexicon if desk.session is None else desk.session.lexicon

    def _remember(self, entry_id: str) -> None:
        profiles = self._window.profiles
        before = [known for known in profiles.remembered(_RECENT).split() if known != entry_id]
        profiles.remember(_RECENT, " ".join([entry_id, *before][:RECENT]))

    def _follow_look(self, settings: Settings) -> None:
        mode = self._window.profiles.current().display_mode or settings.display_mode
        self._window.view_commands.set_default_look(PictureLook.named(mode, settings.enlarged))

    def _setting_changed(self, name: str, settings: Settings) -> None:
        window = self._window
        window.desk.workspace.settings = settings
        if name in ("display_mode", "enlarged"):
            self._follow_look(settings)
        elif name == "grey_output":
            window.displays.set_grey_output(settings.grey_output)
        elif name == "cine_speed":
            window.stack_commands.cine.set_speed(settings.cine_speed)
        elif name == "pseudonyms":
            window.names.set_hidden(settings.pseudonyms)
        elif name == "patient_in_title":
            window.title.refresh()

    def _settings_page(self) -> SettingsPage:
        from annotator.ui.keys.settings_page import SettingsPage  # noqa: PLC0415  seldom wanted, so not before first paint

        def make() -> SettingsPage:
            page = SettingsPage(self._window.profiles, self._window.desk.workspace.settings, self._window)
            page.changed.connect(self._setting_changed)
            return page

        page = self._dialog("settings", make)
        assert isinstance(page, SettingsPage)
        return page

    def _make_help(self) -> KeyHelp:
        page = KeyHelp(self._window)
        page.change.clicked.connect(self.change_keys)
        return page

    def _dialog(self, name: str, make: Callable[[], QDialog]) -> QDialog:
        dialog = self._dialogs.get(name) or self._dialogs.setdefault(name, make())
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog
