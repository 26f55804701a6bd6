"""Where a finding lies and how large it is: side, quadrant or clock face, depth, distance from the nipple, extent."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Depth, Finding
from annotator.model.image import Laterality
from annotator.ui.actions.said import FIELDS, short_of
from annotator.ui.panels.breast_clock import BreastClock
from annotator.ui.panels.chips import ChipRow, Pick
from annotator.ui.panels.finding_part import FindingPart, ShownFinding, dim_label, joined, say_dim
from annotator.ui.panels.length_field import LengthField
from annotator.ui.panels.link_button import LinkButton
from annotator.ui.panels.measured_words import places_line, side_of
from annotator.ui.panels.word_chips import WordRow, side_choices, words_of


class Place(FindingPart):
    """What the images show stands dim beside; one act takes it over."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__(lexicon)
        self.side = ChipRow("Side", side_choices(), Pick.ONE_OR_NONE, beside=True)
        self.shown_side = dim_label()
        self.clock = BreastClock(lexicon)
        self.said_place = dim_label()
        self.on_images = dim_label()
        self.depth_word = WordRow("Depth", words_of(Depth), lexicon, Pick.ONE_OR_NONE, beside=True)
        self.measured = LinkButton("Say this place; each part of it can be changed afterwards")
        self.measured.clicked.connect(self._take_place)
        self.nipple = LengthField("Nipple", FIELDS["nipple_distance"])
        self.extent = LengthField("Extent", FIELDS["extent"])
        self._lengths = {"nipple_distance": self.nipple, "extent": self.extent}
        self._offered: dict[str, object] = {}
        self.tell_one(self.side, "laterality")
        self.tell_one(self.depth_word, "depth")
        self.clock.quadrant_said.connect(lambda said: self.say("quadrant", said))
        self.clock.hour_said.connect(lambda said: self.say("clock_face", said))
        for field, length in self._lengths.items():
            length.said.connect(lambda said, field=field: self._length_said(field, said))
        beside = QWidget()
        words = QVBoxLayout(beside)
        words.setContentsMargins(0, 4, 0, 0)
        words.addWidget(self.shown_side)
        words.addWidget(self.said_place)
        words.addStretch(1)
        pointed = QWidget()
        line = QHBoxLayout(pointed)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.clock, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(beside, 1)
        self.add(self.side, "laterality")
        self.add(pointed, "quadrant", "clock_face")
        self.add(self.depth_word, "depth")
        self.add(self.measured)
        self.add(self.on_images)
        self.add(self.nipple, "nipple_distance")
        self.add(self.extent, "extent")

    def show_finding(self, shown: ShownFinding) -> None:
        finding, measured = shown.finding, shown.measured
        self.side.set_values({finding.laterality})
        say_dim(self.shown_side, f"images: {side_of(measured)}" if measured.sides else "")
        sides = [side for side in measured.sides if side is not Laterality.BOTH]
        side = finding.laterality or (sides[0] if len(sides) == 1 else None)
        self.clock.show_place(side, finding.quadrant, finding.clock_face, measured.quadrant)
        say_dim(
            self.said_place,
            self._where(finding) or ("" if side else "Say the side first to point at a quadrant."),
        )
        self.depth_word.set_values({finding.depth})
        self._offer(shown, side if len(sides) == 1 else None)
        say_dim(self.on_images, places_line(measured))
        placed = "" if measured.nipple_placed else ", nipple estimated"
        self.nipple.show_length(finding.nipple_distance, measured.nipple_distance, placed)
        self.extent.show_length(finding.extent, measured.extent)

    def summary(self, shown: ShownFinding) -> str:
        finding = shown.finding
        lengths = (
            f"{finding.nipple_distance.value_mm:g} mm from nipple" if finding.nipple_distance else "",
            f"extent {finding.extent.value_mm:g} mm" if finding.extent else "",
        )
        side = "" if finding.laterality is None else str(finding.laterality)
        return joined((side, self._where(finding), self._depth(finding.depth), *lengths))

    def use_lexicon(self, lexicon: Lexicon) -> None:
        super().use_lexicon(lexicon)
        self.clock.use_lexicon(lexicon)

    def take_over(self, field: str) -> bool:
        """Say a length as it was measured; False when it was not."""
        return self._lengths[field].take_over()

    def _where(self, finding: Finding) -> str:
        quadrant = "" if finding.quadrant is None else short_of(self.lexicon, finding.quadrant).lower()
        hour = "" if finding.clock_face is None else self.lexicon.clock_face(finding.clock_face).word
        return joined((quadrant, hour))

    def _depth(self, depth: Depth | None) -> str:
        return "" if depth is None else self.lexicon.word(depth).lower()

    def _offer(self, shown: ShownFinding, side: Laterality | None) -> None:
        """What was measured of the place and is not said."""
        finding, measured = shown.finding, shown.measured
        found = {"laterality": side, "quadrant": measured.quadrant, "depth": measured.depth}
        self._offered = {
            field: value
            for field, value in found.items()
            if value is not None and getattr(finding, field) is None
        }
        self.measured.setVisible(bool(self._offered))
        quadrant = "" if measured.quadrant is None else short_of(self.lexicon, measured.quadrant).lower()
        words = {"laterality": str(side or ""), "quadrant": quadrant, "depth": self._depth(measured.depth)}
        text = joined([words[field] for field in self._offered])
        self.measured.setText(f"take {text}, as the images show")
        self.measured.setAccessibleName(f"Place: take over {text}, as the images show")

    def _take_place(self) -> None:
        if self._offered:
            self.said.emit("Place as the images show", dict(self._offered))

    def _length_said(self, field: str, length: object) -> None:
        self.said.emit(f"{FIELDS[field]}: {length or 'none'}", {field: length})
