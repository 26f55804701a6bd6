"""`annotator import` from outside: nothing twice, nothing half, nobody's own reading changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import made_datasets as sets
import public_files as made
import pytest

from annotator.bootstrap import open_workspace
from annotator.cli import main
from annotator.cli.import_ import KINDS
from annotator.exchange.finding_json import write_findings
from annotator.jobs import Cancelled, CancelToken, Progress
from annotator.model import edits
from annotator.model.audit import AuditAct
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.reporting.import_sources import NAMES, Wanted
from annotator.reporting.importing import State, carry_out, plan
from annotator.settings import load_settings
from annotator.workspace import Workspace


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'readings.db'}"


def opened(url: str, reader: str = "dr a") -> Workspace:
    return open_workspace(load_settings(None, {"database": url, "reader": reader}))


def saved(url: str) -> dict[str, Reading]:
    workspace = opened(url)
    try:
        return {one.reader: workspace.latest(one.reading_id) for one in workspace.readings()}
    finally:
        workspace.close()


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict, str]:
    status = main(["import", *map(str, words), "--json"])
    told = capsys.readouterr()
    return status, json.loads(told.out), told.err


def test_every_kind_can_be_named() -> None:
    assert KINDS == NAMES


def test_a_dry_run_saves_nothing_and_says_the_same_as_the_run(tmp_path: Path, url: str, capsys) -> None:
    made.make_inbreast(tmp_path / "set")
    status, would, _ = run(capsys, tmp_path / "set", "--database", url, "--dry-run")
    assert (status, would["dry_run"], would["readings"][0]["saved"]) == (0, True, False)
    assert saved(url) == {}
    status, did, _ = run(capsys, tmp_path / "set", "--database", url)
    assert status == 0
    assert did["readings"][0] == would["readings"][0] | {"saved": True}
    assert len(saved(url)["INbreast"].marks) == did["readings"][0]["marks"] == 4


def test_running_again_brings_nothing_in_twice(tmp_path: Path, url: str, capsys) -> None:
    made.make_cbis(tmp_path / "set")
    run(capsys, tmp_path / "set", "--database", url)
    first = saved(url)
    status, again, _ = run(capsys, tmp_path / "set", "--database", url)
    assert (status, again["readings"][0]["state"], again["readings"][0]["saved"]) == (
        0,
        "there already",
        False,
    )
    assert saved(url) == first
    workspace = opened(url)
    (one,) = workspace.readings()
    assert one.revisions == 1
    workspace.close()


def test_the_import_is_an_act_of_its_own_and_in_the_audit(tmp_path: Path, url: str, capsys) -> None:
    made.make_vindr(tmp_path / "set")
    run(capsys, tmp_path / "set", "--database", url)
    workspace = opened(url)
    (one,) = workspace.readings()
    (revision,) = workspace.revisions(one.reading_id)
    assert (revision.act, revision.label) == (Act.IMPORT, "Import from VinDr-Mammo")
    (entry,) = workspace._store.audit()
    assert (entry.act, entry.reading_id) == (AuditAct.IMPORTED, one.reading_id)
    assert entry.what == "Import from VinDr-Mammo"
    workspace.close()
    assert main(["history", one.study_instance_uid, "--database", url]) == 0
    assert "took F1 from VinDr-Mammo: finding categories" in capsys.readouterr().out


def test_what_a_source_adds_later_joins_what_is_there(tmp_path: Path, url: str, capsys) -> None:
    top = tmp_path / "set"
    made.make_inbreast(top)
    run(capsys, top, "--database", url)
    regions = [made.region("Calcification", [made.FAR_SPECK])]
    file = top / "AllXML" / "20586908.xml"
    made.write_regions(file, regions)
    status, told, _ = run(capsys, top, "--database", url)
    assert (status, told["readings"][0]["state"]) == (0, "more")
    reading = saved(url)["INbreast"]
    assert [one.number for one in reading.findings] == [1, 2]
    assert [mark.number for mark in reading.marks] == [1, 2, 3, 4, 5]


def test_words_that_changed_in_the_source_change_here_and_nothing_is_doubled(
    tmp_path: Path, url: str, capsys
) -> None:
    top = tmp_path / "set"
    made.make_vindr(top)
    run(capsys, top, "--database", url)
    before = saved(url)["VinDr-Mammo"].findings[0]
    table = top / "finding_annotations.csv"
    table.write_text(table.read_text().replace("BI-RADS 4,110", "BI-RADS 5,110"))
    run(capsys, top, "--database", url)
    (after,) = saved(url)["VinDr-Mammo"].findings
    assert (before.assessment, after.assessment) == ("4", "5")
    assert after.id == before.id


def test_a_reading_of_a_person_is_never_changed(tmp_path: Path, url: str, capsys) -> None:
    made.make_inbreast(tmp_path / "set")
    run(capsys, tmp_path / "set", "--database", url)
    workspace = opened(url, "INbreast")
    (one,) = workspace.readings()
    reading = workspace.latest(one.reading_id)
    mine = edits.describe(reading, reading.findings[0].id, comment="mine")
    workspace.save(mine, based_on=1, act=Act.EDIT, label="Comment")
    workspace.close()
    made.write_regions(tmp_path / "set" / "AllXML" / "20586908.xml", [made.region("Calcification", [(9, 9)])])
    status, told, _ = run(capsys, tmp_path / "set", "--database", url)
    assert status == 1
    uid = told["readings"][0]["study_instance_uid"]
    assert told["refused"][0].startswith(
        f"INbreast's reading of the exam of an unknown day (...{uid[-8:]}) holds acts of a person and was left as it is"
    )
    assert saved(url) == {"INbreast": mine}
    status, told, _ = run(capsys, tmp_path / "set", "--database", url, "--reader", "INbreast 2")
    assert status == 0
    assert saved(url).keys() == {"INbreast", "INbreast 2"}


def test_what_has_no_image_is_counted_and_the_rest_is_brought_in(tmp_path: Path, url: str, capsys) -> None:
    made.make_inbreast(tmp_path / "set")
    made.write_regions(tmp_path / "set" / "AllXML" / "777.xml", [made.region("Calcification", [(1, 2)])])
    assert main(["import", str(tmp_path / "set"), "--database", url]) == 1
    told = capsys.readouterr()
    assert "saved 1 reading" in told.out
    assert "1 image not at hand: 777.xml" in told.err


def test_images_may_lie_elsewhere(tmp_path: Path, url: str, capsys) -> None:
    made.make_inbreast(tmp_path / "images")
    (tmp_path / "images" / "AllXML").rename(tmp_path / "xml")
    status, told, _ = run(capsys, tmp_path / "xml", "--images", tmp_path / "images", "--database", url)
    assert (status, told["readings"][0]["marks"]) == (0, 4)


def test_nothing_of_a_refused_exam_is_saved(tmp_path: Path, url: str, capsys) -> None:
    good, bad = {"category_id": 2, "bbox": [110, 90, 70, 70]}, {"category_id": 2, "bbox": [1, 1, 0, 0]}
    path = sets.make_coco(tmp_path / "set", sets.coco_document(good, bad))
    status, told, _ = run(capsys, path, "--database", url)
    assert (status, told["readings"]) == (1, [])
    assert saved(url) == {}


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["nowhere"], 2, "there is no such file or folder"),
        (["."], 1, "holds no annotations that this program knows"),
        ([".", "--as", "vindr"], 1, r"holds no finding_annotations.csv"),
    ],
)
def test_wrong_calls_end_in_one_sentence(
    tmp_path: Path, url: str, capsys, monkeypatch, words: list[str], status: int, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["import", *words, "--database", url]) == status
    told = capsys.readouterr().err
    assert sentence in told
    assert len(told.strip().splitlines()) == 1


def test_cancelling_keeps_what_was_saved_and_goes_on_later(tmp_path: Path, url: str) -> None:
    made.make_inbreast(tmp_path / "set")
    made.write_regions(tmp_path / "set" / "AllXML" / "20586934.xml", [made.region("Calcification", [(9, 9)])])
    workspace = opened(url)
    planned = plan(workspace, Wanted(paths=(tmp_path / "set",)))
    assert len(planned.readings) == 2

    def after_one(progress: Progress) -> None:
        # told before the first is saved, heard before the second
        if progress.what == "readings saved":
            token.cancel()

    token = CancelToken(after_one)
    with pytest.raises(Cancelled):
        carry_out(workspace, planned, token)
    assert len(workspace.readings()) == 1
    again = plan(workspace, Wanted(paths=(tmp_path / "set",)))
    carry_out(workspace, again)
    assert len(workspace.readings()) == 2
    assert {one.revisions for one in workspace.readings()} == {1}
    workspace.close()


def own_reading(path: Path, reader: str = "dr b") -> Reading:
    """A reading of one image, with a finding and a mark."""
    sop, study = sets.uids(path)
    reading, one = edits.add_finding(Reading(id="r", reader=reader, study_instance_uid=study))
    return edits.add_mark(reading, one.id, ImageKey(sop), ImagePoint(12.5, 20.25), MarkKind.MACRO)[0]


def test_our_own_json_comes_back_whole(tmp_path: Path, url: str, capsys) -> None:
    image = tmp_path / "set" / "a.dcm"
    made.write_dicom(image, made.breast())
    reading = own_reading(image)
    write_findings(reading, {}, {}, tmp_path / "set" / "a.json")
    status, told, _ = run(capsys, tmp_path / "set", "--database", url)
    assert (status, told["readings"][0]["source"]) == (0, "Mammogram Annotator")
    there = saved(url)["dr b"]
    assert replace(there, id="r") == reading
    status, told, _ = run(capsys, tmp_path / "set" / "a.json", "--database", url)
    assert (status, told["readings"][0]["state"]) == (0, "there already")


def test_json_of_another_exam_or_beyond_the_image_is_refused(tmp_path: Path, url: str, capsys) -> None:
    image = tmp_path / "set" / "a.dcm"
    made.write_dicom(image, made.breast())
    reading = own_reading(image)
    far = replace(reading, marks=(replace(reading.marks[0], point=ImagePoint(500.0, 1.0)),))
    for wrong, words in (
        (replace(reading, study_instance_uid="1.2.3"), "images of this reading are not at hand"),
        (far, "beyond the edge of an image of 400 x 300 pixels"),
    ):
        write_findings(wrong, {}, {}, tmp_path / "set" / "a.json")
        assert main(["import", str(tmp_path / "set"), "--database", url]) == 1
        assert words in capsys.readouterr().err
    assert saved(url) == {}


def test_a_name_that_nobody_can_have_is_refused(tmp_path: Path, url: str, capsys) -> None:
    image = tmp_path / "set" / "a.dcm"
    made.write_dicom(image, made.breast())
    write_findings(own_reading(image, "dr\x07b"), {}, {}, tmp_path / "set" / "a.json")
    status, told, _ = run(capsys, tmp_path / "set", "--database", url)
    assert status == 1
    assert "--reader' gives one" in told["refused"][0]


def test_data_sets_are_in_the_words_of_the_fifth_edition(tmp_path: Path, url: str) -> None:
    made.make_cbis(tmp_path / "set")
    settings = load_settings(None, {"database": url, "reader": "dr a", "lexicon_edition": "v2025"})
    workspace = open_workspace(settings)
    (one,) = plan(workspace, Wanted(paths=(tmp_path / "set",))).readings
    assert one.after.lexicon_edition == "5"
    workspace.close()


def test_a_reading_in_two_files_of_one_source_is_one_act(tmp_path: Path, url: str) -> None:
    top = tmp_path / "set"
    study = {"StudyInstanceUID": "1.2.3.4"}
    for name, at in (("one", (5, 5)), ("two", (9, 9))):
        made.write_dicom(top / f"{name}.dcm", made.breast(), **study)
        document = json.loads(
            sets.make_labelme(tmp_path / "m", sets.shape("calcification", "point", [at])).read_text()
        )
        (top / f"{name}.json").write_text(json.dumps(document | {"imagePath": f"{name}.png"}))
    workspace = opened(url)
    planned = plan(workspace, Wanted(paths=(top,)))
    (one,) = planned.readings
    assert (one.state, one.findings, one.marks) == (State.NEW, 2, 2)
    assert len(carry_out(workspace, planned).saved) == 1
    workspace.close()
