"""What is small to write and large to read, what is no file at all, and names that are none."""

from __future__ import annotations

import os
import struct
import threading
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from reading_files import BASELINE, LOSSLESS, LS, breast, compressed, encode, explicit_bytes, header, native

from annotator.errors import UnreadableImage
from annotator.imaging import archive
from annotator.imaging.collection import list_images
from annotator.imaging.dicom_file import read_image, read_info
from annotator.imaging.dicomdir import read_dicomdir
from annotator.imaging.opened_file import open_file
from annotator.imaging.stream_checks import BadStream, check_length


def _explicit(pixels: np.ndarray, **changes: object) -> bytes:
    dataset = header(pixels, **changes)
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    return bytes(explicit_bytes(dataset))


def _saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    return path


def _before_pixels(content: bytes, more: bytes) -> bytes:
    start = content.index(b"\xe0\x7f\x10\x00")
    return content[:start] + more + content[start:]


def _deflated(content: bytes, behind: int = 0) -> bytes:
    meta_end = content.index(b"\x08\x00\x16\x00")
    at = content.index(b"\x02\x00\x10\x00")
    meta = content[:at] + b"\x02\x00\x10\x00UI\x16\x001.2.840.10008.1.2.1.99" + content[at + 28 : meta_end]
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = [machine.compress(content[meta_end:])]
    packed += [machine.compress(b"\0" * (1 << 20)) for _ in range(behind)]
    return meta + b"".join(packed) + machine.flush()


class TestSequences:
    @pytest.mark.parametrize(
        "tag", [b"\x54\x00\x20\x02", b"\x00\x52\x30\x92"], ids=["view code", "per frame"]
    )
    def test_items_without_number_are_left_out_and_told(self, tmp_path: Path, tag: bytes):
        items = b"\xfe\xff\x00\xe0\0\0\0\0" * 100_000
        element = tag + b"SQ\0\0" + struct.pack("<I", len(items)) + items
        info = read_info(_saved(tmp_path, _before_pixels(_explicit(breast()), element)))
        assert info.rows == 96
        if tag == b"\x54\x00\x20\x02":
            assert any("ViewCodeSequence is far longer" in repair for repair in info.repairs)

    def test_what_many_sequences_take_together_is_limited(self, tmp_path: Path):
        items = b"\xfe\xff\x00\xe0\0\0\0\0" * 35_000
        spelt = b"SQ\0\0" + struct.pack("<I", len(items)) + items
        both = b"\x54\x00\x20\x02" + spelt + b"\x54\x00\x22\x02" + spelt
        info = read_info(_saved(tmp_path, _before_pixels(_explicit(breast()), both)))
        assert [r.split()[0] for r in info.repairs if "far longer" in r] == ["ViewModifierCodeSequence"]

    def test_a_stack_of_a_thousand_slices_is_read(self, tmp_path: Path):
        def group(number: int) -> Dataset:
            place, item = Dataset(), Dataset()
            place.ImagePositionPatient = [0, 0, number]
            item.PlanePositionSequence = Sequence([place])
            return item

        stack = np.zeros((1000, 4, 4), np.uint16)
        groups = Sequence([group(number) for number in range(1000)])
        shown = read_image(native(tmp_path / "a.dcm", stack, PerFrameFunctionalGroupsSequence=groups))
        assert len(set(shown.slices())) == 1000
        assert not shown.info_of(1000).repairs


