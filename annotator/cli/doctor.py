"""`annotator doctor`: what this installation can do, and what it lacks, as sentences with what to do."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from annotator import __version__
from annotator.cli.output import print_json, visible
from annotator.cli.verify import add_options, run_verify
from annotator.errors import AnnotatorError, CallError
from annotator.model.counts import counted
from annotator.model.display import ScreenId, grey_levels

LIBRARIES = (
    "PySide6-Essentials",
    "pydicom",
    "numpy",
    "opencv-python-headless",
    "imagecodecs",
    "python-gdcm",
    "pyjpegls",
    "pylibjpeg",
    "pylibjpeg-openjpeg",
    "pillow",
    "scipy",
    "msgspec",
    "SQLAlchemy",
    "alembic",
    "platformdirs",
    "pyarrow",
)
PROBE_SECONDS = 60
AGAIN = "install the program again (pip install .)"


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """The options of `annotator doctor`."""
    parser = subparsers.add_parser(
        "doctor",
        parents=[common],
        help="what this installation can do, and what it lacks",
        description="Look at versions, decoders, display, database and folders. Changes nothing unless told to; "
        "exit status 1 when something that is needed is missing.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument(
        "--forget-index",
        action="store_true",
        help="only remove what is kept of headers (names of patients too) to list folders quickly",
    )
    add_options(parser)
    parser.add_argument(
        "--pixels",
        action="store_true",
        help="only decode every marked image that is indexed, and say which are not as they were marked",
    )
    parser.set_defaults(run=run_doctor)


def run_doctor(arguments: argparse.Namespace) -> int:
    """Look at everything, say what was found, and 1 when something needed is missing."""
    if arguments.forget_index:
        return _forget_index()
    if arguments.pixels:
        from annotator.cli.marked_pixels import check_marked_pixels

        return check_marked_pixels(arguments)
    if arguments.verify:
        return run_verify(arguments)
    if arguments.against or arguments.keep_heads:
        raise CallError("--against and --keep-heads are of --verify; add it.")
    problems: list[str] = []
    found = {
        "program": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libraries": _libraries(problems),
        "decoders": _decoders(problems),
        "display": _display(problems),
        "database": _database(arguments, problems),
        "waiting": _waiting(arguments, problems),
        "rules": _rules(arguments, problems),
        "folders": _folders(problems),
        "header_index": _header_index(),
        "validators": _validators(),
        "problems": problems,
    }
    if arguments.json:
        print_json(found, indent=2)
    else:
        print("\n".join(visible(line) for line in _as_text(found)))
    return 1 if problems else 0


def _forget_index() -> int:
    """Remove the index of headers and those of exams; 1 when that fails."""
    from annotator.imaging.exam_index.tables import forget_exam_index
    from annotator.imaging.header_index import forget_index
    from annotator.settings import header_index_path

    path, status = header_index_path(), 0
    for forget, one in ((forget_index, path), *((forget_exam_index, found) for found in _exam_indexes())):
        try:
            there = forget(one)
        except OSError as error:
            print(
                f"{one} cannot be removed: {error.strerror}; close the program and try again", file=sys.stderr
            )
            status = 1
            continue
        print(f"{one} was removed" if there else f"{one}: there is none")
    return status


def _exam_indexes() -> list[Path]:
    """The files that hold the exams of indexed folders."""
    from annotator.settings import EXAM_INDEX, header_index_path

    return sorted(header_index_path().parent.glob(f"{EXAM_INDEX}-*.sqlite"))


def _header_index() -> dict[str, Any]:
    """Where headers are kept between listings, and how much."""
    from annotator.settings import header_index_path

    path = header_index_path()
    kept = [one for one in (path, *_exam_indexes()) if one.is_file()]
    return {"path": str(path), "bytes": sum(one.stat().st_size for one in kept)}


def _validators() -> list[dict[str, Any]]:
    """Programs of others that look at written objects; none is needed."""
    try:
        from annotator.exchange.proof import validators
    except ImportError:
        return []  # the libraries that are missing are named already
    return [
        {
            "name": one.name,
            "says": one.says,
            "path": one.path,
            "install": one.install,
        }
        for one in validators()
    ]


def _libraries(problems: list[str]) -> dict[str, str | None]:
    versions: dict[str, str | None] = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
            problems.append(f"The library {name} is not installed; {AGAIN}.")
    return versions


def _decoders(problems: list[str]) -> list[dict[str, Any]]:
    try:
        from annotator.imaging.decoders import decoder_states
    except ImportError as error:
        problems.append(f"Pictures cannot be decoded ({error}); {AGAIN}.")
        return []
    states = decoder_states()
    problems += [
        f"{state.name} pictures cannot be decoded: neither imagecodecs nor its stand-in is there; {AGAIN}."
        for state in states
        if not state.decoders
    ]
    return [asdict(state) for state in states]


def _display(problems: list[str]) -> dict[str, Any] | None:
    """What the probe says, on the screen when there is one, offscreen otherwise; None when Qt cannot start."""
    there = _has_screen()
    environment = dict(os.environ) if there else {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "annotator.ui.display.probe"],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        problems.append("Qt does not answer; check DISPLAY and that the display server runs.")
        return None
    if done.returncode != 0:
        said = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()
        reason = said[-1] if "Error" in said[-1] else said[0]
        problems.append(
            f"Qt cannot start ({reason}); install the system libraries it needs (make system names them), "
            "or unset DISPLAY to work without a screen."
        )
        return None
    found: dict[str, Any] = {"screen": there, **json.loads(done.stdout.splitlines()[-1])}
    for screen in found["screens"]:
        screen["grey_levels"] = grey_levels(screen["depth"])
        screen["display"] = _calibration(screen, problems)
    if not found["fonts"]:
        problems.append(
            "There is no font, so the window would show no text; install one (fonts-dejavu-core)."
        )
    return found


def _calibration(screen: dict[str, Any], problems: list[str]) -> str | None:
    """What readings made on a screen say of it, as in the display check."""
    try:
        from annotator.imaging.screen_state import state_of
        from annotator.store.display_log import DisplayLog

        known = ScreenId(screen["manufacturer"], screen["model"], screen["serial"], screen["name"])
        return state_of(known, DisplayLog().read().events).note(screen["grey_levels"])
    except ImportError:
        return None  # the libraries that are missing are named already
    except AnnotatorError as error:
        problems.append(str(error))
        return None


def _has_screen() -> bool:
    """Qt's own guess: only systems without a built-in display server can lack a screen."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _database(arguments: argparse.Namespace, problems: list[str]) -> dict[str, Any] | None:
    from annotator.settings import load_settings

    try:
        settings = load_settings(
            arguments.settings, {"database": arguments.database, "reader": arguments.reader}
        )
        from annotator.store.checkup import look_at, look_at_signed

        state = look_at(settings.database)
        signed = look_at_signed(settings.database)
    except (AnnotatorError, OSError) as error:
        problems.append(str(error))
        return None
    except ImportError as error:
        problems.append(f"The database cannot be used ({error}); {AGAIN}.")
        return None
    if state.revision is not None and state.revision > state.head:
        problems.append(f"{state.place} was written by a newer version of this program; update this one.")
    problems += signed.faults
    return asdict(state) | {"signed_readings": signed.count, "signed_as_kept": not signed.faults}


