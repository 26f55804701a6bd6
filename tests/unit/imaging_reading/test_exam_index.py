"""The index of exams: filled from headers, kept through kills, moves and copies, and asked page by page."""

from __future__ import annotations

import itertools
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading_files import LOSSLESS, breast, header, native, write

from annotator.errors import CallError, ExamIndexError
from annotator.imaging.dicom_file import read_image
from annotator.imaging.exam_index import filling, image_facts
from annotator.imaging.exam_index.filling import Filled, fill
from annotator.imaging.exam_index.image_facts import ImageFacts, read_file
from annotator.imaging.exam_index.pages import ExamPages, Order, Wanted
from annotator.imaging.exam_index.tables import connect, number_of, opened, searchable
from annotator.imaging.exam_index.writer import Fault, IndexWriter, Standing
from annotator.imaging.pixel_digest import pixel_digest
from annotator.jobs import Cancelled, CancelToken

STATES = (("new", 0), ("in progress", 1), ("done", 2), ("signed", 3))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "exams.sqlite"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three exams of two patients, two images each."""
    for exam, (patient, day) in enumerate(
        (("ANNA", "20240102"), ("ANNA", "20250102"), ("BERTA", "20230102"))
    ):
        for image, view in enumerate(("CC", "MLO")):
            _image(
                tmp_path / "archive" / f"exam{exam}" / f"{view}.dcm",
                10 * exam + image,
                StudyInstanceUID=f"2.25.900{exam}",
                PatientID=patient,
                StudyDate=day,
                ViewPosition=view,
            )
    return tmp_path / "archive"


def _image(path: Path, number: int, seed: int = 5, **changes: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return native(path, breast(8, 8, seed=seed), SOPInstanceUID=f"2.25.77{number}", **changes)


def _fill(root: Path, index: Path, **options: Any) -> Filled:
    return fill([root], index, jobs=1, settled_ns=0, **options)


EVERYTHING = Wanted()


def _names(index: Path, wanted: Wanted = EVERYTHING, order: Order = Order.PATIENT) -> list[str]:
    pages = ExamPages(index)
    try:
        return [f"{exam.name} {exam.day[:4]}" for exam in pages.page(wanted, order).exams]
    finally:
        pages.close()


def _exam(index: Path, study: str) -> Any:
    pages = ExamPages(index)
    try:
        return pages.exam(study, Order.PATIENT)
    finally:
        pages.close()


def test_exams_are_listed_with_what_their_headers_say(archive: Path, index: Path) -> None:
    filled = _fill(archive, index)
    assert (filled.files, filled.read, filled.images, filled.rejected) == (6, 6, 6, 0)
    assert _names(index) == ["ANNA 2025", "ANNA 2024", "BERTA 2023"]
    exam = _exam(index, "2.25.9000")
    assert (exam.views, exam.images, exam.faults, exam.state) == ("LCC, LMLO", 2, Fault(0), 0)


def test_the_index_is_readable_by_its_owner_only(archive: Path, index: Path) -> None:
    _fill(archive, index)
    assert stat.S_IMODE(index.stat().st_mode) == 0o600
    assert stat.S_IMODE(index.parent.stat().st_mode) == 0o700


def test_only_new_and_changed_files_are_read_again(archive: Path, index: Path) -> None:
    _fill(archive, index)
    assert _fill(archive, index).read == 0
    _image(
        archive / "exam2" / "CC.dcm",
        20,
        StudyInstanceUID="2.25.9002",
        PatientID="BERTHA",
        StudyDate="20230102",
    )
    assert _fill(archive, index).read == 1
    assert _names(index)[-1] == "BERTHA 2023"


def test_a_file_changed_a_moment_ago_is_read_again(archive: Path, index: Path) -> None:
    fill([archive], index, jobs=1)
    assert fill([archive], index, jobs=1).read == 6


def test_what_is_gone_is_missing_and_what_comes_back_is_not_read_again(archive: Path, index: Path) -> None:
    _fill(archive, index)
    away = archive.parent / "away"
    (archive / "exam1").rename(away)
    (archive / "exam0" / "CC.dcm").unlink()
    assert _fill(archive, index).missing == 3
    assert _exam(index, "2.25.9001").faults == Fault.ALL_MISSING
    assert _exam(index, "2.25.9000").faults == Fault.SOME_MISSING
    assert (_exam(index, "2.25.9000").images, _exam(index, "2.25.9002").faults) == (2, Fault(0))
    away.rename(archive / "exam1")
    assert _fill(archive, index).read == 0
    assert _exam(index, "2.25.9001").faults == Fault(0)


def test_a_folder_under_another_name_is_found_again_by_its_images(archive: Path, index: Path) -> None:
    _fill(archive, index)
    with opened(index) as connection, IndexWriter(connection).transaction():
        IndexWriter(connection).stand({"2.25.9001": Standing(state=2)})
    (archive / "exam1").rename(archive / "moved")
    filled = _fill(archive, index)
    assert (filled.missing, filled.moved) == (2, 2)
    exam = _exam(index, "2.25.9001")
    assert (exam.faults, exam.images, exam.state) == (Fault(0), 2, 2)
    pages = ExamPages(index)
    assert {path.parent.name for path in pages.files_of("2.25.9001")[0]} == {"moved"}
    pages.close()


def test_a_folder_that_cannot_be_reached_leaves_its_exams_as_missing(archive: Path, index: Path) -> None:
    _fill(archive, index)
    archive.rename(archive.parent / "unplugged")
    filled = _fill(archive, index)
    assert [why for _, why in filled.unreachable] == ["No such file or directory"]
    assert _exam(index, "2.25.9002").faults == Fault.ALL_MISSING
    (archive.parent / "unplugged").rename(archive)
    assert _fill(archive, index).read == 0
    assert _exam(index, "2.25.9002").faults == Fault(0)


def test_copies_are_told_from_images_that_only_share_a_name(archive: Path, index: Path) -> None:
    shutil.copy(archive / "exam0" / "CC.dcm", archive / "exam0" / "again.dcm")
    twin = {
        "StudyInstanceUID": "2.25.9001",
        "PatientID": "ANNA",
        "StudyDate": "20250102",
        "ViewPosition": "CC",
    }
    _image(archive / "exam1" / "other.dcm", 10, seed=6, **twin)
    _image(
        archive / "exam2" / "sent_again.dcm",
        20,
        StudyInstanceUID="2.25.9002",
        PatientID="BERTA",
        SeriesNumber=4,
    )
    filled = _fill(archive, index)
    assert (filled.copies, filled.other_pixels) == (3, 1)
    assert _exam(index, "2.25.9000").faults == Fault.COPIES
    assert _exam(index, "2.25.9001").faults == Fault.OTHER_PIXELS
    assert _exam(index, "2.25.9002").faults == Fault.COPIES
    assert _names(index, Wanted(faults=Fault.OTHER_PIXELS)) == ["ANNA 2025"]
    assert _exam(index, "2.25.9001").images == 2
    (archive / "exam1" / "other.dcm").unlink()
    assert _fill(archive, index).other_pixels == 0
    assert _exam(index, "2.25.9001").faults == Fault(0)


def test_images_that_name_no_study_are_an_exam_of_their_folder_with_the_uid_they_open_under(
    tmp_path: Path, index: Path
) -> None:
    from annotator.imaging.collection import group_exams, list_images

    files = [_image(tmp_path / "a" / f"{n}.dcm", n + 1, StudyInstanceUID=None) for n in range(3)]
    _fill(tmp_path / "a", index)
    _image(tmp_path / "a" / "later.dcm", 0, StudyInstanceUID=None)
    _fill(tmp_path / "a", index)
    (exam,) = group_exams(list_images([tmp_path / "a"]).images)
    listed = _exam(index, exam.study_instance_uid)
    assert (listed.images, len(files)) == (4, 3)
    shutil.copytree(tmp_path / "a", tmp_path / "a" / "copy")
    _fill(tmp_path / "a", index)
    assert _exam(index, exam.study_instance_uid).faults == Fault.COPIES


def test_what_is_no_picture_is_kept_with_its_reason_and_what_is_nothing_passed_over(
    tmp_path: Path, index: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("nothing")
    (tmp_path / "a" / "broken.dcm").write_bytes(b"\0" * 200)
    native(tmp_path / "a" / "colour.dcm", breast(8, 8), PhotometricInterpretation="RGB")
    filled = _fill(tmp_path / "a", index)
    assert (filled.files, filled.images, filled.rejected) == (3, 0, 2)
    assert _fill(tmp_path / "a", index).read == 0
    with opened(index) as connection:
        reasons = dict(connection.execute("SELECT name, reason FROM files").fetchall())
    assert reasons[b"notes.txt"] is None
    assert "colour" in reasons[b"colour.dcm"]


def test_a_file_is_no_folder_to_index(archive: Path, index: Path) -> None:
    with pytest.raises(CallError, match="name the folder"):
        _fill(archive / "exam0" / "CC.dcm", index)


def test_links_in_circles_are_walked_once(archive: Path, index: Path) -> None:
    (archive / "exam0" / "around").symlink_to(archive, target_is_directory=True)
    (archive / "exam0" / "self.dcm").symlink_to("self.dcm")
    assert _fill(archive, index).images == 6


def test_a_stop_keeps_what_was_read(archive: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "CHUNK", 1)
    monkeypatch.setattr(filling, "_WRITE_EVERY_S", 0.0)
    told: list[int] = []
    token = CancelToken(
        lambda progress: told.append(progress.done) or (progress.done >= 2 and token.cancel())
    )
    with pytest.raises(Cancelled):
        _fill(archive, index, token=token)
    kept = 6 - _fill(archive, index).read
    assert 0 < kept < 6
    assert _names(index) == ["ANNA 2025", "ANNA 2024", "BERTA 2023"]


def test_a_kill_at_any_moment_loses_nothing_that_was_kept(tmp_path: Path, index: Path) -> None:
    for number in range(400):
        _image(
            tmp_path / "many" / f"{number // 20}" / f"{number}.dcm",
            number,
            StudyInstanceUID=f"2.25.{number // 4}",
        )
    told = (
        "import sys; from pathlib import Path; from annotator.imaging.exam_index import filling\n"
        "filling.CHUNK, filling._WRITE_EVERY_S = 4, 0.0\n"
        "filling.fill([Path(sys.argv[1])], Path(sys.argv[2]), jobs=1, settled_ns=0)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", told, str(tmp_path / "many"), str(index)])
    for _ in range(600):
        if index.exists() and _kept(index) > 20:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = _kept(index)
    with opened(index) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    filled = _fill(tmp_path / "many", index)
    assert filled.read == 400 - kept
    with opened(index) as connection:
        assert connection.execute("SELECT sum(images), count(*) FROM exams").fetchone() == (400, 100)
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")


def _kept(index: Path) -> int:
    try:
        with opened(index) as connection:
            return int(connection.execute("SELECT count(*) FROM files").fetchone()[0])
    except ExamIndexError:
        return 0


def test_a_file_that_ends_its_reader_costs_only_itself(
    archive: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(paths: list[str]) -> list[Any]:
        from annotator.errors import AnnotatorError

        if any("exam1" in path for path in paths):
            raise AnnotatorError("it was too much")
        return image_facts.read_files(paths)

    monkeypatch.setattr(filling, "read_files", fall)
    filled = _fill(archive, index)
    assert (filled.images, filled.rejected) == (4, 2)


def test_an_index_of_another_format_or_no_index_at_all_is_made_anew(archive: Path, index: Path) -> None:
    index.parent.mkdir()
    index.write_bytes(b"this is no database" * 100)
    assert _fill(archive, index).images == 6
    with opened(index) as connection:
        connection.execute("PRAGMA user_version = 7")
    assert _fill(archive, index).read == 6


def test_an_index_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExamIndexError, match="cannot be used"):
        connect(tmp_path / "file" / "exams.sqlite")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"PatientID": "Müller", "SpecificCharacterSet": "ISO_IR 100"},
        {"PatientName": "A^B^^", "StudyDate": ""},
        {"StudyDate": None, "AcquisitionDate": "20240203"},
        {"SeriesDescription": "R MLO ID", "ImageLaterality": None},
        {"PhotometricInterpretation": "RGB"},
        {"NumberOfFrames": 3},
        {"Rows": 9999},
        {"SamplesPerPixel": None},
        {"ImageType": ["DERIVED", "PRIMARY", "", "GENERATED_2D"]},
        {"PatientID": "a\\b"},
        {"StudyDescription": "line\nbreak"},
    ],
)
def test_the_quick_way_reads_what_the_whole_header_says(tmp_path: Path, changes: dict[str, Any]) -> None:
    said = {name: value for name, value in changes.items() if value is not None}
    dataset = header(breast(8, 8), ViewPosition="CC", **said)
    dataset.PixelData = breast(8, 8).tobytes()
    for name in changes.keys() - said.keys():
        delattr(dataset, name) if name in dataset else None
    path = write(tmp_path / "a.dcm", dataset)
    whole = image_facts._slow(path)
    image_facts._names.clear()
    for _ in range(2):  # the first of its kind fills what the second is called
        assert read_file(path) == whole


@pytest.mark.parametrize("folder", ["sample_dicoms", "shared"])
def test_of_real_files_the_quick_way_says_the_same(folder: str, request: pytest.FixtureRequest) -> None:
    root = Path("sample_dicoms") if folder == "sample_dicoms" else request.getfixturevalue("shared_data")
    quick = 0
    for path in itertools.islice((path for path in sorted(root.rglob("*")) if path.is_file()), 150):
        image_facts._quick(path)
        found = image_facts._quick(path)
        if found is not None:
            quick += 1
            assert found == image_facts._slow(path)
    assert quick


@given(at=st.integers(0, 900), value=st.integers(0, 255))
@example(at=136, value=ord("A"))
@example(at=138, value=74)
@settings(max_examples=300)
def test_a_damaged_byte_never_makes_the_quick_way_say_something_else(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.dcm"
    data = bytearray(_plain_bytes(tmp_path_factory))
    data[at % len(data)] = value
    path.write_bytes(data)
    image_facts._quick(path)
    found = image_facts._quick(path)
    assert found is None or found == image_facts._slow(path)


_PLAIN: list[bytes] = []


def _plain_bytes(factory: pytest.TempPathFactory) -> bytes:
    if not _PLAIN:
        path = native(
            factory.mktemp("plain") / "a.dcm", breast(8, 8), ViewPosition="CC", StudyDate="20240101"
        )
        _PLAIN.append(path.read_bytes())
    return _PLAIN[0]


def _many(index: Path, count: int = 350) -> list[tuple[Any, ...]]:
    """Exams with names, days and standings of every kind, as (name, day, state, due, due_on, text)."""
    with opened(index) as connection:
        writer = IndexWriter(connection)
        rows = []
        with writer.transaction():
            folder, _ = writer.enter(Path("/x"), 1)
            standings = {}
            for n in range(count):
                patient, day = f"P{n * 7 % 40:02d}", "" if n % 11 == 0 else f"20{n % 17 + 10}0{n % 9 + 1}15"
                state, due = (n * 5 % 13) % 4, (9, 9, 0, 1, 2)[n % 5]
                due_on = day if due < 9 else ""
                facts = ImageFacts(f"1.{n}", f"2.{n}", patient, f"Name{n % 30}", day, "Screening", "RCC")
                writer.put(folder, f"{n}".encode(), (1, 1, 1), facts)
                standings[f"2.{n}"] = Standing(state, due, due_on, "told")
                rows.append((patient, day, state, due, due_on, f"2.{n}", n))
        with writer.transaction():
            writer.stand(standings)
    return rows


_SORTED = {
    Order.PATIENT: lambda r: (r[0], _back(r[1]), r[6]),
    Order.DATE: lambda r: (_back(r[1]), r[0], r[6]),
    Order.STATE: lambda r: (r[2], r[0], _back(r[1]), r[6]),
    Order.DUE: lambda r: (r[3], r[4], r[0], _back(r[1]), r[6]),
    Order.ADDED: lambda r: r[6],
}


def _back(day: str) -> int:
    return -int(day) if day else 0


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    ("wanted", "passes"),
    [
        (Wanted(), lambda _r: True),
        (Wanted(states=(0, 1)), lambda r: r[2] in (0, 1)),
        (Wanted(due_within=1), lambda r: r[3] <= 1),
        (Wanted(words=("name7",)), lambda r: r[6] % 30 == 7),
        (Wanted(words=("p1",)), lambda r: r[0].startswith("P1")),
        (Wanted(words=("2",)), lambda r: r[1].startswith("2")),
        (Wanted(words=("screen",), states=(3,)), lambda r: r[2] == 3),
        (Wanted(words=("signed", "p2"), told_states=STATES), lambda r: r[2] == 3 and r[0].startswith("P2")),
        (Wanted(words=("name7",), names_hidden=True), lambda _r: False),
        (Wanted(words=("nobody",)), lambda _r: False),
        (Wanted(words=('"',)), lambda _r: False),
    ],
)
def test_pages_follow_each_other_in_order_and_back_again(
    index: Path, order: Order, wanted: Wanted, passes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [r[5] for r in sorted(filter(passes, _many(index)), key=_SORTED[order])]
    for rare, frequent in ((2000, 20_000), (1, 20_000), (1, 1)):
        monkeypatch.setattr("annotator.imaging.exam_index.pages.RARE", rare)
        monkeypatch.setattr("annotator.imaging.exam_index.pages.FREQUENT", frequent)
        pages = ExamPages(index)
        found: list[Any] = []
        more = True
        while more:
            page = pages.page(wanted, order, found[-1].key if found else None, count=60)
            found += page.exams
            more = page.more
        assert [exam.study_instance_uid for exam in found] == expected
        assert pages.count(wanted) == len(expected)
        if len(found) > 2:
            before = pages.page(wanted, order, found[-1].key, back=True, count=len(found)).exams
            assert list(before) == found[-2::-1]
        pages.close()


def test_the_exam_of_another_reading_state_is_where_it_belongs_at_once(index: Path) -> None:
    _many(index)
    pages = ExamPages(index)
    before = pages.totals().by_state
    with opened(index) as connection, IndexWriter(connection).transaction():
        IndexWriter(connection).stand_one_by_one({"2.0": Standing(3)})
    assert pages.exam("2.0", Order.STATE).state == 3
    assert pages.totals().by_state[3] == before[3] + 1
    with opened(index) as connection, IndexWriter(connection).transaction():
        IndexWriter(connection).stand({"2.1": Standing(1)})
    assert pages.totals().by_state == {0: pages.totals().exams - 1, 1: 1}
    pages.close()


def test_a_question_nobody_waits_for_is_given_up(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _many(index)
    monkeypatch.setattr("annotator.imaging.exam_index.pages._LOOK_EVERY", 1)
    pages = ExamPages(index)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        pages.page(Wanted(), Order.DATE, token=token)
    assert pages.page(Wanted(), Order.DATE).exams
    pages.close()


def test_a_folder_can_be_forgotten(archive: Path, index: Path) -> None:
    _fill(archive, index)
    with opened(index) as connection:
        writer = IndexWriter(connection)
        with writer.transaction():
            assert writer.forget_root(archive / "exam0") == 2
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    assert _names(index) == ["ANNA 2025", "BERTA 2023"]


def test_the_digest_of_pixels_is_that_of_values_however_they_are_packed(tmp_path: Path) -> None:
    pixels = breast(16, 24)
    plain = native(tmp_path / "a.dcm", pixels)
    import imagecodecs
    from pydicom.encaps import encapsulate

    dataset = header(pixels, PatientID="other", StudyDate="20240101")
    dataset.PixelData = encapsulate([imagecodecs.ljpeg_encode(pixels, bitspersample=12)])
    packed = write(tmp_path / "b.dcm", dataset, LOSSLESS)
    digests = {pixel_digest(read_image(path).frame(1)) for path in (plain, packed)}
    assert digests == {pixel_digest(pixels)}
    other = pixels.copy()
    other[3, 4] += 1
    assert pixel_digest(other) not in digests
    assert pixel_digest(pixels.reshape(24, 16)) not in digests
    assert pixel_digest(pixels.astype(np.int16)) in digests


def test_words_are_found_at_their_beginning_or_in_their_middle() -> None:
    assert searchable("Anna  Berta") == "  anna  berta"
    assert number_of("1.2") == number_of("1.2") != number_of("1.3")
    assert 0 <= number_of("1.2") < 1 << 63
