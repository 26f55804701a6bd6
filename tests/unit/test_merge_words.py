"""Contradictions in words: what each side did to the one thing, and nothing of what follows for others."""

from __future__ import annotations

from annotator.model import edits
from annotator.model.finding import Assessment, Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.model.merge import Side
from annotator.model.opened import OpenedReading
from annotator.ui.desk.merging import propose


def marked(reading: Reading, column: float) -> Reading:
    point = ImagePoint(column, 1.0)
    return edits.add_mark(reading, reading.findings[0].id, ImageKey("1.1"), point, MarkKind.MICRO)[0]


def test_each_side_is_told_for_itself() -> None:
    blank = Reading(id="r", reader="anna", study_instance_uid="1.2")
    base = marked(marked(edits.add_finding(blank)[0], 1.0), 2.0)
    last = base.marks[1].id
    # a new mark here takes the number of the one removed
    mine = marked(edits.remove_marks(base, [last]), 3.0)
    theirs = edits.move_mark(base, last, ImagePoint(9.0, 9.0))
    finding = base.findings[0].id
    mine = edits.describe(mine, finding, assessment=Assessment.BENIGN)
    theirs = edits.describe(theirs, finding, assessment=Assessment.LOW_SUSPICION)
    proposal = propose(OpenedReading(theirs, 4, (), 0), base, mine, lambda _uid: "RCC")
    category, mark = proposal.contradictions
    assert (category.about, category.taken) == ("F1", Side.THEIRS)
    assert category.mine.startswith("set the assessment of F1 to 2")
    assert category.theirs.startswith("set the assessment of F1 to 4A")
    assert (mark.about, mark.taken) == ("Mark of F1 on RCC", Side.THEIRS)
    assert mark.mine == "removed a microcalcification from F1"
    assert mark.theirs == "moved a microcalcification in F1"
    assert proposal.asks
    assert not propose(OpenedReading(theirs, 4, (), 0), base, base, lambda _uid: "RCC").asks
