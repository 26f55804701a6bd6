"""The composition root: the only place where the parts are wired together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotator.lexicon.loader import load_lexicon
from annotator.rules import load_rules
from annotator.settings import Settings
from annotator.workspace import Workspace

if TYPE_CHECKING:
    from annotator.store.store import Store


def make_workspace(settings: Settings) -> Workspace:
    """Settings -> Workspace whose database is opened when first needed, or by `Workspace.open_database`.

    Raises InvalidLexicon when the data files are broken.
    """

    def open_store() -> Store:
        from annotator.store.store import Store

        return Store.open(settings.database)

    return Workspace(settings, open_store, load_lexicon(settings.lexicon_edition), load_rules())


def open_workspace(settings: Settings) -> Workspace:
    """Settings -> Workspace with its database open (made or migrated if need be).

    Raises StoreError when the database cannot be used, InvalidLexicon when the data files are broken.
    """
    workspace = make_workspace(settings)
    workspace.open_database()
    return workspace
