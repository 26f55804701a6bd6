"""Does anything that is written say who the patient is: python -m benchmarks.leaks [--keep DIR] [--plant]; some minutes.

A whole journey with a home, settings and temporary folder of its own: exams of a made-up patient in folders named after
her, read in the real window, signed, exported in every form, copied without her name, a bug, a kill, an abort as of a library, and every command
that writes or fails. Then every byte of every file is searched (`search.py`), and no file may be open to others. The
umask is 0, so that nothing depends on it. `--plant` writes a leak of each kind first: all of them must be found.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pydicom

from benchmarks.leaks.search import Leak, Patient, Search, forms_of, open_to_others

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_dicoms"
SHE = Patient("QUIXANO^DULCINEA", "MRN77341120", "19610823")
PHANTOM = Patient("PHANTOM^SAMPLE", "PHANTOM-0002", "19720101")
EXAMS = ("screening", "prior", "workup")
OBJECTS = "sr,cad,seg,gsps,ko"
NO_SERVER = "postgresql+psycopg://anna@127.0.0.1:1/none"
"""A database that is away: what is said of an exam waits on this computer."""
KEEPS_NAMES = ("headers.sqlite", "exams-")
"""How the indexes of headers are called (docs/patient-data.md): they hold names by design, and are their owner's alone."""


class Journey:
    """One run; everything it writes lies in folders of `place`."""

    def __init__(self, place: Path) -> None:
        self.images = place / "images" / f"{SHE.name.replace('^', '_')} {SHE.number}"
        self.written = place / "written"
        self.out = self.written / "out"
        self.uids: set[str] = set()
        for name in ("home", "config", "data", "cache", "state", "run", "tmp", "out"):
            (self.written / name).mkdir(parents=True, mode=0o700)
        self.written.chmod(0o700)
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "ANNOTATOR_"))},
            "HOME": str(self.written / "home"),
            "XDG_CONFIG_HOME": str(self.written / "config"),
            "XDG_DATA_HOME": str(self.written / "data"),
            "XDG_CACHE_HOME": str(self.written / "cache"),
            "XDG_STATE_HOME": str(self.written / "state"),
            "XDG_RUNTIME_DIR": str(self.written / "run"),
            "TMPDIR": str(self.written / "tmp"),
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(ROOT),
            "ANNOTATOR_READER": "anna",
        }
        self._said = 0

    def make_images(self) -> None:
        """The sample exams as exams of the made-up patient, also packed."""
        for exam in EXAMS:
            for source in sorted((SAMPLES / exam).glob("*.dcm")):
                image = pydicom.dcmread(source)
                image.PatientName, image.PatientID, image.PatientBirthDate = SHE.name, SHE.number, SHE.born
                image.OtherPatientIDs = SHE.number
                self.uids |= {image.StudyInstanceUID, image.SOPInstanceUID, image.SeriesInstanceUID}
                target = self.images / exam / f"{SHE.name}-{source.name}"
                target.parent.mkdir(parents=True, exist_ok=True)
                image.save_as(target)
        (self.images / "screening" / f"{SHE.name}.dcm").write_bytes(b"\0" * 128 + b"DICM and then nothing")
        with zipfile.ZipFile(self.images / f"{SHE.name}.zip", "w") as archive:
            for file in sorted((self.images / "workup").iterdir()):
                archive.write(file, f"{SHE.name}/{file.name}")

    def window(self, how: str, *paths: Path, status: Sequence[int] = (0,), database: str = "") -> None:
        """A session in the real window (`session.py`)."""
        words = ["-m", "benchmarks.leaks.session", how, str(self.out), *map(str, paths)]
        self._run(f"window-{how}", words, status, database=database)

    def annotator(self, *words: str | Path, status: Sequence[int] = (0,), shown: bool = True) -> None:
        """A command; what it says is kept and searched, unless it is to show what is in the files."""
        self._run(str(words[0]), ["-m", "annotator", *map(str, words)], status, shown=shown)

    def _run(
        self, name: str, words: list[str], status: Sequence[int], *, shown: bool = True, database: str = ""
    ) -> None:
        self._said += 1
        print(f"  {name} ...", flush=True)
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.out,
            env={**self._environment, **({"ANNOTATOR_DATABASE": database} if database else {})},
            capture_output=True,
            check=False,
            timeout=600,
            umask=0,
        )
        if shown:
            file = self.out / f"said-{self._said:02d}-{name}.txt"
            file.write_bytes(done.stdout + b"\n" + done.stderr)
            file.chmod(0o600)
        if done.returncode not in status:
            sys.exit(f"{name} ended with {done.returncode}:\n{done.stderr.decode(errors='replace')[-3000:]}")

    def go(self) -> None:
        """Everything, in order."""
        here = self.images
        self.make_images()
        self.annotator("info", here, status=(1,), shown=False)
        self.window("journey", here / "screening", here / "prior")
        self.window("kill", here / "workup", status=(-9,))
        self.window("away", here / "workup", status=(-9,), database=NO_SERVER)
        self.window("abort", here / f"{SHE.name}.zip", status=(-6,))
        self.window("kill", here / "workup", status=(-9,))
        self.annotator("readings")
        self.annotator("readings", "--json")
        self.annotator("history", here / "screening", "--json")
        self.annotator("due", "--all")
        for ending in ("html", "pdf", "txt"):
            self.annotator("report", here / "screening", "--output", self.out / f"by-command.{ending}")
        self.annotator("report", here / "workup")
        self.annotator("findings", here / "screening", "--output", self.out / "by-command.json")
        forms = ("--format", "csv,parquet,coco,yolo,masks,json,report", "--images", "png16")
        self.annotator("export", here / "screening", *forms, "--out", self.out / "project")
        self.annotator("export", here / "screening", "--format", OBJECTS, "--out", self.out / "objects")
        # with her name, beside her images, so that copies are made of them too
        named = self.images / "screening"
        # what they print names files as their user did
        with_name = ("--format", OBJECTS, "--identified")
        self.annotator("export", named, *with_name, "--out", named / "objects", shown=False)
        for name, more in (("copies", ()), ("kept", ("--retain", "patient,device,institution,descriptors"))):
            out = self.out / name
            self.annotator("deidentify", "-r", named, *more, "--out", out, status=(1,), shown=False)
        self.annotator("follow-up", self.out / "by-command.json", "--json")
        self.annotator("detect", "--out", self.out / "detected", here / "workup", shown=False)
        self.annotator("audit", "--json")
        self.annotator("doctor", status=(0, 1))
        self.annotator("doctor", "--verify", "--keep-heads", self.out / "heads.json")
        self.annotator("backup", self.out / "everything.backup")
        self.annotator("copy", "--to", f"sqlite:///{self.out / 'copied.db'}")
        self.annotator("restore", self.out / "everything.backup", "--replace")
        self.annotator("index", here, shown=False)
        self.annotator("report", "no such exam", status=(1,))
        self.annotator("doctor", "--forget-index", status=(0, 1))


