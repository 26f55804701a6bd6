"""Days and times moved, words cleaned, cells blacked out: each part of de-identification by itself."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.cli import main
from annotator.errors import ExportError
from annotator.exchange.deidentify import DEFAULT, Moments, Rectangle, load_profile, why_not
from annotator.exchange.deidentify.pixels import UNDEFINED, Layout, Picture, as_it_is, blacked_out, spelt_out
from annotator.exchange.deidentify.words import cleaned, cleaned_label
from annotator.model.identity import Identity
from annotator.model.pseudonym import Pseudonyms

NAMES = Pseudonyms(b"k" * 32)


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.integers(1, 3650), st.integers(-10800, 10800))
def test_days_move_alike_and_keep_their_precision(day: date, days: int, seconds: int) -> None:
    moments = Moments(days, seconds)
    moved = day - timedelta(days=days)
    assert moments.day(f"{day:%Y%m%d}") == f"{moved:%Y%m%d}"
    assert moments.day(f"{day:%Y.%m.%d}") == f"{moved:%Y%m%d}"
    assert moments.moment(f"{day:%Y%m%d}120000.5+0100").startswith(f"{moved:%Y%m%d}")
    assert len(moments.moment(f"{day:%Y%m}")) == 6
    assert moments.day("no day") == moments.time("noon") == moments.moment("once") == ""


@given(st.text("0123456789ABC", min_size=1), st.integers(0, 23))
def test_an_exam_never_leaves_its_day(patient: str, hour: int) -> None:
    moments = Moments.of(NAMES, patient, f"{hour:02d}3000")
    moved = int(moments.time(f"{hour:02d}3000")[:2])
    assert moments.time(f"{hour:02d}3000") != f"{hour:02d}3000"
    assert abs(moved - hour) <= 3
    assert moments.days == NAMES.days_back(patient)


def test_times_keep_their_distances_and_fractions() -> None:
    moments = Moments(1, 3661)
    assert moments.time("101500.271828") == "111601.271828"
    assert moments.time("1015") == "1116"
    assert moments.time("235900") == "235959"


def test_words_lose_whom_and_when_and_keep_what() -> None:
    identity = Identity(names=frozenset({"Quillfeather"}), numbers=frozenset({"KH-77"}))
    said = "Left MLO for quillfeather (KH-77), Dr. Larkspur 3.4.2019 10:15, a.b@c.de, 0611-445221, 2 cm, 1.2.840.99.3.4.5"
    assert cleaned(said, identity) == "Left MLO for *** (***), *** *** ***, ***, ***, 2 cm, ***"
    assert cleaned_label("AWS 1.10.0 build 4711234", identity) == "AWS 1.10.0 build 4711234"


def test_every_row_of_the_table_has_an_action_and_options_go_before_it() -> None:
    profile = load_profile()
    assert len(profile.rows) >= 652
    assert profile.action(0x00100040, ()) == "Z"
    assert profile.action(0x00100040, {"patient"}) == "K"
    assert profile.action(0x00080020, DEFAULT) == "C"
    assert profile.action(0x00080020, {"full_dates", "shifted_dates"}) == "K"
    assert profile.action(0x00181000, ()) == "D"
    assert profile.action(0x00280010, DEFAULT) is None


@pytest.mark.parametrize(
    ("kind", "image_type", "secondary", "passed"),
    [
        ("1.2.840.10008.5.1.4.1.1.1.2", (), False, False),
        ("1.2.840.10008.5.1.4.1.1.1.2", ("DERIVED", "SECONDARY", "SCREEN SAVE"), False, True),
        ("1.2.840.10008.5.1.4.1.1.7", (), False, True),
        ("1.2.840.10008.5.1.4.1.1.7.2", (), True, False),
        ("1.2.840.10008.5.1.4.1.1.77.1.6", (), False, False),
        ("1.2.840.10008.5.1.4.1.1.104.1", (), True, True),
        ("1.2.276.9.9", (), True, True),
        ("1.2.840.10008.5.1.4.1.1.88.33", (), False, False),
    ],
)
def test_what_gets_a_copy(kind: str, image_type: tuple[str, ...], secondary: bool, passed: bool) -> None:
    assert (why_not(kind, image_type, DEFAULT, secondary=secondary) is not None) == passed


def test_reports_and_states_go_where_their_content_is_dropped() -> None:
    assert why_not("1.2.840.10008.5.1.4.1.1.88.33", (), DEFAULT - {"structured"}, secondary=False)
    assert why_not("1.2.840.10008.5.1.4.1.1.11.1", (), DEFAULT - {"graphics"}, secondary=False)


@dataclass(frozen=True)
class Element:
    tag: int
    start: int
    length: int
    vr: str
    big_endian: bool


def picture(
    content: bytes, layout: Layout, *, vr: str = "OW", big: bool = False, compressed: bool = False
) -> Picture:
    @contextmanager
    def opened() -> Iterator[io.BytesIO]:
        yield io.BytesIO(b"head" + content)

    length = UNDEFINED if compressed else len(content)
    return Picture(Element(0x7FE00010, 4, length, vr, big), opened, layout)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize(("bits", "vr"), [(8, "OB"), (8, "OW"), (16, "OW")])
@pytest.mark.parametrize(("samples", "by_plane"), [(1, False), (3, False), (3, True)])
def test_cells_of_rectangles_are_filled_in_every_layout(
    big: bool, bits: int, vr: str, samples: int, by_plane: bool
) -> None:
    layout = Layout(6, 8, 2, bits, samples, by_plane)
    kind = np.dtype("u1" if bits == 8 else ">u2" if big else "<u2")
    shape = (2, samples, 6, 8) if by_plane else (2, 6, 8, samples)
    cells = (np.arange(np.prod(shape)) % 200 + 7).astype(kind).reshape(shape)
    swapped = big and vr == "OW" and bits == 8

    def stored(values: np.ndarray) -> bytes:
        return values.ravel().view(np.uint16).byteswap().tobytes() if swapped else values.tobytes()

    made = b"".join(
        blacked_out(picture(stored(cells), layout, vr=vr, big=big), layout, [Rectangle(-2, 4, 5, 90)], 3)
    )
    wanted = cells.copy()
    if by_plane:
        wanted[:, :, 4:, :3] = 3
    else:
        wanted[:, 4:, :3] = 3
    assert made == stored(wanted)


def test_what_lies_behind_the_pixels_stays_behind() -> None:
    layout = Layout(3, 3, 1, 8)
    assert b"".join(as_it_is(picture(b"123456789Quillfeather", layout))) == b"123456789\0"


def test_fragments_are_copied_to_their_end_mark_and_no_farther() -> None:
    items = b"\xfe\xff\x00\xe0\0\0\0\0" + b"\xfe\xff\x00\xe0\x04\0\0\0abcd" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    layout = Layout(1, 1, 1, 8)
    assert b"".join(as_it_is(picture(items + b"behind", layout, compressed=True))) == items
    with pytest.raises(ExportError, match="cut off"):
        b"".join(as_it_is(picture(items[:18], layout, compressed=True)))


def test_decoded_frames_are_spelt_out_with_their_sign() -> None:
    layout = Layout(2, 2, 2, 16)
    frame = np.array([[-1, 5], [300, -32768]], np.int16)
    made = b"".join(spelt_out(lambda _number: frame, layout, [Rectangle(1, 0, 1, 1)], -7))
    assert np.frombuffer(made, "<i2").reshape(2, 2, 2).tolist() == [[[-1, -7], [300, -32768]]] * 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--retain", "everything"], "--retain everything: choose among"),
        (["--drop", "uids"], "--drop uids: choose among"),
        (["--blackout", "10,20,0,5"], "--blackout 10,20,0,5: write"),
        (["--jobs", "0"], "one process at least"),
    ],
)
def test_a_wrong_call_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    assert main(["deidentify", "x", "--out", f"{tmp_path}/out", *words]) == 2
    assert sentence in capsys.readouterr().err
