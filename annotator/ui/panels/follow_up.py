"""The documented follow-up of the current finding: what, which row of the table, why, after whom."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Finding
from annotator.model.follow_up import FollowUp, FollowUpAction
from annotator.rules import BreastAssessments, BreastValue, then_and_now
from annotator.ui.actions.said import SIDES
from annotator.ui.desk.session import ReadingSession
from annotator.ui.flow_layout import FlowLayout, discard
from annotator.ui.words.plain_words import tip

DISCLAIMER = "decision support for labelling; not a medical device"

AFTER_YOURS = (
    "What is documented for such a finding, and which category the table suggests, are told once you have chosen"
    " yours, so that they do not lead you."
)

LARGEST_SHARE = 0.28
LEAST_LINES = 4
LOW_WINDOW_PX = 800
"""Below this height of the window the card folds by itself, as long as the reader has not said."""

_HEADLINES = {
    FollowUpAction.AS_PLANNED: "As already planned",
    FollowUpAction.ADDITIONAL_VIEWS: "Additional views",
    FollowUpAction.MAGNIFICATION_VIEWS: "Magnification views",
    FollowUpAction.PRIOR_MAMMOGRAMS: "Prior mammograms",
    FollowUpAction.ROUTINE_SCREENING: "Routine screening",
    FollowUpAction.SIX_MONTHS: "Follow-up in 6 months",
    FollowUpAction.TWELVE_MONTHS: "Follow-up in 12 months",
    FollowUpAction.BIOPSY: "Biopsy",
    FollowUpAction.MORE_INPUT: "Say more first",
    FollowUpAction.READER_DECIDES: "No documented rule: you decide",
}


def headline(result: FollowUp) -> str:
    """The follow-up in two or three words."""
    return "After your own category" if result.follow_up is None else _HEADLINES[result.follow_up]


def categories(result: FollowUp, finding: Finding) -> str:
    """The suggested category beside the reader's own, and never before it (docs/domain.md, limits)."""
    if finding.assessment is None:
        return "yours: not chosen"
    own = f"yours {finding.assessment}"
    if result.suggested_assessment is None:
        return own
    return f"{own}  ·  suggested category {result.suggested_assessment}"


def recommended(finding: Finding, lexicon: Lexicon) -> str:
    """What the reader recommends, apart from the category; '' while nothing is."""
    words = "" if finding.recommendation is None else lexicon.word(finding.recommendation).lower()
    months = finding.recommended_months
    when = "" if months is None else "at once" if months == 0 else f"within {months} months"
    said = ", ".join(part for part in (words, when) if part)
    return f"you recommend {said}" if said else ""


def versions(result: FollowUp) -> str:
    """Which row of which table it is, and in which words."""
    row = f"row {result.row}  ·  " if result.row else ""
    return f"{row}rules {result.rules_version}  ·  lexicon edition {result.lexicon_edition}"


def as_signed(signed: FollowUp | None, now: FollowUp) -> str:
    """What the table said when the reading was signed, beside what it says now; '' while it was not signed."""
    if signed is None:
        return ""
    differs = then_and_now(signed, now)
    return " ".join(differs) if differs else "The same as when it was signed."


def breasts(values: BreastAssessments) -> str:
    """What the findings come to for each breast: by the reader's categories, and by the suggested ones."""
    suggested = {value.side: value for value in values.suggested}
    told = []
    for own in values.own:
        mine, theirs = _value(own), _value(suggested[own.side]) if own.side in suggested else ""
        side = "Side not known" if own.side is None else SIDES.get(own.side, str(own.side))
        if mine:
            told.append(f"{side}: yours {mine}{f', suggested {theirs}' if theirs else ''}.")
    return " ".join(told)


def _value(value: BreastValue) -> str:
    highest = () if value.category is None else (str(value.category),)
    return " and ".join((*highest, *map(str, value.beside)))


