"""What the hands bring along: gestures, first tool, layout and keys by profile, and what was changed of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from annotator.errors import AnnotatorError
from annotator.hanging import Layout
from annotator.settings import DISPLAY_MODES, settings_path
from annotator.ui.actions import Keys, keys_in_force
from annotator.ui.keys.gestures import FirstTool, LeftDrag, WheelTurn
from annotator.ui.keys.profile_file import ProfileFile, Saved


@dataclass(frozen=True, slots=True)
class Profile:
    """`layout` is a value of `annotator.hanging.Layout`; `display_mode` '' means: as the settings say.

    `keys` are those that differ from the rows of the table of actions.
    """

    name: str
    summary: str
    left_drag: LeftDrag = LeftDrag.WINDOW
    wheel: WheelTurn = WheelTurn.BY_IMAGE
    tool: FirstTool = FirstTool.MICRO
    layout: str = "four"
    display_mode: str = ""
    keys: Keys = field(default_factory=dict)


UNDECIDED = Profile("Not chosen", "As it comes: the left button marks, its drag outlines a cluster.")
RADIOLOGY = Profile(
    "Radiology",
    "Four images hang at once. The left button sets the window until a marking tool is taken.",
    tool=FirstTool.LOOK,
)
LABELLING = Profile(
    "Labelling",
    "One image at a time, F and D for the next and the one before. The left button marks from the start.",
    left_drag=LeftDrag.PAN,
    tool=FirstTool.MICRO,
    layout="single",
    keys={
        "next_image": ("Right", "F"),
        "previous_image": ("Left", "D"),
        "new_finding": ("Ctrl+N",),
    },
)
PROFILES = (RADIOLOGY, LABELLING)
"""The profiles to choose from; `UNDECIDED` is in force until one was chosen."""

_CHANGEABLE: dict[str, Any] = {
    "left_drag": LeftDrag,
    "wheel": WheelTurn,
    "tool": FirstTool,
    "layout": str,
    "display_mode": str,
}
_WORDS = {"layout": {*Layout}, "display_mode": {"", *DISPLAY_MODES}}
"""What those that are any text here may say."""


class Profiles(QObject):
    """The profile in force, with what the reader changed in it; every change is kept at once.

    `changed`: another profile, or something of it. `failed` carries a sentence when the file cannot be
    read or written; everything then goes on with what is in memory.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, file: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = ProfileFile(file or settings_path().with_name("profiles.toml"))
        self.problem = ""
        try:
            self._saved = self._file.read()
        except AnnotatorError as error:
            self._saved, self.problem = Saved(), str(error)

    @property
    def chosen(self) -> bool:
        """Whether the reader ever chose a profile."""
        return self._built_in() is not UNDECIDED

    def current(self) -> Profile:
        """The profile in force: as built in, with what the reader changed."""
        built_in = self._built_in()
        said = self._saved.of(built_in.name).values
        changes = {
            name: kind(said[name])
            for name, kind in _CHANGEABLE.items()
            if said.get(name) in (_WORDS.get(name) or set(kind))
        }
        return replace(built_in, **changes)

    def choose(self, name: str) -> None:
        """Put another profile in force; what was changed before the first choice goes along with it.

        Raises KeyError for a name that is none of `PROFILES`.
        """
        wanted = {profile.name: profile for profile in PROFILES}[name]
        if not self.chosen:
            self._saved.move(UNDECIDED.name, wanted.name)
        if self._saved.chosen != name:
            self._saved.chosen = name
            self._keep()

    def change(self, **what: str) -> None:
        """Change parts of the profile in force, by the names of `Profile`'s fields."""
        unknown = what.keys() - _CHANGEABLE.keys()
        if unknown:
            raise KeyError(f"a profile has no {', '.join(sorted(unknown))}")
        values = self._saved.of(self.current().name).values
        values.update({name: str(_CHANGEABLE[name](value)) for name, value in what.items()})
        self._keep()

    def keys(self) -> dict[str, tuple[str, ...]]:
        """The keys of every act, by its id."""
        return keys_in_force(self._built_in().keys, self._saved.of(self._built_in().name).keys)

    def given_keys(self) -> dict[str, tuple[str, ...]]:
        """The keys every act has in this profile when nothing was changed."""
        return keys_in_force(self._built_in().keys)

    def set_keys(self, chosen: Mapping[str, tuple[str, ...]]) -> None:
        """Give acts their keys, all of each act."""
        kept, given = self._saved.of(self._built_in().name).keys, self.given_keys()
        for act, keys in chosen.items():
            if keys == given.get(act):
                kept.pop(act, None)
            else:
                kept[act] = keys
        self._keep()

    def reset_keys(self) -> None:
        """Every act has the keys of the profile as it comes."""
        self._saved.of(self._built_in().name).keys.clear()
        self._keep()

    def remember(self, name: str, value: str) -> None:
        """Keep a choice made while reading (never anything of a patient) for the next time in this profile."""
        remembered = self._saved.of(self._built_in().name).remembered
        if remembered.get(name) != value:
            remembered[name] = value
            self._write()

    def remembered(self, name: str, default: str = "") -> str:
        """What was kept under that name in this profile."""
        return self._saved.of(self._built_in().name).remembered.get(name, default)

    def _built_in(self) -> Profile:
        return next((p for p in PROFILES if p.name == self._saved.chosen), UNDECIDED)

    def _keep(self) -> None:
        self._write()
        self.changed.emit()

    def _write(self) -> None:
        try:
            self._file.write(self._saved)
        except AnnotatorError as error:
            self.failed.emit(str(error))
