"""The command line: finds the command, imports its module and only that, and turns faults into sentences.

A command lives in the module that `COMMANDS` names for it; that module offers
`add_parser(subparsers, common)`, which sets `run` to a function from the parsed arguments to an exit
status. Results go to standard output, everything else to standard error.

Exit status: 0 done, 1 something could not be done, 2 the call was wrong.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from annotator import __version__
from annotator.cli.output import ready_streams, visible
from annotator.errors import AnnotatorError, CallError, PassphraseWanted
from annotator.private_files import owner_only

INTERRUPTED = 130
BROKEN_PIPE = 141


class Command(NamedTuple):
    """Where a command lives, and what the overview says of it."""

    module: str
    summary: str


COMMANDS = {
    "demo": Command("demo", "the main job end to end on the sample exams"),
    "info": Command("info", "what is in files and folders, bad ones with their reason"),
    "render": Command("render", "an image as a viewport would show it, as PNG"),
    "measure": Command("measure", "the bright spots nearest to given places"),
    "detect": Command("detect", "candidates for labelling, and the clusters they make"),
    "compare": Command("compare", "clusters now and on an earlier exam"),
    "follow-up": Command("follow_up", "the rule that fires for a finding, and why"),
    "rules": Command("rules", "check a rule table, or print it for people"),
    "lexicon": Command("lexicon", "the words a finding is said in, their codes and where they come from"),
    "phantom": Command("phantom", "make a synthetic exam with truth beside it"),
    "schema": Command("schema", "JSON Schema of what is saved"),
    "readings": Command("readings", "the saved readings"),
    "report": Command("report", "a saved reading as pages for people: HTML, PDF or text"),
    "findings": Command("findings", "a saved reading as JSON for programs"),
    "export": Command("export", "readings as DICOM objects, tables and data sets to train on"),
    "import": Command("import_", "annotations of data sets and other programs as readings"),
    "deidentify": Command("deidentify", "copies of exams that say of nobody"),
    "pseudonym": Command("pseudonym", "which exam stands behind a name in an export"),
    "key": Command("key", "the passphrase of an encrypted database, kept in the keyring of the system"),
    "audit": Command("audit", "who opened, exported, signed what"),
    "people": Command("people", "who reads here, under which name and in which role"),
    "due": Command("due", "what was asked for and is due when"),
    "history": Command("readings", "every revision of the readings of an exam"),
    "backup": Command("backup", "everything the database holds, in one file"),
    "restore": Command("restore", "bring a backup back into the database"),
    "copy": Command("copy", "bring everything into another database, and compare"),
    "index": Command("index", "list folders of exams in the worklist, by their headers"),
    "doctor": Command("doctor", "what this installation can do, and what it lacks"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one call of `annotator`; the exit status. Wrong arguments leave through SystemExit(2)."""
    with owner_only():
        return _main(argv)


def _main(argv: Sequence[str] | None) -> int:
    ready_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    verbose = False
    try:
        try:
            arguments = parse(words)
            verbose = arguments.verbose
            status: int = arguments.run(arguments)
        finally:
            sys.stdout.flush()
    except CallError as error:
        return _report(error, status=2, verbose=verbose)
    except AnnotatorError as error:
        return _report(error, status=1, verbose=verbose)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()
        return BROKEN_PIPE
    except OSError as error:
        return _report(error, status=1, verbose=verbose)
    except Exception as bug:  # noqa: BLE001  the last guard: whatever it was, it ends in a report
        return _report_bug(bug, verbose=verbose)
    return status


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The parsed call; `run` is the function that carries it out.

    `database`, `settings` (a Path), `reader`, `rules` (None where not given) and `verbose` are always there.
    Raises CallError for a word that is neither a command nor a file.
    """
    start = argparse.Namespace(database=None, settings=None, reader=None, rules=None, verbose=False)
    words = _with_negative_values(words)
    name = _first_word(words)
    if name in COMMANDS:
        return _command_parser(name).parse_args(words, start)
    arguments = _window_parser().parse_args(words, start)
    _refuse_unknown(arguments.paths)
    return arguments


def common_options() -> argparse.ArgumentParser:
    """The options every command takes, before or after its name."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options = common.add_argument_group("common options")
    options.add_argument("--database", metavar="URL", help="where readings are kept (ANNOTATOR_DATABASE)")
    options.add_argument(
        "--settings", metavar="FILE", type=Path, help="settings file to use instead of yours"
    )
    options.add_argument("--reader", metavar="ID", help="who is reading (ANNOTATOR_READER)")
    options.add_argument(
        "--rules",
        metavar="FILE",
        help="a decision table of your own to look follow-ups up in (ANNOTATOR_RULES_FILE)",
    )
    options.add_argument("-v", "--verbose", action="store_true", help="say more when something goes wrong")
    return common