def _waiting(arguments: argparse.Namespace, problems: list[str]) -> dict[str, Any] | None:
    """Acts on this computer that no database has taken yet."""
    from annotator.settings import load_settings, waiting_dir

    try:
        from annotator.store.journal import look_at_waiting
        from annotator.store.seen_waiting import look_at_seen

        settings = load_settings(arguments.settings, {"database": arguments.database})
        here = look_at_waiting(waiting_dir(), settings.database)
        seen, unreadable = look_at_seen(waiting_dir())
    except (AnnotatorError, OSError, ImportError):
        return None  # told of the database already
    unreadable += here.unreadable
    if unreadable:
        problems.append(
            f"{', '.join(unreadable)} in {waiting_dir()} cannot be read: what waited there was damaged; keep "
            "the files, and look at the exams of those days."
        )
    return asdict(here) | {"unreadable": unreadable, "seen_files": len(seen)}


def _rules(arguments: argparse.Namespace, problems: list[str]) -> dict[str, Any] | None:
    """The decision table that is in use: of the program, or a site's own."""
    try:
        from annotator.lexicon import load_lexicon
        from annotator.rules import rules_in_use
        from annotator.settings import load_settings

        file = load_settings(arguments.settings, {"rules_file": arguments.rules}).rules_file
        table = rules_in_use(file, load_lexicon())
    except AnnotatorError as error:
        problems.append(str(error))
        return None
    return {
        "version": table.version,
        "digest": table.digest,
        "file": table.file or None,
        "rows": len(table.rows),
    }


