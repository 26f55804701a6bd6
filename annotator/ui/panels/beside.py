"""What is said more seldom: what is known of the finding, what goes with it, how sure the reader is, its own stage."""

from __future__ import annotations

from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Associated, Certainty, Spread, Stage
from annotator.ui.actions.said import FLAGS, short_of
from annotator.ui.panels.chips import ChipRow, Pick
from annotator.ui.panels.finding_part import FindingPart, ShownFinding, joined
from annotator.ui.panels.word_chips import WordRow, flag_choices, words_of


class Beside(FindingPart):
    """Certainty, spread, flags, what is seen with it, and a stage of the finding's own."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__(lexicon)
        self.certainty = WordRow("Sure", words_of(Certainty), lexicon, Pick.ONE_OR_NONE, beside=True)
        self.flags = ChipRow("Known", flag_choices(), Pick.ANY, beside=True)
        self.spread = WordRow("Spread", words_of(Spread), lexicon, Pick.ONE_OR_NONE, beside=True)
        self.associated = WordRow("With", words_of(Associated), lexicon, Pick.ANY, beside=True)
        self.stage = WordRow("Stage", words_of(Stage), lexicon, Pick.ONE_OR_NONE, beside=True)
        self.stage.setToolTip("Only where this finding stands elsewhere in the work-up than the exam")
        self.flags.chosen.connect(self._flags_chosen)
        self.tell_one(self.certainty, "certainty")
        self.tell_one(self.spread, "spread")
        self.tell_several(self.associated, "associated")
        self.stage.chosen.connect(self._stage_chosen)
        self._exam_stage: Stage | None = None
        self.add(self.certainty, "certainty")
        self.add(self.flags, *(flag.field for flag in FLAGS))
        self.add(self.spread, "spread")
        self.add(self.associated, "associated")
        self.add(self.stage)

    def show_finding(self, shown: ShownFinding) -> None:
        finding = shown.finding
        self._exam_stage = shown.reading.stage
        self.certainty.set_values({finding.certainty})
        self.flags.set_values({flag.field for flag in FLAGS if getattr(finding, flag.field)})
        self.spread.set_values({finding.spread})
        self.associated.set_values(set(finding.associated))
        self.stage.set_values({finding.stage})

    def summary(self, shown: ShownFinding) -> str:
        finding = shown.finding
        sure = (
            "" if finding.certainty is None else f"certainty {self.lexicon.word(finding.certainty).lower()}"
        )
        spread = "" if finding.spread is None else self.lexicon.word(finding.spread).lower()
        stage = "" if finding.stage is None else f"its stage {self.lexicon.word(finding.stage).lower()}"
        flags = (flag.short for flag in FLAGS if getattr(finding, flag.field))
        seen = (short_of(self.lexicon, item).lower() for item in finding.associated)
        return joined((sure, *flags, spread, *seen, stage))

    def _flags_chosen(self, values: tuple[str, ...]) -> None:
        known = ", ".join(flag.short for flag in FLAGS if flag.field in values) or "nothing"
        self.said.emit(f"Known: {known}", {flag.field: flag.field in values for flag in FLAGS})

    def _stage_chosen(self, values: tuple[Stage, ...]) -> None:
        # the exam's own stage is not said twice
        said = values[0] if values and values[0] is not self._exam_stage else None
        word = "as the exam" if said is None else self.lexicon.word(said).lower()
        self.said.emit(f"Stage of this finding: {word}", {"stage": said})
