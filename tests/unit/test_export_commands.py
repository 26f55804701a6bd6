"""`annotator findings`, `pseudonym` and `audit`: what goes out, how it is turned back, and that both are noted."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from annotator.bootstrap import open_workspace
from annotator.cli import main
from annotator.errors import StoreError
from annotator.exchange.findings_file import read_findings
from annotator.model import edits
from annotator.model.audit import AuditAct
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from annotator.reporting import note_export
from annotator.settings import load_settings
from annotator.store.store import Store
from tests.ui.small_exam import write_exam


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'r.db'}"


@pytest.fixture
def exam(database: str, tmp_path: Path) -> ExamInfo:
    """Read and signed by anna, who wrote the patient's number into a comment."""
    workspace = open_workspace(load_settings(overrides={"database": database, "reader": "anna"}))
    images = workspace.list_images([write_exam(tmp_path / "exam")]).images
    (found,) = workspace.group_exams(images)
    reading, finding = edits.add_finding(workspace.open_reading(found.study_instance_uid, found).reading)
    key = found.images[0].key()
    reading, _ = edits.add_mark(reading, finding.id, key, ImagePoint(40.0, 40.0), MarkKind.MICRO)
    reading = edits.describe(reading, finding.id, comment=f"as told of {found.patient_key}")
    number = workspace.save(reading, based_on=0, act=Act.EDIT, label="said")
    signed = edits.sign(reading, workspace.signature(reading, found))
    workspace.save(signed, based_on=number, act=Act.SIGN, label="Sign")
    workspace.close()
    return found


def written(exam: ExamInfo, database: str, *words: str) -> dict[str, object]:
    file = exam.images[0].path.parent.parent / "f.json"
    common = ["--database", database, "--reader", "anna", "--output", str(file)]
    assert main(["findings", str(exam.images[0].path.parent), *common, *words]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read_findings(file)
    document: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
    return document


def noted(database: str) -> list[tuple[str, str]]:
    store = Store.open(database)
    entries = store.audit()
    store.close()
    return [(entry.act.value, entry.what) for entry in reversed(entries)]


def test_findings_name_nobody_and_the_database_turns_them_back(exam: ExamInfo, database: str, capsys) -> None:
    document = written(exam, database)
    text = json.dumps(document)
    for image in exam.images:
        assert f'"{image.sop_instance_uid}"' not in text
    assert f'"{exam.study_instance_uid}"' not in text
    assert exam.patient_key not in text
    assert "as told of ***" in text
    for key in ("exam_pseudonym", "patient_pseudonym", "study_instance_uid"):
        assert main(["pseudonym", str(document[key]), "--database", database]) == 0
        assert exam.study_instance_uid in capsys.readouterr().out
    marked = document["findings"][0]["marks"][0]["image"]["sop_instance_uid"]  # type: ignore[index]
    assert main(["pseudonym", marked, "--database", database]) == 0
    assert f"image {exam.images[0].sop_instance_uid}" in capsys.readouterr().out
    assert main(["pseudonym", "--of", exam.study_instance_uid, "--database", database]) == 0
    assert capsys.readouterr().out.strip() == document["exam_pseudonym"]
    said = [what for act, what in noted(database) if act == "exported"]
    assert said[0] == f"findings as JSON, as {document['exam_pseudonym']}"
    assert said[1] == f"pseudonym {document['exam_pseudonym']} turned back"


def test_a_name_of_another_database_is_nobodys(exam: ExamInfo, database: str, tmp_path: Path, capsys) -> None:
    name = str(written(exam, database)["exam_pseudonym"])
    other = f"sqlite:///{tmp_path / 'other.db'}"
    Store.open(other).close()
    assert main(["pseudonym", name, "--database", other]) == 1
    assert "name the database the file came from" in capsys.readouterr().err


def test_identified_has_the_uids_and_is_noted_as_such(exam: ExamInfo, database: str) -> None:
    document = written(exam, database, "--identified")
    assert document["identified"] is True
    assert document["study_instance_uid"] == exam.study_instance_uid
    assert exam.patient_key in json.dumps(document)
    assert ("exported", "findings as JSON, with the patient's name") in noted(database)


def test_signing_and_every_export_are_noted_with_no_name(exam: ExamInfo, database: str, capsys) -> None:
    folder = str(exam.images[0].path.parent)
    assert main(["report", folder, "--database", database, "--reader", "anna"]) == 0
    capsys.readouterr()
    assert main(["audit", "--database", database, "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)["audit"]
    assert [(one["act"], one["who"]) for one in entries] == [("exported", "anna"), ("signed", "anna")]
    assert {one["study_instance_uid"] for one in entries} == {exam.study_instance_uid}
    assert exam.patient_key not in json.dumps(entries)
    assert main(["audit", "--database", database, "--act", "signed", "--by", "anna"]) == 0
    told = capsys.readouterr()
    assert "anna" in told.out
    assert told.out.count("\n") == 1
    assert main(["audit", "--database", database, "--since", "2999-01-01"]) == 0
    assert capsys.readouterr().err == "Nothing of that is noted.\n"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_database_still_exports_what_names_nobody(exam: ExamInfo, database: str) -> None:
    Path(database.removeprefix("sqlite:///")).chmod(0o400)
    written(exam, database)


def test_what_names_the_patient_is_not_made_where_it_cannot_be_noted(
    exam: ExamInfo, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_how: object) -> None:
        raise StoreError("can only be read")

    monkeypatch.setattr(Store, "note", refuse)
    workspace = open_workspace(load_settings(overrides={"database": database, "reader": "anna"}))
    reading = workspace.open_reading(exam.study_instance_uid, exam).reading
    note_export(workspace, reading, "report as pdf", identified=False)
    with pytest.raises(StoreError, match="can only be read"):
        note_export(workspace, reading, "report as pdf", identified=True)
    workspace.close()
    assert AuditAct.EXPORTED.value not in dict(noted(database))
