"""What is due when, the stage an exam seems to belong to, and a finding through its exams."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.finding import (
    Assessment,
    Distribution,
    Morphology,
    Quadrant,
    Reading,
    Recommendation,
    SaidLength,
    Stage,
)
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.image import ImageKey, Laterality
from annotator.model.intervals import add_months
from annotator.model.mark import MarkKind
from annotator.model.timeline import (
    ReadExam,
    Sighting,
    changes,
    offers,
    place_words,
    said_words,
    sightings_of,
    timelines,
)
from annotator.rules.due import (
    WAITING,
    Due,
    DueState,
    asked_words,
    due,
    proposed_stage,
    state_words,
)

DAY = date(2024, 1, 31)
WORD = load_lexicon().word


def exam(
    uid: str = "1.1",
    day: date | None = DAY,
    stage: Stage | None = Stage.WORKUP,
    *,
    reader: str = "dr a",
    patient: str | None = "p",
) -> ReadExam:
    return ReadExam(
        reading_id=f"{reader}/{uid}",
        study_instance_uid=uid,
        reader=reader,
        exam_date=day,
        stage=stage,
        patient=patient,
    )


def seen(where: ReadExam, tracking: str = "2.25.1", **said) -> Sighting:
    return Sighting(exam=where, finding_id="f", number=1, tracking_uid=tracking, **said)


def one(sightings, on: date, exams=(), **terms) -> Due:
    found = due(sightings, (*(s.exam for s in sightings), *exams), on, **terms)
    return min(found, key=lambda each: each.sighting.exam.order)


SIX = {"recommendation": Recommendation.SIX_MONTHS, "assessment": Assessment.PROBABLY_BENIGN}


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2023, 12, 5), 1, date(2024, 1, 5)),
        (date(2023, 3, 10), 12, date(2024, 3, 10)),
        (date(2023, 3, 10), 0, date(2023, 3, 10)),
    ],
)
def test_months_end_on_a_day_that_there_is(start: date, months: int, end: date):
    assert add_months(start, months) == end


@pytest.mark.parametrize(
    ("days", "state"),
    [
        (-31, DueState.OPEN),
        (-30, DueState.SOON),
        (-1, DueState.SOON),
        (0, DueState.DUE),
        (30, DueState.DUE),
        (31, DueState.OVERDUE),
    ],
)
def test_a_day_comes_near_and_passes(days: int, state: DueState):
    asked = one([seen(exam(), **SIX)], date(2024, 7, 31) + timedelta(days))
    assert (asked.due_on, asked.state) == (date(2024, 7, 31), state)


def test_the_terms_are_the_settings():
    at = date(2024, 7, 31)
    assert one([seen(exam(), **SIX)], at - timedelta(11), soon_days=10).state is DueState.OPEN
    assert one([seen(exam(), **SIX)], at + timedelta(1), grace_days=0).state is DueState.OVERDUE


@pytest.mark.parametrize(
    ("said", "months"),
    [
        ({"recommendation": Recommendation.MAGNIFICATION_VIEWS}, 0),
        ({"recommendation": Recommendation.ADDITIONAL_VIEWS}, 0),
        ({"recommendation": Recommendation.BIOPSY}, 0),
        ({"recommendation": Recommendation.TWELVE_MONTHS}, 12),
        ({"recommendation": Recommendation.SIX_MONTHS, "months": 4}, 4),
        ({"recommendation": Recommendation.ROUTINE_SCREENING, "months": 24}, 24),
        ({"months": 3}, 3),
    ],
)
def test_the_readers_own_words_tell_when(said: dict, months: int):
    asked = one([seen(exam(), **said)], DAY)
    assert (asked.months, asked.due_on) == (months, add_months(DAY, months))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"assessment": Assessment.PROBABLY_BENIGN},
        {"assessment": Assessment.INCOMPLETE},
        {"recommendation": Recommendation.ROUTINE_SCREENING},
        {"recommendation": Recommendation.AS_PLANNED},
    ],
)
def test_nothing_is_due_that_no_reader_put_a_time_to(said: dict):
    assert due([seen(exam(), **said)], [], DAY) == ()


@pytest.mark.parametrize(
    "said", [{"recommendation": Recommendation.PRIOR_MAMMOGRAMS}, {"priors_requested": True}]
)
def test_prior_mammograms_stay_open_without_a_day(said: dict):
    asked = one([seen(exam(), **said)], DAY + timedelta(1000))
    assert (asked.asked, asked.due_on) == (Recommendation.PRIOR_MAMMOGRAMS, None)
    assert asked.state is DueState.OPEN


def test_an_exam_of_no_known_day_is_listed_as_that():
    asked = one([seen(exam(day=None), **SIX)], DAY)
    assert (asked.state, asked.due_on) == (DueState.UNDATED, None)


def test_the_finding_in_a_later_exam_closes_what_was_asked():
    first, later = seen(exam(), **SIX), seen(exam("1.2", date(2024, 8, 1), Stage.FU6))
    asked = one([first, later], date(2025, 1, 1))
    assert (asked.state, asked.closed_by, asked.tracked) == (DueState.DONE, later.exam, True)


def test_a_surveillance_exam_is_not_answered_weeks_later_by_silence():
    first = seen(exam(), **SIX)
    silent = seen(exam("1.2", DAY + timedelta(20), Stage.WORKUP))
    assert one([first, silent], date(2025, 1, 1)).state is DueState.OVERDUE
    speaking = replace(silent, recommendation=Recommendation.BIOPSY)
    assert one([first, speaking], date(2025, 1, 1)).state is DueState.DONE


@pytest.mark.parametrize("asked", [Recommendation.BIOPSY, Recommendation.PRIOR_MAMMOGRAMS])
def test_no_exam_by_itself_answers_a_biopsy_or_prior_mammograms(asked: Recommendation):
    first = seen(exam(), recommendation=asked)
    later = seen(exam("1.2", date(2024, 8, 1), Stage.FU6))
    assert one([first, later], date(2025, 1, 1)).state is not DueState.DONE
    spoken = replace(later, recommendation=Recommendation.AS_PLANNED)
    assert one([first, spoken], date(2025, 1, 1)).state is DueState.DONE


def test_an_exam_of_the_patient_at_a_fitting_stage_closes_too_and_says_that_the_finding_was_not_called_the_same():
    first, later = seen(exam(), **SIX), exam("1.2", date(2024, 7, 20), Stage.FU6)
    asked = one([first], date(2025, 1, 1), [later])
    assert (asked.state, asked.closed_by, asked.tracked) == (DueState.DONE, later, False)
    assert "not called the same" in state_words(asked, date(2025, 1, 1))


@pytest.mark.parametrize(
    "other",
    [
        exam("1.2", date(2024, 7, 20), Stage.SCREEN),
        exam("1.2", date(2024, 7, 20), None),
        exam("1.2", date(2024, 3, 1), Stage.FU6),
        exam("1.2", date(2024, 7, 20), Stage.FU6, patient="q"),
        exam("1.2", None, Stage.FU6),
        exam("1.2", date(2023, 7, 20), Stage.FU6),
        exam("1.1", date(2024, 7, 20), Stage.FU6, reader="dr b"),
    ],
)
def test_other_exams_close_nothing(other: ReadExam):
    assert one([seen(exam(), **SIX)], date(2025, 1, 1), [other]).state is DueState.OVERDUE


def test_magnification_of_the_same_day_answers_the_screening():
    asked = seen(exam(stage=Stage.SCREEN), recommendation=Recommendation.MAGNIFICATION_VIEWS)
    assert one([asked], date(2025, 1, 1), [exam("1.2", DAY, Stage.WORKUP)]).state is DueState.DONE
    assert one([asked], date(2025, 1, 1), [exam("1.2", DAY, Stage.SCREEN)]).state is DueState.OVERDUE


@pytest.mark.parametrize(
    ("said", "days", "stage"),
    [
        (SIX, 183, Stage.FU6),
        (SIX, 152, Stage.FU6),
        (SIX, 240, Stage.FU6),
        (SIX, 140, None),
        (SIX, 260, None),
        ({"recommendation": Recommendation.TWELVE_MONTHS}, 366, Stage.FU12),
        ({"recommendation": Recommendation.MAGNIFICATION_VIEWS}, 12, Stage.WORKUP),
        ({"recommendation": Recommendation.MAGNIFICATION_VIEWS}, 200, None),
        ({"recommendation": Recommendation.BIOPSY}, 12, None),
        ({"recommendation": Recommendation.ROUTINE_SCREENING, "months": 12}, 366, None),
        ({"assessment": Assessment.PROBABLY_BENIGN}, 183, None),
    ],
)
def test_the_stage_is_proposed_by_what_was_asked_and_the_days_between(
    said: dict, days: int, stage: Stage | None
):
    first = seen(exam(), **said)
    found = proposed_stage(exam("1.2", DAY + timedelta(days), None), [first], [first.exam])
    assert found == (None if stage is None else (stage, first))


@pytest.mark.parametrize(
    ("before", "months", "stage"),
    [
        (Stage.FU6, 6, Stage.FU12),
        (Stage.FU12, 12, Stage.FU24),
        (Stage.FU12, 6, None),
        (Stage.WORKUP, 24, Stage.FU24),
        (None, 6, Stage.FU6),
    ],
)
def test_months_are_counted_from_the_work_up_on(before: Stage | None, months: int, stage: Stage | None):
    first = seen(exam(stage=before), recommendation=Recommendation.SIX_MONTHS, months=months)
    found = proposed_stage(exam("1.2", add_months(DAY, months), None), [first], [first.exam])
    assert (None if found is None else found[0]) is stage


def test_what_was_answered_since_proposes_no_stage():
    screen = seen(exam(stage=Stage.SCREEN), recommendation=Recommendation.MAGNIFICATION_VIEWS)
    workup = seen(exam("1.2", DAY + timedelta(10)), recommendation=Recommendation.ROUTINE_SCREENING)
    now = exam("1.3", DAY + timedelta(20), None)
    assert proposed_stage(now, [screen], [screen.exam]) is not None
    assert proposed_stage(now, [screen, workup], [screen.exam, workup.exam]) is None


DAYS = st.none() | st.integers(0, 1500).map(lambda days: DAY + timedelta(days))


@st.composite
def _followed(draw) -> tuple[Sighting, ...]:
    exams = [
        exam(
            f"1.{n}",
            draw(DAYS),
            draw(st.none() | st.sampled_from(Stage)),
            reader=draw(st.sampled_from(("dr a", "dr b"))),
            patient=draw(st.sampled_from(("p", "q", None))),
        )
        for n in range(draw(st.integers(1, 5)))
    ]
    said = [
        Sighting(
            exam=where,
            finding_id=f"{where.reading_id}/{number}",
            number=number,
            tracking_uid=draw(st.sampled_from(("2.25.1", "2.25.2", "2.25.3"))),
            laterality=draw(st.none() | st.sampled_from((Laterality.LEFT, Laterality.RIGHT))),
            quadrant=draw(st.none() | st.sampled_from(Quadrant)),
            recommendation=draw(st.none() | st.sampled_from(Recommendation)),
            months=draw(st.none() | st.integers(0, 24)),
            priors_requested=draw(st.booleans()),
        )
        for where in exams
        for number in range(1, draw(st.integers(1, 3)))
    ]
    return tuple(said)


@given(_followed(), st.integers(0, 2000), st.randoms(use_true_random=False))
def test_the_order_of_readings_does_not_matter(sightings, days, dice):
    on = DAY + timedelta(days)
    exams = [s.exam for s in sightings]
    shuffled, mixed = list(sightings), list(exams)
    dice.shuffle(shuffled)
    dice.shuffle(mixed)
    assert due(sightings, exams, on) == due(shuffled, mixed, on)
    assert timelines(sightings) == timelines(shuffled)


@given(_followed(), st.integers(0, 2000))
def test_nothing_that_was_asked_for_disappears(sightings, days):
    on = DAY + timedelta(days)
    found = due(sightings, [s.exam for s in sightings], on)
    asking = [s for s in sightings if s.months_asked is not None or s.asks is Recommendation.PRIOR_MAMMOGRAMS]
    asking = [s for s in asking if s.asks is not Recommendation.AS_PLANNED]
    key = Sighting.order
    assert sorted((one.sighting for one in found), key=key) == sorted(asking, key=key)
    assert all((one.closed_by is not None) is (one.state is DueState.DONE) for one in found)
    assert all(state_words(one, on) and asked_words(one.sighting, WORD) for one in found)
    assert all((one.state in WAITING) <= (one.due_on is not None and one.due_on <= on) for one in found)


@given(_followed(), st.integers(0, 2000))
def test_left_and_right_are_alike(sightings, days):
    other = {Laterality.LEFT: Laterality.RIGHT, Laterality.RIGHT: Laterality.LEFT, None: None}
    mirrored = tuple(replace(s, laterality=other[s.laterality]) for s in sightings)
    on = DAY + timedelta(days)
    exams = [s.exam for s in sightings]
    plain = [replace(one, sighting=sightings[0]) for one in due(sightings, exams, on)]
    assert plain == [replace(one, sighting=sightings[0]) for one in due(mirrored, exams, on)]
    for current, turned in zip(sightings, mirrored, strict=True):
        offered = [o.sighting.finding_id for o in offers(current, sightings, frozenset())]
        assert offered == [o.sighting.finding_id for o in offers(turned, mirrored, frozenset())]


@given(_followed(), st.integers(0, 400), st.integers(2000, 3000))
def test_a_later_exam_with_the_finding_and_a_word_closes_all_before_it(sightings, days, later):
    on = DAY + timedelta(later + days)
    last = seen(
        exam("9.9", DAY + timedelta(later), None, reader="dr c", patient=None),
        recommendation=Recommendation.AS_PLANNED,
    )
    for one_due in due((*sightings, last), [s.exam for s in sightings], on):
        before = one_due.sighting
        if before.tracking_uid == last.tracking_uid and before.exam.exam_date is not None:
            assert one_due.state is DueState.DONE


def test_what_changed_is_told_in_sentences_of_like_lengths():
    breast = SpacingBasis.ESTIMATED_IN_BREAST
    first = seen(
        exam(),
        count=12,
        extent=SaidLength(8.0, breast),
        morphology=(Morphology.ROUND,),
        distributions=(Distribution.GROUPED,),
        assessment=Assessment.PROBABLY_BENIGN,
    )
    later = replace(
        first,
        exam=exam("1.2", date(2024, 8, 1)),
        count=15,
        extent=SaidLength(9.5, breast),
        morphology=(Morphology.FINE_PLEO,),
        assessment=Assessment.MODERATE_SUSPICION,
    )
    assert changes(first, later, WORD) == (
        "count from 12 to 15",
        "extent from 8.0 to 9.5 mm (estimated, in breast)",
        "shape fine pleomorphic, before round",
        "category 4B, before 3",
    )
    assert changes(first, replace(first, exam=later.exam), WORD) == (
        "count 12, as before",
        "extent 8.0 mm (estimated, in breast), as before",
        "category 3, as before",
    )


@pytest.mark.parametrize("other", [None, SpacingBasis.AT_DETECTOR])
def test_lengths_that_are_not_measured_alike_are_not_compared(other: SpacingBasis | None):
    first = seen(exam(), extent=SaidLength(8.0, SpacingBasis.ESTIMATED_IN_BREAST))
    (told,) = changes(first, replace(first, extent=SaidLength(9.5, other)), WORD)
    assert "not compared" in told
    assert "from" not in told


def test_nothing_is_told_of_what_was_not_said_both_times():
    assert changes(seen(exam()), seen(exam("1.2"), count=3, **SIX), WORD) == ()


def test_a_timeline_compares_with_the_same_readers_exam_before():
    mine, theirs = seen(exam(), count=12), seen(exam(reader="dr b"), count=14)
    now = seen(exam("1.2", date(2024, 8, 1)), count=15)
    (timeline,) = timelines([now, theirs, mine]).values()
    assert timeline.sightings[-1] is now
    assert timeline.before(now) is mine
    assert timeline.changes(now, WORD) == ("count from 12 to 15",)
    assert timeline.changes(mine, WORD) == ()


def test_a_reading_tells_its_findings_without_files():
    reading = Reading(id="r", reader="dr a", study_instance_uid="1.1")
    reading, finding = edits.add_finding(reading)
    spacing = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)
    marks = []
    for image, count in (("1.5", 2), ("1.6", 3)):
        for at in range(count):
            reading, mark = edits.add_mark(
                reading, finding.id, ImageKey(image), ImagePoint(20.0 * at, 0.0), MarkKind.MICRO
            )
            marks.append(mark)
    reading, _ = edits.add_cluster(
        reading,
        finding.id,
        ImageKey("1.6"),
        tuple(ImagePoint(*at) for at in ((0, -1), (50, -1), (50, 1))),
        [mark.id for mark in marks[2:]],
        spacing,
    )
    (sighting,) = sightings_of(reading, exam())
    # a calcification seen in two views is marked twice: the fuller image counts
    assert (sighting.count, sighting.micro, sighting.macro) == (3, 3, 0)
    assert sighting.extent == SaidLength(4.0, SpacingBasis.AT_DETECTOR)
    assert not sighting.extent_said
    said = edits.describe(reading, finding.id, extent=SaidLength(5.0))
    (sighting,) = sightings_of(said, exam())
    assert (sighting.extent, sighting.extent_said) == (SaidLength(5.0), True)


def test_a_file_that_calls_its_pixels_decimetres_gives_no_extent():
    reading = Reading(id="r", reader="dr a", study_instance_uid="1.1")
    reading, finding = edits.add_finding(reading)
    outline = tuple(ImagePoint(*at) for at in ((0, 0), (50, 0), (50, 50)))
    spacing = PixelSpacing(100.0, 100.0, SpacingBasis.UNVERIFIED)
    reading, _ = edits.add_cluster(reading, finding.id, ImageKey("1.6"), outline, [], spacing)
    (sighting,) = sightings_of(reading, exam())
    assert sighting.extent is None


def test_offers_stand_by_likeness_of_side_and_place():
    now = seen(
        exam("1.9", date(2025, 1, 1)),
        "2.25.9",
        laterality=Laterality.LEFT,
        quadrant=Quadrant.UPPER_OUTER,
        clock_face=2,
    )
    right = seen(exam(), "2.25.1", laterality=Laterality.RIGHT, quadrant=Quadrant.UPPER_OUTER)
    inner = seen(exam(), "2.25.2", laterality=Laterality.LEFT, quadrant=Quadrant.UPPER_INNER)
    unknown = seen(exam(), "2.25.3")
    far = seen(exam(), "2.25.4", laterality=Laterality.LEFT, quadrant=Quadrant.UPPER_OUTER, clock_face=11)
    near = replace(far, tracking_uid="2.25.5", clock_face=1)
    newer = replace(near, exam=exam("1.2", date(2024, 8, 1)))
    later = seen(exam("1.10", date(2026, 1, 1)), "2.25.6", laterality=Laterality.LEFT)
    taken = replace(near, tracking_uid="2.25.7")
    found = offers(now, [right, unknown, later, taken, inner, far, near, newer], frozenset({"2.25.7"}))
    assert [o.sighting for o in found] == [newer, far, inner, unknown, right]
    assert [o.other_side for o in found] == [False, False, False, False, True]


def test_a_finding_is_named_in_words():
    told = seen(
        exam(),
        laterality=Laterality.LEFT,
        quadrant=Quadrant.UPPER_OUTER,
        clock_face=2,
        morphology=(Morphology.FINE_PLEO,),
        distributions=(Distribution.GROUPED,),
        assessment=Assessment.PROBABLY_BENIGN,
    )
    assert place_words(told, WORD) == "left, upper outer quadrant, 2 o'clock"
    assert (
        said_words(told, WORD)
        == "grouped fine pleomorphic, left, upper outer quadrant, 2 o'clock, category 3"
    )
    assert said_words(seen(exam()), WORD) == "not described"
