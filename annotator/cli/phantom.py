"""`annotator phantom`: a synthetic exam with its truth beside it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json

if TYPE_CHECKING:
    from annotator.jobs import Progress
    from annotator.phantom.body import PhantomView, Side

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
    parser.add_argument(
        "--views",
        type=_views,
        default=(),
        metavar="VIEW,...",
        help="only these, of RCC, LCC, RMLO, LMLO and ML",
    )
    parser.add_argument("--small", action="store_true", help="small breasts, for small files")
    stacks = parser.add_argument_group("tomosynthesis stacks (--exam tomosynthesis)")
    stacks.add_argument(
        "--slices",
        type=_count,
        metavar="N",
        help="so many over the compressed breast (default: one every mm)",
    )
    stacks.add_argument(
        "--field",
        type=_field,
        metavar="ROWSxCOLUMNS",
        help="size of a slice in pixels (default: fitted to the breast)",
    )
    stacks.add_argument("--pixel", type=_pixel, metavar="MM", help="size of a pixel (default: 0.1 mm)")
    stacks.add_argument(
        "--generated", action="store_true", help="also a two-dimensional view made from each stack"
    )
    parser.set_defaults(run=run_phantom)


def run_phantom(args: argparse.Namespace) -> int:
    """Write the exam; one JSON object on stdout, progress on stderr."""
    from annotator.errors import CallError
    from annotator.jobs import CancelToken
    from annotator.phantom.calcifications import KINDS
    from annotator.phantom.exams import Exam, make_person, shots
    from annotator.phantom.stack_plan import PIXEL_MM
    from annotator.phantom.write import Wanted, write_exam

    benign = None if args.benign is None else [k for k in args.benign.split(",") if k]
    for kind in benign or ():
        if kind not in KINDS or not KINDS[kind][0]:
            known = ", ".join(k for k, (is_benign, _) in KINDS.items() if is_benign)
            raise CallError(f"{kind!r} is not a benign kind that can be made; known are {known}")
    exam = Exam(args.exam)
    if exam is not Exam.TOMOSYNTHESIS and (args.slices or args.field):
        raise CallError(
            "--slices and --field are for --exam tomosynthesis; leave them out or choose that exam"
        )
    person = make_person(args.seed, density=args.density, benign=benign, small=args.small)
    if not shots(person, exam, args.views):
        raise CallError(
            f"the {exam.value} exam of seed {args.seed} has none of these views; leave out --views"
        )
    wanted = Wanted(
        binning=args.binning,
        views=args.views,
        pixel_mm=args.pixel or PIXEL_MM,
        field=args.field,
        slices=args.slices,
        generated=args.generated,
    )
    files = []
    for path in write_exam(args.folder, person, exam, wanted, token=CancelToken(_tell)):
        print(f"{path}", file=sys.stderr, flush=True)
        files.append(str(path))
    print_json({"exam": args.exam, "seed": args.seed, "files": files})
    return 0


def _tell(progress: Progress) -> None:
    """A line now and then: projections and slices take a while."""
    if progress.done % 25 == 0:
        print(f"{progress.what}: {progress.done} of {progress.total}", file=sys.stderr, flush=True)


def _views(text: str) -> tuple[tuple[Side, PhantomView], ...]:
    from annotator.phantom.body import PhantomView, Side

    known = {f"{side.value}{view.value}": (side, view) for side in Side for view in PhantomView}
    names = text.upper().split(",")
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(known)}")
    return tuple(known[name] for name in names)


def _count(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= 500:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 2 to 500")
    return int(text)


def _pixel(text: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = 0.0
    if not 0.03 <= size <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size of 0.03 to 1 mm")
    return size


def _field(text: str) -> tuple[int, int]:
    rows, _, columns = text.partition("x")
    if not (rows.isdecimal() and columns.isdecimal() and all(64 <= int(n) <= 8192 for n in (rows, columns))):
        raise argparse.ArgumentTypeError(f"{text!r} is not ROWSxCOLUMNS of 64 to 8192 each, as in 2457x1996")
    return int(rows), int(columns)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)
