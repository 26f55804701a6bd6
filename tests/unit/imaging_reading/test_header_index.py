"""A folder seen before lists from the index, exactly as it would be read, and never from a stale row."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from reading_files import breast, native

from annotator.cli import main
from annotator.imaging import collection, dicom_file, header_index
from annotator.imaging.collection import Listing, list_images
from annotator.imaging.header_index import FORMAT, HeaderIndex, forget_index, stamp_of
from annotator.imaging.header_record import decode, encode
from annotator.model.geometry import PixelSpacing
from annotator.model.image import ImageInfo
from annotator.settings import header_index_path


@pytest.fixture(autouse=True)
def files_are_settled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = header_index.HeaderIndex.__init__
    monkeypatch.setattr(HeaderIndex, "__init__", lambda self, path: kept(self, path, settled_ns=0))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files whose header was read."""
    names: list[str] = []
    reading = dicom_file.read_info
    monkeypatch.setattr(dicom_file, "read_info", lambda path: (names.append(path.name), reading(path))[1])
    return names


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "headers.sqlite"


def _image(path: Path, number: int = 1, **changes: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return native(path, breast(8, 8), SOPInstanceUID=f"2.25.{number}", **changes)


def _lut() -> Sequence:
    item = Dataset()
    item.LUTDescriptor = [3, 0, 16]
    item.LUTExplanation = "HARDER"
    item.add_new(0x00283006, "OW", bytes(range(6)))
    return Sequence([item])


def _exam(folder: Path) -> Path:
    _image(folder / "a.dcm", 1, PatientName="Doe^Jane", WindowCenter=[100, 200], WindowWidth=[50, 60])
    _image(folder / "b.dcm", 2, VOILUTSequence=_lut(), ImagerPixelSpacing=[0.07, 0.07])
    _image(folder / "copy.dcm", 2)
    (folder / "broken.dcm").write_bytes(b"not at all" * 20)
    (folder / "notes.txt").write_text("hello")
    _image(folder / "deep" / "IM1", 3)
    return folder


EXAM = {"a.dcm", "b.dcm", "copy.dcm", "broken.dcm", "IM1"}


def test_a_folder_seen_before_lists_the_same_without_reading(tmp_path: Path, index: Path, read: list[str]):
    folder = _exam(tmp_path / "exam")
    plain = list_images([folder])
    read.clear()
    cold = list_images([folder], index=index)
    assert set(read) == EXAM
    read.clear()
    assert list_images([folder], index=index) == cold == plain
    assert list_images([folder / "b.dcm", folder / "notes.txt"], index=index) == list_images(
        [folder / "b.dcm", folder / "notes.txt"]
    )
    assert read == ["b.dcm"]  # by the listing without an index only


def test_rows_hold_for_the_path_as_it_is_named(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch):
    folder = _exam(tmp_path / "exam")
    list_images([folder], index=index)
    monkeypatch.chdir(tmp_path)
    assert [i.path for i in list_images([Path("exam")], recursive=False, index=index).images] == [
        Path("exam/a.dcm"),
        Path("exam/b.dcm"),
        Path("exam/copy.dcm"),
    ]


class TestAFileThatIsNoLongerTheSame:
    def listed(
        self, tmp_path: Path, index: Path, read: list[str], change: Callable[[Path], object]
    ) -> Listing:
        folder = _exam(tmp_path / "exam")
        list_images([folder], index=index)
        change(folder / "a.dcm")
        read.clear()
        found = list_images([folder], index=index)
        assert found == list_images([folder])
        return found

    def test_same_size_another_time(self, tmp_path: Path, index: Path, read: list[str]):
        def change(path: Path) -> None:
            path.write_bytes(path.read_bytes().replace(b"Doe^Jane", b"Roe^Mary"))

        found = self.listed(tmp_path, index, read, change)
        assert found.images[0].patient_name == "Roe^Mary"
        assert read[0] == "a.dcm"
        assert read.count("b.dcm") == 1  # by the listing without an index only

    def test_same_size_and_time_of_content(self, tmp_path: Path, index: Path, read: list[str]):
        def change(path: Path) -> None:
            before = path.stat()
            path.write_bytes(path.read_bytes().replace(b"Doe^Jane", b"Roe^Mary"))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

        if os.name == "nt":
            pytest.skip("there is no time of change of the file itself")
        assert self.listed(tmp_path, index, read, change).images[0].patient_name == "Roe^Mary"

    def test_another_size_same_time(self, tmp_path: Path, index: Path, read: list[str]):
        def change(path: Path) -> None:
            before = path.stat()
            path.write_bytes(path.read_bytes() + b"\0" * 10)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

        self.listed(tmp_path, index, read, change)

    def test_replaced(self, tmp_path: Path, index: Path, read: list[str]):
        other = _image(tmp_path / "other.dcm", 7, PatientName="Poe^Anna")
        os.utime(other, (1, 1))
        assert self.listed(tmp_path, index, read, other.replace).images[0].patient_name == "Poe^Anna"

    def test_taken_away(self, tmp_path: Path, index: Path, read: list[str]):
        found = self.listed(tmp_path, index, read, Path.unlink)
        assert "a.dcm" not in [i.path.name for i in found.images]
        assert b"a.dcm" not in _names(index)

    def test_no_picture_any_more(self, tmp_path: Path, index: Path, read: list[str]):
        found = self.listed(tmp_path, index, read, lambda path: path.write_text("hello"))
        assert found.rejected[0].path.name == "a.dcm"

    def test_text_that_becomes_a_picture(self, tmp_path: Path, index: Path, read: list[str]):
        found = self.listed(tmp_path, index, read, lambda path: path.replace(path.parent / "notes.txt"))
        assert "notes.txt" in [i.path.name for i in found.images]


def _names(index: Path) -> set[bytes]:
    with sqlite3.connect(index) as database:
        found = {row[0] for row in database.execute("select name from files")}
    database.close()
    return found


def test_a_file_changed_a_moment_ago_is_read_anew(tmp_path: Path, index: Path):
    path = _image(tmp_path / "a.dcm")
    with HeaderIndex(index) as rows:
        rows._settled_ns = 3_600_000_000_000
        rows.remember(path, stamp_of(path), dicom_file.read_info(path))
    with HeaderIndex(index) as rows:
        assert rows.known(path) is None


def test_what_may_go_better_next_time_is_not_kept(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch, read: list[str]
):
    path = _image(tmp_path / "a.dcm")
    with monkeypatch.context() as patched:

        def fails(path: Path, **_: Any) -> None:
            raise OSError(5, "Input/output error")

        patched.setattr(dicom_file, "read_raw", fails)
        assert "Input/output error" in list_images([path], index=index).rejected[0].reason
    assert list_images([path], index=index).images


def test_archives_are_not_kept(tmp_path: Path, index: Path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "exam.zip", "w") as archive:
        archive.write(_image(tmp_path / "a.dcm"), "a.dcm")
    assert list_images([tmp_path / "exam.zip"], index=index).images
    assert _names(index) == set()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"this is no database" * 500),
        lambda path: path.write_bytes(path.read_bytes()[:5000] + b"\xff" * 4000),
        lambda path: path.write_bytes(b""),
        lambda path: _execute(path, f"pragma user_version = {FORMAT + 1}"),
        lambda path: _execute(path, "drop table files"),
        lambda path: _execute(path, "alter table files add column more text"),
    ],
    ids=["other file", "damaged", "empty", "newer", "table gone", "other table"],
)
def test_an_index_that_cannot_be_used_is_made_anew(tmp_path: Path, index: Path, read: list[str], spoil):
    folder = _exam(tmp_path / "exam")
    plain = list_images([folder], index=index)
    spoil(index)
    assert list_images([folder], index=index) == plain
    list_images([folder], index=index)
    read.clear()
    assert list_images([folder], index=index) == plain
    assert read == []


