"""Which forms were written last, and where to, from one start to the next."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSettings

from annotator.private_files import make_private

_FORMS, _PROJECT, _FOLDER = "export_forms", "export_project_forms", "export_folder"
USUAL_PROJECT = ("csv",)
"""Ticked at first where many readings are written."""


class KeptExport:
    """Kept in the file that remembers where the window stood; `may_keep` says whether a folder may stand there."""

    def __init__(self, file: Path, may_keep: Callable[[Path], bool]) -> None:
        self._file, self._may_keep = file, may_keep
        places = self._open()
        self.forms = _texts(places.value(_FORMS, "[]"))
        self.project_forms = _texts(places.value(_PROJECT, "[]")) or USUAL_PROJECT
        said = places.value(_FOLDER, "")
        self.folder = Path(said) if isinstance(said, str) and said else Path.home()

    def keep(self, forms: Sequence[str], project_forms: Sequence[str], folder: Path) -> None:
        """Remember what was chosen; of a folder that is not to be remembered, none."""
        make_private(self._file)
        places = self._open()
        places.setValue(_FORMS, json.dumps(list(forms)))
        places.setValue(_PROJECT, json.dumps(list(project_forms)))
        if self._may_keep(folder):
            places.setValue(_FOLDER, str(folder))
        else:
            places.remove(_FOLDER)

    def _open(self) -> QSettings:
        return QSettings(str(self._file), QSettings.Format.IniFormat)


def _texts(said: object) -> tuple[str, ...]:
    """The names in a JSON list; none of them where it is damaged."""
    try:
        read = json.loads(str(said))
    except (ValueError, RecursionError):
        return ()
    return tuple(one for one in read if isinstance(one, str)) if isinstance(read, list) else ()
