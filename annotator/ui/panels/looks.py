"""What a finding looks like: size, morphology, distribution, change. In this order always."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Change, Distribution, Morphology
from annotator.model.mark import MarkKind
from annotator.ui.actions.said import ranked, short_of, spoken
from annotator.ui.panels.chips import Choice, Pick
from annotator.ui.panels.cluster_facts import ClusterLines
from annotator.ui.panels.finding_part import FindingPart, ShownFinding, dim_label, say_dim
from annotator.ui.panels.measured_words import measured_line
from annotator.ui.panels.word_chips import WordRow, word_choices, words_of

_SHOWN_FIRST = (
    Morphology.AMORPHOUS,
    Morphology.COARSE_HET,
    Morphology.FINE_PLEO,
    Morphology.FINE_LINEAR,
    Morphology.ROUND,
    Morphology.PUNCTATE,
    Morphology.UNCHARACTERISED,
)


class Looks(FindingPart):
    """The rows every finding has; the typically benign types are folded until one is said, or the reader unfolds them.

    `unfolded`: the reader wants them in sight always.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__(lexicon)
        self.size_word = WordRow("Size", words_of(MarkKind), lexicon, Pick.ONE_OR_NONE, beside=True)
        self.morphology = WordRow("Morphology", _shown_choices, lexicon, Pick.ANY)
        self.benign = WordRow("", _benign_choices, lexicon, Pick.ANY)
        self.ranked = dim_label()
        self.fold = QPushButton("benign types ...  B")
        self.fold.setProperty("role", "fold")
        self.fold.setCheckable(True)
        self.fold.setAccessibleName("Show the typically benign types")
        self.fold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fold.toggled.connect(self.benign.setVisible)
        self.fold.clicked.connect(self._fold_clicked)
        self.benign.setVisible(False)
        self.distribution = WordRow("Distribution", words_of(Distribution), lexicon, Pick.ANY)
        self.measured = dim_label()
        self.clusters = ClusterLines(lexicon)
        self.clusters.taken.connect(self._take_suggested)
        self.change = WordRow("Change", words_of(Change), lexicon, Pick.ONE_OR_NONE, beside=True)
        self.tell_one(self.size_word, "size")
        self.morphology.chosen.connect(self._shapes_chosen)
        self.benign.chosen.connect(self._shapes_chosen)
        self.tell_several(self.distribution, "distributions")
        self.tell_one(self.change, "change")
        self.unfolded = False
        self._dropped: frozenset[Morphology] = frozenset()
        self.add(self.size_word, "size")
        self.add(self.morphology)
        self.add(self.fold)
        self.add(self.benign)
        self.add(self.ranked, "morphology")
        self.add(self.distribution)
        self.add(self.measured)
        self.add(self.clusters, "distributions", "marks")
        self.add(self.change, "change")

    def show_finding(self, shown: ShownFinding) -> None:
        finding = shown.finding
        # a size that follows from the marks is shown although nothing was said
        self.size_word.set_values({shown.reading.size_of(finding.id)})
        said = set(finding.morphology)
        # a word that this edition no longer offers has no chip and stays as it was said
        self._dropped = frozenset(m for m in said if not self.lexicon.term(m).offered)
        self.morphology.set_values(said)
        self.benign.set_values(said)
        self.fold.setChecked(self.unfolded or bool(self.benign.values))
        several = ranked(self.lexicon, said) if len(said) > 1 else ()
        say_dim(
            self.ranked,
            " > ".join(short_of(self.lexicon, m).lower() for m in several)
            + (", by suspicion" if several else ""),
        )
        self.distribution.set_values(set(finding.distributions))
        say_dim(self.measured, measured_line(shown.measured))
        self.clusters.show_said(finding.distributions)
        self.change.set_values({finding.change})

    def summary(self, shown: ShownFinding) -> str:
        words = [self.lexicon.word(m).lower() for m in ranked(self.lexicon, shown.finding.morphology)]
        words += [self.lexicon.word(d).lower() for d in shown.finding.distributions]
        return ", ".join(words)

    def use_lexicon(self, lexicon: Lexicon) -> None:
        super().use_lexicon(lexicon)
        self.clusters.use_lexicon(lexicon)

    def _take_suggested(self, word: Distribution) -> None:
        said = {*self.distribution.values, word}
        name = f"Distribution: {spoken(self.lexicon, 'distributions', (word,))}, as suggested"
        self.said.emit(name, {"distributions": tuple(one for one in Distribution if one in said)})

    def _fold_clicked(self, opened: bool) -> None:
        self.unfolded = opened

    def _shapes_chosen(self, _values: Any) -> None:
        said = self._dropped | {*self.morphology.values, *self.benign.values}
        self.say("morphology", tuple(shape for shape in Morphology if shape in said))


def _is_benign(lexicon: Lexicon, shape: Morphology) -> bool:
    return lexicon.term(shape).group == "typically benign"


def _benign_choices(lexicon: Lexicon) -> list[Choice]:
    return word_choices(lexicon, [shape for shape in Morphology if _is_benign(lexicon, shape)])


def _shown_choices(lexicon: Lexicon) -> list[Choice]:
    return word_choices(lexicon, [shape for shape in _SHOWN_FIRST if not _is_benign(lexicon, shape)])
