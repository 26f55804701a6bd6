"""`annotator phantom`: a synthetic exam with its truth beside it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from annotator.cli.output import print_json

EXAMS = ("screening", "workup", "prior", "tomosynthesis")


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "phantom",
        parents=[common],
        allow_abbrev=False,
        help="make a synthetic exam with truth beside it",
        description="Make a synthetic mammography exam: DICOM files, each with its truth as JSON beside it. "
        "The same seed always gives the same person; no patient exists.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the files go; made if missing")
    parser.add_argument("--seed", type=_seed, required=True, help="which person, 0 or more")
    parser.add_argument(
        "--exam", choices=EXAMS, default="screening", help="which visit (default: %(default)s)"
    )
    parser.add_argument("--density", choices=("a", "b", "c", "d"), help="breast density (default: by seed)")
    parser.add_argument("--benign", metavar="KIND,...", help="benign kinds to add (default: two, by seed)")
    parser.add_argument(
        "--binning",
        type=int,
        choices=range(1, 9),
        default=1,
        metavar="N",
        help="coarser pixels, for quick trials",
    )
    parser.set_defaults(run=run_phantom)


def run_phantom(args: argparse.Namespace) -> int:
    """Write the exam; one JSON object on stdout, progress on stderr."""
    from annotator.errors import CallError

    if args.exam == "tomosynthesis":
        raise CallError("tomosynthesis exams cannot be made yet; choose --exam screening, workup or prior")
    from annotator.phantom.calcifications import KINDS
    from annotator.phantom.exams import Exam, make_person
    from annotator.phantom.write import write_exam

    benign = None if args.benign is None else [k for k in args.benign.split(",") if k]
    for kind in benign or ():
        if kind not in KINDS or not KINDS[kind][0]:
            known = ", ".join(k for k, (is_benign, _) in KINDS.items() if is_benign)
            raise CallError(f"{kind!r} is not a benign kind that can be made; known are {known}")
    person = make_person(args.seed, density=args.density, benign=benign)
    files = []
    for path in write_exam(args.folder, person, Exam(args.exam), binning=args.binning):
        print(f"{path}", file=sys.stderr, flush=True)
        files.append(str(path))
    print_json({"exam": args.exam, "seed": args.seed, "files": files})
    return 0


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)
