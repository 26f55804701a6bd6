"""Some of the broken files of benchmarks/fuzz, every time: the program says what is wrong with each and goes on."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

import pytest

from annotator.imaging.decoding_apart import TROUBLES
from benchmarks.fuzz.corpus import Seed, corpus, digest
from benchmarks.fuzz.loading import MENDED, NOTHING, SHOWN, broken, kind_of, load
from benchmarks.fuzz.mutations import MUTATIONS
from benchmarks.fuzz.parts import parts_of
from benchmarks.fuzz.tally import Tally
from benchmarks.fuzz.watched import CRASH, FAULT, HANG, Result, Watched

RUN = "suite"
CHUNK = 20


@pytest.fixture(scope="module")
def seeds() -> list[Seed]:
    return corpus([])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("first", range(0, 200, CHUNK))
def test_broken_files_are_told_of_and_nothing_else(tmp_path: Path, seeds: list[Seed], first: int):
    outcomes = set[str]()
    for number in range(first, first + CHUNK):
        name, content = broken(seeds, RUN, number)
        path = tmp_path / str(number) / name
        path.parent.mkdir()
        path.write_bytes(content)
        outcomes.update(load(path, lambda _size: None))
    assert outcomes - {SHOWN, MENDED, NOTHING}
    assert not any("\n" in outcome or "Traceback" in outcome for outcome in outcomes)
    assert not TROUBLES["time"]


def test_a_number_is_always_the_same_file(seeds: list[Seed]):
    again = corpus([])
    assert digest(seeds) == digest(again)
    assert [broken(seeds, RUN, n) for n in range(40)] == [broken(again, RUN, n) for n in range(40)]
    assert broken(seeds, RUN, 3) != broken(seeds, "another", 3)


def test_files_that_are_not_broken_are_shown(tmp_path: Path, seeds: list[Seed]):
    for seed in seeds:
        path = tmp_path / "a.dcm"
        path.write_bytes(seed.data)
        outcomes = load(path, lambda _size: None)
        assert outcomes == ([SHOWN] if not seed.name.endswith("directory") else outcomes), seed.name


def test_every_kind_of_damage_damages(seeds: list[Seed]):
    for change in MUTATIONS:
        chances = [random.Random(n) for n in range(30)]
        assert any(
            change(seed.data, seeds[0].data, chance) != seed.data
            for seed, chance in zip(seeds * 2, chances, strict=False)
        ), change.__name__


def test_the_parts_of_a_file_are_found(seeds: list[Seed]):
    stack = next(seed for seed in seeds if seed.name == "made/JPEG-LS, stack")
    found = parts_of(stack.data)
    assert len(found.fragments) == 1 + 3 * 2
    assert found.named(0x00280010) is not None
    # a position of each slice, in a sequence in a sequence
    assert sum(element.tag == 0x00200032 for element in found.elements) == 3


def test_a_reason_is_counted_without_what_is_of_one_file():
    said = "its pixels are cut off (17 of 4,096 bytes are there); ask for the file 'x' again"
    assert kind_of(said) == "its pixels are cut off (...); ask for the file (...) again"


def test_a_run_goes_on_where_it_ended(tmp_path: Path):
    tally = Tally(tmp_path)
    for number in (0, 1, 3):
        tally.add(Result(number, outcomes=[SHOWN], wrong=FAULT if number == 3 else "", seconds=number))
    tally.keep()
    again = Tally(tmp_path)
    assert list(again.missing(6)) == [2, 4, 5]
    assert (again.files, dict(again.wrong)) == (3, {FAULT: 1})
    assert "| shown | 3 |" in again.page()


def _result(worker: Watched) -> Result:
    while (result := worker.result()) is None:
        worker.pipe.poll(0.2)
    return result


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.parametrize(("ended_by", "told"), [("SIGSEGV", CRASH), ("SIGPROF", HANG)])
def test_a_program_that_was_ended_is_told_as_such(ended_by: str, told: str):
    worker = Watched([], RUN)
    try:
        worker.give(0)
        assert _result(worker).wrong == ""
        os.kill(worker._process.pid, getattr(signal, ended_by))
        worker._process.join()
        worker.give(1)
        assert _result(worker).wrong == told
    finally:
        worker.end()
