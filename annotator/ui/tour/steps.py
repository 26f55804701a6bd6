"""The steps of the guided tour: what is asked, when it is done, and how it is done for whoever asks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from annotator.model.finding import Assessment, Distribution, Finding, Morphology
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.ui.desk.session import ReadingSession
from annotator.ui.tour.target import TourTarget
from annotator.ui.window.shown_keys import press

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow
    from annotator.ui.panes.viewport import Viewport

MARKS = 3
VIEWS = 4
NEARLY_ONE_TO_ONE = 0.99
LOOP_MM = 1.5
"""How far outside the outermost calcification the outline runs when the tour draws it."""
SHOW_ME = "Show me"


class TourStep(NamedTuple):
    """`done` looks at the window; `show` does the step; `progress` says how far it is. `go` is the button.

    `text` says what to do, with the keys and the panes that are in force when it is asked.
    """

    title: str
    text: Callable[[], str]
    done: Callable[[], bool]
    show: Callable[[], object]
    progress: Callable[[], str] = lambda: ""
    go: str = SHOW_ME


class SampleReading:
    """What the tour looks at and may do: the sample exam's own reading, and in it one finding of its own."""

    def __init__(self, window: MainWindow, target: TourTarget, finding_id: str = "") -> None:
        self._window = window
        self.target = target
        self.finding_id = finding_id
        self._before: frozenset[str] | None = None

    @property
    def session(self) -> ReadingSession | None:
        """The reading of the sample exam while it is the one on the desk."""
        session = self._window.desk.session
        here = session is not None and session.exam.study_instance_uid == self.target.study_instance_uid
        return session if here else None

    @property
    def pane(self) -> Viewport | None:
        """The viewport that shows the image of the group."""
        uid = self.target.sop_instance_uid
        for viewport in self._window.grid.viewports:
            picture = viewport.picture
            if picture is not None and picture.info.sop_instance_uid == uid and not viewport.isHidden():
                return viewport
        return None

    @property
    def finding(self) -> Finding | None:
        """The finding made on this tour: the newest with marks in the group."""
        session = self.session
        if session is None:
            return None
        findings = {f.id: f for f in session.reading.findings}
        if self.finding_id not in findings:
            made = [i for i in findings if i not in (self._before or ()) and self._marks_of(session, i)]
            self.finding_id = made[-1] if made else ""
        return findings.get(self.finding_id)

    @property
    def marks(self) -> int:
        """How many spots of the group are marked for it."""
        session, finding = self.session, self.finding
        return 0 if session is None or finding is None else self._marks_of(session, finding.id)

    def begin(self) -> None:
        """The next mark begins a finding of its own, beside what the reading held before."""
        session = self.session
        if session is not None and self.finding is None:
            self._before = frozenset(f.id for f in session.reading.findings)
            session.select_finding(None)

    def look(self) -> None:
        """Bring the group into the middle of its pane at 1:1."""
        window, pane = self._window, self.pane
        if pane is None:
            infos = (i for i in window.exam_view.order if i.sop_instance_uid == self.target.sop_instance_uid)
            for info in infos:
                window.exam_view.show_image(info)
            pane = self.pane
        if pane is not None:
            window.grid.set_active(pane)
            pane.one_to_one()
            pane.center_on(self.target.centre)
            pane.setFocus()

    def looked(self) -> bool:
        """Whether the group is in sight at 1:1 or larger."""
        pane = self.pane
        if pane is None or pane.view.scale < NEARLY_ONE_TO_ONE:
            return False
        return pane.rect().contains(pane.widget_position(self.target.centre).toPoint())

    def mark(self) -> None:
        """Mark what is missing of three spots."""
        session, pane = self.session, self.pane
        if session is None or pane is None or pane.picture is None:
            return
        for point in self.target.points:
            if self.marks >= MARKS:
                return
            session.mark_spot(pane.picture, point, MarkKind.MICRO)

    def tied(self) -> bool:
        """Whether the marks lie in a cluster."""
        session, finding = self.session, self.finding
        if session is None or finding is None:
            return False
        return any(len(c.mark_ids) >= MARKS for c in session.reading.clusters_of(finding.id))

    def tie(self) -> None:
        """Outline the group."""
        session, pane = self.session, self.pane
        if session is None or pane is None or pane.picture is None or self.finding is None:
            return
        session.select_finding(self.finding.id)
        centre, px = self.target.centre, self.target.pixel_mm
        reach = max(math.dist((p.column, p.row), (centre.column, centre.row)) for p in self.target.points)
        reach += LOOP_MM / px
        turns = [2 * math.pi * i / 24 for i in range(24)]
        outline = (
            ImagePoint(centre.column + reach * math.cos(a), centre.row + reach * math.sin(a)) for a in turns
        )
        session.lasso(pane.picture, tuple(outline))

    def say(self, label: str, **said: object) -> None:
        """Say something of the finding."""
        session, finding = self.session, self.finding
        if session is not None and finding is not None:
            session.select_finding(finding.id)
            session.describe(finding.id, label, **said)

    def _marks_of(self, session: ReadingSession, finding_id: str) -> int:
        return sum(self.target.holds(mark) for mark in session.reading.marks_of(finding_id))


