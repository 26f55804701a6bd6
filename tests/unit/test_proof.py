"""What becomes of a written file's proof: programs run and ended, their words sorted, the outcome kept beside it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import pytest
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from annotator.errors import ExportError, FailedProof, InvalidFinding
from annotator.exchange.formats import Format
from annotator.exchange.proof import State, keep_proof, proof_path, prove
from annotator.exchange.proof.complaints import HARMLESS, MOST_LINES, sort_lines
from annotator.exchange.proof.programs import Ran, run
from annotator.exchange.proved import write_proven
from annotator.jobs import Cancelled, CancelToken

KEY_OBJECT = "1.2.840.10008.5.1.4.1.1.88.59"


def program(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def gone(process: int) -> bool:
    """Whether there is no such process, or only what its end left for init to fetch."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
            state = Path(f"/proc/{process}/stat")
            if state.is_file() and state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_complaints_are_kept_and_output_is_thrown_away() -> None:
    ran = run(
        program("import sys; print('the object'); print('W: a fault', file=sys.stderr); sys.exit(3)"),
        60,
        CancelToken(),
    )
    assert ran == Ran(3, ("W: a fault",))


def test_a_program_that_tells_on_its_output_is_heard() -> None:
    ran = run(program("print('Error: a fault')"), 60, CancelToken(), with_output=True)
    assert ran == Ran(0, ("Error: a fault",))


FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(f"{os.getpid()} {child.pid}\\n")
time.sleep(600)
"""


def family(path: Path) -> list[int]:
    return [int(word) for word in path.read_text().split()]


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes")
def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    assert run((*program(FAMILY), str(pids)), 2, CancelToken()).status is None
    assert all(gone(one) for one in family(pids))


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes")
def test_cancelling_ends_the_program_at_once(tmp_path: Path) -> None:
    pids, token = tmp_path / "pids", CancelToken()

    def cancel_when_begun() -> None:
        while not pids.exists() or not pids.read_text().endswith("\n"):
            time.sleep(0.01)
        token.cancel()

    watcher = threading.Thread(target=cancel_when_begun)
    watcher.start()
    with pytest.raises(Cancelled):
        run((*program(FAMILY), str(pids)), 600, token)
    watcher.join()
    assert all(gone(one) for one in family(pids))


def test_errors_break_a_proof_and_warnings_are_remarks() -> None:
    found = sort_lines(
        "dciodvfy",
        1,
        ["Segmentation", "Error - Missing attribute Element=<PatientOrientation>", "Warning - Retired name"],
    )
    assert found.complaints == ("Error - Missing attribute Element=<PatientOrientation>",)
    assert found.remarks == ("Warning - Retired name",)


def test_dcmtk_may_not_even_warn() -> None:
    found = sort_lines("dcm2json", 0, ["W: a warning", "E: ", "E: an error"])
    assert found.complaints == ("W: a warning", "E: an error")


@pytest.mark.parametrize(
    ("by", "line"),
    [
        ("dsrdump", "W: The VR checker does not support this Specific Character Set: ISO_IR 192"),
        ("dsrdump", "W: Check for template constraints not yet supported"),
        (
            "PixelMed",
            'Error: Template 1500: Code (71651007,SCT,"Mammography") not found in context group 100',
        ),
        (
            "dciodvfy",
            "Error - LookupTableData bad - Softcopy VOI LUT - LUT Descriptor number of bits = 16 but maximum is 0xfff",
        ),
    ],
)
def test_what_is_known_to_be_no_fault_is_told_with_its_reason(by: str, line: str) -> None:
    found = sort_lines(by, 0, [line])
    assert (found.complaints, found.remarks) == ((), ())
    (reason,) = found.explained
    assert reason in {one.reason for one in HARMLESS}
    another = {"PixelMed": "dciodvfy", "dciodvfy": "PixelMed"}.get(by, "dcm2json")
    assert sort_lines(another, 0, [line]).complaints


FOREIGN = [
    "W: Testing: a.dcm",
    "E: Error: Attribute value does not conform to data type definition.",
    "E:    Affected attribute: ContentDescription (0070,0081), Type LO",
    "E:    Attribute value   : [Кальцинаты]",
    "E:    Expected format for each value: all but '\\' and control characters",
    "W: Test failed - one or more errors.",
]


def test_letters_beyond_ascii_are_no_fault_of_a_presentation_state() -> None:
    assert sort_lines("dcmpschk", 0, FOREIGN).complaints == ()


def test_a_fault_beside_foreign_letters_is_still_one() -> None:
    ascii_value = [line.replace("Кальцинаты", "two\\values") for line in FOREIGN]
    found = sort_lines("dcmpschk", 0, [*FOREIGN[:-1], *ascii_value[1:]])
    assert "E:    Affected attribute: ContentDescription (0070,0081), Type LO" in found.complaints
    assert "W: Test failed - one or more errors." in found.complaints


def test_a_program_that_fails_without_a_word_is_a_complaint() -> None:
    assert sort_lines("dcm2json", 20, []).complaints == ("ended with status 20 and said no more",)


def test_a_thousand_complaints_become_fifty_and_a_count() -> None:
    found = sort_lines("dciodvfy", 1, [f"Error - {n}" for n in range(1000)])
    assert len(found.complaints) == MOST_LINES + 1
    assert found.complaints[-1] == "and 950 more"


def test_a_file_of_another_kind_is_only_read_back(tmp_path: Path) -> None:
    path = tmp_path / "P-1.csv"
    path.write_text("a,b\n")
    proof = prove(path, lambda: None)
    assert [check.by for check in proof.checks] == ["read back"]
    assert proof.holds
    assert proof.sentence() == "holds (read back)"


def test_what_does_not_come_back_equal_breaks_the_proof(tmp_path: Path) -> None:
    path = tmp_path / "P-1.csv"
    path.write_text("a,b\n")

    def refuse() -> None:
        raise InvalidFinding("P-1.csv: there is no column x")

    assert prove(path, lambda: "the finding F1 is missing").sentence() == (
        "does not hold; read back: the finding F1 is missing"
    )
    assert not prove(path, refuse).holds


def test_a_file_that_is_gone_does_not_hold(tmp_path: Path) -> None:
    assert prove(tmp_path / "P-1.csv", lambda: None).failed


def test_nothing_checked_is_neither_held_nor_failed(tmp_path: Path) -> None:
    path = tmp_path / "P-1.csv"
    path.write_text("a,b\n")
    proof = prove(path, None)
    assert (proof.holds, proof.failed, proof.sentence()) == (False, False, "not checked")


def key_object(path: Path, **values: str) -> Path:
    """An object with hardly anything in it."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = KEY_OBJECT, generate_uid()
    for name, value in values.items():
        setattr(made, name, value)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.save_as(path, enforce_file_format=True)
    return path


