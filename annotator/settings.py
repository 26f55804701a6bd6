"""Settings of one run: defaults, then the settings file (TOML), then environment variables.

Nothing of a patient is ever kept here.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import math
import os
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import platformdirs

from annotator.errors import InvalidSettings
from annotator.private_files import private_folder, write_private

APP_NAME = "mammo-annotator"

EXAM_INDEX = "exams"
"""How the files begin that hold the exams of indexed folders."""

GREY_OUTPUTS = ("auto", "8", "dithered", "10")
"""10 bits where the screen has them, else 8; always 8; 8 with error diffusion; 10, else error diffusion."""

DISPLAY_MODES = ("speck-true", "mean")
"""How a picture smaller than its pixels is made (docs/speck-true.md)."""

LONGEST_NAME = 255
"""Letters in the name of a reader, as the database has room for."""

LARGEST_BYTES = 1_000_000
"""No settings file, with all its remarks, comes near it."""

LONGEST_DAYS = 366
"""No term for being due soon or overdue is longer."""

DATABASE_NAME = "readings.db"
"""The file in the user's data folder, where no other database is named."""

SMOOTH = "smooth"
ENLARGED = ("squares", SMOOTH)
"""How a picture larger than its pixels is made."""

PAPERS = ("", "A4", "Letter")
"""What reports are set for; '' what is usual where the computer says it is."""

PROOF_OFF, PROOF_TELLS, PROOF_BLOCKS = PROOFS = ("off", "tell", "block")
"""What becomes of an export that is checked after writing (docs/exchange.md, proof)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where settings came from: the file (None: the user's own), and what went before it, by setting."""

    file: Path | None = None
    before_file: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The settings file."""
        return self.file or settings_path()


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can set. `database` is an SQLAlchemy URL.

    `micro_below_mm` and `macro_above_mm` only drive a hint: published cut-offs
    disagree (docs/domain.md, size words). `grey_output`, one of GREY_OUTPUTS, says in how many grey levels
    images go to the screen (docs/display.md).
    `display_mode`, one of DISPLAY_MODES, and `enlarged`, one of ENLARGED, are how images are looked at
    until the reader chooses otherwise. `report_paper`, one of PAPERS, is what a report as PDF is set for.
    `rules_file` is a site's own decision table ('' for the one that comes with the program); in a settings file its
    path counts from the folder of that file.
    What was asked for is due soon `due_soon_days` before its day and overdue `overdue_after_days` after it.
    `header_index` keeps what was read from headers, names of patients too, in `header_index_path`, so that
    a folder seen before lists at once.
    `stack_memory_mb` is what decoded slices of tomosynthesis may take together (0: a quarter of the
    machine's memory), `cine_speed` slices a second at first. `picture_memory_mb` is what decoded images of
    the open exam and of its neighbours may take together (0: an eighth of the machine's memory).
    `candidates` looks for candidates of the open exam while nothing else is under way; without it only when asked.
    `pseudonyms` shows made-up names in place of those of patients, `patient_in_title` whose exam is open in the title of
    the window. `last_places` keeps the paths of the folders opened last, for the start page. `export_proof`, one of PROOFS, is what is done about a file that was
    written and does not hold when it is checked; `proof_templates` lets PixelMed look at reports too.
    `origin` is no setting: it says where the others came from.
    """

    database: str
    reader: str
    lexicon_edition: str = "5"
    micro_below_mm: float = 0.5
    macro_above_mm: float = 1.0
    rules_file: str = ""
    due_soon_days: float = 30.0
    overdue_after_days: float = 30.0
    grey_output: str = "auto"
    display_mode: str = DISPLAY_MODES[0]
    enlarged: str = ENLARGED[0]
    report_paper: str = ""
    header_index: bool = True
    stack_memory_mb: float = 0.0
    cine_speed: float = 10.0
    picture_memory_mb: float = 0.0
    candidates: bool = True
    pseudonyms: bool = False
    patient_in_title: bool = False
    last_places: bool = True
    export_proof: str = PROOF_TELLS
    proof_templates: bool = False
    origin: Origin = field(default_factory=Origin, compare=False, repr=False)


def data_dir() -> Path:
    """Where the database lives; made if missing and possible, readable by its owner only."""
    return _private(Path(platformdirs.user_data_path(APP_NAME, appauthor=False)))


def waiting_dir() -> Path:
    """Where acts wait while the database is away; made with the first of them, readable by its owner only."""
    return data_dir() / "waiting"