def searched(journey: Journey) -> list[Leak]:
    """What says who she is in anything written, or leads back to her exam in what was exported."""
    names = Search((*forms_of(SHE), *forms_of(PHANTOM, single_names=False)))
    leaks = [leak for leak in names.folder(journey.written) if not leak.file.name.startswith(KEEPS_NAMES)]
    uids = Search(sorted(journey.uids))
    for file in sorted(journey.out.iterdir()):
        if file.suffix in (".pdf", ".html", ".txt", ".json") and not file.name.startswith(("said-", "seen")):
            leaks += uids.file(file)
    for folder in ("project", "objects", "copies", "kept"):
        files = [path for path in sorted((journey.out / folder).rglob("*")) if path.is_file()]
        assert files, folder
        leaks += [leak for path in files for leak in uids.file(path)]
    return leaks


PLANTED = 8


def plant(written: Path) -> None:
    """A leak of each kind that `search` knows to find; `PLANTED` of them."""
    (written / "data" / "plain.log").write_text("opened Dulcinea Quixano")
    (written / "config" / "date.ini").write_text("last=23.08.1961")
    (written / "cache" / "wide.bin").write_bytes(b"\0\1" + SHE.number.encode("utf-16-le"))
    (written / "tmp" / f"{SHE.name}.part").write_bytes(b"")
    with zipfile.ZipFile(written / "out" / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.gz", gzip.compress(b"born 1961-08-23"))
    with sqlite3.connect(written / "data" / "rows.db") as database:
        database.execute("CREATE TABLE t (said TEXT)")
        database.execute("INSERT INTO t VALUES (?)", ("quixano, dulcinea",))
    database.close()
    (written / "out" / "page.html").write_text(
        "<img src='data:;base64," + base64.b64encode(b"x" * 60 + b"Quixano^Dulcinea").decode() + "'>"
    )
    (written / "state" / "open.txt").write_text("nothing")
    (written / "state" / "open.txt").chmod(0o644)


def main() -> int:
    """0 when nothing leaks, 1 when something does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", metavar="DIR", type=Path, help="leave everything there")
    parser.add_argument("--plant", action="store_true", help="plant leaks first, to see them found")
    arguments = parser.parse_args()
    place = arguments.keep or Path(tempfile.mkdtemp(prefix="leaks-"))
    place.mkdir(parents=True, exist_ok=True)
    try:
        journey = Journey(place)
        journey.go()
        if arguments.plant:
            plant(journey.written)
        return told(journey)
    finally:
        if arguments.keep is None:
            shutil.rmtree(place, ignore_errors=True)


def told(journey: Journey) -> int:
    """Print the figures; the exit status."""
    leaks = searched(journey)
    opened = list(open_to_others(journey.written))
    files = [path for path in journey.written.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    for leak in leaks:
        print(f"LEAK {leak}")
    for path in opened:
        print(f"OPEN TO OTHERS {path} {path.stat().st_mode & 0o777:o}")
    print(
        f"{len(files)} files, {size / 1e6:.1f} MB searched: {len(leaks)} leaks, {len(opened)} open to others"
    )
    return 1 if leaks or opened else 0


if __name__ == "__main__":
    sys.exit(main())
