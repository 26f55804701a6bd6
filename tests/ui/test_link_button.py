"""A link in a narrow panel: its words end in an ellipsis, not in the middle of a letter."""

from __future__ import annotations

import pytest

from annotator.ui.panels.link_button import LinkButton

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def test_what_has_no_room_ends_in_an_ellipsis(qtbot):
    button = LinkButton("Back")
    qtbot.addWidget(button)
    button.setText("Back to PHANTOM-0002, 2022-03-09  (Alt+Left)")
    button.resize(500, 24)
    button.show()
    assert button.shown_text() == button.text()
    button.resize(150, 24)
    shown = button.shown_text()
    assert shown.startswith("Back to ")
    assert shown.endswith("…")
    assert button.fontMetrics().horizontalAdvance(shown) <= 150
    assert button.sizePolicy().horizontalPolicy() is button.sizePolicy().Policy.Ignored
