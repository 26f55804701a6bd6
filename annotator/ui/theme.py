"""Colours and the one style sheet. Near black, so that the eye stays adapted to the image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

BACKGROUND = "#101214"
PANEL = "#15181b"
FIELD = "#0c0e10"
RAISED = "#1c2126"
SELECTED_ROW = "#1f2a33"
CARD = "#182027"
LINE = "#2a3036"
TEXT = "#c8cdd2"
STRONG = "#f2f4f6"
DIM = "#8f979f"
ACCENT = "#74b4e6"
ACCENT_FILL = "#1f4160"
MARK = "#f2d974"
CANDIDATE = "#3fdfe6"
SAVED = "#8fc3ad"
WARNING = "#ff8d85"
AMBER = "#cfa05a"

TEXT_COLOURS = (TEXT, STRONG, DIM, ACCENT, MARK, CANDIDATE, SAVED, WARNING, AMBER)
GROUNDS = (BACKGROUND, PANEL, FIELD, RAISED, SELECTED_ROW, CARD)
MINIMUM_CONTRAST = 4.5

USUAL_TEXT = 9.0
LARGEST_TEXT = 13.0


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour "#rrggbb" in 0..1 (WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1..21 (WCAG 2.1)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def apply_theme(app: QApplication) -> None:
    """Dress the whole application. Font sizes stay in points, so they follow the system's scaling."""
    app.setStyle("Fusion")
    palette = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, BACKGROUND),
        (QPalette.ColorRole.Base, FIELD),
        (QPalette.ColorRole.AlternateBase, PANEL),
        (QPalette.ColorRole.Button, PANEL),
        (QPalette.ColorRole.WindowText, TEXT),
        (QPalette.ColorRole.Text, TEXT),
        (QPalette.ColorRole.ButtonText, TEXT),
        (QPalette.ColorRole.ToolTipBase, RAISED),
        (QPalette.ColorRole.ToolTipText, TEXT),
        (QPalette.ColorRole.PlaceholderText, DIM),
        (QPalette.ColorRole.Highlight, ACCENT_FILL),
        (QPalette.ColorRole.HighlightedText, STRONG),
        (QPalette.ColorRole.Link, ACCENT),
        (QPalette.ColorRole.LinkVisited, ACCENT),
    ):
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(DIM))
    app.setPalette(palette)
    # Systems count points differently (9 on Windows, 13 on macOS), so theirs is the measure.
    size = app.font().pointSizeF()
    app.setStyleSheet(style_sheet(min(size, LARGEST_TEXT) if size > 0 else USUAL_TEXT))


@contextmanager
def dressed_at_the_end(app: QApplication) -> Iterator[None]:
    """What is built inside gets the style sheet once, when all of it stands.

    Under a sheet Qt dresses everything in a part anew whenever the part is put into another: more than half of the
    time it takes to build the window. It looks the same either way.
    """
    sheet = app.styleSheet()
    app.setStyleSheet("")
    try:
        yield
    finally:
        app.setStyleSheet(sheet)