def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("annotator.exchange.proof.programs.DCMTK_FOLDERS", ())
    monkeypatch.setattr("annotator.exchange.proof.programs.PIXELMED_JARS", ())


def test_without_any_validator_an_object_is_read_back_and_that_is_said(tmp_path, monkeypatch) -> None:
    nothing_installed(monkeypatch, tmp_path)
    proof = prove(key_object(tmp_path / "P-1.ko.dcm"), lambda: None, templates=True)
    assert [(one.by, one.state) for one in proof.checks] == [
        ("read back", State.DONE),
        ("dciodvfy", State.MISSING),
        ("dsrdump", State.MISSING),
        ("dcm2json", State.MISSING),
        ("PixelMed", State.MISSING),
    ]
    assert proof.holds
    assert proof.sentence() == ("holds (read back); not installed: dciodvfy, dsrdump, dcm2json, PixelMed")


def validator_beside_python(folder: Path, text: str) -> None:
    """A program where a Python package would put one."""
    script = folder / "dciodvfy"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_complaints_name_neither_patient_nor_folder(tmp_path, monkeypatch) -> None:
    nothing_installed(monkeypatch, tmp_path)
    path = key_object(
        tmp_path / "P-1.ko.dcm",
        PatientName="Musterfrau^Erika",
        PatientID="4711-XY",
        PatientBirthDate="19600131",
    )
    validator_beside_python(
        tmp_path,
        'echo "Error - $1: MUST not be, PN [1] = <Musterfrau^Erika>; Erika, number 4711-XY" >&2\n'
        'echo "Warning - value <19600131> for value 1 of attribute <Patient\'s Birth Date>" >&2\nexit 1',
    )
    proof = prove(path, lambda: None)
    kept = json.loads(keep_proof(path, proof).read_text())
    (_, ours, *_rest) = kept["checks"]
    assert ours["complaints"] == ["Error - P-1.ko.dcm: MUST not be, PN [1] = <...>; ..., number ..."]
    assert ours["remarks"] == ["Warning - value <...> for value 1 of attribute <Patient's Birth Date>"]
    assert (kept["holds"], kept["file"]) == (False, "P-1.ko.dcm")
    assert str(tmp_path) not in json.dumps(kept)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_a_validator_that_cannot_be_run_is_as_good_as_none(tmp_path, monkeypatch) -> None:
    nothing_installed(monkeypatch, tmp_path)
    (tmp_path / "dciodvfy").write_text("#!/no/such/shell\n")
    (tmp_path / "dciodvfy").chmod(0o700)
    proof = prove(key_object(tmp_path / "P-1.ko.dcm"), lambda: None)
    assert proof.checks[1].state is State.MISSING


