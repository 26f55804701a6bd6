"""The heartbeat notices a window that does not answer, and says what it was doing."""

from __future__ import annotations

import time

from pytestqt.qtbot import QtBot

from annotator.ui.demonstration.heartbeat import Heartbeat


def test_a_standstill_belongs_to_the_step_it_happened_in(qtbot: QtBot) -> None:
    heart = Heartbeat()
    heart.begin("quiet")
    qtbot.waitUntil(lambda: "quiet" in heart.gaps)
    heart.begin("busy")
    time.sleep(0.2)
    heart.begin("after")
    qtbot.waitUntil(lambda: "after" in heart.gaps)
    heart.stop()
    assert heart.gaps["busy"] >= 200
    assert heart.longest == (max(heart.gaps.values()), max(heart.gaps, key=heart.gaps.__getitem__))


def test_what_is_left_out_does_not_count(qtbot: QtBot) -> None:
    heart = Heartbeat()
    heart.begin("a step")
    before = time.perf_counter()
    with heart.left_out():
        time.sleep(0.3)
    heart.stop()
    beating_ms = (time.perf_counter() - before) * 1000 - 300
    assert heart.gaps["a step"] <= beating_ms


def test_without_a_beat_there_is_nothing_to_tell() -> None:
    assert Heartbeat().longest == (0.0, "")
