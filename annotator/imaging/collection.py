"""What can be opened among files, folders, DICOMDIRs and ZIP archives, and why the rest cannot."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from annotator.errors import UnreadableImage
from annotator.imaging.archive import shown_path, unpack
from annotator.imaging.decode_guard import attempt
from annotator.imaging.dicomdir import Directory, is_dicomdir, read_dicomdir
from annotator.imaging.header_index import PASSED_OVER, HeaderIndex, PassedOver, stamp_of
from annotator.imaging.opened_file import open_file
from annotator.imaging.rejected import Rejected, ReportFile
from annotator.imaging.report_file import report_file
from annotator.jobs import CancelToken, Progress
from annotator.model.image import ExamInfo, ImageInfo

CLAIMS = frozenset({".dcm", ".dicom", ".dic", ".ima", ""})
"""File endings that say DICOM; a file without any is taken at its word too."""


@dataclass(frozen=True)
class Listing:
    """The pictures found, the files that claim to be one and are not, and structured reports."""

    images: tuple[ImageInfo, ...]
    rejected: tuple[Rejected, ...]
    reports: tuple[ReportFile, ...] = ()


def list_images(
    paths: Sequence[Path],
    *,
    recursive: bool = True,
    token: CancelToken | None = None,
    index: Path | None = None,
) -> Listing:
    """All pictures below `paths`, in the order given and by name within each; nothing stops the rest.

    Other files are passed over in folders and rejected when named; a report only where it was named and there is no
    picture. `index` is the file in which headers are kept from one listing to the next; without one every file is
    read. Raises Cancelled only.
    """
    found = list(scan(paths, recursive=recursive, token=token, index=index))
    images = tuple(f for f in found if isinstance(f, ImageInfo))
    named = () if images else {Path(path) for path in paths}
    return Listing(
        images,
        tuple(
            f for f in found if isinstance(f, Rejected) and (f.path in named or not isinstance(f, ReportFile))
        ),
        tuple(f for f in found if isinstance(f, ReportFile)),
    )


def scan(
    paths: Sequence[Path],
    *,
    recursive: bool = True,
    token: CancelToken | None = None,
    index: Path | None = None,
) -> Iterator[ImageInfo | Rejected]:
    """`list_images` one by one, as they are found."""
    token = token or CancelToken()
    seen: dict[str, Path] = {}
    done: set[Path] = set()
    with HeaderIndex(index) as known:
        candidates = _Candidates(known, token, recursive=recursive)
        for number, candidate in enumerate(candidates.among([Path(p) for p in paths])):
            path = candidate if isinstance(candidate, Path) else candidate.path
            if isinstance(candidate, ImageInfo | Path):
                if path in done:
                    continue
                done.add(path)
                token.checkpoint(Progress(number, None, path.name))
            found = _read(candidate, known) if isinstance(candidate, Path) else candidate
            if isinstance(found, ImageInfo):
                found = _with_twin(found, seen.setdefault(found.sop_instance_uid, found.path))
            yield found


def _read(path: Path, index: HeaderIndex) -> ImageInfo | Rejected:
    """What is in a file that claims to be a picture, kept in the index for the next time."""
    from annotator.imaging.dicom_file import read_info  # noqa: PLC0415 - pydicom, for files not yet known

    stamp = stamp_of(path)
    found: ImageInfo | Rejected
    try:
        found = report_file(path) or read_info(path)
    except UnreadableImage as error:
        found = Rejected(path, error.reason)
        if isinstance(error.__cause__, OSError | MemoryError):  # may go better next time
            return found
    if shown_path(path) == path:  # what was unpacked is gone when the program ends
        index.remember(path, stamp, found)
    return found


def group_exams(images: Sequence[ImageInfo]) -> tuple[ExamInfo, ...]:
    """The images by study, in the order found.

    Images without a StudyInstanceUID belong together when they lie in one folder; their exam gets a UID
    made from its images', so that it is the same one tomorrow.
    """
    groups: dict[tuple[str, str], list[ImageInfo]] = {}
    for image in images:
        uid = image.study_instance_uid
        groups.setdefault((uid, "" if uid else str(image.path.parent)), []).append(image)
    return tuple(
        ExamInfo(uid or made_study_uid(i.sop_instance_uid for i in members), tuple(members))
        for (uid, _), members in groups.items()
    )


def made_study_uid(sop_instance_uids: Iterable[str]) -> str:
    """The UID of an exam whose images name none, the same whenever they are the same images."""
    first = min(sop_instance_uids)
    digest = hashlib.sha256(f"exam of {first}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def _with_twin(info: ImageInfo, first: Path) -> ImageInfo:
    if first == info.path:
        return info
    note = f"It holds the same SOP instance as {first.name}; what is marked on one is marked on both."
    return replace(info, repairs=(*info.repairs, note))


_Candidate = Path | ImageInfo | Rejected


class _Candidates:
    """Files that may be pictures, those known from the index already as what they are."""

    def __init__(self, index: HeaderIndex, token: CancelToken, *, recursive: bool) -> None:
        self._index = index
        self._token = token
        self._recursive = recursive
        self._read = set[Path]()  # directories that were told of already

    def among(self, paths: Iterable[Path]) -> Iterator[_Candidate]:
        for path in paths:
            kind, why = attempt(partial(_kind, path))
            if kind is None:
                yield Rejected(path, f"it cannot be looked at ({why})")
            elif kind == _FOLDER:
                yield from self.below(path, recursive=self._recursive)
            elif kind == _FILE:
                yield from self._named(path)
            else:
                yield Rejected(path, kind)

    def below(self, folder: Path, *, recursive: bool) -> Iterator[_Candidate]:
        """Files by name, then folders by name; a folder reached twice through links is entered once."""
        entered: set[tuple[int, int]] = set()
        waiting = [folder]
        while waiting:
            self._token.checkpoint()
            here = waiting.pop()
            listed, why = attempt(partial(_listed, here, entered))
            if listed is None:
                yield Rejected(here, f"this folder cannot be read ({why})")
                continue
            files, folders = listed
            for path in files:
                yield from self._met(path)
            self._index.forget_missing(here, {path.name for path in files})
            if recursive:
                waiting.extend(reversed(folders))

    def _named(self, path: Path) -> Iterator[_Candidate]:
        known = self._index.known(path)
        if isinstance(known, ImageInfo | Rejected):
            yield known
        elif is_dicomdir(path):
            yield from self._in_dicomdir(path)
        elif not _has_preamble(path) and _is_zip(path):
            unpacked = unpack(path, self._token, wanted=_claims_by_name)
            yield from unpacked.rejected
            unknown = _Candidates(HeaderIndex(None), self._token, recursive=True)
            yield from unknown.below(unpacked.folder, recursive=True)
        elif _claims(path):
            yield path
        else:
            yield Rejected(path, "it is not a DICOM file")

    def _met(self, path: Path) -> Iterator[_Candidate]:
        """What a file found in a folder is."""
        known, stamp = self._index.known(path), stamp_of(path)
        if isinstance(known, PassedOver):
            return
        if known is not None:
            yield known
        elif is_dicomdir(path):
            if path not in self._read:
                yield from _missing_from(read_dicomdir(path), path)
        elif _claims(path):
            yield path
        elif path.suffix.lower() == ".zip" and _is_zip(path):
            yield Rejected(path, "it is a ZIP archive in a folder and was not looked into; open it by itself")
        else:
            self._index.remember(path, stamp, PASSED_OVER)

    def _in_dicomdir(self, path: Path) -> Iterator[_Candidate]:
        directory = read_dicomdir(path)
        self._read.add(path)
        yield from () if directory.files else (_empty(directory, path),)
        yield from directory.rejected
        for file in directory.files:
            known = self._index.known(file)
            yield known if isinstance(known, ImageInfo | Rejected) else file
        if not directory.files:
            yield from self.below(path.parent, recursive=True)


_FOLDER, _FILE = "folder", "file"


def _kind(path: Path) -> str:
    """Folder, file, or the sentence that says why neither; raises OSError where that cannot be told."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a name with a zero byte in it is no name
        return "there is no such file or folder"
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "it is a link that leads back to itself"
        raise
    if stat.S_ISDIR(mode):
        return _FOLDER
    return _FILE if stat.S_ISREG(mode) else "it is neither a file nor a folder"


