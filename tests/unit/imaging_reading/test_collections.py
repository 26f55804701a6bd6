"""Folders, DICOMDIRs and ZIP archives: everything is listed or named with its reason, nothing escapes."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage
from reading_files import breast, native

from annotator.imaging.archive import shown_path
from annotator.imaging.collection import group_exams, list_images
from annotator.jobs import Cancelled, CancelToken, Progress


def _image(path: Path, number: int = 1, study: str = "2.25.1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return native(path, breast(8, 8), SOPInstanceUID=f"2.25.{number}", StudyInstanceUID=study)


def _dicomdir(folder: Path, files: list[list[str]]) -> Path:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    meta.MediaStorageSOPInstanceUID = "2.25.9"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.FileSetID = "TEST"
    records = []
    for parts in [[], *files]:
        record = Dataset()
        record.OffsetOfTheNextDirectoryRecord = 0x7FFFFFF0
        record.RecordInUseFlag = 0xFFFF
        record.OffsetOfReferencedLowerLevelDirectoryEntity = 368
        record.DirectoryRecordType = "IMAGE" if parts else "PATIENT"
        if parts:
            record.ReferencedFileID = parts
        records.append(record)
    dataset.DirectoryRecordSequence = Sequence(records)
    path = folder / "DICOMDIR"
    dataset.save_as(path, enforce_file_format=True)
    return path


def _names(found) -> list[str]:
    return [i.path.name for i in found.images]


def test_a_folder_lists_pictures_and_names_the_rest(tmp_path: Path):
    _image(tmp_path / "b.dcm", 2)
    _image(tmp_path / "A.dcm", 1)
    _image(tmp_path / "picture.jpg", 4)
    _image(tmp_path / "deep" / "IM0001", 3)
    (tmp_path / "broken.dcm").write_bytes(b"not at all" * 20)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / ".hidden.dcm").write_text("hello")
    found = list_images([tmp_path])
    assert _names(found) == ["A.dcm", "b.dcm", "picture.jpg", "IM0001"]
    assert [(r.path.name, "not a DICOM file" in r.reason) for r in found.rejected] == [("broken.dcm", True)]
    assert _names(list_images([tmp_path], recursive=False)) == ["A.dcm", "b.dcm", "picture.jpg"]


def test_what_is_named_and_cannot_be_opened_is_rejected(tmp_path: Path):
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    found = list_images([text, tmp_path / "nowhere", _image(tmp_path / "a.dcm")])
    assert _names(found) == ["a.dcm"]
    assert ["not a DICOM file" in r.reason or "no such file" in r.reason for r in found.rejected] == [
        True,
        True,
    ]


def test_a_file_named_twice_is_listed_once_and_a_copy_is_noted(tmp_path: Path):
    one = _image(tmp_path / "a.dcm")
    _image(tmp_path / "copy.dcm")
    found = list_images([one, tmp_path])
    assert _names(found) == ["a.dcm", "copy.dcm"]
    assert any("same SOP instance as a.dcm" in r for r in found.images[1].repairs)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_folders_that_link_to_themselves_end(tmp_path: Path):
    _image(tmp_path / "deep" / "a.dcm")
    (tmp_path / "deep" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    os.mkfifo(tmp_path / "pipe")
    assert _names(list_images([tmp_path])) == ["a.dcm"]


def test_progress_is_told_and_cancelling_stops(tmp_path: Path):
    for number in range(5):
        _image(tmp_path / f"{number}.dcm", number + 1)
    told: list[Progress] = []

    def stop_after_two(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 2:
            token.cancel()

    token = CancelToken(stop_after_two)
    with pytest.raises(Cancelled):
        list_images([tmp_path], token=token)
    assert [p.what for p in told] == ["0.dcm", "1.dcm"]


def test_exams_are_studies_and_folders_where_no_study_is_named(tmp_path: Path):
    _image(tmp_path / "a.dcm", 1, "2.25.7")
    _image(tmp_path / "b.dcm", 2, "2.25.8")
    _image(tmp_path / "c.dcm", 3, "2.25.7")
    _image(tmp_path / "x" / "d.dcm", 4, "")
    _image(tmp_path / "x" / "e.dcm", 5, "")
    _image(tmp_path / "y" / "f.dcm", 6, "")
    exams = group_exams(list_images([tmp_path]).images)
    assert [[i.path.name for i in e.images] for e in exams] == [
        ["a.dcm", "c.dcm"],
        ["b.dcm"],
        ["d.dcm", "e.dcm"],
        ["f.dcm"],
    ]
    assert len({e.study_instance_uid for e in exams}) == 4
    again = group_exams(list_images([tmp_path]).images)
    assert [e.study_instance_uid for e in again] == [e.study_instance_uid for e in exams]


def test_a_dicomdir_lists_its_files_whatever_its_offsets_say(tmp_path: Path):
    _image(tmp_path / "EXAM" / "im1", 1)
    _image(tmp_path / "EXAM" / "IM2", 2)
    _image(tmp_path / "other.dcm", 3)
    path = _dicomdir(tmp_path, [["EXAM", "IM1"], ["EXAM", "IM2"], ["EXAM", "IM3"]])
    found = list_images([path])
    assert _names(found) == ["im1", "IM2"]
    assert [r.path.name for r in found.rejected] == ["IM3"]
    assert "missing" in found.rejected[0].reason
    in_folder = list_images([tmp_path])
    assert _names(in_folder) == ["other.dcm", "im1", "IM2"]
    assert [r.path.name for r in in_folder.rejected] == ["IM3"]


@pytest.mark.parametrize("parts", [["..", "secret.dcm"], ["..\\secret.dcm"], ["/etc", "passwd"], ["C:", "x"]])
def test_a_dicomdir_does_not_lead_out_of_its_folder(tmp_path: Path, parts: list[str]):
    _image(tmp_path / "secret.dcm")
    disc = tmp_path / "disc"
    _image(disc / "IM1", 2)
    content = _dicomdir(disc, [["X" * len("\\".join(parts))], ["IM1"]])
    wanted = "\\".join(parts).encode()
    content.write_bytes(content.read_bytes().replace(b"X" * len(wanted), wanted))
    found = list_images([content])
    assert _names(found) == ["IM1"]
    assert ["outside its folder" in r.reason for r in found.rejected] == [True]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_dicomdir_does_not_follow_links_out_of_its_folder(tmp_path: Path):
    secret = _image(tmp_path / "secret.dcm")
    disc = tmp_path / "disc"
    _image(disc / "IM1", 2)
    (disc / "IM2").symlink_to(secret)
    found = list_images([_dicomdir(disc, [["IM1"], ["IM2"]])])
    assert _names(found) == ["IM1"]
    assert ["leads outside" in r.reason for r in found.rejected] == [True]


@pytest.mark.parametrize("damage", ["cut", "junk", "lists nothing"])
def test_a_damaged_dicomdir_has_its_folder_searched(tmp_path: Path, damage: str):
    _image(tmp_path / "EXAM" / "IM1")
    path = _dicomdir(tmp_path, [["GONE"]] if damage == "lists nothing" else [["EXAM", "IM1"]])
    if damage != "lists nothing":
        content = path.read_bytes()
        path.write_bytes(content[:300] if damage == "cut" else b"\0" * 700)
    found = list_images([path])
    assert _names(found) == ["IM1"]
    assert "searched instead" in found.rejected[0].reason


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_zip_archive_is_read_like_a_folder(tmp_path: Path):
    picture = _image(tmp_path / "a.dcm").read_bytes()
    path = _zip(
        tmp_path / "exam.zip",
        {
            "exam/IM1": picture,
            "exam/readme.txt": b"hello",
            "exam/bad.dcm": b"junk" * 50,
            "__MACOSX/._IM1": b"junk",
            "exam/shot.png": b"\x89PNG" * 99,
        },
    )
    found = list_images([path])
    assert _names(found) == ["IM1"]
    assert shown_path(found.images[0].path) == path / "exam" / "IM1"
    assert [shown_path(r.path) for r in found.rejected] == [path / "exam" / "bad.dcm"]


def test_an_archive_in_a_folder_is_named(tmp_path: Path):
    _zip(tmp_path / "exam.ZIP", {"IM1": _image(tmp_path / "a.dcm").read_bytes()})
    (tmp_path / "no.zip").write_text("only called so")
    found = list_images([tmp_path])
    assert _names(found) == ["a.dcm"]
    assert [r.path.name for r in found.rejected] == ["exam.ZIP"]
    assert "open it by itself" in found.rejected[0].reason


def test_an_archive_within_an_archive_is_named(tmp_path: Path):
    inner = _zip(tmp_path / "inner.zip", {"IM1": _image(tmp_path / "a.dcm").read_bytes()})
    found = list_images([_zip(tmp_path / "outer.zip", {"exams/inner.zip": inner.read_bytes()})])
    assert not found.images
    assert [r.path for r in found.rejected] == [tmp_path / "outer.zip" / "exams" / "inner.zip"]
    assert "ZIP archive within another" in found.rejected[0].reason


def test_a_zip_archive_with_a_dicomdir(tmp_path: Path):
    _image(tmp_path / "disc" / "IM1")
    _dicomdir(tmp_path / "disc", [["IM1"], ["IM2"]])
    members = {f"disc/{n}": (tmp_path / "disc" / n).read_bytes() for n in ("DICOMDIR", "IM1")}
    found = list_images([_zip(tmp_path / "disc.zip", members)])
    assert _names(found) == ["IM1"]
    assert [r.path.name for r in found.rejected] == ["IM2"]


@pytest.mark.parametrize(
    "name", ["../escaped.dcm", "..\\escaped.dcm", "/escaped.dcm", "C:\\escaped.dcm", "a/../../escaped.dcm"]
)
def test_members_that_climb_stay_in_the_archive(tmp_path: Path, name: str):
    picture = _image(tmp_path / "in" / "a.dcm").read_bytes()
    found = list_images([_zip(tmp_path / "x.zip", {name: picture, "fine.dcm": picture})])
    assert _names(found) == ["fine.dcm"]
    assert ["points outside" in r.reason for r in found.rejected] == [True]
    unpacked = found.images[0].path.parent
    assert not list(unpacked.parent.rglob("escaped*"))
    assert not list(tmp_path.rglob("escaped*"))


def test_a_zip_bomb_stays_packed(tmp_path: Path):
    found = list_images([_zip(tmp_path / "x.zip", {"bomb.dcm": b"\0" * (64 << 20)})])
    assert ["grow beyond any picture" in r.reason for r in found.rejected] == [True]


def test_a_member_that_lies_about_its_size_is_not_believed(tmp_path: Path):
    path = _zip(tmp_path / "x.zip", {"a.dcm": b"\0" * (64 << 20)})
    content = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(signature) + at
        content[start : start + 4] = struct.pack("<I", 4096)
    path.write_bytes(content)
    found = list_images([path])
    assert not found.images
    assert len(found.rejected) == 1
    assert "damaged inside the ZIP" in found.rejected[0].reason


def test_encrypted_members_say_so(tmp_path: Path):
    path = _zip(tmp_path / "x.zip", {"a.dcm": _image(tmp_path / "a.dcm").read_bytes()})
    content = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + at] |= 1
    path.write_bytes(content)
    found = list_images([path])
    assert ["encrypted" in r.reason for r in found.rejected] == [True]


def test_two_members_of_one_name_are_both_kept(tmp_path: Path):
    first, second = (_image(tmp_path / f"{n}.dcm", n).read_bytes() for n in (1, 2))
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.dcm", first)
        archive.writestr("A?.dcm", second)
        archive.writestr("A*.dcm", _image(tmp_path / "3.dcm", 3).read_bytes())
    assert {i.sop_instance_uid for i in list_images([path]).images} == {"2.25.1", "2.25.2", "2.25.3"}


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_cut_archive_is_rejected(tmp_path: Path, keep: float):
    path = _zip(tmp_path / "x.zip", {"a.dcm": os.urandom(4000)})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    found = list_images([path])
    assert not found.images
    assert len(found.rejected) == 1
