"""Every object of a matrix of readings, shown to programs that others made and kept by a real archive."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import orthanc_server
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import UID
from pynetdicom import AE, build_context, build_role, evt

from annotator.errors import ExportError
from annotator.exchange.formats import FORMATS
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.proof import State, prove
from annotator.exchange.proof.programs import Validator, dciodvfy, dcmtk, pixelmed, validators
from tests.written_readings import matrix

CASES = (
    "single",
    "cluster",
    "several views",
    "tomosynthesis frame",
    "no spacing",
    "magnification",
    "non-Latin",
    "500 marks",
    "described",
    "everything",
)
OBJECTS = tuple(name for name, one in FORMATS.items() if one.dicom)
NOTHING_TO_SHOW = {("described", "seg"), ("described", "gsps"), ("described", "ko")}
"""A reading without marks has nothing that these could hold."""

REPORTS = ("sr", "sr-ohif", "cad", "ko")
TEMPLATES = {"sr": "TID_1500", "sr-ohif": "TID_1500", "cad": "TID_4000", "ko": "TID_2010"}
"""Root templates (PS3.16), as PixelMed names them."""

NETWORK_S = 30


class Written:
    """Each object of the matrix, written when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.readings: Mapping[str, Outgoing] = matrix(folder)
        self._files: dict[tuple[str, str], tuple[Path, ...]] = {}

    def files(self, case: str, form: str) -> tuple[Path, ...]:
        """The files of one reading in one form, one at least; none where it has nothing for that form, which is refused."""
        if (case, form) not in self._files:
            folder = self._folder / f"{case}-{form}"
            folder.mkdir(exist_ok=True)
            if (case, form) in NOTHING_TO_SHOW:
                with pytest.raises(ExportError):
                    FORMATS[form].write(self.readings[case], folder)
                self._files[case, form] = ()
            else:
                self._files[case, form] = FORMATS[form].write(self.readings[case], folder)
                assert self._files[case, form]
        return self._files[case, form]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(tmp_path_factory.mktemp("written"))


def test_the_matrix_has_every_reading_that_is_asked_for(written: Written) -> None:
    assert set(written.readings) == set(CASES)


def needed(validator: Validator) -> Validator:
    if not validator.installed:
        pytest.skip(f"{validator.name} is not installed ({validator.install})")
    return validator