class TestDeflated:
    def test_a_picture_larger_than_its_first_part_is_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("annotator.imaging.dataset._INFLATED_FIRST", 4096)
        pixels = breast(300, 300)
        shown = read_image(_saved(tmp_path, _deflated(_explicit(pixels))))
        assert np.array_equal(shown.frame(), pixels)
        with pytest.raises(UnreadableImage, match="cut off"):
            read_info(_saved(tmp_path, _deflated(_explicit(pixels))[:-300]))

    def test_a_meta_group_that_lies_about_its_length_takes_no_memory(self, tmp_path: Path):
        content = _deflated(_explicit(breast()))
        lie = b"\x02\x00\x02\x01OB\0\0\xf0\xff\xff\x7f"
        meta_end = content.index(b"1.2.840.10008.1.2.1.99") + 22
        path = _saved(tmp_path, content[:meta_end] + lie + content[meta_end:])
        tracemalloc.start()
        try:
            with pytest.raises(UnreadableImage):
                read_info(path)
            assert tracemalloc.get_traced_memory()[1] < 100 << 20
        finally:
            tracemalloc.stop()

    def test_no_more_is_unpacked_than_the_header_announces(self, tmp_path: Path):
        path = _saved(tmp_path, _deflated(_explicit(breast()), behind=400))
        tracemalloc.start()
        try:
            with pytest.raises(UnreadableImage, match="grows beyond any picture"):
                read_info(path)
            assert tracemalloc.get_traced_memory()[1] < 220 << 20
        finally:
            tracemalloc.stop()


class TestStreams:
    @pytest.mark.parametrize("marker", [0x01, 0xD0, 0xD8, 0xD9])
    def test_no_picture_hides_behind_a_mark_without_a_length(self, tmp_path: Path, marker: int):
        pixels, frame = breast(), encode(breast(), LOSSLESS)
        at = frame.index(b"\xff\xc3")
        size = int.from_bytes(frame[at + 2 : at + 4], "big") + 2
        larger = frame[at : at + 5] + b"\xff\xff\xff\xff" + frame[at + 9 : at + size]
        hidden = b"\xff" + bytes((marker,)) + struct.pack(">H", 2 + len(larger)) + larger
        broken = frame[:2] + hidden + frame[2:]
        with pytest.raises(UnreadableImage, match="no readable header"):
            read_image(compressed(tmp_path / "a.dcm", pixels, [broken], LOSSLESS))

    def test_two_sizes_in_one_stream_are_refused(self, tmp_path: Path):
        pixels, frame = breast(), encode(breast(), LS)
        at = frame.index(b"\xff\xf7")
        size = int.from_bytes(frame[at + 2 : at + 4], "big") + 2
        larger = frame[at : at + 5] + b"\xff\xff\xff\xff" + frame[at + 9 : at + size]
        with pytest.raises(UnreadableImage, match="no readable header"):
            read_image(compressed(tmp_path / "a.dcm", pixels, [frame[:at] + larger + frame[at:]], LS))

    def test_a_picture_drawn_a_thousand_times_is_refused(self, tmp_path: Path):
        pixels = breast(bits=8)
        frame = imagecodecs.jpeg8_encode(pixels, level=95)
        scan = frame.index(b"\xff\xda")
        again = frame[scan : scan + 14] * 1000
        with pytest.raises(UnreadableImage, match="drawn more often"):
            read_image(compressed(tmp_path / "a.dcm", pixels, [frame[:-2] + again + b"\xff\xd9"], BASELINE))

    def test_few_bytes_do_not_fill_the_memory(self):
        check_length(b"\0" * 2000, 8000, 8000)
        check_length(b"\0" * 200_000, 10_000, 10_000)
        with pytest.raises(BadStream, match="too short for its size"):
            check_length(b"\0" * 2000, 10_000, 10_000)