def steps_of(sample: SampleReading, window: MainWindow) -> tuple[TourStep, ...]:
    """The tour on one sample reading."""
    return (*_on_the_image(sample, window), *_in_words(sample, window))


def _on_the_image(sample: SampleReading, window: MainWindow) -> tuple[TourStep, ...]:
    def by(act: str) -> str:
        return press(window.profiles.keys(), act)

    def hung() -> str:
        if len(window.grid.shown) == VIEWS:
            return "Four views hang, chest walls together."
        return f"{sample.target.label} hangs, one of four views."

    return (
        TourStep(
            "Look closely",
            lambda: (
                f"{hung()} Point at the middle of {sample.target.label} and {by('fit')}: one image pixel on one "
                "screen pixel. Middle drag or Space and drag moves the image. Find the group of fine, bright "
                f"specks; {SHOW_ME} brings it into the middle."
            ),
            sample.looked,
            sample.look,
        ),
        TourStep(
            "Mark three of them",
            lambda: (
                f"{_begin(by('mark_micro'))} and click on three specks of the group. A click finds the spot beneath "
                "it and measures it. A click beside everything marks nothing."
            ),
            lambda: sample.marks >= MARKS,
            sample.mark,
            lambda: f"{min(sample.marks, MARKS)} of {MARKS} marked",
        ),
        TourStep(
            "Tie them together",
            lambda: (
                "Drag a loop round the three marks with the left button. They become a cluster, and the panel on "
                "the right tells how many lie how far apart."
            ),
            sample.tied,
            sample.tie,
        ),
    )


def _in_words(sample: SampleReading, window: MainWindow) -> tuple[TourStep, ...]:
    def said() -> bool:
        finding = sample.finding
        return finding is not None and bool(finding.morphology) and bool(finding.distributions)

    def judged() -> bool:
        return sample.finding is not None and sample.finding.assessment is not None

    return (
        TourStep(
            "Say what they look like",
            lambda: (
                "On the right choose a morphology and a distribution. Rest on a word for its definition. With the "
                f"keyboard {press(window.profiles.keys(), 'line_chord')}, then a letter for each; the legend names them. "
                "Enter ends the line."
            ),
            said,
            lambda: sample.say(
                "Fine pleomorphic, grouped",
                morphology=(Morphology.FINE_PLEO,),
                distributions=(Distribution.GROUPED,),
            ),
        ),
        TourStep(
            "Your own category",
            lambda: (
                "Choose a category under Your assessment, or "
                f"{press(window.profiles.keys(), 'category_chord')} and type it. The program tells what is documented only after yours, "
                "so that it does not lead you."
            ),
            judged,
            lambda: sample.say("Assessment: 0", assessment=Assessment.INCOMPLETE),
        ),
        TourStep(
            "Read the documented follow-up",
            lambda: (
                "The card at the bottom right now tells what guidelines say of such a finding, which row of the "
                "table it is, why, and after whom. It is a look-up, not a judgement of the picture. After your own first "
                f"look at an exam {press(window.profiles.keys(), 'candidate_next')} to go through what the program "
                "proposes for labelling."
            ),
            lambda: False,
            lambda: window.follow_up_panel.fold(folded=False),
            go="I have read it",
        ),
    )


def _begin(words: str) -> str:
    return words[:1].upper() + words[1:]
