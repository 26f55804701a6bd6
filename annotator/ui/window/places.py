"""Where the window, its panels and its tools stood, kept in a file from one start to the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRect, QSettings
from PySide6.QtGui import QGuiApplication

from annotator.private_files import make_private
from annotator.settings import settings_path
from annotator.ui.desk.worklist_rows import Choice
from annotator.ui.kept_files import aside_of, why_unreadable
from annotator.ui.looking.lens import LensLook

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

_LAYOUT_VERSION = 1
_GEOMETRY_BEGINS = QByteArray(b"\x01\xd9\xd0\xcb")
"""What QWidget.saveGeometry writes first, in every version of Qt."""
_BYTES = ("geometry", "docks")


def nearest_place(was: QRect, screens: Sequence[QRect]) -> QRect:
    """Where a window can be that stood at `was`: there, when the screens show all of it, else wholly on the
    screen that shows most of it, or is nearest; no larger than that screen.
    """
    shown = [screen.intersected(was) for screen in screens]
    areas = [part.width() * part.height() if not part.isEmpty() else 0 for part in shown]
    if not screens or sum(areas) >= was.width() * was.height():
        return was
    away = [(screen.center() - was.center()).manhattanLength() for screen in screens]
    screen = max(zip(screens, areas, away, strict=True), key=lambda each: (each[1], -each[2]))[0]
    width, height = min(was.width(), screen.width()), min(was.height(), screen.height())
    left = min(max(was.left(), screen.left()), screen.left() + screen.width() - width)
    top = min(max(was.top(), screen.top()), screen.top() + screen.height() - height)
    return QRect(left, top, width, height)


class WindowPlaces:
    """`file` is the reader's own when it is None. Nothing of a patient is kept in it."""

    def __init__(self, window: MainWindow, file: Path | None = None) -> None:
        self._window = window
        self.file = file or settings_path().with_name("window.ini")
        places = self._open()
        # the file is looked through when it is asked for something, and what is wrong is told to the first only
        places.allKeys()
        self._readable = places.status() is QSettings.Status.NoError

    def keep(self) -> None:
        """Write down how everything stands."""
        window = self._window
        window.docks.leave_images_only()
        make_private(self.file)
        places = self._open()
        places.setValue("geometry", window.saveGeometry())
        places.setValue("docks", window.saveState(_LAYOUT_VERSION))
        if window.follow_up_panel.fold_chosen is not None:
            places.setValue("follow_up", "folded" if window.follow_up_panel.fold_chosen else "unfolded")
        places.setValue("finding_folds", window.finding_panel.folds_text)
        places.setValue("look", window.view_commands.look_text)
        places.setValue("lens", window.lens.look.to_text())
        places.setValue("worklist", window.worklist.choice.to_text())
        places.setValue("linked", window.looking_commands.linking.to_text())

    def restore(self) -> None:
        """Put everything where it stood."""
        window, places = self._window, self._open()
        geometry, docks = places.value("geometry"), places.value("docks")
        # a damaged file may hold anything under these names
        whole = all(isinstance(places.value(name), QByteArray) for name in _BYTES if places.contains(name))
        if isinstance(geometry, QByteArray):
            # Qt restores nothing either where the screen is far larger or smaller than it was, which is no damage
            whole &= window.restoreGeometry(geometry) or geometry.startsWith(_GEOMETRY_BEGINS)
            self.stay_in_sight()
        if isinstance(docks, QByteArray):
            window.restoreState(docks, _LAYOUT_VERSION)
        window.lens.set_look(LensLook.from_text(str(places.value("lens", ""))))
        window.looking_commands.linking.from_text(str(places.value("linked", "")))
        window.worklist.choose(Choice.from_text(str(places.value("worklist", ""))))
        window.view_commands.restore_look(str(places.value("look", "")))
        window.finding_panel.set_folds(str(places.value("finding_folds", "")))
        if places.contains("follow_up"):
            window.follow_up_panel.fold(places.value("follow_up") == "folded")
        if not (self._readable and whole):
            self._put_aside()

    def _put_aside(self) -> None:
        """Keep a damaged file under another name, and say so: the next one is written in its place."""
        aside = aside_of(self.file)
        try:
            self.file.replace(aside)
            kept = f"the file is kept as {aside.name}"
        except OSError as error:
            kept = f"the file cannot be kept aside ({why_unreadable(error)})"
        self._window.errors.show_error(
            f"{self.file}, where the places of window and panels are remembered, is damaged: what cannot be read "
            f"of it stands as it comes with the program, and {kept}."
        )

    def stay_in_sight(self) -> None:
        """The screen it stood on may be gone, or smaller, since; a first one may be smaller than the window."""
        window = self._window
        if not window.isMaximized() and not window.isFullScreen():
            screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
            window.setGeometry(nearest_place(window.geometry(), screens))

    def _open(self) -> QSettings:
        return QSettings(str(self.file), QSettings.Format.IniFormat)