def form(monkeypatch: pytest.MonkeyPatch, complaint: str | None, text: str = "new") -> Format:
    """A form of export whose files come back with this complaint."""
    module = ModuleType("form_of_a_test")

    def write(_outgoing: object, folder: Path) -> tuple[Path, ...]:
        if text == "no room":
            raise ExportError(f"{folder / 'P-1.txt'} could not be written (no room).")
        path = folder / "P-1.txt"
        path.write_text(text)
        return (path,)

    module.write = write
    module.check = lambda _outgoing, path: complaint if path.read_text() == text else "another file"
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return Format("txt", "a test", module.__name__)


def test_a_file_stands_with_its_proof_beside_it(tmp_path, monkeypatch) -> None:
    (written,) = write_proven(form(monkeypatch, None), None, tmp_path, "block")
    assert written.path == tmp_path / "P-1.txt"
    assert json.loads(proof_path(written.path).read_text())["holds"] is True
    assert sorted(one.name for one in tmp_path.iterdir()) == ["P-1.txt", "P-1.txt.proof.json"]


def test_a_failed_proof_is_told_beside_the_file(tmp_path, monkeypatch) -> None:
    (written,) = write_proven(form(monkeypatch, "F1 is missing"), None, tmp_path, "tell")
    kept = json.loads(proof_path(written.path).read_text())
    assert (kept["holds"], kept["says"]) == (False, "does not hold; read back: F1 is missing")


def test_a_failed_proof_can_keep_the_file_from_being_written(tmp_path, monkeypatch) -> None:
    (tmp_path / "P-1.txt").write_text("before")
    with pytest.raises(FailedProof, match=r"P-1\.txt was not written.*F1 is missing"):
        write_proven(form(monkeypatch, "F1 is missing"), None, tmp_path, "block")
    assert [one.name for one in tmp_path.iterdir()] == ["P-1.txt"]
    assert (tmp_path / "P-1.txt").read_text() == "before"


def test_without_proofs_none_of_an_older_file_is_left_beside(tmp_path, monkeypatch) -> None:
    write_proven(form(monkeypatch, None, "old"), None, tmp_path, "tell")
    (written,) = write_proven(form(monkeypatch, "F1 is missing"), None, tmp_path, "off")
    assert written.proof is None
    assert [one.name for one in tmp_path.iterdir()] == ["P-1.txt"]


def test_a_folder_that_is_not_there_and_a_full_disk_are_said_in_the_readers_own_places(
    tmp_path, monkeypatch
) -> None:
    with pytest.raises(ExportError, match="none cannot be written"):
        write_proven(form(monkeypatch, None), None, tmp_path / "none", "tell")
    with pytest.raises(ExportError) as told:
        write_proven(form(monkeypatch, None, "no room"), None, tmp_path, "tell")
    assert str(told.value) == f"{tmp_path / 'P-1.txt'} could not be written (no room)."
    assert list(tmp_path.iterdir()) == []
