"""What the documented rules say of a finding; pure, and never more than a suggestion."""

from annotator.lexicon.decision_table import RuleTable, load_rules
from annotator.rules.checks import problems
from annotator.rules.evaluate import follow_up

__all__ = ["RuleTable", "follow_up", "load_rules", "problems"]