def reasons(result: FollowUp) -> tuple[str, ...]:
    """What the table says in sentences, without the one that only repeats the headline."""
    if result.is_kept_back:
        return (AFTER_YOURS,)
    repeated = result.text.rstrip(".").lower().endswith(headline(result).lower())
    return result.because if repeated and result.because else (result.text, *result.because)


class FollowUpPanel(QWidget):
    """A card that is always in sight while a finding is selected.

    Folded it tells the follow-up, its row and the categories; a click on the heading folds and unfolds.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon
        self._session: ReadingSession | None = None
        self.fold_chosen: bool | None = None
        self.heading = QPushButton()
        self.heading.setProperty("role", "fold")
        self.heading.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.heading.clicked.connect(lambda: self.fold(not self.folded))
        self.row = _label("dim")
        self.action = _label("action")
        self.category = _label("accent")
        self.recommended = _label()
        self.signed = _label()
        self.assumed = _label("dim")
        self.breasts = _label()
        self.versions = _label("dim")
        self.because = _label()
        self.patient_pages = _label()
        self.birads = _label()
        self.notes = _label("dim")
        self.citation = _label("dim")
        for label in (
            self.signed,
            self.assumed,
            self.because,
            self.breasts,
            self.patient_pages,
            self.birads,
            self.notes,
            self.citation,
            self.versions,
        ):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._sources = QWidget()
        self._source_flow = FlowLayout(self._sources, 4)
        policy = self._sources.sizePolicy()
        policy.setHeightForWidth(True)
        self._sources.setSizePolicy(policy)
        self._shown_sources: tuple[str, ...] = ()
        self._lay_out()
        self.refresh()

    def set_session(self, session: ReadingSession | None) -> None:
        """Follow another reading."""
        if self._session is not None:
            self._session.reading_changed.disconnect(self.refresh)
            self._session.selection_changed.disconnect(self.refresh)
        self._session = session
        if session is not None:
            session.reading_changed.connect(self.refresh)
            session.selection_changed.connect(self.refresh)
        self.refresh()

    @property
    def folded(self) -> bool:
        """What the reader chose, else whether the window is low."""
        return self.window().height() < LOW_WINDOW_PX if self.fold_chosen is None else self.fold_chosen

    def fold(self, folded: bool) -> None:
        """The reader folds the card, or unfolds it, from now on."""
        self.fold_chosen = folded
        self.fit_height()

    def refresh(self, _changes: object = None) -> None:
        """Show the follow-up of the finding as described now."""
        finding = None if self._session is None else self._session.current_finding
        self.setVisible(finding is not None)
        if self._session is None or finding is None:
            return
        result = self._session.follow_up(finding.id)
        told = result if finding.assessment is not None else result.before_choice()
        _say(self.row, f"row {told.row}" if told.row else "")
        self.row.setToolTip(tip(f"rules {told.rules_version}, lexicon {told.lexicon_edition}"))
        self.action.setText(headline(told))
        self.category.setText(categories(told, finding))
        _say(self.recommended, recommended(finding, self._session.lexicon))
        self._say_more(self._session, finding, told)
        _say(self.because, " ".join(reasons(told)))
        _say(self.patient_pages, told.patient_pages, "Patient pages: ")
        _say(self.birads, told.birads, "BI-RADS: ")
        _say(self.notes, " ".join(told.notes))
        self._show_sources(told.cited)
        self.fit_height()

    def _say_more(self, session: ReadingSession, finding: Finding, result: FollowUp) -> None:
        """What was assumed, what it was when signed, what the breasts come to, and by which versions."""
        chosen = finding.assessment is not None
        signed = session.signed_follow_up(finding.id) if chosen else None
        _say(self.signed, as_signed(signed, result))
        _say(self.assumed, " ".join(result.assumed))
        several = len(session.reading.findings) > 1
        values = session.workspace.breast_assessments(session.reading, session.corrected_exam)
        _say(self.breasts, breasts(values) if several else "")
        self.versions.setText(versions(result))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_height()

    def fit_height(self) -> None:
        """Take as much height as the words need and the window leaves."""
        folded = self.folded
        self.heading.setText(f"{'▸' if folded else '▾'} DOCUMENTED FOLLOW-UP")
        self.heading.setAccessibleName(f"Documented follow-up, {'folded' if folded else 'unfolded'}")
        self.heading.setToolTip(
            "Show why, and the sources" if folded else "Fold: leave the room to the words"
        )
        self._scroll.setVisible(not folded)
        self._scroll.wish()

    def _show_sources(self, tags: tuple[str, ...]) -> None:
        if tags == self._shown_sources:
            return
        self._shown_sources = tags
        self.citation.setVisible(False)
        while (item := self._source_flow.takeAt(0)) is not None:
            discard(item)
        for tag in tags:
            button = QPushButton(tag)
            button.setProperty("role", "link")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            cited = self._cited(tag)
            button.setToolTip(f"<p>{escape(cited)}</p>")
            button.setAccessibleName(f"Source {tag}")
            button.setAccessibleDescription(cited)
            button.clicked.connect(lambda _=False, text=cited: self._toggle_citation(text))
            self._source_flow.addWidget(button)
        self._sources.setVisible(bool(tags))
        self._sources.updateGeometry()

    def _cited(self, tag: str) -> str:
        source = self._lexicon.sources.get(tag)
        if source is None:
            return tag
        return ". ".join(
            part.rstrip(".") for part in (source.citation, source.sentence, source.address) if part
        )

    def _toggle_citation(self, text: str) -> None:
        again = self.citation.text() == text and not self.citation.isHidden()
        self.citation.setText(text)
        self.citation.setVisible(not again)
        self.fit_height()

    def _lay_out(self) -> None:
        card = QFrame()
        card.setObjectName("card")
        head = QHBoxLayout()
        head.addWidget(self.heading)
        head.addStretch(1)
        self.row.setWordWrap(False)
        head.addWidget(self.row)
        words = QWidget()
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(4)
        for part in (
            self.signed,
            self.because,
            self.assumed,
            self.breasts,
            self.patient_pages,
            self.birads,
            self._sources,
            self.citation,
            self.notes,
            self.versions,
        ):
            column.addWidget(part)
        column.addStretch(1)
        self._scroll = scroll = _Words()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(words)
        foot = _label("dim")
        foot.setText(DISCLAIMER)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(10, 7, 6, 7)
        inside.setSpacing(3)
        inside.addLayout(head)
        inside.addWidget(self.action)
        inside.addWidget(self.category)
        inside.addWidget(self.recommended)
        inside.addWidget(scroll, 1)
        inside.addSpacing(4)
        inside.addWidget(foot)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 4, 10, 8)
        outer.addWidget(card)


class _Words(QScrollArea):
    """As tall as its words, up to a share of the window: the rest belongs to the descriptors.

    Where the docks beside it leave less, it gives way down to a few lines: a window never grows for its words.
    """

    _wanted = 0

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._wanted)

    def wish(self) -> None:
        """Ask for the height that the words need now."""
        self._wanted = self.wanted_height()
        self.setMinimumHeight(min(self._wanted, LEAST_LINES * self.fontMetrics().lineSpacing()))
        self.setMaximumHeight(self._wanted)
        self.updateGeometry()

    def wanted_height(self) -> int:
        words = self.widget()
        layout = None if words is None else words.layout()
        if layout is None:
            return 0
        layout.invalidate()
        needed = layout.totalHeightForWidth(self.viewport().width())
        return min(needed + 2, int(self.window().height() * LARGEST_SHARE))


def _label(role: str = "") -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if role:
        label.setProperty("role", role)
    return label


def _say(label: QLabel, text: str, prefix: str = "") -> None:
    label.setText(prefix + text if text else "")
    label.setVisible(bool(text))