def style_sheet(points: float) -> str:
    """The style sheet for a body text of that size."""
    return f"""{_START_AND_ERRORS}
QMainWindow, QMainWindow::separator {{ background: {BACKGROUND}; }}
QMainWindow::separator {{ width: 1px; height: 1px; background: {LINE}; }}
QStatusBar, #panel, #strip, #status, QScrollArea, QScrollArea > QWidget > QWidget {{
    background: {PANEL}; }}
QWidget {{ font-size: {points:.1f}pt; }}
QLabel {{ background: transparent; }}
QLabel[role="heading"], QLabel[role="dim"], QLabel[role="contradiction"], QLabel[role="blank"] {{ color: {DIM}; font-size: {0.9 * points:.1f}pt; }}
QLabel[role="contradiction"] {{ color: {AMBER}; }} QLabel[role="blank"] {{ color: transparent; }}
QLabel[role="title"] {{ color: {STRONG}; font-size: {1.2 * points:.1f}pt; font-weight: 600; }}
QLabel[role="action"] {{ color: {STRONG}; font-size: {1.4 * points:.1f}pt; font-weight: 600; }}
QLabel[role="accent"] {{ color: {ACCENT}; }}
QLabel[role="warning"] {{ color: {WARNING}; }}
QLabel[role="welcome"] {{ color: {TEXT}; font-size: {1.4 * points:.1f}pt; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px; }}
QPushButton {{ background: {PANEL}; color: {TEXT}; border: 1px solid {LINE}; border-radius: 4px;
    padding: 1px 6px; min-height: 1.3em; }}
QPushButton:hover {{ border-color: {DIM}; }}
QPushButton:checked {{ background: {ACCENT_FILL}; color: {STRONG}; border-color: {ACCENT}; }}
QPushButton:focus {{ border: 2px solid {ACCENT}; padding: 0 5px; }}
QPushButton:checked:focus {{ border-color: {STRONG}; }}
QPushButton:disabled {{ color: {DIM}; border-color: {RAISED}; }}
QPushButton[role="fold"], QPushButton[role="link"] {{ border-color: transparent; color: {DIM};
    text-align: left; background: transparent; padding: 1px 2px; }}
QPushButton[role="link"] {{ color: {ACCENT}; }}
QPushButton[role="link"]:disabled {{ color: {DIM}; }} QPushButton[role="in line"] {{ padding: 0 6px; min-height: 0; }}
QPushButton[role="fold"]:focus, QPushButton[role="link"]:focus {{ border: 2px solid {ACCENT}; padding: 0 1px; }}
QLineEdit, QPlainTextEdit {{ background: {FIELD}; color: {TEXT}; border: 1px solid {LINE};
    border-radius: 4px; padding: 3px; selection-background-color: {ACCENT_FILL}; }}
QLineEdit:focus, QPlainTextEdit:focus {{ border: 1px solid {ACCENT}; }}
QCheckBox::indicator, QRadioButton::indicator {{ background: {FIELD}; border: 1px solid {DIM};
    width: 0.8em; height: 0.8em; }}
QCheckBox::indicator {{ border-radius: 2px; }}
QRadioButton::indicator {{ border-radius: 0.4em; }}
QCheckBox::indicator:checked, QRadioButton::indicator:checked {{ background: {ACCENT}; border-color: {ACCENT}; }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ border-color: {RAISED}; }}
QTableView {{ gridline-color: {LINE}; }}
QListView {{ background: {PANEL}; border: 1px solid transparent; outline: none; }}
QListView:focus {{ border-color: {ACCENT}; }}
QComboBox:focus, QAbstractSpinBox:focus {{ border: 1px solid {ACCENT}; }}
QTreeView:focus, QTableView:focus, QTextBrowser:focus {{ border: 1px solid {ACCENT}; }}
QCheckBox:focus, QRadioButton:focus, QTabBar:focus {{ color: {ACCENT}; }}
QMenu {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px; }}
QMenu::item {{ padding: 4px 22px; }}
QMenu::item:selected {{ background: {ACCENT_FILL}; color: {STRONG}; }}
QMenu::item:disabled {{ color: {DIM}; }}
QMenu::separator {{ height: 1px; background: {LINE}; margin: 4px 8px; }}
QScrollBar:vertical {{ background: transparent; width: 9px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 9px; margin: 0; }}
QScrollBar::handle {{ background: {LINE}; border-radius: 4px; min-height: 24px; min-width: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QStatusBar::item {{ border: none; }}
#legend {{ background: {RAISED}; border: 1px solid {ACCENT}; border-radius: 5px; }}
#card {{ background: {CARD}; border: 1px solid {LINE}; border-radius: 5px; }}
#card QScrollArea, #card QScrollArea > QWidget > QWidget {{ background: {CARD}; border: none; }}
QScrollArea {{ border: none; }}
QProgressBar {{ background: {FIELD}; border: 1px solid {LINE}; border-radius: 3px; max-height: 10px; }}
QProgressBar::chunk {{ background: {ACCENT}; }}
"""


_CHECK = Path(__file__).with_name("icon_shapes").joinpath("check.svg").as_posix()
_START_AND_ERRORS = f"""
QLabel[role="drop"], QLabel[role="dropping"] {{ color: {DIM}; border: 1px dashed {DIM}; border-radius: 4px;
    padding: 8px; }}
QLabel[role="dropping"] {{ color: {STRONG}; border-color: {ACCENT}; background: {ACCENT_FILL}; }}
#errors {{ background: {RAISED}; border-bottom: 2px solid {WARNING}; }}
QCheckBox::indicator:checked {{ image: url("{_CHECK}"); }}
QPushButton[role="way"] {{ padding: 6px 12px; text-align: left; }}
QPushButton[role="way"]:focus {{ padding: 5px 11px; }}
"""
