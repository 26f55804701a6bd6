"""Exams on their way into data sets, made without a database; and spools to put them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from annotator.exchange.outgoing import Outgoing
from annotator.exchange.tables.card import About
from annotator.exchange.tables.data_set import DataSet
from annotator.exchange.tables.png_pictures import Pixels, PngPictures
from annotator.exchange.tables.spool import Spools
from annotator.exchange.tables.told import ToldExam, ToldReading
from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.image import ExamInfo, ImageInfo, Laterality, View
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.model.pseudonym import Pseudonyms

PSEUDONYMS = Pseudonyms(bytes(range(32)))
SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.ESTIMATED_IN_BREAST)
ABOUT = About(
    made="2026-03-31T00:00:00+00:00",
    formats=("csv",),
    pictures="",
    identified=False,
    selection=("All exams of the database.",),
    rules_version="1",
    lexicon_version="1",
    split=None,
    left_out=("The images themselves.",),
)


def image(uid: str = "1.5", *, rows: int = 60, columns: int = 80, frames: int = 1) -> ImageInfo:
    """An image that is known and has no file."""
    return ImageInfo(
        path=Path("none.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid=uid,
        rows=rows,
        columns=columns,
        frames=frames,
        laterality=Laterality.RIGHT,
        view=View("CC"),
        spacing=SPACING,
        manufacturer="Maker",
    )


def begun(study: str = "1.2", reader: str = "anna") -> Reading:
    """A reading with one finding."""
    reading = Reading(id=f"reading of {reader}", reader=reader, study_instance_uid=study)
    return edits.add_finding(reading)[0]


def measured(point: ImagePoint, outline: Sequence[ImagePoint] = (), diameter: float = 3.0) -> SpotMeasurement:
    """A measurement of a place, with an outline or a diameter alone."""
    return SpotMeasurement(
        point,
        diameter,
        0.2,
        diameter,
        diameter,
        0.0,
        1.0,
        100.0,
        9.0,
        tuple(outline),
        diameter_mm=diameter * 0.1,
        basis=SpacingBasis.ESTIMATED_IN_BREAST,
    )


def marked(reading: Reading, info: ImageInfo, point: ImagePoint, **how: object) -> Reading:
    """One mark more in the first finding; `outline`, `diameter` of a measurement, neither: none; `frame`."""
    frame = how.pop("frame", 1)
    measurement = measured(point, **how) if how else None  # type: ignore[arg-type]
    finding = reading.findings[0].id
    assert isinstance(frame, int)
    return edits.add_mark(reading, finding, info.key(frame), point, MarkKind.MICRO, measurement)[0]


def told(
    reading: Reading,
    images: Sequence[ImageInfo],
    *,
    part: str = "all",
    patient: str = "PATIENT",
    identified: bool = False,
) -> ToldReading:
    """A reading on its way."""
    out = Outgoing(
        reading=reading,
        exam=ExamInfo(reading.study_instance_uid, tuple(images)),
        lexicon=load_lexicon(reading.lexicon_edition),
        rules_version="1",
        measured={},
        follow_ups={},
        name=PSEUDONYMS.exam(reading.study_instance_uid),
        patient=patient,
        pseudonyms=None if identified else PSEUDONYMS,
    )
    return ToldReading(out=out, revision=3, part=part)


def data_set(
    folder: Path,
    forms: Sequence[str],
    *exams: ToldExam,
    parts: Sequence[str] = ("all",),
    pixels: Pixels | None = None,
    counters: Mapping[str, int] | None = None,
) -> DataSet:
    """A data set of these exams, with its files."""
    folder.mkdir(parents=True, exist_ok=True)
    spools = Spools(folder / ".growing")
    pictures = None if pixels is None else PngPictures(pixels)
    made = DataSet(folder, forms, load_lexicon("5"), parts, spools, dict(counters or {}), pictures)
    for exam in exams:
        made.add(exam)
    made.finish(replace(ABOUT, formats=tuple(forms)), lambda: None)
    spools.close()
    return made