def _empty(directory: Directory, path: Path) -> Rejected:
    why = "is damaged" if directory.damaged else "lists no file that is there"
    return Rejected(path, f"this DICOMDIR {why}; the folder around it was searched instead")


def _listed(folder: Path, entered: set[tuple[int, int]]) -> tuple[list[Path], list[Path]]:
    """(files, folders) of `folder`, hidden ones left out; both empty when it was entered before."""
    here = folder.stat()
    key = (here.st_dev, here.st_ino)
    if key in entered and here.st_ino:
        return [], []
    entered.add(key)
    files, folders = list[Path](), list[Path]()
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            path = folder / entry.name
            if path.is_dir():
                folders.append(path)
            elif path.is_file() or not path.exists():  # pipes and devices would be waited for in vain
                files.append(path)
    return sorted(files, key=_by_name), sorted(folders, key=_by_name)


def _by_name(path: Path) -> tuple[str, str]:
    return path.name.casefold(), path.name


def _missing_from(directory: Directory, path: Path) -> Iterator[Rejected]:
    """What a DICOMDIR met in a folder promises and is not there; its other files are found by themselves."""
    if directory.damaged:
        yield Rejected(path, "this DICOMDIR is damaged; the files around it were listed without it")
    yield from directory.rejected


def _claims(path: Path) -> bool:
    return _claims_by_name(path.name) or _has_preamble(path)


def _claims_by_name(name: str) -> bool:
    return Path(name).suffix.lower() in CLAIMS or Path(name).suffix[1:].isdigit()


def _has_preamble(path: Path) -> bool:
    def look() -> bool:
        with open_file(path) as file:
            return file.read(132)[128:] == b"DICM"

    found, _ = attempt(look)
    return bool(found)


def _is_zip(path: Path) -> bool:
    def look() -> bool:
        with open_file(path) as file:
            return zipfile.is_zipfile(file)

    found, _ = attempt(look)
    return bool(found)
