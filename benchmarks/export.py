"""How fast a whole project leaves, and how much memory that takes: `make bench-export`.

A database of generated readings (a finding, a cluster, marks with outlines) is made first; that is not counted. Then it is
exported at a tenth of its size and whole, each in a process of its own, beside a plain loop of `json.dumps` over the same
readings. Prints readings a second of computing time, as a ratio to the loop, the time on the clock, and the peak of
memory; asserts nothing. No image is at hand, so that no picture is decoded.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from annotator.bootstrap import open_workspace
from annotator.exchange.finding_json import findings_document
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.history import Act
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.settings import load_settings
from annotator.store.store import Store

SPACING = PixelSpacing(0.07, 0.07, SpacingBasis.ESTIMATED_IN_BREAST)
CORNERS = 16
FORMS = ("csv", "parquet", "json", "csv,parquet,json")


class Used(NamedTuple):
    """What a process took: seconds on the clock and of computing, MB at the peak."""

    clock: float
    computing: float
    memory: float


def main() -> None:
    """Make the database, run everything, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=10_000)
    parser.add_argument("--marks", type=int, default=30, help="of each reading")
    parser.add_argument("--loop", metavar="URL", help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.loop:
        _plain_loop(said.loop)
        return
    with tempfile.TemporaryDirectory() as folder:
        for count in (max(1, said.readings // 10), said.readings):
            url = f"sqlite:///{Path(folder) / f'{count}.db'}"
            _fill(url, count, said.marks)
            size = Path(url.removeprefix("sqlite:///")).stat().st_size / 1e6
            print(f"\n{count} readings of {said.marks} marks, {size:.0f} MB")
            plain = _run([sys.executable, "-m", "benchmarks.export", "--loop", url])
            _tell("json.dumps in a loop", count, plain, plain)
            for forms in FORMS:
                out = Path(folder) / f"{count} {forms}"
                command = [sys.executable, "-m", "annotator", "export", "--database", url, "--reader", "a"]
                used = _run([*command, "--format", forms, "--out", str(out)])
                _tell(forms, count, used, plain)


def _tell(what: str, count: int, used: Used, plain: Used) -> None:
    speed, ratio = count / used.computing, plain.computing / used.computing
    print(f"{what:24} {speed:7.0f} readings/s  x{ratio:.2f} {used.clock:8.1f} s {used.memory:6.0f} MB")


def _run(command: Sequence[str]) -> Used:
    start = time.perf_counter()
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(program.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: ended with {status}")
    assert isinstance(used, resource.struct_rusage)
    return Used(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _plain_loop(url: str) -> None:
    workspace = open_workspace(load_settings(overrides={"database": url, "reader": "a"}))
    with tempfile.TemporaryDirectory() as folder:
        for summary in workspace.readings():
            document = findings_document(workspace.latest(summary.reading_id), {}, {})
            path = Path(folder) / f"{summary.reading_id}.json"
            path.write_text(json.dumps(document, default=str), encoding="utf-8")
    workspace.close()


def _fill(url: str, count: int, marks: int) -> None:
    store = Store.open(url)
    for number in range(count):
        study = f"2.25.{10**20 + number}"
        reading, _ = store.open_reading(
            study,
            "a",
            lexicon_edition="5",
            exam_date=date(2020, 1, 1) + timedelta(days=number % 900),
            patient=f"P{number // 3}",
        )
        read = _read(reading, marks, random.Random(number))
        store.save(read, reader="a", based_on=0, act=Act.EDIT, label="read")
    store.close()


def _read(reading: Reading, marks: int, dice: random.Random) -> Reading:
    reading, finding = edits.add_finding(reading)
    reading = edits.describe(
        reading,
        finding.id,
        morphology=(dice.choice(list(Morphology)),),
        distributions=(Distribution.GROUPED,),
        assessment=dice.choice(list(Assessment)),
        comment="as measured",
    )
    image = ImageKey(f"{reading.study_instance_uid}.1")
    for _ in range(marks):
        place = ImagePoint(dice.uniform(800, 1100), dice.uniform(1200, 1500))
        measured = _spot(place, dice.uniform(2, 9))
        reading, _mark = edits.add_mark(reading, finding.id, image, place, MarkKind.MICRO, measured)
    outline = tuple(ImagePoint(*corner) for corner in ((790, 1190), (1110, 1190), (1110, 1510), (790, 1510)))
    ids = [mark.id for mark in reading.marks]
    return edits.add_cluster(reading, finding.id, image, outline, ids, SPACING)[0]


def _spot(place: ImagePoint, size: float) -> SpotMeasurement:
    turns = [2 * math.pi * n / CORNERS for n in range(CORNERS)]
    outline = tuple(
        ImagePoint(place.column + size / 2 * math.cos(t), place.row + size / 2 * math.sin(t)) for t in turns
    )
    return SpotMeasurement(
        place,
        size,
        0.2,
        size,
        size,
        0.0,
        0.95,
        200.0,
        9.0,
        outline,
        diameter_mm=size * SPACING.mean_mm,
        uncertainty_mm=0.2 * SPACING.mean_mm,
        major_mm=size * SPACING.mean_mm,
        minor_mm=size * SPACING.mean_mm,
        basis=SPACING.basis,
    )


if __name__ == "__main__":
    main()
