from __future__ import annotations

import argparse
import json
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from annotator.cli import COMMANDS, Command, main, parse
from annotator.errors import AnnotatorError, CallError, UnreadableImage
from annotator.settings import log_dir

PATIENT = "Doe^Jane"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[argparse.Namespace], int]], None]:
    """Installs a command `try` that does what the test says."""

    def install(run: Callable[[argparse.Namespace], int]) -> None:
        module = types.ModuleType("annotator.cli.trial")

        def add_parser(subparsers: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
            parser = subparsers.add_parser("try", parents=[common])
            parser.add_argument("words", nargs="*")
            parser.set_defaults(run=run)

        module.add_parser = add_parser  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(COMMANDS, "try", Command("trial", "a trial"))

    return install


def raising(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def run(_: argparse.Namespace) -> int:
        raise error

    return run


def test_the_status_of_a_command_is_the_status_of_the_program(command) -> None:
    command(lambda arguments: len(arguments.words))
    assert main(["try"]) == 0
    assert main(["try", "a", "b", "c"]) == 3


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (UnreadableImage("a.dcm", "the file is cut short"), 1, "a.dcm: the file is cut short"),
        (AnnotatorError("no"), 1, "no"),
        (CallError("name a place"), 2, "name a place"),
        (FileNotFoundError(2, "No such file or directory", "x.toml"), 1, "x.toml: No such file or directory"),
    ],
)
def test_a_fault_of_the_world_is_one_sentence(command, capsys, error, status, words) -> None:
    command(raising(error))
    assert main(["try"]) == status
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"annotator: {words}\n")


def test_verbose_adds_the_traceback(command, capsys) -> None:
    command(raising(AnnotatorError("no")))
    main(["try", "-v"])
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_quiet(command, capsys) -> None:
    command(raising(KeyboardInterrupt()))
    assert main(["try"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_bug_leaves_a_report_without_the_patient(command, capsys) -> None:
    def run(arguments: argparse.Namespace) -> int:
        patient = arguments.words[0]
        raise KeyError(patient)

    command(run)
    assert main(["try", PATIENT]) == 1
    err = capsys.readouterr().err
    reports = list(log_dir().iterdir())
    assert len(reports) == 1
    assert str(reports[0]) in err
    assert "Traceback" not in err
    text = reports[0].read_text(encoding="utf-8")
    assert "KeyError" in text
    assert "test_cli.py" in text
    assert PATIENT not in text + err
    assert str(Path.home()) not in text


@pytest.mark.parametrize(
    "words",
    [
        ["--reader", "info", "try", "--database", "sqlite:///x.db"],
        ["try", "--reader", "info", "--database", "sqlite:///x.db"],
        ["--database", "sqlite:///x.db", "--reader=info", "try"],
    ],
)
def test_common_options_stand_before_or_after_the_command(command, words) -> None:
    seen: list[argparse.Namespace] = []
    command(lambda arguments: seen.append(arguments) or 0)
    assert main(words) == 0
    assert (seen[0].reader, seen[0].database) == ("info", "sqlite:///x.db")
    assert (seen[0].settings, seen[0].verbose) == (None, False)


def test_wrong_arguments_end_with_status_2(command) -> None:
    command(lambda _: 0)
    for words in (["try", "--nonsense"], ["--nonsense"], ["--data", "x", "try"]):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 2


def test_a_slip_of_the_finger_gets_a_suggestion(capsys) -> None:
    assert main(["folow-up"]) == 2
    assert "did you mean 'annotator follow-up'?" in capsys.readouterr().err


def test_a_path_that_is_not_there_is_named(capsys) -> None:
    assert main(["/nowhere/exam"]) == 2
    assert "/nowhere/exam: there is no such file or folder" in capsys.readouterr().err


def test_paths_open_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("info").mkdir()
    for words, paths in (
        ([], []),
        ([str(tmp_path)], [tmp_path]),
        (["./info"], [Path("info")]),
        (["--", "info"], [Path("info")]),
        ([str(tmp_path), "info"], [tmp_path, Path("info")]),
    ):
        arguments = parse(words)
        assert arguments.run.__name__ == "_open_window"
        assert arguments.paths == paths


MODULES_AFTER = """
import json, sys
from annotator.cli import main
try:
    status = main(sys.argv[1:])
except SystemExit as end:
    status = end.code
assert status == 0, status
print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)], ids=" ".join
)
def test_help_answers_before_anything_heavy_is_imported(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MODULES_AFTER, *words], capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & {"numpy", "pydicom", "PySide6", "sqlalchemy", "msgspec", "cv2", "scipy", "PIL"}


def test_every_command_answers_for_its_name(capsys) -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit) as end:
            main([name, "--help"])
        assert end.value.code == 0
        assert f"usage: annotator {name}" in capsys.readouterr().out


def test_a_reader_who_goes_away_is_no_fault() -> None:
    program = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time; time.sleep(0.3); from annotator.cli import main; main(['--help'])",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    assert program.stderr.read() == b""
    program.stderr.close()
    program.wait()
