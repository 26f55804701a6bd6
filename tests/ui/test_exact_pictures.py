"""Exact pictures made beside the window: which one comes, which is dropped, and what is seen meanwhile."""

from __future__ import annotations

import threading

import pytest
from hands import wheel
from pictures import breast, picture
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from test_viewport_moving import expected, shown

from annotator.imaging.render import Mode
from annotator.ui.panes.exact_pictures import ExactPictures
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.grey_image import Wanted
from annotator.ui.task_runner import TaskRunner


@pytest.fixture
def bugs():
    return []


@pytest.fixture
def runner(qtbot, bugs):
    made = TaskRunner(bugs.append)
    yield made
    made.shutdown()


@pytest.fixture
def viewport(qtbot):
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(500, 400)
    viewport.set_overlay_level(2)
    viewport.set_mode(Mode.SPECK_TRUE)
    return viewport


@pytest.fixture
def held(monkeypatch):
    """Workers wait before they make a picture until the event is set; `made` are those they began."""
    go_on, exact, made = threading.Event(), Wanted.exact, []

    def waiting(wanted):
        assert threading.current_thread() is not threading.main_thread()
        made.append(wanted)
        go_on.wait(10)
        return exact(wanted)

    monkeypatch.setattr(Wanted, "exact", waiting)
    yield go_on, made
    go_on.set()


def open_on(viewport):
    viewport.show()
    viewport.show_picture(picture(breast(1500, 1100)))
    QApplication.processEvents()


def test_the_quick_picture_is_seen_until_the_exact_one_is_made(viewport, runner, held, qtbot):
    go_on, _ = held
    ExactPictures([viewport], runner)
    open_on(viewport)
    assert not viewport.moving
    assert not viewport.exact
    assert (shown(viewport) == expected(viewport, moving=True)).all()
    assert (expected(viewport, moving=True) != expected(viewport, moving=False)).any()
    go_on.set()
    qtbot.waitUntil(lambda: viewport.exact)
    assert (shown(viewport) == expected(viewport, moving=False)).all()


def test_nothing_is_asked_for_while_the_view_moves_nor_twice(viewport, runner, held, qtbot):
    go_on, made = held
    ExactPictures([viewport], runner)
    open_on(viewport)
    qtbot.waitUntil(lambda: len(made) == 1)
    wheel(viewport, QPoint(250, 200), 120)
    for _ in range(3):
        viewport.repaint()
    assert len(made) == 1
    viewport.settle()
    for _ in range(3):
        viewport.repaint()
    go_on.set()
    qtbot.waitUntil(lambda: viewport.exact)
    assert [wanted.view for wanted in made][1:] == [viewport.view]
    assert (shown(viewport) == expected(viewport, moving=False)).all()


def test_a_picture_that_comes_too_late_is_left_aside_and_asked_for_again(viewport, qtbot):
    asked = []
    viewport.leave_exact_to(asked.append)
    open_on(viewport)
    first, late = asked[0], asked[0].exact()
    viewport.one_to_one()
    QApplication.processEvents()
    before = shown(viewport)
    assert viewport.exact
    viewport.take_exact(first, late)
    assert (shown(viewport) == before).all()
    viewport.fit()
    QApplication.processEvents()
    assert asked == [first, first]
    viewport.take_exact(first, late)
    assert viewport.exact
    assert (shown(viewport) == expected(viewport, moving=False)).all()


def test_an_emptied_pane_takes_no_picture(viewport, runner, held, qtbot):
    go_on, made = held
    ExactPictures([viewport], runner)
    open_on(viewport)
    qtbot.waitUntil(lambda: bool(made))
    viewport.clear("nothing here")
    empty = shown(viewport)
    go_on.set()
    qtbot.waitUntil(lambda: not runner.busy("exact picture 0"))
    assert viewport.exact
    assert (shown(viewport) == empty).all()


def test_an_error_while_making_one_is_reported(viewport, runner, bugs, monkeypatch, qtbot):
    def broken(_wanted):
        raise RuntimeError("no picture")

    monkeypatch.setattr(Wanted, "exact", broken)
    ExactPictures([viewport], runner)
    open_on(viewport)
    qtbot.waitUntil(lambda: bool(bugs))
    assert str(bugs[0]) == "no picture"
    assert (shown(viewport) == expected(viewport, moving=True)).all()