def _folders(problems: list[str]) -> list[dict[str, Any]]:
    from annotator.settings import data_dir, log_dir, settings_path

    places: dict[str, Callable[[], Path]] = {
        "readings": data_dir,
        "logs": log_dir,
        "settings": lambda: settings_path().parent,
    }
    found = []
    for what, place in places.items():
        try:
            folder = place()
        except OSError as error:
            problems.append(f"The folder for {what} cannot be made: {error}; make it, or set HOME.")
            continue
        nearest = _nearest(folder)
        writable = nearest.is_dir() and os.access(nearest, os.W_OK)
        if not writable:
            problems.append(f"The folder for {what} cannot be written: {folder}; give yourself the right to.")
        found.append({"for": what, "path": str(folder), "writable": writable})
    return found


def _nearest(folder: Path) -> Path:
    """The folder, or the closest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _as_text(found: dict[str, Any]) -> list[str]:
    lines = [f"Mammogram Annotator {found['program']}, Python {found['python']}, {found['system']}", ""]
    lines += [f"  {name:<24}{version or 'missing'}" for name, version in found["libraries"].items()]
    lines += ["", "Decoders"]
    lines += [
        f"  {d['transfer_syntax_uid']:<26}{', '.join(d['decoders']) or 'none':<47}{d['name']}"
        for d in found["decoders"]
    ]
    lines += ["", "Display", *_display_lines(found["display"])]
    lines += ["", "Database", f"  {_database_line(found['database'])}", *_waiting_lines(found["waiting"])]
    lines += ["", "Decision table", f"  {_rules_line(found['rules'])}"]
    lines += ["", "Folders"]
    lines += [
        f"  {f['for']:<10}{f['path']}{'' if f['writable'] else ' (not writable)'}" for f in found["folders"]
    ]
    index = found["header_index"]
    lines += [
        f"  {'headers':<10}{index['path']} ({index['bytes'] / 1e6:.1f} MB kept; --forget-index removes it)"
    ]
    lines += ["", "Validators of written objects (docs/exchange.md; none is needed)"]
    lines += [
        f"  {v['name']:<10}{v['says']:<62}{v['path'] or 'not installed: ' + v['install']}"
        for v in found["validators"]
    ]
    lines += ["", *(found["problems"] or ["Nothing is missing."])]
    return lines


def _display_lines(display: dict[str, Any] | None) -> list[str]:
    if display is None:
        return ["  Qt does not start"]
    kind = "" if display["screen"] else " (no screen here: pictures are drawn in memory)"
    lines = [f"  Qt {display['qt']}, platform {display['platform']}{kind}, {display['fonts']} font families"]
    if display["screen"]:
        lines += [
            f"  {s['name']}: {s['width']} x {s['height']}, {s['depth']} bit, {s['grey_levels']:,} grey levels, "
            f"scale {s['scale']:g}; {s['display']}"
            for s in display["screens"]
        ]
    return lines


def _rules_line(rules: dict[str, Any] | None) -> str:
    if rules is None:
        return "your own cannot be used; the window uses the one that comes with the program"
    whose = f"your own, {rules['file']}" if rules["file"] else "comes with the program"
    return f"version {rules['version']} ({whose}), {rules['rows']} rows, SHA-256 {rules['digest'][:16]}..."


def _waiting_lines(waiting: dict[str, Any] | None) -> list[str]:
    if waiting is None:
        return []
    counts = ((waiting["acts"], "for this database"), (waiting["elsewhere"], "for other databases"))
    said = [
        f"{counted(count, 'act')} {which}" for count, which in counts if count or which == "for this database"
    ]
    if waiting["seen_files"]:
        said.append(f"what was seen of images in {waiting['seen_files']}")
    return [f"  waiting on this computer: {', '.join(said)}"]


def _database_line(state: dict[str, Any] | None) -> str:
    if state is None:
        return "cannot be used"
    if not state["exists"] or state["revision"] is None:
        return f"{state['place']} (made with the first reading)"
    note = "" if state["revision"] == state["head"] else f", brought to {state['head']} when opened"
    signed = state["signed_readings"]
    count = f", {counted(signed, 'signed reading')}" if signed else ""
    kept = " as they were signed" if signed and state["signed_as_kept"] else ""
    return f"{state['place']} (revision {state['revision']}{note}{count}{kept})"