class TestUids:
    @pytest.mark.parametrize("uid", ["1.2.3", "2.25.340282366920938463463374607431768211455"])
    def test_a_good_one_is_kept_without_a_word(self, tmp_path: Path, uid: str):
        info = read_info(native(tmp_path / "a.dcm", breast(8, 8), SOPInstanceUID=uid))
        assert (info.sop_instance_uid, info.repairs) == (uid, ())

    @pytest.mark.filterwarnings("ignore:Invalid value for VR UI", "ignore:The value length")
    @pytest.mark.parametrize("uid", ["1.02.3", "exam-7", "1.2.", "1..2"])
    def test_one_that_only_breaks_a_rule_is_kept_and_told(self, tmp_path: Path, uid: str):
        info = read_info(native(tmp_path / "a.dcm", breast(8, 8), StudyInstanceUID=uid))
        assert info.study_instance_uid == uid
        assert any("not written as a UID" in repair for repair in info.repairs)

    @pytest.mark.filterwarnings("ignore:Invalid value for VR UI", "ignore:The value length")
    @pytest.mark.parametrize("uid", ["../../etc/x", "a b", "1." * 40 + "1", "x" * 3000, "-1"])
    def test_what_is_none_gets_one_that_stays_the_same(self, tmp_path: Path, uid: str):
        one = read_info(native(tmp_path / "a.dcm", breast(8, 8), StudyInstanceUID=uid))
        other = read_info(native(tmp_path / "b.dcm", breast(8, 8), StudyInstanceUID=uid))
        assert one.study_instance_uid.startswith("2.25.")
        assert one.study_instance_uid == other.study_instance_uid
        assert any("is no UID" in repair for repair in one.repairs)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
class TestNoFiles:
    def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(self, tmp_path: Path):
        os.mkfifo(tmp_path / "a.dcm")
        told = list[BaseException]()

        def opens() -> None:
            try:
                open_file(tmp_path / "a.dcm")
            except UnreadableImage as error:
                told.append(error)

        thread = threading.Thread(target=opens, daemon=True)
        thread.start()
        thread.join(30)
        assert [str(error).endswith("neither a file nor a folder") for error in told] == [True]

    def test_a_device_is_not_read(self):
        with pytest.raises(UnreadableImage, match="neither a file"):
            open_file(Path("/dev/zero"))


class TestDirectories:
    @pytest.mark.filterwarnings("ignore:The value length")
    def test_names_longer_than_any_are_missing_files(self, tmp_path: Path):
        from test_collections import _dicomdir

        directory = read_dicomdir(_dicomdir(tmp_path, [["A" * 1000, "B"], ["A" * 16] * 60]))
        assert ["missing" in r.reason for r in directory.rejected] == [True, True]

    def test_records_without_number_have_the_folder_searched(self, tmp_path: Path):
        from test_collections import _dicomdir

        native(tmp_path / "IM1", breast(8, 8))
        path = _dicomdir(tmp_path, [["IM1"]])
        content = path.read_bytes()
        at = content.index(b"\x04\x00\x20\x12SQ") + 8
        items = b"\xfe\xff\x00\xe0\0\0\0\0" * 30_000
        path.write_bytes(content[:at] + struct.pack("<I", len(items)) + items)
        found = list_images([path])
        assert [info.path.name for info in found.images] == ["IM1"]


