"""What the window shows before an exam is open: what this is, and ways to begin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from annotator.ui.flow_layout import discard
from annotator.ui.icons import icon
from annotator.ui.keys.profile_choice import ProfileChoice
from annotator.ui.keys.profiles import Profiles
from annotator.ui.task_runner import TaskRunner
from annotator.ui.window.about import STATEMENT
from annotator.ui.window.elided_label import ElidedLabel
from annotator.ui.window.recent_places import RecentPlaces
from annotator.ui.words.plain_words import caption, tip

WHAT = "Hang mammograms, mark and describe calcifications, and read the documented follow-up."
WAYS = {
    "open_folder": "folder-open",
    "open_files": "files",
    "open_sample": "flask-conical",
    "tour": "route",
}
WIDTH_EMS = 52
ICON_PX = 20
NO_PLACES = "Folders you open will be listed here by their path; nothing of what is in them is kept."
NOT_KEPT = "Folders you open are not remembered."


class StartPage(QScrollArea):
    """`place_chosen` carries the path of an exam opened before, `keep_places` whether to remember any."""

    place_chosen = Signal(object)
    keep_places = Signal(bool)

    def __init__(
        self, actions: Mapping[str, QAction], recent: RecentPlaces, profiles: Profiles, runner: TaskRunner
    ) -> None:
        super().__init__()
        self.setAccessibleName("Start page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setWidgetResizable(True)
        self._recent = recent
        self._runner = runner
        self.ways = {name: self._way(actions[name], shape) for name, shape in WAYS.items()}
        self.place_buttons: dict[Path, QPushButton] = {}
        self._gone: set[Path] = set()
        self._make_places()
        self._question = ProfileChoice(profiles)
        self._question.setVisible(not profiles.chosen)
        self._lay_out()
        recent.changed.connect(self._show_places)
        self._show_places()

    def show_dropping(self, dropping: bool) -> None:
        """Files are being dragged over the window, or no longer."""
        self.drop.setProperty("role", "dropping" if dropping else "drop")
        self.drop.style().polish(self.drop)

    def look_for_places(self) -> None:
        """Ask which of the folders are still there: a disk may be gone, a server slow."""
        places = self._recent.places
        if places:
            self._runner.query(
                "last places",
                lambda _token: {place for place in places if not place.exists()},
                self._show_gone,
            )

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setMaximumWidth(self.fontMetrics().horizontalAdvance("M") * WIDTH_EMS)
        column = QVBoxLayout(inner)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addStretch(1)
        column.addWidget(_words("Mammogram Annotator", "welcome"))
        column.addWidget(_words(WHAT))
        column.addWidget(_words(STATEMENT, "dim"))
        column.addSpacing(8)
        grid = QGridLayout()
        grid.setSpacing(8)
        for at, button in enumerate(self.ways.values()):
            grid.addWidget(button, at // 2, at % 2)
        column.addLayout(grid)
        self.drop = _words("Or drop files, a folder, a DICOMDIR or a ZIP anywhere on this window.", "drop")
        self.drop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self.drop)
        column.addSpacing(8)
        column.addWidget(self._question)
        column.addSpacing(8)
        column.addWidget(_words("LAST EXAMS", "heading"))
        column.addWidget(self.no_places)
        column.addLayout(self._places)
        row = QHBoxLayout()
        row.addWidget(self.keep)
        row.addStretch(1)
        row.addWidget(self.forget)
        column.addLayout(row)
        column.addStretch(2)
        outer = QWidget()
        across = QHBoxLayout(outer)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(inner, 1000)
        across.addStretch(1)
        self.setWidget(outer)

    def _make_places(self) -> None:
        self._places = QVBoxLayout()
        self._places.setSpacing(2)
        self.no_places = _words(NO_PLACES, "dim")
        self.keep = QCheckBox("Remember the last folders")
        self.keep.setToolTip("Only paths are kept, on this computer; switched off, all of them are forgotten")
        self.keep.setChecked(self._recent.kept)
        self.keep.toggled.connect(self.keep_places)
        self.forget = QPushButton("Forget those that are gone")
        self.forget.setProperty("role", "link")
        self.forget.clicked.connect(lambda: self._recent.forget(self._gone))

    def _way(self, action: QAction, shape: str) -> QPushButton:
        keys = action.shortcut().toString()
        name = action.text().rstrip(".")
        button = QPushButton(icon(shape), f"{name}   {keys}" if keys else name)
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setProperty("role", "way")
        button.setAccessibleName(name)
        button.setToolTip(action.toolTip())
        button.clicked.connect(action.trigger)
        return button

    def _show_places(self) -> None:
        while (item := self._places.takeAt(0)) is not None:
            discard(item)
        self.place_buttons = {}
        for place in self._recent.places:
            self._places.addWidget(self._place(place))
        self._gone &= set(self._recent.places)
        self.no_places.setText(NO_PLACES if self._recent.kept else NOT_KEPT)
        self.no_places.setVisible(not self._recent.places)
        self.forget.setVisible(bool(self._gone))
        self.look_for_places()

    def _place(self, place: Path) -> QWidget:
        button = QPushButton(icon("clock"), caption(place.name or str(place)))
        button.setProperty("role", "link")
        button.setToolTip(tip(str(place)))
        button.setAccessibleName(f"Open {place}")
        button.clicked.connect(lambda: self.place_chosen.emit(place))
        where = ElidedLabel(str(place.parent))
        where.setProperty("role", "dim")
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(button)
        row.addWidget(where, 1)
        self.place_buttons[place] = button
        return line

    def _show_gone(self, gone: set[Path]) -> None:
        self._gone = gone & set(self._recent.places)
        for place, button in self.place_buttons.items():
            away = place in gone
            button.setEnabled(not away)
            name = place.name or str(place)
            button.setText(caption(f"{name} (not there now)" if away else name))
            button.setAccessibleName(f"{place}, not there now" if away else f"Open {place}")
        self.forget.setVisible(bool(self._gone))


def _words(text: str, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    if role:
        label.setProperty("role", role)
    return label
