"""Who made this, under which licence, and what it is not."""

from __future__ import annotations

import platform
from html import escape

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from annotator import __version__
from annotator.rules import RuleTable

STATEMENT = "Decision support for labelling and research; not a medical device, not for treatment decisions."


class AboutBox(QDialog):
    """Not modal."""

    def __init__(self, rules: RuleTable, edition: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Mammogram Annotator")
        self.setModal(False)
        text = QLabel(
            f"<p style='font-size:13pt'><b>Mammogram Annotator</b> {__version__}</p>"
            "<p>Marks and describes calcifications on mammograms and shows the documented follow-up.</p>"
            f"<p><b>{STATEMENT}</b></p>"
            f"<p>Decision table {escape(rules.name)}, BI-RADS lexicon edition {edition} in our own words. "
            "BI-RADS is a trademark of the American College of Radiology.</p>"
            f"<p>Apache License 2.0. Qt {qVersion()}, Python {platform.python_version()}.</p>"
        )
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.addWidget(text)
        layout.addWidget(close)
        self.setMinimumWidth(460)
