"""The worklist at scale: how fast folders are indexed, and how long the list lets wait at 100,000 exams.

    python -m benchmarks.worklist [--exams 10000] [--listed 100000] [--each 20] [--rounds 7] [--cache DIR] [--only fill|list]

The files are small (a header as archives write it, with private elements and an image of 16 x 16), four for each exam,
made once, the same on every machine. Beside the index stands `pydicom.dcmread(stop_before_pixels=True, specific_tags=...)`
of the same files by one process, in the same run and before it, so that both find the files in memory. For the list rows
are written straight into the tables, from fixed seeds; every question is asked several times, in turn with the others,
through the same calls as the window's.
"""

from __future__ import annotations

import argparse
import io
import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import platformdirs
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from annotator.imaging.exam_index.filling import fill
from annotator.imaging.exam_index.pages import ExamPages, Order, Wanted
from annotator.imaging.exam_index.tables import NOTHING_DUE, connect, searchable
from annotator.imaging.exam_index.writer import IndexWriter, Standing
from annotator.ui.desk.indexed_exams import DUES, STATES
from benchmarks.imaging.machine import facts

TAGS = [
    "PatientID", "PatientName", "StudyInstanceUID", "SOPInstanceUID", "SOPClassUID", "StudyDate", "StudyDescription",
    "ImageLaterality", "ViewPosition", "ViewCodeSequence", "Rows", "Columns", "NumberOfFrames",
]  # fmt: skip
"""What a list of exams needs: what the index keeps, asked of pydicom."""
VIEWS = (("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO"))
BAR_MS = 50
_SIDE = 16


def make_files(folder: Path, exams: int) -> None:
    """Four images for each exam, a folder for each, a hundred of them in a folder."""
    done = folder / f"made-{exams}"
    if done.exists():
        return
    template = _template()
    pixels = np.arange(_SIDE * _SIDE, dtype="<u2").tobytes()
    for number in range(exams):
        place = folder / f"{number // 100:04d}" / f"exam{number:06d}"
        place.mkdir(parents=True, exist_ok=True)
        random_ = random.Random(number)
        template.PatientID = f"P{random_.randrange(exams * 2 // 5):06d}"
        template.PatientName = f"Name{random_.randrange(3000)}^Given{random_.randrange(300)}"
        template.StudyInstanceUID = f"2.25.9{number:08d}"
        template.StudyDate = _day(random_)
        for view, (side, name) in enumerate(VIEWS):
            template.SOPInstanceUID = template.file_meta.MediaStorageSOPInstanceUID = UID(
                f"2.25.8{number:08d}{view}"
            )
            template.ImageLaterality, template.ViewPosition = side, name
            template.PixelData = pixels
            buffer = io.BytesIO()
            template.save_as(buffer, enforce_file_format=True)
            (place / f"{view}.dcm").write_bytes(buffer.getvalue())
    done.touch()


