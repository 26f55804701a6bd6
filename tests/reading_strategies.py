"""Any reading that a reader could make of a small exam, for property tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from annotator.model.candidate import Candidate, CandidateDecision, CandidateHint, Verdict
from annotator.model.changes import BY_UID, by_image, decided_in_order, hung_in_order
from annotator.model.finding import (
    Assessment,
    Associated,
    Certainty,
    Change,
    Depth,
    Distribution,
    Finding,
    Morphology,
    Quadrant,
    Reading,
    Recommendation,
    SaidLength,
    Spread,
    Stage,
)
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, Laterality, View
from annotator.model.mark import Cluster, Mark, MarkKind, SpotMeasurement
from annotator.model.origin import Origin
from annotator.model.seen_on_image import (
    ChestWall,
    MarkedPixels,
    NipplePlace,
    RecallReason,
    TechnicalRecall,
)

STUDY = "1.2.826.0.1.3680043.8.498.1"
SPACING = PixelSpacing(0.07, 0.0701, SpacingBasis.ESTIMATED_IN_BREAST)
ROWS, COLUMNS, FRAMES = 3328, 2560, 9


def _image(number: int, view: str, spacing: PixelSpacing | None, frames: int = 1) -> ImageInfo:
    kind = "1.2.840.10008.5.1.4.1.1.13.1.3" if frames > 1 else "1.2.840.10008.5.1.4.1.1.1.2"
    return ImageInfo(
        path=Path("/nowhere/a.dcm"),
        sop_class_uid=kind,
        sop_instance_uid=f"{STUDY}.{number}",
        series_instance_uid=f"{STUDY}.9.{number}",
        study_instance_uid=STUDY,
        rows=ROWS,
        columns=COLUMNS,
        frames=frames,
        modality="MG",
        laterality=Laterality.RIGHT,
        view=View(view),
        patient_orientation=("P", "L"),
        patient_key="P-12345",
        patient_name="Doe^Jane",
        exam_date="20240131",
        spacing=spacing,
    )


EXAM = ExamInfo(STUDY, (_image(1, "CC", SPACING), _image(2, "MLO", None), _image(3, "CC", SPACING, FRAMES)))
"""A mammogram, one without spacing, and a stack; none of them is on the disk."""

keys = st.one_of(
    st.sampled_from([info.key() for info in EXAM.images[:2]]),
    st.integers(1, FRAMES).map(EXAM.images[2].key),
)
texts = st.text(max_size=30)
"""Of whatever characters a keyboard, another program or a slip can bring in."""

words = st.text(min_size=1, max_size=12).filter(str.strip)
ids = st.one_of(st.uuids().map(lambda one: one.hex), words)
lengths = st.floats(0, 400, allow_subnormal=False)
shares = st.floats(0, 1)


def points(*, beyond: float = 40.0) -> st.SearchStrategy[ImagePoint]:
    """Places on an image and a little beyond its edge."""
    return st.builds(ImagePoint, st.floats(-beyond, COLUMNS + beyond), st.floats(-beyond, ROWS + beyond))


def outlines(least: int = 3) -> st.SearchStrategy[tuple[ImagePoint, ...]]:
    """Corners, no two alike, as they were drawn."""
    return st.lists(points(), min_size=least, max_size=6, unique=True).map(tuple)


spacings = st.none() | st.builds(
    PixelSpacing, st.floats(0.01, 1), st.floats(0.01, 1), st.sampled_from(SpacingBasis)
)


@st.composite
def measurements(draw: st.DrawFn) -> SpotMeasurement:
    """Measured round or as a linear piece, with millimetres or without."""
    linear = draw(st.booleans())
    made = SpotMeasurement(
        center=draw(points()),
        diameter_px=draw(lengths),
        uncertainty_px=draw(lengths),
        major_px=draw(lengths),
        minor_px=draw(lengths),
        orientation_deg=draw(st.floats(0, 180, exclude_max=True)),
        circularity=draw(shares),
        contrast=draw(st.floats(-1e4, 1e4)),
        cnr=draw(st.floats(-1e4, 1e4)),
        outline=draw(st.one_of(st.just(()), outlines(), outlines(1))),
        level=draw(st.none() | st.floats(0.01, 0.99)),
        axis=draw(outlines(2)) if linear else (),
        length_px=draw(lengths) if linear else None,
        width_px=draw(lengths) if linear else None,
    )
    if not draw(st.booleans()):
        return made
    return replace(
        made,
        diameter_mm=draw(lengths),
        uncertainty_mm=draw(lengths),
        major_mm=draw(lengths),
        minor_mm=draw(lengths),
        basis=draw(st.sampled_from(SpacingBasis)),
        length_mm=draw(lengths) if linear else None,
        width_mm=draw(lengths) if linear else None,
    )


said_lengths = st.builds(SaidLength, st.floats(0, 499), st.none() | st.sampled_from(SpacingBasis))
origins = st.builds(
    Origin,
    source=words,
    version=texts,
    coordinates=texts,
    values=st.lists(st.tuples(words, texts), max_size=2).map(tuple),
    unmapped=st.lists(words, max_size=2).map(tuple),
    notes=st.lists(words, max_size=2).map(tuple),
)


def _some(kind: type[Morphology | Distribution | Associated]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.sampled_from(kind), unique=True, max_size=3).map(tuple)


def findings(number: int) -> st.SearchStrategy[Finding]:
    """A finding with whatever a reader may say of it, or nothing."""
    flag = st.booleans()
    return st.builds(
        Finding,
        id=st.uuids().map(lambda one: one.hex),
        number=st.just(number),
        tracking_uid=st.uuids().map(lambda one: f"2.25.{one.int}"),
        stage=st.none() | st.sampled_from(Stage),
        size=st.none() | st.sampled_from(MarkKind),
        morphology=_some(Morphology),
        distributions=_some(Distribution),
        spread=st.none() | st.sampled_from(Spread),
        change=st.none() | st.sampled_from(Change),
        certain=flag,
        known_cancer_here=flag,
        adjacent_cancer=flag,
        priors_requested=flag,
        laterality=st.none() | st.sampled_from(Laterality),
        quadrant=st.none() | st.sampled_from(Quadrant),
        clock_face=st.none() | st.integers(1, 12),
        depth=st.none() | st.sampled_from(Depth),
        nipple_distance=st.none() | said_lengths,
        extent=st.none() | said_lengths,
        associated=_some(Associated),
        certainty=st.none() | st.sampled_from(Certainty),
        assessment=st.none() | st.sampled_from(Assessment),
        recommendation=st.none() | st.sampled_from(Recommendation),
        recommended_months=st.none() | st.integers(0, 120),
        kept=st.lists(words, unique=True, max_size=2).map(tuple),
        comment=texts,
        origin=st.none() | origins,
    )


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    """A reading of EXAM in which anything may be said and marked."""
    made = [draw(findings(number)) for number in range(1, draw(st.integers(0, 3)) + 1)]
    marks, clusters = _marked(draw, made)
    uids = st.sampled_from([info.sop_instance_uid for info in EXAM.images])
    return Reading(
        id=draw(ids),
        reader=draw(words),
        study_instance_uid=STUDY,
        lexicon_edition=draw(st.sampled_from(("5", "v2025"))),
        stage=draw(st.none() | st.sampled_from(Stage)),
        findings=tuple(made),
        marks=tuple(marks),
        clusters=tuple(clusters),
        nipples=by_image(_each(draw, st.builds(NipplePlace, keys, points(), spacings))),
        chest_walls=by_image(
            _each(draw, st.builds(ChestWall, keys, outlines(2).map(lambda p: p[:2]), spacings))
        ),
        recalls=tuple(sorted(_each(draw, _recalls(uids)), key=BY_UID)),
        first_pass=draw(st.booleans()),
        decisions=decided_in_order(
            draw(st.lists(_decisions(), max_size=2, unique_by=lambda d: d.candidate.id))
        ),
        hanging=hung_in_order(_each(draw, _hangings(uids).filter(bool))),
        done=draw(st.booleans()),
        pixels=tuple(sorted(draw(st.lists(_pixels(), max_size=2, unique_by=lambda p: p.place)))),
    )


def _marked(draw: st.DrawFn, made: list[Finding]) -> tuple[list[Mark], list[Cluster]]:
    marks: list[Mark] = []
    clusters: list[Cluster] = []
    for finding in made:
        for key in draw(st.lists(keys, max_size=2, unique_by=lambda key: key.sop_instance_uid)):
            here = []
            for _ in range(draw(st.integers(0, 3))):
                mark_id = draw(st.uuids()).hex
                point, kind = draw(points()), draw(st.sampled_from(MarkKind))
                measured = draw(st.none() | measurements())
                here.append(Mark(mark_id, len(marks) + len(here) + 1, finding.id, key, point, kind, measured))
            marks += here
            if draw(st.booleans()):
                tied = draw(st.permutations([mark.id for mark in here]))[: draw(st.integers(0, 3))]
                clusters.append(
                    Cluster(
                        draw(st.uuids()).hex,
                        len(clusters) + 1,
                        finding.id,
                        key,
                        draw(outlines()),
                        tuple(tied),
                        draw(spacings),
                    )
                )
    return marks, clusters


def _each(draw: st.DrawFn, strategy: st.SearchStrategy) -> list:
    """Some, one for an image."""

    def image(one: object) -> str:
        return getattr(one, "sop_instance_uid", None) or one.image.sop_instance_uid  # type: ignore[attr-defined]

    return draw(st.lists(strategy, max_size=2, unique_by=image))


def _recalls(uids: st.SearchStrategy[str]) -> st.SearchStrategy[TechnicalRecall]:
    reasons = st.lists(st.sampled_from(RecallReason), min_size=1, max_size=3, unique=True).map(tuple)
    return st.builds(TechnicalRecall, uids, reasons, texts)


def _hangings(uids: st.SearchStrategy[str]) -> st.SearchStrategy[HangingChoice]:
    return st.builds(
        HangingChoice,
        uids,
        st.none() | st.sampled_from(Laterality),
        st.none() | st.sampled_from(("CC", "MLO")),
        st.none() | st.lists(st.sampled_from(("M", "S")), unique=True).map(tuple),
        st.none() | st.builds(Orientation, st.booleans(), st.booleans(), st.booleans()),
    ).filter(bool)  # a choice of nothing is never kept


def _decisions() -> st.SearchStrategy[CandidateDecision]:
    candidates = st.builds(
        Candidate,
        id=ids,
        image=keys,
        point=points(),
        score=shares,
        diameter_px=lengths,
        diameter_mm=st.none() | lengths,
        hint=st.none() | st.sampled_from(CandidateHint),
        in_pectoral=st.booleans(),
    )
    return st.builds(CandidateDecision, candidates, words, st.sampled_from(Verdict), ids)


def _pixels() -> st.SearchStrategy[MarkedPixels]:
    return st.builds(MarkedPixels, keys, st.binary(min_size=32, max_size=32).map(bytes.hex))


def frames_of(reading: Reading) -> set[ImageKey]:
    """Where something is marked."""
    return {mark.image for mark in reading.marks} | {cluster.image for cluster in reading.clusters}
