"""`annotator detect`: candidates for labelling and the clusters they make, of many images at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.detected import Asked, detected, failure, in_words, shown
from annotator.cli.detected_cad import check_cad, write_cad
from annotator.cli.output import print_json, visible
from annotator.cli.progress import ProgressLine

if TYPE_CHECKING:
    from annotator.batch import Outcome
    from annotator.imaging.rejected import Rejected
    from annotator.model.image import ImageInfo

MEMORY_EACH = 1_500_000_000
"""Bytes that looking at one image may take: 13.6 megapixels take 620 MB, a stack more."""


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """The command and its options."""
    parser = subparsers.add_parser(
        "detect",
        parents=[common],
        help="candidates for labelling, and the clusters they make",
        description="Look for bright spots that may be calcifications. They are candidates for labelling, found by a"
        " model trained on synthetic images: nothing here says what they are. Exit status 1 when an image could not be"
        " done; the others are.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, folder, DICOMDIR or ZIP")
    parser.add_argument("-r", "--recursive", action="store_true", help="folders within folders too")
    parser.add_argument("--json", action="store_true", help="one JSON object an image and line")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="write one JSON file an image, named by SOP Instance UID"
    )
    parser.add_argument("--force", action="store_true", help="replace files that are in --out DIR already")
    parser.add_argument(
        "--cad",
        metavar="DIR",
        type=Path,
        help="write a Mammography CAD SR for each exam, behind its pseudonym",
    )
    parser.add_argument(
        "--identified", action="store_true", help="CAD SR with the patient's name, number, date and UIDs"
    )
    parser.add_argument(
        "--threshold",
        metavar="P",
        type=float,
        help="only candidates of this score or more, 0 to 1 (default: those the window shows)",
    )
    parser.add_argument("--all", action="store_true", help="all candidates, as --threshold 0")
    parser.add_argument(
        "--spacing", metavar="MM", type=float, help="pixel spacing of files that do not tell theirs"
    )
    parser.add_argument(
        "--jobs", metavar="N", type=int, help="processes (default: as many as cores and memory allow)"
    )
    parser.set_defaults(run=run_detect)


@dataclass
class _Batch:
    """What is told of a batch while it runs: rows on standard output, failures and progress on standard error."""

    json: bool
    line: ProgressLine
    total: int
    failed: bool = False
    done: int = 0
    kept: dict[str, dict[str, Any]] | None = None

    def tell(self, document: dict[str, Any]) -> None:
        if self.kept is not None and document["error"] is None:
            self.kept[document["sop_instance_uid"]] = document
        self.line.clear()
        if self.json:
            print_json(document)
        elif document["error"] is None:
            print("\n".join(map(visible, in_words(document))), flush=True)
        for said in (document["note"], document["error"]):
            if said is not None:
                print(visible(f"annotator: {document['path']}: {said}"), file=sys.stderr)
        self.failed |= document["error"] is not None

    def progress(self) -> None:
        if self.total > 1:
            self.line.show(f"{self.done} of {self.total} images")


def run_detect(arguments: argparse.Namespace) -> int:
    """Look at every image; 0 when all were done."""
    _check(arguments)
    with ProgressLine() as line:
        line.show("listing the images")
        images, rejected = _listed(arguments)
        batch = _Batch(arguments.json, line, len(images), kept=None if arguments.cad is None else {})
        for bad in rejected:
            batch.tell(failure(str(bad.path), bad.reason))
        _look_through(images, arguments, batch)
        if batch.kept:
            _write_cad(images, arguments, batch)
        if images or rejected:
            return 1 if batch.failed else 0
    hint = "" if arguments.recursive else "; give -r to look into folders within folders"
    print(f"no DICOM file was found{hint}", file=sys.stderr)
    return 1


def _write_cad(images: list[ImageInfo], arguments: argparse.Namespace, batch: _Batch) -> None:
    batch.line.show("writing the CAD reports")
    for fault in write_cad(images, batch.kept or {}, arguments, _threshold(arguments)):
        batch.line.clear()
        print(visible(f"annotator: {fault}"), file=sys.stderr)
        batch.failed = True


def _threshold(arguments: argparse.Namespace) -> float:
    from annotator.model.candidate import SHOWN_FROM

    said: float | None = 0.0 if arguments.all else arguments.threshold
    return SHOWN_FROM if said is None else said


def _look_through(images: list[ImageInfo], arguments: argparse.Namespace, batch: _Batch) -> None:
    """Look at all images whose place in the folder is free, and tell each in the order given."""
    from annotator.batch import in_order, outcomes, usable_jobs

    kept, refused = _places(images, arguments.out, force=arguments.force)
    for info, reason in refused:
        batch.tell(failure(shown(info), reason, info.sop_instance_uid))
    if arguments.out is not None:
        _make_folder(arguments.out)
    threshold = _threshold(arguments)
    asked = [Asked(info, shown(info), threshold, arguments.spacing) for info, _ in kept]
    batch.total = len(asked)
    batch.progress()
    ready = outcomes(detected, asked, jobs=arguments.jobs or usable_jobs(MEMORY_EACH))
    for one in in_order(_written(ready, kept, batch)):
        assert one.result is not None
        batch.tell(one.result)
        batch.progress()


def _check(arguments: argparse.Namespace) -> None:
    from annotator.errors import CallError

    if arguments.threshold is not None and not 0 <= arguments.threshold <= 1:
        raise CallError(f"--threshold {arguments.threshold:g}: a score lies between 0 and 1.")
    if arguments.spacing is not None and not 0.01 <= arguments.spacing <= 0.5:
        raise CallError(f"--spacing {arguments.spacing:g}: pixels of mammograms have 0.01 to 0.5 mm.")
    if arguments.jobs is not None and arguments.jobs < 1:
        raise CallError(f"--jobs {arguments.jobs}: one process at least is needed.")
    check_cad(arguments.cad, identified=arguments.identified)
    if arguments.force and arguments.out is None:
        raise CallError("--force replaces files in a folder; name it with --out DIR.")


def _listed(arguments: argparse.Namespace) -> tuple[list[ImageInfo], list[Rejected]]:
    from annotator.imaging.collection import scan
    from annotator.imaging.rejected import Rejected

    found = list(scan(arguments.paths, recursive=arguments.recursive))
    rejected = [one for one in found if isinstance(one, Rejected)]
    return [one for one in found if not isinstance(one, Rejected)], rejected


def _places(
    images: Iterable[ImageInfo], folder: Path | None, *, force: bool
) -> tuple[list[tuple[ImageInfo, Path | None]], list[tuple[ImageInfo, str]]]:
    """Where the file of each image goes (None: nowhere), and the images whose place is taken, with the reason."""
    kept: list[tuple[ImageInfo, Path | None]] = []
    refused: list[tuple[ImageInfo, str]] = []
    taken: dict[Path, str] = {}
    for info in images:
        place = None if folder is None else folder / file_name(info.sop_instance_uid)
        if place is None:
            kept.append((info, None))
        elif place in taken:
            refused.append(
                (info, f"it is the same SOP instance as {taken[place]}, and one file is written for both")
            )
        elif place.exists() and not force:
            refused.append((info, f"{place} is there already; give --force to replace it"))
        else:
            taken[place] = shown(info)
            kept.append((info, place))
    return kept, refused


def file_name(uid: str) -> str:
    """The name of the file for an image: its SOP Instance UID, or a number made from one that is no UID.

    Never from what else a header says: names and numbers of patients stand there, and paths could.
    """
    import hashlib
    import re

    if not re.fullmatch(r"\d[\d.]{0,63}", uid):
        uid = f"2.25.{int.from_bytes(hashlib.sha256(uid.encode()).digest()[:16], 'big')}"
    return f"{uid}.json"


def _make_folder(folder: Path) -> None:
    from annotator.errors import ExportError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"{folder} could not be made ({error.strerror}); choose another --out DIR."
        ) from error


def _written(
    ready: Iterator[Outcome[dict[str, Any]]], places: list[tuple[ImageInfo, Path | None]], batch: _Batch
) -> Iterator[Outcome[dict[str, Any]]]:
    """What is ready, in a file as soon as it is; each outcome then holds what is told, failures too."""
    import json

    from annotator.batch import Outcome
    from annotator.errors import ExportError
    from annotator.exchange.whole_file import write_whole

    for one in ready:
        info, place = places[one.number]
        fault = one.fault and one.fault.removeprefix(f"{info.path}: ")
        if one.result is not None and place is not None:
            try:
                # a file is handed on, and a path may be named after somebody
                kept = one.result | {"path": None}
                write_whole(place, json.dumps(kept, indent=1, allow_nan=False).encode())
            except ExportError as error:
                fault = str(error)
        batch.done += 1
        batch.progress()
        told = one.result if fault is None else failure(shown(info), fault, info.sop_instance_uid)
        yield Outcome(one.number, told)