def log_dir() -> Path:
    """Where logs and crash reports go."""
    return _private(Path(platformdirs.user_log_path(APP_NAME, appauthor=False)))


def header_index_path() -> Path:
    """The file in which headers are kept from one listing to the next (`annotator doctor --forget-index`)."""
    return Path(platformdirs.user_cache_path(APP_NAME, appauthor=False)) / "headers.sqlite"


def exam_index_path(settings: Settings) -> Path:
    """The file of the exams that the worklist lists (`annotator index`), for one reader and one database."""
    whose = hashlib.blake2b(f"{settings.database}\n{settings.reader}".encode(), digest_size=4).hexdigest()
    return header_index_path().with_name(f"{EXAM_INDEX}-{whose}.sqlite")


def settings_path() -> Path:
    """The user's settings file."""
    return Path(platformdirs.user_config_path(APP_NAME, appauthor=False)) / "settings.toml"


def load_settings(
    file: Path | None = None,
    overrides: Mapping[str, str | None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Defaults < settings file < ANNOTATOR_* variables < `overrides` (values None are ignored).

    Raises InvalidSettings for a file that was named and is missing, is not TOML, or holds an unknown
    name or a value of the wrong kind, and for sizes that cannot be.
    """
    environment = os.environ if environment is None else environment
    said = _from_file(file) | _from_environment(environment)
    settings = replace(Settings(database="", reader=""), **said)
    options: dict[str, Any] = {name: said for name, said in (overrides or {}).items() if said}
    origin = Origin(file, {**_variables(environment), **dict.fromkeys(options, "the command line")})
    settings = replace(settings, **options, origin=origin)
    if "reader" not in said | options:
        settings = replace(settings, reader=_default_reader(environment, settings.database))
    # one name, however its letters and accents were typed
    settings = replace(settings, reader=unicodedata.normalize("NFC", settings.reader))
    _check(settings)
    if not settings.database:
        settings = replace(settings, database=f"sqlite:///{data_dir() / DATABASE_NAME}")
    return settings


def keep_setting(settings: Settings, name: str, value: str | float | bool) -> Settings:
    """Write one setting into the settings file and return the settings with it; the rest of the file stays.

    Raises InvalidSettings for a value that cannot be and for a file that cannot be written.
    """
    change: dict[str, Any] = {name: value}
    changed = replace(settings, **change)
    _check(changed)
    path = settings.origin.path
    try:
        before = _text_of(path)
    except (FileNotFoundError, NotADirectoryError):
        before = ""
    except (OSError, ValueError) as error:
        raise InvalidSettings(f"{path}: cannot be read, so {name} is not kept; mend or remove it") from error
    after = _with_line(before, name, _toml(value))
    # two programs may write at once
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        if tomllib.loads(after) != tomllib.loads(before) | change:
            raise InvalidSettings(f"{path}: {name} stands there in a way of its own; change it there by hand")
        private_folder(path.parent)
        write_private(new, after)
        new.replace(path)
    except (OSError, ValueError, RecursionError) as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        why = error.strerror if isinstance(error, OSError) else error
        raise InvalidSettings(f"{path}: {name} cannot be kept there ({why})") from error
    return changed


def _with_line(text: str, name: str, value: str) -> str:
    """The text of a settings file with one setting changed where it stands, else put at the end."""
    line = f"{name} = {value}"
    changed, found = re.subn(rf"(?m)^[ \t]*{name}[ \t]*=.*$", lambda _match: line, text, count=1)
    if found:
        return changed
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n"


def _toml(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else f"{float(value)!r}"


def _check(settings: Settings) -> None:
    """Raises InvalidSettings for names, sizes and choices that cannot be."""
    reader = settings.reader
    if not 0 < len(reader) <= LONGEST_NAME or not reader.isprintable() or reader != reader.strip():
        raise InvalidSettings(
            f"reader is {reader[:LONGEST_NAME]!r}; choose a name of 1 to {LONGEST_NAME} letters that can be seen, with no "
            "blank before or after it"
        )
    if not 0 < settings.micro_below_mm <= settings.macro_above_mm < math.inf:
        raise InvalidSettings(
            f"micro_below_mm is {settings.micro_below_mm:g} and macro_above_mm {settings.macro_above_mm:g}; "
            "choose two sizes above zero, the first no larger than the second"
        )
    if not (0 <= settings.due_soon_days <= LONGEST_DAYS and 0 <= settings.overdue_after_days <= LONGEST_DAYS):
        raise InvalidSettings(
            f"due_soon_days is {settings.due_soon_days:g} and overdue_after_days {settings.overdue_after_days:g}; "
            f"choose days from 0 to {LONGEST_DAYS}"
        )
    if not 0 <= settings.picture_memory_mb < math.inf:
        raise InvalidSettings(
            f"picture_memory_mb is {settings.picture_memory_mb:g}; choose megabytes from 0 (automatic) on"
        )
    if not (0 <= settings.stack_memory_mb < math.inf and 0 < settings.cine_speed < math.inf):
        raise InvalidSettings(
            f"stack_memory_mb is {settings.stack_memory_mb:g} and cine_speed {settings.cine_speed:g}; "
            "choose megabytes from 0 (automatic) on and slices a second above 0"
        )
    choices = {
        "grey_output": GREY_OUTPUTS,
        "display_mode": DISPLAY_MODES,
        "enlarged": ENLARGED,
        "report_paper": PAPERS,
        "export_proof": PROOFS,
    }
    for name, allowed in choices.items():
        if (said := getattr(settings, name)) not in allowed:
            words = ", ".join(one or "''" for one in allowed)
            raise InvalidSettings(f"{name} is {said!r}; choose one of {words}")


SETTABLE = tuple(f for f in fields(Settings) if f.name != "origin")
"""What may stand in a settings file."""

_KINDS: dict[str, type] = {"str": str, "float": float, "bool": bool}


def _text_of(path: Path) -> str:
    """The text of a settings file; ValueError for one that is larger than any can be."""
    with path.open("rb") as file:
        data = file.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise ValueError(f"it is larger than {LARGEST_BYTES:,} bytes")
    return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def _from_file(file: Path | None) -> dict[str, Any]:
    path = file or settings_path()
    try:
        values = tomllib.loads(_text_of(path))
    except (FileNotFoundError, NotADirectoryError):
        if file is None:
            return {}
        raise InvalidSettings(f"{path}: there is no such settings file") from None
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InvalidSettings(f"{path}: cannot be read as settings ({why}); mend or remove it") from error
    kinds = {f.name: _KINDS[str(f.type)] for f in SETTABLE}
    for name, value in values.items():
        if name not in kinds:
            raise InvalidSettings(f"{path}: {name!r} is not a setting; known are {', '.join(kinds)}")
        if kinds[name] is float and isinstance(value, int) and not isinstance(value, bool):
            values[name] = float(value)
        elif not isinstance(value, kinds[name]):
            raise InvalidSettings(f"{path}: {name} must be a {kinds[name].__name__}")
    if values.get("rules_file"):
        values["rules_file"] = str(path.parent / Path(values["rules_file"]).expanduser())
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """What variables say; an empty one says nothing."""
    kinds = {f.name: str(f.type) for f in SETTABLE}
    return {
        name: _READ[kinds[name]](variable, environment[variable])
        for name, variable in _variables(environment).items()
    }


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variable that says something, for each setting that has one."""
    named = {f.name: f"ANNOTATOR_{f.name.upper()}" for f in SETTABLE}
    return {name: variable for name, variable in named.items() if environment.get(variable)}


def _switch(variable: str, said: str) -> bool:
    if said.lower() not in ("true", "false"):
        raise InvalidSettings(f"{variable} is {said!r}; set it to true or false")
    return said.lower() == "true"


def _number(variable: str, said: str) -> float:
    try:
        return float(said)
    except ValueError:
        raise InvalidSettings(f"{variable} is {said!r}; set it to a number") from None


_READ: dict[str, Callable[[str, str], str | float | bool]] = {
    "str": lambda _variable, said: said,
    "float": _number,
    "bool": _switch,
}


def _default_reader(environment: Mapping[str, str], database: str) -> str:
    """The account: of the database where that asks for one, of the system elsewhere."""
    if database.startswith("postgresql"):
        named = _user_in(database) or environment.get("PGUSER")
        if named:
            return named
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return environment.get("USERNAME") or "reader"


def _user_in(url: str) -> str:
    try:
        return unquote(urlsplit(url).username or "")
    except ValueError:
        return ""


def _private(path: Path) -> Path:
    # where it cannot be made, only those who then need it are stopped, with a sentence of their own
    with contextlib.suppress(OSError):
        private_folder(path)
    return path
