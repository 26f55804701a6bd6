"""Headers that lie, break off or were made to do harm: a sentence or a repair, never anything else."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.sequence import Sequence
from reading_files import (
    EXPLICIT,
    J2K,
    LOSSLESS,
    LS,
    breast,
    compressed,
    encode,
    explicit_bytes,
    header,
    native,
    write,
)

from annotator.errors import UnreadableImage
from annotator.imaging.dicom_file import read_image, read_info
from annotator.imaging.grayscale import display_lut


def _with_pixels(pixels: np.ndarray) -> Dataset:
    dataset = header(pixels)
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset


def _save(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    return path


def _replaced(content: bytes, element: bytes, by: bytes) -> bytes:
    assert content.count(element) == 1
    return content.replace(element, by)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.3, 0.6, 0.99])
def test_a_file_cut_anywhere_is_refused_with_a_sentence(tmp_path: Path, share: float):
    content = explicit_bytes(_with_pixels(breast()))
    with pytest.raises(UnreadableImage) as refused:
        read_info(_save(tmp_path, content[: int(len(content) * share)]))
    assert refused.value.reason.startswith(("it ", "its ", "the "))


def test_the_mark_of_dicom_and_junk_behind_it_is_refused(tmp_path: Path):
    with pytest.raises(UnreadableImage):
        read_info(_save(tmp_path, b"\0" * 128 + b"DICM" + bytes(range(1, 250)) * 40))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1, max_size=12))
def test_bytes_changed_at_random_raise_nothing_but_unreadable_image(tmp_path: Path, changes: list):
    content = explicit_bytes(_with_pixels(breast(16, 16)))
    for at, byte in changes:
        content[128 + at % (len(content) - 128)] = byte
    with contextlib.suppress(UnreadableImage):
        read_image(_save(tmp_path, content))


@pytest.mark.parametrize(
    ("old", "new", "pixels_right"),
    [
        (b"\x28\x00\x10\x00US\x02\x00\x60\x00", b"\x28\x00\x10\x00DS\x02\x00\x60\x00", True),
        (b"\x28\x00\x10\x00US\x02\x00\x60\x00", b"\x28\x00\x10\x00ZZ\x02\x00\x60\x00", True),
        (b"\x28\x00\x10\x00US\x02\x00\x60\x00", b"\x28\x00\x10\x00IS\x02\x0096", True),
        (b"\x28\x00\x10\x00US\x02\x00\x60\x00", b"\x28\x00\x10\x00LO\x02\x00\x60\x00", True),
    ],
)
def test_rows_under_an_odd_representation_are_read_and_said(
    tmp_path: Path, old: bytes, new: bytes, pixels_right: bool
):
    pixels = breast()
    content = _replaced(bytes(explicit_bytes(_with_pixels(pixels))), old, new)
    shown = read_image(_save(tmp_path, content))
    assert np.array_equal(shown.frame(), pixels) is pixels_right
    assert any("Rows" in r for r in shown.info.repairs) or new[4:6] == b"IS"


@pytest.mark.parametrize(("rows", "columns"), [(65535, 65535), (60000, 60000)])
def test_huge_sizes_are_refused_before_memory_is_taken(tmp_path: Path, rows: int, columns: int):
    pixels = breast()
    frame = encode(pixels, LOSSLESS)
    path = compressed(tmp_path / "a.dcm", pixels, [frame], LOSSLESS, Rows=rows, Columns=columns)
    with pytest.raises(UnreadableImage, match="more than any mammogram"):
        read_info(path)
    with pytest.raises(UnreadableImage, match=r"more than any mammogram|cut off"):
        read_info(native(tmp_path / "b.dcm", pixels, Rows=rows, Columns=columns))


@pytest.mark.parametrize(("said", "frames"), [("0", 1), ("1", 1), ("", 1)])
def test_number_of_frames_that_can_be_mended(tmp_path: Path, said: str, frames: int):
    info = read_info(native(tmp_path / "a.dcm", breast(), NumberOfFrames=said))
    assert info.frames == frames
    assert any("NumberOfFrames" in r for r in info.repairs) == (said == "0")


@pytest.mark.parametrize("said", ["-1", "1000000000"])
def test_number_of_frames_that_cannot_be(tmp_path: Path, said: str):
    with pytest.raises(UnreadableImage):
        read_image(native(tmp_path / "a.dcm", breast(), NumberOfFrames=said))
    frame = encode(breast(), LS)
    with pytest.raises(UnreadableImage):
        read_image(compressed(tmp_path / "b.dcm", breast(), [frame], LS, NumberOfFrames=said))


def test_fewer_fragments_than_frames_are_refused(tmp_path: Path):
    stack = np.stack([breast(seed=s) for s in range(3)])
    frames = [encode(f, LS) for f in stack[:2]]
    with pytest.raises(UnreadableImage, match="announces 3 frames and holds 2"):
        read_image(compressed(tmp_path / "a.dcm", stack, frames, LS))


def test_no_fragments_at_all_are_refused(tmp_path: Path):
    pixels = breast()
    content = compressed(tmp_path / "b.dcm", pixels, [encode(pixels, LOSSLESS)], LOSSLESS).read_bytes()
    start = content.index(b"\xe0\x7f\x10\x00")
    empty = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    with pytest.raises(UnreadableImage, match="holds none"):
        read_image(_save(tmp_path, content[:start] + empty))


def test_one_damaged_frame_does_not_take_the_others_along(tmp_path: Path):
    stack = np.stack([breast(seed=s) for s in range(3)])
    frames = [encode(f, LOSSLESS) for f in stack]
    frames[1] = frames[1][:3000] + b"\xff\xd9"
    shown = read_image(compressed(tmp_path / "a.dcm", stack, frames, LOSSLESS))
    assert np.array_equal(shown.frame(3), stack[2])
    with pytest.raises(UnreadableImage, match="frame 2"):
        shown.frame(2)
    with pytest.raises(IndexError):
        shown.frame(4)


@pytest.mark.parametrize("table", [True, False], ids=["basic offset table", "empty table"])
def test_frames_in_several_fragments_are_put_together(tmp_path: Path, table: bool):
    stack = np.stack([breast(seed=s) for s in range(3)])
    dataset = header(stack)
    frames = [encode(f, J2K) for f in stack]
    dataset.PixelData = encapsulate(frames, fragments_per_frame=4, has_bot=table)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    shown = read_image(write(tmp_path / "a.dcm", dataset, J2K))
    for number in (1, 2, 3):
        assert np.array_equal(shown.frame(number), stack[number - 1])
    assert not shown.info.repairs


@pytest.mark.parametrize("lie", [False, True], ids=["true table", "table that does not fit"])
def test_extended_offset_tables(tmp_path: Path, lie: bool):
    stack = np.stack([breast(seed=s) for s in range(3)])
    dataset = header(stack)
    data, offsets, lengths = encapsulate_extended([encode(f, J2K) for f in stack])
    if lie:
        offsets = struct.pack("<3Q", 0, 77, 1 << 60)
    dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = (
        data,
        offsets,
        lengths,
    )
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    shown = read_image(write(tmp_path / "a.dcm", dataset, J2K))
    assert np.array_equal(shown.frame(3), stack[2])
    assert any("table of frame positions" in r for r in shown.info.repairs) == lie


def _nested(depth: int, *, undefined: bool) -> bytes:
    content = b""
    for _ in range(depth):
        if undefined:
            item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + content + b"\xfe\xff\x0d\xe0\0\0\0\0"
            content = b"\x54\x00\x20\x02SQ\0\0\xff\xff\xff\xff" + item + b"\xfe\xff\xdd\xe0\0\0\0\0"
        else:
            item = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(content)) + content
            content = b"\x54\x00\x20\x02SQ\0\0" + struct.pack("<I", len(item)) + item
    return content


@pytest.mark.parametrize("undefined", [True, False])
def test_sequences_nested_a_thousand_deep(tmp_path: Path, undefined: bool):
    content = bytes(explicit_bytes(_with_pixels(breast())))
    start = content.index(b"\xe0\x7f\x10\x00")
    path = _save(tmp_path, content[:start] + _nested(1500, undefined=undefined) + content[start:])
    try:
        assert read_info(path).rows == 96
    except UnreadableImage as error:
        assert "nests" in error.reason  # noqa: PT017


def test_a_million_empty_items_end_soon(tmp_path: Path):
    content = bytes(explicit_bytes(_with_pixels(breast())))
    start = content.index(b"\xe0\x7f\x10\x00")
    items = b"\xfe\xff\x00\xe0\0\0\0\0" * 1_000_000
    undefined = b"\x54\x00\x20\x02SQ\0\0\xff\xff\xff\xff" + items + b"\xfe\xff\xdd\xe0\0\0\0\0"
    with pytest.raises(UnreadableImage, match="far more entries"):
        read_info(_save(tmp_path, content[:start] + undefined + content[start:]))
    defined = b"\x54\x00\x20\x02SQ\0\0" + struct.pack("<I", len(items)) + items
    info = read_info(_save(tmp_path, content[:start] + defined + content[start:]))
    assert any("ViewCodeSequence is far longer" in r for r in info.repairs)


def _deflated(content: bytes, body: bytes) -> bytes:
    meta_end = content.index(b"\x08\x00\x16\x00")
    syntax = b"1.2.840.10008.1.2.1\0"
    meta = content[:meta_end]
    at = meta.index(b"\x02\x00\x10\x00")
    longer = b"\x02\x00\x10\x00UI\x16\x001.2.840.10008.1.2.1.99"
    meta = meta[:at] + longer + meta[at + 8 + len(syntax) :]
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return meta + machine.compress(content[meta_end:] + body) + machine.flush()


def test_deflated_files_open_and_deflate_bombs_do_not(tmp_path: Path):
    pixels = breast()
    content = bytes(explicit_bytes(_with_pixels(pixels)))
    assert np.array_equal(read_image(_save(tmp_path, _deflated(content, b""))).frame(), pixels)
    with pytest.raises(UnreadableImage, match="grows beyond any picture"):
        read_info(_save(tmp_path, _deflated(content, b"\0" * 300_000_000)))
    with pytest.raises(UnreadableImage, match="cut off"):
        read_info(_save(tmp_path, _deflated(content, b"")[:-500]))


def test_a_file_without_preamble_and_meta_group_opens(tmp_path: Path):
    pixels = breast()
    content = bytes(explicit_bytes(_with_pixels(pixels)))
    shown = read_image(_save(tmp_path, content[content.index(b"\x08\x00\x16\x00") :]))
    assert np.array_equal(shown.frame(), pixels)
    assert any("preamble" in r for r in shown.info.repairs)
    assert any("transfer syntax" in r for r in shown.info.repairs)
    assert shown.info.transfer_syntax_uid == EXPLICIT


def test_a_compressed_file_without_meta_group_opens(tmp_path: Path):
    pixels = breast()
    content = compressed(tmp_path / "b.dcm", pixels, [encode(pixels, LOSSLESS)], LOSSLESS).read_bytes()
    shown = read_image(_save(tmp_path, content[content.index(b"\x08\x00\x16\x00") :]))
    assert np.array_equal(shown.frame(), pixels)


def test_a_native_picture_under_a_compressed_name_opens(tmp_path: Path):
    pixels = breast()
    content = bytes(explicit_bytes(_with_pixels(pixels), "1.2.840.10008.1.2.1"))
    at = content.index(b"\x02\x00\x10\x00UI") + 6
    named = content[:at] + struct.pack("<H", 22) + LOSSLESS.encode() + content[at + 2 + 20 :]
    shown = read_image(_save(tmp_path, named))
    assert np.array_equal(shown.frame(), pixels)
    assert any("not compressed" in r for r in shown.info.repairs)


def test_a_picture_without_instance_uid_gets_the_same_one_every_time(tmp_path: Path):
    dataset = _with_pixels(breast())
    del dataset.SOPInstanceUID
    content = bytes(explicit_bytes(dataset)).replace(b"\x02\x00\x03\x00UI", b"\x02\x00\x04\x00UI")
    first = read_info(_save(tmp_path, content))
    moved = tmp_path / "moved.dcm"
    moved.write_bytes(content)
    assert first.sop_instance_uid.startswith("2.25.")
    assert read_info(moved).sop_instance_uid == first.sop_instance_uid


def test_text_and_empty_files_are_no_dicom(tmp_path: Path):
    for content in (
        b"",
        b"hello, this is a text file without any end" * 30,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 900,
    ):
        with pytest.raises(UnreadableImage, match=r"not a DICOM file|empty"):
            read_info(_save(tmp_path, content))
    with pytest.raises(UnreadableImage, match="no such file"):
        read_info(tmp_path / "nowhere.dcm")


def test_references_to_private_data_of_half_a_million_elements_end_soon(tmp_path: Path):
    content = bytes(explicit_bytes(_with_pixels(breast())))
    start = content.index(b"\xe0\x7f\x10\x00")
    private = b"".join(
        struct.pack("<HH2sH", 0x7001 + 2 * (n >> 16), n & 0xFFFF, b"LO", 2) + b"ab" for n in range(300_000)
    )
    with pytest.raises(UnreadableImage, match="far more entries"):
        read_info(_save(tmp_path, content[:start] + private + content[start:]))


def test_nothing_is_read_of_a_sequence_that_is_no_sequence(tmp_path: Path):
    dataset = _with_pixels(breast())
    dataset.ViewCodeSequence = Sequence([Dataset()])
    content = bytes(explicit_bytes(dataset))
    info = read_info(_save(tmp_path, content.replace(b"\x54\x00\x20\x02SQ", b"\x54\x00\x20\x02OB")))
    assert info.view.name == ""


@pytest.mark.parametrize("slope", ["1e308", "-1e300", "1e-308", "0"])
def test_a_rescale_that_no_detector_has_leaves_the_stored_values(tmp_path: Path, slope: str):
    info = read_info(native(tmp_path / "a.dcm", breast(8, 8), RescaleSlope=slope, RescaleIntercept="0"))
    assert (info.slope, info.intercept) == (1.0, 0.0)
    assert any("RescaleSlope" in repair for repair in info.repairs)
    assert np.ptp(display_lut(info, None)) == 255


def test_a_header_that_ends_too_early_is_not_blamed_on_the_disk(tmp_path: Path):
    path = native(tmp_path / "a.dcm", breast(8, 8))
    content = bytearray(path.read_bytes())
    series = content.index(b"\x20\x00\x0e\x00")
    path.write_bytes(content[:series] + b"\x20\x00\x10\x00SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0")
    with pytest.raises(UnreadableImage) as refused:
        read_info(path)
    assert "disk" not in refused.value.reason


def test_a_folder_or_a_pipe_is_refused_at_once(tmp_path: Path):
    with pytest.raises(UnreadableImage, match="it is a folder"):
        read_image(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.dcm")
        with pytest.raises(UnreadableImage, match="neither a file nor a folder"):
            read_image(tmp_path / "pipe.dcm")


@pytest.mark.filterwarnings("ignore:The (value|PN component) length")
def test_texts_are_cut_where_no_text_can_be_that_long_and_it_is_told(tmp_path: Path):
    long = dict.fromkeys(
        ("PatientID", "PatientName", "SeriesDescription", "PartialViewDescription"), "x" * 60_000
    )
    info = read_info(native(tmp_path / "a.dcm", breast(8, 8), **long))
    shown = (info.patient_key, info.patient_name, info.series_description, *info.partial_view_reasons)
    assert [len(text) for text in shown] == [1024] * 4
    assert sum("far longer than it can be and was cut" in repair for repair in info.repairs) == 4


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\x1b[31m", "\x07", "\u202e", "\u2066", "\u2028"])
def test_no_text_steers_what_is_shown_after_it(tmp_path: Path, sign: str):
    said = f"before{sign}after"
    path = native(tmp_path / "a.dcm", breast(8, 8), SpecificCharacterSet="ISO_IR 192", PatientID=said)
    known = read_info(path).patient_key
    assert known.isprintable()
    assert known.startswith("before")
    assert known.endswith("after")


def test_names_of_every_script_stay_as_they_are(tmp_path: Path):
    for name in ("محمد‌رضا", "Ñuñez^José", "ふりがな", "כהן"):
        path = native(tmp_path / "a.dcm", breast(8, 8), SpecificCharacterSet="ISO_IR 192", PatientName=name)
        assert read_info(path).patient_name == name


def test_of_thousands_of_sections_a_few_are_named(tmp_path: Path):
    def section(number: int) -> Dataset:
        item = Dataset()
        item.CodeMeaning = f"section {number}"
        return item

    many = Sequence([section(number) for number in range(10_000)])
    info = read_info(
        native(tmp_path / "a.dcm", breast(8, 8), PartialView="YES", PartialViewCodeSequence=many)
    )
    assert info.partial_view_reasons == tuple(f"section {number}" for number in range(8))
