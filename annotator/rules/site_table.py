"""The decision table in use: that of the program, or a site's own, which is checked before anything is looked up in it."""

from __future__ import annotations

from pathlib import Path

from annotator.errors import InvalidLexicon
from annotator.lexicon.decision_table import RuleTable, load_rules
from annotator.lexicon.loader import Lexicon
from annotator.rules.checks import problems


def rules_in_use(file: str, lexicon: Lexicon) -> RuleTable:
    """The decision table of a file, '' for the one that comes with the program.

    Raises InvalidLexicon, in one sentence, for a table that cannot be understood or that fails its check.
    """
    if not file:
        return load_rules()
    path = Path(file)
    table = load_rules(path)
    found = problems(table, lexicon)
    if found:
        more = f" ({len(found) - 1} more faults: annotator rules check)" if len(found) > 1 else ""
        raise InvalidLexicon(f"{path.name}: {found[0]}{more}")
    return table
