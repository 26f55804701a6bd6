"""Files and folders of annotations as what they say of the exams at hand; nothing is saved by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.analysis.spots.parts import measure_drawn
from annotator.errors import AnnotatorError, UnreadableAnnotations
from annotator.exchange.datasets import KINDS, kind_of
from annotator.exchange.datasets.assembling import Means, assemble
from annotator.exchange.datasets.drawings import found_in
from annotator.exchange.datasets.found import Found, Wishes
from annotator.exchange.datasets.images import KnownImages
from annotator.exchange.datasets.objects import object_kind
from annotator.exchange.datasets.region_masks import png_pixels
from annotator.exchange.datasets.whole import on_exam
from annotator.exchange.findings_file import read_findings
from annotator.exchange.gsps.reading import read as read_gsps
from annotator.exchange.seg.reading import read as read_seg
from annotator.exchange.sr import read as read_sr
from annotator.imaging.dicom_file import open_image, read_image
from annotator.jobs import CancelToken, Progress
from annotator.model.finding import Finding, Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo, ImageInfo
from annotator.model.mark import Cluster, Mark, SpotMeasurement
from annotator.settings import LONGEST_NAME
from annotator.workspace import Workspace

OBJECTS = {"sr": "SR", "gsps": "GSPS", "seg": "SEG", "json": "Mammogram Annotator"}
"""What one file holds for one exam, besides the data sets (`annotator.exchange.datasets.KINDS`)."""
NAMES = (*(kind.name for kind in KINDS), *OBJECTS)
MOST_FILES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be brought in. `kind` '' : as the content says. `reader` '' : under the name of the source.

    `images` are folders of images; without any, and without `exams` at hand, those beside the annotations are looked for.
    """

    paths: tuple[Path, ...]
    kind: str = ""
    reader: str = ""
    images: tuple[Path, ...] = ()
    exams: tuple[ExamInfo, ...] = ()
    calcifications: tuple[str, ...] = ()
    fine_pleomorphic: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a source says of one exam under a reader's name; `whole` where it is all of a reading, with more than findings."""

    exam: ExamInfo
    reader: str
    source: str
    findings: tuple[Finding, ...]
    marks: tuple[Mark, ...]
    clusters: tuple[Cluster, ...]
    whole: Reading | None = None


@dataclass
class Gathered:
    """Everything of all sources. `missing` are names of images that are not at hand, `empty` counts images without findings."""

    incoming: list[Incoming] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    empty: int = 0


def gather(workspace: Workspace, wanted: Wanted, token: CancelToken) -> Gathered:
    """Read the sources and find their images. Raises UnreadableAnnotations where nothing can be told from what is named."""
    sources = list(_sources(wanted))
    exams = _exams(workspace, wanted, token)
    gathered = Gathered()
    for number, (path, kind) in enumerate(sources):
        token.checkpoint(Progress(number, len(sources), path.name))
        try:
            if kind in OBJECTS:
                _object(workspace, path, kind, exams, wanted, gathered, token)
            else:
                _dataset(workspace, path, kind, exams, wanted, gathered, token)
        except AnnotatorError as fault:
            if len(sources) == 1:
                raise
            gathered.refused.append(str(fault))
    gathered.notes = list(dict.fromkeys(gathered.notes))
    gathered.missing = list(dict.fromkeys(gathered.missing))
    kept = [one for one in gathered.incoming if is_name(one.reader)]
    if len(kept) < len(gathered.incoming):
        gathered.refused.append(
            f"{len(gathered.incoming) - len(kept)} readings carry a reader's name of no letters, of more than {LONGEST_NAME}, or with"
            " signs that cannot be seen; 'annotator import --reader' gives one."
        )
        gathered.incoming = kept
    return gathered


def is_name(reader: str) -> bool:
    """Whether a reader can be called so in a database, as in the settings."""
    return 0 < len(reader) <= LONGEST_NAME and reader.isprintable() and reader == reader.strip()


def _sources(wanted: Wanted) -> Iterator[tuple[Path, str]]:
    """Each file or folder with its kind; a folder that is no data set is looked through for objects and JSON."""
    for path in wanted.paths:
        if not path.exists():
            raise UnreadableAnnotations(f"{path}: there is no such file or folder.")
        if wanted.kind and not (wanted.kind in (*OBJECTS, "coco") and path.is_dir()):
            yield path, wanted.kind
            continue
        kind = None if path.is_dir() and wanted.kind else kind_of(path)
        if kind is not None:
            yield path, kind.name
            continue
        inside = sorted(path.rglob("*"))[:MOST_FILES] if path.is_dir() else [path]
        told = [(one, _kind_of_file(one, object_kind(one))) for one in inside if one.is_file()]
        known = [(one, name) for one, name in told if name and wanted.kind in ("", name)]
        if not known:
            raise UnreadableAnnotations(
                f"{path} holds no annotations that this program knows; say to 'annotator import --as' what it is ({', '.join(NAMES)})."
            )
        yield from known