def _template() -> FileDataset:
    """A header of some 120 elements, as units write them: their own groups, and sequences."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.1.2")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.Modality, dataset.Manufacturer, dataset.SeriesInstanceUID = "MG", "Made", "2.25.7"
    dataset.StudyDescription, dataset.SeriesDescription = "Screening mammography", "Mammogram"
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.Rows = dataset.Columns = _SIDE
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.KVP, dataset.Exposure, dataset.BodyPartThickness = "29", "80", "54"
    region = Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "T-04000", "SRT", "Breast"
    dataset.AnatomicRegionSequence = [region]
    for group in (0x0019, 0x0045, 0x0061, 0x7F01):
        block = dataset.private_block(group, "A MAKER", create=True)
        for element in range(24):
            block.add_new(element, "LO", f"private value {element:03d} of the maker")
    return dataset


def _day(random_: random.Random) -> str:
    return f"{random_.randrange(2010, 2026)}{random_.randrange(1, 13):02d}{random_.randrange(1, 29):02d}"


def measure_filling(cache: Path, exams: int) -> list[str]:
    """Files per second of the index, and as a multiple of pydicom in one process."""
    folder = cache / f"files-{exams}"
    make_files(folder, exams)
    files = sorted(folder.rglob("*.dcm"))
    begun = time.perf_counter()
    for path in files:
        pydicom.dcmread(path, stop_before_pixels=True, specific_tags=TAGS)
    plain_s = time.perf_counter() - begun
    index = cache / "filled.sqlite"
    for name in cache.glob("filled.sqlite*"):
        name.unlink()
    begun = time.perf_counter()
    filled = fill([folder], index)
    first_s = time.perf_counter() - begun
    assert filled.images == len(files), filled
    begun = time.perf_counter()
    again = fill([folder], index)
    again_s = time.perf_counter() - begun
    assert again.read == 0, again
    plain, first = len(files) / plain_s, len(files) / first_s
    return [
        f"| {len(files):,} files of {exams:,} exams | files per second | beside pydicom |",
        "|---|---|---|",
        f"| pydicom.dcmread, headers and these elements, one process | {plain:,.0f} | 1.0 |",
        f"| the index, from nothing | {first:,.0f} | {first / plain:.1f} |",
        f"| the index, nothing changed | {len(files) / again_s:,.0f} | {len(files) / again_s / plain:.1f} |",
    ]


def make_index(path: Path, exams: int, each: int) -> None:
    """Rows of exams with `each` images, as filling writes them; a sixth have been read, a few are due."""
    if path.exists():
        return
    made = path.with_suffix(".making")
    made.unlink(missing_ok=True)
    database = connect(made)
    random_ = random.Random(1)
    views = [f"{side}{view}" for side, view in itertools.islice(itertools.cycle(VIEWS), each)]
    with IndexWriter(database).transaction():
        database.execute("INSERT INTO roots (path, finished, looked) VALUES (?, 1, 1)", (b"/archive",))
        database.executemany(
            "INSERT INTO folders VALUES (?, ?, 1)",
            ((n + 1, f"/archive/{n // 100:04d}/exam{n:06d}".encode()) for n in range(exams)),
        )
        database.executemany(
            "INSERT INTO files (id, folder, name, size, modified, changed, kind, exam, sop, label) "
            "VALUES (?, ?, ?, 13000000, ?, ?, 0, ?, ?, ?)",
            (
                (n * each + k + 1, n + 1, b"%05d.dcm" % k, n, n, n + 1, random_.getrandbits(62), views[k])
                for n in range(exams)
                for k in range(each)
            ),
        )
        database.executemany(
            f"INSERT INTO exams VALUES ({', '.join('?' * 17)})", _exam_rows(exams, each, views, random_)
        )
        database.execute("INSERT INTO words (words) VALUES ('rebuild')")
    database.execute("PRAGMA wal_checkpoint (TRUNCATE)")
    database.close()
    made.rename(path)


def _exam_rows(
    exams: int, each: int, views: list[str], random_: random.Random
) -> Iterator[tuple[object, ...]]:
    for number in range(exams):
        patient, day = f"P{random_.randrange(exams * 2 // 5):06d}", _day(random_)
        person = f"Name{random_.randrange(30000)}^Given{random_.randrange(500)}"
        state = random_.choices(range(len(STATES)), [82, 2, 11, 5])[0]
        due = random_.choices((0, 1, 3, NOTHING_DUE), [1, 1, 2, 96])[0]
        date = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        rest = searchable(f"{date} {each} images {', '.join(views)} Screening mammography")
        yield (
            number + 1, f"2.25.{random_.getrandbits(100)}", patient, person, "Screening mammography", patient, day,
            -int(day), each, ", ".join(views), 0, searchable(f"{patient} {person.replace('^', ' ')}"), rest, state,
            due, date if due < NOTHING_DUE else "", "",
        )  # fmt: skip


def measure_list(cache: Path, exams: int, each: int, rounds: int) -> list[str]:
    """Milliseconds of each kind of question: the median and the longest."""
    path = cache / f"listed-{exams}-{each}.sqlite"
    make_index(path, exams, each)
    opened: list[float] = []
    for _ in range(rounds):
        begun = time.perf_counter()
        pages = ExamPages(path)
        pages.page(Wanted(), Order.PATIENT)
        opened.append((time.perf_counter() - begun) * 1000)
        pages.close()
    pages = ExamPages(path)
    asked = questions(pages)
    took: dict[str, list[float]] = {kind: [] for kind, _ in asked}
    for _ in range(rounds):
        for kind, ask in asked:
            begun = time.perf_counter()
            ask()
            took[kind].append((time.perf_counter() - begun) * 1000)
    pages.close()
    lines = [
        f"| {exams:,} exams, {exams * each:,} images, {path.stat().st_size / 1e6:,.0f} MB | median | longest |",
        "|---|---|---|",
        _line("open, and the first page", opened),
        *(_line(kind, times) for kind, times in took.items()),
    ]
    seen = [max(opened), *(max(times) for kind, times in took.items() if not kind.startswith("how many"))]
    return [*lines, f"\nlongest of what the eye waits for: {max(seen):.0f} ms; the bar is {BAR_MS} ms"]


def questions(pages: ExamPages) -> list[tuple[str, Callable[[], object]]]:
    """What readers ask of the list, by kind; many are of one kind."""
    asked: list[tuple[str, Callable[[], object]]] = []

    def add(kind: str, wanted: Wanted, order: Order, after: Key = None, *, back: bool = False) -> None:
        asked.append((kind, lambda: pages.page(wanted, order, after, back=back)))

    for order in Order:
        first = pages.page(Wanted(), order)
        deep = pages.page(Wanted(), order, first.exams[-1].key, count=5000).exams[-1].key
        add("sorted in another way", Wanted(), order)
        add("the next page", Wanted(), order, deep)
        add("the page before", Wanted(), order, deep, back=True)
        for states in ((0, 1), (0,), (1,), (2, 3), (3,)):
            add("by state", Wanted(states=states), order)
        add("what is due", Wanted(due_within=1), order)
        for word in ("p000123", "p0", "p", "name12345", "nobody", "zz", "2024-03", "2010", "lmlo", "given77"):
            add("by a word", _with_words(word), order)
        for words in (("2024", "rcc"), ("done", "2012"), ("name1", "2024"), ("overdue", "p01")):
            add("by two words", _with_words(*words), order)
    asked.append(("how many pass, for the line below the list", lambda: pages.count(_with_words("2024"))))
    asked.append(("how many of each state, for the line below the list", pages.totals))
    return asked


Key = tuple[object, ...] | None


def _with_words(*words: str) -> Wanted:
    states = tuple((state.value, n) for n, state in enumerate(STATES))
    return Wanted(
        words=words, told_states=states, told_dues=tuple((due.value, n) for n, due in enumerate(DUES))
    )


def measure_standings(cache: Path, exams: int, each: int) -> list[str]:
    """A tenth of the exams were read by others meanwhile: how long until the list knows."""
    path = cache / f"listed-{exams}-{each}.sqlite"
    database = connect(path)
    studies = [
        row[0] for row in database.execute("SELECT study FROM exams ORDER BY id LIMIT ?", (exams // 10,))
    ]
    begun = time.perf_counter()
    writer = IndexWriter(database)
    with writer.transaction():
        writer.stand({study: Standing(2) for study in studies})
    took = time.perf_counter() - begun
    with writer.transaction():
        writer.stand({})
    database.close()
    path.unlink()
    return [f"\nstates of {len(studies):,} readings brought to the list, beside the window: {took:.1f} s"]


def _line(kind: str, times: list[float]) -> str:
    return f"| {kind} | {statistics.median(times):.1f} ms | {max(times):.1f} ms |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    kept = Path(platformdirs.user_cache_dir("mammo-annotator")) / "worklist-benchmark"
    parser.add_argument(
        "--exams", type=int, default=10_000, help="exams of four files to index (%(default)s)"
    )
    parser.add_argument("--listed", type=int, default=100_000, help="exams to list (%(default)s)")
    parser.add_argument("--each", type=int, default=20, help="images of each exam listed (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="times every question is asked (%(default)s)")
    parser.add_argument("--cache", type=Path, default=kept, help="folder files are kept in (%(default)s)")
    parser.add_argument("--only", choices=("fill", "list"), help="one half")
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    print(facts(), "\n")
    if args.only != "list":
        print("\n".join(measure_filling(args.cache, args.exams)), "\n")
    if args.only != "fill":
        print("\n".join(measure_list(args.cache, args.listed, args.each, args.rounds)))
        print("\n".join(measure_standings(args.cache, args.listed, args.each)))


if __name__ == "__main__":
    main()
