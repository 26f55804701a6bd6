"""`annotator demo`: the main job end to end, in the real window."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `demo` to the commands."""
    parser = subparsers.add_parser(
        "demo",
        parents=[common],
        help="the main job end to end on the sample exams",
        description="Opens the sample exams in the real window, marks, describes, saves and reopens them "
        "through real input events, and leaves findings, reports and screenshots. Needs no screen.",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("demo-output"),
        help="where to leave everything (demo-output)",
    )
    parser.add_argument(
        "--offscreen", action="store_true", help="show no window even where there is a screen"
    )
    parser.set_defaults(run=run_demo_command)


def run_demo_command(args: argparse.Namespace) -> int:
    """Run the demonstration; raises an AnnotatorError naming the step that did not work."""
    from annotator.settings import load_settings
    from annotator.ui.app import has_screen

    watch = has_screen() and not args.offscreen and os.environ.get("QT_QPA_PLATFORM") != "offscreen"
    if not watch:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from annotator.ui.demonstration.demo import run_demo

    step = 0

    def say(sentence: str) -> None:
        nonlocal step
        if not sentence.startswith(" "):
            step += 1
        print(f"{step:2d}  {sentence}" if not sentence.startswith(" ") else f"    {sentence}", flush=True)

    run_demo(args.out, load_settings(args.settings, {"reader": args.reader}), say, watch=watch)
    print(f"done; findings, reports and screenshots are in {args.out}")
    return 0