def _zipped(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, content in members:
            member = zipfile.ZipInfo("x")
            member.filename = name
            made.writestr(member, content)
    return path


class TestArchives:
    @pytest.mark.filterwarnings("ignore:Duplicate name")
    @pytest.mark.parametrize(
        "name",
        [
            "a" * 400 + ".dcm",
            "d/" * 900 + "a.dcm",
            "\u5f35" * 200 + ".dcm",
            "nul.dcm",
            "COM1",
            "a\u202egnp.dcm",
            "a\x1b[31m\n.dcm",
        ],
    )
    def test_members_of_any_name_are_unpacked_under_one_that_every_disk_takes(
        self, tmp_path: Path, name: str
    ):
        content = native(tmp_path / "a.dcm", breast(8, 8)).read_bytes()
        found = list_images([_zipped(tmp_path / "x.zip", [(name, content), (name, content)])])
        assert [r.reason for r in found.rejected] == []
        assert len(found.images) == 2
        for info in found.images:
            assert info.path.name.isprintable()
            assert len(os.fsencode(info.path.name)) <= 160
            assert info.path.stem.upper() not in archive._DEVICES

    def test_a_member_where_another_needs_a_folder_costs_only_itself(self, tmp_path: Path):
        content = native(tmp_path / "a.dcm", breast(8, 8)).read_bytes()
        found = list_images(
            [_zipped(tmp_path / "x.zip", [("a", content), ("a/b.dcm", content), ("c.dcm", content)])]
        )
        assert [info.path.name for info in found.images] == ["a", "c.dcm"]
        assert ["could not be unpacked" in r.reason for r in found.rejected] == [True]

    def test_pipes_and_links_stay_in_the_archive(self, tmp_path: Path):
        content = native(tmp_path / "a.dcm", breast(8, 8)).read_bytes()
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
            for number, kind in enumerate((0o120777, 0o010644, 0o020644, 0o100644)):
                member = zipfile.ZipInfo(f"{number}.dcm")
                member.external_attr = kind << 16
                made.writestr(member, content)
        found = list_images([tmp_path / "x.zip"])
        assert [info.path.name for info in found.images] == ["3.dcm"]
        assert [r.reason.split(";")[0] for r in found.rejected] == [
            "it is a link to another place",
            "it is neither a file nor a folder",
            "it is neither a file nor a folder",
        ]

    def test_a_list_of_members_that_would_fill_the_memory_is_not_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        path = _zipped(tmp_path / "x.zip", [(f"{number}.dcm", b"") for number in range(300)])
        monkeypatch.setattr(archive, "MAX_DIRECTORY", 4000)
        monkeypatch.setattr(zipfile, "ZipFile", None)
        found = list_images([path])
        assert ["more than 50,000 members" in r.reason for r in found.rejected] == [True]

    def test_a_full_disk_is_not_taken_for_damage(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        content = native(tmp_path / "a.dcm", breast(8, 8)).read_bytes()
        path = _zipped(tmp_path / "x.zip", [("a.dcm", content)])

        def full(_target: Path) -> Path:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(archive, "_free_place", full)
        found = list_images([path])
        assert [r.reason for r in found.rejected] == ["it could not be unpacked (No space left on device)"]


class TestNamed:
    @pytest.mark.parametrize("name", ["a" * 300, "a\0b", "d/" * 3000 + "a.dcm", "nowhere/a.dcm"])
    def test_what_can_be_no_name_is_a_sentence(self, tmp_path: Path, name: str):
        good = native(tmp_path / "good.dcm", breast(8, 8))
        found = list_images([tmp_path / name, good])
        assert [info.path.name for info in found.images] == ["good.dcm"]
        assert len(found.rejected) == 1

    @pytest.mark.skipif(os.name == "nt", reason="links need rights there")
    def test_links_that_lead_nowhere_are_sentences(self, tmp_path: Path):
        (tmp_path / "round.dcm").symlink_to(tmp_path / "round.dcm")
        (tmp_path / "gone.dcm").symlink_to(tmp_path / "nowhere.dcm")
        named = list_images([tmp_path / "round.dcm", tmp_path / "gone.dcm"])
        assert [r.reason for r in named.rejected] == [
            "it is a link that leads back to itself",
            "there is no such file or folder",
        ]
        met = list_images([tmp_path])
        assert sorted(r.path.name for r in met.rejected) == ["gone.dcm", "round.dcm"]

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
    def test_pipes_and_sockets_in_a_folder_are_not_opened(self, tmp_path: Path):
        import socket

        native(tmp_path / "good.dcm", breast(8, 8))
        os.mkfifo(tmp_path / "pipe.dcm")
        os.mkfifo(tmp_path / "DICOMDIR")
        here = Path.cwd()
        os.chdir(tmp_path)  # the name of a socket is short
        try:
            with socket.socket(socket.AF_UNIX) as server:
                server.bind("socket.dcm")
                found = list_images([tmp_path])
        finally:
            os.chdir(here)
        assert [info.path.name for info in found.images] == ["good.dcm"]

    @pytest.mark.skipif(os.name == "nt", reason="names are text there")
    def test_names_in_no_encoding_are_listed(self, tmp_path: Path):
        odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe\n\x1b.dcm")
        native(tmp_path / "good.dcm", breast(8, 8)).rename(odd)
        found = list_images([tmp_path])
        assert [info.file_name.isprintable() for info in found.images] == [True]
