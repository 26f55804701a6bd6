"""A clock that is set back while somebody reads is told once, in one sentence, and costs no act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from small_exam import write_exam

from annotator.ui.desk.clock import WatchedClock

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

BEGIN = datetime(2026, 3, 31, 12, tzinfo=UTC)


def told(*minutes: float) -> list[str]:
    """What is told of a clock that shows so many minutes after noon, one after the other."""
    times = iter(BEGIN + timedelta(minutes=m) for m in minutes)
    clock = WatchedClock(lambda: next(times))
    return [clock.tell()[1] for _ in minutes]


def test_a_clock_that_goes_on_is_not_told_of():
    assert told(0, 1, 1, 60, 100_000) == [""] * 5


def test_a_clock_that_is_set_right_by_seconds_is_not_told_of():
    assert told(10, 9.5) == ["", ""]


@pytest.mark.parametrize(
    ("back", "words"), [(5, "5 minutes"), (300, "5 hours"), (1500, "1 day"), (400 * 1440, "400 days")]
)
def test_a_clock_set_back_is_told_once(back: float, words: str):
    first, second, third = told(0, -back, 1 - back)
    assert first == third == ""
    assert f"went back by {words};" in second
    assert second.count(". ") == 1


def test_the_window_says_so_and_keeps_every_act(qtbot, open_window, tmp_path: Path, monkeypatch) -> None:
    window = open_window()
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None and not window.exam_view.loading, timeout=15000)
    session = window.desk.session
    times = iter(BEGIN + timedelta(days=day) for day in (0, -400, -399))
    monkeypatch.setattr(session.saving, "_clock", WatchedClock(lambda: next(times)))
    for done in (True, False, True):
        session.set_done(done)
    qtbot.waitUntil(lambda: not session.unsaved_acts, timeout=15000)
    assert [text for text in window.errors.texts if "went back by 400 days" in text]
    assert len(session.revisions()) == 3
