"""Where the window, its panels and its tools stood, kept in a file from one start to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings

from annotator.settings import settings_path
from annotator.ui.lens import LensLook
from annotator.ui.worklist_rows import Choice

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

_LAYOUT_VERSION = 1


class WindowPlaces:
    """`file` is the reader's own when it is None. Nothing of a patient is kept in it."""

    def __init__(self, window: MainWindow, file: Path | None = None) -> None:
        self._window = window
        self.file = file or settings_path().with_name("window.ini")

    def keep(self) -> None:
        """Write down how everything stands."""
        window = self._window
        window.docks.leave_images_only()
        places = self._open()
        places.setValue("geometry", window.saveGeometry())
        places.setValue("docks", window.saveState(_LAYOUT_VERSION))
        if window.follow_up_panel.fold_chosen is not None:
            places.setValue("follow_up", "folded" if window.follow_up_panel.fold_chosen else "unfolded")
        places.setValue("look", window.commands.look_text)
        places.setValue("lens", window.lens.look.to_text())
        places.setValue("worklist", window.worklist.choice.to_text())
        places.setValue("linked", window.looking_commands.linking.to_text())

    def restore(self) -> None:
        """Put everything where it stood."""
        window, places = self._window, self._open()
        geometry, docks = places.value("geometry"), places.value("docks")
        if geometry is not None:
            window.restoreGeometry(geometry)
        if docks is not None:
            window.restoreState(docks, _LAYOUT_VERSION)
        window.lens.set_look(LensLook.from_text(str(places.value("lens", ""))))
        window.looking_commands.linking.from_text(str(places.value("linked", "")))
        window.worklist.choose(Choice.from_text(str(places.value("worklist", ""))))
        window.commands.restore_look(str(places.value("look", "")))
        if places.contains("follow_up"):
            window.follow_up_panel.fold(places.value("follow_up") == "folded")

    def _open(self) -> QSettings:
        return QSettings(str(self.file), QSettings.Format.IniFormat)