def _kind_of_file(path: Path, found: str | None) -> str:
    if found is not None:
        return found
    kind = kind_of(path) if path.suffix.lower() == ".json" else None
    return "" if kind is None else kind.name


def _exams(workspace: Workspace, wanted: Wanted, token: CancelToken) -> tuple[ExamInfo, ...]:
    folders = list(wanted.images)
    if not folders and not wanted.exams:
        beside = [path if path.is_dir() else path.absolute().parent for path in wanted.paths]
        folders = list(dict.fromkeys(beside))
    known = {image.sop_instance_uid for exam in wanted.exams for image in exam.images}
    images = [image for exam in wanted.exams for image in exam.images]
    if folders:
        listed = workspace.list_images(folders, token).images
        images += [image for image in listed if image.sop_instance_uid not in known]
    return workspace.group_exams(images)


def _dataset(
    workspace: Workspace,
    path: Path,
    name: str,
    exams: tuple[ExamInfo, ...],
    wanted: Wanted,
    gathered: Gathered,
    token: CancelToken,
) -> None:
    kind = next(one for one in KINDS if one.name == name)
    found = kind.read(path, _wishes(wanted, token))
    _take(workspace, found, exams, wanted, gathered, token)


def _wishes(wanted: Wanted, token: CancelToken) -> Wishes:
    return Wishes(
        calcifications=wanted.calcifications,
        fine_pleomorphic=wanted.fine_pleomorphic,
        images=wanted.images,
        token=token,
    )


def _take(
    workspace: Workspace,
    found: Found,
    exams: tuple[ExamInfo, ...],
    wanted: Wanted,
    gathered: Gathered,
    token: CancelToken,
) -> None:
    known = KnownImages(exams, found.folders, workspace.pseudonyms.uid)
    told = assemble(found, known, _means(workspace), token)
    for one in told.brought:
        reader = wanted.reader or one.reader or found.source
        gathered.incoming.append(
            Incoming(one.exam, reader, found.source, one.findings, one.marks, one.clusters)
        )
    gathered.missing += told.missing
    gathered.refused += [*found.faults, *told.refused]
    gathered.notes += found.notes
    gathered.empty += told.empty


def _object(
    workspace: Workspace,
    path: Path,
    kind: str,
    exams: tuple[ExamInfo, ...],
    wanted: Wanted,
    gathered: Gathered,
    token: CancelToken,
) -> None:
    if kind in ("gsps", "seg"):
        drawing = read_gsps(path) if kind == "gsps" else read_seg(path)
        found = found_in(drawing, OBJECTS[kind], _wishes(wanted, token))
        _take(workspace, found, exams, wanted, gathered, token)
        return
    reading, notes, is_whole = _reading_in(path, kind)
    reading, exam = on_exam(reading, exams, workspace.pseudonyms.uid, str(path))
    gathered.notes += notes
    gathered.incoming.append(
        Incoming(
            exam,
            wanted.reader or reading.reader,
            OBJECTS[kind],
            reading.findings,
            reading.marks,
            reading.clusters,
            reading if is_whole else None,
        )
    )


def _reading_in(path: Path, kind: str) -> tuple[Reading, tuple[str, ...], bool]:
    """The reading of a file, what could not be used, and whether it is all of one of ours."""
    if kind == "json":
        return read_findings(path), (), True
    found = read_sr(path)
    return found.reading, found.notes, found.own


def _means(workspace: Workspace) -> Means:
    return Means(_pixels, _Measuring().measure, workspace.settings.macro_above_mm)


def _pixels(path: Path) -> Any:
    """Stored values of a mask, from a DICOM file or a PNG."""
    return png_pixels(path) if path.suffix.lower() == ".png" else read_image(path, budget=1).frame(1)


class _Measuring:
    """Measures what was drawn, keeping the last image decoded."""

    def __init__(self) -> None:
        self._key: tuple[Path, int] | None = None
        self._frame: Any = None

    def measure(self, info: ImageInfo, frame: int, outline: tuple[ImagePoint, ...]) -> SpotMeasurement | None:
        """Sizes of an outline with contrast and noise of its pixels. Raises UnreadableImage."""
        pixels = self._pixels_of(info, frame)
        return measure_drawn(
            pixels, outline, spacing=info.spacing, inverse=info.inverse, padding=info.padding
        )

    def _pixels_of(self, info: ImageInfo, frame: int) -> Any:
        if self._frame is None or self._key != (info.path, frame):
            self._frame = open_image(info.path, budget=1).frame(frame)
            self._key = (info.path, frame)
        return self._frame
