"""A PySide6 that loses references to None, True and False dies after some thousand calls (6.12.0 did)."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

CALLS = 20_000


def test_singletons_survive_many_cheap_calls(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    before = [sys.getrefcount(value) for value in (None, True, False)]
    for _ in range(CALLS):
        assert widget.parent() is None
        assert widget.isEnabled() is True
        assert widget.isVisible() is False
    after = [sys.getrefcount(value) for value in (None, True, False)]
    assert all(abs(now - then) < CALLS // 10 for then, now in zip(before, after, strict=True)), (
        before,
        after,
    )
