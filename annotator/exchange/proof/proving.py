"""A written file proven on the spot: read back and compared, and shown to validators of other makers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread

from annotator.errors import AnnotatorError
from annotator.exchange.careful_dicom import DAMAGE, sop_class
from annotator.exchange.proof.complaints import Sorted, sort_lines
from annotator.exchange.proof.programs import Validator, dciodvfy, dcmtk, pixelmed, run
from annotator.exchange.whole_file import write_whole
from annotator.jobs import CancelToken

PROOF_ENDING = ".proof.json"
READ_BACK = "read back"

_REPORTS, _STATES = "1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.11."
"""How the SOP classes of structured reports and of presentation states begin (PS3.6, table A-1)."""

_MAY_SAY_WHO = ("PN", "LO", "SH", "ST", "LT", "UT", "UC", "DA", "DT", "TM", "AS", "UI")
_CODES = range(0x00080100, 0x00080123)
"""Code Sequence Macro (PS3.3, 8): words of the standard, which a complaint may show."""
_SHORTEST_SECRET = 3


class State(StrEnum):
    """What became of one check."""

    DONE = "done"
    MISSING = "not installed"
    UNFINISHED = "not finished"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: by whom; complaints break the proof, remarks do not; `explained`: why messages were not counted."""

    by: str
    state: State
    complaints: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What was checked of one file, as it was then (`sha256` in hex). Names no patient and no folder."""

    file: str
    sha256: str
    at: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> bool:
        """Whether anything complains."""
        return any(one.complaints for one in self.checks)

    @property
    def holds(self) -> bool:
        """Whether something was checked and nothing complains."""
        return not self.failed and any(one.state is State.DONE for one in self.checks)

    def sentence(self) -> str:
        """The outcome in one line."""
        complaints = [f"{one.by}: {line}" for one in self.checks for line in one.complaints]
        if complaints:
            more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
            return f"does not hold; {complaints[0]}{more}"
        done = [one.by for one in self.checks if one.state is State.DONE]
        missing = [one.by for one in self.checks if one.state is State.MISSING]
        late = [one.by for one in self.checks if one.state is State.UNFINISHED]
        parts = [f"holds ({', '.join(done)})" if done else "not checked"]
        parts += [f"not installed: {', '.join(missing)}"] if missing else []
        parts += [f"not finished in time: {', '.join(late)}"] if late else []
        return "; ".join(parts)


def prove(
    path: Path,
    again: Callable[[], str | None] | None,
    *,
    templates: bool = False,
    token: CancelToken | None = None,
) -> Proof:
    """Read a written file back and let the validators that are installed look at it; a second or so.

    `again` reads it and compares: None when it is as was to be written, else one sentence. `templates` asks PixelMed
    too, some ten seconds a report. Files that are no DICOM objects are only read back. Raises Cancelled.
    """
    token = token or CancelToken()
    checks = [] if again is None else [_read_back(again)]
    try:
        digest = _sha256(path)
    except OSError as error:
        gone = (f"the file cannot be read again ({error.strerror})",)
        return Proof(path.name, "", _now(), (Check(READ_BACK, State.DONE, gone),))
    if _is_dicom(path):
        secrets = partial(_secrets, path)
        for validator in _validators_of(path, templates=templates):
            token.checkpoint()
            checks.append(_ask(validator, path, secrets, token))
    return Proof(path.name, digest, _now(), tuple(checks))


def proof_path(path: Path) -> Path:
    """Where the proof of a file stands: beside it, by its name."""
    return path.with_name(path.name + PROOF_ENDING)


def keep_proof(path: Path, proof: Proof) -> Path:
    """Put what was found beside the file, as NAME.proof.json; raises ExportError."""
    beside = proof_path(path)
    told: dict[str, Any] = {
        "file": proof.file,
        "sha256": proof.sha256,
        "checked": proof.at,
        "holds": proof.holds,
        "says": proof.sentence(),
        "checks": [asdict(one) for one in proof.checks],
    }
    write_whole(beside, (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode())
    return beside


def _read_back(again: Callable[[], str | None]) -> Check:
    try:
        complaint = again()
    except AnnotatorError as error:
        complaint = str(error)
    return Check(READ_BACK, State.DONE, () if complaint is None else (complaint,))


def _ask(validator: Validator, path: Path, secrets: Callable[[], Iterator[str]], token: CancelToken) -> Check:
    if not validator.installed:
        return Check(validator.name, State.MISSING)
    # PixelMed tells on its output, the others tell there what is in the object
    told = validator.name == "PixelMed"
    try:
        ran = run((*validator.command, str(path)), validator.seconds, token, with_output=told)
    except OSError:
        return Check(validator.name, State.MISSING)
    if ran.status is None:
        return Check(validator.name, State.UNFINISHED)
    lines = [line.replace(str(path), path.name) for line in ran.lines]
    found: Sorted = sort_lines(validator.name, ran.status, lines, secrets)
    return Check(validator.name, State.DONE, found.complaints, found.remarks, found.explained)


def _validators_of(path: Path, *, templates: bool) -> Iterator[Validator]:
    """Those that know this kind of object."""
    kind = sop_class(path)
    yield dciodvfy()
    if kind.startswith(_REPORTS):
        yield dcmtk("dsrdump")
    if kind.startswith(_STATES):
        yield dcmtk("dcmpschk")
    yield dcmtk("dcm2json")
    if templates and kind.startswith(_REPORTS):
        yield pixelmed()


def _is_dicom(path: Path) -> bool:
    if path.suffix.lower() == ".dcm":
        return True
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _secrets(path: Path) -> Iterator[str]:
    """Values of an object that may say who the patient is, or what was written of him."""
    try:
        yield from _texts(dcmread(path, stop_before_pixels=True))
    except DAMAGE:
        return


def _texts(dataset: Dataset) -> Iterator[str]:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _texts(item)
        elif element.VR in _MAY_SAY_WHO and element.tag not in _CODES and element.value:
            many = element.value if element.VM > 1 else [element.value]
            said = [str(one) for one in many]
            parts = [part for one in said for part in one.replace("=", "^").split("^")]
            yield from (one for one in (*said, *parts) if len(one) >= _SHORTEST_SECRET)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
