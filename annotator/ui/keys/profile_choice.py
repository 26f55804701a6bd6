"""The question whose hands these are: one button for each profile, answered by a click and changed at any time."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from annotator.ui.keys.profiles import PROFILES, Profiles


class ProfileChoice(QWidget):
    """Not a dialog: stands on the start page and on the page of settings, and shows what is in force."""

    def __init__(self, profiles: Profiles, question: str = "What do your hands expect?") -> None:
        super().__init__()
        self._profiles = profiles
        self.setAccessibleName(question)
        self.question = QLabel(question)
        self.question.setProperty("role", "heading")
        self.summary = QLabel()
        self.summary.setProperty("role", "dim")
        self.summary.setWordWrap(True)
        self.buttons: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        row = QHBoxLayout()
        for profile in PROFILES:
            button = QPushButton(profile.name)
            button.setCheckable(True)
            button.setToolTip(profile.summary)
            button.setAccessibleDescription(profile.summary)
            button.clicked.connect(lambda _=False, name=profile.name: profiles.choose(name))
            group.addButton(button)
            row.addWidget(button)
            self.buttons[profile.name] = button
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.question)
        layout.addLayout(row)
        layout.addWidget(self.summary)
        profiles.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        current = self._profiles.current()
        for name, button in self.buttons.items():
            button.setChecked(name == current.name)
        self.summary.setText(current.summary)
