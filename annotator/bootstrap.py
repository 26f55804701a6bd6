"""The composition root: the only place where the parts are wired together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotator.errors import InvalidLexicon
from annotator.lexicon.loader import load_lexicon
from annotator.rules import load_rules, rules_in_use
from annotator.settings import Settings
from annotator.workspace import Workspace

if TYPE_CHECKING:
    from annotator.store.store import Store


def make_workspace(settings: Settings, *, make_database: bool = True) -> Workspace:
    """Settings -> Workspace whose database is opened when first needed, or by `Workspace.open_database`.

    Where a site's own decision table is broken, the one that comes with the program is used and
    `Workspace.rules_warning` says so. Without `make_database` a file that is named and not there is refused when the
    database is opened. Raises InvalidLexicon when the data files of the program are broken.
    """

    def open_store() -> Store:
        from annotator.store.store import Store

        return Store.open(settings.database, who=settings.reader, make=make_database)

    lexicon = load_lexicon(settings.lexicon_edition)
    warning = ""
    try:
        rules = rules_in_use(settings.rules_file, lexicon)
    except InvalidLexicon as fault:
        rules = load_rules()
        warning = (
            f"Your own decision table is not used: {fault} Until it is mended, follow-ups are looked up in the one that"
            f" comes with the program ({rules.version})."
        )
    return Workspace(settings, open_store, lexicon.with_sources(rules.sources), rules, warning)


def open_workspace(settings: Settings, *, make_database: bool = True) -> Workspace:
    """Settings -> Workspace with its database open (made, unless that is not wanted, or migrated if need be).

    Raises StoreError when the database cannot be used, InvalidLexicon when the data files are broken.
    """
    workspace = make_workspace(settings, make_database=make_database)
    workspace.open_database()
    return workspace