def _execute(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(statement)
    database.close()


@pytest.mark.parametrize(
    "record", [b"", b"\xc1", b"\x90", b"\x93\x01\x02\x03", encode(ImageInfo(Path("x"), "1", "2", 3, 4))[:-9]]
)
def test_a_record_that_makes_no_sense_is_read_anew(
    tmp_path: Path, index: Path, read: list[str], record: bytes
):
    folder = _exam(tmp_path / "exam")
    plain = list_images([folder], index=index)
    with sqlite3.connect(index) as database:
        database.execute("update files set record = ? where kind = 0", (record,))
    database.close()
    read.clear()
    assert list_images([folder], index=index) == plain
    assert set(read) == EXAM - {"broken.dcm"}
    assert decode(record, folder) is None


def test_a_locked_index_is_left_out(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(header_index, "_WAIT_S", 0.01)
    folder = _exam(tmp_path / "exam")
    plain = list_images([folder])
    list_images([folder / "a.dcm"], index=index)
    database = sqlite3.connect(index)
    database.execute("begin exclusive")
    assert list_images([folder], index=index) == plain
    database.rollback()
    database.execute("begin immediate")
    assert list_images([folder], index=index) == plain
    database.close()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user who may not do everything")
def test_a_folder_that_cannot_be_written_is_left_out(tmp_path: Path, index: Path):
    folder = _exam(tmp_path / "exam")
    index.parent.mkdir(mode=0o500)
    assert list_images([folder], index=index) == list_images([folder])


def test_a_place_that_cannot_be_made_is_left_out(tmp_path: Path):
    folder = _exam(tmp_path / "exam")
    (tmp_path / "file").write_text("in the way")
    assert list_images([folder], index=tmp_path / "file" / "headers.sqlite") == list_images([folder])
    (tmp_path / "directory.sqlite").mkdir()
    assert list_images([folder], index=tmp_path / "directory.sqlite") == list_images([folder])


def test_rows_of_another_program_are_not_believed(tmp_path: Path, index: Path, read: list[str]):
    folder = _exam(tmp_path / "exam")
    list_images([folder], index=index)
    _execute(index, "update files set reader = x'0011'")
    read.clear()
    list_images([folder], index=index)
    assert set(read) == EXAM


def test_folders_unused_for_longest_go_first(tmp_path: Path, index: Path):
    folders = [tmp_path / name for name in ("old", "older", "new")]
    for number, folder in enumerate(folders):
        _image(folder / "x.dcm", number)
    for days, folder in zip((5, 9, 0), folders, strict=True):
        list_images([folder], index=index)
        with sqlite3.connect(index) as database:
            database.execute(
                "update folders set used = used - ? where folder = ?", (days, os.fsencode(folder.absolute()))
            )
        database.close()
    weight = _total(index)
    _image(tmp_path / "last" / "x.dcm", 4)
    with HeaderIndex(index) as rows:
        rows._max_bytes = weight
        path = tmp_path / "last" / "x.dcm"
        rows.remember(path, stamp_of(path), dicom_file.read_info(path))
    with HeaderIndex(index) as rows:
        kept = {f.name for f in [*folders, tmp_path / "last"] if rows.known(f / "x.dcm") is not None}
    assert kept == {"old", "new", "last"}
    assert _total(index) <= weight


def _total(index: Path) -> int:
    with sqlite3.connect(index) as database:
        total = database.execute("select sum(weight) from folders").fetchone()[0]
    database.close()
    return int(total)


def test_looking_at_a_folder_again_makes_it_new(tmp_path: Path, index: Path):
    path = _image(tmp_path / "exam" / "a.dcm")
    list_images([path], index=index)
    _execute(index, "update folders set used = 3")
    list_images([path], index=index)
    with sqlite3.connect(index) as database:
        assert database.execute("select used from folders").fetchone()[0] == int(time.time()) // 86_400
    database.close()


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_only_the_user_may_read_it(tmp_path: Path, index: Path):
    list_images([_image(tmp_path / "a.dcm")], index=index)
    assert stat.S_IMODE(index.stat().st_mode) == 0o600
    assert stat.S_IMODE(index.parent.stat().st_mode) == 0o700


def test_listings_at_the_same_time_do_not_hinder_each_other(tmp_path: Path, index: Path):
    folders = [_exam(tmp_path / f"exam{n}") for n in range(4)]
    plain = [list_images([f]) for f in folders]
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(5):
            wrong.extend([number] if list_images([folders[number]], index=index) != plain[number] else [])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_listing_given_up_keeps_what_it_had_read(tmp_path: Path, index: Path, read: list[str]):
    folder = _exam(tmp_path / "exam")
    found = collection.scan([folder], index=index)
    next(found)
    next(found)
    found.close()
    read.clear()
    list_images([folder], index=index)
    assert set(read) == EXAM - {"a.dcm", "b.dcm"}


WARM = """
import sys
from pathlib import Path
from annotator.imaging.collection import list_images
found = list_images([Path(sys.argv[1])], index=Path(sys.argv[2]))
print(len(found.images), *sorted({"pydicom", "sqlalchemy", "numpy", "cv2"} & set(sys.modules)))
"""


def test_a_listing_of_known_files_imports_no_reader(tmp_path: Path, index: Path):
    folder = _exam(tmp_path / "exam")
    list_images([folder], index=index)
    done = subprocess.run(
        [sys.executable, "-c", WARM, str(folder), str(index)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["4"]
    _image(folder / "new.dcm", 9)
    done = subprocess.run(
        [sys.executable, "-c", WARM, str(folder), str(index)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[:1] == ["5"]
    assert "pydicom" in done.stdout.split()


def test_doctor_forgets_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    list_images([_image(tmp_path / "a.dcm")], index=header_index_path())
    assert main(["doctor", "--forget-index"]) == 0
    assert not header_index_path().exists()
    assert "was removed" in capsys.readouterr().out
    assert main(["doctor", "--forget-index"]) == 0
    assert "there is none" in capsys.readouterr().out
    assert not forget_index(header_index_path())


def _any(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type as they stand in headers, NaN and characters that no file name encoding knows left out."""
    plain = {
        int: st.integers(-(2**63), 2**63 - 1),
        float: st.floats(allow_nan=False),
        str: st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        bytes: st.binary(max_size=8),
        bool: st.booleans(),
        Path: st.just(Path("/x/y.dcm")),
        type(None): st.none(),
        PixelSpacing: st.builds(
            PixelSpacing,
            st.floats(1e-6, 1e6),
            st.floats(1e-6, 1e6),
            _enum(get_type_hints(PixelSpacing)["basis"]),
        ),
    }
    if hint in plain:
        return plain[hint]
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([_any(a) for a in get_args(hint)])
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        return (
            st.lists(_any(inner[0]), max_size=3).map(tuple) if ... in inner else st.tuples(*map(_any, inner))
        )
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if issubclass(hint, Enum):
        return _enum(hint)
    return st.builds(hint, **{name: _any(kind) for name, kind in get_type_hints(hint).items()})


def _enum(hint: type[Enum]) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(hint))


@given(_any(ImageInfo))
def test_any_image_comes_back_as_it_was(info: ImageInfo):
    record = encode(info)
    assert record is not None
    back = decode(record, info.path)
    assert back == info
    assert hash(back) == hash(info)
    assert decode(record[:-1], info.path) is None
    assert decode(record + b"\0", info.path) is None


@pytest.mark.parametrize("change", [{"patient_name": "\udc80"}, {"rows": 1 << 70}])
def test_what_cannot_be_written_is_not_kept(tmp_path: Path, index: Path, change: dict[str, Any]):
    path = _image(tmp_path / "a.dcm")
    info = replace(dicom_file.read_info(path), **change)
    assert encode(info) is None
    with HeaderIndex(index) as rows:
        rows.remember(path, stamp_of(path), info)
    assert _names(index) == set()
