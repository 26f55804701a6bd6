"""What the list keeps of one file: the exam it belongs to and what it shows; or why it shows nothing."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from multiprocessing import parent_process
from pathlib import Path
from typing import NamedTuple

from annotator.errors import UnreadableImage
from annotator.imaging.collection import CLAIMS
from annotator.imaging.exam_index.quick_header import plain_text, quick_elements
from annotator.imaging.uids import is_usable
from annotator.model.image import ImageInfo

READS = 1
"""Raised by hand when headers are read otherwise than before: all files are then read anew."""
GOES_BEHIND = 15
"""By how much a process that reads headers is nicer than the window."""

_SOP_CLASS, _SOP, _STUDY = 0x00080016, 0x00080018, 0x0020000D
_MODALITY, _STUDY_DATE, _ACQUISITION_DATE, _CONTENT_DATE = 0x00080060, 0x00080020, 0x00080022, 0x00080023
_PATIENT, _PERSON, _DESCRIPTION, _IMAGE_TYPE = 0x00100020, 0x00100010, 0x00081030, 0x00080008
_SAMPLES, _PHOTOMETRIC, _FRAMES = 0x00280002, 0x00280004, 0x00280008
_ROWS, _COLUMNS, _ALLOCATED = 0x00280010, 0x00280011, 0x00280100
_GROUPS = 0x52009229
_SIDE_AND_VIEW = (
    0x0008103E, 0x00082218, 0x00181030, 0x00181400, 0x00185101, 0x00200060, 0x00200062, 0x00540220, 0x00540222,
    _IMAGE_TYPE,
)  # fmt: skip
"""All that decides what an image is called (`annotator.imaging.side_and_view`)."""
_WANTED = {
    **dict.fromkeys((_SOP_CLASS, _SOP, _STUDY), b"UI"),
    **dict.fromkeys((_STUDY_DATE, _ACQUISITION_DATE, _CONTENT_DATE), b"DA"),
    **dict.fromkeys((_PATIENT, _DESCRIPTION, 0x0008103E, 0x00181030, 0x00181400), b"LO"),
    **dict.fromkeys((_MODALITY, _PHOTOMETRIC, _IMAGE_TYPE, 0x00185101, 0x00200060, 0x00200062), b"CS"),
    **dict.fromkeys((0x00082218, 0x00540220, 0x00540222, _GROUPS), b"SQ"),
    **dict.fromkeys((_SAMPLES, _ROWS, _COLUMNS, _ALLOCATED), b"US"),
    _PERSON: b"PN",
    _FRAMES: b"IS",
}
"""By tag how a value is represented (PS3.6)."""
_PLAIN_CLASSES = frozenset({
    "1.2.840.10008.5.1.4.1.1.1.2", "1.2.840.10008.5.1.4.1.1.1.2.1", "1.2.840.10008.5.1.4.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.5.1.4.1.1.7",
})  # fmt: skip
"""Projections of one frame: what needs no functional groups."""
_LARGEST_PIXELS = 200_000_000
_NAMES_KEPT = 4096


class ImageFacts(NamedTuple):
    """An image. `name` is what it is called ("RCC"), `day` the date of its exam as YYYYMMDD or ''."""

    sop_instance_uid: str
    study_instance_uid: str
    patient: str
    person: str
    day: str
    description: str
    name: str


class NotShown(NamedTuple):
    """A file that shows nothing: `reason` is '' for one that is nothing to this program."""

    reason: str = ""


Found = ImageFacts | NotShown | None
"""None: it could not be read this time (the disk, the memory), so that it is read again next time."""


def facts_of(info: ImageInfo) -> ImageFacts:
    """The same of a header that was read whole."""
    day = info.exam_date
    return ImageFacts(
        info.sop_instance_uid,
        info.study_instance_uid,
        info.patient_key,
        info.patient_name,
        day if len(day) == 8 and day.isdecimal() else "",
        info.study_description,
        info.name,
    )


def read_files(paths: Sequence[str]) -> list[Found]:
    """What is in each file; the work of one process, which steps behind everything else on the machine."""
    step_behind()
    return [read_file(Path(path)) for path in paths]


def read_file(path: Path) -> Found:
    """What is in a file."""
    with contextlib.suppress(OSError):
        facts = _quick(path)
        if facts is not None:
            return facts
    return _slow(path)


def claims(name: str) -> bool:
    """Whether a file is a picture by its name."""
    ending = os.path.splitext(name)[1]  # noqa: PTH122 - a Path for each of millions of names takes minutes
    return ending.lower() in CLAIMS or ending[1:].isdigit()


def _slow(path: Path) -> Found:
    from annotator.imaging.dicom_file import read_info  # noqa: PLC0415 - pydicom, for files that are not plain

    try:
        if not claims(path.name):
            with path.open("rb") as file:
                if file.read(132)[128:] != b"DICM":
                    return NotShown()
        return facts_of(read_info(path))
    except UnreadableImage as error:
        return None if isinstance(error.__cause__, OSError | MemoryError) else NotShown(error.reason)
    except OSError:
        return None


_names: dict[tuple[bytes | None, ...], str] = {}


def _quick(path: Path) -> ImageFacts | None:
    """The facts of a plain projection; None for everything else. Raises OSError."""
    found = quick_elements(path, _WANTED)
    if found is None:
        return None
    values, length, left = found
    if _GROUPS in values or not _is_plain(values, length, left):
        return None
    texts = [plain_text(values, tag) for tag in (_SOP, _STUDY, _PATIENT, _PERSON, _DESCRIPTION)]
    dates = [plain_text(values, tag) for tag in (_STUDY_DATE, _ACQUISITION_DATE, _CONTENT_DATE)]
    if None in texts or None in dates or not texts[0]:
        return None
    if not is_usable(texts[0]) or not (texts[1] == "" or is_usable(texts[1] or "")):
        return None
    sop, study, patient, person, description = (text or "" for text in texts)
    day = next((date for date in dates if date), "")
    called = tuple(values.get(tag) for tag in _SIDE_AND_VIEW)
    name = _names.get(called)
    if name is None:
        # the rules for side and view live in one place: the first file of its kind goes there
        whole = _slow(path)
        if not isinstance(whole, ImageFacts):
            return None
        if len(_names) < _NAMES_KEPT:
            _names[called] = whole.name
        return whole
    day = day if len(day) == 8 and day.isdecimal() else ""
    return ImageFacts(sop, study, patient, person, day, description, name)


def _is_plain(values: dict[int, bytes], length: int, left: int) -> bool:
    """Whether the reader of whole headers would take it for a grey picture too, with all its pixels."""
    if plain_text(values, _SOP_CLASS) not in _PLAIN_CLASSES:
        return False
    if plain_text(values, _FRAMES) not in ("", "1"):
        return False
    if plain_text(values, _PHOTOMETRIC) not in ("MONOCHROME1", "MONOCHROME2"):
        return False
    words = {tag: values.get(tag, b"") for tag in (_SAMPLES, _ROWS, _COLUMNS, _ALLOCATED)}
    if any(len(word) != 2 for word in words.values()):
        return False
    numbers = {tag: int.from_bytes(word, "little") for tag, word in words.items()}
    pixels = numbers[_ROWS] * numbers[_COLUMNS]
    if numbers[_SAMPLES] != 1 or numbers[_ALLOCATED] not in (8, 16) or not 0 < pixels <= _LARGEST_PIXELS:
        return False
    if length == 0xFFFFFFFF:
        return left > 0
    return min(length, left) >= pixels * numbers[_ALLOCATED] // 8


_behind = False


def go_behind() -> None:
    """Let everything else on the machine go first from now on, for this process."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415

        below_normal = 0x4000
        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), below_normal)
    else:
        with contextlib.suppress(OSError):
            os.nice(GOES_BEHIND)


def step_behind() -> None:
    """Let whoever reads an exam go first: this process, unless it is the program itself, is nicer from now on."""
    global _behind  # noqa: PLW0603 - a process steps back once
    if _behind or parent_process() is None:
        return
    _behind = True
    go_behind()