def _command_parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="annotator", parents=[common_options()], allow_abbrev=False)
    subparsers = parser.add_subparsers(dest="command", required=True)
    module = importlib.import_module(f"annotator.cli.{COMMANDS[name].module}")
    module.add_parser(subparsers, common_options())
    return parser


def _window_parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS)) + 2
    overview = "\n".join(f"  {name:<{width}}{command.summary}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="annotator",
        usage="annotator [PATH ...]\n       annotator COMMAND ...",
        description="Mark and describe calcifications on mammograms. Without a command, opens the window.",
        epilog=f"commands (annotator COMMAND --help tells more):\n{overview}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common_options()],
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", type=Path, help="files, folders, DICOMDIR or ZIP")
    parser.add_argument("--version", action="version", version=f"annotator {__version__}")
    parser.set_defaults(run=_open_window)
    return parser


def _open_window(arguments: argparse.Namespace) -> int:
    # numpy's threads for matrices, which nothing here multiplies, would spin through the first 50 ms
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from annotator.settings import load_settings

    given = {"database": arguments.database, "reader": arguments.reader, "rules_file": arguments.rules}
    settings = load_settings(arguments.settings, given)
    locked = None
    if settings.database.startswith("sqlite+sqlcipher:"):
        # asked for here, where a terminal may be; else the window asks before it opens
        from annotator.store.address import parse_url

        try:
            parse_url(settings.database)
        except PassphraseWanted as wanted:
            locked = wanted
    # what is being loaded is no garbage; the window turns the search on again (`ui.program.start`)
    gc.disable()
    from annotator.ui.app import run

    try:
        return run(arguments.paths, settings, locked)
    finally:
        gc.enable()


def _first_word(words: Sequence[str]) -> str:
    """The first word that is neither an option nor the value of one."""
    position = 0
    while position < len(words) and words[position] != "--":
        word = words[position]
        if word in {"--database", "--settings", "--reader", "--rules"}:
            position += 1
        elif not word.startswith("-"):
            return word
        position += 1
    return ""


def _with_negative_values(words: Sequence[str]) -> list[str]:
    """`--at -5,7` as `--at=-5,7`: argparse would take a value that begins with a minus for an option."""
    joined = list[str]()
    for word in words:
        before = joined[-1] if joined else ""
        if re.match(r"-[\d.]", word) and re.fullmatch(r"--[a-z-]+", before) and "--" not in joined:
            joined[-1] = f"{before}={word}"
        else:
            joined.append(word)
    return joined


def _refuse_unknown(paths: Sequence[Path]) -> None:
    missing = next((path for path in paths if not path.exists()), None)
    if missing is None:
        return
    from difflib import get_close_matches

    close = get_close_matches(str(missing).lower(), COMMANDS, n=1) if missing == paths[0] else []
    if close:
        raise CallError(f"there is no command or file {str(missing)!r}; did you mean 'annotator {close[0]}'?")
    raise CallError(f"{missing}: there is no such file or folder; annotator --help lists the commands")


def _report(error: Exception, *, status: int, verbose: bool) -> int:
    if verbose:
        _print_trace(error)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename is not None else ""
        print(visible(f"annotator: {where}{error.strerror}"), file=sys.stderr)
    else:
        print(visible(f"annotator: {error}"), file=sys.stderr)
    return status


def _report_bug(bug: Exception, *, verbose: bool) -> int:
    from annotator.ui.faults.crash import report_uncaught

    if verbose:
        _print_trace(bug)
    try:
        report_uncaught(bug)
    except OSError as error:
        print(
            f"annotator: the program made a mistake ({type(bug).__name__}), and no report of it could be "
            f"written ({error.strerror}); what was confirmed as saved is saved.",
            file=sys.stderr,
        )
    return 1


def _print_trace(error: Exception) -> None:
    import traceback

    traceback.print_exception(error)


def _silence_stdout() -> None:
    """Nobody reads any more: keep the interpreter from complaining about it when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
