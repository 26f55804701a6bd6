"""Which images a finding is marked on, told from act to act without looking at every mark again."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo, ImageKey, Laterality, View
from annotator.model.mark import MarkKind
from annotator.rules.beside import known_of

HERE = ImagePoint(1, 1)
IMAGES = {
    str(n): ImageInfo(Path("none.dcm"), "1.2", str(n), 100, 100, laterality=Laterality.RIGHT, view=View(view))
    for n, view in enumerate(("CC", "MLO", "ML"))
}
picks = st.integers(0, 1000)
ACTS = st.lists(
    st.tuples(st.sampled_from(["add", "add", "remove", "hand over", "back"]), picks, picks), max_size=25
)


def begun() -> Reading:
    reading = Reading(id="r", reader="a", study_instance_uid="1")
    for _ in range(2):
        reading, _ = edits.add_finding(reading)
    return reading


def after(act: str, one: int, other: int, reading: Reading, before: list[Reading]) -> Reading:
    finding = reading.findings[one % 2].id
    if act == "back":
        return before[other % len(before)]
    if act == "add" or not reading.marks:
        return edits.add_mark(reading, finding, ImageKey(str(other % 3)), HERE, MarkKind.MICRO)[0]
    mark = reading.marks[other % len(reading.marks)].id
    return (
        edits.remove_marks(reading, [mark])
        if act == "remove"
        else edits.assign_marks(reading, [mark], finding)
    )


@given(ACTS)
def test_after_any_acts_the_images_are_those_of_the_marks(acts):
    readings = [begun()]
    for act, one, other in acts:
        readings.append(after(act, one, other, readings[-1], readings))
        now = readings[-1]
        for finding in now.findings:
            marked = {m.image.sop_instance_uid for m in now.marks if m.finding_id == finding.id}
            expected = sorted({IMAGES[uid].label for uid in marked})
            assert list(known_of(now, finding, IMAGES).views) == expected
