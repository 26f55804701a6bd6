"""What is drawn of a mark, the classes of a data set, its split, and files that grow."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.errors import CallError, ExportError
from annotator.exchange.tables.categories import Thing, categories, category_number
from annotator.exchange.tables.columns import Column, Kind, csv_field, dictionary_csv, plain
from annotator.exchange.tables.finding_tables import TABLES
from annotator.exchange.tables.shapes import Box, MadeOf, shape_of
from annotator.exchange.tables.split import PARTS, Split
from annotator.exchange.tables.spool import Spools
from annotator.lexicon.loader import EDITIONS, load_lexicon
from annotator.model.finding import Finding, Morphology
from annotator.model.geometry import ImagePoint, polygon_area
from annotator.model.image import ImageKey
from annotator.model.mark import Mark, MarkKind, SpotMeasurement


def mark(*, diameter: float | None = None, outline: tuple[ImagePoint, ...] = ()) -> Mark:
    point = ImagePoint(10.25, 20.75)
    measured = None
    if diameter is not None:
        measured = SpotMeasurement(point, diameter, 0.1, diameter, diameter, 0.0, 1.0, 100.0, 9.0, outline)
    return Mark("m", 1, "f", ImageKey("1"), point, MarkKind.MICRO, measured)


def test_a_mark_is_drawn_by_its_outline_else_its_diameter_else_its_pixel() -> None:
    square = (ImagePoint(9, 20), ImagePoint(12, 20), ImagePoint(12, 22), ImagePoint(9, 22))
    outlined = shape_of(mark(diameter=2.0, outline=square))
    assert (outlined.drawn, outlined.area, outlined.box) == (MadeOf.OUTLINE, 6.0, Box(9, 20, 3, 2))
    circle = shape_of(mark(diameter=6.0, outline=square[:2]))
    assert circle.drawn is MadeOf.CIRCLE
    assert circle.area == pytest.approx(math.pi * 9, rel=0.02)
    assert circle.box.left + circle.box.width / 2 == pytest.approx(10.25)
    alone = shape_of(mark())
    assert (alone.drawn, alone.box) == (MadeOf.POINT, Box(10, 20, 1, 1))


def test_a_box_is_cut_at_the_edges_of_the_image() -> None:
    assert Box(-2, 5, 6, 10).within(100, 12) == Box(0, 5, 4, 7)


@pytest.mark.parametrize("edition", EDITIONS)
def test_classes_are_the_shapes_of_the_lexicon_and_their_numbers_never_change(edition: str) -> None:
    lexicon = load_lexicon(edition)
    found = categories(lexicon)
    assert [one.number for one in found] == list(range(2 * (len(Morphology) + 2)))
    assert len({one.name for one in found}) == len(found)
    assert found[11].name == "calcification_amorphous"
    assert found[11].term == lexicon.term(Morphology.AMORPHOUS)
    assert found[28].name == "cluster_amorphous"
    assert [one.name for one in found if one.term is None][:2] == [
        "calcification_mixed",
        "calcification_unsaid",
    ]


def test_a_finding_of_several_words_or_none_has_a_class_that_says_so() -> None:
    names = [one.name for one in categories(load_lexicon("5"))]

    def called(thing: Thing, *said: Morphology) -> str:
        return names[
            category_number(thing, Finding(id="f", number=1, tracking_uid="2.25.1", morphology=said))
        ]

    assert called(Thing.CALCIFICATION, Morphology.MILK) == "calcification_milk"
    assert called(Thing.CLUSTER, Morphology.MILK) == "cluster_milk"
    assert called(Thing.CLUSTER, Morphology.MILK, Morphology.RIM) == "cluster_mixed"
    assert called(Thing.CALCIFICATION) == "calcification_unsaid"


@given(
    patients=st.sets(st.text("ABCDEFGH0123456789", min_size=12, max_size=12), min_size=1, max_size=60),
    seed=st.integers(0, 10_000),
    train=st.integers(0, 100),
    val=st.integers(0, 100),
)
def test_a_patient_has_one_part_whoever_else_is_there(
    patients: set[str], seed: int, train: int, val: int
) -> None:
    train, val = sorted((train, val))
    split = Split((train, val - train, 100 - val), seed)
    shares = dict(zip(PARTS, split.shares, strict=True))
    for patient in patients:
        assert split.part(patient) == Split(split.shares, seed).part(patient)
        assert shares[split.part(patient)] > 0


def test_shares_are_met_and_another_seed_deals_anew() -> None:
    patients = [f"P{number:05}" for number in range(20_000)]
    first, second = Split((70, 20, 10), 1), Split((70, 20, 10), 2)
    found = [first.part(one) for one in patients]
    for part, share in zip(PARTS, first.shares, strict=True):
        # four standard deviations of a count
        assert found.count(part) / 20_000 == pytest.approx(share / 100, abs=4 * math.sqrt(0.25 / 20_000))
    assert sum(second.part(one) != part for one, part in zip(patients, found, strict=True)) > 5000


@pytest.mark.parametrize("shares", [(70, 30), (70, 20, 20), (120, -10, -10), (100,)])
def test_shares_that_are_none_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(CallError, match="three shares of 100"):
        Split(shares, 1)


def test_values_are_plain_and_say_when_nothing_is_known() -> None:
    assert plain(Kind.NUMBER, 0.123456) == 0.1235
    assert plain(Kind.NUMBER, None) is None
    assert plain(Kind.TEXT, "") is None
    assert plain(Kind.TEXT, ()) is None
    assert plain(Kind.TEXT, (Morphology.MILK, Morphology.RIM)) == "milk|rim"
    assert plain(Kind.YES_NO, False) is False
    assert plain(Kind.POINTS, (ImagePoint(1, 2), ImagePoint(3.25, 4))) == [1, 2, 3.25, 4]
    assert csv_field([1234.5678, 2.0]) == "1234.5678,2.0"
    assert csv_field(False) == "false"


def test_every_column_of_every_table_is_in_the_dictionary_with_its_meaning() -> None:
    text = dictionary_csv(TABLES).decode()
    for table in TABLES:
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        for column in table.columns:
            assert isinstance(column, Column)
            assert column.meaning
            assert column.source
            assert f"\n{table.name},{column.name},{column.kind}," in text
            if column.kind is Kind.NUMBER and column.name.endswith("_mm") and column.unit == "mm":
                assert f"{column.name.removesuffix('_mm')}_basis" in names or any(
                    name.endswith("_basis") for name in names
                )


def test_files_that_grew_are_cut_back_to_a_point(tmp_path: Path) -> None:
    spools = Spools(tmp_path / "s")
    spools.add("a", [b"1", b"2"])
    point = spools.flush()
    spools.add("a", [b"3"])
    spools.add("b", [b"4"])
    spools.close()
    again = Spools(tmp_path / "s", point)
    assert list(again.lines("a")) == [b"1", b"2"]
    assert list(again.lines("b")) == []
    again.add("a", [b"3"])
    assert list(again.lines("a")) == [b"1", b"2", b"3"]
    again.close()


def test_a_file_that_is_shorter_than_it_was_is_told(tmp_path: Path) -> None:
    spools = Spools(tmp_path / "s")
    spools.add("a", [b"1234"])
    point = spools.flush()
    spools.close()
    (tmp_path / "s" / "a").write_bytes(b"1")
    with pytest.raises(ExportError, match="begin anew"):
        Spools(tmp_path / "s", point)


def test_areas_do_not_depend_on_the_turn() -> None:
    triangle = (ImagePoint(0, 0), ImagePoint(4, 0), ImagePoint(0, 3))
    assert polygon_area(triangle) == polygon_area(triangle[::-1]) == 6
