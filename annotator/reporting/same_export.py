"""Whether an export is the one that was begun, or made, in a folder before."""

from __future__ import annotations

from collections.abc import Mapping

from annotator import __version__
from annotator.errors import CallError
from annotator.exchange.tables.card import read_card
from annotator.reporting.journal import is_begun
from annotator.reporting.wanted import NAMED, Wanted
from annotator.workspace import Workspace


def how(workspace: Workspace, wanted: Wanted) -> Mapping[str, str]:
    """In words, what must be the same when an interrupted export goes on, since files would not fit together else."""
    rules = workspace.rules
    return {
        "forms": f"as {', '.join(wanted.forms)}",
        "names": NAMED if wanted.identified else "behind pseudonyms",
        "split": "without a split" if wanted.split is None else f"with the split {wanted.split}",
        "images": f"with pictures as {wanted.images}" if wanted.images else "without pictures",
        "places": "looking for the breast" if wanted.places else "without looking for the breast",
        "program": f"by version {__version__} of this program",
        "rules": f"with the decision table {rules.version} ({rules.digest[:8]})",
        "lexicon": f"with the lexicon {workspace.lexicon.version}",
    }


def is_complete(wanted: Wanted) -> bool:
    """Whether the folder holds the export that is wanted, complete, so that nothing is left to do.

    Raises CallError where it holds another one, and ExportError where that cannot be told.
    """
    if is_begun(wanted.out) or (card := read_card(wanted.out)) is None:
        return False
    asked = {
        "formats": list(wanted.forms),
        "identified": wanted.identified,
        "pictures": wanted.images,
        "split": None if wanted.split is None else wanted.split.told,
    }
    if any(card.get(what) != value for what, value in asked.items()):
        made = ", ".join(map(str, card.get("formats", ())))
        raise CallError(
            f"{wanted.out} holds an export as {made} that is complete and was asked for otherwise; choose another folder."
        )
    return True
