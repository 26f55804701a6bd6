"""The composition root: the only place where the parts are wired together."""

from __future__ import annotations

from annotator.lexicon.loader import load_lexicon
from annotator.rules import load_rules
from annotator.settings import Settings
from annotator.workspace import Workspace


def open_workspace(settings: Settings) -> Workspace:
    """Settings -> Workspace: opens (and if need be makes or migrates) the database.

    Raises StoreError when the database cannot be used, InvalidLexicon when the data files are broken.
    """
    from annotator.store.store import Store

    store = Store.open(settings.database)
    return Workspace(settings, store, load_lexicon(settings.lexicon_edition), load_rules())