def told(validator: Validator, path: Path) -> tuple[int, str, str]:
    """Exit status, output and complaints of a validator, asked without anything of this program between."""
    done = subprocess.run(
        [*needed(validator).command, str(path)],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=validator.seconds,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("form", OBJECTS)
@pytest.mark.parametrize("case", CASES)
class TestEveryObject:
    def test_dciodvfy_finds_no_error(self, written: Written, case: str, form: str) -> None:
        for path in written.files(case, form):
            status, _, complaints = told(dciodvfy(), path)
            assert [line for line in complaints.splitlines() if line.startswith("Error")] == []
            assert status == 0, complaints

    def test_dcmtk_reads_every_element(self, written: Written, case: str, form: str) -> None:
        for path in written.files(case, form):
            status, output, complaints = told(dcmtk("dcm2json"), path)
            assert (status, complaints) == (0, "")
            assert json.loads(output)["00080018"]["Value"] == [dcmread(path).SOPInstanceUID]

    def test_its_proof_holds(self, written: Written, case: str, form: str) -> None:
        one, outgoing = FORMATS[form], written.readings[case]
        for path in written.files(case, form):
            proof = prove(path, lambda path=path: one.check(outgoing, path))
            assert proof.holds, proof.sentence()
            assert all(
                check.state is (State.DONE if check.by == "read back" or there(check.by) else State.MISSING)
                for check in proof.checks
            )


@pytest.mark.parametrize("form", REPORTS)
@pytest.mark.parametrize("case", CASES)
def test_dcmtk_reads_the_tree_of_reports(written: Written, case: str, form: str) -> None:
    for path in written.files(case, form):
        status, output, complaints = told(dcmtk("dsrdump"), path)
        assert status == 0, complaints
        left = [line for line in complaints.splitlines() if not known_of_dsrdump(line)]
        assert left == []
        assert "CONTAINER:" in output


@pytest.mark.parametrize("case", CASES)
def test_dcmtk_finds_presentation_states_whole(written: Written, case: str) -> None:
    for path in written.files(case, "gsps"):
        proof = prove(path, None)
        (check,) = (one for one in proof.checks if one.by == "dcmpschk")
        if check.state is State.MISSING:
            pytest.skip("dcmpschk is not installed")
        assert (check.state, check.complaints) == (State.DONE, ())


def known_of_dsrdump(line: str) -> bool:
    """What dsrdump says of any report: that it checks neither templates nor letters in UTF-8."""
    return line in (
        "W: Check for template constraints not yet supported",
        "W: The VR checker does not support this Specific Character Set: ISO_IR 192",
    )


@cache
def there(name: str) -> bool:
    return next(one for one in validators() if one.name == name).installed


@pytest.mark.slow
@pytest.mark.parametrize(("form", "root"), TEMPLATES.items())
def test_pixelmed_knows_the_template_and_finds_no_error(written: Written, form: str, root: str) -> None:
    for path in written.files("everything", form):
        _, output, _ = told(pixelmed(), path)
        assert f"Found Root Template {root}" in output
        needed(pixelmed())
        proof = prove(path, None, templates=True)
        (check,) = (one for one in proof.checks if one.by == "PixelMed")
        assert (check.state, check.complaints) == (State.DONE, ()), output


@pytest.fixture(scope="module")
def archive() -> Iterator[orthanc_server.Archive]:
    try:
        with orthanc_server.archive() as started:
            yield started
    except orthanc_server.NoArchive as why:
        pytest.skip(str(why))


def everything(written: Written) -> list[Path]:
    """All objects of the matrix."""
    return [path for case in CASES for form in OBJECTS for path in written.files(case, form)]


def same(sent: Dataset, back: Dataset) -> None:
    """Every element, with its value and the form of its value, at every depth."""
    assert back == sent
    assert back.to_json() == sent.to_json()


def store(archive: orthanc_server.Archive, objects: list[Dataset]) -> None:
    """C-STORE over one association."""
    asking = AE(ae_title="TEST")
    asking.acse_timeout = asking.dimse_timeout = asking.network_timeout = NETWORK_S
    asking.connection_timeout = NETWORK_S
    for kind in sorted({one.SOPClassUID for one in objects}):
        asking.add_requested_context(
            kind, sorted({one.file_meta.TransferSyntaxUID for one in objects if one.SOPClassUID == kind})
        )
    association = asking.associate(orthanc_server.HOST, archive.dicom, ae_title=orthanc_server.TITLE)
    assert association.is_established
    try:
        for one in objects:
            assert association.send_c_store(one).Status == 0
    finally:
        association.release()


def fetch(archive: orthanc_server.Archive, sent: list[Dataset]) -> dict[str, Dataset]:
    """C-GET of every study; objects by their UID."""
    got: dict[str, Dataset] = {}

    def keep(event: evt.Event) -> int:
        found = event.dataset
        found.file_meta = event.file_meta
        got[found.SOPInstanceUID] = found
        return 0

    get = UID("1.2.840.10008.5.1.4.1.2.2.3")  # Study Root Query/Retrieve - GET
    asking = AE(ae_title="TEST")
    asking.acse_timeout = asking.dimse_timeout = asking.network_timeout = NETWORK_S
    asking.connection_timeout = NETWORK_S
    asking.add_requested_context(get)
    kinds = sorted({one.SOPClassUID for one in sent})
    for kind in kinds:
        asking.requested_contexts = [*asking.requested_contexts, build_context(kind)]
    association = asking.associate(
        orthanc_server.HOST,
        archive.dicom,
        ae_title=orthanc_server.TITLE,
        ext_neg=[build_role(kind, scp_role=True) for kind in kinds],
        evt_handlers=[(evt.EVT_C_STORE, keep)],
    )
    assert association.is_established
    try:
        for study in sorted({one.StudyInstanceUID for one in sent}):
            wanted = Dataset()
            wanted.QueryRetrieveLevel, wanted.StudyInstanceUID = "STUDY", study
            statuses = [status.Status for status, _ in association.send_c_get(wanted, get)]
            assert statuses[-1] == 0
    finally:
        association.release()
    return got


@pytest.mark.slow
def test_an_archive_gives_back_what_was_stored_over_the_network(written: Written, archive) -> None:
    archive.empty()
    sent = [dcmread(path) for path in everything(written)]
    assert len(sent) >= len(CASES) * len(OBJECTS) - len(NOTHING_TO_SHOW)
    store(archive, sent)
    fetched = fetch(archive, sent)
    assert set(fetched) == {one.SOPInstanceUID for one in sent}
    for one in sent:
        same(one, fetched[one.SOPInstanceUID])
        same(one, archive.file(one.SOPInstanceUID))


@pytest.mark.slow
def test_an_archive_gives_back_what_was_stored_over_the_web(written: Written, archive) -> None:
    if not archive.web:
        pytest.skip("Orthanc has no DICOMweb here (the package orthanc-dicomweb)")
    archive.empty()
    files = everything(written)
    answer = archive.store_by_web(files)
    assert "00081198" not in answer or answer["00081198"].get("Value", []) == []  # Failed SOP Sequence
    for path in files:
        sent = dcmread(path)
        same(sent, archive.fetch_by_web(sent))


def test_a_faulty_object_is_found_by_each_validator_that_can(written: Written, tmp_path: Path) -> None:
    """The validators are there and are listened to: an object with a fault does not hold."""
    (path,) = written.files("single", "sr")
    faults: dict[str, Callable[[Dataset], None]] = {
        "dciodvfy": lambda made: made.__delattr__("CompletionFlag"),
        "dsrdump": lambda made: made.ContentSequence[0].__delattr__("ValueType"),
    }
    for by, spoil in faults.items():
        made = dcmread(path)
        spoil(made)
        broken = tmp_path / f"{by}.dcm"
        made.save_as(broken)
        checks = {one.by: one for one in prove(broken, None).checks}
        assert checks[by].complaints or checks[by].state is State.MISSING
