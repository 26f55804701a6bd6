"""How the marks of the finding lie together: numbers for each image, dim, and the word they suggest, to be taken or left."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from annotator.lexicon.loader import Lexicon
from annotator.model.cluster_facts import ClusterFacts
from annotator.model.clusters_on_image import ClustersOnImage, NippleKnown
from annotator.model.finding import Distribution
from annotator.model.geometry import Millimetres
from annotator.ui.panels.finding_part import dim_label, say_dim
from annotator.ui.panels.link_button import LinkButton
from annotator.ui.words.plain_words import tip

LONGER_THAN_WIDE = 1.5
"""From this elongation on a direction is told."""
_SHARE_OF = "of synthetic sets like this one"


class ClusterLines(QWidget):
    """Says nothing by itself: `taken` carries the word that the reader takes over."""

    taken = Signal(object)  # model.finding.Distribution

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon
        self._key = ""
        self._told: tuple[ClustersOnImage, ...] = ()
        self._said: frozenset[Distribution] = frozenset()
        self._offered: Distribution | None = None
        self.numbers = dim_label()
        self.suggested = LinkButton("Say this distribution; nothing says it but you")
        self.suggested.clicked.connect(self.take)
        self.because = dim_label()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for part in (self.numbers, self.suggested, self.because):
            column.addWidget(part)
        self._show()

    @property
    def offered(self) -> Distribution | None:
        """The word that is offered and not said yet."""
        return self._offered

    def use_lexicon(self, lexicon: Lexicon) -> None:
        """Speak in the words of this edition."""
        self._lexicon = lexicon
        self._show()

    def tell_key(self, key: str) -> None:
        """Which key takes the word over; '' for none."""
        self._key = key
        self._show()

    def show_clusters(self, told: tuple[ClustersOnImage, ...]) -> None:
        """Show the finding in hand on its images."""
        self._told = told
        self._show()

    def show_said(self, distributions: tuple[Distribution, ...]) -> None:
        """A word that was said is not offered."""
        self._said = frozenset(distributions)
        self._show()

    def take(self) -> None:
        """Take the offered word over."""
        if self._offered is not None:
            self.taken.emit(self._offered)

    def _show(self) -> None:
        several = len(self._told) > 1
        lines = [line for one in self._told if (line := numbers_line(one, whole=several))]
        say_dim(self.numbers, "\n".join(lines))
        best = suggestion(self._told)
        hint = None if best is None else best.hint
        word = None if hint is None or not self._lexicon.term(hint.word).offered else hint.word
        self._offered = None if word in self._said else word
        self.suggested.setVisible(self._offered is not None)
        if best is None or hint is None or word is None:
            say_dim(self.because, next((one.why_not for one in self._told if one.why_not), ""))
            return
        name = self._lexicon.word(word).lower()
        self.suggested.setText(f"suggested: {name}  {self._key}".rstrip())
        self.suggested.setAccessibleName(f"Suggested distribution: {name}. {' '.join(hint.because)}")
        self.suggested.setToolTip(tip(f"{self._reasons(best)}\n\nSay it; nothing says it but you."))
        where = f"{best.label}: " if len(self._told) > 1 and best.label else ""
        say_dim(self.because, f"{where}{hint.because[0]}" if self._offered is not None else "")

    def _reasons(self, best: ClustersOnImage) -> str:
        hint = best.hint
        if hint is None:
            return ""
        reasons = list(hint.because)
        if hint.share is not None:
            second = ""
            if hint.next_word is not None and hint.next_share is not None and hint.next_share >= 0.01:
                second = f", {100 * hint.next_share:.0f} % {self._lexicon.word(hint.next_word).lower()}"
            reasons.append(f"{_percent(hint.share)} {_SHARE_OF} are called so{second}.")
        return "\n".join(reasons)


def suggestion(told: tuple[ClustersOnImage, ...]) -> ClustersOnImage | None:
    """The image whose word is offered: of those that suggest one the image with most marks, the first of several."""
    return max((one for one in told if one.hint is not None), key=lambda one: one.count, default=None)


def numbers_line(one: ClustersOnImage, *, whole: bool = True) -> str:
    """The numbers of one image, each length with the word that says how it is known; '' for too few marks.

    `whole`: with count and extent, which stand elsewhere for a finding on one image.
    """
    facts = one.facts
    if facts is None or facts.basis is None or facts.count < 2:
        return ""
    alone = sum(not group.cluster_id for group in one.groups)
    parts = [
        f"{facts.count} over {facts.extent}" if whole else "",
        f"in {alone} groups" if alone > 1 else "",
        f"{facts.density_per_cm2:.0f} to a cm²" if facts.count > 2 else "",
        "" if facts.spacing_mm is None else f"spacing {Millimetres(facts.spacing_mm, facts.basis)}",
        *_direction(facts, one.nipple),
    ]
    said = ", ".join(part for part in parts if part)
    return f"{one.label}: {said}" if one.label and said else said


def _direction(facts: ClusterFacts, nipple: NippleKnown) -> list[str]:
    """How much longer than wide, and which way."""
    if facts.count < 3 or facts.elongation < LONGER_THAN_WIDE:
        return []
    said = [f"{facts.elongation:.1f} times as long as wide"]
    if facts.axis_to_nipple_deg is not None:
        placed = "nipple" if nipple is NippleKnown.PLACED else "estimated nipple"
        said.append(f"{facts.axis_to_nipple_deg:.0f}° off the {placed}")
    return said


def _percent(share: float) -> str:
    return f"{100 * min(share, 0.99):.0f} %"
